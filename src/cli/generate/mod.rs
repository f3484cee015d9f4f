//! `continuo-trainer generate`: composes as the plugin does, into a MIDI file.

mod continuation;

mod conversation;

mod effects;

pub(super) mod bars;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use serde_json::json;

use crate::cli::composing::{self, ComposingArgs};
use crate::cli::generate::bars::{Amount, compose};
use crate::cli::generate::continuation::Continuation;
use crate::cli::generate::conversation::ConversationArgs;
use crate::cli::performing::PerformingArgs;
use crate::cli::print::{plural, print_line};
use crate::cli::values::{self, within};
use crate::cli::{model, out};
use crate::composer::{Edit, Opening, Take, Writer, why_no_note_fits};
use crate::files::{self, Existing, Identity, Kind};
use crate::model::{Card, Model, block_on};
use crate::music::{Meter, Note, Piece, Progression, Tick, best_scale_share, names};
use crate::player::{Cadence, ComposingKnobs};
use crate::presets::{self, Preset};

/// Options of `generate`. The knobs are the plugin's: the same model, seed and knobs give the same notes.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own on the command line")]
pub(super) struct GenerateArgs {
    /// The model; by default, or as `default`, the one that ships with Continuo
    model: Option<PathBuf>,
    /// The MIDI file to write; by default STYLE-SEED.mid in the current folder
    #[arg(long, short, value_name = "FILE.mid")]
    out: Option<PathBuf>,
    /// Overwrite a MIDI file that is there
    #[arg(long)]
    force: bool,
    /// Number of bars
    #[arg(long, value_parser = within(1_u32..=10_000), conflicts_with = "notes")]
    bars: Option<u32>,
    /// Number of notes [default: 500; with an input file, its bars and sixteen more]
    #[arg(long, value_parser = within(1_u32..=100_000))]
    notes: Option<u32>,
    /// Chords to follow, which come round: names or degrees, such as "Am7 | F | C/E G | %" or "ii7 | V7 | I", or the name of a
    /// common progression, such as "Twelve-bar blues" (the manual lists them)
    #[arg(long, value_parser = values::progression)]
    chords: Option<Progression>,
    /// Bring the piece to an end with its last bar
    #[arg(long, requires = "bars")]
    ending: bool,
    /// Set the knobs to a preset, by its name: one that comes with Continuo or one of your own. Options that are typed win
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    #[command(flatten)]
    composing: ComposingArgs,
    /// Tempo in quarter notes per minute [default: 120, or that of the file to continue or of the input]
    #[arg(long, value_parser = values::tempo)]
    tempo: Option<f64>,
    /// Time signature [default: 4/4, or that of the file to continue or of the input]
    #[arg(long, value_parser = values::meter)]
    meter: Option<Meter>,
    /// Continue this MIDI file
    #[arg(long = "continue", value_name = "FILE.mid")]
    continued: Option<PathBuf>,
    /// Write the music of the file to continue as well, before its continuation
    #[arg(long, requires = "continued")]
    with_beginning: bool,
    /// Print a summary and the notes as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    conversation: ConversationArgs,
    #[command(flatten)]
    performing: PerformingArgs,
}

/// Notes to compose by default.
const DEFAULT_N_NOTES: u32 = 500;

/// Composes and writes the file.
pub(super) fn run(args: &GenerateArgs) -> anyhow::Result<()> {
    let model = model::load(args.model.as_deref())?;
    let preset = args.preset.as_deref().map(presets::named).transpose()?.unwrap_or_default();
    let continuation = args.continued.as_deref().map(Continuation::load).transpose()?;
    let knobs =
        args.composing.knobs(model.card(), continuation.as_ref().map(|past| past.opening.key), &preset)?;
    let knobs = args.conversation.knobs(knobs).rounded();
    let style = usize::from(knobs.style);
    ensure!(
        style < model.card().styles.len(),
        "this model has no style {}, which the preset asks for",
        style + 1
    );
    args.conversation.check()?;
    let played = args.conversation.played()?;
    let edits = args.conversation.edits();
    let meter = args
        .meter
        .or(continuation.as_ref().map(|past| past.opening.meter))
        .or(played.as_ref().and_then(|piece| piece.meter_at(Tick::ZERO)))
        .unwrap_or(Meter::COMMON);
    let out = args.out.clone().unwrap_or_else(|| default_path(model.card(), &knobs));
    let existing = if args.force { Existing::Replace(MIDI) } else { Existing::Keep };
    check_out(args, &out, existing)?;

    let take = match &continuation {
        // The key of the command line goes before that of the file.
        Some(past) => Take::starting_from(Opening { key: knobs.key(), ..past.opening.clone() }),
        None => Take::default(),
    };
    let take = conversation::played_to(take, played.as_ref());
    let take = match &args.chords {
        Some(progression) => take.over(progression),
        None => take,
    };
    let take = match args.bars.filter(|_| args.ending) {
        Some(n_bars) => take.ending_after(n_bars as usize),
        None => take,
    };
    // Both sides of a conversation are written.
    let theirs = take.played_in(knobs.instrument);
    let writer = Writer::new(model.clone());
    let amount = match args.bars {
        Some(n_bars) => Amount::Bars(n_bars),
        None if args.notes.is_none() && played.is_some() => {
            Amount::Bars(conversation::n_bars(&theirs, meter))
        }
        None => Amount::Notes(args.notes.unwrap_or(DEFAULT_N_NOTES)),
    };
    if let Some(reason) = why_no_note_fits(&model, &knobs) {
        bail!(reason);
    }
    if let Amount::Bars(n_bars) = amount {
        effects::check_edits(&edits, n_bars as usize)?;
    }
    let (notes, n_bars) = block_on(compose(take, writer, &knobs, meter, &amount, &edits));
    effects::check_edits(&edits, n_bars)?;
    ensure!(
        !notes.is_empty() || played.is_none(),
        "nothing is composed in {}, since the input is still playing; ask for more with --bars",
        plural(n_bars, "bar")
    );
    ensure!(!notes.is_empty(), "no note fits: {} composed, all silent", plural(n_bars, "bar"));
    report_effects(args, &model, &knobs, &preset, &edits, n_bars);
    if let Some(asked) = args.notes.filter(|asked| notes.len() < *asked as usize) {
        eprintln!(
            "expected {asked} notes, found {} in {}: with these constraints there are no more",
            notes.len(),
            plural(n_bars, "bar")
        );
    }
    let scale_share = best_scale_share(&notes);
    let n_notes = notes.len();
    let end = Tick(n_bars as i64 * meter.bar_length().0);
    let notes = notes.into_iter().chain(theirs.into_iter().filter(|note| note.onset < end)).collect();
    let piece = Piece { length: end, ..frame(args, &knobs, meter, continuation.as_ref(), played.as_ref()) };
    let piece = after_beginning(args, notes, piece, continuation.as_ref());
    let style_name = model.card().styles.get(style).map_or("", String::as_str);
    let title = format!("Continuo: {style_name}, seed {}", knobs.seed);
    let bytes = args.performing.file(&piece, &knobs, &preset, &title)?;
    files::write_with(&out, existing, |file| file.write_all(&bytes))?;

    if args.json {
        let summary = summary(&out, &model, &knobs, &piece)?;
        let counts = json!({ "notes": n_notes, "bars": n_bars, "best_scale_share": scale_share });
        let notes: Vec<_> = piece.notes.iter().map(note).collect();
        let summary = json!({ "composed": counts, "with": summary, "notes": notes });
        return print_line(&serde_json::to_string_pretty(&summary)?);
    }
    let key = names::key(knobs.key());
    let (path, seed) = (out.display(), knobs.seed);
    print_line(&format!(
        "{path}: {} in {} of {meter}, {style_name}, {key}, seed {seed}",
        plural(n_notes, "note"),
        plural(n_bars, "bar")
    ))
}

/// Reports what was asked for and has no effect.
fn report_effects(
    args: &GenerateArgs,
    model: &Model,
    knobs: &ComposingKnobs,
    preset: &Preset,
    edits: &[(usize, Edit)],
    n_bars: usize,
) {
    let told = [
        ("--chords", args.chords.is_some() && knobs.strictness <= 0.0),
        ("--ending", args.ending && knobs.strictness <= 0.0),
        ("--cadence", knobs.cadence != Cadence::Off && knobs.strictness <= 0.0),
    ];
    for report in effects::untold(model, &told) {
        eprintln!("{report}");
    }
    for report in effects::without_chords(knobs, args.chords.is_some(), args.ending) {
        eprintln!("{report}");
    }
    for report in effects::without_effect(knobs, &args.performing.knobs(preset), edits, n_bars) {
        eprintln!("{report}");
    }
}

/// The files that `--force` replaces.
const MIDI: Kind = Kind { name: "a MIDI file", begins: |head| head.starts_with(b"MThd") };

/// Checks before anything is composed that the file can be written, and that it is not one that was read.
fn check_out(args: &GenerateArgs, out: &Path, existing: Existing) -> Result<()> {
    let inputs = [
        (args.model.as_deref(), "the model"),
        (args.continued.as_deref(), "the file to continue"),
        (args.conversation.played.as_deref(), "the input"),
    ];
    for (input, what) in inputs {
        if input.is_some_and(|input| Identity::is_same(input, out)) {
            bail!("{} is {what}: choose another file to write with --out", out.display());
        }
    }
    out::check(out, existing)
}

fn default_path(card: &Card, knobs: &ComposingKnobs) -> PathBuf {
    let style =
        card.styles.get(usize::from(knobs.style)).map_or("continuo".to_owned(), |name| values::plain(name));
    PathBuf::from(format!("{style}-{}.mid", knobs.seed))
}

/// Tempo, meter, key and programs of what is composed: those in force where it begins, unless others are asked for.
fn frame(
    args: &GenerateArgs,
    knobs: &ComposingKnobs,
    meter: Meter,
    past: Option<&Continuation>,
    played: Option<&Piece>,
) -> Piece {
    let old_tempo = match (past, played) {
        (Some(past), _) => past.piece.tempo_at(past.opening.end),
        (None, played) => played.and_then(|piece| piece.tempo_at(Tick::ZERO)),
    };
    let programs = past.map(|past| past.opening.programs.clone());
    Piece {
        tempos: vec![(Tick::ZERO, args.tempo.or(old_tempo).unwrap_or(120.0))],
        meters: vec![(Tick::ZERO, meter)],
        keys: vec![(Tick::ZERO, knobs.key())],
        programs: programs.or(played.map(|piece| piece.programs.clone())).unwrap_or_default(),
        ..Piece::default()
    }
}

/// The piece to write: the notes in their frame, after the music that they continue if asked.
fn after_beginning(
    args: &GenerateArgs,
    mut notes: Vec<Note>,
    frame: Piece,
    past: Option<&Continuation>,
) -> Piece {
    notes.sort_unstable();
    let Some(past) = past.filter(|_| args.with_beginning) else { return Piece { notes, ..frame } };
    let start = past.opening.end;
    let mut piece = past.piece.clone();
    piece.tempos.retain(|(at, _)| *at < start);
    piece.meters.retain(|(at, _)| *at < start);
    piece.keys.retain(|(at, _)| *at < start);
    piece.tempos.extend(frame.tempos.iter().map(|(at, tempo)| (*at + start, *tempo)));
    piece.meters.extend(frame.meters.iter().map(|(at, meter)| (*at + start, *meter)));
    piece.keys.extend(frame.keys.iter().map(|(at, key)| (*at + start, *key)));
    piece.notes.extend(notes.into_iter().map(|note| Note { onset: note.onset + start, ..note }));
    piece.notes.sort_unstable();
    piece.length = start + frame.length;
    piece
}

/// A note as it was composed, before the performing knobs: times in quarter notes from the beginning of the file.
fn note(note: &Note) -> serde_json::Value {
    let Note { onset, duration, pitch, velocity, family, .. } = *note;
    json!({
        "onset": onset.to_beats().0,
        "duration": duration.to_beats().0,
        "pitch": pitch,
        "velocity": velocity,
        "instrument": values::plain(family.name()),
    })
}

fn summary(
    out: &Path,
    model: &Model,
    knobs: &ComposingKnobs,
    piece: &Piece,
) -> anyhow::Result<serde_json::Value> {
    let mut summary = composing::summary(knobs, model.card())?;
    let more = [
        ("file", json!(out)),
        ("model", json!(model.card().name)),
        ("sha256", json!(model.hash())),
        ("tempo", json!(piece.tempos.last().map(|(_, tempo)| tempo))),
        ("meter", json!(piece.meters.last().map(|(_, meter)| meter.to_string()))),
    ];
    summary.extend(more.map(|(name, value)| (name.to_owned(), value)));
    Ok(summary.into())
}
