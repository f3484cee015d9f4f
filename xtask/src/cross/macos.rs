//! Type-checks everything for macOS, which cannot be linked without Apple's libraries.

use anyhow::{Result, ensure};

use crate::bundles;
use crate::cross::compiler::Compiler;

const TARGETS: [&str; 2] = ["aarch64-apple-darwin", "x86_64-apple-darwin"];

/// Checks the plugin, the trainer, the application and xtask for both processors.
///
/// # Errors
/// If there is an error or a warning.
pub fn check() -> Result<()> {
    let compiler = Compiler::new()?;
    let folder = bundles::target()?.join("macos");
    let mut n_failed = 0;
    for target in TARGETS {
        let mut cargo = compiler.cargo("check", target, &folder)?;
        cargo.args(["--package", "continuo", "--package", "xtask", "--features", "continuo/standalone"]);
        let (passes, problems) = Compiler::warnings(&mut cargo)?;
        for problem in &problems {
            println!("{problem}");
        }
        let is_clean = passes && problems.is_empty();
        println!("{target}: {}", if is_clean { "no error, no warning" } else { "fails" });
        n_failed += usize::from(!is_clean);
    }
    ensure!(n_failed == 0, "macOS fails");
    Ok(())
}
