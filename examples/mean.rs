//! Writes a model whose weights lie between those of two, which have the same sizes and styles: `SHARE` of the second, from 0
//! (the first) to 1. All else is the first one's. A network that was trained on from another one is often best mixed with it.
//!
//! `cargo run --release --example mean --no-default-features -- FIRST SECOND SHARE OUT`

use std::path::Path;

use continuo::model::Model;
use continuo::model::network::Network;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, second, share, out] = arguments.as_slice() else {
        return Err("expected two models, a share and the file to write".into());
    };
    let (first, second) = (Model::load(Path::new(first))?, Model::load(Path::new(second))?);
    let share: f32 = share.parse()?;
    if first.config() != second.config() || first.card().styles != second.card().styles {
        return Err("expected two models of the same sizes and styles".into());
    }
    if Path::new(out).exists() {
        return Err(format!("{out} is already there").into());
    }
    let (mut network, other): (Network, _) = (first.network()?.into_owned(), second.network()?);
    for (weight, other) in network.parameters.iter_mut().zip(&other.parameters) {
        *weight += share * (other - *weight);
    }
    let mean = Model::new(network, first.card().clone(), first.primers().to_vec())?;
    let mean = match first.passages() {
        Some(passages) => mean.with_passages(passages.clone()),
        None => mean,
    };
    mean.save(Path::new(out))?;
    Ok(())
}
