//! Runs the validators of the plugin formats, which are built elsewhere, on the bundles.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::bundles::{self, Format};

/// Which validators to run, and on what.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// free-audio's clap-validator.
    #[arg(long)]
    pub clap_validator: Option<PathBuf>,
    /// Steinberg's validator, of the VST3 SDK.
    #[arg(long)]
    pub vst3_validator: Option<PathBuf>,
    /// Tracktion's pluginval; strictness 10, on the VST3.
    #[arg(long)]
    pub pluginval: Option<PathBuf>,
    /// The CLAP; the last bundle by default.
    #[arg(long)]
    pub clap: Option<PathBuf>,
    /// The VST3; the last bundle by default.
    #[arg(long)]
    pub vst3: Option<PathBuf>,
    /// Also run the extended tests of Steinberg's validator, which take minutes.
    #[arg(long)]
    pub extended: bool,
    /// The folder for what the validators print.
    #[arg(long, default_value = "out/validators")]
    pub out: PathBuf,
}

/// A validator and how to call it.
struct Validator<'a> {
    name: &'a str,
    program: &'a Path,
    arguments: Vec<&'a str>,
    plugin: PathBuf,
}

/// Runs the validators that are given, and prints a line for each.
///
/// # Errors
/// If none is given, a file is missing, or a validator fails. All are run first.
pub fn run(options: &Options) -> Result<()> {
    let validators = options.validators()?;
    ensure!(
        !validators.is_empty(),
        "give at least one of --clap-validator, --vst3-validator and --pluginval"
    );
    for validator in &validators {
        for file in [validator.program, &validator.plugin] {
            ensure!(file.exists(), "{} is missing", file.display());
        }
    }
    std::fs::create_dir_all(&options.out)?;
    let mut failed = Vec::new();
    for validator in &validators {
        let outcome = validator.run(&options.out)?;
        println!("{}: {}", validator.name, outcome.line);
        if !outcome.has_passed {
            failed.push(validator.name);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("{} failed; what was printed is in {}", failed.join(" and "), options.out.display())
}

/// What came of a validator's run.
struct Outcome {
    has_passed: bool,
    line: String,
}

impl Options {
    fn validators(&self) -> Result<Vec<Validator<'_>>> {
        let bundle = |chosen: &Option<PathBuf>, format: Format| match chosen {
            Some(plugin) => Ok(plugin.clone()),
            None => bundles::last(format),
        };
        let mut validators = Vec::new();
        if let Some(program) = &self.clap_validator {
            let plugin = bundle(&self.clap, Format::Clap)?;
            validators.push(Validator {
                name: "clap-validator",
                program,
                arguments: vec!["validate"],
                plugin,
            });
        }
        if let Some(program) = &self.vst3_validator {
            let plugin = bundle(&self.vst3, Format::Vst3)?;
            let arguments = if self.extended { vec!["-e"] } else { Vec::new() };
            validators.push(Validator { name: "validator", program, arguments, plugin });
        }
        if let Some(program) = &self.pluginval {
            let plugin = bundle(&self.vst3, Format::Vst3)?;
            let arguments = vec!["--strictness-level", "10", "--validate"];
            validators.push(Validator { name: "pluginval", program, arguments, plugin });
        }
        Ok(validators)
    }
}

impl Validator<'_> {
    fn run(&self, out: &Path) -> Result<Outcome> {
        let mut command = Command::new(std::path::absolute(self.program)?);
        command.args(&self.arguments).arg(std::path::absolute(&self.plugin)?);
        let output =
            command.output().with_context(|| format!("{} does not start", self.program.display()))?;
        let printed = [output.stdout, output.stderr].concat();
        std::fs::write(out.join(format!("{}.txt", self.name)), &printed)?;
        let summary = summary(&String::from_utf8_lossy(&printed));
        let has_passed = output.status.success();
        let verdict = if has_passed { "passed".to_owned() } else { format!("failed ({})", output.status) };
        Ok(Outcome { has_passed, line: format!("{verdict}: {summary}") })
    }
}

/// The last line that counts tests, or else the last line.
fn summary(printed: &str) -> String {
    let lines = || printed.lines().map(str::trim).filter(|line| !line.is_empty());
    let counts = |line: &&str| {
        let line = line.to_ascii_lowercase();
        (line.contains("passed") || line.contains("failed")) && line.contains(|c: char| c.is_ascii_digit())
    };
    lines().rfind(counts).or_else(|| lines().next_back()).unwrap_or("nothing was printed").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_counts_tests_is_the_summary() {
        let clap = "  - a: PASSED\n\n44 tests run, 36 passed, 0 failed, 8 skipped, 0 warnings\n";
        assert_eq!(summary(clap), "44 tests run, 36 passed, 0 failed, 8 skipped, 0 warnings");
        let vst3 = "* Checking...\nResult: 47 tests passed, 0 tests failed\n------\n";
        assert_eq!(summary(vst3), "Result: 47 tests passed, 0 tests failed");
        assert_eq!(summary("Started\nSUCCESS\n"), "SUCCESS");
        assert_eq!(summary("\n"), "nothing was printed");
    }

    #[test]
    fn a_run_without_a_validator_or_with_a_missing_file_is_an_error() {
        let message = |options: &Options| run(options).unwrap_err().to_string();
        assert!(message(&Options::default()).contains("--pluginval"));
        let missing = Some(PathBuf::from("nowhere/validator"));
        let options = Options { vst3_validator: missing, vst3: Some(".".into()), ..Options::default() };
        assert_eq!(message(&options), "nowhere/validator is missing");
    }

    #[cfg(unix)]
    #[test]
    fn every_validator_is_run_on_its_bundle_and_a_failure_is_reported() -> Result<()> {
        let folder = tempfile::tempdir()?;
        // Another process writes the program: a test beside this one may start a process while the file is open for
        // writing here, which then holds it open, and a file that is open for writing cannot be run.
        let program = |name: &str, exit_code: u8| -> Result<PathBuf> {
            let file = folder.path().join(name);
            let text = format!("#!/bin/sh\necho \"1 passed: $@\"\nexit {exit_code}\n");
            let mut sh = Command::new("sh");
            sh.args(["-c", r#"printf %s "$1" > "$0" && chmod 755 "$0""#]).arg(&file).arg(text);
            ensure!(sh.status()?.success(), "{sh:?} fails");
            Ok(file)
        };
        let (clap, vst3) = (folder.path().join("a.clap"), folder.path().join("a.vst3"));
        std::fs::write(&clap, "")?;
        std::fs::write(&vst3, "")?;
        let options = Options {
            clap_validator: Some(program("first", 1)?),
            vst3_validator: Some(program("second", 0)?),
            pluginval: Some(program("third", 3)?),
            clap: Some(clap.clone()),
            vst3: Some(vst3.clone()),
            extended: true,
            out: folder.path().join("out"),
        };
        let error = run(&options).unwrap_err().to_string();
        assert!(error.starts_with("clap-validator and pluginval failed"), "{error}");
        let printed = |name: &str| std::fs::read_to_string(options.out.join(format!("{name}.txt")));
        assert_eq!(printed("clap-validator")?, format!("1 passed: validate {}\n", clap.display()));
        assert_eq!(printed("validator")?, format!("1 passed: -e {}\n", vst3.display()));
        assert!(printed("pluginval")?.contains("--strictness-level 10 --validate"));
        Ok(())
    }
}
