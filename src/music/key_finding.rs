//! Key finding, from notes and key signatures.

use crate::music::key::{Key, Mode, PitchClassSet, Scale};
use crate::music::note::Note;
use crate::music::piece::Piece;
use crate::music::time::Tick;

/// A stretch of a piece in one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Where it begins; the first one at or before the first note.
    pub start: Tick,
    /// Where the next one begins, or the end of the last note.
    pub end: Tick,
    /// Its key.
    pub key: Key,
}

/// The key of the notes, and a confidence; `None` when no note has a pitch (drums).
///
/// The key whose profile correlates best with the histogram of pitch classes, each note weighted by its
/// duration; the pitch class of the last bass note counts a little more. The confidence is how much higher
/// that correlation is than that of the best key with another key signature: 0 is a coin toss, 0.2 clear.
#[must_use]
pub fn find_key(notes: &[Note]) -> Option<(Key, f32)> {
    let evidence = Evidence::gather(notes)?;
    let (key, score) = evidence.best(all_keys());
    let (_, other) = evidence.best(all_keys().filter(|other| signature(*other) != signature(key)));
    Some((key, score - other))
}

/// The share of notes, drums not counted, in the major scale that fits best; 0 when there are none.
#[must_use]
pub fn best_scale_share(notes: &[Note]) -> f32 {
    let mut counts = [0u32; 12];
    for note in notes.iter().filter(|note| !note.family.is_drums()) {
        counts[usize::from(note.pitch % 12)] += 1;
    }
    let total: u32 = counts.iter().sum();
    let in_scale = |tonic: u8| share_in(&counts.map(|n| n as f32), tonic, Scale::Major.pitch_classes());
    if total == 0 { 0.0 } else { (0..12).map(in_scale).fold(0.0, f32::max) }
}

impl Piece {
    /// The piece in sections of one key each, in order, without gaps; at least one.
    ///
    /// Sections begin where the key signature changes. The key of a section is the major or the relative minor
    /// key of its signature, whichever fits the notes better; or the key of the notes, when they clearly
    /// contradict the signature or there is none. A section without pitched notes has the key of its signature;
    /// without either it is in C major.
    #[must_use]
    pub fn sections_by_key(&self) -> Vec<Section> {
        let first_onset = self.notes.first().map_or(Tick::ZERO, |note| note.onset).min(Tick::ZERO);
        let mut starts: Vec<(Tick, Option<Key>)> = vec![(first_onset, None)];
        for (at, key) in &self.keys {
            let (last_start, last_key) = starts.last_mut().map_or((&first_onset, None), |(s, k)| (&*s, *k));
            if last_key.is_some_and(|last| signature(last) == signature(*key)) {
                continue;
            }
            if *at <= *last_start {
                starts.pop();
                starts.push((first_onset, Some(*key)));
            } else {
                starts.push((*at, Some(*key)));
            }
        }
        let ends: Vec<Tick> = starts.iter().skip(1).map(|(at, _)| *at).chain([self.end()]).collect();
        let section = |((start, signature), end): (&(Tick, Option<Key>), Tick)| {
            let from = self.notes.partition_point(|note| note.onset < *start);
            let to = self.notes.partition_point(|note| note.onset < end).max(from);
            let notes = self.notes.get(from..to).unwrap_or_default();
            Section { start: *start, end: end.max(*start), key: section_key(notes, *signature) }
        };
        starts.iter().zip(ends).map(section).collect()
    }
}

/// How much better another key must correlate to overrule the key signature.
const OVERRULING: f32 = 0.15;

fn section_key(notes: &[Note], written: Option<Key>) -> Key {
    let Some(evidence) = Evidence::gather(notes) else {
        return written.unwrap_or_default();
    };
    let (own, score) = evidence.best(all_keys());
    let Some(written) = written else { return own };
    let (key, signed_score) = evidence.best(all_keys().filter(|key| signature(*key) == signature(written)));
    if score - signed_score > OVERRULING { own } else { key }
}

/// The evidence of notes for a key.
struct Evidence {
    /// Ticks sounded, by pitch class.
    sounded: [f32; 12],
    /// Pitch class of the lowest note among the last to end.
    last_bass: u8,
}

/// Music tends to end on its tonic: what the last bass note adds to the keys on it.
const LAST_BASS_BONUS: f32 = 0.1;

impl Evidence {
    /// `None` if no note has a pitch.
    fn gather(notes: &[Note]) -> Option<Self> {
        let pitched = || notes.iter().filter(|note| !note.family.is_drums());
        let last = pitched().max_by_key(|note| (note.end(), std::cmp::Reverse(note.pitch)))?;
        let mut sounded = [0.0; 12];
        for note in pitched() {
            sounded[usize::from(note.pitch % 12)] += note.duration.0.max(1) as f32;
        }
        Some(Self { sounded, last_bass: last.pitch % 12 })
    }

    /// The best of `keys` and its score.
    fn best(&self, keys: impl Iterator<Item = Key>) -> (Key, f32) {
        keys.map(|key| (key, self.score(key)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((Key::default(), 0.0))
    }

    /// Pearson's correlation of the histogram with the key's profile, and the bonus of the last bass note.
    fn score(&self, key: Key) -> f32 {
        let profile = match key.mode {
            Mode::Major => &MAJOR_PROFILE,
            Mode::Minor => &MINOR_PROFILE,
        };
        let mean = self.sounded.iter().sum::<f32>() / 12.0;
        let profile_mean = profile.iter().sum::<f32>() / 12.0;
        let (mut both, mut own, mut theirs) = (0.0, 0.0, 0.0);
        for (degree, expected) in profile.iter().enumerate() {
            let x = self.sounded[(degree + usize::from(key.tonic())) % 12] - mean;
            let y = expected - profile_mean;
            both += x * y;
            own += x * x;
            theirs += y * y;
        }
        let correlation = if own > 0.0 { both / (own * theirs).sqrt() } else { 0.0 };
        correlation + if self.last_bass == key.tonic() { LAST_BASS_BONUS } else { 0.0 }
    }
}

/// How often the degrees of a major key sound: Albrecht and Shanahan, "The Use of Large Corpora to Train a New
/// Type of Key-Finding Algorithm", Music Perception 31 (2013).
const MAJOR_PROFILE: [f32; 12] =
    [0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081];

/// Of a minor key, from the same source.
const MINOR_PROFILE: [f32; 12] =
    [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052];

fn all_keys() -> impl Iterator<Item = Key> {
    [Mode::Major, Mode::Minor].into_iter().flat_map(|mode| (0..12).map(move |tonic| Key::new(tonic, mode)))
}

/// The tonic of the major key with the same key signature.
fn signature(key: Key) -> u8 {
    match key.mode {
        Mode::Major => key.tonic(),
        Mode::Minor => (key.tonic() + 3) % 12,
    }
}

/// The share of the histogram that lies in `scale` on `tonic`.
fn share_in(histogram: &[f32; 12], tonic: u8, scale: PitchClassSet) -> f32 {
    let inside: f32 = (0..12u8)
        .filter(|degree| scale.contains(*degree))
        .map(|d| histogram[usize::from(d + tonic) % 12])
        .sum();
    inside / histogram.iter().sum::<f32>().max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use crate::music::{Family, Key, Mode, Note, Piece, Section, Tick, best_scale_share, find_key};

    /// Quarter notes one after another.
    fn melody(pitches: &[u8], start: Tick) -> Vec<Note> {
        let note = |(idx, pitch): (usize, &u8)| Note {
            onset: start + Tick(24 * idx as i64),
            duration: Tick(24),
            pitch: *pitch,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        pitches.iter().enumerate().map(note).collect()
    }

    const C_MAJOR: [u8; 12] = [60, 64, 67, 65, 62, 59, 60, 69, 67, 64, 62, 60];
    const A_MINOR: [u8; 12] = [57, 60, 64, 62, 65, 64, 68, 69, 64, 60, 59, 57];

    fn moved(pitches: &[u8], by: u8) -> Vec<u8> {
        pitches.iter().map(|pitch| pitch + by).collect()
    }

    #[test]
    fn every_transposition_of_a_melody_is_found_in_its_key() {
        for by in 0..12 {
            let (major, confidence) = find_key(&melody(&moved(&C_MAJOR, by), Tick(0))).unwrap();
            assert_eq!(major, Key::new(by, Mode::Major));
            assert!(confidence > 0.1, "{confidence}");
            let (minor, _) = find_key(&melody(&moved(&A_MINOR, by), Tick(0))).unwrap();
            assert_eq!(minor, Key::new(9 + by, Mode::Minor));
        }
    }

    #[test]
    fn drums_have_no_key_and_stand_in_c_major() {
        let mut drums = melody(&[36, 38, 42], Tick(0));
        for note in &mut drums {
            note.family = Family::DRUMS;
        }
        assert_eq!(find_key(&drums), None);
        assert!(best_scale_share(&drums) < f32::EPSILON);
        let piece = Piece { notes: drums, ..Piece::default() };
        let key = Key::new(0, Mode::Major);
        assert_eq!(piece.sections_by_key(), [Section { start: Tick(0), end: Tick(72), key }]);
    }

    #[test]
    fn a_change_of_signature_begins_a_section_and_the_notes_choose_its_mode() {
        let mut notes = melody(&C_MAJOR, Tick(0));
        notes.extend(melody(&moved(&A_MINOR, 2), Tick(288)));
        // Two sharps, written as D major; the notes are in B minor.
        let keys = vec![(Tick(0), Key::new(0, Mode::Major)), (Tick(288), Key::new(2, Mode::Major))];
        let sections = Piece { notes, keys, ..Piece::default() }.sections_by_key();
        let found: Vec<_> =
            sections.iter().map(|section| (section.start, section.end, section.key)).collect();
        let (c_major, b_minor) = (Key::new(0, Mode::Major), Key::new(11, Mode::Minor));
        assert_eq!(found, [(Tick(0), Tick(288), c_major), (Tick(288), Tick(576), b_minor)]);
    }

    #[test]
    fn notes_that_clearly_disagree_overrule_the_signature() {
        // What many programs write when nobody has set a key.
        let keys = vec![(Tick(0), Key::new(0, Mode::Major))];
        let piece = Piece { notes: melody(&moved(&C_MAJOR, 6), Tick(0)), keys, ..Piece::default() };
        assert_eq!(piece.sections_by_key()[0].key, Key::new(6, Mode::Major));
    }

    #[test]
    fn the_share_in_the_best_scale_counts_notes() {
        assert!((best_scale_share(&melody(&moved(&C_MAJOR, 5), Tick(0))) - 1.0).abs() < 1e-6);
        let chromatic: Vec<u8> = (60..72).collect();
        assert!((best_scale_share(&melody(&chromatic, Tick(0))) - 7.0 / 12.0).abs() < 1e-6);
    }
}
