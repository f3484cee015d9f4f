//! Composes bar after bar, as the plugin does when it plays from the beginning.

use crate::composer::{Edit, Take, Writer, compose_bar_async, edit_bar_async};
use crate::music::{Meter, Note};
use crate::player::ComposingKnobs;

/// Most bars to compose, in case a model composes only rests.
pub(super) const MAX_BARS: usize = 10_000;

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
    for bar_idx in 0..MAX_BARS {
        let is_enough = match amount {
            Amount::Bars(n_bars) => bar_idx >= *n_bars as usize,
            Amount::Notes(n_notes) => notes.len() >= *n_notes as usize,
        };
        if is_enough {
            break;
        }
        compose_bar_async(&mut take, &mut writer, knobs, meter, bar_idx).await;
        if edits.contains(&(bar_idx, Edit::Keep)) {
            edit_bar_async(&mut take, Some(&mut writer), bar_idx, Edit::Keep).await;
        }
        notes.extend(take.score().bars.get(bar_idx).iter().flat_map(|bar| &bar.notes));
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
