//! Strictness: the notes that the chords which are told leave where a note falls on a beat.

use crate::model::activation::ln;
use crate::model::encoding::Memory;
use crate::model::keys::{Keys, of_pitch_classes};
use crate::model::sampling::{Constraints, Given};
use crate::music::{Chord, Family, Note, PitchClassSet, Tick};

/// How the chords that are told narrow the pitches of the next note.
///
/// A note that begins on a beat, or where the chord changes, is a tone of its chord. Where the chord changes, and on the
/// beats of the bar with which the music ends, the bass has the chord's: notes of the bass family, and the lowest note. No
/// note sounds on into a beat whose chord it is not of. At a strictness of 1 this is a guarantee; below 1 other pitches and
/// longer notes are made less likely.
///
/// Of a chord that the scale holds in part only that part counts; one that it does not hold at all counts whole, and so
/// does the chord's bass.
pub(crate) struct ChordTones<'a> {
    memory: &'a Memory,
    /// By how much the logits of what the chords exclude are lowered, in nats; none if that is ruled out.
    pub(crate) resistance: Option<f32>,
    scale: PitchClassSet,
    /// The keys of each family, whatever the scale.
    keys: Keys,
}

/// What a chord leaves at an onset.
#[derive(Debug, Clone, Copy)]
struct Allowed {
    tones: PitchClassSet,
    /// Of the bass, where the chord changes or the music ends.
    bass: Option<u8>,
}

impl<'a> ChordTones<'a> {
    /// The resistance at a strictness of 63%, in nats.
    const WEIGHT: f32 = 4.0;

    /// `keys` are those of each family as trained. None if the chords do not matter.
    pub(crate) fn new(
        memory: &'a Memory,
        constraints: &Constraints,
        keys: &Keys,
        given: &Given,
    ) -> Option<Self> {
        let Constraints { strictness, scale, .. } = *constraints;
        if strictness <= 0.0 || memory.told().chords.is_empty() {
            return None;
        }
        let in_any_scale = Constraints { scale: PitchClassSet::CHROMATIC, ..*constraints };
        let resistance = (strictness < 1.0).then(|| -Self::WEIGHT * ln(1.0 - strictness));
        Some(Self { memory, resistance, scale, keys: keys.open(&in_any_scale, given) })
    }

    fn allowed_at(&self, onset: Tick) -> Option<Allowed> {
        let told = self.memory.told();
        let chord = told.chord_at(onset)?;
        let is_change = told.chord_at(onset - Tick(1)) != Some(chord);
        let from_line = onset - self.memory.bar_start();
        let is_on_beat = from_line.0.rem_euclid(self.memory.meter().beat().0) == 0;
        // In the bar with which the music ends, the bass stays on the chord's.
        let is_end =
            told.end.is_some_and(|end| onset < end && onset + self.memory.meter().bar_length() >= end);
        (is_on_beat || is_change).then(|| Allowed {
            tones: self.in_scale(chord),
            bass: (is_change || is_end).then(|| chord.bass()),
        })
    }

    /// The tones of a chord that the scale holds, or all if it holds none.
    fn in_scale(&self, chord: Chord) -> PitchClassSet {
        let tones = chord.pitch_classes();
        let within = PitchClassSet::from_bits(tones.bits() & self.scale.bits());
        if within.is_empty() { tones } else { within }
    }

    /// The keys of a family for a note at `onset`; none where the chord leaves it free.
    fn keys_at(&self, family: usize, onset: Tick) -> Option<u128> {
        if family == Family::DRUMS.index() {
            return None;
        }
        let allowed = self.allowed_at(onset)?;
        let keys = self.keys.of(family);
        let tones = keys & of_pitch_classes(allowed.tones);
        let Some(bass) = allowed.bass else { return Some(tones) };
        let of_bass = keys & of_pitch_classes(PitchClassSet::new(&[bass]));
        if family == Family::BASS.index() {
            return Some(of_bass);
        }
        let above = self.lowest_sounding(onset).map_or(0, |lowest| u128::MAX << lowest);
        Some(tones & above | of_bass)
    }

    /// The lowest pitch that sounds at `onset`.
    fn lowest_sounding(&self, onset: Tick) -> Option<u8> {
        self.memory.sounding_at(onset).map(|note| note.pitch).min()
    }

    /// The keys that a family is held to at `onset`, if it is.
    pub(crate) fn guaranteed(&self, family: usize, onset: Tick) -> Option<u128> {
        if self.resistance.is_none() { self.keys_at(family, onset) } else { None }
    }

    /// By how much the logits of all but some keys are lowered for a note at `onset`: those keys, and the amount.
    pub(crate) fn favoured(&self, family: usize, onset: Tick) -> Option<(u128, f32)> {
        self.keys_at(family, onset).zip(self.resistance)
    }

    /// How long a note is at most that does not sound on into a beat whose chord it is not of.
    pub(crate) fn longest(&self, family: usize, onset: Tick, pitch: usize) -> Option<Tick> {
        if family == Family::DRUMS.index() {
            return None;
        }
        let pitch_class = (pitch % 12) as u8;
        let is_lowest = || self.lowest_sounding(onset).is_none_or(|lowest| pitch <= usize::from(lowest));
        let is_bass = family == Family::BASS.index() || is_lowest();
        let fits = |tick: Tick| match self.allowed_at(tick) {
            Some(Allowed { bass: Some(bass), .. }) if is_bass => pitch_class == bass,
            Some(Allowed { tones, bass }) => tones.contains(pitch_class) || bass == Some(pitch_class),
            None => true,
        };
        let bar_start = self.memory.bar_start();
        let beat = self.memory.meter().beat();
        let first = Tick((onset - bar_start).0.div_euclid(beat.0) * beat.0 + beat.0) + bar_start;
        let until = onset + Note::LONGEST;
        let beats = (0..).map(|idx| first + Tick(idx * beat.0)).take_while(|tick| *tick < until);
        let changes = self.memory.told().chords.iter().map(|(at, _)| *at);
        let changes = changes.filter(|at| *at > onset && *at < until);
        beats.chain(changes).filter(|tick| !fits(*tick)).min().map(|tick| tick - onset)
    }
}
