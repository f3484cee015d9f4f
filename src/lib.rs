//! Continuo composes with a trained LSTM while the DAW plays, and trains its models from MIDI files.
//!
//! To load the default model and compose a bar:
//!
//! ```
//! use continuo::composer::{Take, Writer, compose_bar};
//! use continuo::{model::Model, music::Meter, player::ComposingKnobs};
//!
//! let mut writer = Writer::new(Model::embedded()?);
//! let mut take = Take::default();
//! compose_bar(&mut take, &mut writer, &ComposingKnobs::default(), Meter::COMMON, 0);
//! assert!(!take.score().bars[0].notes.is_empty());
//! # Ok::<(), continuo::model::ModelError>(())
//! ```
//!
//! The modules, called houses, are in floor order: a house may use those above it, never those below.

pub mod errors;

pub mod run_events;

pub mod files;

pub mod music;

pub mod model;

pub mod training;

pub mod player;

pub mod presets;

pub mod composer;

#[cfg(feature = "plugin")]
pub mod plugin;

pub mod cli;
