//! `continuo-trainer evaluate`: how well a model predicts music it has not seen, and how like it its own is.

mod music;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use crate::cli::{print_line, values};
use crate::model::Model;
use crate::model::played::as_played;
use crate::player::ComposingKnobs;
use crate::training::baselines::{self, CopyBar, Markov};
use crate::training::corpus::KeyedPiece;
use crate::training::corpus::{Corpus, Part, StyleFolder, read_folder};
use crate::training::engines::validation::evaluate;
use crate::training::losses::Losses;

/// What `evaluate` is told.
#[derive(Debug, clap::Args)]
pub(super) struct EvaluateArgs {
    /// The model; `default` is the one that ships with Continuo
    model: PathBuf,
    /// Folders of MIDI files, each STYLE=FOLDER with a style of the model, or a folder that it was learned from; several
    /// of one style are measured together
    #[arg(required = true)]
    folders: Vec<String>,
    /// Measure on the part of each folder with this name (valid, test), where it has one
    #[arg(long, default_value = "valid")]
    part: String,
    /// Leave out the simple models that are counted from the part of each folder named train
    #[arg(long)]
    no_baselines: bool,
    /// Compose so many pieces in each style, and hold them against the real ones
    #[arg(long, default_value_t = 0)]
    samples: u32,
    /// Bars of each sample; real pieces are cut to as many
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1000))]
    bars: u32,
    /// How boldly samples are drawn, 0 to 2
    #[arg(long, value_parser = values::up_to_two, default_value_t = 1.0)]
    temperature: f32,
    /// How strongly samples are held off from repeating themselves, 0 (free) to 1
    #[arg(long, value_parser = values::share, default_value_t = ComposingKnobs::default().variety)]
    variety: f32,
    /// Seed of the first sample; the next have the next
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Measure the weights as playing rounds them, to 8 bits
    #[arg(long)]
    as_played: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Threads; all processors by default
    #[arg(long)]
    threads: Option<usize>,
}

const PARTS: [&str; 5] = ["family", "shift", "pitch", "duration", "velocity"];

/// How many notes the Markov model looks back.
const MARKOV_ORDER: usize = 4;

/// Sums of the loss by part, and of how many notes.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    losses: Losses,
    n_notes: usize,
}

impl Score {
    fn add(&mut self, other: &Self) {
        self.losses.iter_mut().zip(other.losses).for_each(|(sum, loss)| *sum += loss);
        self.n_notes += other.n_notes;
    }

    fn json(&self) -> Value {
        let mean = |sum: f64| sum / self.n_notes as f64;
        let by_part: Map<String, Value> =
            PARTS.iter().zip(self.losses).map(|(part, sum)| ((*part).to_owned(), mean(sum).into())).collect();
        json!({
            "n_notes": self.n_notes,
            "nats_per_note": mean(self.losses.iter().sum()),
            "nats_per_note_without_velocity": mean(self.losses[..4].iter().sum()),
            "by_part": by_part,
        })
    }

    fn line(&self, name: &str) -> String {
        let mean = |sum: f64| sum / self.n_notes as f64;
        let by_part: Vec<String> =
            PARTS.iter().zip(self.losses).map(|(part, sum)| format!("{part} {:.3}", mean(sum))).collect();
        format!(
            "{name:24} {:>9} {:>9.3} {:>12.3}  {}",
            self.n_notes,
            mean(self.losses.iter().sum()),
            mean(self.losses[..4].iter().sum()),
            by_part.join(", ")
        )
    }
}

/// What was measured in one style, or in all.
#[derive(Debug, Default)]
struct Row {
    style: String,
    network: Score,
    /// An order-n Markov model and a copy of the bar before, where there was a part to count them from.
    baselines: Option<[Score; 2]>,
    music: Option<music::Music>,
}

const BASELINES: [&str; 2] = ["markov", "copy_bar"];

impl Row {
    fn json(&self) -> Value {
        let mut value = self.network.json();
        if let Some(scores) = &self.baselines {
            let scores: Map<String, Value> = BASELINES
                .iter()
                .zip(scores)
                .map(|(name, score)| ((*name).to_owned(), score.json()))
                .collect();
            value["baselines"] = scores.into();
            value["baselines"]["markov"]["order"] = MARKOV_ORDER.into();
        }
        if let Some(music) = &self.music {
            value["music"] = music.json();
        }
        value
    }

    fn print(&self) -> Result<()> {
        print_line(&self.network.line(&self.style))?;
        if let Some([markov, copy_bar]) = &self.baselines {
            print_line(&markov.line(&format!("  Markov, order {MARKOV_ORDER}")))?;
            print_line(&copy_bar.line("  the bar before, copied"))?;
        }
        Ok(())
    }
}

/// Measures the loss of whole pieces in nats a note, with the hidden state carried; and samples, if asked.
pub(super) fn run(args: &EvaluateArgs) -> Result<()> {
    let is_default = args.model.as_os_str() == "default";
    let model = super::load_model((!is_default).then_some(args.model.as_path()))?;
    let n_processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let n_threads = args.threads.unwrap_or(n_processors).max(1);
    // What is wrong with the last folder is said before the first takes its time.
    let mut styles: Vec<(usize, Vec<StyleFolder>)> = Vec::new();
    for folder in &args.folders {
        let (folder, style) = with_style(&model, folder)?;
        match styles.iter_mut().find(|(other, _)| *other == style) {
            Some((_, folders)) => folders.push(folder),
            None => styles.push((style, vec![folder])),
        }
    }
    let mut rows = Vec::new();
    for (style, folders) in styles {
        let material = Material::read(&folders, style, &args.part)?;
        rows.push(row(args, &model, &material, n_threads));
    }
    let all = total(&rows);
    if args.json {
        let by_style: Map<String, Value> = rows.iter().map(|row| (row.style.clone(), row.json())).collect();
        let mut value = all.json();
        value["by_style"] = by_style.into();
        return print_line(&serde_json::to_string_pretty(&value)?);
    }
    print_line(&format!("{:24} {:>9} {:>9} {:>12}", "nats a note", "notes", "all", "w/o velocity"))?;
    rows.iter().chain([&all]).try_for_each(Row::print)?;
    rows.iter().filter_map(|row| Some((&row.style, row.music.as_ref()?))).try_for_each(|(style, music)| {
        print_line("")?;
        music.print(style)
    })
}

fn row(args: &EvaluateArgs, model: &Arc<Model>, material: &Material, n_threads: usize) -> Row {
    let score = |(losses, n_notes)| Score { losses, n_notes };
    let measured = &material.measured;
    let rounded = args.as_played.then(|| as_played(model.network()));
    let network = rounded.as_ref().unwrap_or_else(|| model.network());
    let has_baselines = !args.no_baselines && !material.train.is_empty();
    Row {
        style: model.card().styles[material.style].clone(),
        network: score(evaluate(network, measured, n_threads)),
        baselines: has_baselines.then(|| {
            let markov = Markov::new(MARKOV_ORDER, &material.train);
            let markov = score(baselines::evaluate(&markov, measured, n_threads));
            let copy_bar = CopyBar::new(&material.train);
            [markov, score(baselines::evaluate(&copy_bar, measured, n_threads))]
        }),
        music: (args.samples > 0).then(|| {
            let wanted = music::Wanted {
                n_samples: args.samples,
                n_bars: args.bars,
                temperature: args.temperature,
                variety: args.variety,
                seed: args.seed,
                n_threads,
            };
            music::Music::of(model, material, &wanted)
        }),
    }
}

/// All styles together.
fn total(rows: &[Row]) -> Row {
    let mut all = Row { style: "all".into(), ..Row::default() };
    for row in rows {
        all.network.add(&row.network);
    }
    let baselines: Option<Vec<[Score; 2]>> = rows.iter().map(|row| row.baselines).collect();
    all.baselines = baselines.map(|scores| {
        scores.iter().fold([Score::default(); 2], |mut sums, scores| {
            sums.iter_mut().zip(scores).for_each(|(sum, score)| sum.add(score));
            sums
        })
    });
    all
}

/// A folder, and the style of the model that bears its name or was learned from it.
fn with_style(model: &Model, folder: &str) -> Result<(StyleFolder, usize)> {
    let folder = StyleFolder::parse(folder);
    match model.card().style_named(&folder.name) {
        Some(style) => Ok((folder, style)),
        None => bail!(
            "expected a style of the model ({}) or a folder that it was learned from, found {}",
            model.card().styles.join(", "),
            folder.name
        ),
    }
}

/// The pieces of folders, told to be in a style of the model.
struct Material {
    style: usize,
    /// What the model may have been trained on; empty unless each folder has such a part.
    train: Vec<Arc<KeyedPiece>>,
    measured: Vec<Arc<KeyedPiece>>,
}

impl Material {
    fn read(folders: &[StyleFolder], style: usize, part: &str) -> Result<Self> {
        let mut measured = Vec::new();
        for folder in folders {
            let part = folder.path.join(part);
            let n_before = measured.len();
            measured.extend(read_folder(if part.is_dir() { &part } else { &folder.path }, style)?);
            measured.retain(|piece: &Arc<KeyedPiece>| !piece.piece.notes.is_empty());
            if measured.len() == n_before {
                bail!("no notes to measure in {}", folder.path.display());
            }
        }
        let is_split =
            |folder: &StyleFolder| folder.path.join(part).is_dir() && folder.path.join("train").is_dir();
        // As `train` reads them: what is nearly the same as a piece held out is not among them.
        let corpus = folders.iter().all(is_split).then(|| Corpus::read(folders)).transpose()?;
        let train = corpus.map(|corpus| corpus.pieces(Part::Train).collect()).unwrap_or_default();
        Ok(Self { style, train, measured })
    }
}
