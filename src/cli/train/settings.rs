//! Presets of sizes and times, and their adjustment to the corpus and to fine-tuning.

use crate::training::config::Dropout;
use crate::training::corpus::Corpus;

/// A set of sizes and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Preset {
    /// The shortest: enough to hear where it leads
    Sketch,
    /// A good model of one style
    Standard,
    /// The best model, for a GPU or overnight
    Large,
}

impl Preset {
    /// Its name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sketch => "sketch",
            Self::Standard => "standard",
            Self::Large => "large",
        }
    }
}

/// The defaults that a preset sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) n_layers: usize,
    pub(super) hidden: usize,
    pub(super) embedding: usize,
    pub(super) head: usize,
    pub(super) batch: usize,
    pub(super) sequence_length: usize,
    /// Where pieces are heard seldom, and where they are heard often; see [`Settings::dropout`].
    pub(super) dropouts: [Dropout; 2],
    pub(super) lr: f32,
    pub(super) weight_decay: f32,
    /// Share of the run at the highest learning rate.
    pub(super) hold: f32,
    /// Validations without improvement before a run ends.
    pub(super) patience: usize,
    pub(super) minutes: Option<f64>,
    pub(super) length: Length,
}

/// The length of a run: as many epochs as come to `n_notes`, within limits, since a small corpus is soon overfitted and
/// a large one needs more than one pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length {
    n_notes: f64,
    min_epochs: f64,
    max_epochs: f64,
}

/// Validations in a run.
const N_VALIDATIONS: usize = 50;

impl Settings {
    /// The settings of a preset.
    pub(super) fn of(preset: Preset) -> Self {
        match preset {
            Preset::Sketch => Self {
                n_layers: 2,
                hidden: 128,
                embedding: 128,
                head: 64,
                batch: 32,
                sequence_length: 32,
                dropouts: [Dropout::of_outputs(0.1), Dropout { outputs: 0.1, weights: 0.2, rows: 0.1 }],
                lr: 8e-3,
                weight_decay: 0.2,
                hold: 0.0,
                patience: 10,
                minutes: Some(4.0),
                length: Length { n_notes: 3e6, min_epochs: 1.0, max_epochs: 40.0 },
            },
            Preset::Standard => Self {
                n_layers: 2,
                hidden: 256,
                embedding: 192,
                head: 128,
                batch: 32,
                sequence_length: 32,
                dropouts: [Dropout::of_outputs(0.3), Dropout { outputs: 0.4, weights: 0.4, rows: 0.1 }],
                lr: 5e-3,
                weight_decay: 0.4,
                hold: 0.0,
                patience: 12,
                minutes: None,
                length: Length { n_notes: 12e6, min_epochs: 4.0, max_epochs: 60.0 },
            },
            // Those of network P in models/README.md, which lists what else was tried.
            Preset::Large => Self {
                n_layers: 3,
                hidden: 512,
                embedding: 256,
                head: 192,
                batch: 64,
                sequence_length: 128,
                dropouts: [Dropout::of_outputs(0.3), Dropout { outputs: 0.4, weights: 0.4, rows: 0.1 }],
                lr: 2e-3,
                weight_decay: 0.4,
                hold: 0.5,
                patience: 25,
                minutes: None,
                length: Length { n_notes: 120e6, min_epochs: 20.0, max_epochs: 150.0 },
            },
        }
    }

    /// These settings for fine-tuning: the learning rate is low, to keep what the model knows, and the run is short.
    pub(super) fn to_fine_tune(self, corpus: &Corpus) -> Self {
        let n_notes = corpus.n_notes().max(1) as f64;
        Self {
            sequence_length: 64,
            dropouts: [Dropout::of_outputs(0.3), Dropout { outputs: 0.3, weights: 0.3, rows: 0.1 }],
            lr: 6e-4,
            weight_decay: 0.02,
            hold: 0.0,
            patience: 10,
            // What one plays in a while is a few hundred notes; a batch of windows is more than that.
            length: Length {
                n_notes: 1.5e6,
                min_epochs: 2.0,
                max_epochs: (6e4 / n_notes).clamp(30.0, 200.0),
            },
            ..self
        }
    }

    /// Planned epochs over a corpus.
    pub(super) fn epochs(&self, corpus: &Corpus) -> f64 {
        let Length { n_notes, min_epochs, max_epochs } = self.length;
        (n_notes / corpus.n_notes().max(1) as f64).clamp(min_epochs, max_epochs)
    }

    /// What updates leave out in a run of this many epochs: the more often the same pieces are heard, the more, since they
    /// are learned by heart otherwise. With few epochs it would only make learning slower.
    pub(super) fn dropout(&self, epochs: f64) -> Dropout {
        const FEW: f64 = 20.0;
        const MANY: f64 = 60.0;
        let share = ((epochs - FEW) / (MANY - FEW)).clamp(0.0, 1.0) as f32;
        let [seldom, often] = self.dropouts;
        let between = |of: fn(&Dropout) -> f32| of(&seldom) + share * (of(&often) - of(&seldom));
        Dropout {
            outputs: between(|dropout| dropout.outputs),
            weights: between(|dropout| dropout.weights),
            rows: between(|dropout| dropout.rows),
        }
    }

    /// Notes between two validations in a run of this many epochs.
    pub(super) fn validate_every(epochs: f64, corpus: &Corpus) -> usize {
        (epochs * corpus.n_notes() as f64) as usize / N_VALIDATIONS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_often_pieces_are_heard_the_more_is_left_out() {
        let settings = Settings::of(Preset::Standard);
        let [seldom, often] = settings.dropouts;
        assert_eq!([4.0, 20.0].map(|epochs| settings.dropout(epochs)), [seldom; 2]);
        assert_eq!([60.0, 150.0].map(|epochs| settings.dropout(epochs)), [often; 2]);
        let between = settings.dropout(40.0);
        assert!(between.weights > seldom.weights && between.weights < often.weights, "{between:?}");
    }
}
