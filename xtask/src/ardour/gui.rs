//! Ardour with all its windows, on a virtual display.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use x11rb::protocol::xproto::Window;

use crate::ardour::display::{Area, Running, VirtualDisplay, wait};
use crate::ardour::session::Home;
use crate::editor::ONE_HEAP;
use crate::editor::window::{PATIENCE, is_blank};
use crate::process::{processor_seconds, resident};

/// Ardour's address for OSC.
const OSC: (&str, u16) = ("127.0.0.1", 3819);
const PROGRAM: &str = "/usr/bin/ardour";
/// The first plugin of a mixer strip in Ardour's window: from the left, and from the top at least and at most.
const PROCESSOR: (i32, std::ops::Range<i32>) = (50, 168..210);
/// The top left corner of the editor's window: clear of the mixer strip.
const CORNER: (i32, i32) = (460, 60);

/// What Ardour does with an editor whose window is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It destroys the editor, and makes another the next time.
    Destroys,
    /// It hides the editor: Ardour's default.
    Hides,
}

/// Answers what Ardour would ask a new user, and turns on OSC in a session.
pub(super) fn configure(home: &Home, session: &Path, closing: Closing) -> Result<()> {
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

/// The dummy sound card in real time, started without a question.
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

/// Without the questions that Ardour asks new users.
const UI_CONFIG: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <UI>
    <Option name="plugin-gui-behavior" value="BEHAVIOUR"/>
    <Option name="ask-before-closing-last-window" value="0"/>
    <Option name="check-announcements," value="0"/>
  </UI>
</Ardour>
"#;

/// Ardour, running.
pub(super) struct Ardour {
    process: Running,
    window: Window,
    /// How far below the window's top the plugin is.
    processor: i32,
    osc: UdpSocket,
    pub(super) display: VirtualDisplay,
    pub(super) session: PathBuf,
}

/// The editor, and the window that Ardour puts it into.
pub(super) struct OpenEditor {
    frame: Window,
    editor: Window,
}

impl Ardour {
    pub(super) fn start(home: &Home, session: &Path) -> Result<Self> {
        drop(UdpSocket::bind(OSC).context("another program uses Ardour's port for OSC")?);
        let display = VirtualDisplay::new()?;
        let mut command = home.command(PROGRAM);
        command.args(["-n", "-a"]).arg(session.join("daw.ardour")).env("DISPLAY", display.name());
        command.envs(ONE_HEAP);
        let log = std::fs::File::create(session.with_extension("log"))?;
        command.stdout(log.try_clone()?).stderr(log).stdin(Stdio::null());
        let process = Running(command.spawn().context("no Ardour")?);
        let window = display.wait_for("daw - Ardour", None, Duration::from_secs(90))?;
        display.set_area(window, Area { x: 0, y: 0, width: 1900, height: 1150 })?;
        let osc = UdpSocket::bind("127.0.0.1:0")?;
        osc.connect(OSC)?;
        // Ardour listens to OSC a moment after its window appears.
        std::thread::sleep(Duration::from_secs(5));
        Ok(Self { process, window, processor: PROCESSOR.1.start, osc, display, session: session.to_owned() })
    }

    /// Arms the track that records, and selects the one with the plugin, so that its mixer strip is shown.
    pub(super) fn select_tracks(&mut self) -> Result<()> {
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

    /// Sends an OSC message, and gives Ardour time for it.
    pub(super) fn send(&self, address: &str, text: Option<&str>) -> Result<()> {
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

    /// Double-clicks on the plugin. The first time its position is searched for, since fonts differ. Ardour misses
    /// some double clicks while it is busy.
    pub(super) fn open_editor(&mut self) -> Result<OpenEditor> {
        let main = self.display.area(self.window).context("Ardour's window is gone")?;
        for y in (self.processor..PROCESSOR.1.end).step_by(8) {
            for _ in 0..3 {
                self.display.double_click(main.x + PROCESSOR.0, main.y + y)?;
                if let Ok(frame) = self.display.wait_for("Gen: Continuo", None, Duration::from_secs(3)) {
                    self.processor = y;
                    let editor = self.display.wait_for("Continuo", Some(frame), PATIENCE)?;
                    return Ok(OpenEditor { frame, editor });
                }
            }
        }
        bail!("a double click opens no editor")
    }

    /// Waits until the editor is drawn. Returns its size.
    pub(super) fn wait_for_editor(&self, open: &OpenEditor) -> Result<(u32, u32)> {
        let area = self.display.area(open.editor).context("the editor is gone")?;
        let size = (area.width, area.height);
        self.wait_for_picture(open, size, is_blank).context("as opened")?;
        Ok(size)
    }

    /// Resizes the window so that the editor has this size, and waits until all of it is drawn.
    pub(super) fn resize_editor(&self, open: &OpenEditor, size: (u32, u32)) -> Result<()> {
        let areas = || Some((self.display.area(open.frame)?, self.display.area(open.editor)?));
        let (outer, inner) = areas().context("the editor is gone")?;
        let (x, y) = CORNER;
        let height = size.1 + outer.height - inner.height;
        self.display.set_area(open.frame, Area { x, y, width: size.0, height })?;
        let is_resized = || self.display.area(open.editor).filter(|area| (area.width, area.height) == size);
        wait(PATIENCE, is_resized).with_context(|| format!("the editor does not become {size:?}"))?;
        self.wait_for_picture(open, size, |pixels| !is_drawn_to_the_corner(pixels))
            .with_context(|| format!("as {size:?}"))
    }

    fn wait_for_picture(
        &self,
        open: &OpenEditor,
        size: (u32, u32),
        is_wrong: impl Fn(&[u8]) -> bool,
    ) -> Result<()> {
        let right = || self.display.pixels(open.editor, size).filter(|pixels| !is_wrong(pixels));
        wait(PATIENCE, right).map(drop).context("the editor stays blank")
    }

    pub(super) fn close_editor(&self, open: &OpenEditor) -> Result<()> {
        self.display.close(open.frame)?;
        let is_gone = || (!self.display.is_visible(open.editor)).then_some(());
        wait(PATIENCE, is_gone).context("the editor does not close")?;
        // Ardour destroys a closed editor a moment later.
        std::thread::sleep(Duration::from_millis(300));
        Ok(())
    }

    pub(super) fn is_alive(&mut self) -> bool {
        self.display.is_alive() && matches!(self.process.0.try_wait(), Ok(None))
    }

    /// Saves and quits.
    pub(super) fn quit(mut self) -> Result<()> {
        self.send("/access_action", Some("Common/Save"))?;
        std::thread::sleep(Duration::from_secs(2));
        self.send("/access_action", Some("Common/Quit"))?;
        let ended = || self.process.0.try_wait().transpose();
        let status = wait(Duration::from_secs(30), ended).context("Ardour does not end")??;
        ensure!(status.success(), "Ardour ends with {status}");
        Ok(())
    }

    /// Memory, in bytes.
    pub(super) fn resident(&self) -> Result<u64> {
        resident(self.process.0.id())
    }

    /// Processor time, in seconds.
    pub(super) fn processor_seconds(&self) -> Result<f64> {
        processor_seconds(self.process.0.id())
    }
}

/// Whether the corner is drawn that is farthest from where a smaller picture was: an undrawn part of a window is
/// black or white.
fn is_drawn_to_the_corner(pixels: &[u8]) -> bool {
    let corner = pixels.chunks_exact(3).next_back();
    !is_blank(pixels) && corner.is_some_and(|pixel| pixel != [255; 3] && pixel != [0; 3])
}
