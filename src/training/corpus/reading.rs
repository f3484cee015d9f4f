//! MIDI files read on all processors.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::errors::with_causes;
use crate::music::smf;
use crate::training::corpus::dataset::encode;
use crate::training::corpus::duplicates::Likeness;
use crate::training::corpus::piece::KeyedPiece;
use crate::training::corpus::transposition::in_c;

/// Of what is made of a file. Any change in how notes are read, moved or sketched is a new version, so that no
/// cache of an older one is used.
pub(super) const READER_VERSION: u32 = 1;

/// What became of a file.
pub(super) struct FileRead {
    /// Its piece, or why there is none.
    pub(super) piece: Result<EncodedPiece, String>,
    /// What had to be repaired.
    pub(super) warnings: Vec<String>,
}

/// A piece ready to be written, and what it is like.
pub(super) struct EncodedPiece {
    pub(super) bytes: Vec<u8>,
    pub(super) n_notes: u32,
    pub(super) n_marks: u32,
    pub(super) likeness: Likeness,
}

/// Does `work` for every number below `n`, on several threads, and returns what came of it in order.
pub(super) fn in_parallel<T: Send>(n: usize, n_threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let idx = next.fetch_add(1, Ordering::Relaxed);
            if idx >= n {
                return done;
            }
            done.push((idx, work(idx)));
        }
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads.clamp(1, n.max(1))).map(|_| scope.spawn(take)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    done.sort_unstable_by_key(|(idx, _)| *idx);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Reads a file and encodes its piece.
pub(super) fn read_file(path: &Path) -> FileRead {
    let (piece, warnings) = read_piece(path, 0);
    let encoded = piece.map(|piece| {
        let (bytes, n_notes, n_marks) = encode(&piece);
        EncodedPiece { bytes, n_notes, n_marks, likeness: Likeness::of(&piece.piece.notes) }
    });
    FileRead { piece: encoded, warnings }
}

/// The piece in a file, moved to C, or why there is none; and what had to be repaired.
pub(super) fn read_piece(path: &Path, style: usize) -> (Result<KeyedPiece, String>, Vec<String>) {
    let smf = match smf::load(path) {
        Ok(smf) => smf,
        Err(error) => return (Err(with_causes(&error)), Vec::new()),
    };
    let warnings = smf.warnings.iter().map(ToString::to_string).collect();
    let piece = smf.to_piece();
    if piece.notes.is_empty() {
        return (Err("it holds no notes".into()), warnings);
    }
    (Ok(in_c(piece, style)), warnings)
}
