//! The audio thread neither allocates nor frees, whatever the host and the composer do.
#![allow(unsafe_code, reason = "counting allocations takes an allocator, and that is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use continuo::composer::Composer;
use continuo::model::Model;
use continuo::music::{Beats, Meter, Scale};
use continuo::player::handover::handover;
use continuo::player::{
    Block, ComposingKnobs, Conversation, Event, EventKind, EventList, PerformingKnobs, Player, Transport,
};

thread_local! {
    /// How often this thread has allocated or freed since it began to count.
    static N_CALLS: Cell<Option<u32>> = const { Cell::new(None) };
}

struct Counting;

fn count() {
    // A thread that is ending has no counter any more, and is none of ours.
    let _ = N_CALLS.try_with(|n_calls| n_calls.set(n_calls.get().map(|n| n + 1)));
}

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `work` allocates or frees on this thread.
fn counted(work: impl FnOnce()) -> u32 {
    N_CALLS.with(|n_calls| n_calls.set(Some(0)));
    work();
    N_CALLS.with(Cell::take).unwrap_or_default()
}

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
            ..PerformingKnobs::default()
        };
        let input = played_along(idx, n_samples);
        let n_calls = counted(|| {
            events.clear();
            if idx % 600 == 599 {
                player.silence(&mut events);
            } else {
                player.process(&block, &composing, &performing, &input, &mut events);
            }
        });
        assert_eq!(n_calls, 0, "in block {idx}");
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
    let n_calls = counted(|| {
        for _ in 0..2000 {
            events.clear();
            player.process(&block, &knobs.0, &knobs.1, &[], &mut events);
        }
    });
    assert_eq!(n_calls, 0, "without a composer");
}

#[test]
fn the_counter_counts() {
    assert_eq!(counted(|| drop(std::hint::black_box(Box::new(1)))), 2);
}
