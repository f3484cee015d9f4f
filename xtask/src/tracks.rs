//! Copies of MIDI files without some of their tracks, for corpora of which only a part may be learned.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use midly::{MetaMessage, Smf, Track, TrackEventKind};

/// What to copy.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The folder of MIDI files; its folders are copied too.
    from: PathBuf,
    /// The folder to write to.
    to: PathBuf,
    /// Keep the tracks whose name contains this, and those without notes.
    #[arg(long, default_value = "(rule)")]
    named: String,
}

/// Copies the files, and prints how many.
///
/// # Errors
/// If a folder cannot be read or a file cannot be written, or if the folder to write to is in the other one. A file that is no MIDI file is named and left out.
pub fn keep(options: &Options) -> Result<()> {
    fs::create_dir_all(&options.to).with_context(|| options.to.display().to_string())?;
    let whole = |path: &Path| path.canonicalize().with_context(|| path.display().to_string());
    let (from, to) = (whole(&options.from)?, whole(&options.to)?);
    ensure!(!to.starts_with(&from), "{} is in the folder to copy", options.to.display());
    let n_files = copy(&options.from, &options.to, &options.named)?;
    println!("Wrote {n_files} files to {}", options.to.display());
    Ok(())
}

fn copy(from: &Path, to: &Path, named: &str) -> Result<usize> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    let mut n_files = 0;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            n_files += copy(&source, &target, named)?;
            continue;
        }
        let bytes = fs::read(&source).with_context(|| source.display().to_string())?;
        match Smf::parse(&bytes) {
            Ok(mut smf) => {
                smf.tracks.retain(|track| is_kept(track, named));
                smf.save(&target).with_context(|| target.display().to_string())?;
                n_files += 1;
            }
            Err(error) => eprintln!("left out {}: {error}", source.display()),
        }
    }
    Ok(n_files)
}

fn is_kept(track: &Track<'_>, named: &str) -> bool {
    let has_notes = track.iter().any(|event| matches!(event.kind, TrackEventKind::Midi { .. }));
    let has_name = track.iter().any(|event| {
        matches!(event.kind, TrackEventKind::Meta(MetaMessage::TrackName(name))
            if String::from_utf8_lossy(name).contains(named))
    });
    has_name || !has_notes
}

#[cfg(test)]
mod tests {
    use midly::num::{u4, u7};
    use midly::{MidiMessage, TrackEvent};

    use super::*;

    #[test]
    fn nothing_is_written_into_the_folder_to_copy() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().to_owned();
        std::fs::write(from.join("a.mid"), "MThd").unwrap();
        for to in [from.clone(), from.join("copy")] {
            let options = Options { from: from.clone(), to, named: "(rule)".to_owned() };
            assert!(keep(&options).unwrap_err().to_string().contains("is in the folder to copy"));
        }
        assert_eq!(std::fs::read(from.join("a.mid")).unwrap(), b"MThd");
    }

    #[test]
    fn a_track_is_kept_by_its_name_or_for_having_no_notes() {
        let name = |name: &'static str| TrackEventKind::Meta(MetaMessage::TrackName(name.as_bytes()));
        let note = TrackEventKind::Midi {
            channel: u4::new(0),
            message: MidiMessage::NoteOn { key: u7::new(60), vel: u7::new(80) },
        };
        let track = |kinds: &[TrackEventKind<'static>]| -> Track<'static> {
            kinds.iter().map(|kind| TrackEvent { delta: 0.into(), kind: *kind }).collect()
        };
        assert!(is_kept(&track(&[name("Comp (rule)"), note]), "(rule)"));
        assert!(!is_kept(&track(&[name("Trumpet"), note]), "(rule)"));
        assert!(is_kept(&track(&[name("Tempo and chords")]), "(rule)"));
    }
}
