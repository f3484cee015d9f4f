//! The card and the primers of the trained model.

use std::path::Path;

use crate::cli::train::options::TrainArgs;
use crate::cli::train::settings::Preset;
use crate::model::simd::Products;
use crate::model::{Card, Model, Primer};
use crate::training::choose_primers;
use crate::training::config::{Keep, TrainingConfig};
use crate::training::corpus::{Corpus, Part};
use crate::training::engines::validation::Validation;

pub(super) fn card(
    args: &TrainArgs,
    preset: Preset,
    config: &TrainingConfig,
    corpus: &Corpus,
    validation: &Validation,
    model: Option<&Model>,
) -> Card {
    let stem = args.out.as_deref().and_then(Path::file_stem);
    let stem = stem.map_or_else(|| "model".into(), |stem| stem.to_string_lossy());
    let mut card = Card {
        name: args.name.clone().unwrap_or_else(|| stem.into_owned()),
        description: args.description.clone(),
        styles: corpus.styles.clone(),
        sources: corpus.sources.clone(),
        credits: args.credit.clone(),
        licence: args.licence.clone(),
        nats_per_note: validation.by_style.iter().map(|parts| parts.iter().sum()).collect(),
        training: training(preset, config, corpus),
        form: args.form.clone(),
        min_p: args.min_p.clone(),
        temperature: args.temperature.clone(),
        variety: args.variety.clone(),
        primers_in_turn: true,
        exact_at_bar_lines: true,
        // What only tuning finds.
        ..model.map(|model| model.card().clone()).unwrap_or_default()
    };
    if let Some(from) = model.map(Model::card) {
        for (idx, (nats, before)) in card.nats_per_note.iter_mut().zip(&from.nats_per_note).enumerate() {
            if corpus.n_pieces_in(Part::Valid, idx) == 0 {
                *nats = *before;
            }
        }
        // The earlier training is still in the weights.
        for (sources, before) in card.sources.iter_mut().zip(&from.sources) {
            let now = std::mem::replace(sources, before.clone());
            sources.extend(now.into_iter().filter(|folder| !before.contains(folder)));
        }
        card.credits = from.credits.iter().chain(&card.credits).cloned().collect();
        let or = |asked: Vec<f32>, before: &[f32]| if asked.is_empty() { before.to_vec() } else { asked };
        card.form = or(card.form, &from.form);
        card.min_p = or(card.min_p, &from.min_p);
        card.temperature = or(card.temperature, &from.temperature);
        card.variety = or(card.variety, &from.variety);
        card.licence = if card.licence.is_empty() { from.licence.clone() } else { card.licence };
        card.training = format!("from {}: {}; before that: {}", from.name, card.training, from.training);
    }
    card
}

fn training(preset: Preset, config: &TrainingConfig, corpus: &Corpus) -> String {
    let preset = preset.name();
    let emphasised =
        corpus.styles.iter().zip(&corpus.emphasis).filter(|(_, factor)| (**factor - 1.0).abs() > 1e-9);
    let emphasised: Vec<String> =
        emphasised.map(|(style, factor)| format!("{style} {factor} times, ")).collect();
    let emphasis = emphasised.concat();
    let limit = config.time_limit.map(|limit| format!(" or {:.1} minutes", limit.as_secs_f64() / 60.0));
    format!(
        "preset {preset}, {} pieces, {} notes, {:.2} epochs{} with patience {}, {} layers of {}, batch {}, windows of {}, \
         dropout {}, of recurrent weights {}, of rows {}, lr {} held for {} of the run, weight decay {}, balance {}, {emphasis}{}the {} network, seed {}",
        corpus.n_pieces(Part::Train),
        corpus.n_notes(),
        config.epochs,
        limit.unwrap_or_default(),
        config.patience,
        config.network.n_layers,
        config.network.hidden,
        config.batch,
        config.sequence_length,
        config.dropout.outputs,
        config.dropout.weights,
        config.dropout.rows,
        config.lr,
        config.hold,
        config.weight_decay,
        corpus.balance,
        if config.products == Products::Bf16 { "products of bf16, " } else { "" },
        if config.keep == Keep::Last { "last" } else { "best" },
        config.seed,
    )
}

/// The primers of the model that the run started from, and new ones from the corpus: of each style as many as there is room
/// for in a weights file.
pub(super) fn primers(corpus: &Corpus, seed: u64, model: Option<&Model>) -> Vec<Primer> {
    let mut primers = model.map(|model| model.primers().to_vec()).unwrap_or_default();
    primers.extend(choose_primers(corpus, seed));
    primers.sort_by_key(|primer| primer.style);
    if primers.len() > Primer::MOST {
        let by_style = primers.chunk_by(|one, other| one.style == other.style);
        let n_each = Primer::MOST / by_style.clone().count();
        // Those of the model first, then those of the corpus, each in random order.
        primers = by_style.flat_map(|primers| primers.iter().take(n_each).cloned()).collect();
    }
    primers
}
