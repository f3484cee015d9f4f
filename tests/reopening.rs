//! A project that is saved goes on in a fresh instance as in the one that saved it, whatever the two are made to do
//! next. With untrained networks.
#![allow(clippy::unwrap_used, reason = "a test")]

mod hosts;

use std::sync::Arc;

use hosts::{Host, Setting};

use continuo::composer::{Composer, SavedTake, Take, Writer, compose_until};
use continuo::model::Model;
use continuo::music::{Meter, Tick};
use continuo::player::handover::handover;
use continuo::player::{ComposingKnobs, Player};

/// The first and the last sample of each note that is heard, and its key.
type Heard = Vec<(u32, u8, u8)>;

struct Instance {
    composer: Composer,
    player: Player,
}

fn model(seed: u64) -> Arc<Model> {
    Arc::new(Model::random(3, seed))
}

fn knobs() -> ComposingKnobs {
    ComposingKnobs { length: 4, ..ComposingKnobs::default() }
}

fn with(knobs: ComposingKnobs) -> Setting {
    Setting {
        composing: vec![(f64::NEG_INFINITY, knobs)],
        offline: true,
        reports_bars: true,
        ..Setting::default()
    }
}

fn in_meter(numerator: u32) -> Setting {
    Setting { meters: vec![(0.0, Meter::new(numerator, 4).unwrap())], ..with(knobs()) }
}

/// Eight bars that the first model composed.
fn older_take() -> SavedTake {
    let (mut take, first) = (Take::default(), model(7));
    compose_until(&mut take, &mut Writer::new(Arc::clone(&first)), &knobs(), Meter::COMMON, Tick(8 * 96));
    SavedTake::of(&take, Some(&first))
}

impl Instance {
    /// An instance in which the second model composes.
    fn with(take: Option<SavedTake>) -> Self {
        let (end, player_end) = handover();
        Self { composer: Composer::spawn(end, Some(model(8)), take), player: Player::new(player_end) }
    }

    fn stand(&mut self, setting: Setting) {
        Host::new(setting).stand(&mut self.player);
        self.composer.wait_until_idle();
    }

    fn play(&mut self, setting: &Setting, beats: f64) -> Heard {
        let heard = Host::new(setting.clone()).run_beats(&mut self.player, beats);
        self.composer.wait_until_idle();
        heard.onsets_between(0, u32::MAX).iter().map(|onset| (onset.0, onset.1, onset.2)).collect()
    }

    /// Saves, and plays this in the same instance and in a fresh one. Returns what both play, and what a fresh one
    /// plays if `left_out` is not saved.
    fn plays_the_same_when_reopened(mut self, setting: &Setting, left_out: &str) -> (Heard, Heard) {
        let saved = serde_json::to_value(self.composer.saved_take()).unwrap();
        let mut without = saved.clone();
        assert!(without.as_object_mut().unwrap().remove(left_out).is_some(), "no {left_out} is saved");
        let [saved, without] =
            [saved, without].map(|take| serde_json::from_value::<SavedTake>(take).unwrap());
        assert_eq!(SavedTake::of(&saved.restore().unwrap(), Some(&model(8))), saved, "and saved again");
        let here = self.play(setting, 32.0);
        let fresh = Self::with(Some(saved)).play(setting, 32.0);
        assert!(here.len() > 10 && here == fresh, "{here:?}\n{fresh:?}");
        (here, Self::with(Some(without)).play(setting, 32.0))
    }
}

#[test]
fn bars_that_another_meter_has_replaced_come_back_after_reopening() {
    let older = Instance::with(Some(older_take())).play(&in_meter(4), 32.0);
    let mut instance = Instance::with(Some(older_take()));
    instance.play(&in_meter(3), 12.0);
    let (back, without) = instance.plays_the_same_when_reopened(&in_meter(4), "replaced");
    assert_eq!(back, older);
    assert_ne!(without, older);
}

#[test]
fn bars_that_wait_for_what_was_before_them_come_back_after_reopening() {
    let older = Instance::with(Some(older_take())).play(&with(knobs()), 32.0);
    let mut instance = Instance::with(Some(older_take()));
    // Only the first bar is composed with these knobs; the others are stale, but only as long as it is there.
    let turned = with(ComposingKnobs { seed: 77, ..knobs() });
    instance.stand(Setting { loop_range: Some((0.0, 4.0)), ..turned });
    let (back, without) = instance.plays_the_same_when_reopened(&with(knobs()), "pasts");
    assert_eq!(back, older);
    assert_ne!(without, older);
}

#[test]
fn bars_of_a_model_that_was_given_up_are_composed_again_after_reopening() {
    let older = Instance::with(Some(older_take())).play(&with(knobs()), 32.0);
    let mut instance = Instance::with(Some(older_take()));
    instance.composer.use_model(model(8));
    instance.stand(Setting { start: 20.0, ..with(knobs()) });
    let (new, without) = instance.plays_the_same_when_reopened(&with(knobs()), "refused");
    assert!(new != older && without != new);
}

#[test]
fn bars_composed_ahead_that_nobody_heard_are_thrown_away_after_reopening_too() {
    let mut instance = Instance::with(None);
    instance.stand(with(knobs()));
    assert!(instance.composer.picture().score.bars.len() >= 3);
    let elsewhere = Setting { start: 24.0, ..in_meter(3) };
    let (new, without) = instance.plays_the_same_when_reopened(&elsewhere, "ahead");
    assert_ne!(without, new);
}

#[test]
fn a_note_locked_before_the_song_begins_stays_whatever_is_turned() {
    let mut instance = Instance::with(None);
    instance.stand(with(knobs()));
    let first = Arc::clone(&instance.composer.picture().score.bars[0]);
    instance.composer.lock_note(0, first.notes[0], true);
    instance.composer.wait_until_idle();
    instance.play(&with(ComposingKnobs { seed: 99, ..knobs() }), 8.0);
    assert_eq!(instance.composer.picture().score.bars[0], first);
}

#[test]
fn damage_to_bars_that_wait_to_come_back_costs_no_other() {
    let mut instance = Instance::with(Some(older_take()));
    instance.play(&in_meter(3), 12.0);
    let saved = serde_json::to_value(instance.composer.saved_take()).unwrap();
    let whole: SavedTake = serde_json::from_value(saved.clone()).unwrap();
    let mut damaged = saved;
    damaged["replaced"][0] = damaged["replaced"][0].as_str().unwrap().replace('e', "E").into();
    damaged["pasts"] = "e".into();
    let damaged: SavedTake = serde_json::from_value(damaged).unwrap();
    let (take, damage) = damaged.restore_with_damage().unwrap();
    assert_eq!(take.score(), whole.restore().unwrap().score());
    let words: Vec<String> = damage.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["the saved take is damaged: a bar that was replaced cannot be read"]);
}
