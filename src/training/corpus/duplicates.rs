//! Finds pieces that are the same, or nearly.
//!
//! The sketch of a piece is the smallest hashes of its figures (`MinHash`, Broder 1997). A figure is five notes in a
//! row by interval and shift, with its occurrence number. The share of equal hashes in two sketches estimates the share of
//! figures that the pieces have in common. Only pieces that agree in a band of four hashes are compared, so a hundred
//! thousand pieces take seconds.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::model::vocabulary::shift_class;
use crate::music::{Note, mix64};

/// Hashes in a sketch.
const N_HASHES: usize = 64;
/// Hashes in a band. Pieces that share half of their figures agree in some band two times in three, pieces above the
/// threshold practically always.
const BAND: usize = 4;
/// Pieces with this share of their figures in common are nearly the same.
const THRESHOLD: f32 = 0.7;
/// Notes in a figure.
const FIGURE: usize = 5;
/// Pieces with fewer figures are too short to be nearly the same; they are the same or not.
const MIN_FIGURES: usize = 24;
/// Pieces that each piece is compared with in a band: enough to connect a large group of similar pieces.
const MAX_COMPARED: usize = 8;

/// Fingerprints of a piece, exact and approximate.
#[derive(Debug, Clone)]
pub(super) struct Likeness {
    /// Hash of onsets, pitches, durations and instruments, without velocities.
    pub(super) exact: u64,
    sketch: Option<Box<[u32; N_HASHES]>>,
}

impl Likeness {
    /// Of notes transposed to a common tonic.
    pub(super) fn of(notes: &[Note]) -> Self {
        let mut hasher = DefaultHasher::new();
        for note in notes {
            (note.onset, note.duration, note.pitch, note.family).hash(&mut hasher);
        }
        let figures = figures(notes);
        let sketch = (figures.len() >= MIN_FIGURES).then(|| Box::new(sketch(&figures)));
        Self { exact: hasher.finish(), sketch }
    }

    fn is_near(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (&self.sketch, &other.sketch) else { return false };
        let n_equal = a.iter().zip(b.iter()).filter(|(a, b)| a == b).count();
        n_equal as f32 >= THRESHOLD * N_HASHES as f32
    }
}

/// A hash for each figure and occurrence.
fn figures(notes: &[Note]) -> Vec<u32> {
    let steps: Vec<u64> = notes
        .windows(2)
        .map(|pair| {
            // A drum's key is an instrument, so the interval from the last note means nothing.
            let pitch = if pair[1].family.is_drums() {
                256 + u64::from(pair[1].pitch)
            } else {
                128 + u64::from(pair[1].pitch) - u64::from(pair[0].pitch)
            };
            pitch << 16 | shift_class(pair[0].onset, pair[1].onset) as u64
        })
        .collect();
    let hash = |steps: &[u64]| steps.iter().fold(0, |hash, step| mix64(hash ^ *step));
    let mut figures: Vec<u64> = steps.windows(FIGURE - 1).map(hash).collect();
    figures.sort_unstable();
    let mut occurrence = 0;
    (0..figures.len())
        .map(|idx| {
            occurrence = if idx > 0 && figures[idx] == figures[idx - 1] { occurrence + 1 } else { 0 };
            (mix64(figures[idx] ^ occurrence) >> 32) as u32
        })
        .collect()
}

fn sketch(figures: &[u32]) -> [u32; N_HASHES] {
    let hashes: [(u32, u32); N_HASHES] = std::array::from_fn(|idx| {
        let random = mix64(idx as u64);
        (random as u32 | 1, (random >> 32) as u32)
    });
    let mut least = [u32::MAX; N_HASHES];
    for figure in figures {
        for (least, (factor, mask)) in least.iter_mut().zip(&hashes) {
            *least = (*least).min((figure ^ mask).wrapping_mul(*factor));
        }
    }
    least
}

/// Groups pieces that are nearly the same, directly or through others; returns for each the first of its group.
pub(super) fn groups(pieces: &[&Likeness]) -> Vec<usize> {
    let mut first: Vec<usize> = (0..pieces.len()).collect();
    for band in 0..N_HASHES / BAND {
        let mut keys: Vec<(u64, usize)> = pieces
            .iter()
            .enumerate()
            .filter_map(|(idx, piece)| {
                let hashes = &piece.sketch.as_ref()?[band * BAND..(band + 1) * BAND];
                Some((hashes.iter().fold(0, |key, hash| mix64(key ^ u64::from(*hash))), idx))
            })
            .collect();
        keys.sort_unstable();
        for crowd in keys.chunk_by(|a, b| a.0 == b.0) {
            for (place, (_, idx)) in crowd.iter().enumerate() {
                for (_, other) in &crowd[place.saturating_sub(MAX_COMPARED)..place] {
                    if root(&mut first, *idx) != root(&mut first, *other)
                        && pieces[*idx].is_near(pieces[*other])
                    {
                        let (a, b) = (root(&mut first, *idx), root(&mut first, *other));
                        first[a.max(b)] = a.min(b);
                    }
                }
            }
        }
    }
    // Short pieces can only be the same.
    let mut shortest: HashMap<u64, usize> = HashMap::new();
    for (idx, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.sketch.is_none()) {
        first[idx] = *shortest.entry(piece.exact).or_insert(idx);
    }
    (0..pieces.len()).map(|idx| root(&mut first, idx)).collect()
}

fn root(first: &mut [usize], mut idx: usize) -> usize {
    while first[idx] != idx {
        first[idx] = first[first[idx]];
        idx = first[idx];
    }
    idx
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    use crate::music::{Family, Note, Tick};
    use crate::training::corpus::duplicates::{Likeness, groups};

    fn tune(seed: u64) -> Vec<Note> {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut onset = 0;
        let note = |_| {
            onset += [6, 12, 24][rng.random_range(0..3)];
            Note {
                onset: Tick(onset),
                duration: Tick(6),
                pitch: rng.random_range(55..80),
                velocity: 90,
                family: Family::PIANO,
                feel: None,
            }
        };
        (0..200).map(note).collect()
    }

    fn altered(notes: &[Note], n_changes: usize) -> Vec<Note> {
        let mut notes = notes.to_vec();
        let length = notes.len();
        for idx in 0..n_changes {
            notes[idx * length / n_changes].pitch += 1;
        }
        notes
    }

    #[test]
    fn the_same_notes_are_recognised_at_any_velocity() {
        let mut louder = tune(1);
        for note in &mut louder {
            note.velocity = 120;
        }
        assert_eq!(Likeness::of(&tune(1)).exact, Likeness::of(&louder).exact);
        assert_ne!(Likeness::of(&tune(1)).exact, Likeness::of(&altered(&tune(1), 1)).exact);
    }

    #[test]
    fn near_duplicates_are_grouped_and_others_are_not() {
        let higher = |notes: Vec<Note>| -> Vec<Note> {
            notes.into_iter().map(|note| Note { pitch: note.pitch + 12, ..note }).collect()
        };
        let short = |seed| tune(seed)[..20].to_vec();
        let pieces = [tune(1), tune(2), altered(&tune(1), 3), higher(altered(&tune(2), 2)), tune(3)];
        let pieces = pieces.into_iter().chain([short(1), short(2), short(1)]);
        let pieces: Vec<Likeness> = pieces.map(|notes| Likeness::of(&notes)).collect();
        assert_eq!(groups(&pieces.iter().collect::<Vec<_>>()), [0, 1, 0, 1, 4, 5, 6, 5]);
    }
}
