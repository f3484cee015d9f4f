//! Folders of MIDI files, one or more for each style.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use crate::files::{Identity, expand_home};
use crate::training::corpus::error::CorpusError;
use crate::training::corpus::split::FolderPart;

/// A folder of MIDI files and the style that they are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StyleFolder {
    /// The style's name, as the style knob shows it.
    pub name: String,
    /// The folder. MIDI files may be at any depth; its folders `train`, `valid` and `test` are a split of its own.
    pub path: PathBuf,
}

impl StyleFolder {
    /// Parses `NAME=FOLDER`, or a folder, after which the style is then named. A folder that has this very name, `=`
    /// included, comes first.
    #[must_use]
    pub fn parse(argument: impl AsRef<OsStr>) -> Self {
        let argument = argument.as_ref();
        let whole = Path::new(argument);
        if !whole.is_dir()
            && let Some((name, path)) = split_name(argument)
        {
            // A shell leaves the `~` of `NAME=~/midi` alone.
            return Self { name, path: expand_home(&path) };
        }
        let name = folder_name(whole).unwrap_or_else(|| argument.to_string_lossy().into_owned());
        Self { name: name.replace('_', " "), path: whole.to_owned() }
    }
}

/// `NAME=FOLDER` at the first `=` behind which there is a folder, or at the first `=`, unless what is before that is the
/// path of a folder.
fn split_name(argument: &OsStr) -> Option<(String, PathBuf)> {
    let bytes = argument.as_encoded_bytes();
    let places = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'=').map(|(place, _)| place);
    let splits: Vec<(String, PathBuf)> = places.filter_map(|place| split_at(argument, place)).collect();
    let is_folder = |(_, path): &&(String, PathBuf)| expand_home(path).is_dir();
    let is_name = |(name, _): &&(String, PathBuf)| !name.contains(std::path::is_separator);
    splits.iter().find(is_folder).or(splits.first().filter(is_name)).cloned()
}

/// The texts before and after a byte `=`; `None` if the name is empty.
fn split_at(argument: &OsStr, place: usize) -> Option<(String, PathBuf)> {
    #[cfg(unix)]
    let (name, path) = {
        use std::os::unix::ffi::OsStrExt;
        let (name, path) = (argument.as_bytes().get(..place)?, argument.as_bytes().get(place + 1..)?);
        (String::from_utf8_lossy(name).into_owned(), OsStr::from_bytes(path).into())
    };
    #[cfg(not(unix))]
    let (name, path) = {
        let argument = argument.to_str()?;
        (argument.get(..place)?.to_owned(), argument.get(place + 1..)?.into())
    };
    (!name.is_empty()).then_some((name, path))
}

/// The name of a folder, also if its path ends in `.` or `..`.
pub(super) fn folder_name(path: &Path) -> Option<String> {
    let whole = if path.file_name().is_none() { path.canonicalize().ok()? } else { path.to_owned() };
    Some(whole.file_name()?.to_string_lossy().into_owned())
}

/// A MIDI file to read.
pub(super) struct Listed {
    pub(super) path: PathBuf,
    pub(super) style: usize,
    pub(super) folder_part: FolderPart,
}

/// The MIDI files of folders, in the order of the folders.
#[derive(Default)]
pub(super) struct Listing {
    pub(super) files: Vec<Listed>,
    /// Files and folders that were reached a second time, and by which path the first time.
    pub(super) again: Vec<(PathBuf, PathBuf)>,
    /// Folders that could not be read, and why.
    pub(super) unreadable: Vec<(PathBuf, String)>,
}

/// Lists the MIDI files of folders, each with the index of its style. A file that can be reached in several ways, by
/// links or because a folder is inside another, is listed once: in the innermost folder, and if it is in a part that is
/// held out, there.
///
/// # Errors
/// If one of these folders cannot be read; a folder inside them that cannot be read is in the listing.
pub(super) fn list<'a>(folders: impl Iterator<Item = (&'a Path, usize)>) -> Result<Listing, CorpusError> {
    let folders: Vec<(&Path, usize)> = folders.collect();
    let depth = |path: &Path| path.canonicalize().map_or(0, |path| path.components().count());
    let mut innermost_first: Vec<usize> = (0..folders.len()).collect();
    innermost_first.sort_by_key(|idx| std::cmp::Reverse(depth(folders[*idx].0)));
    let mut walk = Walk::default();
    let mut found: Vec<Vec<PathBuf>> = vec![Vec::new(); folders.len()];
    for idx in innermost_first {
        found[idx] = walk.midi_files(folders[idx].0)?;
    }
    let mut listing = Listing { again: walk.again, unreadable: walk.unreadable, files: Vec::new() };
    for ((folder, style), files) in folders.into_iter().zip(found) {
        let is_split = files.iter().any(|file| part_of(file, folder) == Some("valid"));
        listing.files.extend(files.into_iter().map(|path| {
            let folder_part = match part_of(&path, folder) {
                Some("test") => FolderPart::Test,
                Some("valid") => FolderPart::Valid,
                _ if is_split => FolderPart::Train,
                _ => FolderPart::Undecided,
            };
            Listed { path, style, folder_part }
        }));
    }
    Ok(listing)
}

/// The top folder of a file inside the style's folder.
fn part_of<'a>(file: &'a Path, folder: &Path) -> Option<&'a str> {
    file.strip_prefix(folder).ok()?.components().next()?.as_os_str().to_str()
}

/// A walk through folders that comes to each file and each folder once, however many links lead there.
#[derive(Default)]
struct Walk {
    visited: HashMap<Identity, PathBuf>,
    again: Vec<(PathBuf, PathBuf)>,
    unreadable: Vec<(PathBuf, String)>,
}

impl Walk {
    /// The MIDI files in a folder, at any depth, that have not been visited, sorted by path.
    fn midi_files(&mut self, folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
        let mut files = Vec::new();
        let top =
            entries(folder).map_err(|source| CorpusError::Folder { path: folder.to_owned(), source })?;
        if self.is_new(folder) {
            let is_held_out = |entry: &Entry| matches!(part_of(&entry.path, folder), Some("valid" | "test"));
            let (held_out, others): (Vec<Entry>, Vec<Entry>) = top.into_iter().partition(is_held_out);
            // The next one is at the end.
            let mut left: Vec<Entry> = held_out.into_iter().chain(others).rev().collect();
            while let Some(Entry { path, is_folder }) = left.pop() {
                if is_folder {
                    if self.is_new(&path) {
                        match entries(&path) {
                            Ok(inside) => left.extend(inside.into_iter().rev()),
                            Err(error) => self.unreadable.push((path, error.to_string())),
                        }
                    }
                } else if is_midi(&path) && self.is_new(&path) {
                    files.push(path);
                }
            }
        }
        files.sort_unstable();
        Ok(files)
    }

    fn is_new(&mut self, path: &Path) -> bool {
        // A link to nothing is a file that cannot be read, and is reported as such when it is.
        let Ok(identity) = Identity::of(path) else { return true };
        if let Some(first) = self.visited.get(&identity) {
            self.again.push((path.to_owned(), first.clone()));
            return false;
        }
        self.visited.insert(identity, path.to_owned());
        true
    }
}

/// Something in a folder.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    path: PathBuf,
    is_folder: bool,
}

/// What is in a folder, sorted by name.
fn entries(folder: &Path) -> std::io::Result<Vec<Entry>> {
    let entry = |entry: std::io::Result<DirEntry>| {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        // Links are followed, since music folders often have them.
        Ok(Entry { is_folder: kind.is_dir() || kind.is_symlink() && path.is_dir(), path })
    };
    let mut entries: Vec<Entry> = std::fs::read_dir(folder)?.map(entry).collect::<std::io::Result<_>>()?;
    entries.sort_unstable();
    Ok(entries)
}

fn is_midi(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    ["mid", "midi", "rmi", "kar", "smf"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
