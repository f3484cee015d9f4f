//! How a bar is made.

pub(crate) mod chance;

pub(crate) mod place;

pub(crate) mod drawing;

pub(crate) mod played_chords;

pub(crate) mod obstacle;

pub(crate) mod thickening;

pub(crate) mod density;

pub(crate) mod bass;

pub(crate) mod priming;

pub(crate) mod repetition;

pub(crate) mod candidates;

pub(crate) mod following;

pub(crate) mod writer;

mod stretching;

pub(crate) mod range_edit;
