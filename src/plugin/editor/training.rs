//! The companion trainer as a process of its own: started, watched, stopped and gone on with.
//!
//! It writes what it says into a file beside the weights, so it goes on when the editor or the host is
//! closed, and any instance finds it again. What was asked for is kept beside it, so that a run that was
//! cut off can go on.

mod find;
pub use find::find_trainer;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::files;
use crate::plugin::editor::folder::models_folder;
use crate::plugin::editor::library::file_of;

/// What is to be trained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The folder of MIDI files.
    pub folder: PathBuf,
    /// What the model is to be called.
    pub name: String,
    /// How long and how large.
    pub size: Size,
    /// Whether it begins with the model that ships with Continuo.
    pub starts_from_default: bool,
}

/// How long and how large: the trainer's presets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Size {
    /// Minutes.
    Sketch,
    /// An hour.
    Standard,
    /// A night.
    Large,
}

impl Size {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sketch, Self::Standard, Self::Large];

    /// What it is called, here and by the trainer.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sketch => "sketch",
            Self::Standard => "standard",
            Self::Large => "large",
        }
    }

    /// What it costs and gives.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Sketch => "Sketch: about five minutes, worth hearing",
            Self::Standard => "Standard: minutes to half an hour, good in one style",
            Self::Large => "Large: a night, the best",
        }
    }
}

/// What there is to see of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Training {
    /// Where the trainer is.
    pub trainer: Option<PathBuf>,
    /// The model that is or was trained.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// How much is done, 0 to 1.
    pub done: f32,
    /// The last that the trainer said.
    pub lines: Vec<String>,
}

/// How a training stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum State {
    /// There is none.
    #[default]
    Idle,
    /// It goes on.
    Running,
    /// It was stopped or cut off, and can go on; the file holds the best so far, if there is one.
    Stopped(Option<PathBuf>),
    /// It is done: here is the model.
    Finished(PathBuf),
    /// It went wrong, in words.
    Failed(String),
}

/// The one run of this process, whichever instance began it.
static RUN: Mutex<Option<Run>> = Mutex::new(None);

struct Run {
    order: Order,
    /// Nothing for one that another process began.
    child: Option<Child>,
    ended: Option<State>,
}

/// A checkpoint younger than this may belong to a trainer that another process began.
const FRESH: Duration = Duration::from_secs(45);
/// How often the trainer keeps what it has, in seconds.
const SAVE_EVERY: &str = "20";
const N_LINES: usize = 12;
/// Stands before what the trainer says when it goes on.
const GOING_ON: &str = "Going on.";
/// What the trainer says last when it was stopped, and when it has written a model.
const STOPPED: &str = "Stopped.";
const WROTE: &str = "Wrote ";

fn lock() -> MutexGuard<'static, Option<Run>> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins a training.
///
/// # Errors
/// In words: no trainer, no folder, a name that is taken, or a process that does not start.
pub fn start(trainer: Option<&Path>, order: &Order) -> Result<(), String> {
    let out = file_of(&order.name).ok_or("give the model a name first")?;
    if !order.folder.is_dir() {
        return Err(format!("{} is not a folder", order.folder.display()));
    }
    if out.exists() || out.with_extension("checkpoint").exists() {
        return Err(format!("there is a model called {} already: choose another name", order.name));
    }
    spawn(trainer, order, &out, false)
}

/// Goes on with the run that was stopped or cut off.
///
/// # Errors
/// In words.
pub fn go_on(trainer: Option<&Path>) -> Result<(), String> {
    let order = lock().as_ref().map(|run| run.order.clone()).or_else(|| cut_off(None));
    let order = order.ok_or("there is no training to go on with")?;
    let out = file_of(&order.name).ok_or("there is no training to go on with")?;
    spawn(trainer, &order, &out, true)
}

fn spawn(trainer: Option<&Path>, order: &Order, out: &Path, resumes: bool) -> Result<(), String> {
    let trainer = trainer.ok_or("the trainer was not found: say where it is")?;
    let mut run = lock();
    if run.as_mut().is_some_and(|run| matches!(run.state(), State::Running)) {
        return Err("a training is going on already".to_owned());
    }
    let cannot = |error: std::io::Error| format!("the training could not be started: {error}");
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder).map_err(cannot)?;
    }
    let asked = serde_json::to_vec_pretty(order).map_err(|error| error.to_string())?;
    files::replace(&order_file(out), &asked).map_err(|error| cannot(error.source))?;
    let mut said = std::fs::File::options().create(true).append(true).open(said_file(out)).map_err(cannot)?;
    if resumes {
        writeln!(said, "{GOING_ON}").map_err(cannot)?;
    }
    let mut command = gently(trainer);
    command
        .arg("train")
        .arg(format!("{}={}", order.name, order.folder.display()))
        .arg("--out")
        .arg(out)
        .args(["--preset", order.size.name(), "--save-every", SAVE_EVERY, "--name", &order.name]);
    if order.starts_from_default {
        command.args(["--from", "default"]);
    }
    if resumes {
        command.arg("--resume");
    }
    let errors = said.try_clone().map_err(cannot)?;
    let child = command.stdin(Stdio::null()).stdout(said).stderr(errors).spawn().map_err(cannot)?;
    *run = Some(Run { order: order.clone(), child: Some(child), ended: None });
    Ok(())
}

/// So that music goes before training, and a Ctrl-C meant for the host does not reach it.
fn gently(trainer: &Path) -> Command {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new("nice");
        command.args(["-n", "10"]).arg(trainer).process_group(0);
        command
    }
    #[cfg(not(unix))]
    Command::new(trainer)
}

/// Asks the trainer to end. It keeps the best network so far, and can go on later.
pub fn stop() {
    if let Some(run) = lock().as_mut()
        && let Some(child) = &mut run.child
    {
        let is_asked = cfg!(unix)
            && Command::new("kill")
                .args(["-INT", &child.id().to_string()])
                .status()
                .is_ok_and(|status| status.success());
        if !is_asked {
            // It goes on from its last checkpoint then.
            let _ = child.kill();
        }
    }
}

/// Forgets a run that has ended, and what was kept to go on with it. The model stays.
pub fn forget() {
    let mut run = lock();
    if run.as_mut().is_some_and(|run| matches!(run.state(), State::Running)) {
        return;
    }
    let order = run.take().map(|run| run.order).or_else(|| cut_off(None));
    if let Some(out) = order.and_then(|order| file_of(&order.name)) {
        clear(&out);
    }
}

/// Removes what was kept to go on with.
fn clear(out: &Path) {
    for file in [order_file(out), out.with_extension("checkpoint")] {
        // Gone already is as good.
        let _ = std::fs::remove_file(file);
    }
}

/// How things stand now.
#[must_use]
pub fn look(trainer: Option<PathBuf>) -> Training {
    let mut run = lock();
    if run.is_none() {
        *run = cut_off(None).map(|order| Run { order, child: None, ended: None });
    }
    let Some(run) = run.as_mut() else {
        return Training { trainer, ..Training::default() };
    };
    let state = run.state();
    let said = file_of(&run.order.name).map(|out| said_file(&out));
    let said = said.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let done = if matches!(state, State::Finished(_)) { 1.0 } else { progress(&said) };
    let lines: Vec<String> = said.lines().map(str::to_owned).collect();
    let lines = lines[lines.len().saturating_sub(N_LINES)..].to_vec();
    Training { trainer, name: run.order.name.clone(), state, done, lines }
}

impl Run {
    fn state(&mut self) -> State {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        let Some(out) = file_of(&self.order.name) else { return State::Idle };
        let Some(child) = &mut self.child else {
            return left_behind(&out);
        };
        match child.try_wait() {
            Ok(None) => State::Running,
            Ok(Some(status)) => {
                let ended = ended(&out, status.success());
                if matches!(ended, State::Finished(_)) {
                    clear(&out);
                }
                self.ended = Some(ended.clone());
                ended
            }
            Err(error) => State::Failed(error.to_string()),
        }
    }
}

/// What a run that this process did not begin has come to.
fn left_behind(out: &Path) -> State {
    let age = std::fs::metadata(out.with_extension("checkpoint"))
        .and_then(|data| data.modified())
        .ok()
        .and_then(|time| SystemTime::now().duration_since(time).ok());
    match age {
        Some(age) if age < FRESH => State::Running,
        _ => ended(out, true),
    }
}

/// How a run that has ended stands, by what it said last and the files that it left. The trainer keeps its
/// checkpoint when it is done, too.
fn ended(out: &Path, is_success: bool) -> State {
    let said = std::fs::read_to_string(said_file(out)).unwrap_or_default();
    let last_run = said.rsplit_once(GOING_ON).map_or(said.as_str(), |(_, last)| last);
    let has_said = |words: &str| last_run.lines().any(|line| line.starts_with(words));
    let model = out.is_file().then(|| out.to_owned());
    match (model, out.with_extension("checkpoint").is_file()) {
        (Some(model), _) if is_success && has_said(WROTE) && !has_said(STOPPED) => State::Finished(model),
        (model, true) => State::Stopped(model),
        _ => {
            let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            State::Failed(last.to_owned())
        }
    }
}

/// The training in a folder (the user's, if none is named) that was begun and has a checkpoint left.
fn cut_off(folder: Option<&Path>) -> Option<Order> {
    let folder = folder.map(Path::to_owned).or_else(models_folder)?;
    let mut orders = std::fs::read_dir(folder).ok()?.filter_map(|entry| {
        let path = entry.ok()?.path();
        let name = path.to_str()?.strip_suffix(".training.json")?.to_owned();
        let order: Order = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        Path::new(&name).with_extension("checkpoint").is_file().then_some(order)
    });
    orders.next()
}

fn order_file(out: &Path) -> PathBuf {
    out.with_extension("training.json")
}

fn said_file(out: &Path) -> PathBuf {
    out.with_extension("training.txt")
}

/// The last share of the whole that the trainer told: its lines begin with per cent.
fn progress(said: &str) -> f32 {
    let shares = said.lines().rev().filter_map(|line| {
        let (number, _) = line.trim_start().split_once('%')?;
        number.parse::<f32>().ok()
    });
    shares.take(1).map(|percent| (percent / 100.0).clamp(0.0, 1.0)).sum()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::plugin::editor::training::{
        Order, Size, State, cut_off, ended, order_file, progress, said_file,
    };

    #[test]
    fn progress_is_the_last_share_that_the_trainer_told() {
        let said = "12 files: 10 pieces\n  2.0% 0.01M notes 900/s 5m left train 5.1 valid 5.0 best: A 5.0\n\
                    4.0% 0.02M notes 900/s 4m left train 4.9 valid 4.8 best: A 4.8\nno per cent here\n";
        assert!((progress(said) - 0.04).abs() < 1e-6);
        assert!(progress("").abs() < 1e-6);
    }

    #[test]
    fn a_run_is_told_by_the_files_that_it_left() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("Tango.safetensors");
        std::fs::write(said_file(&out), "reading\nexpected at least one MIDI file, found none\n").unwrap();
        let failed = State::Failed("expected at least one MIDI file, found none".to_owned());
        assert_eq!(ended(&out, false), failed);
        let order = Order {
            folder: PathBuf::from("midi"),
            name: "Tango".to_owned(),
            size: Size::Sketch,
            starts_from_default: true,
        };
        std::fs::write(order_file(&out), serde_json::to_vec(&order).unwrap()).unwrap();
        assert_eq!(cut_off(Some(folder.path())), None, "nothing to go on from");
        std::fs::write(out.with_extension("checkpoint"), "").unwrap();
        assert_eq!(cut_off(Some(folder.path())), Some(order));
        assert_eq!(ended(&out, true), State::Stopped(None));
        std::fs::write(&out, "").unwrap();
        let say = |words: &str| std::fs::write(said_file(&out), words).unwrap();
        say("50% of it\nStopped. The best so far is kept\nWrote Tango.safetensors\n");
        assert_eq!(ended(&out, true), State::Stopped(Some(out.clone())));
        say("50% of it\nStopped. The best so far is kept\nWrote Tango.safetensors\nGoing on.\n60% of it\n");
        assert_eq!(ended(&out, true), State::Stopped(Some(out.clone())), "cut off as it went on");
        say(
            "Stopped. The best so far is kept\nWrote Tango.safetensors\nGoing on.\n60% of it\nWrote Tango.safetensors\n",
        );
        assert_eq!(ended(&out, true), State::Finished(out));
    }
}
