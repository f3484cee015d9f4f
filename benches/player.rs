//! What a block costs on the audio thread: `cargo bench --no-default-features --bench player`.
//!
//! One call is one block at 48 kHz and 120 beats a minute. The dense score strikes a chord of four on
//! every tick, 192 notes a second; beside it the same with nothing to play.

use std::sync::Arc;

use continuo::music::{Bar, Beats, Family, Meter, Note, Score, Tick};
use continuo::player::handover::{Published, handover};
use continuo::player::{Block, ComposingKnobs, EventList, PerformingKnobs, Player, Transport};

fn main() {
    divan::main();
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
    };
    let bar = |start: i64| Bar {
        start: Tick(start),
        meter: Meter::COMMON,
        notes: (start..start + 96).flat_map(|onset| (0..4).map(move |voice| note(onset, voice))).collect(),
    };
    Score { bars: (0..N_BARS).map(|idx| Arc::new(bar(96 * idx))).collect() }
}

/// Bars without a note, so that nothing else differs.
fn empty() -> Score {
    let bar = |idx: i64| Bar { start: Tick(96 * idx), meter: Meter::COMMON, notes: Vec::new() };
    Score { bars: (0..N_BARS).map(|idx| Arc::new(bar(idx))).collect() }
}

#[divan::bench(args = [64, 1024])]
fn dense_score(bencher: divan::Bencher<'_, '_>, n_samples: u32) {
    play(bencher, dense(), n_samples);
}

#[divan::bench(args = [64, 1024])]
fn nothing_to_play(bencher: divan::Bencher<'_, '_>, n_samples: u32) {
    play(bencher, empty(), n_samples);
}

fn play(bencher: divan::Bencher<'_, '_>, score: Score, n_samples: u32) {
    let (composer_end, player_end) = handover();
    let published = Published { score: Arc::new(score), answered: u64::MAX };
    assert!(composer_end.publish(published).is_ok());
    let mut player = Player::new(player_end);
    let mut events = EventList::default();
    let mut sample = 0;
    let end = N_BARS * 4 * 24_000;
    bencher.bench_local(move || {
        while composer_end.receive().is_some() {}
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
        player.process(&block, &ComposingKnobs::default(), &PerformingKnobs::default(), &mut events);
        events.as_slice().len()
    });
}
