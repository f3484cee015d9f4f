//! The player before nasty hosts: what it promises, held against random scores and random transports.

mod hosts;

use hosts::{Heard, Host, Jump, Setting, player_with, score_strategy};

use continuo::music::{Bar, Beats, Family, Meter, Note, Score, Tick};
use continuo::player::handover::handover;
use continuo::player::{Block, ComposingKnobs, EventKind, EventList, PerformingKnobs, Player, Transport};
use proptest::prelude::*;

fn settings() -> impl Strategy<Value = Setting> {
    let sizes = proptest::collection::vec(
        prop_oneof![1u32..4, 5u32..200, Just(64), Just(512), 1000u32..5000],
        1..12,
    );
    let tempo = prop_oneof![Just(120.0), 30.0..300.0];
    let ramp = prop_oneof![Just(0.0), -40.0..40.0];
    let rate = prop_oneof![Just(44100.0), Just(48000.0), Just(96000.0)];
    let start = prop_oneof![Just(0.0), -3.0..12.0];
    (sizes, tempo, ramp, rate, start).prop_map(|(block_sizes, tempo, ramp, sample_rate, start)| Setting {
        block_sizes,
        tempo,
        ramp,
        sample_rate,
        start,
        ..Setting::default()
    })
}

fn loops() -> impl Strategy<Value = Option<(f64, f64)>> {
    let length = prop_oneof![0.002..0.1, 0.1..2.0, Just(4.0), Just(8.0), 1.0..9.0];
    prop_oneof![
        1 => Just(None),
        3 => (prop_oneof![Just(0.0), Just(4.0), 0.0..8.0], length).prop_map(|(start, l)| Some((start, start + l))),
    ]
}

fn jumps() -> impl Strategy<Value = Vec<Jump>> {
    let jump = (
        1usize..200,
        prop_oneof![
            2 => (-4.0..20.0).prop_map(hosts::JumpKind::Seek),
            1 => Just(hosts::JumpKind::Stop),
            1 => (-2i8..3).prop_map(hosts::JumpKind::Octave),
            1 => Just(hosts::JumpKind::Silence),
        ],
    );
    proptest::collection::vec(jump.prop_map(|(block, kind)| Jump { block, kind }), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_note_on_has_its_one_note_off_whatever_the_host_does(
        score in score_strategy(), setting in settings(), loop_range in loops(), jumps in jumps(),
    ) {
        let host = Host::new(Setting { loop_range, jumps, ..setting });
        let heard = host.run(score, 220);
        heard.check_order()?;
        heard.check_pairs()?;
    }

    #[test]
    fn every_note_sounds_once_and_on_its_sample(score in score_strategy(), setting in settings()) {
        let host = Host::new(setting);
        let heard = host.run(score.clone(), 300);
        heard.check_order()?;
        heard.check_pairs()?;
        heard.check_onsets(&score)?;
    }

    #[test]
    fn the_notes_do_not_depend_on_block_size(score in score_strategy(), setting in settings()) {
        let setting = Setting { ramp: 0.0, ..setting };
        let n_samples = 40_000;
        let ragged = Host::new(setting.clone()).run_samples(score.clone(), n_samples);
        let even = Host::new(Setting { block_sizes: vec![512], ..setting }).run_samples(score, n_samples);
        prop_assert!(ragged.is_like(&even), "{:?}\n{:?}", ragged.events, even.events);
    }

    #[test]
    fn a_loop_repeats_exactly(score in score_strategy(), setting in settings(), length in 1u32..9) {
        // The loop is whole in samples, so that every pass falls on the same ones.
        let loop_samples = length * 6000;
        let setting = Setting { ramp: 0.0, start: 0.0, tempo: 120.0, sample_rate: 48_000.0,
            loop_range: Some((0.0, f64::from(loop_samples) / 24_000.0)), ..setting };
        let heard = Host::new(setting).run_samples(score, 4 * loop_samples);
        let pass = |idx: u32| heard.onsets_between(idx * loop_samples, (idx + 1) * loop_samples);
        prop_assert_eq!(pass(0), pass(1));
        prop_assert_eq!(pass(0), pass(2));
    }

    #[test]
    fn a_loop_that_the_host_does_not_announce_repeats_too(
        score in score_strategy(), setting in settings(), length in 1u32..9,
    ) {
        let loop_samples = length * 6000;
        let setting = Setting { ramp: 0.0, start: 0.0, tempo: 120.0, sample_rate: 48_000.0,
            loop_range: Some((0.0, f64::from(loop_samples) / 24_000.0)), tells_loop: false,
            splits_at_loop: true, ..setting };
        let heard = Host::new(setting).run_samples(score, 3 * loop_samples);
        let pass = |idx: u32| heard.onsets_between(idx * loop_samples, (idx + 1) * loop_samples);
        prop_assert_eq!(pass(0), pass(1));
        prop_assert_eq!(pass(0), pass(2));
    }

    #[test]
    fn a_host_that_tells_no_position_hears_the_piece_from_its_origin(
        score in score_strategy(), setting in settings(),
    ) {
        let setting = Setting { start: 0.0, ramp: 0.0, ..setting };
        let told = Host::new(setting.clone()).run_samples(score.clone(), 30_000);
        let untold = Host::new(Setting { tells_position: false, ..setting }).run_samples(score, 30_000);
        prop_assert!(told.is_like(&untold));
    }
}

/// One bar of 4/4 with these notes: onset and duration in ticks, pitch.
fn one_bar(notes: &[(i64, i64, u8)]) -> Score {
    let notes = notes
        .iter()
        .map(|(onset, duration, pitch)| Note {
            onset: Tick(*onset),
            duration: Tick(*duration),
            pitch: *pitch,
            velocity: 80,
            family: Family::PIANO,
        })
        .collect();
    Score {
        bars: vec![
            Bar {
                start: Tick::ZERO,
                meter: Meter::COMMON,
                notes,
            }
            .into(),
        ],
    }
}

fn straight() -> Setting {
    Setting {
        block_sizes: vec![480],
        ..Setting::default()
    }
}

#[test]
fn a_repeated_key_goes_up_before_it_goes_down_again() {
    let heard = Host::new(straight()).run(one_bar(&[(0, 48, 60), (24, 24, 60)]), 150);
    let times: Vec<_> = heard
        .events
        .iter()
        .map(|(time, kind)| (*time, matches!(kind, EventKind::On { .. })))
        .collect();
    assert_eq!(
        times,
        [(0, true), (24_000, false), (24_000, true), (48_000, false)]
    );
}

#[test]
fn a_note_shorter_than_a_sample_sounds_for_one() {
    let setting = Setting {
        performing: PerformingKnobs {
            note_length: 0.0,
            ..PerformingKnobs::default()
        },
        ..straight()
    };
    let heard = Host::new(setting).run(one_bar(&[(0, 24, 60)]), 3);
    assert_eq!(
        heard.events.iter().map(|(time, _)| *time).collect::<Vec<_>>(),
        [0, 1]
    );
}

#[test]
fn a_note_struck_on_the_last_sample_of_a_block_goes_up_on_the_first_of_the_next() {
    // Tick 12 of a beat of 24,000 samples is sample 12,000, the last of a block of 12,001.
    let setting = Setting {
        block_sizes: vec![12_001],
        performing: PerformingKnobs {
            note_length: 0.0,
            ..PerformingKnobs::default()
        },
        ..Setting::default()
    };
    let heard = Host::new(setting).run(one_bar(&[(12, 24, 60)]), 3);
    assert_eq!(
        heard.events.iter().map(|(time, _)| *time).collect::<Vec<_>>(),
        [12_000, 12_001]
    );
}

#[test]
fn stopping_ends_every_note_in_the_block_that_stops() {
    let setting = Setting {
        jumps: vec![Jump {
            block: 10,
            kind: hosts::JumpKind::Stop,
        }],
        ..straight()
    };
    let heard = Host::new(setting).run(one_bar(&[(0, 96, 60), (0, 96, 64)]), 20);
    let offs: Vec<u32> = heard
        .events
        .iter()
        .filter(|(_, kind)| matches!(kind, EventKind::Off { .. }))
        .map(|(time, _)| *time)
        .collect();
    assert_eq!(offs, [4800, 4800]);
}

#[test]
fn an_octave_turned_while_a_note_sounds_lets_go_of_the_key_that_sounded() {
    let setting = Setting {
        jumps: vec![Jump {
            block: 10,
            kind: hosts::JumpKind::Octave(1),
        }],
        ..straight()
    };
    let heard = Host::new(setting).run(one_bar(&[(0, 24, 60), (24, 24, 60)]), 110);
    let keys: Vec<(bool, u8)> = heard
        .events
        .iter()
        .map(|(_, kind)| match kind {
            EventKind::On { key, .. } => (true, *key),
            EventKind::Off { key, .. } => (false, *key),
        })
        .collect();
    assert_eq!(keys, [(true, 60), (false, 60), (true, 72), (false, 72)]);
}

#[test]
fn drums_stay_on_channel_ten_and_on_their_keys() {
    let mut score = one_bar(&[(0, 24, 36)]);
    let mut bar = (*score.bars[0]).clone();
    bar.notes[0].family = Family::DRUMS;
    score.bars[0] = bar.into();
    let performing = PerformingKnobs {
        octave: 2,
        transpose: 3,
        channel: 4,
        ..PerformingKnobs::default()
    };
    let heard = Host::new(Setting {
        performing,
        ..straight()
    })
    .run(score, 2);
    assert_eq!(
        heard.events[0].1,
        EventKind::On {
            channel: 9,
            key: 36,
            velocity: 80
        }
    );
}

#[test]
fn a_full_event_list_drops_note_ons_and_never_note_offs() {
    let notes: Vec<(i64, i64, u8)> = (0..90).map(|idx| (idx, 4, 30 + idx as u8)).collect();
    let setting = Setting {
        capacity: 5,
        block_sizes: vec![20_000],
        ..Setting::default()
    };
    let heard = Host::new(setting).run(one_bar(&notes), 8);
    heard.check_order().unwrap();
    heard.check_pairs().unwrap();
    assert!(heard.events.len() > 10);
}

#[test]
fn a_loop_shorter_than_a_block_sounds_at_every_pass() {
    let setting = Setting {
        block_sizes: vec![10_000],
        loop_range: Some((0.0, 0.125)), // 3000 samples
        ..Setting::default()
    };
    let heard = Host::new(setting).run(one_bar(&[(0, 1, 60)]), 3);
    let onsets: Vec<u32> = heard
        .onsets_between(0, 30_000)
        .iter()
        .map(|(time, ..)| *time)
        .collect();
    assert_eq!(onsets, (0..10).map(|pass| pass * 3000).collect::<Vec<_>>());
}

#[test]
fn a_full_return_channel_frees_nothing_on_the_audio_thread() {
    // Nobody takes the old scores back: the player stops taking new ones and plays on.
    let (composer_end, mut player) = player_with(one_bar(&[(0, 24, 60)]));
    let host = Host::new(straight());
    let mut events = EventList::default();
    for idx in 0..200 {
        let published = continuo::player::handover::Published {
            answered: idx,
            ..Default::default()
        };
        let _ = composer_end.publish(published);
        host.block_at(&mut player, Beats(0.0), &mut events);
    }
    drop(composer_end);
    host.block_at(&mut player, Beats(0.0), &mut events);
}

#[test]
fn a_host_that_tells_nothing_but_that_it_plays_hears_the_piece_at_120() {
    let (_composer_end, mut player) = player_with(one_bar(&[(0, 12, 60), (24, 12, 62)]));
    let mut events = EventList::default();
    let transport = Transport {
        playing: true,
        ..Transport::default()
    };
    let block = Block {
        n_samples: 40_000,
        sample_rate: 48_000.0,
        transport,
    };
    let knobs = (ComposingKnobs::default(), PerformingKnobs::default());
    player.process(&block, &knobs.0, &knobs.1, &[], &mut events);
    let offsets: Vec<u32> = events.as_slice().iter().map(|event| event.offset).collect();
    assert_eq!(offsets, [0, 12_000, 24_000, 36_000]);
}

#[test]
fn rendering_without_a_composer_does_not_wait() {
    let (composer_end, player_end) = handover();
    drop(composer_end);
    let mut player = Player::new(player_end);
    let transport = Transport {
        playing: true,
        offline: true,
        ..Transport::default()
    };
    let block = Block {
        n_samples: 512,
        sample_rate: 48_000.0,
        transport,
    };
    let knobs = (ComposingKnobs::default(), PerformingKnobs::default());
    let start = std::time::Instant::now();
    for _ in 0..2000 {
        player.process(&block, &knobs.0, &knobs.1, &[], &mut EventList::with_capacity(4));
    }
    assert!(
        start.elapsed().as_secs_f64() < 4.0,
        "one time-out alone takes five seconds"
    );
}

#[test]
fn absurd_numbers_from_a_host_do_no_harm() {
    let (_composer_end, mut player) = player_with(one_bar(&[(0, 12, 60), (24, 12, 62)]));
    let absurd = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        -1e300,
        0.0,
        -1.0,
        1e-300,
    ];
    let performing = PerformingKnobs {
        velocity: f32::NAN,
        note_length: f32::NAN,
        octave: 127,
        transpose: 127,
        channel: 255,
        velocity_spread: f32::NAN,
        swing: f32::INFINITY,
        humanize_timing: f32::NAN,
        humanize_velocity: -1e30,
        strum: f32::NEG_INFINITY,
        ..PerformingKnobs::default()
    };
    let composing = ComposingKnobs {
        temperature: f32::NAN,
        length: 0,
        ..ComposingKnobs::default()
    };
    let mut events = EventList::default();
    for (idx, value) in absurd.into_iter().cycle().take(500).enumerate() {
        let other = absurd[idx / 8 % 8];
        let transport = Transport {
            playing: true,
            position: Some(Beats(value)),
            tempo: Some(other),
            meter: None,
            bar_start: Some(Beats(other)),
            loop_range: Some((Beats(other), Beats(value))),
            offline: false,
        };
        let block = Block {
            n_samples: 4096,
            sample_rate: if idx % 3 == 0 { value } else { 48_000.0 },
            transport,
        };
        events.clear();
        player.process(&block, &composing, &performing, &[], &mut events);
        assert!(events.as_slice().iter().all(|event| event.offset < 4096));
        assert!(events.as_slice().iter().all(|event| match event.kind {
            EventKind::On {
                channel,
                key,
                velocity,
            } => channel < 16 && key < 128 && velocity > 0,
            EventKind::Off { channel, key } => channel < 16 && key < 128,
        }));
    }
}

#[test]
fn heard_notes_can_be_told_apart() {
    // The checks themselves can fail.
    let on = EventKind::On {
        channel: 0,
        key: 60,
        velocity: 1,
    };
    let off = EventKind::Off { channel: 0, key: 60 };
    let heard = |events: &[(u32, EventKind)]| Heard {
        events: events.to_vec(),
        ..Heard::default()
    };
    assert!(heard(&[(0, on)]).check_pairs().is_err());
    assert!(heard(&[(0, off)]).check_pairs().is_err());
    assert!(heard(&[(0, on), (5, on), (6, off)]).check_pairs().is_err());
    assert!(heard(&[(5, on), (4, off)]).check_order().is_err());
    assert!(heard(&[(5, on), (5, off)]).check_order().is_err());
    assert!(heard(&[(0, on), (1, off)]).check_pairs().is_ok());
}
