//! The notes and bars that the network has read.

use std::ops::Range;

use crate::model::encoding::rows::{LOOKBACKS, N_BAR_TICKS, N_LOOKBACKS};
use crate::model::encoding::told::Told;
use crate::model::encoding::version::Encoding;
use crate::model::vocabulary::{duration_class, feel_class, shift_class};
use crate::music::{Meter, Mode, Note, Tick};

/// Notes older than this many bars are forgotten.
const MEMORY_BARS: usize = 12;
/// Repetitions are not counted beyond this many notes.
const LONGEST_RUN: usize = 64;

/// A note as the network predicts it: the class of each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Instrument family, 0 to 16.
    pub family: usize,
    /// Onset shift since the last note.
    pub shift: usize,
    /// Pitch, relative to a tonic of C.
    pub pitch: usize,
    /// Duration.
    pub duration: usize,
    /// Velocity.
    pub velocity: usize,
    /// Feel; always 0 in encoding 2.
    pub feel: usize,
}

impl Parts {
    /// The classes in the order in which they are predicted.
    #[must_use]
    pub fn classes(&self) -> [usize; 6] {
        let Self { family, shift, pitch, duration, velocity, feel } = *self;
        [family, shift, pitch, duration, velocity, feel]
    }
}

/// The notes and bars that the network has read, as far as it looks back.
#[derive(Debug, Clone)]
pub struct Memory {
    pub(super) encoding: Encoding,
    pub(super) style: usize,
    pub(super) mode: Mode,
    /// In the order of [`Note`]; the next shift counts from the last one.
    pub(super) notes: Vec<Note>,
    /// Starts of bars, ascending; the last one is the current bar.
    pub(super) bars: Vec<Tick>,
    pub(super) meter: Meter,
    /// Bars before the current one, since the beginning.
    pub(super) bar_count: usize,
    /// For each lookback, how many of the last notes in a row repeat what came that many bars before.
    pub(super) runs: [usize; N_LOOKBACKS],
    /// Pitched notes of other music that are still sounding.
    ringing: Vec<Note>,
    pub(super) told: Told,
}

impl Memory {
    /// No notes yet, at the bar line `start`.
    #[must_use]
    pub fn new(encoding: Encoding, style: usize, mode: Mode, start: Tick, meter: Meter) -> Self {
        Self {
            encoding,
            style,
            mode,
            notes: Vec::new(),
            bars: vec![start],
            meter,
            bar_count: 0,
            runs: [0; N_LOOKBACKS],
            ringing: Vec::new(),
            told: Told::default(),
        }
    }

    /// Sets what the network is told of the music to come, from now on. Encoding 2 knows nothing of it.
    pub fn tell(&mut self, told: Told) {
        self.told = told;
    }

    /// Adds notes of other music that are still sounding at the start, until they end.
    pub fn add_ringing(&mut self, notes: &[Note]) {
        self.ringing.extend(notes.iter().filter(|note| !note.family.is_drums()));
    }

    /// Sets the style and mode from now on.
    pub fn set_style(&mut self, style: usize, mode: Mode) {
        (self.style, self.mode) = (style, mode);
    }

    /// Begins a bar of `meter` at `start`; a bar that does not follow the last one is ignored.
    pub fn begin_bar(&mut self, start: Tick, meter: Meter) {
        if start == self.bar_start() {
            self.meter = meter;
        }
        if start <= self.bar_start() {
            return;
        }
        self.meter = meter;
        self.bar_count += 1;
        self.bars.push(start);
        self.ringing.retain(|note| start < note.end());
        if self.bars.len() > 2 * MEMORY_BARS {
            self.bars.drain(..MEMORY_BARS);
            // Where bars are short, older notes may still sound.
            let oldest = self.bars[0].min(start - Note::LONGEST);
            let n_forgotten = self.notes.partition_point(|note| note.onset < oldest);
            // The last note stays: the next shift counts from it.
            self.notes.drain(..n_forgotten.min(self.notes.len().saturating_sub(1)));
        }
    }

    /// Adds a note. Returns `false` and ignores it if it does not come after the last one in the order of [`Note`].
    pub fn push(&mut self, note: &Note) -> bool {
        let follows = self.notes.last().is_none_or(|last| is_after(note, last));
        if follows {
            self.count_runs(note);
            self.notes.push(*note);
        }
        follows
    }

    /// What the network is told of the music to come.
    #[must_use]
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// The start of the current bar.
    #[must_use]
    pub fn bar_start(&self) -> Tick {
        self.bars.last().copied().unwrap_or_default()
    }

    /// The meter of the current bar.
    #[must_use]
    pub fn meter(&self) -> Meter {
        self.meter
    }

    /// The end of the current bar.
    #[must_use]
    pub fn bar_end(&self) -> Tick {
        self.bar_start() + self.meter.bar_length()
    }

    /// The encoding.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Bars before the current one, since the beginning.
    #[must_use]
    pub fn bar_count(&self) -> usize {
        self.bar_count
    }

    /// The style.
    #[must_use]
    pub fn style(&self) -> usize {
        self.style
    }

    /// The notes, in order, without forgotten ones.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The onset that the next shift counts from.
    #[must_use]
    pub fn last_onset(&self) -> Tick {
        self.notes.last().map_or_else(|| self.bars.first().copied().unwrap_or_default(), |note| note.onset)
    }

    /// The classes of a note that would come next.
    #[must_use]
    pub fn parts(&self, note: &Note) -> Parts {
        Parts {
            family: note.family.index(),
            shift: shift_class(self.last_onset(), note.onset),
            pitch: usize::from(note.pitch.min(127)),
            duration: duration_class(note.duration),
            velocity: self.encoding.velocity_class(note.velocity),
            feel: if self.encoding == Encoding::Second { 0 } else { feel_class(note.feel) },
        }
    }

    /// The lowest pitch of a note of `family` on the last onset (shift 0), so that chords have one order only; 128
    /// if there is none.
    #[must_use]
    pub fn lowest_in_chord(&self, family: usize) -> usize {
        match self.notes.last() {
            None => 0,
            Some(last) => usize::from(last.pitch) + usize::from(family <= last.family.index()),
        }
    }

    /// The note that came next some bars ago, after the `rank`th note of the chord at the same place in the bar,
    /// and its shift.
    pub(super) fn followed(&self, bars_back: usize, onset: Tick, rank: usize) -> Option<(usize, &Note)> {
        let then = self.back(onset, bars_back)?;
        let chord = self.at_onset(then);
        let next_idx = if chord.len() > rank { chord.start + rank } else { chord.end };
        let note = self.notes.get(next_idx)?;
        // Only a note of the past, not the last note itself.
        (note.onset < onset).then(|| (shift_class(then, note.onset), note))
    }

    /// The note some bars ago that comes next if the longest repetition goes on, and its shift; `None` when no
    /// repetition is `n_notes` long.
    pub(crate) fn next_in_repetition(&self, n_notes: usize) -> Option<(usize, &Note)> {
        let onset = self.last_onset();
        let rank = self.at_onset(onset).len();
        let going_on = (0..).zip(self.runs).filter(|(_, run)| *run >= n_notes);
        let (back_idx, _): (usize, usize) = going_on.max_by_key(|(_, run)| *run)?;
        self.followed(*LOOKBACKS.get(back_idx)?, onset, rank)
    }

    /// Counts on the repetitions that `note` continues, and resets the others.
    fn count_runs(&mut self, note: &Note) {
        let onset = self.last_onset();
        let rank = self.at_onset(onset).len();
        let shift = shift_class(onset, note.onset);
        for (back_idx, bars_back) in LOOKBACKS.into_iter().enumerate() {
            let goes_on = self.followed(bars_back, onset, rank).is_some_and(|(then_shift, then)| {
                (then_shift, then.pitch, then.family) == (shift, note.pitch, note.family)
            });
            self.runs[back_idx] = if goes_on { (self.runs[back_idx] + 1).min(LONGEST_RUN) } else { 0 };
        }
    }

    /// Pitched notes that began at or before `tick` and sound at it.
    pub fn sounding_at(&self, tick: Tick) -> impl Iterator<Item = &Note> {
        // Durations are bounded, so only the recent past can still sound.
        let oldest = self.notes.partition_point(|note| note.onset + Note::LONGEST <= tick);
        let own =
            self.notes[oldest..].iter().filter(move |note| !note.family.is_drums() && note.onset <= tick);
        own.chain(&self.ringing).filter(move |note| tick < note.end())
    }

    /// For each lookback, the note of the same rank at the same place some bars before `target`.
    pub(super) fn counterparts(&self, target: Tick) -> [Option<&Note>; N_LOOKBACKS] {
        let rank = self.at_onset(target).len();
        LOOKBACKS.map(|bars_back| {
            let chord = self.at_onset(self.back(target, bars_back)?);
            self.notes[chord].get(rank)
        })
    }

    /// The indices of the notes that begin at `onset`.
    pub(super) fn at_onset(&self, onset: Tick) -> Range<usize> {
        let begin = self.notes.partition_point(|note| note.onset < onset);
        let n_notes = self.notes[begin..].partition_point(|note| note.onset == onset);
        begin..begin + n_notes
    }

    /// The same place in the bar `bars_back` bars before `tick`, if it is not forgotten.
    fn back(&self, tick: Tick, bars_back: usize) -> Option<Tick> {
        let bar_length = self.meter.bar_length();
        let ahead = tick - self.bar_start();
        if ahead.0 >= bar_length.0 {
            // In a bar that has not begun: assumed to have the meter of this one.
            let bars_ahead = (ahead.0 / bar_length.0) as usize;
            let in_bar = Tick(ahead.0 % bar_length.0);
            return match self.bars.len().checked_sub(1)?.checked_add(bars_ahead)?.checked_sub(bars_back)? {
                bar_idx if bar_idx < self.bars.len() => Some(self.bars[bar_idx] + in_bar),
                _ => None,
            };
        }
        let bar_idx = self.bars.partition_point(|start| *start <= tick).checked_sub(1)?;
        Some(self.bars[bar_idx.checked_sub(bars_back)?] + (tick - self.bars[bar_idx]))
    }

    /// Ticks since the bar line before `tick`.
    pub(super) fn bar_tick(&self, tick: Tick) -> usize {
        ((tick - self.bar_start_of(tick)).0.max(0) as usize).min(N_BAR_TICKS - 1)
    }

    /// The bar line before `tick`, or the first that is known.
    pub(super) fn bar_start_of(&self, tick: Tick) -> Tick {
        let ahead = tick - self.bar_start();
        if ahead.0 >= 0 {
            return tick - Tick(ahead.0 % self.meter.bar_length().0);
        }
        let bar_idx = self.bars.partition_point(|start| *start <= tick).saturating_sub(1);
        self.bars[bar_idx]
    }
}

/// Whether `note` may follow `last`: later, or higher in the same chord.
fn is_after(note: &Note, last: &Note) -> bool {
    (note.onset, note.pitch, note.family) > (last.onset, last.pitch, last.family)
}
