//! Several candidates for a phrase, of which the likeliest is taken that copies no primer.

use std::collections::HashSet;
use std::sync::Arc;

use crate::composer::take::bars::Take;
use crate::composer::take::fingerprint::Fingerprint;
use crate::composer::writing::place::Place;
use crate::composer::writing::priming::PrimedGenerator;
use crate::composer::writing::repetition::phrase_length;
use crate::model::{Drawn, Model};
use crate::music::Note;

/// How many bars of a phrase are composed to judge a candidate.
const JUDGED_BARS: usize = 8;
/// As many notes in a row, alike in interval and rhythm, are a copy.
const COPIED_NOTES: usize = 12;

/// The candidate that a bar belongs to: that of the bar before it in the same phrase, or the best of those
/// that could go on from here.
pub(crate) async fn best_candidate(
    generator: &mut PrimedGenerator,
    copies: &mut Option<Copies>,
    take: &Take,
    place: &Place,
) -> u8 {
    let n_candidates = place.knobs.best_of;
    if n_candidates < 2 {
        return 0;
    }
    let length = phrase_length(&place.knobs);
    let previous = place.bar_idx.checked_sub(1).and_then(|idx| take.bars().get(idx));
    if let Some(previous) = previous.filter(|previous| previous.knobs == place.knobs)
        && !place.bar_idx.is_multiple_of(length)
    {
        return previous.candidate;
    }
    let copies = copies.get_or_insert_with(|| Copies::of(generator.model()));
    let n_bars = (length - place.bar_idx % length).min(JUDGED_BARS);
    let mut best = (0, f32::NEG_INFINITY);
    for candidate in 0..n_candidates {
        let drawn = draw_phrase(generator, take, &Place { candidate, ..*place }, n_bars).await;
        let notes: Vec<Note> = drawn.iter().map(|drawn| drawn.note).collect();
        // A copy is taken only if all candidates are copies.
        let penalty = if copies.contains(&notes) { 1e6 } else { 0.0 };
        let log_probability: f32 = drawn.iter().map(|drawn| drawn.log_probability).sum();
        let score = log_probability / drawn.len().max(1) as f32 - penalty;
        if !drawn.is_empty() && score > best.1 {
            best = (candidate, score);
        }
    }
    best.0
}

/// The notes of a few bars as this candidate would have them, in C.
async fn draw_phrase(
    generator: &mut PrimedGenerator,
    take: &Take,
    place: &Place,
    n_bars: usize,
) -> Vec<Drawn> {
    let mut trial = take.first_bars(place.bar_idx);
    let mut all = Vec::new();
    let mut place = *place;
    for _ in 0..n_bars {
        let (drawn, _) = place.draw_bar(generator.before(&trial, &place).await).await;
        let made = place.composed_bar(&trial, generator.hash(), &drawn, None);
        generator.put_fed(&mut trial, place.bar_idx, Arc::new(made));
        all.extend(drawn);
        place = Place { bar_idx: place.bar_idx + 1, start: place.end(), ..place };
    }
    all
}

/// The passages of a model's primers, to recognise copies.
///
/// Not replaced by [`Passages`](crate::model::Passages) of all training pieces: more than a third of all phrases
/// would get another candidate, and the same seed must give the same piece.
#[derive(Debug)]
pub(crate) struct Copies {
    passages: HashSet<Fingerprint>,
}

impl Copies {
    fn of(model: &Model) -> Self {
        let passages = model.primers().iter().flat_map(|primer| passages(&primer.notes)).collect();
        Self { passages }
    }

    fn contains(&self, notes: &[Note]) -> bool {
        passages(notes).any(|passage| self.passages.contains(&passage))
    }
}

/// The intervals and onset distances of each run of notes.
fn passages(notes: &[Note]) -> impl Iterator<Item = Fingerprint> {
    notes.windows(COPIED_NOTES).map(|run| {
        run.windows(2).fold(Fingerprint::EMPTY, |print, pair| {
            let interval = i64::from(pair[1].pitch) - i64::from(pair[0].pitch);
            print.with(interval).with((pair[1].onset - pair[0].onset).0)
        })
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::take::bars::Take;
    use crate::composer::writing::candidates::{COPIED_NOTES, Copies};
    use crate::composer::writing::writer::{Writer, compose_bar, compose_until};
    use crate::model::Model;
    use crate::music::{Meter, Note, Tick};
    use crate::player::ComposingKnobs;

    #[test]
    fn a_candidate_does_not_depend_on_how_far_ahead_its_bars_were_composed() {
        let mut writer = Writer::new(Arc::new(Model::random(3, 7)));
        let mut n_other_bars = 0;
        for seed in 0..40 {
            let one = ComposingKnobs { seed, length: 8, ..ComposingKnobs::default() };
            let best = ComposingKnobs { best_of: 2, ..one };
            let mut turned = Take::default();
            compose_until(&mut turned, &mut writer, &one, Meter::COMMON, Tick(3 * 96));
            let mut compose = |take: &mut Take, bar_idx| {
                compose_bar(take, &mut writer, &best, Meter::COMMON, bar_idx);
            };
            // The knob is turned before the third bar; the fourth is composed in its turn, or ahead.
            let (mut in_turn, mut ahead) = (turned.clone(), turned);
            compose(&mut ahead, 3);
            let composed_ahead = ahead.score().bars[3].clone();
            compose(&mut ahead, 2);
            for bar_idx in 2..4 {
                compose(&mut in_turn, bar_idx);
            }
            n_other_bars += usize::from(composed_ahead != in_turn.score().bars[3]);
            let is_stale = ahead.is_stale(3, &best, Model::random(3, 7).hash());
            assert!(is_stale || ahead.score() == in_turn.score(), "seed {seed}");
        }
        assert!(n_other_bars > 0, "it never matters");
    }

    #[test]
    fn a_primer_in_another_key_and_place_is_recognised_as_a_copy() {
        let model = Model::embedded().unwrap();
        let copies = Copies::of(&model);
        let primer = model.primers().iter().find(|primer| primer.notes.len() > 2 * COPIED_NOTES).unwrap();
        let moved = |note: &Note| Note { onset: note.onset + Tick(960), pitch: note.pitch + 2, ..*note };
        let mut notes: Vec<Note> = primer.notes.iter().map(moved).collect();
        assert!(copies.contains(&notes));
        for (idx, note) in notes.iter_mut().enumerate() {
            note.onset += Tick(idx as i64 * idx as i64);
        }
        assert!(!copies.contains(&notes));
    }
}
