//! Options of `train`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::cli::train::settings::Preset;
use crate::cli::values::{self, within};
use crate::model::simd::Products;
use crate::training::config::Device;
use crate::training::run::checkpoint::is_bf16;

/// Trains a model on folders of MIDI files.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own on the command line")]
pub(in crate::cli) struct TrainArgs {
    /// Folders of MIDI files. Each is a style, named after the folder or by NAME=FOLDER; folders with the same name are
    /// one style.
    #[arg(required = true, value_name = "[NAME=]FOLDER")]
    pub(super) folders: Vec<OsString>,
    /// The weights file to write, such as mine.safetensors. Beside it come mine.log, mine.html (the report) and
    /// mine.checkpoint.
    #[arg(long, short, value_name = "FILE", required_unless_present = "dry_run")]
    pub(super) out: Option<PathBuf>,
    /// Read the music, measure this computer's speed, report how long each preset takes, and write nothing but the
    /// cache of what was read.
    #[arg(long, conflicts_with_all = ["resume", "force"])]
    pub(super) dry_run: bool,
    /// Report progress as one JSON object a line (docs/TRAINING.md describes them).
    #[arg(long)]
    pub(super) json: bool,
    /// Print nothing but errors.
    #[arg(long, short, conflicts_with = "json")]
    pub(super) quiet: bool,
    /// Read options from this TOML file: their names without the dashes, and `folders` for the folders. Those typed here
    /// win.
    #[arg(long, value_name = "FILE.toml")]
    pub(super) config: Option<PathBuf>,
    /// Train a new model in place of the weights file that is there.
    #[arg(long)]
    pub(super) force: bool,
    /// Continue an interrupted run; give all other options as before.
    #[arg(long, conflicts_with = "force")]
    pub(super) resume: bool,
    /// How large a network, and how long; --dry-run says how long each takes here. Other options override it
    /// [default: standard]
    #[arg(long, value_enum)]
    pub(super) preset: Option<Preset>,
    /// Start from this model (`default` is the one that ships with Continuo). Its styles are kept, and a folder named
    /// after one of them continues that style.
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["hidden", "embedding", "head", "layers"])]
    pub(super) from: Option<PathBuf>,
    /// Passes over the training notes; by default chosen by how much music there is.
    #[arg(long, value_parser = within(1e-6_f64..=1e6))]
    pub(super) epochs: Option<f64>,
    /// End after this many validations without improvement.
    #[arg(long, help_heading = "For experts", value_parser = within(1_usize..=1_000_000))]
    pub(super) patience: Option<usize>,
    /// End after this many minutes even if epochs are left. The result then depends on the machine's speed, and a
    /// resumed run does not come to the same result.
    #[arg(long, value_parser = within(1e-3_f64..=1e6))]
    pub(super) minutes: Option<f64>,
    /// Train for this long, such as 90s, 4m or 1h30m, with what is best in that time: the sizes follow from how fast this
    /// computer is. The report takes some seconds more. As with --minutes, the result depends on the computer.
    #[arg(long, value_parser = values::time, conflicts_with_all = ["minutes", "epochs"])]
    pub(super) time: Option<Duration>,
    /// Sequences in a batch, 1 to 4096.
    #[arg(long, help_heading = "For experts", value_parser = within(1_usize..=4096))]
    pub(super) batch: Option<usize>,
    /// Notes in a training window, 2 to 4096; the hidden state is carried to the next window.
    #[arg(long, help_heading = "For experts", value_parser = within(2_usize..=4096))]
    pub(super) sequence_length: Option<usize>,
    /// Width of the LSTM layers, 1 to 2048.
    #[arg(long, help_heading = "For experts", value_parser = within(1_usize..=2048))]
    pub(super) hidden: Option<usize>,
    /// Width of the note embedding, 1 to 2048.
    #[arg(long, help_heading = "For experts", value_parser = within(1_usize..=2048))]
    pub(super) embedding: Option<usize>,
    /// Width of the output heads, 1 to 1024.
    #[arg(long, help_heading = "For experts", value_parser = within(1_usize..=1024))]
    pub(super) head: Option<usize>,
    /// LSTM layers, 1 to 4.
    #[arg(long, help_heading = "For experts", value_parser = within(1_usize..=4))]
    pub(super) layers: Option<usize>,
    /// Share of each layer's outputs dropped in training, 0 to 0.9.
    #[arg(long, help_heading = "For experts", value_parser = within(0.0_f32..=0.9))]
    pub(super) dropout: Option<f32>,
    /// Share of the recurrent weights that an update is computed without, 0 to 0.9.
    #[arg(long, help_heading = "For experts", value_parser = within(0.0_f32..=0.9))]
    pub(super) weight_dropout: Option<f32>,
    /// Share of the rows of all tables that an update is computed without, 0 to 0.9.
    #[arg(long, help_heading = "For experts", value_parser = within(0.0_f32..=0.9))]
    pub(super) row_dropout: Option<f32>,
    /// Highest learning rate, 0 to 10.
    #[arg(long, help_heading = "For experts", value_parser = within(0.0_f32..=10.0))]
    pub(super) lr: Option<f32>,
    /// Share of the run at the highest learning rate, before it falls, 0 to 0.99.
    #[arg(long, help_heading = "For experts", value_parser = within(0.0_f32..=0.99))]
    pub(super) hold: Option<f32>,
    /// Weight decay, 0 to 10.
    #[arg(long, help_heading = "For experts", value_parser = within(0.0_f32..=10.0))]
    pub(super) weight_decay: Option<f32>,
    /// Exponent of a style's share of the training, its number of notes to this power: 1 keeps the proportions, 0 gives
    /// every style the same share.
    #[arg(long, help_heading = "For experts", default_value_t = 0.5, value_parser = within(0.0_f64..=1.0))]
    pub(super) balance: f64,
    /// Hear a style so many times as often as its share says, 0.01 to 100; may be given for several styles.
    #[arg(long, help_heading = "For experts", value_name = "STYLE=FACTOR", value_parser = values::emphasis)]
    pub(super) emphasis: Vec<(String, f64)>,
    /// Random seed; the same seed trains the same network.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Keep the last network instead of the one with the lowest validation loss.
    #[arg(long, help_heading = "For experts")]
    pub(super) keep_last: bool,
    /// The device to train on.
    #[arg(long, value_enum, default_value_t = DeviceChoice::Cpu)]
    pub(super) device: DeviceChoice,
    /// Precision of the factors in matrix products on the processor; sums and weights are always f32. A resumed run
    /// keeps its precision.
    #[arg(long, help_heading = "For experts", value_enum, default_value_t = Precision::Auto)]
    pub(super) precision: Precision,
    /// Number of threads; by default one for each core. It does not change the result.
    #[arg(long, help_heading = "For experts", value_parser = values::threads)]
    pub(super) threads: Option<usize>,
    /// Notes between two validations; by default a fiftieth of the run.
    #[arg(long, help_heading = "For experts", value_parser = within(1_usize..=1_000_000_000))]
    pub(super) validate_every: Option<usize>,
    /// Seconds between two checkpoints, from which `--resume` continues.
    #[arg(long, help_heading = "For experts", default_value_t = 120.0, value_parser = within(0.0_f64..=86400.0))]
    pub(super) save_every: f64,
    /// Cache the dataset in this folder, for later runs; by default in the user's cache folder.
    #[arg(long, value_name = "FOLDER")]
    pub(super) cache: Option<PathBuf>,
    /// Keep the dataset in memory only.
    #[arg(long, conflicts_with = "cache")]
    pub(super) no_cache: bool,
    /// Do not write the report, a page NAME.html beside the weights with loss curves, samples and comparisons.
    #[arg(long)]
    pub(super) no_report: bool,
    /// The model's name; by default that of the file.
    #[arg(long)]
    pub(super) name: Option<String>,
    /// A paragraph that describes the model.
    #[arg(long, default_value = "")]
    pub(super) description: String,
    /// Licence of the weights.
    #[arg(long, default_value = "")]
    pub(super) licence: String,
    /// Bonus in nats for continuing a repetition: one number for each style, separated by commas. By default 1, or that
    /// of the model to start from.
    #[arg(long, help_heading = "For experts", value_delimiter = ',', value_parser = within(0.0_f32..=10.0))]
    pub(super) form: Vec<f32>,
    /// Factor on min-p: one number for each style, separated by commas. By default 1, or that of the model to start
    /// from.
    #[arg(long, help_heading = "For experts", value_delimiter = ',', value_parser = within(0.0_f32..=10.0))]
    pub(super) min_p: Vec<f32>,
    /// Factor on the temperature, so that 1 is the best of each style: one number for each style, separated by commas.
    /// By default 1, or that of the model to start from.
    #[arg(long, help_heading = "For experts", value_delimiter = ',', value_parser = within(0.0_f32..=10.0))]
    pub(super) temperature: Vec<f32>,
    /// Factor on variety: one number for each style, separated by commas. By default 1, or that of the model to start
    /// from.
    #[arg(long, help_heading = "For experts", value_delimiter = ',', value_parser = within(0.0_f32..=10.0))]
    pub(super) variety: Vec<f32>,
    /// A line of credits; may be given several times.
    #[arg(long)]
    pub(super) credit: Vec<String>,
}

/// The device to train on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum DeviceChoice {
    /// The processor
    Cpu,
    /// The first NVIDIA GPU, if the trainer was built with `--features cuda`
    Gpu,
}

impl DeviceChoice {
    pub(super) fn device(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Processor),
            #[cfg(feature = "cuda")]
            Self::Gpu => {
                crate::training::engines::cuda::check().context("cannot train on a GPU")?;
                Ok(Device::Cuda)
            }
            #[cfg(not(feature = "cuda"))]
            Self::Gpu => bail!("this trainer was built without GPU support: build it with --features cuda"),
        }
    }
}

/// Precision of the factors in matrix products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Precision {
    /// bf16 if the processor has instructions for it (AVX-512BF16), which is faster; otherwise f32
    Auto,
    /// f32: the same results on every processor with fused multiply-add
    F32,
    /// Rounded to bf16, with eight bits of mantissa
    Bf16,
}

/// The products to compute with: as asked for, or as in the run that is resumed. Ignored on a GPU.
pub(super) fn products(args: &TrainArgs, checkpoint: &Path) -> Result<Products> {
    let wanted = match (args.device, args.precision) {
        (DeviceChoice::Gpu, Precision::Bf16) => {
            bail!("--precision bf16 is for the processor: omit it with --device gpu")
        }
        (DeviceChoice::Gpu, _) => Precision::F32,
        (DeviceChoice::Cpu, Precision::Auto) if args.resume => {
            let is_bf16 = is_bf16(checkpoint)?;
            if is_bf16 { Precision::Bf16 } else { Precision::F32 }
        }
        (DeviceChoice::Cpu, wanted) => wanted,
    };
    match wanted {
        Precision::Auto => Ok(Products::best()),
        Precision::F32 => Ok(Products::f32()),
        Precision::Bf16 => Products::bf16().context(
            "this processor cannot multiply bf16 numbers (it has no AVX-512BF16): use --precision f32; a run started in bf16 \
             then continues with slightly different results",
        ),
    }
}
