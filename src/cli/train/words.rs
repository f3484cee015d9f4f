//! What a run reports, in words for the terminal: lines of at most 80 columns, but for paths.

use std::fmt::Write as _;
use std::time::Duration;

use indicatif::HumanDuration;

use crate::cli::print::{performances_and_chords, plural};
use crate::model::network::N_PARTS;
use crate::run_events::{CorpusFound, Estimate, Reached, RunEvent};
use crate::training::engines::validation::Validation;

/// What is said if there is nothing to measure the network on.
pub(super) const NOTHING_HELD_OUT: &str = "No piece is held out to measure the network on, since there are too few: how well \
     it predicts other music of this kind is not known. The network at the end of the run is kept.";

/// The words of an event; none for one that says nothing to a reader of the terminal.
pub(super) fn words(event: &RunEvent) -> Option<String> {
    match event {
        RunEvent::Started { .. } | RunEvent::Sample { .. } | RunEvent::Error { .. } => None,
        RunEvent::Corpus(found) => Some(corpus(found)),
        RunEvent::Estimate(estimate) => Some(length(estimate)),
        RunEvent::Progress(reached) => reached.held_out.is_some().then(|| line(reached)),
        RunEvent::EndedEarly => {
            Some("Ended early: the held-out pieces were predicted no better any more.".to_owned())
        }
        RunEvent::Stopped => {
            Some("Stopped. The model so far is kept; --resume continues from here.".to_owned())
        }
        RunEvent::Saved { file } => Some(format!("Wrote {}", file.display())),
        RunEvent::Report { file } => {
            Some(format!("Wrote {}: open this report in a browser.", file.display()))
        }
        RunEvent::Finished(assessment) => Some(format!("{}: {}", assessment.grade, assessment.sentence)),
    }
}

/// A summary of the corpus.
fn corpus(found: &CorpusFound) -> String {
    let sum = |count: fn(&crate::run_events::StyleFound) -> usize| found.styles.iter().map(count).sum();
    let n_held_out = sum(|style| style.n_held_out);
    let mut text = format!(
        "{}{}: {} with {} to train on, {} to validate on\n",
        plural(found.n_files, "file"),
        if found.is_cached { " (from the cache)" } else { "" },
        plural(sum(|style| style.n_pieces), "piece"),
        plural(sum(|style| style.n_notes), "note"),
        plural(n_held_out, "piece"),
    );
    let see = found.log.as_ref().map(|log| format!("; see {}", log.display()));
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{} refused, {}, {} left out, {} kept on one side{}",
        found.n_refused,
        plural(found.n_repaired, "repair"),
        plural(found.n_duplicates, "duplicate"),
        plural(found.n_near_duplicates, "near-duplicate"),
        see.unwrap_or_default()
    );
    let counts = (found.n_performances, found.n_chords_found, found.certainty);
    let _ = writeln!(text, "{}", performances_and_chords(counts));
    for problem in &found.refused {
        let _ = writeln!(text, "  not used: {}: {}", problem.file, problem.reason);
    }
    let n_more = found.n_refused.saturating_sub(found.refused.len());
    if n_more > 0 {
        let _ = writeln!(text, "  and {n_more} more");
    }
    if let Some(problem) = &found.cache_problem {
        let _ = writeln!(text, "The dataset is not cached: {problem}");
    }
    if n_held_out == 0 {
        let _ = writeln!(text, "{NOTHING_HELD_OUT}");
    }
    text.trim_end().to_owned()
}

/// How long a run takes.
fn length(estimate: &Estimate) -> String {
    let Estimate { choice, seconds, notes_per_second, n_layers, hidden } = estimate;
    format!(
        "{choice}: at most {} on this computer ({notes_per_second:.0} notes/s, {n_layers} layers of {hidden})",
        HumanDuration(Duration::from_secs_f64(seconds.clamp(0.0, 1e9)))
    )
}

/// A line for a validation.
fn line(reached: &Reached) -> String {
    let held_out = reached.held_out.as_ref().map(|found| {
        let best = if found.is_best { " (best)" } else { "" };
        format!(", held-out pieces {:.3}{best}", found.error)
    });
    format!(
        "{:>5.1}%  {:>7}k notes, {} left, error {:.3}{}",
        reached.done * 100.0,
        reached.n_notes / 1000,
        short(reached.seconds_left),
        reached.training_error,
        held_out.unwrap_or_default()
    )
}

/// What stands behind the progress bar.
pub(super) fn beside_bar(reached: &Reached) -> String {
    format!(
        "{:.0} notes/s, {} left, error {:.3}",
        reached.notes_per_second,
        short(reached.seconds_left),
        reached.training_error
    )
}

fn short(seconds: f64) -> String {
    format!("{:#}", HumanDuration(Duration::from_secs_f64(seconds.clamp(0.0, 1e9))))
}

/// A table of the error by style and part, for those who want numbers.
pub(super) fn table(styles: &[String], validation: &Validation) -> String {
    let measured: Vec<(&String, &[f32; N_PARTS])> = styles
        .iter()
        .zip(&validation.by_style)
        .filter(|(_, parts)| parts.iter().any(|part| *part > 0.0))
        .collect();
    if measured.is_empty() {
        return NOTHING_HELD_OUT.to_owned();
    }
    let mut text = "Details: error on the held-out pieces in nats per note (lower is better)\n".to_owned();
    let _ = writeln!(
        text,
        "{:16} {:>7} {:>7} {:>7} {:>7} {:>9} {:>9} {:>7}",
        "style", "all", "family", "shift", "pitch", "duration", "velocity", "feel"
    );
    for (style, parts) in measured {
        let style: String = style.chars().take(16).collect();
        let [family, shift, pitch, duration, velocity, feel] = parts;
        let all = parts.iter().sum::<f32>();
        let _ = writeln!(
            text,
            "{style:16} {all:7.3} {family:7.3} {shift:7.3} {pitch:7.3} {duration:9.3} {velocity:9.3} {feel:7.3}"
        );
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use crate::cli::train::words::{beside_bar, length, line, table};
    use crate::model::network::N_PARTS;
    use crate::run_events::{Estimate, HeldOut, Reached};
    use crate::training::engines::validation::Validation;

    #[test]
    fn no_line_of_a_run_is_wider_than_a_terminal() {
        let held_out = HeldOut { error: 12.345, is_best: true, styles: Vec::new() };
        let reached = Reached {
            done: 1.0,
            n_notes: 1_234_560_000,
            notes_per_second: 123_456.0,
            seconds_left: 59.0 * 60.0,
            learning_rate: 0.005,
            training_error: 12.345,
            held_out: Some(held_out),
        };
        let estimate = Estimate {
            choice: "standard".to_owned(),
            seconds: 59.0 * 60.0,
            notes_per_second: 123_456.0,
            n_layers: 4,
            hidden: 2048,
        };
        let validation = Validation::new(vec![[12.345; N_PARTS]]);
        let table = table(&["A style with a long name".to_owned()], &validation);
        let bar = format!("{} 100% {}", "#".repeat(20), beside_bar(&reached));
        for text in [line(&reached), bar, length(&estimate), table] {
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
            }
        }
    }
}
