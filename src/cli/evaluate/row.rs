//! The results of one style, or of all.

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::cli::evaluate::music::Music;
use crate::cli::print::print_line;
use crate::model::network::PART_NAMES;
use crate::training::baselines::MARKOV_ORDER;
use crate::training::losses::Losses;

/// Sums of the loss by part, and the number of notes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Score {
    pub(super) losses: Losses,
    pub(super) n_notes: usize,
}

impl Score {
    fn add(&mut self, other: &Self) {
        self.losses.iter_mut().zip(other.losses).for_each(|(sum, loss)| *sum += loss);
        self.n_notes += other.n_notes;
    }

    fn json(&self) -> Value {
        let mean = |sum: f64| sum / self.n_notes as f64;
        let by_part: Map<String, Value> = PART_NAMES
            .iter()
            .zip(self.losses)
            .map(|(part, sum)| ((*part).to_owned(), mean(sum).into()))
            .collect();
        json!({
            "n_notes": self.n_notes,
            "nats_per_note": mean(self.losses.iter().sum()),
            "nats_per_note_without_velocity": mean(self.losses[..4].iter().sum()),
            "by_part": by_part,
        })
    }

    fn line(&self, name: &str) -> String {
        let mean = |sum: f64| sum / self.n_notes as f64;
        let by_part: Vec<String> = PART_NAMES
            .iter()
            .zip(self.losses)
            .map(|(part, sum)| format!("{part} {:.3}", mean(sum)))
            .collect();
        format!(
            "{name:24} {:>9} {:>9.3} {:>12.3}  {}",
            self.n_notes,
            mean(self.losses.iter().sum()),
            mean(self.losses[..4].iter().sum()),
            by_part.join(", ")
        )
    }
}

/// The results of one style, or of all.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) style: String,
    pub(super) network: Score,
    /// The network told the chords and the end, if it knows of them.
    pub(super) told: Option<Score>,
    /// A Markov model and a copy of the previous bar, if there were pieces to train them on.
    pub(super) baselines: Option<[Score; 2]>,
    pub(super) music: Option<Music>,
}

const BASELINES: [&str; 2] = ["markov", "copy_bar"];

impl Row {
    pub(super) fn json(&self) -> Value {
        let mut value = self.network.json();
        if let Some(told) = &self.told {
            value["told_chords_and_end"] = told.json();
        }
        if let Some(scores) = &self.baselines {
            let scores: Map<String, Value> = BASELINES
                .iter()
                .zip(scores)
                .map(|(name, score)| ((*name).to_owned(), score.json()))
                .collect();
            value["baselines"] = scores.into();
            value["baselines"]["markov"]["order"] = MARKOV_ORDER.into();
        }
        if let Some(music) = &self.music {
            value["music"] = music.json();
        }
        value
    }

    pub(super) fn print(&self) -> Result<()> {
        print_line(&self.network.line(&self.style))?;
        if let Some(told) = &self.told {
            print_line(&told.line("  told chords and end"))?;
        }
        if let Some([markov, copy_bar]) = &self.baselines {
            print_line(&markov.line(&format!("  Markov, order {MARKOV_ORDER}")))?;
            print_line(&copy_bar.line("  the previous bar, copied"))?;
        }
        Ok(())
    }
}

/// The results of all styles together.
pub(super) fn total(rows: &[Row]) -> Row {
    let mut all = Row { style: "all".into(), ..Row::default() };
    for row in rows {
        all.network.add(&row.network);
        if let Some(told) = &row.told {
            all.told.get_or_insert_default().add(told);
        }
    }
    let baselines: Option<Vec<[Score; 2]>> = rows.iter().map(|row| row.baselines).collect();
    all.baselines = baselines.map(|scores| {
        scores.iter().fold([Score::default(); 2], |mut sums, scores| {
            sums.iter_mut().zip(scores).for_each(|(sum, score)| sum.add(score));
            sums
        })
    });
    all
}
