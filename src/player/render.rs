//! Renders music as it is performed, all at once instead of block by block.

use std::collections::HashMap;
use std::sync::Arc;

use crate::music::{Bar, Beats, Family, PerformedNote, Tick, Voices};
use crate::player::knobs::{ComposingKnobs, PerformingKnobs};
use crate::player::performing::pitch;
use crate::player::performing::timing::{self, TimedBar, TimedNote};

/// What [`Player`](crate::player::Player) plays when the song runs from the beginning of `bars` with these knobs, at
/// `tempo` quarter notes a minute, with no input: so what was played in is played again if thru is on. In the order
/// of time.
///
/// Positions count from the first bar line, and nothing comes before it. Times, velocities and keys come from the
/// player's own code, so swing, humanize, strum, note length, velocities, octave and transpose sound as in
/// playing, and parts that are not played are left out. `voices` are those of the score that the bars are from. Chord follow does not: the chord that was held is not in the score. An instrument that presses a key
/// it still holds releases it first, as in playing; here each instrument has keys of its own, even where several
/// share a channel. For [`smf::write_performed`].
///
/// [`smf::write_performed`]: crate::music::smf::write_performed
#[must_use]
pub fn render(
    bars: &[Arc<Bar>],
    voices: &Voices,
    played_in: &[PerformedNote],
    composing: &ComposingKnobs,
    performing: &PerformingKnobs,
    tempo: f64,
) -> Vec<PerformedNote> {
    let composing = composing.rounded();
    let performing = timing::in_conversation(&performing.within_ranges(), composing.conversation);
    let origin = bars.first().map_or(Tick::ZERO, |bar| bar.start).to_beats().0;
    let timed = |bar: &Arc<Bar>| -> Vec<TimedNote> {
        let timed = TimedBar::new(bar, voices.of_bar(bar.start), Tick::ZERO, &performing, tempo / 60.0);
        (0..bar.notes.len()).filter_map(|idx| timed.note(idx)).collect()
    };
    let played = |timed: TimedNote| {
        let note = &timed.note;
        let onset = (timed.onset - origin).max(0.0);
        PerformedNote {
            onset: Beats(onset),
            end: Beats((timed.end - origin).max(onset + SHORTEST)),
            channel: pitch::channel_of(timed.line, &performing),
            key: if note.family.is_drums() {
                note.pitch.min(127)
            } else {
                pitch::key_for(note.pitch, &performing, &composing)
            },
            velocity: timing::velocity(&timed, &performing),
            family: note.family,
        }
    };
    let heard = |timed: &TimedNote| performing.plays(timed.line);
    let mut notes: Vec<PerformedNote> = bars.iter().flat_map(timed).filter(heard).map(played).collect();
    if timing::replays_input(&performing, &composing) {
        let end = bars.last().map_or(origin, |bar| bar.end().to_beats().0);
        let begins_here = |note: &&PerformedNote| (origin..end).contains(&note.onset.0);
        let moved = |note: &PerformedNote| {
            let [onset, end] = [note.onset, note.end].map(|position| position - Beats(origin));
            PerformedNote { onset, end, ..*note }
        };
        notes.extend(played_in.iter().filter(begins_here).map(moved));
    }
    // Stable, so that notes of one moment stay in the order of the score.
    notes.sort_by(|a, b| a.onset.0.total_cmp(&b.onset.0));
    one_at_a_time(notes)
}

/// The shortest note in beats, half a millisecond at 120. Two notes of one key that are closer than that are one
/// note.
const SHORTEST: f64 = 1.0 / 960.0;

/// The same notes, each ended before the next one of the same instrument and key.
fn one_at_a_time(notes: Vec<PerformedNote>) -> Vec<PerformedNote> {
    let mut last: HashMap<(Family, u8, u8), usize> = HashMap::new();
    let mut kept: Vec<PerformedNote> = Vec::with_capacity(notes.len());
    for note in notes {
        let place = (note.family, note.channel, note.key);
        if let Some(down) = last.get(&place).and_then(|idx| kept.get_mut(*idx)) {
            if note.onset.0 - down.onset.0 < SHORTEST {
                down.end = Beats(down.end.0.max(note.end.0));
                continue;
            }
            down.end = Beats(down.end.0.min(note.onset.0));
        }
        last.insert(place, kept.len());
        kept.push(note);
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::music::{Bar, Family, Meter, Note, Tick, Voices};
    use crate::player::knobs::{ComposingKnobs, PerformingKnobs};
    use crate::player::render::render;

    fn bars(notes: &[(i64, i64, u8)]) -> Vec<Arc<Bar>> {
        let note = |(onset, duration, pitch): &(i64, i64, u8)| Note {
            onset: Tick(96 + onset),
            duration: Tick(*duration),
            pitch: *pitch,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        let notes = notes.iter().map(note).collect();
        vec![Arc::new(Bar { start: Tick(96), meter: Meter::COMMON, notes })]
    }

    fn times(bars: &[Arc<Bar>], knobs: &PerformingKnobs) -> Vec<(f64, f64)> {
        let notes = render(bars, &Voices::default(), &[], &ComposingKnobs::default(), knobs, 120.0);
        notes.iter().map(|note| (note.onset.0, note.end.0)).collect()
    }

    #[test]
    fn without_knobs_notes_lie_where_they_are_written_from_the_first_bar_line() {
        let bars = bars(&[(0, 24, 60), (30, 6, 62)]);
        assert_eq!(times(&bars, &PerformingKnobs::default()), [(0.0, 1.0), (1.25, 1.5)]);
    }

    #[test]
    fn a_key_is_released_before_it_is_pressed_again() {
        let bars = bars(&[(0, 48, 60), (0, 12, 60), (24, 24, 60)]);
        assert_eq!(times(&bars, &PerformingKnobs::default()), [(0.0, 1.0), (1.0, 2.0)]);
    }

    #[test]
    fn no_note_comes_before_the_first_bar_line_and_none_has_no_length() {
        let notes: Vec<_> = (0..40).map(|pitch| (0, 1, 40 + pitch)).collect();
        let knobs = PerformingKnobs { humanize_timing: 1.0, note_length: 0.0, ..PerformingKnobs::default() };
        let times = times(&bars(&notes), &knobs);
        assert!(times.iter().all(|(onset, end)| *onset >= 0.0 && end - onset > 0.001));
        assert!(times.iter().any(|(onset, _)| *onset == 0.0) && times.iter().any(|(onset, _)| *onset > 0.01));
    }
}
