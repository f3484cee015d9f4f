//! What the composing knobs do to the music, measured over a thousand bars for each setting with the model
//! that ships: prints the tables of `docs/KNOBS.md`.
//!
//! `cargo run --release --no-default-features --example knobs -- [density|temperature|variety|blend]…`

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use continuo::composer::{Take, Writer, compose_until};
use continuo::model::{Beginning, Generator, Model, StyleMix};
use continuo::music::{Meter, Mode, Note, Tick};
use continuo::player::ComposingKnobs;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

/// Pieces of each style.
const N_SEEDS: u32 = 2;
/// Bars of a piece: with sixteen styles, 1,600 bars for each setting.
const N_BARS: i64 = 50;
const BAR: i64 = 96;

/// New bars throughout, so that each is measured once.
fn without_repeats() -> ComposingKnobs {
    ComposingKnobs { evolve: 1.0, ..ComposingKnobs::default() }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = Model::embedded()?;
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let is_asked = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    let n_styles = model.card().styles.len();
    println!(
        "{} pieces of {N_BARS} bars for each setting, {N_SEEDS} in each of {n_styles} styles; all other knobs as in \
         a fresh plugin.\n",
        n_styles * N_SEEDS as usize
    );
    if is_asked("density") {
        density(&model);
    }
    if is_asked("temperature") {
        temperature(&model);
    }
    if is_asked("variety") {
        variety(&model);
    }
    if is_asked("blend") {
        blend(&model);
    }
    Ok(())
}

fn density(model: &Arc<Model>) {
    println!("## Density\n");
    println!("| density | notes a beat | onsets kept from the row above |");
    println!("|---|---|---|");
    let mut before: Option<Vec<Vec<Note>>> = None;
    for density in [0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0] {
        let pieces = compose(model, &ComposingKnobs { density, ..without_repeats() });
        let n_notes: usize = pieces.iter().map(Vec::len).sum();
        let a_beat = n_notes as f64 / (pieces.len() as i64 * N_BARS * 4) as f64;
        let kept = before.map_or(String::new(), |before| percent(kept(&before, &pieces)));
        println!("| {density} | {a_beat:.2} | {kept} |");
        before = Some(pieces);
    }
    println!();
    println!("Notes a beat in each style, at densities 0.5, 1, 1.5 and 2:\n");
    println!("| style | 0.5 | 1 | 1.5 | 2 |");
    println!("|---|---|---|---|---|");
    let all =
        [0.5, 1.0, 1.5, 2.0].map(|density| compose(model, &ComposingKnobs { density, ..without_repeats() }));
    for (style, name) in model.card().styles.iter().enumerate() {
        let cells = all.each_ref().map(|pieces| {
            let of_style = pieces.chunks(N_SEEDS as usize).nth(style).unwrap_or_default();
            let n_notes: usize = of_style.iter().map(Vec::len).sum();
            format!("{:.2}", n_notes as f64 / (of_style.len() as i64 * N_BARS * 4) as f64)
        });
        println!("| {name} | {} |", cells.join(" | "));
    }
    println!();
}

/// The share of the onsets of each piece that are there in its counterpart, too.
fn kept(before: &[Vec<Note>], after: &[Vec<Note>]) -> f64 {
    let (mut n_onsets, mut n_kept) = (0, 0);
    for (before, after) in before.iter().zip(after) {
        let onset = |note: &Note| (note.onset, note.family, note.pitch);
        let after: HashSet<_> = after.iter().map(onset).collect();
        n_onsets += before.len();
        n_kept += before.iter().filter(|note| after.contains(&onset(note))).count();
    }
    n_kept as f64 / n_onsets.max(1) as f64
}

fn temperature(model: &Arc<Model>) {
    println!("## Temperature\n");
    println!(
        "| temperature | surprise, bits a note | entropy of pitches, bits | entropy of the time between onsets, bits |"
    );
    println!("|---|---|---|---|");
    for temperature in [0.5, 0.75, 1.0, 1.25, 1.5] {
        let pieces = compose(model, &ComposingKnobs { temperature, ..without_repeats() });
        let pieces_by_idx = pieces.par_iter().enumerate();
        let surprise: Vec<f64> =
            pieces_by_idx.map(|(idx, notes)| surprise(model, idx / N_SEEDS as usize, notes)).collect();
        let pitches =
            mean(pieces.iter().map(|notes| entropy(notes.iter().map(|note| i64::from(note.pitch)))));
        let distances = mean(pieces.iter().map(|notes| {
            entropy(
                notes
                    .windows(2)
                    .map(|pair| (pair[1].onset - pair[0].onset).0)
                    .filter(|distance| *distance > 0),
            )
        }));
        println!("| {temperature} | {:.2} | {pitches:.2} | {distances:.2} |", mean(surprise.into_iter()));
    }
    println!();
}

/// What the network itself would say to the notes at a temperature of 1, velocities left out.
fn surprise(model: &Arc<Model>, style: usize, notes: &[Note]) -> f64 {
    let mut generator = Generator::new(Arc::clone(model));
    let style = StyleMix::of(style);
    generator.begin(&Beginning {
        style,
        mode: Mode::Major,
        start: Tick::ZERO,
        meter: Meter::COMMON,
        primer: None,
    });
    let (mut bits, mut n_notes, mut bar) = (0.0, 0, 0);
    for note in notes {
        while bar + BAR <= note.onset.0 {
            bar += BAR;
            generator.begin_bar(Tick(bar), Meter::COMMON);
        }
        if let Some(logs) = generator.log_probabilities(note) {
            bits -= f64::from(logs.iter().take(4).sum::<f32>()) / std::f64::consts::LN_2;
            n_notes += 1;
        }
        generator.feed(note);
    }
    bits / f64::from(n_notes.max(1))
}

fn entropy(values: impl Iterator<Item = i64>) -> f64 {
    let mut counts: HashMap<i64, usize> = HashMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    let total: usize = counts.values().sum();
    counts.values().map(|count| *count as f64 / total as f64).map(|share| -share * share.log2()).sum()
}

fn variety(model: &Arc<Model>) {
    println!("## Variety\n");
    println!(
        "| variety | longest repeated passage, notes | repeated 4-grams | repeated 12-grams | repeated bars \
         | longest row of equal bars | repeated bars, folk tunes |"
    );
    println!("|---|---|---|---|---|---|---|");
    for variety in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let pieces = compose(model, &ComposingKnobs { variety, ..without_repeats() });
        let longest = mean(pieces.iter().map(|notes| longest_repeated(notes) as f64));
        let share = |n: usize| percent(mean(pieces.iter().map(|notes| repeated_share(notes, n))));
        let bars: Vec<(f64, usize)> = pieces.iter().map(|notes| repeated_bars(notes)).collect();
        let before = percent(mean(bars.iter().map(|(share, _)| *share)));
        let row = mean(bars.iter().map(|(_, row)| *row as f64));
        let folk =
            model.card().styles.iter().position(|name| name == "Folk tunes").unwrap_or(0) * N_SEEDS as usize;
        let folk = percent(mean(bars.iter().skip(folk).take(N_SEEDS as usize).map(|(share, _)| *share)));
        println!(
            "| {variety} | {longest:.1} | {} | {} | {before} | {row:.1} | {folk} |",
            share(4),
            share(12)
        );
    }
    println!();
}

/// A note as seen from the one before it.
fn tokens(notes: &[Note]) -> Vec<(i64, u8, usize)> {
    let mut before = Tick::ZERO;
    let token = |note: &Note| {
        let distance = note.onset - before;
        before = note.onset;
        (distance.0, note.pitch, note.family.index())
    };
    notes.iter().map(token).collect()
}

/// The share of the passages of `n` notes that were there before in the piece.
fn repeated_share(notes: &[Note], n: usize) -> f64 {
    let tokens = tokens(notes);
    let mut heard = HashSet::new();
    let n_repeated = tokens.windows(n).filter(|gram| !heard.insert(*gram)).count();
    n_repeated as f64 / tokens.windows(n).len().max(1) as f64
}

/// The length in notes of the longest passage that comes twice.
fn longest_repeated(notes: &[Note]) -> usize {
    let tokens = tokens(notes);
    let (mut low, mut high) = (0, tokens.len());
    while low < high {
        let middle = (low + high).div_ceil(2);
        let mut heard = HashSet::new();
        if tokens.windows(middle).any(|gram| !heard.insert(gram)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// The share of the bars with notes in them that are like an earlier one, and the longest row of bars that are
/// all alike.
fn repeated_bars(notes: &[Note]) -> (f64, usize) {
    let bars: Vec<Vec<(i64, u8)>> = (0..N_BARS)
        .map(|bar| {
            let of_bar = notes.iter().filter(|note| note.onset.0 / BAR == bar);
            of_bar.map(|note| (note.onset.0 % BAR, note.pitch)).collect()
        })
        .collect();
    let mut heard = HashSet::new();
    let n_full = bars.iter().filter(|bar| !bar.is_empty()).count();
    let n_repeated = bars.iter().filter(|bar| !bar.is_empty() && !heard.insert(*bar)).count();
    let rows = bars.chunk_by(|a, b| a == b).filter(|row| !row[0].is_empty());
    (n_repeated as f64 / n_full.max(1) as f64, rows.map(<[_]>::len).max().unwrap_or(0))
}

fn blend(model: &Arc<Model>) {
    println!("## Blend\n");
    println!(
        "From each style to the next; which of the two styles the network finds likelier in what was composed.\n"
    );
    println!("| blend | notes a beat | bits a note likelier in the second style than in the first |");
    println!("|---|---|---|");
    let n_styles = model.card().styles.len();
    for blend in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let orders: Vec<ComposingKnobs> = orders(model, &ComposingKnobs { blend, ..without_repeats() })
            .into_iter()
            .map(|knobs| ComposingKnobs { second_style: (knobs.style + 1) % n_styles as u8, ..knobs })
            .collect();
        let pieces: Vec<_> = orders.par_iter().map(|knobs| (knobs, compose_one(model, knobs))).collect();
        let n_notes: usize = pieces.iter().map(|(_, notes)| notes.len()).sum();
        let lean = |(knobs, notes): &(&ComposingKnobs, Vec<Note>)| {
            let [first, second] =
                [knobs.style, knobs.second_style].map(|style| surprise(model, usize::from(style), notes));
            first - second
        };
        let lean: Vec<f64> = pieces.par_iter().map(lean).collect();
        let a_beat = n_notes as f64 / (pieces.len() as i64 * N_BARS * 4) as f64;
        println!("| {blend} | {a_beat:.2} | {:+.2} |", mean(lean.into_iter()));
    }
    println!();
}

fn orders(model: &Arc<Model>, knobs: &ComposingKnobs) -> Vec<ComposingKnobs> {
    let styles = 0..model.card().styles.len() as u8;
    styles.flat_map(|style| (1..=N_SEEDS).map(move |seed| ComposingKnobs { style, seed, ..*knobs })).collect()
}

/// The pieces of all styles and seeds, those of one style together.
fn compose(model: &Arc<Model>, knobs: &ComposingKnobs) -> Vec<Vec<Note>> {
    orders(model, knobs).par_iter().map(|knobs| compose_one(model, knobs)).collect()
}

fn compose_one(model: &Arc<Model>, knobs: &ComposingKnobs) -> Vec<Note> {
    let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(model)));
    compose_until(&mut take, &mut writer, knobs, Meter::COMMON, Tick(N_BARS * BAR));
    take.score().bars.iter().flat_map(|bar| bar.notes.clone()).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    values.for_each(|value| {
        sum += value;
        count += 1;
    });
    sum / f64::from(count.max(1))
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}
