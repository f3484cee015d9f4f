//! What the composer does about notes that are played in.

use std::collections::HashSet;

use crate::composer::take::bars::Take;
use crate::composer::take::played_in::{PlayedIn, on_grid};
use crate::composer::writing::writer::Writer;
use crate::music::Tick;
use crate::player::Conversation;
use crate::player::handover::Input;

/// Listens to what is played in, and keeps the take in step with it.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    /// Where the last key went down or up.
    last: Tick,
    /// The bars that have been played in since the song last went back.
    heard: HashSet<usize>,
    /// The bars that are to be written again for it.
    dirty: Option<(usize, usize)>,
}

impl Listener {
    /// The song has gone back, or stopped: whoever plays in a bar from now on plays it anew.
    pub(crate) fn begin_pass(&mut self) {
        self.heard.clear();
        self.last = Tick(i64::MIN);
    }

    /// A key goes down or up. What is played in a bar takes the place of what was played there in an earlier
    /// pass.
    pub(crate) fn hear(&mut self, take: &mut Take, input: &Input) {
        if input.at < self.last {
            self.begin_pass();
        }
        self.last = input.at;
        let bar_idx = |take: &Take, at| take.bar_idx_at(at);
        let dirty = if input.velocity > 0 {
            let onset = on_grid(input.at);
            let place = bar_idx(take, onset);
            if let Some((idx, bar)) = place.and_then(|idx| Some((idx, take.bars().get(idx)?.bar.clone())))
                && self.heard.insert(idx)
            {
                take.input.forget(bar.start, bar.end());
            }
            take.input.press(input);
            place.map(|idx| (idx, idx))
        } else {
            let onset = take.input.let_go(input.at, input.position, input.key);
            let first = onset.and_then(|onset| bar_idx(take, onset));
            first.map(|first| (first, bar_idx(take, input.at).unwrap_or(first).max(first)))
        };
        self.dirty = match (self.dirty, dirty) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (old, new) => old.or(new),
        };
    }

    /// Writes the bars again that what was played concerns, and the next one where there is time for it.
    pub(crate) async fn catch_up(&mut self, take: &mut Take, writer: &mut Writer) {
        let Some((first, last)) = self.dirty.take() else {
            return;
        };
        for idx in first..=last {
            let Some(composed) = take.bars().get(idx).cloned() else {
                return;
            };
            let is_concerned = match composed.knobs.conversation {
                Conversation::Generate => false,
                Conversation::Trade => idx == first,
                Conversation::Continue | Conversation::Accompany => true,
            };
            if is_concerned {
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
            take.bless(last + 1);
        }
    }
}
