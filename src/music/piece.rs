//! A whole piece of music on the tick grid, as read from a file.

use crate::music::chord::Chord;
use crate::music::key::Key;
use crate::music::meter::Meter;
use crate::music::note::Note;
use crate::music::programs::Programs;
use crate::music::time::Tick;

/// Notes with the bar lines, keys and tempos they were written in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Piece {
    /// In the order of [`Note`]: onset, pitch, family.
    pub notes: Vec<Note>,
    /// Meter changes, ascending, each at a bar line. Before the first: 4/4.
    pub meters: Vec<(Tick, Meter)>,
    /// Key signatures, ascending.
    pub keys: Vec<(Tick, Key)>,
    /// Tempo changes, ascending, in quarter notes a minute. Before the first: 120.
    pub tempos: Vec<(Tick, f64)>,
    /// Chords, ascending, each until the next one; `None` where there is none. Empty when they are not known.
    pub chords: Vec<(Tick, Option<Chord>)>,
    /// Programs that are not typical of their families.
    pub programs: Programs,
    /// Where the piece ends if that is after its last note; otherwise zero.
    pub length: Tick,
}

impl Piece {
    /// The start and meter of the bar that holds `tick`. Bars before zero have the first meter.
    #[must_use]
    pub fn bar_at(&self, tick: Tick) -> (Tick, Meter) {
        let change_idx = self.meters.partition_point(|(start, _)| *start <= tick);
        let (start, meter) = match change_idx.checked_sub(1).and_then(|idx| self.meters.get(idx)) {
            Some(change) => *change,
            None => (Tick::ZERO, Meter::COMMON),
        };
        let length = meter.bar_length().0;
        (start + Tick((tick - start).0.div_euclid(length) * length), meter)
    }

    /// The first bar that begins with a note, or else the second: what comes before it is an upbeat. Start and meter.
    #[must_use]
    pub fn first_whole_bar(&self) -> (Tick, Meter) {
        let (start, meter) = self.bar_at(Tick::ZERO);
        let has_upbeat = self.notes.first().is_some_and(|note| note.onset > start);
        if has_upbeat { self.next_bar(start) } else { (start, meter) }
    }

    /// The bar after the one that begins at `start`. A meter change inside a bar cuts it short.
    #[must_use]
    pub fn next_bar(&self, start: Tick) -> (Tick, Meter) {
        let end = start + self.bar_at(start).1.bar_length();
        let change_idx = self.meters.partition_point(|(change, _)| *change <= start);
        let next = self.meters.get(change_idx).map_or(end, |(change, _)| end.min(*change));
        (next, self.bar_at(next).1)
    }

    /// The tempo at `tick`, in quarter notes a minute, if one has been set by then.
    #[must_use]
    pub fn tempo_at(&self, tick: Tick) -> Option<f64> {
        in_force(&self.tempos, tick)
    }

    /// The meter that holds at `tick`, if one has been set by then.
    #[must_use]
    pub fn meter_at(&self, tick: Tick) -> Option<Meter> {
        in_force(&self.meters, tick)
    }

    /// The end of the last note, or zero.
    #[must_use]
    pub fn end(&self) -> Tick {
        self.notes.iter().map(Note::end).max().unwrap_or_default()
    }

    /// The bar line where the piece ends: of the bar in which its last note ends, or later if its length says so.
    ///
    /// What ends less than a sixteenth after a bar line was meant to end there, unless a note begins after it.
    #[must_use]
    pub fn last_bar_line(&self) -> Tick {
        let last_onset = self.notes.last().map_or(Tick(-1), |note| note.onset);
        let end = self.end().max(self.length) - Tick(Tick::PER_BEAT / 4);
        let (start, meter) = self.bar_at(last_onset.max(end));
        // A change of meter may cut the bar off.
        let next_change = self.meters.iter().map(|(at, _)| *at).find(|at| *at > start);
        let end = start + meter.bar_length();
        next_change.map_or(end, |change| change.min(end))
    }
}

/// The last of `changes` at or before `tick`.
fn in_force<T: Copy>(changes: &[(Tick, T)], tick: Tick) -> Option<T> {
    let n_before = changes.partition_point(|(at, _)| *at <= tick);
    n_before.checked_sub(1).and_then(|idx| changes.get(idx)).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use crate::music::{Family, Meter, Note, Piece, Tick};

    fn note(onset: i64, duration: i64) -> Note {
        let (onset, duration) = (Tick(onset), Tick(duration));
        Note { onset, duration, pitch: 60, velocity: 80, family: Family::PIANO, feel: None }
    }

    #[test]
    fn an_upbeat_is_no_bar() {
        let beginning = |onset: i64, meters: &[(Tick, Meter)]| {
            Piece { notes: vec![note(onset, 24)], meters: meters.to_vec(), ..Piece::default() }
                .first_whole_bar()
        };
        assert_eq!(beginning(0, &[]), (Tick(0), Meter::COMMON));
        assert_eq!(beginning(72, &[]), (Tick(96), Meter::COMMON), "on the fourth beat");
        let waltz = Meter::new(3, 4).unwrap();
        assert_eq!(beginning(12, &[(Tick(0), Meter::COMMON), (Tick(24), waltz)]), (Tick(24), waltz));
        assert_eq!(Piece::default().first_whole_bar(), (Tick(0), Meter::COMMON));
    }

    #[test]
    fn a_piece_ends_with_the_bar_that_its_last_note_or_its_length_is_in() {
        let line = |notes: &[Note], length| {
            Piece { notes: notes.to_vec(), length: Tick(length), ..Piece::default() }.last_bar_line().0
        };
        assert_eq!(line(&[note(0, 24)], 0), 96);
        assert_eq!(line(&[note(0, 384)], 0), 384, "it ends on a bar line");
        assert_eq!(line(&[note(0, 97), note(90, 6)], 0), 96, "a legato over the bar line");
        assert_eq!(line(&[note(96, 1)], 0), 192, "a short note in a new bar");
        assert_eq!(line(&[note(0, 24)], 384), 384);
        assert_eq!(line(&[note(0, 24)], 385), 384);
        assert_eq!(line(&[note(0, 24)], 300), 384);
        assert_eq!(line(&[], 0), 0);
        let waltz = Meter::new(3, 4).unwrap();
        let meters = vec![(Tick(0), Meter::COMMON), (Tick(120), waltz)];
        let cut = Piece { notes: vec![note(96, 12)], meters, ..Piece::default() };
        assert_eq!(cut.last_bar_line(), Tick(120), "a change of meter cuts the bar off");
    }

    #[test]
    fn what_holds_at_a_place_is_what_was_set_last_by_then() {
        let tempos = vec![(Tick(0), 120.0), (Tick(960), 30.0)];
        let piece = Piece { tempos, ..Piece::default() };
        let tempo = |tick| piece.tempo_at(Tick(tick));
        assert_eq!(
            (tempo(-1), tempo(0), tempo(959), tempo(960)),
            (None, Some(120.0), Some(120.0), Some(30.0))
        );
    }

    #[test]
    fn bars_are_counted_from_the_last_meter_change() {
        let waltz = Meter::new(3, 4).unwrap();
        let piece = Piece { meters: vec![(Tick(0), Meter::COMMON), (Tick(96), waltz)], ..Piece::default() };
        assert_eq!(piece.bar_at(Tick(95)), (Tick(0), Meter::COMMON));
        assert_eq!(piece.bar_at(Tick(96 + 72 + 1)), (Tick(96 + 72), waltz));
        assert_eq!(Piece::default().bar_at(Tick(-1)), (Tick(-96), Meter::COMMON));
    }
}
