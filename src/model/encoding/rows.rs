//! Rows of the tables.

use crate::model::vocabulary::{
    N_COARSE_VELOCITIES, N_DURATIONS, N_FAMILIES, N_FEELS, N_METERS, N_PITCHES, N_SHIFTS, N_VELOCITIES,
};

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
/// Rows for a chord: twelve for its root and one for no chord, twelve for its bass, twelve for its tones.
pub(super) const N_HARMONY: usize = 13 + 12 + 12;
/// Classes of the time to the next change of chord; see `harmony::change_class`.
pub(super) const N_CHANGES: usize = 12;
/// Classes of the bars to the end: unknown, 1, 2, 3 to 4, 5 to 8, more.
pub(super) const N_ENDS: usize = 6;
/// Where a kind of rows begins in a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    begin: usize,
}

macro_rules! tables {
    ($($table:ident { $($kind:ident: $count:expr),* $(,)? } { $($added:ident: $added_count:expr),* $(,)? })+) => {
        $(
            pub(super) mod $table {
                #[allow(unused_imports, reason = "not every table needs every count")]
                use crate::model::encoding::rows::*;
                tables!(@rows SECOND 0; $($kind: $count),*);
                tables!(@rows THIRD SECOND; $($added: $added_count),*);
            }
        )+
    };
    (@rows $total:ident $begin:expr; $kind:ident: $count:expr $(, $rest:ident: $rest_count:expr)*) => {
        pub(in crate::model::encoding) const $kind: Rows = Rows { begin: $begin };
        tables!(@rows $total $begin + $count; $($rest: $rest_count),*);
    };
    (@rows $total:ident $begin:expr;) => {
        /// Rows of the table in this encoding.
        pub(in crate::model::encoding) const $total: usize = $begin;
    };
}

// For each table the rows of encoding 2, then those that encoding 3 adds.
tables! {
    // Feeds the LSTM; a row for each style follows.
    step {
        FAMILY: N_FAMILIES + 1,
        SHIFT: N_SHIFTS + 1,
        PITCH: N_PITCHES + 1,
        DURATION: N_DURATIONS + 1,
        VELOCITY: N_COARSE_VELOCITIES + 1,
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
    } {
        FINE_VELOCITY: N_VELOCITIES + 1,
        FEEL: N_FEELS + 1,
        HARMONY: N_HARMONY,
        NEXT_HARMONY: N_HARMONY,
        CHANGE: N_CHANGES,
        END: N_ENDS,
    }
    shift {
        FAMILY: N_FAMILIES,
        BACK_SHIFT: N_LOOKBACKS * (N_SHIFTS + 1),
        RUN: N_LOOKBACKS * N_RUNS,
    } {
    }
    pitch {
        FAMILY: N_FAMILIES,
        SHIFT: N_SHIFTS,
        BAR_TICK: N_BAR_TICKS,
        SOUNDING: N_PITCHES,
        BACK_PITCH: N_LOOKBACKS * (N_PITCHES + 1),
        RUN: N_LOOKBACKS * N_RUNS,
    } {
        HARMONY: N_HARMONY,
        COMING: N_HARMONY,
        END: N_ENDS,
    }
    duration {
        FAMILY: N_FAMILIES,
        SHIFT: N_SHIFTS,
        PITCH: N_PITCHES,
        BAR_TICK: N_BAR_TICKS,
        BACK_DURATION: N_LOOKBACKS * (N_DURATIONS + 1),
        RUN: N_LOOKBACKS * N_RUNS,
    } {
        CHANGE: N_CHANGES,
        END: N_ENDS,
    }
    velocity {
        FAMILY: N_FAMILIES,
        PITCH: N_PITCHES,
        DURATION: N_DURATIONS,
        BAR_TICK: N_BAR_TICKS,
        LAST: N_COARSE_VELOCITIES + 1,
    } {
        FINE_LAST: N_VELOCITIES + 1,
        BACK_VELOCITY: N_LOOKBACKS * (N_VELOCITIES + 1),
    }
    feel {
    } {
        FAMILY: N_FAMILIES,
        SHIFT: N_SHIFTS,
        PITCH: N_PITCHES,
        VELOCITY: N_VELOCITIES,
        BAR_TICK: N_BAR_TICKS,
        LAST: N_FEELS + 1,
        BACK_FEEL: N_LOOKBACKS * (N_FEELS + 1),
    }
}

/// Rows that encoding 1 lacked: the tensor's name, the first row, how many.
pub(crate) const ADDED_IN_2: [(&str, usize, usize); 4] = [
    ("embedding.weight", step::RUN.begin, N_LOOKBACKS * N_RUNS),
    ("shift.table.weight", shift::BACK_SHIFT.begin, shift::SECOND - shift::BACK_SHIFT.begin),
    ("pitch.table.weight", pitch::RUN.begin, N_LOOKBACKS * N_RUNS),
    ("duration.table.weight", duration::RUN.begin, N_LOOKBACKS * N_RUNS),
];

impl Rows {
    /// The row with this index.
    pub(super) fn at(self, idx: usize) -> u32 {
        (self.begin + idx) as u32
    }
}
