//! Compares samples of a model with real pieces.

use std::sync::Arc;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::cli::evaluate::material::Material;
use crate::cli::print::{plural, print_line};
use crate::cli::samples::{Order, compose_all};
use crate::model::Model;
use crate::music::{Meter, Note, Piece, Tick};
use crate::training::measures::judge::{Difference, Judgement, judge, passages};
use crate::training::measures::{Comparison, Means, Passage, PassageIndex, Verdict, measure};
use crate::training::threads::Threads;

/// The samples to compose.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) n_samples: u32,
    pub(super) n_bars: u32,
    pub(super) temperature: f32,
    pub(super) variety: f32,
    pub(super) seed: u32,
    pub(super) threads: Threads,
}

/// The comparison of samples with real pieces in one style.
#[derive(Debug)]
pub(super) struct Music {
    wanted: Wanted,
    comparison: Comparison,
    /// Between samples and real pieces.
    judged: Option<Judgement>,
    /// Between the pieces trained on and the real ones.
    judged_real: Option<Judgement>,
}

/// How many differences are shown.
const N_DIFFERENCES: usize = 5;

impl Music {
    /// Composes samples in the meters and modes of the real pieces, and compares them.
    pub(super) fn of(model: &Arc<Model>, material: &Material, wanted: &Wanted) -> Self {
        let n_bars = wanted.n_bars as usize;
        let measured = material.measured.iter();
        let real: Vec<Passage> =
            measured.clone().map(|piece| Passage::at_most(&piece.piece, n_bars)).collect();
        let modes: Vec<_> = measured.map(|piece| piece.mode_at(Tick::ZERO)).collect();
        let order = |idx: u32| {
            let like = idx as usize % real.len().max(1);
            Order {
                style: material.style,
                seed: wanted.seed.wrapping_add(idx),
                temperature: wanted.temperature,
                variety: wanted.variety,
                meter: real[like].meter(),
                mode: modes[like],
            }
        };
        let orders: Vec<Order> = (0..wanted.n_samples).map(order).collect();
        let composed = compose_all(model, &orders, wanted.n_bars, &wanted.threads);
        let samples: Vec<Passage> = composed.iter().map(|piece| Passage::of_length(piece, n_bars)).collect();
        let shared = (!material.train.is_empty()).then(|| {
            let known = PassageIndex::new(material.train.iter().map(|piece| piece.piece.notes.as_slice()));
            let shared = |passages: &[Passage]| {
                known.shared(passages.iter().map(|p: &Passage| -> &[Note] { &p.notes }))
            };
            (shared(&samples), shared(&real))
        });
        let means = |passages: &[Passage]| Means::of(&passages.iter().map(measure).collect::<Vec<_>>());
        let comparison = Comparison { samples: means(&samples), real: means(&real), shared };
        let (judged, judged_real) = judgements(&composed, material, common_meter(&real), wanted.seed);
        Self { wanted: wanted.clone(), comparison, judged, judged_real }
    }

    pub(super) fn json(&self) -> Value {
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

    pub(super) fn print(&self, style: &str) -> Result<()> {
        let Wanted { n_bars, temperature, variety, .. } = self.wanted;
        let (n_samples, n_real) = (self.comparison.samples.n_passages, self.comparison.real.n_passages);
        print_line(&format!(
            "{style}: {} of {} at temperature {temperature} and variety {variety}, compared with {}",
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

/// Of samples against held-out pieces, and of pieces trained on against held-out pieces.
fn judgements(
    samples: &[Piece],
    material: &Material,
    meter: Meter,
    seed: u32,
) -> (Option<Judgement>, Option<Judgement>) {
    let real = passages(material.measured.iter().map(|piece| &piece.piece), meter);
    let samples = passages(samples.iter(), meter);
    let train = passages(material.train.iter().map(|piece| &piece.piece), meter);
    (judge([&samples, &real], seed.into()), judge([&train, &real], seed.into()))
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
