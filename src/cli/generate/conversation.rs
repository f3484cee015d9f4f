//! `generate` in conversation: a MIDI file stands for somebody who plays.

use std::path::PathBuf;

use anyhow::{Context, ensure};

use crate::cli::values;
use crate::composer::{Edit, Take};
use crate::music::{Family, Meter, Note, Piece, Tick, smf};
use crate::player::{ComposingKnobs, Conversation};

/// Who plays along, and what is done with single bars afterwards.
#[derive(Debug, clap::Args)]
pub(super) struct ConversationArgs {
    /// Play this MIDI file in from the first bar on, and answer it
    #[arg(long, value_name = "FILE.mid")]
    played: Option<PathBuf>,
    /// What to do with what is played in: continue, trade or accompany
    #[arg(long, value_parser = values::conversation, default_value = "continue", requires = "played")]
    conversation: Conversation,
    /// How many bars each side has when trading, 1 to 16
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=16),
          default_value_t = ComposingKnobs::default().trade)]
    trade: u8,
    /// The instrument that is played in
    #[arg(long, value_parser = values::family, default_value = "piano")]
    instrument: Family,
    /// Keep these bars, counted from 1: when the phrase comes round, they come back
    #[arg(long, value_name = "BARS", value_delimiter = ',')]
    keep: Vec<usize>,
    /// Compose these bars once more, counted from 1; a bar named twice is composed twice more
    #[arg(long, value_name = "BARS", value_delimiter = ',')]
    roll: Vec<usize>,
    /// Other rhythms for the pitches of these bars
    #[arg(long, value_name = "BARS", value_delimiter = ',')]
    roll_rhythm: Vec<usize>,
    /// Other pitches in the rhythm of these bars
    #[arg(long, value_name = "BARS", value_delimiter = ',')]
    roll_pitches: Vec<usize>,
    /// Silence these bars
    #[arg(long, value_name = "BARS", value_delimiter = ',')]
    clear: Vec<usize>,
}

impl ConversationArgs {
    /// The file that is played in.
    pub(super) fn played(&self) -> anyhow::Result<Option<Piece>> {
        let Some(path) = &self.played else { return Ok(None) };
        let smf = smf::load(path).with_context(|| format!("cannot play {}", path.display()))?;
        let piece = smf.to_piece();
        ensure!(!piece.notes.is_empty(), "cannot play {}: it holds no notes", path.display());
        Ok(Some(piece))
    }

    /// The knobs with those of the conversation.
    pub(super) fn knobs(&self, knobs: ComposingKnobs) -> ComposingKnobs {
        let Self { trade, instrument, .. } = *self;
        let conversation = if self.played.is_some() { self.conversation } else { Conversation::Generate };
        ComposingKnobs { conversation, trade, instrument, ..knobs }
    }

    /// What is done to single bars, by their indices.
    pub(super) fn edits(&self) -> anyhow::Result<Vec<(usize, Edit)>> {
        let lists = [
            (&self.keep, Edit::Keep),
            (&self.roll, Edit::ReRoll),
            (&self.roll_rhythm, Edit::ReRollRhythm),
            (&self.roll_pitches, Edit::ReRollPitches),
            (&self.clear, Edit::Clear),
        ];
        let edits: Vec<_> =
            lists.iter().flat_map(|(bars, edit)| bars.iter().map(move |bar| (*bar, *edit))).collect();
        ensure!(edits.iter().all(|(bar, _)| *bar > 0), "expected bars counted from 1, found bar 0");
        Ok(edits.into_iter().map(|(bar, edit)| (bar - 1, edit)).collect())
    }
}

/// A take that somebody has played to.
pub(super) fn played_to(mut take: Take, played: Option<&Piece>) -> Take {
    if let Some(piece) = played {
        take.play_in(&piece.notes);
    }
    take
}

/// The bars that are played in, and sixteen more.
pub(super) fn n_bars(played: &[Note], meter: Meter) -> u32 {
    let end = played.iter().map(|note| note.onset + Tick(1)).max().unwrap_or(Tick::ZERO);
    let length = meter.bar_length().0;
    ((end.0.max(0) + length - 1) / length + 16) as u32
}

/// The meter of the file's first bar.
pub(super) fn first_meter(piece: &Piece) -> Option<Meter> {
    piece.meters.first().map(|(_, meter)| *meter)
}
