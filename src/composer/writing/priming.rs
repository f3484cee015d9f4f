//! Positions a generator before a bar: feeds it the part of the take that the bar is composed from.
//!
//! So that a bar is the same whenever it is composed, and at a bounded cost, the context is cut into blocks of
//! [`BLOCK`] bars, each with the [`RUN_UP`] bars before it. Where the style has been turned the context begins
//! with a primer of the new style, since the notes that the network was fed count for more than the style's
//! name. Where the seed has been turned it begins with the primer of the new seed, since the next bars would
//! otherwise go on much as before.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::composer::take::fingerprint::Fingerprint;
use crate::composer::writing::chance::random_bits;
use crate::composer::writing::place::{Place, style, transposed};
use crate::model::{Beginning, Generator, Model, Primer, Snapshot, StepSlot};
use crate::music::{Key, Meter, Note};
use crate::player::{ComposingKnobs, Conversation};

/// A block of this many bars shares the beginning of its context.
const BLOCK: usize = 32;
/// How many bars before the block its context begins.
const RUN_UP: usize = 16;
/// How many snapshots are kept.
const N_SNAPSHOTS: usize = 12;

/// Which bars the network is fed before a bar is composed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Context {
    /// The first of them.
    first: usize,
    /// Whether music begins there, the song, another style or another seed: then a primer comes before it.
    is_beginning: bool,
}

impl Context {
    /// The context of a bar that is composed with these knobs.
    fn of(take: &Take, bar_idx: usize, knobs: &ComposingKnobs) -> Self {
        let block = (bar_idx / BLOCK * BLOCK).saturating_sub(RUN_UP);
        // An answer depends on what was played, whatever its style.
        let is_answer = matches!(knobs.conversation, Conversation::Continue | Conversation::Trade);
        let before = block.saturating_sub(1);
        let bars = take.bars().get(before..bar_idx).filter(|_| !is_answer).unwrap_or_default();
        let last_of_another =
            bars.iter().rposition(|composed| style(&composed.knobs).main() != style(knobs).main());
        let style_start = last_of_another.map_or(0, |idx| before + idx + 1);
        // Where the user's own music begins the take, it goes on from that, whatever the seed.
        let is_free = knobs.conversation == Conversation::Generate && take.opening().is_none();
        let seed_start = if is_free { start_of_seed(bars, before, knobs.seed) } else { 0 };
        let start = style_start.max(seed_start);
        Self { first: start.max(block), is_beginning: start >= block }
    }
}

/// The index of the bar at which music of this seed begins, `first` that of the first of `bars`; 0 if it begins before them.
///
/// Kept bars of another seed are passed over: they stay whatever is turned.
fn start_of_seed(bars: &[Arc<ComposedBar>], first: usize, seed: u32) -> usize {
    let is_of_seed = |composed: &Arc<ComposedBar>| composed.knobs.seed == seed;
    let last_of_another = bars.iter().rposition(|composed| !is_of_seed(composed) && !composed.is_kept);
    if last_of_another.is_none() && first > 0 {
        return 0;
    }
    let next = last_of_another.map_or(0, |idx| idx + 1);
    let start = bars.iter().skip(next).position(is_of_seed);
    first + start.map_or(bars.len(), |idx| next + idx)
}

/// Everything that a generator has been fed when it is before a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fed {
    bar_idx: usize,
    context: Context,
    notes: Fingerprint,
}

impl Fed {
    /// What a generator must have been fed to compose a bar.
    fn before(take: &Take, bar_idx: usize, context: Context) -> Self {
        let mut notes = Fingerprint::EMPTY;
        if let Some(first) = take.bars().get(context.first) {
            // The knobs of the first bar have chosen the primer.
            let ComposingKnobs { seed, slot, conversation, .. } = first.knobs;
            let is_answer = conversation == Conversation::Continue;
            notes = notes.with(i64::from(seed)).with(i64::from(slot)).with(i64::from(is_answer));
            let sounding: Vec<Note> = take.sounding_into(context.first, first.bar.start).copied().collect();
            notes = notes.with_notes(&sounding);
        }
        let bars = take.bars().iter().take(bar_idx).skip(context.first);
        let notes = bars.fold(notes, |print, composed| composed.added_to(print));
        Self { bar_idx, context, notes }
    }

    /// Whether the primer is known: where the context is empty, the bar to be composed chooses it.
    fn has_known_primer(&self) -> bool {
        self.context.first < self.bar_idx
    }
}

/// A generator that can be put before any bar of a take.
#[derive(Debug)]
pub(crate) struct PrimedGenerator {
    generator: Generator,
    /// The hash of its model.
    hash: Arc<str>,
    /// What it has been fed, while that is known.
    fed: Option<Fed>,
    /// What it had been fed at earlier bars, the latest last.
    snapshots: VecDeque<(Fed, Snapshot)>,
}

impl PrimedGenerator {
    pub(crate) fn new(model: Arc<Model>) -> Self {
        let hash = Arc::from(model.hash());
        Self { generator: Generator::new(model), hash, fed: None, snapshots: VecDeque::new() }
    }

    /// Makes it wait in this slot for the steps of its network.
    pub(crate) fn use_slot(&mut self, slot: StepSlot) {
        self.generator.use_slot(slot);
    }

    pub(crate) fn model(&self) -> &Arc<Model> {
        self.generator.model()
    }

    pub(crate) fn hash(&self) -> &Arc<str> {
        &self.hash
    }

    /// The generator at the beginning of a bar, fed with the bar's context.
    pub(crate) async fn before(&mut self, take: &Take, place: &Place) -> &mut Generator {
        let context = Context::of(take, place.bar_idx, &place.knobs);
        let wanted = Fed::before(take, place.bar_idx, context);
        // Whatever the caller feeds it now is not known here.
        if self.fed.take() != Some(wanted) || !wanted.has_known_primer() {
            let next_idx = if let Some(bar_idx) = self.recall(take, &wanted) {
                bar_idx
            } else {
                self.begin(take, place, context).await;
                context.first
            };
            for (idx, composed) in (0..).zip(take.bars()).take(place.bar_idx).skip(next_idx) {
                let place = Place::of(composed, idx);
                self.generator.tell(place.told_with(&composed.harmony, take));
                place.begin(&mut self.generator, &place.to_c(composed.context())).await;
            }
        }
        self.generator.tell(place.told(take));
        self.remember(wanted);
        &mut self.generator
    }

    /// Puts a bar into the take with whose context the generator has just been fed, so that it is before the
    /// next one.
    pub(crate) fn put_fed(&mut self, take: &mut Take, bar_idx: usize, composed: Arc<ComposedBar>) {
        let context = Context::of(take, bar_idx, &composed.knobs);
        take.put(bar_idx, composed);
        self.fed = Some(Fed::before(take, bar_idx + 1, context));
    }

    /// Begins a context: with a primer where music begins, elsewhere with none.
    async fn begin(&mut self, take: &Take, place: &Place, context: Context) {
        let Context { first, is_beginning } = context;
        let model = Arc::clone(self.model());
        let composed = take.bars().get(first).filter(|_| first < place.bar_idx);
        let first_place = composed.map_or(*place, |composed| Place::of(composed, first));
        let Place { start, meter, ref knobs, key, .. } = first_place;
        let primer = match take.opening() {
            _ if !is_beginning => None,
            Some(opening) if first == 0 => Some(&opening.primer),
            // The user's own notes begin the piece.
            _ if knobs.conversation == Conversation::Continue => None,
            _ => choose_primer(&model, knobs, key, meter),
        };
        self.generator.tell(match composed {
            Some(composed) => first_place.told_with(&composed.harmony, take),
            None => first_place.told(take),
        });
        let beginning = Beginning { style: style(knobs), mode: key.mode, start, meter, primer };
        self.generator.begin_async(&beginning).await;
        let sounding: Vec<Note> = take.sounding_into(first, start).copied().collect();
        self.generator.add_ringing(&transposed(&sounding, -key.transposition()));
    }

    /// Goes back to the latest snapshot on the way to `wanted`, and returns the bar that comes next.
    fn recall(&mut self, take: &Take, wanted: &Fed) -> Option<usize> {
        let is_on_the_way = |fed: &Fed| {
            fed.context == wanted.context
                && fed.bar_idx <= wanted.bar_idx
                && *fed == Fed::before(take, fed.bar_idx, wanted.context)
        };
        let on_the_way = self.snapshots.iter().enumerate().filter(|(_, (fed, _))| is_on_the_way(fed));
        let (snapshot_idx, _) = on_the_way.max_by_key(|(_, (fed, _))| fed.bar_idx)?;
        // Snapshots that are used again, such as the start of a loop, are kept longest.
        let (fed, snapshot) = self.snapshots.remove(snapshot_idx)?;
        self.generator.restore(&snapshot);
        self.snapshots.push_back((fed, snapshot));
        Some(fed.bar_idx)
    }

    fn remember(&mut self, fed: Fed) {
        if !fed.has_known_primer() || self.snapshots.iter().any(|(other, _)| *other == fed) {
            return;
        }
        if self.snapshots.len() >= N_SNAPSHOTS {
            self.snapshots.pop_front();
        }
        self.snapshots.push_back((fed, self.generator.snapshot()));
    }
}

/// The takes A to D of one seed begin so many primers apart, where these come in turn.
const TURN_OF_A_TAKE: u64 = 17;

/// The primer for this seed, from those of the style; of the same mode and meter if there are any.
fn choose_primer<'a>(model: &'a Model, knobs: &ComposingKnobs, key: Key, meter: Meter) -> Option<&'a Primer> {
    let style = style(knobs).main().min(model.card().styles.len().saturating_sub(1));
    let fit = |primer: &Primer| (primer.mode == key.mode, primer.meter == meter);
    let of_style = || model.primers().iter().filter(|primer| primer.style == style);
    let best = of_style().map(fit).max()?;
    let fitting: Vec<&Primer> = of_style().filter(|primer| fit(primer) == best).collect();
    let (seed, slot) = (u64::from(knobs.seed), u64::from(knobs.slot));
    let number = match slot {
        _ if model.card().primers_in_turn => seed + slot * TURN_OF_A_TAKE,
        0 => random_bits(&[seed, 2]),
        slot => random_bits(&[seed, 2, slot]),
    };
    let chosen = (number % fitting.len().max(1) as u64) as usize;
    // A tune written against its bar lines would shift the whole take: then the next one is read.
    let from_chosen = || fitting.iter().cycle().skip(chosen).take(fitting.len());
    from_chosen().find(|primer| !primer.is_shifted()).or(from_chosen().next()).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::composer::writing::priming::choose_primer;
    use crate::model::{Card, Model, Primer};
    use crate::music::{Family, Key, Meter, Mode, Note, Tick};
    use crate::player::ComposingKnobs;

    /// The primers of seeds in a row, by the pitch of their only note.
    fn chosen(primers_in_turn: bool, slot: u8) -> Vec<u8> {
        let primer = |pitch| {
            let (duration, family) = (Tick(24), Family::PIANO);
            let note = Note { onset: Tick(0), duration, pitch, velocity: 80, family, feel: None };
            Primer { style: 0, mode: Mode::Major, meter: Meter::COMMON, n_bars: 1, notes: vec![note] }
        };
        let model = Model::random(1, 1);
        let card = Card { primers_in_turn, ..model.card().clone() };
        let model = model.with(card, (60..80).map(primer).collect()).unwrap();
        let of = |seed| {
            let knobs = ComposingKnobs { seed, slot, ..ComposingKnobs::default() };
            choose_primer(&model, &knobs, Key::new(0, Mode::Major), Meter::COMMON).unwrap().notes[0].pitch
        };
        (1000..1020).map(of).collect()
    }

    #[test]
    fn seeds_in_a_row_begin_differently_where_the_card_says_so() {
        let different = |pitches: &[u8]| pitches.iter().collect::<BTreeSet<_>>().len();
        assert_eq!(different(&chosen(true, 0)), 20);
        assert!(different(&chosen(false, 0)) < 20, "as in models of before");
        assert!(
            chosen(true, 0).iter().zip(chosen(true, 1)).all(|(a, b)| *a != b),
            "and so do the takes of a seed"
        );
    }
}
