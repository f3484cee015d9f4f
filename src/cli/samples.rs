//! Composes many pieces by one model, as `generate` and the plugin do, several together on each thread.

use std::sync::Arc;

use indicatif::ProgressBar;

use crate::cli::generate::bars::{Amount, compose};
use crate::composer::{Take, Writer};
use crate::model::{Model, StepSlot, join_all};
use crate::music::{Key, Meter, Mode, Piece, Scale, Tick};
use crate::player::ComposingKnobs;
use crate::training::corpus::KeyedPiece;
use crate::training::measures::Passage;
use crate::training::threads::Threads;

/// The settings of one sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    /// Index into the model's styles.
    pub(super) style: usize,
    pub(super) seed: u32,
    pub(super) temperature: f32,
    pub(super) variety: f32,
    pub(super) meter: Meter,
    pub(super) mode: Mode,
    pub(super) n_bars: u32,
    /// Whether it comes to an end with its last bar.
    pub(super) ends: bool,
}

impl Order {
    /// A sample like a piece: in its meter and mode, and of its length, at most `most_bars`. It comes to an end as the piece
    /// does, if all of it counts.
    pub(super) fn like(piece: &KeyedPiece, style: usize, most_bars: usize) -> Self {
        let passage = Passage::at_most(&piece.piece, most_bars + 1);
        let n_bars = passage.bars.len().clamp(1, most_bars);
        Self {
            style,
            seed: 1,
            temperature: 1.0,
            variety: ComposingKnobs::default().variety,
            meter: passage.meter(),
            mode: piece.mode_at(Tick::ZERO),
            n_bars: n_bars as u32,
            ends: passage.bars.len() <= most_bars,
        }
    }
}

/// Composes each order, in C, with all other knobs at their defaults.
pub(super) fn compose_all(model: &Arc<Model>, orders: &[Order], threads: &Threads) -> Vec<Piece> {
    // Composing several together is cheaper, but every thread should have some.
    let n_together = orders.len().div_ceil(threads.count()).clamp(1, 8);
    let groups: Vec<&[Order]> = orders.chunks(n_together).collect();
    // A progress bar only for many samples.
    let bar = if orders.len() > 20 { ProgressBar::new(orders.len() as u64) } else { ProgressBar::hidden() };
    let pieces = threads.map(groups, |group| {
        let works = group.iter().map(|order| {
            let slot = StepSlot::default();
            (compose_one(model, order, slot.clone()), slot)
        });
        let pieces = join_all(works);
        bar.inc(group.len() as u64);
        pieces
    });
    bar.finish_and_clear();
    pieces.into_iter().flatten().collect()
}

async fn compose_one(model: &Arc<Model>, order: &Order, slot: StepSlot) -> Piece {
    let scale = if order.mode == Mode::Minor { Scale::FreeMinor } else { Scale::FreeMajor };
    let knobs = ComposingKnobs {
        style: order.style as u8,
        seed: order.seed,
        temperature: order.temperature,
        variety: order.variety,
        scale,
        ..ComposingKnobs::default()
    };
    let (knobs, amount) = (knobs.rounded(), Amount::Bars(order.n_bars));
    let take = Take::default();
    let take = if order.ends { take.ending_after(order.n_bars as usize) } else { take };
    let writer = Writer::with_slot(Arc::clone(model), slot);
    let (notes, _) = compose(take, writer, &knobs, order.meter, &amount, &[]).await;
    Piece {
        notes,
        meters: vec![(Tick::ZERO, order.meter)],
        keys: vec![(Tick::ZERO, Key::new(0, order.mode))],
        length: Tick(order.meter.bar_length().0 * i64::from(order.n_bars)),
        ..Piece::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::cli::samples::{Order, compose_all};
    use crate::model::Model;
    use crate::music::{Meter, Mode};
    use crate::training::threads::Threads;

    #[test]
    fn samples_are_the_same_however_many_are_composed_side_by_side() {
        let model = Arc::new(Model::random(3, 4));
        let order = |seed: u32| {
            let style = seed as usize % 3;
            Order {
                style,
                seed,
                temperature: 1.0,
                variety: 0.5,
                meter: Meter::COMMON,
                mode: Mode::Minor,
                n_bars: 8,
                ends: seed.is_multiple_of(2),
            }
        };
        let orders: Vec<Order> = (1..=19).map(order).collect();
        let one = Threads::new(1).unwrap();
        let alone: Vec<_> = orders.iter().flat_map(|order| compose_all(&model, &[*order], &one)).collect();
        assert!(alone.iter().any(|piece| piece.notes.len() > 5));
        for n_threads in [1, 3] {
            let threads = Threads::new(n_threads).unwrap();
            assert_eq!(compose_all(&model, &orders, &threads), alone);
        }
    }
}
