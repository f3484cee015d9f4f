//! Waiting until the window's thread has ended.
//!
//! On X11 the window has a thread of its own, and baseview 0.4.2, asked to close, mostly returns while that thread
//! still takes down what it draws with. A host that then destroys the parent window takes it away from under the
//! thread, and a host that unloads the plugin can crash.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// How long closing waits for the window's thread at most; usually it takes a few milliseconds.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Waits, when dropped, until the window's thread has ended, but not for ever.
pub(crate) struct Closing(WindowThread);

impl Closing {
    /// For a window that is open: one that is not has no thread to wait for.
    pub(crate) fn of(thread: WindowThread) -> Self {
        Self(thread)
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.wait(TIMEOUT);
    }
}

/// The window's thread, as it is seen from outside.
pub(crate) struct WindowThread(Receiver<()>);

impl WindowThread {
    /// The guard goes to the window's thread.
    pub(crate) fn new() -> (ThreadGuard, Self) {
        let (guard, thread) = channel();
        (ThreadGuard { _sender: guard }, Self(thread))
    }

    /// Waits until the thread has ended, but not for longer than `timeout`; whether it has ended.
    fn wait(&self, timeout: Duration) -> bool {
        // Nothing is ever sent: the channel is disconnected when the thread has ended.
        self.0.recv_timeout(timeout) == Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
    }
}

/// Lives as long as the window's thread.
pub(crate) struct ThreadGuard {
    _sender: Sender<()>,
}

impl ThreadGuard {
    /// Ties the guard to the calling thread, where windows have a thread of their own. A thread drops its local
    /// values last of all, when the window and all that it draws with are gone.
    pub(crate) fn attach_to_current_thread(self) {
        thread_local! {
            static GUARD: RefCell<Option<ThreadGuard>> = const { RefCell::new(None) };
        }
        if cfg!(target_os = "linux") {
            GUARD.set(Some(self));
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use crate::plugin::editor::window::closing::WindowThread;

    #[test]
    fn closing_waits_for_the_windows_thread_but_not_for_ever() {
        /// Reports when its drop begins, and ends it when the test says so.
        struct Picture(Sender<()>, Receiver<()>);
        impl Drop for Picture {
            fn drop(&mut self) {
                self.0.send(()).unwrap();
                self.1.recv().unwrap();
            }
        }
        let (dropping, is_dropping) = channel();
        let (finish, may_finish) = channel();
        let picture = Picture(dropping, may_finish);
        let (guard, thread) = WindowThread::new();
        let drawing = std::thread::spawn(move || {
            let _picture = picture;
            guard.attach_to_current_thread();
        });
        is_dropping.recv().unwrap();
        assert!(!thread.wait(Duration::from_millis(1)), "the picture is still there");
        finish.send(()).unwrap();
        assert!(thread.wait(Duration::MAX));
        drawing.join().unwrap();
    }
}
