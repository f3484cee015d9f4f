//! What the player promises, with random scores, random transports and badly behaved hosts.

mod hosts;

use std::sync::Arc;

use hosts::{Expected, Host, Jump, Output, Setting, player_with, score_strategy};

use continuo::music::{Bar, Beats, Family, Grid, Meter, Note, Scale, Score, Tick, Voice, Voices};
use continuo::player::handover::{ComposerEnd, Published, handover};
use continuo::player::{
    Block, ComposingKnobs, Event, EventKind, EventList, Part, PartSet, PerformingKnobs, Player, SpreadCentre,
    Transport, render,
};
use proptest::prelude::*;

fn settings() -> impl Strategy<Value = Setting> {
    let sizes =
        proptest::collection::vec(prop_oneof![1u32..4, 5u32..200, Just(64), Just(512), 1000u32..5000], 1..12);
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
            3 => performings().prop_map(hosts::JumpKind::Perform),
        ],
    );
    proptest::collection::vec(jump.prop_map(|(block, kind)| Jump { block, kind }), 0..8)
}

/// Mostly all parts, or one, or a few that are left out.
fn parts() -> impl Strategy<Value = (Option<Part>, PartSet)> {
    let part = || (0..Part::COUNT).prop_filter_map("a part", Part::from_index);
    let some = proptest::collection::vec(part(), 0..4).prop_map(|parts| parts.into_iter().collect());
    prop_oneof![
        2 => Just((None, PartSet::EMPTY)),
        1 => (proptest::option::of(part()), some),
    ]
}

/// Every performing knob anywhere.
fn performings() -> impl Strategy<Value = PerformingKnobs> {
    let place = (-2i8..3, -9i8..10, 0u8..16, any::<bool>());
    let spread_centre = prop_oneof![Just(SpreadCentre::Bar), Just(SpreadCentre::Fixed)];
    let spread = (0.0f32..2.0, spread_centre);
    let loudness = (0.0f32..2.0, spread, prop_oneof![Just(0.0f32), 0.0f32..1.0]);
    let swing = (
        prop_oneof![Just(0.0f32), Just(1.0), 0.0f32..1.0],
        prop_oneof![Just(Grid::Eighth), Just(Grid::Sixteenth)],
    );
    let stray = prop_oneof![Just(0.0f32), Just(1.0), 0.0f32..1.0];
    let strum = prop_oneof![Just(0.0f32), -60.0f32..60.0];
    let lay_back = prop_oneof![Just(0.0f32), 0.0f32..50.0];
    let feel = prop_oneof![Just(1.0f32), 0.0f32..2.0];
    let rest = (prop_oneof![Just(1.0f32), 0.0f32..3.0], any::<bool>(), any::<bool>(), lay_back, feel);
    let parts = (parts(), any::<bool>());
    (place, loudness, swing, stray, strum, rest, parts).prop_map(
        |(place, loudness, swing, stray, strum, rest, parts)| PerformingKnobs {
            octave: place.0,
            transpose: place.1,
            channel: place.2,
            channel_per_instrument: place.3,
            velocity: loudness.0,
            velocity_spread: loudness.1.0,
            spread_centre: loudness.1.1,
            humanize_velocity: loudness.2,
            swing: swing.0,
            swing_grid: swing.1,
            humanize_timing: stray,
            strum,
            note_length: rest.0,
            chord_follow: rest.1,
            thru: rest.2,
            lay_back: rest.3,
            feel: rest.4,
            solo: parts.0.0,
            muted: parts.0.1,
            channel_per_voice: parts.1,
        },
    )
}

/// The same knobs with all parts, and no channels for voices.
fn whole(performing: PerformingKnobs) -> PerformingKnobs {
    PerformingKnobs { solo: None, muted: PartSet::EMPTY, channel_per_voice: false, ..performing }
}

/// Input: keys go down and up, sometimes twice, on the keys and channels of the music.
fn inputs() -> impl Strategy<Value = Vec<(u32, EventKind)>> {
    let event = (0u32..60_000, any::<bool>(), prop_oneof![3 => Just(0u8), 1 => 0u8..16], 40u8..80);
    proptest::collection::vec(event, 0..40).prop_map(|mut events| {
        events.sort_by_key(|event| event.0);
        let kind = |is_on, channel, key| {
            if is_on { EventKind::On { channel, key, velocity: 99 } } else { EventKind::Off { channel, key } }
        };
        events.into_iter().map(|(time, is_on, channel, key)| (time, kind(is_on, channel, key))).collect()
    })
}

/// D major, so that transposing goes by its steps.
fn d_major() -> ComposingKnobs {
    ComposingKnobs { tonic: 2, scale: Scale::Major, ..ComposingKnobs::default() }
}

/// How a note should be played, calculated in another way than in the player: swing pair by pair, chords by a
/// search through the whole bar, scale steps by counting along a list of keys. Without humanize.
fn reference(note: &Note, bar: &Bar, knobs: &PerformingKnobs, tempo: f64) -> Expected {
    let spacing = knobs.swing_grid.spacing().0;
    let place = (note.onset - bar.start).0;
    let (pair, within) = (place / (2 * spacing), (place % (2 * spacing)) as f64);
    let spacing = spacing as f64;
    let middle = spacing * (1.0 + f64::from(knobs.swing) / 3.0);
    let within = if within < spacing {
        within / spacing * middle
    } else {
        middle + (within - spacing) / spacing * (2.0 * spacing - middle)
    };
    let swung = bar.start.0 as f64 + pair as f64 * 2.0 * spacing + within;
    let is_ours = |n: &&Note| n.onset == note.onset && n.family == note.family && !n.family.is_drums();
    let mut chord: Vec<&Note> = bar.notes.iter().filter(is_ours).collect();
    if knobs.strum < 0.0 {
        chord.reverse();
    }
    let rank = chord.iter().position(|n| std::ptr::eq(*n, note)).unwrap_or(0) as f64;
    let distance = f64::from(knobs.strum.abs()) / 1000.0 * tempo / 60.0;
    let distance = distance.min(1.0 / (chord.len() as f64 - 1.0).max(1.0));
    let is_drum = note.family.is_drums();
    let channels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 15];
    let channel = match channels.get(note.family.index()) {
        Some(own) if knobs.channel_per_instrument => *own,
        Some(_) => knobs.channel,
        None => 9,
    };
    let centre = match knobs.spread_centre {
        SpreadCentre::Bar => {
            let sum: f32 = bar.notes.iter().map(|note| f32::from(note.velocity)).sum();
            sum / bar.notes.len() as f32
        }
        SpreadCentre::Fixed => 64.0,
    };
    let velocity = (centre + (f32::from(note.velocity) - centre) * knobs.velocity_spread) * knobs.velocity;
    Expected {
        beat: swung / 24.0 + rank * distance + f64::from(knobs.lay_back) / 1000.0 * tempo / 60.0,
        channel,
        key: if is_drum { note.pitch } else { reference_key(note.pitch, knobs) },
        velocity: Some(velocity.round().clamp(1.0, 127.0) as u8),
    }
}

fn reference_key(pitch: u8, knobs: &PerformingKnobs) -> u8 {
    let keys: Vec<i32> =
        (-200..400).filter(|key| [2, 4, 6, 7, 9, 11, 1].contains(&i32::rem_euclid(*key, 12))).collect();
    let idx = keys.iter().rposition(|key| *key <= i32::from(pitch)).unwrap_or_default();
    let above = i32::from(pitch) - keys[idx];
    let target = (idx as i32 + i32::from(knobs.transpose)) as usize;
    let room = keys[target + 1] - keys[target] - 1;
    let mut key = keys[target] + above.min(room) + 12 * i32::from(knobs.octave);
    // Without transpose every note stays.
    if knobs.transpose == 0 {
        key = i32::from(pitch) + 12 * i32::from(knobs.octave);
    }
    while key < 0 {
        key += 12;
    }
    while key > 127 {
        key -= 12;
    }
    key as u8
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_note_on_has_its_one_note_off_whatever_the_host_does(
        score in score_strategy(), setting in settings(), loop_range in loops(), jumps in jumps(),
        performing in performings(), input in inputs(),
    ) {
        let host = Host::new(Setting { loop_range, jumps, performing, input, ..setting });
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
    fn knobs_move_every_note_to_where_they_say_and_it_sounds_once(
        score in score_strategy(), setting in settings(), performing in performings(),
    ) {
        // There is no chord to follow, and humanize and parts have tests of their own.
        let performing = PerformingKnobs { humanize_timing: 0.0, humanize_velocity: 0.0, ..whole(performing) };
        let composing = vec![(f64::NEG_INFINITY, d_major())];
        let setting = Setting { performing, composing, ramp: 0.0, ..setting };
        let heard = Host::new(setting.clone()).run(score.clone(), 300);
        heard.check_order()?;
        heard.check_pairs()?;
        heard.check_played(&score, |note, bar| reference(note, bar, &performing, setting.tempo))?;
    }

    #[test]
    fn what_is_saved_is_what_is_heard(
        score in score_strategy(), setting in settings(), performing in performings(),
    ) {
        let composing = vec![(f64::NEG_INFINITY, d_major())];
        let setting = Setting { performing, composing, ramp: 0.0, start: 0.0, ..setting };
        let heard = Host::new(setting.clone()).run(score.clone(), 300);
        let saved = render(&score.bars, &Voices::of(&score.bars), &score.played_in, &d_major(), &performing, setting.tempo);
        let samples_per_beat = setting.sample_rate * 60.0 / setting.tempo;
        let end = heard.blocks.last().map_or(0, |block| block.start + block.n_samples);
        let struck = heard.onsets_between(0, u32::MAX);
        let is_at = |place, sample: f64, within: f64| {
            struck.iter().any(|s| (s.1, s.2) == place && (f64::from(s.0) - sample).abs() <= within)
        };
        let mut n_saved = 0;
        for note in saved.iter().filter(|note| note.onset.0 * samples_per_beat + 1.0 < f64::from(end)) {
            n_saved += 1;
            let place = (note.channel, note.key);
            prop_assert!(is_at(place, note.onset.0 * samples_per_beat, 1.0), "{note:?} is not heard: {struck:?}");
        }
        for (time, channel, key, velocity) in &struck {
            // Two notes of one key that almost meet are one in the file.
            let is_it = |n: &&continuo::music::PerformedNote| {
                let distance = (n.onset.0 * samples_per_beat - f64::from(*time)).abs();
                (n.channel, n.key) == (*channel, *key) && distance <= 1.0 + samples_per_beat / 960.0
            };
            let near: Vec<_> = saved.iter().filter(is_it).collect();
            prop_assert!(!near.is_empty(), "{key} at {time} is not saved: {saved:?}");
            prop_assert!(near.len() > 1 || near[0].velocity.abs_diff(*velocity) <= 1 || struck.len() != n_saved);
        }
    }

    #[test]
    fn instances_that_play_one_part_each_together_play_the_whole(
        score in score_strategy(), setting in settings(), performing in performings(), input in inputs(),
    ) {
        // Every line is on a channel of its own. What is let through from the input would be there several times.
        let whole = PerformingKnobs {
            channel_per_instrument: true, channel_per_voice: true, thru: false, ..whole(performing)
        };
        let play = |performing| {
            let setting = Setting { performing, input: input.clone(), ..setting.clone() };
            Host::new(setting).run(score.clone(), 300).events
        };
        let strings = Part::Instrument(Family::STRINGS);
        let others = PartSet::EMPTY.with(strings).with(Part::Instrument(Family::DRUMS));
        let mut band = vec![
            PerformingKnobs { solo: Some(Part::Instrument(Family::DRUMS)), ..whole },
            PerformingKnobs { muted: others, ..whole },
        ];
        for voice in Voice::ALL {
            let others = Voice::ALL.into_iter().filter(|other| *other != voice).map(Part::Voice);
            band.push(PerformingKnobs { solo: Some(strings), muted: others.collect(), ..whole });
        }
        let order = |(time, kind): &(u32, EventKind)| (*time, format!("{kind:?}"));
        let mut together: Vec<_> = band.into_iter().flat_map(play).collect();
        let mut expected = play(whole);
        together.sort_by_key(order);
        expected.sort_by_key(order);
        prop_assert_eq!(together, expected);
    }

    #[test]
    fn the_notes_do_not_depend_on_block_size(
        score in score_strategy(), setting in settings(), performing in performings(), input in inputs(),
    ) {
        let setting = Setting { ramp: 0.0, performing, input, ..setting };
        let n_samples = 40_000;
        let ragged = Host::new(setting.clone()).run_samples(score.clone(), n_samples);
        let even = Host::new(Setting { block_sizes: vec![512], ..setting }).run_samples(score, n_samples);
        prop_assert!(ragged.is_like(&even), "{:?}\n{:?}", ragged.events, even.events);
    }

    #[test]
    fn a_loop_repeats_exactly(
        score in score_strategy(), setting in settings(), length in 1u32..9, performing in performings(),
    ) {
        // The loop is a whole number of samples, so every pass falls on the same ones.
        let loop_samples = length * 6000;
        let setting = Setting { ramp: 0.0, start: 0.0, tempo: 120.0, sample_rate: 48_000.0,
            loop_range: Some((0.0, f64::from(loop_samples) / 24_000.0)), performing, ..setting };
        let heard = Host::new(setting).run_samples(score, 4 * loop_samples);
        let pass = |idx: u32| heard.onsets_between(idx * loop_samples, (idx + 1) * loop_samples);
        prop_assert_eq!(pass(0), pass(1));
        prop_assert_eq!(pass(0), pass(2));
    }

    #[test]
    fn a_loop_that_the_host_does_not_announce_repeats_too(
        score in score_strategy(), setting in settings(), length in 1u32..9, performing in performings(),
    ) {
        let loop_samples = length * 6000;
        let setting = Setting { ramp: 0.0, start: 0.0, tempo: 120.0, sample_rate: 48_000.0,
            loop_range: Some((0.0, f64::from(loop_samples) / 24_000.0)), reports_loop: false,
            splits_at_loop: true, performing, ..setting };
        let heard = Host::new(setting).run_samples(score, 3 * loop_samples);
        let pass = |idx: u32| heard.onsets_between(idx * loop_samples, (idx + 1) * loop_samples);
        prop_assert_eq!(pass(0), pass(1));
        prop_assert_eq!(pass(0), pass(2));
    }

    #[test]
    fn a_host_that_reports_no_position_gets_the_piece_from_its_origin(
        score in score_strategy(), setting in settings(),
    ) {
        let setting = Setting { start: 0.0, ramp: 0.0, ..setting };
        let told = Host::new(setting.clone()).run_samples(score.clone(), 30_000);
        let untold = Host::new(Setting { reports_position: false, ..setting }).run_samples(score, 30_000);
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
            feel: None,
        })
        .collect();
    Score { bars: vec![Bar { start: Tick::ZERO, meter: Meter::COMMON, notes }.into()], ..Score::default() }
}

fn straight() -> Setting {
    Setting { block_sizes: vec![480], ..Setting::default() }
}

#[test]
fn a_repeated_key_is_released_before_it_is_pressed_again() {
    let heard = Host::new(straight()).run(one_bar(&[(0, 48, 60), (24, 24, 60)]), 150);
    let times: Vec<_> =
        heard.events.iter().map(|(time, kind)| (*time, matches!(kind, EventKind::On { .. }))).collect();
    assert_eq!(times, [(0, true), (24_000, false), (24_000, true), (48_000, false)]);
}

#[test]
fn a_note_shorter_than_a_sample_sounds_for_one() {
    let setting = Setting {
        performing: PerformingKnobs { note_length: 0.0, ..PerformingKnobs::default() },
        ..straight()
    };
    let heard = Host::new(setting).run(one_bar(&[(0, 24, 60)]), 3);
    assert_eq!(heard.events.iter().map(|(time, _)| *time).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_note_on_the_last_sample_of_a_block_is_released_on_the_first_of_the_next() {
    // Tick 12 of a beat of 24,000 samples is sample 12,000, the last of a block of 12,001.
    let setting = Setting {
        block_sizes: vec![12_001],
        performing: PerformingKnobs { note_length: 0.0, ..PerformingKnobs::default() },
        ..Setting::default()
    };
    let heard = Host::new(setting).run(one_bar(&[(12, 24, 60)]), 3);
    assert_eq!(heard.events.iter().map(|(time, _)| *time).collect::<Vec<_>>(), [12_000, 12_001]);
}

#[test]
fn a_note_halfway_between_two_samples_is_on_the_later_at_any_block_size() {
    // A tick is 919.5 samples.
    let notes: Vec<(i64, i64, u8)> = (0..32).map(|idx| (3 * idx, 2, 40 + idx as u8)).collect();
    let expected: Vec<u32> = (0..32u32).map(|idx| (3 * 1839 * idx).div_ceil(2)).collect();
    for block_sizes in [vec![1], vec![64], vec![480], vec![919, 1], vec![920, 919], vec![12_001]] {
        let setting = Setting {
            sample_rate: 44_100.0,
            tempo: 60.0 * 44_100.0 / (24.0 * 919.5),
            block_sizes: block_sizes.clone(),
            ..Setting::default()
        };
        let heard = Host::new(setting).run_samples(one_bar(&notes), 96 * 920);
        let onsets = heard.events.iter().filter(|(_, kind)| matches!(kind, EventKind::On { .. }));
        assert_eq!(onsets.map(|(time, _)| *time).collect::<Vec<_>>(), expected, "{block_sizes:?}");
    }
}

#[test]
fn stopping_ends_every_note_in_the_block_that_stops() {
    let setting = Setting { jumps: vec![Jump { block: 10, kind: hosts::JumpKind::Stop }], ..straight() };
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
fn a_note_written_less_than_a_sample_before_the_start_is_played_where_the_knobs_move_it() {
    let start = 7.041_701_758_135_735; // three quarters of a sample after tick 169
    let mut score = one_bar(&[(168 - 96, 3, 59), (169 - 96, 3, 60), (170 - 96, 3, 62)]);
    let mut bar = (*score.bars[0]).clone();
    bar.start = Tick(96);
    bar.notes.iter_mut().for_each(|note| note.onset += Tick(96));
    score.bars[0] = bar.into();
    for performing in [
        PerformingKnobs::default(),
        PerformingKnobs { lay_back: 50.0, ..PerformingKnobs::default() },
        PerformingKnobs { swing: 1.0, ..PerformingKnobs::default() },
    ] {
        let setting = Setting { start, sample_rate: 44_100.0, performing, ..straight() };
        let tempo = setting.tempo;
        let heard = Host::new(setting).run(score.clone(), 20);
        let keys: Vec<u8> = ons(&heard).iter().map(|(_, key)| *key).collect();
        assert_eq!(keys, [60, 62]);
        heard.check_played(&score, |note, bar| reference(note, bar, &performing, tempo)).unwrap();
    }
}

#[test]
fn an_octave_turned_while_a_note_sounds_releases_the_key_that_sounded() {
    let setting = Setting { jumps: vec![Jump { block: 10, kind: hosts::JumpKind::Octave(1) }], ..straight() };
    let heard = Host::new(setting).run(one_bar(&[(0, 24, 60), (24, 24, 60)]), 110);
    let keys: Vec<(bool, u8)> = heard
        .events
        .iter()
        .filter_map(|(_, kind)| match kind {
            EventKind::On { key, .. } => Some((true, *key)),
            EventKind::Off { key, .. } => Some((false, *key)),
            EventKind::Message(_) => None,
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
    let performing = PerformingKnobs { octave: 2, transpose: 3, channel: 4, ..PerformingKnobs::default() };
    let heard = Host::new(Setting { performing, ..straight() }).run(score, 2);
    assert_eq!(heard.events[0].1, EventKind::On { channel: 9, key: 36, velocity: 80 });
}

#[test]
fn a_full_event_list_drops_note_ons_and_never_note_offs() {
    let notes: Vec<(i64, i64, u8)> = (0..90).map(|idx| (idx, 4, 30 + idx as u8)).collect();
    let setting = Setting { capacity: 5, block_sizes: vec![20_000], ..Setting::default() };
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
    let onsets: Vec<u32> = heard.onsets_between(0, 30_000).iter().map(|(time, ..)| *time).collect();
    assert_eq!(onsets, (0..10).map(|pass| pass * 3000).collect::<Vec<_>>());
}

#[test]
fn a_full_return_channel_frees_nothing_on_the_audio_thread() {
    // The composer takes no old scores back: the player stops taking new ones and plays on.
    let (mut composer_end, mut player) = player_with(one_bar(&[(0, 24, 60)]));
    let host = Host::new(straight());
    let mut events = EventList::default();
    let mut scores = Vec::new();
    let mut n_refused = 0;
    for answered in 0..200 {
        let score = Arc::new(Score::default());
        scores.push(Arc::downgrade(&score));
        if let Err(refused) = composer_end.publish(Published { score, answered }) {
            scores.pop();
            n_refused += 1;
            drop(refused);
        }
        host.block_at(&mut player, Beats(0.0), &mut events);
    }
    assert!(n_refused > 100, "both channels are full");
    assert!(scores.iter().all(|score| score.strong_count() > 0), "the player has freed a score");
    // The composer's end frees what has come back; what the player replaces now must not be freed at all.
    let held = scores.split_off(scores.len() - 16);
    drop(composer_end);
    host.block_at(&mut player, Beats(0.0), &mut events);
    assert!(held.iter().all(|score| score.strong_count() > 0), "the player has freed a score");
}

#[test]
fn a_host_that_reports_only_that_it_plays_gets_the_piece_at_120() {
    let (_composer_end, mut player) = player_with(one_bar(&[(0, 12, 60), (24, 12, 62)]));
    let mut events = EventList::default();
    let transport = Transport { playing: true, ..Transport::default() };
    let block = Block { n_samples: 40_000, sample_rate: 48_000.0, transport };
    let knobs = (ComposingKnobs::default(), PerformingKnobs::default());
    player.process(&block, &knobs.0, &knobs.1, &[], &mut events);
    let offsets: Vec<u32> = events.as_slice().iter().map(|event| event.offset).collect();
    assert_eq!(offsets, [0, 12_000, 24_000, 36_000]);
}

#[test]
fn absurd_numbers_from_a_host_do_no_harm() {
    let (_composer_end, mut player) = player_with(one_bar(&[(0, 12, 60), (24, 12, 62)]));
    let absurd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -1e300, 0.0, -1.0, 1e-300];
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
    let composing = ComposingKnobs { temperature: f32::NAN, length: 0, ..ComposingKnobs::default() };
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
        let block =
            Block { n_samples: 4096, sample_rate: if idx % 3 == 0 { value } else { 48_000.0 }, transport };
        events.clear();
        player.process(&block, &composing, &performing, &[], &mut events);
        assert!(events.as_slice().iter().all(|event| event.offset < 4096));
        assert!(events.as_slice().iter().all(|event| match event.kind {
            EventKind::On { channel, key, velocity } => channel < 16 && key < 128 && velocity > 0,
            EventKind::Off { channel, key } => channel < 16 && key < 128,
            EventKind::Message(_) => true,
        }));
    }
}

#[test]
fn the_checks_of_these_tests_can_fail() {
    // The checks themselves can fail.
    let on = EventKind::On { channel: 0, key: 60, velocity: 1 };
    let off = EventKind::Off { channel: 0, key: 60 };
    let heard = |events: &[(u32, EventKind)]| Output { events: events.to_vec(), ..Output::default() };
    assert!(heard(&[(0, on)]).check_pairs().is_err());
    assert!(heard(&[(0, off)]).check_pairs().is_err());
    assert!(heard(&[(0, on), (5, on), (6, off)]).check_pairs().is_err());
    assert!(heard(&[(5, on), (4, off)]).check_order().is_err());
    assert!(heard(&[(5, on), (5, off)]).check_order().is_err());
    assert!(heard(&[(0, on), (1, off)]).check_pairs().is_ok());
}

/// Note-ons as sample and key.
fn ons(heard: &Output) -> Vec<(u32, u8)> {
    heard.onsets_between(0, u32::MAX).iter().map(|(time, _, key, _)| (*time, *key)).collect()
}

#[test]
fn no_note_is_lost_or_doubled_while_the_knobs_that_move_notes_are_turned() {
    // 96 notes, each on a key of its own, so that each can be counted.
    let notes: Vec<(i64, i64, u8)> = (0..96).map(|tick| (tick, 1, 20 + tick as u8)).collect();
    let turned = |idx: usize| PerformingKnobs {
        swing: (idx % 5) as f32 / 4.0,
        humanize_timing: (idx % 3) as f32 / 2.0,
        strum: (idx % 7) as f32 * 10.0,
        swing_grid: if idx.is_multiple_of(2) { Grid::Eighth } else { Grid::Sixteenth },
        ..PerformingKnobs::default()
    };
    let jump = |block| Jump { block, kind: hosts::JumpKind::Perform(turned(block)) };
    let setting =
        Setting { jumps: (0..500).map(jump).collect(), block_sizes: vec![37, 480, 1111], ..straight() };
    let heard = Host::new(setting).run(one_bar(&notes), 250);
    heard.check_order().unwrap();
    heard.check_pairs().unwrap();
    let mut keys: Vec<u8> = ons(&heard).iter().map(|(_, key)| *key).collect();
    keys.sort_unstable();
    assert_eq!(keys, (20..116).collect::<Vec<u8>>());
}

#[test]
fn a_loop_loses_no_note_that_comes_late_and_plays_no_note_that_lies_beyond_it() {
    // A loop of half a beat: full swing of eighths would move its last sixteenth by a third of one, a strum
    // moves the chord on its last tick beyond its end, and humanized notes of tick 12 would come early.
    let notes = [(0, 3, 50), (6, 3, 52), (11, 3, 60), (11, 3, 64), (11, 3, 67), (12, 3, 90), (13, 3, 91)];
    let performing =
        PerformingKnobs { swing: 1.0, strum: 60.0, humanize_timing: 1.0, ..PerformingKnobs::default() };
    let setting =
        Setting { performing, loop_range: Some((0.0, 0.5)), block_sizes: vec![700], ..Setting::default() };
    let heard = Host::new(setting).run_samples(one_bar(&notes), 4 * 12_000);
    heard.check_pairs().unwrap();
    for pass in 0..4 {
        let mut keys: Vec<u8> = heard
            .onsets_between(pass * 12_000, (pass + 1) * 12_000)
            .iter()
            .map(|(_, _, key, _)| *key)
            .collect();
        keys.sort_unstable();
        assert_eq!(keys, [50, 52, 60, 64, 67], "pass {pass}");
    }
}

#[test]
fn a_humanized_note_may_come_before_its_bar_line() {
    let bar = |idx: i64| -> Arc<Bar> {
        let note = |pitch: u8| Note {
            onset: Tick(96 * idx),
            duration: Tick(6),
            pitch,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        Bar { start: Tick(96 * idx), meter: Meter::COMMON, notes: (40..70).map(note).collect() }.into()
    };
    let score = Score { bars: vec![bar(0), bar(1)], ..Score::default() };
    let performing = PerformingKnobs { humanize_timing: 1.0, ..PerformingKnobs::default() };
    let heard = Host::new(Setting { performing, ..straight() }).run(score, 300);
    let line = 96_000;
    let n_early = heard.onsets_between(line - 1500, line).len();
    let n_late = heard.onsets_between(line, line + 1501).len();
    assert_eq!(n_early + n_late, 30);
    assert!(n_early > 5 && n_late > 5, "{n_early} early, {n_late} late");
    // At the start of the song nothing can come early.
    assert_eq!(heard.onsets_between(0, 1501).len(), 30);
}

/// A chord that lasts for a bar: its keys go up where their part is muted, and those of the others where they should.
#[test]
fn a_part_that_is_muted_ends_at_once_and_alone() {
    let score = || one_bar(&[(0, 96, 48), (0, 96, 55), (0, 96, 64), (0, 96, 72)]);
    let offs = |jumps: &[(usize, PerformingKnobs)]| {
        let jump = |(block, knobs): &(usize, PerformingKnobs)| Jump {
            block: *block,
            kind: hosts::JumpKind::Perform(*knobs),
        };
        let heard =
            Host::new(Setting { jumps: jumps.iter().map(jump).collect(), ..straight() }).run(score(), 250);
        heard.check_pairs().unwrap();
        assert_eq!(
            ons(&heard),
            [(0, 48), (0, 55), (0, 64), (0, 72)],
            "a part that comes back waits for its next note"
        );
        let off = |(time, kind): &(u32, EventKind)| match kind {
            EventKind::Off { key, .. } => Some((*time, *key)),
            _ => None,
        };
        let mut offs: Vec<(u32, u8)> = heard.events.iter().filter_map(off).collect();
        offs.sort_unstable();
        offs
    };
    let all = PerformingKnobs::default();
    let end = 96_000;
    assert_eq!(offs(&[]), [(end, 48), (end, 55), (end, 64), (end, 72)]);
    let alto = PerformingKnobs { muted: PartSet::EMPTY.with(Part::Voice(Voice::Second)), ..all };
    assert_eq!(offs(&[(50, alto), (60, all)]), [(24_000, 64), (end, 48), (end, 55), (end, 72)]);
    let bass = PerformingKnobs { solo: Some(Part::Voice(Voice::Fourth)), ..all };
    assert_eq!(offs(&[(100, bass)]), [(48_000, 55), (48_000, 64), (48_000, 72), (end, 48)]);
    let piano = PerformingKnobs { muted: PartSet::EMPTY.with(Part::Instrument(Family::PIANO)), ..all };
    assert_eq!(offs(&[(1, piano)]), [(480, 48), (480, 55), (480, 64), (480, 72)]);
}

fn on(channel: u8, key: u8) -> EventKind {
    EventKind::On { channel, key, velocity: 70 }
}

fn off(channel: u8, key: u8) -> EventKind {
    EventKind::Off { channel, key }
}

fn thru() -> PerformingKnobs {
    PerformingKnobs { thru: true, ..PerformingKnobs::default() }
}

#[test]
fn input_is_passed_on_at_its_sample_and_on_its_channel_whether_the_song_moves_or_not() {
    let input = vec![
        (3, on(5, 60)),
        (479, on(0, 61)),
        (480, off(5, 60)),
        (700, off(0, 61)),
        (5000, on(2, 62)),
        (5000, on(2, 63)),
        (5001, off(2, 62)),
        (6000, off(2, 63)),
    ];
    let stop = |block| Jump { block, kind: hosts::JumpKind::Stop };
    for jumps in [Vec::new(), (0..40).map(stop).collect()] {
        let setting = Setting { performing: thru(), input: input.clone(), jumps, ..straight() };
        assert_eq!(Host::new(setting).run(one_bar(&[]), 20).events, input);
        let swallowed = Setting { input: input.clone(), ..straight() };
        assert_eq!(Host::new(swallowed).run(one_bar(&[]), 20).events, []);
    }
}

#[test]
fn a_key_pressed_and_released_at_one_sample_sounds_for_a_sample() {
    let input = vec![(5, on(0, 60)), (5, off(0, 60)), (5, on(0, 62)), (9, off(0, 62))];
    let setting = Setting { performing: thru(), input, ..straight() };
    let events = Host::new(setting).run(one_bar(&[]), 3).events;
    assert_eq!(events, [(5, on(0, 60)), (5, on(0, 62)), (6, off(0, 60)), (9, off(0, 62))]);
}

#[test]
fn a_key_that_both_the_music_and_the_user_hold_is_released_when_both_have_released_it() {
    let music = one_bar(&[(1, 2, 60)]); // samples 1000 to 3000
    let heard = |input: &[(u32, EventKind)]| {
        let setting = Setting { performing: thru(), input: input.to_vec(), ..straight() };
        Host::new(setting).run(music.clone(), 20).events
    };
    let struck = |time| (time, EventKind::On { channel: 0, key: 60, velocity: 80 });
    let outlasting = [(500, on(0, 60)), (4000, off(0, 60))];
    assert_eq!(heard(&outlasting), [outlasting[0], (1000, off(0, 60)), struck(1000), outlasting[1]]);
    let shorter = [(500, on(0, 60)), (2000, off(0, 60))];
    assert_eq!(heard(&shorter), [shorter[0], (1000, off(0, 60)), struck(1000), (3000, off(0, 60))]);
    let within = [(2000, on(0, 60)), (2500, off(0, 60))];
    assert_eq!(heard(&within), [struck(1000), (2000, off(0, 60)), within[0], (3000, off(0, 60))]);
}

#[test]
fn held_keys_end_when_thru_is_switched_off_or_the_plugin_is_silenced_and_sound_on_through_a_stop() {
    let input = vec![(100, on(3, 60)), (9000, off(3, 60))];
    let end_with = |kind| {
        let jumps = vec![Jump { block: 10, kind }];
        let setting = Setting { performing: thru(), input: input.clone(), jumps, ..straight() };
        Host::new(setting).run(one_bar(&[]), 30).events
    };
    let no_thru = hosts::JumpKind::Perform(PerformingKnobs::default());
    assert_eq!(end_with(no_thru), [input[0], (4800, off(3, 60))]);
    assert_eq!(end_with(hosts::JumpKind::Silence), [input[0], (4800, off(3, 60))]);
    assert_eq!(end_with(hosts::JumpKind::Stop), input);
}

#[test]
fn notes_follow_the_chord_that_is_held_and_the_bass_its_lowest_key() {
    let mut score = one_bar(&[(0, 24, 60), (0, 24, 64), (24, 24, 62), (48, 24, 60)]);
    let mut bar = (*score.bars[0]).clone();
    let note = |onset, pitch, family| Note { onset: Tick(onset), pitch, family, ..bar.notes[0] };
    let more = [note(0, 38, Family::BASS), note(0, 37, Family::DRUMS)];
    bar.notes.extend(more);
    bar.notes.sort_unstable();
    score.bars[0] = bar.into();
    // D flat major over F; later A minor, pressed at the sample of a note and released while it sounds.
    let d_flat = [53, 61, 68].map(|key| (0, on(0, key)));
    let gone = [53, 61, 68].map(|key| (20_000, off(0, key)));
    let a_minor = [57, 60, 64].map(|key| (24_000, on(0, key)));
    let a_minor_gone = [57, 60, 64].map(|key| (30_000, off(0, key)));
    let input = [d_flat, gone, a_minor, a_minor_gone].concat();
    let performing = PerformingKnobs { chord_follow: true, ..PerformingKnobs::default() };
    let setting = Setting { performing, input, ..straight() };
    let heard = Host::new(setting.clone()).run(score.clone(), 150);
    heard.check_pairs().unwrap();
    assert_eq!(
        ons(&heard),
        // C to D flat, E to F, the bass to F, the drum stays; then D to C, as near as E; C stays.
        [(0, 41), (0, 61), (0, 65), (0, 37), (24_000, 60), (48_000, 60)]
    );
    // A chord that is no longer held is forgotten at stop.
    let jumps = vec![
        Jump { block: 70, kind: hosts::JumpKind::Stop },
        Jump { block: 80, kind: hosts::JumpKind::Seek(0.0) },
    ];
    let stopped = Host::new(Setting { jumps, ..setting }).run(score, 85);
    let again: Vec<u8> =
        ons(&stopped).iter().filter(|(time, _)| *time > 36_000).map(|(_, key)| *key).collect();
    assert_eq!(again, [38, 60, 64, 37]);
}

/// A bar of 4/4 with one note on each beat.
fn bar_of_quarters(idx: i64, pitch: u8) -> Arc<Bar> {
    let note = |beat: i64| Note {
        onset: Tick(96 * idx + 24 * beat),
        duration: Tick(24),
        pitch: pitch + beat as u8,
        velocity: 80,
        family: Family::PIANO,
        feel: None,
    };
    Bar { start: Tick(96 * idx), meter: Meter::COMMON, notes: (0..4).map(note).collect() }.into()
}

/// A player and a composer that has composed these bars and answers nothing.
fn with_late_composer(bars: &[Arc<Bar>]) -> (ComposerEnd, Player) {
    let (mut composer_end, player_end) = handover();
    let score = Arc::new(Score { bars: bars.to_vec(), ..Score::default() });
    assert!(composer_end.publish(Published { score, answered: 0 }).is_ok());
    (composer_end, Player::new(player_end))
}

/// Plays live from one sample to another in blocks of 60, and returns what is heard.
///
/// At 9600 quarter notes a minute the whole song is shorter than a host that plays live may be ahead of the wall
/// clock, so this counts as live playing, however fast the blocks come, and the player never waits.
fn play_live(player: &mut Player, samples: std::ops::Range<u32>, length: u8) -> Output {
    let mut heard = Output::default();
    let composing = ComposingKnobs { length, ..ComposingKnobs::default() };
    for start in samples.step_by(60) {
        let transport = Transport {
            playing: true,
            position: Some(Beats(f64::from(start) / f64::from(BEAT))),
            tempo: Some(9600.0),
            meter: Some(Meter::COMMON),
            ..Transport::default()
        };
        let block = Block { n_samples: 60, sample_rate: 48_000.0, transport };
        let mut events = EventList::default();
        player.process(&block, &composing, &PerformingKnobs::default(), &[], &mut events);
        heard.events.extend(events.as_slice().iter().map(|event| (start + event.offset, event.kind)));
    }
    heard
}

const BEAT: u32 = 300;
const BAR: u32 = 4 * BEAT;

#[test]
fn a_late_bar_is_replaced_by_the_one_a_phrase_earlier_or_the_last_one() {
    let bars = [bar_of_quarters(0, 40), bar_of_quarters(1, 50), bar_of_quarters(2, 60)];
    for (length, pitch) in [(2, 50), (8, 60)] {
        let (_composer_end, mut player) = with_late_composer(&bars);
        play_live(&mut player, 0..3 * BAR - 60, length);
        assert!(!player.playhead().is_repeating(), "older versions of the bars exist");
        let heard = play_live(&mut player, 3 * BAR - 60..4 * BAR - 60, length);
        assert!(player.playhead().is_repeating());
        assert_eq!(
            ons(&heard),
            (0..4).map(|beat| (3 * BAR + u32::from(beat) * BEAT, pitch + beat)).collect::<Vec<_>>()
        );
        assert!(player.playhead().n_late() > 0);
    }
}

#[test]
fn a_bar_of_which_an_older_version_is_played_is_not_counted_as_late() {
    let bars = [bar_of_quarters(0, 40), bar_of_quarters(1, 50), bar_of_quarters(2, 60)];
    let (_composer_end, mut player) = with_late_composer(&bars);
    play_live(&mut player, BAR - 240..2 * BAR + 60, 8);
    assert_eq!(player.playhead().n_late(), 0);
    play_live(&mut player, 2 * BAR + 60..3 * BAR + 60, 8);
    assert_eq!(player.playhead().n_late(), 1, "of the fourth bar there is none");
}

#[test]
fn the_real_bar_takes_over_from_its_next_note_on_and_nothing_hangs() {
    let mut bars = vec![bar_of_quarters(0, 40)];
    let (mut composer_end, mut player) = with_late_composer(&bars);
    let mut heard = play_live(&mut player, 0..BAR + 420, 8);
    bars.push(bar_of_quarters(1, 70));
    composer_end
        .publish(Published { score: Arc::new(Score { bars, ..Score::default() }), answered: 99 })
        .unwrap();
    heard.events.extend(play_live(&mut player, BAR + 420..2 * BAR, 8).events);
    assert!(!player.playhead().is_repeating());
    let late: Vec<u8> = ons(&heard).iter().filter(|(time, _)| *time >= BAR).map(|(_, key)| *key).collect();
    assert_eq!(late, [40, 41, 72, 73]);
    let mut events = EventList::default();
    player.silence(&mut events);
    heard.events.extend(events.as_slice().iter().map(|event| (2 * BAR, event.kind)));
    heard.check_pairs().unwrap();
}

#[test]
fn a_loop_that_is_switched_off_or_changed_just_at_its_end_is_left_there() {
    let (end, longer) = (Beats(16.0), Beats(32.0));
    for then in [None, Some((Beats(0.0), longer)), Some((Beats(0.0), end))] {
        let bars = (0..8).map(|idx| bar_of_quarters(idx, 40 + 4 * idx as u8)).collect();
        let (_composer_end, mut player) = player_with(Score { bars, ..Score::default() });
        let mut heard = Vec::new();
        for (position, loop_range) in [(12.0, Some((Beats(0.0), end))), (16.0, then)] {
            let transport = Transport {
                playing: true,
                position: Some(Beats(position)),
                tempo: Some(9600.0),
                meter: Some(Meter::COMMON),
                loop_range,
                ..Transport::default()
            };
            let block = Block { n_samples: BAR, sample_rate: 48_000.0, transport };
            let mut events = EventList::default();
            let knobs = (ComposingKnobs::default(), PerformingKnobs::default());
            player.process(&block, &knobs.0, &knobs.1, &[], &mut events);
            heard = events.as_slice().to_vec();
        }
        let keys = heard.iter().filter_map(|event| match event.kind {
            EventKind::On { key, .. } => Some((event.offset, key)),
            _ => None,
        });
        // A host that loops on, and is late in wrapping, means the first bar.
        let first = if then == Some((Beats(0.0), end)) { 40 } else { 56 };
        let expected: Vec<(u32, u8)> = (0..4).map(|beat| (beat * BEAT, first + beat as u8)).collect();
        assert_eq!(keys.collect::<Vec<_>>(), expected, "{then:?}");
    }
}

#[test]
fn a_player_that_is_silenced_shows_that_nothing_plays() {
    let (_composer_end, mut player) = with_late_composer(&[bar_of_quarters(0, 40)]);
    play_live(&mut player, 0..BAR, 8);
    assert!(player.playhead().is_playing());
    let position = player.playhead().position();
    player.silence(&mut EventList::default());
    assert_eq!((player.playhead().is_playing(), player.playhead().position()), (false, position));
}

#[test]
fn a_bar_that_the_composer_has_answered_with_nothing_is_silent() {
    let (mut composer_end, mut player) = with_late_composer(&[]);
    let score = Arc::new(Score { bars: vec![bar_of_quarters(0, 40)], ..Score::default() });
    composer_end.publish(Published { score, answered: u64::MAX }).unwrap();
    let heard = play_live(&mut player, 0..3 * BAR, 8);
    assert_eq!(ons(&heard).len(), 4);
    assert!(!player.playhead().is_repeating());
}

#[test]
fn a_bar_of_another_meter_replaces_no_late_bar() {
    let waltz = Bar { meter: Meter::new(3, 4).unwrap(), ..(*bar_of_quarters(0, 40)).clone() };
    let waltz = Bar { notes: waltz.notes[..3].to_vec(), ..waltz };
    let (_composer_end, mut player) = with_late_composer(&[waltz.into()]);
    let heard = play_live(&mut player, 0..3 * BAR, 8);
    assert_eq!(ons(&heard).len(), 3);
}

#[test]
fn rendering_replaces_no_late_bar() {
    let (composer_end, mut player) = with_late_composer(&[bar_of_quarters(0, 40)]);
    drop(composer_end);
    let transport =
        Transport { playing: true, offline: true, meter: Some(Meter::COMMON), ..Transport::default() };
    let mut n_ons = 0;
    for _ in 0..400 {
        let block = Block { n_samples: 480, sample_rate: 48_000.0, transport };
        let mut events = EventList::default();
        player.process(&block, &ComposingKnobs::default(), &PerformingKnobs::default(), &[], &mut events);
        let is_on = |event: &&Event| matches!(event.kind, EventKind::On { .. });
        n_ons += events.as_slice().iter().filter(is_on).count();
    }
    assert_eq!(n_ons, 4);
}

/// Renders blocks of a quarter of a beat at 120, from one such block to another. While the composer does not answer,
/// each waits for half a second in vain.
fn render_quarters(player: &mut Player, blocks: std::ops::Range<u32>) -> Output {
    render_blocks(player, blocks, |idx| Transport {
        position: Some(Beats(f64::from(idx) / 4.0)),
        ..Transport::default()
    })
}

/// The same in a loop over the first beat.
fn render_quarters_in_loop(player: &mut Player, blocks: std::ops::Range<u32>) -> Output {
    render_blocks(player, blocks, |idx| Transport {
        position: Some(Beats(f64::from(idx % 4) / 4.0)),
        loop_range: Some((Beats(0.0), Beats(1.0))),
        ..Transport::default()
    })
}

fn render_blocks(
    player: &mut Player,
    blocks: std::ops::Range<u32>,
    transport: impl Fn(u32) -> Transport,
) -> Output {
    const QUARTER: u32 = 6_000;
    let mut heard = Output::default();
    for idx in blocks {
        let transport = Transport { playing: true, offline: true, ..transport(idx) };
        let block = Block { n_samples: QUARTER, sample_rate: 48_000.0, transport };
        let mut events = EventList::default();
        player.process(&block, &ComposingKnobs::default(), &PerformingKnobs::default(), &[], &mut events);
        let at = |event: &Event| (QUARTER * idx + event.offset, event.kind);
        heard.events.extend(events.as_slice().iter().map(at));
    }
    heard
}

fn publish(composer_end: &mut ComposerEnd, bars: &[Arc<Bar>], answered: u64) {
    let score = Arc::new(Score { bars: bars.to_vec(), ..Score::default() });
    assert!(composer_end.publish(Published { score, answered }).is_ok());
}

/// The notes as when they begin, when they end, and their keys.
fn lengths(heard: &Output) -> Vec<(u32, u32, u8)> {
    let begins = heard.events.iter().enumerate().filter_map(|(idx, (at, kind))| match kind {
        EventKind::On { key, .. } => Some((idx, *at, *key)),
        EventKind::Off { .. } | EventKind::Message(_) => None,
    });
    let end_of = |from: usize, pressed: u8| {
        let is_it =
            |(_, kind): &&(u32, EventKind)| matches!(kind, EventKind::Off { key, .. } if *key == pressed);
        heard.events[from..].iter().find(is_it).map(|(at, _)| *at)
    };
    begins.map(|(idx, at, key)| (at, end_of(idx, key).unwrap_or(u32::MAX), key)).collect()
}

#[test]
fn in_rendering_a_bar_that_comes_too_late_loses_no_note() {
    let (mut composer_end, player_end) = handover();
    let mut player = Player::new(player_end);
    let mut heard = render_quarters(&mut player, 0..2);
    assert_eq!(heard.events, [], "nothing is there yet");
    // A note that sounds on, two of one key that should have ended, and one that is in time.
    let bar = one_bar(&[(0, 24, 60), (1, 3, 62), (6, 3, 62), (24, 24, 64)]);
    publish(&mut composer_end, &bar.bars, 1);
    heard.events.extend(render_quarters(&mut player, 2..9).events);
    assert_eq!(
        lengths(&heard),
        [(12_000, 24_000, 60), (12_001, 12_002, 62), (12_002, 15_002, 62), (24_000, 48_000, 64)]
    );
    heard.check_order().unwrap();
    heard.check_pairs().unwrap();
}

#[test]
fn in_rendering_a_loop_that_wraps_before_its_bar_is_there_plays_nothing_of_that_pass_later() {
    let (mut composer_end, player_end) = handover();
    let mut player = Player::new(player_end);
    // A loop of one beat, four blocks long. Its bar comes in the second pass.
    let mut heard = render_quarters_in_loop(&mut player, 0..5);
    assert_eq!(heard.events, [], "nothing is there yet");
    publish(&mut composer_end, &one_bar(&[(0, 12, 60), (18, 5, 62)]).bars, u64::MAX);
    heard.events.extend(render_quarters_in_loop(&mut player, 5..12).events);
    // In the second pass the first note is late, and all later ones are in time; those of the first pass do not come.
    assert_eq!(
        lengths(&heard),
        [(30_000, 36_000, 60), (42_000, 47_000, 62), (48_000, 60_000, 60), (66_000, 71_000, 62)]
    );
    heard.check_pairs().unwrap();
}

#[test]
fn in_rendering_an_older_version_of_a_bar_is_not_played_while_the_new_one_is_awaited() {
    let (mut composer_end, player_end) = handover();
    let mut player = Player::new(player_end);
    publish(&mut composer_end, &one_bar(&[(0, 24, 50)]).bars, 0);
    let mut heard = render_quarters(&mut player, 0..1);
    publish(&mut composer_end, &one_bar(&[(0, 24, 60)]).bars, 1);
    heard.events.extend(render_quarters(&mut player, 1..9).events);
    assert_eq!(lengths(&heard), [(6_000, 24_000, 60)]);
}

#[test]
fn in_rendering_the_next_bar_is_awaited_before_it_begins_so_a_slow_composer_is_in_time() {
    let (mut composer_end, player_end) = handover();
    let mut player = Player::new(player_end);
    publish(&mut composer_end, &[bar_of_quarters(0, 40)], 1);
    let mut heard = render_quarters(&mut player, 0..15);
    publish(&mut composer_end, &[bar_of_quarters(0, 40), bar_of_quarters(1, 50)], 9);
    heard.events.extend(render_quarters(&mut player, 15..33).events);
    let begins: Vec<(u32, u8)> = lengths(&heard).iter().map(|(begin, _, key)| (*begin, *key)).collect();
    let expected = (0..8_u8).map(|beat| (u32::from(beat) * 24_000, 40 + beat % 4 + 10 * (beat / 4)));
    assert_eq!(begins, expected.collect::<Vec<_>>());
}

#[test]
fn messages_go_through_at_their_sample_if_thru_is_on_and_not_otherwise() {
    let input = vec![(3, EventKind::Message([0xb0, 64, 127])), (700, EventKind::Message([0xb0, 64, 0]))];
    let setting = Setting { performing: thru(), input: input.clone(), ..straight() };
    assert_eq!(Host::new(setting).run(one_bar(&[]), 20).events, input);
    assert_eq!(Host::new(Setting { input, ..straight() }).run(one_bar(&[]), 20).events, []);
}

#[test]
fn a_pedal_that_was_let_through_is_lifted_when_thru_ends_and_stays_down_when_the_song_stops() {
    let down = (100, EventKind::Message([0xb3, 64, 127]));
    let end_with = |kind| {
        let jumps = vec![Jump { block: 10, kind }];
        let setting = Setting { performing: thru(), input: vec![down], jumps, ..straight() };
        // Thru is switched off at the end.
        Host::new(setting).run(one_bar(&[]), 30).events
    };
    let lifted = |at| vec![down, (at, EventKind::Message([0xb3, 64, 0]))];
    assert_eq!(end_with(hosts::JumpKind::Perform(PerformingKnobs::default())), lifted(4_800));
    assert_eq!(end_with(hosts::JumpKind::Silence), lifted(4_800));
    assert_eq!(end_with(hosts::JumpKind::Stop), lifted(30 * 480));
}
