//! When bars are composed, and on which thread.

pub(crate) mod input;

pub(crate) mod planner;

pub(crate) mod status;

pub(crate) mod shared;

pub(crate) mod worker;

pub(crate) mod thread;

pub(crate) mod handle;
