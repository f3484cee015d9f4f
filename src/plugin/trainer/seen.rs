//! What a run has reported so far.

use std::path::PathBuf;

use crate::music::{Family, Note, Tick};
use crate::run_events::{Assessment, CorpusFound, Estimate, Reached, RunEvent, SampleNote};

/// No note of a sample begins later, in ticks: a minute or so.
const LONGEST_SAMPLE: i64 = 128 * Tick::PER_BEAT;

/// What a run has reported so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// What was found in the folder.
    pub corpus: Option<CorpusFound>,
    /// How long it takes.
    pub estimate: Option<Estimate>,
    /// The last progress.
    pub reached: Option<Reached>,
    /// The errors so far, one point for each validation.
    pub curve: Vec<CurvePoint>,
    /// A few bars of the music that the network composes by now.
    pub sample: Vec<Note>,
    /// How good the model is, once the run is complete.
    pub assessment: Option<Assessment>,
    /// The report, once it is written.
    pub report: Option<PathBuf>,
    /// Whether it was stopped after it was last started.
    pub is_stopped: bool,
    /// Why it failed.
    pub error: Option<String>,
}

/// A point of the loss curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Share of the run, 0 to 1.
    pub done: f32,
    /// Error on the held-out pieces; that on the training pieces if none is held out.
    pub error: f32,
}

impl Seen {
    /// Takes in a line that the trainer printed. One that is no event is what a trainer says that cannot even begin; an
    /// event says why it failed in better words.
    pub(super) fn take_in(&mut self, line: &str) {
        match RunEvent::parse(line) {
            Some(event) => self.take_event(event),
            None if !line.trim().is_empty() && self.error.is_none() => {
                let words = line.trim();
                self.error = Some(words.strip_prefix("error: ").unwrap_or(words).to_owned());
            }
            None => {}
        }
    }

    fn take_event(&mut self, event: RunEvent) {
        match event {
            RunEvent::Started { is_resumed: false, .. } => *self = Self::default(),
            RunEvent::Started { .. } => {
                (self.is_stopped, self.assessment, self.error) = (false, None, None);
            }
            RunEvent::Corpus(found) => self.corpus = Some(found),
            RunEvent::Estimate(estimate) => self.estimate = Some(estimate),
            RunEvent::Progress(reached) => {
                if let Some(point) = point(&reached) {
                    // A run that was killed repeats what came after its last checkpoint.
                    self.curve.retain(|before| before.done < point.done);
                    self.curve.push(point);
                }
                self.reached = Some(reached);
            }
            RunEvent::Sample { notes } => self.sample = notes.iter().filter_map(note).collect(),
            RunEvent::Stopped => self.is_stopped = true,
            RunEvent::Report { file } => self.report = Some(file),
            RunEvent::Finished(assessment) => self.assessment = Some(assessment),
            RunEvent::Error { message } => self.error = Some(message),
            RunEvent::EndedEarly | RunEvent::Saved { .. } => {}
        }
    }

    /// Share of the run that is done, 0 to 1.
    #[must_use]
    pub fn progress(&self) -> f32 {
        match (&self.assessment, &self.reached) {
            (Some(_), _) => 1.0,
            (None, reached) => reached.as_ref().map_or(0.0, |reached| reached.done),
        }
    }
}

fn point(reached: &Reached) -> Option<CurvePoint> {
    let error = reached.held_out.as_ref()?.error;
    Some(CurvePoint { done: reached.done, error })
}

/// A note, if it is possible.
fn note(sample: &SampleNote) -> Option<Note> {
    let SampleNote { onset, duration, pitch, velocity, family } = *sample;
    let is_possible =
        (0..=LONGEST_SAMPLE).contains(&onset) && duration > 0 && pitch < 128 && (1..128).contains(&velocity);
    let family = Family::from_index(family)?;
    let duration = Tick(duration.min(Note::LONGEST.0));
    is_possible.then_some(Note { onset: Tick(onset), duration, pitch, velocity, family, feel: None })
}

#[cfg(test)]
mod tests {
    use crate::music::{Family, Tick};
    use crate::plugin::trainer::seen::Seen;
    use crate::run_events::{Assessment, HeldOut, Reached, RunEvent, SampleNote};

    pub(crate) fn reached(done: f32, error: f32) -> RunEvent {
        RunEvent::Progress(Reached {
            done,
            n_notes: 1000,
            notes_per_second: 100.0,
            seconds_left: 60.0,
            learning_rate: 0.005,
            training_error: 2.0,
            held_out: Some(HeldOut { error, is_best: true, styles: Vec::new() }),
        })
    }

    fn seen(events: &[RunEvent]) -> Seen {
        let mut seen = Seen::default();
        for event in events {
            seen.take_in(&event.line());
        }
        seen
    }

    #[test]
    fn a_resumed_run_goes_on_with_its_curve_and_repeats_no_point() {
        let start = |is_resumed| RunEvent::Started { is_resumed, version: String::new() };
        let events = [start(false), reached(0.1, 3.0), reached(0.2, 2.5), RunEvent::Stopped];
        let stopped = seen(&events);
        assert!(stopped.is_stopped && stopped.curve.len() == 2);
        let more = [start(true), reached(0.2, 2.4), reached(0.3, 2.2)];
        let resumed = seen(&[&events[..], &more].concat());
        let curve: Vec<f32> = resumed.curve.iter().map(|point| point.error).collect();
        assert!(!resumed.is_stopped);
        assert_eq!(curve, [3.0, 2.4, 2.2]);
        assert!((resumed.progress() - 0.3).abs() < 1e-6);
        let complete = seen(&[&events[..], &more, &[RunEvent::Finished(Assessment::default())]].concat());
        assert!((complete.progress() - 1.0).abs() < 1e-6);
        assert_eq!(seen(&[&events[..], &[start(false)]].concat()), Seen::default(), "another run");
    }

    #[test]
    fn the_last_sample_is_kept_without_impossible_notes() {
        let note = SampleNote { onset: 24, duration: 12, pitch: 60, velocity: 80, family: 16 };
        let wrong = [
            SampleNote { onset: -1, ..note },
            SampleNote { onset: i64::MAX, ..note },
            SampleNote { duration: 0, ..note },
            SampleNote { pitch: 128, ..note },
            SampleNote { velocity: 0, ..note },
            SampleNote { family: 17, ..note },
        ];
        let sample = |notes: &[SampleNote]| RunEvent::Sample { notes: notes.to_vec() };
        let seen = seen(&[sample(&wrong), sample(&[&wrong[..], &[note]].concat())]);
        let [kept] = &seen.sample[..] else { panic!("{:?}", seen.sample) };
        assert_eq!((kept.onset, kept.pitch, kept.family), (Tick(24), 60, Family::DRUMS));
    }

    #[test]
    fn words_in_place_of_events_are_why_it_failed() {
        let mut seen = Seen::default();
        seen.take_in("error: unexpected argument '--json' found");
        seen.take_in("");
        assert_eq!(seen.error.as_deref(), Some("unexpected argument '--json' found"));
    }
}
