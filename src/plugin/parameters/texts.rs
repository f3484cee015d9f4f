//! Musicians' words for numbers, both ways.

use crate::music::{Scale, Tick};
use crate::plugin::parameters::build::ANY_POLYPHONY;

/// What a position is called that a list does not fill yet, before its number.
pub(super) const UNUSED: &str = "Unused ";

/// Whether a knob's text is that of such a position.
pub(crate) fn is_unused(text: &str) -> bool {
    text.starts_with(UNUSED)
}

/// A number of bars.
pub(super) fn bars(length: i32) -> String {
    if length == 1 { "1 bar".to_owned() } else { format!("{length} bars") }
}

/// The number that a text such as "8 bars" begins with.
pub(super) fn leading_number(text: &str) -> Option<i32> {
    text.split_whitespace().next()?.parse().ok()
}

/// How many notes may sound at once.
pub(super) fn polyphony(n_notes: i32) -> String {
    if n_notes >= ANY_POLYPHONY { "Any".to_owned() } else { n_notes.to_string() }
}

/// The other way round.
pub(super) fn polyphony_from_text(text: &str) -> Option<i32> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("any") { Some(ANY_POLYPHONY) } else { text.parse().ok() }
}

/// What the four takes are called.
pub(super) const SLOTS: [&str; 4] = ["A", "B", "C", "D"];

/// The scale with this index; [`Scale::FreeMajor`] where there is none yet.
#[must_use]
pub(crate) fn scale(idx: i32) -> Scale {
    let idx = usize::try_from(idx).ok();
    idx.and_then(|idx| Scale::ALL.get(idx)).copied().unwrap_or_default()
}

/// The note value with this index, the nearest where there is none.
pub(super) fn note_value(idx: i32) -> Tick {
    use crate::music::NoteValue;
    let last = NoteValue::ALL.len() - 1;
    NoteValue::ALL[usize::try_from(idx).unwrap_or(0).min(last)].ticks
}
