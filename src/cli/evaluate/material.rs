//! The pieces to measure on.

use std::ffi::OsStr;
use std::sync::Arc;

use anyhow::{Result, bail};

use crate::model::Model;
use crate::training::corpus::{Corpus, CorpusError, KeyedPiece, Part, StyleFolder, read_folder};
use crate::training::threads::Threads;

/// Parses a folder argument and finds the style of the model with its name, or trained on a folder of its name.
pub(in crate::cli) fn with_style(model: &Model, folder: &OsStr) -> Result<(StyleFolder, usize)> {
    let folder = StyleFolder::parse(folder);
    match model.card().style_named(&folder.name) {
        // Folders of different names may be of one style.
        Some(style) => Ok((StyleFolder { name: model.card().styles[style].clone(), ..folder }, style)),
        None => bail!(
            "expected a style of the model ({}) or a folder that it was trained on, found {}",
            model.card().styles.join(", "),
            folder.name
        ),
    }
}

/// Most files to name that could not be read.
const MAX_NAMED: usize = 10;
/// The part of a folder that is held out in training.
const HELD_OUT: &str = "valid";
/// The parts that a folder may have.
const PARTS: [&str; 3] = ["train", HELD_OUT, "test"];
/// A model has learned a folder of which it knows this share of the passages. Other music of a style shares a fifth or so.
const LEARNED: f64 = 0.9;

/// The pieces of one style.
pub(in crate::cli) struct Material {
    pub(in crate::cli) style: usize,
    /// All pieces, as `train` reads them; `None` if they are too few to train on.
    pub(in crate::cli) corpus: Option<Corpus>,
    /// Its pieces to train on, also for the baselines; none where it is not known what was held out.
    pub(in crate::cli) train: Vec<Arc<KeyedPiece>>,
    pub(in crate::cli) measured: Vec<Arc<KeyedPiece>>,
}

impl Material {
    /// The pieces of this part of each folder. A folder without parts is measured whole, unless the model has learned it: then
    /// those pieces are that `train` held out, or all if it held out none. Which is said on standard error.
    ///
    /// # Errors
    /// If a folder cannot be read or has other parts only, or if there are no notes to measure.
    pub(in crate::cli) fn read(
        model: &Model,
        folders: &[StyleFolder],
        style: usize,
        part: &str,
        threads: &Threads,
    ) -> Result<Self> {
        let is_whole = |folder: &StyleFolder| !PARTS.iter().any(|part| folder.path.join(part).is_dir());
        let has_whole = folders.iter().any(is_whole);
        let has_part = |folder: &StyleFolder| folder.path.join(part).is_dir();
        if let Some(folder) = folders.iter().find(|folder| !is_whole(folder) && !has_part(folder)) {
            bail!("{} has no part named {part}", folder.path.display());
        }
        // Read as `train` does, without pieces that are nearly the same as a held-out one.
        let mut corpus = match Corpus::read(folders, threads) {
            Ok(corpus) => Some(corpus),
            Err(CorpusError::TooFewNotes { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        if let Some(corpus) = &mut corpus {
            corpus.restyle(model.card().styles.clone(), &[style]);
        }
        let of_part = |part| corpus.iter().flat_map(|corpus| corpus.pieces(part)).collect::<Vec<_>>();
        let [train, held_out] = [Part::Train, Part::Valid].map(of_part);
        if has_whole && knows(model, &train) {
            let name = &model.card().styles[style];
            if part != HELD_OUT {
                bail!("{name} has no part named {part}");
            }
            if held_out.is_empty() {
                eprintln!("{name}: nothing was held out, so what was learned is measured");
                return Ok(Self { style, corpus, train: Vec::new(), measured: train });
            }
            let n_pieces = train.len() + held_out.len();
            eprintln!("{name}: {} of {n_pieces} pieces are measured, which were held out", held_out.len());
            return Ok(Self { style, corpus, train, measured: held_out });
        }
        let mut measured = Vec::new();
        for folder in folders {
            let path = if is_whole(folder) { folder.path.clone() } else { folder.path.join(part) };
            let (pieces, problems) = read_folder(&path, style, threads)?;
            for (path, reason) in problems.iter().take(MAX_NAMED) {
                eprintln!("left out {path}: {reason}");
            }
            if problems.len() > MAX_NAMED {
                eprintln!("and {} more", problems.len() - MAX_NAMED);
            }
            if pieces.is_empty() {
                bail!("no notes to measure in {}", path.display());
            }
            measured.extend(pieces);
        }
        let train = if has_whole || held_out.is_empty() { Vec::new() } else { train };
        Ok(Self { style, corpus, train, measured })
    }

    /// The pieces that something may be learned from: those to train on, or all where there is no such part.
    pub(in crate::cli) fn learned(&self) -> &[Arc<KeyedPiece>] {
        if self.train.is_empty() { &self.measured } else { &self.train }
    }
}

/// Whether a model has learned these pieces.
fn knows(model: &Model, pieces: &[Arc<KeyedPiece>]) -> bool {
    let Some(passages) = model.passages() else { return false };
    let shares: Vec<f64> =
        pieces.iter().filter_map(|piece| passages.share_known(&piece.piece.notes)).collect();
    !shares.is_empty() && shares.iter().sum::<f64>() >= LEARNED * shares.len() as f64
}
