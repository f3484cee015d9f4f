//! `cargo xtask bench-peers`: the same work done by us and by others, in turn, so that whatever else the
//! machine does falls on all alike.
//!
//! Each program is a process of its own, started anew in each round; the scripts lie in `xtask/peers`, our
//! side in `examples/peers.rs`. What is printed are medians over all rounds.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// What is asked of `bench-peers`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A folder of MIDI files to train on and to read.
    folder: PathBuf,
    /// A virtual environment that has the packages already; one is made in target/peers otherwise.
    #[arg(long)]
    venv: Option<PathBuf>,
    /// Sizes of the network: layers x width.
    #[arg(long, default_value = "2x256")]
    size: String,
    /// How often each program has its turn.
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// Training updates to a turn.
    #[arg(long, default_value_t = 8)]
    updates: usize,
    /// Threads to train with.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Also run the path of the student programs, from the folder to a piece: takes minutes.
    #[arg(long)]
    students: bool,
    /// Only these: train, step, read.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

const PACKAGES: [&str; 9] =
    ["numpy", "torch", "keras", "tensorflow-cpu", "onnx", "onnxruntime", "symusic", "pretty_midi", "music21"];

/// Steps of the network to a turn.
const STEPS: usize = 600;
/// Files that the slow readers are timed on; their time is told a file.
const SLOW_FILES: usize = 30;

/// A program that has its turns.
struct Peer {
    name: String,
    command: Vec<String>,
    /// Turns that each count as a single one: the first of these many measurements of a turn are left out.
    n_warm_up: usize,
    seconds: Vec<f64>,
    peak_mib: f64,
    version: String,
}

impl Peer {
    fn new(name: &str, command: &[&str], n_warm_up: usize) -> Self {
        Self {
            name: name.to_owned(),
            command: command.iter().map(|&word| word.to_owned()).collect(),
            n_warm_up,
            seconds: Vec::new(),
            peak_mib: 0.0,
            version: String::new(),
        }
    }

    fn take_turn(&mut self) -> Result<Value> {
        let value = run(&self.command)?;
        let seconds = value["seconds"].as_array().context("no seconds were told")?;
        self.seconds.extend(seconds.iter().skip(self.n_warm_up).filter_map(Value::as_f64));
        self.peak_mib = self.peak_mib.max(value["peak_mib"].as_f64().unwrap_or(0.0));
        value["version"].as_str().unwrap_or("").clone_into(&mut self.version);
        Ok(value)
    }

    fn median(&self) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Runs a command and reads the last line that it prints as JSON.
fn run(command: &[String]) -> Result<Value> {
    let output = Command::new(&command[0])
        .args(&command[1..])
        .output()
        .with_context(|| format!("cannot run {}", command[0]))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    if !output.status.success() {
        bail!("{} failed:\n{}", command.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_str(last).with_context(|| format!("{} printed {last}", command.join(" ")))
}

/// Everybody's turn, A B A B.
fn in_turn(peers: &mut [Peer], rounds: usize) -> Result<()> {
    for _ in 0..rounds {
        peers.iter_mut().try_for_each(|peer| peer.take_turn().map(drop))?;
    }
    Ok(())
}

/// Prints each one's median, and how many times ours it is; `scale` and `unit` say of what.
fn print(title: &str, peers: &[Peer], per_turn: f64, unit: &str) {
    println!("\n{title} (load of the machine: {})", load());
    let ours = peers.first().map_or(f64::NAN, Peer::median);
    for peer in peers {
        let median = peer.median();
        println!(
            "  {:28} {:>12.4} ms {:>12.0} {unit}  {:>7.2} times ours  {:>6.0} MiB  {}",
            peer.name,
            median * 1e3,
            per_turn / median,
            median / ours,
            peer.peak_mib,
            peer.version
        );
    }
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// Compares us with others in training, in a step, in reading.
///
/// # Errors
/// If a program cannot be had or fails.
pub fn bench(options: &Options) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the project")?;
    let python = match &options.venv {
        Some(venv) => venv.join("bin/python"),
        None => make_environment(&root.join("target/peers"))?,
    };
    let python = python.to_string_lossy().into_owned();
    let ours = build(root)?;
    let ours = ours.to_string_lossy();
    let folder = options.folder.to_string_lossy().into_owned();
    let script = |name: &str| root.join("xtask/peers").join(name).to_string_lossy().into_owned();
    let data = root.join("target/peers-data").join(&options.size);
    let data = data.to_string_lossy().into_owned();
    run_silently(&[&ours, "data", &options.size, &folder, &data, "8"])?;
    let is_wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|only| only == name);

    if is_wanted("train") {
        let (updates, threads) = (options.updates.to_string(), options.threads.to_string());
        let (torch, keras) = (script("train_torch.py"), script("train_keras.py"));
        let own = |precision| [&ours, "train", &options.size, &folder, &updates, &threads, precision];
        let mut peers = vec![
            Peer::new("Continuo", &own("auto"), 2),
            Peer::new("Continuo, f32", &own("f32"), 2),
            Peer::new(
                &format!("PyTorch, f32, {threads} threads"),
                &[&python, &torch, &data, &updates, &threads, "f32"],
                2,
            ),
            Peer::new("PyTorch, bf16 autocast", &[&python, &torch, &data, &updates, &threads, "bf16"], 2),
            Peer::new("Keras", &[&python, &keras, &data, &updates, &threads], 2),
        ];
        if options.threads > 1 {
            // On a busy machine threads that wait for each other are slower than one.
            peers.push(Peer::new(
                "PyTorch, f32, 1 thread",
                &[&python, &torch, &data, &updates, "1", "f32"],
                2,
            ));
        }
        in_turn(&mut peers, options.rounds)?;
        let title = format!("Training, {}, batch 32, windows of 128, {threads} threads", options.size);
        print(&title, &peers, 32.0 * 128.0, "notes/s");
    }
    if is_wanted("step") {
        let (steps, step) = (STEPS.to_string(), script("step.py"));
        let mut peers = vec![
            Peer::new("Continuo, 8-bit weights", &[&ours, "step", &options.size, &folder, &steps], 100),
            Peer::new("onnxruntime, f32", &[&python, &step, "onnx", &data, &steps], 100),
            Peer::new("PyTorch eager, f32", &[&python, &step, "torch", &data, &steps], 100),
        ];
        in_turn(&mut peers, options.rounds)?;
        print(
            &format!("One step of the LSTM, {}, batch 1, one thread", options.size),
            &peers,
            1.0,
            "steps/s",
        );
    }
    if is_wanted("read") {
        read(options, &python, &ours, &folder, &script("read.py"), root)?;
    }
    if options.students {
        students(&python, &script("students.py"), &folder, root)?;
    }
    Ok(())
}

fn read(options: &Options, python: &str, ours: &str, folder: &str, script: &str, root: &Path) -> Result<()> {
    let mut peers = vec![
        Peer::new("Continuo, all processors", &[ours, "read", folder, "0"], 0),
        Peer::new("Continuo, one thread", &[ours, "read", folder, "1"], 0),
        Peer::new("symusic", &[python, script, "symusic", folder], 0),
    ];
    // The first turn brings the files into memory.
    peers.iter_mut().try_for_each(|peer| peer.take_turn().map(drop))?;
    for peer in &mut peers {
        peer.seconds.clear();
    }
    in_turn(&mut peers, options.rounds.max(5))?;
    let files = run(&peers[1].command)?["files"].as_f64().unwrap_or(1.0);
    let limit = SLOW_FILES.to_string();
    for library in ["pretty_midi", "music21"] {
        let mut slow = Peer::new(library, &[python, script, library, folder, &limit], 0);
        let read = slow.take_turn()?["files"].as_f64().unwrap_or(1.0);
        slow.seconds.iter_mut().for_each(|seconds| *seconds *= files / read);
        slow.version = format!("reckoned from {read} files");
        peers.push(slow);
    }
    print(&format!("Reading {files} MIDI files"), &peers, files, "files/s");
    let found = root.join("target/peers-data/notes.json");
    let output = Command::new(ours).args(["notes", folder]).output()?;
    std::fs::write(&found, output.stdout)?;
    let compared = run(&[python, script, "compare", &found.to_string_lossy(), folder].map(str::to_owned))?;
    println!("  notes beside symusic's, by file: {compared}");
    Ok(())
}

fn students(python: &str, script: &str, folder: &str, root: &Path) -> Result<()> {
    let out = root.join("target/peers-data/students.mid");
    let value = run(&[python, script, folder, &out.to_string_lossy(), "100"].map(str::to_owned))?;
    let of = |key: &str| value[key].as_f64().unwrap_or(f64::NAN);
    println!("\nThe path of the student programs, from the folder to a piece of 500 notes");
    println!("  music21 reads                 {:>9.1} s", of("read_seconds"));
    println!(
        "  Keras, 50 epochs              {:>9.1} s  reckoned: {:.1} s an epoch, from {} batches of it",
        50.0 * of("epoch_seconds"),
        of("epoch_seconds"),
        of("measured_batches")
    );
    println!("  500 notes                     {:>9.1} s", of("generate_seconds"));
    let trainer = root.join("target/release/continuo-trainer");
    let (model, piece) =
        (root.join("target/peers-data/ours.safetensors"), root.join("target/peers-data/ours.mid"));
    let started = std::time::Instant::now();
    run_silently(&[
        &trainer.to_string_lossy(),
        "train",
        folder,
        "--preset",
        "sketch",
        "--force",
        "--out",
        &model.to_string_lossy(),
    ])?;
    println!("  Continuo, train --preset sketch {:>7.1} s", started.elapsed().as_secs_f64());
    let started = std::time::Instant::now();
    let (model, piece) = (model.to_string_lossy(), piece.to_string_lossy());
    run_silently(&[
        &trainer.to_string_lossy(),
        "generate",
        &model,
        "--notes",
        "500",
        "--force",
        "--out",
        &piece,
    ])?;
    println!("  Continuo, generate 500 notes    {:>7.2} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn run_silently(command: &[&str]) -> Result<()> {
    let output = Command::new(command[0]).args(&command[1..]).output()?;
    if !output.status.success() {
        bail!("{} failed:\n{}", command.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// Our side, built for release; its path.
fn build(root: &Path) -> Result<PathBuf> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = Command::new(cargo)
        .current_dir(root)
        .args([
            "build",
            "--release",
            "--no-default-features",
            "--example",
            "peers",
            "--bin",
            "continuo-trainer",
        ])
        .status()?;
    if !status.success() {
        bail!("our side could not be built");
    }
    let target = std::env::var("CARGO_TARGET_DIR").map_or_else(|_| root.join("target"), PathBuf::from);
    Ok(target.join("release/examples/peers"))
}

/// A virtual environment with the packages; the one made before, if there is.
fn make_environment(folder: &Path) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    if !folder.join("complete").exists() {
        println!("Making a Python environment in {}", folder.display());
        run_silently(&["python3", "-m", "venv", &folder.to_string_lossy()])?;
        let pip = python.to_string_lossy();
        run_silently(&[&[&*pip, "-m", "pip", "install", "-q"], &PACKAGES[..]].concat())?;
        std::fs::write(folder.join("complete"), "")?;
    }
    Ok(python)
}
