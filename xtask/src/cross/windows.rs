//! Builds everything for Windows, and tries it in Wine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use x11rb::connection::Connection as _;

use crate::bundles::{self, Format, System};
use crate::cross::compiler::Compiler;
use crate::cross::wine::{self, Wine};
use crate::editor::window::{is_blank, pixels};
use crate::notes;
use crate::picture::save_png;
use crate::system::{project, succeeds};

const TARGET: &str = "x86_64-pc-windows-gnu";
const TRAINER: &str = "continuo-trainer";

/// What to build and to try.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The profile to build with.
    #[arg(long, default_value = "release")]
    pub profile: String,
    /// Try what was built before.
    #[arg(long)]
    pub no_build: bool,
    /// The folder of the plugin and the trainer for Linux to compare with; the last bundles by default.
    #[arg(long)]
    pub linux: Option<PathBuf>,
    /// How many seeds in each style.
    #[arg(long, default_value_t = 10)]
    pub seeds: u32,
    /// How many styles, from the first.
    #[arg(long, default_value_t = 16)]
    pub styles: u32,
    /// How many bars of each.
    #[arg(long, default_value_t = 4)]
    pub bars: u32,
}

/// Builds and tries the plugin, the trainer and the test hosts. Prints a line for each check.
///
/// # Errors
/// If the build or a check fails. All checks are made first.
pub fn run(options: &Options) -> Result<()> {
    wine::install()?;
    let folder = bundles::target()?.join("windows");
    if !options.no_build {
        build(&options.profile, &folder)?;
    }
    let built = folder.join(TARGET).join(if options.profile == "dev" { "debug" } else { &options.profile });
    let packed = folder.join("bundled");
    bundles::pack_all(System::Windows, &built, &packed)?;
    let xtask = System::Windows.program("xtask");
    std::fs::copy(built.join(&xtask), packed.join(&xtask)).with_context(|| xtask.clone())?;
    let linux = options.linux.clone().map_or_else(bundles::folder, Ok)?;
    let attempt = Attempt {
        wine: Wine::new(&packed, &folder)?,
        options: options.clone(),
        linux,
        packed,
        out: folder.join("out"),
    };
    if attempt.out.exists() {
        std::fs::remove_dir_all(&attempt.out)?;
    }
    std::fs::create_dir_all(&attempt.out)?;
    let checks: [(&str, Check); 5] = [
        ("generate", Attempt::generate),
        ("notes", Attempt::notes),
        ("paths", Attempt::paths),
        ("locks", Attempt::locks),
        ("editor", Attempt::editor),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        let begun = Instant::now();
        let result = check(&attempt);
        let seconds = begun.elapsed().as_secs();
        match result {
            Ok(result) => println!("{name:<10}passes  {seconds:>4} s  {result}"),
            Err(error) => {
                println!("{name:<10}FAILS   {seconds:>4} s  {error:#}");
                failed.push(name);
            }
        }
    }
    ensure!(failed.is_empty(), "in Wine: {}", failed.join(", "));
    Ok(())
}

fn build(profile: &str, folder: &Path) -> Result<()> {
    let mut build = Compiler::new()?.cargo("build", TARGET, folder)?;
    build.args(["--profile", profile, "--package", "continuo", "--package", "xtask"]);
    ensure!(succeeds(&mut build)?, "the build for Windows fails");
    Ok(())
}

/// Returns what it found.
type Check = fn(&Attempt) -> Result<String>;

/// What is tried, and with what it is compared.
struct Attempt {
    wine: Wine,
    options: Options,
    linux: PathBuf,
    /// The plugin and the programs for Windows.
    packed: PathBuf,
    out: PathBuf,
}

impl Attempt {
    /// The trainer composes the same files as on Linux.
    fn generate(&self) -> Result<String> {
        let file = self.out.join("windows.mid");
        for style in 1..=self.options.styles {
            Wine::run(&mut self.generating(self.wine.program(TRAINER), style, &file))?;
            ensure!(std::fs::read(&file)? == self.generated_on_linux(style)?, "style {style} differs");
        }
        Ok(format!("the same bytes as on Linux in {} styles", self.options.styles))
    }

    fn generating(&self, mut trainer: Command, style: u32, file: &Path) -> Command {
        let (style, bars) = (style.to_string(), self.options.bars.to_string());
        trainer
            .args(["generate", "--style", &style, "--seed", "7", "--bars", &bars, "--force", "--out"])
            .arg(file);
        trainer
    }

    fn generated_on_linux(&self, style: u32) -> Result<Vec<u8>> {
        let file = self.out.join("linux.mid");
        let mut generate = self.generating(Command::new(self.linux.join(TRAINER)), style, &file);
        let output = generate.output().with_context(|| self.linux.join(TRAINER).display().to_string())?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(std::fs::read(file)?)
    }

    /// The plugin plays the same notes as on Linux in both formats, also after saving and loading.
    fn notes(&self) -> Result<String> {
        let name = bundles::name()?;
        let Options { seeds, styles, bars, .. } = self.options;
        let (windows, linux) = (self.out.join("windows.txt"), self.out.join("linux.txt"));
        let plugin = |folder: &Path, format: Format| folder.join(format.bundle(&name));
        let mut xtask = self.wine.program("xtask");
        xtask.arg("notes").arg("--clap").arg(plugin(&self.packed, Format::Clap));
        xtask.arg("--vst3").arg(plugin(&self.packed, Format::Vst3)).arg("--out").arg(&windows);
        for (option, number) in [("--seeds", seeds), ("--styles", styles), ("--bars", bars)] {
            xtask.args([option, &number.to_string()]);
        }
        let printed = Wine::run(&mut xtask)?;
        notes::write(&notes::Options {
            clap: Some(plugin(&self.linux, Format::Clap)),
            vst3: Some(plugin(&self.linux, Format::Vst3)),
            seeds,
            styles,
            bars,
            out: linux.clone(),
        })?;
        ensure!(std::fs::read(&windows)? == std::fs::read(&linux)?, "the notes differ");
        Ok(format!("equal to Linux: {}", printed.trim()))
    }

    /// Files are written and read under names that are not ASCII, and under long ones.
    fn paths(&self) -> Result<String> {
        let expected = self.generated_on_linux(1)?;
        let long: PathBuf = ["a folder with a name of fifty letters, eight deep, x"; 8].iter().collect();
        let folders = [self.out.join("Räuber & Söhne 音楽 🎹"), self.out.join(long)];
        for folder in &folders {
            std::fs::create_dir_all(folder)?;
            let file = folder.join("a.mid");
            Wine::run(&mut self.generating(self.wine.program(TRAINER), 1, &file))?;
            ensure!(std::fs::read(&file)? == expected, "{} differs", file.display());
            let mut go_on = self.wine.program(TRAINER);
            go_on
                .args(["generate", "--bars", "1", "--continue"])
                .arg(&file)
                .arg("--out")
                .arg(folder.join("b.mid"));
            Wine::run(&mut go_on)?;
        }
        let longest = folders.iter().map(|folder| folder.as_os_str().len()).max().unwrap_or_default();
        Ok(format!("with letters of other scripts, and of {longest} characters"))
    }

    /// Of two runs that would write one model the second is refused, and the file of the first is whole.
    fn locks(&self) -> Result<String> {
        let weights = self.out.join("model.safetensors");
        let train = || {
            let mut train = self.wine.program(TRAINER);
            let mut corpus = OsString::from("samples=");
            corpus.push(project().join("docs/samples"));
            train.arg("train").arg(corpus).args(["--preset", "sketch", "--out"]).arg(&weights);
            train
        };
        let log = std::fs::File::create(self.out.join("train.log"))?;
        let mut first = train().stdout(log.try_clone()?).stderr(log).spawn()?;
        let lock = self.out.join("model.lock");
        let second = loop {
            ensure!(first.try_wait()?.is_none(), "training ends before a second run was tried (train.log)");
            let is_locked = lock.exists()
                || std::fs::read_dir(&self.out)?
                    .flatten()
                    .any(|entry| entry.path().extension().is_some_and(|end| end == "lock"));
            if is_locked {
                break train().output()?;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        let printed = String::from_utf8_lossy(&second.stderr).into_owned();
        ensure!(!second.status.success(), "a second run was let in");
        ensure!(first.wait()?.success(), "the first run fails (train.log)");
        let mut inspect = self.wine.program(TRAINER);
        Wine::run(inspect.arg("inspect").arg(&weights))?;
        Ok(format!("a second training is refused: {}", printed.lines().next().unwrap_or_default()))
    }

    /// The editor is drawn.
    fn editor(&self) -> Result<String> {
        let png = self.out.join("editor.png");
        let mut display = Command::new("xvfb-run");
        display.args(["-a", "-s", "-screen 0 1400x900x24"]).arg(std::env::current_exe()?);
        display.arg("picture-in-wine").arg(&png);
        let output = display.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(png.display().to_string())
    }
}

/// How long the editor may take to draw in Wine, on a processor that is busy.
const PATIENCE: Duration = Duration::from_mins(2);

/// Shows the editor of the plugin for Windows on this X11 display, and saves a picture of it.
///
/// # Errors
/// If Wine fails or the editor stays blank.
pub fn picture(png: &Path) -> Result<()> {
    let folder = bundles::target()?.join("windows");
    let packed = folder.join("bundled");
    let wine = Wine::new(&packed, &folder)?;
    let (connection, screen) = x11rb::connect(None)?;
    let screen = &connection.setup().roots[screen];
    let size = (u32::from(screen.width_in_pixels), u32::from(screen.height_in_pixels));
    let mut show = wine.program("xtask");
    show.arg("show-editor").arg(packed.join(Format::Clap.bundle(&bundles::name()?)));
    let mut shown = show.args(["--seconds", &PATIENCE.as_secs().to_string()]).spawn()?;
    let begun = Instant::now();
    let drawn = loop {
        if let Some(status) = shown.try_wait()? {
            bail!("the editor ends too early: {status}");
        }
        let drawn = pixels(&connection, screen.root, size)?;
        let middle = drawn.len() / 4..drawn.len() / 2;
        let colours: std::collections::BTreeSet<&[u8]> = drawn[middle].chunks_exact(3).collect();
        if !is_blank(&drawn) && colours.len() > 16 {
            break drawn;
        }
        if begun.elapsed() > PATIENCE {
            save_png(png, size.0 as usize, size.1 as usize, &drawn)?;
            shown.kill()?;
            bail!("the editor stays blank: {}", png.display());
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    shown.kill()?;
    shown.wait()?;
    save_png(png, size.0 as usize, size.1 as usize, &drawn)
}
