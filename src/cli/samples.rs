//! Many pieces by one model, composed as `generate` does and the plugin plays, on several threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::ProgressBar;

use crate::cli::generate::{Amount, compose};
use crate::composer::{Take, Writer};
use crate::model::Model;
use crate::music::{Key, Meter, Mode, Piece, Scale, Tick};
use crate::player::ComposingKnobs;

/// What one sample is to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    /// Index into the model's styles.
    pub(super) style: usize,
    pub(super) seed: u32,
    pub(super) temperature: f32,
    pub(super) meter: Meter,
    pub(super) mode: Mode,
}

/// Composes `n_bars` bars to each order, all other knobs as they stand in a fresh plugin, in C.
pub(super) fn compose_all(model: &Arc<Model>, orders: &[Order], n_bars: u32, n_threads: usize) -> Vec<Piece> {
    let next = AtomicUsize::new(0);
    // On a terminal only, and not for a few.
    let bar = if orders.len() > 20 { ProgressBar::new(orders.len() as u64) } else { ProgressBar::hidden() };
    let work = || {
        let mut done = Vec::new();
        while let Some(order) = orders.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((order.seed, compose_one(model, order, n_bars)));
            bar.inc(1);
        }
        done
    };
    let mut pieces: Vec<(u32, Piece)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads.max(1)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    bar.finish_and_clear();
    pieces.sort_by_key(|(seed, _)| *seed);
    pieces.into_iter().map(|(_, piece)| piece).collect()
}

fn compose_one(model: &Arc<Model>, order: &Order, n_bars: u32) -> Piece {
    let scale = if order.mode == Mode::Minor { Scale::FreeMinor } else { Scale::FreeMajor };
    let knobs = ComposingKnobs {
        style: order.style as u8,
        seed: order.seed,
        temperature: order.temperature,
        scale,
        ..ComposingKnobs::default()
    };
    let writer = Writer::new(Arc::clone(model));
    let (notes, _) = compose(Take::default(), writer, &knobs.rounded(), order.meter, &Amount::Bars(n_bars), &[]);
    Piece {
        notes,
        meters: vec![(Tick::ZERO, order.meter)],
        keys: vec![(Tick::ZERO, Key::new(0, order.mode))],
        tempos: Vec::new(),
    }
}
