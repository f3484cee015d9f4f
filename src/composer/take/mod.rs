//! What has been composed: the bars of a take, what was played in beside them, edits, and the saved form.

pub(crate) mod fingerprint;

pub(crate) mod bar;

pub(crate) mod played_in;

pub(crate) mod opening;

pub(crate) mod history;

pub(crate) mod edit;

pub(crate) mod bars;

pub(crate) mod picture;

pub(crate) mod saved;
