//! The output of a training run: on the terminal, and in a log beside the weights.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::cli::print::{performances_and_chords, plural};
use crate::files::{self, Existing, Kind, WriteError};
use crate::model::network::N_PARTS;
use crate::training::corpus::{Corpus, Part, Report};
use crate::training::engines::validation::Validation;
use crate::training::run::Progress;

/// Most refused files to name on the terminal; all are in the log.
const MAX_NAMED: usize = 10;

/// What is done with a log that is there: a log of ours is replaced, and no other file.
pub(super) const EXISTING: Existing = Existing::Replace(LOG);
const LOG: Kind = Kind {
    name: "a log of Continuo",
    begins: |head| {
        // Logs had no first line once.
        let old = KINDS
            .iter()
            .any(|kind| head.strip_prefix(kind.as_bytes()).is_some_and(|rest| rest.starts_with(b"\t")));
        head.starts_with(FIRST_LINE.as_bytes()) || old
    },
};
const FIRST_LINE: &str = "# continuo-trainer: what was found in the files";
const KINDS: [&str; 5] = ["unreadable", "refused", "repaired", "duplicate", "near-duplicate"];

/// What is said if there is nothing to measure the network on.
const NOTHING_HELD_OUT: &str = "No piece is held out to measure the network on, since there are too few: how well it \
                                predicts other music of this kind is not known. The network at the end of the run is kept.";

/// Prints a summary of the corpus, and logs the problems of every file.
pub(super) fn report_corpus(corpus: &Corpus, log: &Path) -> Result<()> {
    let report = &corpus.report;
    println!(
        "{}{}: {} with {} to train on, {} to validate on",
        plural(report.n_files, "file"),
        if corpus.is_cached { " (from the cache)" } else { "" },
        plural(corpus.n_pieces(Part::Train), "piece"),
        plural(corpus.n_notes(), "note"),
        plural(corpus.n_pieces(Part::Valid), "piece"),
    );
    println!(
        "{} refused, {}, {} left out, {} kept on one side; see {}",
        report.refused.len(),
        plural(report.warnings.len(), "repair"),
        plural(report.duplicates.len(), "duplicate"),
        plural(report.near_duplicates.len(), "near-duplicate"),
        log.display()
    );
    for (path, reason) in &report.unreadable {
        println!("  could not read {path}: {reason}");
    }
    println!("{}", performances_and_chords(report));
    for (path, reason) in report.refused.iter().take(MAX_NAMED) {
        println!("  refused {path}: {reason}");
    }
    if report.refused.len() > MAX_NAMED {
        println!("  and {} more", report.refused.len() - MAX_NAMED);
    }
    if let Some(problem) = &report.cache_problem {
        println!("The dataset is not cached: {problem}");
    }
    if corpus.n_pieces(Part::Valid) == 0 {
        println!("{NOTHING_HELD_OUT}");
    }
    Ok(write_log(report, log)?)
}

/// Writes the problems of every file.
pub(super) fn write_log(report: &Report, log: &Path) -> Result<(), WriteError> {
    let mut text = format!("{FIRST_LINE}\n");
    let lists =
        [&report.unreadable, &report.refused, &report.warnings, &report.duplicates, &report.near_duplicates];
    for (kind, lines) in KINDS.into_iter().zip(lists) {
        for (path, words) in lines {
            let _ = writeln!(text, "{kind}\t{path}\t{words}");
        }
    }
    files::replace(log, LOG, text.as_bytes())
}

/// A new progress bar.
pub(super) fn bar() -> Result<ProgressBar> {
    let bar = ProgressBar::new(1000);
    bar.set_style(ProgressStyle::with_template("{bar:20} {percent:>3}% {msg}")?);
    Ok(bar)
}

/// Shows the progress; prints a line for each validation.
pub(super) fn show(bar: &ProgressBar, styles: &[String], progress: &Progress) {
    let [family, shift, pitch, duration, velocity, feel] = progress.loss;
    let loss: f32 = progress.loss.iter().sum();
    let left = HumanDuration(progress.left);
    bar.set_position((progress.done * 1000.0) as u64);
    bar.set_message(format!(
        "{:.0} notes/s, {left:#} left, {loss:.3} nats per note (family {family:.2}, shift {shift:.2}, pitch {pitch:.2}, duration {duration:.2}, velocity {velocity:.2}, feel {feel:.2})",
        progress.notes_per_second,
    ));
    let Some(validation) = &progress.validation else { return };
    let by_style: Vec<String> = validated(styles, validation)
        .map(|(style, parts)| {
            format!("{style} {:.3} ({:.3})", parts.iter().sum::<f32>(), parts[..4].iter().sum::<f32>())
        })
        .collect();
    let mut line = format!(
        "{:>5.1}% {:.2}M notes {:.0}/s {left:#} left train {loss:.3}",
        progress.done * 100.0,
        progress.n_notes as f64 / 1e6,
        progress.notes_per_second,
    );
    if !by_style.is_empty() {
        let best = if validation.is_best { " best" } else { "" };
        let _ = write!(line, " valid {:.3}{best}: {}", validation.mean, by_style.join(", "));
    }
    if bar.is_hidden() { println!("{line}") } else { bar.println(line) }
}

/// The styles with validation pieces, with their loss by part.
fn validated<'a>(
    styles: &'a [String],
    validation: &'a Validation,
) -> impl Iterator<Item = (&'a String, &'a [f32; N_PARTS])> {
    styles.iter().zip(&validation.by_style).filter(|(_, parts)| parts.iter().any(|part| *part > 0.0))
}

/// A table of the loss by style and part.
pub(super) fn table(styles: &[String], validation: &Validation) -> String {
    if validated(styles, validation).next().is_none() {
        return NOTHING_HELD_OUT.to_owned();
    }
    let mut text = "nats per note on the validation pieces:\n".to_owned();
    let _ = writeln!(
        text,
        "{:16} {:>7} {:>7} {:>7} {:>7} {:>9} {:>9} {:>7} {:>12}",
        "style", "all", "family", "shift", "pitch", "duration", "velocity", "feel", "w/o velocity"
    );
    for (style, parts) in validated(styles, validation) {
        let [family, shift, pitch, duration, velocity, feel] = parts;
        let (all, without) = (parts.iter().sum::<f32>(), parts[..4].iter().sum::<f32>());
        let _ = writeln!(
            text,
            "{style:16} {all:7.3} {family:7.3} {shift:7.3} {pitch:7.3} {duration:9.3} {velocity:9.3} {feel:7.3} {without:12.3}"
        );
    }
    text.trim_end().to_owned()
}
