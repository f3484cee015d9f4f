//! Writing files completely or not at all.

use std::fs::{File, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Error, ErrorKind, Read, Write};
use std::path::{Path, PathBuf, is_separator};

use tempfile::{Builder, NamedTempFile};

use crate::files::kind::Kind;
use crate::files::opening::{expect_regular, open};

/// What to do with a file that is already there.
#[derive(Debug, Clone, Copy)]
pub enum Existing {
    /// Put the new file in its place, with the same permissions, if it is empty or of this kind.
    Replace(Kind),
    /// Leave it alone and report [`AlreadyExists`](ErrorKind::AlreadyExists).
    Keep,
}

/// A file that could not be written. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
#[error("could not write {}", path.display())]
pub struct WriteError {
    /// The file asked for.
    pub path: PathBuf,
    /// The cause.
    pub source: io::Error,
}

impl WriteError {
    /// Whether the file was there already and was to be kept.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.source.kind() == ErrorKind::AlreadyExists
    }
}

/// Writes a file, in place of one of the same kind.
///
/// # Errors
/// As [`write_with`].
pub fn replace(path: &Path, kind: Kind, bytes: &[u8]) -> Result<(), WriteError> {
    write_with(path, Existing::Replace(kind), |file| file.write_all(bytes))
}

/// Writes a file that is not there yet.
///
/// # Errors
/// As [`write_with`]; if it is there, [`WriteError::is_taken`].
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_with(path, Existing::Keep, |file| file.write_all(bytes))
}

/// Writes a file with the bytes that `fill` puts into it. Its folder must be there, and links are followed.
///
/// # Errors
/// If `fill` fails, the file cannot be written, or another one is there that may not be replaced: something that is no
/// regular file, one of another kind, one that is read-only. What was there is then unchanged.
pub fn write_with<T>(
    path: &Path,
    existing: Existing,
    fill: impl FnOnce(&mut File) -> io::Result<T>,
) -> Result<T, WriteError> {
    let written = Target::find(path, existing).and_then(|target| target.write(existing, fill));
    written.map_err(|source| WriteError { path: path.to_owned(), source })
}

/// Checks that a file could be written: to be called before the work whose outcome is to be written.
///
/// # Errors
/// As [`write_with`]. Whether the disk has room for it is not known.
pub fn check(path: &Path, existing: Existing) -> Result<(), WriteError> {
    let checked = Target::find(path, existing).and_then(|target| target.begin());
    checked.map(drop).map_err(|source| WriteError { path: path.to_owned(), source })
}

/// Removes what is left of attempts to write this file that were killed. Only for a process that has made sure that it is
/// the only one to write the file.
pub fn remove_leftovers(path: &Path) {
    let Ok(path) = followed(path) else { return };
    let begin = part_prefix(&path);
    for entry in std::fs::read_dir(folder_of(&path)).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(&begin) && name.ends_with(PART) {
            // One that stays costs nothing but space.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Where a file is written.
struct Target {
    /// The path asked for, without links.
    path: PathBuf,
    /// Those of the file that is there.
    permissions: Option<Permissions>,
}

impl Target {
    fn find(path: &Path, existing: Existing) -> io::Result<Self> {
        let last = path.as_os_str().as_encoded_bytes().last();
        if path.file_name().is_none() || last.is_some_and(|last| is_separator(char::from(*last))) {
            return Err(Error::new(ErrorKind::InvalidInput, "expected the name of a file"));
        }
        let found = match std::fs::metadata(path) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { path: followed(path)?, permissions: None });
            }
            Err(error) => return Err(error),
        };
        expect_regular(&found)?;
        let Existing::Replace(kind) = existing else { return Err(ErrorKind::AlreadyExists.into()) };
        if found.permissions().readonly() {
            return Err(Error::new(ErrorKind::PermissionDenied, "the file that is there is read-only"));
        }
        let mut head = Vec::new();
        open(path)?.take(Kind::HEAD).read_to_end(&mut head)?;
        if !head.is_empty() && !(kind.begins)(&head) {
            let message = format!("the file that is there is not {}; no other is replaced", kind.name);
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        Ok(Self { path: path.canonicalize()?, permissions: Some(found.permissions()) })
    }

    /// A new file beside the target, which is removed when it is dropped.
    fn begin(&self) -> io::Result<NamedTempFile<File>> {
        let folder = folder_of(&self.path);
        if !folder.is_dir() {
            return Err(Error::new(ErrorKind::NotFound, format!("there is no folder {}", folder.display())));
        }
        Builder::new()
            .prefix(&part_prefix(&self.path))
            .suffix(PART)
            // Opened by us, so that the permissions are those of any new file of the user.
            .make_in(folder, |beside| File::options().read(true).write(true).create_new(true).open(beside))
            .map_err(|error| error.kind().into())
    }

    /// Writes beside the target, flushes, and renames.
    fn write<T>(self, existing: Existing, fill: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
        let mut beside = self.begin()?;
        let outcome = fill(beside.as_file_mut())?;
        if let Some(permissions) = self.permissions {
            beside.as_file().set_permissions(permissions)?;
        }
        beside.as_file().sync_all()?;
        let persisted = match existing {
            Existing::Replace(_) => beside.persist(&self.path),
            Existing::Keep => beside.persist_noclobber(&self.path),
        };
        persisted.map_err(|error| error.error)?;
        // The new name is on the disk once the folder is. Some file systems cannot flush folders; the file is whole all
        // the same.
        #[cfg(unix)]
        let _ = File::open(folder_of(&self.path)).and_then(|folder| folder.sync_all());
        Ok(outcome)
    }
}

const PART: &str = ".part";

/// How the names of unfinished files begin, the same for all attempts to write one file.
fn part_prefix(path: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    path.file_name().hash(&mut hasher);
    format!(".continuo-{:08x}-", hasher.finish() as u32)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where the links at `path` lead, although nothing is there.
fn followed(path: &Path) -> io::Result<PathBuf> {
    const MOST_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(to) = std::fs::read_link(&path) else { return Ok(path) };
        path = folder_of(&path).join(to);
    }
    Err(Error::other("the link leads to itself"))
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind, Write};
    use std::path::Path;

    use crate::files::writing::PART;
    use crate::files::{Existing, Kind, check, create, remove_leftovers, replace, write_with};

    const NOTE: Kind = Kind { name: "a note", begins: |head| head.starts_with(b"note") };
    const ANY: Kind = Kind { name: "a file", begins: |_| true };

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
        replace(&path, ANY, b"third").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"third");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn only_a_file_of_the_same_kind_or_an_empty_one_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let [note, letter, empty] = ["note", "letter", "empty"].map(|name| folder.path().join(name));
        std::fs::write(&letter, "Dear Ada").unwrap();
        std::fs::write(&empty, "").unwrap();
        for _ in 0..2 {
            replace(&note, NOTE, b"note: milk").unwrap();
        }
        replace(&empty, NOTE, b"note: bread").unwrap();
        for error in [
            replace(&letter, NOTE, b"note: milk").unwrap_err(),
            check(&letter, Existing::Replace(NOTE)).unwrap_err(),
        ] {
            assert_eq!(error.path, letter);
            assert!(error.source.to_string().contains("is not a note"), "{}", error.source);
        }
        assert_eq!(std::fs::read(&letter).unwrap(), b"Dear Ada");
        for folder in [folder.path().to_owned(), "".into(), "..".into(), folder.path().join("new/")] {
            assert!(replace(&folder, ANY, b"").is_err() && check(&folder, Existing::Keep).is_err());
        }
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else_and_names_the_path_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        replace(&path, ANY, b"old").unwrap();
        let error = write_with(&path, Existing::Replace(ANY), |file| {
            file.write_all(b"half of the n")?;
            Err::<(), _>(Error::from(ErrorKind::StorageFull))
        })
        .unwrap_err();
        assert_eq!((error.path.as_path(), error.source.kind()), (path.as_path(), ErrorKind::StorageFull));
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.txt"]);

        let inside = folder.path().join("missing").join("b.txt");
        for error in [replace(&inside, ANY, b"").unwrap_err(), check(&inside, Existing::Keep).unwrap_err()] {
            assert_eq!(error.to_string(), format!("could not write {}", inside.display()));
            assert_eq!(error.source.kind(), ErrorKind::NotFound);
            assert!(error.source.to_string().contains("there is no folder"), "{}", error.source);
        }
    }

    #[test]
    fn a_check_leaves_nothing_behind_and_leftovers_of_one_file_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let [path, other] = ["a.txt", "b.txt"].map(|name| folder.path().join(name));
        check(&path, Existing::Keep).unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
        // As a process that is killed leaves them.
        for path in [&path, &other] {
            let killed = write_with(path, Existing::Keep, |_| {
                let begun = names(folder.path()).into_iter().find(|name| name.contains(PART)).unwrap();
                let copy = begun.replace(PART, "x.part");
                std::fs::write(folder.path().join(copy), "half").unwrap();
                Err::<(), _>(Error::from(ErrorKind::Interrupted))
            });
            assert!(killed.is_err());
            let is_first = path.ends_with("a.txt");
            assert_eq!(names(folder.path()).len(), 1);
            if is_first {
                remove_leftovers(path);
                assert_eq!(names(folder.path()), [""; 0]);
            }
        }
        remove_leftovers(&path);
        assert_eq!(names(folder.path()).len(), 1, "that of another file stays");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept_and_a_read_only_file_is_left_alone() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [path, link, plain, new] =
            ["a.txt", "link.txt", "plain.txt", "new.txt"].map(|name| folder.path().join(name));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        std::fs::write(&plain, b"").unwrap();
        replace(&path, ANY, b"first").unwrap();
        assert_eq!(mode(&path), mode(&plain), "of a new file");

        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        symlink("a.txt", &link).unwrap();
        replace(&link, ANY, b"second").unwrap();
        assert!(link.is_symlink());
        assert_eq!((std::fs::read(&path).unwrap(), mode(&path)), (b"second".to_vec(), 0o640));

        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o440)).unwrap();
        let error = replace(&link, ANY, b"third").unwrap_err();
        assert_eq!(error.source.kind(), ErrorKind::PermissionDenied);
        assert_eq!(std::fs::read(&path).unwrap(), b"second");

        let [dangling, round] = ["dangling.txt", "round.txt"].map(|name| folder.path().join(name));
        symlink(&new, &dangling).unwrap();
        create(&dangling, b"through a link").unwrap();
        assert!(dangling.is_symlink() && create(&dangling, b"").unwrap_err().is_taken());
        assert_eq!(std::fs::read(&new).unwrap(), b"through a link");
        symlink("round.txt", &round).unwrap();
        assert!(replace(&round, ANY, b"").is_err() && round.is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_refused_and_stays() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for (path, found) in [(pipe.as_path(), "a pipe"), ("/dev/null".as_ref(), "a device")] {
            for error in [
                replace(path, ANY, b"").unwrap_err(),
                create(path, b"").unwrap_err(),
                check(path, Existing::Replace(ANY)).unwrap_err(),
            ] {
                assert_eq!(error.source.to_string(), format!("expected a file, found {found}"));
            }
        }
        assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }
}
