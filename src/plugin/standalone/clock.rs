//! A clock in place of audio: for MIDI alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::plugin::standalone::error::StandaloneError;
use crate::plugin::standalone::system_blocks::SystemBlocks;

/// Samples a second. Nobody hears them; they are the fineness of the notes' places.
pub(super) const SAMPLE_RATE: f64 = 48_000.0;
/// Samples in a block: about five milliseconds.
const N_SAMPLES: usize = 256;

/// Asks for blocks in real time until it is dropped.
pub(super) struct Clock {
    has_stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    /// # Errors
    /// If its thread cannot be started.
    pub(super) fn start(mut blocks: SystemBlocks) -> Result<Self, StandaloneError> {
        let has_stopped = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&has_stopped);
        let tick = move || {
            let block = Duration::from_secs_f64(N_SAMPLES as f64 / SAMPLE_RATE);
            let mut due = Instant::now();
            while !is_over.load(Ordering::Relaxed) {
                blocks.render(N_SAMPLES, |_, _| {});
                due += block;
                // After a machine that slept, the song goes on from where it was.
                due = due.max(Instant::now().checked_sub(block).unwrap_or(due));
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        };
        let thread = std::thread::Builder::new().name("continuo clock".into());
        let thread = thread.spawn(tick).map_err(StandaloneError::Thread)?;
        Ok(Self { has_stopped, thread: Some(thread) })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.has_stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // If it panicked, it has stopped.
            let _ = thread.join();
        }
    }
}
