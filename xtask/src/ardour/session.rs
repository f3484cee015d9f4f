//! A session with the plugin: from loading it to the recorded MIDI, without a display or sound card.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};

use crate::ardour::install::{LUA, SCANNER};
use crate::midi::Song;

/// Drives Ardour; see there.
const SCRIPT: &str = include_str!("record.lua");

/// One session in Ardour.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// A `.vst3` bundle.
    pub vst3: &'a Path,
    /// An empty folder for Ardour's home, its session and the recorded files.
    pub folder: &'a Path,
    /// How long to play, in seconds.
    pub seconds: u32,
    /// Instances of the plugin, each with its parameters by the names that hosts show; values between 0 and 1.
    pub instances: &'a [Vec<(&'a str, f64)>],
}

/// Loads each instance of the plugin on a track, sets its parameters, saves, reopens, plays, and records its MIDI on a
/// second track. Returns the recording of each instance.
///
/// # Errors
/// If Ardour does not find the plugin, or a step fails.
pub fn record(job: &Job<'_>) -> Result<Vec<Song>> {
    let (_, log) = make_session(job)?;
    let read = |number: usize| {
        let midi = job.recorded().join(format!("{number}.mid"));
        ensure!(midi.exists(), "Ardour recorded nothing:\n{log}");
        Song::read(&midi)
    };
    (1..=job.instances.len()).map(read).collect()
}

/// Runs Ardour for [`record`]. With `seconds` at 0 it ends with the saved session. Returns Ardour's home and output.
pub(super) fn make_session(job: &Job<'_>) -> Result<(Home, String)> {
    let home = Home::new(job)?;
    let log = run(home
        .command(SCANNER)
        .env("LD_LIBRARY_PATH", "/usr/lib/ardour7")
        .args(["-f", "-v"])
        .arg(&home.vst3))?;
    ensure!(log.contains("Found Plugin"), "Ardour finds no plugin in the bundle:\n{log}");
    let (session, recorded) = (job.session(), job.recorded());
    std::fs::create_dir_all(&recorded)?;
    let script = job.folder.join("record.lua");
    std::fs::write(&script, SCRIPT)?;
    let run_script = || {
        let mut lua = home.command("timeout");
        // Unbuffered, so that no output is lost if it has to be stopped.
        lua.args(["-k", "5"]).arg((job.seconds * 3 + 60).to_string());
        lua.args(["stdbuf", "-oL"]).arg(LUA).arg(&script);
        lua.arg("Continuo").arg(&session).arg(&recorded).arg(job.seconds.to_string());
        for (idx, parameters) in job.instances.iter().enumerate() {
            lua.args((idx > 0).then_some("/"));
            lua.args(parameters.iter().map(|(name, value)| format!("{name}={value}")));
        }
        run(&mut lua)
    };
    // Ardour 7 hangs now and then; the script avoids the one cause that is known.
    let log = match run_script() {
        Err(error) if error.to_string().contains("status: 124") => {
            eprintln!("\n*** ARDOUR HUNG AND IS STARTED AGAIN: {error} ***\n");
            let _ = std::fs::remove_dir_all(&session);
            run_script()?
        }
        other => other?,
    };
    Ok((home, log))
}

impl Job<'_> {
    pub(super) fn session(&self) -> PathBuf {
        self.folder.join("session")
    }

    /// The folder of the recordings.
    fn recorded(&self) -> PathBuf {
        self.folder.join("recorded")
    }
}

/// A home folder for Ardour, with the plugin installed.
pub(super) struct Home {
    pub(super) folder: PathBuf,
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
        // Ardour's scan cache must be strictly newer than the plugin.
        copy(job.vst3, &vst3, SystemTime::now() - Duration::from_hours(1))?;
        Ok(Self { folder, vst3 })
    }

    pub(super) fn command(&self, program: &str) -> Command {
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

/// Runs a command and returns its output.
fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    if !output.status.success() {
        bail!("{} in {}:\n{text}", output.status, command.get_program().display());
    }
    Ok(text)
}
