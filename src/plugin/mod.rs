//! The plugin: what a host loads, as CLAP and as VST3. Nothing musical happens here.
//!
//! The house adapts the engine to hosts: it turns their parameters into knobs, their transport into the
//! player's, and the player's events into theirs; it saves and loads; it draws the editor; it has the
//! preview sound. It is the only house that uses the plugin framework.
//!
//! The host calls [`Continuo`] from its audio thread for `process` and `reset`, and from its main thread
//! for everything else. On the audio thread nothing here allocates, frees, locks or waits.

mod folders;

mod keep_loaded;

pub mod picker;

pub mod models;

pub mod trainer;

mod saved;
pub use saved::{SavedProject, SavedProjectError};

mod session;
pub use session::Session;

mod window_size;
pub use window_size::{SavedSize, WindowSize};

mod spread;

pub mod own_transport;

mod parameters;
pub use parameters::Parameters;

pub use crate::player::Knob;

mod remote;

pub mod presets;

pub mod midi_file;

pub mod preview;

pub mod editor;

mod instance;

mod host;

mod adapter;
pub use adapter::{Clap, Continuo, Format, Vst3};

mod export;

#[cfg(feature = "standalone")]
pub mod standalone;
