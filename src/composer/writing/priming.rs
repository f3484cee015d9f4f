//! What the network hears of a take before it composes a bar.
//!
//! To keep that the same whenever a bar is composed, and at a bounded cost, it hears a take in stretches: each
//! begins at every [`STRETCH`]th bar, with the [`RUN_UP`] bars before it heard again. Where the style has been
//! turned it begins anew, with music of that style, since what it hears counts for more than a style's name.

use crate::composer::take::bars::Take;
use crate::composer::take::fingerprint::{Fingerprint, chance};
use crate::composer::writing::drawing::{Place, style, transposed};
use crate::composer::writing::writer::Writer;
use crate::composer::writing::writer::place_of;
use crate::model::{Beginning, Model, Primer};
use crate::music::{Key, Meter, Note};
use crate::player::{ComposingKnobs, Conversation};

/// How many bars the network hears in one go.
const STRETCH: usize = 32;
/// How many bars before a stretch it hears again.
const RUN_UP: usize = 16;
/// How many standpoints are kept.
const N_MEMORIES: usize = 12;

/// From where on the network hears a take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hearing {
    /// The first bar that it hears.
    first: usize,
    /// Whether music begins there: the song, or another style. Then a primer comes before it.
    is_beginning: bool,
}

impl Hearing {
    /// What is heard before a bar that is composed on these knobs.
    pub(crate) fn of(take: &Take, bar_idx: usize, knobs: &ComposingKnobs) -> Self {
        let stretch = (bar_idx / STRETCH * STRETCH).saturating_sub(RUN_UP);
        // An answer has heard whoever is answered, whatever style they play in.
        let is_answer = matches!(knobs.conversation, Conversation::Continue | Conversation::Trade);
        let before = stretch.saturating_sub(1);
        let bars = take.bars().get(before..bar_idx).filter(|_| !is_answer).unwrap_or_default();
        let last_of_another =
            bars.iter().rposition(|composed| style(&composed.knobs).main() != style(knobs).main());
        let style_start = last_of_another.map_or(0, |idx| before + idx + 1);
        Self { first: style_start.max(stretch), is_beginning: style_start >= stretch }
    }
}

/// A bar index and the fingerprint of all that the network has heard before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standpoint {
    bar_idx: usize,
    hearing: Hearing,
    heard: Fingerprint,
}

impl Standpoint {
    /// Where the generator has to stand to compose a bar.
    pub(crate) fn new(take: &Take, bar_idx: usize, hearing: Hearing) -> Self {
        let mut heard = Fingerprint::EMPTY;
        if let Some(first) = take.bars().get(hearing.first) {
            // The knobs of the first bar have chosen the primer.
            let ComposingKnobs { seed, slot, conversation, .. } = first.knobs;
            let is_answer = conversation == Conversation::Continue;
            heard = heard.with(i64::from(seed)).with(i64::from(slot)).with(i64::from(is_answer));
            let ringing: Vec<Note> = take.ringing_into(hearing.first, first.bar.start).copied().collect();
            heard = heard.with_notes(&ringing);
        }
        let bars = take.bars().iter().take(bar_idx).skip(hearing.first);
        let heard = bars.fold(heard, |print, composed| composed.added_to(print));
        Self { bar_idx, hearing, heard }
    }

    /// Whether it says all that was heard: not where the bar itself is to choose the primer.
    fn is_telling(&self) -> bool {
        self.hearing.first < self.bar_idx
    }
}

impl Writer {
    /// Brings the generator to the beginning of a bar, having heard what comes before it in the take.
    pub(crate) async fn stand_before(&mut self, take: &Take, place: &Place) {
        let bar_idx = place.bar_idx;
        let hearing = Hearing::of(take, bar_idx, &place.knobs);
        let here = Standpoint::new(take, bar_idx, hearing);
        if self.standing == Some(here) && here.is_telling() {
            self.remember(here);
            return;
        }
        let from = if let Some(from) = self.recall(take, &here) {
            from
        } else {
            self.begin(take, place, hearing).await;
            hearing.first
        };
        for (idx, composed) in (0..).zip(take.bars()).take(bar_idx).skip(from) {
            let place = place_of(composed, idx);
            place.begin(&mut self.generator, &place.to_c(composed.heard())).await;
        }
        self.standing = Some(here);
        self.remember(here);
    }

    /// Begins to hear a take: with a primer where music begins, elsewhere with none.
    async fn begin(&mut self, take: &Take, place: &Place, hearing: Hearing) {
        let Hearing { first, is_beginning } = hearing;
        let model = self.model().clone();
        let heard = take.bars().get(first).filter(|_| first < place.bar_idx);
        let first_place = heard.map_or(*place, |heard| place_of(heard, first));
        let Place { start, meter, ref knobs, key, .. } = first_place;
        let primer = match take.opening() {
            _ if !is_beginning => None,
            Some(opening) if first == 0 => Some(&opening.primer),
            // Whoever plays first begins the piece.
            _ if knobs.conversation == Conversation::Continue => None,
            _ => choose_primer(&model, knobs, key, meter),
        };
        let beginning = Beginning { style: style(knobs), mode: key.mode, start, meter, primer };
        self.generator.begin_async(&beginning).await;
        let ringing: Vec<Note> = take.ringing_into(first, start).copied().collect();
        self.generator.add_ringing(&transposed(&ringing, -key.transposition()));
    }

    /// Goes back to the nearest remembered standpoint on the way to `here`, and returns its bar.
    fn recall(&mut self, take: &Take, here: &Standpoint) -> Option<usize> {
        let is_on_the_way = |point: &Standpoint| {
            point.hearing == here.hearing
                && point.bar_idx <= here.bar_idx
                && *point == Standpoint::new(take, point.bar_idx, here.hearing)
        };
        let on_the_way = self.memories.iter().enumerate().filter(|(_, (point, _))| is_on_the_way(point));
        let (memory_idx, _) = on_the_way.max_by_key(|(_, (point, _))| point.bar_idx)?;
        // What is used again is kept longest: the start of a loop, say.
        let memory = self.memories.remove(memory_idx)?;
        self.generator.restore(&memory.1);
        let bar_idx = memory.0.bar_idx;
        self.memories.push_back(memory);
        Some(bar_idx)
    }

    fn remember(&mut self, here: Standpoint) {
        if !here.is_telling() || self.memories.iter().any(|(point, _)| *point == here) {
            return;
        }
        if self.memories.len() >= N_MEMORIES {
            self.memories.pop_front();
        }
        self.memories.push_back((here, self.generator.snapshot()));
    }
}

/// The primer for this seed, from those of the style; of the same mode and meter if there are any.
fn choose_primer<'a>(model: &'a Model, knobs: &ComposingKnobs, key: Key, meter: Meter) -> Option<&'a Primer> {
    let style = style(knobs).main().min(model.card().styles.len().saturating_sub(1));
    let fit = |primer: &Primer| (primer.mode == key.mode, primer.meter == meter);
    let of_style = || model.primers().iter().filter(|primer| primer.style == style);
    let best = of_style().map(fit).max()?;
    let fitting: Vec<&Primer> = of_style().filter(|primer| fit(primer) == best).collect();
    let chance = match knobs.slot {
        0 => chance(&[u64::from(knobs.seed), 2]),
        slot => chance(&[u64::from(knobs.seed), 2, u64::from(slot)]),
    };
    let chosen = chance % fitting.len().max(1) as u64;
    fitting.get(chosen as usize).copied()
}
