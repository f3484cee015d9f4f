//! `generate` in conversation, with a MIDI file as the player's input; and edits of single bars.

use std::path::PathBuf;

use anyhow::{Context, ensure};

use crate::cli::generate::bars::MAX_BARS;
use crate::cli::values::{self, within};
use crate::composer::{Edit, Take};
use crate::music::{Family, Meter, Note, Piece, Tick, smf};
use crate::player::{ComposingKnobs, Conversation};

/// Options of a conversation and of edits.
#[derive(Debug, clap::Args)]
pub(super) struct ConversationArgs {
    /// Use this MIDI file as input from the first bar on, and respond to it
    #[arg(long, value_name = "FILE.mid")]
    pub(super) played: Option<PathBuf>,
    /// How to respond to the input: continue, trade or accompany
    #[arg(long, value_parser = values::conversation, default_value = "continue", requires = "played")]
    conversation: Conversation,
    /// Bars of each turn when trading, 1 to 16
    #[arg(long, value_parser = within(1_u8..=16), requires = "played",
          default_value_t = ComposingKnobs::default().trade)]
    trade: u8,
    /// The instrument of the input
    #[arg(long, value_parser = values::family, default_value = "piano", requires = "played")]
    instrument: Family,
    /// Keep these bars, counted from 1: they come back when the phrase repeats
    #[arg(long, value_name = "BARS", value_delimiter = ',', value_parser = within(1..=MAX_BARS))]
    keep: Vec<usize>,
    /// Compose these bars again, counted from 1; a bar named twice is composed again twice
    #[arg(long, value_name = "BARS", value_delimiter = ',', value_parser = within(1..=MAX_BARS))]
    roll: Vec<usize>,
    /// Compose new rhythms for the pitches of these bars
    #[arg(long, value_name = "BARS", value_delimiter = ',', value_parser = within(1..=MAX_BARS))]
    roll_rhythm: Vec<usize>,
    /// Compose new pitches in the rhythm of these bars
    #[arg(long, value_name = "BARS", value_delimiter = ',', value_parser = within(1..=MAX_BARS))]
    roll_pitches: Vec<usize>,
    /// Silence these bars
    #[arg(long, value_name = "BARS", value_delimiter = ',', value_parser = within(1..=MAX_BARS))]
    clear: Vec<usize>,
}

impl ConversationArgs {
    /// Refuses turns without trading.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let takes_turns = self.conversation == Conversation::Trade;
        ensure!(
            takes_turns || self.trade == ComposingKnobs::default().trade,
            "--trade has no effect without --conversation trade"
        );
        Ok(())
    }

    /// Loads the input file.
    pub(super) fn played(&self) -> anyhow::Result<Option<Piece>> {
        let Some(path) = &self.played else { return Ok(None) };
        let smf = smf::load(path).with_context(|| format!("cannot play {}", path.display()))?;
        let piece = smf.to_piece();
        ensure!(!piece.notes.is_empty(), "cannot play {}: it holds no notes", path.display());
        Ok(Some(piece))
    }

    /// Sets the knobs of the conversation.
    pub(super) fn knobs(&self, knobs: ComposingKnobs) -> ComposingKnobs {
        let Self { trade, instrument, .. } = *self;
        let conversation = if self.played.is_some() { self.conversation } else { Conversation::Generate };
        ComposingKnobs { conversation, trade, instrument, ..knobs }
    }

    /// The edits of single bars, by bar index.
    pub(super) fn edits(&self) -> Vec<(usize, Edit)> {
        let lists = [
            (&self.keep, Edit::Keep),
            (&self.roll, Edit::ReRoll),
            (&self.roll_rhythm, Edit::ReRollRhythm),
            (&self.roll_pitches, Edit::ReRollPitches),
            (&self.clear, Edit::Clear),
        ];
        lists.iter().flat_map(|(bars, edit)| bars.iter().map(move |bar| (*bar - 1, *edit))).collect()
    }
}

/// Adds the input to a take.
pub(super) fn played_to(mut take: Take, played: Option<&Piece>) -> Take {
    if let Some(piece) = played {
        take.play_in(&piece.notes);
    }
    take
}

/// Number of bars of the input, plus sixteen.
pub(super) fn n_bars(played: &[Note], meter: Meter) -> u32 {
    let end = played.iter().map(|note| note.onset + Tick(1)).max().unwrap_or(Tick::ZERO);
    let length = meter.bar_length().0;
    ((end.0.max(0) + length - 1) / length + 16) as u32
}
