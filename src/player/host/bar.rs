//! Counts bars the way the host does, from what the host reports.

use crate::music::{Meter, Score, Tick};
use crate::player::host::transport::Transport;

/// The host's bar under the playhead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostBar {
    /// Its bar line.
    pub(crate) start: Tick,
    /// The next bar line.
    pub(crate) end: Tick,
    /// Its time signature.
    pub(crate) meter: Meter,
}

impl HostBar {
    /// The bar of `meter` at `start` that holds `position`. The song's origin is a bar line, however the host
    /// counts in its pre-roll.
    fn new(start: Tick, meter: Meter, position: Tick) -> Self {
        let end = start + meter.bar_length();
        if start < Tick::ZERO && end > Tick::ZERO {
            if position < Tick::ZERO {
                return Self { start, end: Tick::ZERO, meter };
            }
            return Self { start: Tick::ZERO, end, meter };
        }
        Self { start, end, meter }
    }

    /// The bar at the origin of the song.
    pub(crate) fn first() -> Self {
        Self::new(Tick::ZERO, Meter::COMMON, Tick::ZERO)
    }

    /// The bar after it, unless the host reports otherwise.
    pub(crate) fn next(self) -> Self {
        Self::new(self.end, self.meter, self.end)
    }

    /// The bar at `position`, to which the song has jumped.
    ///
    /// If the host reports no bar start, the bar is that of the score; where nothing is composed, bars are
    /// counted from the origin.
    pub(crate) fn at_jump(position: f64, transport: &Transport, score: &Score) -> Self {
        if let Some(bar) = Self::reported(position, transport) {
            return bar;
        }
        let tick = bar_tick(position);
        let meter = transport.meter.unwrap_or(Meter::COMMON);
        match score.bar_at(tick) {
            Some(bar) if transport.meter.is_none_or(|reported| reported == bar.meter) => {
                Self::new(bar.start, bar.meter, tick)
            }
            _ => {
                let length = meter.bar_length().0;
                Self::new(Tick(tick.0.div_euclid(length) * length), meter, tick)
            }
        }
    }

    /// This bar, corrected by what the host reports at the start of a block within it.
    pub(crate) fn corrected(self, position: f64, transport: &Transport) -> Self {
        if let Some(bar) = Self::reported(position, transport) {
            return bar;
        }
        let Some(meter) = transport.meter.filter(|reported| *reported != self.meter) else {
            return self;
        };
        // Meters change at bar lines. One that changes early in a bar has changed at its start; one that
        // changes later shows that the bars were counted wrongly.
        let tick = bar_tick(position);
        let start = if tick - self.start <= Tick(Tick::PER_BEAT / 2) { self.start } else { tick };
        Self::new(start, meter, tick)
    }

    /// The bar that the host reports, if it is plausible.
    fn reported(position: f64, transport: &Transport) -> Option<Self> {
        let start = transport.bar_start?;
        let meter = transport.meter.unwrap_or(Meter::COMMON);
        let length = meter.bar_length();
        let (tick, mut start) = (bar_tick(position), start.to_ticks_round());
        // At a bar line some hosts still report the line before.
        if tick == start + length {
            start = tick;
        }
        (start <= tick && tick < start + length).then(|| Self::new(start, meter, tick))
    }
}

/// The tick at or before a position; a position just before a tick counts as on it.
pub(crate) fn bar_tick(position: f64) -> Tick {
    Tick((position * Tick::PER_BEAT as f64 + 0.02).floor() as i64)
}
