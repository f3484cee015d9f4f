//! How drums groove.

use crate::music::{Note, Tick};
use crate::training::measures::entropy::entropy;
use crate::training::measures::passage::Passage;

pub(super) const KICKS: [u8; 2] = [35, 36];
/// With the hand clap, which takes the snare's place in electronic music.
pub(super) const SNARES: [u8; 4] = [37, 38, 39, 40];
/// The fewest drum notes that are measured.
const LEAST_NOTES: usize = 16;

/// The groove of a passage's drums.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Groove {
    /// Share of bars with a kick on the first beat.
    pub(super) kick_on_one: f64,
    /// Share of bars of four beats with a snare or clap on the second and the fourth; none without such bars.
    pub(super) backbeat: Option<f64>,
    pub(super) kicks_per_bar: f64,
    /// In bits.
    pub(super) velocity_entropy: f64,
    /// Root mean square distance of played notes from the grid, in ticks; none if all are on it.
    pub(super) timing_deviation: Option<f64>,
}

impl Groove {
    /// Measures drums; none where there are hardly any.
    pub(super) fn of(passage: &Passage) -> Option<Self> {
        let is_drum = |note: &&Note| note.family.is_drums();
        let drums: Vec<&Note> = passage.notes.iter().filter(is_drum).collect();
        if drums.len() < LEAST_NOTES {
            return None;
        }
        let is_hit = |notes: &[Note], kit: &[u8], at: Tick| {
            notes.iter().filter(is_drum).any(|note| note.onset == at && kit.contains(&note.pitch))
        };
        let beat = |start: Tick, number: i64| start + Tick(number * Tick::PER_BEAT);
        let bars: Vec<_> = passage
            .bars_with_notes()
            .filter(|(_, _, notes)| notes.iter().any(|note| note.family.is_drums()))
            .collect();
        let share = |n_hit: usize, n_bars: usize| n_hit as f64 / n_bars as f64;
        let n_with_kick = bars.iter().filter(|(start, _, notes)| is_hit(notes, &KICKS, *start)).count();
        let of_four = bars.iter().filter(|(_, meter, _)| meter.bar_length() == Tick(4 * Tick::PER_BEAT));
        let n_of_four = of_four.clone().count();
        let is_backbeat = |start: Tick, notes: &[Note]| {
            [1, 3].into_iter().all(|number| is_hit(notes, &SNARES, beat(start, number)))
        };
        let n_backbeats = of_four.filter(|(start, _, notes)| is_backbeat(*start, notes)).count();
        let feels: Vec<f64> = drums.iter().filter_map(|note| Some(note.feel?.ticks())).collect();
        let square = feels.iter().map(|feel| feel * feel).sum::<f64>() / feels.len().max(1) as f64;
        Some(Self {
            kick_on_one: share(n_with_kick, bars.len()),
            backbeat: (n_of_four > 0).then(|| share(n_backbeats, n_of_four)),
            kicks_per_bar: share(drums.iter().filter(|note| KICKS.contains(&note.pitch)).count(), bars.len()),
            velocity_entropy: entropy(drums.iter().map(|note| note.velocity)),
            timing_deviation: (square > 0.0).then(|| square.sqrt()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Family, Feel, Piece};

    #[test]
    fn a_rock_beat_has_its_backbeat_and_a_played_one_its_deviation() {
        let hit = |eighth: i64, pitch: u8, velocity: u8| Note {
            onset: Tick(eighth * Tick::PER_BEAT / 2),
            duration: Tick(6),
            pitch,
            velocity,
            family: Family::DRUMS,
            feel: Some(Feel::from_ticks_round(if pitch == 38 { 1.0 } else { 0.0 })),
        };
        let bar = |idx: i64| {
            let hats =
                (0..8).map(move |eighth| hit(8 * idx + eighth, 42, if eighth % 2 == 0 { 100 } else { 60 }));
            let others =
                [(0, 36), (2, 38), (4, 36), (6, 38)].map(|(eighth, pitch)| hit(8 * idx + eighth, pitch, 100));
            hats.chain(others)
        };
        let mut notes: Vec<Note> =
            (0..4).flat_map(bar).filter(|note| note.onset != Tick(0) || note.pitch != 36).collect();
        notes.sort_unstable();
        let groove = Groove::of(&Passage::of_length(&Piece { notes, ..Piece::default() }, 4)).unwrap();
        assert!(
            (groove.kick_on_one - 0.75).abs() < 1e-9 && (groove.kicks_per_bar - 1.75).abs() < 1e-9,
            "{groove:?}"
        );
        assert_eq!(groove.backbeat, Some(1.0));
        assert!((0.9..1.0).contains(&groove.velocity_entropy), "{groove:?}");
        // Eight of 47 notes are a tick late.
        assert!((groove.timing_deviation.unwrap() - (8.0_f64 / 47.0).sqrt()).abs() < 1e-9, "{groove:?}");
    }
}
