//! Composes bars into a take.

use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::composer::take::edits::Edit;
use crate::composer::take::harmony::Harmony;
use crate::composer::writing::bass::without_wrong_bass;
use crate::composer::writing::candidates::{Copies, best_candidate};
use crate::composer::writing::density::at_density;
use crate::composer::writing::drawing::Redraw;
use crate::composer::writing::following::{following, likelihood_after};
use crate::composer::writing::place::{Place, moved, transposed};
use crate::composer::writing::played_chords::played_chords;
use crate::composer::writing::priming::PrimedGenerator;
use crate::composer::writing::repetition::{is_before_full_repetition, repeated_bar};
use crate::model::{Drawn, Model, StepSlot, block_on};
use crate::music::{Meter, Note, Tick};
use crate::player::{ComposingKnobs, Conversation};

/// Composes bars with a model. Holds no music: that is in the take.
///
/// A bar depends on its knobs, its index, its meter, how often it was rolled again, what was played in up to
/// then and the notes before it, and on nothing else: neither on when it is composed, nor on what was composed
/// and thrown away.
#[derive(Debug)]
pub struct Writer {
    pub(in crate::composer::writing) generator: PrimedGenerator,
    /// Short passages of the model's primers, once there are candidates to compare with them.
    copies: Option<Copies>,
}

/// A bar that has just been composed.
struct NewBar {
    composed: ComposedBar,
    /// Whether the generator has been fed the bar's context, and nothing after it.
    is_fed: bool,
}

impl Writer {
    /// How many bars are drawn where one is composed again by hand and others follow it.
    const N_DRAWS: u8 = 8;

    /// A writer that draws from `model`.
    #[must_use]
    pub fn new(model: Arc<Model>) -> Self {
        Self { generator: PrimedGenerator::new(model), copies: None }
    }

    /// A writer that waits in this slot for the steps of its network.
    pub(crate) fn with_slot(model: Arc<Model>, slot: StepSlot) -> Self {
        let mut writer = Self::new(model);
        writer.generator.use_slot(slot);
        writer
    }

    /// The model it draws from.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        self.generator.model()
    }

    /// The hash of the model it draws from.
    pub(crate) fn hash(&self) -> &str {
        self.generator.hash()
    }

    /// Composes a bar of the take again, or its next one. The bars after it stay, perhaps stale.
    ///
    /// A kept bar stays; one of another take comes from the shelf; one that was here before with the same
    /// knobs comes back.
    pub(crate) async fn write_bar(
        &mut self,
        take: &mut Take,
        bar_idx: usize,
        knobs: &ComposingKnobs,
        meter: Meter,
    ) {
        let Some(start) = take.start_of(bar_idx) else {
            return;
        };
        if let Some(here) = take.bars().get(bar_idx)
            && here.is_kept
            && (here.knobs.slot, here.bar.meter) == (knobs.slot, meter)
        {
            take.mark_fresh(bar_idx);
            return;
        }
        let place = Place::new(take, bar_idx, start, meter, knobs);
        if let Some(known) = self.known_bar(take, &place) {
            take.put(bar_idx, known);
            return;
        }
        let NewBar { composed, is_fed } = self.compose(take, &place).await;
        if is_fed {
            self.generator.put_fed(take, bar_idx, Arc::new(composed));
        } else {
            take.put(bar_idx, Arc::new(composed));
        }
    }

    /// The bar that belongs here, if it need not be composed.
    fn known_bar(&self, take: &Take, place: &Place) -> Option<Arc<ComposedBar>> {
        let Place { bar_idx, meter, ref knobs, .. } = *place;
        // What was played in since is not part of what identifies a replaced bar.
        let is_answer = knobs.conversation != Conversation::Generate;
        let replaced = if is_answer { None } else { take.replaced_bar(bar_idx, knobs, meter, self.hash()) };
        take.kept_in_meter(bar_idx, knobs.slot, meter)
            .or_else(|| replaced.filter(|old| old.key == place.key))
            .or_else(|| take.shelved_bar(bar_idx, knobs, meter, self.hash()))
            .or_else(|| self.repetition(take, place).map(Arc::new))
    }

    /// The bar that comes round here, unless it would have a wrong bass.
    fn repetition(&self, take: &Take, place: &Place) -> Option<ComposedBar> {
        let repeated = repeated_bar(take, place, self.hash())?;
        let notes = place.to_c(&repeated.bar.notes);
        let is_right = repeated.is_kept || without_wrong_bass(take, place, &notes) == notes;
        is_right.then_some(repeated)
    }

    /// Composes a bar as its place and the take require, whatever was there before.
    async fn compose(&mut self, take: &Take, place: &Place) -> NewBar {
        match place.knobs.conversation {
            Conversation::Trade if is_users_turn(place) => {
                let played = take.input.notes_in(place.start, place.end(), place.knobs.instrument);
                let composed = place.composed_bar(take, self.generator.hash(), &[], Some(played));
                NewBar { composed, is_fed: false }
            }
            Conversation::Continue => self.compose_answer(take, place).await,
            Conversation::Accompany => self.compose_along(take, place).await,
            Conversation::Generate | Conversation::Trade => self.compose_freely(take, place).await,
        }
    }

    /// A bar that takes no notice of what is played in it.
    async fn compose_freely(&mut self, take: &Take, place: &Place) -> NewBar {
        let ends_piece = take.length() == Some(place.bar_idx + 1);
        let is_closed = ends_piece || is_before_full_repetition(take, place);
        let comes_home = self.model().config().encoding.is_told() && comes_home(take, place);
        let place = Place { is_closed, comes_home, ..*place };
        // All draws for a bar that is composed again by hand are of one candidate.
        let candidate = if place.attempt > 0 {
            place.candidate
        } else {
            best_candidate(&mut self.generator, &mut self.copies, take, &place).await
        };
        let place = Place { candidate, ..place };
        let (drawn, base) = self.draw_at_density(take, &place).await;
        let context = transposed(&base, place.key.transposition());
        let composed = place.composed_bar(take, self.generator.hash(), &drawn, Some(context));
        NewBar { composed, is_fed: true }
    }

    /// Draws a bar; returns its notes at its density, and those of the base, which the generator has been fed.
    async fn draw_at_density(&mut self, take: &Take, place: &Place) -> (Vec<Drawn>, Vec<Note>) {
        let generator = self.generator.before(take, place).await;
        let (base, before) = place.draw_bar(generator).await;
        let notes = base.iter().map(|drawn| drawn.note).collect();
        if !place.has_its_own_density() {
            return (base, notes);
        }
        let mut drawn = at_density(generator, place, &base, &before, place.start).await;
        let played: Vec<Note> = drawn.iter().map(|drawn| drawn.note).collect();
        let right = without_wrong_bass(take, place, &played);
        drawn.retain(|drawn| right.contains(&drawn.note));
        (drawn, notes)
    }

    /// A bar that is silent while the user plays, and until they have played at all.
    async fn compose_answer(&mut self, take: &Take, place: &Place) -> NewBar {
        let Place { start, .. } = *place;
        let end = place.end();
        let input = &take.input;
        let mut drawn = Vec::new();
        if input.has_any_before(end) {
            let silent_until = input.sounds_until(start);
            let entry = input.beginning_in(start, end).next().map_or(end, |note| note.onset);
            (drawn, _) = self.draw_at_density(take, place).await;
            drawn.retain(|drawn| drawn.note.onset >= silent_until && drawn.note.onset < entry);
        }
        let played = input.notes_in(start, end, place.knobs.instrument);
        let context = beside(played, &drawn, place);
        let composed = place.composed_bar(take, self.generator.hash(), &drawn, Some(context));
        NewBar { composed, is_fed: false }
    }

    /// A bar beside what is played in it.
    async fn compose_along(&mut self, take: &Take, place: &Place) -> NewBar {
        let played = take.input.notes_as_pressed(place.start, place.end(), place.knobs.instrument);
        let generator = self.generator.before(take, place).await;
        place.begin(generator, &[]).await;
        let notes: Vec<_> = take.input.beginning_in(place.start, place.end()).copied().collect();
        let has_lane = take.lane(place.knobs.slot).is_some();
        let chords = if has_lane { Harmony::default() } else { played_chords(take, place) };
        // Of a chord the network is told when it is played, and not before.
        let told = |from: Tick| {
            let known = chords.until(from - place.start);
            (!known.chords().is_empty()).then(|| place.told_with(&known, take))
        };
        let drawn = place.draw_along(generator, &notes, &place.to_c(&played), told).await;
        let context = beside(played, &drawn, place);
        let composed = place.composed_bar(take, self.generator.hash(), &drawn, Some(context));
        if chords.chords().is_empty() {
            NewBar { composed, is_fed: true }
        } else {
            // Later it is fed with all of its chords from its beginning.
            NewBar { composed: ComposedBar { harmony: chords, ..composed }, is_fed: false }
        }
    }

    /// Composes a bar once more by hand, or draws its rhythm or its pitches again.
    ///
    /// If bars are `following`, several are drawn, and the one is taken after which those are likeliest. A bar with the
    /// very notes of before is taken only if no other is drawn.
    async fn roll_again(
        &mut self,
        take: &Take,
        place: &Place,
        old: &ComposedBar,
        redraw: Option<Redraw>,
        following: &[Arc<ComposedBar>],
    ) -> ComposedBar {
        let mut candidate = place.candidate;
        let mut best: Option<(f32, ComposedBar)> = None;
        for attempt in 0..Self::N_DRAWS {
            let place = Place { candidate, attempt, ..*place };
            let locked = place.to_c(&old.locked_notes().copied().collect::<Vec<_>>());
            let new = match redraw {
                Some(what) => self.redraw(take, &place, old, (what, &locked)).await,
                None if locked.is_empty() => self.compose(take, &place).await.composed,
                None => self.compose_around(take, &place, &locked).await,
            };
            let new = if locked.is_empty() { new } else { new.around_locked_notes_of(old) };
            candidate = new.candidate;
            if new.bar.notes == old.bar.notes {
                continue;
            }
            let score = likelihood_after(&mut self.generator, take, place.bar_idx, &new, following).await;
            if best.as_ref().is_none_or(|(best, _)| score > *best) {
                best = Some((score, new));
            }
            if following.is_empty() {
                break;
            }
        }
        best.map_or_else(|| old.clone(), |(_, bar)| bar)
    }

    /// Draws the rhythm or the pitches of a bar again.
    async fn redraw(
        &mut self,
        take: &Take,
        place: &Place,
        old: &ComposedBar,
        (what, locked): (Redraw, &[Note]),
    ) -> ComposedBar {
        let generator = self.generator.before(take, place).await;
        place.begin(generator, &[]).await;
        let mut rng = place.rng(1 << 40);
        let drawn = place.redraw(generator, &place.to_c(&old.bar.notes), (what, locked), &mut rng).await;
        place.composed_bar(take, self.generator.hash(), &drawn, None)
    }

    /// A bar around notes that are in it already. Answers to what is played in take no notice of them.
    async fn compose_around(&mut self, take: &Take, place: &Place, locked: &[Note]) -> ComposedBar {
        if place.knobs.conversation != Conversation::Generate {
            return self.compose(take, place).await.composed;
        }
        let generator = self.generator.before(take, place).await;
        let before = generator.snapshot();
        place.begin(generator, &[]).await;
        let mut drawn = place.draw_around(generator, locked, &mut place.rng(0)).await;
        if place.has_its_own_density() {
            drawn = at_density(generator, place, &drawn, &before, place.start).await;
        }
        place.composed_bar(take, self.generator.hash(), &drawn, None)
    }
}

/// What was played and what was drawn beside it, in the order of [`Note`].
pub(in crate::composer::writing) fn beside(
    mut played: Vec<Note>,
    drawn: &[Drawn],
    place: &Place,
) -> Vec<Note> {
    played.extend(drawn.iter().map(|drawn| moved(&drawn.note, place.key.transposition())));
    played.sort_unstable();
    played
}

/// Whether a bar is the last of the close that leads to the end where the user gives no chords.
fn comes_home(take: &Take, place: &Place) -> bool {
    let ComposingKnobs { slot, strictness, .. } = place.knobs;
    let is_last = take.bars_to_end(place.bar_idx, &place.knobs) == Some(1);
    is_last && strictness > 0.0 && take.lane(slot).is_none()
}

/// Whether a bar is the user's in trading.
pub(in crate::composer::writing) fn is_users_turn(place: &Place) -> bool {
    (place.bar_idx / usize::from(place.knobs.trade.max(1))).is_multiple_of(2)
}

/// Composes whole bars, all on the same knobs and meter, until the take reaches `end`.
///
/// Bars that are there already and were composed with these knobs stay.
pub fn compose_until(take: &mut Take, writer: &mut Writer, knobs: &ComposingKnobs, meter: Meter, end: Tick) {
    let knobs = knobs.rounded();
    for bar_idx in 0..Take::MAX_BARS {
        let composed = take.bars().get(bar_idx);
        if composed.map_or(take.end(), |composed| composed.bar.start) >= end {
            return;
        }
        let meter = composed.map_or(meter, |composed| composed.bar.meter);
        if composed.is_none() || take.is_stale(bar_idx, &knobs, writer.hash()) {
            block_on(writer.write_bar(take, bar_idx, &knobs, meter));
        }
    }
}

/// Composes one bar of the take again, or its next one. The bars after it stay, perhaps stale.
pub fn compose_bar(
    take: &mut Take,
    writer: &mut Writer,
    knobs: &ComposingKnobs,
    meter: Meter,
    bar_idx: usize,
) {
    block_on(compose_bar_async(take, writer, knobs, meter, bar_idx));
}

/// As [`compose_bar`], waiting for the steps of the network.
pub(crate) async fn compose_bar_async(
    take: &mut Take,
    writer: &mut Writer,
    knobs: &ComposingKnobs,
    meter: Meter,
    bar_idx: usize,
) {
    writer.write_bar(take, bar_idx, &knobs.rounded(), meter).await;
}

/// Changes one bar of the take by hand; the bars after it stay as they are. Composing a bar again needs a
/// writer: without one nothing happens.
pub fn edit_bar(take: &mut Take, writer: Option<&mut Writer>, bar_idx: usize, edit: Edit) {
    block_on(edit_bar_async(take, writer, bar_idx, edit));
}

/// As [`edit_bar`], waiting for the steps of the network.
pub(crate) async fn edit_bar_async(take: &mut Take, writer: Option<&mut Writer>, bar_idx: usize, edit: Edit) {
    let following = following(take, bar_idx);
    edit_bar_before(take, writer, bar_idx, edit, &following).await;
}

/// As [`edit_bar_async`], where a bar that is composed again is to lead into these.
pub(crate) async fn edit_bar_before(
    take: &mut Take,
    writer: Option<&mut Writer>,
    bar_idx: usize,
    edit: Edit,
    following: &[Arc<ComposedBar>],
) {
    let redraw = match edit {
        Edit::Keep => return take.keep(bar_idx),
        Edit::Release => return take.release(bar_idx),
        Edit::Clear => return take.clear(bar_idx),
        Edit::ReRoll => None,
        Edit::ReRollRhythm => Some(Redraw::Rhythm),
        Edit::ReRollPitches => Some(Redraw::Pitches),
    };
    let (Some(writer), Some(old)) = (writer, take.bars().get(bar_idx).cloned()) else {
        return;
    };
    let place = Place::rolled_again(take, &old, bar_idx);
    let new = writer.roll_again(take, &place, &old, redraw, following).await;
    take.edit(bar_idx, &new);
}
