//! The data of the report.

use std::sync::Arc;

use crate::cli::grade::SimpleModels;
use crate::model::Model;
use crate::run_events::Assessment;
use crate::training::corpus::Corpus;
use crate::training::engines::validation::Validation;
use crate::training::run::CurvePoint;
use crate::training::threads::Threads;

/// The data of the report.
pub(in crate::cli) struct Story<'a> {
    pub(in crate::cli) model: &'a Arc<Model>,
    pub(in crate::cli) corpus: &'a Corpus,
    pub(in crate::cli) curve: &'a [CurvePoint],
    /// The loss of the final network on all validation pieces.
    pub(in crate::cli) validation: &'a Validation,
    /// Simple models to compare with, for each style.
    pub(in crate::cli) simple: &'a [Option<SimpleModels>],
    /// How good the network is.
    pub(in crate::cli) assessment: &'a Assessment,
    /// Seed of the first sample.
    pub(in crate::cli) seed: u32,
    pub(in crate::cli) threads: &'a Threads,
}
