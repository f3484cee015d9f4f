//! `continuo-trainer inspect`: what a model says about itself.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::json;

use crate::cli::model;
use crate::cli::print::print_line;
use crate::model::Model;

/// What `inspect` is told.
#[derive(Debug, clap::Args)]
pub(super) struct InspectArgs {
    /// The model; left out, the one that ships with Continuo
    model: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the model's card.
pub(super) fn run(args: &InspectArgs) -> anyhow::Result<()> {
    let model = model::load(args.model.as_deref())?;
    if args.json {
        return print_line(&serde_json::to_string_pretty(&as_json(&model))?);
    }
    print_line(as_text(&model)?.trim_end())
}

/// How many primers each style has.
fn n_primers(model: &Model) -> Vec<usize> {
    let of = |style| model.primers().iter().filter(|primer| primer.style == style).count();
    (0..model.card().styles.len()).map(of).collect()
}

fn as_json(model: &Model) -> serde_json::Value {
    let card = model.card();
    let config = model.network().config;
    let styles = card.styles.iter().zip(n_primers(model)).enumerate().map(|(idx, (name, n_primers))| {
        json!({ "name": name, "nats_per_note": card.nats_per_note.get(idx).filter(|nats| **nats > 0.0), "primers": n_primers,
                "longest_shared": card.longest_shared.get(idx), "longest_run": card.longest_run.get(idx),
                "form": card.form.get(idx), "min_p": card.min_p.get(idx) })
    });
    json!({
        "name": card.name,
        "description": card.description,
        "styles": styles.collect::<Vec<_>>(),
        "licence": card.licence,
        "credits": card.credits,
        "training": card.training,
        "network": {
            "parameters": model.network().parameters.len(),
            "layers": config.n_layers,
            "hidden": config.hidden,
            "embedding": config.embedding,
            "head": config.head,
        },
        "sha256": model.hash(),
    })
}

fn as_text(model: &Model) -> Result<String, std::fmt::Error> {
    let card = model.card();
    let config = model.network().config;
    let mut text = String::new();
    writeln!(text, "{}", if card.name.is_empty() { "A model without a name" } else { &card.name })?;
    if !card.description.is_empty() {
        writeln!(text, "{}", card.description)?;
    }
    writeln!(text, "\nStyles")?;
    for (idx, (name, n_primers)) in card.styles.iter().zip(n_primers(model)).enumerate() {
        let score = card
            .nats_per_note
            .get(idx)
            .filter(|nats| **nats > 0.0)
            .map(|nats| format!("{nats:.2} nats a note, "));
        let copied = card.longest_shared.get(idx).copied().flatten().filter(|_| model.passages().is_some());
        let copied = copied.map(|n_notes| format!(", copies {n_notes} notes in a row at most"));
        writeln!(
            text,
            "  {:2}  {name} ({}{n_primers} primers{})",
            idx + 1,
            score.unwrap_or_default(),
            copied.unwrap_or_default()
        )?;
    }
    writeln!(text, "\nNetwork")?;
    let n_parameters = model.network().parameters.len() as f64 / 1e6;
    writeln!(
        text,
        "  {} LSTM layers of {}, {n_parameters:.2} million weights",
        config.n_layers, config.hidden
    )?;
    writeln!(text, "  embedding {}, head {}", config.embedding, config.head)?;
    writeln!(text, "  SHA-256 {}", model.hash())?;
    for (title, lines) in [
        ("Training", vec![&card.training]),
        ("Licence", vec![&card.licence]),
        ("Credits", card.credits.iter().collect()),
    ] {
        let lines: Vec<&str> = lines.into_iter().flat_map(|text| text.lines()).collect();
        if !lines.is_empty() {
            writeln!(text, "\n{title}\n  {}", lines.join("\n  "))?;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use crate::cli::inspect::{as_json, as_text};
    use crate::model::Model;

    #[test]
    fn a_card_names_every_style_and_the_hash() {
        let model = Model::random(3, 5);
        let text = as_text(&model).unwrap();
        let json = as_json(&model);
        assert!(text.contains(model.hash()));
        for (idx, style) in model.card().styles.iter().enumerate() {
            assert!(text.contains(style), "{text}");
            assert_eq!(json["styles"][idx]["name"], *style);
        }
        assert_eq!(json["network"]["hidden"], model.network().config.hidden);
    }
}
