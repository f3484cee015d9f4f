//! From the ticks of a file to the grid of [`Tick`].

use std::collections::HashMap;

use crate::music::note::Note;
use crate::music::piece::Piece;
use crate::music::programs::Programs;
use crate::music::smf::file::Smf;
use crate::music::smf::read::MAX_POSITION;
use crate::music::time::Tick;
use crate::music::timing::{Places, Timing, timing};

impl Smf {
    /// The music on the grid: every onset and end rounded to the nearest tick, halves up. A note of a performance begins
    /// at the place in the beat that it was meant for, and its feel says how far from it it was played.
    ///
    /// Notes last at least one tick. Of notes with the same onset, pitch and family the longest is kept; a
    /// note that overlaps the next one of its pitch and family is cut there. A change of meter begins a
    /// new bar, even inside a bar.
    #[must_use]
    pub fn to_piece(&self) -> Piece {
        let with_programs = self.quantised_notes();
        let mut piece = Piece {
            notes: with_programs.iter().map(|(note, _)| *note).collect(),
            programs: Programs::of(with_programs),
            meters: self.on_grid(&self.meters),
            keys: self.on_grid(&self.keys),
            tempos: self.on_grid(&self.tempos),
            chords: self.on_grid(&self.chords),
            length: self.tick(self.end),
        };
        if piece.length <= piece.end() {
            piece.length = Tick::ZERO;
        }
        piece
    }

    /// How its onsets lie against its beat.
    #[must_use]
    pub fn timing(&self) -> Timing {
        timing(&self.onsets(), self.ticks_per_beat)
    }

    /// Different onsets, ascending.
    fn onsets(&self) -> Vec<u64> {
        let mut onsets: Vec<u64> = self.notes.iter().map(|note| note.start).collect();
        onsets.dedup();
        onsets
    }

    /// The places in the beat of a performance.
    fn places(&self) -> Option<Places> {
        let in_beats = |onset: &u64| self.in_beats(*onset);
        let is_performed = self.timing() == Timing::Performance;
        is_performed.then(|| Places::of(&self.onsets().iter().map(in_beats).collect::<Vec<_>>()))
    }

    fn in_beats(&self, file_ticks: u64) -> f64 {
        file_ticks as f64 / f64::from(self.ticks_per_beat.max(1))
    }

    fn quantised_notes(&self) -> Vec<(Note, u8)> {
        let places = self.places();
        // The place of a performed note may lie after it; it begins and ends no later than any note that is read.
        let latest = Tick(MAX_POSITION as i64 * Tick::PER_BEAT);
        let mut notes: Vec<(Note, u8)> = self
            .notes
            .iter()
            .map(|note| {
                let nearest = self.tick(note.start);
                let end = self.tick(note.start.saturating_add(note.duration));
                let placed = places.as_ref().map(|places| places.place(self.in_beats(note.start)));
                let onset = placed.map_or(nearest, |(onset, _)| onset.min(latest));
                let quantised = Note {
                    onset,
                    duration: (end - nearest).min(latest - onset).max(Tick(1)),
                    pitch: note.pitch.min(127),
                    velocity: note.velocity.clamp(1, 127),
                    family: note.family(),
                    feel: placed.map(|(_, feel)| feel),
                };
                (quantised, note.program)
            })
            .collect();
        notes.sort_unstable();
        // Equal notes are neighbours now, the longest last.
        notes.reverse();
        notes.dedup_by_key(|(note, _)| (note.onset, note.pitch, note.family));
        // From the end backwards: the onset of the next note of each pitch and family.
        let mut next_onsets = HashMap::new();
        for (note, _) in &mut notes {
            if let Some(next) = next_onsets.insert((note.pitch, note.family), note.onset) {
                note.duration = note.duration.min(next - note.onset);
            }
        }
        notes.reverse();
        notes
    }

    /// The last change at each tick.
    fn on_grid<T: Copy>(&self, changes: &[(u64, T)]) -> Vec<(Tick, T)> {
        let mut moved: Vec<(Tick, T)> = Vec::new();
        for (at, value) in changes {
            let tick = self.tick(*at);
            if moved.last().is_some_and(|(last, _)| *last == tick) {
                moved.pop();
            }
            moved.push((tick, *value));
        }
        moved
    }

    fn tick(&self, file_ticks: u64) -> Tick {
        let ticks_per_beat = u128::from(self.ticks_per_beat.max(1));
        let doubled = u128::from(file_ticks) * 2 * Tick::PER_BEAT as u128;
        Tick(((doubled + ticks_per_beat) / (2 * ticks_per_beat)) as i64)
    }
}
