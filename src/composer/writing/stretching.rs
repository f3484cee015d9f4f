//! Bars that turn out to have another length than they were composed for.

use std::ops::Range;
use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::composer::writing::density::at_density;
use crate::composer::writing::drawing::without;
use crate::composer::writing::place::{Place, transposed};
use crate::composer::writing::writer::{Writer, beside, is_users_turn};
use crate::model::Drawn;
use crate::music::{Bar, Meter, Note, Tick};
use crate::player::{ComposingKnobs, Conversation};

impl Writer {
    /// Gives a bar that has begun already another meter: cuts it, or composes more at its end. Nothing is composed where the
    /// bar is to be silent.
    pub(crate) async fn stretch_bar(&mut self, take: &mut Take, bar_idx: usize, meter: Meter) {
        let Some(composed) = take.bars().get(bar_idx).cloned() else {
            return;
        };
        let start = composed.bar.start;
        if start + meter.bar_length() <= composed.bar.end() {
            take.shorten(bar_idx, meter);
            return;
        }
        let place = Place { meter, ..Place::of(&composed, bar_idx) };
        let end = self.compose_end(take, &place, &composed).await;
        let sureness = composed.sureness.iter().chain(end.sureness.iter()).copied().collect();
        let context = [composed.context(), end.context()].concat();
        let notes = [&composed.bar.notes[..], &end.bar.notes].concat();
        let stretched = ComposedBar {
            context: (context != notes).then(|| context.into()),
            bar: Arc::new(Bar { start, meter, notes }),
            harmony: place.harmony(take),
            sureness,
            ..(*composed).clone()
        };
        take.put_resized(bar_idx, Arc::new(stretched));
    }

    /// What a bar has after the end that it was composed for.
    async fn compose_end(&mut self, take: &Take, place: &Place, composed: &ComposedBar) -> ComposedBar {
        let old_end = composed.bar.end();
        let open = open_end(take, place, composed);
        let (drawn, base) = if open.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            self.draw_end(take, place, composed, &open).await
        };
        let played = played_in(take, place, old_end);
        // What the network is given of an answer is what is played, and not the base.
        let context = if place.knobs.conversation == Conversation::Continue {
            beside(played, &drawn, place)
        } else {
            let mut context = [played, transposed(&base, place.key.transposition())].concat();
            context.sort_unstable();
            context
        };
        place.composed_bar(take, self.generator.hash(), &drawn, Some(context))
    }

    /// Draws the end of a bar; returns its notes at its density, and those of the base.
    async fn draw_end(
        &mut self,
        take: &Take,
        place: &Place,
        composed: &ComposedBar,
        open: &Range<Tick>,
    ) -> (Vec<Drawn>, Vec<Note>) {
        let old_end = composed.bar.end();
        let mut place = *place;
        let ComposingKnobs { conversation, families, instrument, .. } = place.knobs;
        if conversation == Conversation::Accompany {
            place.knobs.families = without(families, instrument);
        }
        let kept = place.to_c(composed.context());
        let generator = self.generator.before(take, &place).await;
        let before = generator.snapshot();
        place.begin(generator, &kept).await;
        let mut rng = place.rng(place.meter.bar_length().0 as u64);
        let base = place.draw_from(generator, &kept, old_end, &mut rng).await;
        let mut drawn = base.clone();
        if place.has_its_own_density() {
            let known = |note: &Note| Drawn { note: *note, log_probability: f32::NEG_INFINITY };
            let whole: Vec<Drawn> = kept.iter().map(known).chain(base.iter().copied()).collect();
            drawn = at_density(generator, &place, &whole, &before, old_end).await;
        }
        drawn.retain(|drawn| drawn.note.onset >= old_end && open.contains(&drawn.note.onset));
        (drawn, base.iter().map(|drawn| drawn.note).collect())
    }
}

/// Where notes may be composed after the end that a bar was composed for: nowhere in one that was cleared by hand or in the
/// user's turn, and not while the user plays where the music waits for that.
fn open_end(take: &Take, place: &Place, composed: &ComposedBar) -> Range<Tick> {
    let (old_end, end) = (composed.bar.end(), place.end());
    let is_cleared = composed.is_kept && composed.bar.notes.is_empty();
    let is_silent = match place.knobs.conversation {
        Conversation::Trade => is_users_turn(place),
        Conversation::Continue => !take.input.has_any_before(end),
        Conversation::Generate | Conversation::Accompany => false,
    };
    if is_cleared || is_silent {
        return end..end;
    }
    if place.knobs.conversation != Conversation::Continue {
        return old_end..end;
    }
    let entry = take.input.beginning_in(place.start, end).next().map_or(end, |note| note.onset);
    old_end.max(take.input.sounds_until(place.start))..entry
}

/// What was played in after the end that a bar was composed for, as far as it is part of the music.
fn played_in(take: &Take, place: &Place, old_end: Tick) -> Vec<Note> {
    let (end, instrument) = (place.end(), place.knobs.instrument);
    match place.knobs.conversation {
        Conversation::Generate => Vec::new(),
        Conversation::Trade if !is_users_turn(place) => Vec::new(),
        Conversation::Trade | Conversation::Continue => take.input.notes_in(old_end, end, instrument),
        Conversation::Accompany => take.input.notes_as_pressed(old_end, end, instrument),
    }
}

#[cfg(test)]
mod tests {
    use crate::composer::take::bars::Take;
    use crate::composer::take::edits::Edit;
    use crate::composer::writing::writer::{Writer, compose_until, edit_bar};
    use crate::model::{Model, block_on};
    use crate::music::{Family, Meter, Note, Tick};
    use crate::player::{ComposingKnobs, Conversation};

    const WALTZ: Tick = Tick(72);

    fn waltz(knobs: &ComposingKnobs, played: &[Note], n_bars: i64) -> (Take, Writer) {
        let (mut take, mut writer) = (Take::default(), Writer::new(Model::embedded().unwrap()));
        take.play_in(played);
        let meter = Meter::new(3, 4).unwrap();
        compose_until(&mut take, &mut writer, knobs, meter, Tick(WALTZ.0 * n_bars));
        (take, writer)
    }

    /// The notes that a bar of three beats has on its fourth, when it turns out to have four.
    fn fourth_beat(take: &mut Take, writer: &mut Writer, bar_idx: usize) -> Vec<Note> {
        block_on(writer.stretch_bar(take, bar_idx, Meter::COMMON));
        let composed = &take.bars()[bar_idx];
        assert_eq!(composed.bar.meter, Meter::COMMON);
        let from = composed.bar.start + WALTZ;
        composed.bar.notes.iter().filter(|note| note.onset >= from).copied().collect()
    }

    fn played(onset: i64, duration: i64) -> Note {
        let (onset, duration) = (Tick(onset), Tick(duration));
        Note { onset, duration, pitch: 62, velocity: 90, family: Family::PIANO, feel: None }
    }

    fn knobs(conversation: Conversation, seed: u32) -> ComposingKnobs {
        ComposingKnobs { conversation, trade: 1, seed, ..ComposingKnobs::default() }.rounded()
    }

    #[test]
    fn a_bar_that_is_to_be_silent_stays_silent_when_it_turns_out_longer() {
        let user = [played(0, 20), played(24, 20), played(48, 20)];
        let (mut n_silent, mut n_composed) = (0, 0);
        for seed in 1..=4 {
            // Bars 0 and 2 are the user's, 1 and 3 the network's.
            for bar_idx in [2, 3] {
                let (mut take, mut writer) = waltz(&knobs(Conversation::Trade, seed), &user, 4);
                let n_drawn = fourth_beat(&mut take, &mut writer, bar_idx).len();
                let count = if bar_idx == 2 { &mut n_silent } else { &mut n_composed };
                *count += n_drawn;
            }
            // Nothing has been played.
            let (mut take, mut writer) = waltz(&knobs(Conversation::Continue, seed), &[], 4);
            n_silent += fourth_beat(&mut take, &mut writer, 2).len();
            // The user plays in the first bar, and holds a key into the third.
            let held = [&user[..], &[played(60, 300)]].concat();
            let (mut take, mut writer) = waltz(&knobs(Conversation::Continue, seed), &held, 4);
            n_silent += fourth_beat(&mut take, &mut writer, 0).len();
            let (mut take, mut writer) = waltz(&knobs(Conversation::Continue, seed), &held, 4);
            n_silent += fourth_beat(&mut take, &mut writer, 2).len();
            let (mut take, mut writer) = waltz(&knobs(Conversation::Continue, seed), &user, 4);
            n_composed += fourth_beat(&mut take, &mut writer, 2).len();
            // Cleared by hand.
            let (mut take, mut writer) = waltz(&knobs(Conversation::Generate, seed), &[], 4);
            edit_bar(&mut take, None, 2, Edit::Clear);
            n_silent += fourth_beat(&mut take, &mut writer, 2).len();
        }
        assert_eq!(n_silent, 0);
        assert!(n_composed > 10, "{n_composed}");
    }

    #[test]
    fn the_end_of_an_accompaniment_leaves_the_users_instrument_to_the_user() {
        let (mut n_others, mut n_own) = (0, 0);
        let user = [played(0, 20), played(24, 20), played(48, 20)];
        for style in 0..12 {
            let knobs = ComposingKnobs { style, ..knobs(Conversation::Accompany, 1) };
            let (mut take, mut writer) = waltz(&knobs, &user, 4);
            for bar_idx in [3, 2, 1] {
                let beat = fourth_beat(&mut take, &mut writer, bar_idx);
                n_own += beat.iter().filter(|note| note.family == knobs.instrument).count();
                n_others += beat.iter().filter(|note| note.family != knobs.instrument).count();
            }
        }
        assert_eq!(n_own, 0);
        assert!(n_others > 10, "{n_others}");
    }
}
