//! The cost of a block on the audio thread: `cargo bench --no-default-features --bench player`.
//!
//! One call is one block at 48 kHz and 120 beats a minute. The dense score strikes a chord of four on
//! every tick, 192 notes a second; for comparison, the same without a note. Then every performing knob is on and a
//! chord is held at the input, and the ratio shows their cost.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use continuo::music::{Bar, Beats, Family, Meter, Note, Scale, Score, Tick};
use continuo::player::handover::{Published, handover};
use continuo::player::{
    Block, ComposingKnobs, Event, EventKind, EventList, PerformingKnobs, Player, Transport,
};

/// Blocks timed together, so that reading the clock costs nothing.
const N_BLOCKS: usize = 1000;
const N_ROUNDS: usize = 200;

fn main() {
    // Only `cargo bench` passes `--bench`; a test of all targets runs one round.
    let n_rounds = if std::env::args().any(|argument| argument == "--bench") { N_ROUNDS } else { 1 };
    println!("{:<16}{:>8}{:>16}{:>16}{:>14}", "score", "frames", "median ns", "95% ns", "of real time");
    for n_samples in [64, 1024] {
        let off = PerformingKnobs::default();
        report("nothing to play", n_samples, &mut play(empty(), n_samples, n_rounds, &off));
        let plain = report("dense", n_samples, &mut play(dense(), n_samples, n_rounds, &off));
        let full =
            report("dense, knobs on", n_samples, &mut play(dense(), n_samples, n_rounds, &all_knobs()));
        println!("{:<16}{n_samples:>8}{:>15.2}x", "knobs on / off", full / plain);
    }
}

/// Every performing knob away from its neutral value.
fn all_knobs() -> PerformingKnobs {
    PerformingKnobs {
        octave: 1,
        transpose: -3,
        velocity: 0.9,
        velocity_spread: 1.3,
        note_length: 0.8,
        swing: 0.6,
        humanize_timing: 1.0,
        humanize_velocity: 1.0,
        strum: 20.0,
        channel: 3,
        channel_per_instrument: true,
        chord_follow: true,
        thru: true,
        ..PerformingKnobs::default()
    }
}

/// Prints the nanoseconds of a block, and returns their median.
fn report(name: &str, n_samples: u32, rounds: &mut [f64]) -> f64 {
    rounds.sort_by(f64::total_cmp);
    let quantile = |share: usize| rounds.get((rounds.len() - 1) * share / 100).copied().unwrap_or_default();
    let (median, slow) = (quantile(50), quantile(95));
    let share = median / (f64::from(n_samples) / SAMPLE_RATE * 1e9) * 100.0;
    println!("{name:<16}{n_samples:>8}{median:>16.0}{slow:>16.0}{share:>13.4}%");
    median
}

const N_BARS: i64 = 64;
const SAMPLE_RATE: f64 = 48_000.0;

fn dense() -> Score {
    let note = |onset: i64, voice: i64| Note {
        onset: Tick(onset),
        duration: Tick(6),
        pitch: (40 + 12 * voice + onset % 7) as u8,
        velocity: 90,
        family: Family::PIANO,
        feel: None,
    };
    let bar = |start: i64| Bar {
        start: Tick(start),
        meter: Meter::COMMON,
        notes: (start..start + 96).flat_map(|onset| (0..4).map(move |voice| note(onset, voice))).collect(),
    };
    Score { bars: (0..N_BARS).map(|idx| Arc::new(bar(96 * idx))).collect(), ..Score::default() }
}

/// The same bars without a note.
fn empty() -> Score {
    let bar = |idx: i64| Bar { start: Tick(96 * idx), meter: Meter::COMMON, notes: Vec::new() };
    Score { bars: (0..N_BARS).map(|idx| Arc::new(bar(idx))).collect(), ..Score::default() }
}

/// The nanoseconds of a block, averaged over each round.
fn play(score: Score, n_samples: u32, n_rounds: usize, performing: &PerformingKnobs) -> Vec<f64> {
    let (mut composer_end, player_end) = handover();
    let published = Published { score: Arc::new(score), answered: u64::MAX };
    assert!(composer_end.publish(published).is_ok());
    let mut player = Player::new(player_end);
    let mut events = EventList::default();
    let composing = ComposingKnobs { scale: Scale::Dorian, ..ComposingKnobs::default() };
    // A chord is struck every thousand blocks, and held until it is struck again.
    let chord = [48, 52, 55, 59]
        .map(|key| Event { offset: 0, kind: EventKind::On { channel: 0, key, velocity: 90 } });
    let mut n_blocks = 0;
    let (mut sample, end) = (0, N_BARS * 4 * 24_000);
    let mut block = || {
        let transport = Transport {
            playing: true,
            position: Some(Beats(sample as f64 / 24_000.0)),
            tempo: Some(120.0),
            meter: Some(Meter::COMMON),
            ..Transport::default()
        };
        sample = (sample + i64::from(n_samples)) % end;
        events.clear();
        let block = Block { n_samples, sample_rate: SAMPLE_RATE, transport };
        let input = if n_blocks % 1000 == 0 { &chord[..] } else { &[] };
        n_blocks += 1;
        player.process(&block, &composing, performing, input, &mut events);
        black_box(events.as_slice());
    };
    let round = |_| {
        while composer_end.receive().is_some() {}
        let start = Instant::now();
        (0..N_BLOCKS).for_each(|_| block());
        start.elapsed().as_nanos() as f64 / N_BLOCKS as f64
    };
    (0..n_rounds).map(round).collect()
}
