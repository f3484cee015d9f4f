//! The knobs, on pages of their own.

mod idle;

mod key_and_scale;

mod rows;

mod own_scale;

mod parts;

mod instruments;

mod chords;

mod converse;

mod blend;

pub(crate) mod page;

mod panel;
pub(crate) use panel::{HEIGHT, show};
