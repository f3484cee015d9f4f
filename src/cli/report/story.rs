//! What the page is made of.

use std::sync::Arc;

use crate::model::Model;
use crate::training::corpus::Corpus;
use crate::training::engines::validation::Validation;
use crate::training::run::CurvePoint;
use crate::training::threads::Threads;

/// All that the page tells of.
pub(in crate::cli) struct Story<'a> {
    pub(in crate::cli) model: &'a Arc<Model>,
    pub(in crate::cli) corpus: &'a Corpus,
    pub(in crate::cli) curve: &'a [CurvePoint],
    /// On all validation pieces, of the network that was kept.
    pub(in crate::cli) validation: &'a Validation,
    /// First seed of the samples.
    pub(in crate::cli) seed: u32,
    pub(in crate::cli) threads: &'a Threads,
}
