//! Loads the shipped model with nothing but candle, and compares a prediction with Continuo's own.
//!
//! ```text
//! cargo run --release --no-default-features --example load_with_candle
//! ```
//!
//! Continuo encodes the notes: its `Memory` says which rows of the embedding are looked up before each note. The
//! network itself is made of `candle_nn` modules here. How its tensors are called is documented in
//! `continuo::model::weights`.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::ops::softmax;
use candle_nn::rnn::LSTMState;
use candle_nn::{LSTMConfig, Module, RNN, VarBuilder, embedding, linear, lstm};
use continuo::model::encoding::{Encoding, Memory};
use continuo::model::{Beginning, Generator, Model, StyleMix};
use continuo::music::{Family, Meter, Mode, Note, Tick};

fn main() -> anyhow::Result<()> {
    let played = [60, 64, 67, 72].map(|pitch| Note {
        onset: Tick(6 * (i64::from(pitch) - 60)),
        duration: Tick(24),
        pitch,
        velocity: 80,
        family: Family::PIANO,
        feel: None,
    });
    let candle = predict_with_candle(&encode(&played, Model::embedded()?.config().encoding))?;
    let continuo = predict_with_continuo(&played)?;
    println!(
        "The instrument of the next note after a broken chord on the piano\n{:24}{:>10}{:>10}",
        "", "candle", "Continuo"
    );
    let families = (0..).map_while(Family::from_index);
    for ((family, candle), continuo) in families.zip(&candle).zip(continuo) {
        println!("{:24}{:9.2}%{:9.2}%", family.name(), 100.0 * candle, 100.0 * continuo);
    }
    Ok(())
}

/// The rows of the embedding for each step: the first before any note, then one after each note.
fn encode(notes: &[Note], encoding: Encoding) -> Vec<Vec<u32>> {
    let mut memory = Memory::new(encoding, 0, Mode::Major, Tick::ZERO, Meter::COMMON);
    let rows = |memory: &Memory| {
        let mut rows = Vec::new();
        memory.step_rows(&mut rows);
        rows
    };
    let mut steps = vec![rows(&memory)];
    for note in notes {
        memory.push(note);
        steps.push(rows(&memory));
    }
    steps
}

/// The probability of each instrument family, by candle alone.
fn predict_with_candle(steps: &[Vec<u32>]) -> Result<Vec<f32>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/models/default.safetensors");
    let tensors = candle_core::safetensors::load(file, &Device::Cpu)?;
    let (n_rows, width) = tensors["embedding.weight"].dims2()?;
    let (n_families, hidden) = tensors["family.weight"].dims2()?;
    let n_layers = tensors.keys().filter(|name| name.starts_with("lstm.weight_hh_l")).count();
    let tensors = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);

    let table = embedding(n_rows, width, tensors.pp("embedding"))?;
    let family = linear(hidden, n_families, tensors.pp("family"))?;
    let sums: Vec<Tensor> = steps
        .iter()
        .map(|rows| table.forward(&Tensor::new(rows.as_slice(), &Device::Cpu)?)?.sum(0))
        .collect::<Result<_>>()?;
    let mut layer = Tensor::stack(&sums, 0)?.unsqueeze(0)?; // [1, steps, width]
    for layer_idx in 0..n_layers {
        let config = LSTMConfig { layer_idx, b_hh_init: None, ..LSTMConfig::default() };
        let lstm = lstm(layer.dim(D::Minus1)?, hidden, config, tensors.pp("lstm"))?;
        let states: Vec<LSTMState> = lstm.seq(&layer)?;
        layer = lstm.states_to_tensor(&states)?; // [1, steps, hidden]
    }
    let last = layer.narrow(1, steps.len() - 1, 1)?.squeeze(1)?; // [1, hidden]
    softmax(&family.forward(&last)?, D::Minus1)?.squeeze(0)?.to_vec1()
}

/// The same by Continuo, with the packed weights that play.
fn predict_with_continuo(notes: &[Note]) -> anyhow::Result<Vec<f32>> {
    let mut generator = Generator::new(Model::embedded()?);
    generator.begin(&Beginning {
        style: StyleMix::of(0),
        mode: Mode::Major,
        start: Tick::ZERO,
        meter: Meter::COMMON,
        primer: None,
    });
    for note in notes {
        generator.feed(note);
    }
    let after = Note { onset: Tick(90), ..notes[notes.len() - 1] };
    let of = |family| Some(generator.log_probabilities(&Note { family, ..after })?[0].exp());
    Ok((0..).map_while(Family::from_index).filter_map(of).collect())
}
