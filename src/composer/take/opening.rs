//! Music that a take begins from: the end of a MIDI file, given to the network before the first bar.

use crate::model::Primer;
use crate::music::{Key, Meter, Note, Piece, Programs, Tick};

/// The end of a piece that a take goes on from.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Its last bars, moved to C.
    pub primer: Primer,
    /// The key that holds where it ends. The take goes on in this key where the scale is left free.
    pub key: Key,
    /// The meter that holds where it ends.
    pub meter: Meter,
    /// The bar line where the piece ends.
    pub end: Tick,
    /// The programs of its instruments there.
    pub programs: Programs,
}

/// How many bars are used: earlier ones would make no audible difference.
const MAX_BARS: i64 = 64;

/// How many notes are used, as many as a primer may have.
const MAX_NOTES: usize = 4096;

/// How many silent bars at the end are used. Longer silences are hardly ever in the music that models learn from.
const MAX_SILENT_BARS: i64 = 4;

impl Opening {
    /// The opening that goes on from the end of `piece`; none if it has no notes.
    #[must_use]
    pub fn of(piece: &Piece) -> Option<Self> {
        let last_onset = piece.notes.last()?.onset;
        let end = piece.last_bar_line();
        let (_, next_meter) = piece.bar_at(end);
        let sections = piece.sections_by_key();
        let in_force = sections.iter().rev().find(|section| section.start <= end);
        let key = in_force.map_or(Key::default(), |section| section.key);
        let (last_bar, meter) = last_bar(piece, last_onset, end);
        let start = first_bar(piece, last_bar, meter);
        let notes = moved_to_c(&piece.notes, key, start);
        let n_bars = ((last_bar - start).0 / meter.bar_length().0 + 1) as u32;
        let primer = Primer { style: 0, mode: key.mode, meter, n_bars, notes };
        Some(Self { primer, key, meter: next_meter, end, programs: piece.programs.last() })
    }
}

/// The last bar that the network is given: that before `end`, unless it lies in a long silence or in another meter.
fn last_bar(piece: &Piece, last_onset: Tick, end: Tick) -> (Tick, Meter) {
    let (sounding, meter) = piece.bar_at(last_onset);
    let (last, last_meter) = piece.bar_at(end - Tick(1));
    let silence = (last - sounding).0;
    let is_near = silence <= MAX_SILENT_BARS * meter.bar_length().0;
    let is_in_step = last_meter == meter && silence % meter.bar_length().0 == 0;
    if is_near && is_in_step { (last, meter) } else { (sounding, meter) }
}

/// The earliest bar line, within the limits, from which on all bars have the last bar's meter.
fn first_bar(piece: &Piece, last_bar: Tick, meter: Meter) -> Tick {
    let mut start = last_bar;
    for _ in 1..MAX_BARS {
        let (before, meter_before) = piece.bar_at(start - Tick(1));
        let is_whole = meter_before == meter && start - before == meter.bar_length();
        let n_notes = piece.notes.len() - piece.notes.partition_point(|note| note.onset < before);
        if !is_whole || before < Tick::ZERO || n_notes > MAX_NOTES {
            break;
        }
        start = before;
    }
    start
}

/// The notes from `start` on, which becomes zero, with the tonic moved to C; drums stay on their keys.
fn moved_to_c(notes: &[Note], key: Key, start: Tick) -> Vec<Note> {
    let in_c = |note: &Note| {
        let pitch = i16::from(note.pitch) - i16::from(key.transposition());
        // Back into the keyboard by octaves, so that it stays the same pitch class.
        let pitch = if pitch < 0 {
            pitch + 12
        } else if pitch > 127 {
            pitch - 12
        } else {
            pitch
        };
        let pitch = if note.family.is_drums() { note.pitch } else { pitch as u8 };
        Note { onset: note.onset - start, pitch, ..*note }
    };
    let from = notes.partition_point(|note| note.onset < start);
    let mut moved: Vec<Note> = notes.iter().skip(from).map(in_c).collect();
    moved.sort_unstable();
    let surplus = moved.len().saturating_sub(MAX_NOTES);
    moved.split_off(surplus)
}

#[cfg(test)]
mod tests {
    use crate::composer::take::opening::Opening;
    use crate::music::{Family, Key, Meter, Mode, Note, Piece, Tick};

    #[test]
    fn the_last_bars_of_one_meter_become_the_primer_in_c() {
        let waltz = Meter::new(3, 4).unwrap();
        // A bar of 4/4, then D major in 3/4, ending in the middle of a bar.
        let pitches = [74, 78, 81, 79, 76, 73, 74];
        let note = |(idx, pitch): (usize, &u8)| Note {
            onset: Tick(24 * idx as i64),
            duration: Tick(24),
            pitch: *pitch,
            velocity: 90,
            family: Family::PIANO,
            feel: None,
        };
        let notes: Vec<Note> = pitches.iter().cycle().take(11).enumerate().map(note).collect();
        let piece =
            Piece { notes, meters: vec![(Tick(0), Meter::COMMON), (Tick(96), waltz)], ..Piece::default() };
        let found = Opening::of(&piece).unwrap();
        assert_eq!((found.end, found.meter, found.key), (Tick(96 + 3 * 72), waltz, Key::new(2, Mode::Major)));
        assert_eq!((found.primer.n_bars, found.primer.mode), (3, Mode::Major));
        assert_eq!((found.primer.notes[0].onset, found.primer.notes[0].pitch), (Tick(0), 74));
        assert_eq!(found.primer.notes.len(), 7);
    }

    /// Quarter notes in C up to beat 12, then silence up to `length`.
    fn with_rest(length: Tick) -> Piece {
        let note = |idx: i64| Note {
            onset: Tick(24 * idx),
            duration: Tick(24),
            pitch: [60, 64, 67][idx as usize % 3],
            velocity: 90,
            family: Family::PIANO,
            feel: None,
        };
        Piece { notes: (0..12).map(note).collect(), length, ..Piece::default() }
    }

    #[test]
    fn a_short_rest_at_the_end_is_given_to_the_network_and_a_long_one_is_not() {
        let n_bars = |n_bars: i64| {
            let found = Opening::of(&with_rest(Tick(96 * n_bars))).unwrap();
            (found.end.0 / 96, found.primer.n_bars)
        };
        assert_eq!(n_bars(0), (3, 3));
        assert_eq!(n_bars(4), (4, 4));
        assert_eq!(n_bars(7), (7, 7));
        assert_eq!(n_bars(60), (60, 3));
    }

    #[test]
    fn a_chord_that_sounds_to_the_end_is_waited_for() {
        let mut piece = with_rest(Tick(0));
        piece.notes.truncate(1);
        piece.notes[0].duration = Tick(384);
        let found = Opening::of(&piece).unwrap();
        assert_eq!((found.end, found.primer.n_bars), (Tick(384), 4));
    }

    #[test]
    fn key_and_meter_are_those_in_force_where_the_piece_ends() {
        let (waltz, far) = (Meter::new(3, 4).unwrap(), Tick(9600));
        let [c, gb] = [0, 6].map(|tonic| Key::new(tonic, Mode::Major));
        let piece = Piece {
            meters: vec![(Tick(0), Meter::COMMON), (far, waltz)],
            keys: vec![(Tick(0), c), (far, gb)],
            ..with_rest(Tick(0))
        };
        let found = Opening::of(&piece).unwrap();
        assert_eq!((found.meter, found.key), (Meter::COMMON, c));
        // At the very place where the piece ends it is for what follows.
        let meters = vec![(Tick(0), Meter::COMMON), (found.end, waltz)];
        let found = Opening::of(&Piece { meters, ..piece }).unwrap();
        assert_eq!((found.meter, found.primer.meter, found.primer.n_bars), (waltz, Meter::COMMON, 3));
    }
}
