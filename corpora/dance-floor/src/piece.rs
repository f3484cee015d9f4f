//! A piece: all parts of it, in a style.

use crate::form::Form;
use crate::harmony::Harmony;
use crate::pattern::{Note, Part};
use crate::rng::Rng;
use crate::style::Style;
use crate::{bass, chords, drums, lead};

/// A piece, ready to be written.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) style: Style,
    pub(crate) tempo: i32,
    pub(crate) tonic: i32,
    pub(crate) is_minor: bool,
    pub(crate) sounds: Sounds,
    /// Where each chord begins, in bars, and its name.
    pub(crate) chords: Vec<(usize, String)>,
    pub(crate) notes: Vec<Note>,
}

impl Piece {
    pub(crate) fn new(seed: u64, idx: usize) -> Self {
        let rng = Rng::new(seed).branch(idx as u64 + 1);
        let style = Style::ALL[idx % Style::ALL.len()];
        let form = Form::new(style, &mut rng.branch(1));
        let harmony = Harmony::new(style, &mut rng.branch(2));
        let mut notes = drums::drums(style, &form, &mut rng.branch(3));
        notes.extend(bass::bass(style, &form, &harmony, &mut rng.branch(4)));
        notes.extend(chords::stabs(style, &form, &harmony, &mut rng.branch(5)));
        notes.extend(chords::pad(&form, &harmony, &mut rng.branch(6)));
        notes.extend(lead::lead(style, &form, &harmony, &mut rng.branch(7)));
        // Of two notes of a part on one key at one time, the louder stays.
        notes.sort_by_key(|note| (note.part, note.at, note.key, u8::MAX - note.velocity));
        notes.dedup_by_key(|note| (note.part, note.at, note.key));
        Self {
            style,
            tempo: style.tempo(&mut rng.branch(8)),
            tonic: harmony.tonic,
            is_minor: harmony.scale.is_minor(),
            sounds: Sounds::new(style, &mut rng.branch(9)),
            chords: harmony.names(form.n_bars()),
            notes,
        }
    }
}

/// The General MIDI program of each part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sounds {
    bass: u8,
    chords: u8,
    pad: u8,
    lead: u8,
}

impl Sounds {
    fn new(style: Style, rng: &mut Rng) -> Self {
        // Pianos 0 to 7, organs 16 to 23, brass 60 to 63, leads 80 to 87, pads 88 to 95.
        let chords = rng.weighted(match style {
            Style::ClassicHouse => &[(0, 5), (16, 4), (4, 1), (62, 1)],
            Style::DeepHouse => &[(4, 5), (16, 3), (0, 1), (90, 2)],
            Style::Trance => &[(81, 5), (90, 2), (0, 1)],
            _ => &[(90, 4), (81, 4), (16, 1), (62, 1)],
        });
        Self {
            bass: rng.pick(&[38, 39]),
            chords,
            pad: rng.pick(&[89, 88, 95, 50]),
            lead: rng.weighted(&[(80, 4), (81, 5), (11, 1), (5, 1)]),
        }
    }

    pub(crate) fn program(self, part: Part) -> u8 {
        match part {
            Part::Drums => 0,
            Part::Bass => self.bass,
            Part::Chords => self.chords,
            Part::Pad => self.pad,
            Part::Lead => self.lead,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{STEP, STEPS};

    #[test]
    fn a_seed_gives_the_same_pieces_and_another_seed_others() {
        for idx in 0..14 {
            assert_eq!(Piece::new(1, idx).notes, Piece::new(1, idx).notes);
            assert_ne!(Piece::new(1, idx).notes, Piece::new(2, idx).notes);
        }
    }

    #[test]
    fn every_piece_is_32_to_64_bars_on_the_grid_and_bass_and_drums_are_in_it() {
        for idx in 0..200 {
            let piece = Piece::new(3, idx);
            let end = piece.notes.iter().map(|note| note.at).max().unwrap() / (STEPS as u32 * STEP);
            assert!((28..64).contains(&end), "piece {idx} ends in bar {end}");
            assert!(piece.notes.iter().all(|note| note.at % STEP == 0));
            assert!(piece.notes.iter().all(|note| (1..=127).contains(&note.velocity) && note.key < 128));
            for part in [Part::Drums, Part::Bass] {
                assert!(piece.notes.iter().any(|note| note.part == part), "piece {idx} has no {part:?}");
            }
        }
    }

    #[test]
    fn a_dance_floor_has_a_kick() {
        let (mut n_bars, mut n_steady) = (0, 0);
        for idx in 0..200 {
            let piece = Piece::new(7, idx);
            let end = piece.notes.iter().map(|note| note.at).max().unwrap() / (STEPS as u32 * STEP);
            let kicks: Vec<u32> =
                piece.notes.iter().filter(|note| note.key == crate::keys::KICK).map(|note| note.at).collect();
            for bar in 0..=end {
                let of_bar = |beat: u32| kicks.contains(&((bar * STEPS as u32 + 4 * beat) * STEP));
                n_bars += 1;
                n_steady += usize::from(piece.style == Style::Electro || (0..4).all(of_bar));
            }
        }
        assert!(n_steady * 100 > n_bars * 85, "four on the floor in {n_steady} of {n_bars} bars");
    }

    #[test]
    fn a_bass_sings_one_note_at_a_time() {
        for idx in 0..70 {
            let piece = Piece::new(5, idx);
            let bass: Vec<&Note> = piece.notes.iter().filter(|note| note.part == Part::Bass).collect();
            for two in bass.windows(2) {
                assert!(two[0].at + two[0].length <= two[1].at, "piece {idx} at tick {}", two[1].at);
            }
        }
    }
}
