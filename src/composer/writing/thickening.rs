//! Density above 1: notes added between those of the base.
//!
//! An added note takes over from a sounding note of its instrument, which ends where the added one begins. So
//! an instrument has no more voices than in the base, and what holds for the base, above all how many notes
//! sound at once, holds for the result.

use rand::SeedableRng;
use rand_pcg::Pcg64;

use crate::composer::take::bar::ComposedBar;
use crate::composer::writing::chance::{random_bits, random_unit};
use crate::composer::writing::place::Place;
use crate::model::{Constraints, Generator, Given, Sampling};
use crate::music::{Chord, FamilySet, Grid, Note, Tick};

/// The notes of `base`, ascending, and those that density adds between them from the position `from` on.
///
/// In the generator the bar has begun, and none of its notes has been fed; afterwards it has been fed the base
/// and nothing else.
pub(crate) async fn thicken(
    generator: &mut Generator,
    base: &[Note],
    from: Tick,
    place: &Place,
) -> Vec<Note> {
    let ringing: Vec<Note> = generator.sounding_at(place.start).copied().collect();
    let present = base.iter().chain(&ringing).map(|note| note.family).collect::<FamilySet>();
    let (sampling, constraints) = (place.sampling(), place.constraints());
    let families = FamilySet::from_bits(present.bits() & constraints.families.bits());
    let constraints = Constraints { families, polyphony: u8::MAX, ..constraints };
    let extras = Vec::new();
    Thickening { generator, base, from, place, sampling, constraints, ringing, extras }.run().await
}

/// A note that may be added.
#[derive(Debug)]
struct Extra {
    note: Note,
    voice: Voice,
    /// The higher, the later it is added as the density rises.
    rank: f32,
}

/// The voice of an added note. At most one note at a time sounds in a voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    /// The voice of a note of the base, by its index.
    Base(usize),
    /// A voice of its own, in the gap after so many chords, where the instrument is silent.
    Silent(usize),
    /// None: a drum ends no other note.
    Drum,
}

struct Thickening<'a> {
    generator: &'a mut Generator,
    base: &'a [Note],
    from: Tick,
    place: &'a Place,
    sampling: Sampling,
    /// As the knobs say, but for the polyphony, which the voices limit.
    constraints: Constraints,
    /// Notes that sound on from the bars before; they cannot be cut any more.
    ringing: Vec<Note>,
    extras: Vec<Extra>,
}

impl Thickening<'_> {
    /// Added notes keep this distance from the onsets of the base.
    const DISTANCE: Tick = Tick(4);
    /// After so many drawn notes without a voice, the next gap is filled.
    const MAX_MISSES: usize = 6;

    async fn run(mut self) -> Vec<Note> {
        let bar_end = self.place.end();
        let mut begin = self.place.start - Self::DISTANCE;
        let mut rest = self.base;
        for gap_idx in 0.. {
            let end = rest.first().map_or(bar_end, |note| note.onset);
            self.fill(gap_idx, begin + Self::DISTANCE, end, self.base.len() - rest.len()).await;
            let Some(first) = rest.first() else { break };
            let (chord, later) = rest.split_at(rest.partition_point(|note| note.onset == first.onset));
            for note in chord {
                self.generator.feed_async(note).await;
            }
            (begin, rest) = (first.onset, later);
        }
        self.result()
    }

    /// Draws notes between two onsets of the base, of which `n_passed` notes have been fed.
    async fn fill(&mut self, gap_idx: usize, begin: Tick, end: Tick, n_passed: usize) {
        let given = Given {
            from: Some(begin.max(self.from)),
            before: Some(end - Self::DISTANCE + Tick(1)),
            ..Given::default()
        };
        let most = n_passed.min(ComposedBar::MAX_NOTES.saturating_sub(self.base.len()));
        if given.from >= given.before || self.extras.len() >= most {
            return;
        }
        let (seed, bar_idx) = (u64::from(self.place.knobs.seed), self.place.bar_idx as u64);
        let mut rng = Pcg64::seed_from_u64(random_bits(&[seed, bar_idx, 5, gap_idx as u64]));
        let before = self.generator.snapshot();
        let (mut n_found, mut n_misses) = (0, 0);
        while self.extras.len() < most && n_misses < Self::MAX_MISSES {
            let drawn = self.generator.draw(&self.sampling, &self.constraints, &given, &mut rng);
            let Some(drawn) = drawn else { break };
            let Some((note, voice)) = self.find_voice(&drawn.note, gap_idx, end) else {
                n_misses += 1;
                continue;
            };
            self.generator.feed_async(&note).await;
            // The later notes of a gap build on the first, so they come later.
            let rank = random_unit(&[seed, bar_idx, 6, self.extras.len() as u64]) + 0.25 * n_found as f32;
            self.extras.push(Extra { note, voice, rank });
            n_found += 1;
        }
        self.generator.restore(&before);
    }

    /// A voice for a note drawn in a gap that ends at `gap_end`, and the note with the duration it has there.
    fn find_voice(&self, drawn: &Note, gap_idx: usize, gap_end: Tick) -> Option<(Note, Voice)> {
        let in_bar = (drawn.onset - self.place.start).0;
        let is_metrical = self.constraints.grid != Grid::Off || in_bar % 4 == 0 || in_bar % 6 == 0;
        if !is_metrical {
            return None;
        }
        if drawn.family.is_drums() {
            return (!self.is_doubled(drawn, None)).then_some((*drawn, Voice::Drum));
        }
        let (voice, end) = match self.note_to_cut(drawn) {
            Some((idx, note)) => (Voice::Base(idx), note.end()),
            None if self.is_silent(drawn) => (Voice::Silent(gap_idx), gap_end),
            None => return None,
        };
        // The next note of the same key ends it.
        let is_same_key = |note: &&Note| (note.family, note.pitch) == (drawn.family, drawn.pitch);
        let later = self.base.iter().filter(is_same_key).find(|note| note.onset > drawn.onset);
        let latest = later.map_or(end, |note| note.onset.min(end));
        // The voice it takes over is not left silent before the next onset, unless the chords want that.
        let duration = drawn.duration.max(gap_end.min(latest).min(self.longest_end(drawn)) - drawn.onset);
        let duration = duration.min(latest - drawn.onset).min(self.constraints.longest);
        let is_free = duration >= self.constraints.shortest && self.is_free(voice, drawn.onset);
        (is_free && !self.is_doubled(drawn, Some(voice))).then_some((Note { duration, ..*drawn }, voice))
    }

    /// Up to where a drawn note may be lengthened. At full strictness it does not sound on into another chord, nor into a
    /// beat of its own chord that it is no tone of.
    fn longest_end(&self, drawn: &Note) -> Tick {
        let told = self.generator.memory().told();
        let (end, bar_end) = (drawn.end(), self.place.end());
        if self.constraints.strictness < 1.0 || told.chords.is_empty() {
            return end.max(bar_end);
        }
        let beat = self.place.meter.beat().0;
        let beats = (0..).map(|idx| self.place.start + Tick(idx * beat)).take_while(|tick| *tick < bar_end);
        let changes = told.chords.iter().map(|(at, _)| *at);
        // In the bar with which the music ends, the bass is held to the chord's on every beat.
        let is_end = told.end.is_some_and(|music_end| music_end <= bar_end);
        let is_tone =
            |chord: Chord| chord.contains(drawn.pitch) && self.constraints.scale.contains(drawn.pitch);
        let is_out = |tick: &Tick| {
            let chord = told.chord_at(*tick);
            chord.is_some_and(|own| is_end || chord != told.chord_at(*tick - Tick(1)) || !is_tone(own))
        };
        let later = beats.chain(changes).filter(|tick| *tick >= end);
        later.filter(is_out).min().unwrap_or(end.max(bar_end))
    }

    /// Whether a note of the same pitch already sounds in another voice where one was drawn.
    fn is_doubled(&self, drawn: &Note, voice: Option<Voice>) -> bool {
        let base = self.base.iter().enumerate().map(|(idx, note)| (Voice::Base(idx), note));
        let ringing = self.ringing.iter().map(|note| (Voice::Drum, note));
        let extras = self.extras.iter().map(|extra| (extra.voice, &extra.note));
        base.chain(ringing).chain(extras).any(|(other_voice, other)| {
            (other.family, other.pitch) == (drawn.family, drawn.pitch)
                && Some(other_voice) != voice
                && other.onset <= drawn.onset
                && drawn.onset < other.end()
        })
    }

    /// The note of the drawn note's family, nearest in pitch, that sounds where it begins and can be cut there.
    fn note_to_cut(&self, drawn: &Note) -> Option<(usize, &Note)> {
        let Constraints { shortest, .. } = self.constraints;
        let can_be_cut = |(idx, note): &(usize, &Note)| {
            note.family == drawn.family
                && note.onset >= self.from
                && note.onset + shortest.max(Self::DISTANCE) <= drawn.onset
                && drawn.onset + shortest.max(Tick(1)) <= note.end()
                && self.is_free(Voice::Base(*idx), drawn.onset)
        };
        let notes = self.base.iter().enumerate().filter(can_be_cut);
        notes.min_by_key(|(_, note)| note.pitch.abs_diff(drawn.pitch))
    }

    /// Whether the drawn note's family is silent where it begins, and the polyphony has room for it.
    fn is_silent(&self, drawn: &Note) -> bool {
        let pitched = self.base.iter().chain(&self.ringing).filter(|note| !note.family.is_drums());
        let sounding =
            || pitched.clone().filter(|note| note.onset <= drawn.onset && drawn.onset < note.end());
        let is_silent = sounding().all(|note| note.family != drawn.family);
        is_silent && sounding().count() < usize::from(self.place.knobs.polyphony.max(1))
    }

    /// Whether the added notes of a voice leave room for one more.
    fn is_free(&self, voice: Voice, onset: Tick) -> bool {
        let distance = self.constraints.shortest.max(Self::DISTANCE);
        let others = self.extras.iter().filter(|extra| extra.voice == voice);
        others.map(|extra| extra.note.onset).all(|other| (other - onset).0.abs() >= distance.0)
    }

    /// The base with as many of the added notes as the density says, each voice cut where the next begins.
    fn result(mut self) -> Vec<Note> {
        let rounding = random_unit(&[u64::from(self.place.knobs.seed), self.place.bar_idx as u64, 7]);
        let n_added =
            (self.extras.len() as f32 * (self.place.knobs.density - 1.0) + rounding).floor() as usize;
        self.extras.sort_by(|a, b| a.rank.total_cmp(&b.rank));
        self.extras.truncate(n_added);
        let extras = &self.extras;
        let cut = |note: &Note, voice: Voice| {
            let after = extras.iter().filter(|extra| extra.voice == voice && extra.note.onset > note.onset);
            let end =
                after.map(|extra| extra.note.onset).min().map_or(note.end(), |next| next.min(note.end()));
            Note { duration: end - note.onset, ..*note }
        };
        let base = self.base.iter().enumerate().map(|(idx, note)| cut(note, Voice::Base(idx)));
        let added = extras.iter().map(|extra| match extra.voice {
            Voice::Drum => extra.note,
            voice => cut(&extra.note, voice),
        });
        let mut notes: Vec<Note> = base.chain(added).collect();
        notes.sort_unstable();
        notes
    }
}
