//! What Continuo costs as it grows: instances, bars of a take, files of a corpus. Prints tables and draws plots.

mod plot;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::bundles::{self, Format};
use crate::hosts::clap::{ClapHost, play_together};
use crate::hosts::{Block, Daw, EventKind, Host as _, Pace, Recording, Setup};
use crate::process::{processor_seconds, resident};
use crate::scale::plot::{Curve, plot};
use crate::system::{cargo, project, succeeds};

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The plugin; the last bundle by default.
    #[arg(long)]
    pub clap: Option<PathBuf>,
    /// A folder of MIDI files to make corpora of; without it corpora are left out.
    #[arg(long)]
    pub midi: Option<PathBuf>,
    /// The numbers of instances.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64, 256])]
    pub instances: Vec<u32>,
    /// The numbers of bars, ascending.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100, 1000, 10_000])]
    pub bars: Vec<u32>,
    /// The numbers of files.
    #[arg(long, value_delimiter = ',', default_values_t = [1000, 10_000, 100_000])]
    pub files: Vec<u32>,
    /// Only this.
    #[arg(long)]
    pub only: Option<Subject>,
    /// The folder for the plots.
    #[arg(long, default_value = "docs/scale")]
    pub out: PathBuf,
}

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Subject {
    /// Instances of the plugin.
    Instances,
    /// Bars of a take.
    Takes,
    /// Files of a corpus.
    Corpora,
}

/// Measures, prints tables in Markdown, and draws the plots.
///
/// # Errors
/// If there is no plugin, only corpora are to be measured and there is no folder to make them of, or a measurement fails.
pub fn run(options: &Options) -> Result<()> {
    ensure!(
        options.only != Some(Subject::Corpora) || options.midi.is_some(),
        "corpora are made of a folder of MIDI files: name it with --midi"
    );
    let clap = bundles::clap_to_try(options.clap.as_deref())?;
    std::fs::create_dir_all(&options.out)?;
    size(&clap)?;
    let is_wanted = |subject| options.only.is_none_or(|only| only == subject);
    if is_wanted(Subject::Instances) {
        instances(&clap, options)?;
    }
    if is_wanted(Subject::Takes) {
        takes(options)?;
    }
    match &options.midi {
        Some(midi) if is_wanted(Subject::Corpora) => corpora(midi, options),
        _ => Ok(()),
    }
}

/// Prints a table in Markdown.
fn table(heading: &str, names: &[&str], rows: &[Vec<f64>]) {
    println!("\n{heading}\n\n| {} |\n|{}", names.join(" | "), "---:|".repeat(names.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|number| shown(*number)).collect();
        println!("| {} |", cells.join(" | "));
    }
}

/// A number with three digits that count.
fn shown(number: f64) -> String {
    let decimals = if number.fract() == 0.0 || number >= 100.0 {
        0
    } else {
        (2.0 - number.abs().log10().floor()) as usize
    };
    format!("{number:.decimals$}")
}

/// A column of a table as a curve over the first column.
fn curve(name: &'static str, rows: &[Vec<f64>], column: usize) -> Curve {
    Curve { name, points: rows.iter().map(|row| (row[0], row[column])).collect() }
}

/// How large the plugin is, and the model in it.
fn size(clap: &Path) -> Result<()> {
    let bytes = |path: &Path| -> Result<f64> {
        Ok(std::fs::metadata(path).with_context(|| path.display().to_string())?.len() as f64 / 1e6)
    };
    let library = bytes(clap)?;
    let model = bytes(&project().join("models/default.safetensors"))?;
    println!(
        "{}: {library:.1} MB, of which the default model is {model:.1} MB",
        Format::Clap.bundle(&bundles::name()?)
    );
    Ok(())
}

/// The seconds of song that instances play.
const SECONDS: f64 = 8.0;
const TEMPO: f64 = 120.0;

/// Memory, processor time and the time to the first note, each number of instances in a process of its own.
fn instances(clap: &Path, options: &Options) -> Result<()> {
    let mut rows = Vec::new();
    for n_instances in &options.instances {
        let mut measure = Command::new(std::env::current_exe()?);
        measure.arg("scale-instances").arg(clap).arg(n_instances.to_string());
        let mut row = vec![f64::from(*n_instances)];
        row.extend(numbers(&mut measure)?.into_iter().next().context("nothing was measured")?);
        rows.push(row);
    }
    let names = [
        "instances",
        "loading one, s",
        "all, s",
        "first note after play, s",
        "memory, MB",
        "processor, % of a core",
    ];
    table("Instances", &names, &rows);
    let curves = [curve("memory, MB", &rows, 4), curve("processor, % of a core", &rows, 5)];
    plot(&options.out.join("instances.svg"), "Instances in one process, playing", ["instances", ""], &curves)
}

/// Loads so many instances in this process, plays them in real time, and prints the seconds for loading the first and all of
/// them, the seconds from play to the first note, the memory in megabytes and the processor time in percent.
///
/// # Errors
/// If the plugin does not load, or plays nothing.
pub fn print_instances(clap: &Path, n_instances: u32) -> Result<()> {
    let process = std::process::id();
    let (before, begun) = (resident(process)?, Instant::now());
    let (mut hosts, mut first) = (Vec::new(), 0.0);
    for idx in 0..n_instances {
        let mut host = ClapHost::load(clap)?;
        host.set("style", &(idx % 16 + 1).to_string())?;
        host.set("seed", &(idx + 1).to_string())?;
        host.activate(Setup::default())?;
        if idx == 0 {
            first = begun.elapsed().as_secs_f64();
        }
        hosts.push(host);
    }
    let all = begun.elapsed().as_secs_f64();
    let song = song();
    let mut recordings = vec![Recording::default(); hosts.len()];
    let (started, processor) = (Instant::now(), processor_seconds(process)?);
    play_together(&mut hosts, &song, Setup::default().sample_rate, Pace::RealTime, &mut recordings)?;
    let busy = (processor_seconds(process)? - processor) / started.elapsed().as_secs_f64();
    let memory = resident(process)?.saturating_sub(before) as f64 / 1e6;
    let notes =
        recordings.iter().flat_map(|recording| &recording.events).filter(|event| event.kind == EventKind::On);
    let note = notes.map(|event| event.sample).min().context("nothing was played")?;
    let note = note as f64 / Setup::default().sample_rate;
    println!("{first:.3} {all:.3} {note:.3} {memory:.1} {:.1}", 100.0 * busy);
    Ok(())
}

fn song() -> Vec<Block> {
    Daw { tempo: TEMPO, ..Daw::default() }.play(SECONDS * TEMPO / 60.0)
}

/// What takes of so many bars cost.
fn takes(options: &Options) -> Result<()> {
    let rows = numbers(example("scale")?.args(options.bars.iter().map(u32::to_string)))?;
    let names = [
        "bars",
        "notes",
        "composing, s",
        "saving, ms",
        "loading, ms",
        "saved, bytes",
        "frame, ms",
        "frame zoomed out, ms",
    ];
    table("Takes", &names, &rows);
    let curves = [
        curve("composing, s", &rows, 2),
        curve("saving, ms", &rows, 3),
        curve("loading, ms", &rows, 4),
        curve("a frame of the editor, ms", &rows, 7),
    ];
    plot(&options.out.join("takes.svg"), "A take of so many bars", ["bars", ""], &curves)
}

/// What corpora of so many files cost.
fn corpora(midi: &Path, options: &Options) -> Result<()> {
    let folder = bundles::target()?.join("scale");
    let mut rows = Vec::new();
    for n_files in &options.files {
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let (files, cache) = (folder.join("files"), folder.join("cache.dataset"));
        let mut write = example("large_corpus")?;
        ensure!(
            write.arg("write").arg(midi).arg(&files).arg(n_files.to_string()).status()?.success(),
            "the files could not be written"
        );
        let mut row = vec![f64::from(*n_files)];
        for _ in 0..2 {
            let mut read = example("large_corpus")?;
            let output = read.arg("read").arg(&files).arg(&cache).output()?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let after = |words: &str| {
                let rest = text.split_once(words).map(|(_, rest)| rest).unwrap_or_default();
                rest.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(f64::NAN)
            };
            row.extend([after("read in "), after("peak ")]);
        }
        rows.push(row);
    }
    std::fs::remove_dir_all(&folder)?;
    let names = ["files", "reading, s", "most memory, MiB", "from the cache, s", "most memory, MiB"];
    table("Corpora", &names, &rows);
    let curves = [
        curve("reading, s", &rows, 1),
        curve("from the cache, s", &rows, 3),
        curve("most memory, MiB", &rows, 2),
    ];
    plot(&options.out.join("corpora.svg"), "A corpus of so many files", ["files", ""], &curves)
}

/// An example of the crate, built for release.
fn example(name: &str) -> Result<Command> {
    let mut build = cargo(&["build", "--release", "--quiet", "--workspace", "--example", name]);
    ensure!(succeeds(&mut build)?, "the example {name} cannot be built");
    Ok(Command::new(bundles::target()?.join("release/examples").join(name)))
}

/// The numbers that a command prints, line by line.
fn numbers(command: &mut Command) -> Result<Vec<Vec<f64>>> {
    let output = command.output().context("it does not start")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let row = |line: &str| line.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>();
    text.lines().map(row).collect::<Result<_, _>>().context(text)
}
