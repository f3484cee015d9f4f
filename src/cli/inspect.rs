//! `continuo-trainer inspect`: a model's description, styles and sizes, and a check of its playback.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::ensure;
use serde_json::json;

use crate::cli::model;
use crate::cli::print::{plural, print_line};
use crate::model::network::Layout;
use crate::model::{Agreement, Model};

/// Options of `inspect`.
#[derive(Debug, clap::Args)]
pub(super) struct InspectArgs {
    /// The model; by default, or as `default`, the one that ships with Continuo
    model: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Run the model's primers through candle and through the packed network that plays, and print how far they differ
    #[arg(long)]
    check: bool,
}

/// By how much the likelihood of a part of a note may differ between candle and playing. Playing rounds weights to
/// eight bits, which changes it by some hundredths.
const ALLOWED: f32 = 0.5;

/// Prints the model's card, and how well playing agrees with candle.
///
/// # Errors
/// If the model cannot be loaded, or playing differs from candle by more than is allowed.
pub(super) fn run(args: &InspectArgs) -> anyhow::Result<()> {
    let model = model::load(args.model.as_deref())?;
    let agreement = args.check.then(|| crate::model::check(&model)).transpose()?;
    if args.json {
        let mut json = as_json(&model);
        if let Some(agreement) = agreement {
            json["check"] = json!({ "notes": agreement.n_notes, "largest_difference": share(agreement.largest),
                                    "mean_difference": share(agreement.mean), "allowed": ALLOWED });
        }
        print_line(&serde_json::to_string_pretty(&json)?)?;
    } else {
        let mut text = as_text(&model)?;
        if let Some(agreement) = agreement {
            writeln!(text, "\nCheck\n  {}", in_words(&agreement))?;
        }
        print_line(text.trim_end())?;
    }
    agreement.as_ref().map_or(Ok(()), judge)
}

/// # Errors
/// If playing differs from candle by more than is allowed, or nothing could be compared.
fn judge(agreement: &Agreement) -> anyhow::Result<()> {
    let largest = share(agreement.largest);
    ensure!(agreement.n_notes > 0, "expected primers to check the model with, found none");
    ensure!(
        largest <= ALLOWED,
        "playing differs from candle by {:.0}%, more than {:.0}%",
        100.0 * largest,
        100.0 * ALLOWED
    );
    Ok(())
}

/// A difference of log-probabilities as a share of the probability.
fn share(nats: f32) -> f32 {
    nats.exp_m1()
}

fn in_words(agreement: &Agreement) -> String {
    let Agreement { n_notes, largest, mean } = *agreement;
    let [largest, mean] = [largest, mean].map(|nats| 100.0 * share(nats));
    format!(
        "{} of the primers, in candle and as they are played: the likelihood of a part of a note \
         differs by {mean:.1}% on average and {largest:.1}% at most; {:.0}% is allowed",
        plural(n_notes, "note"),
        100.0 * ALLOWED
    )
}

/// Number of primers of each style.
fn n_primers(model: &Model) -> Vec<usize> {
    let of = |style| model.primers().iter().filter(|primer| primer.style == style).count();
    (0..model.card().styles.len()).map(of).collect()
}

fn as_json(model: &Model) -> serde_json::Value {
    let card = model.card();
    let config = model.config();
    let styles = card.styles.iter().zip(n_primers(model)).enumerate().map(|(idx, (name, n_primers))| {
        json!({ "name": name, "nats_per_note": card.nats_per_note.get(idx).filter(|nats| **nats > 0.0), "primers": n_primers,
                "longest_shared": card.longest_shared.get(idx), "longest_run": card.longest_run.get(idx),
                "form": card.form.get(idx), "min_p": card.min_p.get(idx),
                "temperature": card.temperature.get(idx), "variety": card.variety.get(idx) })
    });
    json!({
        "name": card.name,
        "description": card.description,
        "styles": styles.collect::<Vec<_>>(),
        "licence": card.licence,
        "credits": card.credits,
        "training": card.training,
        "network": {
            "encoding": config.encoding.number(),
            "parameters": Layout::new(&config).n_parameters,
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
    let config = model.config();
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
            .map(|nats| format!("{nats:.2} nats per note, "));
        let copied = card.longest_shared.get(idx).copied().flatten().filter(|_| model.passages().is_some());
        let copied = copied.map(|n_notes| format!(", copies at most {} in a row", plural(n_notes, "note")));
        writeln!(
            text,
            "  {:2}  {name} ({}{}{})",
            idx + 1,
            score.unwrap_or_default(),
            plural(n_primers, "primer"),
            copied.unwrap_or_default()
        )?;
    }
    writeln!(text, "\nNetwork")?;
    let n_parameters = Layout::new(&config).n_parameters as f64 / 1e6;
    writeln!(
        text,
        "  {} of {}, {n_parameters:.2} million weights",
        plural(config.n_layers, "LSTM layer"),
        config.hidden
    )?;
    let encoding = config.encoding.number();
    writeln!(text, "  embedding {}, head {}, note encoding {encoding}", config.embedding, config.head)?;
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
    use crate::cli::inspect::{as_json, as_text, in_words, judge};
    use crate::model::{Agreement, Model};

    #[test]
    fn a_check_fails_beyond_what_is_allowed_and_without_primers() {
        let agreement = |n_notes, largest| Agreement { n_notes, largest, mean: 0.01 };
        assert!(judge(&agreement(100, 0.1)).is_ok());
        assert!(judge(&agreement(100, 1.0)).is_err());
        assert!(judge(&agreement(0, 0.0)).is_err());
        let words = in_words(&agreement(100, 0.1));
        assert!(
            words.contains("100 notes") && words.contains("1.0% on average and 10.5% at most"),
            "{words}"
        );
    }

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
        assert_eq!(json["network"]["hidden"], model.config().hidden);
    }
}
