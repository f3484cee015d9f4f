//! What has been composed and played in, how it is edited, shown and saved.

pub(crate) mod fingerprint;

pub(crate) mod harmony;

pub(crate) mod bar;

pub(crate) mod played_in;

pub(crate) mod opening;

pub(crate) mod history;

pub(crate) mod replaced;

pub(crate) mod ideas;

pub(crate) mod bars;

pub(crate) mod edits;

mod note_edits;

mod remembering;

mod bar_lines;

mod lanes;

pub(crate) mod picture;

pub(crate) mod saved;
