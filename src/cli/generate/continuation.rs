//! A MIDI file that is to be continued.

use std::path::Path;

use anyhow::{Context, anyhow};

use crate::composer::Opening;
use crate::music::{Piece, smf};

/// A piece to continue.
#[derive(Debug)]
pub(super) struct Continuation {
    /// The whole piece.
    pub(super) piece: Piece,
    /// Its last bars, as context for the network.
    pub(super) opening: Opening,
}

impl Continuation {
    /// Reads the file at `path`.
    pub(super) fn load(path: &Path) -> anyhow::Result<Self> {
        let smf = smf::load(path).with_context(|| format!("cannot continue {}", path.display()))?;
        for warning in &smf.warnings {
            eprintln!("{}: {warning}", path.display());
        }
        let piece = smf.to_piece();
        let opening = Opening::of(&piece)
            .ok_or_else(|| anyhow!("cannot continue {}: it holds no notes", path.display()))?;
        Ok(Self { piece, opening })
    }
}
