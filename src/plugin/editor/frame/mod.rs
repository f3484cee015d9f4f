//! What surrounds the pages.

mod grip;
pub(crate) use grip::grip;

mod choosers;

mod history;

mod title;
pub(crate) use title::title;

mod transport;
pub(crate) use transport::transport;

mod status;
pub(crate) use status::status;
