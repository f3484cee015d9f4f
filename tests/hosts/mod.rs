//! A simulated host that drives a player block by block, and checks of the player's output.
#![allow(dead_code, reason = "each test file uses what it needs")]
#![allow(missing_docs, unreachable_pub, reason = "test support")]
#![allow(clippy::unwrap_used, clippy::struct_excessive_bools, reason = "test support")]

use std::collections::HashMap;
use std::sync::Arc;

use continuo::music::{Bar, Beats, Family, Meter, Note, Score, Tick};
use continuo::player::handover::{ComposerEnd, Published, handover};
use continuo::player::{
    Block, ComposingKnobs, Event, EventKind, EventList, PerformingKnobs, Player, Transport,
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// An action of the user or the host at the start of a block.
#[derive(Debug, Clone, Copy)]
pub struct Jump {
    pub block: usize,
    pub kind: JumpKind,
}

#[derive(Debug, Clone, Copy)]
pub enum JumpKind {
    Seek(f64),
    /// Stops for three blocks.
    Stop,
    Octave(i8),
    Perform(PerformingKnobs),
    Silence,
}

#[derive(Debug, Clone)]
pub struct Setting {
    pub block_sizes: Vec<u32>,
    pub tempo: f64,
    /// Change of tempo per second.
    pub ramp: f64,
    pub sample_rate: f64,
    pub start: f64,
    pub loop_range: Option<(f64, f64)>,
    pub reports_loop: bool,
    pub splits_at_loop: bool,
    pub reports_position: bool,
    pub jumps: Vec<Jump>,
    pub performing: PerformingKnobs,
    /// Input events at samples from the start of the run, ascending.
    pub input: Vec<(u32, EventKind)>,
    /// Automation of the composing knobs: their values from a song position on.
    pub composing: Vec<(f64, ComposingKnobs)>,
    /// The time signatures from a bar line on.
    pub meters: Vec<(f64, Meter)>,
    pub reports_bars: bool,
    pub offline: bool,
    pub capacity: usize,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            block_sizes: vec![512],
            tempo: 120.0,
            ramp: 0.0,
            sample_rate: 48_000.0,
            start: 0.0,
            loop_range: None,
            reports_loop: true,
            splits_at_loop: false,
            reports_position: true,
            jumps: Vec::new(),
            performing: PerformingKnobs::default(),
            input: Vec::new(),
            composing: vec![(f64::NEG_INFINITY, ComposingKnobs::default())],
            meters: vec![(0.0, Meter::COMMON)],
            reports_bars: false,
            offline: false,
            capacity: EventList::CAPACITY,
        }
    }
}

/// A block as it was processed.
#[derive(Debug, Clone, Copy)]
pub struct Ran {
    pub start: u32,
    pub n_samples: u32,
    pub position: f64,
    pub end_position: f64,
    pub beats_per_sample: f64,
}

/// All events, at samples from the start of the run, and the blocks of the run.
#[derive(Debug, Clone, Default)]
pub struct Output {
    pub events: Vec<(u32, EventKind)>,
    pub blocks: Vec<Ran>,
}

#[derive(Debug)]
pub struct Host {
    setting: Setting,
}

/// A player with a score, all of whose requests count as answered.
pub fn player_with(score: Score) -> (ComposerEnd, Player) {
    let (mut composer_end, player_end) = handover();
    composer_end.publish(Published { score: Arc::new(score), answered: u64::MAX }).unwrap();
    (composer_end, Player::new(player_end))
}

impl Host {
    pub fn new(setting: Setting) -> Self {
        Self { setting }
    }

    pub fn run(&self, score: Score, n_blocks: usize) -> Output {
        let (_composer_end, mut player) = player_with(score);
        self.drive(&mut player, n_blocks, u32::MAX)
    }

    pub fn run_samples(&self, score: Score, n_samples: u32) -> Output {
        let (_composer_end, mut player) = player_with(score);
        self.drive(&mut player, usize::MAX, n_samples)
    }

    /// Plays for this many beats at the tempo of the setting.
    pub fn run_beats(&self, player: &mut Player, beats: f64) -> Output {
        let samples_per_beat = self.setting.sample_rate * 60.0 / self.setting.tempo;
        self.drive(player, usize::MAX, (beats * samples_per_beat) as u32)
    }

    /// One block with the song stopped at its start.
    pub fn stand(&self, player: &mut Player) {
        let transport = self.transport(false, self.setting.start, self.setting.tempo);
        let block = Block { n_samples: 64, sample_rate: self.setting.sample_rate, transport };
        let knobs = self.composing_at(self.setting.start);
        player.process(&block, &knobs, &self.setting.performing, &[], &mut EventList::default());
    }

    fn composing_at(&self, position: f64) -> ComposingKnobs {
        let known = self.setting.composing.iter().rev().find(|(from, _)| *from <= position);
        known.map(|(_, knobs)| *knobs).unwrap_or_default()
    }

    pub fn block_at(&self, player: &mut Player, position: Beats, events: &mut EventList) {
        let transport = Transport { playing: true, position: Some(position), ..Transport::default() };
        let block = Block { n_samples: 64, sample_rate: self.setting.sample_rate, transport };
        events.clear();
        player.process(&block, &ComposingKnobs::default(), &self.setting.performing, &[], events);
    }

    /// Plays for this many blocks or samples, then stops for 300 blocks.
    fn drive(&self, player: &mut Player, n_blocks: usize, n_samples: u32) -> Output {
        let setting = &self.setting;
        let mut events = EventList::with_capacity(setting.capacity);
        let mut output = Output::default();
        let mut performing = setting.performing;
        let (mut position, mut tempo, mut now, mut stopped_for) = (setting.start, setting.tempo, 0, 0);
        for block_idx in 0..n_blocks {
            if now >= n_samples {
                break;
            }
            let mut is_silenced = false;
            for jump in setting.jumps.iter().filter(|jump| jump.block == block_idx) {
                match jump.kind {
                    JumpKind::Seek(to) => position = to,
                    JumpKind::Stop => stopped_for = 3,
                    JumpKind::Octave(octave) => performing.octave = octave,
                    JumpKind::Perform(knobs) => performing = knobs,
                    JumpKind::Silence => is_silenced = true,
                }
            }
            let beats_per_sample = tempo / 60.0 / setting.sample_rate;
            let mut size = setting.block_sizes[block_idx % setting.block_sizes.len()].min(n_samples - now);
            if let Some((_, end)) =
                setting.loop_range.filter(|(_, end)| setting.splits_at_loop && position < *end)
            {
                size = size.min(((end - position) / beats_per_sample).round() as u32).max(1);
            }
            let is_playing = stopped_for == 0;
            stopped_for = i32::max(0, stopped_for - 1);
            let transport = self.transport(is_playing, position, tempo);
            let block = Block { n_samples: size, sample_rate: setting.sample_rate, transport };
            events.clear();
            if is_silenced {
                player.silence(&mut events);
            } else {
                let input = self.input(now, size);
                player.process(&block, &self.composing_at(position), &performing, &input, &mut events);
            }
            output.take(now, &events, size);
            if is_playing && !is_silenced {
                let end_position = self.wrapped(position, position + f64::from(size) * beats_per_sample);
                output.blocks.push(Ran {
                    start: now,
                    n_samples: size,
                    position,
                    end_position,
                    beats_per_sample,
                });
                position = end_position;
                tempo = (tempo + setting.ramp * f64::from(size) / setting.sample_rate).clamp(20.0, 400.0);
            }
            now += size;
        }
        let block =
            Block { n_samples: 64, sample_rate: setting.sample_rate, transport: Transport::default() };
        // Events for which there was no room come in the blocks after. Thru is off.
        performing.thru = false;
        for _ in 0..300 {
            events.clear();
            player.process(&block, &self.composing_at(position), &performing, &[], &mut events);
            output.take(now, &events, 64);
            now += 64;
        }
        output
    }

    /// The input of the block at `now`.
    fn input(&self, now: u32, size: u32) -> Vec<Event> {
        let events = self.setting.input.iter().filter(|(time, _)| (now..now + size).contains(time));
        events.map(|(time, kind)| Event { offset: time - now, kind: *kind }).collect()
    }

    fn transport(&self, playing: bool, position: f64, tempo: f64) -> Transport {
        let setting = &self.setting;
        let known = setting.meters.iter().rev().find(|(from, _)| *from <= position + 1e-9);
        let (from, meter) = known.copied().unwrap_or((0.0, Meter::COMMON));
        let length = meter.bar_length().to_beats().0;
        let bar_start = from + ((position + 1e-9 - from) / length).floor() * length;
        Transport {
            playing,
            position: setting.reports_position.then_some(Beats(position)),
            tempo: Some(tempo),
            meter: Some(meter),
            bar_start: setting.reports_bars.then_some(Beats(bar_start)),
            loop_range: setting
                .loop_range
                .filter(|_| setting.reports_loop)
                .map(|(s, e)| (Beats(s), Beats(e))),
            offline: setting.offline,
        }
    }

    fn wrapped(&self, from: f64, mut to: f64) -> f64 {
        if let Some((start, end)) = self.setting.loop_range
            && from < end
        {
            while to > end - 1e-7 {
                to -= end - start;
            }
        }
        to
    }
}

/// A note-on: time, channel, key, velocity.
type NoteOn = (u32, u8, u8, u8);

/// How a note is expected to be played.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    pub beat: f64,
    pub channel: u8,
    pub key: u8,
    /// `None` if any will do.
    pub velocity: Option<u8>,
}

impl Output {
    fn take(&mut self, start: u32, events: &EventList, size: u32) {
        for event in events.as_slice() {
            assert!(event.offset < size, "an event at {} of a block of {size}", event.offset);
            self.events.push((start + event.offset, event.kind));
        }
    }

    /// The note-ons, with their times since `from`.
    pub fn onsets_between(&self, from: u32, to: u32) -> Vec<NoteOn> {
        let mut struck: Vec<NoteOn> = self
            .events
            .iter()
            .filter(|(time, _)| (from..to).contains(time))
            .filter_map(|(time, kind)| match *kind {
                EventKind::On { channel, key, velocity } => Some((time - from, channel, key, velocity)),
                EventKind::Off { .. } | EventKind::Message(_) => None,
            })
            .collect();
        struck.sort_unstable();
        struck
    }

    /// Checks that times ascend, and that at one sample note-offs come before note-ons.
    pub fn check_order(&self) -> Result<(), TestCaseError> {
        let rank = |(time, kind): &(u32, EventKind)| (*time, matches!(kind, EventKind::On { .. }));
        for pair in self.events.windows(2) {
            prop_assert!(rank(&pair[0]) <= rank(&pair[1]), "out of order: {pair:?}");
        }
        Ok(())
    }

    /// Checks that every note-on has its note-off before the next note-on of its key, and that there is no other note-off.
    pub fn check_pairs(&self) -> Result<(), TestCaseError> {
        let mut down: HashMap<(u8, u8), u32> = HashMap::new();
        for (time, kind) in &self.events {
            match *kind {
                EventKind::On { channel, key, velocity } => {
                    prop_assert!(velocity > 0 && channel < 16 && key < 128);
                    prop_assert!(
                        down.insert((channel, key), *time).is_none(),
                        "{key} struck twice at {time}"
                    );
                }
                EventKind::Off { channel, key } => {
                    let struck = down.remove(&(channel, key));
                    prop_assert!(
                        struck.is_some_and(|s| s < *time),
                        "{key} released at {time}, struck {struck:?}"
                    );
                }
                EventKind::Message(_) => {}
            }
        }
        prop_assert!(down.is_empty(), "hanging: {down:?}");
        Ok(())
    }

    /// Checks that every note that the playhead passed sounds once, within a sample of its beat.
    pub fn check_onsets(&self, score: &Score) -> Result<(), TestCaseError> {
        self.check_played(score, |note, _| Expected {
            beat: note.onset.to_beats().0,
            channel: if note.family.is_drums() { 9 } else { 0 },
            key: note.pitch,
            velocity: None,
        })
    }

    /// Checks that every note that the playhead passed sounds once, within a sample of its beat, and no other.
    /// `play` gives the expected performance of a note in its bar.
    pub fn check_played(
        &self,
        score: &Score,
        play: impl Fn(&Note, &Bar) -> Expected,
    ) -> Result<(), TestCaseError> {
        let mut expected = Vec::new();
        let Some(first) = self.blocks.first() else { return Ok(()) };
        let start = first.position;
        // A song that begins a little after a note still plays it: up to a sample, wherever the knobs move it to.
        let due = start - first.beats_per_sample;
        let bars = score.bars.iter();
        let notes = bars.flat_map(|bar| bar.notes.iter().map(move |note| (note, bar)));
        for (note, bar) in notes.filter(|(note, _)| note.onset.to_beats().0 >= due) {
            let played = play(note, bar);
            let beat = played.beat.max(start);
            let block = self.blocks.iter().find(|b| b.position <= beat && beat < b.end_position);
            if let Some(block) = block {
                let time = f64::from(block.start) + (beat - block.position) / block.beats_per_sample;
                expected.push((time, played));
            }
        }
        let mut struck = self.onsets_between(0, u32::MAX);
        // A note within a sample of the start or the end may be outside by the arithmetic above.
        let end = self.blocks.last().map_or(0, |block| block.start + block.n_samples);
        for (time, played) in expected.iter().filter(|(time, _)| time + 1.0 < f64::from(end)) {
            let place = (played.channel, played.key);
            // Two notes on one key at one time are one note.
            let is_twin = |e: &&(f64, Expected)| (e.1.channel, e.1.key) == place && (e.0 - time).abs() < 1.5;
            let n_twins = expected.iter().filter(is_twin).count();
            let is_it = |s: &NoteOn| {
                let is_loud = n_twins > 1 || played.velocity.is_none_or(|velocity| velocity == s.3);
                (s.1, s.2) == place && is_loud && (f64::from(s.0) - time).abs() <= 1.0
            };
            let found = struck.iter().position(is_it);
            prop_assert!(found.is_some() || n_twins > 1, "{played:?} at {time} is missing: {struck:?}");
            if let Some(idx) = found {
                struck.remove(idx);
            }
        }
        struck.retain(|s| s.0 > 1 && s.0 + 1 < end);
        prop_assert!(struck.is_empty(), "too many: {struck:?}");
        Ok(())
    }

    /// Whether the notes are the same, each within a sample.
    pub fn is_like(&self, other: &Self) -> bool {
        let sorted = |output: &Self| {
            let mut struck = output.onsets_between(0, u32::MAX);
            struck.sort_by_key(|s| (s.1, s.2, s.0));
            struck
        };
        let (ours, theirs) = (sorted(self), sorted(other));
        ours.len() == theirs.len()
            && ours
                .iter()
                .zip(&theirs)
                .all(|(a, b)| (a.1, a.2, a.3) == (b.1, b.2, b.3) && a.0.abs_diff(b.0) <= 1)
    }
}

/// Up to eight bars in 4/4 with random notes.
pub fn score_strategy() -> impl Strategy<Value = Score> {
    let note = (
        0i64..96,
        1i64..200,
        24u8..100,
        1u8..128,
        prop_oneof![4 => Just(0usize), 1 => Just(16), 1 => Just(5)],
    );
    let bar = proptest::collection::vec(note, 0..24);
    proptest::collection::vec(bar, 1..8).prop_map(|bars| Score {
        bars: bars.into_iter().enumerate().map(|(idx, notes)| Arc::new(bar_of(idx as i64, notes))).collect(),
        ..Score::default()
    })
}

fn bar_of(idx: i64, notes: Vec<(i64, i64, u8, u8, usize)>) -> Bar {
    let start = Tick(idx * 96);
    let mut notes: Vec<Note> = notes
        .into_iter()
        .map(|(onset, duration, pitch, velocity, family)| Note {
            onset: start + Tick(onset),
            duration: Tick(duration),
            pitch,
            velocity,
            family: Family::from_index(family).unwrap(),
            feel: None,
        })
        .collect();
    notes.sort();
    Bar { start, meter: Meter::COMMON, notes }
}
