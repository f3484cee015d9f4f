//! Piano rolls as PNG pictures.
//!
//! Lines of `BARS_PER_LINE` bars, one under the other, all with the same keys. Rows of black keys are
//! shaded, each C has a line and its name, each channel its colour, and louder notes are brighter.

use std::path::Path;

use anyhow::Result;

use crate::midi::{Note, Song};
use crate::picture::{Colour, LETTER, Picture};

const BARS_PER_LINE: usize = 8;
const BAR_WIDTH: usize = 200;
const ROW: usize = 7;
const LEFT: usize = 48;
const TOP: usize = 30;
const BETWEEN: usize = 22;
const BOTTOM: usize = 26;

const PAPER: Colour = [23, 25, 30];
const WHITE_ROW: Colour = [36, 39, 46];
const BLACK_ROW: Colour = [29, 32, 38];
const OCTAVE_LINE: Colour = [62, 67, 78];
const BEAT_LINE: Colour = [46, 50, 58];
const BAR_LINE: Colour = [98, 105, 120];
const TEXT: Colour = [196, 202, 212];
/// The channel of drums.
pub(crate) const DRUMS: usize = 9;
/// One for each channel; that of the drums is grey.
pub(crate) const CHANNELS: [Colour; 16] = [
    [92, 172, 238],
    [245, 168, 76],
    [126, 206, 122],
    [228, 110, 134],
    [178, 142, 240],
    [90, 208, 200],
    [240, 214, 92],
    [208, 150, 112],
    [150, 190, 70],
    [205, 208, 214],
    [238, 130, 200],
    [120, 140, 240],
    [70, 180, 140],
    [220, 120, 80],
    [170, 170, 110],
    [140, 200, 240],
];

/// Draws a song.
///
/// # Errors
/// If the picture cannot be written.
pub fn draw(song: &Song, title: &str, file: &Path) -> Result<()> {
    let bars = bars(song);
    let lines = bars.len().saturating_sub(1).div_ceil(BARS_PER_LINE).max(1);
    let (low, high) = key_range(&song.notes);
    let line_height = usize::from(high - low + 1) * ROW;
    let width = LEFT + BARS_PER_LINE * BAR_WIDTH + LEFT / 3;
    let height = TOP + lines * (line_height + BETWEEN) + BOTTOM;
    let mut picture = Picture::new(width, height, PAPER);
    picture.text(LEFT, 8, title, TEXT);
    for (line, bars) in lines_of(&bars).enumerate() {
        let top = TOP + BETWEEN / 2 + line * (line_height + BETWEEN);
        let staff = Staff { bars, first: line * BARS_PER_LINE, top, low, high };
        staff.draw_keys(&mut picture);
        staff.draw_bars(&mut picture, &song.meters);
        staff.draw_notes(&mut picture, &song.notes);
    }
    legend(&mut picture, &song.notes, height - BOTTOM + 6);
    picture.save(file)
}

/// One line of bars.
struct Staff<'a> {
    /// The start of each bar, and the end of the last, in quarter notes.
    bars: &'a [f64],
    /// The index of the first bar in the song.
    first: usize,
    top: usize,
    low: u8,
    high: u8,
}

impl Staff<'_> {
    fn width(&self) -> usize {
        (self.bars.len() - 1) * BAR_WIDTH
    }

    fn height(&self) -> usize {
        usize::from(self.high - self.low + 1) * ROW
    }

    fn y(&self, key: u8) -> usize {
        self.top + usize::from(self.high - key) * ROW
    }

    /// Bars are equally wide, whatever their meter.
    fn x(&self, beat: f64) -> usize {
        let bar = self.bars.partition_point(|start| *start <= beat).clamp(1, self.bars.len() - 1) - 1;
        let within = (beat - self.bars[bar]) / (self.bars[bar + 1] - self.bars[bar]);
        LEFT + ((bar as f64 + within.clamp(0.0, 1.0)) * BAR_WIDTH as f64).round() as usize
    }

    fn draw_keys(&self, picture: &mut Picture) {
        for key in self.low..=self.high {
            let black = matches!(key % 12, 1 | 3 | 6 | 8 | 10);
            let (row, ivory) = if black { (BLACK_ROW, [48, 50, 56]) } else { (WHITE_ROW, [214, 216, 220]) };
            picture.fill(LEFT, self.y(key), self.width(), ROW, row);
            picture.fill(LEFT - 14, self.y(key), 12, ROW - 1, ivory);
            if key % 12 == 0 {
                picture.fill(LEFT, self.y(key) + ROW - 1, self.width(), 1, OCTAVE_LINE);
                picture.text(4, self.y(key), &format!("C{}", i32::from(key / 12) - 1), TEXT);
            }
        }
    }

    fn draw_bars(&self, picture: &mut Picture, meters: &[(f64, (u16, u16))]) {
        for (idx, bar) in self.bars.windows(2).enumerate() {
            let (_, meter) =
                meters.iter().rev().find(|(from, _)| *from <= bar[0] + 1e-9).unwrap_or(&meters[0]);
            let x = LEFT + idx * BAR_WIDTH;
            for beat in 1..meter.0 {
                let x = x + usize::from(beat) * BAR_WIDTH / usize::from(meter.0);
                picture.fill(x, self.top, 1, self.height(), BEAT_LINE);
            }
            picture.fill(x, self.top, 1, self.height(), BAR_LINE);
            let new_meter = meters.iter().any(|(from, _)| (from - bar[0]).abs() < 1e-9);
            let number = self.first + idx + 1;
            let name =
                if new_meter { format!("{number} ({}/{})", meter.0, meter.1) } else { number.to_string() };
            picture.text(x + 2, self.top - 10, &name, BAR_LINE);
        }
        picture.fill(LEFT + self.width(), self.top, 1, self.height(), BAR_LINE);
    }

    fn draw_notes(&self, picture: &mut Picture, notes: &[Note]) {
        let (start, end) = (self.bars[0], self.bars[self.bars.len() - 1]);
        for note in notes {
            let until = (note.beat + note.length).min(end);
            if note.beat >= end || until <= start {
                continue;
            }
            let (left, right) = (self.x(note.beat.max(start)), self.x(until));
            let width = right.saturating_sub(left).max(4) - 1;
            let colour = CHANNELS[usize::from(note.channel % 16)];
            let fill = mix(WHITE_ROW, colour, 0.35 + 0.65 * f32::from(note.velocity) / 127.0);
            let y = self.y(note.key);
            picture.fill(left + 1, y, width, ROW - 1, fill);
            if note.beat >= start {
                picture.fill(left + 1, y, 2, ROW - 1, mix(fill, [255, 255, 255], 0.45));
            }
        }
    }
}

/// The start of each bar, and the end of the last, in quarter notes.
fn bars(song: &Song) -> Vec<f64> {
    let end = song.notes.iter().map(|note| note.beat + 0.01).fold(0.1, f64::max);
    let mut bars = vec![0.0];
    let mut beat = 0.0;
    while beat < end {
        let meter = song.meters.iter().rev().find(|(from, _)| *from <= beat + 1e-9);
        let (_, (numerator, denominator)) = *meter.unwrap_or(&(0.0, (4, 4)));
        let next = beat + f64::from(numerator) * 4.0 / f64::from(denominator);
        let change = song.meters.iter().find(|(from, _)| *from > beat + 1e-9 && *from < next - 1e-9);
        beat = change.map_or(next, |(from, _)| *from);
        bars.push(beat);
    }
    bars
}

/// Cuts the bars into lines, each with the end of its last bar.
fn lines_of(bars: &[f64]) -> impl Iterator<Item = &[f64]> {
    (0..bars.len() - 1).step_by(BARS_PER_LINE).map(|first| {
        let last = (first + BARS_PER_LINE).min(bars.len() - 1);
        &bars[first..=last]
    })
}

/// The lowest and highest key, with a margin, and never less than two octaves.
fn key_range(notes: &[Note]) -> (u8, u8) {
    let low = notes.iter().map(|note| note.key).min().unwrap_or(60);
    let high = notes.iter().map(|note| note.key).max().unwrap_or(72);
    let missing = 20_u8.saturating_sub(high - low);
    (low.saturating_sub(2 + missing / 2), (high + 2 + missing.div_ceil(2)).min(127))
}

fn legend(picture: &mut Picture, notes: &[Note], y: usize) {
    let mut x = LEFT;
    for channel in 0..16_u8 {
        let count = notes.iter().filter(|note| note.channel == channel).count();
        if count > 0 {
            picture.fill(x, y, 10, 8, CHANNELS[usize::from(channel)]);
            let label = format!("channel {}: {count} notes", channel + 1);
            picture.text(x + 14, y, &label, TEXT);
            x += 34 + label.len() * LETTER;
        }
    }
}

fn mix(from: Colour, to: Colour, share: f32) -> Colour {
    let part = |idx: usize| (f32::from(from[idx]) * (1.0 - share) + f32::from(to[idx]) * share) as u8;
    [part(0), part(1), part(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_follow_the_meters_and_cover_the_last_note() {
        let note = Note { beat: 11.0, length: 1.0, channel: 0, key: 60, velocity: 80 };
        let song = Song { notes: vec![note], meters: vec![(0.0, (4, 4)), (8.0, (3, 4))], tempo: 120.0 };
        assert_eq!(bars(&song), [0.0, 4.0, 8.0, 11.0, 14.0]);
    }
}
