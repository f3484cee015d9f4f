//! The guide: the first steps, and how to record in each host.

mod hosts;
pub(crate) use hosts::host_of;

mod parts;

mod welcome;
pub(crate) use welcome::welcome;

mod page;
pub(crate) use page::show;
