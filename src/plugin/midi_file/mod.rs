//! Saving music of the take as a Standard MIDI File in the user's music folder.

pub(crate) mod excerpt;
pub use excerpt::Extent;

pub(crate) mod save;
pub(crate) use save::write_new;
pub use save::{Performance, SaveError, save};

#[cfg(test)]
mod tests;
