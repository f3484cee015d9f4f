//! Writing files so that they survive a crash or a power cut.
//!
//! Everything that Continuo writes goes through [`write_with`] or one of its short forms: the bytes go to a
//! temporary file in the same folder, are flushed to the disk, and the file then takes its name in one step. A
//! reader finds the old file or the whole new one.

use std::fs::{File, Permissions};
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// What to do with a file that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Put the new file in its place, with the same permissions.
    Replace,
    /// Leave it alone and report [`AlreadyExists`](std::io::ErrorKind::AlreadyExists).
    Keep,
}

/// A file that could not be written. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
#[error("could not write {}", path.display())]
pub struct WriteError {
    /// The file asked for.
    pub path: PathBuf,
    /// The cause.
    pub source: std::io::Error,
}

impl WriteError {
    /// Whether the file was there already and was to be kept.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.source.kind() == std::io::ErrorKind::AlreadyExists
    }
}

/// Writes a file, in place of one that is there.
///
/// # Errors
/// If it cannot be written; one that was there is then unchanged.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_with(path, Existing::Replace, |file| file.write_all(bytes))
}

/// Writes a file that is not there yet.
///
/// # Errors
/// If it is there ([`WriteError::is_taken`]) or cannot be written.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_with(path, Existing::Keep, |file| file.write_all(bytes))
}

/// Writes a file with the bytes that `fill` puts into it. Its folder must be there.
///
/// A link is followed. What is no regular file, such as a pipe, is written to directly.
///
/// # Errors
/// If `fill` fails or the file cannot be written.
pub fn write_with<T>(
    path: &Path,
    existing: Existing,
    fill: impl FnOnce(&mut File) -> std::io::Result<T>,
) -> Result<T, WriteError> {
    written(path, existing, fill).map_err(|source| WriteError { path: path.to_owned(), source })
}

fn written<T>(
    path: &Path,
    existing: Existing,
    fill: impl FnOnce(&mut File) -> std::io::Result<T>,
) -> std::io::Result<T> {
    let found = std::fs::metadata(path).ok();
    if existing == Existing::Keep && (found.is_some() || path.is_symlink()) {
        return Err(std::io::ErrorKind::AlreadyExists.into());
    }
    let Some(found) = found else { return whole(path, existing, None, fill) };
    if !found.is_file() {
        return fill(&mut File::options().write(true).open(path)?);
    }
    if found.permissions().readonly() {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    whole(&path.canonicalize()?, existing, Some(found.permissions()), fill)
}

/// Writes beside `path`, flushes, and renames. The temporary file is removed on any failure.
fn whole<T>(
    path: &Path,
    existing: Existing,
    permissions: Option<Permissions>,
    fill: impl FnOnce(&mut File) -> std::io::Result<T>,
) -> std::io::Result<T> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside: NamedTempFile<File> = Builder::new()
        .prefix(".continuo-")
        .suffix(".part")
        // Opened by us, so that the permissions are those of any new file of the user.
        .make_in(folder, |beside| File::options().read(true).write(true).create_new(true).open(beside))?;
    let outcome = fill(beside.as_file_mut())?;
    if let Some(permissions) = permissions {
        beside.as_file().set_permissions(permissions)?;
    }
    beside.as_file().sync_all()?;
    let persisted = match existing {
        Existing::Replace => beside.persist(path),
        Existing::Keep => beside.persist_noclobber(path),
    };
    persisted.map_err(|error| error.error)?;
    // The new name is on the disk once the folder is. Some file systems cannot flush folders; the file is whole all
    // the same.
    #[cfg(unix)]
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind, Write};
    use std::path::Path;

    use crate::files::{Existing, create, replace, write_with};

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_or_kept_as_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        create(&path, b"first").unwrap();
        let error = create(&path, b"second").unwrap_err();
        assert!(error.is_taken(), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        replace(&path, b"third").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"third");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else_and_names_the_path_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        replace(&path, b"old").unwrap();
        let error = write_with(&path, Existing::Replace, |file| {
            file.write_all(b"half of the n")?;
            Err::<(), _>(Error::from(ErrorKind::StorageFull))
        })
        .unwrap_err();
        assert_eq!((error.path.as_path(), error.source.kind()), (path.as_path(), ErrorKind::StorageFull));
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.txt"]);

        let inside = folder.path().join("missing").join("b.txt");
        let error = replace(&inside, b"").unwrap_err();
        assert_eq!(error.to_string(), format!("could not write {}", inside.display()));
        assert_eq!(error.source.kind(), ErrorKind::NotFound);
        assert!(!error.source.to_string().contains(".continuo-"), "{}", error.source);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept_and_a_read_only_file_is_left_alone() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [path, link, plain] = ["a.txt", "link.txt", "plain.txt"].map(|name| folder.path().join(name));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        std::fs::write(&plain, b"").unwrap();
        replace(&path, b"first").unwrap();
        assert_eq!(mode(&path), mode(&plain), "of a new file");

        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        replace(&link, b"second").unwrap();
        assert!(link.is_symlink());
        assert_eq!((std::fs::read(&path).unwrap(), mode(&path)), (b"second".to_vec(), 0o640));

        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o440)).unwrap();
        let error = replace(&link, b"third").unwrap_err();
        assert_eq!(error.source.kind(), ErrorKind::PermissionDenied);
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_written_to_and_stays() {
        use std::os::unix::fs::FileTypeExt;
        replace(Path::new("/dev/null"), b"gone").unwrap();
        assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}
