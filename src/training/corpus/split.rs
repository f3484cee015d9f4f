//! Decides which pieces are trained on and which are held out.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::training::corpus::duplicates::{Likeness, groups};

/// Findings about the files of a corpus, each a path and a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Files found.
    pub n_files: usize,
    /// Files that could not be used.
    pub refused: Vec<(String, String)>,
    /// Repairs in other files.
    pub warnings: Vec<(String, String)>,
    /// Pieces left out because another is identical.
    pub duplicates: Vec<(String, String)>,
    /// Pieces nearly the same as another, and what was done with them.
    pub near_duplicates: Vec<(String, String)>,
    /// Files that are performances, whose timing is learned.
    #[serde(default)]
    pub n_performances: usize,
    /// Files whose chords were found from their notes.
    #[serde(default)]
    pub n_chords_found: usize,
    /// How much of their notes those chords explain, in percent.
    #[serde(default)]
    pub certainty: u32,
    /// Folders that could not be read.
    #[serde(skip)]
    pub unreadable: Vec<(String, String)>,
    /// Why no cache could be written.
    #[serde(skip)]
    pub cache_problem: Option<String>,
}

/// A part of the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// To train on.
    Train,
    /// Held out for validation; never trained on.
    Valid,
}

/// A piece that is to be assigned to a part.
pub(super) struct Entry<'a> {
    pub(super) path: &'a Path,
    pub(super) style: usize,
    pub(super) folder_part: FolderPart,
    pub(super) likeness: Likeness,
}

/// The part that a piece's folder asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FolderPart {
    Train,
    Valid,
    Test,
    Undecided,
}

impl FolderPart {
    fn is_held_out(self) -> bool {
        matches!(self, Self::Valid | Self::Test)
    }
}

/// Assigns each piece to a part; `None` if it is left out.
///
/// Pieces that a folder's own split holds out stay held out. A training piece is left out if another piece of its style
/// is identical, or if a held-out piece of any style is nearly the same.
pub(super) fn split(entries: &[Entry<'_>], report: &mut Report) -> Vec<Option<Part>> {
    let duplicate_of = duplicates(entries);
    let kept: Vec<usize> = (0..entries.len()).filter(|idx| duplicate_of[*idx].is_none()).collect();
    let likenesses: Vec<&Likeness> = kept.iter().map(|idx| &entries[*idx].likeness).collect();
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for (idx, first) in kept.iter().zip(groups(&likenesses)) {
        members.entry(kept[first]).or_default().push(*idx);
    }
    let mut parts = vec![None; entries.len()];
    for (idx, original) in duplicate_of.iter().enumerate() {
        if let Some(original) = original {
            let message = format!("left out: the same notes as {}", entries[*original].path.display());
            report.duplicates.push((name(entries, idx), message));
        }
    }
    let mut groups: Vec<(usize, Vec<usize>)> = members.into_iter().collect();
    groups.sort_unstable_by_key(|(first, _)| *first);
    for (_, group) in &groups {
        place_group(entries, group, &mut parts, report);
    }
    hold_some_out(entries, &groups, &mut parts);
    report.near_duplicates.sort_unstable();
    parts
}

fn name(entries: &[Entry<'_>], idx: usize) -> String {
    entries[idx].path.to_string_lossy().into_owned()
}

/// For each piece that is left out as a duplicate, the piece that is kept.
fn duplicates(entries: &[Entry<'_>]) -> Vec<Option<usize>> {
    let of = |idx: usize| (entries[idx].style, entries[idx].likeness.exact);
    let mut stays: HashMap<(usize, u64), usize> = HashMap::new();
    for idx in (0..entries.len()).filter(|idx| entries[*idx].folder_part.is_held_out()) {
        stays.entry(of(idx)).or_insert(idx);
    }
    let mut duplicate_of = vec![None; entries.len()];
    for idx in (0..entries.len()).filter(|idx| !entries[*idx].folder_part.is_held_out()) {
        let original = *stays.entry(of(idx)).or_insert(idx);
        duplicate_of[idx] = (original != idx).then_some(original);
    }
    duplicate_of
}

/// Assigns pieces that are nearly the same to one part.
fn place_group(entries: &[Entry<'_>], group: &[usize], parts: &mut [Option<Part>], report: &mut Report) {
    let with = |part: FolderPart| group.iter().copied().find(|idx| entries[*idx].folder_part == part);
    let (valid, test, train) = (with(FolderPart::Valid), with(FolderPart::Test), with(FolderPart::Train));
    let held_out = valid.or(test);
    for &idx in group {
        parts[idx] = match entries[idx].folder_part {
            FolderPart::Valid => Some(Part::Valid),
            FolderPart::Undecided if valid.is_some() => Some(Part::Valid),
            FolderPart::Test | FolderPart::Train | FolderPart::Undecided if held_out.is_some() => None,
            FolderPart::Undecided if train.is_none() && is_drawn(entries[group[0]].path) => Some(Part::Valid),
            FolderPart::Test => None,
            FolderPart::Train | FolderPart::Undecided => Some(Part::Train),
        };
        let other = held_out.filter(|other| *other != idx).or((idx != group[0]).then_some(group[0]));
        if let Some(other) = other.filter(|_| !entries[idx].folder_part.is_held_out()) {
            let other = entries[other].path.display();
            let done = match parts[idx] {
                None => format!("left out: nearly the same as {other}, which is held out"),
                Some(Part::Train) => format!("trained on together with {other}, which is nearly the same"),
                Some(Part::Valid) => format!("held out together with {other}, which is nearly the same"),
            };
            report.near_duplicates.push((name(entries, idx), done));
        }
    }
}

/// Holds out one group of each style that has five pieces or more and none held out.
fn hold_some_out(entries: &[Entry<'_>], groups: &[(usize, Vec<usize>)], parts: &mut [Option<Part>]) {
    let n_styles = entries.iter().map(|entry| entry.style + 1).max().unwrap_or_default();
    for style in 0..n_styles {
        let of_style = |idx: &usize| entries[*idx].style == style;
        let has_valid = (0..entries.len()).filter(of_style).any(|idx| parts[idx] == Some(Part::Valid));
        let n_pieces = (0..entries.len()).filter(of_style).filter(|idx| parts[*idx].is_some()).count();
        if has_valid || n_pieces < 5 {
            continue;
        }
        let is_free = |group: &Vec<usize>| {
            let all_undecided =
                group.iter().all(|idx| of_style(idx) && entries[*idx].folder_part == FolderPart::Undecided);
            all_undecided && group.len() * 4 <= n_pieces
        };
        let free = groups.iter().map(|(_, group)| group).filter(|group| is_free(group));
        if let Some(group) = free.min_by_key(|group| name_hash(entries[group[0]].path)) {
            for idx in group {
                parts[*idx] = Some(Part::Valid);
            }
        }
    }
}

/// Whether a piece is held out: one in ten, by file name, so that it stays the same from run to run.
fn is_drawn(file: &Path) -> bool {
    (name_hash(file) >> 32).is_multiple_of(10)
}

/// FNV-1a.
fn name_hash(file: &Path) -> u64 {
    let name = file.file_name().unwrap_or_default().as_encoded_bytes();
    name.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
