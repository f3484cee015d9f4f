//! `continuo-trainer train`: folders of MIDI files in, a weights file out.

mod settings;

mod options;
pub(super) use options::TrainArgs;

mod config;

mod outputs;

mod card;

mod progress;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::cli::model;
use crate::cli::report::{self, Story};
use crate::cli::train::card::{card, primers};
use crate::cli::train::config::{Machine, config};
use crate::cli::train::options::products;
use crate::cli::train::outputs::Outputs;
use crate::model::network::Network;
use crate::model::{Card, Model, Passages, Primer};
use crate::training::config::TrainingConfig;
use crate::training::corpus::{Corpus, CorpusError, StyleFolder};
use crate::training::run::{Ending, Outcome, Start, train};
use crate::training::threads::Threads;
use crate::training::{keys, limits, put_new_styles_first, start_from};

/// Set by Ctrl-C: the run ends after the current update.
static STOP: AtomicBool = AtomicBool::new(false);

/// Trains a model.
///
/// # Errors
/// If there is too little music, the file is there already, or nothing can be written.
pub(super) fn run(args: &TrainArgs) -> Result<()> {
    let device = args.device.device()?;
    let outputs = Outputs::prepare(args)?;
    let threads = args.threads.map_or_else(Threads::on_all_cores, Threads::new)?;
    let machine = Machine { device, products: products(args, &outputs.checkpoint)?, threads };
    let model = args.from.as_deref().map(|path| model::load(Some(path))).transpose()?;
    let mut corpus = read_corpus(args, &outputs, &machine)?;
    let threads = &machine.threads;
    let from = model.as_ref().map(|model| start_from(model, &mut corpus));
    let by_style = [
        ("--form", &args.form),
        ("--min-p", &args.min_p),
        ("--temperature", &args.temperature),
        ("--variety", &args.variety),
    ];
    for (option, numbers) in by_style {
        if !numbers.is_empty() && numbers.len() != corpus.styles.len() {
            let styles = corpus.styles.join(", ");
            bail!(
                "{option}: expected {} numbers, for {styles}, found {}",
                corpus.styles.len(),
                numbers.len()
            );
        }
    }
    let config = config(args, &corpus, from.as_ref(), &outputs, &machine)?;
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
        keys: keys(&corpus, model.as_deref().map(Model::card)),
        ..card(args, &config, &corpus, &outcome.validation, model.as_deref())
    };
    let primers = primers(&corpus, config.seed, model.as_deref());
    println!("{}", progress::table(&corpus.styles, &outcome.validation));
    save(&outcome.network, &card, &primers, &passages, model.as_deref(), &outputs.weights)?;
    let model = Arc::new(Model::new(outcome.network, card, primers)?.with_passages(passages));
    println!("Wrote {}", outputs.weights.display());
    match (outcome.ending, &outputs.report) {
        (Ending::Diverged, _) => bail!(
            "the run has ended early: its loss grew beyond all bounds. {} is the network from before that. To go on from \
             there, use --resume with a lower learning rate than --lr {}",
            outputs.weights.display(),
            config.lr
        ),
        (Ending::Stopped, _) | (_, None) => Ok(()),
        (Ending::Finished | Ending::NothingBetter, Some(page)) => {
            let (curve, validation) = (&outcome.curve, &outcome.validation);
            let story = Story { model: &model, corpus: &corpus, curve, validation, seed: 1, threads };
            report::write(&story, page)?;
            println!("Wrote {}: open this report in a browser.", page.display());
            Ok(())
        }
    }
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

/// Reads the folders, and reports what was found in them.
fn read_corpus(args: &TrainArgs, outputs: &Outputs, machine: &Machine) -> Result<Corpus> {
    let folders: Vec<StyleFolder> = args.folders.iter().map(StyleFolder::parse).collect();
    let corpus = Corpus::open(&folders, cache_path(args, &folders).as_deref(), &machine.threads);
    if let Err(CorpusError::TooFewNotes { report, .. }) = &corpus {
        progress::write_log(report, &outputs.log)?;
        eprintln!("What was found in the files is in {}", outputs.log.display());
    }
    let mut corpus = corpus?;
    corpus.balance = args.balance;
    progress::report_corpus(&corpus, &outputs.log)?;
    Ok(corpus)
}

fn train_and_show(config: &TrainingConfig, corpus: &Arc<Corpus>, start: Start) -> Result<Outcome> {
    ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed)).context("could not listen for Ctrl-C")?;
    let bar = progress::bar()?;
    let outcome = train(config, corpus, start, |step| {
        progress::show(&bar, &corpus.styles, step);
        !STOP.load(Ordering::Relaxed)
    })?;
    bar.finish_and_clear();
    match outcome.ending {
        // That a run has diverged is said when its model is written.
        Ending::Finished | Ending::Diverged => (),
        Ending::NothingBetter => println!("Ended early: the validation loss stopped falling."),
        Ending::Stopped => {
            println!("Stopped. The model so far is kept; --resume continues from here.");
        }
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
