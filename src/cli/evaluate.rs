//! `continuo-trainer evaluate`: how well a model predicts music it has not seen.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};

use crate::model::Model;
use crate::training::corpus::{StyleFolder, read_folder};
use crate::training::validation::evaluate;
use crate::training::windows::KeyedPiece;

/// What `evaluate` is told.
#[derive(Debug, clap::Args)]
pub(super) struct EvaluateArgs {
    /// The model; `default` is the one that ships with Continuo
    model: PathBuf,
    /// Folders of MIDI files, each STYLE=FOLDER with a style of the model, or a folder named after one
    #[arg(required = true)]
    folders: Vec<String>,
    /// Measure on the part of each folder with this name (valid, test), where it has one
    #[arg(long, default_value = "valid")]
    part: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Threads; all processors by default
    #[arg(long)]
    threads: Option<usize>,
}

const PARTS: [&str; 5] = ["family", "shift", "pitch", "duration", "velocity"];

/// Measures the loss of whole pieces in nats a note, with the hidden state carried.
pub(super) fn run(args: &EvaluateArgs) -> Result<()> {
    let is_default = args.model.as_os_str() == "default";
    let model = super::load_model((!is_default).then_some(args.model.as_path()))?;
    let n_processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut rows = Vec::new();
    for folder in &args.folders {
        let (style, pieces) = pieces(&model, folder, &args.part)?;
        let (losses, n_notes) = evaluate(model.network(), &pieces, args.threads.unwrap_or(n_processors));
        if n_notes == 0 {
            bail!("no notes to measure in {folder}");
        }
        rows.push((style, n_notes, losses));
    }
    let n_notes: usize = rows.iter().map(|(_, n_notes, _)| n_notes).sum();
    let mut sums = [0.0; 5];
    for (_, _, losses) in &rows {
        sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
    }
    if args.json {
        let by_style: serde_json::Map<String, serde_json::Value> =
            rows.iter().map(|(style, n, losses)| (style.clone(), summary(losses, *n))).collect();
        let mut all = summary(&sums, n_notes);
        all["by_style"] = by_style.into();
        return super::print_line(&serde_json::to_string_pretty(&all)?);
    }
    super::print_line(&format!("{:16} {:>9} {:>9} {:>12}", "nats a note", "notes", "all", "w/o velocity"))?;
    for (style, n, losses) in rows.iter().chain([&("all".to_owned(), n_notes, sums)]) {
        let by_part: Vec<String> =
            PARTS.iter().zip(losses).map(|(part, sum)| format!("{part} {:.3}", sum / *n as f64)).collect();
        super::print_line(&format!(
            "{style:16} {n:>9} {:>9.3} {:>12.3}  {}",
            losses.iter().sum::<f64>() / *n as f64,
            losses[..4].iter().sum::<f64>() / *n as f64,
            by_part.join(", ")
        ))?;
    }
    Ok(())
}

fn summary(losses: &[f64; 5], n_notes: usize) -> serde_json::Value {
    let mean = |sum: f64| sum / n_notes as f64;
    let by_part: serde_json::Map<String, serde_json::Value> =
        PARTS.iter().zip(losses).map(|(part, sum)| ((*part).to_owned(), mean(*sum).into())).collect();
    serde_json::json!({
        "n_notes": n_notes,
        "nats_per_note": mean(losses.iter().sum()),
        "nats_per_note_without_velocity": mean(losses[..4].iter().sum()),
        "by_part": by_part,
    })
}

/// The pieces of a folder, told to be in the style of the model that bears its name or was learned from it.
fn pieces(model: &Model, folder: &str, part: &str) -> Result<(String, Vec<Arc<KeyedPiece>>)> {
    let folder = StyleFolder::parse(folder);
    let Some(style) = model.card().style_named(&folder.name) else {
        bail!("expected a style of the model ({}), found {}", model.card().styles.join(", "), folder.name);
    };
    let path = [folder.path.join(part), folder.path.clone()].into_iter().find(|path| path.is_dir());
    let pieces = read_folder(&path.unwrap_or(folder.path), style)?;
    Ok((model.card().styles[style].clone(), pieces))
}
