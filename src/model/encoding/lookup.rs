//! The rows to look up, for each table.

use crate::model::encoding::memory::{Memory, Parts};
use crate::model::encoding::rows::{
    LOOKBACKS, N_BAR_COUNTS, N_RUNS, Rows, duration, feel, pitch, shift, step, velocity,
};
use crate::model::encoding::version::Encoding;
use crate::model::vocabulary::{
    N_COARSE_VELOCITIES, N_DURATIONS, N_FAMILIES, N_FEELS, N_PITCHES, N_SHIFTS, N_VELOCITIES,
    coarse_velocity_class, duration_class, feel_class, meter_class, shift_class, shifted, velocity_class,
};
use crate::music::{Mode, Tick};

impl Memory {
    /// Adds the rows of the table that feeds the LSTM, after the last note.
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
        rows.push(step::VELOCITY.at(last.map_or(N_COARSE_VELOCITIES, |n| coarse_velocity_class(n.velocity))));
        rows.push(step::BAR_TICK.at(self.bar_tick(onset)));
        rows.push(step::BAR_COUNT.at(self.bar_count % N_BAR_COUNTS));
        rows.push(step::METER.at(meter_class(self.meter)));
        rows.push(step::MODE.at(usize::from(self.mode == Mode::Minor)));
        rows.push((self.encoding.n_step_rows() + self.style) as u32);

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
        if self.encoding == Encoding::Third {
            rows.push(
                step::FINE_VELOCITY.at(last.map_or(N_VELOCITIES, |note| velocity_class(note.velocity))),
            );
            rows.push(step::FEEL.at(last.map_or(N_FEELS, |note| feel_class(note.feel))));
            self.push_step_harmony(onset, rows);
        }
    }

    /// The length of each repetition so far.
    fn push_runs(&self, table: Rows, rows: &mut Vec<u32>) {
        for (back_idx, n_notes) in self.runs.into_iter().enumerate() {
            let class = match n_notes {
                0..3 => n_notes,
                _ => 2 + (n_notes - 1).ilog2() as usize,
            };
            rows.push(table.at(back_idx * N_RUNS + class.min(N_RUNS - 1)));
        }
    }

    /// The note that came next at this place some bars ago.
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

    /// Adds the rows of the table for the shift of a note of `family`.
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

    /// Adds the rows of the table for the pitch, given the parts before it.
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
        if self.encoding == Encoding::Third {
            self.push_pitch_harmony(target, rows);
        }
    }

    /// Adds the rows of the table for the duration, given the parts before it.
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
        if self.encoding == Encoding::Third {
            self.push_duration_harmony(target, rows);
        }
    }

    /// Adds the rows of the table for the velocity, given the parts before it.
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
        let last = self.notes.last();
        rows.push(velocity::LAST.at(last.map_or(N_COARSE_VELOCITIES, |n| coarse_velocity_class(n.velocity))));
        if self.encoding == Encoding::Third {
            let last = last.map_or(N_VELOCITIES, |note| velocity_class(note.velocity));
            rows.push(velocity::FINE_LAST.at(last));
            for (back_idx, note) in self.counterparts(target).into_iter().enumerate() {
                let class = note.map_or(N_VELOCITIES, |note| velocity_class(note.velocity));
                rows.push(velocity::BACK_VELOCITY.at(back_idx * (N_VELOCITIES + 1) + class));
            }
        }
    }

    /// Adds the rows of the table for the feel, given the parts before it. Encoding 2 has none.
    pub fn feel_rows(&self, family: usize, shift: usize, pitch: usize, velocity: usize, rows: &mut Vec<u32>) {
        if self.encoding == Encoding::Second {
            return;
        }
        let target = shifted(self.last_onset(), shift);
        rows.push(feel::FAMILY.at(family));
        rows.push(feel::SHIFT.at(shift));
        rows.push(feel::PITCH.at(pitch));
        rows.push(feel::VELOCITY.at(velocity));
        rows.push(feel::BAR_TICK.at(self.bar_tick(target)));
        rows.push(feel::LAST.at(self.notes.last().map_or(N_FEELS, |note| feel_class(note.feel))));
        for (back_idx, note) in self.counterparts(target).into_iter().enumerate() {
            let class = note.map_or(N_FEELS, |note| feel_class(note.feel));
            rows.push(feel::BACK_FEEL.at(back_idx * (N_FEELS + 1) + class));
        }
    }
}
