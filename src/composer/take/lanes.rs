//! The chord lanes of a take: one for each of the takes A to D.

use std::sync::Arc;

use crate::composer::take::bars::Take;
use crate::composer::take::harmony::{BarPlace, Harmony};
use crate::music::{Chord, Family, Mode, Piece, PitchClassSet, Progression, Tick};
use crate::player::{ComposingKnobs, Conversation};

impl Take {
    /// The chords that a bar is to be composed with: those of the lane of its take, or else the close where the music
    /// comes to an end.
    pub(crate) fn harmony(&self, place: BarPlace, knobs: &ComposingKnobs) -> Harmony {
        let Some(lane) = self.lane(knobs.slot) else { return self.close(place, knobs) };
        let BarPlace { bar_idx, meter, key } = place;
        let length = meter.bar_length();
        let n_ahead = Harmony::BARS_AHEAD.max((Harmony::AHEAD.0 / length.0) as usize + 1);
        let phrase = usize::from(knobs.length.max(1));
        let first = bar_idx.saturating_sub(1);
        let chords = (first..=bar_idx + n_ahead).flat_map(|idx| {
            let start = Tick(length.0 * (idx as i64 - bar_idx as i64));
            let in_lane = if knobs.chords_by_phrase { idx % phrase } else { idx };
            lane.bar(in_lane, start, meter, key)
        });
        Harmony::new(chords.collect(), lane.text())
    }

    /// The close of the music that a bar belongs to, if that ends soon: the dominant in the second half of the last bar
    /// but one, and the tonic in the last.
    fn close(&self, BarPlace { bar_idx, meter, key }: BarPlace, knobs: &ComposingKnobs) -> Harmony {
        let n_left = self.bars_to_end(bar_idx, knobs).filter(|n_left| *n_left <= Harmony::BARS_AHEAD);
        let Some(n_left) = n_left else { return Harmony::default() };
        let length = meter.bar_length();
        let last = Tick((n_left as i64 - 1) * length.0);
        let third = if key.mode == Mode::Minor { 3 } else { 4 };
        let [tonic, dominant] = [key.tonic(), key.tonic() + 7];
        let tonic = Chord::new(tonic, PitchClassSet::new(&[0, third, 7]), tonic);
        let dominant = Chord::new(dominant, PitchClassSet::new(&[0, 4, 7, 10]), dominant);
        let chords = [
            (last - length - length, None),
            (last - meter.half_bar(), Some(dominant)),
            (last, Some(tonic)),
            (last + length, None),
        ];
        Harmony::new(chords.to_vec(), "")
    }

    /// How many bars are left until the music ends that a bar belongs to, its own included: the piece, or the phrases up
    /// to the next cadence.
    pub(crate) fn bars_to_end(&self, bar_idx: usize, knobs: &ComposingKnobs) -> Option<usize> {
        let phrase = usize::from(knobs.length.max(1));
        let to_cadence =
            knobs.cadence.n_phrases().map(|n_phrases| n_phrases * phrase - bar_idx % (n_phrases * phrase));
        let to_end = self.length().and_then(|n_bars| n_bars.checked_sub(bar_idx)).filter(|left| *left > 0);
        to_cadence.into_iter().chain(to_end).min()
    }

    /// The chord lane of a take (0 to 3).
    #[must_use]
    pub fn lane(&self, slot: u8) -> Option<&Progression> {
        self.lanes.get(usize::from(slot))?.as_deref()
    }

    /// Changes the chord lane of a take (0 to 3): its bars with other chords become stale.
    pub fn set_lane(&mut self, slot: u8, lane: Option<Progression>) {
        if let Some(place) = self.lanes.get_mut(usize::from(slot)) {
            *place = lane.map(Arc::new);
        }
    }

    /// The same take, to be composed over these chords, which come round.
    #[must_use]
    pub fn over(mut self, progression: &Progression) -> Self {
        let lane = Arc::new(progression.clone());
        self.lanes.fill(Some(lane));
        self
    }

    /// The chords that were played in, bar by bar, as the text of a lane that has them where they were played.
    #[must_use]
    pub fn captured_chords(&self) -> Option<String> {
        let mut piece = self.played_piece(Family::PIANO);
        hold_until_the_next(&mut piece);
        piece.chord_text()
    }

    /// Whether a bar was composed with other chords than those it would be composed with now.
    pub(in crate::composer::take) fn has_other_chords(&self, bar_idx: usize, knobs: &ComposingKnobs) -> bool {
        // Without a lane the chords of an accompaniment are those that were played.
        if knobs.conversation == Conversation::Accompany && self.lane(knobs.slot).is_none() {
            return false;
        }
        self.bars.get(bar_idx).is_some_and(|composed| {
            let place = BarPlace { bar_idx, meter: composed.bar.meter, key: composed.key };
            composed.harmony != self.harmony(place, knobs)
        })
    }
}

/// Lets each note sound at least until another one begins, or its bar ends: a chord that is struck is meant until the next.
fn hold_until_the_next(piece: &mut Piece) {
    let onsets: Vec<Tick> = piece.notes.iter().map(|note| note.onset).collect();
    let bar_end = |onset| {
        let (start, meter) = piece.bar_at(onset);
        start + meter.bar_length()
    };
    let ends: Vec<Tick> = onsets
        .iter()
        .map(|onset| {
            let next = onsets.get(onsets.partition_point(|other| other <= onset)).copied();
            next.unwrap_or_else(|| bar_end(*onset))
        })
        .collect();
    for (note, end) in piece.notes.iter_mut().zip(ends) {
        note.duration = note.duration.max(end - note.onset);
    }
}
