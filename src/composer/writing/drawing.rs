//! Draws the notes of one bar from a generator that stands before it.
//!
//! Everything here is relative to a tonic of C, as the network hears it.

use rand::SeedableRng;
use rand_pcg::Pcg64;

use crate::composer::take::fingerprint::chance;
use crate::composer::take::played_in::PlayedNote;
use crate::model::{Constraints, Drawn, Generator, Given, Sampling, StyleMix};
use crate::music::{Family, FamilySet, Key, Meter, Note, PitchClassSet, Tick};
use crate::player::ComposingKnobs;

/// A bar to be composed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) bar_idx: usize,
    pub(crate) start: Tick,
    pub(crate) meter: Meter,
    pub(crate) knobs: ComposingKnobs,
    pub(crate) key: Key,
    /// What may be played above the tonic.
    pub(crate) palette: PitchClassSet,
    /// How often it was composed again by hand.
    pub(crate) n_rolls: u32,
    /// Which of several candidates for the phrase.
    pub(crate) candidate: u8,
    /// Whether its notes end with the bar, since the phrase comes round after it.
    pub(crate) is_closed: bool,
}

impl Place {
    /// No bar has more notes.
    pub(crate) const MAX_NOTES: usize = 256;
    /// How often a note that falls too early in the added part of a bar is drawn again.
    const MAX_REDRAWS: usize = 64;
    /// How often a bar is drawn that comes out empty.
    const MAX_ATTEMPTS: usize = 4;

    pub(crate) fn end(&self) -> Tick {
        self.start + self.meter.bar_length()
    }

    /// Whether there are to be more or fewer notes than the network would write.
    pub(crate) fn has_its_own_density(&self) -> bool {
        (self.knobs.density - 1.0).abs() > f32::EPSILON
    }

    /// The chance of this bar, or of one part of it.
    pub(crate) fn rng(&self, part: u64) -> Pcg64 {
        let ComposingKnobs { seed, slot, .. } = self.knobs;
        let (seed, bar_idx) = (u64::from(seed), self.bar_idx as u64);
        let others = [u64::from(slot), u64::from(self.n_rolls), u64::from(self.candidate)];
        Pcg64::seed_from_u64(if others == [0; 3] {
            chance(&[seed, bar_idx, 0, part])
        } else {
            chance(&[seed, bar_idx, 0, part, others[0], others[1], others[2]])
        })
    }

    /// Tells the generator that the bar begins, and what is in it already.
    pub(crate) async fn begin(&self, generator: &mut Generator, notes: &[Note]) {
        generator.set_style(style(&self.knobs), self.key.mode);
        generator.begin_bar(self.start, self.meter);
        for note in notes {
            generator.feed_async(note).await;
        }
    }

    /// Draws the rest of the bar, which has begun and holds `kept`, not before the position `from`.
    pub(crate) async fn draw(
        &self,
        generator: &mut Generator,
        kept: &[Note],
        from: Tick,
        rng: &mut Pcg64,
    ) -> Vec<Drawn> {
        let (until, constraints) = (self.end(), self.constraints());
        if !kept.is_empty() || from > self.start {
            return self.draw_stretch(generator, kept.len(), from, until, &constraints, rng).await;
        }
        // A bar in which nothing begins is mostly a slip: it is thought over, and in the end something has to
        // begin, if anything may.
        for _ in 0..Self::MAX_ATTEMPTS {
            let drawn = self.draw_stretch(generator, 0, from, until, &constraints, rng).await;
            if !drawn.is_empty() {
                return drawn;
            }
        }
        let given = Given { from: Some(from), before: Some(until), ..Given::default() };
        let Some(first) = generator.draw(&sampling(&self.knobs), &constraints, &given, rng) else {
            return Vec::new();
        };
        generator.feed_async(&first.note).await;
        let mut drawn = vec![first];
        drawn.extend(self.draw_stretch(generator, 1, from, until, &constraints, rng).await);
        drawn
    }

    async fn draw_stretch(
        &self,
        generator: &mut Generator,
        n_before: usize,
        from: Tick,
        until: Tick,
        constraints: &Constraints,
        rng: &mut Pcg64,
    ) -> Vec<Drawn> {
        let sampling = sampling(&self.knobs);
        let mut drawn: Vec<Drawn> = Vec::new();
        let mut n_redraws = 0;
        while n_before + drawn.len() < Self::MAX_NOTES && n_redraws < Self::MAX_REDRAWS {
            let Some(next) = generator.draw(&sampling, constraints, &Given::default(), rng) else {
                break;
            };
            let note = next.note;
            if note.onset >= until {
                break;
            }
            if note.onset < from {
                n_redraws += 1;
                continue;
            }
            generator.feed_async(&note).await;
            drawn.push(next);
        }
        drawn
    }

    /// Draws the bar beside notes that are being played in: what is drawn has seen only those played before.
    ///
    /// `played` are the notes of this bar, `heard` the same as the network hears them. Returns what was
    /// drawn, and leaves the generator as having heard both.
    pub(crate) async fn draw_along(
        &self,
        generator: &mut Generator,
        played: &[PlayedNote],
        heard: &[Note],
    ) -> Vec<Drawn> {
        let mut constraints = self.constraints();
        constraints.families = without(constraints.families, self.knobs.instrument);
        let mut cuts: Vec<Tick> = played.iter().map(reacts_from).filter(|cut| *cut < self.end()).collect();
        cuts.push(self.start);
        cuts.sort_unstable();
        cuts.dedup();
        let mut drawn = Vec::new();
        for (idx, from) in cuts.iter().copied().enumerate() {
            let until = cuts.get(idx + 1).copied().unwrap_or(self.end());
            let before = generator.snapshot();
            let mut rng = self.rng((from - self.start).0 as u64);
            let more = self.draw_stretch(generator, drawn.len(), from, until, &constraints, &mut rng).await;
            // What was played meanwhile could not be known; now it is heard in its place.
            generator.restore(&before);
            let meanwhile = heard.iter().filter(|note| (from..until).contains(&note.onset));
            let mut both: Vec<Note> = meanwhile.copied().chain(more.iter().map(|drawn| drawn.note)).collect();
            both.sort_unstable();
            for note in &both {
                generator.feed_async(note).await;
            }
            drawn.extend(more);
        }
        drawn
    }

    /// Draws other pitches for the rhythm of `notes`, or another rhythm for their pitches.
    pub(crate) async fn redraw(
        &self,
        generator: &mut Generator,
        notes: &[Note],
        what: Redraw,
        rng: &mut Pcg64,
    ) -> Vec<Drawn> {
        let (sampling, constraints) = (sampling(&self.knobs), self.constraints());
        let mut drawn = Vec::new();
        for note in notes {
            let family = Some(note.family);
            let given = match what {
                Redraw::Pitches => Given {
                    family,
                    onset: Some(note.onset),
                    duration: Some(note.duration),
                    velocity: Some(note.velocity),
                    // A drum's pitch is its instrument: another one is another rhythm.
                    pitch: note.family.is_drums().then_some(note.pitch),
                    ..Given::default()
                },
                Redraw::Rhythm => {
                    Given { family, pitch: Some(note.pitch), before: Some(self.end()), ..Given::default() }
                }
            };
            if let Some(next) = generator.draw(&sampling, &constraints, &given, rng) {
                generator.feed_async(&next.note).await;
                drawn.push(next);
            }
        }
        drawn
    }

    /// What may be drawn, moved from the key that sounds to the network's tonic of C.
    pub(crate) fn constraints(&self) -> Constraints {
        let knobs = &self.knobs;
        let down = |pitch: u8| i16::from(pitch) - i16::from(self.key.transposition());
        let (lowest, highest) = (down(knobs.lowest), down(knobs.highest));
        // A range that lies below all the network's pitches leaves the drums alone.
        let is_playable = highest >= 0 && lowest <= 127;
        let drums = FamilySet::EMPTY.with(Family::DRUMS).bits();
        let families =
            if is_playable { knobs.families } else { FamilySet::from_bits(knobs.families.bits() & drums) };
        Constraints {
            scale: self.palette,
            lowest: lowest.clamp(0, 127) as u8,
            highest: highest.clamp(0, 127) as u8,
            polyphony: knobs.polyphony.max(1),
            families,
            grid: knobs.grid,
            shortest: knobs.shortest,
            longest: knobs.longest,
            ends_by: self.is_closed.then(|| self.end()),
        }
    }

    /// Notes of the key that sounds, moved to the network's tonic of C.
    pub(crate) fn to_c(self, notes: &[Note]) -> Vec<Note> {
        transposed(notes, -self.key.transposition())
    }
}

/// What is drawn again of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redraw {
    Rhythm,
    Pitches,
}

/// From where on a played note is answered: the next eighth that can still be composed in time.
fn reacts_from(note: &PlayedNote) -> Tick {
    /// How much time the composer has, in ticks: 31 milliseconds at 240 beats a minute.
    const MARGIN: i64 = 3;
    const EIGHTH: i64 = Tick::PER_BEAT / 2;
    let soonest = note.at.max(note.onset).0 + MARGIN;
    Tick(soonest.div_euclid(EIGHTH) * EIGHTH + if soonest % EIGHTH == 0 { 0 } else { EIGHTH })
}

fn without(families: FamilySet, family: Family) -> FamilySet {
    FamilySet::from_bits(families.bits() & !FamilySet::EMPTY.with(family).bits())
}

/// The styles of the knobs.
pub(crate) fn style(knobs: &ComposingKnobs) -> StyleMix {
    StyleMix::between(usize::from(knobs.style), usize::from(knobs.second_style), knobs.blend)
}

pub(crate) fn sampling(knobs: &ComposingKnobs) -> Sampling {
    let ComposingKnobs { temperature, rhythm, pitch, velocity, nucleus, min_p, variety, .. } = *knobs;
    Sampling { temperature, rhythm, pitch, velocity, nucleus, min_p, variety, form: 1.0 }
}

/// Drums stay; the rest moves, within the keyboard; and chords are in order again.
pub(crate) fn transposed(notes: &[Note], up: i8) -> Vec<Note> {
    let mut notes: Vec<Note> = notes.iter().map(|note| moved(note, up)).collect();
    notes.sort_unstable();
    notes
}

/// A note moved within the keyboard, unless it is a drum's.
pub(crate) fn moved(note: &Note, up: i8) -> Note {
    let pitch =
        if note.family.is_drums() { note.pitch } else { note.pitch.saturating_add_signed(up).min(127) };
    Note { pitch, ..*note }
}
