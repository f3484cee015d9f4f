//! Our side: the same work as the other programs' scripts. Prints the measurements as a line of JSON.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use continuo::model::encoding::Encoding;
use continuo::model::network::{Network, NetworkConfig};
use continuo::model::packed::PackedNetwork;
use continuo::model::simd::Products;
use continuo::model::step::{HiddenState, Stepper};
use continuo::music::{Mode, Tick, smf};
use continuo::training::corpus::KeyedPiece;
use continuo::training::engines::fused::Worker;
use continuo::training::engines::optimiser::AdamW;
use continuo::training::threads::Threads;
use continuo::training::windows::{Reader, RowLists, Telling, Window};

const N_STEPS: usize = 128;
const BATCH: usize = 32;
const LANE: usize = 16;

/// Does the work of this name.
///
/// # Errors
/// If it has no such name, or fails.
pub(crate) fn run(work: &[&str]) -> Result<()> {
    match *work {
        ["data", size, folder, out, n_windows] => {
            data(size, Path::new(folder), Path::new(out), n_windows.parse()?)
        }
        ["train", size, folder, n_updates, n_threads, precision] => {
            train(size, Path::new(folder), n_updates.parse()?, n_threads.parse()?, precision)
        }
        ["step", size, folder, n_steps] => step(size, Path::new(folder), n_steps.parse()?),
        ["read", folder, n_threads] => read(Path::new(folder), n_threads.parse()?),
        ["notes", folder] => notes(Path::new(folder)),
        _ => bail!(
            "expected data SIZE FOLDER OUT N, train SIZE FOLDER N THREADS auto|f32, step SIZE FOLDER N, read FOLDER THREADS or notes FOLDER"
        ),
    }
}

/// The size by a name such as 2x256.
fn config(size: &str) -> Result<NetworkConfig> {
    let (n_layers, hidden) = size.split_once('x').context("expected a size such as 2x256")?;
    let (n_layers, hidden) = (n_layers.parse()?, hidden.parse()?);
    let (embedding, head) = if hidden <= 256 { (192, 128) } else { (256, 192) };
    Ok(NetworkConfig { encoding: Encoding::Second, n_styles: 1, embedding, hidden, n_layers, head })
}

fn midi_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(midi_files(&path)?);
        } else if path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("mid") || e.eq_ignore_ascii_case("midi"))
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Endless windows over a folder's pieces: each stream plays every 32nd piece.
struct Source {
    pieces: Vec<Arc<KeyedPiece>>,
    readers: Vec<(usize, Reader)>,
}

impl Source {
    fn new(folder: &Path) -> Result<Self> {
        let pieces: Vec<Arc<KeyedPiece>> = midi_files(folder)?
            .iter()
            .filter_map(|path| smf::load(path).ok())
            .map(|smf| smf.to_piece())
            .filter(|piece| piece.notes.len() > 16)
            .map(|piece| Arc::new(KeyedPiece { style: 0, modes: vec![(Tick::ZERO, Mode::Major)], piece }))
            .collect();
        if pieces.is_empty() {
            bail!("no MIDI files in {}", folder.display());
        }
        let reader = |idx: usize| {
            (idx, Reader::new(Arc::clone(&pieces[idx % pieces.len()]), Encoding::Second, Telling::Nothing))
        };
        Ok(Self { readers: (0..BATCH).map(reader).collect(), pieces })
    }

    fn fill(&mut self, window: &mut Window, streams: std::ops::Range<usize>) {
        let Self { pieces, readers } = self;
        let readers = &mut readers[streams];
        window.fill_with([N_STEPS, readers.len()], |stream_idx, position| {
            let (idx, reader) = &mut readers[stream_idx];
            while !reader.read_into(position) {
                *idx += BATCH;
                *reader =
                    Reader::new(Arc::clone(&pieces[*idx % pieces.len()]), Encoding::Second, Telling::Nothing);
            }
        });
    }
}

/// Writes windows as arrays of u32, each after its length, and their sizes as JSON.
fn data(size: &str, folder: &Path, out: &Path, n_windows: usize) -> Result<()> {
    let config = config(size)?;
    let mut source = Source::new(folder)?;
    std::fs::create_dir_all(out)?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(out.join("windows.bin"))?);
    let mut window = Window::default();
    for _ in 0..n_windows {
        source.fill(&mut window, 0..BATCH);
        let head_rows = window.head_rows.iter().take(config.heads().len());
        for lists in std::iter::once(&window.step_rows).chain(head_rows) {
            let (rows, begins) = flat(lists, window.len());
            write(&mut file, &rows)?;
            write(&mut file, &begins)?;
        }
        let parts = window.parts.iter().flat_map(|p| [p.family, p.shift, p.pitch, p.duration, p.velocity]);
        write(&mut file, &parts.map(|part| part as u32).collect::<Vec<_>>())?;
        write(&mut file, &window.lowest_pitches.iter().map(|pitch| *pitch as u32).collect::<Vec<_>>())?;
    }
    let network = Network::random(config, 1);
    let sizes = serde_json::json!({
        "steps": N_STEPS, "batch": BATCH, "windows": n_windows,
        "embedding": config.embedding, "hidden": config.hidden, "layers": config.n_layers, "head": config.head,
        "step_rows": network.layout.embedding.shape[0],
        "families": network.layout.family.weight.shape[0],
        "heads": config.heads().iter().map(|head| [head.n_rows, head.n_classes]).collect::<Vec<_>>(),
    });
    std::fs::write(out.join("sizes.json"), sizes.to_string())?;
    Ok(())
}

fn flat(lists: &RowLists, length: usize) -> (Vec<u32>, Vec<u32>) {
    let (mut rows, mut begins) = (Vec::new(), Vec::new());
    for idx in 0..length {
        begins.push(rows.len() as u32);
        rows.extend_from_slice(lists.get(idx));
    }
    (rows, begins)
}

fn write(file: &mut impl std::io::Write, values: &[u32]) -> Result<()> {
    file.write_all(&(values.len() as u32).to_le_bytes())?;
    values.iter().try_for_each(|value| file.write_all(&value.to_le_bytes()))?;
    Ok(())
}

/// Updates as the trainer makes them, reading and encoding included.
fn train(size: &str, folder: &Path, n_updates: usize, n_threads: usize, precision: &str) -> Result<()> {
    let products = match precision {
        "f32" => Products::f32(),
        _ => Products::best(),
    };
    let mut network = Network::random(config(size)?, 1);
    let mut optimiser = AdamW::new(&network.layout, 0.01);
    let mut lanes: Vec<(Source, Worker, Window)> = (0..BATCH / LANE)
        .map(|idx| {
            Ok((
                Source::new(folder)?,
                Worker::with_products(products, &network, 0.2, idx as u64),
                Window::default(),
            ))
        })
        .collect::<Result<_>>()?;
    let threads = Threads::new(n_threads)?;
    let mut seconds = Vec::new();
    for _ in 0..n_updates {
        let started = Instant::now();
        let numbered: Vec<_> = lanes.iter_mut().enumerate().collect();
        threads.map(numbered, |(idx, (source, worker, window))| {
            source.fill(window, idx * LANE..(idx + 1) * LANE);
            worker.clear_gradient();
            worker.train(&network, window, 1.0 / (BATCH * N_STEPS) as f32);
        });
        let gradients: Vec<&[f32]> = lanes.iter().map(|(_, worker, _)| worker.gradient.as_slice()).collect();
        optimiser.update(&mut network.parameters, &gradients, 1e-3, &threads);
        seconds.push(started.elapsed().as_secs_f64());
    }
    let version = if products == Products::Bf16 { "bf16 products" } else { "f32" };
    print(&serde_json::json!({ "seconds": seconds, "peak_mib": peak_mib(), "version": version }))
}

/// Steps of the LSTM at batch 1, one thread, over real notes.
fn step(size: &str, folder: &Path, n_steps: usize) -> Result<()> {
    let network = Network::random(config(size)?, 1);
    let played = PackedNetwork::new(&network);
    let mut window = Window::default();
    Source::new(folder)?.fill(&mut window, 0..1);
    let mut stepper = Stepper::new(&network.config);
    let mut state = HiddenState::zero(&network.config);
    let mut seconds = Vec::new();
    for idx in 0..n_steps {
        let started = Instant::now();
        stepper.step(&played, window.step_rows.get(idx % window.len()), &mut state);
        seconds.push(started.elapsed().as_secs_f64());
    }
    print(&serde_json::json!({ "seconds": seconds, "peak_mib": peak_mib() }))
}

/// Reads every file of a folder, with 0 threads on all processors.
fn read(folder: &Path, n_threads: usize) -> Result<()> {
    let files = midi_files(folder)?;
    let threads = if n_threads == 0 { Threads::on_all_cores() } else { Threads::new(n_threads) }?;
    let started = Instant::now();
    let n_notes: usize =
        threads.map(&files, |path| smf::load(path).map_or(0, |smf| smf.notes.len())).iter().sum();
    let seconds = [started.elapsed().as_secs_f64()];
    print(
        &serde_json::json!({ "seconds": seconds, "files": files.len(), "notes": n_notes, "peak_mib": peak_mib() }),
    )
}

/// Prints every note of a folder's files for comparison: start, pitch, velocity and duration, by file.
fn notes(folder: &Path) -> Result<()> {
    let mut all = BTreeMap::new();
    for path in midi_files(folder)? {
        let Ok(smf) = smf::load(&path) else { continue };
        let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
        let notes: Vec<[u64; 4]> =
            smf.notes.iter().map(|n| [n.start, n.pitch.into(), n.velocity.into(), n.duration]).collect();
        all.insert(name, serde_json::json!({ "notes": notes, "warnings": smf.warnings.len() }));
    }
    print(&serde_json::json!(all))
}

/// The peak memory of this process.
fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
}

fn print(value: &serde_json::Value) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{value}")?)
}
