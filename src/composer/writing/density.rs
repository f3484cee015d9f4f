//! Density: notes left out of a bar, or added between its notes.
//!
//! The network is always fed the *base*, the bar as it is composed at a density of 1. So the bars that follow
//! are the same at every density: the knob changes how full the music is, not which music it is. Below 1,
//! notes are left out, the least important first. Above 1, the network draws more notes in each gap, and as
//! many of them are taken as the density says. Notes that are there at one density are there at every higher
//! one.
//!
//! An added note takes over from a sounding note of its instrument, which ends where the added one begins. So
//! an instrument has no more voices than in the base, and what holds for the base, above all how many notes
//! sound at once, holds for the result.

use rand::SeedableRng;
use rand_pcg::Pcg64;

use crate::composer::take::bar::ComposedBar;
use crate::composer::writing::chance::{random_bits, random_unit};
use crate::composer::writing::place::Place;
use crate::model::{Constraints, Drawn, Generator, Given, Sampling, Snapshot};
use crate::music::{FamilySet, Grid, Meter, Note, Tick};

/// The bar whose density is to change, and by how much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Density<'a> {
    /// How many notes there should be, as a factor on those of the base. 0 to 2.
    pub(crate) density: f32,
    /// The random seed.
    pub(crate) seed: u32,
    /// The bar's index in the take.
    pub(crate) bar_idx: usize,
    /// Where the bar begins.
    pub(crate) start: Tick,
    /// Its meter.
    pub(crate) meter: Meter,
    /// How added notes are drawn.
    pub(crate) sampling: &'a Sampling,
    /// What may be drawn.
    pub(crate) constraints: &'a Constraints,
}

/// A bar at its density, from the position `from` on, made from the `base` that was drawn for it from `before`.
/// The generator has been fed the base.
pub(crate) async fn at_density(
    generator: &mut Generator,
    place: &Place,
    base: &[Drawn],
    before: &Snapshot,
    from: Tick,
) -> Vec<Drawn> {
    generator.restore(before);
    place.begin(generator, &[]).await;
    let mut notes: Vec<Note> = base.iter().map(|drawn| drawn.note).collect();
    notes.sort_unstable();
    let density = Density {
        density: place.knobs.density,
        seed: place.knobs.seed,
        bar_idx: place.bar_idx,
        start: place.start,
        meter: place.meter,
        sampling: &place.sampling(),
        constraints: &place.constraints(),
    };
    let filled = thicken_or_thin(generator, &notes, from, &density).await;
    let log_probability = |note: &Note| {
        let parts = |note: &Note| (note.onset, note.pitch, note.family);
        let same = base.iter().find(|drawn| parts(&drawn.note) == parts(note));
        same.map_or(f32::NEG_INFINITY, |drawn| drawn.log_probability)
    };
    filled.into_iter().map(|note| Drawn { log_probability: log_probability(&note), note }).collect()
}

/// The notes of a bar at its density.
///
/// `base` are its notes relative to a tonic of C, ascending. In the generator the bar has begun, and none of
/// its notes has been fed; afterwards it has been fed the base and nothing else. Only notes from the position
/// `from` on are left out, cut or added: those before it may be sounding already. Otherwise `from` is the
/// bar's beginning.
async fn thicken_or_thin(
    generator: &mut Generator,
    base: &[Note],
    from: Tick,
    bar: &Density<'_>,
) -> Vec<Note> {
    if bar.density > 1.0 {
        return Thickening::new(generator, base, from, bar).run().await;
    }
    for note in base {
        generator.feed_async(note).await;
    }
    let n_before = base.partition_point(|note| note.onset < from);
    let (before, after) = base.split_at(n_before);
    let mut notes = before.to_vec();
    notes.extend(thin(after, bar));
    notes
}

/// The notes of `base` that are left at a density below 1.
fn thin(base: &[Note], bar: &Density<'_>) -> Vec<Note> {
    let rounding = random_unit(&[u64::from(bar.seed), bar.bar_idx as u64, 3]);
    let n_left = (base.len() as f32 * bar.density + rounding).floor() as usize;
    let mut ranked: Vec<(f32, &Note)> = base.iter().map(|note| (weight(note, base, bar), note)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let mut left: Vec<Note> = ranked.into_iter().take(n_left).map(|(_, note)| *note).collect();
    left.sort_unstable();
    left
}

/// How much a note matters: where it falls in the bar, whether it is the outermost of its chord, and luck.
fn weight(note: &Note, base: &[Note], bar: &Density<'_>) -> f32 {
    let in_bar = (note.onset - bar.start).0;
    let pulse = pulse(bar.meter).0;
    let metrical = if in_bar == 0 {
        3.0
    } else if in_bar % pulse == 0 {
        2.0
    } else if in_bar * 2 % pulse == 0 {
        1.0
    } else {
        0.0
    };
    let chord = || {
        base.iter()
            .filter(|other| other.onset == note.onset && other.family.is_drums() == note.family.is_drums())
    };
    let in_chord = if note.family.is_drums() {
        // Bass drum and snare carry the beat.
        if matches!(note.pitch, 35 | 36 | 38 | 40) { 1.5 } else { 0.5 }
    } else if chord().all(|other| other.pitch <= note.pitch) {
        1.5
    } else if chord().all(|other| other.pitch >= note.pitch) {
        1.0
    } else {
        0.0
    };
    let identity = [in_bar as u64, u64::from(note.pitch), note.family.index() as u64];
    let luck = random_unit(&[&[u64::from(bar.seed), bar.bar_idx as u64, 4], &identity[..]].concat());
    metrical + in_chord + 1.5 * luck
}

/// The metrical beat: a dotted quarter in 6/8 and the like, otherwise the denominator's note.
fn pulse(meter: Meter) -> Tick {
    let unit = 4 * Tick::PER_BEAT / i64::from(meter.denominator());
    let is_compound =
        meter.denominator() >= 8 && meter.numerator() > 3 && meter.numerator().is_multiple_of(3);
    Tick(if is_compound { 3 * unit } else { unit }.max(1))
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
    bar: &'a Density<'a>,
    constraints: Constraints,
    /// Notes that sound on from the bars before; they cannot be cut any more.
    ringing: Vec<Note>,
    extras: Vec<Extra>,
}

impl<'a> Thickening<'a> {
    /// Added notes keep this distance from the onsets of the base.
    const DISTANCE: Tick = Tick(4);
    /// After so many drawn notes without a voice, the next gap is filled.
    const MAX_MISSES: usize = 6;

    fn new(generator: &'a mut Generator, base: &'a [Note], from: Tick, bar: &'a Density<'a>) -> Self {
        let ringing: Vec<Note> = generator.sounding_at(bar.start).copied().collect();
        let present = base.iter().chain(&ringing).map(|note| note.family).collect::<FamilySet>();
        // The voices limit how many notes sound at once.
        let families = FamilySet::from_bits(present.bits() & bar.constraints.families.bits());
        let constraints = Constraints { families, polyphony: u8::MAX, ..*bar.constraints };
        Self { generator, base, from, bar, constraints, ringing, extras: Vec::new() }
    }

    async fn run(mut self) -> Vec<Note> {
        let bar_end = self.bar.start + self.bar.meter.bar_length();
        let mut begin = self.bar.start - Self::DISTANCE;
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
        let (seed, bar_idx) = (u64::from(self.bar.seed), self.bar.bar_idx as u64);
        let mut rng = Pcg64::seed_from_u64(random_bits(&[seed, bar_idx, 5, gap_idx as u64]));
        let before = self.generator.snapshot();
        let (mut n_found, mut n_misses) = (0, 0);
        while self.extras.len() < most && n_misses < Self::MAX_MISSES {
            let drawn = self.generator.draw(self.bar.sampling, &self.constraints, &given, &mut rng);
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
        let in_bar = (drawn.onset - self.bar.start).0;
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
        // The voice it takes over is not left silent before the next onset.
        let duration = drawn.duration.max(gap_end.min(latest) - drawn.onset);
        let duration = duration.min(latest - drawn.onset).min(self.constraints.longest);
        let is_free = duration >= self.constraints.shortest && self.is_free(voice, drawn.onset);
        (is_free && !self.is_doubled(drawn, Some(voice))).then_some((Note { duration, ..*drawn }, voice))
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
        is_silent && sounding().count() < usize::from(self.bar.constraints.polyphony)
    }

    /// Whether the added notes of a voice leave room for one more.
    fn is_free(&self, voice: Voice, onset: Tick) -> bool {
        let distance = self.constraints.shortest.max(Self::DISTANCE);
        let others = self.extras.iter().filter(|extra| extra.voice == voice);
        others.map(|extra| extra.note.onset).all(|other| (other - onset).0.abs() >= distance.0)
    }

    /// The base with as many of the added notes as the density says, each voice cut where the next begins.
    fn result(mut self) -> Vec<Note> {
        let rounding = random_unit(&[u64::from(self.bar.seed), self.bar.bar_idx as u64, 7]);
        let n_added = (self.extras.len() as f32 * (self.bar.density - 1.0) + rounding).floor() as usize;
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use rand::SeedableRng;
    use rand_pcg::Pcg64;

    use crate::composer::take::bars::Take;
    use crate::composer::writing::density::{Density, thicken_or_thin};
    use crate::composer::writing::writer::Writer;
    use crate::composer::writing::writer::compose_until;
    use crate::model::{Beginning, Constraints, Generator, Given, Model, Sampling, StyleMix, block_on};
    use crate::music::{Family, Meter, Mode, Note, Tick};
    use crate::player::ComposingKnobs;

    const DENSITIES: [f32; 9] = [0.0, 0.3, 0.6, 0.9, 1.0, 1.2, 1.5, 1.8, 2.0];

    /// For each density, what `n_bars` bars become, and the base of each.
    fn music(
        model: &Arc<Model>,
        style: usize,
        constraints: &Constraints,
        n_bars: usize,
    ) -> Vec<(Vec<Note>, Vec<Vec<Note>>)> {
        let mut generator = Generator::new(Arc::clone(model));
        let sampling = Sampling::default();
        let meter = Meter::COMMON;
        let style = StyleMix::of(style);
        let primer = model.primers().iter().find(|primer| primer.style == style.first);
        generator.begin(&Beginning { style, mode: Mode::Major, start: Tick::ZERO, meter, primer });
        let mut bars = Vec::new();
        for bar_idx in 0..n_bars {
            let start = Tick(96 * bar_idx as i64);
            generator.begin_bar(start, meter);
            let before = generator.snapshot();
            let mut rng = Pcg64::seed_from_u64(bar_idx as u64);
            let mut base = Vec::new();
            while let Some(drawn) = generator.draw(&sampling, constraints, &Given::default(), &mut rng)
                && drawn.note.onset < start + Tick(96)
                && base.len() < 100
            {
                generator.feed(&drawn.note);
                base.push(drawn.note);
            }
            let next = generator.draw(&sampling, constraints, &Given::default(), &mut rng.clone());
            let at = |density: f32| {
                generator.restore(&before);
                let bar =
                    Density { density, seed: 1, bar_idx, start, meter, sampling: &sampling, constraints };
                let notes = block_on(thicken_or_thin(&mut generator, &base, start, &bar));
                let then = generator.draw(&sampling, constraints, &Given::default(), &mut rng.clone());
                assert_eq!(then, next, "the network has been fed the base and nothing else");
                notes
            };
            let notes = DENSITIES.map(at).to_vec();
            bars.push((base, notes));
        }
        bars
    }

    fn models() -> Vec<(Arc<Model>, usize)> {
        let random = (0..4).map(|seed| (Arc::new(Model::random(1, seed)), 0));
        let shipped = Model::embedded().unwrap();
        random.chain([0, 2, 6].map(|style| (Arc::clone(&shipped), style))).collect()
    }

    #[test]
    fn what_is_there_at_one_density_is_there_at_every_higher_one() {
        for (model, style) in models() {
            for (base, notes) in music(&model, style, &Constraints::default(), 12) {
                assert_eq!(notes[4], base);
                assert_eq!(notes[0], []);
                for pair in notes.windows(2) {
                    let same = |a: &Note, b: &Note| {
                        (a.onset, a.pitch, a.family, a.velocity) == (b.onset, b.pitch, b.family, b.velocity)
                    };
                    for note in &pair[0] {
                        assert!(pair[1].iter().any(|other| same(note, other)), "{note:?} is gone");
                    }
                }
            }
        }
    }

    #[test]
    fn added_notes_are_many_and_sound_no_more_at_once_than_the_base() {
        let mut n_all = [0; DENSITIES.len()];
        for (model, style) in models() {
            let bars = music(&model, style, &Constraints::default(), 12);
            let all = |pick: &dyn Fn(&(Vec<Note>, Vec<Vec<Note>>)) -> Vec<Note>| {
                bars.iter().flat_map(pick).collect::<Vec<Note>>()
            };
            let base = all(&|(base, _)| base.clone());
            let sounding = |notes: &[Note], tick: i64, family: Family| {
                let at = |note: &&Note| note.family == family && note.onset.0 <= tick && tick < note.end().0;
                notes.iter().filter(at).count()
            };
            let pitched = base.iter().map(|note| note.family).filter(|family| !family.is_drums());
            let families: BTreeSet<Family> = pitched.collect();
            for (density_idx, n) in n_all.iter_mut().enumerate() {
                let notes = all(&|(_, notes)| notes[density_idx].clone());
                *n += notes.len();
                for (tick, family) in (0..96 * 12).flat_map(|tick| families.iter().map(move |f| (tick, *f))) {
                    // An instrument that was silent may play one note.
                    let voices = sounding(&base, tick, family).max(1);
                    assert!(sounding(&notes, tick, family) <= voices, "more than {voices} at {tick}");
                }
                assert!(notes.iter().all(|note| note.duration >= Tick(1)));
            }
        }
        assert!(n_all.is_sorted_by(|a, b| a < b), "{n_all:?}");
        assert!(n_all[8] as f32 > 1.4 * n_all[4] as f32, "{n_all:?}");
    }

    #[test]
    fn a_bar_that_turns_out_longer_is_as_dense_at_its_end() {
        let model = Model::embedded().unwrap();
        let added = |density: f32, seed: u32| -> Vec<Note> {
            let knobs = ComposingKnobs { density, seed, ..ComposingKnobs::default() };
            let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&model)));
            let half = Meter::new(2, 4).unwrap();
            compose_until(&mut take, &mut writer, &knobs, half, Tick(96));
            block_on(writer.stretch_bar(&mut take, 1, Meter::COMMON));
            let notes = take.score().bars[1].notes.clone();
            assert!(notes.is_sorted() && notes.iter().all(|note| note.onset < Tick(48 + 96)));
            notes.into_iter().filter(|note| note.onset >= Tick(96)).collect()
        };
        let n_notes = |density: f32| (1..=8).map(|seed| added(density, seed).len()).sum::<usize>();
        let counts = [0.3, 1.0, 2.0].map(n_notes);
        assert!(counts.is_sorted_by(|a, b| a < b), "{counts:?}");
    }
}
