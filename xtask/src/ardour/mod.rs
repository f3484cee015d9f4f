//! Ardour 7 as a host: a session without display or sound card, and the editor in Ardour's own window.

mod install;

mod comparison;
mod session;

#[cfg(target_os = "linux")]
mod display;
#[cfg(target_os = "linux")]
mod gui;
#[cfg(target_os = "linux")]
mod soak;

pub use comparison::{Comparison, compare};
pub use install::{Missing, find, install};
pub use session::{Job, record};
#[cfg(target_os = "linux")]
pub use soak::{Closing, soak};
