//! The part of the take that is saved.

use std::sync::Arc;

use crate::music::{Bar, Note, Piece, Programs, Score, Tick, meter_changes, names};
use crate::player::ComposingKnobs;

/// How much of the take is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// So many bars, up to the one that the playhead is in.
    LastBars(u32),
    /// The phrase that the playhead is in.
    Phrase,
    /// The bars from this index on, and how many.
    Bars(usize, usize),
    /// The whole take.
    Take,
}

/// The bars of an extent; `length` is that of the phrase.
pub(crate) fn excerpt(score: &Score, extent: Extent, position: Tick, length: u8) -> &[Arc<Bar>] {
    let bars = &score.bars;
    // The bar that the playhead is in has begun before it: at a bar line, the bar before.
    let here = bars.partition_point(|bar| bar.start < position).max(1) - 1;
    let range = match extent {
        Extent::Take => 0..bars.len(),
        Extent::Bars(first, n_bars) => first..first.saturating_add(n_bars),
        Extent::LastBars(n_bars) => (here + 1).saturating_sub(n_bars as usize)..here + 1,
        Extent::Phrase => {
            // A phrase, unlike the last bars, is still to come where the playhead is at its start.
            let here = bars.partition_point(|bar| bar.start <= position).max(1) - 1;
            let length = usize::from(length.max(1));
            let start = here / length * length;
            start..start + length
        }
    };
    bars.get(range.start.min(bars.len())..range.end.min(bars.len())).unwrap_or_default()
}

/// The bars as a piece that begins at tick zero and ends with the last bar. Notes that ring in from before are left
/// out.
pub(crate) fn piece(bars: &[Arc<Bar>], programs: Programs, knobs: &ComposingKnobs, tempo: f64) -> Piece {
    let start = bars.first().map_or(Tick::ZERO, |bar| bar.start);
    let meters = meter_changes(bars.iter().map(|bar| &**bar));
    let notes = bars.iter().flat_map(|bar| &bar.notes);
    Piece {
        notes: notes.map(|note| Note { onset: note.onset - start, ..*note }).collect(),
        meters: meters.into_iter().map(|(at, meter)| (at - start, meter)).collect(),
        keys: vec![(Tick::ZERO, knobs.key())],
        tempos: vec![(Tick::ZERO, tempo)],
        programs,
        length: bars.last().map_or(Tick::ZERO, |bar| bar.end() - start),
        ..Piece::default()
    }
}

/// The title of the music: style, key and seed.
pub(crate) fn title(knobs: &ComposingKnobs, styles: &[String]) -> String {
    let last = styles.len().saturating_sub(1);
    let style = styles.get(usize::from(knobs.style).min(last)).map_or("Continuo", String::as_str);
    format!("{style} in {}, seed {}", names::key(knobs.key()), knobs.seed)
}
