//! `continuo-trainer compare`: the reports of two runs side by side.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cli::print::print_line;
use crate::cli::report::chart::{Chart, Line, SMALL};
use crate::cli::report::data::{Point, RunData};
use crate::cli::report::page::{COMPARISON, Page, Subject, escaped};
use crate::files;

/// Lays the reports of two runs side by side.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CompareArgs {
    /// The reports, or the weights files that they stand beside.
    #[arg(required = true, num_args = 2, value_name = "REPORT")]
    runs: Vec<PathBuf>,
    /// The page to write; an earlier comparison is replaced, and no other file.
    #[arg(long, short, value_name = "FILE.html", default_value = "comparison.html")]
    out: PathBuf,
}

/// No report is longer.
const MAX_BYTES: u64 = 256 << 20;

/// Writes the page.
///
/// # Errors
/// If a report cannot be read or the page not be written.
pub(in crate::cli) fn run(args: &CompareArgs) -> Result<()> {
    let runs = args.runs.iter().map(|path| read(path)).collect::<Result<Vec<RunData>>>()?;
    files::replace(&args.out, COMPARISON, page(&runs).as_bytes())?;
    print_line(&format!("Wrote {}: open it in a browser.", args.out.display()))
}

/// The run of a report, or of the report beside a weights file.
fn read(path: &Path) -> Result<RunData> {
    let is_report = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("html"));
    let report = if is_report { path.to_owned() } else { path.with_extension("html") };
    let bytes = files::read(&report, MAX_BYTES)
        .with_context(|| format!("could not read the report {}", report.display()))?;
    RunData::parse(&String::from_utf8_lossy(&bytes)).with_context(|| {
        format!("{} is not the report of a run, or one of an earlier version", report.display())
    })
}

fn page(runs: &[RunData]) -> String {
    let names: Vec<String> =
        runs.iter().enumerate().map(|(idx, run)| format!("{}: {}", idx + 1, run.name)).collect();
    let both = runs.iter().map(|run| run.name.as_str()).collect::<Vec<_>>().join(" and ");
    let mut page = Page::new(&both, Subject::Comparison);
    for (run, name) in runs.iter().zip(&names) {
        let held_out = run.assessment.held_out.as_ref();
        let error = held_out.map(|found| format!("Held-out loss {:.3} nats per note.", found.error));
        let sentences = [Some(run.assessment.sentence.clone()), error];
        page.verdict(
            &format!("{name}: {}", run.assessment.grade),
            &sentences.into_iter().flatten().collect::<Vec<_>>(),
        );
    }
    page.section("Loss curves", "Nats per note against millions of notes trained on.");
    page.key(&[("c0".to_owned(), names[0].as_str()), ("c1".to_owned(), names[names.len() - 1].as_str())]);
    let chart = |title: &str, value: &dyn Fn(&Point) -> Option<f64>| {
        let lines = runs.iter().zip(&names).enumerate().map(|(idx, (run, name))| Line {
            name: name.clone(),
            class: format!("c{idx}"),
            points: run.curve.iter().filter_map(|point| Some((point.notes, value(point)?))).collect(),
        });
        Chart { title, axis: "million notes", width: SMALL, lines: lines.collect() }.draw()
    };
    page.pictures(&[
        chart("held-out pieces", &|point| point.held_out),
        chart("training pieces", &|point| Some(point.train)),
        chart("learning rate", &|point| Some(point.learning_rate)),
    ]);
    page.section("By style", "Loss on the held-out pieces in nats per note; the lower, the better.");
    table(runs, &names, &mut page);
    for (run, name) in runs.iter().zip(&names) {
        page.section(&format!("Settings of {name}"), &run.training);
        page.note(&format!("{} pieces, {} notes", run.n_pieces, run.n_notes));
    }
    page.finish()
}

/// The loss of each style in both runs.
fn table(runs: &[RunData], names: &[String], page: &mut Page) {
    let of_run = |run: &RunData, style: &str| {
        let styles = run.assessment.held_out.iter().flat_map(|found| &found.styles);
        styles.into_iter().find(|found| found.name == style).map(|found| found.error)
    };
    let mut styles: Vec<&String> = Vec::new();
    for found in runs.iter().flat_map(|run| &run.assessment.held_out).flat_map(|found| &found.styles) {
        if !styles.contains(&&found.name) {
            styles.push(&found.name);
        }
    }
    let row = |style: &String| {
        let cells =
            runs.iter().map(|run| of_run(run, style).map_or("–".to_owned(), |error| format!("{error:.3}")));
        std::iter::once(escaped(style)).chain(cells).collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = styles.into_iter().map(row).collect();
    let head: Vec<&str> = std::iter::once("style").chain(names.iter().map(String::as_str)).collect();
    page.table(&head, &rows);
}
