//! Draws a note, part by part, within the constraints.
//!
//! Every constraint is a mask before the draw. A class that would leave a later part without any is masked too, so
//! that nothing is drawn twice.

use rand::{Rng, RngExt};

use crate::model::activation::{exp, ln};
use crate::model::chord_tones::ChordTones;
use crate::model::corrections::Corrections;
use crate::model::draw::{PartSampling, draw_class};
use crate::model::encoding::{Encoding, Memory};
use crate::model::heads::{Heads, mask};
use crate::model::keys::Keys;
use crate::model::passages::Passages;
use crate::model::sampling::{Constraints, Drawn, Given, Sampling};
use crate::model::variety;
use crate::model::vocabulary::{
    N_DURATIONS, N_FAMILIES, N_PITCHES, N_SHIFTS, N_VELOCITIES, duration_class, duration_of, feel_of,
    shift_class, shifted, velocities_of,
};
use crate::music::{Family, Note, Tick};

/// Everything that the next note depends on.
pub(crate) struct NextNote<'a> {
    pub(crate) heads: Heads<'a>,
    pub(crate) sampling: &'a Sampling,
    pub(crate) constraints: &'a Constraints,
    pub(crate) given: &'a Given,
    /// The keys that each instrument may play.
    pub(crate) open: Keys,
    /// What the chords leave, if they matter.
    pub(crate) chord_tones: Option<ChordTones<'a>>,
    /// Passages that the next note must not end, because the copy would be too long.
    pub(crate) copying: Option<&'a Passages>,
    /// How many times in a row an instrument may play one pitch.
    pub(crate) longest_run: Option<usize>,
    /// Those of the style, ascending, with how often each comes; empty if not known.
    pub(crate) velocities: &'a [(u8, u32)],
    /// What of the style is made likelier or less likely.
    pub(crate) corrections: Option<&'a Corrections>,
    /// Whether the first note of a bar is drawn from what the network expects after the bar line.
    pub(crate) is_exact_at_bar_lines: bool,
}

impl NextNote<'_> {
    /// A repetition counts as one from this many notes on.
    const MIN_REPETITION: usize = 4;

    /// Draws it. A family without an open onset is masked, and another drawn.
    pub(crate) fn draw<R: Rng>(&mut self, rng: &mut R) -> Option<Drawn> {
        let mut families = self.families();
        loop {
            let (family, probability) = draw_class(&mut families.clone(), self.part_sampling(1.0, 1.0), rng)?;
            if let Some(mut drawn) = self.draw_of(family, rng) {
                drawn.log_probability += ln(probability);
                return Some(drawn);
            }
            families[family] = f32::NEG_INFINITY;
        }
    }

    fn draw_of<R: Rng>(&mut self, family: usize, rng: &mut R) -> Option<Drawn> {
        let Sampling { rhythm, pitch, velocity, min_p_of_rhythm, .. } = *self.sampling;
        let (rhythm, of_pitch, of_velocity) = (
            self.part_sampling(rhythm, min_p_of_rhythm),
            self.part_sampling(pitch, 1.0),
            self.part_sampling(velocity, 1.0),
        );
        let (shift, p_shift) = draw_class(&mut self.shifts(family), rhythm, rng)?;
        let (pitch, p_pitch) = draw_class(&mut self.pitches(family, shift), of_pitch, rng)?;
        let (duration, p_duration) = draw_class(&mut self.durations(family, shift, pitch), rhythm, rng)?;
        let mut velocities = self.velocities(family, shift, pitch, duration);
        let (velocity, p_velocity) = draw_class(&mut velocities, of_velocity, rng)?;
        let fine = self.fine_velocity(velocity, p_velocity, rng);
        let feel = match self.heads.feel(family, shift, pitch, velocity) {
            Some(mut feels) => feel_of(draw_class(&mut feels, rhythm, rng)?.0),
            None => None,
        };
        let note = Note {
            onset: self.onset(shift),
            duration: self.given.duration.unwrap_or(duration_of(duration)),
            pitch: pitch as u8,
            velocity: self.given.velocity.unwrap_or(fine),
            family: Family::from_index(family)?,
            feel: self.given.feel.or(feel),
        };
        Some(Drawn { note, log_probability: ln(p_shift) + ln(p_pitch) + ln(p_duration) })
    }

    /// A velocity of a class, as often as in the training pieces. Where those are not known: if the network is not sure of
    /// the class, the music has dynamics, and players strike no class's middle each time, so any velocity of it is drawn.
    fn fine_velocity<R: Rng>(&self, class: usize, probability: f32, rng: &mut R) -> u8 {
        const SURE: f32 = 0.9;
        match self.encoding() {
            Encoding::Second => self.encoding().velocity_of(class),
            Encoding::Third if !self.velocities.is_empty() => {
                let of_class = velocities_of(class);
                let own = || self.velocities.iter().filter(|(velocity, _)| of_class.contains(velocity));
                let total = own().fold(0_u32, |total, (_, n_notes)| total.saturating_add(*n_notes));
                let mut dart = rng.random_range(0..total.max(1));
                let drawn = own().find(|(_, n_notes)| {
                    let is_hit = dart < *n_notes;
                    dart = dart.saturating_sub(*n_notes);
                    is_hit
                });
                drawn.map_or(self.encoding().velocity_of(class), |(velocity, _)| *velocity)
            }
            Encoding::Third => {
                // Taken in every case, so that later draws do not shift.
                let within = rng.random_range(velocities_of(class));
                if probability > SURE { self.encoding().velocity_of(class) } else { within }
            }
        }
    }

    fn encoding(&self) -> Encoding {
        self.heads.memory.encoding()
    }

    /// With further factors on the temperature and on min-p.
    fn part_sampling(&self, temperature: f32, min_p: f32) -> PartSampling {
        let Sampling { nucleus, .. } = *self.sampling;
        PartSampling {
            temperature: self.sampling.temperature * temperature,
            nucleus,
            min_p: (self.sampling.min_p * min_p).min(1.0),
        }
    }

    /// Makes the class likelier that continues a repetition: `class` finds it in the shift and the note that came
    /// next then.
    fn favour_repetition(&self, logits: &mut [f32], class: impl Fn(usize, &Note) -> Option<usize>) {
        let Sampling { form, drum_form, .. } = *self.sampling;
        let is_on = form > 0.0 || drum_form > 0.0;
        let returning = if is_on { self.heads.memory.next_in_repetition(Self::MIN_REPETITION) } else { None };
        let Some((shift, then)) = returning else { return };
        if let Some(logit) = class(shift, then).and_then(|class| logits.get_mut(class)) {
            *logit += if then.family.is_drums() { drum_form } else { form };
        }
    }

    /// The notes that are remembered, once two bars of them say who plays.
    fn ensemble(&self) -> Option<&[Note]> {
        let memory = self.heads.memory;
        let notes = memory.notes();
        let began = notes.first()?.onset;
        let bar_length = (memory.bar_end() - memory.bar_start()).0;
        let is_settled = memory.bar_start() - began >= Tick(2 * bar_length);
        (self.sampling.ensemble > 0.0 && is_settled).then_some(notes)
    }

    /// Makes each family as likely as it is to play next given that the bar line has been reached: one that would more likely
    /// have played before it is ruled out. Else it would be drawn too often, and those that come before it in a chord not at
    /// all.
    fn given_the_bar_line(&mut self, logits: &mut [f32; N_FAMILIES]) {
        let memory = self.heads.memory;
        let n_open = logits.iter().filter(|logit| logit.is_finite()).count();
        if memory.last_onset() >= memory.bar_start() || n_open < 2 {
            return;
        }
        for (family, logit) in logits.iter_mut().enumerate().filter(|(_, logit)| logit.is_finite()) {
            let shifts = self.heads.shift(family);
            let likeliest = shifts.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let weight = |shift: usize| exp(shifts[shift] - likeliest);
            let all: f32 = (0..N_SHIFTS).map(weight).sum();
            let after: f32 = (0..N_SHIFTS).filter(|shift| reaches_bar(memory, *shift)).map(weight).sum();
            *logit += ln((after / all).max(f32::MIN_POSITIVE));
        }
    }

    fn families(&mut self) -> [f32; N_FAMILIES] {
        let given = self.given.family;
        let mut logits = self.heads.family();
        mask(&mut logits, |family| {
            self.highest_open_pitch(family).is_some() && given.is_none_or(|given| given.index() == family)
        });
        if self.is_exact_at_bar_lines {
            self.given_the_bar_line(&mut logits);
        }
        self.favour_repetition(&mut logits, |_, then| Some(then.family.index()));
        if let Some(notes) = self.ensemble() {
            let playing = notes.iter().fold(0_u32, |playing, note| playing | 1 << note.family.index());
            let others = logits.iter_mut().enumerate().filter(|(family, _)| playing >> family & 1 == 0);
            others.for_each(|(_, logit)| *logit -= self.sampling.ensemble);
        }
        logits
    }

    /// The onset after a shift: never before the current bar, even after a silence longer than any shift.
    fn onset(&self, shift: usize) -> Tick {
        let memory = self.heads.memory;
        self.given.onset.unwrap_or_else(|| shifted(memory.last_onset(), shift).max(memory.bar_start()))
    }

    fn shifts(&mut self, family: usize) -> [f32; N_SHIFTS] {
        let mut logits = self.heads.shift(family);
        self.favour_repetition(&mut logits, |shift, then| (then.family.index() == family).then_some(shift));
        let memory = self.heads.memory;
        if let Some(corrections) = self.corrections {
            corrections.correct_shifts(&mut logits, memory);
        }
        let (last, bar_start, bar_end) = (memory.last_onset(), memory.bar_start(), memory.bar_end());
        let spacing = self.constraints.grid.spacing().0;
        let earliest = self.given.from.unwrap_or(bar_start).max(bar_start);
        let earliest = earliest.max(if is_drums(family) { earliest } else { self.earliest_room() });
        let given_shift =
            self.given.onset.map(|onset| if onset < last { N_SHIFTS } else { shift_class(last, onset) });
        mask(&mut logits, |shift| {
            let onset = self.onset(shift);
            // Pitches of a chord ascend: there must be an open one above its last note.
            let lowest = if shift == 0 { memory.lowest_in_chord(family) } else { 0 };
            let highest = || if onset < bar_end { self.keys_at(family, onset) } else { self.open.of(family) };
            let has_pitch = || highest().checked_ilog2().is_some_and(|pitch| pitch as usize >= lowest);
            let is_reached = given_shift.map_or_else(|| reaches_bar(memory, shift), |given| given == shift);
            // A note beyond the bar is never written: it only means that this bar is complete.
            let is_on_grid = onset >= bar_end || (onset - bar_start).0 % spacing == 0;
            let is_early_enough = self.given.before.is_none_or(|before| onset < before);
            is_reached && is_on_grid && is_early_enough && onset >= earliest && has_pitch()
        });
        logits
    }

    /// When fewer notes sound than the polyphony allows; drums do not count.
    fn earliest_room(&self) -> Tick {
        let memory = self.heads.memory;
        let polyphony = usize::from(self.constraints.polyphony.max(1));
        let now = memory.last_onset();
        let n_sounding = memory.sounding_at(now).count();
        if n_sounding < polyphony {
            return Tick(i64::MIN);
        }
        let mut ends: Vec<Tick> = memory.sounding_at(now).map(Note::end).collect();
        ends.sort_unstable();
        ends.get(n_sounding - polyphony).copied().unwrap_or(now)
    }

    /// The keys that a family may play at an onset.
    fn keys_at(&self, family: usize, onset: Tick) -> u128 {
        let guaranteed = self.chord_tones.as_ref().and_then(|tones| tones.guaranteed(family, onset));
        guaranteed.unwrap_or(self.open.of(family))
    }

    fn highest_open_pitch(&self, family: usize) -> Option<usize> {
        self.open.of(family).checked_ilog2().map(|pitch| pitch as usize)
    }

    fn pitches(&mut self, family: usize, shift: usize) -> [f32; N_PITCHES] {
        let mut logits = self.heads.pitch(family, shift);
        let onset = self.onset(shift);
        let in_chord = self.chord_tones.as_ref().and_then(|tones| tones.favoured(family, onset));
        // What was played before to other chords is no reason to play it to these.
        let may_return = |pitch: usize| in_chord.is_none_or(|(keys, _)| keys >> pitch & 1 == 1);
        self.favour_repetition(&mut logits, |then_shift, then| {
            let returns = (then_shift, then.family.index()) == (shift, family);
            returns.then_some(usize::from(then.pitch)).filter(|pitch| may_return(*pitch))
        });
        let lowest_in_chord = if shift == 0 { self.heads.memory.lowest_in_chord(family) } else { 0 };
        let keys = self.keys_at(family, onset);
        mask(&mut logits, |pitch| pitch >= lowest_in_chord && keys >> pitch & 1 == 1);
        if let Some((keys, amount)) = in_chord {
            lower(&mut logits, amount, |pitch| keys >> pitch & 1 == 0);
        }
        if let Some(corrections) = self.corrections {
            corrections.correct_pitches(&mut logits, is_drums(family), onset, self.heads.memory);
        }
        self.keep_to_the_style(&mut logits, family, onset);
        let notes = self.heads.memory.notes();
        if let Some(passages) = self.copying {
            let is_copied = passages.endings(notes, onset);
            mask_if_some_are_left(&mut logits, |pitch| !is_copied(pitch as u8));
        }
        if let Some(last) = self.longest_run.and_then(|most| variety::repeated(notes, family, most)) {
            mask_if_some_are_left(&mut logits, |pitch| pitch != usize::from(last));
        }
        if self.sampling.variety > 0.0 {
            let penalties = variety::penalties(notes, family, onset, self.sampling.variety.min(1.0));
            logits.iter_mut().zip(penalties).for_each(|(logit, penalty)| *logit -= penalty);
        }
        logits
    }

    /// Makes pitches less likely that the network draws more often than the style has them: newcomers in the drum kit,
    /// clashes, and notes struck again.
    fn keep_to_the_style(&self, logits: &mut [f32; N_PITCHES], family: usize, onset: Tick) {
        let Sampling { ensemble, consonance, restrike, .. } = *self.sampling;
        let memory = self.heads.memory;
        if is_drums(family) {
            if let Some(notes) = self.ensemble() {
                let playing = keys_of(notes.iter().filter(|note| note.family.is_drums()));
                lower(logits, ensemble, |pitch| playing >> pitch & 1 == 0);
            }
            return;
        }
        if consonance > 0.0 {
            let sounding = keys_of(memory.sounding_at(onset));
            let classes = (0..N_PITCHES).filter(|pitch| sounding >> pitch & 1 == 1);
            let clashing = classes
                .fold(0_u16, |classes, pitch| classes | 1 << ((pitch + 1) % 12) | 1 << ((pitch + 11) % 12));
            lower(logits, consonance, |pitch| clashing >> (pitch % 12) & 1 == 1);
        }
        if restrike > 0.0 {
            let before = memory.notes().iter().rev().skip_while(|note| note.onset >= onset);
            let mut own = before.filter(|note| note.family.index() == family).peekable();
            if let Some(last) = own.peek().map(|note| note.onset) {
                let struck = keys_of(own.take_while(|note| note.onset == last));
                lower(logits, restrike, |pitch| struck >> pitch & 1 == 1);
            }
        }
    }

    /// One duration is always open: the nearest to the limits when no class is within them.
    fn durations(&mut self, family: usize, shift: usize, pitch: usize) -> [f32; N_DURATIONS] {
        let mut logits = self.heads.duration(family, shift, pitch);
        self.favour_repetition(&mut logits, |then_shift, then| {
            let is_so_far =
                (then_shift, then.family.index(), usize::from(then.pitch)) == (shift, family, pitch);
            is_so_far.then_some(duration_class(then.duration))
        });
        if let Some(corrections) = self.corrections.filter(|_| !is_drums(family)) {
            corrections.correct_durations(&mut logits);
        }
        let Constraints { shortest, mut longest, ends_by, .. } = *self.constraints;
        if let Some(line) = ends_by {
            longest = longest.min((line - self.onset(shift)).max(shortest));
        }
        if self.given.duration.is_none()
            && let Some(tones) = &self.chord_tones
            && let Some(in_chord) = tones.longest(family, self.onset(shift), pitch)
        {
            let in_chord = in_chord.max(shortest);
            match tones.resistance {
                Some(amount) => lower(&mut logits, amount, |class| duration_of(class) > in_chord),
                None => longest = longest.min(in_chord),
            }
        }
        let is_within = |class: usize| (shortest..=longest).contains(&duration_of(class));
        if let Some(given) = self.given.duration {
            let is_allowed = (shortest..=longest).contains(&given);
            mask(&mut logits, |class| is_allowed && class == duration_class(given));
        } else if (0..N_DURATIONS).any(is_within) {
            mask(&mut logits, is_within);
        } else {
            mask(&mut logits, |class| class == duration_class(shortest));
        }
        logits
    }

    fn velocities(
        &mut self,
        family: usize,
        shift: usize,
        pitch: usize,
        duration: usize,
    ) -> [f32; N_VELOCITIES] {
        let mut logits = self.heads.velocity(family, shift, pitch, duration);
        if let Some(given) = self.given.velocity {
            let given = self.encoding().velocity_class(given);
            mask(&mut logits, |class| class == given);
        }
        logits
    }
}

/// Whether a note after this shift begins in the current bar or later, as the longest shift always does.
fn reaches_bar(memory: &Memory, shift: usize) -> bool {
    shifted(memory.last_onset(), shift) >= memory.bar_start() || shift == N_SHIFTS - 1
}

/// Makes some classes less likely, by so many nats.
fn lower(logits: &mut [f32], amount: f32, is_lowered: impl Fn(usize) -> bool) {
    let lowered = logits.iter_mut().enumerate().filter(|(class, _)| is_lowered(*class));
    lowered.for_each(|(_, logit)| *logit -= amount);
}

/// Masks classes that are not open, unless that would leave none.
fn mask_if_some_are_left(logits: &mut [f32], is_open: impl Fn(usize) -> bool) {
    if logits.iter().enumerate().any(|(class, logit)| logit.is_finite() && is_open(class)) {
        mask(logits, is_open);
    }
}

/// One bit each.
fn keys_of<'a>(notes: impl Iterator<Item = &'a Note>) -> u128 {
    notes.fold(0, |keys, note| keys | 1 << (note.pitch & 127))
}

fn is_drums(family: usize) -> bool {
    family == Family::DRUMS.index()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    use crate::model::{Beginning, Card, Constraints, Drawn, Generator, Given, Model, Sampling, StyleMix};
    use crate::music::{Family, FamilySet, Grid, Meter, Note, Tick};

    fn generator(seed: u64) -> Generator {
        Generator::new(Arc::new(Model::random(2, seed)))
    }

    fn draw(generator: &mut Generator, constraints: &Constraints, given: &Given, seed: u64) -> Option<Drawn> {
        generator.draw(&Sampling::default(), constraints, given, &mut Pcg64Mcg::seed_from_u64(seed))
    }

    #[test]
    fn given_parts_are_taken_and_add_nothing_to_the_log_probability() {
        let mut generator = generator(3);
        let free = draw(&mut generator, &Constraints::default(), &Given::default(), 1).unwrap();
        assert!(free.log_probability < 0.0);
        let given = Given {
            family: Some(Family::BASS),
            onset: Some(Tick(300)),
            pitch: Some(41),
            duration: Some(Tick(50)),
            velocity: Some(77),
            ..Given::default()
        };
        let drawn = draw(&mut generator, &Constraints::default(), &given, 1).unwrap();
        let note = drawn.note;
        assert_eq!((note.family, note.onset, note.pitch), (Family::BASS, Tick(300), 41));
        assert_eq!((note.duration, note.velocity), (Tick(50), 77));
        assert!(drawn.log_probability == 0.0);
        generator.feed(&note);
        assert_eq!(draw(&mut generator, &Constraints::default(), &given, 1), None, "it was there already");
        let rhythm = Given { onset: None, duration: None, ..given };
        for seed in 0..50 {
            let drawn = draw(&mut generator, &Constraints::default(), &rhythm, seed).unwrap();
            assert_eq!(drawn.note.pitch, 41);
            assert!(drawn.note.onset > note.onset && drawn.log_probability < 0.0);
        }
    }

    /// How often each instrument has the next note from the bar line on.
    fn first_after(bar_line: Tick, generator: &mut Generator) -> Vec<f64> {
        let sampling = Sampling { min_p: 0.0, variety: 0.0, ..Sampling::default() };
        let mut draw = |seed| {
            let rng = &mut Pcg64Mcg::seed_from_u64(seed);
            generator.draw(&sampling, &Constraints::default(), &Given::default(), rng).unwrap().note
        };
        let drawn = (0..500).map(&mut draw).filter(|note| note.onset >= bar_line);
        let drawn: Vec<Family> = drawn.map(|note| note.family).collect();
        let n_of = |family: Family| drawn.iter().filter(|other| **other == family).count();
        Family::all().map(|family| n_of(family) as f64 / drawn.len() as f64).collect()
    }

    #[test]
    fn after_a_bar_line_instruments_come_as_often_as_the_network_expects_them_there() {
        let bar_line = Tick(96);
        let model = Model::embedded().unwrap();
        let style = model.card().style_named("Jazz").unwrap();
        let primer = model.primers().iter().find(|primer| primer.style == style).unwrap();
        let furthest_from_expected = |exact_at_bar_lines: bool| {
            let card = Card { exact_at_bar_lines, ..model.card().clone() };
            let mut generator = Generator::new(Arc::new(model.with(card, Vec::new()).unwrap()));
            let furthest = (0..16).map(|piece| {
                let (style, mode, start) = (StyleMix::of(style), primer.mode, Tick(0));
                let beginning = Beginning { style, mode, start, meter: primer.meter, primer: Some(primer) };
                generator.begin(&beginning);
                for seed in 1000 * piece.. {
                    let note =
                        draw(&mut generator, &Constraints::default(), &Given::default(), seed).unwrap().note;
                    if note.onset >= bar_line {
                        break;
                    }
                    generator.feed(&note);
                }
                let expected = first_after(bar_line, &mut generator);
                generator.begin_bar(bar_line, primer.meter);
                let found = first_after(bar_line, &mut generator);
                let apart = found.iter().zip(&expected).map(|(one, other)| (one - other).abs());
                apart.fold(0.0, f64::max)
            });
            furthest.fold(0.0, f64::max)
        };
        let (exact, before) = (furthest_from_expected(true), furthest_from_expected(false));
        println!("furthest from what is expected: {exact:.3}, in models of before {before:.3}");
        assert!(exact < 0.06 && before > 0.3);
    }

    #[test]
    fn onsets_keep_to_the_grid_and_the_given_range() {
        let mut generator = generator(4);
        // Shifts longer than four beats reach beats only.
        let last = Note {
            onset: Tick(90),
            duration: Tick(12),
            pitch: 60,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        generator.feed(&last);
        generator.begin_bar(Tick(96), Meter::COMMON);
        let given = Given { from: Some(Tick(110)), before: Some(Tick(140)), ..Given::default() };
        let constraints = Constraints { grid: Grid::DottedSixteenth, ..Constraints::default() };
        for seed in 0..200 {
            let onset = draw(&mut generator, &constraints, &given, seed).unwrap().note.onset;
            assert!([114, 123, 132].contains(&onset.0), "{onset:?}");
        }
    }

    #[test]
    fn a_given_part_that_the_constraints_exclude_gives_no_note() {
        let mut generator = generator(5);
        let constraints = Constraints {
            highest: 60,
            families: FamilySet::EMPTY.with(Family::PIANO),
            longest: Tick(24),
            ..Constraints::default()
        };
        let refused = [
            Given { pitch: Some(61), ..Given::default() },
            Given { family: Some(Family::BASS), ..Given::default() },
            Given { duration: Some(Tick(25)), ..Given::default() },
            Given { onset: Some(Tick(-1)), ..Given::default() },
        ];
        for given in refused {
            assert_eq!(draw(&mut generator, &constraints, &given, 1), None, "{given:?}");
        }
    }
}
