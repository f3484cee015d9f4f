//! Continuo composes with a trained LSTM while the DAW plays, and trains its models from MIDI files.
//!
//! The houses, in floor order. A house may use those above it in this list, never those below.

pub mod files;

pub mod music;

pub mod model;

pub mod training;

pub mod player;

pub mod composer;

#[cfg(feature = "plugin")]
pub mod plugin;

pub mod cli;
