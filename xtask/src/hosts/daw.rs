//! A transport without sound: it gives the song position of each block, as a DAW does.

use crate::hosts::block::{Block, NoteIn, Transport};

/// A song's transport. Everything is in quarter notes but the tempo, which is quarter notes a minute.
#[derive(Clone, Debug)]
pub struct Daw {
    /// Frames a second.
    pub sample_rate: f64,
    /// The song position; negative in a pre-roll.
    pub position: f64,
    /// Quarter notes a minute.
    pub tempo: f64,
    /// Time signatures and where each begins, in ascending order. The first also holds before it.
    pub meters: Vec<(f64, (u16, u16))>,
    /// The loop, if it is on.
    pub cycle: Option<(f64, f64)>,
    /// Whether blocks are cut where the loop ends.
    pub loop_style: LoopStyle,
    /// How much the host reports.
    pub report: Report,
    /// The block lengths.
    pub sizes: Sizes,
}

/// What a host does at the end of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopStyle {
    /// Cuts the block there, so that each block is contiguous in the song.
    CutBlocks,
    /// Wraps inside a block, and leaves it to the plugin to notice.
    InsideBlocks,
}

/// How much of its transport a host reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// Position, tempo, meter, bar start and loop.
    Everything,
    /// Position and tempo only.
    PositionAndTempo,
}

/// The lengths of blocks.
#[derive(Clone, Debug)]
pub enum Sizes {
    /// All of one length.
    Fixed(u32),
    /// Between 1 and `max`, log-uniform: short and long blocks are equally likely.
    Random {
        /// The state of the random numbers.
        seed: u64,
        /// The longest.
        max: u32,
    },
}

impl Sizes {
    fn draw(&mut self) -> u32 {
        match self {
            Self::Fixed(frames) => *frames,
            Self::Random { seed, max } => {
                let unit = (splitmix(seed) >> 11) as f64 / (1_u64 << 53) as f64;
                (f64::from(*max).ln() * unit).exp().round().clamp(1.0, f64::from(*max)) as u32
            }
        }
    }
}

impl Default for Daw {
    fn default() -> Self {
        Self {
            sample_rate: 48_000.0,
            position: 0.0,
            tempo: 120.0,
            meters: vec![(0.0, (4, 4))],
            cycle: None,
            loop_style: LoopStyle::CutBlocks,
            report: Report::Everything,
            sizes: Sizes::Fixed(512),
        }
    }
}

impl Daw {
    /// Plays on for this many quarter notes, loops included.
    pub fn play(&mut self, beats: f64) -> Vec<Block> {
        self.ramp(beats, self.tempo)
    }

    /// Plays on for this many quarter notes while the tempo moves evenly to `tempo`, block by block.
    pub fn ramp(&mut self, beats: f64, tempo: f64) -> Vec<Block> {
        let (from, mut left, mut blocks) = (self.tempo, beats, Vec::new());
        // A millionth of a sample: what is left below that is rounding.
        while left > 1e-6 * self.beats_per_sample() {
            self.tempo = from + (tempo - from) * (1.0 - left / beats);
            let step = self.beats_per_sample();
            let mut frames = self.sizes.draw().min((left / step - 1e-6).ceil().max(1.0) as u32);
            let in_loop = self.cycle.filter(|&(_, end)| self.position < end);
            let mut wraps = None;
            if let Some((_, end)) = in_loop {
                let to_end = ((end - self.position) / step - 1e-6).ceil().max(1.0) as u32;
                match self.loop_style {
                    LoopStyle::CutBlocks => frames = frames.min(to_end.max(1)),
                    LoopStyle::InsideBlocks => wraps = (frames >= to_end).then_some(in_loop).flatten(),
                }
            }
            blocks.push(self.block(frames, true, wraps));
            left -= f64::from(frames) * step;
            self.position += f64::from(frames) * step;
            if let Some((start, end)) = in_loop.filter(|&(_, end)| self.position >= end) {
                self.position = start + (self.position - end).rem_euclid(end - start);
            }
        }
        self.tempo = tempo;
        blocks
    }

    /// Stopped for this many frames.
    pub fn stand(&mut self, frames: u32) -> Vec<Block> {
        let (mut left, mut blocks) = (frames, Vec::new());
        while left > 0 {
            let frames = self.sizes.draw().min(left);
            blocks.push(self.block(frames, false, None));
            left -= frames;
        }
        blocks
    }

    fn beats_per_sample(&self) -> f64 {
        self.tempo / 60.0 / self.sample_rate
    }

    fn block(&self, frames: u32, playing: bool, wraps: Option<(f64, f64)>) -> Block {
        let (meter, bar_start) = self.bar();
        let everything = self.report == Report::Everything;
        Block {
            frames,
            transport: Transport {
                playing,
                position: Some(self.position),
                tempo: Some(self.tempo),
                meter: everything.then_some(meter),
                bar_start: everything.then_some(bar_start),
                cycle: self.cycle.filter(|_| everything),
            },
            beat: self.position,
            tempo: self.tempo,
            wraps,
            changes: Vec::new(),
            notes: Vec::new(),
            inputs: Vec::new(),
        }
    }

    /// The meter here, and where the current bar began.
    fn bar(&self) -> ((u16, u16), f64) {
        let here = self.meters.iter().rev().find(|(from, _)| *from <= self.position);
        let (origin, meter) = *here.or(self.meters.first()).unwrap_or(&(0.0, (4, 4)));
        let bar = f64::from(meter.0) * 4.0 / f64::from(meter.1);
        (meter, origin + ((self.position - origin) / bar).floor() * bar)
    }
}

/// A key pressed and released at given song positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Press {
    /// Where it is pressed, in quarter notes.
    pub beat: f64,
    /// How long it is held, in quarter notes.
    pub length: f64,
    /// 0 to 127.
    pub key: u8,
    /// 1 to 127.
    pub velocity: u8,
}

/// Adds keys to the blocks in which the song first reaches their positions, on the nearest frame. Positions
/// that the song does not reach are left out.
pub fn press(blocks: &mut [Block], sample_rate: f64, presses: &[Press]) {
    for press in presses {
        let (down, up) = (press.beat, press.beat + press.length);
        let from = note_at(blocks, sample_rate, 0, down, press.key, Some(press.velocity));
        if let Some(from) = from {
            note_at(blocks, sample_rate, from, up, press.key, None);
        }
    }
}

fn note_at(
    blocks: &mut [Block],
    sample_rate: f64,
    from: usize,
    beat: f64,
    key: u8,
    velocity: Option<u8>,
) -> Option<usize> {
    for (idx, block) in blocks.iter_mut().enumerate().skip(from) {
        let frame = ((beat - block.beat) * 60.0 / block.tempo * sample_rate).round();
        if block.transport.playing && (0.0..f64::from(block.frames)).contains(&frame) {
            let offset = frame as u32;
            block.notes.push(NoteIn { offset, velocity, channel: 0, key });
            block.notes.sort_by_key(|note| (note.offset, note.velocity.is_some()));
            return Some(idx);
        }
    }
    None
}

pub(crate) fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(blocks: &[Block]) -> u64 {
        blocks.iter().map(|block| u64::from(block.frames)).sum()
    }

    #[test]
    fn four_quarters_at_120_last_two_seconds_in_blocks_of_any_size() {
        for sizes in [Sizes::Fixed(1), Sizes::Fixed(512), Sizes::Random { seed: 1, max: 8192 }] {
            let mut daw = Daw { sizes, ..Daw::default() };
            assert_eq!(frames(&daw.play(4.0)), 96_000);
            assert!((daw.position - 4.0).abs() < 1e-6);
        }
    }

    #[test]
    fn a_loop_shorter_than_a_block_wraps_inside_it() {
        let cycle = Some((1.0, 1.25));
        let mut daw =
            Daw { cycle, loop_style: LoopStyle::InsideBlocks, sizes: Sizes::Fixed(48_000), ..Daw::default() };
        let blocks = daw.play(2.0);
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].wraps, cycle);
        assert!((daw.position - 1.0).abs() < 1e-6, "{}", daw.position);
    }

    #[test]
    fn a_key_is_pressed_and_released_at_its_position_whatever_the_blocks() {
        for sizes in [Sizes::Fixed(1), Sizes::Fixed(512), Sizes::Random { seed: 3, max: 8192 }] {
            let mut daw = Daw { sizes, ..Daw::default() };
            let mut blocks = daw.stand(100);
            blocks.extend(daw.play(4.0));
            let press = |beat| Press { beat, length: 0.5, key: 60, velocity: 80 };
            super::press(&mut blocks, 48_000.0, &[press(1.0), press(1.5), press(9.0)]);
            let mut start = 0;
            let mut received = Vec::new();
            for block in &blocks {
                received.extend(block.notes.iter().map(|note| (start + note.offset, note.velocity)));
                start += block.frames;
            }
            let at = |beats: f64| 100 + (beats * 24_000.0) as u32;
            let expected = [(at(1.0), Some(80)), (at(1.5), None), (at(1.5), Some(80)), (at(2.0), None)];
            assert_eq!(received, expected);
        }
    }

    #[test]
    fn bars_are_counted_from_where_their_meter_begins() {
        let meters = vec![(0.0, (4, 4)), (8.0, (3, 4))];
        let mut daw = Daw { meters, position: 11.5, ..Daw::default() };
        assert_eq!(daw.bar(), ((3, 4), 11.0));
        daw.position = -0.5;
        assert_eq!(daw.bar(), ((4, 4), -4.0));
    }
}
