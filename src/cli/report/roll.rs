//! Piano rolls as SVG.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use crate::cli::report::plot::{css, svg};
use crate::music::{Family, Note, Tick};
use crate::training::measures::Passage;

const WIDTH: u32 = 1060;
const LEFT: i32 = 34;
const TOP: i32 = 26;
const ROW: i32 = 5;

/// Colours of the instrument families, drums last.
const FAMILIES: [RGBColor; Family::COUNT] = [
    RGBColor(37, 99, 235),
    RGBColor(8, 145, 178),
    RGBColor(5, 150, 105),
    RGBColor(101, 163, 13),
    RGBColor(194, 65, 12),
    RGBColor(217, 119, 6),
    RGBColor(124, 58, 237),
    RGBColor(220, 38, 38),
    RGBColor(190, 24, 93),
    RGBColor(14, 116, 144),
    RGBColor(219, 39, 119),
    RGBColor(79, 70, 229),
    RGBColor(77, 124, 15),
    RGBColor(146, 64, 14),
    RGBColor(161, 98, 7),
    RGBColor(87, 83, 78),
    RGBColor(100, 107, 120),
];

/// The pitch range of several passages, so that their rolls have one scale.
pub(super) fn pitch_range<'a>(passages: impl Iterator<Item = &'a Passage>) -> (u8, u8) {
    let (mut low, mut high) = (127, 0);
    for note in passages.flat_map(|passage| &passage.notes) {
        (low, high) = (low.min(note.pitch), high.max(note.pitch));
    }
    if low > high { (54, 78) } else { (low.saturating_sub(2), (high + 2).min(127)) }
}

/// The legend of the families in some passages.
pub(super) fn key<'a>(passages: impl Iterator<Item = &'a Passage>) -> Vec<(String, &'static str)> {
    let families: std::collections::BTreeSet<Family> =
        passages.flat_map(|passage| &passage.notes).map(|note| note.family).collect();
    families.into_iter().map(|family| (css(FAMILIES[family.index()]), family.name())).collect()
}

/// Draws a passage in one row, with the keys from `low` to `high`.
pub(super) fn draw(title: &str, passage: &Passage, (low, high): (u8, u8)) -> Result<String> {
    let rows = i32::from(high) - i32::from(low) + 1;
    let (top, bottom) = (TOP, TOP + rows * ROW);
    let begin = passage.bars.first().map_or(Tick::ZERO, |(start, _)| *start);
    let ticks = (passage.end - begin).0.max(1);
    let x = |at: Tick| LEFT + ((at - begin).0 * i64::from(WIDTH as i32 - LEFT - 4) / ticks) as i32;
    let y = |pitch: u8| bottom - (i32::from(pitch) - i32::from(low) + 1) * ROW;
    svg((WIDTH, (bottom + 8) as u32), |area| {
        let text = ("system-ui, sans-serif", 13).into_font().color(&RGBColor(70, 77, 90));
        let small = ("system-ui, sans-serif", 11).into_font().color(&RGBColor(130, 138, 150));
        let fill = |from: (i32, i32), to: (i32, i32), colour: RGBColor| {
            area.draw(&Rectangle::new([from, to], colour.filled()))
                .map_err(|error| anyhow!("could not draw: {error}"))
        };
        let write = |words: &str, at: (i32, i32), style: &TextStyle<'_>| {
            area.draw(&Text::new(words.to_owned(), at, style.clone()))
                .map_err(|error| anyhow!("could not draw: {error}"))
        };
        write(title, (LEFT, 6), &text)?;
        for octave in (low..=high).filter(|pitch| pitch % 12 == 0) {
            let line = y(octave) + ROW;
            fill((LEFT, line), (WIDTH as i32 - 4, line + 1), RGBColor(226, 230, 236))?;
            write(&format!("C{}", i32::from(octave / 12) - 1), (4, line - 10), &small)?;
        }
        for (start, _) in &passage.bars {
            fill((x(*start), top), (x(*start) + 1, bottom), RGBColor(205, 210, 218))?;
        }
        for note in &passage.notes {
            let right = x(note.end().min(passage.end)).max(x(note.onset) + 3);
            let corners = ((x(note.onset), y(note.pitch)), (right - 1, y(note.pitch) + ROW - 1));
            fill(corners.0, corners.1, colour(note))?;
        }
        Ok(())
    })
}

/// The colour of a note: that of its family, paler for lower velocities.
fn colour(note: &Note) -> RGBColor {
    let share = 0.45 + 0.55 * f64::from(note.velocity.min(127)) / 127.0;
    let mix = |part: u8| (255.0 - (255.0 - f64::from(part)) * share) as u8;
    let RGBColor(red, green, blue) = FAMILIES[note.family.index()];
    RGBColor(mix(red), mix(green), mix(blue))
}
