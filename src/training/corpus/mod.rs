//! Folders of MIDI files as training data: read once, kept in a cache, split by piece.

mod error;
pub use error::{CorpusError, MIN_NOTES};

mod piece;
pub use piece::KeyedPiece;

mod folders;
pub use folders::StyleFolder;

mod transposition;
pub use transposition::in_c;

mod duplicates;

mod split;
pub use split::{Part, Report};

mod checksum;

mod dataset;

mod reading;

mod build;

use std::path::Path;
use std::sync::Arc;

use crate::training::corpus::build::{TRAIN, VALID, build_cached, build_held, key};
use crate::training::corpus::dataset::Dataset;
use crate::training::corpus::folders::{Listing, folder_name, list};
use crate::training::corpus::reading::{named, read_piece};
use crate::training::threads::Threads;

/// The pieces of all styles, in a cache file or in memory. Each is decoded on demand.
#[derive(Debug, Default)]
pub struct Corpus {
    /// Names of the styles, by style index.
    pub styles: Vec<String>,
    /// Names of the folders of each style.
    pub sources: Vec<Vec<String>>,
    /// What was found in the files.
    pub report: Report,
    /// Whether it was read from the cache.
    pub is_cached: bool,
    /// Exponent of a style's share of the training: its number of notes to this power. 1 keeps the proportions of the
    /// corpus, 0 gives every style the same share. The default of 0.5 trains on small styles often enough without
    /// neglecting large ones.
    pub balance: f64,
    /// How many times its share each style is heard, by style index; 1 where there is none.
    pub emphasis: Vec<f64>,
    dataset: Dataset,
    /// Indices of pieces.
    train: Vec<u32>,
    valid: Vec<u32>,
}

impl Corpus {
    /// Reads every MIDI file in the folders into memory.
    ///
    /// # Errors
    /// As [`Corpus::open`].
    pub fn read(folders: &[StyleFolder], threads: &Threads) -> Result<Self, CorpusError> {
        Self::open(folders, None, threads)
    }

    /// Reads every MIDI file in the folders, or the `cache` of an earlier call if no file has been added, removed or
    /// changed since. A bad file is named in the report and left out.
    ///
    /// Folders with the same name become one style. A folder without a part named `valid` has about a tenth of its
    /// pieces, chosen by file name, held out for validation; if all its pieces would be, none is. Of identical pieces one
    /// is kept, and no piece is trained on if one nearly the same is held out. A file is read once, however often it can
    /// be reached. If the cache cannot be written, all pieces are kept in memory.
    ///
    /// # Errors
    /// If one of the folders cannot be read or a style has no files, or there are fewer than [`MIN_NOTES`] notes in all.
    pub fn open(
        folders: &[StyleFolder],
        cache: Option<&Path>,
        threads: &Threads,
    ) -> Result<Self, CorpusError> {
        let mut corpus = Self { balance: 0.5, ..Self::default() };
        let styles: Vec<usize> = folders.iter().map(|folder| corpus.style_of(folder)).collect();
        let with_style = folders.iter().map(|folder| folder.path.as_path()).zip(styles.iter().copied());
        let Listing { files: listed, again, unreadable } = list(with_style)?;
        for (folder, style) in folders.iter().zip(&styles) {
            if !listed.iter().any(|file| file.style == *style) {
                let is_elsewhere = again.iter().any(|(path, _)| path.starts_with(&folder.path));
                return Err(CorpusError::NoFiles { path: folder.path.clone(), is_elsewhere });
            }
        }
        let key = key(&listed, &corpus.styles);
        let cached = cache.and_then(|cache| {
            let (dataset, report) = Dataset::open(cache, key)?;
            Some((dataset, serde_json::from_slice(&report).ok()?))
        });
        corpus.is_cached = cached.is_some();
        (corpus.dataset, corpus.report) = match (cached, cache) {
            (Some(cached), _) => cached,
            (None, Some(cache)) => build_cached(&listed, key, cache, threads).unwrap_or_else(|error| {
                let (dataset, mut report) = build_held(&listed, threads);
                report.cache_problem = Some(format!("{}: {error}", cache.display()));
                (dataset, report)
            }),
            (None, None) => build_held(&listed, threads),
        };
        let again = again
            .into_iter()
            .map(|(path, first)| (named(&path), format!("left out: the same as {}", first.display())));
        corpus.report.duplicates.extend(again);
        corpus.report.unreadable = unreadable.into_iter().map(|(path, why)| (named(&path), why)).collect();
        let of_part = |part: u32| {
            let pieces = corpus.dataset.pieces.iter().enumerate();
            pieces.filter(|(_, piece)| piece.part == part).map(|(idx, _)| idx as u32).collect::<Vec<_>>()
        };
        (corpus.train, corpus.valid) = (of_part(TRAIN), of_part(VALID));
        if corpus.train.is_empty() {
            // With so few files that all were held out, train on those, and hold none out.
            std::mem::swap(&mut corpus.train, &mut corpus.valid);
        }
        corpus.check()?;
        Ok(corpus)
    }

    fn check(&self) -> Result<(), CorpusError> {
        let n_notes = self.n_notes();
        if n_notes >= MIN_NOTES {
            return Ok(());
        }
        Err(CorpusError::TooFewNotes { n_notes, report: Box::new(self.report.clone()) })
    }

    /// The index of a folder's style.
    fn style_of(&mut self, folder: &StyleFolder) -> usize {
        let known = self.styles.iter().position(|name| *name == folder.name);
        let style = known.unwrap_or_else(|| {
            self.styles.push(folder.name.clone());
            self.sources.push(Vec::new());
            self.styles.len() - 1
        });
        let source = folder_name(&folder.path).filter(|name| !self.sources[style].contains(name));
        self.sources[style].extend(source);
        style
    }

    /// Renumbers the styles: `places` maps each style index to the new one, `styles` are all names by new index.
    pub fn restyle(&mut self, styles: Vec<String>, places: &[usize]) {
        let mut sources = vec![Vec::new(); styles.len()];
        for (source, place) in self.sources.drain(..).zip(places) {
            sources[*place] = source;
        }
        for piece in &mut self.dataset.pieces {
            piece.style = places[piece.style as usize] as u32;
        }
        (self.styles, self.sources) = (styles, sources);
    }

    fn indices(&self, part: Part) -> &[u32] {
        match part {
            Part::Train => &self.train,
            Part::Valid => &self.valid,
        }
    }

    /// The pieces of a part, in order, each decoded on demand.
    pub fn pieces(&self, part: Part) -> impl Iterator<Item = Arc<KeyedPiece>> {
        self.indices(part).iter().map(|idx| Arc::new(self.dataset.piece(*idx as usize)))
    }

    /// The pieces of a part in one style.
    pub fn pieces_in(&self, part: Part, style: usize) -> impl Iterator<Item = Arc<KeyedPiece>> {
        let is_asked = move |idx: &&u32| self.dataset.pieces[**idx as usize].style as usize == style;
        self.indices(part).iter().filter(is_asked).map(|idx| Arc::new(self.dataset.piece(*idx as usize)))
    }

    /// Decodes one piece of a part.
    #[must_use]
    pub fn piece(&self, part: Part, idx: usize) -> Arc<KeyedPiece> {
        Arc::new(self.dataset.piece(self.indices(part)[idx] as usize))
    }

    /// How many pieces a part has.
    #[must_use]
    pub fn n_pieces(&self, part: Part) -> usize {
        self.indices(part).len()
    }

    /// How many pieces of a part are in one style.
    #[must_use]
    pub fn n_pieces_in(&self, part: Part, style: usize) -> usize {
        self.indices(part)
            .iter()
            .filter(|idx| self.dataset.pieces[**idx as usize].style as usize == style)
            .count()
    }

    /// Equal for corpora with the same music in the same order.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{:016x}", self.dataset.checksum)
    }

    /// Notes to train on.
    #[must_use]
    pub fn n_notes(&self) -> usize {
        self.train.iter().map(|idx| self.dataset.pieces[*idx as usize].n_notes as usize).sum()
    }

    /// Notes to train on, by style.
    #[must_use]
    pub fn n_notes_by_style(&self) -> Vec<usize> {
        let mut n_notes = vec![0; self.styles.len()];
        for piece in self.train.iter().map(|idx| &self.dataset.pieces[*idx as usize]) {
            n_notes[piece.style as usize] += piece.n_notes as usize;
        }
        n_notes
    }

    /// Relative frequency of each training piece: by style according to [`Corpus::balance`] and [`Corpus::emphasis`], equal
    /// within a style.
    ///
    /// With a balance of 0.5, a style with a hundredth of another's notes gets a tenth of its share of the training, so
    /// each of its pieces is trained on ten times as often.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        let n_notes = self.n_notes_by_style();
        let style = |idx: &u32| self.dataset.pieces[*idx as usize].style as usize;
        let weight = |style: usize| {
            let emphasis = self.emphasis.get(style).copied().unwrap_or(1.0);
            emphasis * (n_notes[style] as f64).powf(self.balance - 1.0)
        };
        self.train.iter().map(|idx| weight(style(idx))).collect()
    }
}

/// The pieces of a folder, sorted by path, and the files and folders that could not be read, with the reasons.
pub type FolderRead = (Vec<Arc<KeyedPiece>>, Vec<(String, String)>);

/// Reads every piece in a folder as pieces of `style`.
///
/// # Errors
/// If the folder cannot be read.
pub fn read_folder(folder: &Path, style: usize, threads: &Threads) -> Result<FolderRead, CorpusError> {
    let listing = list(std::iter::once((folder, style)))?;
    let read = threads.map(&listing.files, |file| (named(&file.path), read_piece(&file.path, style).0));
    let mut problems: Vec<(String, String)> =
        listing.unreadable.iter().map(|(path, why)| (named(path), why.clone())).collect();
    let mut pieces = Vec::new();
    for (path, piece) in read {
        match piece {
            Ok((piece, _)) => pieces.push(Arc::new(piece)),
            Err(reason) => problems.push((path, reason)),
        }
    }
    Ok((pieces, problems))
}

#[cfg(test)]
mod tests;
