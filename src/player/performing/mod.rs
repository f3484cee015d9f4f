//! How written notes are played: the performing knobs, chord follow, and the keys that sound.

pub(crate) mod timing;

pub(crate) mod pitch;

pub(crate) mod chord_follow;

pub(crate) mod controllers;

pub(crate) mod queue;

pub(crate) mod sounding;

pub(crate) mod scheduler;
