//! Music out of the plugin: a Standard MIDI File among the user's own music.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::music::{Bar, Meter, Mode, Note, Piece, Score, Tick, smf};
use crate::player::ComposingKnobs;
use crate::plugin::folders::{file_stem, music_folder};
use crate::plugin::parameters::tonic_name;
use crate::plugin::Parameters;

/// How much of the take is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// So many bars, up to the one that the playhead is in.
    LastBars(u32),
    /// The phrase that the playhead is in.
    Phrase,
    /// All there is.
    Take,
}

/// As what it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Performance {
    /// With all performing knobs, swing and humanize among them.
    AsHeard,
    /// As it was composed.
    AsComposed,
}

/// Why music cannot be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// No note has been composed there.
    #[error("there is nothing to save there: no note has been composed")]
    Nothing,
    /// The system does not say where the user's files are.
    #[error("no folder for music was found: neither HOME nor USERPROFILE is set")]
    NoFolder,
    /// It cannot be written.
    #[error("could not write {}", path.display())]
    Unwritable {
        /// The file or its folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Saves music of the take in the user's music folder and says in which file. No file is ever overwritten.
///
/// # Errors
/// If there is nothing to save, or it cannot be written.
pub fn save(parameters: &Parameters, extent: Extent, performance: Performance) -> Result<PathBuf, SaveError> {
    let folder = music_folder().ok_or(SaveError::NoFolder)?;
    let knobs = parameters.composing();
    let session = &parameters.session;
    let playhead = session.playhead();
    let score = session.picture();
    let bars = excerpt(&score, extent, playhead.position().to_ticks_floor(), knobs.length);
    let title = title(&knobs, &session.styles());
    let bytes = match performance {
        Performance::AsHeard | Performance::AsComposed => {
            let piece = piece(bars, &knobs, playhead.tempo());
            if piece.notes.is_empty() {
                return Err(SaveError::Nothing);
            }
            smf::write(&piece, &title)
        }
    };
    write_new(&folder, &title, &bytes)
}

/// The bars that are meant.
fn excerpt(score: &Score, extent: Extent, position: Tick, length: u8) -> &[Arc<Bar>] {
    let bars = &score.bars;
    // The bar that the playhead is in has begun before it: at a bar line, the bar before.
    let here = bars.partition_point(|bar| bar.start < position).max(1) - 1;
    let range = match extent {
        Extent::Take => 0..bars.len(),
        Extent::LastBars(n_bars) => (here + 1).saturating_sub(n_bars as usize)..here + 1,
        Extent::Phrase => {
            // A phrase, unlike the last bars, is still to come where the playhead stands at its start.
            let here = bars.partition_point(|bar| bar.start <= position).max(1) - 1;
            let length = usize::from(length.max(1));
            let start = here / length * length;
            start..start + length
        }
    };
    bars.get(range.start.min(bars.len())..range.end.min(bars.len())).unwrap_or_default()
}

/// The bars as a piece that begins at tick zero. Notes that ring in from before are left out.
fn piece(bars: &[Arc<Bar>], knobs: &ComposingKnobs, tempo: f64) -> Piece {
    let start = bars.first().map_or(Tick::ZERO, |bar| bar.start);
    let mut meters: Vec<(Tick, Meter)> = Vec::new();
    for bar in bars {
        if meters.last().is_none_or(|(_, meter)| *meter != bar.meter) {
            meters.push((bar.start - start, bar.meter));
        }
    }
    let notes = bars.iter().flat_map(|bar| &bar.notes);
    Piece {
        notes: notes.map(|note| Note { onset: note.onset - start, ..*note }).collect(),
        meters,
        keys: vec![(Tick::ZERO, knobs.key())],
        tempos: vec![(Tick::ZERO, tempo)],
    }
}

/// What the music is called: style, key and seed.
fn title(knobs: &ComposingKnobs, styles: &[String]) -> String {
    let last = styles.len().saturating_sub(1);
    let style = styles.get(usize::from(knobs.style).min(last)).map_or("Continuo", String::as_str);
    let mode = match knobs.mode() {
        Mode::Major => "major",
        Mode::Minor => "minor",
    };
    format!("{style} in {} {mode}, seed {}", tonic_name(i32::from(knobs.tonic)), knobs.seed)
}

/// Writes a file that is not there yet: the first of the name with a number from 1 that is free.
fn write_new(folder: &Path, title: &str, bytes: &[u8]) -> Result<PathBuf, SaveError> {
    let unwritable = |path: &Path, source| SaveError::Unwritable { path: path.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(|source| unwritable(folder, source))?;
    let stem = file_stem(title);
    let mut number = 1_u32;
    loop {
        let path = folder.join(format!("{stem}, {number}.mid"));
        match std::fs::File::create_new(&path) {
            Ok(mut file) => {
                file.write_all(bytes).map_err(|source| unwritable(&path, source))?;
                return Ok(path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && number < u32::MAX => {
                number += 1;
            }
            Err(error) => return Err(unwritable(&path, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::music::{Bar, Family, Meter, Note, Score, Tick, smf};
    use crate::player::ComposingKnobs;
    use crate::plugin::midi_file::{Extent, excerpt, piece, title, write_new};

    /// Twelve bars, each with a note of its own; from the ninth on in three four.
    fn score() -> Score {
        let waltz = Meter::new(3, 4).unwrap();
        let mut start = Tick(0);
        let bars = (0..12).map(|idx| {
            let meter = if idx < 8 { Meter::COMMON } else { waltz };
            let family = Family::PIANO;
            let note = Note { onset: start, duration: Tick(24), pitch: 60 + idx, velocity: 90, family };
            let bar = Bar { start, meter, notes: vec![note] };
            start = bar.end();
            Arc::new(bar)
        });
        Score { bars: bars.collect() }
    }

    fn pitches(extent: Extent, position: Tick, length: u8) -> Vec<u8> {
        let score = score();
        let bars = excerpt(&score, extent, position, length);
        bars.iter().flat_map(|bar| &bar.notes).map(|note| note.pitch - 60).collect()
    }

    #[test]
    fn the_bars_meant_are_those_that_a_musician_means() {
        let beat = |beats: i64| Tick(24 * beats);
        assert_eq!(pitches(Extent::Take, beat(7), 4), (0..12).collect::<Vec<u8>>());
        assert_eq!(pitches(Extent::LastBars(2), beat(18), 4), [3, 4], "the bar that sounds is the last");
        assert_eq!(pitches(Extent::LastBars(2), beat(16), 4), [2, 3], "at a bar line it is the one before");
        assert_eq!(pitches(Extent::LastBars(9), beat(5), 4), [0, 1]);
        assert_eq!(pitches(Extent::LastBars(2), beat(1000), 4), [10, 11]);
        assert_eq!(pitches(Extent::Phrase, beat(16), 4), [4, 5, 6, 7]);
        assert_eq!(pitches(Extent::Phrase, beat(15), 4), [0, 1, 2, 3]);
        assert_eq!(pitches(Extent::Phrase, beat(33), 5), [5, 6, 7, 8, 9]);
        assert_eq!(pitches(Extent::Phrase, beat(1000), 8), [8, 9, 10, 11]);
        assert!(excerpt(&Score::default(), Extent::Phrase, beat(3), 8).is_empty());
    }

    #[test]
    fn what_is_saved_begins_at_the_beginning_and_keeps_its_meters() {
        let score = score();
        let piece = piece(&score.bars[6..10], &ComposingKnobs::default(), 93.0);
        let written = smf::read(&smf::write(&piece, "title")).unwrap().to_piece();
        let onsets: Vec<i64> = written.notes.iter().map(|note| note.onset.0).collect();
        assert_eq!(onsets, [0, 96, 192, 264]);
        let waltz = Meter::new(3, 4).unwrap();
        assert_eq!(written.meters, [(Tick(0), Meter::COMMON), (Tick(192), waltz)]);
        assert!((written.tempos[0].1 - 93.0).abs() < 0.001);
    }

    #[test]
    fn no_file_is_ever_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("to be made");
        let styles = ["Chorales".to_owned(), "Folk/tunes".to_owned()];
        let knobs = ComposingKnobs { style: 9, seed: 77, tonic: 6, ..ComposingKnobs::default() };
        let title = title(&knobs, &styles);
        assert_eq!(title, "Folk/tunes in F# major, seed 77");
        let first = write_new(&folder, &title, b"one").unwrap();
        let second = write_new(&folder, &title, b"two").unwrap();
        assert_eq!(first.file_name().unwrap(), "Folk-tunes in F# major, seed 77, 1.mid");
        assert_eq!(second.file_name().unwrap(), "Folk-tunes in F# major, seed 77, 2.mid");
        assert_eq!(std::fs::read(first).unwrap(), b"one");
        std::fs::write(folder.join("file"), "").unwrap();
        let error = write_new(&folder.join("file"), &title, b"").unwrap_err().to_string();
        assert!(error.contains("could not write"), "{error}");
    }
}
