//! Composes bar after bar, as the plugin does when it plays from the beginning.

use crate::composer::{Edit, Take, Writer, compose_bar_async, edit_bar_async};
use crate::music::{Meter, Note};
use crate::player::ComposingKnobs;

/// Most bars to compose.
pub(super) const MAX_BARS: usize = 10_000;
/// After so many bars without a note in a row there will hardly be another.
const MAX_SILENT_BARS: usize = 256;

/// How much to compose.
pub(in crate::cli) enum Amount {
    Bars(u32),
    Notes(u32),
}

/// Composes bar after bar; bars to keep are kept at once, other edits are made at the end. Returns the notes and the
/// number of bars.
pub(in crate::cli) async fn compose(
    mut take: Take,
    mut writer: Writer,
    knobs: &ComposingKnobs,
    meter: Meter,
    amount: &Amount,
    edits: &[(usize, Edit)],
) -> (Vec<Note>, usize) {
    let mut notes: Vec<Note> = Vec::new();
    let mut n_silent = 0;
    for bar_idx in 0..MAX_BARS {
        let is_enough = match amount {
            Amount::Bars(n_bars) => bar_idx >= *n_bars as usize,
            Amount::Notes(n_notes) => notes.len() >= *n_notes as usize || n_silent >= MAX_SILENT_BARS,
        };
        if is_enough {
            break;
        }
        compose_bar_async(&mut take, &mut writer, knobs, meter, bar_idx).await;
        if edits.contains(&(bar_idx, Edit::Keep)) {
            edit_bar_async(&mut take, Some(&mut writer), bar_idx, Edit::Keep).await;
        }
        let n_before = notes.len();
        notes.extend(take.score().bars.get(bar_idx).iter().flat_map(|bar| &bar.notes));
        n_silent = if notes.len() > n_before { 0 } else { n_silent + 1 };
    }
    let mut later = edits.iter().filter(|(_, edit)| *edit != Edit::Keep).peekable();
    if later.peek().is_some() {
        for (bar_idx, edit) in later {
            edit_bar_async(&mut take, Some(&mut writer), *bar_idx, *edit).await;
        }
        notes = take.score().bars.iter().flat_map(|bar| bar.notes.clone()).collect();
    }
    if let Amount::Notes(n_notes) = amount {
        notes.truncate(*n_notes as usize);
    }
    (notes, take.score().bars.len())
}
