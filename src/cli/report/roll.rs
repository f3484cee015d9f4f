//! Piano rolls as SVG, with their notes for the page to play.

use serde_json::{Value, json};

use crate::cli::report::svg::{Anchor, Svg};
use crate::music::{Family, Tick};
use crate::training::measures::Passage;

const WIDTH: f64 = 1060.0;
/// Room for the names of the octaves, and to the right.
const LEFT: f64 = 34.0;
const RIGHT: f64 = 4.0;
const ROW: f64 = 5.0;

/// The pitch range of several passages, so that their rolls have one scale.
pub(super) fn pitch_range<'a>(passages: impl Iterator<Item = &'a Passage>) -> (u8, u8) {
    let (mut low, mut high) = (127, 0);
    for note in passages.flat_map(|passage| &passage.notes) {
        (low, high) = (low.min(note.pitch), high.max(note.pitch));
    }
    if low > high { (54, 78) } else { (low.saturating_sub(2), (high + 2).min(127)) }
}

/// The legend of the families in some passages: classes and names.
pub(super) fn key<'a>(passages: impl Iterator<Item = &'a Passage>) -> Vec<(String, &'static str)> {
    let families: std::collections::BTreeSet<Family> =
        passages.flat_map(|passage| &passage.notes).map(|note| note.family).collect();
    families.into_iter().map(|family| (class(family), family.name())).collect()
}

fn class(family: Family) -> String {
    format!("f{}", family.index())
}

fn begin(passage: &Passage) -> Tick {
    passage.bars.first().map_or(Tick::ZERO, |(start, _)| *start)
}

/// Draws a passage in one row, with the keys from `low` to `high`.
pub(super) fn draw(title: &str, passage: &Passage, (low, high): (u8, u8)) -> String {
    let bottom = (f64::from(high) - f64::from(low) + 1.0) * ROW;
    let begin = begin(passage);
    let ticks = (passage.end - begin).0.max(1) as f64;
    let x = |at: Tick| LEFT + (at - begin).0 as f64 / ticks * (WIDTH - LEFT - RIGHT);
    let y = |pitch: u8| bottom - (f64::from(pitch) - f64::from(low) + 1.0) * ROW;
    let mut svg = Svg::new(WIDTH, bottom + 4.0);
    for octave in (low..=high).filter(|pitch| pitch % 12 == 0) {
        let line = y(octave) + ROW;
        svg.line(&[(LEFT, line), (WIDTH - RIGHT, line)], "grid");
        svg.text((4.0, line), Anchor::Start, "label", &format!("C{}", i32::from(octave / 12) - 1));
    }
    for (start, _) in &passage.bars {
        svg.line(&[(x(*start), 0.0), (x(*start), bottom)], "grid");
    }
    for note in &passage.notes {
        let (left, right) = (x(note.onset), x(note.end().min(passage.end)));
        // Softer notes are paler.
        let loudness = note.velocity / 32;
        let class = format!("{} v{loudness}", class(note.family));
        svg.rect((left, y(note.pitch)), ((right - left - 1.0).max(2.0), ROW - 1.0), &class, "");
    }
    svg.finish(title)
}

/// The notes for the page to play: onset and duration in quarter notes, pitch, velocity, and whether it is a drum.
pub(super) fn sound(passage: &Passage) -> Value {
    let begin = begin(passage);
    let quarters = |ticks: Tick| (ticks.0 as f64 / Tick::PER_BEAT as f64 * 1000.0).round() / 1000.0;
    let notes: Vec<Value> = passage
        .notes
        .iter()
        .map(|note| {
            let is_drum = u8::from(note.family.is_drums());
            json!([quarters(note.onset - begin), quarters(note.duration), note.pitch, note.velocity, is_drum])
        })
        .collect();
    json!({ "quarters": quarters(passage.end - begin), "notes": notes })
}
