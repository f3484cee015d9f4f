//! Training data as the network takes it: encoded pieces, and windows of several sequences.
//!
//! Where a piece begins, the position is marked and the hidden state before it is zero.

mod reader;
pub use reader::{Reader, Telling};

mod window;
pub use window::{RowLists, Window};

mod streams;
pub use streams::{Source, StreamState, Streams};
