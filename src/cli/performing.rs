//! The performing knobs of `generate`: how what was composed is played into the file.

use std::sync::Arc;

use anyhow::{Result, ensure};

use crate::cli::knobs::PerformingOptions;
use crate::cli::values;
use crate::music::{Bar, Meter, Note, PerformedNote, Piece, Tick, Voices, smf};
use crate::player::{ComposingKnobs, Part, PerformingKnobs, render};
use crate::presets::Preset;

/// The plugin's performing knobs. With none of them given, notes are written as they were composed, with their feel.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Performing")]
pub(super) struct PerformingArgs {
    #[command(flatten)]
    knobs: PerformingOptions,
    /// Leave out an instrument or a voice, such as drums or "voice 4"; may be given several times
    #[arg(long, value_name = "PART", value_parser = values::part)]
    mute: Vec<Part>,
}

impl PerformingArgs {
    /// The knobs as they were typed, the others as a preset sets them.
    pub(super) fn knobs(&self, preset: &Preset) -> PerformingKnobs {
        let knobs = self.knobs.over(PerformingKnobs::from_values(|knob| preset.value(knob)));
        PerformingKnobs { muted: self.mute.iter().copied().collect(), ..knobs }
    }

    /// `piece` as a MIDI file. What begins with its last meter was composed and is played with the knobs; what
    /// comes before is music that it continues, and stays as it is.
    ///
    /// # Errors
    /// If no note that was composed belongs to a part that is played.
    pub(super) fn file(
        &self,
        piece: &Piece,
        composing: &ComposingKnobs,
        preset: &Preset,
        title: &str,
    ) -> Result<Vec<u8>> {
        let (knobs, default) = (self.knobs(preset), PerformingKnobs::default());
        let has_feel = knobs.feel > 0.0 && piece.notes.iter().any(|note| note.feel.is_some());
        if !has_feel && (PerformingKnobs { feel: default.feel, ..knobs }) == default {
            return Ok(smf::write(piece, title));
        }
        let (start, meter) = piece.meters.last().copied().unwrap_or((Tick::ZERO, Meter::COMMON));
        let tempo = piece.tempos.last().map_or(120.0, |(_, tempo)| *tempo);
        let n_before = piece.notes.partition_point(|note| note.onset < start);
        let (before, composed) = piece.notes.split_at(n_before);
        let whole = Bar { start: Tick::ZERO, meter, notes: before.to_vec() };
        let on_its_channels = PerformingKnobs {
            channel: knobs.channel,
            channel_per_instrument: knobs.channel_per_instrument,
            ..default
        };
        let mut notes =
            render(&[Arc::new(whole)], &Voices::default(), &[], composing, &on_its_channels, tempo);
        let shift = start.to_beats();
        let bars = bars(composed, start, meter);
        let composed = render(&bars, &Voices::of(&bars), &[], composing, &knobs, tempo);
        ensure!(!composed.is_empty(), "there is nothing to write: the parts that have notes are muted");
        notes.extend(composed.into_iter().map(|note| PerformedNote {
            onset: note.onset + shift,
            end: note.end + shift,
            ..note
        }));
        Ok(smf::write_performed(&notes, piece, title))
    }
}

/// The notes in their bars, all of one meter from `start` on.
fn bars(notes: &[Note], start: Tick, meter: Meter) -> Vec<Arc<Bar>> {
    let length = meter.bar_length();
    let end = notes.last().map_or(start, |note| note.onset + Tick(1));
    let n_bars = (end - start).0.div_euclid(length.0) + 1;
    let bar = |idx| {
        let line = start + Tick(idx * length.0);
        let first = notes.partition_point(|note| note.onset < line);
        let next = notes.partition_point(|note| note.onset < line + length);
        let notes = notes.get(first..next).unwrap_or_default().to_vec();
        Arc::new(Bar { start: line, meter, notes })
    };
    (0..n_bars).map(bar).collect()
}
