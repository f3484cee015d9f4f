//! Tries the application where there is neither a sound card nor a display: JACK's dummy driver, a virtual display.
//!
//! The application is started, its window drawn, and Play and Stop are clicked. What a JACK client records from its MIDI port
//! must be what the plugin plays in our CLAP host, each note on its sample, and every note must end. Then it is started
//! again, to see what it has kept.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ClientMessageEvent, ConnectionExt as _, EventMask,
    MOTION_NOTIFY_EVENT, MapState, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;

use crate::bundles;
use crate::editor::is_test_user_on_virtual_display;
use crate::editor::window::{Display, is_blank, pixels};
use crate::hosts::clap::ClapHost;
use crate::hosts::{Daw, Host as _, Meanwhile, Pace, PlayedNote, Recording, RenderMode, Setup};
use crate::picture::save_png;
use crate::system;

/// How to try it.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The plugin to compare with; the last CLAP bundle by default.
    #[arg(long)]
    pub clap: Option<PathBuf>,
    /// The profile of Cargo.toml to build the application with.
    #[arg(long, default_value = "release")]
    pub profile: String,
    /// Try what cargo has built into this folder, and build nothing.
    #[arg(long)]
    pub built: Option<PathBuf>,
    /// The picture of the window to write.
    #[arg(long, default_value = "out/application.png")]
    pub png: PathBuf,
}

/// The programs that it needs, with their Debian packages.
const PROGRAMS: [(&str, &str); 3] = [("jackd", "jackd2"), ("Xvfb", "xvfb"), ("xauth", "xauth")];

/// The window's size, as a new session has it, and where Play and Stop are in it.
const SIZE: (u32, u32) = (1000, 640);
const PLAY: (i16, i16) = (84, 52);
/// Nothing is here.
const NOTHING: (i16, i16) = (500, 630);

const SAMPLE_RATE: f64 = 48_000.0;
/// A tempo other than the usual one, with a whole number of samples in a beat.
const TEMPO: f64 = 100.0;
/// How many bars are compared.
const N_BARS: f64 = 4.0;
/// How long a program may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(40);

/// Builds the application and tries it.
///
/// # Errors
/// If it does not play what the plugin plays, leaves a note hanging, forgets its session, or does not report what is wrong.
pub fn run(options: &Options) -> Result<()> {
    let clap = bundles::clap_to_try(options.clap.as_deref())?;
    let mut arguments = vec!["standalone".into(), "--profile".into(), options.profile.clone().into()];
    arguments.extend(["--clap".into(), clap.clone().into(), "--png".into(), options.png.clone().into()]);
    if let Some(built) = &options.built {
        arguments.extend(["--built".into(), built.clone().into()]);
    }
    install()?;
    if !is_test_user_on_virtual_display(&arguments)? {
        return Ok(());
    }
    let built = options.built.clone().map_or_else(|| build(&options.profile), Ok)?;
    let home = std::env::var_os("XDG_DATA_HOME").context("no test user")?;
    let session = Path::new(&home).join("continuo/application.session");
    let server = format!("continuo-{}", std::process::id());
    let place = Place { built, server };
    let expected = in_clap_host(&clap)?;
    let jack = place.start_jack()?;

    let tempo = TEMPO.to_string();
    let mut application = place.start(&["--tempo", &tempo])?;
    let display = Display::connect()?;
    let window = find_window(&display)?;
    let mut recorder = place.record()?;
    recorder.click_until(&display, window, Sound::Begins)?;
    recorder.wait_for(expected.len())?;
    let picture = wait_for_picture(&display, window)?;
    recorder.click_until(&display, window, Sound::Ends)?;
    let first = recorder.finish()?;
    compare(&first, &expected).context("Play, clicked")?;
    std::fs::create_dir_all(options.png.parent().unwrap_or(Path::new(".")))?;
    save_png(&options.png, SIZE.0 as usize, SIZE.1 as usize, &picture)?;
    println!("Play and Stop, clicked: {} notes as in our CLAP host, each ends", first.len());
    println!("the window: {}", options.png.display());
    close(&display, window)?;
    application.wait()?;
    ensure!(session.exists(), "there is no {}", session.display());

    for signal in ["-INT", "-TERM", "-HUP"] {
        let mut application = place.start(&[])?;
        let window = find_window(&display)?;
        let mut recorder = place.record()?;
        recorder.click_until(&display, window, Sound::Begins)?;
        recorder.wait_for(expected.len() / 2)?;
        application.signal(signal)?;
        application.wait()?;
        let again = recorder.finish()?;
        ensure!(is_part_of(&again, &expected), "{signal}: the session that was kept plays other notes");
    }
    println!(
        "started again: the tempo and the music were kept; ended by INT, TERM or HUP while it plays, no note hangs"
    );

    let error = place.fails(&["--audio", "jack", "--midi-out", "harpsichord"])?;
    ensure!(error.contains("expected a MIDI output with \"harpsichord\" in its name"), "{error}");
    drop(jack);
    let error = place.fails(&["--audio", "jack"])?;
    ensure!(error.contains("could not connect to a JACK server"), "{error}");
    println!("without the port, or without a server, it says so: {}", error.trim());
    Ok(())
}

fn install() -> Result<()> {
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|(program, _)| !system::finds(program)).map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        system::install(&missing)?;
    }
    system::install_libraries()
}

/// Builds the application and the recorder; the folder that they are in.
fn build(profile: &str) -> Result<PathBuf> {
    let what = ["--bin", "continuo", "--example", "jack_recorder", "--features", "standalone"];
    let mut build = system::cargo(&["build", "--profile", profile]);
    ensure!(system::succeeds(build.args(what))?, "the application does not build");
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(bundles::target()?.join(folder))
}

/// The notes that the plugin plays in our CLAP host from the first bar on.
fn in_clap_host(clap: &Path) -> Result<Vec<PlayedNote>> {
    let mut host = ClapHost::load(clap)?;
    host.activate(Setup { mode: RenderMode::Offline, ..Setup::default() })?;
    let mut daw = Daw { tempo: TEMPO, ..Daw::default() };
    let mut blocks = daw.play(N_BARS * 4.0);
    blocks.extend(daw.stand(SAMPLE_RATE as u32));
    let mut recording = Recording::default();
    host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, Meanwhile::Answer, &mut recording)?;
    let notes = recording.notes()?;
    ensure!(notes.len() > 8, "the plugin plays {} notes in our CLAP host", notes.len());
    Ok(notes)
}

/// Where the programs are, and the JACK server of this test.
struct Place {
    built: PathBuf,
    server: String,
}

impl Place {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("JACK_DEFAULT_SERVER", &self.server).env("JACK_NO_AUDIO_RESERVATION", "1");
        command.stdin(Stdio::null());
        command
    }

    fn start_jack(&self) -> Result<Running> {
        let mut jack = self.command("jackd");
        let rate = SAMPLE_RATE.to_string();
        // In step with its clients: a busy machine would lose messages otherwise.
        jack.args([
            "--name",
            &self.server,
            "-r",
            "-S",
            "-t",
            "1000",
            "-d",
            "dummy",
            "-r",
            &rate,
            "-p",
            "512",
        ]);
        let jack = Running(jack.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("no jackd")?);
        let mut list = self.command("jack_lsp");
        list.stdout(Stdio::null()).stderr(Stdio::null());
        wait("JACK's dummy driver", || list.status().is_ok_and(|status| status.success()).then_some(()))?;
        Ok(jack)
    }

    fn application(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&self.built.join("continuo").to_string_lossy());
        command.args(arguments).stdout(Stdio::null());
        command
    }

    fn start(&self, arguments: &[&str]) -> Result<Running> {
        let arguments = [&["--audio", "jack"], arguments].concat();
        Ok(Running(self.application(&arguments).spawn().context("no application")?))
    }

    /// Runs the application, which must fail; what it reports.
    fn fails(&self, arguments: &[&str]) -> Result<String> {
        let mut application = Running(self.application(arguments).stderr(Stdio::piped()).spawn()?);
        let status = application.end()?;
        let mut words = String::new();
        application.0.stderr.take().context("no messages")?.read_to_string(&mut words)?;
        ensure!(!status.success(), "{arguments:?} should fail");
        Ok(words)
    }

    fn record(&self) -> Result<Recorder> {
        let mut recorder = self.command(&self.built.join("examples/jack_recorder").to_string_lossy());
        recorder.arg("Continuo:midi_out").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Running(recorder.spawn().context("no recorder")?);
        let output = BufReader::new(process.0.stdout.take().context("no output")?);
        let (found, lines) = channel();
        std::thread::spawn(move || {
            // The test has given up when nobody receives.
            output.lines().map_while(Result::ok).all(|line| found.send(line).is_ok())
        });
        let ready = lines.recv_timeout(PATIENCE).context("the recorder finds no port")?;
        ensure!(ready == format!("ready {SAMPLE_RATE}"), "the recorder says {ready:?}");
        Ok(Recorder { process, lines, messages: Vec::new() })
    }
}

/// A process that is asked to end when dropped, if it has not ended, and killed if it does not. A JACK server that is
/// killed leaves its shared memory behind, and the next one and its clients can crash on that.
struct Running(Child);

impl Running {
    fn end(&mut self) -> Result<std::process::ExitStatus> {
        wait("the program's end", || self.0.try_wait().transpose())?.context("it cannot be waited for")
    }

    /// Waits until it has ended well.
    fn wait(&mut self) -> Result<()> {
        let status = self.end()?;
        ensure!(status.success(), "it ends with {status}");
        Ok(())
    }

    /// Sends it a signal: `-INT` is what Ctrl-C does, `-TERM` a request to end, `-HUP` a terminal that is closed.
    fn signal(&self, signal: &str) -> Result<()> {
        let mut kill = Command::new("kill");
        ensure!(system::succeeds(kill.args([signal, &self.0.id().to_string()]))?, "{signal} does not arrive");
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            // Without a signal, or an end, it is killed.
            let _ = self.signal("-TERM").and_then(|()| self.end());
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A message with the server's sample at which it came.
type Message = (u64, [u8; 3]);

/// What comes from the recorder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Received {
    Message,
    Nothing,
    End,
}

/// What records the application's MIDI port.
struct Recorder {
    process: Running,
    lines: Receiver<String>,
    messages: Vec<Message>,
}

/// What a click on Play or Stop does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sound {
    Begins,
    Ends,
}

impl Recorder {
    /// Clicks on Play or Stop, again if the window has missed it, as it can on a busy machine.
    fn click_until(&mut self, display: &Display, window: Window, sound: Sound) -> Result<()> {
        for _ in 0..5 {
            click(display, window, PLAY)?;
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(3) {
                // There is a note in every beat.
                let has_come = self.receive(Duration::from_secs(2))? == Received::Message;
                if has_come == (sound == Sound::Begins) {
                    return Ok(());
                }
            }
        }
        bail!("five clicks on Play or Stop do nothing")
    }

    /// Waits for a message for so long.
    fn receive(&mut self, patience: Duration) -> Result<Received> {
        let line = match self.lines.recv_timeout(patience) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => return Ok(Received::End),
            Err(RecvTimeoutError::Timeout) => return Ok(Received::Nothing),
        };
        let mut numbers = line.split_whitespace();
        let sample = numbers.next().context("an empty line")?.parse()?;
        let bytes: Vec<u8> = numbers.map(str::parse).collect::<Result<_, _>>()?;
        let bytes = bytes.try_into().map_err(|bytes| anyhow::anyhow!("no note: {bytes:?}"))?;
        self.messages.push((sample, bytes));
        Ok(Received::Message)
    }

    /// Waits until so many notes have begun.
    fn wait_for(&mut self, n_notes: usize) -> Result<()> {
        let is_on = |(_, [status, ..]): &&Message| status & 0xf0 == 0x90;
        while self.messages.iter().filter(is_on).count() < n_notes {
            ensure!(self.receive(PATIENCE)? == Received::Message, "no more notes come");
        }
        Ok(())
    }

    /// The notes in the order in which they began, once the song is stopped.
    fn finish(mut self) -> Result<Vec<PlayedNote>> {
        drop(self.process.0.stdin.take());
        while self.receive(PATIENCE)? == Received::Message {}
        self.process.wait()?;
        notes(&self.messages)
    }
}

/// Pairs notes.
fn notes(messages: &[Message]) -> Result<Vec<PlayedNote>> {
    let mut notes: Vec<PlayedNote> = Vec::new();
    for &(sample, [status, key, velocity]) in messages {
        let channel = status & 15;
        let sounding = notes
            .iter_mut()
            .rev()
            .find(|note| (note.channel, note.key, note.off) == (channel, key, u64::MAX));
        match (status & 0xf0, sounding) {
            (0x90, None) => {
                notes.push(PlayedNote { on: sample, off: u64::MAX, beat: 0.0, channel, key, velocity });
            }
            (0x80, Some(note)) => note.off = sample,
            _ => bail!("unexpected at {sample}: {status:x} {key} {velocity}"),
        }
    }
    let hanging: Vec<&PlayedNote> = notes.iter().filter(|note| note.off == u64::MAX).collect();
    ensure!(hanging.is_empty(), "these never end: {hanging:?}");
    Ok(notes)
}

/// What two recordings must share: samples from the first note on, channel, key and velocity.
fn placed(notes: &[PlayedNote]) -> Vec<(u64, u8, u8, u8)> {
    let begin = notes.first().map_or(0, |note| note.on);
    notes.iter().map(|note| (note.on - begin, note.channel, note.key, note.velocity)).collect()
}

/// Whether the shorter recording is how the longer one begins.
fn is_part_of(one: &[PlayedNote], other: &[PlayedNote]) -> bool {
    let (one, other) = (placed(one), placed(other));
    let n_shared = one.len().min(other.len());
    n_shared > 0 && one[..n_shared] == other[..n_shared]
}

fn compare(played: &[PlayedNote], expected: &[PlayedNote]) -> Result<()> {
    ensure!(played.len() >= expected.len(), "{} notes of {}", played.len(), expected.len());
    if !is_part_of(played, expected) {
        let pairs = placed(played).into_iter().zip(placed(expected));
        let first = pairs.enumerate().find(|(_, (one, other))| one != other);
        bail!("other notes than in our CLAP host, first: {first:?}");
    }
    // The song of the CLAP host ends earlier, and with it the last notes.
    let length = |note: &PlayedNote| note.off - note.on;
    let end = expected.iter().map(|note| note.off).max().unwrap_or(0);
    let same = played.iter().zip(expected).filter(|(_, expected)| expected.off < end);
    let differs = same.into_iter().find(|(played, expected)| length(played) != length(expected));
    ensure!(differs.is_none(), "another duration: {differs:?}");
    Ok(())
}

fn wait<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> Result<T> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(answer) = answer() {
            return Ok(answer);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    bail!("{what} does not come")
}

/// Waits for the application's window, which no window manager puts into one of its own.
fn find_window(display: &Display) -> Result<Window> {
    let connection = &display.connection;
    let is_it = |window: Window| {
        let title = connection.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64).ok()?;
        let shown = connection.get_window_attributes(window).ok()?.reply().ok()?.map_state;
        Some(title.reply().ok()?.value == b"Continuo" && shown == MapState::VIEWABLE)
    };
    wait("the window", || {
        let children = connection.query_tree(display.root()).ok()?.reply().ok()?.children;
        children.into_iter().find(|child| is_it(*child) == Some(true))
    })
}

fn wait_for_picture(display: &Display, window: Window) -> Result<Vec<u8>> {
    wait("a picture", || pixels(&display.connection, window, SIZE).ok().filter(|pixels| !is_blank(pixels)))
}

/// Clicks at a place in the window once it is drawn, and moves the pointer away.
fn click(display: &Display, window: Window, (x, y): (i16, i16)) -> Result<()> {
    wait_for_picture(display, window)?;
    // A window takes clicks a moment after its first frame.
    std::thread::sleep(Duration::from_millis(500));
    let connection = &display.connection;
    let corner = connection.translate_coordinates(window, display.root(), 0, 0)?.reply()?;
    let move_to = |(x, y): (i16, i16)| -> Result<()> {
        let (x, y) = (corner.dst_x + x, corner.dst_y + y);
        connection.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, display.root(), x, y, 0)?;
        connection.flush()?;
        // A user's hand is no faster.
        std::thread::sleep(Duration::from_millis(120));
        Ok(())
    };
    move_to((x, y))?;
    for kind in [BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT] {
        connection.xtest_fake_input(kind, 1, 0, x11rb::NONE, 0, 0, 0)?;
        connection.flush()?;
        std::thread::sleep(Duration::from_millis(60));
    }
    move_to(NOTHING)
}

/// Closes the window, as its close button does.
fn close(display: &Display, window: Window) -> Result<()> {
    let connection = &display.connection;
    let atom = |name: &[u8]| -> Result<u32> { Ok(connection.intern_atom(false, name)?.reply()?.atom) };
    let delete = [atom(b"WM_DELETE_WINDOW")?, x11rb::CURRENT_TIME, 0, 0, 0];
    let event = ClientMessageEvent::new(32, window, atom(b"WM_PROTOCOLS")?, delete);
    connection.send_event(false, window, EventMask::NO_EVENT, event)?;
    Ok(connection.flush()?)
}
