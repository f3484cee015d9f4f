//! Edits of single bars and whole takes, with an untrained network.
#![allow(clippy::unwrap_used, reason = "a test")]

mod hosts;

use std::sync::Arc;

use continuo::composer::{
    Composer, Edit, Picture, SavedTake, Take, Writer, compose_bar, compose_until, edit_bar,
};
use continuo::model::Model;
use continuo::music::{Bar, Meter, Note, Scale, Tick};
use continuo::player::handover::{ComposerEnd, PlayerEnd, handover};
use continuo::player::{Cadence, ComposingKnobs};

const N_BARS: i64 = 8;

fn model() -> Arc<Model> {
    Arc::new(Model::random(3, 7))
}

fn knobs() -> ComposingKnobs {
    ComposingKnobs { length: 4, evolve: 0.0, ..ComposingKnobs::default() }
}

fn saved(knobs: &ComposingKnobs) -> SavedTake {
    let mut take = Take::default();
    compose_until(&mut take, &mut Writer::new(model()), knobs, Meter::COMMON, Tick(96 * N_BARS));
    SavedTake::of(&take, None)
}

/// A composer with eight bars, a phrase of four that comes round, and a player that plays nothing.
struct Instance {
    composer: Composer,
    _player: PlayerEnd,
}

impl Instance {
    fn with(take: SavedTake) -> Self {
        let (end, player): (ComposerEnd, PlayerEnd) = handover();
        Self { composer: Composer::spawn(end, Some(model()), Some(take)), _player: player }
    }

    fn new() -> Self {
        Self::with(saved(&knobs()))
    }

    /// The picture after something has been done that changes it.
    fn after(&self, act: impl Fn(&Composer)) -> Picture {
        let before = self.composer.picture();
        act(&self.composer);
        self.composer.wait_until_idle();
        let after = self.composer.picture();
        assert_ne!(after, before);
        after
    }
}

fn onsets(bar: &Bar) -> Vec<(Tick, Tick)> {
    bar.notes.iter().map(|note| (note.onset - bar.start, note.duration)).collect()
}

fn pitches(bar: &Bar) -> Vec<u8> {
    bar.notes.iter().map(|note| note.pitch).collect()
}

fn from_line(bar: &Bar) -> Vec<Note> {
    bar.notes.iter().map(|note| Note { onset: note.onset - bar.start, ..*note }).collect()
}

/// The fullest bar of the phrase.
fn a_full_bar(picture: &Picture) -> usize {
    (0..4).max_by_key(|idx| picture.score.bars[*idx].notes.len()).unwrap()
}

#[test]
fn a_bar_rolled_again_changes_and_no_other_bar_but_its_repetitions() {
    let instance = Instance::new();
    let before = instance.composer.picture();
    let idx = a_full_bar(&before);
    let after = instance.after(|composer| composer.edit(idx, Edit::ReRoll));
    for (other, (old, new)) in before.score.bars.iter().zip(&after.score.bars).enumerate() {
        assert_eq!(old == new, other % 4 != idx % 4, "bar {other}");
    }
    assert_eq!(
        from_line(&after.score.bars[idx]),
        from_line(&after.score.bars[idx + 4]),
        "the phrase comes round"
    );
    assert!(after.marks[idx].is_edited);
    assert_eq!((after.n_undo, after.n_redo), (1, 0));
}

#[test]
fn the_same_roll_gives_the_same_bar_and_the_next_roll_another() {
    let rolled = |n_rolls| {
        let instance = Instance::new();
        let mut picture = instance.composer.picture();
        for _ in 0..n_rolls {
            picture = instance.after(|composer| composer.edit(1, Edit::ReRoll));
        }
        picture.score.bars[1].clone()
    };
    assert_eq!(rolled(1), rolled(1));
    assert_ne!(rolled(1), rolled(2));
}

#[test]
fn pitches_alone_or_rhythm_alone_can_be_rolled() {
    let instance = Instance::new();
    let before = instance.composer.picture();
    let idx = a_full_bar(&before);
    let old = &before.score.bars[idx];
    let after = instance.after(|composer| composer.edit(idx, Edit::ReRollPitches));
    let new = &after.score.bars[idx];
    assert_eq!(onsets(old), onsets(new));
    assert_ne!(pitches(old), pitches(new));
    let back = instance.after(Composer::undo);
    assert_eq!(back.score, before.score);
    let after = instance.after(|composer| composer.edit(idx, Edit::ReRollRhythm));
    let new = &after.score.bars[idx];
    let sorted = |bar: &Bar| {
        let mut pitches = pitches(bar);
        pitches.sort_unstable();
        pitches
    };
    assert_eq!(sorted(old), sorted(new));
    assert_ne!(onsets(old), onsets(new));
    assert!(new.notes.iter().all(|note| (new.start..new.end()).contains(&note.onset)));
}

#[test]
fn edits_are_undone_and_redone_across_saving() {
    let instance = Instance::new();
    let before = instance.composer.picture();
    let rolled = instance.after(|composer| composer.edit(2, Edit::ReRoll));
    let cleared = instance.after(|composer| composer.edit(1, Edit::Clear));
    assert!(cleared.score.bars[1].notes.is_empty() && cleared.score.bars[5].notes.is_empty());
    let undone = instance.after(Composer::undo);
    assert_eq!(undone.score, rolled.score);
    let json = serde_json::to_string(&instance.composer.saved_take()).unwrap();
    let reopened = Instance::with(serde_json::from_str(&json).unwrap());
    let loaded = reopened.composer.picture();
    assert_eq!((&loaded.score, loaded.n_undo, loaded.n_redo), (&rolled.score, 1, 1));
    let redone = reopened.after(Composer::redo);
    assert_eq!(redone.score, cleared.score);
    reopened.after(Composer::undo);
    let undone = reopened.after(Composer::undo);
    assert_eq!(undone.score, before.score);
}

/// The take with more bars, composed with other knobs.
fn recomposed(take: &SavedTake, knobs: &ComposingKnobs, n_bars: i64) -> Take {
    let mut take = take.restore().unwrap();
    compose_until(&mut take, &mut Writer::new(model()), knobs, Meter::COMMON, Tick(96 * n_bars));
    take
}

#[test]
fn a_kept_bar_stays_whatever_is_turned_and_comes_back_with_the_phrase() {
    let knobs = ComposingKnobs { evolve: 1.0, ..knobs() };
    let instance = Instance::with(saved(&knobs));
    let before = instance.composer.picture();
    let kept = instance.after(|composer| composer.edit(2, Edit::Keep));
    assert!(kept.marks[2].is_kept);
    let turned = ComposingKnobs { seed: 99, temperature: 1.3, scale: Scale::Blues, ..knobs };
    let take = recomposed(&instance.composer.saved_take(), &turned, 16).score();
    assert_eq!(take.bars[2], before.score.bars[2]);
    assert_ne!(take.bars[1], before.score.bars[1]);
    // Bars 8 and later are composed with the new knobs; the kept bar is repeated among them.
    for idx in [10, 14] {
        assert_ne!(from_line(&take.bars[idx - 1]), from_line(&before.score.bars[1]));
    }
    let released = instance.after(|composer| composer.edit(2, Edit::Release));
    assert!(!released.marks[2].is_kept);
    let take = recomposed(&instance.composer.saved_take(), &turned, 8).score();
    assert_ne!(take.bars[2], before.score.bars[2]);
}

#[test]
fn a_bar_kept_before_the_phrase_comes_round_comes_back_in_every_round() {
    let knobs = ComposingKnobs { evolve: 1.0, ..knobs() };
    let mut take = Take::default();
    let mut writer = Writer::new(model());
    compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, Tick(96 * 4));
    let instance = Instance::with(SavedTake::of(&take, None));
    let before = instance.composer.picture();
    instance.after(|composer| composer.edit(2, Edit::Keep));
    let later = recomposed(&instance.composer.saved_take(), &ComposingKnobs { seed: 5, ..knobs }, 16).score();
    for idx in [6, 10, 14] {
        assert_eq!(from_line(&later.bars[idx]), from_line(&before.score.bars[2]), "bar {idx}");
        assert_ne!(from_line(&later.bars[idx - 1]), from_line(&before.score.bars[1]), "bar {}", idx - 1);
    }
}

#[test]
fn the_phrase_comes_round_up_to_the_bars_that_lead_to_a_cadence() {
    let knobs = ComposingKnobs { cadence: Cadence::EverySecond, ..knobs() };
    let mut take = Take::default();
    compose_until(&mut take, &mut Writer::new(model()), &knobs, Meter::COMMON, Tick(96 * N_BARS));
    let bars = take.score().bars;
    // Of the last two bars of the second phrase the chords are another.
    let repeats = |idx: &usize| from_line(&bars[*idx]) == from_line(&bars[*idx - 4]);
    assert_eq!((4..8).filter(repeats).collect::<Vec<_>>(), [4]);
}

#[test]
fn releasing_a_bar_of_one_take_leaves_the_bars_of_another_kept() {
    let (mut take, mut writer) = (Take::default(), Writer::new(model()));
    let of_slot = |bar_idx: usize, seed| ComposingKnobs { slot: u8::from(bar_idx >= 4), seed, ..knobs() };
    for bar_idx in 0..8 {
        compose_bar(&mut take, &mut writer, &of_slot(bar_idx, 1), Meter::COMMON, bar_idx);
    }
    // The phrase has four bars, of which the second is kept in both takes.
    for bar_idx in [1, 5] {
        edit_bar(&mut take, None, bar_idx, Edit::Keep);
    }
    let before = take.score();
    edit_bar(&mut take, None, 1, Edit::Release);
    for bar_idx in 0..8 {
        compose_bar(&mut take, &mut writer, &of_slot(bar_idx, 99), Meter::COMMON, bar_idx);
    }
    let stays: Vec<usize> = (0..8).filter(|idx| take.score().bars[*idx] == before.bars[*idx]).collect();
    assert_eq!(stays, [5]);
}

#[test]
fn bars_changed_by_hand_come_back_when_the_host_returns_to_their_meter() {
    let waltz = Meter::new(3, 4).unwrap();
    let compose = |take: &mut Take, meter: Meter| {
        let mut writer = Writer::new(model());
        compose_bar(take, &mut writer, &knobs(), meter, 0);
        compose_until(take, &mut writer, &knobs(), meter, Tick(96 * N_BARS));
    };
    let edits = [Edit::ReRoll, Edit::ReRollRhythm, Edit::ReRollPitches, Edit::Keep, Edit::Clear];
    for (edit, bar_idx) in edits.into_iter().flat_map(|edit| [(edit, 3), (edit, 0)]) {
        let mut take = saved(&knobs()).restore().unwrap();
        edit_bar(&mut take, Some(&mut Writer::new(model())), bar_idx, edit);
        let edited = SavedTake::of(&take, None).restore().unwrap().score();
        compose(&mut take, waltz);
        assert!(take.score().bars.iter().all(|bar| bar.meter == waltz));
        let mut reopened = SavedTake::of(&take, None).restore().unwrap();
        for take in [&mut take, &mut reopened] {
            compose(take, Meter::COMMON);
            assert_eq!(take.score(), edited, "{edit:?} of bar {bar_idx}");
            // It is what it was: whatever is turned, a kept bar stays, and another does not.
            let turned = ComposingKnobs { seed: 99, ..knobs() };
            compose_until(take, &mut Writer::new(model()), &turned, Meter::COMMON, Tick(96 * N_BARS));
            let stays = take.score().bars[bar_idx] == edited.bars[bar_idx];
            assert_eq!(stays, matches!(edit, Edit::Keep | Edit::Clear), "{edit:?} of bar {bar_idx}");
        }
    }
}

#[test]
fn a_bar_that_was_released_is_not_kept_again_when_the_host_returns_to_its_meter() {
    let waltz = Meter::new(3, 4).unwrap();
    let mut take = saved(&knobs()).restore().unwrap();
    let mut writer = Writer::new(model());
    edit_bar(&mut take, None, 2, Edit::Keep);
    for meter in [waltz, Meter::COMMON] {
        compose_bar(&mut take, &mut writer, &knobs(), meter, 0);
        compose_until(&mut take, &mut writer, &knobs(), meter, Tick(96 * N_BARS));
    }
    let kept = take.score();
    edit_bar(&mut take, None, 2, Edit::Release);
    let turned = ComposingKnobs { seed: 99, ..knobs() };
    for meter in [Meter::COMMON, waltz, Meter::COMMON] {
        compose_bar(&mut take, &mut writer, &turned, meter, 0);
        compose_until(&mut take, &mut writer, &turned, meter, Tick(96 * N_BARS));
    }
    assert_ne!(take.score().bars[2], kept.bars[2]);
}

#[test]
fn four_takes_are_four_pieces_and_switching_brings_back_the_same_bars() {
    let in_slot = |slot| ComposingKnobs { slot, ..knobs() };
    let a = saved(&in_slot(0));
    let b = recomposed(&a, &in_slot(1), N_BARS);
    assert_ne!(a.restore().unwrap().score(), b.score());
    assert_eq!(b.score(), saved(&in_slot(1)).restore().unwrap().score(), "B does not depend on A");
    // Edited in B, then away and back, across saving.
    let instance = Instance::with(SavedTake::of(&b, None));
    let edited = instance.after(|composer| composer.edit(3, Edit::ReRoll));
    let away = SavedTake::of(&recomposed(&instance.composer.saved_take(), &in_slot(0), N_BARS), None);
    assert_eq!(away.restore().unwrap().score(), a.restore().unwrap().score());
    let json = serde_json::to_string(&away).unwrap();
    let back = recomposed(&serde_json::from_str(&json).unwrap(), &in_slot(1), N_BARS);
    assert_eq!(back.score(), *edited.score);
}

#[test]
fn one_take_can_be_copied_over_another() {
    let in_slot = |slot| ComposingKnobs { slot, ..knobs() };
    let instance = Instance::new();
    let before = instance.composer.picture();
    instance.after(|composer| composer.copy_take(0, 2));
    let edited = instance.after(|composer| composer.edit(1, Edit::ReRoll));
    let c = recomposed(&instance.composer.saved_take(), &in_slot(2), N_BARS);
    assert_eq!(c.score(), *before.score);
    assert_ne!(*edited.score, *before.score);
}

#[test]
fn a_copied_take_can_be_undone_across_saving() {
    let in_slot = |slot| ComposingKnobs { slot, ..knobs() };
    let (a, c) = (saved(&in_slot(0)), saved(&in_slot(2)).restore().unwrap());
    // Over a take that has never been composed, and over the one that is playing.
    for heard_before in [SavedTake::of(&a.restore().unwrap(), None), {
        let both = recomposed(&a, &in_slot(2), N_BARS);
        SavedTake::of(&both, None)
    }] {
        let instance = Instance::with(heard_before);
        let before = instance.composer.picture();
        let copied = instance.after(|composer| composer.copy_take(0, 2));
        assert_eq!(copied.n_undo, before.n_undo + 1);
        let json = serde_json::to_string(&instance.composer.saved_take()).unwrap();
        let instance = Instance::with(serde_json::from_str(&json).unwrap());
        assert_eq!(
            recomposed(&instance.composer.saved_take(), &in_slot(2), N_BARS).score(),
            a.restore().unwrap().score()
        );
        let undone = instance.after(Composer::undo);
        assert_eq!(undone.score, before.score);
        assert_eq!(recomposed(&instance.composer.saved_take(), &in_slot(2), N_BARS).score(), c.score());
        instance.after(Composer::redo);
        assert_eq!(
            recomposed(&instance.composer.saved_take(), &in_slot(2), N_BARS).score(),
            a.restore().unwrap().score()
        );
    }
    // And over one that was never composed before it was copied, but is now.
    let instance = Instance::with(a);
    instance.after(|composer| composer.copy_take(0, 2));
    let heard = SavedTake::of(&recomposed(&instance.composer.saved_take(), &in_slot(2), N_BARS), None);
    let instance = Instance::with(heard);
    instance.after(Composer::undo);
    let after = recomposed(&instance.composer.saved_take(), &in_slot(2), N_BARS);
    assert_eq!(after.score(), c.score());
}

#[test]
fn the_best_of_several_is_the_likeliest_and_the_same_every_time() {
    let embedded = Model::embedded().unwrap();
    let compose = |best_of, n_bars| {
        let knobs = ComposingKnobs { best_of, style: 0, length: 4, ..ComposingKnobs::default() };
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&embedded)));
        for bars in 1..=n_bars {
            compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, Tick(96 * bars));
        }
        take
    };
    let (one, best) = (compose(1, 4), compose(6, 4));
    assert_eq!(best.score(), compose(6, 8).score_until(4), "however far ahead it is composed");
    // Sureness is the probability of each note; the best of six is surer than the first on average.
    let mean = |take: &Take| {
        let instance = Instance::with(SavedTake::of(take, None));
        let sureness: Vec<f32> =
            instance.composer.picture().marks.iter().flat_map(|m| m.sureness.to_vec()).collect();
        sureness.iter().map(|sureness| sureness.max(1e-3).ln()).sum::<f32>() / sureness.len() as f32
    };
    assert!(mean(&best) >= mean(&one), "{} {}", mean(&best), mean(&one));
}

/// The first bars of a take.
trait Until {
    fn score_until(&self, n_bars: usize) -> continuo::music::Score;
}

impl Until for Take {
    fn score_until(&self, n_bars: usize) -> continuo::music::Score {
        let mut score = self.score();
        score.bars.truncate(n_bars);
        score
    }
}

#[test]
fn a_take_of_the_first_version_is_read_as_it_was() {
    // Variety was called repetition, and nothing that came later existed.
    let plain: serde_json::Value =
        serde_json::from_str(include_str!("golden/weights/0.1-encoding-2/take.json")).unwrap();
    let mut old = plain.clone();
    old["version"] = 1.into();
    for knobs in old["knobs"].as_array_mut().unwrap() {
        let knobs = knobs.as_object_mut().unwrap();
        let variety = knobs.remove("variety").unwrap();
        knobs.insert("repetition".to_owned(), variety);
        for later in [
            "second_style",
            "blend",
            "density",
            "grid",
            "shortest",
            "longest",
            "families",
            "user_scale",
            "best_of",
            "slot",
            "conversation",
            "trade",
            "instrument",
        ] {
            knobs.remove(later).unwrap();
        }
    }
    for bar in old["bars"].as_array_mut().unwrap() {
        bar.as_object_mut().unwrap().remove("sure");
    }
    let [read, plain] = [old, plain].map(|json| serde_json::from_value::<SavedTake>(json).unwrap());
    assert_eq!(read.restore().unwrap().score(), plain.restore().unwrap().score());
    assert!(read.n_bars() == 8 && read.restore_with_damage().unwrap().1.is_empty());
    // And it goes on as if nothing had happened.
    let knobs = ComposingKnobs { seed: 3, length: 4, evolve: 0.5, ..ComposingKnobs::default() };
    assert_eq!(recomposed(&read, &knobs, 12).score(), recomposed(&plain, &knobs, 12).score());
    // Saved again before it is played, it is what it was.
    let again = serde_json::from_value::<SavedTake>(serde_json::to_value(&read).unwrap()).unwrap();
    assert_eq!(again, read);
    // And as this version saves it, it is the same music with the same edits.
    let now = SavedTake::of(&plain.restore().unwrap(), None).restore().unwrap();
    assert_eq!(now.score(), plain.restore().unwrap().score());
    let [now, plain] = [SavedTake::of(&now, None), plain].map(|take| {
        let instance = Instance::with(take);
        let n_undo = instance.composer.picture().n_undo;
        (n_undo, instance.after(Composer::undo).score)
    });
    assert_eq!(now, plain);
}
