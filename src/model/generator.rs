//! Feed a note, draw the next.

use std::sync::Arc;

use rand::Rng;

use crate::model::draw::{Taste, draw_class};
use crate::model::encoding::{Memory, Parts};
use crate::model::network::{N_HEADS, NetworkConfig};
use crate::model::played::{Played, Rounded};
use crate::model::step::{HiddenState, Stepper};
use crate::model::vocabulary::{
    N_DURATIONS, N_FAMILIES, N_PITCHES, N_SHIFTS, N_VELOCITIES, duration_of, shifted, velocity_of,
};
use crate::model::{Constraints, Model, Primer, Sampling};
use crate::music::{Family, Meter, Mode, Note, Tick};

/// Where and how a piece begins.
#[derive(Debug, Clone, Copy)]
pub struct Beginning<'a> {
    /// Index into the model's styles.
    pub style: usize,
    /// Major or minor.
    pub mode: Mode,
    /// The song position of the first bar line.
    pub start: Tick,
    /// The meter of the first bar.
    pub meter: Meter,
    /// What the network is to have heard before; it ends at `start`.
    pub primer: Option<&'a Primer>,
}

/// One stream of music through a network: its hidden state and the notes it remembers.
///
/// All pitches are relative to a tonic of C; whoever plays them in another key transposes.
/// Not for the audio thread: a step costs hundreds of microseconds.
#[derive(Debug, Clone)]
pub struct Generator {
    model: Arc<Model>,
    stepper: Stepper,
    rows: Vec<u32>,
    buffers: Buffers,
    past: Snapshot,
}

/// All that a [`Generator`] remembers, to go back to.
#[derive(Debug, Clone)]
pub struct Snapshot {
    memory: Memory,
    state: HiddenState,
}

impl Generator {
    /// A generator that has heard nothing and stands at the song's origin.
    #[must_use]
    pub fn new(model: Arc<Model>) -> Self {
        let memory = Memory::new(0, Mode::Major, Tick::ZERO, Meter::COMMON);
        let config = model.played().config;
        let past = Snapshot { memory, state: HiddenState::zero(&config) };
        let (stepper, buffers) = (Stepper::new(&config), Buffers::new(&config));
        let mut generator = Self { model, stepper, rows: Vec::with_capacity(ROWS), buffers, past };
        generator.step();
        generator
    }

    /// The model it draws from.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Forgets everything, hears the primer if there is one, and stands at `beginning.start`.
    ///
    /// A style that the model does not have becomes its last.
    pub fn begin(&mut self, beginning: &Beginning<'_>) {
        let Beginning { mode, start, meter, primer, .. } = *beginning;
        let style = self.known_style(beginning.style);
        let primer_length = primer.map_or(Tick::ZERO, |primer| {
            Tick(primer.meter.bar_length().0 * i64::from(primer.n_bars))
        });
        let primer_start = start - primer_length;
        let first_meter = primer.map_or(meter, |primer| primer.meter);
        self.past.memory = Memory::new(style, mode, primer_start, first_meter);
        self.past.state = HiddenState::zero(&self.model.played().config);
        self.step();
        if let Some(primer) = primer {
            let bar_length = primer.meter.bar_length().0;
            for note in &primer.notes {
                let bar = note.onset.0.div_euclid(bar_length) * bar_length;
                self.begin_bars_until(primer_start + Tick(bar), primer.meter);
                self.feed(&Note { onset: note.onset + primer_start, ..*note });
            }
            self.begin_bars_until(start - Tick(bar_length), primer.meter);
            self.begin_bar(start, meter);
        }
    }

    fn begin_bars_until(&mut self, start: Tick, meter: Meter) {
        while self.past.memory.bar_start() < start {
            self.begin_bar(self.past.memory.bar_start() + meter.bar_length(), meter);
        }
    }

    /// Tells the style and mode from the next note on, without forgetting.
    pub fn steer(&mut self, style: usize, mode: Mode) {
        let style = self.known_style(style);
        self.past.memory.steer(style, mode);
    }

    fn known_style(&self, style: usize) -> usize {
        style.min(self.model.played().config.n_styles - 1)
    }

    /// Tells that a bar of `meter` begins at `start`. Nothing drawn from now on lies before `start`.
    pub fn begin_bar(&mut self, start: Tick, meter: Meter) {
        self.past.memory.begin_bar(start, meter);
    }

    /// Whether a pitched note sounds at `tick` that began at or before it.
    #[must_use]
    pub fn sounds_at(&self, tick: Tick) -> bool {
        self.past.memory.sounding_at(tick).next().is_some()
    }

    /// Draws the next note without hearing it, or nothing when the constraints allow none.
    ///
    /// The note lies at or after the last [`Generator::begin_bar`] and after every note heard, in the
    /// order of [`Note`]. It may lie past the end of the bar: then drop it and begin the next bar.
    pub fn draw<R: Rng>(
        &mut self,
        sampling: &Sampling,
        constraints: &Constraints,
        rng: &mut R,
    ) -> Option<Note> {
        let Self { model, past, buffers, .. } = self;
        Draw::new(model.played(), past, sampling, constraints, buffers).note(rng)
    }

    /// How likely a note would be to follow, as the log-probability of each part in nats: family, shift,
    /// pitch, duration, velocity. Nothing when it cannot follow the last note in the order of [`Note`].
    ///
    /// The network's own probabilities: no temperature and no constraint but the order of a chord.
    #[must_use]
    pub fn log_probabilities(&self, note: &Note) -> Option<[f32; 5]> {
        let memory = &self.past.memory;
        if memory.notes().last().is_some_and(|last| note <= last) {
            return None;
        }
        let Parts { family, shift, pitch, duration, velocity } = memory.parts(note);
        let sampling = Sampling { variety: 0.0, ..Sampling::default() };
        let constraints = Constraints::default();
        let mut buffers = self.buffers.clone();
        let mut draw = Draw::new(self.model.played(), &self.past, &sampling, &constraints, &mut buffers);
        let mut pitches = draw.pitch_logits(family, shift);
        let lowest = if shift == 0 { memory.lowest_in_chord(family) } else { 0 };
        mask(&mut pitches, |pitch| pitch >= lowest);
        let mut shifts = draw.plain_shift_logits(family);
        // A chord that has reached the highest key is closed to what must lie above it.
        mask(&mut shifts, |shift| shift > 0 || memory.lowest_in_chord(family) < N_PITCHES);
        Some([
            log_softmax_at(&draw.family_logits(), family)?,
            log_softmax_at(&shifts, shift)?,
            log_softmax_at(&pitches, pitch)?,
            log_softmax_at(&draw.duration_logits(family, shift, pitch), duration)?,
            log_softmax_at(&draw.velocity_logits(family, shift, pitch, duration), velocity)?,
        ])
    }

    /// Hears a note, drawn or played. Costs one step of the network. A note that does not lie after the
    /// last one heard is ignored.
    pub fn feed(&mut self, note: &Note) {
        if self.past.memory.hear(note) {
            self.step();
        }
    }

    fn step(&mut self) {
        self.rows.clear();
        self.past.memory.step_rows(&mut self.rows);
        self.stepper.step(self.model.played(), &self.rows, &mut self.past.state);
        self.buffers.is_current = false;
    }

    /// What it remembers now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.past.clone()
    }

    /// Goes back to where a snapshot was taken.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.past.clone_from(snapshot);
        self.buffers.is_current = false;
    }
}

/// Rows that a note may be told by; more only make a buffer grow.
const ROWS: usize = 128;

/// Buffers of a draw.
#[derive(Debug, Clone)]
struct Buffers {
    /// First layer of all heads, before the rows: `[4R]`.
    trunk: Vec<f32>,
    /// Whether `top` and `trunk` follow from the state as it is: a note that falls into the next bar is drawn
    /// again from the same.
    is_current: bool,
    /// `[R]` each.
    inner: Vec<f32>,
    sums: Vec<i32>,
    /// The top of the LSTM, and the inner layer of a head.
    top: Rounded,
    input: Rounded,
    rows: Vec<u32>,
}

impl Buffers {
    fn new(config: &NetworkConfig) -> Self {
        Self {
            trunk: vec![0.0; N_HEADS * config.head],
            is_current: false,
            inner: vec![0.0; config.head],
            sums: vec![0; config.head],
            top: Rounded::with_capacity(config.hidden),
            input: Rounded::with_capacity(config.head),
            rows: Vec::with_capacity(ROWS),
        }
    }
}

/// The draw of one note, part by part.
struct Draw<'a> {
    network: &'a Played,
    memory: &'a Memory,
    sampling: &'a Sampling,
    constraints: &'a Constraints,
    buffers: &'a mut Buffers,
}

impl<'a> Draw<'a> {
    fn new(
        network: &'a Played,
        past: &'a Snapshot,
        sampling: &'a Sampling,
        constraints: &'a Constraints,
        buffers: &'a mut Buffers,
    ) -> Self {
        if !buffers.is_current {
            let trunk = network.trunk();
            buffers.top.set(past.state.top(network.config.hidden), trunk.fineness());
            trunk.compute(network.simd(), &buffers.top, 1.0 / trunk.fineness(), &mut buffers.trunk);
            buffers.is_current = true;
        }
        Self { network, memory: &past.memory, sampling, constraints, buffers }
    }

    /// Parts are drawn in order. Where a part leaves a later one nothing to be, it is masked and drawn
    /// again: a family whose every shift is closed, a shift whose every pitch is closed.
    fn note<R: Rng>(&mut self, rng: &mut R) -> Option<Note> {
        let mut families = self.family_logits();
        loop {
            let family = draw_class(&mut families.clone(), self.taste(1.0), rng)?;
            if let Some(note) = self.note_of(family, rng) {
                return Some(note);
            }
            families[family] = f32::NEG_INFINITY;
        }
    }

    fn note_of<R: Rng>(&mut self, family: usize, rng: &mut R) -> Option<Note> {
        let rhythm = self.taste(self.sampling.rhythm);
        let mut shifts = self.shift_logits(family);
        loop {
            let shift = draw_class(&mut shifts.clone(), rhythm, rng)?;
            let mut pitches = self.pitch_logits(family, shift);
            if let Some(pitch) = draw_class(&mut pitches, self.taste(self.sampling.pitch), rng) {
                let mut durations = self.duration_logits(family, shift, pitch);
                let duration = draw_class(&mut durations, rhythm, rng)?;
                let mut velocities = self.velocity_logits(family, shift, pitch, duration);
                let velocity = draw_class(&mut velocities, self.taste(self.sampling.velocity), rng)?;
                return Some(Note {
                    onset: self.onset(shift),
                    duration: duration_of(duration),
                    pitch: pitch as u8,
                    velocity: velocity_of(velocity),
                    family: Family::from_index(family)?,
                });
            }
            shifts[shift] = f32::NEG_INFINITY;
        }
    }

    fn taste(&self, factor: f32) -> Taste {
        let Sampling { temperature, nucleus, min_p, .. } = *self.sampling;
        Taste { temperature: temperature * factor, nucleus, min_p }
    }

    /// Where a shift leads: never before the current bar, even after a silence longer than any shift.
    fn onset(&self, shift: usize) -> Tick {
        let memory = self.memory;
        shifted(memory.last_onset(), shift).max(memory.bar_start())
    }

    fn family_logits(&self) -> [f32; N_FAMILIES] {
        let mut logits = [0.0; N_FAMILIES];
        let family = self.network.family();
        family.compute(self.network.simd(), &self.buffers.top, 1.0 / family.fineness(), &mut logits);
        mask(&mut logits, |family| {
            Family::from_index(family).is_some_and(|f| self.constraints.families.contains(f))
        });
        logits
    }

    /// The logits of a head, given the rows that `tell` names.
    fn head_logits<const N: usize>(&mut self, head_idx: usize, tell: impl FnOnce(&Memory, &mut Vec<u32>)) -> [f32; N] {
        let (simd, width) = (self.network.simd(), self.network.config.head);
        let (table, out) = self.network.head(head_idx);
        let Buffers { trunk, inner, sums, input, rows, .. } = &mut *self.buffers;
        rows.clear();
        tell(self.memory, rows);
        table.sum(rows, &trunk[head_idx * width..(head_idx + 1) * width], sums, inner);
        let mut highest = 0.0;
        for value in inner.iter_mut() {
            *value = if *value > 0.0 { *value } else { 0.0 };
            highest = if *value > highest { *value } else { highest };
        }
        let step = if highest > 0.0 { highest / out.fineness() } else { 1.0 };
        input.set(inner, 1.0 / step);
        let mut logits = [0.0; N];
        out.compute(simd, input, step, &mut logits);
        logits
    }

    /// No class closed.
    fn plain_shift_logits(&mut self, family: usize) -> [f32; N_SHIFTS] {
        self.head_logits(0, |memory, rows| memory.shift_rows(family, rows))
    }

    fn shift_logits(&mut self, family: usize) -> [f32; N_SHIFTS] {
        let memory = self.memory;
        let mut logits = self.plain_shift_logits(family);
        let (last, bar_start) = (memory.last_onset(), memory.bar_start());
        let is_open = |shift: usize| shifted(last, shift) >= bar_start || shift == N_SHIFTS - 1;
        let chord_is_open = memory.lowest_in_chord(family) < N_PITCHES;
        mask(&mut logits, |shift| is_open(shift) && (shift > 0 || chord_is_open));
        logits
    }

    fn pitch_logits(&mut self, family: usize, shift: usize) -> [f32; N_PITCHES] {
        let memory = self.memory;
        let mut logits = self.head_logits(1, |memory, rows| memory.pitch_rows(family, shift, rows));
        let lowest_in_chord = if shift == 0 { memory.lowest_in_chord(family) } else { 0 };
        mask(&mut logits, |pitch| pitch >= lowest_in_chord);
        if family != Family::DRUMS.index() {
            self.constrain_pitches(&mut logits, self.onset(shift));
            self.hold_off_repetition(&mut logits, family);
        }
        logits
    }

    fn constrain_pitches(&self, logits: &mut [f32], onset: Tick) {
        let Constraints { scale, lowest, highest, polyphony, .. } = *self.constraints;
        let n_sounding = self.memory.sounding_at(onset).count();
        let has_room = n_sounding < usize::from(polyphony.max(1));
        let range = usize::from(lowest)..=usize::from(highest);
        mask(logits, |pitch| has_room && range.contains(&pitch) && scale.contains((pitch % 12) as u8));
    }

    /// A pitch that this family has just played several times over is held off, the more the longer: a
    /// motif may hammer a note for a bar, a rut may not.
    fn hold_off_repetition(&self, logits: &mut [f32], family: usize) {
        const TOLERATED: usize = 5;
        let mut own = self.memory.notes().iter().rev().filter(|n| n.family.index() == family);
        let Some(last) = own.next() else { return };
        let n_repeats = 1 + own.take(64).take_while(|note| note.pitch == last.pitch).count();
        let excess = n_repeats.saturating_sub(TOLERATED) as f32;
        if let Some(logit) = logits.get_mut(usize::from(last.pitch)) {
            *logit -= self.sampling.variety * excess;
        }
    }

    fn duration_logits(&mut self, family: usize, shift: usize, pitch: usize) -> [f32; N_DURATIONS] {
        self.head_logits(2, |memory, rows| memory.duration_rows(family, shift, pitch, rows))
    }

    fn velocity_logits(
        &mut self,
        family: usize,
        shift: usize,
        pitch: usize,
        duration: usize,
    ) -> [f32; N_VELOCITIES] {
        self.head_logits(3, |memory, rows| memory.velocity_rows(family, shift, pitch, duration, rows))
    }
}

/// The logarithm of the probability of one class; nothing for a class that is not there.
fn log_softmax_at(logits: &[f32], class: usize) -> Option<f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
    logits.get(class).map(|logit| logit - highest - total.ln())
}

/// Closes every class that may not be drawn.
fn mask(logits: &mut [f32], is_open: impl Fn(usize) -> bool) {
    for (class, logit) in logits.iter_mut().enumerate() {
        if !is_open(class) {
            *logit = f32::NEG_INFINITY;
        }
    }
}
