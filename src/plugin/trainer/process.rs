//! The trainer's process.

use std::path::Path;
use std::process::Command;

#[cfg(windows)]
const BELOW_NORMAL_PRIORITY: u32 = 0x4000;
#[cfg(windows)]
const NEW_PROCESS_GROUP: u32 = 0x200;
/// A host is no console program: Windows would open a console for the trainer, and closing that would end it.
#[cfg(windows)]
const NO_CONSOLE_WINDOW: u32 = 0x0800_0000;

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
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt;
        let mut command = Command::new(trainer);
        command.creation_flags(BELOW_NORMAL_PRIORITY | NEW_PROCESS_GROUP | NO_CONSOLE_WINDOW);
        command
    }
}
