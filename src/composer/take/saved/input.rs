//! What was played in, as it is saved.

use serde::{Deserialize, Serialize};

use crate::composer::take::played_in::PlayedNote;
use crate::composer::take::saved::section::MAX_POSITION;
use crate::music::{Beats, Tick};

/// When the key went down, the note's onset and end on the grid, in ticks; pitch and velocity.
pub(super) type SavedInput = (i64, i64, Option<i64>, u8, u8);

/// When the key went down and up, in 65,536ths of a tick, and the MIDI channel.
pub(super) type SavedTouch = (i64, Option<i64>, u8);

/// 65,536ths of a tick in a quarter note.
const FINE_PER_BEAT: f64 = (Tick::PER_BEAT << 16) as f64;

/// Notes that were played in, with their exact times.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Played {
    pub(super) notes: Vec<SavedInput>,
    /// The exact times of these notes; missing where only the grid is known.
    pub(super) touches: Vec<SavedTouch>,
}

impl Played {
    pub(super) fn of(notes: &[PlayedNote]) -> Self {
        let played = |note: &PlayedNote| {
            (note.at.0, note.onset.0, note.end.map(|end| end.0), note.pitch, note.velocity)
        };
        let touch = |note: &PlayedNote| {
            let fine = |position: Beats| (position.0 * FINE_PER_BEAT).round() as i64;
            (fine(note.pressed), note.released.map(fine), note.channel)
        };
        Self { notes: notes.iter().map(played).collect(), touches: notes.iter().map(touch).collect() }
    }

    /// The notes, in their order; none in place of one that is impossible.
    pub(super) fn restore(&self) -> impl Iterator<Item = Option<PlayedNote>> {
        let touches = self.touches.iter().map(Some).chain(std::iter::repeat(None));
        self.notes.iter().zip(touches).map(|(saved, touch)| restore_note(saved, touch))
    }
}

fn restore_note(saved: &SavedInput, touch: Option<&SavedTouch>) -> Option<PlayedNote> {
    let (at, onset, end, pitch, velocity) = *saved;
    let is_position = |position: i64| (1 - MAX_POSITION..MAX_POSITION).contains(&position);
    let is_valid = is_position(at)
        && is_position(onset)
        && end.is_none_or(|end| end > onset && end < MAX_POSITION)
        && pitch <= 127
        && (1..=127).contains(&velocity);
    if !is_valid {
        return None;
    }
    // A key that was down when the project was saved is up now.
    let end = end.unwrap_or(onset + Tick::PER_BEAT);
    let (at, onset, end) = (Tick(at), Tick(onset), Tick(end));
    let near = |fine: i64, tick: Tick| {
        let position = fine as f64 / FINE_PER_BEAT;
        ((position - tick.to_beats().0).abs() < 1.0).then_some(Beats(position))
    };
    let (pressed, released, channel) = match touch {
        Some((pressed, released, channel)) => {
            (near(*pressed, at)?, released.and_then(|released| near(released, end)), *channel)
        }
        None => (at.to_beats(), None, 0),
    };
    let released = Some(released.unwrap_or(end.to_beats()));
    let end = Some(end);
    (channel <= 15).then_some(PlayedNote { at, onset, end, pressed, released, channel, pitch, velocity })
}
