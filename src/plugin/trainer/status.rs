//! How a run is doing, as far as its log and its files say.

use std::path::{Path, PathBuf};

use crate::plugin::trainer::traces::{checkpoint_file, read_log};

/// What the editor shows of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// Where the trainer is, if it was found.
    pub trainer: Option<PathBuf>,
    /// The name of the model.
    pub name: String,
    /// Whether it runs, and how it ended if not.
    pub state: State,
    /// How much is done, 0 to 1.
    pub progress: f32,
    /// The last lines that the trainer printed.
    pub lines: Vec<String>,
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

/// Written into the log when a run is resumed.
pub(crate) const RESUMED: &str = "Going on.";
/// What the trainer prints last when it was stopped, and when it has written a model.
const STOPPED: &str = "Stopped.";
const WROTE: &str = "Wrote ";

/// How a run has ended, from the end of its log and the files that it left. The trainer keeps its checkpoint
/// even when the run is complete.
pub(crate) fn ended(weights: &Path, is_success: bool) -> State {
    let log = read_log(weights);
    let since_resumed = log.rsplit_once(RESUMED).map_or(log.as_str(), |(_, rest)| rest);
    let has_line = |start: &str| since_resumed.lines().any(|line| line.starts_with(start));
    let model = weights.is_file().then(|| weights.to_owned());
    match (model, checkpoint_file(weights).is_file()) {
        (Some(model), _) if is_success && has_line(WROTE) && !has_line(STOPPED) => State::Finished(model),
        (model, true) => State::Stopped(model),
        _ => {
            let last = log.lines().rev().find(|line| !line.trim().is_empty());
            State::Failed(last.unwrap_or("the trainer printed nothing").to_owned())
        }
    }
}

/// The last progress in a log, 0 to 1: the trainer's lines begin with a percentage.
pub(crate) fn progress(log: &str) -> f32 {
    let mut percentages = log.lines().rev().filter_map(|line| {
        let (number, _) = line.trim_start().split_once('%')?;
        number.parse::<f32>().ok()
    });
    percentages.next().map_or(0.0, |percent| (percent / 100.0).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use crate::plugin::trainer::status::{State, ended, progress};
    use crate::plugin::trainer::traces::{checkpoint_file, log_file};

    #[test]
    fn progress_is_the_last_percentage_in_the_log() {
        let log = "12 files: 10 pieces\n  2.0% 0.01M notes 900/s 5m left train 5.1 valid 5.0 best: A 5.0\n\
                   4.0% 0.02M notes 900/s 4m left train 4.9 valid 4.8 best: A 4.8\nno percentage here\n";
        assert!((progress(log) - 0.04).abs() < 1e-6);
        assert!(progress("").abs() < 1e-6);
    }

    #[test]
    fn the_state_of_an_ended_run_follows_from_its_log_and_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("Tango.safetensors");
        let print = |log: &str| std::fs::write(log_file(&weights), log).unwrap();
        print("reading\nexpected at least one MIDI file, found none\n");
        let failed = State::Failed("expected at least one MIDI file, found none".to_owned());
        assert_eq!(ended(&weights, false), failed);
        std::fs::write(checkpoint_file(&weights), "").unwrap();
        assert_eq!(ended(&weights, true), State::Stopped(None));
        std::fs::write(&weights, "").unwrap();
        let stopped = State::Stopped(Some(weights.clone()));
        print("50% of it\nStopped. The best so far is kept\nWrote Tango.safetensors\n");
        assert_eq!(ended(&weights, true), stopped);
        print("50% of it\nStopped. The best so far is kept\nWrote Tango.safetensors\nGoing on.\n60% of it\n");
        assert_eq!(ended(&weights, true), stopped, "interrupted after it was resumed");
        print(
            "Stopped. The best so far is kept\nWrote Tango.safetensors\nGoing on.\n60% of it\nWrote Tango.safetensors\n",
        );
        assert_eq!(ended(&weights, true), State::Finished(weights.clone()));
    }
}
