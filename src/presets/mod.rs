//! Presets: where the knobs stand for a kind of music or a role in it. Never the take.
//!
//! Those that come with Continuo are one embedded file, `factory.json`, for the styles of the embedded
//! model; the user's own are files in a folder of theirs. A preset names knobs by the ids of their
//! parameters, with their plain values. Knobs that it does not name stand at their defaults, but for what
//! belongs to the song and its set-up: no preset touches those.

mod preset;
pub use preset::{Preset, PresetEntry, PresetError, PresetId, Role};

mod file;

mod own;
pub use own::{list_in, list_own, presets_folder, save, save_in};

mod list;
pub use list::{factory, list, load, named};
