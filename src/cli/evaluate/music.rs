//! Compares samples of a model with real pieces.

use std::sync::Arc;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::cli::evaluate::material::Material;
use crate::cli::print::{plural, print_line};
use crate::cli::samples::{Order, compose_all};
use crate::model::{Model, Tally};
use crate::music::{Meter, Note};
use crate::training::measures::judge::{self, Difference, Judgement, Passages, judge};
use crate::training::measures::{Comparison, Means, Passage, PassageIndex, Shared, Verdict, measure};
use crate::training::threads::Threads;

/// The samples to compose.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Wanted {
    pub(in crate::cli) n_samples: u32,
    pub(in crate::cli) n_bars: u32,
    pub(in crate::cli) temperature: f32,
    pub(in crate::cli) variety: f32,
    pub(in crate::cli) seed: u32,
    pub(in crate::cli) threads: Threads,
}

/// The comparison of samples with real pieces in one style.
#[derive(Debug)]
pub(in crate::cli) struct Music {
    wanted: Wanted,
    comparison: Comparison,
    passages: Passages,
    /// How often the samples have each feature that can be corrected.
    pub(in crate::cli) tally: Tally,
    /// Between samples and real pieces.
    judged: Option<Judgement>,
    /// Between the pieces trained on and the real ones.
    judged_real: Option<Judgement>,
}

/// How many differences are shown.
const N_DIFFERENCES: usize = 5;

/// The real pieces of one style, prepared for comparing.
pub(in crate::cli) struct RealMusic {
    passages: Vec<Passage>,
    /// A sample like each of them.
    orders: Vec<Order>,
    /// The pieces trained on, and what the real ones share with them.
    known: Option<(PassageIndex, Shared)>,
    meter: Meter,
    /// For the judge: of the real pieces, and of those trained on.
    judged: [Passages; 2],
    /// The same of the pieces that something may be learned from.
    pub(in crate::cli) tally: Tally,
}

impl RealMusic {
    /// Longer pieces are cut to `n_bars`.
    pub(in crate::cli) fn of(material: &Material, n_bars: usize) -> Self {
        let pieces = material.measured.iter();
        let passages: Vec<Passage> =
            pieces.clone().map(|piece| Passage::at_most(&piece.piece, n_bars)).collect();
        let known = (!material.train.is_empty()).then(|| {
            let known = PassageIndex::new(material.train.iter().map(|piece| piece.piece.notes.as_slice()));
            let real = shared(&known, &passages);
            (known, real)
        });
        let meter = common_meter(&passages);
        let judged = [&material.measured, &material.train];
        Self {
            orders: pieces.map(|piece| Order::like(piece, material.style, n_bars)).collect(),
            passages,
            known,
            meter,
            judged: judged.map(|pieces| judge::passages(pieces.iter().map(|piece| &piece.piece), meter)),
            tally: tally(
                material.learned().iter().map(|piece| Passage::at_most(&piece.piece, n_bars)),
                meter,
            ),
        }
    }
}

impl Music {
    /// Composes samples like the real pieces, and compares them.
    pub(in crate::cli) fn of(model: &Arc<Model>, real: &RealMusic, wanted: &Wanted) -> Self {
        let Wanted { n_samples, temperature, variety, seed, ref threads, .. } = *wanted;
        let like = real.orders.iter().cycle().zip(0..n_samples);
        let orders: Vec<Order> = like
            .map(|(like, idx)| Order { temperature, variety, seed: seed.wrapping_add(idx), ..*like })
            .collect();
        let composed = compose_all(model, &orders, threads);
        let samples: Vec<Passage> = composed
            .iter()
            .zip(&orders)
            .map(|(piece, order)| Passage::of_length(piece, order.n_bars as usize))
            .collect();
        let means = |passages: &[Passage]| Means::of(&passages.iter().map(measure).collect::<Vec<_>>());
        let shared = real.known.as_ref().map(|(known, real)| (shared(known, &samples), real.clone()));
        Self {
            wanted: wanted.clone(),
            comparison: Comparison { samples: means(&samples), real: means(&real.passages), shared },
            passages: judge::passages(composed.iter(), real.meter),
            tally: tally(samples.into_iter(), real.meter),
            judged: None,
            judged_real: None,
        }
    }

    /// Has the judge tell samples from the real pieces, and those trained on from them.
    pub(in crate::cli) fn judge(self, real: &RealMusic) -> Self {
        let [held_out, trained_on] = &real.judged;
        let seed = self.wanted.seed.into();
        let judged = judge([&self.passages, held_out], seed);
        Self { judged, judged_real: judge([trained_on, held_out], seed), ..self }
    }

    /// How far samples and the pieces trained on lie apart, 0 to 1; the real pieces where those are not known. `None` where
    /// there are too few.
    pub(in crate::cli) fn distance(&self, real: &RealMusic) -> Option<f64> {
        let [held_out, trained_on] = &real.judged;
        judge::distance([&self.passages, if real.known.is_some() { trained_on } else { held_out }])
    }

    /// The number of bounds on the means that the samples miss.
    pub(in crate::cli) fn n_missed(&self) -> usize {
        self.comparison.verdicts().iter().filter(|verdict| !verdict.passes).count()
    }

    pub(in crate::cli) fn json(&self) -> Value {
        let verdicts = self.comparison.verdicts();
        let measures: Map<String, Value> = verdicts
            .iter()
            .map(|verdict| {
                let Verdict { name, samples, real, criterion, passes } = verdict;
                let mut value = json!({ "samples": samples, "real": real });
                if !criterion.is_empty() {
                    value["asked"] = (*criterion).into();
                    value["holds"] = (*passes).into();
                }
                ((*name).to_owned(), value)
            })
            .collect();
        json!({
            "n_samples": self.comparison.samples.n_passages,
            "n_real": self.comparison.real.n_passages,
            "n_bars": self.wanted.n_bars,
            "n_real_bars": self.comparison.real.measures.n_bars,
            "temperature": self.wanted.temperature,
            "variety": self.wanted.variety,
            "seed": self.wanted.seed,
            "measures": measures,
            "judge": self.judged.as_ref().map(shown),
            "judge_of_real": self.judged_real.as_ref().map(shown),
            "all_hold": verdicts.iter().all(|verdict| verdict.passes),
        })
    }

    pub(in crate::cli) fn print(&self, style: &str) -> Result<()> {
        let Wanted { n_bars, temperature, variety, .. } = self.wanted;
        let (n_samples, n_real) = (self.comparison.samples.n_passages, self.comparison.real.n_passages);
        print_line(&format!(
            "{style}: {} of at most {} at temperature {temperature} and variety {variety}, compared with {}",
            plural(n_samples, "sample"),
            plural(n_bars as usize, "bar"),
            plural(n_real, "real piece")
        ))?;
        print_line(&format!("  {:24} {:>9} {:>9}", "", "samples", "real"))?;
        for verdict in self.comparison.verdicts() {
            let Verdict { name, samples, real, criterion, passes } = verdict;
            let outcome = match (criterion, passes) {
                ("", _) => "",
                (_, true) => "pass: ",
                (_, false) => "FAIL: ",
            };
            let name = name.replace('_', " ");
            print_line(&format!("  {name:24} {samples:>9.3} {real:>9.3}  {outcome}{criterion}"))?;
        }
        self.print_judgement()
    }

    fn print_judgement(&self) -> Result<()> {
        let Some(judged) = &self.judged else {
            return print_line("  judge: too few pieces with eight bars in the most common meter");
        };
        let real = self
            .judged_real
            .as_ref()
            .map(|real| format!(" ({:.0}% between real pieces)", real.accuracy * 100.0));
        let real = real.unwrap_or_default();
        print_line(&format!(
            "  judge: right about {:.0}% of eight-bar passages{real}",
            judged.accuracy * 100.0
        ))?;
        for Difference { name, means: [samples, real], .. } in judged.differences.iter().take(N_DIFFERENCES) {
            print_line(&format!("  {name:34} {samples:>9.3} {real:>9.3}"))?;
        }
        Ok(())
    }
}

fn common_meter(passages: &[Passage]) -> Meter {
    let count = |meter: Meter| passages.iter().filter(|passage| passage.meter() == meter).count();
    passages.iter().map(Passage::meter).max_by_key(|meter| count(*meter)).unwrap_or(Meter::COMMON)
}

/// Of the passages in this meter.
fn tally(passages: impl Iterator<Item = Passage>, meter: Meter) -> Tally {
    let mut tally = Tally::new(meter.bar_length());
    for passage in passages.filter(|passage| passage.meter() == meter) {
        let starts = passage.bars.iter().map(|(start, _)| *start);
        let bars = starts.clone().zip(starts.skip(1).chain([passage.end]));
        tally.add(&passage.notes, bars);
    }
    tally
}

/// What each passage shares with the pieces trained on.
fn shared(known: &PassageIndex, passages: &[Passage]) -> Shared {
    known.shared(passages.iter().map(|passage| -> &[Note] { &passage.notes }))
}

fn shown(judgement: &Judgement) -> Value {
    let differences: Vec<Value> = judgement
        .differences
        .iter()
        .take(N_DIFFERENCES)
        .map(|Difference { name, means: [first, second], higher }| {
            json!({ "feature": name, "first": first, "second": second, "higher": higher })
        })
        .collect();
    json!({ "accuracy": judgement.accuracy, "differences": differences })
}
