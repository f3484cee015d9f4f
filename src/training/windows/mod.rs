//! Pieces as the network reads them, and windows of several side by side.
//!
//! Where a piece begins, the position says so and the hidden state before it is zero.

mod reader;
pub use reader::Reader;

mod window;
pub use window::{RowLists, Window};

mod streams;
pub use streams::{StreamState, Streams};
