//! A VST3 host, on the vst3 crate. For Linux bundles.
//!
//! Threads are as in the CLAP host: the caller's is the main thread, blocks run on one of their own.
#![allow(unsafe_code, reason = "VST3 is a C++ interface: every call through it is a foreign call")]

#[cfg(target_os = "linux")]
mod frame;
mod module;
mod processing;
mod streams;

mod host;

#[cfg(target_os = "linux")]
pub use frame::Teardown;
pub use host::Vst3Host;
