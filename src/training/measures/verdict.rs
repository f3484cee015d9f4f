//! Compares a model's samples with real pieces, and judges the differences.

use crate::training::measures::count::Measures;
use crate::training::measures::passage_index::Shared;

/// Measures averaged over passages.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Means {
    /// Number of passages.
    pub n_passages: usize,
    /// Each measure's mean over the passages that have it, weighted by their bars; the total of bars; the longest run.
    pub measures: Measures,
}

impl Means {
    /// Averages measures, weighted by bars.
    #[must_use]
    pub fn of(all: &[Measures]) -> Self {
        let mean = |measure: fn(&Measures) -> Option<f64>| {
            let known: Vec<(f64, f64)> =
                all.iter().filter_map(|m| Some((measure(m)?, m.n_bars as f64))).collect();
            let n_bars: f64 = known.iter().map(|(_, n_bars)| n_bars).sum();
            (n_bars > 0.0).then(|| known.iter().map(|(value, n_bars)| value * n_bars).sum::<f64>() / n_bars)
        };
        let measures = Measures {
            n_bars: all.iter().map(|m| m.n_bars).sum(),
            scale_share: mean(|m| m.scale_share),
            pitch_class_entropy: mean(|m| m.pitch_class_entropy),
            groove_consistency: mean(|m| m.groove_consistency),
            empty_beats: mean(|m| m.empty_beats),
            empty_bars: mean(|m| m.empty_bars),
            polyphony: mean(|m| m.polyphony),
            notes_per_bar: mean(|m| m.notes_per_bar),
            repeated_bars: mean(|m| m.repeated_bars),
            self_similarity: mean(|m| m.self_similarity),
            longest_run: all.iter().map(|m| m.longest_run).max().unwrap_or_default(),
            kick_on_one: mean(|m| m.kick_on_one),
            backbeat: mean(|m| m.backbeat),
            kicks_per_bar: mean(|m| m.kicks_per_bar),
            drum_velocity_entropy: mean(|m| m.drum_velocity_entropy),
            drum_timing_deviation: mean(|m| m.drum_timing_deviation),
        };
        Self { n_passages: all.len(), measures }
    }
}

/// Samples and real pieces of one style.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The model's samples.
    pub samples: Means,
    /// Real pieces that the model was not trained on.
    pub real: Means,
    /// Passages that samples and real pieces share with the training pieces, if those are known.
    pub shared: Option<(Shared, Shared)>,
}

/// The comparison of one measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The measure's name, as in JSON.
    pub name: &'static str,
    /// Value of the samples.
    pub samples: f64,
    /// Value of the real pieces.
    pub real: f64,
    /// The criterion in words; empty if there is none.
    pub criterion: &'static str,
    /// Whether the samples meet the criterion.
    pub passes: bool,
}

impl Comparison {
    /// Compares every measure that both have.
    #[must_use]
    pub fn verdicts(&self) -> Vec<Verdict> {
        let (samples, real) = (&self.samples.measures, &self.real.measures);
        let both = |measure: fn(&Measures) -> Option<f64>| Some((measure(samples)?, measure(real)?));
        let mut verdicts = Vec::new();
        let mut judge = |name, pair: Option<(f64, f64)>, criterion, passes: fn(f64, f64) -> bool| {
            verdicts.extend(pair.map(|(samples, real)| {
                let passes = passes(samples, real);
                Verdict { name, samples, real, criterion, passes }
            }));
        };
        let near = |samples: f64, real: f64| (samples - real).abs() <= 0.03;
        judge("scale_share", both(|m| m.scale_share), "within 0.03", near);
        judge("pitch_class_entropy", both(|m| m.pitch_class_entropy), "within 0.15 bits", |samples, real| {
            (samples - real).abs() <= 0.15
        });
        let within_15_percent = |samples: f64, real: f64| (samples - real).abs() <= 0.15 * real;
        judge("notes_per_bar", both(|m| m.notes_per_bar), "within 15%", within_15_percent);
        judge("kick_on_one", both(|m| m.kick_on_one), "within 15%", within_15_percent);
        judge("backbeat", both(|m| m.backbeat), "within 15%", within_15_percent);
        judge("kicks_per_bar", both(|m| m.kicks_per_bar), "within 15%", within_15_percent);
        let entropy = both(|m| m.drum_velocity_entropy);
        judge("drum_velocity_entropy", entropy, "within 15%", within_15_percent);
        let deviation = both(|m| m.drum_timing_deviation);
        judge("drum_timing_deviation", deviation, "within 15%", within_15_percent);
        let half = |samples: f64, real: f64| samples >= 0.5 * real;
        judge("repeated_bars", both(|m| m.repeated_bars), "at least half", half);
        judge("empty_bars", both(|m| m.empty_bars), "no more", |samples, real| samples <= real);
        let run = |m: &Measures| Some(m.longest_run as f64);
        judge("longest_run", both(run), "at most twice", |samples, real| samples <= 2.0 * real);
        let shared = self.shared.as_ref();
        let longest = shared.map(|(samples, real)| (samples.max() as f64, real.max() as f64));
        judge("longest_shared_passage", longest, "no longer", |samples, real| samples <= real);
        let any = |_, _| true;
        let usual = shared.map(|(samples, real)| (samples.mean(), real.mean()));
        judge("mean_shared_passage", usual, "", any);
        judge("groove_consistency", both(|m| m.groove_consistency), "", any);
        judge("self_similarity", both(|m| m.self_similarity), "", any);
        judge("empty_beats", both(|m| m.empty_beats), "", any);
        judge("polyphony", both(|m| m.polyphony), "", any);
        verdicts
    }
}

#[cfg(test)]
mod tests {
    use crate::training::measures::{Comparison, Means, Measures, Shared};

    fn of(notes_per_bar: f64, longest_run: usize) -> Means {
        let measures =
            Measures { n_bars: 4, notes_per_bar: Some(notes_per_bar), longest_run, ..Measures::default() };
        Means::of(&[measures, Measures { longest_run: 1, ..measures }])
    }

    #[test]
    fn a_long_passage_weighs_more_than_a_short_one() {
        let passage = |n_bars, notes| Measures { n_bars, notes_per_bar: Some(notes), ..Measures::default() };
        let means = Means::of(&[passage(3, 10.0), passage(1, 2.0), Measures::default()]);
        assert_eq!(
            (means.n_passages, means.measures.n_bars, means.measures.notes_per_bar),
            (3, 4, Some(8.0))
        );
        assert_eq!(means.measures.scale_share, None);
    }

    #[test]
    fn samples_pass_within_the_criteria_and_fail_beyond() {
        let shared = |max| Shared { longest: vec![2, max] };
        let judged = |samples: Means, max: usize| -> Vec<(&str, bool)> {
            let comparison =
                Comparison { samples, real: of(10.0, 4), shared: Some((shared(max), shared(20))) };
            let judged = comparison.verdicts().into_iter().filter(|verdict| !verdict.criterion.is_empty());
            judged.map(|verdict| (verdict.name, verdict.passes)).collect()
        };
        let names = ["notes_per_bar", "longest_run", "longest_shared_passage"];
        assert_eq!(judged(of(11.4, 8), 20), names.map(|name| (name, true)));
        assert_eq!(judged(of(11.6, 9), 21), names.map(|name| (name, false)));
        assert_eq!(judged(of(8.4, 2), 2)[0], ("notes_per_bar", false));
    }
}
