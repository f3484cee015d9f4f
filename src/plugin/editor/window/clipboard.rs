//! A file on the clipboard, so that it can be pasted into a folder, or into a DAW that takes files so.
//!
//! The window layer (egui-baseview 0.9) copies text alone. What every desktop brings along can copy files:
//! `powershell` on Windows, `osascript` on macOS; on Linux it takes `wl-copy` or `xclip`, which are not on
//! every machine. Each is a process of its own.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Puts the file on the clipboard; says whether that could be done. Waits for the process: call it from the
/// editor's thread alone.
#[must_use]
pub(crate) fn copy_file(path: &Path) -> bool {
    if cfg!(target_os = "windows") {
        let script = "Set-Clipboard -LiteralPath $env:CONTINUO_FILE";
        let mut command = Command::new("powershell");
        command.args(["-NoProfile", "-WindowStyle", "Hidden", "-Command", script]);
        run(command.env("CONTINUO_FILE", path), &[])
    } else if cfg!(target_os = "macos") {
        let lines = ["on run argv", "set the clipboard to (POSIX file (item 1 of argv))", "end run"];
        let mut command = Command::new("osascript");
        command.args(lines.iter().flat_map(|line| ["-e", line]));
        run(command.arg(path), &[])
    } else {
        let list = format!("{}\r\n", uri(path));
        copiers().into_iter().any(|mut command| run(&mut command, list.as_bytes()))
    }
}

/// What can own the clipboard on Linux: Wayland's first where it runs.
fn copiers() -> Vec<Command> {
    let is_there = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let mut commands = Vec::new();
    if is_there("WAYLAND_DISPLAY") {
        let mut command = Command::new("wl-copy");
        command.args(["--type", "text/uri-list"]);
        commands.push(command);
    }
    if is_there("DISPLAY") {
        let mut command = Command::new("xclip");
        command.args(["-selection", "clipboard", "-t", "text/uri-list"]);
        commands.push(command);
    }
    commands
}

/// Runs a command to its end with something to read.
fn run(command: &mut Command, input: &[u8]) -> bool {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    let is_written = child.stdin.take().is_some_and(|mut stdin| stdin.write_all(input).is_ok());
    // Both stay behind as owners of the clipboard, in a process that they split off.
    child.wait().is_ok_and(|status| status.success()) && is_written
}

/// The path as a link: everything but what needs no quoting is quoted.
fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use crate::plugin::editor::window::clipboard::{run, uri};

    #[test]
    fn a_path_becomes_a_link_that_any_letter_survives() {
        let path = Path::new("/home/ada/Musik/Räuber in F# major, 1.mid");
        assert_eq!(uri(path), "file:///home/ada/Musik/R%C3%A4uber%20in%20F%23%20major%2C%201.mid");
    }

    #[test]
    #[cfg(unix)]
    fn what_is_not_installed_or_fails_is_told() {
        assert!(!run(&mut Command::new("continuo-no-such-program"), b"x"));
        assert!(!run(Command::new("sh").args(["-c", "cat > /dev/null; exit 3"]), b"x"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("got");
        assert!(run(Command::new("sh").arg("-c").arg("cat > \"$0\"").arg(&file), b"file:///a\r\n"));
        assert_eq!(std::fs::read(file).unwrap(), b"file:///a\r\n");
    }
}
