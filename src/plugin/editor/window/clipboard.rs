//! Copying a file to the clipboard, so that it can be pasted into a folder, or into a DAW that accepts files.
//!
//! The window layer (egui-baseview 0.9) copies only text. Files are copied by programs: `powershell` on Windows and
//! `osascript` on macOS, which come with the system, and `wl-copy` or `xclip` on Linux, which not every machine has.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Copies the file to the clipboard, and returns whether it could. Waits for the program, so call it only from the
/// editor's thread.
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
        copy_commands().into_iter().any(|mut command| run(&mut command, list.as_bytes()))
    }
}

/// The programs that can copy files on Linux, Wayland's first where it runs.
fn copy_commands() -> Vec<Command> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let mut commands = Vec::new();
    if is_set("WAYLAND_DISPLAY") {
        let mut command = Command::new("wl-copy");
        command.args(["--type", "text/uri-list"]);
        commands.push(command);
    }
    if is_set("DISPLAY") {
        let mut command = Command::new("xclip");
        command.args(["-selection", "clipboard", "-t", "text/uri-list"]);
        commands.push(command);
    }
    commands
}

/// Runs a command with this input, and returns whether it succeeded.
fn run(command: &mut Command, input: &[u8]) -> bool {
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt;
        // A host is no console program, so a console would flash up.
        const NO_CONSOLE_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(NO_CONSOLE_WINDOW);
    }
    let command = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    let is_written = child.stdin.take().is_some_and(|mut stdin| stdin.write_all(input).is_ok());
    // The Linux programs leave a process of theirs behind, which owns the clipboard.
    child.wait().is_ok_and(|status| status.success()) && is_written
}

/// The path as a URI, percent-encoded where necessary.
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
    #[cfg(unix)]
    use std::process::Command;

    #[cfg(unix)]
    use crate::plugin::editor::window::clipboard::run;
    use crate::plugin::editor::window::clipboard::uri;

    #[test]
    fn every_letter_of_a_path_survives_in_its_uri() {
        let path = Path::new("/home/ada/Musik/Räuber in F# major, 1.mid");
        assert_eq!(uri(path), "file:///home/ada/Musik/R%C3%A4uber%20in%20F%23%20major%2C%201.mid");
    }

    #[test]
    #[cfg(unix)]
    fn a_command_that_is_missing_or_fails_is_reported() {
        assert!(!run(&mut Command::new("continuo-no-such-program"), b"x"));
        assert!(!run(Command::new("sh").args(["-c", "cat > /dev/null; exit 3"]), b"x"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("received");
        assert!(run(Command::new("sh").arg("-c").arg("cat > \"$0\"").arg(&file), b"file:///a\r\n"));
        assert_eq!(std::fs::read(file).unwrap(), b"file:///a\r\n");
    }
}
