//! An audio thread that makes no system call of its own, not even to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::hosts::block::Block;
use crate::hosts::clap::host::{Active, ClapHost};
use crate::hosts::clap::processing::Audio;

/// What the thread has done so far.
#[derive(Debug, Default)]
pub struct Progress {
    /// How long each block took, in microseconds.
    pub micros: Vec<AtomicU32>,
    /// How many events the plugin has sent.
    pub n_events: AtomicUsize,
    /// Whether the plugin has refused a block, or the thread could not be sealed.
    pub has_failed: AtomicBool,
    /// Whether all blocks are processed. The thread spins on.
    pub has_ended: AtomicBool,
}

/// Plays blocks in real time on a thread that never ends, and returns at once.
///
/// After `n_free` blocks the thread calls `seal`; from then on it makes no system call but those of the plugin.
///
/// # Errors
/// If the plugin is not active, or the thread does not start.
pub fn play_for_ever(
    host: &mut ClapHost,
    blocks: Vec<Block>,
    sample_rate: f64,
    n_free: usize,
    seal: impl FnOnce() -> Result<()> + Send + 'static,
) -> Result<Arc<Progress>> {
    let mut audio = Audio::new(host.ranges()?, host.outputs);
    let Active { mut processor, .. } = host.processor.take().context("the plugin is not active")?;
    let micros = std::iter::repeat_with(AtomicU32::default).take(blocks.len()).collect();
    let progress = Arc::new(Progress { micros, ..Progress::default() });
    let played = Arc::clone(&progress);
    std::thread::Builder::new().name("sealed audio".into()).spawn(move || {
        let (start, mut frames, mut seal) = (Instant::now(), 0_u64, Some(seal));
        for (idx, (block, micros)) in blocks.iter().zip(&played.micros).enumerate() {
            let seal_now = if idx == n_free { seal.take() } else { None };
            let is_sealed = seal_now.is_none_or(|seal| seal().is_ok());
            let due = Duration::from_secs_f64(frames as f64 / sample_rate);
            while start.elapsed() < due {
                std::hint::spin_loop();
            }
            let begin = Instant::now();
            let is_processed = audio.process(&mut processor, block, frames).is_ok();
            micros.store(begin.elapsed().as_micros() as u32, Ordering::Relaxed);
            played.n_events.fetch_add(audio.n_events(), Ordering::Relaxed);
            frames += u64::from(block.frames);
            if !(is_sealed && is_processed) {
                played.has_failed.store(true, Ordering::Relaxed);
                break;
            }
        }
        played.has_ended.store(true, Ordering::Release);
        loop {
            std::hint::spin_loop();
        }
    })?;
    Ok(progress)
}
