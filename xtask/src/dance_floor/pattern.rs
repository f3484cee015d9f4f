//! Notes on a grid of sixteenths, and the accents that make a grid groove.

use crate::dance_floor::chance::Chance;

/// Sixteenths in a bar.
pub(super) const STEPS: usize = 16;
/// Ticks in a sixteenth.
pub(super) const STEP: u32 = 120;

/// Who plays a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Drums,
    Bass,
    Chords,
    Pad,
    Lead,
}

/// A note, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) at: u32,
    pub(super) length: u32,
    pub(super) part: Part,
    pub(super) key: u8,
    pub(super) velocity: u8,
}

/// How much louder or softer each place in the beat is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accents([i32; 4]);

impl Accents {
    /// Accents on the beat, off the beat, rolling or even.
    pub(super) fn new(chance: &mut Chance) -> Self {
        Self(chance.weigh(&[
            ([14, -22, 4, -16], 3),
            ([0, -24, 18, -18], 4),
            ([-8, -20, 16, -12], 2),
            ([6, -12, 12, -8], 2),
            ([4, -4, 4, -4], 1),
            ([10, -26, -6, 2], 1),
        ]))
    }

    pub(super) fn velocity(self, step: usize, base: i32) -> u8 {
        (base + self.0[step % 4]).clamp(16, 124) as u8
    }
}

/// One note of a motif.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stroke {
    pub(super) step: usize,
    /// Ticks.
    pub(super) length: u32,
    /// What is played, by the rule of the part.
    pub(super) tone: i32,
    pub(super) velocity: u8,
}

/// Bars that are played in turn: a motif, the motif answered, the motif, the motif turned.
#[derive(Clone, Debug)]
pub(super) struct Motif {
    pub(super) bars: Vec<Vec<Stroke>>,
}

impl Motif {
    /// Repeats a bar in one of the ways that loops are built; `answer` makes a bar out of the first.
    pub(super) fn grown(
        first: Vec<Stroke>,
        chance: &mut Chance,
        mut answer: impl FnMut(&[Stroke], &mut Chance) -> Vec<Stroke>,
    ) -> Self {
        let bars = match chance.weigh(&[(0_u8, 3), (1, 5), (2, 3), (3, 2)]) {
            0 => vec![first],
            1 => {
                let second = answer(&first, chance);
                vec![first, second]
            }
            2 => {
                let last = answer(&first, chance);
                vec![first.clone(), first.clone(), first, last]
            }
            _ => {
                let (second, last) = (answer(&first, chance), answer(&first, chance));
                vec![first.clone(), second, first, last]
            }
        };
        Self { bars }
    }

    pub(super) fn bar(&self, bar: usize) -> &[Stroke] {
        &self.bars[bar % self.bars.len()]
    }
}

/// A rhythm that moves one or two of its strokes, or the one at the end of the bar.
pub(super) fn moved(strokes: &[Stroke], chance: &mut Chance) -> Vec<Stroke> {
    let mut strokes = strokes.to_vec();
    for _ in 0..chance.between(1, 2) {
        let Some(idx) = strokes.len().checked_sub(1 + chance.below(strokes.len().min(2))) else {
            break;
        };
        let wanted = (strokes[idx].step as i32 + chance.pick(&[-2, -1, 1, 2])).clamp(0, 15) as usize;
        if strokes.iter().all(|stroke| stroke.step != wanted) {
            strokes[idx].step = wanted;
        }
    }
    strokes.sort_by_key(|stroke| stroke.step);
    strokes
}

/// Shortens each note to where the next one of its part begins, if both are of one voice.
pub(super) fn monophonic(strokes: &mut [Stroke]) {
    for idx in 0..strokes.len() {
        let end = strokes.get(idx + 1).map_or(STEPS, |next| next.step);
        let room = (end - strokes[idx].step) as u32 * STEP;
        strokes[idx].length = strokes[idx].length.min(room.max(STEP / 2));
    }
}
