//! Another idea and variations of one: what Re-roll and Vary do to music that is playing, with the default model.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::HashSet;
use std::sync::Arc;

use continuo::composer::{Edit, SavedTake, Take, Writer, compose_bar, edit_bar};
use continuo::model::Model;
use continuo::music::{Bar, Meter};
use continuo::player::ComposingKnobs;

/// The bars before the knob is turned, and those after it.
const N_BEFORE: usize = 8;
const N_AFTER: usize = 8;

/// A take whose knobs are turned after its first bars.
fn turned(model: &Arc<Model>, before: &ComposingKnobs, after: &ComposingKnobs) -> Take {
    let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(model)));
    for bar_idx in 0..N_BEFORE + N_AFTER {
        let knobs = if bar_idx < N_BEFORE { before } else { after };
        compose_bar(&mut take, &mut writer, knobs, Meter::COMMON, bar_idx);
    }
    take
}

/// The share of the notes of two bars that begin at the same place of the bar on the same key in both.
fn likeness(one: &Bar, other: &Bar) -> f64 {
    let notes = |bar: &Bar| -> HashSet<_> {
        bar.notes.iter().map(|note| ((note.onset - bar.start).0, note.pitch)).collect()
    };
    let (one, other) = (notes(one), notes(other));
    2.0 * one.intersection(&other).count() as f64 / (one.len() + other.len()).max(1) as f64
}

/// The mean likeness of the bars of two takes after the knobs were turned.
fn likeness_after(one: &Take, other: &Take) -> f64 {
    let (one, other) = (one.score(), other.score());
    let bars = one.bars.iter().zip(&other.bars).skip(N_BEFORE);
    bars.map(|(one, other)| likeness(one, other)).sum::<f64>() / N_AFTER as f64
}

#[test]
fn a_re_roll_is_as_far_from_what_was_there_as_another_piece_and_a_variation_is_nearer() {
    let model = Model::embedded().unwrap();
    let (mut re_rolled, mut two_seeds, mut varied, mut n) = (0.0, 0.0, 0.0, 0.0);
    for style in [1, 5, 9] {
        for seed in 1..=3 {
            let knobs = ComposingKnobs { style, seed, ..ComposingKnobs::default() };
            let another = ComposingKnobs { seed: seed + 100, ..knobs };
            let was_there = turned(&model, &knobs, &knobs);
            re_rolled += likeness_after(&was_there, &turned(&model, &knobs, &another));
            two_seeds += likeness_after(&was_there, &turned(&model, &another, &another));
            let vary = ComposingKnobs { vary: 1, ..knobs };
            let variation = turned(&model, &knobs, &vary);
            assert_ne!(variation.score(), was_there.score());
            varied += likeness_after(&was_there, &variation);
            n += 1.0;
        }
    }
    println!("{} {} {}", re_rolled / n, two_seeds / n, varied / n);
    assert!(re_rolled <= two_seeds + 0.02 * n, "{} {}", re_rolled / n, two_seeds / n);
    assert!(two_seeds < varied && varied < 0.95 * n, "{} {}", two_seeds / n, varied / n);
}

#[test]
fn an_idea_begins_at_its_own_bar_whatever_was_before_it() {
    let model = Arc::new(Model::random(3, 7));
    // No note sounds into the next bar.
    let knobs =
        |seed| ComposingKnobs { seed, longest: continuo::music::Tick(1), ..ComposingKnobs::default() };
    let [one, other] = [1, 2].map(|before| turned(&model, &knobs(before), &knobs(3)).score());
    assert_ne!(one.bars[..N_BEFORE], other.bars[..N_BEFORE]);
    assert_eq!(one.bars[N_BEFORE..], other.bars[N_BEFORE..]);
    // A variation goes on from what was before it.
    let vary = |before| ComposingKnobs { vary: 1, ..knobs(before) };
    let varied = turned(&model, &knobs(1), &vary(1)).score();
    assert_ne!(varied.bars[N_BEFORE..], turned(&model, &vary(1), &vary(1)).score().bars[N_BEFORE..]);
}

#[test]
fn kept_bars_are_no_new_idea() {
    let model = Arc::new(Model::random(3, 7));
    let knobs = |seed| ComposingKnobs { seed, ..ComposingKnobs::default() };
    // The last bar before the re-roll is kept; so is one after it, as if the user had kept it when it was of the first
    // seed.
    let take_with = |kept: &[usize]| {
        let (mut take, mut writer) = (turned(&model, &knobs(1), &knobs(1)), Writer::new(Arc::clone(&model)));
        for bar_idx in kept {
            edit_bar(&mut take, None, *bar_idx, Edit::Keep);
        }
        for bar_idx in N_BEFORE..N_BEFORE + N_AFTER {
            compose_bar(&mut take, &mut writer, &knobs(2), Meter::COMMON, bar_idx);
        }
        take
    };
    let (free, kept) = (take_with(&[]).score(), take_with(&[N_BEFORE - 1, N_BEFORE + 2]).score());
    assert_eq!(kept.bars[..=N_BEFORE + 1], free.bars[..=N_BEFORE + 1]);
    assert_eq!(kept.bars[N_BEFORE + 2], turned(&model, &knobs(1), &knobs(1)).score().bars[N_BEFORE + 2]);
    // And the take goes on the same after it was saved in the middle of it.
    let mut take = SavedTake::of(&take_with(&[N_BEFORE - 1, N_BEFORE + 2]), None).restore().unwrap();
    let mut whole = take_with(&[N_BEFORE - 1, N_BEFORE + 2]);
    let mut writer = Writer::new(Arc::clone(&model));
    for bar_idx in N_BEFORE + N_AFTER..N_BEFORE + N_AFTER + 4 {
        compose_bar(&mut take, &mut Writer::new(Arc::clone(&model)), &knobs(2), Meter::COMMON, bar_idx);
        compose_bar(&mut whole, &mut writer, &knobs(2), Meter::COMMON, bar_idx);
    }
    assert_eq!(take.score(), whole.score());
}

#[test]
fn a_bar_rolled_again_is_the_one_of_several_that_what_follows_fits_best() {
    let model = Model::embedded().unwrap();
    // With nothing after it, it is the first that is drawn.
    let rolled = |seed, n_bars: usize, edit| {
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&model)));
        let knobs = ComposingKnobs { style: 2, seed, ..ComposingKnobs::default() };
        for bar_idx in 0..n_bars {
            compose_bar(&mut take, &mut writer, &knobs, Meter::COMMON, bar_idx);
        }
        let before = take.score();
        edit_bar(&mut take, Some(&mut writer), 4, edit);
        assert_eq!(take.score().bars[5..], before.bars[5..]);
        assert_ne!(take.score().bars[4], before.bars[4]);
        take.score().bars[4].clone()
    };
    let mut n_others = 0;
    for (seed, edit) in (1..=4)
        .flat_map(|seed| [Edit::ReRoll, Edit::ReRollPitches, Edit::ReRollRhythm].map(|edit| (seed, edit)))
    {
        let (first, fitting) = (rolled(seed, 5, edit), rolled(seed, 7, edit));
        assert_eq!(first, rolled(seed, 5, edit));
        assert_eq!(fitting, rolled(seed, 7, edit), "the same every time");
        n_others += usize::from(fitting != first);
    }
    // Of eight draws the first fits best now and then.
    assert!(n_others >= 6, "one that is drawn later fits better in {n_others} of 12");
}
