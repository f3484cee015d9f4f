//! The lock that a run of the trainer holds beside its weights, by which other processes see that it lives.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::files::{self, Lock, LockError};

/// What the lock of a run says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockState {
    /// A trainer holds it.
    Held,
    /// The trainer has ended without removing it.
    Free,
    /// There is none, or it cannot be told.
    Unknown,
}

/// As the trainer names it.
pub(super) fn lock_file(weights: &Path) -> PathBuf {
    weights.with_extension("lock")
}

/// Looks at the lock of a run, without changing it.
pub(super) fn lock_state(weights: &Path) -> LockState {
    let Ok(file) = files::open(&lock_file(weights)) else { return LockState::Unknown };
    match file.try_lock_shared() {
        Ok(()) => LockState::Free,
        Err(TryLockError::WouldBlock) => LockState::Held,
        Err(TryLockError::Error(_)) => LockState::Unknown,
    }
}

/// Asks the trainer that holds the lock to end. It keeps the best network so far, and the run can be resumed later.
///
/// # Errors
/// A message for the user: the trainer has ended, or cannot be stopped from here.
pub(super) fn ask_to_end(weights: &Path) -> Result<(), String> {
    if lock_state(weights) != LockState::Held {
        return Err("the training was started by another program, and seems to have ended".to_owned());
    }
    let process = match Lock::take(&lock_file(weights)) {
        Err(LockError::Held { process, .. }) => process,
        Ok(_) | Err(LockError::File { .. }) => None,
    };
    // The process may be one of another computer, if the folder is shared.
    let is_asked = process.filter(|process| is_trainer(*process)).is_some_and(interrupt);
    let message = "the training was started by another program and cannot be stopped here: stop it there";
    is_asked.then_some(()).ok_or_else(|| message.to_owned())
}

/// Whether a process of this computer is a trainer.
fn is_trainer(process: u32) -> bool {
    /// What Linux keeps of a program's name: its first fifteen bytes.
    const NAME: &str = "continuo-traine";
    let command = Command::new("ps").args(["-p", &process.to_string(), "-o", "comm="]).output();
    let name = command.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    name.is_ok_and(|name| {
        Path::new(&name).file_name().is_some_and(|name| name.to_string_lossy().starts_with(NAME))
    })
}

/// Interrupts a process, as Ctrl-C does; returns whether that was possible.
pub(super) fn interrupt(process: u32) -> bool {
    cfg!(unix)
        && Command::new("kill")
            .args(["-INT", &process.to_string()])
            .status()
            .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use crate::files::Lock;
    use crate::plugin::trainer::locked::{LockState, ask_to_end, lock_file, lock_state};

    #[test]
    fn a_lock_says_whether_a_run_lives_and_only_a_trainer_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("Tango.safetensors");
        assert_eq!(lock_state(&weights), LockState::Unknown);
        std::fs::write(lock_file(&weights), "Locked by Continuo, process 1\n").unwrap();
        assert_eq!(lock_state(&weights), LockState::Free, "the trainer was killed");
        assert!(ask_to_end(&weights).unwrap_err().contains("ended"));
        let lock = Lock::take(&lock_file(&weights)).unwrap();
        assert_eq!([lock_state(&weights), lock_state(&weights)], [LockState::Held; 2]);
        let message = ask_to_end(&weights).unwrap_err();
        assert!(message.contains("cannot be stopped here"), "this process is no trainer: {message}");
        drop(lock);
        assert_eq!(lock_state(&weights), LockState::Unknown);
    }
}
