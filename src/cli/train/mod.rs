//! `continuo-trainer train`: folders of MIDI files in, a weights file out.

mod settings;

mod options;
pub(super) use options::TrainArgs;

mod config;

mod outputs;

mod card;

mod log;

mod found;

mod words;

mod output;

mod estimate;

mod time;

mod sample;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use sha2::{Digest, Sha256};

use crate::cli::grade::{SimpleModels, assess};
use crate::cli::model;
use crate::cli::report::{self, Story};
use crate::cli::train::card::{card, primers};
use crate::cli::train::config::{Machine, config};
use crate::cli::train::estimate::estimate;
use crate::cli::train::found::{corpus_found, held_out, reached};
use crate::cli::train::log::write_log;
use crate::cli::train::options::products;
use crate::cli::train::output::Output;
use crate::cli::train::outputs::Outputs;
use crate::cli::train::sample::Sampler;
use crate::cli::train::settings::Preset;
use crate::cli::train::time::{best_within, preset_of};
use crate::model::network::Network;
use crate::model::{Card, Model, Passages, Primer};
use crate::run_events::{Assessment, RunEvent};
use crate::training::config::TrainingConfig;
use crate::training::corpus::{Corpus, CorpusError, StyleFolder};
use crate::training::run::{Ending, Outcome, Start, checkpoint, train};
use crate::training::threads::Threads;
use crate::training::{keys, limits, put_new_styles_first, start_from, velocities};

/// Set by Ctrl-C: the run ends after the current update.
static STOP: AtomicBool = AtomicBool::new(false);
/// Set once the weights are saved: Ctrl-C then ends the program.
static IS_SAVED: AtomicBool = AtomicBool::new(false);
/// The exit status of a program that Ctrl-C ended, as shells give it.
const INTERRUPTED: i32 = 130;

/// Trains a model, or estimates how long that takes.
///
/// # Errors
/// If there is too little music, the file is there already, or nothing can be written.
pub(super) fn run(args: &TrainArgs) -> Result<()> {
    let mut output = Output::new(args)?;
    let done = if args.dry_run { estimate_only(args, &output) } else { make_model(args, &mut output) };
    if let Err(error) = &done {
        output.report(&RunEvent::Error { message: format!("{error:#}") });
    }
    done
}

/// Reads the folders and reports how long each preset takes.
fn estimate_only(args: &TrainArgs, output: &Output) -> Result<()> {
    let machine = machine(args, Path::new(""))?;
    let model = model_to_start_from(args)?;
    let mut corpus = open_corpus(args, &machine.threads)?;
    output.report(&RunEvent::Corpus(corpus_found(&corpus, None)));
    let from = model.as_ref().map(|model| start_from(model, &mut corpus)).transpose()?;
    let corpus = Arc::new(corpus);
    for preset in args.preset.map_or_else(|| Preset::value_variants().to_vec(), |preset| vec![preset]) {
        let config = config(args, &corpus, from.as_ref(), preset, Path::new(""), &machine)?;
        output.report(&RunEvent::Estimate(estimate(preset.name(), &config, &corpus, from.as_ref())?));
    }
    Ok(())
}

/// Trains a model and writes it.
fn make_model(args: &TrainArgs, output: &mut Output) -> Result<()> {
    let outputs = Outputs::prepare(args)?;
    output.report(&RunEvent::Started {
        is_resumed: args.resume,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    });
    let machine = machine(args, &outputs.checkpoint)?;
    let model = model_to_start_from(args)?;
    let mut corpus = read_corpus(args, &outputs, &machine, output)?;
    let from = model.as_ref().map(|model| start_from(model, &mut corpus)).transpose()?;
    check_by_style(args, &corpus.styles)?;
    corpus.emphasis = emphasis(args, &corpus.styles)?;
    let corpus = Arc::new(corpus);
    let planned = |preset| config(args, &corpus, from.as_ref(), preset, &outputs.checkpoint, &machine);
    let measured = |preset: Preset| estimate(preset.name(), &planned(preset)?, &corpus, from.as_ref());
    let preset = match (args.preset, args.time) {
        (Some(preset), _) => preset,
        (None, None) => Preset::Standard,
        (None, Some(_)) if args.resume => {
            let (sizes, name) = checkpoint::sizes(&outputs.checkpoint)?;
            preset_of(&name, &sizes)
        }
        (None, Some(time)) => best_within(time, |preset| Ok(measured(preset)?.notes_per_second))?,
    };
    let config = planned(preset)?;
    if !args.resume {
        output.report(&RunEvent::Estimate(measured(preset)?));
    }
    let start = match from {
        _ if args.resume => Start::Resume,
        Some(network) => Start::From(Box::new(network)),
        None => Start::From(Box::new(Network::random(config.network, config.seed))),
    };
    let sampler = output.is_json().then(|| Sampler::new(args, &corpus, config.seed, model.as_deref()));
    let outcome = train_and_show(&config, &corpus, start, sampler.as_ref(), output)?;
    let (passages, limits) = limits(&corpus, model.as_deref());
    let card = Card {
        longest_shared: limits.iter().map(|limits| limits.longest_shared).collect(),
        longest_run: limits.iter().map(|limits| limits.longest_run).collect(),
        keys: keys(&corpus, model.as_deref().map(Model::card)),
        velocities: velocities(&corpus, model.as_deref().map(Model::card)),
        ..card(args, preset, &config, &corpus, &outcome.validation, model.as_deref())
    };
    let primers = primers(&corpus, config.seed, model.as_deref());
    save(&outcome.network, &card, &primers, &passages, model.as_deref(), &outputs.weights)?;
    IS_SAVED.store(true, Ordering::Relaxed);
    output.report(&RunEvent::Saved { file: outputs.weights.clone() });
    let model = Arc::new(Model::new(outcome.network.clone(), card, primers)?.with_passages(passages));
    conclude(&outcome, &model, &corpus, &outputs, &config, output)
}

/// Grades the model and writes the report, if the run is complete.
fn conclude(
    outcome: &Outcome,
    model: &Arc<Model>,
    corpus: &Arc<Corpus>,
    outputs: &Outputs,
    config: &TrainingConfig,
    output: &Output,
) -> Result<()> {
    let Outcome { curve, validation, ending, .. } = outcome;
    match ending {
        Ending::Stopped => return Ok(()),
        Ending::Diverged => bail!(
            "the run has ended early: its loss grew beyond all bounds. {} is the network from before that. To go on from \
             there, use --resume with a lower learning rate than --lr {}",
            outputs.weights.display(),
            config.lr
        ),
        Ending::Finished | Ending::NothingBetter => {}
    }
    let threads = &config.threads;
    let simple = SimpleModels::of_styles(corpus, threads);
    let assessment =
        Assessment { held_out: held_out(&corpus.styles, validation), ..assess(validation, &simple) };
    if let Some(page) = &outputs.report {
        let story = Story {
            model,
            corpus,
            curve,
            validation,
            simple: &simple,
            assessment: &assessment,
            seed: 1,
            threads,
        };
        report::write(&story, page)?;
        output.report(&RunEvent::Report { file: page.clone() });
    }
    output.report(&RunEvent::Finished(assessment));
    output.say(&words::table(&corpus.styles, validation));
    Ok(())
}

/// What is computed on.
fn machine(args: &TrainArgs, checkpoint: &Path) -> Result<Machine> {
    let device = args.device.device()?;
    let threads = args.threads.map_or_else(Threads::on_all_cores, Threads::new)?;
    Ok(Machine { device, products: products(args, checkpoint)?, threads })
}

fn model_to_start_from(args: &TrainArgs) -> Result<Option<Arc<Model>>> {
    args.from.as_deref().map(|path| model::load(Some(path))).transpose()
}

/// Checks that options with a number for each style have as many.
fn check_by_style(args: &TrainArgs, styles: &[String]) -> Result<()> {
    let by_style = [
        ("--form", &args.form),
        ("--min-p", &args.min_p),
        ("--temperature", &args.temperature),
        ("--variety", &args.variety),
    ];
    for (option, numbers) in by_style {
        let (expected, found) = (styles.len(), numbers.len());
        ensure!(
            found == 0 || found == expected,
            "{option}: expected {expected} numbers, for {}, found {found}",
            styles.join(", ")
        );
    }
    Ok(())
}

/// How many times its share each style is heard.
fn emphasis(args: &TrainArgs, styles: &[String]) -> Result<Vec<f64>> {
    let mut emphasis = vec![1.0; styles.len()];
    for (name, factor) in &args.emphasis {
        let style = styles.iter().position(|style| style == name);
        let style = style
            .with_context(|| format!("--emphasis: expected one of {}, found {name}", styles.join(", ")))?;
        emphasis[style] = *factor;
    }
    Ok(emphasis)
}

/// Saves the model, with the styles that it has beyond those of `before` in front.
fn save(
    network: &Network,
    card: &Card,
    primers: &[Primer],
    passages: &Passages,
    before: Option<&Model>,
    path: &Path,
) -> Result<()> {
    let (mut network, mut card, mut primers) = (network.clone(), card.clone(), primers.to_vec());
    if let Some(before) = before {
        put_new_styles_first(before.card().styles.len(), &mut network, &mut card, &mut primers);
    }
    Model::new(network, card, primers)?.with_passages(passages.clone()).save(path)?;
    Ok(())
}

/// Reads the folders.
fn open_corpus(args: &TrainArgs, threads: &Threads) -> Result<Corpus, CorpusError> {
    let folders: Vec<StyleFolder> = args.folders.iter().map(StyleFolder::parse).collect();
    let mut corpus = Corpus::open(&folders, cache_path(args, &folders).as_deref(), threads)?;
    corpus.balance = args.balance;
    Ok(corpus)
}

/// Reads the folders, logs the problems of every file, and reports what was found.
fn read_corpus(args: &TrainArgs, outputs: &Outputs, machine: &Machine, output: &Output) -> Result<Corpus> {
    let corpus = open_corpus(args, &machine.threads);
    if let Err(CorpusError::TooFewNotes { report, .. }) = &corpus {
        write_log(report, &outputs.log)?;
        eprintln!("What was found in the files is in {}", outputs.log.display());
    }
    let corpus = corpus?;
    output.report(&RunEvent::Corpus(corpus_found(&corpus, Some(&outputs.log))));
    write_log(&corpus.report, &outputs.log)?;
    Ok(corpus)
}

fn train_and_show(
    config: &TrainingConfig,
    corpus: &Arc<Corpus>,
    start: Start,
    sampler: Option<&Sampler>,
    output: &mut Output,
) -> Result<Outcome> {
    let interrupted = || {
        if IS_SAVED.load(Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
        STOP.store(true, Ordering::Relaxed);
    };
    ctrlc::set_handler(interrupted).context("could not listen for Ctrl-C")?;
    output.show_bar();
    let outcome = train(config, corpus, start, |step| {
        output.progress(reached(&corpus.styles, step));
        if let Some((sampler, network)) = sampler.zip(step.network.as_ref())
            && let Some(sample) = sampler.sample(network.clone())
        {
            output.report(&sample);
        }
        !STOP.load(Ordering::Relaxed)
    })?;
    output.hide_bar();
    match outcome.ending {
        // That a run has diverged is said when its model is written.
        Ending::Finished | Ending::Diverged => (),
        Ending::NothingBetter => output.report(&RunEvent::EndedEarly),
        Ending::Stopped => output.report(&RunEvent::Stopped),
    }
    Ok(outcome)
}

/// The dataset cache of these folders: one file for each set of folders.
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
