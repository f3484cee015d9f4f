//! Variety: makes excessive repetition less likely.
//!
//! A motif may come back, and so may a phrase at the same place some bars later: that is form. Getting stuck may
//! not: one note repeated on and on, one figure many times in direct succession, the same bar over and over, a
//! long passage copied from before. So repetitions are counted, for each instrument by itself, and a pitch that
//! would add one becomes less likely the more there were. Some are always free: fewer the higher the knob, and
//! all at 0.

use crate::model::vocabulary::N_PITCHES;
use crate::music::{Family, Note, Tick};

/// The most notes of a figure repeated in direct succession.
const LONGEST_FIGURE: usize = 8;
/// A note counts as a return when this many notes before it are the same too.
const PAST: usize = 4;
/// Passages are compared no further back.
const LONGEST_PASSAGE: usize = 256;
/// Hits of one drum in a row that are free; real beats reach 126.
const FREE_HITS: f32 = 96.0;
/// The largest penalty, in nats.
const MOST: f32 = 10.0;

/// The penalty of each pitch in nats as the next note of `family` at `onset`, at a variety above 0 up to 1.
/// `notes` are the notes so far, in order.
pub(crate) fn penalties(notes: &[Note], family: usize, onset: Tick, variety: f32) -> [f32; N_PITCHES] {
    let mut penalties = [0.0; N_PITCHES];
    // Beats repeat by nature: only the upper half of the knob affects drums.
    let variety = if family == Family::DRUMS.index() { (2.0 * variety - 1.0).max(0.0) } else { variety };
    let voice = Voice::of(notes, family);
    let Some(last) = voice.onset else { return penalties };
    voice.count_figures(variety, &mut penalties);
    voice.count_returns((onset - last).0, variety, &mut penalties);
    voice.count_repeated_note(&mut penalties);
    for penalty in &mut penalties {
        *penalty = penalty.min(MOST);
    }
    penalties
}

/// The pitch that an instrument has repeated for the last `most` notes or more.
pub(crate) fn repeated(notes: &[Note], family: usize, most: usize) -> Option<u8> {
    let mut pitches = notes.iter().rev().filter(|note| note.family.index() == family).map(|note| note.pitch);
    let last = pitches.next()?;
    (1 + pitches.take(most).take_while(|pitch| *pitch == last).count() >= most).then_some(last)
}

/// The notes of one instrument: pitch, and distance from the note before.
struct Voice {
    notes: Vec<(u8, i64)>,
    /// Of the last note.
    onset: Option<Tick>,
}

impl Voice {
    fn of(notes: &[Note], family: usize) -> Self {
        let mut onset = None;
        let own = notes.iter().filter(|note| note.family.index() == family);
        let notes = own.map(|note| {
            let before = onset.replace(note.onset).unwrap_or(note.onset);
            (note.pitch.min(127), (note.onset - before).0)
        });
        let notes = notes.collect();
        Self { notes, onset }
    }

    /// Figures of one to eight notes in direct succession, in any rhythm.
    fn count_figures(&self, variety: f32, penalties: &mut [f32; N_PITCHES]) {
        let pitches = || self.notes.iter().rev().map(|note| note.0);
        for n_notes in 1..=LONGEST_FIGURE {
            let Some(next) = pitches().nth(n_notes - 1) else { return };
            let n_like = pitches().zip(pitches().skip(n_notes)).take(128).take_while(|(a, b)| a == b).count();
            let n_returns = n_like as f32 / n_notes as f32;
            // A single note may be repeated more often than a figure.
            let n_free = if n_notes == 1 { 2.0 } else { 1.5 } / variety;
            let penalty = &mut penalties[usize::from(next)];
            *penalty = penalty.max(weight(variety) * (n_returns - n_free).max(0.0));
        }
    }

    /// One note alone, on and on: a beat that has lost all other drums.
    fn count_repeated_note(&self, penalties: &mut [f32; N_PITCHES]) {
        let mut pitches = self.notes.iter().rev().map(|note| note.0);
        let Some(next) = pitches.next() else { return };
        let n_like = pitches.take_while(|pitch| *pitch == next).count();
        let penalty = &mut penalties[usize::from(next)];
        *penalty = penalty.max(0.1 * (n_like as f32 - FREE_HITS).max(0.0));
    }

    /// Passages that led to the same note before, any time ago.
    fn count_returns(&self, distance: i64, variety: f32, penalties: &mut [f32; N_PITCHES]) {
        let mut n_returns = [0_u16; N_PITCHES];
        let mut longest = [0; N_PITCHES];
        for (idx, next) in self.notes.iter().enumerate().skip(1).filter(|(_, note)| note.1 == distance) {
            let then = self.notes[..idx].iter().rev();
            let n_like =
                then.zip(self.notes.iter().rev()).take(LONGEST_PASSAGE).take_while(|(a, b)| a == b).count();
            let pitch = usize::from(next.0);
            n_returns[pitch] += u16::from(n_like >= PAST);
            longest[pitch] = n_like.max(longest[pitch]);
        }
        // With the knob in the middle, two returns and passages of 45 notes are free; at the top one return and 8
        // notes.
        let (free_returns, free_length) = (1.0 / variety, 8.0 / (variety * variety * variety.sqrt()));
        for ((penalty, n_returns), longest) in penalties.iter_mut().zip(n_returns).zip(longest) {
            *penalty += weight(variety) * (f32::from(n_returns) - free_returns).max(0.0);
            *penalty += 0.25 * weight(variety) * (longest as f32 - free_length).max(0.0);
        }
    }
}

/// The penalty for each excessive repetition, in nats.
fn weight(variety: f32) -> f32 {
    0.5 + 0.5 * variety
}

#[cfg(test)]
mod tests {
    use crate::model::variety::penalties;
    use crate::music::{Family, Note, Tick};

    /// Eighths of these pitches.
    fn eighths(pitches: &[u8]) -> Vec<Note> {
        let note = |(idx, pitch): (usize, &u8)| Note {
            onset: Tick(12 * idx as i64),
            duration: Tick(12),
            pitch: *pitch,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        pitches.iter().enumerate().map(note).collect()
    }

    /// The penalty of `pitch` as the next eighth.
    fn penalty(pitches: &[u8], pitch: u8, variety: f32) -> f32 {
        let onset = Tick(12 * pitches.len() as i64);
        penalties(&eighths(pitches), Family::PIANO.index(), onset, variety)[usize::from(pitch)]
    }

    #[test]
    fn a_repeated_note_becomes_less_likely_the_longer_it_goes_on() {
        assert!(penalty(&[60; 4], 60, 0.5) == 0.0);
        let longer = [6, 9, 12].map(|n| penalty(&vec![60; n], 60, 0.5));
        assert!(longer[0] > 0.0 && longer.is_sorted_by(|a, b| a < b), "{longer:?}");
        assert!(penalty(&[60; 12], 62, 0.5) == 0.0, "another note is free");
    }

    #[test]
    fn a_motif_may_come_back_but_not_over_and_over() {
        let bar = [60, 62, 64, 65, 67, 65, 64, 62];
        let other = [72, 71, 69, 71, 67, 69, 66, 68];
        // Twice, with other music between, and on the way to a third time.
        let form = [&bar[..], &other, &bar, &other[2..], &bar[..6]].concat();
        assert!(penalty(&form, 64, 0.5) == 0.0);
        let rut =
            |n_times: usize, variety| penalty(&[&bar.repeat(n_times)[..], &bar[..6]].concat(), 64, variety);
        assert!(rut(6, 0.5) > 1.0);
        let varieties = [0.1, 0.25, 0.5, 0.75, 1.0].map(|variety| rut(6, variety));
        assert!(varieties.is_sorted(), "{varieties:?}");
        assert!(rut(12, 0.5) > rut(6, 0.5));
    }

    #[test]
    fn a_beat_may_go_on_for_any_length_up_to_the_middle_of_the_knob() {
        let beat: Vec<Note> = eighths(&[36, 42, 38, 42].repeat(20))
            .into_iter()
            .map(|note| Note { family: Family::DRUMS, ..note })
            .collect();
        let penalty = |variety| penalties(&beat, Family::DRUMS.index(), Tick(12 * 80), variety)[36];
        let all = [0.5, 0.65, 0.75, 1.0].map(penalty);
        assert!(all[0] == 0.0 && all[1] > 0.5 && all.is_sorted(), "{all:?}");
        let hats = eighths(&[42; 130]).into_iter().map(|note| Note { family: Family::DRUMS, ..note });
        let hats: Vec<Note> = hats.collect();
        let on = |n_hits: usize| {
            penalties(&hats[..n_hits], Family::DRUMS.index(), Tick(12 * n_hits as i64), 0.5)[42]
        };
        assert!(on(90) == 0.0 && on(130) > 1.0, "but a single drum does not go on for ever");
    }

    #[test]
    fn a_long_copied_passage_becomes_less_likely_to_go_on() {
        let passage: Vec<u8> =
            (1..81_u32).map(|idx| 50 + (idx.wrapping_mul(2_654_435_761) >> 27) as u8).collect();
        let again = |n_notes: usize| {
            penalty(&[&passage[..], &[90], &passage[..n_notes]].concat(), passage[n_notes], 0.5)
        };
        assert!(again(40) == 0.0 && again(60) > 0.0 && again(70) > again(60));
    }
}
