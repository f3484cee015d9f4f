//! Continue, Trade and Accompany, with notes that are played in: the promises with an untrained network, the
//! music with the one that ships.
#![allow(clippy::unwrap_used, reason = "a test")]

mod hosts;

use std::sync::Arc;

use continuo::composer::{Composer, SavedTake};
use continuo::model::Model;
use continuo::music::{Family, Note, PerformedNote, Voices, best_scale_share};
use continuo::player::handover::handover;
use continuo::player::{ComposingKnobs, Conversation, EventKind, PerformingKnobs, Player, render};
use hosts::{Host, Jump, JumpKind, Output, Setting};

/// Samples to the beat.
const BEAT: u32 = 24_000;
/// A human hand is never on the tick.
const SLIP: [i32; 5] = [0, 311, -420, 650, -130];

struct Instance {
    composer: Composer,
    player: Player,
}

fn instance(model: Arc<Model>, take: Option<SavedTake>) -> Instance {
    let (end, player_end) = handover();
    Instance { composer: Composer::spawn(end, Some(model), take), player: Player::new(player_end) }
}

fn noise() -> Arc<Model> {
    Arc::new(Model::random(3, 7))
}

/// Keys pressed at beats, each held for most of a beat.
fn played(keys: &[(f64, u8)]) -> Vec<(u32, EventKind)> {
    let mut events = Vec::new();
    for (idx, (beat, key)) in keys.iter().enumerate() {
        let at = (beat * f64::from(BEAT)).round() as i32
            + SLIP[idx % SLIP.len()].max(-(beat * f64::from(BEAT)) as i32);
        let (at, key, channel) = (at.max(0) as u32, *key, 0);
        events.push((at, EventKind::On { channel, key, velocity: 90 }));
        events.push((at + BEAT * 4 / 5, EventKind::Off { channel, key }));
    }
    events.sort_by_key(|(at, _)| *at);
    events
}

/// Two bars of a melody in D major, from a beat on.
fn melody(from: f64) -> Vec<(f64, u8)> {
    let keys = [62, 66, 69, 66, 67, 64, 61, 62];
    (0..).zip(keys).map(|(idx, key)| (from + f64::from(idx), key)).collect()
}

fn setting(conversation: Conversation, keys: &[(f64, u8)]) -> Setting {
    let knobs = ComposingKnobs { conversation, trade: 2, ..ComposingKnobs::default() };
    Setting {
        input: played(keys),
        composing: vec![(f64::NEG_INFINITY, knobs)],
        offline: true,
        ..Setting::default()
    }
}

fn onsets(heard: &Output) -> Vec<(u32, u8)> {
    heard.onsets_between(0, u32::MAX).iter().map(|onset| (onset.0, onset.2)).collect()
}

/// How many notes begin in each bar.
fn notes_per_bar(heard: &Output, n_bars: u32) -> Vec<usize> {
    (0..n_bars).map(|bar| heard.onsets_between(4 * BEAT * bar, 4 * BEAT * (bar + 1)).len()).collect()
}

#[test]
fn continue_waits_listens_and_answers_from_the_next_bar_on() {
    let host = Host::new(setting(Conversation::Continue, &melody(4.0)));
    let mut instance = instance(Model::embedded().unwrap(), None);
    let heard = host.run_beats(&mut instance.player, 32.0);
    heard.check_pairs().unwrap();
    let counts = notes_per_bar(&heard, 8);
    assert_eq!(counts[..3], [0; 3], "before and while the user plays");
    assert!(counts[3..].iter().filter(|count| **count > 0).count() >= 4, "{counts:?}");
    // The answer is in D major, though the knobs say C and leave the scale free.
    let answer = instance.composer.picture().score.bars[3..8]
        .iter()
        .flat_map(|bar| bar.notes.clone())
        .collect::<Vec<_>>();
    let in_d = answer.iter().filter(|note| [2, 4, 6, 7, 9, 11, 1].contains(&(note.pitch % 12))).count();
    assert!(in_d * 10 >= answer.len() * 8, "{in_d} of {}", answer.len());
    assert!(best_scale_share(&answer) > 0.8);
}

#[test]
fn continue_is_silent_whenever_the_user_plays_again() {
    let mut keys = melody(0.0);
    // In the middle of bar 4, at the second beat.
    keys.extend([(17.0, 62), (18.0, 64), (19.0, 66)]);
    let host = Host::new(setting(Conversation::Continue, &keys));
    let mut instance = instance(Model::embedded().unwrap(), None);
    let heard = host.run_beats(&mut instance.player, 32.0);
    assert!(heard.onsets_between(17 * BEAT + BEAT / 10, 20 * BEAT - BEAT / 10).is_empty());
    assert!(!heard.onsets_between(20 * BEAT, 32 * BEAT).is_empty());
}

#[test]
fn a_key_that_is_held_when_bypass_begins_does_not_silence_the_music_after_it() {
    // The key is let go of during the bypass, when nothing is received.
    let (channel, key) = (0, 74);
    let held = [
        (4 * BEAT, EventKind::On { channel, key, velocity: 90 }),
        (7 * BEAT, EventKind::Off { channel, key }),
    ];
    let input = [played(&melody(0.0)[..3]), held.to_vec()].concat();
    let bypassed = (24..32).map(|block| Jump { block, kind: JumpKind::Silence }).collect();
    let setting = Setting {
        input,
        jumps: bypassed,
        block_sizes: vec![BEAT / 4],
        ..setting(Conversation::Continue, &[])
    };
    let mut instance = instance(Model::embedded().unwrap(), None);
    let heard = Host::new(setting).run_beats(&mut instance.player, 34.0);
    heard.check_pairs().unwrap();
    let counts = notes_per_bar(&heard, 8);
    assert!(counts[3..].iter().filter(|count| **count > 0).count() >= 4, "{counts:?}");
}

#[test]
fn in_trade_each_side_has_its_bars() {
    let mut keys = melody(0.0);
    keys.extend(melody(16.0));
    let host = Host::new(setting(Conversation::Trade, &keys));
    let mut instance = instance(Model::embedded().unwrap(), None);
    let counts = notes_per_bar(&host.run_beats(&mut instance.player, 32.0), 8);
    for (bar, count) in counts.iter().enumerate() {
        assert!(bar / 2 % 2 == 1 || *count == 0, "bar {bar}: {counts:?}");
    }
    assert!(counts.iter().sum::<usize>() >= 8, "{counts:?}");
}

#[test]
fn a_conversation_gives_the_same_notes_at_any_block_size_and_after_reloading() {
    let mut keys = melody(0.0);
    keys.extend(melody(18.0));
    for conversation in [Conversation::Continue, Conversation::Trade, Conversation::Accompany] {
        let run = |block_sizes: Vec<u32>, take: Option<SavedTake>| {
            let host = Host::new(Setting { block_sizes, ..setting(conversation, &keys) });
            let mut instance = instance(noise(), take);
            let heard = host.run_beats(&mut instance.player, 40.0);
            heard.check_pairs().unwrap();
            (onsets(&heard), instance.composer.saved_take())
        };
        let (expected, take) = run(vec![512], None);
        assert!(!expected.is_empty(), "{conversation:?}");
        for block_sizes in [vec![1], vec![64, 1024, 7], vec![8192]] {
            assert_eq!(run(block_sizes.clone(), None).0, expected, "{conversation:?} {block_sizes:?}");
        }
        let json = serde_json::to_string(&take).unwrap();
        let reloaded = serde_json::from_str(&json).unwrap();
        assert_eq!(
            run(vec![256], Some(reloaded)).0,
            expected,
            "{conversation:?} reloaded, with the same input again"
        );
    }
}

#[test]
fn answers_are_played_again_without_input() {
    let host = Host::new(setting(Conversation::Continue, &melody(0.0)));
    let mut first = instance(noise(), None);
    let expected = onsets(&host.run_beats(&mut first.player, 32.0));
    let json = serde_json::to_string(&first.composer.saved_take()).unwrap();
    let mut again = instance(noise(), Some(serde_json::from_str(&json).unwrap()));
    let silent = Host::new(setting(Conversation::Continue, &[]));
    assert_eq!(onsets(&silent.run_beats(&mut again.player, 32.0)), expected);
}

/// With thru on, so that what is played in is heard.
fn through(conversation: Conversation, keys: &[(f64, u8)]) -> Host {
    let performing = PerformingKnobs { thru: true, ..PerformingKnobs::default() };
    Host::new(Setting { performing, ..setting(conversation, keys) })
}

#[test]
fn recorded_input_is_played_again_on_its_samples_and_once_if_it_comes_in_again() {
    for conversation in [Conversation::Continue, Conversation::Trade, Conversation::Accompany] {
        let keys = [melody(0.0), melody(18.0)].concat();
        let mut first = instance(noise(), None);
        let heard = through(conversation, &keys).run_beats(&mut first.player, 40.0);
        let expected = onsets(&heard);
        let theirs = |onsets: &[(u32, u8)]| {
            played(&keys).iter().all(|(at, event)| match event {
                EventKind::On { key, .. } => onsets.contains(&(*at, *key)),
                EventKind::Off { .. } | EventKind::Message(_) => true,
            })
        };
        assert!(theirs(&expected) && expected.len() > keys.len(), "{conversation:?}");
        let json = serde_json::to_string(&first.composer.saved_take()).unwrap();
        let again = |keys: &[(f64, u8)]| {
            let mut again = instance(noise(), Some(serde_json::from_str(&json).unwrap()));
            let heard = through(conversation, keys).run_beats(&mut again.player, 40.0);
            heard.check_pairs().unwrap();
            heard
        };
        assert_eq!(onsets(&again(&[])), expected, "{conversation:?}, without input");
        assert_eq!(onsets(&again(&keys)), expected, "{conversation:?}, with the same input again");
        let (score, knobs) = (first.composer.picture().score, setting(conversation, &[]).composing[0].1);
        let performing = PerformingKnobs { thru: true, ..PerformingKnobs::default() };
        let file =
            render(&score.bars, &Voices::of(&score.bars), &score.played_in, &knobs, &performing, 120.0);
        let at = |note: &PerformedNote| (note.onset.0 * f64::from(BEAT)).round() as u32;
        let mut saved: Vec<_> =
            file.iter().map(|note| (at(note), note.key)).filter(|note| note.0 < 40 * BEAT).collect();
        let mut sorted = expected.clone();
        saved.sort_unstable();
        sorted.sort_unstable();
        assert_eq!(saved, sorted, "{conversation:?}, as it is saved");
        let silent = Host::new(setting(conversation, &[]));
        let mut unheard = instance(noise(), Some(serde_json::from_str(&json).unwrap()));
        assert!(
            !theirs(&onsets(&silent.run_beats(&mut unheard.player, 40.0))),
            "{conversation:?}, without thru"
        );
    }
}

#[test]
fn input_in_a_bar_replaces_what_was_played_there_before() {
    let mut instance = instance(noise(), None);
    let first = through(Conversation::Trade, &melody(0.0)).run_beats(&mut instance.player, 16.0);
    assert!(onsets(&first).iter().any(|onset| onset.1 == 69), "the melody's highest key in the first bar");
    let other = through(Conversation::Trade, &[(0.0, 50), (2.0, 52)]).run_beats(&mut instance.player, 16.0);
    let keys =
        |from: u32, to: u32| other.onsets_between(from, to).iter().map(|onset| onset.2).collect::<Vec<_>>();
    assert_eq!(keys(0, 4 * BEAT - BEAT / 8), [50, 52], "what is played now");
    assert_eq!(keys(4 * BEAT - BEAT / 8, 8 * BEAT - BEAT / 8), [67, 64, 61, 62], "what was played before");
}

#[test]
fn playing_live_gives_what_rendering_gives() {
    let keys = melody(0.0);
    let rendered = {
        let mut instance = instance(noise(), None);
        onsets(&Host::new(setting(Conversation::Trade, &keys)).run_beats(&mut instance.player, 24.0))
    };
    let mut instance = instance(noise(), None);
    let live = Host::new(Setting { offline: false, ..setting(Conversation::Trade, &keys) });
    live.stand(&mut instance.player);
    instance.composer.wait_until_idle();
    assert_eq!(onsets(&live.run_beats(&mut instance.player, 24.0)), rendered);
}

/// What is composed without input, and with a note at a beat.
fn with_and_without(beat: f64) -> (Vec<Note>, Vec<Note>) {
    let notes = |keys: &[(f64, u8)]| {
        let host = Host::new(setting(Conversation::Accompany, keys));
        let mut instance = instance(noise(), None);
        host.run_beats(&mut instance.player, 16.0);
        let score = instance.composer.picture().score;
        score.bars.iter().flat_map(|bar| bar.notes.clone()).collect::<Vec<Note>>()
    };
    (notes(&[]), notes(&[(beat, 61)]))
}

#[test]
fn in_accompany_nothing_changes_before_a_note_and_the_music_follows_it_within_a_beat() {
    for beat in [4.1, 5.4, 6.9, 7.6] {
        let (without, with) = with_and_without(beat);
        let differ = without.iter().zip(&with).position(|(a, b)| a != b).unwrap();
        let first = with[differ].onset.min(without[differ].onset).to_beats();
        assert!(first.0 >= beat, "a note at {beat} changed one at {first:?}");
        // Everything from one beat later on takes it into account; with this network that shows at once.
        let next = with.iter().find(|note| note.onset.to_beats().0 >= beat + 1.0).unwrap();
        assert!(first.0 <= next.onset.to_beats().0.max(beat + 1.0), "{beat}: {first:?} {next:?}");
        assert!(
            with.iter().all(|note| note.family != Family::PIANO),
            "the user's instrument is left to the user"
        );
    }
}

#[test]
fn what_is_played_beside_the_music_can_be_captured_and_learned_and_changes_nothing() {
    // C, F and G, a bar each, struck together.
    let chords = [[60, 64, 67], [60, 65, 69], [59, 62, 67]];
    let keys: Vec<(f64, u8)> =
        (0..).zip(chords).flat_map(|(bar, keys)| keys.map(|key| (4.0 * f64::from(bar), key))).collect();
    let run = |keys: &[(f64, u8)]| {
        let host = Host::new(setting(Conversation::Generate, keys));
        let mut instance = instance(noise(), None);
        let heard = onsets(&host.run_beats(&mut instance.player, 16.0));
        instance.composer.wait_until_idle();
        (heard, instance.composer)
    };
    let (alone, none) = run(&[]);
    let (beside, composer) = run(&keys);
    assert_eq!(alone, beside);
    assert_eq!(composer.captured_chords().as_deref(), Some("C | F/C | G/B"));
    assert_eq!(composer.played_piece(Family::PIANO).notes.len(), 9);
    assert_eq!((composer.picture().n_played, composer.picture().input.len()), (9, 0));
    assert_eq!(composer.saved_take(), none.saved_take(), "it is no part of the project");
}
