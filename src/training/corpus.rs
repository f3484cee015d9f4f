//! A folder of MIDI files as training data: read, moved to one tonic, split by piece.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::music::{Note, Piece, Tick, smf};
use crate::training::windows::KeyedPiece;

/// Fewer notes than this in all are no style to learn.
pub const MIN_NOTES: usize = 20;

/// A style: a name and the folder it is learned from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StyleFolder {
    /// What the style knob shows.
    pub name: String,
    /// MIDI files lie anywhere below it; folders named `train`, `valid` and `test` in it are kept apart.
    pub path: PathBuf,
}

impl StyleFolder {
    /// Reads `NAME=FOLDER`, or a folder that gives the style its name.
    #[must_use]
    pub fn parse(argument: &str) -> Self {
        if let Some((name, path)) = argument.split_once('=') {
            return Self { name: name.to_owned(), path: path.into() };
        }
        let path = PathBuf::from(argument);
        let name = folder_name(&path).unwrap_or_else(|| argument.to_owned());
        Self { name: name.replace('_', " "), path }
    }
}

/// A folder's own name, also where its path ends in `.` or `..`.
fn folder_name(path: &Path) -> Option<String> {
    let whole = std::path::absolute(path).ok()?;
    let whole = if path.file_name().is_none() { whole.canonicalize().ok()? } else { whole };
    Some(whole.file_name()?.to_string_lossy().into_owned())
}

/// What pieces are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// To learn from.
    Train,
    /// To choose on; never trained on.
    Valid,
}

/// All pieces of all styles.
#[derive(Debug, Default)]
pub struct Corpus {
    /// In the order of the style indices.
    pub styles: Vec<String>,
    /// The names of the folders of each style.
    pub sources: Vec<Vec<String>>,
    train: Vec<Arc<KeyedPiece>>,
    valid: Vec<Arc<KeyedPiece>>,
    /// Files that could not be used, and why.
    pub refused: Vec<(PathBuf, String)>,
    /// Files read.
    pub n_files: usize,
}

/// Why there is nothing to train on.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A folder could not be listed.
    #[error("could not read the folder {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Too little music.
    #[error(
        "expected at least {MIN_NOTES} notes to train on, found {n_notes} in {n_files} MIDI files ({n_refused} of them unusable)"
    )]
    TooFewNotes {
        /// Notes in all.
        n_notes: usize,
        /// Files found.
        n_files: usize,
        /// Files that could not be used.
        n_refused: usize,
    },
}

impl Corpus {
    /// Reads every MIDI file below the folders. One bad file never stops a corpus: it is named in `refused`.
    ///
    /// Folders of one name become one style. A folder without a part named `valid` gives every tenth piece,
    /// chosen by its name, to validation.
    ///
    /// # Errors
    /// If a folder cannot be listed, or there are fewer than [`MIN_NOTES`] notes in all.
    pub fn read(folders: &[StyleFolder]) -> Result<Self, CorpusError> {
        let mut corpus = Self::default();
        for folder in folders {
            let style = corpus.style_of(folder);
            let files = midi_files(&folder.path)?;
            corpus.n_files += files.len();
            let is_split = files.iter().any(|file| part_of(file, &folder.path) == Some("valid"));
            for file in files {
                let is_valid = match part_of(&file, &folder.path) {
                    Some("test") => continue,
                    Some("valid") => true,
                    _ => !is_split && is_held_out(&file),
                };
                match read_piece(&file, style) {
                    Ok(piece) if is_valid => corpus.valid.push(Arc::new(piece)),
                    Ok(piece) => corpus.train.push(Arc::new(piece)),
                    Err(reason) => corpus.refused.push((file, reason)),
                }
            }
        }
        if corpus.train.is_empty() {
            // So few files that all were held out: better to learn from them than from nothing.
            corpus.train.clone_from(&corpus.valid);
        }
        let n_notes = corpus.n_notes();
        if n_notes < MIN_NOTES {
            return Err(CorpusError::TooFewNotes {
                n_notes,
                n_files: corpus.n_files,
                n_refused: corpus.refused.len(),
            });
        }
        Ok(corpus)
    }

    /// The index of a folder's style.
    fn style_of(&mut self, folder: &StyleFolder) -> usize {
        let known = self.styles.iter().position(|name| *name == folder.name);
        let style = known.unwrap_or_else(|| {
            self.styles.push(folder.name.clone());
            self.sources.push(Vec::new());
            self.styles.len() - 1
        });
        self.sources[style].extend(folder_name(&folder.path));
        style
    }

    /// The pieces of a part, in order.
    pub fn pieces(&self, part: Part) -> impl Iterator<Item = Arc<KeyedPiece>> {
        match part {
            Part::Train => self.train.iter().cloned(),
            Part::Valid => self.valid.iter().cloned(),
        }
    }

    /// One piece of a part.
    #[must_use]
    pub fn piece(&self, part: Part, idx: usize) -> Arc<KeyedPiece> {
        Arc::clone(match part {
            Part::Train => &self.train[idx],
            Part::Valid => &self.valid[idx],
        })
    }

    /// How many pieces a part has.
    #[must_use]
    pub fn n_pieces(&self, part: Part) -> usize {
        match part {
            Part::Train => self.train.len(),
            Part::Valid => self.valid.len(),
        }
    }

    /// Tells whether two corpora hold the same music in the same order.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hasher = Sha256::new();
        for (part, piece) in [&self.train, &self.valid].into_iter().enumerate().flat_map(|(part, pieces)| pieces.iter().map(move |p| (part, p))) {
            hasher.update([part as u8, piece.style as u8]);
            for note in &piece.piece.notes {
                hasher.update(note.onset.0.to_le_bytes());
                hasher.update(note.duration.0.to_le_bytes());
                hasher.update([note.pitch, note.velocity, note.family.index() as u8]);
            }
        }
        format!("{:x}", hasher.finalize())
    }

    /// Notes to train on.
    #[must_use]
    pub fn n_notes(&self) -> usize {
        self.train.iter().map(|piece| piece.piece.notes.len()).sum()
    }

    /// How often each training piece is drawn: styles in proportion to the square root of their size, so
    /// that a small one is heard without a large one being forgotten; pieces of a style alike.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        let mut n_notes = vec![0.0_f64; self.styles.len()];
        for piece in &self.train {
            n_notes[piece.style] += piece.piece.notes.len() as f64;
        }
        self.train.iter().map(|piece| 1.0 / n_notes[piece.style].sqrt()).collect()
    }
}

/// Every piece below a folder, all told to be in `style`, in order of their paths; what cannot be read is left out.
///
/// # Errors
/// If the folder cannot be listed.
pub fn read_folder(folder: &Path, style: usize) -> Result<Vec<Arc<KeyedPiece>>, CorpusError> {
    let files = midi_files(folder)?;
    Ok(files.iter().filter_map(|file| read_piece(file, style).ok()).map(Arc::new).collect())
}

/// Every MIDI file below a folder, in order of its path.
fn midi_files(folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let unreadable = |source| CorpusError::Folder { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            files.extend(midi_files(&path)?);
        } else if is_midi(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn is_midi(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    ["mid", "midi", "rmi", "kar", "smf"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The first folder below the style's.
fn part_of<'a>(file: &'a Path, folder: &Path) -> Option<&'a str> {
    file.strip_prefix(folder).ok()?.components().next()?.as_os_str().to_str()
}

/// One piece in ten, told by its name so that it stays the same from run to run (FNV-1a).
fn is_held_out(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().as_encoded_bytes();
    let hash = name.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 32).is_multiple_of(10)
}

fn read_piece(file: &Path, style: usize) -> Result<KeyedPiece, String> {
    let piece = smf::load(file).map_err(|error| error.to_string())?.to_piece();
    if piece.notes.is_empty() {
        return Err("it holds no notes".into());
    }
    Ok(in_c(piece, style))
}

/// Moves each section of a piece to a tonic of C; drums stay.
#[must_use]
pub fn in_c(mut piece: Piece, style: usize) -> KeyedPiece {
    let sections = piece.sections_by_key();
    for note in &mut piece.notes {
        let section = sections.partition_point(|section| section.start <= note.onset).saturating_sub(1);
        let key = sections.get(section).map(|section| section.key).unwrap_or_default();
        if !note.family.is_drums() {
            note.pitch = transposed(note.pitch, -key.transposition());
        }
    }
    piece.notes.sort();
    remove_echoes(&mut piece.notes);
    // Silence before the first bar with a note is nothing to learn.
    let (first_bar, _) = piece.bar_at(piece.notes.first().map_or(Tick::ZERO, |note| note.onset));
    let has_changed = piece.meters.iter().any(|(at, _)| *at > Tick::ZERO && *at <= first_bar);
    let begin = if has_changed { Tick::ZERO } else { first_bar };
    let modes = sections.iter().map(|section| (section.start - begin, section.key.mode)).collect();
    KeyedPiece { style, modes, piece: begun_at(&piece, begin) }
}

/// A pitch moved by some semitones, by an octave less where it would leave the keyboard.
fn transposed(pitch: u8, semitones: i8) -> u8 {
    let moved = i16::from(pitch) + i16::from(semitones);
    let back = if moved < 0 { 12 } else if moved > 127 { -12 } else { 0 };
    (moved + back) as u8
}

/// Two notes that fall on one key by transposition are one.
fn remove_echoes(notes: &mut Vec<Note>) {
    notes.dedup_by_key(|note| (note.onset, note.pitch, note.family));
}

/// The piece counted from `start`.
fn begun_at(piece: &Piece, start: Tick) -> Piece {
    let moved = |at: Tick| (at - start).max(Tick::ZERO);
    Piece {
        notes: piece.notes.iter().map(|note| Note { onset: note.onset - start, ..*note }).collect(),
        meters: piece.meters.iter().map(|(at, meter)| (moved(*at), *meter)).collect(),
        keys: piece.keys.iter().map(|(at, key)| (moved(*at), *key)).collect(),
        tempos: piece.tempos.iter().map(|(at, tempo)| (moved(*at), *tempo)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::training::corpus::{Corpus, Part, StyleFolder};

    #[test]
    fn folders_of_one_name_become_one_style_that_remembers_them() {
        let odd = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/odd-midi");
        let folder = tempfile::tempdir().unwrap();
        for (name, file) in [("one", "330_synthetic__running_status.mid"), ("two", "328_synthetic__rmid.mid")] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::copy(odd.join(file), folder.path().join(name).join(file)).unwrap();
        }
        let named = |name: &str, path: &Path| StyleFolder { name: name.into(), path: path.into() };
        let folders = [
            named("Odd", &folder.path().join("one")),
            named("All odd", &odd),
            named("Odd", &folder.path().join("two")),
        ];
        let corpus = Corpus::read(&folders).unwrap();
        assert_eq!(corpus.styles, ["Odd", "All odd"]);
        assert_eq!(corpus.sources, [vec!["one", "two"], vec!["odd-midi"]]);
        let n_odd = [Part::Train, Part::Valid].map(|part| corpus.pieces(part).filter(|p| p.style == 0).count());
        assert_eq!(n_odd[0] + n_odd[1], 2);
    }
}
