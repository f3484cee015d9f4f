//! `continuo-trainer train`: folders of MIDI files in, a weights file out.

mod settings;

mod show;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use sha2::{Digest, Sha256};

use crate::cli::report::{self, Story};
use crate::cli::train::settings::{Preset, Settings};
use crate::cli::values;
use crate::model::network::{Network, NetworkConfig};
use crate::model::simd::Products;
use crate::model::{Card, Model, Primer};
use crate::training::config::{Device, Keep, TrainingConfig};
use crate::training::corpus::{Corpus, Part, StyleFolder};
use crate::training::engines::validation::Validation;
use crate::training::run::checkpoint;
use crate::training::run::{Ending, Outcome, Start, train};
use crate::training::{choose_primers, limits, start_from};

/// Learn styles from folders of MIDI files.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own on the command line")]
pub(super) struct TrainArgs {
    /// Folders of MIDI files, each a style named after it, or after NAME in NAME=FOLDER; several of one name
    /// are one style.
    #[arg(required = true)]
    folders: Vec<String>,
    /// The weights file to make.
    #[arg(long, short)]
    out: PathBuf,
    /// Train anew although the weights file exists.
    #[arg(long)]
    force: bool,
    /// Go on with a run that was cut off; say all else as before.
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Sizes and times; single options go before it.
    #[arg(long, value_enum, default_value_t = Preset::Standard)]
    preset: Preset,
    /// Start from this model (`default` is the one that ships with Continuo): its styles are kept, and a folder
    /// named after one of them goes on with that style.
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["hidden", "embedding", "head", "layers"])]
    from: Option<PathBuf>,
    /// Passes over the training notes; as many as the size of the corpus asks for by default.
    #[arg(long)]
    epochs: Option<f64>,
    /// End after so many looks at the validation pieces that found nothing better.
    #[arg(long)]
    patience: Option<usize>,
    /// End after so many minutes even if epochs are left. The result then depends on the machine's speed, and a
    /// resumed run is not the same to the bit.
    #[arg(long)]
    minutes: Option<f64>,
    /// Sequences side by side.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=4096))]
    batch: Option<u32>,
    /// Notes to a training window; the network's memory is carried on to the next.
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=4096))]
    sequence_length: Option<u32>,
    /// Width of the LSTM layers.
    #[arg(long)]
    hidden: Option<usize>,
    /// Width of the note embedding.
    #[arg(long)]
    embedding: Option<usize>,
    /// Width of the output heads.
    #[arg(long)]
    head: Option<usize>,
    /// LSTM layers.
    #[arg(long)]
    layers: Option<usize>,
    /// Share of each layer's outputs dropped while training, 0 to 0.9.
    #[arg(long)]
    dropout: Option<f32>,
    /// Highest learning rate.
    #[arg(long)]
    lr: Option<f32>,
    /// Share of the run through which the learning rate stays at its highest before it falls, 0 to 0.99.
    #[arg(long)]
    hold: Option<f32>,
    /// Weight decay.
    #[arg(long)]
    weight_decay: Option<f32>,
    /// A style is heard in proportion to its notes to this power: 1 as they come, 0 all alike.
    #[arg(long, default_value_t = 0.5)]
    balance: f64,
    /// First number of every random sequence: the same one trains the same network.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep the network of the run's end instead of the one that did best on the validation pieces.
    #[arg(long)]
    keep_last: bool,
    /// What to compute on.
    #[arg(long, value_enum, default_value_t = DeviceChoice::Cpu)]
    device: DeviceChoice,
    /// Numbers that the processor multiplies (a GPU has ways of its own); they are added up, and the weights kept,
    /// in f32 whichever. A resumed run goes on with what it began with.
    #[arg(long, value_enum, default_value_t = Precision::Auto)]
    precision: Precision,
    /// Threads; all processors by default. Their number changes no result.
    #[arg(long)]
    threads: Option<usize>,
    /// Notes between two looks at the validation pieces; a fiftieth of the run by default.
    #[arg(long)]
    validate_every: Option<usize>,
    /// Seconds between two checkpoints, from which `--resume` goes on.
    #[arg(long, default_value_t = 120.0)]
    save_every: f64,
    /// Keep what was read from the files in this folder, for later runs; that of the user's caches by default.
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
    /// Keep what was read from the files in memory only.
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
    /// Write no report: the page NAME.html beside the weights, with curves, samples and comparisons.
    #[arg(long)]
    no_report: bool,
    /// The model's name; that of the file by default.
    #[arg(long)]
    name: Option<String>,
    /// One paragraph about the model.
    #[arg(long, default_value = "")]
    description: String,
    /// Licence of the weights.
    #[arg(long, default_value = "")]
    licence: String,
    /// How much likelier than the network finds it a repetition goes on, in nats: one number for each style, with
    /// commas between. Without it 1, or what the model says that the run begins with
    #[arg(long, value_delimiter = ',', value_parser = values::up_to_ten)]
    form: Vec<f32>,
    /// A factor on the share of the likeliest below which nothing is drawn: one number for each style, with commas
    /// between. Without it 1, or what the model says that the run begins with
    #[arg(long, value_delimiter = ',', value_parser = values::up_to_ten)]
    min_p: Vec<f32>,
    /// Who is to be credited; may be given several times.
    #[arg(long)]
    credit: Vec<String>,
}

/// What to compute on, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DeviceChoice {
    /// The processor's cores
    Cpu,
    /// The first NVIDIA GPU, where this was built with `--features cuda`
    Gpu,
}

impl DeviceChoice {
    fn device(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Processor),
            #[cfg(feature = "cuda")]
            Self::Gpu => Ok(Device::Cuda),
            #[cfg(not(feature = "cuda"))]
            Self::Gpu => bail!("this trainer was built without GPU support: build it with --features cuda"),
        }
    }
}

/// Numbers to multiply, as they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Precision {
    /// bf16 where the processor has instructions for it (AVX-512BF16), which is faster; else f32
    Auto,
    /// The same results on all processors that have fused multiply-add
    F32,
    /// Rounded to eight bits of mantissa
    Bf16,
}

/// How the processor computes products: as asked, or as the run did that is resumed. A GPU has ways of its own.
fn products(args: &TrainArgs) -> Result<Products> {
    let wanted = match (args.device, args.precision) {
        (DeviceChoice::Gpu, Precision::Bf16) => {
            bail!("--precision bf16 is for the processor: leave it out with --device gpu")
        }
        (DeviceChoice::Gpu, _) => Precision::F32,
        (DeviceChoice::Cpu, Precision::Auto) if args.resume => {
            let is_bf16 = checkpoint::is_bf16(&args.out.with_extension("checkpoint"))?;
            if is_bf16 { Precision::Bf16 } else { Precision::F32 }
        }
        (DeviceChoice::Cpu, wanted) => wanted,
    };
    match wanted {
        Precision::Auto => Ok(Products::best()),
        Precision::F32 => Ok(Products::f32()),
        Precision::Bf16 => Products::bf16().context(
            "this processor cannot multiply bf16 numbers (it has no AVX-512BF16): say --precision f32; a run that was \
             begun in bf16 then goes on, with slightly other results",
        ),
    }
}

/// Set by Ctrl-C: the run ends after the update it is at.
static STOP: AtomicBool = AtomicBool::new(false);

/// Trains as asked.
///
/// # Errors
/// If there is too little music, the file exists, or nothing can be written.
pub(super) fn run(args: &TrainArgs) -> Result<()> {
    if !may_train(args)? {
        return Ok(());
    }
    let n_threads = args.threads.unwrap_or_else(n_processors).max(1);
    let folders: Vec<StyleFolder> = args.folders.iter().map(|folder| StyleFolder::parse(folder)).collect();
    let mut corpus = Corpus::open(&folders, cache_path(args, &folders).as_deref(), n_threads)?;
    corpus.balance = args.balance.clamp(0.0, 1.0);
    show::report_corpus(&corpus, &args.out.with_extension("log"))?;
    let model = args
        .from
        .as_deref()
        .map(|path| super::load_model((path.as_os_str() != "default").then_some(path)))
        .transpose()?;
    let from = model.as_ref().map(|model| start_from(model, &mut corpus));
    for (option, numbers) in [("--form", &args.form), ("--min-p", &args.min_p)] {
        if !numbers.is_empty() && numbers.len() != corpus.styles.len() {
            let styles = corpus.styles.join(", ");
            bail!(
                "{option}: expected {} numbers, for {styles}, found {}",
                corpus.styles.len(),
                numbers.len()
            );
        }
    }
    let config = config(args, &corpus, from.as_ref(), n_threads)?;
    let start = match from {
        _ if args.resume => Start::Resume,
        Some(network) => Start::From(Box::new(network)),
        None => Start::From(Box::new(Network::random(config.network, config.seed))),
    };
    let corpus = Arc::new(corpus);
    let outcome = train_and_show(&config, &corpus, start)?;
    let (passages, limits) = limits(&corpus);
    let card = Card {
        longest_shared: limits.iter().map(|limits| limits.longest_shared).collect(),
        longest_run: limits.iter().map(|limits| limits.longest_run).collect(),
        ..card(args, &config, &corpus, &outcome.validation, model.as_deref())
    };
    let primers = primers(&corpus, config.seed, model.as_deref());
    println!("{}", show::table(&corpus.styles, &outcome.validation));
    let model = Arc::new(Model::new(outcome.network, card, primers)?.with_passages(passages));
    model.save(&args.out)?;
    println!("Wrote {}", args.out.display());
    if args.no_report || outcome.ending == Ending::Stopped {
        return Ok(());
    }
    let page = args.out.with_extension("html");
    let (curve, validation) = (&outcome.curve, &outcome.validation);
    let story = Story { model: &model, corpus: &corpus, curve, validation, seed: 1, n_threads };
    report::write(&story, &page)?;
    println!("Wrote {}: open it in a browser to see what was learned.", page.display());
    Ok(())
}

fn train_and_show(config: &TrainingConfig, corpus: &Arc<Corpus>, start: Start) -> Result<Outcome> {
    ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed)).context("could not listen for Ctrl-C")?;
    let bar = show::bar()?;
    let outcome = train(config, corpus, start, |progress| {
        show::show(&bar, &corpus.styles, progress);
        !STOP.load(Ordering::Relaxed)
    })?;
    bar.finish_and_clear();
    match outcome.ending {
        Ending::Finished => (),
        Ending::NothingBetter => println!("Ended early: the validation loss no longer fell."),
        Ending::Stopped => {
            println!("Stopped. What was learned so far is kept; `--resume` goes on from here.")
        }
    }
    Ok(outcome)
}

fn n_processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Neither overwrites nor retrains without being told.
fn may_train(args: &TrainArgs) -> Result<bool> {
    let checkpoint = args.out.with_extension("checkpoint");
    let out = args.out.display();
    if args.resume && !checkpoint.is_file() {
        bail!("nothing to resume: there is no checkpoint {}", checkpoint.display());
    }
    if args.resume || args.force {
        return Ok(true);
    }
    if args.out.is_file() {
        println!("{out} exists, so nothing is trained. Say --force to train anew, --resume to go on.");
        return Ok(false);
    }
    if checkpoint.is_file() {
        bail!("a run for {out} was cut off: say --resume to go on with it, or --force to begin anew");
    }
    Ok(true)
}

/// Where what is read from these folders is kept: one file for each set of folders.
fn cache_path(args: &TrainArgs, folders: &[StyleFolder]) -> Option<PathBuf> {
    if args.no_cache {
        return None;
    }
    let mut hasher = Sha256::new();
    for folder in folders {
        let path = folder.path.canonicalize().unwrap_or_else(|_| folder.path.clone());
        hasher.update(folder.name.as_bytes());
        hasher.update(path.as_os_str().as_encoded_bytes());
        hasher.update([0]);
    }
    let name = format!("{:x}", hasher.finalize());
    let folder = args.cache.clone().or_else(|| Some(dirs::cache_dir()?.join("continuo")))?;
    Some(folder.join(format!("{}.dataset", &name[..16])))
}

fn config(
    args: &TrainArgs,
    corpus: &Corpus,
    from: Option<&Network>,
    n_threads: usize,
) -> Result<TrainingConfig> {
    let preset = Settings::of(args.preset);
    let settings = if from.is_some() { preset.to_fine_tune() } else { preset };
    let sizes = NetworkConfig {
        n_styles: corpus.styles.len(),
        embedding: args.embedding.unwrap_or(settings.embedding),
        hidden: args.hidden.unwrap_or(settings.hidden),
        n_layers: args.layers.unwrap_or(settings.n_layers),
        head: args.head.unwrap_or(settings.head),
    };
    let epochs = args.epochs.unwrap_or_else(|| settings.epochs(corpus));
    // With a number of passes of one's own, a preset's time limit would cut them short.
    let minutes = args.minutes.or(settings.minutes.filter(|_| args.epochs.is_none()));
    let config = TrainingConfig {
        network: from.map_or(sizes, |network| network.config),
        epochs,
        patience: args.patience.unwrap_or(settings.patience),
        batch: args.batch.map_or(settings.batch, |batch| batch as usize),
        sequence_length: args.sequence_length.map_or(settings.sequence_length, |length| length as usize),
        lr: args.lr.unwrap_or(settings.lr),
        hold: args.hold.unwrap_or(settings.hold),
        dropout: args.dropout.unwrap_or(settings.dropout),
        weight_decay: args.weight_decay.unwrap_or(settings.weight_decay),
        seed: args.seed,
        n_threads,
        time_limit: minutes.map(|minutes| Duration::from_secs_f64((minutes * 60.0).clamp(1e-3, 1e9))),
        keep: if args.keep_last { Keep::Last } else { Keep::Best },
        validate_every: args
            .validate_every
            .unwrap_or_else(|| Settings::validate_every(epochs, corpus))
            .max(1),
        save_every: Duration::from_secs_f64(args.save_every.clamp(0.0, 1e9)),
        checkpoint: args.out.with_extension("checkpoint"),
        products: products(args)?,
        device: args.device.device()?,
    };
    if !config.network.is_valid() {
        bail!("expected 1 to 64 styles, sizes of 1 to 2048 and 1 to 4 layers, found {:?}", config.network);
    }
    if !(0.0..=0.9).contains(&config.dropout) {
        bail!("expected a dropout of 0 to 0.9, found {}", config.dropout);
    }
    if !(0.0..=0.99).contains(&config.hold) {
        bail!("expected the learning rate to be held for 0 to 0.99 of the run, found {}", config.hold);
    }
    if config.epochs <= 0.0 || minutes.is_some_and(|minutes| minutes <= 0.0) {
        bail!("expected epochs and minutes above zero");
    }
    Ok(config)
}

/// Passages to start from: those of the model that the run began with, and some of the corpus.
fn primers(corpus: &Corpus, seed: u64, model: Option<&Model>) -> Vec<Primer> {
    let mut primers = model.map(|model| model.primers().to_vec()).unwrap_or_default();
    primers.extend(choose_primers(corpus, seed));
    primers.sort_by_key(|primer| primer.style);
    primers
}

fn card(
    args: &TrainArgs,
    config: &TrainingConfig,
    corpus: &Corpus,
    validation: &Validation,
    model: Option<&Model>,
) -> Card {
    let stem = args.out.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy());
    let mut card = Card {
        name: args.name.clone().unwrap_or_else(|| stem.into_owned()),
        description: args.description.clone(),
        styles: corpus.styles.clone(),
        sources: corpus.sources.clone(),
        credits: args.credit.clone(),
        licence: args.licence.clone(),
        nats_per_note: validation.by_style.iter().map(|parts| parts.iter().sum()).collect(),
        training: training(args, config, corpus),
        longest_shared: Vec::new(),
        longest_run: Vec::new(),
        form: args.form.clone(),
        min_p: args.min_p.clone(),
    };
    if let Some(from) = model.map(Model::card) {
        // What was learned before is still in the weights.
        for (sources, before) in card.sources.iter_mut().zip(&from.sources) {
            let now = std::mem::replace(sources, before.clone());
            sources.extend(now.into_iter().filter(|folder| !before.contains(folder)));
        }
        card.credits = from.credits.iter().chain(&card.credits).cloned().collect();
        card.form = if card.form.is_empty() { from.form.clone() } else { card.form };
        card.min_p = if card.min_p.is_empty() { from.min_p.clone() } else { card.min_p };
        card.licence = if card.licence.is_empty() { from.licence.clone() } else { card.licence };
        card.training = format!("from {}: {}; before that: {}", from.name, card.training, from.training);
    }
    card
}

fn training(args: &TrainArgs, config: &TrainingConfig, corpus: &Corpus) -> String {
    let preset = format!("{:?}", args.preset).to_lowercase();
    let limit = config.time_limit.map(|limit| format!(" or {:.1} minutes", limit.as_secs_f64() / 60.0));
    format!(
        "preset {preset}, {} pieces, {} notes, {:.2} epochs{} with patience {}, {} layers of {}, batch {}, windows of {}, \
         dropout {}, lr {} held for {} of the run, weight decay {}, balance {}, {}the {} network, seed {}",
        corpus.n_pieces(Part::Train),
        corpus.n_notes(),
        config.epochs,
        limit.unwrap_or_default(),
        config.patience,
        config.network.n_layers,
        config.network.hidden,
        config.batch,
        config.sequence_length,
        config.dropout,
        config.lr,
        config.hold,
        config.weight_decay,
        corpus.balance,
        if config.products == Products::Bf16 { "products of bf16, " } else { "" },
        if config.keep == Keep::Last { "last" } else { "best" },
        config.seed,
    )
}
