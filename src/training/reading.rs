//! MIDI files read on all processors.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::errors::with_causes;
use crate::music::smf;
use crate::training::corpus::CorpusError;
use crate::training::dataset::encode;
use crate::training::duplicates::Likeness;
use crate::training::transposition::in_c;
use crate::training::windows::KeyedPiece;

/// Of what is made of a file. Any change in how notes are read, moved or sketched is a new version, so that no
/// cache of an older one is used.
pub(crate) const READER_VERSION: u32 = 1;

/// What became of a file.
pub(crate) struct FileRead {
    /// Its piece, or why there is none.
    pub(crate) piece: Result<EncodedPiece, String>,
    /// What had to be repaired.
    pub(crate) warnings: Vec<String>,
}

/// A piece ready to be written, and what it is like.
pub(crate) struct EncodedPiece {
    pub(crate) bytes: Vec<u8>,
    pub(crate) n_notes: u32,
    pub(crate) n_marks: u32,
    pub(crate) likeness: Likeness,
}

/// Does `work` for every number below `n`, on several threads, and returns what came of it in order.
pub(crate) fn in_parallel<T: Send>(n: usize, n_threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
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
pub(crate) fn read_file(path: &Path) -> FileRead {
    let (piece, warnings) = read_piece(path, 0);
    let encoded = piece.map(|piece| {
        let (bytes, n_notes, n_marks) = encode(&piece);
        EncodedPiece { bytes, n_notes, n_marks, likeness: Likeness::of(&piece.piece.notes) }
    });
    FileRead { piece: encoded, warnings }
}

/// The piece in a file, moved to C, or why there is none; and what had to be repaired.
pub(crate) fn read_piece(path: &Path, style: usize) -> (Result<KeyedPiece, String>, Vec<String>) {
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

/// Every MIDI file below a folder, in order of its path.
pub(crate) fn midi_files(folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let unreadable = |source| CorpusError::Folder { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // Links are followed, as is usual for folders of music.
        let is_folder =
            entry.file_type().is_ok_and(|kind| kind.is_dir() || kind.is_symlink() && path.is_dir());
        if is_folder {
            files.extend(midi_files(&path)?);
        } else if is_midi(&path) {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn is_midi(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    ["mid", "midi", "rmi", "kar", "smf"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
