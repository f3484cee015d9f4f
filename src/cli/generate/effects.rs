//! Options that have no effect together with the others, in words.

use anyhow::{Result, bail};

use crate::composer::Edit;
use crate::model::Model;
use crate::music::Grid;
use crate::player::{Cadence, ComposingKnobs, Conversation, PerformingKnobs};

/// Refuses edits of bars that are not composed.
pub(super) fn check_edits(edits: &[(usize, Edit)], n_bars: usize) -> Result<()> {
    match edits.iter().find(|(bar_idx, _)| *bar_idx >= n_bars) {
        Some((bar_idx, edit)) => {
            bail!("{}: there is no bar {}, only {n_bars} are composed", option(*edit), bar_idx + 1)
        }
        None => Ok(()),
    }
}

/// What the network was to be told of the music to come, each an option and whether it was asked for, if it has not
/// learned to be told.
pub(super) fn untold(model: &Model, told: &[(&str, bool)]) -> Vec<String> {
    let is_deaf = !model.config().encoding.is_told();
    let asked = told.iter().filter(|(_, is_asked)| is_deaf && *is_asked);
    asked
        .map(|(option, _)| {
            format!("{option} has no effect: this model has learned neither chords nor endings")
        })
        .collect()
}

/// What was asked for and changes nothing where there are no chords.
pub(super) fn without_chords(composing: &ComposingKnobs, has_chords: bool, ends: bool) -> Vec<String> {
    let default = ComposingKnobs::default();
    let has_others =
        ends || composing.cadence != Cadence::Off || composing.conversation == Conversation::Accompany;
    let strictness = (composing.strictness - default.strictness).abs() > f32::EPSILON && !has_others;
    let asked = [("--strictness", strictness), ("--chords-by-phrase", composing.chords_by_phrase)];
    let asked = asked.iter().filter(|(_, is_asked)| *is_asked && !has_chords);
    asked.map(|(option, _)| format!("{option} has no effect without --chords")).collect()
}

/// What was asked for and changes nothing in a piece of `n_bars`.
pub(super) fn without_effect(
    composing: &ComposingKnobs,
    performing: &PerformingKnobs,
    edits: &[(usize, Edit)],
    n_bars: usize,
) -> Vec<String> {
    let default = ComposingKnobs::default();
    let length = usize::from(composing.length.max(1));
    let mut reports = Vec::new();
    let mut report = |is_so: bool, what: String| {
        if is_so {
            reports.push(what);
        }
    };
    for (bar_idx, edit) in edits {
        let comes_back = bar_idx + length < n_bars;
        let what = format!(
            "--keep {} has no effect: the phrase of {length} bars does not come round to it in {n_bars}",
            bar_idx + 1
        );
        report(*edit == Edit::Keep && !comes_back, what);
    }
    let keeps = edits.iter().any(|(_, edit)| *edit == Edit::Keep);
    report(
        (composing.evolve - default.evolve).abs() > f32::EPSILON && n_bars <= length,
        format!("--evolve has no effect: the phrase of {length} bars does not come round in {n_bars}"),
    );
    report(
        composing.length != default.length
            && composing.evolve >= 1.0
            && !keeps
            && composing.best_of < 2
            && composing.cadence == Cadence::Off,
        "--length has no effect: with --evolve 1 every bar is new".to_owned(),
    );
    let mixes = composing.second_style != composing.style;
    report(
        composing.blend > 0.0 && !mixes,
        "--second-style has no effect: it is the first style again".to_owned(),
    );
    report(
        composing.second_style != default.second_style && composing.blend <= 0.0,
        "--second-style has no effect: --blend is 0".to_owned(),
    );
    let changes_factors = [composing.rhythm, composing.pitch, composing.velocity]
        .iter()
        .any(|factor| (factor - 1.0).abs() > f32::EPSILON);
    report(
        composing.temperature <= 0.0 && changes_factors,
        "the temperatures of rhythm, pitch and velocity have no effect: --temperature is 0".to_owned(),
    );
    report(
        performing.swing_grid != Grid::Eighth && performing.swing <= 0.0,
        "--swing-grid has no effect without --swing".to_owned(),
    );
    report(
        performing.channel_per_instrument && performing.channel != 0,
        "--channel has no effect with --channel-per-instrument".to_owned(),
    );
    reports
}

fn option(edit: Edit) -> &'static str {
    match edit {
        Edit::Keep | Edit::Release => "--keep",
        Edit::ReRoll => "--roll",
        Edit::ReRollRhythm => "--roll-rhythm",
        Edit::ReRollPitches => "--roll-pitches",
        Edit::Clear => "--clear",
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::generate::effects::{check_edits, without_effect};
    use crate::composer::Edit;
    use crate::music::Grid;
    use crate::player::{ComposingKnobs, PerformingKnobs};

    #[test]
    fn bars_that_are_not_composed_cannot_be_edited() {
        let error = |edit| check_edits(&[(3, Edit::Keep), (4, edit)], 4).unwrap_err().to_string();
        assert_eq!(error(Edit::ReRoll), "--roll: there is no bar 5, only 4 are composed");
        assert_eq!(error(Edit::Clear), "--clear: there is no bar 5, only 4 are composed");
        assert!(check_edits(&[(3, Edit::ReRoll)], 4).is_ok());
    }

    #[test]
    fn what_changes_nothing_is_reported() {
        let (usual, plain) = (ComposingKnobs::default(), PerformingKnobs::default());
        let reports =
            |composing: ComposingKnobs, performing: PerformingKnobs, edits: &[(usize, Edit)], n_bars| {
                without_effect(&composing, &performing, edits, n_bars)
            };
        let kept = reports(usual, plain, &[(1, Edit::Keep)], 4);
        assert_eq!(kept, ["--keep 2 has no effect: the phrase of 8 bars does not come round to it in 4"]);
        assert_eq!(reports(usual, plain, &[(1, Edit::Keep)], 10).len(), 0);
        assert_eq!(reports(ComposingKnobs { evolve: 0.0, ..usual }, plain, &[], 8).len(), 1);
        assert_eq!(reports(ComposingKnobs { evolve: 0.0, ..usual }, plain, &[], 9).len(), 0);
        assert_eq!(reports(ComposingKnobs { length: 4, evolve: 1.0, ..usual }, plain, &[], 9).len(), 1);
        assert_eq!(reports(ComposingKnobs { length: 4, ..usual }, plain, &[], 9).len(), 0);
        assert_eq!(reports(ComposingKnobs { blend: 0.5, ..usual }, plain, &[], 9).len(), 1);
        assert_eq!(reports(ComposingKnobs { second_style: 1, ..usual }, plain, &[], 9).len(), 1);
        assert_eq!(reports(ComposingKnobs { second_style: 1, blend: 0.5, ..usual }, plain, &[], 9).len(), 0);
        assert_eq!(reports(ComposingKnobs { temperature: 0.0, pitch: 2.0, ..usual }, plain, &[], 9).len(), 1);
        let swung = PerformingKnobs { swing_grid: Grid::Sixteenth, ..plain };
        assert_eq!(reports(usual, swung, &[], 9), ["--swing-grid has no effect without --swing"]);
        let channels = PerformingKnobs { channel: 3, channel_per_instrument: true, ..plain };
        assert_eq!(reports(usual, channels, &[], 9).len(), 1);
        assert_eq!(reports(usual, plain, &[], 1).len(), 0);
    }
}
