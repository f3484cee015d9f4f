//! Keeps the take up to date with what is played in.

use std::collections::HashSet;

use crate::composer::take::bars::Take;
use crate::composer::take::played_in::{PlayedIn, on_grid};
use crate::composer::writing::writer::Writer;
use crate::music::Tick;
use crate::player::Conversation;
use crate::player::handover::Input;

/// Adds what is played in to a take, and composes the bars again that it affects.
#[derive(Debug, Default)]
pub(crate) struct InputTracker {
    /// Where the last key went down or up.
    last: Tick,
    /// The bars that have been played in since the song last went back.
    played_bars: HashSet<usize>,
    /// The first and the last bar that are affected but not composed again yet.
    affected: Option<(usize, usize)>,
}

impl InputTracker {
    /// The song has gone back, or stopped: what is played in a bar from now on replaces what was played there.
    pub(crate) fn begin_pass(&mut self) {
        self.played_bars.clear();
        self.last = Tick(i64::MIN);
    }

    /// A key goes down or up. The first note in a bar replaces what was played there in an earlier pass. `loop_end` is where
    /// the song goes back, if it is in a loop.
    pub(crate) fn receive(&mut self, take: &mut Take, input: &Input, loop_end: Option<Tick>) {
        if input.at < self.last {
            self.begin_pass();
        }
        self.last = input.at;
        let affected = if input.velocity > 0 {
            let bar_idx = take.bar_idx_at(on_grid(input.at));
            if let Some((idx, composed)) = bar_idx.and_then(|idx| Some((idx, take.bars().get(idx)?.clone())))
                && self.played_bars.insert(idx)
            {
                take.input.remove(composed.bar.start, composed.bar.end());
            }
            take.input.press(input);
            bar_idx.map(|idx| (idx, idx))
        } else {
            let onset = take.input.release_in_loop(input.at, input.position, input.key, loop_end);
            let first = onset.and_then(|onset| take.bar_idx_at(onset));
            first.map(|first| (first, take.bar_idx_at(input.at).unwrap_or(first).max(first)))
        };
        self.affected = match (self.affected, affected) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (old, new) => old.or(new),
        };
    }

    /// Composes the affected bars again, and the next one where there is time for it.
    pub(crate) async fn catch_up(&mut self, take: &mut Take, writer: &mut Writer) {
        let Some((first, last)) = self.affected.take() else {
            return;
        };
        for idx in first..=last {
            let Some(composed) = take.bars().get(idx).cloned() else {
                return;
            };
            let is_affected = match composed.knobs.conversation {
                Conversation::Generate => false,
                Conversation::Trade => idx == first,
                Conversation::Continue | Conversation::Accompany => true,
            };
            if is_affected {
                writer.write_bar(take, idx, &composed.knobs, composed.bar.meter).await;
            }
        }
        let Some(next) = take.bars().get(last + 1).cloned() else {
            return;
        };
        let has_time = self.last <= next.bar.start - PlayedIn::TOO_LATE;
        if has_time && take.has_lost_its_past(last + 1) {
            writer.write_bar(take, last + 1, &next.knobs, next.bar.meter).await;
        } else {
            take.mark_fresh(last + 1);
        }
    }
}
