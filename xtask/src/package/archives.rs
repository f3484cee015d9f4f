//! Archives whose bytes depend on nothing but the files in them: fixed order, owner and times.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Its place in the package.
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    pub(super) is_program: bool,
}

impl File {
    fn mode(&self) -> u32 {
        if self.is_program { 0o755 } else { 0o644 }
    }
}

/// A compressed tar archive, with all folders listed before what is in them. `time` is in seconds since 1970.
pub(super) fn tar_gz(files: &[File], time: u64) -> Result<Vec<u8>> {
    let gzip = GzEncoder::new(Vec::new(), Compression::best());
    let mut tar = tar::Builder::new(gzip);
    for folder in folders(files) {
        let mut header = tar_header(0, 0o755, time);
        header.set_entry_type(tar::EntryType::Directory);
        tar.append_data(&mut header, folder, std::io::empty())?;
    }
    for file in sorted(files) {
        let mut header = tar_header(file.bytes.len() as u64, file.mode(), time);
        tar.append_data(&mut header, &file.path, file.bytes.as_slice())?;
    }
    Ok(tar.into_inner()?.finish()?)
}

fn tar_header(size: u64, mode: u32, time: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(time);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// A zip archive. `time` is in seconds since 1970.
pub(super) fn zip(files: &[File], time: u64) -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for file in sorted(files) {
        let options = SimpleFileOptions::default()
            .last_modified_time(zip_time(time)?)
            .unix_permissions(file.mode())
            .system(zip::System::Unix);
        // Zip paths have slashes on every system.
        let parts: Vec<_> = file.path.iter().map(|part| part.to_string_lossy()).collect();
        zip.start_file(parts.join("/"), options)?;
        zip.write_all(&file.bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Zip counts two-second steps from 1980.
fn zip_time(seconds: u64) -> Result<zip::DateTime> {
    let (mut year, mut day) = (1970, seconds / 86_400);
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    zip::DateTime::from_date_and_time(
        year as u16,
        month,
        day as u8 + 1,
        hour as u8,
        minute as u8,
        second as u8,
    )
    .context("a time that zip files cannot hold")
}

/// A Debian package: an `ar` archive of its version, its description and its files.
pub(super) fn deb(control: &str, files: &[File], time: u64) -> Result<Vec<u8>> {
    let control = File { path: "./control".into(), bytes: control.as_bytes().to_vec(), is_program: false };
    let members = [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.gz", tar_gz(&[control], time)?),
        ("data.tar.gz", tar_gz(files, time)?),
    ];
    let mut deb = b"!<arch>\n".to_vec();
    for (name, bytes) in members {
        writeln!(deb, "{name:<16}{time:<12}{:<6}{:<6}{:<8}{:<10}`", 0, 0, "100644", bytes.len())?;
        deb.extend_from_slice(&bytes);
        if bytes.len() % 2 == 1 {
            deb.push(b'\n');
        }
    }
    Ok(deb)
}

fn sorted(files: &[File]) -> Vec<&File> {
    let mut files: Vec<&File> = files.iter().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The folders of these files, each after the one that it is in.
fn folders(files: &[File]) -> Vec<&Path> {
    let above = files.iter().flat_map(|file| file.path.ancestors().skip(1));
    let mut folders: Vec<&Path> =
        above.filter(|folder| !folder.as_os_str().is_empty() && *folder != Path::new(".")).collect();
    folders.sort();
    folders.dedup();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<File> {
        let file = |path: &str, is_program| File { path: path.into(), bytes: path.into(), is_program };
        vec![file("a/run", true), file("a/b/text", false), file("a/a", false)]
    }

    /// 2024-02-29, 23:59:58.
    const LEAP_DAY: u64 = 1_709_251_198;

    #[test]
    fn the_order_in_which_files_are_given_changes_no_byte() -> Result<()> {
        let (one, mut other) = (files(), files());
        other.reverse();
        assert_eq!(tar_gz(&one, LEAP_DAY)?, tar_gz(&other, LEAP_DAY)?);
        assert_eq!(zip(&one, LEAP_DAY)?, zip(&other, LEAP_DAY)?);
        assert_eq!(deb("", &one, LEAP_DAY)?, deb("", &other, LEAP_DAY)?);
        Ok(())
    }

    #[test]
    fn a_zip_gives_its_files_back_with_their_times_and_modes() -> Result<()> {
        let mut zip = zip::ZipArchive::new(Cursor::new(zip(&files(), LEAP_DAY)?))?;
        let file = zip.by_name("a/run")?;
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        let time = file.last_modified().context("no time")?;
        assert_eq!((time.year(), time.month(), time.day()), (2024, 2, 29));
        assert_eq!((time.hour(), time.minute(), time.second()), (23, 59, 58));
        Ok(())
    }
}
