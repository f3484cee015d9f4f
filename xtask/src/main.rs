//! `cargo xtask`: bundles the plugin, plays it, draws what it played, and tries it in hosts.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use xtask::midi::Song;
use xtask::play::Options;
use xtask::{ardour, bundles, dance_floor, peers, play, roll, tests};

#[derive(Parser)]
#[command(about = "Bundles the plugin, plays it, draws what it played, and tries it in hosts.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything for release, play 16 bars, and say where it all is.
    Demo(Options),
    /// Run every test: unit tests, our own hosts, Ardour, and the examples in the docs.
    Test {
        /// What goes to `cargo test` beside --workspace.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build the plugin and the trainer, and pack both into target/bundled.
    Bundle {
        /// What goes to `cargo build`, for instance --release.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Play the plugin, and keep the notes, the sound and a picture.
    Play(Options),
    /// Play many instances in one process, and say what they cost and whether a bar came late.
    #[cfg(target_os = "linux")]
    Instances(xtask::instances::Options),
    /// Take a picture of the plugin's editor.
    #[cfg(target_os = "linux")]
    Screenshot {
        /// The plugin.
        clap: PathBuf,
        /// The picture to write.
        png: PathBuf,
        /// In light colours.
        #[arg(long)]
        light: bool,
    },
    /// Open, resize and close the plugin's editor over and over while it plays, and say what it costs.
    #[cfg(target_os = "linux")]
    SoakEditor {
        /// The plugin.
        clap: PathBuf,
        /// How often.
        #[arg(long, default_value_t = 100)]
        times: usize,
        /// Only count the pictures that it finishes a second where drawing costs nothing: Mesa takes what is to be
        /// drawn and fills no pixels.
        #[arg(long, conflicts_with = "times")]
        without_drawing: bool,
    },
    /// Open, resize and close the VST3's editor in Ardour over and over while it plays and is recorded.
    #[cfg(target_os = "linux")]
    SoakEditorInArdour {
        /// The plugin.
        vst3: PathBuf,
        /// How often.
        #[arg(long, default_value_t = 100)]
        times: usize,
        /// Let Ardour hide the editor instead of destroying it, as it does by default.
        #[arg(long)]
        hide: bool,
        /// A picture to write, of Ardour with the editor open.
        #[arg(long)]
        png: Option<PathBuf>,
    },
    /// Draw the pictures of docs/MANUAL.md again.
    ManualPictures,
    /// Play a VST3 in Ardour 7 and keep the MIDI that it records on a second track.
    Ardour {
        /// The plugin.
        vst3: PathBuf,
        /// The MIDI file to write.
        midi: PathBuf,
        /// How long to play.
        #[arg(long, default_value_t = 12)]
        seconds: u32,
        /// A parameter by the name that hosts show, from 0 to 1, for instance Temperature=0.45.
        #[arg(long = "param", value_name = "NAME=VALUE", value_parser = play::assignment)]
        params: Vec<(String, String)>,
    },
    /// Compare training, playing and reading with PyTorch, Keras, onnxruntime, symusic and others.
    BenchPeers(peers::Options),
    /// Draw a MIDI file as a piano roll.
    Roll {
        /// The MIDI file.
        midi: PathBuf,
        /// The picture to write.
        png: PathBuf,
    },
    /// Write dance music made by rule, to train a style on.
    DanceFloor(dance_floor::Options),
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Demo(options) => {
            bundles::bundle(&["--release".to_owned()])?;
            play::play(&options)?;
            play::say_how_to_install()
        }
        Command::Test { arguments } => tests::run(&arguments),
        Command::Bundle { arguments } => bundles::bundle(&arguments),
        Command::Play(options) => {
            play::play(&options)?;
            play::say_how_to_install()
        }
        #[cfg(target_os = "linux")]
        Command::Instances(options) => xtask::instances::measure(&options),
        #[cfg(target_os = "linux")]
        Command::Screenshot { clap, png, light } => {
            let colours =
                if light { xtask::screenshot::Colours::Light } else { xtask::screenshot::Colours::Dark };
            xtask::screenshot::screenshot(&clap, &png, colours)
        }
        #[cfg(target_os = "linux")]
        Command::SoakEditor { clap, without_drawing: true, .. } => xtask::soak::without_drawing(&clap),
        #[cfg(target_os = "linux")]
        Command::SoakEditor { clap, times, .. } => xtask::soak::soak(&clap, times),
        #[cfg(target_os = "linux")]
        Command::SoakEditorInArdour { vst3, times, hide, png } => {
            let closing = if hide { ardour::Closing::Hides } else { ardour::Closing::Destroys };
            ardour::soak(&vst3, times, closing, png.as_deref())
        }
        Command::ManualPictures => tests::manual_pictures(),
        Command::Ardour { vst3, midi, seconds, params } => ardour(&vst3, &midi, seconds, &params),
        Command::DanceFloor(options) => dance_floor::write(&options),
        Command::BenchPeers(options) => peers::bench(&options),
        Command::Roll { midi, png } => {
            let name = midi.file_name().context("no file name")?.to_string_lossy().into_owned();
            roll::draw(&Song::read(&midi)?, &name, &png)
        }
    }
}

fn ardour(vst3: &Path, midi: &Path, seconds: u32, params: &[(String, String)]) -> Result<()> {
    ardour::provide().map_err(|missing| anyhow::anyhow!(missing.0))?;
    let parameters: Result<Vec<_>> =
        params.iter().map(|(name, value)| Ok((name.as_str(), value.parse()?))).collect();
    let folder = std::env::temp_dir().join(format!("continuo-ardour-{}", std::process::id()));
    let job = ardour::Job { vst3, folder: &folder, seconds, parameters: &parameters? };
    let song = ardour::record(&job)?;
    song.write(midi)?;
    std::fs::remove_dir_all(&folder)?;
    println!("Ardour recorded {} notes: {}", song.notes.len(), midi.display());
    Ok(())
}
