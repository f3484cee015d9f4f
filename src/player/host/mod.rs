//! What the host says about the song: where it is, where it goes, and how it counts its bars.

pub(crate) mod transport;

pub(crate) mod position;

pub(crate) mod bar;

pub(crate) mod pace;
