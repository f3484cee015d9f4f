//! Build tasks, and the hosts that the plugin is tested in.
//!
//! This crate knows the plugin only as a host does: as a file that speaks CLAP or VST3. It never
//! depends on the plugin's own crate, so its tests see what any other host sees.

pub mod hosts;

pub mod ardour;

#[cfg(target_os = "linux")]
pub mod editor;

#[cfg(target_os = "linux")]
pub mod instances;

#[cfg(target_os = "linux")]
pub mod soak;

#[cfg(target_os = "linux")]
pub mod scale;

#[cfg(target_os = "linux")]
pub mod standalone;

pub mod chaos;

#[cfg(target_os = "linux")]
pub mod audio_thread;

pub mod validate;

pub mod python;

pub mod report;

pub mod play;

pub mod midi;

pub mod roll;

pub mod sheet;

pub mod frames;
pub mod loops;
pub mod tracks;

pub mod wav;

pub mod bundles;

mod flags;
pub mod icon;
pub mod package;

#[cfg(target_os = "linux")]
pub mod cross;

#[cfg(windows)]
pub mod window;

pub mod notes;

pub mod gates;

pub mod workflows;

pub mod release_check;

pub mod fuzz;

pub mod system;

mod picture;

#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "measurements are made on Linux"))]
mod process;
