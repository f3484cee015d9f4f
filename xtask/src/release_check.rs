//! Everything that a release needs, checked one after the other.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::bundles;
use crate::system::project;

/// What to leave out.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// A check to leave out; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub skip: Vec<String>,
}

/// A command of this program, or one of the checks below.
enum Check {
    Command(&'static [&'static str]),
    Function(fn() -> Result<()>),
}

/// In the order in which they need each other's results.
const CHECKS: [(&str, Check); 16] = [
    ("changelog", Check::Function(changelog)),
    ("address", Check::Function(address)),
    ("gates", Check::Command(&["check", "--install"])),
    ("workflows", Check::Command(&["workflows"])),
    ("tests", Check::Command(&["test"])),
    ("bundle", Check::Command(&["bundle", "--release"])),
    ("package", Check::Command(&["package"])),
    ("reproducible", Check::Function(reproducible)),
    ("notes", Check::Command(&["notes"])),
    ("chaos", Check::Command(&["chaos", "--cases", "1000", "--editor"])),
    ("audio-thread", Check::Command(&["audio-thread"])),
    ("editor", Check::Command(&["soak-editor", "CLAP"])),
    ("standalone", Check::Command(&["standalone"])),
    ("python", Check::Command(&["render-in-python"])),
    ("windows", Check::Command(&["windows"])),
    ("macos", Check::Command(&["macos-check"])),
];

/// Runs every check and prints a line for each: its name, its result and how long it took, and below it what it has
/// skipped. What a check prints goes to a file in target/release-check.
///
/// # Errors
/// If a check fails, or one that is to be left out does not exist. All are run first.
pub fn run(options: &Options) -> Result<()> {
    for name in &options.skip {
        ensure!(CHECKS.iter().any(|(known, _)| known == name), "there is no check {name}");
    }
    let logs = bundles::target()?.join("release-check");
    std::fs::create_dir_all(&logs)?;
    let mut failed = Vec::new();
    for (name, check) in &CHECKS {
        if options.skip.iter().any(|skipped| skipped == name) {
            println!("{name:<14}skipped");
            continue;
        }
        let begun = Instant::now();
        let log = logs.join(format!("{name}.txt"));
        let result = match check {
            Check::Command(arguments) => command(arguments, &log),
            Check::Function(check) => check(),
        };
        let seconds = begun.elapsed().as_secs();
        match result {
            Ok(()) => println!("{name:<14}passes   {seconds:>5} s"),
            Err(error) => {
                println!("{name:<14}FAILS    {seconds:>5} s  {error:#}");
                failed.push(*name);
            }
        }
        if let (Check::Command(_), Ok(printed)) = (check, std::fs::read(&log)) {
            for line in skipped(&String::from_utf8_lossy(&printed)) {
                println!("{:<14}{line}", "");
            }
        }
    }
    ensure!(failed.is_empty(), "not ready for a release: {}", failed.join(", "));
    println!("ready for a release");
    Ok(())
}

/// Runs a command of this program; what it prints goes into a file.
fn command(arguments: &[&str], log: &std::path::Path) -> Result<()> {
    let file = std::fs::File::create(log)?;
    let mut command = Command::new(std::env::current_exe()?);
    for argument in arguments {
        match *argument {
            "CLAP" => command.arg(bundles::last(bundles::Format::Clap)?),
            argument => command.arg(argument),
        };
    }
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).current_dir(project());
    let status = command.status().context("it does not start")?;
    ensure!(status.success(), "see {}", log.display());
    Ok(())
}

/// The lines in which a check says what it did not test.
fn skipped(printed: &str) -> Vec<&str> {
    // A gate's result is printed over its name.
    let lines = printed.lines().filter_map(|line| line.rsplit('\r').next());
    lines.map(str::trim).filter(|line| line.contains("SKIPPED") || line.contains("NOT TESTED")).collect()
}

/// The changelog has a part for this version.
fn changelog() -> Result<()> {
    let text = std::fs::read_to_string(project().join("CHANGELOG.md"))?;
    let heading = format!("## {}", env!("CARGO_PKG_VERSION"));
    let has_it = text.lines().any(|line| line == heading || line.starts_with(&format!("{heading} ")));
    ensure!(has_it, "CHANGELOG.md has no {heading:?}");
    Ok(())
}

/// Cargo.toml says where the project is published: hosts show the address, and the manual's and the support's follow
/// from it.
fn address() -> Result<()> {
    if env!("CARGO_PKG_REPOSITORY").is_empty() {
        bail!("Cargo.toml names no repository (workspace.package.repository)");
    }
    Ok(())
}

/// Two builds give packages of the same bytes: the second is made in the place of the first.
fn reproducible() -> Result<()> {
    let packages = bundles::target()?.join("packages");
    let read = || -> Result<Vec<(std::path::PathBuf, Vec<u8>)>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&packages)? {
            let path = entry?.path();
            if path.is_file() {
                files.push((path.clone(), std::fs::read(path)?));
            }
        }
        files.sort();
        Ok(files)
    };
    let first = read()?;
    ensure!(!first.is_empty(), "there are no packages");
    let target = bundles::target()?.join(format!("{}-unknown-linux-gnu/dist", std::env::consts::ARCH));
    std::fs::remove_dir_all(&target).with_context(|| target.display().to_string())?;
    command(&["package"], &bundles::target()?.join("release-check/package-again.txt"))?;
    for ((path, before), (_, after)) in first.iter().zip(&read()?) {
        ensure!(before == after, "{} differs between two builds", path.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_check_did_not_test_is_found_in_what_it_prints() {
        let printed = "doctests    \rdoctests    passes     12 s\n\
                       cargo-deny  \rcargo-deny  SKIPPED  there is no cargo-deny\n\
                       \n*** NOT TESTED IN ARDOUR: there is no Ardour ***\nall tests pass\n";
        assert_eq!(
            skipped(printed),
            [
                "cargo-deny  SKIPPED  there is no cargo-deny",
                "*** NOT TESTED IN ARDOUR: there is no Ardour ***"
            ]
        );
    }
}
