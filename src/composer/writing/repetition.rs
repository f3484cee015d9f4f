//! The phrase comes round: bars that repeat the bar one phrase earlier.

use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::composer::writing::chance::random_unit;
use crate::composer::writing::place::{Place, moved, transposed};
use crate::music::{Bar, Note, Tick};
use crate::player::{ComposingKnobs, Conversation};

/// How many phrases back a bar is looked for that has the same chords.
const PHRASES_BACK: usize = 16;

/// The bar one phrase earlier, if it is kept or unless evolve asks for a new bar. Where that has other chords, the latest
/// bar some phrases earlier that has the same.
///
/// A turned knob must be audible, so only a bar of the same knobs is repeated. The tonic alone may differ:
/// then the phrase comes back in the new key. Answers to what was played are not repeated.
pub(crate) fn repeated_bar(take: &Take, place: &Place, model: &str) -> Option<ComposedBar> {
    let Place { bar_idx, start, meter, ref knobs, .. } = *place;
    let harmony = place.harmony(take);
    let up_from = |source: &ComposedBar| place.key.transposition() - source.key.transposition();
    let fits = |source: &ComposedBar| {
        source.is_kept || harmony.is_like(&source.harmony, meter.bar_length(), up_from(source))
    };
    let phrases_back = (1..=PHRASES_BACK).map_while(|n| bar_idx.checked_sub(n * phrase_length(knobs)));
    let source = phrases_back.filter_map(|idx| take.bars().get(idx)).find(|source| fits(source))?;
    if source.bar.meter != meter || source.knobs.slot != knobs.slot {
        return None;
    }
    let before = take.fingerprint_before(bar_idx);
    let copy = ComposedBar { knobs: *knobs, before, harmony, ..source.moved_to(start) };
    if source.is_kept {
        return Some(copy);
    }
    let ComposingKnobs { length, evolve, tonic, .. } = *knobs;
    let same_knobs = ComposingKnobs { length, evolve, tonic, ..source.knobs } == *knobs;
    let is_own = take.accepts_model(&source.model, model);
    let is_answer = knobs.conversation != Conversation::Generate;
    if evolves(bar_idx, knobs) || !same_knobs || !is_own || is_answer || source.key.mode != place.key.mode {
        return None;
    }
    let up = up_from(source);
    let stays_on_keyboard =
        |note: &Note| note.family.is_drums() || note.pitch.checked_add_signed(up).is_some();
    let is_in_range = |note: &Note| {
        let pitch = moved(note, up).pitch;
        note.family.is_drums() || (knobs.lowest..=knobs.highest).contains(&pitch)
    };
    if up != 0 && !(copy.context().iter().all(stays_on_keyboard) && copy.bar.notes.iter().all(is_in_range)) {
        return None;
    }
    let notes = within_polyphony(take, place, transposed(&copy.bar.notes, up));
    let is_same = up == 0 && notes.len() == copy.bar.notes.len();
    let sureness = if is_same { Arc::clone(&copy.sureness) } else { Arc::default() };
    Some(ComposedBar {
        bar: Arc::new(Bar { start, meter, notes }),
        context: copy.context.as_deref().map(|context| transposed(context, up).into()),
        key: place.key,
        sureness,
        ..copy
    })
}

/// Whether the bar after this one will most likely repeat one that may leave no room for notes that sound on, or that has
/// one voice.
pub(crate) fn is_before_full_repetition(take: &Take, place: &Place) -> bool {
    let ComposingKnobs { length, polyphony, .. } = place.knobs;
    let next_idx = place.bar_idx + 1;
    if evolves(next_idx, &place.knobs) {
        return false;
    }
    if length <= 1 {
        return polyphony < ComposingKnobs::default().polyphony;
    }
    let source = next_idx.checked_sub(usize::from(length)).and_then(|idx| take.bars().get(idx));
    source.is_some_and(|source| {
        let notes = &source.bar.notes;
        let most = notes.iter().map(|note| n_sounding(notes, note.onset)).max().unwrap_or(0);
        // A note that sounds on into a tune is a second voice.
        most == 1 || 2 * most > usize::from(polyphony)
    })
}

/// The phrase length in bars.
pub(crate) fn phrase_length(knobs: &ComposingKnobs) -> usize {
    usize::from(knobs.length.max(1))
}

/// Whether evolve asks for a new bar here when the phrase comes round.
fn evolves(bar_idx: usize, knobs: &ComposingKnobs) -> bool {
    random_unit(&[u64::from(knobs.seed), bar_idx as u64, 1]) < knobs.evolve
}

/// The notes of a repeated bar for which there is room beside those that sound on from earlier bars.
fn within_polyphony(take: &Take, place: &Place, mut notes: Vec<Note>) -> Vec<Note> {
    let mut sounding: Vec<Note> = take.sounding_into(place.bar_idx, place.start).copied().collect();
    notes.retain(|note| {
        let has_room =
            note.family.is_drums() || n_sounding(&sounding, note.onset) < usize::from(place.knobs.polyphony);
        if has_room {
            sounding.push(*note);
        }
        has_room
    });
    notes
}

/// How many of these notes sound at `tick`, drums not counted.
fn n_sounding(notes: &[Note], tick: Tick) -> usize {
    notes.iter().filter(|note| !note.family.is_drums() && note.onset <= tick && tick < note.end()).count()
}
