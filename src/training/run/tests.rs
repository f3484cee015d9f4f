use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

use crate::model::encoding::Encoding;
use crate::model::network::{Network, NetworkConfig};
use crate::model::simd::Products;
use crate::model::weights::can_be_saved;
use crate::music::{Family, Note, Piece, Tick, smf};
use crate::training::config::{Device, Dropout, Keep, TrainingConfig};
use crate::training::corpus::{Corpus, StyleFolder};
use crate::training::run::{Ending, Outcome, RunError, Start, checkpoint, train};
use crate::training::threads::Threads;

fn corpus(folder: &Path) -> Arc<Corpus> {
    for seed in 0..8_u8 {
        let note = |idx: u8| Note {
            onset: Tick(12 * i64::from(idx)),
            duration: Tick(12),
            pitch: 60 + idx.wrapping_mul(seed + 1) % 12,
            velocity: 90,
            family: Family::PIANO,
            feel: None,
        };
        let piece = Piece { notes: (0..100).map(note).collect(), ..Piece::default() };
        std::fs::write(folder.join(format!("{seed}.mid")), smf::write(&piece, "")).unwrap();
    }
    let folders = [StyleFolder { name: "Scales".into(), path: folder.into() }];
    Arc::new(Corpus::read(&folders, &Threads::new(1).unwrap()).unwrap())
}

fn config(folder: &Path, lr: f32) -> TrainingConfig {
    TrainingConfig {
        preset: String::new(),
        network: NetworkConfig {
            encoding: Encoding::Third,
            n_styles: 1,
            embedding: 2,
            hidden: 4,
            n_layers: 1,
            head: 2,
        },
        epochs: 1.0,
        patience: 1000,
        batch: 4,
        sequence_length: 8,
        lr,
        hold: 0.9,
        dropout: Dropout::default(),
        weight_decay: 0.0,
        seed: 1,
        threads: Threads::new(1).unwrap(),
        time_limit: None,
        keep: Keep::Best,
        validate_every: 320,
        save_every: Duration::MAX,
        checkpoint: folder.join("run.checkpoint"),
        products: Products::f32(),
        device: Device::Processor,
    }
}

fn start(config: &TrainingConfig) -> Start {
    Start::From(Box::new(Network::random(config.network, config.seed)))
}

#[test]
fn a_checkpoint_with_one_flipped_bit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (corpus, config) = (corpus(folder.path()), config(folder.path(), 0.01));
    train(&config, &corpus, start(&config), |_| true).unwrap();
    let whole = std::fs::read(&config.checkpoint).unwrap();
    checkpoint::load(&config, &corpus).unwrap();
    let n_head = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let places =
        (0..n_head).step_by(5).chain((n_head..whole.len()).step_by(101)).chain(whole.len() - 40..whole.len());
    for place in places {
        let mut damaged = whole.clone();
        damaged[place] ^= 1 << (place % 8);
        std::fs::write(&config.checkpoint, &damaged).unwrap();
        let loaded = checkpoint::load(&config, &corpus);
        assert!(loaded.is_err(), "byte {place}");
    }
    for length in [0, 7, 100, n_head, whole.len() - 1] {
        std::fs::write(&config.checkpoint, &whole[..length]).unwrap();
        let error = checkpoint::load(&config, &corpus).unwrap_err().to_string();
        assert!(!error.contains("header too small"), "{error}");
    }
}

#[test]
fn a_checkpoint_of_the_version_without_a_checksum_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let (corpus, config) = (corpus(folder.path()), config(folder.path(), 0.01));
    train(&config, &corpus, start(&config), |_| true).unwrap();
    let (_, state) = checkpoint::load(&config, &corpus).unwrap();
    let bytes = std::fs::read(&config.checkpoint).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata: HashMap<String, String> = metadata.metadata().clone().unwrap();
    let key = metadata.keys().next().unwrap().clone();
    let text = metadata[&key].replace("\"version\":3", "\"version\":2");
    assert_ne!(text, metadata[&key]);
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let old: Vec<(String, TensorView<'_>)> =
        tensors.tensors().into_iter().filter(|(name, _)| name != "checksum").collect();
    let write = |text: String, tensors: Vec<(String, TensorView<'_>)>| {
        let bytes = safetensors::serialize(tensors, Some(HashMap::from([(key.clone(), text)]))).unwrap();
        std::fs::write(&config.checkpoint, bytes).unwrap();
    };
    write(text, old.clone());
    let (_, read) = checkpoint::load(&config, &corpus).unwrap();
    assert_eq!(read.network.parameters, state.network.parameters);
    write(metadata[&key].clone(), old);
    assert!(checkpoint::load(&config, &corpus).is_err(), "a new one that has lost its checksum");
}

#[test]
fn a_run_that_diverges_ends_with_the_last_good_network_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let hopeless = config(folder.path(), 1e38);
    let error = train(&hopeless, &corpus, start(&hopeless), |_| true).unwrap_err();
    assert!(matches!(error, RunError::Diverged { .. }) && error.to_string().contains("lower"), "{error}");

    let good = config(folder.path(), 0.01);
    let stopped = train(&good, &corpus, start(&good), |progress| progress.validation.is_none()).unwrap();
    assert_eq!(stopped.ending, Ending::Stopped);
    for keep in [Keep::Best, Keep::Last] {
        let before = std::fs::read(&good.checkpoint).unwrap();
        let config = TrainingConfig { keep, lr: 1e38, ..good.clone() };
        let Outcome { ending, network, .. } = train(&config, &corpus, Start::Resume, |_| true).unwrap();
        assert_eq!(ending, Ending::Diverged);
        assert!(can_be_saved(&network.parameters));
        assert_eq!(network.parameters, stopped.network.parameters);
        assert!(std::fs::read(&good.checkpoint).unwrap() == before, "it can be resumed from before");
    }
    let resumed = train(&good, &corpus, Start::Resume, |_| true).unwrap();
    assert_eq!(resumed.ending, Ending::Finished);
}

#[test]
fn an_update_moves_only_the_weights_that_it_is_computed_with() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let share_kept = |weights: f32| {
        let config = TrainingConfig {
            epochs: 1e-6,
            keep: Keep::Last,
            dropout: Dropout { weights, ..Dropout::default() },
            ..config(folder.path(), 0.01)
        };
        let before = Network::random(config.network, config.seed);
        let after = train(&config, &corpus, start(&config), |_| true).unwrap().network;
        let recurrent = before.layout.lstm[0].recurrent.range.clone();
        let n_kept = recurrent
            .clone()
            .filter(|idx| before.parameters[*idx].to_bits() == after.parameters[*idx].to_bits())
            .count();
        n_kept as f32 / recurrent.len() as f32
    };
    let kept = [0.0, 0.5, 0.9].map(share_kept);
    assert!(kept[0] < 0.05 && (0.3..0.7).contains(&kept[1]) && kept[2] > 0.75, "{kept:?}");
}
