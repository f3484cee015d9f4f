//! What the roll says about bars.

use crate::music::{Bar, Tick};
use crate::plugin::editor::view::shown::View;

/// The number of a bar, counted from the song's origin in bars of this length: the host's own number while the meter
/// does not change.
pub(crate) fn bar_number(bar: &Bar) -> i64 {
    bar.start.0.div_euclid(bar.meter.bar_length().0.max(1)) + 1
}

/// Whether no knob can change this bar any more, because it is sounding, settled or kept.
pub(crate) fn is_certain(view: &View, bar_idx: usize, bar: &Bar) -> bool {
    let settled = view.roll.playhead.to_ticks_floor() + Tick(Tick::PER_BEAT);
    bar.start <= settled || view.roll.marks.get(bar_idx).is_some_and(|mark| mark.is_kept)
}
