//! Hosts that make every call that they may make. `cargo xtask chaos` tries more.

use anyhow::Result;
use xtask::chaos::Screen;

use crate::support::library;

#[test]
fn random_sessions_keep_every_promise() -> Result<()> {
    let folder = tempfile::tempdir()?;
    xtask::chaos::check(&library()?, 12, 1, &folder.path().join("chaos.log"), &Screen::default())
}
