//! Builds everything for Windows, and tries it in Wine.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use crate::bundles::{self, APPLICATION, Format, System};
use crate::cross::compiler::Compiler;
use crate::cross::wine::{self, Wine};
use crate::notes;
use crate::package;
use crate::picture::save_png;
use crate::system::{project, succeeds};

const TARGET: &str = "x86_64-pc-windows-gnu";
const TRAINER: &str = "continuo-trainer";

/// The tests that are run beside those in the library.
const TESTS: [&str; 6] = ["generate", "odd_midi", "safe_files", "train", "trainer", "weights_file"];

/// The name of a model.
const NAME: &str = "Stücke 音楽";

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
    /// A check to leave out; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub skip: Vec<String>,
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
    bundles::pack_application(System::Windows, &built, &packed)?;
    let xtask = System::Windows.program("xtask");
    std::fs::copy(built.join(&xtask), packed.join(&xtask)).with_context(|| xtask.clone())?;
    let linux = options.linux.clone().map_or_else(bundles::folder, Ok)?;
    let attempt = Attempt {
        wine: Wine::new(&packed, &folder)?,
        options: options.clone(),
        linux,
        built,
        packed,
        out: folder.join("out"),
    };
    if attempt.out.exists() {
        std::fs::remove_dir_all(&attempt.out)?;
    }
    std::fs::create_dir_all(&attempt.out)?;
    println!("{}, {} profile", Wine::version()?, options.profile);
    let checks: [(&str, Check); 8] = [
        ("generate", Attempt::generate),
        ("notes", Attempt::notes),
        ("paths", Attempt::paths),
        ("locks", Attempt::locks),
        ("tests", Attempt::tests),
        ("installer", Attempt::installer),
        ("editor", Attempt::editor),
        ("application", Attempt::application),
    ];
    let mut failed = Vec::new();
    for name in &options.skip {
        ensure!(checks.iter().any(|(known, _)| known == name), "there is no check {name}");
    }
    for (name, check) in checks {
        if options.skip.iter().any(|skipped| skipped == name) {
            println!("{name:<12}skipped");
            continue;
        }
        let begun = Instant::now();
        let result = check(&attempt);
        let seconds = begun.elapsed().as_secs();
        match result {
            Ok(result) => println!("{name:<12}passes  {seconds:>4} s  {result}"),
            Err(error) => {
                println!("{name:<12}FAILS   {seconds:>4} s  {error:#}");
                failed.push(name);
            }
        }
    }
    ensure!(failed.is_empty(), "in Wine: {}", failed.join(", "));
    Ok(())
}

fn build(profile: &str, folder: &Path) -> Result<()> {
    let compiler = Compiler::new()?;
    let application = ["--package", "continuo", "--bin", APPLICATION, "--features", "standalone"];
    // In this order, as for a package: the library that is built with the application is none to ship.
    for what in [&application[..], &["--package", "continuo", "--package", "xtask"]] {
        let mut build = compiler.cargo("build", TARGET, folder)?;
        ensure!(succeeds(build.args(["--profile", profile]).args(what))?, "the build for Windows fails");
    }
    Ok(())
}

/// How much is played.
#[derive(Clone, Copy)]
struct Amount {
    seeds: u32,
    styles: u32,
    bars: u32,
}

/// Returns what it found.
type Check = fn(&Attempt) -> Result<String>;

/// What is tried, and with what it is compared.
struct Attempt {
    wine: Wine,
    options: Options,
    linux: PathBuf,
    /// What cargo has built.
    built: PathBuf,
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
        let plugin = |format: Format| self.packed.join(format.bundle(&name));
        let Options { seeds, styles, bars, .. } = self.options;
        self.same_notes(&plugin(Format::Clap), &plugin(Format::Vst3), Amount { seeds, styles, bars })
    }

    fn same_notes(&self, clap: &Path, vst3: &Path, amount: Amount) -> Result<String> {
        let Amount { seeds, styles, bars } = amount;
        let (windows, linux) = (self.out.join("windows.txt"), self.out.join("linux.txt"));
        let mut xtask = self.wine.program("xtask");
        xtask.arg("notes").arg("--clap").arg(clap).arg("--vst3").arg(vst3).arg("--out").arg(&windows);
        for (option, number) in [("--seeds", seeds), ("--styles", styles), ("--bars", bars)] {
            xtask.args([option, &number.to_string()]);
        }
        let printed = Wine::run(&mut xtask)?;
        let name = bundles::name()?;
        notes::write(&notes::Options {
            clap: Some(self.linux.join(Format::Clap.bundle(&name))),
            vst3: Some(self.linux.join(Format::Vst3.bundle(&name))),
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

    /// Of two runs that would write one model the second is refused, and the file of the first is whole. Options are
    /// read from a file as editors on Windows write it, with a mark at the start and two characters at the end of a line.
    fn locks(&self) -> Result<String> {
        let weights = self.out.join("model.safetensors");
        let options = self.out.join("options.toml");
        std::fs::write(
            &options,
            format!("\u{feff}preset = \"sketch\"\r\nname = \"{NAME}\"\r\nepochs = 4\r\n"),
        )?;
        let train = || {
            let mut train = self.wine.program(TRAINER);
            let mut corpus = OsString::from("samples=");
            corpus.push(project().join("docs/samples"));
            train.arg("train").arg(corpus).arg("--config").arg(&options).arg("--out").arg(&weights);
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
        ensure!(
            Wine::run(inspect.arg("inspect").arg(&weights))?.contains(NAME),
            "the model has another name"
        );
        Ok(format!("a second training is refused: {}", printed.lines().next().unwrap_or_default()))
    }

    /// The tests of what differs between systems pass: files, and the trainer's commands and runs.
    fn tests(&self) -> Result<String> {
        let folder = self.built.ancestors().nth(2).context("no target folder")?;
        let mut test = Compiler::new()?.cargo("test", TARGET, folder)?;
        test.args(["--profile", &self.options.profile, "--package", "continuo", "--no-fail-fast", "--lib"]);
        test.args(TESTS.iter().flat_map(|name| ["--test", name]));
        let runner = format!("CARGO_TARGET_{}_RUNNER", TARGET.to_uppercase().replace('-', "_"));
        let log = self.out.join("tests.txt");
        let file = std::fs::File::create(&log)?;
        test.env(runner, "wine").stdout(file.try_clone()?).stderr(file);
        let passes = succeeds(self.wine.environment(&mut test))?;
        let text = std::fs::read_to_string(&log)?;
        let results =
            text.lines().filter_map(|line| line.strip_prefix("test result: ok. ")?.split_once(" passed"));
        let n_passed: u32 = results.filter_map(|(number, _)| number.parse::<u32>().ok()).sum();
        ensure!(passes, "see {}", log.display());
        Ok(format!("{n_passed} pass"))
    }

    /// The installer puts every file in its place, for all users and for one; what it has installed plays as on Linux,
    /// and the uninstaller leaves nothing behind.
    fn installer(&self) -> Result<String> {
        let out = self.out.join("packages");
        package::run(&package::Options {
            system: System::Windows,
            built: Some(self.built.clone()),
            out: Some(out.clone()),
        })?;
        let setup = out.join(package::setup_name());
        let mut n_files = 0;
        for (scope, key, common, programs) in [
            ("/AllUsers", "HKLM", "Program Files/Common Files", "Program Files"),
            ("/CurrentUser", "HKCU", "AppData/Local/Programs/Common", "AppData/Local/Programs"),
        ] {
            let before = self.wine.files()?;
            let key = format!(r"{key}\Software\Microsoft\Windows\CurrentVersion\Uninstall\Continuo");
            let listed = || Wine::run(self.wine.other("reg").args(["query", &key]));
            // A second installation over the first is an update.
            for _ in 0..2 {
                Wine::run(self.wine.other(&setup).args(["/S", scope]))?;
            }
            let after = self.wine.files()?;
            let installed: Vec<&PathBuf> = after.difference(&before).collect();
            let find = |end: PathBuf| -> Result<&PathBuf> {
                let found = installed.iter().find(|path| path.ends_with(&end));
                found.copied().with_context(|| format!("{scope}: {} is missing", end.display()))
            };
            let name = bundles::name()?;
            let clap =
                find(Path::new(common).join("CLAP").join(Format::Clap.library(System::Windows, &name)))?;
            let vst3 =
                find(Path::new(common).join("VST3").join(Format::Vst3.library(System::Windows, &name)))?;
            let programs = Path::new(programs).join("Continuo");
            for program in [TRAINER, APPLICATION] {
                find(programs.join(System::Windows.program(program)))?;
            }
            let uninstall = find(programs.join("uninstall.exe"))?;
            n_files = installed.len();
            listed().with_context(|| format!("{scope}: it is not listed among the programs"))?;
            let bundle = vst3.ancestors().nth(3).context("no bundle")?;
            self.same_notes(clap, bundle, Amount { seeds: 1, styles: 1, bars: 4 })?;
            Wine::run(self.wine.other(uninstall).args(["/S", scope]))?;
            self.wine.wait()?;
            let left: Vec<PathBuf> = self.wine.files()?.difference(&before).cloned().collect();
            ensure!(left.is_empty(), "{scope}: left behind: {left:?}");
            for file in [clap, vst3, uninstall] {
                let folder = file.parent().context("no folder")?;
                ensure!(!folder.exists(), "{scope}: left behind: {}", folder.display());
            }
            ensure!(listed().is_err(), "{scope}: it is still listed among the programs");
        }
        Ok(format!("{n_files} files for all users and for one, installed twice, played, and removed"))
    }

    /// The editor opens in a window, and is drawn.
    fn editor(&self) -> Result<String> {
        let mut show = self.wine.program("xtask");
        show.arg("show-editor").arg(self.packed.join(Format::Clap.bundle(&bundles::name()?)));
        self.drawn("editor", show.args(["--seconds", &PATIENCE.as_secs().to_string()]))
    }

    /// The application lists ports, opens its window, and draws it while it plays.
    fn application(&self) -> Result<String> {
        let listed = Wine::run(self.wine.program(APPLICATION).arg("--list"))?;
        ensure!(listed.contains("MIDI"), "it lists no ports: {listed}");
        let mut show = self.wine.program(APPLICATION);
        show.arg("--session").arg(self.out.join("piece.session")).args(["--audio", "none", "--play"]);
        self.drawn("application", &mut show)
    }

    /// Waits until a program for Windows has drawn its window, saves a picture of it, and ends the program.
    ///
    /// The picture is of the window that OpenGL draws into. Wine makes a hidden one for a child window, and copies it to
    /// the screen; Wine 8 does not here, since the device context that the window library has taken is of no window.
    fn drawn(&self, name: &str, show: &mut Command) -> Result<String> {
        let png = self.out.join(format!("{name}.png"));
        let (connection, screen) = x11rb::connect(Some(self.wine.display()))?;
        let root = connection.setup().roots[screen].root;
        let log = std::fs::File::create(self.out.join(format!("{name}.txt")))?;
        let mut shown = show.stdout(log.try_clone()?).stderr(log).spawn()?;
        let begun = Instant::now();
        let drawn = loop {
            // One picture more, so that the one that is kept is complete.
            if best_picture(&connection, root)?.is_some()
                && let Some(drawn) = best_picture(&connection, root)?
            {
                break drawn;
            }
            if let Some(status) = shown.try_wait()? {
                bail!("it ends too early: {status} ({name}.txt)");
            }
            if begun.elapsed() > PATIENCE {
                shown.kill()?;
                bail!("it stays blank ({name}.txt)");
            }
            std::thread::sleep(Duration::from_millis(500));
        };
        shown.kill()?;
        shown.wait()?;
        save_png(&png, drawn.width.into(), drawn.height.into(), &drawn.pixels)?;
        Ok(format!("drawn in {} colours: {}", drawn.n_colours, png.display()))
    }
}

/// How long the editor may take to draw in Wine, on a processor that is busy.
const PATIENCE: Duration = Duration::from_mins(3);

/// Fewer than the editor has, and more than other windows.
const FEWEST_COLOURS: usize = 500;

/// What a window shows.
struct Picture {
    width: u16,
    height: u16,
    /// Three bytes a pixel.
    pixels: Vec<u8>,
    n_colours: usize,
}

/// A window below `window` that shows a picture of many colours.
fn best_picture(connection: &RustConnection, window: Window) -> Result<Option<Picture>> {
    for child in connection.query_tree(window)?.reply()?.children {
        // A window may be gone by now, or is not shown.
        let own = picture(connection, child).ok().filter(|own| own.n_colours > FEWEST_COLOURS);
        let found = own.map_or_else(|| best_picture(connection, child), |own| Ok(Some(own)))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// What a window shows on the screen's area.
fn picture(connection: &RustConnection, window: Window) -> Result<Picture> {
    let size = connection.get_geometry(window)?.reply()?;
    let root = size.root;
    let corner = connection.translate_coordinates(window, root, 0, 0)?.reply()?;
    let (left, top) = (corner.dst_x.min(0).unsigned_abs(), corner.dst_y.min(0).unsigned_abs());
    let (width, height) = (size.width.saturating_sub(left), size.height.saturating_sub(top));
    let (x, y) = (left.cast_signed(), top.cast_signed());
    let image = connection.get_image(ImageFormat::Z_PIXMAP, window, x, y, width, height, !0)?.reply()?;
    let pixels: Vec<u8> =
        image.data.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
    let n_colours = pixels.chunks_exact(3).collect::<BTreeSet<&[u8]>>().len();
    Ok(Picture { width, height, pixels, n_colours })
}
