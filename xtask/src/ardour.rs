//! Ardour 7 without a display or sound card: the whole story of a project, from loading the plugin to
//! the recorded MIDI.

#[cfg(target_os = "linux")]
mod desk;
#[cfg(target_os = "linux")]
mod soak;
#[cfg(target_os = "linux")]
pub use soak::{Closing, soak};

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};

use crate::midi::{Note, Song};

const LUA: &str = "ardour7-lua";
/// Drives Ardour; says itself what it does.
const SCRIPT: &str = include_str!("ardour/record.lua");
const SCANNER: &str = "/usr/lib/ardour7/ardour-vst3-scanner";

/// Why Ardour cannot be had here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub String);

/// Sees that Ardour 7 is there, installing Debian's if this user may.
///
/// # Errors
/// If it is not, and cannot be installed.
pub fn provide() -> Result<(), Missing> {
    if is_there() {
        return Ok(());
    }
    if !cfg!(target_os = "linux") || !Path::new("/usr/bin/apt-get").exists() {
        return Err(Missing("this is not a Debian system, and Ardour 7 is not installed".into()));
    }
    eprintln!("Ardour 7 is missing; installing Debian's");
    for arguments in [["update", "-q"].as_slice(), &["install", "-qy", "--no-install-recommends", "ardour"]] {
        let installed = crate::system::as_root("apt-get", arguments);
        if let Err(error) = installed {
            return Err(Missing(format!("Ardour 7 cannot be installed: {error:#}")));
        }
    }
    if is_there() { Ok(()) } else { Err(Missing("Debian's ardour here is not Ardour 7".into())) }
}

fn is_there() -> bool {
    Path::new(SCANNER).exists() && crate::system::finds(LUA)
}

/// One session in Ardour.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// A `.vst3` bundle.
    pub vst3: &'a Path,
    /// An empty folder for Ardour's home, its session and the recorded file.
    pub folder: &'a Path,
    /// How long to roll.
    pub seconds: u32,
    /// Parameters by the names that hosts show; values between 0 and 1.
    pub parameters: &'a [(&'a str, f64)],
}

/// Loads the plugin on a track, sets its parameters, saves, reopens, rolls, and records its MIDI on a
/// second track. Returns what was recorded.
///
/// # Errors
/// If Ardour does not find the plugin, or any step of the story fails.
pub fn record(job: &Job<'_>) -> Result<Song> {
    let (_, log) = tell_story(job)?;
    let midi = job.midi();
    ensure!(midi.exists(), "Ardour recorded nothing:\n{log}");
    Song::read(&midi)
}

/// Tells Ardour the story of [`record`]; as far as the saved session if it is to roll for no time.
fn tell_story(job: &Job<'_>) -> Result<(Home, String)> {
    let home = Home::new(job)?;
    let log = run(home
        .command(SCANNER)
        .env("LD_LIBRARY_PATH", "/usr/lib/ardour7")
        .args(["-f", "-v"])
        .arg(&home.vst3))?;
    ensure!(log.contains("Found Plugin"), "Ardour finds no plugin in the bundle:\n{log}");
    let (session, midi) = (job.session(), job.midi());
    let script = job.folder.join("record.lua");
    std::fs::write(&script, SCRIPT)?;
    let story = || {
        let mut lua = home.command("timeout");
        // Its output would be lost in a buffer if it had to be stopped.
        lua.args(["-k", "5"]).arg((job.seconds * 3 + 60).to_string());
        lua.args(["stdbuf", "-oL"]).arg(LUA).arg(&script);
        lua.arg("Continuo").arg(&session).arg(&midi).arg(job.seconds.to_string());
        lua.args(job.parameters.iter().map(|(name, value)| format!("{name}={value}")));
        run(&mut lua)
    };
    // The one way known in which Ardour stands still is kept clear of by the script.
    let log = match story() {
        Err(error) if error.to_string().contains("status: 124") => {
            eprintln!("\n*** ARDOUR STOOD STILL AND IS STARTED ONCE MORE: {error} ***\n");
            let _ = std::fs::remove_dir_all(&session);
            let _ = std::fs::remove_file(&midi);
            story()?
        }
        other => other?,
    };
    Ok((home, log))
}

impl Job<'_> {
    fn session(&self) -> PathBuf {
        self.folder.join("session")
    }

    fn midi(&self) -> PathBuf {
        self.folder.join("recorded.mid")
    }
}

/// A home of its own for Ardour, with the plugin installed.
struct Home {
    folder: PathBuf,
    vst3: PathBuf,
}

impl Home {
    fn new(job: &Job<'_>) -> Result<Self> {
        let folder = job.folder.join("home");
        for inside in [".vst3", ".cache", ".config", "run"] {
            std::fs::create_dir_all(folder.join(inside))?;
        }
        let name = job.vst3.file_name().context("a bundle without a name")?;
        let vst3 = folder.join(".vst3").join(name);
        // Ardour's record of what it has scanned must be strictly newer than the plugin.
        copy(job.vst3, &vst3, SystemTime::now() - Duration::from_hours(1))?;
        Ok(Self { folder, vst3 })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("HOME", &self.folder).env("VST3_PATH", "").env("LC_ALL", "C.UTF-8");
        for (variable, inside) in
            [("XDG_CACHE_HOME", ".cache"), ("XDG_CONFIG_HOME", ".config"), ("XDG_RUNTIME_DIR", "run")]
        {
            command.env(variable, self.folder.join(inside));
        }
        command
    }
}

fn copy(from: &Path, to: &Path, modified: SystemTime) -> Result<()> {
    if from.is_dir() {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()), modified)?;
        }
        return Ok(());
    }
    std::fs::copy(from, to)?;
    Ok(std::fs::File::options().write(true).open(to)?.set_modified(modified)?)
}

/// Runs a command and returns what it said.
fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if !output.status.success() {
        bail!("{} in {}:\n{said}", output.status, command.get_program().display());
    }
    Ok(said)
}

/// What two recordings of the same piece differ in.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// How much later every note lies in the second, in quarter notes; negative if earlier.
    pub offset: f64,
    /// How far the notes stray from that offset at most, in quarter notes.
    pub stray: f64,
    /// How many notes were compared.
    pub n_compared: usize,
}

/// Compares Ardour's recording with what was expected, which may go on for longer.
///
/// Ardour places every note early by one constant, and clips or loses what then lies before beat 0. So
/// recorded notes at beat 0 are not looked at, what is expected in the first sixteenth may be missing,
/// and what is expected after the last recorded onset is not asked for.
///
/// # Errors
/// If any other note is missing, new, or struck otherwise.
pub fn compare(expected: &Song, recorded: &Song) -> Result<Comparison> {
    let (expected, mut recorded) = (chords(expected), chords(recorded));
    recorded.retain(|note| note.beat > SAME_ONSET);
    ensure!(!recorded.is_empty(), "nothing was recorded");
    let n_early = expected.iter().take_while(|note| note.beat < 0.25).count();
    let mut first_error = None;
    for n_lost in 0..=n_early {
        match compare_notes(&expected[n_lost..], &recorded) {
            Ok(comparison) => return Ok(comparison),
            // With most notes lost, the error says most about the rest.
            Err(error) => first_error = Some(error),
        }
    }
    Err(first_error.context("nothing was expected")?)
}

fn compare_notes(expected: &[Note], recorded: &[Note]) -> Result<Comparison> {
    let (n_expected, n_recorded) = (expected.len(), recorded.len());
    ensure!(n_recorded <= n_expected, "{n_recorded} notes recorded, {n_expected} expected");
    let mut offsets = Vec::new();
    for (expected, recorded) in expected.iter().zip(recorded) {
        let struck = |note: &Note| (note.channel, note.key, note.velocity);
        ensure!(struck(expected) == struck(recorded), "expected {expected:?}, recorded {recorded:?}");
        offsets.push(recorded.beat - expected.beat);
    }
    let offset = offsets.iter().sum::<f64>() / offsets.len() as f64;
    ensure!(offset.abs() < LARGEST_OFFSET, "every note lies {offset} quarter notes off");
    let stray = offsets.iter().map(|each| (each - offset).abs()).fold(0.0, f64::max);
    Ok(Comparison { offset, stray, n_compared: offsets.len() })
}

/// The notes by onset and then by channel and key, whatever order they were written in.
fn chords(song: &Song) -> Vec<Note> {
    let mut notes = song.notes.clone();
    notes.sort_by(|a, b| a.beat.total_cmp(&b.beat));
    for chord in notes.chunk_by_mut(|a, b| b.beat - a.beat < SAME_ONSET) {
        chord.sort_by_key(|note| (note.channel, note.key));
    }
    notes
}

/// Notes this close, in quarter notes, are struck together.
const SAME_ONSET: f64 = 0.01;

/// A thirty-second note; Ardour's constant is about half of that at 120.
const LARGEST_OFFSET: f64 = 0.125;

#[cfg(test)]
mod tests {
    use super::*;

    fn song(notes: &[(f64, u8)]) -> Song {
        let note = |&(beat, key)| Note { beat, length: 0.5, channel: 0, key, velocity: 80 };
        Song { notes: notes.iter().map(note).collect(), meters: vec![(0.0, (4, 4))], tempo: 120.0 }
    }

    #[test]
    fn one_constant_offset_and_a_clipped_first_note_are_the_same_piece() {
        let expected = song(&[(0.0, 60), (1.0, 62), (1.0, 65), (2.0, 64), (3.0, 60)]);
        let recorded = song(&[(0.96, 65), (0.96, 62), (1.96, 64)]);
        let comparison = compare(&expected, &recorded).unwrap();
        assert_eq!(comparison.n_compared, 3);
        assert!((comparison.offset + 0.04).abs() < 1e-9 && comparison.stray < 1e-9);
    }

    #[test]
    fn a_note_that_differs_or_is_missing_is_found() {
        let expected = song(&[(1.0, 62), (2.0, 64), (3.0, 60)]);
        assert!(compare(&expected, &song(&[(1.0, 62), (2.0, 65)])).is_err());
        assert!(compare(&expected, &song(&[(1.0, 62), (3.0, 60)])).is_err());
        assert!(compare(&expected, &song(&[])).is_err());
    }
}
