//! The style knob on a running take, and how a take continues after a reload, with the shipped model.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use continuo::composer::{Edit, SavedTake, Take, Writer, compose_bar, edit_bar};
use continuo::model::Model;
use continuo::music::{Bar, Meter};
use continuo::player::ComposingKnobs;

/// The knobs with style `name` of the shipped model.
fn knobs(model: &Model, name: &str, seed: u32) -> ComposingKnobs {
    let style = model.card().styles.iter().position(|style| style == name).unwrap() as u8;
    ComposingKnobs { style, seed, evolve: 1.0, ..ComposingKnobs::default() }
}

/// Composes one more bar for each of `knobs`.
fn compose_on(take: &mut Take, model: &Arc<Model>, knobs: &[ComposingKnobs]) {
    let mut writer = Writer::new(Arc::clone(model));
    for knobs in knobs {
        let bar_idx = take.n_bars();
        compose_bar(take, &mut writer, knobs, Meter::COMMON, bar_idx);
    }
}

/// The share of drums among a bar's notes.
fn drums(bar: &Bar) -> f64 {
    let n_drums = bar.notes.iter().filter(|note| note.family.is_drums()).count();
    n_drums as f64 / bar.notes.len().max(1) as f64
}

#[test]
fn a_style_turned_while_a_take_runs_is_heard_from_the_next_bar_on() {
    let model = Model::embedded().unwrap();
    for seed in 1..=5 {
        let [folk, beat, chorales] =
            ["Folk tunes", "Drums", "Chorales"].map(|name| knobs(&model, name, seed));
        let mut take = Take::default();
        compose_on(&mut take, &model, &[[folk; 6], [beat; 6], [chorales; 6]].concat());
        let shares: Vec<f64> = take.score().bars.iter().map(|bar| drums(bar)).collect();
        let (before, others) = shares.split_at(6);
        let (turned, back) = others.split_at(6);
        assert!(turned.iter().all(|share| *share > 0.9), "{seed}: drums in {shares:?}");
        assert!(before.iter().chain(back).all(|share| *share < 0.1), "{seed}: drums in {shares:?}");
    }
}

#[test]
fn a_bar_rolled_again_after_the_style_was_turned_is_in_its_own_style() {
    let model = Model::embedded().unwrap();
    let [folk, beat] = ["Folk tunes", "Drums"].map(|name| knobs(&model, name, 3));
    let mut take = Take::default();
    compose_on(&mut take, &model, &[[folk; 4], [beat; 4]].concat());
    for bar_idx in [2, 4, 6] {
        edit_bar(&mut take, Some(&mut Writer::new(Arc::clone(&model))), bar_idx, Edit::ReRoll);
    }
    let shares: Vec<f64> = take.score().bars.iter().map(|bar| drums(bar)).collect();
    assert!(shares[2] < 0.1 && shares[4] > 0.9 && shares[6] > 0.9, "{shares:?}");
}

#[test]
fn a_reloaded_take_goes_on_the_same_wherever_it_was_cut_and_whatever_was_turned() {
    let model = Model::embedded().unwrap();
    let [first, second] = ["Chorales", "Folk tunes"].map(|name| knobs(&model, name, 4));
    let other_seed = ComposingKnobs { seed: 9, ..second };
    // The style changes near where the network starts again, and the seed in the middle of a style.
    let turned = [[first; 31].as_slice(), &[second; 3], &[other_seed; 4]].concat();
    for all in [turned, vec![first; 36]] {
        let mut whole = Take::default();
        compose_on(&mut whole, &model, &all);
        for n_bars in [1, 16, 30, 31, 32, 33, 34] {
            let mut take = Take::default();
            compose_on(&mut take, &model, &all[..n_bars]);
            let mut take = SavedTake::of(&take, None).restore().unwrap();
            compose_on(&mut take, &model, &all[n_bars..]);
            let other =
                whole.score().bars.iter().zip(&take.score().bars).position(|(whole, part)| whole != part);
            assert_eq!(other, None, "cut after {n_bars} bars");
        }
    }
}
