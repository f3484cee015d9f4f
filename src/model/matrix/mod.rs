//! Matrix products, for training and for packing networks.
//!
//! Written here rather than taken from a library because the recurrence multiplies a few rows by the same
//! weights at every step: a [`PackedFactor`] is laid out once and used many times. Factors are f32, or rounded
//! to bf16 as they are laid out; sums are f32 in both cases.

mod view;
pub(crate) use view::View;

mod kernel;
pub(crate) use kernel::Init;

mod layout;

mod product;
pub(crate) use product::{Factor, PackedFactor, Scratch};
