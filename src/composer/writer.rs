//! Writes bars into a take.

use std::collections::VecDeque;
use std::sync::Arc;

use rand::SeedableRng;
use rand_pcg::Pcg64;

use crate::composer::Take;
use crate::composer::fingerprint::{Fingerprint, chance, chance_unit};
use crate::composer::take::ComposedBar;
use crate::model::{Beginning, Constraints, Drawn, Generator, Given, Model, Primer, Sampling, Snapshot, StyleMix};
use crate::music::{Bar, Family, FamilySet, Meter, Note, Tick};
use crate::player::ComposingKnobs;

/// Composes bars with a model. Holds no music: that is the take's.
///
/// A bar depends on its knobs, its index, its meter and the notes before it, and on nothing else: neither
/// on when it is composed, nor on what was composed and thrown away. To keep that true at a bounded cost,
/// the network hears a take in stretches: each begins at every [`Writer::STRETCH`]th bar, with the
/// [`Writer::RUN_UP`] bars before it heard again.
#[derive(Debug)]
pub struct Writer {
    generator: Generator,
    hash: Arc<str>,
    /// Which bar the generator is about to compose, and what it has heard.
    standing: Option<Standpoint>,
    /// Where it stood lately, the newest last.
    memories: VecDeque<(Standpoint, Snapshot)>,
}

/// A bar index and the fingerprint of all that the network has heard before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standpoint {
    bar_idx: usize,
    heard: Fingerprint,
}

impl Writer {
    /// No bar has more notes.
    pub const MAX_NOTES: usize = 256;
    /// How many bars the network hears in one go.
    const STRETCH: usize = 32;
    /// How many bars before a stretch it hears again.
    const RUN_UP: usize = 16;
    /// How many standpoints are kept.
    const N_MEMORIES: usize = 12;
    /// How often a note that falls too early in the added part of a bar is drawn again.
    const MAX_REDRAWS: usize = 64;
    /// How often the first note of a bar is drawn again when it leaves the bar silent.
    const MAX_SILENCES: usize = 3;

    /// A writer that draws from `model`.
    #[must_use]
    pub fn new(model: Arc<Model>) -> Self {
        let hash = Arc::from(model.hash());
        Self {
            generator: Generator::new(model),
            hash,
            standing: None,
            memories: VecDeque::new(),
        }
    }

    /// The model it draws from.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        self.generator.model()
    }

    /// The hash of the model it draws from.
    pub(in crate::composer) fn hash(&self) -> &str {
        &self.hash
    }

    /// Composes a bar of the take anew, or its next one. The bars after it stay, perhaps stale.
    pub(in crate::composer) fn write_bar(
        &mut self,
        take: &mut Take,
        bar_idx: usize,
        knobs: &ComposingKnobs,
        meter: Meter,
    ) {
        let start = match bar_idx.checked_sub(1).map(|idx| take.bars().get(idx)) {
            None => Tick::ZERO,
            Some(Some(previous)) => previous.bar.end(),
            Some(None) => return,
        };
        if let Some(old) = take.replaced_bar(bar_idx, knobs, meter, &self.hash) {
            take.put(bar_idx, old);
            return;
        }
        let repeated = self.repeated(take, bar_idx, start, knobs, meter);
        let is_drawn = repeated.is_none();
        let notes = repeated.unwrap_or_else(|| {
            self.stand_before(take, bar_idx, knobs, meter);
            let mut rng = rng(knobs.seed, bar_idx, 0);
            to_key(&self.draw_bar(start, meter, knobs, &[], start, &mut rng), knobs)
        });
        let bar = Arc::new(Bar { start, meter, notes });
        let before = take.before(bar_idx);
        let model = Arc::clone(&self.hash);
        take.put(
            bar_idx,
            Arc::new(ComposedBar {
                bar,
                knobs: *knobs,
                model,
                before,
            }),
        );
        if is_drawn {
            // The generator has heard this bar, too.
            self.standing = Some(standpoint(take, bar_idx + 1));
        }
    }

    /// Gives a bar that has begun already another meter: cuts it, or composes more at its end.
    pub(in crate::composer) fn stretch_bar(&mut self, take: &mut Take, bar_idx: usize, meter: Meter) {
        let Some(composed) = take.bars().get(bar_idx).cloned() else {
            return;
        };
        let (start, old_end) = (composed.bar.start, composed.bar.end());
        if start + meter.bar_length() <= old_end {
            take.shorten(bar_idx, meter);
            return;
        }
        let knobs = composed.knobs;
        let kept = to_c(&composed.bar.notes, &knobs);
        self.stand_before(take, bar_idx, &knobs, meter);
        let mut rng = rng(knobs.seed, bar_idx, meter.bar_length().0 as u64);
        let notes = self.draw_bar(start, meter, &knobs, &kept, old_end, &mut rng);
        self.standing = None;
        let bar = Arc::new(Bar {
            start,
            meter,
            notes: to_key(&notes, &knobs),
        });
        take.put(
            bar_idx,
            Arc::new(ComposedBar {
                bar,
                ..(*composed).clone()
            }),
        );
    }

    /// The phrase comes round: the notes of the bar one phrase earlier, unless evolve says otherwise.
    ///
    /// A turned knob must be heard, so only a bar of the same knobs is repeated. The tonic alone may
    /// differ: then the phrase comes back in the new key.
    fn repeated(
        &self,
        take: &Take,
        bar_idx: usize,
        start: Tick,
        knobs: &ComposingKnobs,
        meter: Meter,
    ) -> Option<Vec<Note>> {
        let source = take
            .bars()
            .get(bar_idx.checked_sub(usize::from(knobs.length.max(1)))?)?;
        let is_new = chance_unit(&[u64::from(knobs.seed), bar_idx as u64, 1]) < knobs.evolve;
        let ComposingKnobs {
            length,
            evolve,
            tonic,
            ..
        } = *knobs;
        let same_knobs = ComposingKnobs {
            length,
            evolve,
            tonic,
            ..source.knobs
        } == *knobs;
        let is_own = take.accepts_model(&source.model, &self.hash);
        if is_new || !same_knobs || !is_own || source.bar.meter != meter {
            return None;
        }
        let up = knobs.key().transposition() - source.knobs.key().transposition();
        let moved = |note: &Note| {
            let pitch = if note.family.is_drums() {
                note.pitch
            } else {
                note.pitch.checked_add_signed(up)?
            };
            let is_in_range = (knobs.lowest..=knobs.highest).contains(&pitch);
            let onset = note.onset - source.bar.start + start;
            (up == 0 || note.family.is_drums() || is_in_range).then_some(Note {
                onset,
                pitch,
                ..*note
            })
        };
        let mut notes = source
            .bar
            .notes
            .iter()
            .map(moved)
            .collect::<Option<Vec<Note>>>()?;
        notes.sort_unstable();
        Some(notes)
    }

    /// Draws the rest of a bar after the notes `kept`, not before the position `from`.
    fn draw_bar(
        &mut self,
        start: Tick,
        meter: Meter,
        knobs: &ComposingKnobs,
        kept: &[Note],
        from: Tick,
        rng: &mut Pcg64,
    ) -> Vec<Note> {
        let (sampling, constraints, given) = (sampling(knobs), constraints(knobs), Given::default());
        let end = start + meter.bar_length();
        self.hear_bar(start, meter, knobs, kept);
        let mut notes = kept.to_vec();
        let (mut n_redraws, mut n_silences) = (0, 0);
        while notes.len() < Self::MAX_NOTES && n_redraws < Self::MAX_REDRAWS {
            let Some(Drawn { note, .. }) = self.generator.draw(&sampling, &constraints, &given, rng) else {
                break;
            };
            if note.onset >= end {
                // A bar in which nothing begins and nothing rings on is mostly a slip: it is thought over.
                if notes.is_empty() && n_silences < Self::MAX_SILENCES && !self.generator.sounds_at(start) {
                    n_silences += 1;
                    continue;
                }
                break;
            }
            if note.onset < from {
                n_redraws += 1;
                continue;
            }
            self.generator.feed(&note);
            notes.push(note);
        }
        notes
    }

    /// Brings the generator to the beginning of a bar, having heard what comes before it in the take.
    fn stand_before(&mut self, take: &Take, bar_idx: usize, knobs: &ComposingKnobs, meter: Meter) {
        let here = standpoint(take, bar_idx);
        // The first bar's own knobs choose what is heard before it.
        if self.standing == Some(here) && bar_idx > 0 {
            self.remember(here);
            return;
        }
        let from = self.recall(take, bar_idx).unwrap_or_else(|| {
            self.begin(take, bar_idx, knobs, meter);
            stretch_start(bar_idx)
        });
        for composed in take.bars().iter().take(bar_idx).skip(from) {
            let notes = to_c(&composed.bar.notes, &composed.knobs);
            self.hear_bar(composed.bar.start, composed.bar.meter, &composed.knobs, &notes);
        }
        self.standing = Some(here);
        self.remember(here);
    }

    /// Begins a stretch: at the origin of the song with a primer, elsewhere with none.
    fn begin(&mut self, take: &Take, bar_idx: usize, knobs: &ComposingKnobs, meter: Meter) {
        let first = stretch_start(bar_idx);
        let model = Arc::clone(self.generator.model());
        let (knobs, meter, start) = match take.bars().get(first) {
            Some(heard) if first < bar_idx => (heard.knobs, heard.bar.meter, heard.bar.start),
            // The first bar itself is the one to be composed.
            _ => (*knobs, meter, Tick::ZERO),
        };
        let primer = match take.primer() {
            _ if first > 0 => None,
            Some(own) => Some(own),
            None => choose_primer(&model, &knobs, meter),
        };
        let (style, mode) = (style_mix(&knobs), knobs.mode());
        self.generator.begin(&Beginning {
            style,
            mode,
            start,
            meter,
            primer,
        });
    }

    fn hear_bar(&mut self, start: Tick, meter: Meter, knobs: &ComposingKnobs, notes: &[Note]) {
        self.generator.steer(style_mix(knobs), knobs.mode());
        self.generator.begin_bar(start, meter);
        for note in notes {
            self.generator.feed(note);
        }
    }

    /// Goes back to the nearest remembered standpoint at or before a bar, and returns its bar.
    fn recall(&mut self, take: &Take, bar_idx: usize) -> Option<usize> {
        let is_on_the_way = |point: &Standpoint| {
            point.bar_idx <= bar_idx
                && stretch_start(point.bar_idx) == stretch_start(bar_idx)
                && *point == standpoint(take, point.bar_idx)
        };
        let on_the_way = self
            .memories
            .iter()
            .enumerate()
            .filter(|(_, (point, _))| is_on_the_way(point));
        let (memory_idx, _) = on_the_way.max_by_key(|(_, (point, _))| point.bar_idx)?;
        // What is used again is kept longest: the start of a loop, say.
        let memory = self.memories.remove(memory_idx)?;
        self.generator.restore(&memory.1);
        let bar_idx = memory.0.bar_idx;
        self.memories.push_back(memory);
        Some(bar_idx)
    }

    fn remember(&mut self, here: Standpoint) {
        if here.bar_idx == 0 || self.memories.iter().any(|(point, _)| *point == here) {
            return;
        }
        if self.memories.len() >= Self::N_MEMORIES {
            self.memories.pop_front();
        }
        self.memories.push_back((here, self.generator.snapshot()));
    }
}

/// Composes whole bars, all on the same knobs and meter, until the take reaches `end`.
///
/// Bars that are there already and were composed with these knobs stay.
pub fn compose_until(take: &mut Take, writer: &mut Writer, knobs: &ComposingKnobs, meter: Meter, end: Tick) {
    let knobs = knobs.rounded();
    for bar_idx in 0..Take::MAX_BARS {
        let composed = take.bars().get(bar_idx);
        if composed.map_or(take.end(), |composed| composed.bar.start) >= end {
            return;
        }
        let meter = composed.map_or(meter, |composed| composed.bar.meter);
        if composed.is_none() || take.is_stale(bar_idx, &knobs, writer.hash()) {
            writer.write_bar(take, bar_idx, &knobs, meter);
        }
    }
}

/// Composes one bar of the take anew, or its next one. The bars after it stay, perhaps stale.
pub fn compose_bar(
    take: &mut Take,
    writer: &mut Writer,
    knobs: &ComposingKnobs,
    meter: Meter,
    bar_idx: usize,
) {
    writer.write_bar(take, bar_idx, &knobs.rounded(), meter);
}

/// The first bar that the network hears before it composes this one.
fn stretch_start(bar_idx: usize) -> usize {
    (bar_idx / Writer::STRETCH * Writer::STRETCH).saturating_sub(Writer::RUN_UP)
}

/// Where the generator has to stand to compose a bar.
fn standpoint(take: &Take, bar_idx: usize) -> Standpoint {
    let heard = take.bars().iter().take(bar_idx).skip(stretch_start(bar_idx));
    let heard = heard.fold(Fingerprint::EMPTY, |print, composed| print.with_bar(composed));
    Standpoint { bar_idx, heard }
}

/// The primer for this seed, from those of the style; of the same mode and meter if there are any.
fn choose_primer<'a>(model: &'a Model, knobs: &ComposingKnobs, meter: Meter) -> Option<&'a Primer> {
    let style = style_mix(knobs).main().min(model.card().styles.len().saturating_sub(1));
    let mode = knobs.mode();
    let fit = |primer: &Primer| (primer.mode == mode, primer.meter == meter);
    let of_style = || model.primers().iter().filter(|primer| primer.style == style);
    let best = of_style().map(fit).max()?;
    let fitting: Vec<&Primer> = of_style().filter(|primer| fit(primer) == best).collect();
    let chosen = chance(&[u64::from(knobs.seed), 2]) % fitting.len().max(1) as u64;
    fitting.get(chosen as usize).copied()
}

/// The chance of one bar, or of what is added to it.
fn rng(seed: u32, bar_idx: usize, addition: u64) -> Pcg64 {
    Pcg64::seed_from_u64(chance(&[u64::from(seed), bar_idx as u64, 0, addition]))
}

fn style_mix(knobs: &ComposingKnobs) -> StyleMix {
    StyleMix::between(usize::from(knobs.style), usize::from(knobs.second_style), knobs.blend)
}

fn sampling(knobs: &ComposingKnobs) -> Sampling {
    let ComposingKnobs {
        temperature,
        rhythm,
        pitch,
        velocity,
        nucleus,
        min_p,
        variety,
        ..
    } = *knobs;
    Sampling {
        temperature,
        rhythm,
        pitch,
        velocity,
        nucleus,
        min_p,
        variety,
    }
}

/// What may be drawn, moved from the key that sounds to the network's tonic of C.
fn constraints(knobs: &ComposingKnobs) -> Constraints {
    let down = |pitch: u8| i16::from(pitch) - i16::from(knobs.key().transposition());
    let (lowest, highest) = (down(knobs.lowest), down(knobs.highest));
    // A range that lies below all the network's pitches leaves the drums alone.
    let is_playable = highest >= 0 && lowest <= 127;
    let families = if is_playable {
        knobs.families
    } else {
        FamilySet::from_bits(knobs.families.bits() & FamilySet::EMPTY.with(Family::DRUMS).bits())
    };
    Constraints {
        scale: knobs.pitch_classes(),
        lowest: lowest.clamp(0, 127) as u8,
        highest: highest.clamp(0, 127) as u8,
        polyphony: knobs.polyphony.max(1),
        families,
        grid: knobs.grid,
        shortest: knobs.shortest,
        longest: knobs.longest,
    }
}

/// Notes around a tonic of C, moved to the key that sounds.
fn to_key(notes: &[Note], knobs: &ComposingKnobs) -> Vec<Note> {
    transposed(notes, knobs.key().transposition())
}

/// Notes of the key that sounds, moved to the network's tonic of C.
fn to_c(notes: &[Note], knobs: &ComposingKnobs) -> Vec<Note> {
    transposed(notes, -knobs.key().transposition())
}

/// Drums stay; the rest moves, within the keyboard; and chords are in order again.
fn transposed(notes: &[Note], up: i8) -> Vec<Note> {
    let moved = |note: &Note| {
        let pitch = if note.family.is_drums() {
            note.pitch
        } else {
            note.pitch.saturating_add_signed(up).min(127)
        };
        Note { pitch, ..*note }
    };
    let mut notes: Vec<Note> = notes.iter().map(moved).collect();
    notes.sort_unstable();
    notes
}
