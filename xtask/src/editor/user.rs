//! The environment that the editor is tried in: a display, a user's settings, one heap.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// Makes glibc take all small blocks from one heap, and large ones (its own 128 KiB) from the system.
///
/// glibc gives threads heaps of their own, up to eight for each core, and freed blocks stay with their heap.
/// Each window has a thread, and without a graphics card that thread's heap holds pictures of some megabytes.
/// Memory would grow until every heap has had a window once, and hide real leaks. Large blocks would come from
/// the heap as soon as the first was freed, and the gaps between them would look like a leak.
pub(crate) const ONE_HEAP: [(&str, &str); 2] =
    [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "131072")];

/// The colours of the editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Light on dark, the default.
    Dark,
    /// Dark on light.
    Light,
}

/// Whether this process has a display, one heap, and the settings of a user who has chosen these colours and
/// dismissed the welcome card.
///
/// If not, runs this program again with them, with `arguments` and with these environment variables, and waits for
/// it. The display is a virtual one if there is no other. The real user's settings are neither read nor changed.
///
/// # Errors
/// If there is no display, or the program fails on it.
pub(crate) fn is_test_user(
    arguments: &[OsString],
    colours: Colours,
    variables: &[(&str, &str)],
) -> Result<bool> {
    if is_run_again() {
        return Ok(true);
    }
    let has_display = std::env::var_os("DISPLAY").is_some();
    let program = std::env::current_exe()?;
    let again = if has_display { Command::new(program) } else { on_virtual_display(&program) };
    run_again(again, arguments, colours, variables)?;
    Ok(false)
}

/// The same on a virtual display, whether there is another or not, in the default colours.
///
/// # Errors
/// If there is no virtual display, or the program fails on it.
pub(crate) fn is_test_user_on_virtual_display(arguments: &[OsString]) -> Result<bool> {
    if is_run_again() {
        return Ok(true);
    }
    let again = on_virtual_display(&std::env::current_exe()?);
    run_again(again, arguments, Colours::Dark, &[])?;
    Ok(false)
}

/// Set for a program that was run again.
const VARIABLE: &str = "CONTINUO_TEST_USER";

fn is_run_again() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// A program on a virtual display, without a window manager.
fn on_virtual_display(program: &Path) -> Command {
    let mut display = Command::new("xvfb-run");
    display.args(["-a", "-s", "-screen 0 1920x1200x24"]).arg(program);
    display
}

fn run_again(
    mut again: Command,
    arguments: &[OsString],
    colours: Colours,
    variables: &[(&str, &str)],
) -> Result<()> {
    let home = std::env::temp_dir().join(format!("continuo-user-{}", std::process::id()));
    std::fs::create_dir_all(home.join("continuo"))?;
    let is_light = colours == Colours::Light;
    std::fs::write(
        home.join("continuo/editor.json"),
        format!(r#"{{"is_welcomed": true, "is_light": {is_light}}}"#),
    )?;
    again.args(arguments).env(VARIABLE, "1").env("XDG_DATA_HOME", &home).envs(ONE_HEAP);
    again.envs(variables.iter().copied());
    let status = again.status().context("no display, and no xvfb-run (apt install xvfb xauth)")?;
    std::fs::remove_dir_all(&home)?;
    ensure!(status.success(), "it failed: {status}");
    Ok(())
}
