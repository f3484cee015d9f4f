//! Moves the bar lines of a take to where the host has them.

use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::composer::take::harmony::BarPlace;
use crate::music::{Bar, Meter, Note, Tick};

impl Take {
    /// Makes the song position `line` a bar line by shortening the bar that holds it, if there is a meter of
    /// that length. The bars after it are removed.
    pub(crate) fn make_bar_line(&mut self, line: Tick) {
        let Some(bar_idx) = self.bar_idx_at(line) else {
            return;
        };
        let Some(composed) = self.bars.get(bar_idx) else {
            return;
        };
        if let Some(meter) = meter_of_length(line - composed.bar.start) {
            self.shorten(bar_idx, meter);
        }
    }

    /// Gives a bar a shorter meter, and removes the notes that begin after its new end.
    pub(crate) fn shorten(&mut self, bar_idx: usize, meter: Meter) {
        let Some(composed) = self.bars.get(bar_idx) else {
            return;
        };
        let start = composed.bar.start;
        let end = start + meter.bar_length();
        let notes: Vec<Note> = composed.bar.notes.iter().filter(|note| note.onset < end).copied().collect();
        let n_notes = notes.len();
        let context = composed.context.as_ref();
        let shortened = ComposedBar {
            bar: Arc::new(Bar { start, meter, notes }),
            context: context.map(|notes| notes.iter().filter(|note| note.onset < end).copied().collect()),
            harmony: self.harmony(BarPlace { bar_idx, meter, key: composed.key }, &composed.knobs),
            sureness: composed.sureness.iter().take(n_notes).copied().collect(),
            locked: composed.locked.iter().take(n_notes).copied().collect(),
            ..(**composed).clone()
        };
        self.put_resized(bar_idx, Arc::new(shortened));
    }

    /// The meter that a new bar at the end should have so that bars of `meter` lead up to `line`.
    pub(crate) fn meter_towards(&self, line: Tick, meter: Meter) -> Meter {
        let gap = line - self.end();
        if gap <= Tick::ZERO || gap >= meter.bar_length() {
            return meter;
        }
        meter_of_length(gap).unwrap_or(meter)
    }
}

/// The simplest meter with bars of this length, if there is one.
pub(in crate::composer::take) fn meter_of_length(length: Tick) -> Option<Meter> {
    let shortest = Meter::new(1, 32).ok()?.bar_length().0;
    if length.0 <= 0 || length.0 % shortest != 0 {
        return None;
    }
    let (mut numerator, mut denominator) = (u32::try_from(length.0 / shortest).ok()?, 32);
    while numerator % 2 == 0 && denominator > 4 {
        numerator /= 2;
        denominator /= 2;
    }
    Meter::new(numerator, denominator).ok()
}

#[cfg(test)]
mod tests {
    use crate::composer::take::bar_lines::meter_of_length;
    use crate::music::{Meter, Tick};

    #[test]
    fn a_gap_between_bar_lines_has_a_meter_if_it_can() {
        assert_eq!(meter_of_length(Tick(72)), Meter::new(3, 4).ok());
        assert_eq!(meter_of_length(Tick(36)), Meter::new(3, 8).ok());
        assert_eq!(meter_of_length(Tick(3)), Meter::new(1, 32).ok());
        assert_eq!(meter_of_length(Tick(4)), None);
        assert_eq!(meter_of_length(Tick(0)), None);
    }
}
