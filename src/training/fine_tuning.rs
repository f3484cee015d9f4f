//! Prepares a trained network to learn further styles.

use crate::model::encoding::Encoding;
use crate::model::network::{Network, NetworkConfig};
use crate::model::{Card, Corrections, Model, ModelError, Primer};
use crate::training::corpus::Corpus;

/// The place of the velocity's head in [`NetworkConfig::heads`].
const VELOCITY: usize = 3;

/// Returns the model's network in encoding 3 and with a row for each new style of the corpus, and renumbers the styles
/// of the corpus to those of that network: first the model's, then the new ones.
///
/// A style of the corpus with the name of a style of the model, or of a folder it was trained on, continues that style.
/// A new style starts as the mean of the others.
///
/// # Errors
/// As in [`Model::network`].
pub fn start_from(model: &Model, corpus: &mut Corpus) -> Result<Network, ModelError> {
    let network = model.network()?;
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
    Ok(grown(&network, n_styles))
}

/// Puts the styles after the first `n_before` in front of the others, in the network, the card and the primers. So a new
/// style is the first that is heard, and within reach of hosts, whose Style parameter has sixteen values.
pub fn put_new_styles_first(n_before: usize, network: &mut Network, card: &mut Card, primers: &mut [Primer]) {
    let n_new = card.styles.len().saturating_sub(n_before);
    let width = network.config.embedding;
    let n_rows = network.config.encoding.n_step_rows();
    let embedding = network.layout.embedding.range.clone();
    if let Some(styles) =
        network.parameters.get_mut(embedding).and_then(|rows| rows.get_mut(n_rows * width..))
    {
        styles.rotate_right(n_new * width);
    }
    let n_styles = card.styles.len();
    let place = |list: &mut Vec<f32>, usual: f32| rotate(list, n_styles, n_new, usual);
    place(&mut card.form, Card::FORM);
    place(&mut card.drum_form, 0.0);
    place(&mut card.consonance, 0.0);
    place(&mut card.restrike, 0.0);
    place(&mut card.ensemble, 0.0);
    place(&mut card.min_p, 1.0);
    place(&mut card.min_p_of_rhythm, 1.0);
    place(&mut card.temperature, 1.0);
    place(&mut card.variety, 1.0);
    place(&mut card.usual_variety, 0.5);
    place(&mut card.nats_per_note, 0.0);
    rotate(&mut card.sources, n_styles, n_new, Vec::new());
    rotate(&mut card.longest_shared, n_styles, n_new, None);
    rotate(&mut card.longest_run, n_styles, n_new, None);
    rotate(&mut card.keys, n_styles, n_new, Vec::new());
    rotate(&mut card.velocities, n_styles, n_new, Vec::new());
    rotate(&mut card.corrections, n_styles, n_new, Corrections::default());
    card.styles.rotate_right(n_new);
    for primer in primers.iter_mut() {
        primer.style = (primer.style + n_new) % n_styles.max(1);
    }
    primers.sort_by_key(|primer| primer.style);
}

/// Moves the last `n_new` of what a card says of each of `n_styles` to the front. What it does not say of the last styles
/// is `usual`; a list that says nothing stays.
fn rotate<T: Clone>(list: &mut Vec<T>, n_styles: usize, n_new: usize, usual: T) {
    if !list.is_empty() {
        list.resize(n_styles, usual);
        list.rotate_right(n_new);
    }
}

/// The network in encoding 3 and with more styles, each new one the mean of the existing ones.
///
/// It predicts what it did: rows that the encoding adds are zero, a coarse velocity is shared evenly by the finer ones
/// in it, and only feels, which it did not have, are random.
fn grown(network: &Network, n_styles: usize) -> Network {
    let Network { config: before, layout, .. } = network;
    let config = NetworkConfig { n_styles, encoding: Encoding::Third, ..*before };
    let mut grown = Network::random(config, 0);
    let to_fill = grown.layout.clone();
    for to in to_fill.slots() {
        let Some(from) = layout.slots().into_iter().find(|from| from.name == to.name) else {
            continue;
        };
        let values = network.values(from);
        let target = &mut grown.parameters[to.range.clone()];
        if to.name.ends_with("table.weight") {
            target.fill(0.0);
        }
        target[..values.len()].copy_from_slice(values);
    }

    let n_finer = config.encoding.n_velocities() / before.encoding.n_velocities();
    let (from, to) = (&layout.heads[VELOCITY].out, &to_fill.heads[VELOCITY].out);
    let width = from.weight.shape[1];
    let weights = network.values(&from.weight).chunks_exact(width).flat_map(|row| row.repeat(n_finer));
    grown.parameters[to.weight.range.clone()].iter_mut().zip(weights).for_each(|(to, from)| *to = from);
    let share = (n_finer as f32).ln();
    let biases = network.values(&from.bias).iter().flat_map(|bias| vec![bias - share; n_finer]);
    grown.parameters[to.bias.range.clone()].iter_mut().zip(biases).for_each(|(to, from)| *to = from);

    let width = config.embedding;
    let (n_rows_before, n_rows) = (before.encoding.n_step_rows(), config.encoding.n_step_rows());
    let (rows, styles) = network.values(&layout.embedding).split_at(n_rows_before * width);
    let mean =
        |column: usize| styles.iter().skip(column).step_by(width).sum::<f32>() / before.n_styles as f32;
    let mean: Vec<f32> = (0..width).map(mean).collect();
    let embedding = [rows, &vec![0.0; (n_rows - n_rows_before) * width], styles].concat();
    let embedding = embedding.into_iter().chain(mean.repeat(n_styles - before.n_styles));
    grown.parameters[to_fill.embedding.range].iter_mut().zip(embedding).for_each(|(to, from)| *to = from);
    grown
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::model::encoding::Encoding;
    use crate::model::network::{Network, NetworkConfig};
    use crate::model::{Beginning, Card, Generator, Model, Primer, StyleMix};
    use crate::music::{Family, Meter, Mode, Note, Tick};
    use crate::training::fine_tuning::{grown, put_new_styles_first};

    fn network(encoding: Encoding) -> Network {
        let config = NetworkConfig { encoding, n_styles: 2, embedding: 3, hidden: 4, n_layers: 1, head: 2 };
        Network::random(config, 1)
    }

    #[test]
    fn a_new_style_starts_as_the_mean_of_the_others_and_all_else_stays() {
        let network = network(Encoding::Third);
        let grown = grown(&network, 4);
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

    #[test]
    fn new_styles_come_first_with_all_that_belongs_to_them() {
        let primer = |style| Primer {
            style,
            mode: Mode::Major,
            meter: Meter::COMMON,
            n_bars: 1,
            notes: vec![Note {
                onset: Tick(0),
                duration: Tick(6),
                pitch: 60 + style as u8,
                velocity: 80,
                family: Family::PIANO,
                feel: None,
            }],
        };
        let mut network = grown(&network(Encoding::Third), 4);
        let n_rows = network.config.encoding.n_step_rows();
        let rows = |network: &Network| network.values(&network.layout.embedding)[n_rows * 3..].to_vec();
        let before = rows(&network);
        let mut card = Card {
            styles: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
            form: vec![0.3, 0.4],
            longest_run: vec![Some(1), Some(2), Some(3), Some(4)],
            ..Card::default()
        };
        let mut primers: Vec<Primer> = (0..4).map(primer).collect();
        put_new_styles_first(2, &mut network, &mut card, &mut primers);
        assert_eq!(card.styles, ["c", "d", "a", "b"]);
        assert_eq!(card.form, [Card::FORM, Card::FORM, 0.3, 0.4]);
        assert_eq!(card.longest_run, [3, 4, 1, 2].map(Some));
        assert_eq!(card.variety, Vec::<f32>::new());
        let pitches: Vec<(usize, u8)> =
            primers.iter().map(|primer| (primer.style, primer.notes[0].pitch)).collect();
        assert_eq!(pitches, [(0, 62), (1, 63), (2, 60), (3, 61)]);
        assert_eq!(rows(&network), [&before[6..], &before[..6]].concat());
    }

    #[test]
    fn in_encoding_3_a_network_of_encoding_2_predicts_what_it_did() {
        let before = network(Encoding::Second);
        let after = grown(&before, 3);
        let probabilities = |network: Network| -> Vec<Vec<f32>> {
            let styles = (0..network.config.n_styles).map(|idx| idx.to_string()).collect();
            let card = Card { styles, ..Card::default() };
            let mut generator = Generator::new(Arc::new(Model::new(network, card, Vec::new()).unwrap()));
            let (mode, meter) = (Mode::Major, Meter::COMMON);
            generator.begin(&Beginning {
                style: StyleMix::of(1),
                mode,
                start: Tick::ZERO,
                meter,
                primer: None,
            });
            let note = |idx: u8| Note {
                onset: Tick(12 * i64::from(idx)),
                duration: Tick(12),
                pitch: 60 + idx,
                velocity: 10 * idx,
                family: Family::PIANO,
                feel: None,
            };
            (1..8)
                .map(|idx| {
                    let found = generator.log_probabilities(&note(idx)).unwrap();
                    generator.feed(&note(idx));
                    found[..5].to_vec()
                })
                .collect()
        };
        for (before, after) in probabilities(before).iter().zip(probabilities(after)) {
            for (part, (before, after)) in before.iter().zip(after).enumerate() {
                // A velocity is one of two now.
                let expected = if part == 4 { before - 2.0_f32.ln() } else { *before };
                assert!((expected - after).abs() < 1e-3, "part {part}: {expected} and {after}");
            }
        }
    }
}
