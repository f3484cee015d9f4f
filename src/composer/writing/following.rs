//! Both sides of a bar: how well the bars after it still follow when it is composed again by hand.

use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::composer::writing::place::Place;
use crate::composer::writing::priming::PrimedGenerator;
use crate::composer::writing::repetition::phrase_length;

/// How many bars after a bar are looked at.
const N_FOLLOWING: usize = 2;

/// The bars after a bar, as many as are looked at, that stay as they are when it is changed by hand.
pub(crate) fn following(take: &Take, bar_idx: usize) -> Vec<Arc<ComposedBar>> {
    let mut bars = take.bars().iter().skip(bar_idx);
    let Some(old) = bars.next() else { return Vec::new() };
    let length = phrase_length(&old.knobs);
    // A bar that repeats it changes with it.
    let stays = |(ahead, next): &(usize, &Arc<ComposedBar>)| {
        !(ahead.is_multiple_of(length) && next.has_notes_of(old))
    };
    (1..=N_FOLLOWING).zip(bars).take_while(stays).map(|(_, next)| Arc::clone(next)).collect()
}

/// The mean log-probability of the notes of the `following` bars after this one, in nats; 0 if they have none.
pub(crate) async fn likelihood_after(
    generator: &mut PrimedGenerator,
    take: &Take,
    bar_idx: usize,
    bar: &ComposedBar,
    following: &[Arc<ComposedBar>],
) -> f32 {
    let mut trial = take.first_bars(bar_idx);
    trial.put(bar_idx, Arc::new(bar.clone()));
    let (mut sum, mut n_notes) = (0.0, 0.0);
    for (idx, next) in (bar_idx + 1..).zip(following) {
        let place = Place::of(next, idx);
        let generator = generator.before(&trial, &place).await;
        place.begin(generator, &[]).await;
        for note in place.to_c(next.context()) {
            if let Some(parts) = generator.log_probabilities(&note) {
                sum += parts.iter().sum::<f32>();
                n_notes += 1.0;
            }
            generator.feed_async(&note).await;
        }
        trial.put(idx, Arc::clone(next));
    }
    if n_notes > 0.0 { sum / n_notes } else { 0.0 }
}
