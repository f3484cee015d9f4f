//! Writes bars into a take.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::composer::take::edit::Edit;
use crate::composer::take::fingerprint::chance_unit;
use crate::composer::take::played_in::PlayedIn;
use crate::composer::writing::candidates::Copies;
use crate::composer::writing::density::{Density, thicken_or_thin};
use crate::composer::writing::drawing::{Place, Redraw, moved, sampling, transposed};
use crate::composer::writing::priming::{Hearing, Standpoint};
use crate::model::{Drawn, Generator, Model, Snapshot, StepSlot, block_on};
use crate::music::{Bar, Key, Meter, Note, PitchClassSet, Scale, Tick};
use crate::player::{ComposingKnobs, Conversation};

/// Composes bars with a model. Holds no music: that is the take's.
///
/// A bar depends on its knobs, its index, its meter, how often it was rolled again, what was played in up to
/// then and the notes before it, and on nothing else: neither on when it is composed, nor on what was composed
/// and thrown away. What the network hears before a bar is said in `composer::hearing`.
#[derive(Debug)]
pub struct Writer {
    pub(crate) generator: Generator,
    hash: Arc<str>,
    /// Which bar the generator is about to compose, and what it has heard.
    pub(crate) standing: Option<Standpoint>,
    /// Where it stood lately, the newest last.
    pub(crate) memories: VecDeque<(Standpoint, Snapshot)>,
    /// Short passages of the model's primers, as it is asked for candidates that copy none of them.
    pub(crate) copies: Option<Copies>,
    /// Whether the generator has heard the bar that was made last as the take will have it.
    has_heard_it: bool,
}

/// What is composed anew of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Roll {
    All,
    Only(Redraw),
}

impl Writer {
    /// No bar has more notes.
    pub const MAX_NOTES: usize = Place::MAX_NOTES;
    /// How often a bar that came out stuck or cut off is composed again.
    const MAX_ATTEMPTS: u64 = 3;

    /// A writer that draws from `model`.
    #[must_use]
    pub fn new(model: Arc<Model>) -> Self {
        let hash = Arc::from(model.hash());
        Self {
            generator: Generator::new(model),
            hash,
            standing: None,
            memories: VecDeque::new(),
            copies: None,
            has_heard_it: false,
        }
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
        &self.hash
    }

    /// Composes a bar of the take anew, or its next one. The bars after it stay, perhaps stale.
    ///
    /// A kept bar stays; one of another take is fetched from there; one that was here before with the same
    /// knobs comes back.
    pub(crate) async fn write_bar(
        &mut self,
        take: &mut Take,
        bar_idx: usize,
        knobs: &ComposingKnobs,
        meter: Meter,
    ) {
        let Some(start) = start_of(take, bar_idx) else {
            return;
        };
        if let Some(here) = take.bars().get(bar_idx)
            && here.is_kept
            && (here.knobs.slot, here.bar.meter) == (knobs.slot, meter)
        {
            take.bless(bar_idx);
            return;
        }
        let (key, palette) = key_of(take, start, knobs);
        let place = Place {
            bar_idx,
            start,
            meter,
            knobs: *knobs,
            key,
            palette,
            n_rolls: take.n_rolls(bar_idx, knobs.slot),
            candidate: 0,
            is_closed: false,
        };
        // What was played in meanwhile is not among what a replaced bar is known by.
        let replaced =
            || take.replaced_bar(bar_idx, knobs, meter, &self.hash).filter(|old| old.key == place.key);
        let old = if knobs.conversation == Conversation::Generate { replaced() } else { None };
        let old = old.or_else(|| take.shelved(bar_idx, knobs, meter, &self.hash));
        let composed = match old.or_else(|| self.repeated(take, &place).map(Arc::new)) {
            Some(composed) => composed,
            None => Arc::new(self.compose(take, &place).await),
        };
        self.put(take, bar_idx, composed);
    }

    /// Puts a bar that may have just been drawn into its place.
    pub(crate) fn put(&mut self, take: &mut Take, bar_idx: usize, composed: Arc<ComposedBar>) {
        let heard_from = Hearing::of(take, bar_idx, &composed.knobs);
        take.put(bar_idx, composed);
        if std::mem::take(&mut self.has_heard_it) {
            self.standing = Some(Standpoint::new(take, bar_idx + 1, heard_from));
        }
    }

    /// Composes a bar as its place and the take have it, whatever was there before.
    async fn compose(&mut self, take: &Take, place: &Place) -> ComposedBar {
        match place.knobs.conversation {
            Conversation::Trade if is_their_turn(place) => {
                let heard = take.input.heard_in(place.start, place.end(), place.knobs.instrument);
                let made = self.made(take, place, &[], Some(heard));
                self.has_heard_it = false;
                made
            }
            Conversation::Continue => self.compose_answer(take, place).await,
            Conversation::Accompany => self.compose_along(take, place).await,
            Conversation::Generate | Conversation::Trade => {
                let place = Place { is_closed: comes_round_after(take, place), ..*place };
                let place = Place { candidate: self.candidate(take, &place).await, ..place };
                let (base, before) = self.draw_well(take, &place).await;
                if place.has_its_own_density() {
                    let filled = self.fill(&place, &base, &before, place.start).await;
                    let heard = base.iter().map(|drawn| drawn.note).collect::<Vec<_>>();
                    let heard = transposed(&heard, place.key.transposition());
                    let made = self.made(take, &place, &filled, Some(heard));
                    self.has_heard_it = true;
                    return made;
                }
                self.made(take, &place, &base, None)
            }
        }
    }

    /// Draws a bar, and again when it comes out stuck on one note or cut off.
    ///
    /// Also returns where the generator stood before; now it has heard the bar.
    pub(crate) async fn draw_well(&mut self, take: &Take, place: &Place) -> (Vec<Drawn>, Snapshot) {
        self.stand_before(take, place).await;
        let before = self.generator.snapshot();
        let mut attempt = 0;
        loop {
            place.begin(&mut self.generator, &[]).await;
            // Far beyond the parts that a bar can have in ticks.
            let mut rng = place.rng(attempt << 32);
            let drawn = place.draw(&mut self.generator, &[], place.start, &mut rng).await;
            attempt += 1;
            if attempt > Self::MAX_ATTEMPTS || !is_broken(&drawn) {
                return (drawn, before);
            }
            self.generator.restore(&before);
        }
    }

    /// A bar with as many notes as density wants from the position `from` on, made from the `base` that was drawn
    /// for it from `before`. The generator has heard the base again.
    async fn fill(&mut self, place: &Place, base: &[Drawn], before: &Snapshot, from: Tick) -> Vec<Drawn> {
        self.generator.restore(before);
        place.begin(&mut self.generator, &[]).await;
        let mut notes: Vec<Note> = base.iter().map(|drawn| drawn.note).collect();
        notes.sort_unstable();
        let (sampling, constraints) = (sampling(&place.knobs), place.constraints());
        let density = Density {
            density: place.knobs.density,
            seed: place.knobs.seed,
            bar_idx: place.bar_idx,
            start: place.start,
            meter: place.meter,
            sampling: &sampling,
            constraints: &constraints,
        };
        let filled = thicken_or_thin(&mut self.generator, &notes, from, &density).await;
        let known = |note: &Note| {
            let same = |drawn: &&Drawn| {
                let parts = |note: &Note| (note.onset, note.pitch, note.family);
                parts(&drawn.note) == parts(note)
            };
            base.iter().find(same).map_or(f32::NEG_INFINITY, |drawn| drawn.log_probability)
        };
        filled.into_iter().map(|note| Drawn { log_probability: known(&note), note }).collect()
    }

    /// A bar that is silent while somebody plays, and until they have played at all.
    async fn compose_answer(&mut self, take: &Take, place: &Place) -> ComposedBar {
        let Place { start, .. } = *place;
        let end = place.end();
        let input = &take.input;
        let mut drawn = Vec::new();
        if input.has_any_before(end) {
            let quiet_until = input.rings_until(start);
            let entry = input.begin_in(start, end).next().map_or(end, |note| note.onset);
            let (base, before) = self.draw_well(take, place).await;
            drawn = if place.has_its_own_density() {
                self.fill(place, &base, &before, place.start).await
            } else {
                base
            };
            drawn.retain(|drawn| drawn.note.onset >= quiet_until && drawn.note.onset < entry);
        }
        let mut heard = input.heard_in(start, end, place.knobs.instrument);
        heard.extend(drawn.iter().map(|drawn| moved(&drawn.note, place.key.transposition())));
        heard.sort_unstable();
        let made = self.made(take, place, &drawn, Some(heard));
        self.has_heard_it = false;
        made
    }

    /// A bar beside what is played in it.
    async fn compose_along(&mut self, take: &Take, place: &Place) -> ComposedBar {
        let mut heard = take.input.heard_along(place.start, place.end(), place.knobs.instrument);
        self.stand_before(take, place).await;
        place.begin(&mut self.generator, &[]).await;
        let played: Vec<_> = take.input.begin_in(place.start, place.end()).copied().collect();
        let drawn = place.draw_along(&mut self.generator, &played, &place.to_c(&heard)).await;
        heard.extend(drawn.iter().map(|drawn| moved(&drawn.note, place.key.transposition())));
        heard.sort_unstable();
        let made = self.made(take, place, &drawn, Some(heard));
        self.has_heard_it = true;
        made
    }

    /// A bar of these notes, which are in C. `heard` is what the network hears, if that is something else.
    pub(crate) fn made(
        &mut self,
        take: &Take,
        place: &Place,
        drawn: &[Drawn],
        heard: Option<Vec<Note>>,
    ) -> ComposedBar {
        let up = place.key.transposition();
        let mut sure: Vec<(Note, f32)> =
            drawn.iter().map(|drawn| (moved(&drawn.note, up), drawn.log_probability.exp())).collect();
        sure.sort_unstable_by_key(|(note, _)| *note);
        let notes: Vec<Note> = sure.iter().map(|(note, _)| *note).collect();
        // Most bars are heard as they are played.
        let heard = heard.filter(|heard| *heard != notes).map(Arc::from);
        self.standing = None;
        // Unless the network is to hear something else, it has.
        self.has_heard_it = heard.is_none();
        ComposedBar {
            bar: Arc::new(Bar { start: place.start, meter: place.meter, notes }),
            knobs: place.knobs,
            model: Arc::clone(&self.hash),
            before: take.before(place.bar_idx),
            key: place.key,
            heard,
            is_kept: false,
            n_rolls: place.n_rolls,
            candidate: place.candidate,
            sureness: sure.iter().map(|(_, sureness)| *sureness).collect(),
        }
    }

    /// Composes one bar anew by hand. The bars after it stay as they are.
    pub(crate) async fn roll(&mut self, take: &mut Take, bar_idx: usize, roll: Roll) {
        let Some(old) = take.bars().get(bar_idx).cloned() else {
            return;
        };
        let new = match roll {
            Roll::All => self.compose(take, &again(take, &old, bar_idx)).await,
            Roll::Only(what) => self.redraw(take, &old, bar_idx, what).await,
        };
        self.has_heard_it = false;
        take.edit(bar_idx, &new);
    }

    async fn redraw(&mut self, take: &Take, old: &ComposedBar, bar_idx: usize, what: Redraw) -> ComposedBar {
        let place = again(take, old, bar_idx);
        self.stand_before(take, &place).await;
        place.begin(&mut self.generator, &[]).await;
        let mut rng = place.rng(1 << 40);
        let drawn = place.redraw(&mut self.generator, &place.to_c(&old.bar.notes), what, &mut rng).await;
        self.made(take, &place, &drawn, None)
    }

    /// Gives a bar that has begun already another meter: cuts it, or composes more at its end.
    pub(crate) async fn stretch_bar(&mut self, take: &mut Take, bar_idx: usize, meter: Meter) {
        let Some(composed) = take.bars().get(bar_idx).cloned() else {
            return;
        };
        let (start, old_end) = (composed.bar.start, composed.bar.end());
        if start + meter.bar_length() <= old_end {
            take.shorten(bar_idx, meter);
            return;
        }
        let place = Place { meter, ..place_of(&composed, bar_idx) };
        let kept = place.to_c(composed.heard());
        self.stand_before(take, &place).await;
        let before = self.generator.snapshot();
        place.begin(&mut self.generator, &kept).await;
        let mut rng = place.rng(meter.bar_length().0 as u64);
        let base = place.draw(&mut self.generator, &kept, old_end, &mut rng).await;
        let mut filled = base.clone();
        if place.has_its_own_density() {
            let known = |note: &Note| Drawn { note: *note, log_probability: f32::NEG_INFINITY };
            let whole: Vec<Drawn> = kept.iter().map(known).chain(base.iter().copied()).collect();
            filled = self.fill(&place, &whole, &before, old_end).await;
            filled.retain(|drawn| drawn.note.onset >= old_end);
        }
        let base: Vec<Note> = base.iter().map(|drawn| drawn.note).collect();
        let heard = transposed(&base, place.key.transposition());
        let made = self.made(take, &place, &filled, Some(heard));
        let both = |first: &[Note], more: &[Note]| [first, more].concat();
        let sureness = composed.sureness.iter().chain(made.sureness.iter()).copied().collect();
        let heard = both(composed.heard(), made.heard());
        let notes = both(&composed.bar.notes, &made.bar.notes);
        let stretched = ComposedBar {
            heard: (heard != notes).then(|| heard.into()),
            bar: Arc::new(Bar { start, meter, notes }),
            sureness,
            ..(*composed).clone()
        };
        self.has_heard_it = false;
        take.put(bar_idx, Arc::new(stretched));
    }

    /// The phrase comes round: the bar one phrase earlier, if it was kept or unless evolve says otherwise.
    ///
    /// A turned knob must be heard, so only a bar of the same knobs is repeated. The tonic alone may
    /// differ: then the phrase comes back in the new key. What was answered to somebody who played is not
    /// repeated.
    fn repeated(&self, take: &Take, place: &Place) -> Option<ComposedBar> {
        let Place { bar_idx, start, meter, ref knobs, .. } = *place;
        let source = take.bars().get(bar_idx.checked_sub(usize::from(knobs.length.max(1)))?)?;
        let before = take.before(bar_idx);
        if source.bar.meter != meter || source.knobs.slot != knobs.slot {
            return None;
        }
        let copy = ComposedBar { knobs: *knobs, before, ..source.moved_to(start) };
        if source.is_kept {
            return Some(copy);
        }
        let is_new = chance_unit(&[u64::from(knobs.seed), bar_idx as u64, 1]) < knobs.evolve;
        let ComposingKnobs { length, evolve, tonic, .. } = *knobs;
        let same_knobs = ComposingKnobs { length, evolve, tonic, ..source.knobs } == *knobs;
        let is_own = take.accepts_model(&source.model, &self.hash);
        let is_free = knobs.conversation == Conversation::Generate;
        if is_new || !same_knobs || !is_own || !is_free || source.key.mode != place.key.mode {
            return None;
        }
        let up = place.key.transposition() - source.key.transposition();
        let stays_on_keyboard =
            |note: &Note| note.family.is_drums() || note.pitch.checked_add_signed(up).is_some();
        let is_in_range = |note: &Note| {
            let pitch = moved(note, up).pitch;
            note.family.is_drums() || (knobs.lowest..=knobs.highest).contains(&pitch)
        };
        if up != 0 && !(copy.heard().iter().all(stays_on_keyboard) && copy.bar.notes.iter().all(is_in_range))
        {
            return None;
        }
        let notes = within_polyphony(take, place, transposed(&copy.bar.notes, up));
        let is_same = up == 0 && notes.len() == copy.bar.notes.len();
        let sureness = if is_same { Arc::clone(&copy.sureness) } else { Arc::default() };
        Some(ComposedBar {
            bar: Arc::new(Bar { start, meter, notes }),
            heard: copy.heard.as_deref().map(|heard| transposed(heard, up).into()),
            key: place.key,
            sureness,
            ..copy
        })
    }
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

/// Composes one bar of the take anew, or its next one. The bars after it stay, perhaps stale.
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

/// Where the bar begins; nothing when the bars before it are missing.
fn start_of(take: &Take, bar_idx: usize) -> Option<Tick> {
    let Some(previous) = bar_idx.checked_sub(1) else {
        return Some(Tick::ZERO);
    };
    take.bars().get(previous).map(|previous| previous.bar.end())
}

/// The place of a bar that is there. What may be played is as the knobs say.
pub(crate) fn place_of(composed: &ComposedBar, bar_idx: usize) -> Place {
    Place {
        palette: composed.knobs.pitch_classes(),
        bar_idx,
        start: composed.bar.start,
        meter: composed.bar.meter,
        knobs: composed.knobs,
        key: composed.key,
        n_rolls: composed.n_rolls,
        candidate: composed.candidate,
        is_closed: false,
    }
}

/// The place of a bar that is to be composed once more.
fn again(take: &Take, old: &ComposedBar, bar_idx: usize) -> Place {
    let (_, palette) = key_of(take, old.bar.start, &old.knobs);
    Place { n_rolls: old.n_rolls + 1, palette, ..place_of(old, bar_idx) }
}

/// The key of a bar, and what may be played above its tonic: what the knobs say, unless they leave it free. Then
/// the key is that of what was played in, or of the music that the take begins from; and an answer keeps to it.
fn key_of(take: &Take, start: Tick, knobs: &ComposingKnobs) -> (Key, PitchClassSet) {
    let of_knobs = (knobs.key(), knobs.pitch_classes());
    if !matches!(knobs.scale, Scale::FreeMajor | Scale::FreeMinor) {
        return of_knobs;
    }
    let until = start - PlayedIn::TOO_LATE;
    if knobs.conversation != Conversation::Generate
        && let Some(key) = take.input.key_before(until)
    {
        return (key, take.input.palette_before(until, key));
    }
    take.opening().map_or(of_knobs, |opening| (opening.key, PitchClassSet::CHROMATIC))
}

/// Whether, in trading, these bars are somebody else's.
fn is_their_turn(place: &Place) -> bool {
    (place.bar_idx / usize::from(place.knobs.trade.max(1))).is_multiple_of(2)
}

/// Whether a bar cannot have been meant: cut off, or many notes on one key.
fn is_broken(drawn: &[Drawn]) -> bool {
    const MANY: usize = 12;
    let mut pitched = drawn.iter().map(|drawn| drawn.note).filter(|note| !note.family.is_drums());
    let first = pitched.next();
    let is_stuck =
        first.is_some_and(|first| drawn.len() >= MANY && pitched.all(|note| note.pitch == first.pitch));
    let has_pitch = first.is_some();
    drawn.len() >= Place::MAX_NOTES
        || (is_stuck && has_pitch && drawn.iter().all(|d| !d.note.family.is_drums()))
}

/// Whether the bar after this one will most likely repeat one that may not leave room for notes that ring on.
fn comes_round_after(take: &Take, place: &Place) -> bool {
    let ComposingKnobs { seed, length, evolve, polyphony, .. } = place.knobs;
    let next_idx = place.bar_idx + 1;
    if chance_unit(&[u64::from(seed), next_idx as u64, 1]) < evolve {
        return false;
    }
    if length <= 1 {
        return polyphony < ComposingKnobs::default().polyphony;
    }
    let source = next_idx.checked_sub(usize::from(length)).and_then(|idx| take.bars().get(idx));
    source.is_some_and(|source| {
        let notes = &source.bar.notes;
        let most = notes.iter().map(|note| n_sounding(notes, note.onset)).max();
        2 * most.unwrap_or(0) > usize::from(polyphony)
    })
}

/// The notes of a bar that is repeated, but for those that find no room beside what rings from before.
fn within_polyphony(take: &Take, place: &Place, mut notes: Vec<Note>) -> Vec<Note> {
    let mut sounding: Vec<Note> = take.ringing_into(place.bar_idx, place.start).copied().collect();
    let mut has_room = |note: &Note| {
        let room =
            note.family.is_drums() || n_sounding(&sounding, note.onset) < usize::from(place.knobs.polyphony);
        if room {
            sounding.push(*note);
        }
        room
    };
    notes.retain(|note| has_room(note));
    notes
}

/// How many of these notes sound at `tick`, drums not counted.
fn n_sounding(notes: &[Note], tick: Tick) -> usize {
    notes.iter().filter(|note| !note.family.is_drums() && note.onset <= tick && tick < note.end()).count()
}

/// Changes one bar of the take by hand; the bars after it stay as they are. What must be composed anew needs a
/// writer; without one nothing happens.
pub fn edit_bar(take: &mut Take, writer: Option<&mut Writer>, bar_idx: usize, edit: Edit) {
    block_on(edit_bar_async(take, writer, bar_idx, edit));
}

/// As [`edit_bar`], waiting for the steps of the network.
pub(crate) async fn edit_bar_async(take: &mut Take, writer: Option<&mut Writer>, bar_idx: usize, edit: Edit) {
    let roll = match edit {
        Edit::Keep => return take.keep(bar_idx),
        Edit::Release => return take.release(bar_idx),
        Edit::Clear => return take.clear(bar_idx),
        Edit::ReRoll => Roll::All,
        Edit::ReRollRhythm => Roll::Only(Redraw::Rhythm),
        Edit::ReRollPitches => Roll::Only(Redraw::Pitches),
    };
    if let Some(writer) = writer {
        writer.roll(take, bar_idx, roll).await;
    }
}
