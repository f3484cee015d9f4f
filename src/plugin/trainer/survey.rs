//! What is in a folder, and how long it takes to learn it: the trainer reads it and measures this computer's speed.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::plugin::keep_loaded::keep_loaded;
use crate::plugin::trainer::process::low_priority;
use crate::run_events::{CorpusFound, Estimate, RunEvent};

/// What is known of a folder so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// The folder.
    pub folder: PathBuf,
    /// Whether the training is to start from the built-in model.
    pub starts_from_default: bool,
    /// What was found in it; `None` while it is being read.
    pub corpus: Option<CorpusFound>,
    /// How long each of the trainer's presets takes, as far as that is known.
    pub estimates: Vec<Estimate>,
    /// Whether there is more to come.
    pub is_running: bool,
    /// Why nothing can be learned from it.
    pub error: Option<String>,
}

/// The survey that all instances in this process share.
static SURVEY: Mutex<Surveying> =
    Mutex::new(Surveying { n_begun: 0, survey: None, child: None, thread: None });

struct Surveying {
    /// How many were begun, so that the thread of an earlier one changes nothing.
    n_begun: u64,
    survey: Option<Survey>,
    child: Option<Child>,
    /// The thread that reads what the process prints.
    thread: Option<JoinHandle<()>>,
}

fn lock() -> MutexGuard<'static, Surveying> {
    SURVEY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins to look at a folder, in place of the one that is being looked at.
pub fn survey(trainer: Option<&Path>, folder: &Path, starts_from_default: bool) {
    let mut surveying = lock();
    surveying.n_begun += 1;
    if let Some(mut earlier) = surveying.child.take() {
        // It may have ended already; waiting for it takes it off the system's list.
        let _ = earlier.kill();
        let _ = earlier.wait();
    }
    let mut survey = Survey { folder: folder.to_owned(), starts_from_default, ..Survey::default() };
    match begin(trainer, folder, starts_from_default) {
        Ok(mut child) => {
            // The host may unload the plugin meanwhile.
            keep_loaded();
            let (output, number) = (child.stdout.take(), surveying.n_begun);
            let reading = move || read(output, number);
            let thread = std::thread::Builder::new().name("continuo survey".into()).spawn(reading);
            survey.is_running = thread.is_ok();
            survey.error = thread.as_ref().err().map(ToString::to_string);
            (surveying.child, surveying.thread) = (Some(child), thread.ok());
            surveying.survey = Some(survey);
        }
        Err(message) => surveying.survey = Some(Survey { error: Some(message), ..survey }),
    }
}

/// What is known of the folder that was last looked at.
pub(super) fn surveyed() -> Option<Survey> {
    lock().survey.clone()
}

/// Waits until the survey that was last begun has ended. For tests.
pub fn wait_for_survey() {
    let thread = lock().thread.take();
    if let Some(thread) = thread {
        // A thread that has panicked has ended.
        let _ = thread.join();
    }
}

fn begin(trainer: Option<&Path>, folder: &Path, starts_from_default: bool) -> Result<Child, String> {
    if !folder.is_dir() {
        return Err(format!("{} is not a folder", folder.display()));
    }
    let trainer = trainer.ok_or("the trainer was not found: enter its path")?;
    let mut argument = OsString::from("style=");
    argument.push(folder);
    let mut command = low_priority(trainer);
    command.args(["train", "--dry-run", "--json"]).arg(argument);
    if starts_from_default {
        command.args(["--from", "default"]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().map_err(|error| format!("the folder could not be read: {error}"))
}

/// Takes in what the trainer prints, until it ends or another survey begins.
fn read(output: Option<impl Read>, number: u64) {
    for line in output.into_iter().flat_map(|output| BufReader::new(output).lines()).map_while(Result::ok) {
        let mut surveying = lock();
        if surveying.n_begun != number {
            return;
        }
        if let (Some(survey), Some(event)) = (&mut surveying.survey, RunEvent::parse(&line)) {
            survey.take_in(event);
        }
    }
    let mut surveying = lock();
    if surveying.n_begun != number {
        return;
    }
    if let Some(mut child) = surveying.child.take() {
        let _ = child.wait();
    }
    if let Some(survey) = &mut surveying.survey {
        survey.end();
    }
}

impl Survey {
    fn take_in(&mut self, event: RunEvent) {
        match event {
            RunEvent::Corpus(found) => self.corpus = Some(found),
            RunEvent::Estimate(estimate) => self.estimates.push(estimate),
            RunEvent::Error { message } => self.error = Some(message),
            _ => {}
        }
    }

    fn end(&mut self) {
        self.is_running = false;
        if self.corpus.is_none() && self.error.is_none() {
            self.error = Some("the trainer did not read it: is it of another version?".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::plugin::trainer::survey::Survey;
    use crate::run_events::{CorpusFound, RunEvent};

    #[test]
    fn a_trainer_that_says_nothing_is_reported() {
        let mut silent = Survey { is_running: true, ..Survey::default() };
        silent.end();
        assert!(!silent.is_running && silent.error.is_some());
        let mut survey = Survey { is_running: true, ..Survey::default() };
        survey.take_in(RunEvent::Corpus(CorpusFound::default()));
        survey.end();
        assert_eq!(survey, Survey { corpus: Some(CorpusFound::default()), ..Survey::default() });
    }
}
