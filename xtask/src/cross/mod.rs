//! Other systems, tried from Debian: Windows is built and run in Wine, macOS type-checked.

mod compiler;

mod macos;
mod windows;
mod wine;

pub use macos::check as check_macos;
pub use windows::{Options as WindowsOptions, run as run_windows};
