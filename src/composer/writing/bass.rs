//! The bass of the chord lane in bars that are not drawn note by note: thinned or repeated ones.
//!
//! The lowest note has the chord's bass where the chord changes. When a bar is drawn, the notes below are known. Where one
//! of them is left out afterwards, a note that stood above it may be the lowest.

use crate::composer::take::bars::Take;
use crate::composer::writing::place::{Place, moved};
use crate::music::{Note, Tick};

/// Those of a bar's notes, in C and ascending, that do not make a wrong bass at full strictness.
pub(crate) fn without_wrong_bass(take: &Take, place: &Place, notes: &[Note]) -> Vec<Note> {
    let told = place.told(take);
    if place.knobs.strictness < 1.0 || told.chords.is_empty() {
        return notes.to_vec();
    }
    let down = -place.key.transposition();
    let sounding = take.sounding_into(place.bar_idx, place.start).map(|note| moved(note, down));
    let mut below: Vec<Note> = sounding.filter(|note| !note.family.is_drums()).collect();
    let mut kept = Vec::with_capacity(notes.len());
    for note in notes {
        let chord = told.chord_at(note.onset);
        let is_change = chord != told.chord_at(note.onset - Tick(1));
        let is_wrong = chord.is_some_and(|chord| is_change && note.pitch % 12 != chord.bass());
        let is_lowest = || !below.iter().any(|other| other.end() > note.onset && other.pitch < note.pitch);
        if note.family.is_drums() || !(is_wrong && is_lowest()) {
            kept.push(*note);
            if !note.family.is_drums() {
                below.push(*note);
            }
        }
    }
    kept
}
