//! What the network sees: the notes heard so far, as rows to look up.
//!
//! Everything the network is told is a set of rows in a table, so that one lookup and sum takes the place
//! of a matrix product over one-hot vectors. The same code encodes for training and for playing.

use std::ops::Range;

use crate::model::vocabulary::{
    N_DURATIONS, N_FAMILIES, N_METERS, N_PITCHES, N_SHIFTS, N_VELOCITIES, duration_class, meter_class,
    shift_class, shifted, velocity_class,
};
use crate::music::{Meter, Mode, Note, Tick};

/// How many bars back the network looks.
pub const LOOKBACKS: [usize; 4] = [1, 2, 4, 8];
/// The number of lookbacks.
pub const N_LOOKBACKS: usize = LOOKBACKS.len();
/// Ticks in the bar that are told apart; later ones share the last.
const N_BAR_TICKS: usize = 192;
/// Bars are counted modulo this, so that phrases of four, eight and sixteen can be felt.
const N_BAR_COUNTS: usize = 16;
/// Notes older than this many bars are forgotten.
const MEMORY_BARS: usize = 12;
/// Lengths of a repetition that are told apart: 0, 1, 2, 3 to 4, 5 to 8, 9 to 16, 17 to 32 notes, more.
const N_RUNS: usize = 8;
/// Longer repetitions are not counted on.
const LONGEST_RUN: usize = 64;

/// Where each kind of row begins in a table.
#[derive(Debug, Clone, Copy)]
struct Rows {
    begin: usize,
}

macro_rules! tables {
    ($(#[$doc:meta] $table:ident { $($kind:ident: $count:expr),+ $(,)? } total $total:ident;)+) => {
        $(
            mod $table {
                #[allow(unused_imports, reason = "not every table needs every count")]
                use crate::model::encoding::*;
                tables!(@rows 0; $($kind: $count),+);
            }
            #[$doc]
            pub const $total: usize = $table::TOTAL;
        )+
    };
    (@rows $begin:expr; $kind:ident: $count:expr $(, $rest:ident: $rest_count:expr)*) => {
        pub(super) const $kind: Rows = Rows { begin: $begin };
        tables!(@rows $begin + $count; $($rest: $rest_count),*);
    };
    (@rows $begin:expr;) => {
        pub(super) const TOTAL: usize = $begin;
    };
}

tables! {
    /// Rows of the table that feeds the LSTM, before one more for each style.
    step {
        FAMILY: N_FAMILIES + 1,
        SHIFT: N_SHIFTS + 1,
        PITCH: N_PITCHES + 1,
        DURATION: N_DURATIONS + 1,
        VELOCITY: N_VELOCITIES + 1,
        BAR_TICK: N_BAR_TICKS,
        BAR_COUNT: N_BAR_COUNTS,
        METER: N_METERS,
        MODE: 2,
        SOUNDING: N_PITCHES,
        CHORD: N_PITCHES,
        DRUM_CHORD: N_PITCHES,
        BACK_FAMILY: N_LOOKBACKS * (N_FAMILIES + 1),
        BACK_SHIFT: N_LOOKBACKS * N_SHIFTS,
        BACK_PITCH: N_LOOKBACKS * N_PITCHES,
        BACK_DURATION: N_LOOKBACKS * N_DURATIONS,
        RUN: N_LOOKBACKS * N_RUNS,
    } total N_STEP_ROWS;
    /// Rows of the table that the shift is drawn with.
    shift {
        FAMILY: N_FAMILIES,
        BACK_SHIFT: N_LOOKBACKS * (N_SHIFTS + 1),
        RUN: N_LOOKBACKS * N_RUNS,
    } total N_SHIFT_ROWS;
    /// Rows of the table that the pitch is drawn with.
    pitch {
        FAMILY: N_FAMILIES,
        SHIFT: N_SHIFTS,
        BAR_TICK: N_BAR_TICKS,
        SOUNDING: N_PITCHES,
        BACK_PITCH: N_LOOKBACKS * (N_PITCHES + 1),
        RUN: N_LOOKBACKS * N_RUNS,
    } total N_PITCH_ROWS;
    /// Rows of the table that the duration is drawn with.
    duration {
        FAMILY: N_FAMILIES,
        SHIFT: N_SHIFTS,
        PITCH: N_PITCHES,
        BAR_TICK: N_BAR_TICKS,
        BACK_DURATION: N_LOOKBACKS * (N_DURATIONS + 1),
        RUN: N_LOOKBACKS * N_RUNS,
    } total N_DURATION_ROWS;
    /// Rows of the table that the velocity is drawn with.
    velocity {
        FAMILY: N_FAMILIES,
        PITCH: N_PITCHES,
        DURATION: N_DURATIONS,
        BAR_TICK: N_BAR_TICKS,
        LAST: N_VELOCITIES + 1,
    } total N_VELOCITY_ROWS;
}

/// The first encoding's tables lacked these rows: the tensor's name, where they were put in, how many.
pub(crate) const ADDED_IN_2: [(&str, usize, usize); 4] = [
    ("embedding.weight", step::RUN.begin, N_LOOKBACKS * N_RUNS),
    ("shift.table", shift::BACK_SHIFT.begin, shift::TOTAL - shift::BACK_SHIFT.begin),
    ("pitch.table", pitch::RUN.begin, N_LOOKBACKS * N_RUNS),
    ("duration.table", duration::RUN.begin, N_LOOKBACKS * N_RUNS),
];

impl Rows {
    fn at(self, idx: usize) -> u32 {
        (self.begin + idx) as u32
    }
}

/// A note as the network says it: the class of each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Instrument family, 0 to 16.
    pub family: usize,
    /// Onset shift since the last note.
    pub shift: usize,
    /// Pitch, relative to a tonic of C.
    pub pitch: usize,
    /// Duration.
    pub duration: usize,
    /// Velocity.
    pub velocity: usize,
}

/// The notes heard so far and where the bar lines fell.
#[derive(Debug, Clone)]
pub struct Memory {
    style: usize,
    mode: Mode,
    /// Ascending in the order of [`Note`]; the last one is what the next shift counts from.
    notes: Vec<Note>,
    /// Starts of the bars begun, ascending; the last one is the current bar.
    bars: Vec<Tick>,
    meter: Meter,
    /// Bars begun since the beginning, the current one not counted.
    bar_count: usize,
    /// For each lookback, how many notes in a row were what came at their place that many bars before.
    runs: [usize; N_LOOKBACKS],
    /// Pitched notes that were not heard but sound into what is.
    ringing: Vec<Note>,
}

impl Memory {
    /// Nothing heard yet, at the bar line `start`.
    #[must_use]
    pub fn new(style: usize, mode: Mode, start: Tick, meter: Meter) -> Self {
        let (notes, ringing) = (Vec::new(), Vec::new());
        Self { style, mode, notes, bars: vec![start], meter, bar_count: 0, runs: [0; N_LOOKBACKS], ringing }
    }

    /// Adds notes of other music that are still sounding at the start, until they end.
    pub fn add_ringing(&mut self, notes: &[Note]) {
        self.ringing.extend(notes.iter().filter(|note| !note.family.is_drums()));
    }

    /// Sets the style and mode from now on.
    pub fn set_style(&mut self, style: usize, mode: Mode) {
        (self.style, self.mode) = (style, mode);
    }

    /// Begins a bar of `meter` at `start`; a bar that does not follow the last one is ignored.
    pub fn begin_bar(&mut self, start: Tick, meter: Meter) {
        if start == self.bar_start() {
            self.meter = meter;
        }
        if start <= self.bar_start() {
            return;
        }
        self.meter = meter;
        self.bar_count += 1;
        self.bars.push(start);
        self.ringing.retain(|note| start < note.end());
        if self.bars.len() > 2 * MEMORY_BARS {
            self.bars.drain(..MEMORY_BARS);
            // In short bars, older notes may still sound.
            let oldest = self.bars[0].min(start - Note::LONGEST);
            let n_forgotten = self.notes.partition_point(|note| note.onset < oldest);
            // The last note stays: the next shift counts from it.
            self.notes.drain(..n_forgotten.min(self.notes.len().saturating_sub(1)));
        }
    }

    /// Adds a note; `false` if it does not lie after the last in the order of [`Note`], and is ignored.
    pub fn push(&mut self, note: &Note) -> bool {
        let follows = self.notes.last().is_none_or(|last| is_after(note, last));
        if follows {
            self.count_runs(note);
            self.notes.push(*note);
        }
        follows
    }

    /// The start of the current bar.
    #[must_use]
    pub fn bar_start(&self) -> Tick {
        self.bars.last().copied().unwrap_or_default()
    }

    /// The end of the current bar.
    #[must_use]
    pub fn bar_end(&self) -> Tick {
        self.bar_start() + self.meter.bar_length()
    }

    /// The style.
    #[must_use]
    pub fn style(&self) -> usize {
        self.style
    }

    /// The notes remembered, the last one last.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The onset that the next shift counts from.
    #[must_use]
    pub fn last_onset(&self) -> Tick {
        self.notes.last().map_or_else(|| self.bars.first().copied().unwrap_or_default(), |note| note.onset)
    }

    /// The parts of a note that would follow.
    #[must_use]
    pub fn parts(&self, note: &Note) -> Parts {
        Parts {
            family: note.family.index(),
            shift: shift_class(self.last_onset(), note.onset),
            pitch: usize::from(note.pitch.min(127)),
            duration: duration_class(note.duration),
            velocity: velocity_class(note.velocity),
        }
    }

    /// The lowest pitch that a note of `family` may have when it falls on the last onset (shift 0), so
    /// that chords are written in one order only; 128 if there is none.
    #[must_use]
    pub fn lowest_in_chord(&self, family: usize) -> usize {
        match self.notes.last() {
            None => 0,
            Some(last) => usize::from(last.pitch) + usize::from(family <= last.family.index()),
        }
    }

    /// Rows of the table that feeds the LSTM, after hearing the last note.
    pub fn step_rows(&self, rows: &mut Vec<u32>) {
        let onset = self.last_onset();
        let last = self.notes.last();
        let before = self.notes.len().checked_sub(2).and_then(|idx| self.notes.get(idx));
        let parts = last.map(|note| Parts {
            shift: shift_class(
                before.map_or_else(|| self.bars.first().copied().unwrap_or_default(), |n| n.onset),
                note.onset,
            ),
            ..self.parts(note)
        });
        rows.push(step::FAMILY.at(parts.map_or(N_FAMILIES, |p| p.family)));
        rows.push(step::SHIFT.at(parts.map_or(N_SHIFTS, |p| p.shift)));
        rows.push(step::PITCH.at(parts.map_or(N_PITCHES, |p| p.pitch)));
        rows.push(step::DURATION.at(parts.map_or(N_DURATIONS, |p| p.duration)));
        rows.push(step::VELOCITY.at(parts.map_or(N_VELOCITIES, |p| p.velocity)));
        rows.push(step::BAR_TICK.at(self.bar_tick(onset)));
        rows.push(step::BAR_COUNT.at(self.bar_count % N_BAR_COUNTS));
        rows.push(step::METER.at(meter_class(self.meter)));
        rows.push(step::MODE.at(usize::from(self.mode == Mode::Minor)));
        rows.push(step::TOTAL as u32 + self.style as u32);

        for note in self.sounding_at(onset) {
            rows.push(step::SOUNDING.at(usize::from(note.pitch)));
        }
        for note in &self.notes[self.at_onset(onset)] {
            let table = if note.family.is_drums() { step::DRUM_CHORD } else { step::CHORD };
            rows.push(table.at(usize::from(note.pitch)));
        }
        let rank = self.at_onset(onset).len();
        for (back_idx, bars_back) in LOOKBACKS.into_iter().enumerate() {
            self.push_lookback(back_idx, bars_back, onset, rank, rows);
        }
        self.push_runs(step::RUN, rows);
    }

    /// What followed at the last note's place some bars ago, and its shift: the note after the `rank`th of
    /// its chord.
    fn followed(&self, bars_back: usize, onset: Tick, rank: usize) -> Option<(usize, &Note)> {
        let then = self.back(onset, bars_back)?;
        let chord = self.at_onset(then);
        let next_idx = if chord.len() > rank { chord.start + rank } else { chord.end };
        let note = self.notes.get(next_idx)?;
        // Only what lies in the past: the last note itself is no memory of an earlier bar.
        (note.onset < onset).then(|| (shift_class(then, note.onset), note))
    }

    /// What comes next if the longest repetition goes on, as its shift and the note some bars ago; nothing where
    /// none has gone on for `n_notes`.
    pub(crate) fn returning(&self, n_notes: usize) -> Option<(usize, &Note)> {
        let onset = self.last_onset();
        let rank = self.at_onset(onset).len();
        let going_on = (0..).zip(self.runs).filter(|(_, run)| *run >= n_notes);
        let (back_idx, _): (usize, usize) = going_on.max_by_key(|(_, run)| *run)?;
        self.followed(*LOOKBACKS.get(back_idx)?, onset, rank)
    }

    /// Lengthens the repetitions that `note` carries on, and ends the others.
    fn count_runs(&mut self, note: &Note) {
        let onset = self.last_onset();
        let rank = self.at_onset(onset).len();
        let shift = shift_class(onset, note.onset);
        for (back_idx, bars_back) in LOOKBACKS.into_iter().enumerate() {
            let goes_on = self.followed(bars_back, onset, rank).is_some_and(|(then_shift, then)| {
                (then_shift, then.pitch, then.family) == (shift, note.pitch, note.family)
            });
            self.runs[back_idx] = if goes_on { (self.runs[back_idx] + 1).min(LONGEST_RUN) } else { 0 };
        }
    }

    /// How long each repetition has been going on.
    fn push_runs(&self, table: Rows, rows: &mut Vec<u32>) {
        for (back_idx, n_notes) in self.runs.into_iter().enumerate() {
            let class = match n_notes {
                0..3 => n_notes,
                _ => 2 + (n_notes - 1).ilog2() as usize,
            };
            rows.push(table.at(back_idx * N_RUNS + class.min(N_RUNS - 1)));
        }
    }

    /// What followed at this position some bars ago.
    fn push_lookback(
        &self,
        back_idx: usize,
        bars_back: usize,
        onset: Tick,
        rank: usize,
        rows: &mut Vec<u32>,
    ) {
        let next = self.followed(bars_back, onset, rank);
        let family = next.map_or(N_FAMILIES, |(_, note)| note.family.index());
        rows.push(step::BACK_FAMILY.at(back_idx * (N_FAMILIES + 1) + family));
        if let Some((shift, note)) = next {
            rows.push(step::BACK_SHIFT.at(back_idx * N_SHIFTS + shift));
            rows.push(step::BACK_PITCH.at(back_idx * N_PITCHES + usize::from(note.pitch)));
            rows.push(step::BACK_DURATION.at(back_idx * N_DURATIONS + duration_class(note.duration)));
        }
    }

    /// Rows that the shift of a note of `family` is drawn with.
    pub fn shift_rows(&self, family: usize, rows: &mut Vec<u32>) {
        rows.push(shift::FAMILY.at(family));
        let onset = self.last_onset();
        let rank = self.at_onset(onset).len();
        for (back_idx, bars_back) in LOOKBACKS.into_iter().enumerate() {
            let class = self.followed(bars_back, onset, rank).map_or(N_SHIFTS, |(shift, _)| shift);
            rows.push(shift::BACK_SHIFT.at(back_idx * (N_SHIFTS + 1) + class));
        }
        self.push_runs(shift::RUN, rows);
    }

    /// Rows that the pitch is drawn with, given the parts before it.
    pub fn pitch_rows(&self, family: usize, shift: usize, rows: &mut Vec<u32>) {
        let target = shifted(self.last_onset(), shift);
        rows.push(pitch::FAMILY.at(family));
        rows.push(pitch::SHIFT.at(shift));
        rows.push(pitch::BAR_TICK.at(self.bar_tick(target)));
        for note in self.sounding_at(target) {
            rows.push(pitch::SOUNDING.at(usize::from(note.pitch)));
        }
        for (back_idx, note) in self.counterparts(target).into_iter().enumerate() {
            let class = note.map_or(N_PITCHES, |note| usize::from(note.pitch));
            rows.push(pitch::BACK_PITCH.at(back_idx * (N_PITCHES + 1) + class));
        }
        self.push_runs(pitch::RUN, rows);
    }

    /// Rows that the duration is drawn with, given the parts before it.
    pub fn duration_rows(&self, family: usize, shift: usize, pitch: usize, rows: &mut Vec<u32>) {
        let target = shifted(self.last_onset(), shift);
        rows.push(duration::FAMILY.at(family));
        rows.push(duration::SHIFT.at(shift));
        rows.push(duration::PITCH.at(pitch));
        rows.push(duration::BAR_TICK.at(self.bar_tick(target)));
        for (back_idx, note) in self.counterparts(target).into_iter().enumerate() {
            let class = note.map_or(N_DURATIONS, |note| duration_class(note.duration));
            rows.push(duration::BACK_DURATION.at(back_idx * (N_DURATIONS + 1) + class));
        }
        self.push_runs(duration::RUN, rows);
    }

    /// Rows that the velocity is drawn with, given the parts before it.
    pub fn velocity_rows(
        &self,
        family: usize,
        shift: usize,
        pitch: usize,
        duration: usize,
        rows: &mut Vec<u32>,
    ) {
        let target = shifted(self.last_onset(), shift);
        rows.push(velocity::FAMILY.at(family));
        rows.push(velocity::PITCH.at(pitch));
        rows.push(velocity::DURATION.at(duration));
        rows.push(velocity::BAR_TICK.at(self.bar_tick(target)));
        let last = self.notes.last().map_or(N_VELOCITIES, |note| velocity_class(note.velocity));
        rows.push(velocity::LAST.at(last));
    }

    /// Pitched notes that began at or before `tick` and sound at it.
    pub fn sounding_at(&self, tick: Tick) -> impl Iterator<Item = &Note> {
        // Durations are bounded, so only the recent past can still sound.
        let oldest = self.notes.partition_point(|note| note.onset + Note::LONGEST <= tick);
        let heard =
            self.notes[oldest..].iter().filter(move |note| !note.family.is_drums() && note.onset <= tick);
        heard.chain(&self.ringing).filter(move |note| tick < note.end())
    }

    /// For each lookback, the note of the same rank at the same place some bars before `target`.
    fn counterparts(&self, target: Tick) -> [Option<&Note>; N_LOOKBACKS] {
        let rank = self.at_onset(target).len();
        LOOKBACKS.map(|bars_back| {
            let chord = self.at_onset(self.back(target, bars_back)?);
            self.notes[chord].get(rank)
        })
    }

    /// Which notes begin at `onset`.
    fn at_onset(&self, onset: Tick) -> Range<usize> {
        let begin = self.notes.partition_point(|note| note.onset < onset);
        let n_notes = self.notes[begin..].partition_point(|note| note.onset == onset);
        begin..begin + n_notes
    }

    /// The same place in the bar `bars_back` bars before `tick`, if it is remembered.
    fn back(&self, tick: Tick, bars_back: usize) -> Option<Tick> {
        let bar_length = self.meter.bar_length();
        let ahead = tick - self.bar_start();
        if ahead.0 >= bar_length.0 {
            // In a bar that has not begun: it is taken to be like this one.
            let bars_ahead = (ahead.0 / bar_length.0) as usize;
            let in_bar = Tick(ahead.0 % bar_length.0);
            return match self.bars.len().checked_sub(1)?.checked_add(bars_ahead)?.checked_sub(bars_back)? {
                bar_idx if bar_idx < self.bars.len() => Some(self.bars[bar_idx] + in_bar),
                _ => None,
            };
        }
        let bar_idx = self.bars.partition_point(|start| *start <= tick).checked_sub(1)?;
        Some(self.bars[bar_idx.checked_sub(bars_back)?] + (tick - self.bars[bar_idx]))
    }

    /// Ticks since the bar line before `tick`.
    fn bar_tick(&self, tick: Tick) -> usize {
        let ahead = tick - self.bar_start();
        let in_bar = if ahead.0 >= 0 {
            ahead.0 % self.meter.bar_length().0
        } else {
            let bar_idx = self.bars.partition_point(|start| *start <= tick).saturating_sub(1);
            (tick - self.bars[bar_idx]).0.max(0)
        };
        (in_bar as usize).min(N_BAR_TICKS - 1)
    }
}

/// Whether `note` may follow `last`: later, or higher in the same chord.
fn is_after(note: &Note, last: &Note) -> bool {
    (note.onset, note.pitch, note.family) > (last.onset, last.pitch, last.family)
}
