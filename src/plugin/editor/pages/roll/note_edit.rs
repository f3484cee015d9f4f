//! Changes of a single note, as the bars that they make.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::music::{Bar, Grid, Note, Score, Tick};
use crate::plugin::editor::view::camera::{Hold, PickedNote};

/// Bars with other notes, by their indices.
pub(crate) type Bars = Vec<(usize, Arc<Bar>)>;

/// How far a note has been dragged.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Drag {
    pub(crate) time: Tick,
    pub(crate) pitch: i32,
    /// How much louder it becomes.
    pub(crate) velocity: i32,
}

/// The distance between two places where a note may be put: that of the rhythm grid, or else a sixteenth.
pub(crate) fn grid_of(grid: Grid) -> Tick {
    if grid == Grid::Off { Grid::Sixteenth.spacing() } else { grid.spacing() }
}

/// The note after it has been dragged, by whole steps of the grid.
pub(crate) fn dragged(note: &Note, hold: Hold, by: Drag, grid: Tick, score: &Score) -> Note {
    let step = grid.0.max(1);
    let time = (by.time.0 as f64 / step as f64).round() as i64 * step;
    match hold {
        Hold::Body => {
            let first = score.bars.first().map_or(Tick::ZERO, |bar| bar.start);
            let end = score.bars.last().map_or(Tick::ZERO, |bar| bar.end());
            let onset = Tick((note.onset.0 + time).min(end.0 - 1).max(first.0));
            let pitch = (i32::from(note.pitch) + by.pitch).clamp(0, 127) as u8;
            Note { onset, pitch, ..*note }
        }
        Hold::End => {
            let shortest = step.min(note.duration.0);
            let duration =
                Tick((note.duration.0 + time).clamp(shortest, Note::LONGEST.0.max(note.duration.0)));
            Note { duration, ..*note }
        }
        Hold::Velocity => {
            Note { velocity: (i32::from(note.velocity) + by.velocity).clamp(1, 127) as u8, ..*note }
        }
    }
}

/// The note to add at a place: on the grid, one step long, played by the instrument whose note is nearest.
pub(crate) fn added(at: Tick, pitch: u8, is_drum: bool, grid: Tick, bar: &Bar) -> Note {
    let from_line = (at - bar.start).0.div_euclid(grid.0.max(1)) * grid.0.max(1);
    let onset = bar.start + Tick(from_line);
    let distance = |note: &&Note| (8 * i64::from(note.pitch.abs_diff(pitch)), (note.onset - onset).0.abs());
    let alike = bar.notes.iter().filter(|note| note.family.is_drums() == is_drum);
    let nearest = alike.min_by_key(|note| distance(note).0 + distance(note).1);
    let family = nearest.map(|note| note.family);
    let usual = if is_drum { crate::music::Family::DRUMS } else { crate::music::Family::PIANO };
    let velocity = nearest.map_or(80, |note| note.velocity);
    Note { onset, duration: grid, pitch, velocity, family: family.unwrap_or(usual), feel: None }
}

/// The bars in which a note is replaced by another, which may lie in another bar; one of them may be none. Nothing if the
/// note is no longer there.
pub(crate) fn replaced(score: &Score, old: Option<PickedNote>, new: Option<Note>) -> Bars {
    let mut changed: BTreeMap<usize, Vec<Note>> = BTreeMap::new();
    let notes_of = |bar_idx: usize| score.bars.get(bar_idx).map(|bar| bar.notes.clone());
    if let Some(PickedNote { bar_idx, note }) = old {
        let Some(mut notes) = notes_of(bar_idx) else { return Vec::new() };
        let Some(place) = notes.iter().position(|other| *other == note) else { return Vec::new() };
        notes.remove(place);
        changed.insert(bar_idx, notes);
    }
    if let Some(new) = new {
        let bar_idx = score.bars.partition_point(|bar| bar.end() <= new.onset);
        let Some(before) = notes_of(bar_idx) else { return Vec::new() };
        let notes = changed.entry(bar_idx).or_insert(before);
        // One instrument does not strike a key twice.
        notes.retain(|other| (other.onset, other.pitch, other.family) != (new.onset, new.pitch, new.family));
        notes.push(new);
        notes.sort_unstable();
    }
    let bar = |(bar_idx, notes): (usize, Vec<Note>)| {
        let bar = score.bars.get(bar_idx)?;
        Some((bar_idx, Arc::new(Bar { start: bar.start, meter: bar.meter, notes })))
    };
    changed.into_iter().filter_map(bar).collect()
}
