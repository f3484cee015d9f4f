//! What Re-roll, Vary and a bar composed again do, measured with the model that ships: prints the tables under *Ideas* in
//! `docs/KNOBS.md`.
//!
//! `cargo run --release --no-default-features --example ideas`

use std::collections::HashSet;
use std::sync::Arc;

use continuo::composer::{Edit, Take, Writer, compose_bar, edit_bar};
use continuo::model::{Beginning, Generator, Model, StyleMix};
use continuo::music::{Bar, Meter, Mode, Tick};
use continuo::player::ComposingKnobs;
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

/// Pieces of each style.
const N_SEEDS: u32 = 4;
/// The knob is turned after these bars, and the bar of this index is composed again.
const N_BEFORE: usize = 8;
/// Bars after that.
const N_AFTER: usize = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = Model::embedded()?;
    re_roll_and_vary(&model);
    rolled_bars(&model);
    Ok(())
}

/// The knobs of all pieces of a style.
fn pieces(style: usize) -> Vec<ComposingKnobs> {
    let piece = |seed| ComposingKnobs { style: style as u8, seed, ..ComposingKnobs::default() };
    (1..=N_SEEDS).map(piece).collect()
}

/// The bars of a take whose knobs are turned after the first bars.
fn turned(model: &Arc<Model>, before: &ComposingKnobs, after: &ComposingKnobs) -> Vec<Arc<Bar>> {
    let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(model)));
    for bar_idx in 0..N_BEFORE + N_AFTER {
        let knobs = if bar_idx < N_BEFORE { before } else { after };
        compose_bar(&mut take, &mut writer, knobs, Meter::COMMON, bar_idx);
    }
    take.score().bars
}

/// The mean share of the notes of two bars that begin at the same place of the bar on the same key in both, over the bars
/// of both.
fn likeness(one: &[Arc<Bar>], other: &[Arc<Bar>]) -> f64 {
    let notes = |bar: &Bar| -> HashSet<_> {
        bar.notes.iter().map(|note| ((note.onset - bar.start).0, note.pitch)).collect()
    };
    let of_pair = |(one, other): (&Arc<Bar>, &Arc<Bar>)| {
        let (one, other) = (notes(one), notes(other));
        2.0 * one.intersection(&other).count() as f64 / (one.len() + other.len()).max(1) as f64
    };
    mean(&one.iter().zip(other).map(of_pair).collect::<Vec<_>>())
}

fn re_roll_and_vary(model: &Arc<Model>) {
    println!(
        "| style | four bars earlier: going on | varied | re-rolled | two pieces | bars replaced: varied | re-rolled | two pieces |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut all: Vec<[f64; 7]> = Vec::new();
    for (style, name) in model.card().styles.iter().enumerate() {
        let of_piece = |knobs: &ComposingKnobs| {
            let another = ComposingKnobs { seed: knobs.seed + 100, ..*knobs };
            let was_there = turned(model, knobs, knobs);
            let varied = turned(model, knobs, &ComposingKnobs { vary: 1, ..*knobs });
            let re_rolled = turned(model, knobs, &another);
            let another = turned(model, &another, &another);
            let heard = &was_there[N_BEFORE - 4..N_BEFORE];
            let [going_on, next_varied, next_re_rolled, next_of_another] =
                [&was_there, &varied, &re_rolled, &another].map(|bars| likeness(heard, &bars[N_BEFORE..]));
            let [varied, re_rolled, another] = [&varied, &re_rolled, &another]
                .map(|bars| likeness(&was_there[N_BEFORE..], &bars[N_BEFORE..]));
            [going_on, next_varied, next_re_rolled, next_of_another, varied, re_rolled, another]
        };
        let rows: Vec<[f64; 7]> = pieces(style).par_iter().map(of_piece).collect();
        print_row(name, &rows);
        all.extend(rows);
    }
    print_row("all", &all);
    println!();
}

fn print_row(name: &str, rows: &[[f64; 7]]) {
    let column = |idx: usize| mean(&rows.iter().map(|row| row[idx]).collect::<Vec<_>>());
    let cells: Vec<String> = (0..7).map(|idx| format!("{:.0}%", 100.0 * column(idx))).collect();
    println!("| {name} | {} |", cells.join(" | "));
}

fn rolled_bars(model: &Arc<Model>) {
    println!("| the bar before it | nats a note, next bar | nats a note, next two bars |");
    println!("|---|---|---|");
    let styles: Vec<usize> = (0..model.card().styles.len()).collect();
    let of_style = |style: usize| -> Vec<[[f64; 2]; 3]> {
        pieces(style).iter().filter_map(|knobs| after_a_roll(model, knobs)).collect()
    };
    let all: Vec<[[f64; 2]; 3]> = styles.into_par_iter().flat_map(of_style).collect();
    for (row, name) in
        ["as it was composed", "composed again, the first draw", "composed again, the best of eight"]
            .into_iter()
            .enumerate()
    {
        let [one, two] = [0, 1].map(|n| mean(&all.iter().map(|piece| piece[row][n]).collect::<Vec<_>>()));
        println!("| {name} | {one:.3} | {two:.3} |");
    }
}

/// The log-probability a note of the next bar, and of the next two, after a bar as it was composed, as it is first composed
/// again, and as it is composed again while they are there.
fn after_a_roll(model: &Arc<Model>, knobs: &ComposingKnobs) -> Option<[[f64; 2]; 3]> {
    let compose = |n_bars: usize| {
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(model)));
        for bar_idx in 0..n_bars {
            compose_bar(&mut take, &mut writer, knobs, Meter::COMMON, bar_idx);
        }
        let composed = take.score().bars;
        edit_bar(&mut take, Some(&mut writer), N_BEFORE, Edit::ReRoll);
        (composed, take.score().bars)
    };
    // With nothing after it, it is the first draw.
    let (_, first) = compose(N_BEFORE + 1);
    let (composed, best) = compose(N_BEFORE + 3);
    let first = [&first[..], &composed[N_BEFORE + 1..]].concat();
    let after = |bars: &[Arc<Bar>]| likelihood(model, knobs, bars);
    Some([after(&composed)?, after(&first)?, after(&best)?])
}

/// The mean log-probability of the notes of the bar after that which is composed again, and of the two bars after it.
fn likelihood(model: &Arc<Model>, knobs: &ComposingKnobs, bars: &[Arc<Bar>]) -> Option<[f64; 2]> {
    let mut generator = Generator::new(Arc::clone(model));
    let style = StyleMix::of(usize::from(knobs.style));
    let (mode, meter) = (Mode::Major, Meter::COMMON);
    generator.begin(&Beginning { style, mode, start: Tick::ZERO, meter, primer: None });
    let mut of_bars = [Vec::new(), Vec::new()];
    for (idx, bar) in bars.iter().enumerate() {
        generator.begin_bar(bar.start, meter);
        for note in &bar.notes {
            let parts = generator.log_probabilities(note).filter(|_| idx > N_BEFORE);
            if let (Some(parts), Some(of_bar)) = (parts, of_bars.get_mut(idx.wrapping_sub(N_BEFORE + 1))) {
                of_bar.push(f64::from(parts.iter().sum::<f32>()));
            }
            generator.feed(note);
        }
    }
    let [next, after_next] = of_bars;
    let both = [&next[..], &after_next].concat();
    (!next.is_empty() && !after_next.is_empty()).then(|| [mean(&next), mean(&both)])
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
