//! A lock that one process holds for as long as it lives.

use std::fs::{File, TryLockError};
use std::io::{self, Error, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::files::opening::open_with;

/// A lock held by this process. It ends when this is dropped, and, since the system holds it, also when the process is
/// killed.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

/// Why a lock could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("{} is locked", path.display())]
    Held {
        /// The lock's file.
        path: PathBuf,
        /// The process that holds it. Some systems do not let others read a file that is locked.
        process: Option<u32>,
        /// For how long it has been held.
        age: Option<Duration>,
    },
    /// Its file could not be written, or is something else.
    #[error("could not write {}", path.display())]
    File {
        /// The lock's file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

const MARK: &str = "Locked by Continuo, process ";

impl Lock {
    /// Takes the lock whose file is at `path`. Where files cannot be locked, as on some network drives, there is nothing
    /// to hold, and this succeeds.
    ///
    /// # Errors
    /// If another process holds it, or the file cannot be written or is no lock.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::File { path: path.to_owned(), source };
        loop {
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(false);
            let mut file = open_with(&mut options, path).map_err(failed)?;
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                return Err(held(path, &mut file));
            }
            if !is_still_there(&file, path) {
                continue;
            }
            write_mark(&mut file).map_err(failed)?;
            return Ok(Self { path: path.to_owned(), _file: file });
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // One that stays is free all the same.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn text(file: &mut File) -> io::Result<String> {
    let mut text = Vec::new();
    file.rewind()?;
    file.take(200).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn write_mark(file: &mut File) -> io::Result<()> {
    let found = text(file)?;
    if !found.is_empty() && !found.starts_with(MARK) {
        return Err(Error::other("it is not a lock of Continuo, and nothing else is replaced"));
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{MARK}{}", std::process::id())
}

fn held(path: &Path, file: &mut File) -> LockError {
    let text = text(file).unwrap_or_default();
    let process = text.strip_prefix(MARK).and_then(|rest| rest.trim().parse().ok());
    let written = file.metadata().and_then(|metadata| metadata.modified()).ok();
    let age = written.and_then(|written| SystemTime::now().duration_since(written).ok());
    LockError::Held { path: path.to_owned(), process, age }
}

/// Whether the file was not removed, by the process that held the lock before, between its opening and its locking.
#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let [opened, there] = [file.metadata(), std::fs::metadata(path)].map(|found| found.map(identity).ok());
    opened == there
}

/// Elsewhere a file that is being removed cannot be opened.
#[cfg(not(unix))]
fn is_still_there(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use crate::files::{Lock, LockError};

    #[test]
    fn a_lock_is_held_once_says_by_whom_and_is_free_again_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.lock");
        let lock = Lock::take(&path).unwrap();
        let error = Lock::take(&path).unwrap_err();
        let LockError::Held { process, age, .. } = error else { panic!("{error}") };
        #[cfg(unix)]
        assert_eq!(process, Some(std::process::id()));
        // What is locked cannot be read on Windows, but in Wine.
        assert!(age.is_some() && process.is_none_or(|process| process == std::process::id()));
        drop(lock);
        assert!(!path.exists());
        // What a process that was killed has left does not lock.
        std::fs::write(&path, "Locked by Continuo, process 1\n").unwrap();
        drop(Lock::take(&path).unwrap());
    }

    #[test]
    fn a_file_that_is_no_lock_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("door.lock");
        std::fs::write(&path, "the code is 1234").unwrap();
        assert!(matches!(Lock::take(&path), Err(LockError::File { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"the code is 1234");
        assert!(matches!(Lock::take(folder.path()), Err(LockError::File { .. })));
    }
}
