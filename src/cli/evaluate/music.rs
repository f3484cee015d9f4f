//! Compares samples of a model with real pieces.

use std::sync::Arc;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::cli::evaluate::material::Material;
use crate::cli::print::{plural, print_line};
use crate::cli::samples::{Order, compose_all};
use crate::model::Model;
use crate::music::{Note, Tick};
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
}

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
        let samples: Vec<Passage> = compose_all(model, &orders, wanted.n_bars, &wanted.threads)
            .iter()
            .map(|piece| Passage::of_length(piece, n_bars))
            .collect();
        let shared = (!material.train.is_empty()).then(|| {
            let known = PassageIndex::new(material.train.iter().map(|piece| piece.piece.notes.as_slice()));
            let shared = |passages: &[Passage]| {
                known.shared(passages.iter().map(|p: &Passage| -> &[Note] { &p.notes }))
            };
            (shared(&samples), shared(&real))
        });
        let means = |passages: &[Passage]| Means::of(&passages.iter().map(measure).collect::<Vec<_>>());
        let comparison = Comparison { samples: means(&samples), real: means(&real), shared };
        Self { wanted: wanted.clone(), comparison }
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
        Ok(())
    }
}
