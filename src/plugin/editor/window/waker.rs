//! What asks for a frame while nothing moves.
//!
//! Nothing is drawn while nothing changes. While the song moves, each frame asks for the next; otherwise a small
//! thread checks a few times a second whether anything has changed, and asks for one frame then.
//!
//! The thread starts with the first frame and not before: with baseview 0.4.2 on X11, a window that is asked to
//! redraw before it is mapped stays blank for good. For the same reason egui-baseview's own timer (0.9.0), which
//! asks at its first tick, is set to never tick.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the thread checks.
const POLL_INTERVAL: Duration = Duration::from_millis(60);

/// The thread that checks whether anything has changed.
#[derive(Clone, Default)]
pub(crate) struct Waker {
    has_stopped: Arc<AtomicBool>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Waker {
    /// Starts the thread, unless it runs already: whenever `fingerprint` returns another number than before, the
    /// editor is drawn once.
    pub(crate) fn start(&self, ctx: egui::Context, fingerprint: impl Fn() -> u64 + Send + 'static) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_some() || self.has_stopped.load(Ordering::Relaxed) {
            return;
        }
        let has_stopped = Arc::clone(&self.has_stopped);
        let poll = move || {
            let mut known = fingerprint();
            while !has_stopped.load(Ordering::Relaxed) {
                std::thread::park_timeout(POLL_INTERVAL);
                let now = fingerprint();
                if now != known && !has_stopped.load(Ordering::Relaxed) {
                    known = now;
                    ctx.request_repaint();
                }
            }
        };
        *thread = std::thread::Builder::new().name("continuo editor".into()).spawn(poll).ok();
    }

    /// Ends the thread and waits for it.
    pub(crate) fn stop(&self) {
        self.has_stopped.store(true, Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            thread.thread().unpark();
            // If it panicked, there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::sync_channel;

    use crate::plugin::editor::window::waker::Waker;

    #[test]
    fn the_waker_asks_for_a_frame_when_something_changes_and_only_then() {
        let ctx = egui::Context::default();
        let n_asked = Arc::new(AtomicU64::new(0));
        let asked = Arc::clone(&n_asked);
        ctx.set_request_repaint_callback(move |_| {
            asked.fetch_add(1, Ordering::Relaxed);
        });
        let world = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&world);
        // Each check waits until the test receives its value.
        let (check, checked) = sync_channel(0);
        let waker = Waker::default();
        waker.start(ctx, move || {
            let now = seen.load(Ordering::Relaxed);
            // The test does not receive the last ones.
            let _ = check.send(now);
            now
        });
        let values: Vec<u64> = checked.iter().take(4).collect();
        assert_eq!((values, n_asked.load(Ordering::Relaxed)), (vec![0; 4], 0));
        world.store(1, Ordering::Relaxed);
        let n_changed = checked.iter().skip_while(|now| *now == 0).take(4).count();
        drop(checked);
        waker.stop();
        assert_eq!((n_changed, n_asked.load(Ordering::Relaxed)), (4, 1));
    }
}
