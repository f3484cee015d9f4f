//! The trainer's process.

use std::path::Path;
use std::process::Command;

/// The trainer at a low priority, so that music goes before training, and in a process group of its own, so that a
/// Ctrl-C meant for the host does not reach it.
pub(super) fn low_priority(trainer: &Path) -> Command {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new("nice");
        command.args(["-n", "10"]).arg(trainer).process_group(0);
        command
    }
    #[cfg(not(unix))]
    Command::new(trainer)
}
