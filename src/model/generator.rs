//! The generator: feed a note, draw the next.

use std::sync::Arc;

use rand::Rng;

use crate::model::batching::{Step, StepSlot, block_on};
use crate::model::card::Primer;
use crate::model::chord_tones::ChordTones;
use crate::model::encoding::{Memory, Parts, Told};
use crate::model::heads::{Buffers, Heads, ROWS, mask};
use crate::model::network::N_PARTS;
use crate::model::next_note::NextNote;
use crate::model::passages::PASSAGE;
use crate::model::sampling::{Constraints, Drawn, Given, Sampling, StyleMix};
use crate::model::step::{Advance, HiddenState, Stepper};
use crate::model::vocabulary::N_PITCHES;
use crate::model::weights::Model;
use crate::music::{Family, Meter, Mode, Note, Tick};

/// Where and how a piece begins.
#[derive(Debug, Clone, Copy)]
pub struct Beginning<'a> {
    /// The style, or a blend of two.
    pub style: StyleMix,
    /// Major or minor.
    pub mode: Mode,
    /// The song position of the first bar line.
    pub start: Tick,
    /// The meter of the first bar.
    pub meter: Meter,
    /// Music to read first, which ends at `start`.
    pub primer: Option<&'a Primer>,
}

/// A network with the state of one stream of notes.
///
/// All pitches are relative to a tonic of C; the caller transposes to other keys.
/// Not for the audio thread: a step costs hundreds of microseconds.
#[derive(Debug, Clone)]
pub struct Generator {
    model: Arc<Model>,
    stepper: Stepper,
    /// Where steps wait for a batch, if they do.
    slot: Option<StepSlot>,
    rows: Vec<u32>,
    /// The last blend of two styles that was asked for, and its row.
    blended: (StyleMix, Vec<i16>),
    buffers: Buffers,
    past: Snapshot,
}

/// The state of a [`Generator`], to go back to.
#[derive(Debug, Clone)]
pub struct Snapshot {
    style: StyleMix,
    memory: Memory,
    state: HiddenState,
    /// How many of the last notes in a row each ended a passage of the training pieces.
    n_copied: usize,
}

impl Generator {
    /// A generator at tick zero, before any note.
    #[must_use]
    pub fn new(model: Arc<Model>) -> Self {
        let config = model.packed().config;
        let memory = Memory::new(config.encoding, 0, Mode::Major, Tick::ZERO, Meter::COMMON);
        let past =
            Snapshot { style: StyleMix::of(0), memory, state: HiddenState::zero(&config), n_copied: 0 };
        let (stepper, buffers) = (Stepper::new(&config), Buffers::new(&config));
        let (rows, blended) = (Vec::with_capacity(ROWS), (StyleMix::default(), Vec::new()));
        let mut generator = Self { model, stepper, slot: None, rows, blended, buffers, past };
        generator.step_now();
        generator
    }

    /// The model it draws from.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Makes the `*_async` methods wait in this slot for each step.
    pub fn use_slot(&mut self, slot: StepSlot) {
        self.slot = Some(slot);
    }

    /// Forgets everything, reads the primer if there is one, and starts a bar at `beginning.start`.
    ///
    /// A style index beyond the model's styles means the last style.
    pub fn begin(&mut self, beginning: &Beginning<'_>) {
        let slot = self.slot.take();
        block_on(self.begin_async(beginning));
        self.slot = slot;
    }

    /// As [`Generator::begin`], waiting in the slot for each step.
    pub async fn begin_async(&mut self, beginning: &Beginning<'_>) {
        let Beginning { mode, start, meter, primer, .. } = *beginning;
        let style = self.known_style(beginning.style);
        self.past.style = style;
        let primer_length =
            primer.map_or(Tick::ZERO, |primer| Tick(primer.meter.bar_length().0 * i64::from(primer.n_bars)));
        let primer_start = start - primer_length;
        let first_meter = primer.map_or(meter, |primer| primer.meter);
        let config = self.model.packed().config;
        let told = self.past.memory.told().clone();
        self.past.memory = Memory::new(config.encoding, style.main(), mode, primer_start, first_meter);
        self.past.memory.tell(told);
        self.past.state = HiddenState::zero(&config);
        self.step().await;
        if let Some(primer) = primer {
            let bar_length = primer.meter.bar_length().0;
            for note in &primer.notes {
                let bar = note.onset.0.div_euclid(bar_length) * bar_length;
                self.begin_bars_until(primer_start + Tick(bar), primer.meter);
                self.feed_async(&Note { onset: note.onset + primer_start, ..*note }).await;
            }
            self.begin_bars_until(start - Tick(bar_length), primer.meter);
            self.begin_bar(start, meter);
        }
        // The primer is training music itself, but it is not played.
        self.past.n_copied = 0;
    }

    /// Begins bars of `meter` one after the other until that at `start`.
    pub(crate) fn begin_bars_until(&mut self, start: Tick, meter: Meter) {
        while self.past.memory.bar_start() < start {
            self.begin_bar(self.past.memory.bar_start() + meter.bar_length(), meter);
        }
    }

    /// The notes and bars so far.
    pub(crate) fn memory(&self) -> &Memory {
        &self.past.memory
    }

    /// Adds notes of other music that are still sounding at the start. The network reads them as sounding
    /// until they end, not as notes of its own.
    pub fn add_ringing(&mut self, notes: &[Note]) {
        self.past.memory.add_ringing(notes);
    }

    /// Tells the network the chords and the end of the music to come; `Told::default()` leaves it free again. Models of
    /// encoding 2 know nothing of them and go on as before.
    ///
    /// Chords are around a tonic of C, as all pitches are. The next step reads them: tell before
    /// [`Generator::begin`], or before the note is fed after which they hold. A [`Snapshot`] holds what was told then.
    pub fn tell(&mut self, told: Told) {
        self.past.memory.tell(told);
    }

    /// Sets the style and mode from the next note on.
    pub fn set_style(&mut self, style: StyleMix, mode: Mode) {
        self.past.style = self.known_style(style);
        self.past.memory.set_style(self.past.style.main(), mode);
    }

    fn known_style(&self, style: StyleMix) -> StyleMix {
        style.within(self.model.packed().config.n_styles)
    }

    /// Begins a bar of `meter` at `start`. No note drawn from now on begins before `start`.
    pub fn begin_bar(&mut self, start: Tick, meter: Meter) {
        self.past.memory.begin_bar(start, meter);
    }

    /// The pitched notes that began at or before `tick` and still sound at it.
    pub fn sounding_at(&self, tick: Tick) -> impl Iterator<Item = &Note> {
        self.past.memory.sounding_at(tick)
    }

    /// Draws the next note, or the parts of it that are not `given`; `None` when the constraints allow none.
    ///
    /// The note begins at or after the start of the bar, and comes after the last note fed in the order of
    /// [`Note`]. It may begin after the end of the bar: then drop it and begin the next bar. Drawing does not
    /// advance the network; feed the note to continue from it.
    pub fn draw<R: Rng>(
        &mut self,
        sampling: &Sampling,
        constraints: &Constraints,
        given: &Given,
        rng: &mut R,
    ) -> Option<Drawn> {
        let copying = self.copying();
        let Self { model, past, buffers, .. } = self;
        let heads = Heads::new(model.packed(), &past.memory, &past.state, buffers);
        let copying = copying.then(|| model.passages()).flatten();
        let (card, style) = (model.card(), past.style.main());
        let sampling = &card.sampling(style, sampling);
        let longest_run = card.longest_run.get(style).copied().flatten();
        let longest_run = longest_run.map(|in_real_pieces| in_real_pieces.max(1).saturating_mul(2));
        let keys = model.keys(past.style, constraints.families);
        let open = keys.open(constraints, given);
        let chord_tones = ChordTones::new(&past.memory, constraints, &keys, given);
        let velocities = card.velocities.get(style).map_or(&[][..], Vec::as_slice);
        let instruments = card.keys.get(style).map_or(&[][..], Vec::as_slice);
        let mut instruments = instruments.iter().filter_map(|of| Family::from_index(of.family));
        let is_whole = instruments.all(|family| constraints.families.contains(family));
        let corrections = card.corrections.get(style).filter(|_| sampling.is_corrected && is_whole);
        let mut next = NextNote {
            heads,
            sampling,
            constraints,
            given,
            open,
            chord_tones,
            copying,
            longest_run,
            velocities,
            corrections,
            is_exact_at_bar_lines: card.exact_at_bar_lines,
        };
        next.draw(rng)
    }

    /// The log-probability, in nats, of each part of a note that might follow: family, shift, pitch, duration,
    /// velocity, feel (0 in encoding 2). `None` when it cannot follow the last note in the order of [`Note`].
    ///
    /// The network's own probabilities, without temperature; the only constraint is the order of a chord.
    #[must_use]
    pub fn log_probabilities(&self, note: &Note) -> Option<[f32; N_PARTS]> {
        let memory = &self.past.memory;
        if memory.notes().last().is_some_and(|last| note <= last) {
            return None;
        }
        let Parts { family, shift, pitch, duration, velocity, feel } = memory.parts(note);
        let mut buffers = self.buffers.clone();
        let mut heads = Heads::new(self.model.packed(), memory, &self.past.state, &mut buffers);
        let mut pitches = heads.pitch(family, shift);
        let lowest = if shift == 0 { memory.lowest_in_chord(family) } else { 0 };
        mask(&mut pitches, |pitch| pitch >= lowest);
        let mut shifts = heads.shift(family);
        // Nothing can be added above a chord that has reached the highest key.
        mask(&mut shifts, |shift| shift > 0 || memory.lowest_in_chord(family) < N_PITCHES);
        Some([
            log_softmax_at(&heads.family(), family)?,
            log_softmax_at(&shifts, shift)?,
            log_softmax_at(&pitches, pitch)?,
            log_softmax_at(&heads.duration(family, shift, pitch), duration)?,
            log_softmax_at(&heads.velocity(family, shift, pitch, duration), velocity)?,
            match heads.feel(family, shift, pitch, velocity) {
                Some(logits) => log_softmax_at(&logits, feel)?,
                None => 0.0,
            },
        ])
    }

    /// Advances the network by a note, drawn or played: one step. A note that does not come after the last one
    /// in the order of [`Note`] is ignored.
    pub fn feed(&mut self, note: &Note) {
        if self.push(note) {
            self.step_now();
        }
    }

    /// As [`Generator::feed`], waiting in the slot for the step.
    pub async fn feed_async(&mut self, note: &Note) {
        if self.push(note) {
            self.step().await;
        }
    }

    /// Adds a note to the memory; `false` if it is ignored.
    fn push(&mut self, note: &Note) -> bool {
        let passages = self.model.passages();
        let is_copy =
            passages.is_some_and(|known| known.hold(self.past.memory.notes(), note.pitch, note.onset));
        let is_pushed = self.past.memory.push(note);
        if is_pushed {
            self.past.n_copied = if is_copy { self.past.n_copied + 1 } else { 0 };
        }
        is_pushed
    }

    /// Whether one more note copied from the training music would make a longer copy than the card allows.
    fn copying(&self) -> bool {
        let most = self.model.card().longest_shared.get(self.past.style.main()).copied().flatten();
        most.is_some_and(|most| self.past.n_copied + PASSAGE > most)
    }

    async fn step(&mut self) {
        let Some(slot) = self.slot.clone() else {
            self.step_now();
            return;
        };
        let is_blended = self.write_rows();
        let step = Step {
            model: Arc::clone(&self.model),
            rows: std::mem::take(&mut self.rows),
            extra_row: if is_blended { self.blended.1.clone() } else { Vec::new() },
            state: std::mem::take(&mut self.past.state),
            is_done: false,
        };
        let Step { rows, state, .. } = slot.run(step).await;
        (self.rows, self.past.state) = (rows, state);
        self.buffers.invalidate();
    }

    fn step_now(&mut self) {
        let is_blended = self.write_rows();
        let extra_row: &[i16] = if is_blended { &self.blended.1 } else { &[] };
        let advance = Advance { rows: &self.rows, extra_row, state: &mut self.past.state };
        self.stepper.step_batch(self.model.packed(), &mut [advance]);
        self.buffers.invalidate();
    }

    /// Writes the rows of the next step; `true` if the row of a blend of styles comes to them.
    fn write_rows(&mut self) -> bool {
        self.rows.clear();
        self.past.memory.step_rows(&mut self.rows);
        let style = self.past.style;
        if style == StyleMix::of(style.first) {
            return false;
        }
        // A row between those of two styles replaces the style's own.
        let n_step_rows = self.model.packed().config.encoding.n_step_rows();
        self.rows.retain(|row| (*row as usize) < n_step_rows);
        if self.blended.0 != style {
            let [first, second] = [style.first, style.second].map(|style| (n_step_rows + style) as u32);
            self.blended = (style, self.model.packed().inputs().between(first, second, style.thousandths));
        }
        true
    }

    /// Its state now, to come back to.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.past.clone()
    }

    /// Goes back to the state when the snapshot was taken.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.past.clone_from(snapshot);
        self.buffers.invalidate();
    }
}

/// The log-probability of one class; `None` for a class that does not exist.
fn log_softmax_at(logits: &[f32], class: usize) -> Option<f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
    logits.get(class).map(|logit| logit - highest - total.ln())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    use crate::model::encoding::Encoding;
    use crate::model::encoding::Told;
    use crate::model::network::{Network, NetworkConfig};
    use crate::model::vocabulary::N_DURATIONS;
    use crate::model::{
        Beginning, Card, Constraints, Corrections, Generator, Given, Model, Passages, Sampling, StyleMix,
    };
    use crate::music::{Chord, Family, Feel, Meter, Mode, Note, PitchClassSet, Tick};

    fn music(style: StyleMix) -> Vec<Note> {
        let config = NetworkConfig {
            encoding: Encoding::Third,
            n_styles: 3,
            embedding: 8,
            hidden: 12,
            n_layers: 2,
            head: 8,
        };
        let card = Card { styles: vec!["A".into(), "B".into(), "C".into()], ..Card::default() };
        let mut network = Network::random(config, 5);
        // Larger weights, so that styles differ.
        network.parameters.iter_mut().for_each(|value| *value *= 4.0);
        let mut generator = Generator::new(Arc::new(Model::new(network, card, Vec::new()).unwrap()));
        let (mode, meter) = (Mode::Major, Meter::COMMON);
        generator.begin(&Beginning { style, mode, start: Tick::ZERO, meter, primer: None });
        let mut rng = Pcg64Mcg::seed_from_u64(2);
        let mut next = || {
            let given = Given { before: Some(Tick(100_000)), ..Given::default() };
            let drawn = generator.draw(&Sampling::default(), &Constraints::default(), &given, &mut rng);
            let note = drawn.unwrap().note;
            generator.feed(&note);
            note
        };
        (0..60).map(|_| next()).collect()
    }

    #[test]
    fn a_blend_of_two_styles_lies_between_them_and_its_ends_are_the_styles() {
        let mixed = |blend| music(StyleMix::between(0, 2, blend));
        assert_eq!(mixed(0.0), music(StyleMix::of(0)));
        assert_eq!(mixed(1.0), music(StyleMix::of(2)));
        assert_eq!(music(StyleMix::between(1, 1, 0.3)), music(StyleMix::of(1)));
        assert_eq!(
            music(StyleMix::between(0, 9, 1.0)),
            music(StyleMix::of(2)),
            "beyond the last is the last"
        );
        assert!(mixed(0.5) != mixed(0.0) && mixed(0.5) != mixed(1.0) && mixed(0.5) != mixed(0.2));
    }

    #[test]
    fn what_is_told_reaches_the_next_note_and_encoding_2_goes_on_as_before() {
        let chord = Chord::new(2, PitchClassSet::new(&[0, 3, 7]), 2);
        let told = Told { chords: Arc::new([(Tick(0), Some(chord))]), end: Some(Tick(96)) };
        let likelihoods = |encoding, told: &Told| {
            let config =
                NetworkConfig { encoding, n_styles: 1, embedding: 8, hidden: 12, n_layers: 2, head: 8 };
            let card = Card { styles: vec!["A".into()], ..Card::default() };
            let model = Model::new(Network::random(config, 5), card, Vec::new()).unwrap();
            let mut generator = Generator::new(Arc::new(model));
            generator.tell(told.clone());
            let (style, mode, meter) = (StyleMix::of(0), Mode::Major, Meter::COMMON);
            generator.begin(&Beginning { style, mode, start: Tick::ZERO, meter, primer: None });
            let onset = Tick(12);
            let (duration, family) = (Tick(12), Family::PIANO);
            let note = Note { onset, duration, pitch: 62, velocity: 80, family, feel: None };
            generator.log_probabilities(&note).unwrap()
        };
        let free = Told::default();
        let [heard, unheard] = [&told, &free].map(|told| likelihoods(Encoding::Third, told));
        assert!(heard[..5].iter().zip(&unheard[..5]).all(|(heard, unheard)| (heard - unheard).abs() > 1e-6));
        let [told, free] = [&told, &free].map(|told| likelihoods(Encoding::Second, told).map(f32::to_bits));
        assert_eq!(told, free);
    }

    #[test]
    fn notes_have_a_feel_where_the_network_has_learned_one() {
        let mut generator = Generator::new(Arc::new(Model::random(1, 4)));
        let mut rng = Pcg64Mcg::seed_from_u64(2);
        let mut draw = |given: &Given| {
            let drawn = generator.draw(&Sampling::default(), &Constraints::default(), given, &mut rng);
            drawn.unwrap().note.feel
        };
        let feels: HashSet<Option<Feel>> = (0..200).map(|_| draw(&Given::default())).collect();
        assert!(feels.len() > 20, "an untrained network has all: {feels:?}");
        let given = Given { feel: Some(Feel::new(3)), ..Given::default() };
        assert!((0..20).all(|_| draw(&given) == given.feel));
    }

    #[test]
    fn a_repetition_is_carried_on_as_strongly_as_is_asked() {
        let mut generator = Generator::new(Arc::new(Model::random(1, 3)));
        let note = |onset: i64, pitch: u8| Note {
            onset: Tick(onset),
            duration: Tick(12),
            pitch,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        let bar = [60, 64, 67, 72, 71, 67, 62, 65];
        (0..).zip(bar).for_each(|(idx, pitch)| generator.feed(&note(12 * idx, pitch)));
        generator.begin_bar(Tick(96), Meter::COMMON);
        (0..).zip(&bar[..5]).for_each(|(idx, pitch)| generator.feed(&note(96 + 12 * idx, *pitch)));
        let mut followed = |form: f32| {
            let sampling = Sampling { form, variety: 0.0, min_p: 0.0, ..Sampling::default() };
            let mut draw = |seed| {
                let mut rng = Pcg64Mcg::seed_from_u64(seed);
                generator.draw(&sampling, &Constraints::default(), &Given::default(), &mut rng).unwrap().note
            };
            let goes_on =
                |drawn: &Note| (drawn.onset, drawn.duration, drawn.pitch) == (Tick(156), Tick(12), 67);
            (0..200).map(&mut draw).filter(goes_on).count()
        };
        let counts = [0.0, 3.0, 6.0, 30.0].map(&mut followed);
        assert!(counts.is_sorted() && counts[0] < 10 && counts[3] == 200, "{counts:?}");
    }

    /// Three hundred notes by an untrained network with this card and these passages.
    fn compose(
        card: impl Fn(Card) -> Card,
        passages: Option<&Passages>,
        sampling: &Sampling,
        seed: u64,
    ) -> Vec<Note> {
        let drawn = Model::random(1, 3);
        let model =
            Model::new(Network::clone(&drawn.network().unwrap()), card(drawn.card().clone()), Vec::new())
                .unwrap();
        let model = passages.into_iter().fold(model, |model, passages| model.with_passages(passages.clone()));
        let mut generator = Generator::new(Arc::new(model));
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let given = Given { before: Some(Tick(100_000)), ..Given::default() };
        let mut next = || {
            let note = generator.draw(sampling, &Constraints::default(), &given, &mut rng).unwrap().note;
            generator.feed(&note);
            note
        };
        (0..300).map(|_| next()).collect()
    }

    /// How many of the notes by an untrained network with this card are `counted`, each with those before it.
    fn count(card: impl Fn(Card) -> Card, counted: impl Fn(&[Note], &Note) -> bool) -> usize {
        let notes = compose(card, None, &Sampling { variety: 0.0, ..Sampling::as_tuned() }, 6);
        (0..notes.len()).filter(|idx| counted(&notes[..*idx], &notes[*idx])).count()
    }

    #[test]
    fn the_more_consonance_the_card_asks_for_the_fewer_semitones_sound() {
        let clashes = |before: &[Note], note: &Note| {
            let sounding = before.iter().filter(|other| other.end() > note.onset && !other.family.is_drums());
            let mut distances =
                sounding.map(|other| (i16::from(other.pitch) - i16::from(note.pitch)).rem_euclid(12));
            !note.family.is_drums() && distances.any(|distance| distance == 1 || distance == 11)
        };
        let counts =
            [0.0, 2.0, 10.0].map(|amount| count(|card| Card { consonance: vec![amount], ..card }, clashes));
        assert!(counts[0] > 20 && counts[1] < counts[0] && counts[2] < counts[1], "{counts:?}");
    }

    #[test]
    fn the_more_the_card_holds_against_it_the_fewer_notes_are_struck_again() {
        let struck_again = |before: &[Note], note: &Note| {
            let mut own = before.iter().rev().filter(|other| other.family == note.family);
            let last = own.find(|other| other.onset < note.onset).map(|other| other.onset);
            !note.family.is_drums()
                && before.iter().any(|other| {
                    (Some(other.onset), other.family, other.pitch) == (last, note.family, note.pitch)
                })
        };
        let counts =
            [0.0, 10.0].map(|amount| count(|card| Card { restrike: vec![amount], ..card }, struck_again));
        assert!(counts[0] > 0 && counts[1] == 0, "{counts:?}");
    }

    #[test]
    fn what_the_card_corrects_is_played_more_or_less_often() {
        let long = |_: &[Note], note: &Note| !note.family.is_drums() && note.duration >= Tick(48);
        let repeats = |before: &[Note], note: &Note| {
            let mut others = before.iter().rev().filter(|other| !other.family.is_drums()).peekable();
            let last = others.peek().map(|other| other.onset).filter(|last| *last < note.onset);
            let lowest = others.take_while(|other| Some(other.onset) == last).map(|other| other.pitch).min();
            !note.family.is_drums() && lowest == Some(note.pitch)
        };
        let with =
            |corrections: Corrections| move |card| Card { corrections: vec![corrections.clone()], ..card };
        let counts = [-2.0, 0.0, 2.0].map(|nats: f32| {
            let durations = (0..N_DURATIONS).map(|class| if class >= 47 { nats } else { 0.0 }).collect();
            let bass = vec![nats];
            [
                count(with(Corrections { durations, ..Corrections::default() }), long),
                count(with(Corrections { bass, ..Corrections::default() }), repeats),
            ]
        });
        for kind in 0..2 {
            let [less, as_is, more] = counts.map(|counts| counts[kind]);
            assert!(less < as_is && as_is < more, "{counts:?}");
        }
        // What no file of ours has.
        let absurd = Corrections {
            durations: vec![f32::NAN; 500],
            bass: vec![f32::MAX; 500],
            ..Corrections::default()
        };
        assert!(count(with(absurd), |_, note| note.duration > Tick::ZERO) > 0);
    }

    #[test]
    fn only_velocities_of_the_training_pieces_are_played_where_the_card_knows_them() {
        let velocities: Vec<(u8, u32)> = vec![(40, 1), (41, 0), (42, 3), (90, 5)];
        let card = |card| Card { velocities: vec![velocities.clone()], ..card };
        let of = |velocity: u8| count(card, |_, note| note.velocity == velocity);
        let in_class = count(card, |_, note| (40..=43).contains(&note.velocity));
        assert_eq!((of(40) + of(42), of(41)), (in_class, 0));
        assert!(of(42) > of(40), "three times as often in the training pieces");
        // Counts that no file of ours has, nor velocities that do not exist.
        let absurd = vec![(0, 9), (41, u32::MAX), (42, u32::MAX), (127, u32::MAX), (255, 9)];
        let card = |card| Card { velocities: vec![absurd.clone()], ..card };
        assert_eq!(count(card, |_, note| !(1..=127).contains(&note.velocity)), 0);
    }

    #[test]
    fn who_plays_goes_on_playing_alone_where_the_card_holds_to_the_ensemble() {
        let families_after = |ensemble: f32| {
            let model = Model::random(1, 3);
            let card = Card { ensemble: vec![ensemble], ..model.card().clone() };
            let mut generator = Generator::new(Arc::new(model.with(card, Vec::new()).unwrap()));
            for bar in 0..3 {
                generator.begin_bar(Tick(96 * bar), Meter::COMMON);
                let note = |idx: i64| Note {
                    onset: Tick(96 * bar + 24 * idx),
                    duration: Tick(24),
                    pitch: 60,
                    velocity: 80,
                    family: Family::PIANO,
                    feel: None,
                };
                (0..4).for_each(|idx| generator.feed(&note(idx)));
            }
            let mut rng = Pcg64Mcg::seed_from_u64(8);
            let mut draw = || {
                generator.draw(&Sampling::as_tuned(), &Constraints::default(), &Given::default(), &mut rng)
            };
            (0..100).filter(|_| draw().unwrap().note.family != Family::PIANO).count()
        };
        let counts = [0.0, 2.0, 20.0].map(families_after);
        assert!(counts[0] > counts[1] && counts[1] > counts[2] && counts[2] == 0, "{counts:?}");
    }

    #[test]
    fn no_more_notes_in_a_row_are_copied_than_the_card_allows() {
        for most in [7, 16] {
            let card = |card| Card { longest_shared: vec![Some(most)], ..card };
            let learned = compose(card, None, &Sampling::default(), 5);
            let passages = Passages::of(std::iter::once(&learned));
            assert_eq!(passages.longest_shared(&learned), 300, "without the limit it copies");
            let original = compose(card, Some(&passages), &Sampling::default(), 5);
            let shared = passages.longest_shared(&original);
            assert!((most == 7 && shared == 0) || (8..=16).contains(&shared), "{shared}");
            assert_eq!(original[..most], learned[..most]);
            assert_ne!(original[..=most], learned[..=most]);
        }
    }

    #[test]
    fn no_instrument_stays_on_a_pitch_for_more_than_twice_as_many_notes_as_the_card_says() {
        // At a low temperature and without variety, an untrained network repeats one pitch.
        let sampling = Sampling { temperature: 0.01, variety: 0.0, ..Sampling::default() };
        let longest_run_of = |in_real_pieces: Option<usize>, seed| {
            let card = |card| Card { longest_run: vec![in_real_pieces], ..card };
            let notes = compose(card, None, &sampling, seed);
            let families: HashSet<Family> = notes.iter().map(|note| note.family).collect();
            let of = |family: &Family| {
                let own: Vec<u8> =
                    notes.iter().filter(|note| note.family == *family).map(|note| note.pitch).collect();
                own.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or_default()
            };
            families.iter().map(of).max().unwrap_or_default()
        };
        let seed = (1..50).find(|seed| longest_run_of(None, *seed) > 12).unwrap();
        let longest_run = |in_real_pieces| longest_run_of(in_real_pieces, seed);
        assert_eq!([0, 1, 3, 6].map(|most| longest_run(Some(most))), [2, 2, 6, 12]);
        assert_eq!(longest_run(Some(usize::MAX)), longest_run(None), "a card may say anything");
    }

    #[test]
    fn the_cards_factor_on_the_temperature_applies_to_its_style() {
        let of = |factor: f32, seed| {
            let card = |card| Card { temperature: vec![factor], variety: vec![0.0], ..card };
            compose(card, None, &Sampling::default(), seed)
        };
        assert_eq!(of(0.0, 1), of(0.0, 2), "only the likeliest is left");
        assert_ne!(of(1.0, 1), of(1.0, 2));
    }

    #[test]
    fn the_cards_factor_on_min_p_applies_to_its_style() {
        let sampling = Sampling { min_p: 0.2, ..Sampling::default() };
        let of =
            |factor: f32, seed| compose(|card| Card { min_p: vec![factor], ..card }, None, &sampling, seed);
        assert_eq!(of(5.0, 1), of(5.0, 2), "only the likeliest is left");
        assert_ne!(of(1.0, 1), of(1.0, 2));
    }
}
