//! `continuo-trainer tune`: how notes of each style are best drawn, found by trial.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::cli::evaluate::{Material, Music, RealMusic, Wanted, by_style};
use crate::cli::print::print_line;
use crate::cli::values::{self, within};
use crate::cli::{model, out};
use crate::files::{Existing, Identity};
use crate::model::{Card, Corrections, Model, Primer};
use crate::music::{Family, FamilySet};
use crate::player::ComposingKnobs;
use crate::training::threads::Threads;
use crate::training::{choose_primers, counted};

/// Options of `tune`.
#[derive(Debug, clap::Args)]
pub(super) struct TuneArgs {
    /// The model; `default` is the one that ships with Continuo
    model: PathBuf,
    /// Folders of MIDI files, each STYLE=FOLDER with a style of the model, or a folder that it was trained on; styles
    /// without a folder stay as they are
    #[arg(required = true, value_name = "[STYLE=]FOLDER")]
    folders: Vec<OsString>,
    /// The weights file to write: the same model with what was found
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// Replace a weights file that is there
    #[arg(long)]
    force: bool,
    /// Choose the passages of the training pieces that music of these styles can begin from again
    #[arg(long)]
    renew_primers: bool,
    /// Samples of each style for each trial
    #[arg(long, default_value_t = 96, value_parser = within(10_u32..=10_000))]
    samples: u32,
    /// Most bars of a sample: each is as long as a real piece, or cut to this
    #[arg(long, default_value_t = 32, value_parser = within(8_u32..=1000))]
    bars: u32,
    /// Times that each factor is gone through; at 0 no factor is tried
    #[arg(long, default_value_t = 1, value_parser = within(0_u32..=10))]
    rounds: u32,
    /// Times that samples are compared with the real pieces, and what they have too much or too little of is corrected; at 0
    /// corrections stay as they are
    #[arg(long, default_value_t = 6, value_parser = within(0_u32..=30))]
    corrections: u32,
    /// Seed of the first sample; each further sample adds one
    #[arg(long, default_value_t = 1000)]
    seed: u32,
    /// Number of threads; by default one for each core
    #[arg(long, value_parser = values::threads)]
    threads: Option<usize>,
}

/// What is tuned: a field of the card, and the values to try.
struct Factor {
    name: &'static str,
    of: fn(&mut Card) -> &mut Vec<f32>,
    /// Where the card does not say.
    default: f32,
    values: &'static [f32],
    /// Whether it can matter in music of these families.
    matters: fn(FamilySet) -> bool,
}

impl Factor {
    const fn new(
        name: &'static str,
        of: fn(&mut Card) -> &mut Vec<f32>,
        default: f32,
        values: &'static [f32],
        matters: fn(FamilySet) -> bool,
    ) -> Self {
        Self { name, of, default, values, matters }
    }
}

const FACTORS: [Factor; 9] = [
    Factor::new("ensemble", |card| &mut card.ensemble, 0.0, &[0.0, 1.0, 2.0, 3.0, 5.0], has_several),
    Factor::new("consonance", |card| &mut card.consonance, 0.0, &[0.0, 0.5, 1.0, 1.5, 2.5], has_pitched),
    Factor::new("restrike", |card| &mut card.restrike, 0.0, &[0.0, 0.3, 0.6, 1.0, 1.5], has_pitched),
    Factor::new("form", |card| &mut card.form, Card::FORM, &[0.0, 0.5, 1.0, 2.0, 3.0], has_pitched),
    Factor::new("form of drums", |card| &mut card.drum_form, 0.0, &[0.0, 0.5, 1.0, 2.0, 3.0], has_drums),
    Factor::new("min-p of rhythm", |card| &mut card.min_p_of_rhythm, 1.0, &[0.1, 0.3, 1.0, 2.0], |_| true),
    Factor::new("min-p", |card| &mut card.min_p, 1.0, &[0.3, 0.6, 1.0, 2.0, 4.0], |_| true),
    Factor::new("variety", |card| &mut card.usual_variety, 0.5, &[0.0, 0.25, 0.5, 0.75], has_pitched),
    Factor::new("temperature", |card| &mut card.temperature, 1.0, &[0.7, 0.8, 0.9, 1.0, 1.1], |_| true),
];

fn has_drums(families: FamilySet) -> bool {
    families.contains(Family::DRUMS)
}

/// Several instruments, each drum being one.
fn has_several(families: FamilySet) -> bool {
    has_drums(families) || Family::all().filter(|family| families.contains(*family)).count() > 1
}

fn has_pitched(families: FamilySet) -> bool {
    Family::all().any(|family| families.contains(family) && !family.is_drums())
}

/// Another setting is taken only if it is better by this much: less is chance.
const LEAST_GAIN: f64 = 0.008;
/// What a bound that is missed counts, in distance.
const MISSED_BOUND: f64 = 0.015;

/// Tries settings of each style, one factor after the other, and writes the model with the best.
///
/// # Errors
/// If the model or a folder cannot be read, or the file cannot be written.
pub(super) fn run(args: &TuneArgs) -> Result<()> {
    let model = model::load(Some(&args.model))?;
    if Identity::is_same(&args.model, &args.out) {
        bail!("{} is the model to tune: choose another file for --out", args.out.display());
    }
    out::check(&args.out, if args.force { Model::EXISTING } else { Existing::Keep })?;
    let threads = args.threads.map_or_else(Threads::on_all_cores, Threads::new)?;
    let mut card = model.card().clone();
    let n_styles = card.styles.len();
    for factor in &FACTORS {
        (factor.of)(&mut card).resize(n_styles, factor.default);
    }
    card.exact_at_bar_lines = true;
    card.velocities.resize(n_styles, Vec::new());
    card.corrections.resize(n_styles, Corrections::default());
    let mut primers = model.primers().to_vec();
    for (style, folders) in by_style(&model, &args.folders)? {
        let material = Material::read(&model, &folders, style, "valid", &threads)?;
        let notes = || material.learned().iter().flat_map(|piece| &piece.piece.notes);
        if card.velocities[style].is_empty() {
            card.velocities[style] = counted(notes());
        }
        if args.renew_primers {
            card.primers_in_turn = true;
            let corpus =
                material.corpus.as_ref().context("expected folders train and valid for new primers")?;
            let new = choose_primers(corpus, args.seed.into()).into_iter();
            primers.retain(|primer| primer.style != style);
            primers.extend(new.map(|primer| Primer { style, ..primer }));
            primers.sort_by_key(|primer| primer.style);
        }
        let families = notes().fold(FamilySet::EMPTY, |families, note| families.with(note.family));
        let real = RealMusic::of(&material, args.bars as usize);
        let trial = |card: &Card, seed: u32| {
            let model = Arc::new(model.with(card.clone(), primers.clone())?);
            Ok(composed(&model, &real, seed, args, &threads))
        };
        tune(&mut card, style, families, &real, args, trial)?;
    }
    model.with(card, primers)?.save(&args.out)?;
    print_line(&format!("Wrote {}", args.out.display()))
}

/// Corrects one style and sets its factors. Of so many trials one is the best by chance, so what is found is tried with
/// other seeds as well, and left if it is not better by more than chance there.
fn tune(
    card: &mut Card,
    style: usize,
    families: FamilySet,
    real: &RealMusic,
    args: &TuneArgs,
    trial: impl Fn(&Card, u32) -> Result<Music>,
) -> Result<()> {
    let name = card.styles[style].clone();
    let former_card = card.clone();
    let score = |card: &Card, seed: u32| Ok::<_, anyhow::Error>(Score::of(&trial(card, seed)?, real));
    let Some(mut best) = score(card, args.seed)? else {
        return print_line(&format!("{name}: too few pieces in the most common meter"));
    };
    if args.rounds == 0 && args.corrections == 0 {
        return print_line(&format!("{name}: {best}"));
    }
    // Each time with other seeds, so that it is not the chance of one that is corrected.
    let mut seed = args.seed;
    for time in 1..=args.corrections {
        let music = trial(card, seed)?;
        if let Some(score) = Score::of(&music, real) {
            eprintln!("{name}, corrected {} times: {score}", time - 1);
        }
        card.corrections[style].refine(&music.tally, &real.tally);
        seed = seed.wrapping_add(args.samples);
    }
    if args.corrections > 0 {
        best = score(card, args.seed)?.unwrap_or(best);
    }
    let factors = FACTORS.iter().filter(|factor| (factor.matters)(families));
    for factor in factors.clone().cycle().take(factors.clone().count() * args.rounds as usize) {
        let mut chosen = (factor.of)(card)[style];
        let former = chosen;
        for value in factor.values.iter().filter(|value| value.to_bits() != former.to_bits()) {
            (factor.of)(card)[style] = *value;
            let Some(score) = score(card, args.seed)? else { continue };
            eprintln!("{name}, {} {value}: {score}", factor.name);
            if score.total() + LEAST_GAIN < best.total() {
                (best, chosen) = (score, *value);
            }
        }
        (factor.of)(card)[style] = chosen;
    }
    let other_seed = seed.wrapping_add(args.samples);
    let (before, after) = (score(&former_card, other_seed)?, score(card, other_seed)?);
    let (Some(before), Some(after)) = (before, after) else { return Ok(()) };
    let settings: Vec<String> =
        factors.map(|factor| format!("{} {}", factor.name, (factor.of)(card)[style])).collect();
    let settings = settings.join(", ");
    if after.total() + LEAST_GAIN < before.total() {
        return print_line(&format!("{name}: {before}; with {settings}: {after}"));
    }
    *card = former_card;
    print_line(&format!("{name}: {before}; no better with {settings}: {after}"))
}

/// How well samples pass for real.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Score {
    /// Between samples and real pieces, 0 to 1.
    distance: f64,
    /// Bounds on the means that are missed.
    n_missed: usize,
}

impl Score {
    /// `None` where there are too few pieces.
    fn of(music: &Music, real: &RealMusic) -> Option<Self> {
        Some(Self { distance: music.distance(real)?, n_missed: music.n_missed() })
    }

    /// Lower is better.
    fn total(self) -> f64 {
        self.distance + MISSED_BOUND * self.n_missed as f64
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { distance, n_missed } = self;
        write!(f, "distance {distance:.3}")?;
        match n_missed {
            0 => Ok(()),
            1 => write!(f, " and a bound missed"),
            _ => write!(f, " and {n_missed} bounds missed"),
        }
    }
}

/// Composes the samples of a trial.
fn composed(model: &Arc<Model>, real: &RealMusic, seed: u32, args: &TuneArgs, threads: &Threads) -> Music {
    let wanted = Wanted {
        n_samples: args.samples,
        n_bars: args.bars,
        temperature: 1.0,
        variety: ComposingKnobs::default().variety,
        seed,
        threads: threads.clone(),
    };
    Music::of(model, real, &wanted)
}
