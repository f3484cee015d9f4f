//! `continuo-trainer train`: folders of MIDI files in, a weights file out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::model::network::{Network, NetworkConfig};
use crate::model::{Card, Model};
use crate::training::choose_primers;
use crate::training::corpus::{Corpus, Part, StyleFolder};
use crate::training::run::{Ending, Outcome, Progress, Start, TrainingConfig, train};
use crate::training::validation::Validation;

/// Learn styles from folders of MIDI files.
#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// Folders of MIDI files, each a style named after it, or after NAME in NAME=FOLDER.
    #[arg(required = true)]
    folders: Vec<String>,
    /// The weights file to make.
    #[arg(long, short)]
    out: PathBuf,
    /// Train anew although the weights file exists.
    #[arg(long)]
    force: bool,
    /// Go on with a run that was cut off.
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Passes over the training notes.
    #[arg(long, default_value_t = 50.0)]
    epochs: f64,
    /// End after so many looks at the validation pieces that found nothing better.
    #[arg(long, default_value_t = 12)]
    patience: usize,
    /// End after so many minutes even if epochs are left.
    #[arg(long)]
    minutes: Option<f64>,
    /// Sequences side by side.
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Notes to a training window; the network's memory is carried on to the next.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(2..=4096))]
    sequence_length: u32,
    /// Width of the LSTM layers.
    #[arg(long, default_value_t = 256)]
    hidden: usize,
    /// Width of the note embedding.
    #[arg(long, default_value_t = 192)]
    embedding: usize,
    /// Width of the output heads.
    #[arg(long, default_value_t = 128)]
    head: usize,
    /// LSTM layers.
    #[arg(long, default_value_t = 2)]
    layers: usize,
    /// Share of each layer's outputs dropped while training, 0 to 0.9.
    #[arg(long, default_value_t = 0.2)]
    dropout: f32,
    /// Highest learning rate.
    #[arg(long, default_value_t = 2e-3)]
    lr: f32,
    /// Weight decay.
    #[arg(long, default_value_t = 0.02)]
    weight_decay: f32,
    /// First number of every random sequence: the same one trains the same network.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; all processors by default.
    #[arg(long)]
    threads: Option<usize>,
    /// Notes between two looks at the validation pieces.
    #[arg(long, default_value_t = 1_000_000)]
    validate_every: usize,
    /// Seconds between two checkpoints, from which `--resume` goes on.
    #[arg(long, default_value_t = 120.0)]
    save_every: f64,
    /// The model's name; that of the file by default.
    #[arg(long)]
    name: Option<String>,
    /// One paragraph about the model.
    #[arg(long, default_value = "")]
    description: String,
    /// Licence of the weights.
    #[arg(long, default_value = "")]
    licence: String,
    /// Who is to be credited; may be given several times.
    #[arg(long)]
    credit: Vec<String>,
}

/// Set by Ctrl-C: the run ends after the update it is at.
static STOP: AtomicBool = AtomicBool::new(false);

/// Trains as asked.
///
/// # Errors
/// If there is too little music, the file exists, or nothing can be written.
pub(super) fn run(args: &TrainArgs) -> Result<()> {
    let config = config(args)?;
    let may_go = may_train(args, &config.checkpoint)?;
    if !may_go {
        return Ok(());
    }
    let folders: Vec<StyleFolder> = args.folders.iter().map(|folder| StyleFolder::parse(folder)).collect();
    let corpus = Corpus::read(&folders)?;
    report_corpus(&corpus);
    let config = TrainingConfig {
        network: NetworkConfig { n_styles: corpus.styles.len(), ..config.network },
        ..config
    };
    if !config.network.is_valid() {
        bail!("expected sizes of 1 to 2048 and 1 to 4 layers, found {:?}", config.network);
    }
    ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed)).context("could not listen for Ctrl-C")?;
    let bar = ProgressBar::new(1000);
    bar.set_style(ProgressStyle::with_template("{bar:30} {percent:>3}% {msg}, {eta} left")?);
    let start = if args.resume {
        Start::Resume
    } else {
        Start::From(Network::random(config.network, config.seed))
    };
    let corpus = Arc::new(corpus);
    let Outcome { network, validation, ending, .. } = train(&config, &corpus, start, |progress| {
        show(&bar, &corpus.styles, progress);
        !STOP.load(Ordering::Relaxed)
    })?;
    bar.finish_and_clear();
    match ending {
        Ending::Finished => (),
        Ending::NothingBetter => println!("Ended early: the validation loss no longer fell."),
        Ending::Stopped => println!("Stopped. The best network so far is kept; `--resume` goes on from here."),
    }
    let primers = choose_primers(&corpus.pieces(Part::Train).collect::<Vec<_>>(), config.seed);
    let model = Model::new(network, card(args, &corpus, &validation), primers)?;
    model.save(&args.out).with_context(|| format!("could not write {}", args.out.display()))?;
    println!("{}", table(&corpus.styles, &validation));
    println!("Wrote {}", args.out.display());
    Ok(())
}

/// Neither overwrites nor retrains without being told.
fn may_train(args: &TrainArgs, checkpoint: &Path) -> Result<bool> {
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

fn config(args: &TrainArgs) -> Result<TrainingConfig> {
    if !(0.0..=0.9).contains(&args.dropout) {
        bail!("expected a dropout of 0 to 0.9, found {}", args.dropout);
    }
    if args.batch == 0 || args.epochs <= 0.0 || args.minutes.is_some_and(|minutes| minutes <= 0.0) {
        bail!("expected a batch, epochs and minutes above zero");
    }
    let n_processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(TrainingConfig {
        network: NetworkConfig {
            n_styles: 1,
            embedding: args.embedding,
            hidden: args.hidden,
            n_layers: args.layers,
            head: args.head,
        },
        epochs: args.epochs,
        patience: args.patience,
        batch: args.batch,
        sequence_length: args.sequence_length as usize,
        lr: args.lr,
        dropout: args.dropout,
        weight_decay: args.weight_decay,
        seed: args.seed,
        n_threads: args.threads.unwrap_or(n_processors).max(1),
        time_limit: args.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0)),
        validate_every: args.validate_every,
        save_every: Duration::from_secs_f64(args.save_every.clamp(0.0, 1e9)),
        checkpoint: args.out.with_extension("checkpoint"),
    })
}

fn report_corpus(corpus: &Corpus) {
    println!(
        "{} files: {} pieces with {} notes to train on, {} pieces to choose on, {} files refused",
        corpus.n_files,
        corpus.n_pieces(Part::Train),
        corpus.n_notes(),
        corpus.n_pieces(Part::Valid),
        corpus.refused.len()
    );
    for (path, reason) in &corpus.refused {
        println!("  refused {}: {reason}", path.display());
    }
}

fn show(bar: &ProgressBar, styles: &[String], progress: &Progress) {
    let [family, shift, pitch, duration, velocity] = progress.loss;
    bar.set_position((progress.done * 1000.0) as u64);
    bar.set_message(format!(
        "{:.0} notes/s, {:.3} nats a note (family {family:.2}, shift {shift:.2}, pitch {pitch:.2}, duration {duration:.2}, velocity {velocity:.2})",
        progress.notes_per_second,
        progress.loss.iter().sum::<f32>()
    ));
    if let Some(validation) = &progress.validation {
        let by_style: Vec<String> = styles
            .iter()
            .zip(&validation.by_style)
            .map(|(style, parts)| {
                format!("{style} {:.3} ({:.3})", parts.iter().sum::<f32>(), parts[..4].iter().sum::<f32>())
            })
            .collect();
        let line = format!(
            "{:>5.1}% {:.2}M notes {:.0}/s train {:.3} valid {:.3}{}: {}",
            progress.done * 100.0,
            progress.n_notes as f64 / 1e6,
            progress.notes_per_second,
            progress.loss.iter().sum::<f32>(),
            validation.mean,
            if validation.is_best { " best" } else { "" },
            by_style.join(", ")
        );
        if bar.is_hidden() { println!("{line}") } else { bar.println(line) }
    }
}

/// The loss by style and part.
fn table(styles: &[String], validation: &Validation) -> String {
    let mut lines = vec![
        "nats a note on the validation pieces:".to_owned(),
        format!(
            "{:16} {:>7} {:>7} {:>7} {:>7} {:>9} {:>9} {:>12}",
            "style", "all", "family", "shift", "pitch", "duration", "velocity", "w/o velocity"
        ),
    ];
    for (style, parts) in styles.iter().zip(&validation.by_style) {
        let [family, shift, pitch, duration, velocity] = parts;
        let (all, without) = (parts.iter().sum::<f32>(), parts[..4].iter().sum::<f32>());
        lines.push(format!(
            "{style:16} {all:7.3} {family:7.3} {shift:7.3} {pitch:7.3} {duration:9.3} {velocity:9.3} {without:12.3}"
        ));
    }
    lines.join("\n")
}

fn card(args: &TrainArgs, corpus: &Corpus, validation: &Validation) -> Card {
    let stem = args.out.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy());
    Card {
        name: args.name.clone().unwrap_or_else(|| stem.into_owned()),
        description: args.description.clone(),
        styles: corpus.styles.clone(),
        sources: corpus.sources.clone(),
        credits: args.credit.clone(),
        licence: args.licence.clone(),
        nats_per_note: validation.by_style.iter().map(|parts| parts.iter().sum()).collect(),
        training: format!(
            "{} pieces, {} notes, seed {}, {} styles, {}x{}, batch {}, windows of {}, dropout {}",
            corpus.n_pieces(Part::Train),
            corpus.n_notes(),
            args.seed,
            corpus.styles.len(),
            args.layers,
            args.hidden,
            args.batch,
            args.sequence_length,
            args.dropout
        ),
    }
}
