//! What the roll says about bars.

use crate::music::{Bar, Tick};
use crate::plugin::editor::view::shown::View;

/// Counted from the song's origin by this bar's length: the host's own count where the meter stays.
pub(crate) fn bar_number(bar: &Bar) -> i64 {
    bar.start.0.div_euclid(bar.meter.bar_length().0.max(1)) + 1
}

/// Whether nothing that is turned now can change this bar any more: it is sounding or settled, or kept.
pub(crate) fn is_certain(view: &View, bar_idx: usize, bar: &Bar) -> bool {
    let settled = view.roll.playhead.to_ticks_floor() + Tick(Tick::PER_BEAT);
    bar.start <= settled || view.roll.marks.get(bar_idx).is_some_and(|mark| mark.is_kept)
}
