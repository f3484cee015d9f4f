//! What a training run reports as it goes, one JSON object a line.
//!
//! `continuo-trainer train --json` writes these lines and the editor reads them, so both use this module. A line that is
//! not one of them, such as one of a later version, is passed over.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

/// One line of the report; the field `event` names the variant, as in `{"event":"started",…}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// The run begins.
    Started {
        /// Whether it continues an earlier one.
        is_resumed: bool,
        /// The trainer's version.
        version: String,
    },
    /// The folders were read.
    Corpus(CorpusFound),
    /// How long it will take, by this computer's own speed.
    Estimate(Estimate),
    /// Some of it is done.
    Progress(Reached),
    /// A few bars that the network composes by now.
    Sample {
        /// In the order in which they begin.
        notes: Vec<SampleNote>,
    },
    /// It has ended before its time, since the held-out pieces were predicted no better.
    EndedEarly,
    /// It was asked to stop, and can be resumed.
    Stopped,
    /// The model was written.
    Saved {
        /// The weights file.
        #[serde(serialize_with = "as_text")]
        file: PathBuf,
    },
    /// The report was written.
    Report {
        /// The page.
        #[serde(serialize_with = "as_text")]
        file: PathBuf,
    },
    /// It is complete; the last line of a run that succeeds.
    Finished(Assessment),
    /// It has failed; the last line of a run that does.
    Error {
        /// What was expected and what was found.
        message: String,
    },
}

/// What was found in the folders.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CorpusFound {
    /// MIDI files.
    pub n_files: usize,
    /// Whether they were read from the cache.
    pub is_cached: bool,
    /// By style.
    pub styles: Vec<StyleFound>,
    /// Files that are performances, whose timing is learned.
    pub n_performances: usize,
    /// Files in which chords were found, and the share of their notes that are chord tones, in percent.
    pub n_chords_found: usize,
    /// See there.
    pub certainty: u32,
    /// Files that could not be used, and folders that could not be read.
    pub n_refused: usize,
    /// The first of them.
    pub refused: Vec<FileProblem>,
    /// Files that were read with repairs.
    pub n_repaired: usize,
    /// Files left out, since they are the same as others.
    pub n_duplicates: usize,
    /// Files nearly the same as others, kept on one side of the split.
    pub n_near_duplicates: usize,
    /// The log with the problems of every file; none is written for an estimate alone.
    #[serde(serialize_with = "as_text_if_any")]
    pub log: Option<PathBuf>,
    /// Why the music could not be cached.
    pub cache_problem: Option<String>,
}

/// What was found of one style.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StyleFound {
    /// Its name.
    pub name: String,
    /// Pieces to train on.
    pub n_pieces: usize,
    /// Their notes.
    pub n_notes: usize,
    /// Pieces that are held out to measure the network on.
    pub n_held_out: usize,
}

/// A file or folder, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileProblem {
    /// Its path.
    pub file: String,
    /// What is wrong.
    pub reason: String,
}

/// How long a run takes at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The preset, such as `sketch`.
    pub choice: String,
    /// Seconds from the first note to the last; it may end earlier.
    pub seconds: f64,
    /// Notes that this computer trains on in a second, measured.
    pub notes_per_second: f64,
    /// Layers and their width.
    pub n_layers: usize,
    /// See there.
    pub hidden: usize,
}

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// Share of the run, 0 to 1.
    pub done: f32,
    /// Notes trained on.
    pub n_notes: u64,
    /// In a second.
    pub notes_per_second: f64,
    /// If it runs to its planned end.
    pub seconds_left: f64,
    /// The learning rate.
    pub learning_rate: f32,
    /// Prediction error on the training pieces, a running mean in nats per note.
    pub training_error: f32,
    /// The error on the held-out pieces, where it was just measured.
    pub held_out: Option<HeldOut>,
}

/// A note of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleNote {
    /// Where it begins, in 24ths of a quarter note.
    pub onset: i64,
    /// How long it sounds, in the same.
    pub duration: i64,
    /// MIDI key, 0 to 127.
    pub pitch: u8,
    /// 1 to 127.
    pub velocity: u8,
    /// The index of its instrument family, 0 to 16; 16 is drums.
    pub family: usize,
}

/// The error on the held-out pieces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// Mean over the styles in nats per note, without velocity and feel.
    pub error: f32,
    /// Whether it is the lowest so far.
    pub is_best: bool,
    /// By style, in nats per note with all parts.
    pub styles: Vec<StyleError>,
}

/// The error on the held-out pieces of one style.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StyleError {
    /// The style.
    pub name: String,
    /// In nats per note.
    pub error: f32,
}

/// How good the model is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// One word, such as `Good`.
    pub grade: String,
    /// One sentence for a musician.
    pub sentence: String,
    /// The error on the held-out pieces, if there are any.
    pub held_out: Option<HeldOut>,
}

impl RunEvent {
    /// The event of a line, if it is one.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// The line, without the line break.
    #[must_use]
    pub fn line(&self) -> String {
        // Numbers, texts and lists always have a JSON form.
        serde_json::to_string(self).unwrap_or_else(|error| {
            serde_json::json!({ "event": "error", "message": error.to_string() }).to_string()
        })
    }
}

/// A path that is not Unicode is written as near as can be: the run goes on, and its events are read.
fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

#[expect(clippy::ref_option, reason = "serde passes a field by reference")]
fn as_text_if_any<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.display().to_string()).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use crate::run_events::{CorpusFound, HeldOut, Reached, RunEvent, SampleNote};

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_unicode_is_no_error() {
        use std::os::unix::ffi::OsStringExt;
        let file = || std::ffi::OsString::from_vec(b"a\xff.safetensors".to_vec()).into();
        let corpus = CorpusFound { log: Some(file()), ..CorpusFound::default() };
        for event in
            [RunEvent::Saved { file: file() }, RunEvent::Report { file: file() }, RunEvent::Corpus(corpus)]
        {
            let read = RunEvent::parse(&event.line());
            assert!(!matches!(read, None | Some(RunEvent::Error { .. })), "{read:?}");
        }
    }

    #[test]
    fn an_event_reads_back_as_it_was_written_and_other_lines_are_passed_over() {
        let held_out = HeldOut { error: 2.25, is_best: true, styles: Vec::new() };
        let reached = Reached {
            done: 0.5,
            n_notes: 1000,
            notes_per_second: 250.0,
            seconds_left: 4.0,
            learning_rate: 0.005,
            training_error: 2.5,
            held_out: Some(held_out),
        };
        for event in [
            RunEvent::EndedEarly,
            RunEvent::Progress(reached),
            RunEvent::Saved { file: "a.safetensors".into() },
            RunEvent::Sample {
                notes: vec![SampleNote { onset: 0, duration: 24, pitch: 60, velocity: 80, family: 0 }],
            },
        ] {
            assert_eq!(RunEvent::parse(&event.line()), Some(event.clone()));
            assert!(!event.line().contains('\n'));
        }
        assert!(RunEvent::Stopped.line().starts_with(r#"{"event":"stopped""#));
        for line in ["", "42%", "{}", r#"{"event":"sneezed"}"#] {
            assert_eq!(RunEvent::parse(line), None);
        }
    }
}
