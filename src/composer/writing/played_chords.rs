//! The chords that the user plays, which steer the music in Accompany where there is no chord lane.

use crate::composer::take::bars::Take;
use crate::composer::take::harmony::Harmony;
use crate::composer::take::played_in::PlayedNote;
use crate::composer::writing::drawing::reaction_to;
use crate::composer::writing::place::Place;
use crate::music::{Chord, Tick};

/// Keys that go down within this time are one chord: an eighth.
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
    let chord = |from: Tick| last_chord(recent.iter().copied().filter(|note| reaction_to(note) <= from));
    let mut chords: Vec<(Tick, Option<Chord>)> = Vec::new();
    for (at, chord) in cuts.into_iter().filter(|cut| *cut < place.end()).map(|cut| (cut, chord(cut))) {
        if chords.last().map_or(chord.is_some(), |(_, last)| *last != chord) {
            chords.push((at - place.start, chord));
        }
    }
    Harmony::new(chords, "")
}

/// The last chord among notes that were played.
fn last_chord<'a>(notes: impl Iterator<Item = &'a PlayedNote>) -> Option<Chord> {
    let mut notes: Vec<&PlayedNote> = notes.collect();
    notes.sort_unstable_by_key(|note| (note.at, note.pitch));
    while let Some(last) = notes.last() {
        let first = notes.partition_point(|note| note.at + STROKE < last.at);
        let pitches: Vec<u8> = notes.iter().skip(first).map(|note| note.pitch).collect();
        if let Some(chord) = Chord::of_pitches(&pitches) {
            return Some(chord);
        }
        notes.pop();
    }
    None
}
