//! The chords that the user plays, which steer the music in Accompany where there is no chord lane.

use std::ops::Range;

use crate::composer::take::bars::Take;
use crate::composer::take::harmony::Harmony;
use crate::composer::take::played_in::PlayedNote;
use crate::composer::writing::drawing::reaction_to;
use crate::composer::writing::place::Place;
use crate::music::{Chord, Tick};

/// Keys that go down within this time are struck together: an eighth.
const STROKE: Tick = Tick(Tick::PER_BEAT / 2);
/// A chord holds no longer than this after it was played.
const LASTS: Tick = Tick(16 * Tick::PER_BEAT);

/// The chords that are known in a bar as it is composed, each from where it is answered on.
pub(crate) fn played_chords(take: &Take, place: &Place) -> Harmony {
    let recent: Vec<&PlayedNote> = take.input.beginning_in(place.start - LASTS, place.end()).collect();
    let mut cuts: Vec<Tick> = recent.iter().map(|note| reaction_to(note).max(place.start)).collect();
    cuts.push(place.start);
    cuts.sort_unstable();
    cuts.dedup();
    let chord =
        |from: Tick| last_chord(recent.iter().copied().filter(|note| reaction_to(note) <= from), place);
    let mut chords: Vec<(Tick, Option<Chord>)> = Vec::new();
    for (at, chord) in cuts.into_iter().filter(|cut| *cut < place.end()).map(|cut| (cut, chord(cut))) {
        if chords.last().map_or(chord.is_some(), |(_, last)| *last != chord) {
            chords.push((at - place.start, chord));
        }
    }
    Harmony::new(chords, "")
}

/// The last chord among notes that were played: struck together or, within half a bar or a bar, one after the other.
fn last_chord<'a>(notes: impl Iterator<Item = &'a PlayedNote>, place: &Place) -> Option<Chord> {
    let bar = place.meter.bar_length();
    let mut notes: Vec<&PlayedNote> = notes.collect();
    notes.sort_unstable_by_key(|note| (note.at, note.pitch));
    while let Some(last) = notes.last() {
        let pitches = |range: Range<usize>| notes[range].iter().map(|note| note.pitch).collect::<Vec<u8>>();
        let struck = notes.partition_point(|note| note.at + STROKE < last.at);
        let bar_line = last.onset - Tick((last.onset - place.start).0.rem_euclid(bar.0));
        let [first, second] = [bar_line, bar_line + place.meter.half_bar()]
            .map(|from| notes.partition_point(|note| note.onset < from));
        let broken = |range| Chord::of_arpeggio(&pitches(range));
        let n_notes = notes.len();
        let chord = Chord::of_pitches(&pitches(struck..n_notes))
            .or_else(|| broken(second..n_notes))
            // The first half's own chord goes before one that both halves make.
            .or_else(|| broken(first..second))
            .or_else(|| broken(first..n_notes));
        if chord.is_some() {
            return chord;
        }
        notes.pop();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::composer::take::played_in::PlayedIn;
    use crate::music::Meter;
    use crate::player::ComposingKnobs;
    use crate::player::handover::Input;

    /// The chords that are known in the second of two bars of four quarter notes, in which these keys go down at these
    /// eighths.
    fn chords(keys: &[(i64, u8)]) -> Vec<String> {
        let mut take = Take::default();
        let mut played = PlayedIn::default();
        for (eighth, pitch) in keys {
            let at = Tick(eighth * Tick::PER_BEAT / 2);
            let position = at.to_beats();
            played.press(&Input { number: 0, at, position, channel: 0, key: *pitch, velocity: 80 });
        }
        take.input = played;
        let place = Place::new(&take, 1, Tick(4 * Tick::PER_BEAT), Meter::COMMON, &ComposingKnobs::default());
        let harmony = played_chords(&take, &place);
        harmony.chords().iter().map(|(at, chord)| format!("{at:?} {chord:?}")).collect()
    }

    #[test]
    fn a_broken_chord_steers_like_one_that_is_struck() {
        let struck = chords(&[(0, 48), (0, 52), (0, 55)]);
        assert_eq!(struck.len(), 1);
        assert_eq!(chords(&[(0, 48), (1, 52), (2, 55), (3, 60)]), struck);
        // A note to a quarter: the whole bar makes the chord.
        assert_eq!(chords(&[(0, 48), (2, 52), (4, 55), (6, 52)]), struck);
        // The first notes of another chord are no chord together with the last of this one.
        assert_eq!(chords(&[(0, 48), (1, 52), (2, 55), (4, 57), (5, 60)]), struck);
        // A scale is none.
        assert_eq!(chords(&[(0, 60), (1, 62), (2, 64), (3, 65)]), Vec::<String>::new());
    }
}
