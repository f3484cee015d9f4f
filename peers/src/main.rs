//! The same work done by Continuo and by other programs, round by round, so that other load on the machine affects
//! all alike.
//!
//! The scripts are in `python`, our side in `ours.rs`, which this program runs as `peers ours ...`. Medians over all
//! rounds are printed.

mod ours;

mod peer;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;

use peer::{Peer, print, run, run_rounds, run_silently};

/// Compares training, playing and reading with `PyTorch`, Keras, onnxruntime, symusic and others.
#[derive(Debug, Parser)]
struct Options {
    /// A folder of MIDI files to train on and to read.
    folder: PathBuf,
    /// A virtual environment with the packages; by default one is made in target/peers.
    #[arg(long)]
    venv: Option<PathBuf>,
    /// Size of the network: layers x width.
    #[arg(long, default_value = "2x256")]
    size: String,
    /// How often each program is run.
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// Training updates in a round.
    #[arg(long, default_value_t = 8)]
    updates: usize,
    /// Threads to train with.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Also run a typical student program, from the folder to a piece: takes minutes.
    #[arg(long)]
    students: bool,
    /// Only these: train, step, read.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

const PACKAGES: [&str; 9] =
    ["numpy", "torch", "keras", "tensorflow-cpu", "onnx", "onnxruntime", "symusic", "pretty_midi", "music21"];

/// Steps of the network in a round.
const STEPS: usize = 600;
/// Files that the slow readers are timed on.
const SLOW_FILES: usize = 30;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["ours", ref work @ ..] => ours::run(work),
        _ => compare(&Options::parse()),
    }
}

fn compare(options: &Options) -> Result<()> {
    let bench = Bench::new(options)?;
    let is_wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|only| only == name);
    if is_wanted("train") {
        bench.train(options)?;
    }
    if is_wanted("step") {
        bench.step(options)?;
    }
    if is_wanted("read") {
        bench.read(options)?;
    }
    if options.students {
        bench.students()?;
    }
    Ok(())
}

/// Programs and data of all comparisons, as command-line words.
struct Bench {
    python: String,
    /// This program.
    ours: String,
    folder: String,
    /// Windows that the scripts train on.
    data: String,
    /// Where results are kept.
    out: PathBuf,
}

impl Bench {
    fn new(options: &Options) -> Result<Self> {
        let target = project().join("target");
        let python = match &options.venv {
            Some(venv) => venv.join("bin/python"),
            None => make_environment(&target.join("peers"))?,
        };
        let out = target.join("peers-data");
        let bench = Self {
            python: word(&python),
            ours: word(&std::env::current_exe()?),
            folder: word(&options.folder),
            data: word(&out.join(&options.size)),
            out,
        };
        run_silently(&[&bench.ours, "ours", "data", &options.size, &bench.folder, &bench.data, "8"])?;
        Ok(bench)
    }

    fn train(&self, options: &Options) -> Result<()> {
        let (size, updates, threads) = (&options.size, &*options.updates.to_string(), options.threads);
        let n_threads = &*threads.to_string();
        let (torch, keras) = (script("train_torch.py"), script("train_keras.py"));
        let ours =
            |precision| [&*self.ours, "ours", "train", size, &self.folder, updates, n_threads, precision];
        let torch = |threads, precision| [&*self.python, &torch, &self.data, updates, threads, precision];
        let mut peers = vec![
            Peer::new("Continuo", &ours("auto"), 2),
            Peer::new("Continuo, f32", &ours("f32"), 2),
            Peer::new(&format!("PyTorch, f32, {threads} threads"), &torch(n_threads, "f32"), 2),
            Peer::new("PyTorch, bf16 autocast", &torch(n_threads, "bf16"), 2),
            Peer::new("Keras", &[&self.python, &keras, &self.data, updates, n_threads], 2),
        ];
        if threads > 1 {
            // On a busy machine threads that wait for each other are slower than one.
            peers.push(Peer::new("PyTorch, f32, 1 thread", &torch("1", "f32"), 2));
        }
        run_rounds(&mut peers, options.rounds)?;
        let title = format!("Training, {size}, batch 32, windows of 128, {threads} threads");
        print(&title, &peers, 32.0 * 128.0, "notes/s");
        Ok(())
    }

    fn step(&self, options: &Options) -> Result<()> {
        let (size, steps, step) = (&options.size, STEPS.to_string(), script("step.py"));
        let theirs = |library| [&*self.python, &step, library, &self.data, &steps];
        let ours = [&*self.ours, "ours", "step", size, &self.folder, &steps];
        let mut peers = vec![
            Peer::new("Continuo, 8-bit weights", &ours, 100),
            Peer::new("onnxruntime, f32", &theirs("onnx"), 100),
            Peer::new("PyTorch eager, f32", &theirs("torch"), 100),
        ];
        run_rounds(&mut peers, options.rounds)?;
        print(&format!("One step of the LSTM, {size}, batch 1, one thread"), &peers, 1.0, "steps/s");
        Ok(())
    }

    fn read(&self, options: &Options) -> Result<()> {
        let script = script("read.py");
        let ours = |threads| [&*self.ours, "ours", "read", &self.folder, threads];
        let mut peers = vec![
            Peer::new("Continuo, all processors", &ours("0"), 0),
            Peer::new("Continuo, one thread", &ours("1"), 0),
            Peer::new("symusic", &[&self.python, &script, "symusic", &self.folder], 0),
        ];
        // The first round brings the files into memory.
        run_rounds(&mut peers, 1)?;
        for peer in &mut peers {
            peer.seconds.clear();
        }
        run_rounds(&mut peers, options.rounds.max(5))?;
        let files = run(&peers[1].command)?["files"].as_f64().unwrap_or(1.0);
        let limit = SLOW_FILES.to_string();
        for library in ["pretty_midi", "music21"] {
            let mut slow = Peer::new(library, &[&self.python, &script, library, &self.folder, &limit], 0);
            let read = slow.run_round()?["files"].as_f64().unwrap_or(1.0);
            slow.seconds.iter_mut().for_each(|seconds| *seconds *= files / read);
            slow.version = format!("extrapolated from {read} files");
            peers.push(slow);
        }
        print(&format!("Reading {files} MIDI files"), &peers, files, "files/s");
        let found = self.out.join("notes.json");
        let output = Command::new(&self.ours).args(["ours", "notes", &self.folder]).output()?;
        std::fs::write(&found, output.stdout)?;
        let compared =
            run(&[&self.python, &script, "compare", &word(&found), &self.folder].map(str::to_owned))?;
        println!("  notes compared with symusic's, by file: {compared}");
        Ok(())
    }

    fn students(&self) -> Result<()> {
        let (script, out) = (script("students.py"), word(&self.out.join("students.mid")));
        let value = run(&[&self.python, &script, &self.folder, &out, "100"].map(str::to_owned))?;
        let of = |key: &str| value[key].as_f64().unwrap_or(f64::NAN);
        println!("\nA typical student program, from the folder to a piece of 500 notes");
        println!("  music21 reads                 {:>9.1} s", of("read_seconds"));
        println!(
            "  Keras, 50 epochs              {:>9.1} s  extrapolated: {:.1} s an epoch, from {} batches of it",
            50.0 * of("epoch_seconds"),
            of("epoch_seconds"),
            of("measured_batches")
        );
        println!("  500 notes                     {:>9.1} s", of("generate_seconds"));
        let trainer = build_trainer()?;
        let (model, piece) = (word(&self.out.join("ours.safetensors")), word(&self.out.join("ours.mid")));
        let started = Instant::now();
        run_silently(&[&trainer, "train", &self.folder, "--preset", "sketch", "--force", "--out", &model])?;
        println!("  Continuo, train --preset sketch {:>7.1} s", started.elapsed().as_secs_f64());
        let started = Instant::now();
        run_silently(&[&trainer, "generate", &model, "--notes", "500", "--force", "--out", &piece])?;
        println!("  Continuo, generate 500 notes    {:>7.2} s", started.elapsed().as_secs_f64());
        Ok(())
    }
}

/// The project's folder.
fn project() -> &'static Path {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR"));
    peers.parent().unwrap_or(peers)
}

fn script(name: &str) -> String {
    word(&project().join("peers/python").join(name))
}

fn word(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Builds the trainer beside this program. Returns its path.
fn build_trainer() -> Result<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = Command::new(cargo)
        .current_dir(project())
        .args(["build", "--release", "--no-default-features", "--bin", "continuo-trainer"])
        .status()?;
    ensure!(status.success(), "the trainer could not be built");
    let folder = std::env::current_exe()?.parent().context("a program without a folder")?.to_owned();
    Ok(word(&folder.join("continuo-trainer")))
}

/// A virtual environment with the packages, made unless it exists.
fn make_environment(folder: &Path) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    if !folder.join("complete").exists() {
        println!("making a Python environment in {}", folder.display());
        run_silently(&["python3", "-m", "venv", &word(folder)])?;
        run_silently(&[&[&*word(&python), "-m", "pip", "install", "-q"], &PACKAGES[..]].concat())?;
        std::fs::write(folder.join("complete"), "")?;
    }
    Ok(python)
}
