//! The thread that blocks are processed on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Thread;

use anyhow::{Result, bail};

/// Runs `work` on a thread of its own, and `meanwhile` on this one over and over until `work` has ended.
///
/// `meanwhile` may park: this thread is unparked at the end.
pub(super) fn run<T: Send>(
    work: impl FnOnce() -> Result<T> + Send,
    mut meanwhile: impl FnMut() -> Result<()>,
) -> Result<T> {
    let has_ended = AtomicBool::new(false);
    let end = End { has_ended: &has_ended, caller: std::thread::current() };
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let _end = end;
            work()
        });
        while !has_ended.load(Ordering::Acquire) {
            meanwhile()?;
        }
        thread.join().unwrap_or_else(|_| bail!("the audio thread panicked"))
    })
}

/// Reports the end of the work when it is dropped, even by a panic.
struct End<'a> {
    has_ended: &'a AtomicBool,
    caller: Thread,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::Release);
        self.caller.unpark();
    }
}
