//! The history of ideas: what was heard and then replaced comes back note for note.
#![allow(clippy::unwrap_used, reason = "a test")]

mod hosts;

use std::sync::Arc;

use hosts::{Host, Setting};

use continuo::composer::{Composer, Edit, SavedTake};
use continuo::model::Model;
use continuo::music::{Grid, Meter, Progression, Scale};
use continuo::player::handover::handover;
use continuo::player::{ComposingKnobs, Player};

/// The sample of each note that is heard, its channel and its key.
type Heard = Vec<(u32, u8, u8)>;

/// A phrase of two bars, as it is played: its knobs and its meter.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Phrase {
    knobs: ComposingKnobs,
    numerator: u32,
}

impl Phrase {
    fn of(knobs: ComposingKnobs) -> Self {
        Self { knobs, numerator: 4 }
    }

    fn beats(self) -> f64 {
        2.0 * f64::from(self.numerator)
    }

    fn setting(self) -> Setting {
        Setting {
            composing: vec![(f64::NEG_INFINITY, self.knobs)],
            meters: vec![(0.0, Meter::new(self.numerator, 4).unwrap())],
            loop_range: Some((0.0, self.beats())),
            offline: true,
            reports_bars: true,
            ..Setting::default()
        }
    }
}

struct Instance {
    composer: Composer,
    player: Player,
}

fn model(seed: u64) -> Arc<Model> {
    Arc::new(Model::random(3, seed))
}

impl Instance {
    fn with(model: Arc<Model>, take: Option<SavedTake>) -> Self {
        let (end, player_end) = handover();
        Self { composer: Composer::spawn(end, Some(model), take), player: Player::new(player_end) }
    }

    fn stand(&mut self, phrase: Phrase) {
        Host::new(phrase.setting()).stand(&mut self.player);
        self.composer.wait_until_idle();
    }

    /// What is heard of a phrase.
    fn play(&mut self, phrase: Phrase) -> Heard {
        let heard = Host::new(phrase.setting()).run_beats(&mut self.player, phrase.beats());
        self.composer.wait_until_idle();
        heard.onsets_between(0, u32::MAX).iter().map(|onset| (onset.0, onset.1, onset.2)).collect()
    }

    /// The same instance after it was saved and reopened, and the size of what was saved and of its ideas.
    fn reopened(self, model: Arc<Model>) -> (Self, usize, usize) {
        let text = serde_json::to_string(&self.composer.saved_take()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        drop(self);
        let take = serde_json::from_str(&text).unwrap();
        (Self::with(model, Some(take)), text.len(), json["ideas"].to_string().len())
    }
}

/// Fifty phrases, each with a knob turned since the one before: the seed, a knob, the style, several at once as a preset
/// turns them, or the meter.
fn phrases() -> Vec<Phrase> {
    let mut knobs = ComposingKnobs { length: 2, temperature: 0.8, density: 0.7, ..ComposingKnobs::default() };
    let turned = |idx: u8| {
        let mut numerator = 4;
        match idx % 5 {
            0 => knobs.seed = 100 + u32::from(idx),
            1 => knobs.temperature = 2.0 - knobs.temperature + 0.01,
            2 => knobs.style = (knobs.style + 5) % 16,
            3 => {
                knobs = ComposingKnobs {
                    scale: if idx.is_multiple_of(2) { Scale::Dorian } else { Scale::FreeMinor },
                    grid: if idx.is_multiple_of(2) { Grid::Eighth } else { Grid::Off },
                    vary: knobs.vary + 1,
                    ..knobs
                };
            }
            _ => {
                knobs.density = 2.0 - knobs.density + f32::from(idx) / 1000.0;
                numerator = 3;
            }
        }
        Phrase { knobs: knobs.rounded(), numerator }
    };
    (0..50).map(turned).collect()
}

#[test]
fn fifty_phrases_come_back_note_for_note_after_reopening_as_many_as_are_kept() {
    let phrases = phrases();
    let mut instance = Instance::with(Model::embedded().unwrap(), None);
    let heard: Vec<Heard> = phrases.iter().map(|phrase| instance.play(*phrase)).collect();
    assert!(heard.iter().all(|notes| !notes.is_empty()));
    // Each phrase is one idea, but for the last, which is playing; the oldest are dropped.
    let of_ideas = |instance: &Instance| -> Vec<ComposingKnobs> {
        instance.composer.ideas().iter().map(|idea| idea.knobs).collect()
    };
    let expected: Vec<ComposingKnobs> = phrases[17..49].iter().map(|phrase| phrase.knobs).collect();
    assert_eq!(of_ideas(&instance), expected);
    assert!(instance.composer.ideas().iter().all(|idea| idea.bars().len() == 2 && idea.when > 0));
    let (mut instance, size, of_ideas_alone) = instance.reopened(Model::embedded().unwrap());
    println!("saved in {size} bytes, of which {of_ideas_alone} are 32 ideas of two bars");
    assert_eq!(of_ideas(&instance), expected, "after reopening");
    // What is there when one comes back becomes the newest, so the next is the oldest again: all of them in turn, and what
    // was brought back first once more.
    for idx in (17..50).chain([17]) {
        let knobs = instance.composer.bring_back(0).unwrap();
        assert_eq!(knobs, phrases[idx].knobs, "phrase {idx}");
        assert_eq!(instance.play(phrases[idx]), heard[idx], "phrase {idx}");
        assert_eq!(instance.composer.ideas().len(), 32);
    }
    assert_eq!(instance.composer.bring_back(32), None);
}

#[test]
fn what_was_never_heard_is_no_idea_and_what_is_played_twice_is_one() {
    let [one, other] = [1, 2].map(|seed| Phrase::of(ComposingKnobs { seed, ..ComposingKnobs::default() }));
    let mut instance = Instance::with(model(7), None);
    for phrase in [one, other, one] {
        instance.stand(phrase);
    }
    assert_eq!(instance.composer.ideas(), [], "composed ahead and not heard");
    for phrase in [one, other, one, other, one, other] {
        instance.play(phrase);
    }
    let seeds: Vec<u32> = instance.composer.ideas().iter().map(|idea| idea.knobs.seed).collect();
    assert_eq!(seeds, [2, 1]);
    // A phrase that has not sounded longer than a beat in a bar is heard as far as that.
    let third = Phrase::of(ComposingKnobs { seed: 3, ..ComposingKnobs::default() });
    Host::new(third.setting()).run_beats(&mut instance.player, 3.0);
    instance.play(one);
    let ideas = instance.composer.ideas();
    let newest = ideas.last().unwrap();
    assert_eq!((newest.knobs.seed, newest.first_bar(), newest.bars().len()), (3, 0, 1));
}

#[test]
fn an_idea_comes_back_while_the_song_stands_and_kept_bars_stay() {
    let [one, other] = [1, 2].map(|seed| Phrase::of(ComposingKnobs { seed, ..ComposingKnobs::default() }));
    let mut instance = Instance::with(model(7), None);
    let first = instance.play(one);
    let bars = instance.composer.picture().score.bars[..2].to_vec();
    let second = instance.play(other);
    instance.stand(other);
    assert_eq!(instance.composer.bring_back(0), Some(one.knobs.rounded()));
    instance.composer.wait_until_idle();
    assert_eq!(instance.composer.picture().score.bars[..2], bars);
    assert_eq!(instance.play(one), first);
    assert_eq!(instance.composer.bring_back(0), Some(other.knobs.rounded()));
    assert_eq!(instance.play(other), second);
    instance.composer.edit(1, Edit::Keep);
    let _ = instance.composer.bring_back(0);
    let mixed = instance.play(one);
    let half = 4 * 24_000;
    let of_half = |heard: &Heard, is_first: bool| -> Heard {
        heard.iter().copied().filter(|onset| (onset.0 < half) == is_first).collect()
    };
    assert_eq!(of_half(&mixed, true), of_half(&first, true));
    assert_eq!(of_half(&mixed, false), of_half(&second, false));
    let is_whole =
        instance.composer.ideas().iter().any(|idea| idea.knobs == one.knobs && idea.bars().len() == 2);
    assert!(is_whole, "what could not come back is not lost");
}

#[test]
fn an_idea_comes_back_with_its_chords() {
    let phrase = Phrase::of(ComposingKnobs { strictness: 1.0, ..ComposingKnobs::default() });
    let mut instance = Instance::with(model(7), None);
    let heard = ["Am | F", "C | G7", ""].map(|lane| {
        instance.composer.set_lane(0, Progression::parse(lane).ok());
        instance.play(phrase)
    });
    let lanes: Vec<String> = instance.composer.ideas().iter().map(|idea| idea.lane().to_owned()).collect();
    assert_eq!(lanes, ["Am | F", "C | G7"]);
    let (mut instance, ..) = instance.reopened(model(7));
    for idx in [0, 1, 2] {
        assert_eq!(instance.composer.bring_back(0), Some(phrase.knobs.rounded()));
        assert_eq!(instance.play(phrase), heard[idx], "{idx}");
        let text = instance.composer.lane(0).map_or(String::new(), |lane| lane.text().to_owned());
        assert_eq!(text, ["Am | F", "C | G7", ""][idx]);
    }
}

#[test]
fn an_idea_of_a_model_that_was_given_up_comes_back_too() {
    let phrase = Phrase::of(ComposingKnobs::default());
    let mut instance = Instance::with(model(7), None);
    let first = instance.play(phrase);
    instance.composer.use_model(model(8));
    assert_ne!(instance.play(phrase), first);
    assert_eq!(instance.composer.bring_back(0), Some(phrase.knobs.rounded()));
    assert_eq!(instance.play(phrase), first);
    let (mut reopened, ..) = instance.reopened(model(8));
    assert_eq!(reopened.play(phrase), first);
}

#[test]
fn a_damaged_idea_costs_no_other() {
    let mut instance = Instance::with(model(7), None);
    for seed in 1..=4 {
        instance.play(Phrase::of(ComposingKnobs { seed, ..ComposingKnobs::default() }));
    }
    let mut json = serde_json::to_value(instance.composer.saved_take()).unwrap();
    json["ideas"][1] = json["ideas"][1].as_str().unwrap().replace('e', "E").into();
    let damaged: SavedTake = serde_json::from_value(json).unwrap();
    let (_, damage) = damaged.restore_with_damage().unwrap();
    let words: Vec<String> = damage.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["the saved take is damaged: an idea cannot be read"]);
    let seeds: Vec<u32> =
        Instance::with(model(7), Some(damaged)).composer.ideas().iter().map(|idea| idea.knobs.seed).collect();
    assert_eq!(seeds, [1, 3]);
}

#[test]
fn a_phrase_that_is_kept_while_it_plays_is_composed_to_its_end_and_stays() {
    let knobs = ComposingKnobs { length: 16, ..ComposingKnobs::default() };
    let mut instance = Instance::with(model(3), None);
    instance.play(Phrase::of(knobs));
    let before = instance.composer.picture().score;
    assert!((2..16).contains(&before.bars.len()), "{} bars", before.bars.len());
    instance.composer.edit_bars(0..16, Edit::Keep);
    instance.composer.wait_until_idle();
    let kept = instance.composer.picture();
    assert_eq!(kept.score.bars[..before.bars.len()], before.bars[..], "what was there stays");
    assert!(kept.score.bars.len() >= 16 && kept.marks[..16].iter().all(|mark| mark.is_kept));
    instance.play(Phrase::of(ComposingKnobs { seed: 9, temperature: 1.4, ..knobs }));
    assert_eq!(instance.composer.picture().score.bars[..16], kept.score.bars[..16]);
    instance.composer.undo();
    instance.composer.wait_until_idle();
    assert!(instance.composer.picture().marks.iter().all(|mark| !mark.is_kept), "one step");
}
