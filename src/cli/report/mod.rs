//! The report of `train`, a page beside the weights that shows how well the model learned.
//!
//! It is one HTML file with its pictures inside, so that it opens offline and can be sent to anyone.

mod story;
pub(super) use story::Story;

mod page;
pub(super) use page::EXISTING;

mod svg;

mod chart;

mod roll;

mod data;

mod style;

mod compare;
pub(super) use compare::{CompareArgs, run as compare};

use std::path::Path;

use anyhow::Result;

use crate::cli::print::{performances_and_chords, plural};
use crate::cli::report::chart::{Chart, Line, SMALL, WIDE};
use crate::cli::report::data::{RunData, mean_held_out};
use crate::cli::report::page::{Page, REPORT, Subject, escaped};
use crate::files;
use crate::model::network::{N_PARTS, PART_NAMES};
use crate::training::corpus::Part;
use crate::training::run::CurvePoint;

/// Most files named in each list; the log has all.
const MAX_NAMED: usize = 60;

/// Composes samples, compares them with real pieces, and writes the page.
pub(super) fn write(story: &Story<'_>, path: &Path) -> Result<()> {
    let card = story.model.card();
    let mut styles = Page::part();
    let mut sentences = vec![learned_from(story)];
    for style in 0..story.corpus.styles.len() {
        sentences.extend(style::section(story, style, &mut styles));
    }
    let verdict = story.assessment;
    let mut page = Page::new(&card.name, Subject::Run);
    page.hidden(&RunData::of(story).element()?);
    sentences.insert(0, verdict.sentence.clone());
    page.verdict(&verdict.grade, &sentences);
    page.append(&styles);
    curves(story, &mut page);
    losses(story, &mut page);
    read(story, &mut page);
    page.section("Settings", &card.training);
    page.note(
        "Samples are composed as in the plugin, in the meters and modes of the real pieces, at temperature 1 unless stated \
         otherwise. Real pieces are those held out for validation.",
    );
    Ok(files::replace(path, REPORT, page.finish().as_bytes())?)
}

/// What was learned from, in a sentence.
fn learned_from(story: &Story<'_>) -> String {
    let n_held_out = story.corpus.n_pieces(Part::Valid);
    let measured = match n_held_out {
        0 => "none held out to measure it on".to_owned(),
        _ => format!("measured on {} that it did not learn from", plural(n_held_out, "other piece")),
    };
    format!(
        "It learned from {} with {}, {measured}.",
        plural(story.corpus.n_pieces(Part::Train), "piece"),
        plural(story.corpus.n_notes(), "note"),
    )
}

/// Loss against notes trained on: total, by part and by style, and the learning rate.
fn curves(story: &Story<'_>, page: &mut Page) {
    page.section("Loss curves", "Nats per note against millions of notes trained on. Where the loss on the held-out pieces rises while that on the training pieces still falls, the model begins to learn its pieces by heart.");
    if story.curve.is_empty() {
        page.note("The run was too short for a curve.");
        return;
    }
    let pictures: Vec<String> =
        std::iter::once(None).chain((0..N_PARTS).map(Some)).map(|part| curve(story, part)).collect();
    page.pictures(&[pictures, vec![learning_rate(story)]].concat());
    if story.corpus.styles.len() > 1 && story.corpus.n_pieces(Part::Valid) > 0 {
        page.wide(&by_style(story));
    }
}

fn x(point: &CurvePoint) -> f64 {
    point.n_notes as f64 / 1e6
}

/// The loss of one part, or of all.
fn curve(story: &Story<'_>, part: Option<usize>) -> String {
    let of_part = |parts: &[f32; N_PARTS]| part.map_or_else(|| parts.iter().sum::<f32>(), |part| parts[part]);
    let line = |name: &str, class: &str, value: &dyn Fn(&CurvePoint) -> Option<f64>| Line {
        name: name.to_owned(),
        class: class.to_owned(),
        points: story.curve.iter().filter_map(|point| Some((x(point), value(point)?))).collect(),
    };
    let mut lines = vec![line("training", "train", &|point| Some(f64::from(of_part(&point.train))))];
    if story.corpus.n_pieces(Part::Valid) > 0 {
        lines.push(line("held out", "valid", &|point| mean_held_out(point, of_part)));
    }
    let title = part.map_or("all parts", |part| PART_NAMES[part]);
    Chart { title, axis: "million notes", width: SMALL, lines }.draw()
}

fn learning_rate(story: &Story<'_>) -> String {
    let points = story.curve.iter().map(|point| (x(point), f64::from(point.lr))).collect();
    let lines = vec![Line { name: "learning rate".to_owned(), class: "train".to_owned(), points }];
    Chart { title: "learning rate", axis: "million notes", width: SMALL, lines }.draw()
}

/// The loss on the held-out pieces of each style.
fn by_style(story: &Story<'_>) -> String {
    let of_style = |(style, name): (usize, &String)| {
        let total =
            |point: &CurvePoint| point.valid.get(style).map(|parts| f64::from(parts.iter().sum::<f32>()));
        let points = story.curve.iter().filter_map(|point| Some((x(point), total(point)?)));
        Line { name: name.clone(), class: format!("c{}", style % 10), points: points.collect() }
    };
    let lines = story.corpus.styles.iter().enumerate().map(of_style).collect();
    Chart { title: "held-out loss by style", axis: "million notes", width: WIDE, lines }.draw()
}

/// The loss of the final network, by style and part.
fn losses(story: &Story<'_>, page: &mut Page) {
    page.section("Loss on the validation pieces", "Nats per note of the final network, on whole pieces.");
    let mut rows = Vec::new();
    let styles = story.corpus.styles.iter().zip(&story.validation.by_style).enumerate();
    let measured = styles.filter(|(style, _)| story.corpus.n_pieces_in(Part::Valid, *style) > 0);
    for (_, (name, parts)) in measured {
        let mut row = vec![escaped(name)];
        row.extend(parts.iter().map(|loss| format!("{loss:.3}")));
        let sums = [parts.iter().sum::<f32>(), parts[..4].iter().sum()];
        row.extend(sums.map(|sum| format!("{sum:.3}")));
        rows.push(row);
    }
    if rows.is_empty() {
        page.note(
            "No piece was held out, since there are too few: how well the network predicts other music of this kind is not \
             known.",
        );
        return;
    }
    page.table(
        &["style", "family", "shift", "pitch", "duration", "velocity", "feel", "all", "without velocity"],
        &rows,
    );
}

/// The files that were read, those that were left out, and why.
fn read(story: &Story<'_>, page: &mut Page) {
    let (corpus, report) = (story.corpus, &story.corpus.report);
    page.section("Files", "");
    let n_notes = corpus.n_notes_by_style();
    let rows: Vec<Vec<String>> = corpus
        .styles
        .iter()
        .enumerate()
        .map(|(idx, name)| {
            let count = |part| corpus.n_pieces_in(part, idx).to_string();
            vec![escaped(name), count(Part::Train), count(Part::Valid), n_notes[idx].to_string()]
        })
        .collect();
    page.table(&["style", "pieces to train on", "pieces held out", "notes to train on"], &rows);
    let lists = [
        ("folders could not be read", &report.unreadable),
        ("could not be read", &report.refused),
        ("left out as identical to another", &report.duplicates),
        ("nearly the same as another", &report.near_duplicates),
        ("read with repairs", &report.warnings),
    ];
    page.note(&format!("{} found.", plural(report.n_files, "MIDI file")));
    page.note(&format!(
        "{}.",
        performances_and_chords((report.n_performances, report.n_chords_found, report.certainty))
    ));
    for (what, files) in lists.into_iter().filter(|(_, files)| !files.is_empty()) {
        let named: Vec<String> = files
            .iter()
            .take(MAX_NAMED)
            .map(|(path, why)| format!("{}: {}", escaped(path), escaped(why)))
            .collect();
        page.details(&format!("{} {what}", files.len()), &named, files.len().saturating_sub(MAX_NAMED));
    }
}
