//! A model's card and primers.

use serde::{Deserialize, Serialize};

use crate::model::instrument::InstrumentKeys;
use crate::model::sampling::Sampling;
use crate::music::{Meter, Mode, Note};

/// What is known about a model besides its weights.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Short name, such as "Continuo Default".
    pub name: String,
    /// One paragraph for musicians.
    pub description: String,
    /// The styles, in the order of the style knob.
    pub styles: Vec<String>,
    /// The names of the folders that each style was learned from, in the order of `styles`; empty when not
    /// known.
    #[serde(default)]
    pub sources: Vec<Vec<String>>,
    /// What it was trained on and who is to be credited, one line each.
    pub credits: Vec<String>,
    /// Licence of the weights.
    pub licence: String,
    /// Validation loss in nats a note, by style; empty or 0 where not measured.
    pub nats_per_note: Vec<f32>,
    /// How it was trained: command, corpus, seed.
    #[serde(default)]
    pub training: String,
    /// How many notes in a row may be copied from the training pieces, by style: as many as real pieces share
    /// with them that were held out. `None` for no limit; empty when not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub longest_shared: Vec<Option<usize>>,
    /// How many notes in a row an instrument stays on one pitch at most in real pieces that were held out, by
    /// style. Twice as many is the most that is composed. `None` or empty when not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub longest_run: Vec<Option<usize>>,
    /// How much likelier than in the network's own distribution a repetition goes on, in nats, by style: enough
    /// that as many bars come back as in real pieces. Without it repetitions break off too often, because a
    /// bar is many draws and any one of them can leave it. Empty when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub form: Vec<f32>,
    /// A factor on [`Sampling::min_p`](crate::model::Sampling), by style: higher where unlikely notes lead out
    /// of the key. Empty when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub min_p: Vec<f32>,
    /// A factor on [`Sampling::temperature`](crate::model::Sampling), by style, so that 1 is the best of each. Empty
    /// when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub temperature: Vec<f32>,
    /// A factor on [`Sampling::variety`](crate::model::Sampling), by style. Empty when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variety: Vec<f32>,
    /// The keys that each instrument plays in the training pieces, by style. Nothing else is composed. Empty
    /// when not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Vec<InstrumentKeys>>,
}

impl Card {
    /// How much likelier a repetition goes on, in nats, in a style of which the card does not say.
    const FORM: f32 = 1.0;

    /// How notes of a style are drawn where `asked` stands for the defaults of each style.
    #[must_use]
    pub(crate) fn sampling(&self, style: usize, asked: &Sampling) -> Sampling {
        let factor =
            |factors: &[f32], default: f32| factors.get(style).map_or(default, |f| f.clamp(0.0, 10.0));
        Sampling {
            temperature: asked.temperature * factor(&self.temperature, 1.0),
            variety: (asked.variety * factor(&self.variety, 1.0)).min(1.0),
            form: asked.form * factor(&self.form, Self::FORM),
            min_p: (asked.min_p * factor(&self.min_p, 1.0)).min(1.0),
            ..*asked
        }
    }

    /// The style of this name, or else the one learned from a folder of this name. Case does not count, and `_`
    /// is a space.
    #[must_use]
    pub fn style_named(&self, name: &str) -> Option<usize> {
        let plain = |name: &str| name.trim().replace('_', " ").to_lowercase();
        let is_asked = |other: &String| plain(other) == plain(name);
        self.styles
            .iter()
            .position(is_asked)
            .or_else(|| self.sources.iter().position(|folders| folders.iter().any(is_asked)))
            .filter(|style| *style < self.styles.len())
    }
}

/// A short passage of the training data that a piece can start from, moved to a tonic of C.
#[derive(Debug, Clone, PartialEq)]
pub struct Primer {
    /// Index into [`Card::styles`].
    pub style: usize,
    /// Major or minor.
    pub mode: Mode,
    /// The meter of all its bars.
    pub meter: Meter,
    /// Its length in bars.
    pub n_bars: u32,
    /// Its notes; the first bar begins at tick zero.
    pub notes: Vec<Note>,
}

impl Primer {
    /// Whether the whole passage lies beside the beat, as when a piece was written against its bar lines: fewer than a
    /// third of its notes begin on a sixteenth or on a triplet. A pickup or syncopation is none.
    #[must_use]
    pub fn is_shifted(&self) -> bool {
        let n_on =
            self.notes.iter().filter(|note| matches!(note.onset.0.rem_euclid(12), 0 | 4 | 6 | 8)).count();
        3 * n_on < self.notes.len()
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Primer;
    use crate::music::{Family, Meter, Mode, Note, Tick};

    #[test]
    fn a_passage_beside_the_beat_is_told_from_pickups_and_syncopation() {
        let is_shifted = |onsets: &[i64]| {
            let family = Family::PIANO;
            let note = |onset: &i64| Note {
                onset: Tick(*onset),
                duration: Tick(6),
                pitch: 72,
                velocity: 80,
                family,
                feel: None,
            };
            let notes = onsets.iter().map(note).collect();
            Primer { style: 0, mode: Mode::Major, meter: Meter::COMMON, n_bars: 4, notes }.is_shifted()
        };
        assert!(is_shifted(&[9, 21, 33, 45, 57, 69, 93, 105]), "three thirty-seconds late");
        assert!(is_shifted(&[1, 25, 49, 73]));
        assert!(!is_shifted(&[9, 24, 48, 60, 72]), "a short pickup");
        assert!(!is_shifted(&[12, 36, 60, 84]), "on every second eighth");
        assert!(!is_shifted(&[6, 18, 30, 42]), "on every second sixteenth");
        assert!(!is_shifted(&[0, 16, 32, 48, 64, 80]), "triplets of quarters");
        assert!(!is_shifted(&[0, 0, 1, 1, 24, 24, 25, 25]), "half of it");
        assert!(!is_shifted(&[]));
    }
}
