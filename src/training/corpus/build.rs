//! Builds a dataset from files, in memory or in a cache file.

use std::io::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::files::{self, Existing};
use crate::training::corpus::dataset::{DATASET, Dataset, PieceRecord, begin_file, finish_file};
use crate::training::corpus::folders::Listed;
use crate::training::corpus::reading::{READER_VERSION, read_file};
use crate::training::corpus::split::{Entry, Part, Report, split};
use crate::training::threads::Threads;

/// Files that are read before their pieces are written to the cache.
const FILES_AT_ONCE: usize = 512;

/// Hash of the files' paths, sizes and modification times: a cache with another key is out of date.
pub(super) fn key(listed: &[Listed], styles: &[String]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(READER_VERSION.to_le_bytes());
    hasher.update(styles.join("\n"));
    for file in listed {
        let metadata = std::fs::metadata(&file.path).ok();
        let changed =
            metadata.as_ref().and_then(|m| m.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok());
        hasher.update(file.path.as_os_str().as_encoded_bytes());
        hasher.update([0, file.style as u8, file.folder_part as u8]);
        hasher.update(metadata.map_or(0, |m| m.len()).to_le_bytes());
        hasher.update(changed.map_or(0, |changed| changed.as_nanos()).to_le_bytes());
    }
    hasher.finalize().into()
}

pub(super) fn build_held(listed: &[Listed], threads: &Threads) -> (Dataset, Report) {
    let mut records = Vec::new();
    // Writing to memory cannot fail.
    let (pieces, report) = build(listed, threads, &mut records).unwrap_or_default();
    (Dataset::held(records, pieces), report)
}

/// Writes the cache file and opens it.
pub(super) fn build_cached(
    listed: &[Listed],
    key: [u8; 32],
    cache: &Path,
    threads: &Threads,
) -> std::io::Result<(Dataset, Report)> {
    if let Some(folder) = cache.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let written = files::write_with(cache, Existing::Replace(DATASET), |file| {
        let mut file = begin_file(file)?;
        let (pieces, report) = build(listed, threads, &mut file)?;
        finish_file(file, key, &pieces, &serde_json::to_vec(&report)?)?;
        Ok(report)
    });
    let report = written.map_err(|error| error.source)?;
    let (dataset, _) =
        Dataset::open(cache, key).ok_or_else(|| std::io::Error::other("it could not be read back"))?;
    Ok((dataset, report))
}

/// [`PieceRecord::part`] of a piece.
pub(super) const TRAIN: u32 = 0;
pub(super) const VALID: u32 = 1;
const UNUSED: u32 = 2;

/// Reads all files, [`FILES_AT_ONCE`] at a time, and writes their records.
fn build(
    listed: &[Listed],
    threads: &Threads,
    records: &mut impl Write,
) -> std::io::Result<(Vec<PieceRecord>, Report)> {
    let mut report = Report { n_files: listed.len(), ..Report::default() };
    let mut entries = Vec::new();
    let mut pieces = Vec::new();
    let (mut first, mut certainty) = (0, 0.0);
    for files in listed.chunks(FILES_AT_ONCE) {
        let read = threads.map(files, |file| read_file(&file.path));
        for (file, read) in files.iter().zip(read) {
            let path = file.path.to_string_lossy();
            report.warnings.extend(read.warnings.into_iter().map(|warning| (path.to_string(), warning)));
            match read.piece {
                Ok(piece) => {
                    records.write_all(&piece.bytes)?;
                    let (n_notes, n_marks) = (piece.n_notes, piece.n_marks);
                    report.n_performances += usize::from(piece.has_feel);
                    report.n_chords_found += usize::from(piece.certainty.is_some());
                    certainty += piece.certainty.unwrap_or(0.0);
                    pieces.push(PieceRecord {
                        first,
                        n_notes,
                        n_marks,
                        style: file.style as u32,
                        part: UNUSED,
                    });
                    first += u64::from(n_notes) + u64::from(n_marks);
                    let Listed { path, style, folder_part } = file;
                    entries.push(Entry {
                        path,
                        style: *style,
                        folder_part: *folder_part,
                        likeness: piece.likeness,
                    });
                }
                Err(reason) => report.refused.push((path.into_owned(), reason)),
            }
        }
    }
    report.certainty = (100.0 * certainty / report.n_chords_found.max(1) as f32).round() as u32;
    let parts = split(&entries, &mut report);
    for (piece, part) in pieces.iter_mut().zip(parts) {
        piece.part = match part {
            Some(Part::Train) => TRAIN,
            Some(Part::Valid) => VALID,
            None => UNUSED,
        };
    }
    Ok((pieces, report))
}
