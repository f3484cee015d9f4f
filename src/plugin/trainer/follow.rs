//! Follows the file that the trainer's output goes into: only what is new in it is read.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use crate::files;
use crate::plugin::trainer::seen::Seen;

/// Of a file that grows by more than this at a time, the rest is read the next time.
const MAX_BYTES: u64 = 4 << 20;

/// How far a file was read, and what was in it.
#[derive(Debug, Default)]
pub(super) struct Follower {
    n_read: u64,
    /// The beginning of a line whose end is not written yet.
    rest: Vec<u8>,
    seen: Arc<Seen>,
}

impl Follower {
    /// Reads what is new in the file, and returns all that the run has reported.
    pub(super) fn follow(&mut self, path: &Path) -> Arc<Seen> {
        // What cannot be read now is read the next time.
        if let Ok(bytes) = self.read_on(path)
            && !bytes.is_empty()
        {
            self.rest.extend(bytes);
            let seen = Arc::make_mut(&mut self.seen);
            let n_whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            for line in self.rest.drain(..n_whole).collect::<Vec<u8>>().split(|byte| *byte == b'\n') {
                seen.take_in(&String::from_utf8_lossy(line));
            }
        }
        Arc::clone(&self.seen)
    }

    fn read_on(&mut self, path: &Path) -> std::io::Result<Vec<u8>> {
        let mut file = files::open(path)?;
        if file.metadata()?.len() < self.n_read {
            *self = Self::default();
        }
        file.seek(SeekFrom::Start(self.n_read))?;
        let mut bytes = Vec::new();
        self.n_read += file.take(MAX_BYTES).read_to_end(&mut bytes)? as u64;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use crate::plugin::trainer::follow::Follower;

    #[test]
    fn a_line_is_taken_in_once_it_is_whole_and_only_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Tango.training.txt");
        let mut follower = Follower::default();
        assert_eq!(follower.follow(&path).error, None, "no file yet");
        let mut file = std::fs::File::create(&path).unwrap();
        let mut print = |text: &str| file.write_all(text.as_bytes()).unwrap();
        print("{\"event\":\"sto");
        assert!(!follower.follow(&path).is_stopped);
        print("pped\"}\n{\"event\":\"error\",\"message\":\"no ");
        assert!(follower.follow(&path).is_stopped);
        print("music\"}\n");
        assert_eq!(follower.follow(&path).error.as_deref(), Some("no music"));
        std::fs::write(&path, "").unwrap();
        follower.follow(&path);
        assert!(!follower.follow(&path).is_stopped, "another file");
    }
}
