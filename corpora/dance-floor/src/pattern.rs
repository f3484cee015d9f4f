//! Notes on a grid of sixteenths, their accents, and motifs.

use crate::rng::Rng;

/// Sixteenths in a bar.
pub(crate) const STEPS: usize = 16;
/// Ticks in a sixteenth.
pub(crate) const STEP: u32 = 120;

/// The part that plays a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Drums,
    Bass,
    Chords,
    Pad,
    Lead,
}

/// A note, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) at: u32,
    pub(crate) length: u32,
    pub(crate) part: Part,
    pub(crate) key: u8,
    pub(crate) velocity: u8,
}

/// How much louder or softer each sixteenth of the beat is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accents([i32; 4]);

impl Accents {
    /// Accents on the beat, off the beat, rolling or even.
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Self(rng.weighted(&[
            ([14, -22, 4, -16], 3),
            ([0, -24, 18, -18], 4),
            ([-8, -20, 16, -12], 2),
            ([6, -12, 12, -8], 2),
            ([4, -4, 4, -4], 1),
            ([10, -26, -6, 2], 1),
        ]))
    }

    pub(crate) fn velocity(self, step: usize, base: i32) -> u8 {
        (base + self.0[step % 4]).clamp(16, 124) as u8
    }
}

/// One note of a motif.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stroke {
    pub(crate) step: usize,
    /// Ticks.
    pub(crate) length: u32,
    /// The pitch, in the terms of the part.
    pub(crate) tone: i32,
    pub(crate) velocity: u8,
}

/// Bars that repeat in a cycle: a motif and its variations.
#[derive(Clone, Debug)]
pub(crate) struct Motif {
    pub(crate) bars: Vec<Vec<Stroke>>,
}

impl Motif {
    /// Makes a cycle from a bar; `answer` varies it.
    pub(crate) fn from_bar(
        first: Vec<Stroke>,
        rng: &mut Rng,
        mut answer: impl FnMut(&[Stroke], &mut Rng) -> Vec<Stroke>,
    ) -> Self {
        let bars = match rng.weighted(&[(0_u8, 3), (1, 5), (2, 3), (3, 2)]) {
            0 => vec![first],
            1 => {
                let second = answer(&first, rng);
                vec![first, second]
            }
            2 => {
                let last = answer(&first, rng);
                vec![first.clone(), first.clone(), first, last]
            }
            _ => {
                let (second, last) = (answer(&first, rng), answer(&first, rng));
                vec![first.clone(), second, first, last]
            }
        };
        Self { bars }
    }

    pub(crate) fn bar(&self, bar: usize) -> &[Stroke] {
        &self.bars[bar % self.bars.len()]
    }
}

/// The rhythm with one or two of its last strokes moved.
pub(crate) fn moved(strokes: &[Stroke], rng: &mut Rng) -> Vec<Stroke> {
    let mut strokes = strokes.to_vec();
    for _ in 0..rng.between(1, 2) {
        let Some(idx) = strokes.len().checked_sub(1 + rng.below(strokes.len().min(2))) else {
            break;
        };
        let wanted = (strokes[idx].step as i32 + rng.pick(&[-2, -1, 1, 2])).clamp(0, 15) as usize;
        if strokes.iter().all(|stroke| stroke.step != wanted) {
            strokes[idx].step = wanted;
        }
    }
    strokes.sort_by_key(|stroke| stroke.step);
    strokes
}

/// Shortens each note to the beginning of the next.
pub(crate) fn monophonic(strokes: &mut [Stroke]) {
    for idx in 0..strokes.len() {
        let end = strokes.get(idx + 1).map_or(STEPS, |next| next.step);
        let room = (end - strokes[idx].step) as u32 * STEP;
        strokes[idx].length = strokes[idx].length.min(room.max(STEP / 2));
    }
}
