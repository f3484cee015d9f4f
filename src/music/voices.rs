//! The voices of a score, led as a musician who arranges it for several players would.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use crate::music::note::{Family, Note};
use crate::music::score::Bar;
use crate::music::time::Tick;

/// One of the four voices of a pitched instrument, the highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Voice {
    /// Soprano, or first violin.
    First,
    /// Alto, or second violin.
    Second,
    /// Tenor, or viola.
    Third,
    /// Bass, or cello.
    Fourth,
}

impl Voice {
    /// All of them, from the highest down.
    pub const ALL: [Self; 4] = [Self::First, Self::Second, Self::Third, Self::Fourth];

    /// 0 to 3.
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

/// Who plays a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    /// The instrument.
    pub family: Family,
    /// Its voice; drums have none.
    pub voice: Option<Voice>,
}

/// The voices of a score's notes.
///
/// Voices are a function of the notes alone, led from the first bar on, each instrument by itself. A note keeps its
/// voice for as long as it sounds. Notes that begin together are in the order of pitch, and have voices of their own
/// unless more than four sound. Of what that allows, each voice moves as little as possible from its last note. A voice
/// begins only where more notes sound than there are voices: the first line is voice 1, a second that begins with it
/// voice 4. Voices cross only where a held note leaves no other way, and a fifth note joins the nearest voice. A
/// voice that has rested for eight beats is forgotten, and a line that is left alone is voice 1. A note that lasts into
/// the next by less than a thirty-second is taken for legato, not for another voice.
///
/// Drums have no voices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Voices {
    /// Where each bar begins, and the voices of its notes.
    bars: Vec<(Tick, Arc<[Option<Voice>]>)>,
}

impl Voices {
    /// The voices of these bars, which are a score from its beginning.
    #[must_use]
    pub fn of(bars: &[Arc<Bar>]) -> Self {
        VoiceLeading::default().lead(bars)
    }

    /// The voices of the notes of the bar that begins at `start`; empty if there is no such bar.
    #[must_use]
    pub fn of_bar(&self, start: Tick) -> &[Option<Voice>] {
        let idx = self.bars.partition_point(|(bar_start, _)| *bar_start < start);
        self.bars.get(idx).filter(|(bar_start, _)| *bar_start == start).map_or(&[], |(_, voices)| voices)
    }
}

/// Leads the voices of a score that changes, again only from the first bar that has changed.
#[derive(Debug, Default)]
pub struct VoiceLeading {
    bars: Vec<LedBar>,
}

/// A bar whose voices have been led.
#[derive(Debug)]
struct LedBar {
    bar: Arc<Bar>,
    voices: Arc<[Option<Voice>]>,
    /// Where the voices stand after it, in the order of the families.
    after: Vec<Ensemble>,
}

impl VoiceLeading {
    /// The voices of these bars, which are a score from its beginning.
    pub fn lead(&mut self, bars: &[Arc<Bar>]) -> Voices {
        let mut is_as_before = true;
        for (idx, bar) in bars.iter().enumerate() {
            let known = self.bars.get(idx).filter(|led| is_as_before && Arc::ptr_eq(&led.bar, bar));
            if known.is_some() {
                continue;
            }
            let last = idx.checked_sub(1).and_then(|last| self.bars.get(last));
            let led = LedBar::new(bar, last.map(|led| led.after.clone()).unwrap_or_default());
            if let Some(old) = self.bars.get_mut(idx) {
                is_as_before = old.after == led.after;
                *old = led;
            } else {
                self.bars.push(led);
            }
        }
        self.bars.truncate(bars.len());
        Voices { bars: self.bars.iter().map(|led| (led.bar.start, Arc::clone(&led.voices))).collect() }
    }
}

impl LedBar {
    fn new(bar: &Arc<Bar>, mut ensembles: Vec<Ensemble>) -> Self {
        let mut voices = vec![None; bar.notes.len()];
        let mut first = 0;
        for together in bar.notes.chunk_by(|a, b| a.onset == b.onset) {
            let pitched = together.iter().zip(first..).filter(|(note, _)| !note.family.is_drums());
            let mut chord: Vec<(&Note, usize)> = pitched.collect();
            // Each instrument from the highest note down.
            chord.sort_by_key(|(note, _)| (note.family, Reverse(note.pitch)));
            for chord in chord.chunk_by(|(a, _), (b, _)| a.family == b.family) {
                let Some((Note { family, .. }, _)) = chord.first() else { continue };
                let notes: Vec<&Note> = chord.iter().map(|(note, _)| *note).collect();
                let led = ensemble_of(*family, &mut ensembles).lead(&notes);
                for ((_, idx), voice) in chord.iter().zip(led) {
                    if let Some(place) = voices.get_mut(*idx) {
                        *place = Some(voice);
                    }
                }
            }
            first += together.len();
        }
        ensembles.retain_mut(|ensemble| {
            ensemble.forget_before(bar.end() - Ensemble::FORGOTTEN_AFTER);
            ensemble.lines.iter().any(Option::is_some)
        });
        Self { bar: Arc::clone(bar), voices: voices.into(), after: ensembles }
    }
}

/// Where the voices of an instrument stand.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ensemble {
    family: Family,
    /// The last note of each voice, unless the voice has rested for long.
    lines: [Option<LastNote>; Voice::ALL.len()],
}

/// The voices of a family, none of which has begun if it is not there.
fn ensemble_of(family: Family, ensembles: &mut Vec<Ensemble>) -> &mut Ensemble {
    let idx = ensembles.partition_point(|ensemble| ensemble.family < family);
    if ensembles.get(idx).is_none_or(|ensemble| ensemble.family != family) {
        ensembles.insert(idx, Ensemble { family, lines: [None; Voice::ALL.len()] });
    }
    &mut ensembles[idx]
}

/// The last note of a voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LastNote {
    pitch: u8,
    end: Tick,
}

impl LastNote {
    /// By how much less than this a note may last into the next of its voice.
    const LEGATO: Tick = Tick(Tick::PER_BEAT / 8);

    fn is_held_at(&self, onset: Tick) -> bool {
        self.end > onset + Self::LEGATO
    }
}

/// How far a choice of voices is from what a musician would write, in quarters of a semitone.
type Cost = u64;

impl Ensemble {
    const FORGOTTEN_AFTER: Tick = Tick(8 * Tick::PER_BEAT);
    /// Beginning a voice costs more than any leap, the outer voices the least.
    const BEGINNING: [Cost; Voice::ALL.len()] = [1000, 1002, 1003, 1001];
    /// More than all voices together can move.
    const CROSSING: Cost = 1 << 20;
    /// More than all voices together can cross.
    const SHARING: Cost = 1 << 40;

    /// Forgets the voices that have rested since `tick`.
    fn forget_before(&mut self, tick: Tick) {
        for line in &mut self.lines {
            *line = line.filter(|last| last.end > tick);
        }
    }

    /// Makes a line that is left alone the first voice, unless its last note still sounds.
    fn begin_again(&mut self, onset: Tick) {
        let mut lines = self.lines.iter().flatten();
        if let (Some(alone), None) = (lines.next().copied(), lines.next())
            && !alone.is_held_at(onset)
        {
            self.lines = [Some(alone), None, None, None];
        }
    }

    /// The voices of notes that begin together, both from the highest down.
    fn lead(&mut self, chord: &[&Note]) -> Vec<Voice> {
        let Some(onset) = chord.first().map(|note| note.onset) else { return Vec::new() };
        self.forget_before(onset - Self::FORGOTTEN_AFTER);
        self.begin_again(onset);
        let voices = self.cheapest(chord);
        for (idx, (note, voice)) in chord.iter().zip(&voices).enumerate() {
            let Some(line) = self.lines.get_mut(voice.index()) else { continue };
            let is_in_chord = voices.iter().take(idx).any(|other| other == voice);
            let shared = line.filter(|last| is_in_chord || last.is_held_at(onset));
            *line = Some(LastNote {
                pitch: shared.map_or(note.pitch, |last| last.pitch),
                end: shared.map_or(note.end(), |last| last.end.max(note.end())),
            });
        }
        voices
    }

    /// The voices that cost the least, from the highest note of the chord down.
    fn cheapest(&self, chord: &[&Note]) -> Vec<Voice> {
        // For each note and voice: the least cost of the notes down to this one in this voice, and the voice of the
        // note before it.
        let mut table: Vec<[(Cost, Voice); Voice::ALL.len()]> = Vec::with_capacity(chord.len());
        for note in chord {
            let row = Voice::ALL.map(|voice| {
                let own = self.cost(note, voice);
                let Some(above) = table.last() else { return (own, voice) };
                let ways = above.iter().zip(Voice::ALL).take(voice.index() + 1);
                let ways = ways.map(|((cost, _), other)| {
                    (cost + own + if other == voice { Self::SHARING } else { 0 }, other)
                });
                ways.min_by_key(|(cost, _)| *cost).unwrap_or((own, voice))
            });
            table.push(row);
        }
        let last = table.last().map(|row| row.iter().zip(Voice::ALL).min_by_key(|((cost, _), _)| *cost));
        let mut next = last.flatten().map(|(_, voice)| voice);
        let mut voices: Vec<Voice> = Vec::with_capacity(chord.len());
        for row in table.iter().rev() {
            let Some(voice) = next else { break };
            voices.push(voice);
            next = row.get(voice.index()).map(|(_, above)| *above);
        }
        voices.reverse();
        voices
    }

    /// What it costs a note to be in a voice.
    fn cost(&self, note: &Note, voice: Voice) -> Cost {
        let held = |last: &&LastNote| last.is_held_at(note.onset);
        let lines = Voice::ALL.into_iter().zip(&self.lines);
        let crosses = |(other, line): (Voice, &Option<LastNote>)| {
            line.as_ref().filter(held).is_some_and(|last| match other.cmp(&voice) {
                Ordering::Less => note.pitch > last.pitch,
                Ordering::Equal => false,
                Ordering::Greater => note.pitch < last.pitch,
            })
        };
        let n_crossed = lines.filter(|(other, line)| crosses((*other, line))).count() as Cost;
        let idx = voice.index();
        let own = match self.lines.get(idx).and_then(Option::as_ref) {
            Some(last) if last.is_held_at(note.onset) => Self::SHARING,
            Some(last) => 4 * Cost::from(last.pitch.abs_diff(note.pitch)),
            None => Self::BEGINNING.get(idx).copied().unwrap_or_default(),
        };
        own + n_crossed * Self::CROSSING
    }
}
