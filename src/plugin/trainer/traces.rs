//! The files that a run keeps beside its weights: the job, the trainer's output and its checkpoint.

use std::path::{Path, PathBuf};

use crate::files;
use crate::plugin::models::folder::models_folder;
use crate::plugin::trainer::job::Job;
use crate::plugin::trainer::locked::{LockState, lock_state};

/// No job is longer.
const MAX_JOB_BYTES: u64 = 1 << 20;

/// The job as JSON.
pub(crate) fn job_file(weights: &Path) -> PathBuf {
    weights.with_extension("training.json")
}

/// What the trainer has printed: events, and errors in words.
pub(crate) fn log_file(weights: &Path) -> PathBuf {
    weights.with_extension("training.txt")
}

/// What the trainer resumes from.
pub(crate) fn checkpoint_file(weights: &Path) -> PathBuf {
    weights.with_extension("checkpoint")
}

/// Removes the files that are needed to resume.
pub(crate) fn remove(weights: &Path) {
    for file in [job_file(weights), checkpoint_file(weights)] {
        // One that is not there needs no removing.
        let _ = std::fs::remove_file(file);
    }
}

/// A job in the user's folder that runs, or that has a checkpoint to resume from.
pub(crate) fn interrupted_job() -> Option<Job> {
    interrupted_job_in(&models_folder()?)
}

fn interrupted_job_in(folder: &Path) -> Option<Job> {
    let mut jobs = std::fs::read_dir(folder).ok()?.filter_map(|entry| {
        let path = entry.ok()?.path();
        let name = path.to_str()?.strip_suffix(".training.json")?.to_owned();
        let job: Job = serde_json::from_slice(&files::read(&path, MAX_JOB_BYTES).ok()?).ok()?;
        let weights = PathBuf::from(format!("{name}.safetensors"));
        let is_there = checkpoint_file(&weights).is_file() || lock_state(&weights) == LockState::Held;
        is_there.then_some(job)
    });
    jobs.next()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::plugin::trainer::job::{Job, Size};
    use crate::plugin::trainer::traces::{checkpoint_file, interrupted_job_in, job_file, remove};

    #[test]
    fn a_job_with_a_checkpoint_can_be_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("Tango no. 1.safetensors");
        let job = Job {
            folder: PathBuf::from("midi"),
            name: "Tango no. 1".to_owned(),
            size: Size::Sketch,
            starts_from_default: true,
        };
        std::fs::write(job_file(&weights), serde_json::to_vec(&job).unwrap()).unwrap();
        assert_eq!(interrupted_job_in(folder.path()), None, "nothing to resume from");
        std::fs::write(checkpoint_file(&weights), "").unwrap();
        assert_eq!(interrupted_job_in(folder.path()), Some(job));
        remove(&weights);
        assert_eq!(interrupted_job_in(folder.path()), None);
    }
}
