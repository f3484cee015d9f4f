//! The performing knobs of `generate`: how what was composed is played into the file.

use std::sync::Arc;

use crate::music::{Bar, Grid, Meter, Note, PerformedNote, Piece, Tick, smf};
use crate::player::{ComposingKnobs, PerformingKnobs, performed};

/// The plugin's performing knobs. With none of them given, notes are written as they were composed.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Performing")]
pub(super) struct PerformingArgs {
    /// Octaves up; drums stay
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(i8).range(-4..=4),
          default_value_t = PerformingKnobs::default().octave)]
    octave: i8,
    /// Steps up: of the scale where one is given, else semitones; drums stay
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(i8).range(-24..=24),
          default_value_t = PerformingKnobs::default().transpose)]
    transpose: i8,
    /// Factor on every velocity, 0 to 2
    #[arg(long, value_parser = factor, default_value_t = PerformingKnobs::default().velocity)]
    velocity_level: f32,
    /// Factor on the contrast of velocities, 0 (all alike) to 2
    #[arg(long, value_parser = factor, default_value_t = PerformingKnobs::default().velocity_spread)]
    velocity_spread: f32,
    /// Factor on every duration, 0 to 4
    #[arg(long, value_parser = |text: &str| within(text, 0.0, 4.0),
          default_value_t = PerformingKnobs::default().note_length)]
    note_length: f32,
    /// How late every second line of the swing grid comes, 0 (straight) to 1 (two thirds)
    #[arg(long, value_parser = share, default_value_t = PerformingKnobs::default().swing)]
    swing: f32,
    /// What swings, 1/8 or 1/16
    #[arg(long, value_parser = swing_grid, default_value = PerformingKnobs::default().swing_grid.name())]
    swing_grid: Grid,
    /// How far notes stray from their time, 0 to 1: by up to half a thirty-second
    #[arg(long, value_parser = share, default_value_t = PerformingKnobs::default().humanize_timing)]
    humanize_timing: f32,
    /// How far velocities stray, 0 to 1: by up to 24
    #[arg(long, value_parser = share, default_value_t = PerformingKnobs::default().humanize_velocity)]
    humanize_velocity: f32,
    /// Milliseconds between the notes of a chord, -60 to 60; negative from the top down
    #[arg(long, allow_negative_numbers = true, value_parser = |text: &str| within(text, -60.0, 60.0),
          default_value_t = PerformingKnobs::default().strum)]
    strum: f32,
    /// MIDI channel, 1 to 16; an instrument whose channel is taken gets the next, and drums have 10
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=16),
          default_value_t = PerformingKnobs::default().channel + 1)]
    channel: u8,
    /// Give each instrument the channel that it has in the plugin
    #[arg(long)]
    channel_per_instrument: bool,
}

fn share(text: &str) -> Result<f32, String> {
    within(text, 0.0, 1.0)
}

fn factor(text: &str) -> Result<f32, String> {
    within(text, 0.0, 2.0)
}

fn within(text: &str, lowest: f32, highest: f32) -> Result<f32, String> {
    let value = text.parse().ok().filter(|value| (lowest..=highest).contains(value));
    value.ok_or_else(|| format!("expected a number from {lowest} to {highest}"))
}

fn swing_grid(text: &str) -> Result<Grid, String> {
    let grids = [Grid::Eighth, Grid::Sixteenth];
    let grid = grids.into_iter().find(|grid| grid.name() == text);
    grid.ok_or_else(|| "expected 1/8 or 1/16".to_owned())
}

impl PerformingArgs {
    /// The knobs as they are given.
    fn knobs(&self) -> PerformingKnobs {
        PerformingKnobs {
            octave: self.octave,
            transpose: self.transpose,
            velocity: self.velocity_level,
            velocity_spread: self.velocity_spread,
            note_length: self.note_length,
            swing: self.swing,
            swing_grid: self.swing_grid,
            humanize_timing: self.humanize_timing,
            humanize_velocity: self.humanize_velocity,
            strum: self.strum,
            channel: self.channel - 1,
            channel_per_instrument: self.channel_per_instrument,
            ..PerformingKnobs::default()
        }
    }

    /// `piece` as a MIDI file. What begins with its last meter was composed and is played with the knobs; what
    /// comes before is music that it continues, and stays as it is.
    pub(super) fn file(&self, piece: &Piece, composing: &ComposingKnobs, title: &str) -> Vec<u8> {
        let knobs = self.knobs();
        if knobs == PerformingKnobs::default() {
            return smf::write(piece, title);
        }
        let (start, meter) = piece.meters.last().copied().unwrap_or((Tick::ZERO, Meter::COMMON));
        let tempo = piece.tempos.last().map_or(120.0, |(_, tempo)| *tempo);
        let n_before = piece.notes.partition_point(|note| note.onset < start);
        let (before, composed) = piece.notes.split_at(n_before);
        let whole = Bar { start: Tick::ZERO, meter, notes: before.to_vec() };
        let mut notes = performed(&[Arc::new(whole)], &[], composing, &PerformingKnobs::default(), tempo);
        let shift = start.to_beats();
        let composed = performed(&bars(composed, start, meter), &[], composing, &knobs, tempo);
        notes.extend(composed.into_iter().map(|note| PerformedNote {
            onset: note.onset + shift,
            end: note.end + shift,
            ..note
        }));
        smf::write_performed(&notes, piece, title)
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
