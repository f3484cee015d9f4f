//! Why a file is no Standard MIDI File.

use std::path::PathBuf;

/// Files larger than this many bytes are refused before they are read.
pub(super) const MAX_FILE_SIZE: u64 = 64 << 20;

/// Why a file could not be read as a Standard MIDI File.
#[derive(Debug, thiserror::Error)]
pub enum SmfError {
    /// The file could not be opened or read.
    #[error("could not read the MIDI file {path}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is too large to be music.
    #[error("expected a MIDI file of at most {MAX_FILE_SIZE} bytes, found more in {path}")]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// There is no header: the file is something else.
    #[error("at byte 0: expected the MThd header of a Standard MIDI File, found {found}")]
    NotMidi {
        /// What the file seems to be.
        found: String,
    },
    /// The file ends inside its header.
    #[error("at byte {offset}: expected an MThd header of 14 bytes, found the end of the file after {found}")]
    TruncatedHeader {
        /// Where the header begins.
        offset: usize,
        /// How many of its bytes there are.
        found: usize,
    },
    /// The header announces tracks, but there are none.
    #[error("at byte {offset}: expected {expected} tracks, found none")]
    NoTracks {
        /// Where the first should begin.
        offset: usize,
        /// How many the header announces.
        expected: u16,
    },
    /// Several files have been joined into one.
    #[error("at byte {offset}: expected one Standard MIDI File, found the header of a second one")]
    SecondFile {
        /// Where the second one begins.
        offset: usize,
    },
}
