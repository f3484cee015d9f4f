//! A CLAP host, on clack-host.
//!
//! The caller's thread is the plugin's main thread. While blocks are processed it answers the plugin's
//! requests for the main thread; the blocks themselves run on a thread of their own.

mod handlers;
mod processing;

mod host;
mod sealed;
mod together;

pub use host::ClapHost;
pub use sealed::{Progress, play_for_ever};
pub use together::play_together;
