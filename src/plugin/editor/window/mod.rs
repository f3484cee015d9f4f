//! The editor in a host: its window, what it shows, and carrying out what the user wants.

#[cfg(target_os = "linux")]
mod egl;

mod closing;

mod resizing;

mod waker;

mod visibility;

mod clipboard;

pub(crate) mod fingerprint;

mod undo;

mod memory;

mod ideas;

pub(crate) mod controller;

mod app;

#[allow(clippy::module_inception, reason = "the window itself")]
pub(crate) mod window;
pub use window::EditorWindow;
