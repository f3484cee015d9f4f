//! The place of a bar: everything that decides what is drawn there but the music before it.

use std::sync::Arc;

use rand::SeedableRng;
use rand_pcg::Pcg64;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::composer::take::harmony::{BarPlace, Harmony};
use crate::composer::take::played_in::PlayedIn;
use crate::composer::writing::chance::random_bits;
use crate::model::encoding::Told;
use crate::model::{Constraints, Drawn, Sampling, StyleMix};
use crate::music::{Bar, Key, Meter, Note, PitchClassSet, Scale, Tick};
use crate::player::{ComposingKnobs, Conversation};

/// A bar to be composed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) bar_idx: usize,
    pub(crate) start: Tick,
    pub(crate) meter: Meter,
    pub(crate) knobs: ComposingKnobs,
    pub(crate) key: Key,
    /// The pitch classes above the tonic that may be drawn.
    pub(crate) pitch_classes: PitchClassSet,
    /// How often the bar was composed again by hand.
    pub(crate) n_rolls: u32,
    /// The index of the candidate for the phrase.
    pub(crate) candidate: u8,
    /// Which of several draws it is, where a bar is composed again by hand. Not kept with the bar.
    pub(crate) attempt: u8,
    /// Whether its notes end with the bar, because the phrase comes round after it or the piece ends.
    pub(crate) is_closed: bool,
    /// Whether the music comes to its end in it, led there by the close: then it ends on the tonic.
    pub(crate) comes_home: bool,
}

impl Place {
    /// The place of a bar that is yet to be composed.
    pub(crate) fn new(
        take: &Take,
        bar_idx: usize,
        start: Tick,
        meter: Meter,
        knobs: &ComposingKnobs,
    ) -> Self {
        let (key, pitch_classes) = key_at(take, start, knobs);
        let n_rolls = take.n_rolls(bar_idx, knobs.slot);
        let knobs = *knobs;
        Self {
            bar_idx,
            start,
            meter,
            knobs,
            key,
            pitch_classes,
            n_rolls,
            candidate: 0,
            attempt: 0,
            is_closed: false,
            comes_home: false,
        }
    }

    /// The place of a composed bar, with the pitch classes of its knobs.
    pub(crate) fn of(composed: &ComposedBar, bar_idx: usize) -> Self {
        Self {
            bar_idx,
            start: composed.bar.start,
            meter: composed.bar.meter,
            knobs: composed.knobs,
            key: composed.key,
            pitch_classes: composed.knobs.pitch_classes(),
            n_rolls: composed.n_rolls,
            candidate: composed.candidate,
            attempt: 0,
            is_closed: false,
            comes_home: false,
        }
    }

    /// The place of a composed bar that is composed once more by hand.
    pub(crate) fn rolled_again(take: &Take, composed: &ComposedBar, bar_idx: usize) -> Self {
        let (_, pitch_classes) = key_at(take, composed.bar.start, &composed.knobs);
        Self { n_rolls: composed.n_rolls + 1, pitch_classes, ..Self::of(composed, bar_idx) }
    }

    pub(crate) fn end(&self) -> Tick {
        self.start + self.meter.bar_length()
    }

    /// What the network is told of the music to come in a bar that is yet to be composed.
    pub(crate) fn told(&self, take: &Take) -> Told {
        self.told_with(&self.harmony(take), take)
    }

    /// What it is told with these chords.
    pub(crate) fn told_with(&self, harmony: &Harmony, take: &Take) -> Told {
        Told { chords: harmony.told(self.start, -self.key.transposition()), end: self.music_end(take) }
    }

    /// The chords that the bar is to be composed with.
    pub(crate) fn harmony(&self, take: &Take) -> Harmony {
        let Self { bar_idx, meter, key, .. } = *self;
        take.harmony(BarPlace { bar_idx, meter, key }, &self.knobs)
    }

    /// Where the music ends that the bar belongs to.
    fn music_end(&self, take: &Take) -> Option<Tick> {
        let n_bars = take.bars_to_end(self.bar_idx, &self.knobs)?;
        Some(self.start + Tick(n_bars as i64 * self.meter.bar_length().0))
    }

    /// Whether density asks for more or fewer notes than the network would write.
    pub(crate) fn has_its_own_density(&self) -> bool {
        (self.knobs.density - 1.0).abs() > f32::EPSILON
    }

    /// The random numbers of this bar, or of one part of it.
    pub(crate) fn rng(&self, part: u64) -> Pcg64 {
        let ComposingKnobs { seed, slot, vary, .. } = self.knobs;
        let numbers = [u64::from(seed), self.bar_idx as u64, 0, part];
        let others = [u64::from(slot), u64::from(self.n_rolls), u64::from(self.candidate)];
        // What came later counts only where it is not 0, so that the numbers of older pieces stay.
        let latest = [u64::from(vary), u64::from(self.attempt)];
        Pcg64::seed_from_u64(if latest != [0; 2] {
            random_bits(&[&numbers[..], &others, &latest].concat())
        } else if others != [0; 3] {
            random_bits(&[&numbers[..], &others].concat())
        } else {
            random_bits(&numbers)
        })
    }

    /// How notes are drawn.
    pub(crate) fn sampling(&self) -> Sampling {
        let ComposingKnobs { temperature, rhythm, pitch, velocity, nucleus, min_p, variety, .. } = self.knobs;
        Sampling { temperature, rhythm, pitch, velocity, nucleus, min_p, variety, ..Sampling::as_tuned() }
    }

    /// What may be drawn, relative to the network's tonic of C.
    pub(crate) fn constraints(&self) -> Constraints {
        let knobs = &self.knobs;
        let down = |pitch: u8| i16::from(pitch) - i16::from(self.key.transposition());
        let (lowest, highest) = (down(knobs.lowest), down(knobs.highest));
        // A range beyond all the network's pitches has none of them.
        let is_playable = highest >= 0 && lowest <= 127;
        let (lowest, highest) = if is_playable { (lowest, highest) } else { (127, 0) };
        Constraints {
            scale: self.pitch_classes,
            lowest: lowest.clamp(0, 127) as u8,
            highest: highest.clamp(0, 127) as u8,
            polyphony: knobs.polyphony.max(1),
            families: knobs.families,
            grid: knobs.grid,
            shortest: knobs.shortest,
            longest: knobs.longest,
            ends_by: self.is_closed.then(|| self.end()),
            strictness: knobs.strictness,
        }
    }

    /// The bar of these notes, which are in C.
    ///
    /// `context` is what the network is given for it when later bars are composed, if not the notes.
    pub(crate) fn composed_bar(
        &self,
        take: &Take,
        model: &Arc<str>,
        drawn: &[Drawn],
        context: Option<Vec<Note>>,
    ) -> ComposedBar {
        let up = self.key.transposition();
        let mut sure: Vec<(Note, f32)> =
            drawn.iter().map(|drawn| (moved(&drawn.note, up), drawn.log_probability.exp())).collect();
        sure.sort_unstable_by_key(|(note, _)| *note);
        let notes: Vec<Note> = sure.iter().map(|(note, _)| *note).collect();
        let context = context.filter(|context| *context != notes).map(Arc::from);
        ComposedBar {
            bar: Arc::new(Bar { start: self.start, meter: self.meter, notes }),
            knobs: self.knobs,
            model: Arc::clone(model),
            before: take.fingerprint_before(self.bar_idx),
            key: self.key,
            context,
            is_kept: false,
            n_rolls: self.n_rolls,
            candidate: self.candidate,
            harmony: self.harmony(take),
            sureness: sure.iter().map(|(_, sureness)| *sureness).collect(),
            locked: Arc::default(),
        }
    }

    /// Transposes notes from the bar's key to the network's tonic of C.
    pub(crate) fn to_c(self, notes: &[Note]) -> Vec<Note> {
        transposed(notes, -self.key.transposition())
    }
}

/// The key of a bar, and the pitch classes above its tonic that may be drawn.
///
/// Both are as the knobs say, unless they leave the scale free. Then the key is that of what was played in,
/// and an answer keeps to it, or that of the music that the take begins from.
fn key_at(take: &Take, start: Tick, knobs: &ComposingKnobs) -> (Key, PitchClassSet) {
    let of_knobs = (knobs.key(), knobs.pitch_classes());
    if !matches!(knobs.scale, Scale::FreeMajor | Scale::FreeMinor) {
        return of_knobs;
    }
    let until = start - PlayedIn::TOO_LATE;
    if knobs.conversation != Conversation::Generate
        && let Some(key) = take.input.key_before(until)
    {
        return (key, take.input.pitch_classes_before(until, key));
    }
    take.opening().map_or(of_knobs, |opening| (opening.key, PitchClassSet::CHROMATIC))
}

/// The style that the knobs ask for.
pub(crate) fn style(knobs: &ComposingKnobs) -> StyleMix {
    StyleMix::between(usize::from(knobs.style), usize::from(knobs.second_style), knobs.blend)
}

/// Notes [`moved`] by some semitones, in the order of [`Note`].
pub(crate) fn transposed(notes: &[Note], semitones: i8) -> Vec<Note> {
    let mut notes: Vec<Note> = notes.iter().map(|note| moved(note, semitones)).collect();
    notes.sort_unstable();
    notes
}

/// A note moved by some semitones, within the keyboard; a drum's stays on its key.
pub(crate) fn moved(note: &Note, semitones: i8) -> Note {
    let is_drum = note.family.is_drums();
    let pitch = if is_drum { note.pitch } else { note.pitch.saturating_add_signed(semitones).min(127) };
    Note { pitch, ..*note }
}
