//! Prepares a trained network to learn further styles.

use crate::model::Model;
use crate::model::network::{Network, NetworkConfig};
use crate::training::corpus::Corpus;

/// Returns the model's network with a row for each new style of the corpus, and renumbers the styles of the corpus to
/// those of that network: first the model's, then the new ones.
///
/// A style of the corpus with the name of a style of the model, or of a folder it was trained on, continues that style.
/// A new style starts as the mean of the others.
#[must_use]
pub fn start_from(model: &Model, corpus: &mut Corpus) -> Network {
    let mut styles = model.card().styles.clone();
    let places: Vec<usize> = corpus
        .styles
        .iter()
        .map(|name| {
            model.card().style_named(name).unwrap_or_else(|| {
                styles.push(name.clone());
                styles.len() - 1
            })
        })
        .collect();
    let n_styles = styles.len();
    corpus.restyle(styles, &places);
    with_styles(model.network(), n_styles)
}

/// The network with more styles; each new one is the mean of the existing ones.
fn with_styles(network: &Network, n_styles: usize) -> Network {
    let mut grown = Network::random(NetworkConfig { n_styles, ..network.config }, 0);
    for (from, to) in network.layout.slots().into_iter().zip(grown.layout.clone().slots()) {
        let values = network.values(from);
        grown.parameters[to.range.start..to.range.start + values.len()].copy_from_slice(values);
    }
    let width = network.config.embedding;
    let (n_rows, n_known) = (network.layout.embedding.shape[0], network.config.n_styles);
    let known = &network.values(&network.layout.embedding)[(n_rows - n_known) * width..];
    let mean: Vec<f32> = (0..width)
        .map(|column| known.iter().skip(column).step_by(width).sum::<f32>() / n_known as f32)
        .collect();
    let begin = grown.layout.embedding.range.start + n_rows * width;
    for row in grown.parameters[begin..begin + (n_styles - n_known) * width].chunks_exact_mut(width) {
        row.copy_from_slice(&mean);
    }
    grown
}

#[cfg(test)]
mod tests {
    use crate::model::encoding::Encoding;
    use crate::model::network::{Network, NetworkConfig};
    use crate::training::fine_tuning::with_styles;

    #[test]
    fn a_new_style_starts_as_the_mean_of_the_others_and_all_else_stays() {
        let config = NetworkConfig {
            encoding: Encoding::Third,
            n_styles: 2,
            embedding: 3,
            hidden: 4,
            n_layers: 1,
            head: 2,
        };
        let network = Network::random(config, 1);
        let grown = with_styles(&network, 4);
        let rows = grown.values(&grown.layout.embedding);
        let n_before = network.layout.embedding.range.len();
        assert_eq!(&rows[..n_before], network.values(&network.layout.embedding));
        for column in 0..3 {
            let mean = f32::midpoint(rows[n_before - 6 + column], rows[n_before - 3 + column]);
            for row in [n_before, n_before + 3] {
                assert!((rows[row + column] - mean).abs() < 1e-6);
            }
        }
        assert_eq!(grown.parameters[rows.len()..], network.parameters[n_before..]);
    }
}
