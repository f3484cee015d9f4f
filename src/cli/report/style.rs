//! The section of one style: its samples, and how similar they are to real pieces.

use std::sync::Arc;

use crate::cli::grade::{MAX_NOTES, SimpleModels, pieces};
use crate::cli::print::plural;
use crate::cli::report::chart::Histogram;
use crate::cli::report::page::{Page, escaped};
use crate::cli::report::roll;
use crate::cli::report::story::Story;
use crate::cli::samples::{Order, compose_all};
use crate::music::{Meter, Mode, Note, Tick};
use crate::training::corpus::KeyedPiece;
use crate::training::corpus::Part;
use crate::training::losses::Losses;
use crate::training::measures::{Comparison, Means, Passage, PassageIndex, Verdict, measure};

/// Samples that are compared, and their length in bars.
const N_SAMPLES: u32 = 16;
const N_BARS: u32 = 32;
/// Bars of a piano roll.
const N_SHOWN: usize = 8;
const TEMPERATURES: [f32; 3] = [0.7, 1.0, 1.3];

/// Writes the section of one style; returns a sentence about it for the verdict.
pub(super) fn section(story: &Story<'_>, style: usize, page: &mut Page) -> Option<String> {
    page.section(&story.corpus.styles[style], "");
    let held_out = pieces(story.corpus, Part::Valid, style, MAX_NOTES.1);
    let train = pieces(story.corpus, Part::Train, style, MAX_NOTES.0);
    // A style without held-out pieces is compared with its training pieces.
    let real = if held_out.is_empty() { &train } else { &held_out };
    if real.is_empty() {
        page.note("This run did not train on this style.");
        return None;
    }
    if held_out.is_empty() {
        page.note("No pieces of this style were held out, so the real pieces are training pieces.");
    }
    rolls(story, style, real, page);
    let samples: Vec<Passage> = samples_of(story, &orders(story, style, real));
    let passages: Vec<Passage> =
        real.iter().map(|piece| Passage::at_most(&piece.piece, N_BARS as usize)).collect();
    histograms(&samples, &passages, page);
    let has_held_out = !held_out.is_empty();
    let sentence = compare(&samples, &passages, has_held_out.then_some(&train), page);
    if let Some(Some(simple)) = story.simple.get(style) {
        compare_with_simple(story, style, simple, page);
    }
    Some(format!("{}: {sentence}", story.corpus.styles[style]))
}

fn samples_of(story: &Story<'_>, orders: &[Order]) -> Vec<Passage> {
    let pieces = compose_all(story.model, orders, story.threads);
    pieces.iter().zip(orders).map(|(piece, order)| Passage::of_length(piece, order.n_bars as usize)).collect()
}

/// Samples in the meters, modes and lengths of the real pieces.
fn orders(story: &Story<'_>, style: usize, real: &[Arc<KeyedPiece>]) -> Vec<Order> {
    let order_of = |idx: u32| {
        let like = &real[idx as usize % real.len()];
        Order { seed: story.seed.wrapping_add(idx), ..Order::like(like, style, N_BARS as usize) }
    };
    (0..N_SAMPLES).map(order_of).collect()
}

/// One sample at each temperature, and a real passage in the same meter and mode.
fn rolls(story: &Story<'_>, style: usize, real: &[Arc<KeyedPiece>], page: &mut Page) {
    let like = &real[common(real)];
    let usual =
        Order { seed: story.seed, n_bars: N_SHOWN as u32, ends: false, ..Order::like(like, style, N_SHOWN) };
    let orders: Vec<Order> =
        TEMPERATURES.iter().map(|temperature| Order { temperature: *temperature, ..usual }).collect();
    let mut shown = Vec::new();
    for order in orders {
        // One at a time, since all have the same seed.
        let passage = samples_of(story, &[order]).pop().unwrap_or_default();
        shown.push((format!("sample at temperature {}", order.temperature), passage));
    }
    shown.push(("real".to_owned(), Passage::inside(&like.piece, N_SHOWN)));
    page.heading("Eight bars");
    page.key(&roll::key(shown.iter().map(|(_, passage)| passage)));
    let range = roll::pitch_range(shown.iter().map(|(_, passage)| passage));
    for (title, passage) in &shown {
        page.roll(title, &roll::draw(title, passage, range), &roll::sound(passage));
    }
}

/// Index of a piece in the most common meter and mode.
fn common(real: &[Arc<KeyedPiece>]) -> usize {
    let kind = |piece: &KeyedPiece| -> (Meter, Mode) {
        (Passage::at_most(&piece.piece, N_BARS as usize).meter(), piece.mode_at(Tick::ZERO))
    };
    let kinds: Vec<_> = real.iter().map(|piece| kind(piece)).collect();
    let count = |idx: usize| kinds.iter().filter(|kind| **kind == kinds[idx]).count();
    (0..kinds.len()).rev().max_by_key(|idx| count(*idx)).unwrap_or_default()
}

/// The share of notes in each bin, for samples and for real pieces.
fn shares(
    samples: &[Passage],
    real: &[Passage],
    n_bins: usize,
    bin: &dyn Fn(&Note, Tick) -> usize,
) -> Vec<(f64, f64)> {
    let count = |passages: &[Passage]| {
        let mut counts = vec![0.0; n_bins];
        for passage in passages {
            for (start, _, notes) in passage.bars_with_notes() {
                for note in notes {
                    counts[bin(note, start).min(n_bins - 1)] += 1.0;
                }
            }
        }
        let total = counts.iter().sum::<f64>().max(1.0);
        counts.into_iter().map(move |count| count / total)
    };
    count(samples).zip(count(real)).collect()
}

fn histograms(samples: &[Passage], real: &[Passage], page: &mut Page) {
    const SIXTEENTH: i64 = Tick::PER_BEAT / 4;
    page.heading("Distributions of notes");
    page.key(&[("samples".to_owned(), "samples"), ("real".to_owned(), "real")]);
    let longest_bar =
        real.iter().flat_map(|passage| &passage.bars).map(|(_, meter)| meter.bar_length().0).max();
    let n_onsets = (longest_bar.unwrap_or(96) / 2).clamp(8, 96) as usize;
    let (low, high) = roll::pitch_range(real.iter().chain(samples));
    let low = usize::from(low) / 12 * 12;
    let pitches = Histogram {
        title: "pitch, relative to the tonic C",
        axis: "octaves",
        bins: shares(samples, real, usize::from(high) + 1 - low, &|note, _| {
            usize::from(note.pitch).saturating_sub(low)
        }),
        label: &|bin| {
            if (bin + low).is_multiple_of(12) {
                format!("C{}", (bin + low) as i32 / 12 - 1)
            } else {
                String::new()
            }
        },
    };
    let durations = Histogram {
        title: "duration",
        axis: "sixteenths",
        bins: shares(samples, real, 34, &|note, _| {
            ((2 * note.duration.0 + SIXTEENTH / 2) / SIXTEENTH) as usize
        }),
        label: &|bin| if bin.is_multiple_of(8) { (bin / 2).to_string() } else { String::new() },
    };
    let onsets = Histogram {
        title: "onset in the bar",
        axis: "quarters",
        bins: shares(samples, real, n_onsets, &|note, start| ((note.onset - start).0 / 2) as usize),
        label: &|bin| if bin.is_multiple_of(12) { (bin / 12).to_string() } else { String::new() },
    };
    let velocities = Histogram {
        title: "velocity",
        axis: "MIDI velocity",
        bins: shares(samples, real, 16, &|note, _| usize::from(note.velocity / 8)),
        label: &|bin| if bin.is_multiple_of(2) { (bin * 8).to_string() } else { String::new() },
    };
    let pictures = [pitches, durations, onsets, velocities].map(|histogram| histogram.draw());
    page.pictures_in_pairs(&pictures);
}

/// Compares measures of samples and real pieces, including memorised passages; returns in words how close they are.
fn compare(
    samples: &[Passage],
    real: &[Passage],
    train: Option<&Vec<Arc<KeyedPiece>>>,
    page: &mut Page,
) -> String {
    let shared = train.map(|train| {
        let known = PassageIndex::new(train.iter().map(|piece| piece.piece.notes.as_slice()));
        let shared = |passages: &[Passage]| known.shared(passages.iter().map(|p| p.notes.as_slice()));
        (shared(samples), shared(real))
    });
    let means = |passages: &[Passage]| Means::of(&passages.iter().map(measure).collect::<Vec<_>>());
    let comparison = Comparison { samples: means(samples), real: means(real), shared };
    page.heading("Samples compared with real pieces");
    page.note(&format!(
        "{} of {N_BARS} bars, and {} cut to that length; longer pieces weigh more. A shared passage is one \
         that occurs in a training piece, note for note in any key; the real pieces show how much sharing is usual.",
        plural(samples.len(), "sample"),
        plural(real.len(), "real piece")
    ));
    let verdicts = comparison.verdicts();
    let sentence = in_words(&verdicts);
    let rows: Vec<Vec<String>> = verdicts
        .into_iter()
        .map(|Verdict { name, samples, real, criterion, passes }| {
            let (class, word) = if passes { ("good", "close enough") } else { ("bad", "off") };
            let outcome = if criterion.is_empty() {
                String::new()
            } else {
                format!("<span class=\"{class}\">{word}</span>")
            };
            let number =
                |value: f64| format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned();
            vec![escaped(&name.replace('_', " ")), number(samples), number(real), escaped(criterion), outcome]
        })
        .collect();
    page.table(&["", "samples", "real", "criterion", ""], &rows);
    sentence
}

/// What a measure is about.
fn for_musicians(measure: &str) -> &str {
    match measure {
        "scale_share" => "how far it keeps to a scale",
        "pitch_class_entropy" => "which notes it chooses",
        "notes_per_bar" => "how many notes a bar has",
        "repeated_bars" => "how much repeats",
        "empty_bars" => "empty bars",
        "longest_run" => "staying on one pitch",
        "kick_on_one" => "kicks on the first beat",
        "backbeat" => "the backbeat",
        "kicks_per_bar" => "how many kicks a bar has",
        "drum_velocity_entropy" => "how drums vary in loudness",
        "drum_timing_deviation" => "how far drums are off the grid",
        "longest_shared_passage" => "copying from its pieces",
        other => other,
    }
}

/// How close samples are to real pieces, without what has no criterion.
fn in_words(verdicts: &[Verdict]) -> String {
    let judged: Vec<&Verdict> = verdicts.iter().filter(|verdict| !verdict.criterion.is_empty()).collect();
    let off: Vec<&str> =
        judged.iter().filter(|verdict| !verdict.passes).map(|verdict| for_musicians(verdict.name)).collect();
    let n_close = judged.len() - off.len();
    let off = if off.is_empty() { String::new() } else { format!(" Off: {}.", off.join(", ")) };
    format!("its music is close to the real pieces in {n_close} of {} respects.{off}", judged.len())
}

/// Compares the network's loss with those of simple models.
fn compare_with_simple(story: &Story<'_>, style: usize, simple: &SimpleModels, page: &mut Page) {
    page.heading("Compared with simple models");
    if simple.n_pieces < story.corpus.n_pieces_in(Part::Valid, style) {
        page.note(&format!(
            "The simple models are evaluated on the first {}.",
            plural(simple.n_pieces, "held-out piece")
        ));
    }
    let row = |name: String, parts: Losses| {
        let sums = [parts.iter().sum::<f64>(), parts[..4].iter().sum()];
        std::iter::once(name).chain(parts.into_iter().chain(sums).map(|loss| format!("{loss:.3}"))).collect()
    };
    let network = story.validation.by_style.get(style).copied().unwrap_or_default();
    let rows: Vec<Vec<String>> = vec![
        row("this network".into(), network.map(f64::from)),
        row(SimpleModels::markov_name(), simple.markov),
        row("the previous bar, copied".into(), simple.copy_bar),
    ];
    page.table(
        &[
            "nats per note",
            "family",
            "shift",
            "pitch",
            "duration",
            "velocity",
            "feel",
            "all",
            "without velocity",
        ],
        &rows,
    );
}
