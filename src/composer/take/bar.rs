//! A composed bar with everything that it was composed from.

use std::sync::Arc;

use crate::composer::take::fingerprint::Fingerprint;
use crate::music::{Bar, Key, Mode, Note, Tick};
use crate::player::ComposingKnobs;

/// A bar with what it was composed with and from. Never changes once made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ComposedBar {
    pub(crate) bar: Arc<Bar>,
    pub(crate) knobs: ComposingKnobs,
    /// The hash of the model that composed it.
    pub(crate) model: Arc<str>,
    /// The fingerprint of the bar before it, as it was then. If that bar has been recomposed to
    /// something else since, this one is stale.
    pub(crate) before: Fingerprint,
    /// The key that it is in: that of the knobs, or of what was played in.
    pub(crate) key: Key,
    /// What the network hears, if that is something else than what is played: notes that came in, or the
    /// bar as it was before density thinned or filled it.
    pub(crate) heard: Option<Arc<[Note]>>,
    /// Whether it stays whatever knob is turned, and comes back when the phrase comes round.
    pub(crate) is_kept: bool,
    /// How often it was composed again by hand.
    pub(crate) n_rolls: u32,
    /// Which of several candidates for its phrase it belongs to.
    pub(crate) candidate: u8,
    /// The probability with which each note of the bar was drawn, 0 for one that density added; empty where
    /// it is not known.
    pub(crate) sureness: Arc<[f32]>,
}

impl ComposedBar {
    /// What the next bar must know of this one and of all before it to tell whether it is stale.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.added_to(self.before)
    }

    /// Adds the bar to a fingerprint: everything of it that the network receives.
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
        if bar.start == Tick::ZERO {
            // The seed of the first bar has chosen the primer.
            print = print.with(i64::from(knobs.seed)).with(i64::from(knobs.slot));
        }
        print = print.with_notes(self.heard());
        print.with(-1)
    }

    /// What the network hears of it.
    pub(crate) fn heard(&self) -> &[Note] {
        self.heard.as_deref().unwrap_or(&self.bar.notes)
    }

    /// Whether it is played at the same place in the same meter as `other`.
    pub(crate) fn stands_like(&self, other: &Self) -> bool {
        (self.bar.start, self.bar.meter) == (other.bar.start, other.bar.meter)
    }

    /// Whether it has the notes of `other`, at another place.
    pub(crate) fn sounds_like(&self, other: &Self) -> bool {
        let from_line = |composed: &Self| {
            let start = composed.bar.start;
            let moved = move |note: &Note| Note { onset: note.onset - start, ..*note };
            composed.bar.notes.iter().map(moved).collect::<Vec<_>>()
        };
        self.bar.meter == other.bar.meter && from_line(self) == from_line(other)
    }

    /// The same music on another bar line.
    pub(crate) fn moved_to(&self, start: Tick) -> Self {
        let up = start - self.bar.start;
        let moved = |note: &Note| Note { onset: note.onset + up, ..*note };
        let notes = self.bar.notes.iter().map(moved).collect();
        Self {
            bar: Arc::new(Bar { start, meter: self.bar.meter, notes }),
            heard: self.heard.as_ref().map(|heard| heard.iter().map(moved).collect()),
            ..self.clone()
        }
    }
}
