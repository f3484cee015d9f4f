//! The audio thread neither allocates nor frees, whatever the host and the composer do.
//!
//! nice-plug is built with `assert_process_allocs` here, which brings an allocator that ends the process at an
//! allocation inside [`assert_no_alloc`].

use std::process::Command;
use std::sync::Arc;

use continuo::composer::Composer;
use continuo::model::Model;
use continuo::music::{Beats, Meter, Scale};
use continuo::player::handover::handover;
use continuo::player::{
    Block, ComposingKnobs, Conversation, Event, EventKind, EventList, Part, PerformingKnobs, Player,
    Transport,
};
use nice_assert_no_alloc::assert_no_alloc;
// Links its allocator.
use nice_plug as _;

/// A host that does everything at once: ragged blocks, tempo, meter and knobs that never rest, loops,
/// jumps, stops, and now and then offline.
fn nasty_transport(idx: u32, position: f64) -> Transport {
    let meter = Meter::new(3 + idx / 700 % 3, 4).ok();
    let is_stopped = idx % 400 > 390;
    Transport {
        playing: !is_stopped,
        position: (idx % 500 < 450).then_some(Beats(position)),
        tempo: (idx % 90 < 80).then_some(60.0 + f64::from(idx % 200)),
        meter: meter.filter(|_| idx % 300 < 280),
        bar_start: None,
        loop_range: (idx % 1000 > 600).then_some((Beats(4.0), Beats(4.0 + f64::from(idx % 7 + 1) / 3.0))),
        offline: idx % 1100 > 1000,
    }
}

/// Somebody plays along, now with three fingers and now with the whole arm; some keys never come up.
fn played_along(idx: u32, n_samples: u32) -> Vec<Event> {
    let n_keys = match idx {
        _ if idx.is_multiple_of(388) => 60,
        _ if idx.is_multiple_of(16) => 3,
        _ => 0,
    };
    let event = |n: u32| {
        let (channel, key) = ((n % 5) as u8, (40 + (idx + 7 * n) % 48) as u8);
        let kind = match (idx / 3 + n) % 3 {
            0 => EventKind::Off { channel, key },
            1 if n.is_multiple_of(7) => EventKind::Message([0xb0 | channel, 64, (idx % 2 * 127) as u8]),
            1 if n.is_multiple_of(11) => EventKind::Message([0xe0 | channel, 0, key]),
            _ => EventKind::On { channel, key, velocity: 1 + (n % 127) as u8 },
        };
        Event { offset: n * n_samples / n_keys.max(1), kind }
    };
    (0..n_keys).map(event).collect()
}

#[test]
fn playing_neither_allocates_nor_frees() {
    let (composer_end, player_end) = handover();
    let composer = Composer::spawn(composer_end, Some(Arc::new(Model::random(2, 3))), None);
    let mut player = Player::new(player_end);
    player.prepare(&ComposingKnobs::default());
    let mut events = EventList::default();
    let mut position = -2.0;
    let mut n_events = 0;
    for idx in 0..12_000u32 {
        if idx % 777 == 776 {
            position = f64::from(idx % 50) - 3.0;
        }
        let n_samples = [1, 64, 512, 33, 2048][(idx % 5) as usize];
        let transport = nasty_transport(idx, position);
        let block = Block { n_samples, sample_rate: 48_000.0, transport };
        let composing = ComposingKnobs {
            seed: idx / 2000,
            evolve: 0.3,
            scale: Scale::ALL[(idx / 900) as usize % Scale::ALL.len()],
            conversation: Conversation::ALL[(idx / 1500) as usize % Conversation::ALL.len()],
            ..ComposingKnobs::default()
        };
        let performing = PerformingKnobs {
            octave: (idx / 100 % 3) as i8,
            transpose: (idx / 70 % 15) as i8 - 7,
            velocity_spread: 1.5,
            humanize_velocity: 0.7,
            swing: (idx / 40 % 3) as f32 / 2.0,
            humanize_timing: (idx / 60 % 3) as f32 / 2.0,
            strum: (idx / 50 % 5) as f32 * 20.0 - 40.0,
            channel_per_instrument: idx / 500 % 2 == 1,
            chord_follow: idx / 300 % 2 == 1,
            thru: idx / 200 % 3 > 0,
            solo: Part::from_index(idx as usize / 150 % 50),
            muted: Part::all().filter(|part| idx as usize / 90 % Part::COUNT == part.index()).collect(),
            channel_per_voice: idx / 250 % 2 == 1,
            ..PerformingKnobs::default()
        };
        let input = played_along(idx, n_samples);
        if idx % 2500 == 0 {
            player.playhead().mark_fresh();
        }
        assert_no_alloc(|| {
            events.clear();
            if idx % 600 == 599 {
                player.silence(&mut events);
            } else {
                player.process(&block, &composing, &performing, &input, &mut events);
            }
        });
        n_events += events.as_slice().len();
        if transport.playing {
            position += f64::from(n_samples) * transport.tempo.unwrap_or(120.0) / 60.0 / 48_000.0;
        }
    }
    assert!(n_events > 100, "{n_events} events were heard");
    // The composer may go first.
    drop(composer);
    let block = Block { n_samples: 64, sample_rate: 48_000.0, transport: nasty_transport(0, 0.0) };
    let knobs = (ComposingKnobs::default(), PerformingKnobs::default());
    assert_no_alloc(|| {
        for _ in 0..2000 {
            events.clear();
            player.process(&block, &knobs.0, &knobs.1, &[], &mut events);
        }
    });
}

/// Runs itself in a process of its own, which allocates or frees as this variable says.
#[test]
fn an_allocation_and_a_free_end_the_process() {
    const VARIABLE: &str = "CONTINUO_TEST_ALLOCATION";
    const NAME: &str = "an_allocation_and_a_free_end_the_process";
    match std::env::var(VARIABLE).as_deref() {
        Ok("allocate") => {
            let kept = assert_no_alloc(|| std::hint::black_box(Box::new(1)));
            drop(kept);
        }
        Ok("free") => {
            let boxed = std::hint::black_box(Box::new(1));
            assert_no_alloc(|| drop(boxed));
        }
        Ok(_) => {}
        Err(_) => {
            let succeeds = |work: &str| {
                let mut test = Command::new(std::env::current_exe().unwrap());
                test.args(["--exact", NAME]).env(VARIABLE, work).output().unwrap().status.success()
            };
            assert!(succeeds("nothing"));
            assert!(!succeeds("allocate"));
            assert!(!succeeds("free"));
        }
    }
}
