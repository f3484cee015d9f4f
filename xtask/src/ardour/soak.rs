//! The VST3's editor in Ardour's own window, opened, resized and closed over and over while it plays.
//!
//! Ardour runs with all its windows on a virtual display and is used as a user does: a double click on the
//! plugin in the mixer strip opens its editor, the cross of the window closes it. The rest (play, record,
//! save, quit) is asked for over OSC, Ardour's remote control.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use x11rb::protocol::xproto::Window;

use crate::ardour::desk::{self, Desk, Place, Running};
use crate::ardour::{Home, Job, Missing, compare, provide, record, tell_story};
use crate::midi::Song;
use crate::roll::save_png;
use crate::screenshot::{ONE_HEAP, PATIENCE, is_blank};

/// Where Ardour listens.
const OSC: (&str, u16) = ("127.0.0.1", 3819);
/// What the editor is resized to, in turn, and back. Ardour 7 takes the size that an editor is opened with for
/// its smallest.
const SIZES: [(u32, u32); 4] = [(1400, 900), (1100, 1000), (1300, 650), (1010, 700)];
/// From this cycle on nothing more is loaded for the first time.
const WARM: usize = 10;
/// How much more Ardour's memory may grow than it does by recording alone, in a hundred times.
const MAX_GROWTH: u64 = 5 << 20;
/// The same where the editor is kept: nothing is made anew.
const MAX_GROWTH_HIDDEN: u64 = 4 << 20;
/// How far a note may stray, in quarter notes: Ardour keeps 1920 ticks to one, and rounds the sample.
const MAX_STRAY: f64 = 0.002;
const GUI: &str = "/usr/bin/ardour";

/// What Ardour does with an editor whose window is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It is destroyed, and made anew the next time.
    Destroys,
    /// It is kept out of sight: what Ardour does if nothing is set.
    Hides,
}

/// Makes a session with the plugin, plays and records it while its editor is opened, resized and closed
/// `n_times`, and saves a picture of the last time.
///
/// # Errors
/// If the editor stays away or blank, memory grows, Ardour does not end well, or the recorded notes are
/// not those that the same session plays without an editor.
pub fn soak(vst3: &Path, n_times: usize, closing: Closing, png: Option<&Path>) -> Result<()> {
    provide().and_then(|()| provide_desk()).map_err(|missing| anyhow::anyhow!(missing.0))?;
    let folder = std::env::temp_dir().join(format!("continuo-ardour-editor-{}", std::process::id()));
    let (with, without) = (folder.join("with"), folder.join("without"));
    std::fs::create_dir_all(&with)?;
    std::fs::create_dir_all(&without)?;
    let session = Job { vst3, folder: &with, seconds: 0, parameters: &[] };
    let (home, _) = tell_story(&session)?;
    let played = play(&home, &session.session(), n_times, closing, png)?;
    let recorded = Song::read(&recording(&session.session())?)?;
    let alone = record(&Job { folder: &without, seconds: played.as_secs() as u32 + 4, ..session })?;
    let comparison = compare(&alone, &recorded)?;
    ensure!(comparison.stray < MAX_STRAY, "a note comes late: {comparison:?}");
    let n_notes = comparison.n_compared;
    ensure!(n_notes as f64 > played.as_secs_f64(), "only {n_notes} notes in {played:?}");
    println!("{n_notes} notes recorded in {played:.0?}, each where it is without an editor");
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn provide_desk() -> Result<(), Missing> {
    let missing: Vec<&str> = desk::PROGRAMS
        .iter()
        .filter(|(program, _)| !crate::system::finds(program))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("installing Debian's {}", missing.join(", "));
    let arguments = [["install", "-qy", "--no-install-recommends"].as_slice(), &missing].concat();
    crate::system::as_root("apt-get", &arguments)
        .map_err(|error| Missing(format!("{} cannot be installed: {error:#}", missing.join(", "))))
}

/// The one MIDI file that was recorded.
fn recording(session: &Path) -> Result<PathBuf> {
    let folder = session.join("interchange/session/midifiles");
    let files = std::fs::read_dir(&folder).context("nothing was recorded")?;
    let files: Vec<PathBuf> = files.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
    ensure!(files.len() == 1, "not one recording but {files:?}");
    Ok(files[0].clone())
}

/// Rolls and records while the editor is opened and closed. Returns how long it rolled.
fn play(
    home: &Home,
    session: &Path,
    n_times: usize,
    closing: Closing,
    png: Option<&Path>,
) -> Result<Duration> {
    let free = UdpSocket::bind(OSC).context("something else listens where Ardour does")?;
    drop(free);
    settle(home, session, closing)?;
    let mut ardour = Ardour::start(home, session)?;
    ardour.select_tracks()?;
    ardour.send("/rec_enable_toggle", None)?;
    ardour.send("/transport_play", None)?;
    let begun = Instant::now();
    let grown = ardour.open_and_close(n_times, png)?;
    let alone = ardour.rest(begun.elapsed())?;
    println!(
        "Ardour's memory grew by {} KiB from the {WARM}th time on, and by {} KiB in as long with the editor closed",
        grown >> 10,
        alone >> 10
    );
    ardour.send("/transport_stop", None)?;
    let played = begun.elapsed();
    std::thread::sleep(Duration::from_secs(2));
    ardour.quit()?;
    println!("{n_times} times opened, resized and closed; Ardour ended well");
    let allowed = if closing == Closing::Hides { MAX_GROWTH_HIDDEN } else { MAX_GROWTH };
    ensure!(n_times <= WARM || grown < alone + allowed, "Ardour's memory grew by {} KiB", grown >> 10);
    Ok(played)
}

/// Settles what Ardour would ask a new user, and what the session does not say.
fn settle(home: &Home, session: &Path, closing: Closing) -> Result<()> {
    let config = home.folder.join(".config/ardour7");
    let data = home.folder.join(".local/share/continuo");
    std::fs::create_dir_all(&config)?;
    std::fs::create_dir_all(&data)?;
    std::fs::write(config.join(".a7"), "")?;
    std::fs::write(config.join("config"), CONFIG)?;
    let behaviour = if closing == Closing::Destroys { "PluginGUIDestroyVST" } else { "PluginGUIHide" };
    std::fs::write(config.join("ui_config"), UI_CONFIG.replace("BEHAVIOUR", behaviour))?;
    std::fs::write(data.join("editor.json"), r#"{"is_welcomed": true}"#)?;
    let file = session.join("daw.ardour");
    let text = std::fs::read_to_string(&file)?;
    let remote = r#"<Protocol name="Open Sound Control (OSC)" active="#;
    ensure!(text.contains(remote), "this Ardour has no OSC");
    let text = text.replace(&format!(r#"{remote}"0""#), &format!(r#"{remote}"1""#));
    Ok(std::fs::write(&file, text)?)
}

/// The dummy sound card in real time, started without asking.
const CONFIG: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <Config>
    <Option name="hide-dummy-backend" value="0"/>
    <Option name="try-autostart-engine" value="1"/>
  </Config>
  <Extra>
    <AudioMIDISetup>
      <EngineStates>
        <State backend="None (Dummy)" driver="Normal Speed" device="Silence" input-device="" output-device=""
          sample-rate="48000" buffer-size="1024" n-periods="0" input-latency="0" output-latency="0" lm-input=""
          lm-output="" active="1" use-buffered-io="0" midi-option="1 in, 1 out, Silence" lru="1700000000">
          <MIDIDevices/>
        </State>
      </EngineStates>
    </AudioMIDISetup>
  </Extra>
</Ardour>
"#;

/// No questions.
const UI_CONFIG: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <UI>
    <Option name="plugin-gui-behavior" value="BEHAVIOUR"/>
    <Option name="ask-before-closing-last-window" value="0"/>
    <Option name="check-announcements," value="0"/>
  </UI>
</Ardour>
"#;

/// Where the first plugin of a mixer strip is in Ardour's window: from the left, and from the top at least
/// and at most.
const PROCESSOR: (i32, std::ops::Range<i32>) = (50, 168..210);
/// Where the editor is put: clear of the mixer strip.
const CORNER: (i32, i32) = (460, 60);

/// Ardour, running.
struct Ardour {
    process: Running,
    window: Window,
    /// How far below the window's top the plugin is.
    processor: i32,
    osc: UdpSocket,
    desk: Desk,
    session: PathBuf,
}

impl Ardour {
    fn start(home: &Home, session: &Path) -> Result<Self> {
        let desk = Desk::new()?;
        let mut command = home.command(GUI);
        command.args(["-n", "-a"]).arg(session.join("daw.ardour")).env("DISPLAY", desk.name());
        // What is freed stays with the process otherwise, and looks like a leak.
        command.envs(ONE_HEAP);
        let log = std::fs::File::create(session.with_extension("log"))?;
        command.stdout(log.try_clone()?).stderr(log).stdin(Stdio::null());
        let process = Running(command.spawn().context("no Ardour")?);
        let window = desk.wait_for("daw - Ardour", None, Duration::from_secs(90))?;
        desk.put(window, Place { x: 0, y: 0, width: 1900, height: 1150 })?;
        let osc = UdpSocket::bind("127.0.0.1:0")?;
        osc.connect(OSC)?;
        // Remote control begins a moment after the window has come.
        std::thread::sleep(Duration::from_secs(5));
        Ok(Self { process, window, processor: PROCESSOR.1.start, osc, desk, session: session.to_owned() })
    }

    /// Arms the track that records, and selects the one with the plugin, whose mixer strip is then shown.
    fn select_tracks(&mut self) -> Result<()> {
        for action in [
            "Editor/show-editor-mixer",
            // From the top: the master, the plugin's, the one that records.
            "Editor/select-next-route",
            "Editor/select-next-route",
            "Editor/select-next-route",
            "Editor/track-record-enable-toggle",
            "Editor/select-prev-route",
        ] {
            self.send("/access_action", Some(action))?;
        }
        Ok(())
    }

    /// Sends an OSC message, and gives Ardour the time to do what it says.
    fn send(&self, address: &str, text: Option<&str>) -> Result<()> {
        let mut message = Vec::new();
        let tags = if text.is_some() { ",s" } else { "," };
        for part in [Some(address), Some(tags), text].into_iter().flatten() {
            message.extend_from_slice(part.as_bytes());
            // Each text ends with at least one zero, at a multiple of four.
            message.resize(message.len() + 4 - message.len() % 4, 0);
        }
        self.osc.send(&message)?;
        std::thread::sleep(Duration::from_millis(400));
        Ok(())
    }

    /// Returns by how much Ardour's memory grew from when it was warm.
    fn open_and_close(&mut self, n_times: usize, png: Option<&Path>) -> Result<u64> {
        let (mut warm, mut slowest) = (0, Duration::ZERO);
        for n_done in 1..=n_times {
            let begun = Instant::now();
            let png = png.filter(|_| n_done == n_times);
            if let Err(error) = self.once(SIZES[n_done % SIZES.len()], png) {
                let picture = self.session.with_extension("failed.png");
                save_png(
                    &picture,
                    desk::SCREEN.0 as usize,
                    desk::SCREEN.1 as usize,
                    &self.desk.all_pixels()?,
                )?;
                return Err(error.context(format!("at the {n_done}th time; see {}", picture.display())));
            }
            slowest = slowest.max(begun.elapsed());
            ensure!(self.is_alive(), "Ardour is gone");
            if n_done == WARM {
                warm = self.resident()?;
            }
            if n_done % 10 == 0 {
                println!("{n_done} times: Ardour has {} MiB", self.resident()? >> 20);
            }
        }
        println!("the slowest cycle took {slowest:.2?}");
        Ok(if n_times < WARM { 0 } else { self.resident()?.saturating_sub(warm) })
    }

    /// Returns by how much Ardour's memory grows in this time when it only plays and records.
    fn rest(&mut self, time: Duration) -> Result<u64> {
        let seconds = || crate::soak::processor_seconds(self.process.0.id());
        let (before, used) = (self.resident()?, seconds()?);
        std::thread::sleep(time);
        println!(
            "with the editor closed Ardour takes {:.0}% of a core",
            100.0 * (seconds()? - used) / time.as_secs_f64()
        );
        ensure!(self.is_alive(), "Ardour is gone");
        Ok(self.resident()?.saturating_sub(before))
    }

    /// Opens the editor, resizes it and closes it again.
    fn once(&mut self, size: (u32, u32), png: Option<&Path>) -> Result<()> {
        let (frame, editor) = self.open()?;
        let opened =
            self.desk.place(editor).map(|place| (place.width, place.height)).context("the editor is gone")?;
        self.wait_for_picture(editor, opened, is_blank).context("as opened")?;
        self.resize(frame, editor, size)?;
        if let Some(png) = png {
            std::thread::sleep(Duration::from_secs(1));
            save_png(png, desk::SCREEN.0 as usize, desk::SCREEN.1 as usize, &self.desk.all_pixels()?)?;
        }
        self.resize(frame, editor, opened)?;
        self.desk.close(frame)?;
        let is_gone = || (!self.desk.is_in_sight(editor)).then_some(());
        desk::wait(PATIENCE, is_gone).context("the editor does not close")?;
        // Ardour destroys what it has closed a moment later.
        std::thread::sleep(Duration::from_millis(300));
        Ok(())
    }

    /// Double-clicks on the plugin. The first time it is felt for, since fonts differ; and not every double click
    /// reaches Ardour while it is busy.
    fn open(&mut self) -> Result<(Window, Window)> {
        let main = self.desk.place(self.window).context("Ardour's window is gone")?;
        for y in (self.processor..PROCESSOR.1.end).step_by(8) {
            for _ in 0..3 {
                self.desk.double_click(main.x + PROCESSOR.0, main.y + y)?;
                if let Ok(frame) = self.desk.wait_for("Gen: Continuo", None, Duration::from_secs(3)) {
                    self.processor = y;
                    return Ok((frame, self.desk.wait_for("Continuo", Some(frame), PATIENCE)?));
                }
            }
        }
        bail!("a double click opens no editor")
    }

    /// Resizes the editor's window so that the editor has this size, and waits until all of it is drawn.
    fn resize(&self, frame: Window, editor: Window, size: (u32, u32)) -> Result<()> {
        let places = || Some((self.desk.place(frame)?, self.desk.place(editor)?));
        let (outer, inner) = places().context("the editor is gone")?;
        let (x, y) = CORNER;
        let height = size.1 + outer.height - inner.height;
        self.desk.put(frame, Place { x, y, width: size.0, height })?;
        let is_resized = || self.desk.place(editor).filter(|place| (place.width, place.height) == size);
        desk::wait(PATIENCE, is_resized).with_context(|| format!("the editor does not become {size:?}"))?;
        self.wait_for_picture(editor, size, |pixels| !is_drawn_to_the_corner(pixels))
            .with_context(|| format!("as {size:?}"))
    }

    fn wait_for_picture(
        &self,
        editor: Window,
        size: (u32, u32),
        is_wrong: impl Fn(&[u8]) -> bool,
    ) -> Result<()> {
        let right = || self.desk.pixels(editor, size).filter(|pixels| !is_wrong(pixels));
        desk::wait(PATIENCE, right).map(drop).context("the editor stays blank")
    }

    fn is_alive(&mut self) -> bool {
        self.desk.is_alive() && matches!(self.process.0.try_wait(), Ok(None))
    }

    fn quit(mut self) -> Result<()> {
        self.send("/access_action", Some("Common/Save"))?;
        std::thread::sleep(Duration::from_secs(2));
        self.send("/access_action", Some("Common/Quit"))?;
        let status = wait(&mut self.process.0, Duration::from_secs(30))?;
        ensure!(status.success(), "Ardour ends with {status}");
        Ok(())
    }

    /// What Ardour has in memory, in bytes.
    fn resident(&self) -> Result<u64> {
        crate::soak::resident(self.process.0.id())
    }
}

fn wait(process: &mut Child, patience: Duration) -> Result<std::process::ExitStatus> {
    let begun = Instant::now();
    loop {
        if let Some(status) = process.try_wait()? {
            return Ok(status);
        }
        ensure!(begun.elapsed() < patience, "Ardour does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether the corner is drawn that is farthest from where a smaller picture was: a fresh part of a
/// window is black or white.
fn is_drawn_to_the_corner(pixels: &[u8]) -> bool {
    let corner = pixels.chunks_exact(3).next_back();
    !is_blank(pixels) && corner.is_some_and(|pixel| pixel != [255; 3] && pixel != [0; 3])
}
