//! The pieces to measure on.

use std::ffi::OsStr;
use std::sync::Arc;

use anyhow::{Result, bail};

use crate::model::Model;
use crate::training::corpus::{Corpus, KeyedPiece, Part, StyleFolder, read_folder};
use crate::training::threads::Threads;

/// Parses a folder argument and finds the style of the model with its name, or trained on a folder of its name.
pub(in crate::cli) fn with_style(model: &Model, folder: &OsStr) -> Result<(StyleFolder, usize)> {
    let folder = StyleFolder::parse(folder);
    match model.card().style_named(&folder.name) {
        Some(style) => Ok((folder, style)),
        None => bail!(
            "expected a style of the model ({}) or a folder that it was trained on, found {}",
            model.card().styles.join(", "),
            folder.name
        ),
    }
}

/// Most files to name that could not be read.
const MAX_NAMED: usize = 10;

/// The pieces of one style.
pub(in crate::cli) struct Material {
    pub(in crate::cli) style: usize,
    /// All pieces, as `train` reads them; unless a folder is without the parts.
    pub(in crate::cli) corpus: Option<Corpus>,
    /// Its pieces to train on, also for the baselines.
    pub(in crate::cli) train: Vec<Arc<KeyedPiece>>,
    pub(in crate::cli) measured: Vec<Arc<KeyedPiece>>,
}

impl Material {
    pub(in crate::cli) fn read(
        folders: &[StyleFolder],
        style: usize,
        part: &str,
        threads: &Threads,
    ) -> Result<Self> {
        let mut measured = Vec::new();
        for folder in folders {
            let part = folder.path.join(part);
            let n_before = measured.len();
            let (pieces, problems) =
                read_folder(if part.is_dir() { &part } else { &folder.path }, style, threads)?;
            for (path, reason) in problems.iter().take(MAX_NAMED) {
                eprintln!("left out {path}: {reason}");
            }
            if problems.len() > MAX_NAMED {
                eprintln!("and {} more", problems.len() - MAX_NAMED);
            }
            measured.extend(pieces);
            if measured.len() == n_before {
                bail!("no notes to measure in {}", folder.path.display());
            }
        }
        let is_split =
            |folder: &StyleFolder| folder.path.join(part).is_dir() && folder.path.join("train").is_dir();
        // Read as `train` does, without pieces that are nearly the same as a held-out one.
        let corpus = folders.iter().all(is_split).then(|| Corpus::read(folders, threads)).transpose()?;
        let train = corpus.as_ref().map(|corpus| corpus.pieces(Part::Train).collect()).unwrap_or_default();
        Ok(Self { style, corpus, train, measured })
    }

    /// The pieces that something may be learned from: those to train on, or all where there is no such part.
    pub(in crate::cli) fn learned(&self) -> &[Arc<KeyedPiece>] {
        if self.train.is_empty() { &self.measured } else { &self.train }
    }
}
