//! Folders of MIDI files, one or more for each style.

use std::path::{Path, PathBuf};

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
    /// Parses `NAME=FOLDER`, or a folder, after which the style is then named.
    #[must_use]
    pub fn parse(argument: &str) -> Self {
        if let Some((name, path)) = argument.split_once('=') {
            return Self { name: name.to_owned(), path: path.into() };
        }
        let path = PathBuf::from(argument);
        let name = folder_name(&path).unwrap_or_else(|| argument.to_owned());
        Self { name: name.replace('_', " "), path }
    }
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

/// Appends the MIDI files of a folder to `listed`.
pub(super) fn list(folder: &StyleFolder, style: usize, listed: &mut Vec<Listed>) -> Result<(), CorpusError> {
    let files = midi_files(&folder.path)?;
    let is_split = files.iter().any(|file| part_of(file, &folder.path) == Some("valid"));
    listed.extend(files.into_iter().map(|path| {
        let folder_part = match part_of(&path, &folder.path) {
            Some("test") => FolderPart::Test,
            Some("valid") => FolderPart::Valid,
            _ if is_split => FolderPart::Train,
            _ => FolderPart::Undecided,
        };
        Listed { path, style, folder_part }
    }));
    Ok(())
}

/// The top folder of a file inside the style's folder.
fn part_of<'a>(file: &'a Path, folder: &Path) -> Option<&'a str> {
    file.strip_prefix(folder).ok()?.components().next()?.as_os_str().to_str()
}

/// Every MIDI file in a folder, at any depth, sorted by path.
pub(super) fn midi_files(folder: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let unreadable = |source| CorpusError::Folder { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // Links are followed, since music folders often have them.
        let is_folder =
            entry.file_type().is_ok_and(|kind| kind.is_dir() || kind.is_symlink() && path.is_dir());
        if is_folder {
            files.extend(midi_files(&path)?);
        } else if is_midi(&path) {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn is_midi(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    ["mid", "midi", "rmi", "kar", "smf"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
