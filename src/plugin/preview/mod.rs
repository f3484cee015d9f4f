//! The preview sound, so that the notes can be heard without any routing. Off by default.
//!
//! An electric piano for everything that has pitch and a small drum kit on channel 10, built from `fundsp`'s
//! oscillators, noise and filters. Everything is made by [`Preview::new`], on the host's main thread; on
//! the audio thread nothing is allocated, freed or waited for.

mod tones;

mod voice;

pub(crate) mod synth;
pub use synth::Preview;

pub(crate) mod audition;
pub use audition::{AuditionPlayer, Auditions};

#[cfg(test)]
mod tests;
