//! The real plugin in hosts of our own: the library that cargo has just built, driven through CLAP and
//! through VST3 by transports as nasty as real ones.
//!
//! An allocation on the audio thread ends the process: nice-plug is built with `assert_process_allocs` here.
#![cfg(feature = "plugin")]

mod support;

mod metadata;

mod starts;

mod notes;

mod loops;

mod songs;

mod projects;

mod knobs;

mod chords;

mod parts;

mod thru;

mod outputs;

mod surprises;

mod chaos;

#[cfg(target_os = "linux")]
mod editor;
