//! A composed bar with everything that it was composed from.

use std::sync::Arc;

use crate::composer::take::fingerprint::Fingerprint;
use crate::composer::take::harmony::Harmony;
use crate::music::{Bar, Key, Mode, Note, Tick};
use crate::player::ComposingKnobs;

/// A bar with everything that it was composed from. Never changes once made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ComposedBar {
    pub(crate) bar: Arc<Bar>,
    pub(crate) knobs: ComposingKnobs,
    /// The hash of the model that composed it.
    pub(crate) model: Arc<str>,
    /// The fingerprint of everything before it, at the time. If that has changed since, the bar is stale.
    pub(crate) before: Fingerprint,
    /// Its key: that of the knobs, or of what was played in.
    pub(crate) key: Key,
    /// What the network is given for it when later bars are composed, if not the notes that are played:
    /// notes that were played in, or the bar before density thinned or filled it.
    pub(crate) context: Option<Arc<[Note]>>,
    /// Whether it stays whatever knob is turned, and comes back when the phrase comes round.
    pub(crate) is_kept: bool,
    /// How often it was composed again by hand.
    pub(crate) n_rolls: u32,
    /// The index of the candidate for its phrase that it belongs to.
    pub(crate) candidate: u8,
    /// The chords that it was composed with.
    pub(crate) harmony: Harmony,
    /// The probability with which each note was drawn, 0 for one that density added; empty where unknown.
    pub(crate) sureness: Arc<[f32]>,
    /// Whether each note stays when the bar is composed again by hand; what is missing at the end does not.
    pub(crate) locked: Arc<[bool]>,
}

impl ComposedBar {
    /// No bar has more composed notes.
    pub(crate) const MAX_NOTES: usize = 256;

    /// The fingerprint of this bar and everything before it.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        #[cfg(test)]
        N_FINGERPRINTS.set(N_FINGERPRINTS.get() + 1);
        let print = self.added_to(self.before);
        if self.knobs.best_of < 2 {
            return print;
        }
        // The next bar with the same knobs belongs to the same candidate for the phrase.
        let print = print.with(i64::from(self.candidate));
        self.knobs.fields().fold(print, |print, (_, number)| print.with(number.to_bits() as i64))
    }

    /// Adds to a fingerprint everything of the bar that the network is given.
    pub(crate) fn added_to(&self, print: Fingerprint) -> Fingerprint {
        let (bar, knobs, key) = (&self.bar, &self.knobs, self.key);
        let mut print = print
            .with(bar.start.0)
            .with(i64::from(bar.meter.numerator()))
            .with(i64::from(bar.meter.denominator()))
            .with(i64::from(knobs.style))
            .with(i64::from(key.mode == Mode::Minor))
            .with(i64::from(key.tonic()));
        if knobs.blend > 0.0 {
            print = print.with(i64::from(knobs.second_style)).with(i64::from(knobs.blend.to_bits()));
        }
        if let Some(n_phrases) = knobs.cadence.n_phrases() {
            print = print.with(n_phrases as i64).with(i64::from(knobs.length));
        }
        for (at, chord) in self.harmony.chords() {
            print = print.with(at.0).with(chord.map_or(-1, |chord| i64::from(chord.code())));
        }
        // The seed has chosen the primer, where music begins; and where it changes, music begins.
        print = print.with(i64::from(knobs.seed));
        if bar.start == Tick::ZERO {
            print = print.with(i64::from(knobs.slot));
        }
        print = print.with_notes(self.context());
        print.with(-1)
    }

    /// The notes that the network is given for it when later bars are composed.
    pub(crate) fn context(&self) -> &[Note] {
        self.context.as_deref().unwrap_or(&self.bar.notes)
    }

    /// The notes that stay when the bar is composed again by hand.
    pub(crate) fn locked_notes(&self) -> impl Iterator<Item = &Note> {
        self.bar.notes.iter().zip(self.locked.iter()).filter_map(|(note, locked)| locked.then_some(note))
    }

    /// Whether it has the start and the meter of `other`.
    pub(crate) fn has_place_of(&self, other: &Self) -> bool {
        (self.bar.start, self.bar.meter) == (other.bar.start, other.bar.meter)
    }

    /// Whether it has the meter and the notes of `other`, counted from the bar line.
    pub(crate) fn has_notes_of(&self, other: &Self) -> bool {
        let from_line = |composed: &Self| {
            let start = composed.bar.start;
            let moved = move |note: &Note| Note { onset: note.onset - start, ..*note };
            composed.bar.notes.iter().map(moved).collect::<Vec<_>>()
        };
        self.bar.meter == other.bar.meter && from_line(self) == from_line(other)
    }

    /// The same music at another bar line.
    pub(crate) fn moved_to(&self, start: Tick) -> Self {
        let up = start - self.bar.start;
        let moved = |note: &Note| Note { onset: note.onset + up, ..*note };
        let notes = self.bar.notes.iter().map(moved).collect();
        Self {
            bar: Arc::new(Bar { start, meter: self.bar.meter, notes }),
            context: self.context.as_ref().map(|context| context.iter().map(moved).collect()),
            ..self.clone()
        }
    }
}

#[cfg(test)]
thread_local! {
    static N_FINGERPRINTS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// How many fingerprints this thread has computed since the last call.
#[cfg(test)]
pub(in crate::composer::take) fn fingerprints_taken() -> usize {
    N_FINGERPRINTS.take()
}
