//! The hosts that the plugin is tried in, and the pictures of what it played.
//!
//! This crate knows the plugin only as a host does: as a file that speaks CLAP or VST3. It never
//! depends on the plugin's own crate, so what it sees is what any other host would see.

pub mod hosts;

pub mod midi;

pub mod dance_floor;

pub mod roll;

pub mod wav;

pub mod bundles;

pub mod tests;

pub mod play;

#[cfg(target_os = "linux")]
pub mod instances;

pub mod ardour;

pub mod peers;

#[cfg(target_os = "linux")]
pub mod screenshot;

#[cfg(target_os = "linux")]
pub mod soak;

pub mod system;

mod fonts;
