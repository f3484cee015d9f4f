//! Follows the host's song position from block to block.

use crate::music::Beats;
use crate::player::host::transport::Block;

/// Whether and how the song moves during one block.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Motion {
    Stopped,
    Moving(Path),
}

/// Maps song positions to the samples of a block, at one tempo.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SampleMap {
    /// A song position in beats.
    pub(crate) beat: f64,
    /// The sample of the block at that position.
    pub(crate) sample: f64,
    /// Samples to the beat.
    pub(crate) samples_per_beat: f64,
    /// Where the block begins, in samples counted from the player's first.
    pub(crate) block_start: u64,
    /// The block's length.
    pub(crate) n_samples: u32,
}

impl SampleMap {
    /// For a block in which the song stands still.
    pub(crate) fn standing(block_start: u64, n_samples: u32) -> Self {
        Self { beat: 0.0, sample: 0.0, samples_per_beat: 1.0, block_start, n_samples }
    }

    /// The song position of a sample of the block.
    pub(crate) fn to_beat(self, offset: u32) -> Beats {
        Beats(self.beat + (f64::from(offset) - self.sample) / self.samples_per_beat)
    }

    /// How far before a sample a position still rounds to it, in samples. A position halfway between two samples,
    /// or a host's rounding error below that, goes up: so the sample is the same at every block size.
    const HALF_SAMPLE: f64 = 0.5 + 1e-4;

    /// The nearest sample to a song position, within the block.
    pub(crate) fn to_offset_round(self, beat: f64) -> u32 {
        let sample = self.sample + (beat - self.beat) * self.samples_per_beat;
        // The cast saturates, so any position is safe.
        ((sample + Self::HALF_SAMPLE).floor() as u32).min(self.n_samples.saturating_sub(1))
    }

    /// Where the positions end that round to a sample before `beat`, in beats, if a sample is just there.
    pub(crate) fn half_sample_before(self, beat: f64) -> f64 {
        beat - Self::HALF_SAMPLE / self.samples_per_beat
    }
}

/// The way of the song through one block: straight on, except for a loop that may wrap many times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path {
    /// Where the song is, in beats.
    pub(crate) position: f64,
    /// Beats to the sample.
    pub(crate) beats_per_sample: f64,
    /// Start and end of the loop, if the song is going to wrap.
    pub(crate) loop_range: Option<(f64, f64)>,
    /// Set if the song has come here by a jump or round a loop: the position from which notes are due. To be
    /// taken by what plays from here.
    pub(crate) jump: Option<f64>,
    sample: f64,
    n_samples: f64,
}

impl Path {
    /// Whether the end of the block has been reached.
    pub(crate) fn is_over(&self) -> bool {
        self.n_samples - self.sample < 1e-6
    }

    /// The sample of the block that has been reached.
    pub(crate) fn sample(&self) -> f64 {
        self.sample
    }

    /// The map of song positions from here on to samples.
    pub(crate) fn sample_map(&self, block_start: u64) -> SampleMap {
        SampleMap {
            beat: self.position,
            sample: self.sample,
            samples_per_beat: 1.0 / self.beats_per_sample,
            block_start,
            n_samples: self.n_samples as u32,
        }
    }

    /// Where the song would be at the end of the block if it ran straight on.
    pub(crate) fn block_end(&self) -> f64 {
        self.position + (self.n_samples - self.sample) * self.beats_per_sample
    }

    /// Goes on to the end of the block, the loop or the bar, whichever comes first, and returns that song
    /// position. At the end of the loop the path jumps back.
    pub(crate) fn advance(&mut self, bar_end: f64) -> f64 {
        let block_end = self.block_end();
        let loop_end = self.loop_range.map_or(f64::INFINITY, |(_, end)| end);
        let to = block_end.min(bar_end).min(loop_end).max(self.position);
        if to < block_end {
            self.sample += (to - self.position) / self.beats_per_sample;
        } else {
            self.sample = self.n_samples;
        }
        self.position = to;
        if let Some((start, end)) = self.loop_range
            && to >= end - 1e-9
        {
            self.position = start;
            self.jump = Some(start);
        }
        to
    }
}

/// Knows where the next block should begin, and so whether the song has jumped.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    last: Option<BlockEnd>,
}

/// The end of a block.
#[derive(Debug, Clone, Copy)]
struct BlockEnd {
    position: f64,
    beats_per_sample: f64,
    n_samples: f64,
    /// Set if the loop has wrapped exactly at the end of the block.
    jump: Option<f64>,
    /// The loop that the block ran in.
    loop_range: Option<(f64, f64)>,
}

impl Follower {
    /// The tempo of a host that reports none.
    const TEMPO: f64 = 120.0;
    /// How far a host's position may be off, in beats, before it counts as a jump.
    const SLACK: f64 = 0.01;
    /// The shortest loop, in samples. Shorter ones are ignored.
    const SHORTEST_LOOP: f64 = 16.0;

    /// Forgets where the song was: the next block begins with a jump.
    pub(crate) fn forget(&mut self) {
        self.last = None;
    }

    /// How the song moves during this block, whose transport is credible.
    pub(crate) fn advance(&self, block: &Block) -> Motion {
        let transport = &block.transport;
        if !transport.playing {
            return Motion::Stopped;
        }
        let beats_per_sample = beats_per_sample(block);
        let reported = transport.position.map(|position| position.0);
        let shortest = Self::SHORTEST_LOOP * beats_per_sample;
        let loop_range = transport
            .loop_range
            .map(|(Beats(start), Beats(end))| (start, end))
            .filter(|(start, end)| end - start >= shortest);
        let (position, jump) = self.locate(reported, loop_range, beats_per_sample);
        Motion::Moving(Path {
            position,
            beats_per_sample,
            // A playhead beyond the loop runs on; one at its very end is about to wrap.
            loop_range: loop_range.filter(|(_, end)| position <= *end + 1e-9),
            jump,
            sample: 0.0,
            n_samples: f64::from(block.n_samples),
        })
    }

    /// Remembers where a block ended.
    pub(crate) fn arrive(&mut self, path: &Path) {
        self.last = Some(BlockEnd {
            position: path.position,
            beats_per_sample: path.beats_per_sample,
            n_samples: path.n_samples,
            jump: path.jump,
            loop_range: path.loop_range,
        });
    }

    /// The position at which to go on, and a jump if the last block did not lead there.
    fn locate(
        &self,
        reported: Option<f64>,
        loop_range: Option<(f64, f64)>,
        beats_per_sample: f64,
    ) -> (f64, Option<f64>) {
        // A jump that lands a sample late still plays the notes at its target.
        let landing = |position: f64| (position, Some(position - beats_per_sample));
        let Some(last) = &self.last else {
            return landing(reported.unwrap_or(0.0));
        };
        let Some(reported) = reported else {
            return (last.position, last.jump);
        };
        if last.leads_to(reported, beats_per_sample) {
            return (reported, last.jump);
        }
        let Some((start, end)) = last.loop_range else {
            return landing(reported);
        };
        // Around the end of a loop, host and player may differ in a sample or so on which side they are.
        let length = end - start;
        if last.leads_to(reported + length, beats_per_sample) {
            // The host has wrapped already.
            return (reported, Some(start));
        }
        let is_same = loop_range.is_some_and(|range| is_same_loop(range, (start, end)));
        if is_same && last.leads_to(reported - length, beats_per_sample) {
            // The host has not wrapped yet. Without this loop it never will, and goes on beyond its end.
            return (reported - length, last.jump);
        }
        landing(reported)
    }
}

impl BlockEnd {
    /// Whether a block that begins at `reported` goes on where this one ended.
    ///
    /// The tempo may have changed anywhere in the block, so the song may have moved at the old tempo, at
    /// the new one, or between.
    fn leads_to(&self, reported: f64, beats_per_sample: f64) -> bool {
        let drift = self.n_samples * (beats_per_sample - self.beats_per_sample);
        let slack = Follower::SLACK.max(0.1 * self.n_samples * self.beats_per_sample);
        let difference = reported - self.position;
        difference >= drift.min(0.0) - slack && difference <= drift.max(0.0) + slack
    }
}

/// Whether two loops are the same, but for a host's rounding.
fn is_same_loop(one: (f64, f64), other: (f64, f64)) -> bool {
    (one.0 - other.0).abs() < Follower::SLACK && (one.1 - other.1).abs() < Follower::SLACK
}

/// How fast the song moves; always positive and finite.
fn beats_per_sample(block: &Block) -> f64 {
    let tempo = block.transport.tempo.filter(|tempo| (1.0..=10_000.0).contains(tempo));
    tempo.unwrap_or(Follower::TEMPO) / 60.0 / block.credible_rate()
}
