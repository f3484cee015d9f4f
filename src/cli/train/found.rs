//! What a run reports of its corpus, its progress and its end, from what the training knows.

use std::path::Path;

use crate::run_events::{CorpusFound, FileProblem, HeldOut, Reached, StyleError, StyleFound};
use crate::training::corpus::{Corpus, Part};
use crate::training::engines::validation::Validation;
use crate::training::run::Progress;

/// Most refused files and folders to name; all are in the log.
pub(super) const MAX_NAMED: usize = 10;

/// What was found in the folders.
pub(super) fn corpus_found(corpus: &Corpus, log: Option<&Path>) -> CorpusFound {
    let report = &corpus.report;
    let n_notes = corpus.n_notes_by_style();
    let styles = corpus.styles.iter().enumerate().map(|(idx, name)| StyleFound {
        name: name.clone(),
        n_pieces: corpus.n_pieces_in(Part::Train, idx),
        n_notes: n_notes.get(idx).copied().unwrap_or_default(),
        n_held_out: corpus.n_pieces_in(Part::Valid, idx),
    });
    let refused = report.unreadable.iter().chain(&report.refused);
    CorpusFound {
        n_files: report.n_files,
        is_cached: corpus.is_cached,
        styles: styles.collect(),
        n_performances: report.n_performances,
        n_chords_found: report.n_chords_found,
        certainty: report.certainty,
        n_refused: refused.clone().count(),
        refused: refused
            .take(MAX_NAMED)
            .map(|(file, reason)| FileProblem { file: file.clone(), reason: reason.clone() })
            .collect(),
        n_repaired: report.warnings.len(),
        n_duplicates: report.duplicates.len(),
        n_near_duplicates: report.near_duplicates.len(),
        log: log.map(Path::to_owned),
        cache_problem: report.cache_problem.clone(),
    }
}

/// How far the run has come.
pub(super) fn reached(styles: &[String], progress: &Progress) -> Reached {
    Reached {
        done: progress.done,
        n_notes: progress.n_notes,
        notes_per_second: progress.notes_per_second,
        seconds_left: progress.left.as_secs_f64(),
        learning_rate: progress.lr,
        training_error: progress.loss.iter().sum(),
        held_out: progress.validation.as_ref().and_then(|validation| held_out(styles, validation)),
    }
}

/// The error on the held-out pieces, if there are any.
pub(super) fn held_out(styles: &[String], validation: &Validation) -> Option<HeldOut> {
    let measured =
        styles.iter().zip(&validation.by_style).filter(|(_, parts)| parts.iter().any(|p| *p > 0.0));
    let styles: Vec<StyleError> =
        measured.map(|(name, parts)| StyleError { name: name.clone(), error: parts.iter().sum() }).collect();
    let (error, is_best) = (validation.mean, validation.is_best);
    (!styles.is_empty()).then_some(HeldOut { error, is_best, styles })
}
