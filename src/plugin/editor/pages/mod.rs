//! The pages of the editor.

pub(crate) mod roll;

pub(crate) mod knobs;

pub(crate) mod models;

pub(crate) mod train;

pub(crate) mod guide;

mod choose;
