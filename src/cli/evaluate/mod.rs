//! `continuo-trainer evaluate`: how well a model predicts held-out music, and how similar its samples are to it.

mod material;
pub(in crate::cli) use material::Material;

mod music;
pub(in crate::cli) use music::{Music, RealMusic, Wanted};

mod row;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::cli::evaluate::material::with_style;
use crate::cli::evaluate::row::{Row, Score, total};
use crate::cli::model;
use crate::cli::print::print_line;
use crate::cli::values::{self, within};
use crate::model::Model;
use crate::model::packed::rounded;
use crate::player::ComposingKnobs;
use crate::training::baselines::{self, CopyBar, MARKOV_ORDER, Markov};
use crate::training::corpus::StyleFolder;
use crate::training::engines::validation::evaluate;
use crate::training::threads::Threads;
use crate::training::windows::Telling;

/// Options of `evaluate`.
#[derive(Debug, clap::Args)]
pub(super) struct EvaluateArgs {
    /// The model; `default` is the one that ships with Continuo
    model: PathBuf,
    /// Folders of MIDI files, each STYLE=FOLDER with a style of the model, or a folder that it was trained on; several
    /// folders of one style are evaluated together
    #[arg(required = true, value_name = "[STYLE=]FOLDER")]
    folders: Vec<OsString>,
    /// Evaluate on this part of each folder (valid, test). A folder without parts is evaluated whole, or, if the model has
    /// learned it, the pieces that were held out
    #[arg(long, default_value = "valid")]
    part: String,
    /// Leave out the simple models that are trained on the part named train of each folder
    #[arg(long)]
    no_baselines: bool,
    /// Compose this many samples in each style and compare them with the real pieces
    #[arg(long, default_value_t = 0, value_parser = within(0_u32..=1_000_000))]
    samples: u32,
    /// Most bars of a sample: each is as long as a real piece, or cut to this
    #[arg(long, default_value_t = 64, value_parser = within(1_u32..=1000))]
    bars: u32,
    /// Temperature of the samples, 0 to 2
    #[arg(long, value_parser = within(0.0_f32..=2.0), default_value_t = 1.0)]
    temperature: f32,
    /// How strongly repetition is avoided in the samples, 0 (not at all) to 1
    #[arg(long, value_parser = within(0.0_f32..=1.0), default_value_t = ComposingKnobs::default().variety)]
    variety: f32,
    /// Seed of the first sample; each further sample adds one
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Evaluate the weights rounded to 8 bits, as in playing
    #[arg(long)]
    as_played: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Number of threads; by default one for each core
    #[arg(long, value_parser = values::threads)]
    threads: Option<usize>,
}

/// Prints the loss on whole pieces in nats per note, with the hidden state carried, and the comparison of samples.
pub(super) fn run(args: &EvaluateArgs) -> Result<()> {
    let model = model::load(Some(&args.model))?;
    let threads = args.threads.map_or_else(Threads::on_all_cores, Threads::new)?;
    let styles = by_style(&model, &args.folders)?;
    let mut rows = Vec::new();
    for (style, folders) in styles {
        let material = Material::read(&model, &folders, style, &args.part, &threads)?;
        rows.push(row(args, &model, &material, &threads)?);
    }
    let all = total(&rows);
    if args.json {
        let by_style: Map<String, Value> = rows.iter().map(|row| (row.style.clone(), row.json())).collect();
        let mut value = all.json();
        value["by_style"] = by_style.into();
        return print_line(&serde_json::to_string_pretty(&value)?);
    }
    print_line(&format!("{:24} {:>9} {:>9} {:>12}", "nats per note", "notes", "all", "w/o velocity"))?;
    rows.iter().chain([&all]).try_for_each(Row::print)?;
    rows.iter().filter_map(|row| Some((&row.style, row.music.as_ref()?))).try_for_each(|(style, music)| {
        print_line("")?;
        music.print(style)
    })
}

/// The folders of each style. All are checked before the first is read.
pub(in crate::cli) fn by_style(
    model: &Model,
    folders: &[OsString],
) -> Result<Vec<(usize, Vec<StyleFolder>)>> {
    let mut styles: Vec<(usize, Vec<StyleFolder>)> = Vec::new();
    for folder in folders {
        let (folder, style) = with_style(model, folder)?;
        match styles.iter_mut().find(|(other, _)| *other == style) {
            Some((_, folders)) => folders.push(folder),
            None => styles.push((style, vec![folder])),
        }
    }
    Ok(styles)
}

fn row(args: &EvaluateArgs, model: &Arc<Model>, material: &Material, threads: &Threads) -> Result<Row> {
    let score = |(losses, n_notes)| Score { losses, n_notes };
    let measured = &material.measured;
    let network = model.network()?;
    let network = if args.as_played { &rounded(&network) } else { &*network };
    let has_chords = network.config.encoding.is_told();
    let has_baselines = !args.no_baselines && !material.train.is_empty();
    Ok(Row {
        style: model.card().styles[material.style].clone(),
        network: score(evaluate(network, measured, Telling::Nothing, threads)),
        told: has_chords.then(|| score(evaluate(network, measured, Telling::Everything, threads))),
        baselines: has_baselines.then(|| {
            let markov = Markov::new(MARKOV_ORDER, &material.train);
            let markov = score(baselines::evaluate(&markov, measured, threads));
            let copy_bar = CopyBar::new(&material.train);
            [markov, score(baselines::evaluate(&copy_bar, measured, threads))]
        }),
        music: (args.samples > 0).then(|| {
            let wanted = Wanted {
                n_samples: args.samples,
                n_bars: args.bars,
                temperature: args.temperature,
                variety: args.variety,
                seed: args.seed,
                threads: threads.clone(),
            };
            let real = RealMusic::of(material, args.bars as usize);
            Music::of(model, &real, &wanted).judge(&real)
        }),
    })
}
