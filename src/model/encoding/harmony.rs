//! The rows for the chords and the end that the network is told.

use crate::model::encoding::memory::Memory;
use crate::model::encoding::rows::{N_CHANGES, N_ENDS, Rows, duration, pitch, step};
use crate::music::{Chord, Tick};

/// A note this close before a change of chord may belong to the next one: an eighth.
const ANTICIPATION: Tick = Tick(Tick::PER_BEAT / 2);

impl Memory {
    /// After the last note, at its onset: the chord, the one after it, the time to the change, and the end.
    pub(super) fn push_step_harmony(&self, onset: Tick, rows: &mut Vec<u32>) {
        let now = self.told.chord_at(onset);
        push_chord(step::HARMONY, now, rows);
        if let Some((at, next)) = self.told.change_after(onset) {
            push_chord(step::NEXT_HARMONY, next, rows);
            rows.push(step::CHANGE.at(change_class(at - onset)));
        }
        rows.push(step::END.at(self.end_class(onset)));
    }

    /// For a pitch at `target`: the chord, the next one if it comes soon, and the end.
    pub(super) fn push_pitch_harmony(&self, target: Tick, rows: &mut Vec<u32>) {
        push_chord(pitch::HARMONY, self.told.chord_at(target), rows);
        match self.told.change_after(target) {
            Some((at, next)) if at - target <= ANTICIPATION => push_chord(pitch::COMING, next, rows),
            _ => {}
        }
        rows.push(pitch::END.at(self.end_class(target)));
    }

    /// For a duration at `target`: the time to the next change of chord, and the end.
    pub(super) fn push_duration_harmony(&self, target: Tick, rows: &mut Vec<u32>) {
        if let Some((at, _)) = self.told.change_after(target) {
            rows.push(duration::CHANGE.at(change_class(at - target)));
        }
        rows.push(duration::END.at(self.end_class(target)));
    }

    /// The class of how many bars are left at `tick`, its own included.
    fn end_class(&self, tick: Tick) -> usize {
        let Some(end) = self.told.end else { return 0 };
        let left = (end - self.bar_start_of(tick)).0;
        let n_bars = (left + self.meter.bar_length().0 - 1).div_euclid(self.meter.bar_length().0);
        let class = match n_bars {
            ..=1 => 1,
            2 => 2,
            3..=4 => 3,
            5..=8 => 4,
            _ => 5,
        };
        class.min(N_ENDS - 1)
    }
}

/// Root, bass and tones of a chord as pitch classes around the tonic, or that there is none.
fn push_chord(table: Rows, chord: Option<Chord>, rows: &mut Vec<u32>) {
    let Some(chord) = chord else {
        rows.push(table.at(12));
        return;
    };
    rows.push(table.at(usize::from(chord.root())));
    rows.push(table.at(13 + usize::from(chord.bass())));
    let tones = (0..12).filter(|tone| chord.tones().contains(*tone));
    rows.extend(tones.map(|tone| table.at(25 + usize::from((chord.root() + tone) % 12))));
}

/// The class of the time to a change.
fn change_class(ticks: Tick) -> usize {
    const UP_TO: [i64; N_CHANGES - 1] = [3, 6, 12, 18, 24, 36, 48, 72, 96, 144, 192];
    UP_TO.partition_point(|limit| *limit < ticks.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::model::encoding::harmony::change_class;
    use crate::model::encoding::rows::{N_CHANGES, pitch, step};
    use crate::model::encoding::{Encoding, Memory, Told};
    use crate::music::{Chord, Family, Meter, Mode, Note, PitchClassSet, Tick};

    fn memory(told: Told) -> Memory {
        let mut memory = Memory::new(Encoding::Third, 0, Mode::Major, Tick::ZERO, Meter::COMMON);
        memory.tell(told);
        let onset = Tick(84);
        memory.push(&Note {
            onset,
            duration: Tick(12),
            pitch: 60,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        });
        memory
    }

    fn chords() -> Told {
        let g7 = Chord::new(7, PitchClassSet::new(&[0, 4, 7, 10]), 11);
        let c = Chord::new(0, PitchClassSet::new(&[0, 4, 7]), 0);
        // The same chord written twice is no change.
        let chords = vec![(Tick(0), Some(g7)), (Tick(48), Some(g7)), (Tick(96), Some(c)), (Tick(192), None)];
        Told { chords: Arc::from(chords), end: Some(Tick(192)) }
    }

    fn rows_of(write: impl Fn(&Memory, &mut Vec<u32>), told: Told) -> Vec<u32> {
        let mut rows = Vec::new();
        write(&memory(told), &mut rows);
        rows
    }

    #[test]
    fn the_chord_the_next_one_the_change_and_the_end_are_told() {
        let rows = rows_of(|memory, rows| memory.push_step_harmony(Tick(84), rows), chords());
        let now = [7, 13 + 11, 25 + 7, 25 + 11, 25 + 2, 25 + 5].map(|idx| step::HARMONY.at(idx));
        let next = [0, 13, 25, 25 + 4, 25 + 7].map(|idx| step::NEXT_HARMONY.at(idx));
        let mut expected = [&now[..], &next, &[step::CHANGE.at(2), step::END.at(2)]].concat();
        expected.sort_unstable();
        let mut sorted = rows;
        sorted.sort_unstable();
        assert_eq!(sorted, expected);
    }

    #[test]
    fn a_note_an_eighth_before_the_change_is_told_the_coming_chord() {
        let coming = |tick| {
            let rows = rows_of(|memory, rows| memory.push_pitch_harmony(Tick(tick), rows), chords());
            rows.contains(&pitch::COMING.at(0))
        };
        assert_eq!([60, 83, 84, 95, 96].map(coming), [false, false, true, true, false]);
    }

    #[test]
    fn when_nothing_is_told_one_row_says_so_for_each_kind() {
        let rows = rows_of(|memory, rows| memory.push_step_harmony(Tick(84), rows), Told::default());
        assert_eq!(rows, [step::HARMONY.at(12), step::END.at(0)]);
    }

    #[test]
    fn bars_to_the_end_are_counted_from_the_bar_of_the_note() {
        let class = |tick, n_bars: i64| {
            let end = Some(Tick(96 * n_bars));
            memory(Told { end, ..Told::default() }).end_class(Tick(tick))
        };
        assert_eq!([1, 2, 3, 4, 5, 8, 9].map(|n_bars| class(84, n_bars)), [1, 2, 3, 3, 4, 4, 5]);
        assert_eq!([0, 95, 96, 192, 400].map(|tick| class(tick, 2)), [2, 2, 1, 1, 1]);
    }

    #[test]
    fn every_time_to_a_change_has_a_class() {
        let classes = [1, 3, 4, 6, 7, 12, 13, 24, 25, 96, 97, 192, 193, i64::MAX]
            .map(|ticks| change_class(Tick(ticks)));
        assert_eq!(classes, [0, 0, 1, 1, 2, 2, 3, 4, 5, 8, 9, 10, 11, 11]);
        assert!(classes.iter().all(|class| *class < N_CHANGES));
    }
}
