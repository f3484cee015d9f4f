//! A few bars that the network composes while it is being trained.

use std::sync::Arc;

use crate::cli::train::card::primers;
use crate::cli::train::options::TrainArgs;
use crate::composer::{Take, Writer, compose_until};
use crate::model::network::Network;
use crate::model::{Card, Model, Primer};
use crate::music::{Meter, Tick};
use crate::player::ComposingKnobs;
use crate::run_events::{RunEvent, SampleNote};
use crate::training::corpus::{Corpus, StyleFolder};

/// How many bars are composed.
const N_BARS: i64 = 4;

/// What samples are composed with, beside the network.
pub(super) struct Sampler {
    card: Card,
    primers: Vec<Primer>,
    knobs: ComposingKnobs,
}

impl Sampler {
    /// Composes in the style of the first folder. `model` is the one that the run starts from.
    pub(super) fn new(args: &TrainArgs, corpus: &Corpus, seed: u64, model: Option<&Model>) -> Self {
        let card = Card { styles: corpus.styles.clone(), ..Card::default() };
        let first = args.folders.first().map(|folder| StyleFolder::parse(folder).name);
        let style = first.and_then(|name| card.style_named(&name)).unwrap_or_default();
        let knobs = ComposingKnobs { style: style as u8, ..ComposingKnobs::default() };
        Self { card, primers: primers(corpus, seed, model), knobs }
    }

    /// The bars of the network as it is now. None if it cannot be computed.
    pub(super) fn sample(&self, network: Network) -> Option<RunEvent> {
        let model = Model::new(network, self.card.clone(), self.primers.clone()).ok()?;
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::new(model)));
        let end = Tick(N_BARS * Meter::COMMON.bar_length().0);
        compose_until(&mut take, &mut writer, &self.knobs, Meter::COMMON, end);
        let score = take.score();
        let notes = score.bars.iter().flat_map(|bar| &bar.notes).map(|note| SampleNote {
            onset: note.onset.0,
            duration: note.duration.0,
            pitch: note.pitch,
            velocity: note.velocity,
            family: note.family.index(),
        });
        Some(RunEvent::Sample { notes: notes.collect() })
    }
}
