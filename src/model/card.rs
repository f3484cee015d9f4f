//! A model's card and primers.

use serde::{Deserialize, Serialize};

use crate::model::corrections::Corrections;
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
    /// The same for drums. Empty when not tuned: beats mostly repeat anyway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drum_form: Vec<f32>,
    /// How much less likely than in the network's own distribution a pitch is that makes a semitone, in any octave, with one
    /// that sounds, in nats, by style. Empty when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consonance: Vec<f32>,
    /// How much less likely than in the network's own distribution a pitch is that the instrument struck at its onset before,
    /// in nats, by style: one repeated note leads to the next. Empty when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restrike: Vec<f32>,
    /// How much less likely an instrument is that has not played for twelve bars or more, in nats, by style; so is a key of
    /// the drum kit. Real pieces keep their instruments for longer than the network remembers. Empty when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ensemble: Vec<f32>,
    /// The velocities of the training pieces, each with the number of its notes, by style. A class of the encoding
    /// stands for several: those that the style has are played. Empty when not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub velocities: Vec<Vec<(u8, u32)>>,
    /// A factor on [`Sampling::min_p`](crate::model::Sampling), by style: higher where unlikely notes lead out
    /// of the key. Empty when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub min_p: Vec<f32>,
    /// A further factor for onsets and durations, by style: lower where min-p would leave out the long notes at the ends of
    /// phrases, each of which is unlikely. Empty when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub min_p_of_rhythm: Vec<f32>,
    /// A factor on [`Sampling::temperature`](crate::model::Sampling), by style, so that 1 is the best of each. Empty
    /// when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub temperature: Vec<f32>,
    /// A factor on [`Sampling::variety`](crate::model::Sampling), by style. Empty when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variety: Vec<f32>,
    /// The [`Sampling::variety`](crate::model::Sampling) that 0.5 stands for, 0 to 1, by style, so that the middle of the knob is
    /// the best of each; 0 and 1 stay what they are. 0.5 where not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usual_variety: Vec<f32>,
    /// Whether the seeds go through the primers of a style in turn, so that as many seeds in a row as there are primers begin
    /// differently. Otherwise each seed draws one, as in models of before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub primers_in_turn: bool,
    /// Whether the instrument of the first note of a bar is drawn given that none of the music before the bar line is left to
    /// come. Otherwise as in models of before, where an instrument expected before the line could take the first place
    /// after it, and those before it in the order of [`Note`](crate::music::Note) were then missing on the first beat.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exact_at_bar_lines: bool,
    /// What the network plays too much or too little of by itself, by style. It is counted in music of all instruments of the
    /// style, and corrected only where all may play. Empty when not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Corrections>,
    /// The keys that each instrument plays in the training pieces, by style. Nothing else is composed. Empty
    /// when not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Vec<InstrumentKeys>>,
}

impl Card {
    /// How much likelier a repetition goes on, in nats, in a style of which the card does not say.
    pub(crate) const FORM: f32 = 1.0;

    /// How notes of a style are drawn where `asked` stands for the defaults of each style.
    #[must_use]
    pub(crate) fn sampling(&self, style: usize, asked: &Sampling) -> Sampling {
        let factor =
            |factors: &[f32], default: f32| factors.get(style).map_or(default, |f| f.clamp(0.0, 10.0));
        Sampling {
            temperature: asked.temperature * factor(&self.temperature, 1.0),
            variety: (self.variety_of(style, asked.variety) * factor(&self.variety, 1.0)).min(1.0),
            form: asked.form * factor(&self.form, Self::FORM),
            drum_form: asked.drum_form * factor(&self.drum_form, 0.0),
            consonance: asked.consonance * factor(&self.consonance, 0.0),
            restrike: asked.restrike * factor(&self.restrike, 0.0),
            ensemble: asked.ensemble * factor(&self.ensemble, 0.0),
            min_p_of_rhythm: asked.min_p_of_rhythm * factor(&self.min_p_of_rhythm, 1.0),
            min_p: (asked.min_p * factor(&self.min_p, 1.0)).min(1.0),
            ..*asked
        }
    }

    /// What a variety of `asked`, 0 to 1, is in a style.
    fn variety_of(&self, style: usize, asked: f32) -> f32 {
        const MIDDLE: f32 = 0.5;
        match self.usual_variety.get(style).map(|usual| usual.clamp(0.0, 1.0)) {
            None => asked,
            Some(usual) if asked <= MIDDLE => usual * asked / MIDDLE,
            Some(usual) => usual + (1.0 - usual) * (asked - MIDDLE) / MIDDLE,
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
    /// The most that a weights file holds.
    pub const MOST: usize = 4096;

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
    use crate::model::{Card, Primer, Sampling};
    use crate::music::{Family, Meter, Mode, Note, Tick};

    #[test]
    fn the_middle_of_variety_is_what_a_style_is_tuned_to_and_its_ends_stay() {
        let card = Card { usual_variety: vec![0.2, 0.5], ..Card::default() };
        let of = |style, variety| card.sampling(style, &Sampling { variety, ..Sampling::default() }).variety;
        let near = |value: f32, expected: f32| (value - expected).abs() < 1e-6;
        let found = [0.0, 0.25, 0.5, 0.75, 1.0].map(|asked| of(0, asked));
        assert!(found.iter().zip([0.0, 0.1, 0.2, 0.6, 1.0]).all(|(value, expected)| near(*value, expected)));
        // As asked where a style is not tuned.
        assert!(
            [0.0, 0.3, 0.7, 1.0]
                .iter()
                .all(|asked| near(of(1, *asked), *asked) && near(of(2, *asked), *asked))
        );
    }

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
