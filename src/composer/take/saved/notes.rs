//! Composed notes as they are saved.

use crate::music::{Family, Feel, Note, Tick};

/// Onset after the bar line and duration in ticks, pitch, velocity, family; the code of the note's feel times the
/// number of families is added to the last.
pub(super) type SavedNote = (i64, i64, u8, u8, usize);

/// The longest note, in ticks.
const MAX_DURATION: i64 = 1 << 20;

pub(super) fn saved_notes(notes: &[Note], start: Tick) -> Vec<SavedNote> {
    let family = |n: &Note| n.family.index() + Family::COUNT * usize::from(Feel::code(n.feel));
    let saved = |n: &Note| ((n.onset - start).0, n.duration.0, n.pitch, n.velocity, family(n));
    notes.iter().map(saved).collect()
}

/// The notes of a passage that begins at `start` and is `length` long.
pub(super) fn restore_notes(
    passage: &[SavedNote],
    start: Tick,
    length: Tick,
) -> Result<Vec<Note>, &'static str> {
    let mut notes =
        passage.iter().map(|note| restore_note(note, start, length)).collect::<Result<Vec<_>, _>>()?;
    notes.sort_unstable();
    Ok(notes)
}

fn restore_note(saved: &SavedNote, start: Tick, length: Tick) -> Result<Note, &'static str> {
    let (onset, duration, pitch, velocity, family) = *saved;
    let feel = u8::try_from(family / Family::COUNT).ok().and_then(Feel::from_code);
    let family = if feel.is_some() { family % Family::COUNT } else { family };
    let family = Family::from_index(family).ok_or("has a note of an unknown family")?;
    let is_valid = (0..length.0).contains(&onset)
        && (1..=MAX_DURATION).contains(&duration)
        && pitch <= 127
        && (1..=127).contains(&velocity);
    if !is_valid {
        return Err("has an impossible note");
    }
    Ok(Note { onset: start + Tick(onset), duration: Tick(duration), pitch, velocity, family, feel })
}
