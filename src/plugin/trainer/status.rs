//! How a run is doing, as far as its output and its files say.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::plugin::trainer::seen::Seen;
use crate::plugin::trainer::survey::Survey;
use crate::plugin::trainer::traces::checkpoint_file;

/// What the editor shows of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// Where the trainer is, if it was found.
    pub trainer: Option<PathBuf>,
    /// The name of the model.
    pub name: String,
    /// Whether it runs, and how it ended if not.
    pub state: State,
    /// What it has reported so far.
    pub seen: Arc<Seen>,
    /// What is in the folder to learn from, and how long that takes.
    pub survey: Option<Survey>,
}

impl Status {
    /// Whether something goes on that only asking again shows.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let is_surveying = self.survey.as_ref().is_some_and(|survey| survey.is_running);
        self.state == State::Running || is_surveying
    }
}

/// Whether a run goes on, and how it ended if not.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum State {
    /// There is no run.
    #[default]
    Idle,
    /// The trainer runs.
    Running,
    /// The run was stopped or interrupted and can be resumed; the file holds the best model so far, if there is one.
    Stopped(Option<PathBuf>),
    /// The run is complete, and this is the model.
    Finished(PathBuf),
    /// The run failed, for this reason.
    Failed(String),
}

/// How a run has ended, from what it reported and the files that it left. The trainer keeps its checkpoint even when the
/// run is complete.
pub(super) fn ended(weights: &Path, is_success: bool, seen: &Seen) -> State {
    let model = weights.is_file().then(|| weights.to_owned());
    match (model, checkpoint_file(weights).is_file()) {
        (Some(model), _) if is_success && seen.assessment.is_some() => State::Finished(model),
        (model, true) => State::Stopped(model),
        _ => State::Failed(seen.error.clone().unwrap_or_else(|| "the trainer printed nothing".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use crate::plugin::trainer::seen::Seen;
    use crate::plugin::trainer::status::{State, ended};
    use crate::plugin::trainer::traces::checkpoint_file;
    use crate::run_events::Assessment;

    #[test]
    fn the_state_of_an_ended_run_follows_from_its_events_and_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("Tango.safetensors");
        let nothing = Seen { error: Some("no MIDI file".to_owned()), ..Seen::default() };
        assert_eq!(ended(&weights, false, &nothing), State::Failed("no MIDI file".to_owned()));
        std::fs::write(checkpoint_file(&weights), "").unwrap();
        let (begun, done) =
            (Seen::default(), Seen { assessment: Some(Assessment::default()), ..Seen::default() });
        assert_eq!(ended(&weights, true, &begun), State::Stopped(None));
        std::fs::write(&weights, "").unwrap();
        let stopped = State::Stopped(Some(weights.clone()));
        assert_eq!(ended(&weights, true, &begun), stopped);
        assert_eq!(ended(&weights, false, &done), stopped, "it has failed while it was resumed");
        assert_eq!(ended(&weights, true, &done), State::Finished(weights.clone()));
    }
}
