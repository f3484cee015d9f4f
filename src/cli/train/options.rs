//! What `train` is told.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::cli::train::settings::Preset;
use crate::cli::values;
use crate::model::simd::Products;
use crate::training::config::Device;
use crate::training::run::checkpoint;

/// Learn styles from folders of MIDI files.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own on the command line")]
pub(in crate::cli) struct TrainArgs {
    /// Folders of MIDI files, each a style named after it, or after NAME in NAME=FOLDER; several of one name
    /// are one style.
    #[arg(required = true)]
    pub(super) folders: Vec<String>,
    /// The weights file to make.
    #[arg(long, short)]
    pub(super) out: PathBuf,
    /// Train anew although the weights file exists.
    #[arg(long)]
    pub(super) force: bool,
    /// Go on with a run that was cut off; say all else as before.
    #[arg(long, conflicts_with = "force")]
    pub(super) resume: bool,
    /// Sizes and times; single options go before it.
    #[arg(long, value_enum, default_value_t = Preset::Standard)]
    pub(super) preset: Preset,
    /// Start from this model (`default` is the one that ships with Continuo): its styles are kept, and a folder
    /// named after one of them goes on with that style.
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["hidden", "embedding", "head", "layers"])]
    pub(super) from: Option<PathBuf>,
    /// Passes over the training notes; as many as the size of the corpus asks for by default.
    #[arg(long)]
    pub(super) epochs: Option<f64>,
    /// End after so many looks at the validation pieces that found nothing better.
    #[arg(long)]
    pub(super) patience: Option<usize>,
    /// End after so many minutes even if epochs are left. The result then depends on the machine's speed, and a
    /// resumed run is not the same to the bit.
    #[arg(long)]
    pub(super) minutes: Option<f64>,
    /// Sequences side by side.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(super) batch: Option<u32>,
    /// Notes to a training window; the network's memory is carried on to the next.
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=4096))]
    pub(super) sequence_length: Option<u32>,
    /// Width of the LSTM layers.
    #[arg(long)]
    pub(super) hidden: Option<usize>,
    /// Width of the note embedding.
    #[arg(long)]
    pub(super) embedding: Option<usize>,
    /// Width of the output heads.
    #[arg(long)]
    pub(super) head: Option<usize>,
    /// LSTM layers.
    #[arg(long)]
    pub(super) layers: Option<usize>,
    /// Share of each layer's outputs dropped while training, 0 to 0.9.
    #[arg(long)]
    pub(super) dropout: Option<f32>,
    /// Highest learning rate.
    #[arg(long)]
    pub(super) lr: Option<f32>,
    /// Share of the run through which the learning rate stays at its highest before it falls, 0 to 0.99.
    #[arg(long)]
    pub(super) hold: Option<f32>,
    /// Weight decay.
    #[arg(long)]
    pub(super) weight_decay: Option<f32>,
    /// A style is heard in proportion to its notes to this power: 1 as they come, 0 all alike.
    #[arg(long, default_value_t = 0.5)]
    pub(super) balance: f64,
    /// First number of every random sequence: the same one trains the same network.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Keep the network of the run's end instead of the one that did best on the validation pieces.
    #[arg(long)]
    pub(super) keep_last: bool,
    /// What to compute on.
    #[arg(long, value_enum, default_value_t = DeviceChoice::Cpu)]
    pub(super) device: DeviceChoice,
    /// Numbers that the processor multiplies (a GPU has ways of its own); they are added up, and the weights kept,
    /// in f32 whichever. A resumed run goes on with what it began with.
    #[arg(long, value_enum, default_value_t = Precision::Auto)]
    pub(super) precision: Precision,
    /// Threads; all processors by default. Their number changes no result.
    #[arg(long)]
    pub(super) threads: Option<usize>,
    /// Notes between two looks at the validation pieces; a fiftieth of the run by default.
    #[arg(long)]
    pub(super) validate_every: Option<usize>,
    /// Seconds between two checkpoints, from which `--resume` goes on.
    #[arg(long, default_value_t = 120.0)]
    pub(super) save_every: f64,
    /// Keep what was read from the files in this folder, for later runs; that of the user's caches by default.
    #[arg(long, value_name = "FOLDER")]
    pub(super) cache: Option<PathBuf>,
    /// Keep what was read from the files in memory only.
    #[arg(long, conflicts_with = "cache")]
    pub(super) no_cache: bool,
    /// Write no report: the page NAME.html beside the weights, with curves, samples and comparisons.
    #[arg(long)]
    pub(super) no_report: bool,
    /// The model's name; that of the file by default.
    #[arg(long)]
    pub(super) name: Option<String>,
    /// One paragraph about the model.
    #[arg(long, default_value = "")]
    pub(super) description: String,
    /// Licence of the weights.
    #[arg(long, default_value = "")]
    pub(super) licence: String,
    /// How much likelier than the network finds it a repetition goes on, in nats: one number for each style, with
    /// commas between. Without it 1, or what the model says that the run begins with
    #[arg(long, value_delimiter = ',', value_parser = values::up_to_ten)]
    pub(super) form: Vec<f32>,
    /// A factor on the share of the likeliest below which nothing is drawn: one number for each style, with commas
    /// between. Without it 1, or what the model says that the run begins with
    #[arg(long, value_delimiter = ',', value_parser = values::up_to_ten)]
    pub(super) min_p: Vec<f32>,
    /// Who is to be credited; may be given several times.
    #[arg(long)]
    pub(super) credit: Vec<String>,
}

/// What to compute on, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum DeviceChoice {
    /// The processor's cores
    Cpu,
    /// The first NVIDIA GPU, where this was built with `--features cuda`
    Gpu,
}

impl DeviceChoice {
    pub(super) fn device(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Processor),
            #[cfg(feature = "cuda")]
            Self::Gpu => Ok(Device::Cuda),
            #[cfg(not(feature = "cuda"))]
            Self::Gpu => bail!("this trainer was built without GPU support: build it with --features cuda"),
        }
    }
}

/// Numbers to multiply, as they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Precision {
    /// bf16 where the processor has instructions for it (AVX-512BF16), which is faster; else f32
    Auto,
    /// The same results on all processors that have fused multiply-add
    F32,
    /// Rounded to eight bits of mantissa
    Bf16,
}

/// How the processor computes products: as asked, or as the run did that is resumed. A GPU has ways of its own.
pub(super) fn products(args: &TrainArgs) -> Result<Products> {
    let wanted = match (args.device, args.precision) {
        (DeviceChoice::Gpu, Precision::Bf16) => {
            bail!("--precision bf16 is for the processor: leave it out with --device gpu")
        }
        (DeviceChoice::Gpu, _) => Precision::F32,
        (DeviceChoice::Cpu, Precision::Auto) if args.resume => {
            let is_bf16 = checkpoint::is_bf16(&args.out.with_extension("checkpoint"))?;
            if is_bf16 { Precision::Bf16 } else { Precision::F32 }
        }
        (DeviceChoice::Cpu, wanted) => wanted,
    };
    match wanted {
        Precision::Auto => Ok(Products::best()),
        Precision::F32 => Ok(Products::f32()),
        Precision::Bf16 => Products::bf16().context(
            "this processor cannot multiply bf16 numbers (it has no AVX-512BF16): say --precision f32; a run that was \
             begun in bf16 then goes on, with slightly other results",
        ),
    }
}
