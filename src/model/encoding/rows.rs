//! Rows of the tables.

use crate::model::vocabulary::{N_DURATIONS, N_FAMILIES, N_METERS, N_PITCHES, N_SHIFTS, N_VELOCITIES};

/// How many bars back the network looks, for each lookback.
pub const LOOKBACKS: [usize; 4] = [1, 2, 4, 8];
/// The number of lookbacks.
pub const N_LOOKBACKS: usize = LOOKBACKS.len();
/// Ticks in the bar with a row each; later ones share the last.
pub(super) const N_BAR_TICKS: usize = 192;
/// Bars are counted modulo this, so that the network can learn phrases of four, eight and sixteen.
pub(super) const N_BAR_COUNTS: usize = 16;
/// Classes of the length of a repetition: 0, 1, 2, 3 to 4, 5 to 8, 9 to 16, 17 to 32 notes, more.
pub(super) const N_RUNS: usize = 8;
/// Where a kind of rows begins in a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    begin: usize,
}

macro_rules! tables {
    ($(#[$doc:meta] $table:ident { $($kind:ident: $count:expr),+ $(,)? } total $total:ident;)+) => {
        $(
            pub(super) mod $table {
                #[allow(unused_imports, reason = "not every table needs every count")]
                use crate::model::encoding::rows::*;
                tables!(@rows 0; $($kind: $count),+);
            }
            #[$doc]
            pub const $total: usize = $table::TOTAL;
        )+
    };
    (@rows $begin:expr; $kind:ident: $count:expr $(, $rest:ident: $rest_count:expr)*) => {
        pub(in crate::model::encoding) const $kind: Rows = Rows { begin: $begin };
        tables!(@rows $begin + $count; $($rest: $rest_count),*);
    };
    (@rows $begin:expr;) => {
        pub(in crate::model::encoding) const TOTAL: usize = $begin;
    };
}

tables! {
    /// Rows of the table that feeds the LSTM, without one for each style, which follow.
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

/// Rows that encoding 1 lacked: the tensor's name, the first row, how many.
pub(crate) const ADDED_IN_2: [(&str, usize, usize); 4] = [
    ("embedding.weight", step::RUN.begin, N_LOOKBACKS * N_RUNS),
    ("shift.table.weight", shift::BACK_SHIFT.begin, shift::TOTAL - shift::BACK_SHIFT.begin),
    ("pitch.table.weight", pitch::RUN.begin, N_LOOKBACKS * N_RUNS),
    ("duration.table.weight", duration::RUN.begin, N_LOOKBACKS * N_RUNS),
];

impl Rows {
    /// The row with this index.
    pub(super) fn at(self, idx: usize) -> u32 {
        (self.begin + idx) as u32
    }
}
