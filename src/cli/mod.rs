//! The companion binary's commands.

pub mod train;
