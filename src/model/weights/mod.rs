//! The weights file: format, reading and writing.
//!
//! A safetensors file, read and written through candle. Its tensors, as f16 or f32, have the names and shapes
//! that `candle_nn` modules load as they are:
//!
//! | Tensor | Shape | Module |
//! |---|---|---|
//! | `embedding.weight` | `[rows + styles, E]` | `Embedding` |
//! | `lstm.weight_ih_l0` | `[4H, E]`; `[4H, H]` above the first layer | `LSTM`, one for each layer |
//! | `lstm.weight_hh_l0`, `lstm.bias_ih_l0` | `[4H, H]`, `[4H]` | the same, without `bias_hh` |
//! | `family.weight`, `family.bias` | `[17, H]`, `[17]` | `Linear` |
//! | `trunk.weight`, `trunk.bias` | `[5R, H]`, `[5R]`; in encoding 2 `4R` | `Linear` |
//! | `shift.table.weight` | `[rows, R]` | `Embedding`; likewise `pitch`, `duration`, `velocity`, `feel` |
//! | `shift.weight`, `shift.bias` | `[classes, R]`, `[classes]` | `Linear`; likewise |
//! | `passages` | `[bytes]`, u8 | none: [`Passages`](crate::model::Passages), in files that have them |
//!
//! How they make a network is drawn in [`crate::model::network`]. Under the metadata key `continuo` a JSON text
//! holds the versions, the sizes, the card and the primers.
//!
//! Format 1 named some tensors differently, and gave biases a row (see `file::stored_name`). Encoding 1 lacked
//! some rows of the tables; they are read as zeros, so the network is the same function. Encoding 2 has no feel. All
//! are still read.
//!
//! Every size that a file claims is checked before anything of that size is allocated.

mod error;
pub use error::ModelError;

mod header;

mod file;
pub use file::can_be_saved;

mod model;
pub use model::Model;
