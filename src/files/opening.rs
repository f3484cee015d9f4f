//! Opening files without waiting.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Error, ErrorKind, Read};
use std::path::Path;

/// Opens a regular file to read it.
///
/// # Errors
/// If it cannot be opened, or is a folder, a pipe, a socket or a device. Never waits for one of these.
pub fn open(path: &Path) -> io::Result<File> {
    open_with(File::options().read(true), path)
}

/// Opens a regular file to write at its end; a new one if none is there.
///
/// # Errors
/// As [`open()`].
pub fn append(path: &Path) -> io::Result<File> {
    open_with(File::options().append(true).create(true), path)
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// As [`open()`], or [`FileTooLarge`](ErrorKind::FileTooLarge) if it is longer, before any of it is read.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    let too_large = |length| {
        let message = format!("expected a file of at most {limit} bytes, found {length}");
        Err(Error::new(ErrorKind::FileTooLarge, message))
    };
    if length > limit {
        return too_large(length);
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length as usize)?;
    // It may have grown meanwhile, and files of the system do not know how long they are.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    let length = bytes.len() as u64;
    if length > limit { too_large(length) } else { Ok(bytes) }
}

/// Opens a regular file with other options.
pub(super) fn open_with(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    // Looked at first, since to open a device can set it in motion; and again when open, since it may have changed.
    if let Ok(found) = std::fs::metadata(path) {
        expect_regular(&found)?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    let file = options.open(path)?;
    expect_regular(&file.metadata()?)?;
    Ok(file)
}

/// # Errors
/// If it is not a regular file.
pub(super) fn expect_regular(found: &Metadata) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    if found.is_dir() {
        return Err(Error::new(ErrorKind::IsADirectory, "expected a file, found a folder"));
    }
    Err(Error::new(ErrorKind::InvalidInput, format!("expected a file, found {}", special(found))))
}

#[cfg(unix)]
fn special(found: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = found.file_type();
    match () {
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

#[cfg(not(unix))]
fn special(_: &Metadata) -> &'static str {
    "something else"
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use crate::files::read;
    #[cfg(unix)]
    use crate::files::{append, open};

    #[test]
    fn a_file_is_read_up_to_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        let error = read(&path, 4).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert_eq!(error.to_string(), "expected a file of at most 4 bytes, found 5");
        assert_eq!(read(&folder.path().join("no"), 5).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(read(folder.path(), 5).unwrap_err().to_string(), "expected a file, found a folder");
    }

    #[cfg(unix)]
    #[test]
    fn pipes_sockets_and_devices_are_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let [pipe, socket, link] = ["pipe", "socket", "link"].map(|name| folder.path().join(name));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let _socket = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for (path, found) in [
            (pipe.as_path(), "a pipe"),
            (&link, "a pipe"),
            (&socket, "a socket"),
            ("/dev/zero".as_ref(), "a device"),
        ] {
            let expected = format!("expected a file, found {found}");
            assert_eq!(open(path).unwrap_err().to_string(), expected);
            assert_eq!(read(path, 1 << 20).unwrap_err().to_string(), expected);
            assert_eq!(append(path).unwrap_err().to_string(), expected);
        }
    }
}
