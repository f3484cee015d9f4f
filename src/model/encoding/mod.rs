//! The input of the network: the notes so far, as rows of tables.
//!
//! All inputs are rows of a table, so that a lookup and a sum replace a matrix product over one-hot vectors. The
//! same code encodes for training and for playing.

mod rows;
pub(crate) use rows::ADDED_IN_2;
pub use rows::{LOOKBACKS, N_LOOKBACKS};

mod version;
pub use version::Encoding;

mod told;
pub use told::Told;

mod memory;
pub use memory::{Memory, Parts};

mod lookup;

mod harmony;
