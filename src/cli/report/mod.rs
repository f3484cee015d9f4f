//! The report of `train`, a page beside the weights that shows how well the model learned.
//!
//! It is one HTML file with its pictures inside, so that it opens offline and can be sent to anyone.

mod story;
pub(super) use story::Story;

mod page;

mod plot;

mod roll;

mod style;

use std::path::Path;

use anyhow::Result;

use crate::cli::print::{performances_and_chords, plural};
use crate::cli::report::page::{GENERATOR, Page, escaped};
use crate::cli::report::plot::{Line, PARTS};
use crate::files::{self, Existing, Kind};
use crate::model::network::N_PARTS;
use crate::training::corpus::Part;
use crate::training::run::CurvePoint;

/// Most files named in each list; the log has all.
const MAX_NAMED: usize = 60;

/// What is done with a page that is there: a report of ours is replaced, and no other file.
pub(super) const EXISTING: Existing = Existing::Replace(REPORT);
const REPORT: Kind = Kind {
    name: "a report of Continuo",
    begins: |head| head.windows(GENERATOR.len()).any(|window| window == GENERATOR.as_bytes()),
};

/// Composes samples, compares them with real pieces, and writes the page.
pub(super) fn write(story: &Story<'_>, path: &Path) -> Result<()> {
    let card = story.model.card();
    let mut page = Page::new(&card.name);
    let loss = if story.corpus.n_pieces(Part::Valid) == 0 {
        "none held out to measure the network on".to_owned()
    } else {
        format!(
            "{:.3} nats per note on the validation pieces, averaged over the styles",
            story.validation.mean
        )
    };
    page.lead(&format!(
        "{} to train on, {}; {loss}. {}",
        plural(story.corpus.n_pieces(Part::Train), "piece"),
        plural(story.corpus.n_notes(), "note"),
        escaped(&card.training),
    ));
    curves(story, &mut page)?;
    losses(story, &mut page);
    read(story, &mut page);
    for style in 0..story.corpus.styles.len() {
        style::section(story, style, &mut page)?;
    }
    page.note(
        "Samples are composed as in the plugin, in the meters and modes of the real pieces, at temperature 1 unless stated \
         otherwise. Real pieces are those held out for validation.",
    );
    Ok(files::replace(path, REPORT, page.finish().as_bytes())?)
}

/// Loss against notes trained on: total, and by part.
fn curves(story: &Story<'_>, page: &mut Page) -> Result<()> {
    page.section("Loss curves", "Nats per note against millions of notes trained on. Where the validation loss rises while the training loss still falls, the model begins to overfit.");
    if story.curve.is_empty() {
        page.note("The run was too short for a curve.");
        return Ok(());
    }
    let x = |point: &CurvePoint| point.n_notes as f64 / 1e6;
    let valid = |point: &CurvePoint, part: Option<usize>| {
        let of_style =
            |parts: &[f32; N_PARTS]| part.map_or_else(|| parts.iter().sum::<f32>(), |part| parts[part]);
        // A style without validation pieces has no loss.
        let measured: Vec<f32> =
            point.valid.iter().filter(|p| p.iter().any(|l| *l > 0.0)).map(of_style).collect();
        f64::from(measured.iter().sum::<f32>()) / measured.len().max(1) as f64
    };
    let train = |point: &CurvePoint, part: Option<usize>| {
        f64::from(part.map_or_else(|| point.train.iter().sum(), |part| point.train[part]))
    };
    let mut pictures = Vec::new();
    for part in std::iter::once(None).chain((0..N_PARTS).map(Some)) {
        let points = |value: &dyn Fn(&CurvePoint, Option<usize>) -> f64| -> Vec<(f64, f64)> {
            story.curve.iter().map(|point| (x(point), value(point, part))).collect()
        };
        let mut lines = vec![Line::train(points(&train))];
        if story.corpus.n_pieces(Part::Valid) > 0 {
            lines.push(Line::valid(points(&valid)));
        }
        pictures.push(plot::curve(part.map_or("all parts", |part| PARTS[part]), &lines)?);
    }
    page.pictures(&pictures);
    if story.corpus.styles.len() > 1 && story.corpus.n_pieces(Part::Valid) > 0 {
        let of_style = |style: usize| {
            let total =
                |point: &CurvePoint| point.valid.get(style).map(|parts| f64::from(parts.iter().sum::<f32>()));
            story.curve.iter().filter_map(|point| Some((x(point), total(point)?))).collect::<Vec<_>>()
        };
        let names = story.corpus.styles.iter().enumerate();
        let lines: Vec<Line<'_>> = names.map(|(idx, name)| Line::style(name, idx, of_style(idx))).collect();
        page.wide(&plot::styles("validation loss by style", &lines)?);
    }
    Ok(())
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
    page.note(&format!("{}.", performances_and_chords(report)));
    for (what, files) in lists.into_iter().filter(|(_, files)| !files.is_empty()) {
        let named: Vec<String> = files
            .iter()
            .take(MAX_NAMED)
            .map(|(path, why)| format!("{}: {}", escaped(path), escaped(why)))
            .collect();
        page.details(&format!("{} {what}", files.len()), &named, files.len().saturating_sub(MAX_NAMED));
    }
}
