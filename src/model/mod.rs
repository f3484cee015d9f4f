//! Note encoding, the LSTM, constraints and sampling, the weights file, and the generator: feed a note, draw the
//! next.
//!
//! Never on the audio thread.

pub mod vocabulary;

pub mod encoding;

pub mod network;

mod position;
pub use position::Position;

pub mod reference;

pub mod simd;

pub(crate) mod matrix;

pub mod activation;

pub mod packed;

pub mod step;

mod passages;
pub use passages::{PASSAGE, Passages};

mod instrument;
pub use instrument::InstrumentKeys;

mod corrections;
pub use corrections::{Corrections, Tally};

mod card;
pub use card::{Card, Primer};

pub mod weights;
pub use weights::{Model, ModelError};

mod batching;
pub use batching::{StepBatcher, StepSlot};
pub(crate) use batching::{block_on, join_all};

mod sampling;
pub use sampling::{Constraints, Drawn, Given, Sampling, StyleMix};

mod draw;

mod keys;
pub use keys::Keys;

mod heads;

mod variety;

mod chord_tones;

mod next_note;

mod generator;
pub use generator::{Beginning, Generator, Snapshot};

mod check;
pub use check::{Agreement, check};
