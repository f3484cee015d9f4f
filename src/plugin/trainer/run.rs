//! Starting, watching, stopping and resuming the one run of this process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::files;
use crate::plugin::models::folder::model_file;
use crate::plugin::trainer::follow::Follower;
use crate::plugin::trainer::job::Job;
use crate::plugin::trainer::locked::{self, LockState, lock_state};
use crate::plugin::trainer::process::low_priority;
use crate::plugin::trainer::seen::Seen;
use crate::plugin::trainer::status::{State, Status, ended};
use crate::plugin::trainer::survey::surveyed;
use crate::plugin::trainer::traces::{self, checkpoint_file, interrupted_job, job_file, log_file};

/// The run that all instances in this process share.
static RUN: Mutex<Option<Run>> = Mutex::new(None);

struct Run {
    job: Job,
    /// `None` if another process started the trainer.
    child: Option<Child>,
    ended: Option<State>,
    log: Follower,
}

/// Where no lock says whether it lives: a checkpoint younger than this may belong to a trainer that another process started.
const FRESH: Duration = Duration::from_secs(45);
/// How often the trainer writes a checkpoint, in seconds.
const SAVE_EVERY: &str = "20";

fn lock() -> MutexGuard<'static, Option<Run>> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a run.
///
/// # Errors
/// A message for the user: no trainer, no folder, a name that is taken, or a process that does not start.
pub fn start(trainer: Option<&Path>, job: &Job) -> Result<(), String> {
    let weights = model_file(&job.name).ok_or("give the model a name first")?;
    if !job.folder.is_dir() {
        return Err(format!("{} is not a folder", job.folder.display()));
    }
    if weights.exists() || checkpoint_file(&weights).exists() {
        return Err(format!("there is a model called {} already: choose another name", job.name));
    }
    spawn(trainer, job, &weights, Mode::Start)
}

/// Resumes the run that was stopped or interrupted.
///
/// # Errors
/// A message for the user.
pub fn resume(trainer: Option<&Path>) -> Result<(), String> {
    let job = lock().as_ref().map(|run| run.job.clone()).or_else(interrupted_job);
    let job = job.ok_or("there is no training to resume")?;
    let weights = model_file(&job.name).ok_or("there is no training to resume")?;
    spawn(trainer, &job, &weights, Mode::Resume)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Start,
    Resume,
}

fn spawn(trainer: Option<&Path>, job: &Job, weights: &Path, mode: Mode) -> Result<(), String> {
    let trainer = trainer.ok_or("the trainer was not found: enter its path")?;
    let mut run = lock();
    if run.as_mut().is_some_and(Run::is_running) {
        return Err("a training is running already".to_owned());
    }
    let cannot = |error: std::io::Error| format!("the training could not be started: {error}");
    if let Some(folder) = weights.parent() {
        std::fs::create_dir_all(folder).map_err(cannot)?;
    }
    let json = serde_json::to_vec_pretty(job).map_err(|error| cannot(error.into()))?;
    files::replace(&job_file(weights), files::JSON, &json).map_err(|error| cannot(error.source))?;
    let log = files::append(&log_file(weights)).map_err(cannot)?;
    let errors = log.try_clone().map_err(cannot)?;
    let mut command = command(trainer, job, weights, mode);
    let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().map_err(cannot)?;
    *run = Some(Run { job: job.clone(), child: Some(child), ended: None, log: Follower::default() });
    Ok(())
}

fn command(trainer: &Path, job: &Job, weights: &Path, mode: Mode) -> Command {
    let mut command = low_priority(trainer);
    let mut folder = OsString::from(format!("{}=", job.name));
    folder.push(&job.folder);
    command.arg("train").arg(folder).arg("--out").arg(weights).args([
        "--json",
        "--preset",
        job.size.name(),
        "--save-every",
        SAVE_EVERY,
        "--name",
        &job.name,
    ]);
    if job.starts_from_default {
        command.args(["--from", "default"]);
    }
    if mode == Mode::Resume {
        command.arg("--resume");
    }
    command
}

/// Opens the report of a run in the browser.
///
/// # Errors
/// A message for the user: no program opens it.
pub fn open_report(report: &Path) -> Result<(), String> {
    let message = |error| format!("{} could not be opened in a browser: {error}", report.display());
    open::that_detached(report).map_err(message)
}

/// Asks the trainer to end. It keeps the best network so far, and the run can be resumed later.
///
/// # Errors
/// A message for the user: another program has started the trainer, and it cannot be stopped from here.
pub fn stop() -> Result<(), String> {
    let mut run = lock();
    let Some(run) = run.as_mut() else { return Ok(()) };
    if let Some(child) = &mut run.child {
        if !locked::interrupt(child.id()) {
            // The run can then be resumed from its last checkpoint.
            let _ = child.kill();
        }
        return Ok(());
    }
    model_file(&run.job.name).map_or(Ok(()), |weights| locked::ask_to_end(&weights))
}

/// Waits until the trainer has ended, if this process started it. For tests.
pub fn wait() {
    if let Some(child) = lock().as_mut().and_then(|run| run.child.as_mut()) {
        // Why a trainer could not be waited for shows in its status.
        let _ = child.wait();
    }
}

/// Discards a run that has ended, with the files that are needed to resume it. The model stays.
pub fn discard() {
    let mut run = lock();
    if run.as_mut().is_some_and(Run::is_running) {
        return;
    }
    let job = run.take().map(|run| run.job).or_else(interrupted_job);
    if let Some(weights) = job.and_then(|job| model_file(&job.name)) {
        traces::remove(&weights);
    }
}

/// How the run is doing, and what is known of the folder to learn from. `trainer` is handed through.
#[must_use]
pub fn status(trainer: Option<PathBuf>) -> Status {
    let mut run = lock();
    if run.is_none() {
        let found = interrupted_job();
        *run = found.map(|job| Run { job, child: None, ended: None, log: Follower::default() });
    }
    let survey = surveyed();
    let Some(run) = run.as_mut() else {
        return Status { trainer, survey, ..Status::default() };
    };
    let (state, seen) = (run.state(), run.seen());
    Status { trainer, name: run.job.name.clone(), state, seen, survey }
}

impl Run {
    fn is_running(&mut self) -> bool {
        self.state() == State::Running
    }

    /// What it has reported so far.
    fn seen(&mut self) -> Arc<Seen> {
        model_file(&self.job.name).map(|weights| self.log.follow(&log_file(&weights))).unwrap_or_default()
    }

    fn state(&mut self) -> State {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        let Some(weights) = model_file(&self.job.name) else { return State::Idle };
        let Some(child) = &mut self.child else {
            return state_from_files(&weights, &self.seen());
        };
        match child.try_wait() {
            Ok(None) => State::Running,
            Ok(Some(status)) => {
                let ended = ended(&weights, status.success(), &self.seen());
                if matches!(ended, State::Finished(_)) {
                    traces::remove(&weights);
                }
                self.ended = Some(ended.clone());
                ended
            }
            Err(error) => State::Failed(error.to_string()),
        }
    }
}

/// The state of a run that another process started.
fn state_from_files(weights: &Path, seen: &Seen) -> State {
    let is_running = match lock_state(weights) {
        LockState::Held => true,
        LockState::Free => false,
        LockState::Unknown => !seen.is_stopped && is_fresh(&checkpoint_file(weights)),
    };
    if is_running { State::Running } else { ended(weights, true, seen) }
}

fn is_fresh(checkpoint: &Path) -> bool {
    let written = std::fs::metadata(checkpoint).and_then(|data| data.modified()).ok();
    let age = written.and_then(|time| SystemTime::now().duration_since(time).ok());
    age.is_some_and(|age| age < FRESH)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use crate::files::Lock;
    use crate::plugin::trainer::locked::lock_file;
    use crate::plugin::trainer::run::state_from_files;
    use crate::plugin::trainer::seen::Seen;
    use crate::plugin::trainer::status::State;
    use crate::plugin::trainer::traces::checkpoint_file;

    #[test]
    fn a_run_of_another_process_goes_on_as_long_as_its_lock_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("Tango.safetensors");
        let checkpoint = File::create(checkpoint_file(&weights)).unwrap();
        let state = |is_stopped| state_from_files(&weights, &Seen { is_stopped, ..Seen::default() });
        assert_eq!(state(false), State::Running, "it has just written a checkpoint");
        assert_eq!(state(true), State::Stopped(None), "and has said that it was its last");
        let lock = Lock::take(&lock_file(&weights)).unwrap();
        checkpoint.set_modified(SystemTime::now() - Duration::from_hours(1)).unwrap();
        assert_eq!(state(false), State::Running);
        drop(lock);
        assert_eq!(state(false), State::Stopped(None));
        checkpoint.set_modified(SystemTime::now()).unwrap();
        std::fs::write(lock_file(&weights), "Locked by Continuo, process 1\n").unwrap();
        assert_eq!(state(false), State::Stopped(None), "it was killed");
    }
}
