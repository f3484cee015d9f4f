//! Plays written notes and passes on what comes in: from notes and keys to events.

use std::ops::Range;
use std::sync::Arc;

use crate::music::{Bar, Family, Score, Tick};
use crate::player::events::{Event, EventKind, EventList};
use crate::player::host::position::Ruler;
use crate::player::knobs::{ComposingKnobs, Conversation, PerformingKnobs};
use crate::player::performing::chord_follow::Keyboard;
use crate::player::performing::pitch;
use crate::player::performing::queue::Waiting;
use crate::player::performing::sounding::{Hand, Press, Sounding};
use crate::player::performing::timing::{self, Timed};

/// What sounds, what is about to, and what is held at the input.
///
/// Each written note is read once, shortly before the earliest moment at which it may be played, and waits
/// for its time: so it sounds exactly once, however the knobs that move it are turned meanwhile.
#[derive(Debug)]
pub(crate) struct Performer {
    sounding: Sounding,
    waiting: Waiting,
    keyboard: Keyboard,
    /// Notes written before this tick have been read or passed over.
    due: Tick,
    /// Nothing is played before this song position: it has been.
    floor: f64,
    /// The keys that notes were last pulled to by the chord.
    pulled: Pulled,
    /// Whether somebody has played in this bar, and whether in the next: a little before its line.
    is_joined: bool,
    is_joined_next: bool,
    /// The song position in beats of the next bar line.
    bar_end: f64,
}

/// A stretch of the song within a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) ruler: Ruler,
    /// The song position in beats where it ends.
    pub(crate) until: f64,
    /// No note written from this song position on may be read yet.
    pub(crate) limit: f64,
    /// Where the song is going to jump back.
    pub(crate) loop_end: Option<f64>,
    /// The song position in beats of the next bar line.
    pub(crate) bar_end: f64,
}

/// How to play.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner<'a> {
    /// Within their ranges.
    pub(crate) performing: &'a PerformingKnobs,
    pub(crate) composing: &'a ComposingKnobs,
    pub(crate) sample_rate: f64,
}

/// A bar that stands in for one that is not composed yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repeat {
    /// Where the bar begins that is played.
    pub(crate) source: Tick,
    /// Where the bar begins that it stands in for.
    pub(crate) start: Tick,
}

impl Performer {
    /// A key that goes down so little before a bar line, in beats, belongs to the bar after it: on the grid that
    /// the composer hears it on, it lies there.
    const UPBEAT: f64 = 3.5 / Tick::PER_BEAT as f64;

    pub(crate) fn new() -> Self {
        Self {
            sounding: Sounding::new(),
            waiting: Waiting::new(),
            keyboard: Keyboard::default(),
            due: Tick::ZERO,
            floor: f64::NEG_INFINITY,
            pulled: Pulled::default(),
            is_joined: false,
            is_joined_next: false,
            bar_end: f64::INFINITY,
        }
    }

    /// Another bar begins.
    pub(crate) fn cross_bar_line(&mut self) {
        self.is_joined = std::mem::take(&mut self.is_joined_next);
    }

    /// Whether the music is silent because somebody plays whom it is to answer: from their first note in a bar
    /// to its end, and while they hold a key. The composer leaves the same notes out; until it has, they are
    /// not played.
    fn yields(&self, knobs: &ComposingKnobs) -> bool {
        knobs.conversation == Conversation::Continue && (self.is_joined || self.keyboard.is_held())
    }

    /// The first tick of which the notes have not been read.
    pub(crate) fn due(&self) -> Tick {
        self.due
    }

    /// The song has come to `position` from elsewhere, or round a loop: what sounds ends, and notes written
    /// from `due` on are to be played.
    pub(crate) fn land(&mut self, position: f64, due: f64, ruler: Ruler, events: &mut EventList) {
        self.cut_off(ruler.to_offset_round(position), ruler.block_start, events);
        self.due = ticks_ceil(due);
        self.floor = position;
        (self.is_joined, self.is_joined_next) = (false, false);
    }

    /// The music ends at this sample. What is held at the input sounds on.
    pub(crate) fn cut_off(&mut self, offset: u32, block_start: u64, events: &mut EventList) {
        self.waiting.clear();
        self.pulled = Pulled::default();
        self.sounding.release_all(offset, block_start, events);
    }

    /// Everything ends at this sample, and keys that are still held at the input count no longer.
    pub(crate) fn silence(&mut self, offset: u32, block_start: u64, events: &mut EventList) {
        self.cut_off(offset, block_start, events);
        self.sounding.lift_all(offset, block_start, events);
        self.keyboard.forget();
    }

    /// With thru switched off, what is held at the input sounds no longer.
    pub(crate) fn end_thru(&mut self, block_start: u64, events: &mut EventList) {
        self.sounding.lift_all(0, block_start, events);
    }

    /// Plays all notes that begin or end in the stretch.
    pub(crate) fn play(
        &mut self,
        stretch: &Stretch,
        score: &Score,
        repeat: Option<Repeat>,
        manner: &Manner<'_>,
        events: &mut EventList,
    ) {
        let ruler = stretch.ruler;
        self.bar_end = stretch.bar_end;
        // What lies less than half a sample before the end rounds to a sample beyond it.
        let half_sample = 0.5 / ruler.samples_per_beat;
        let until = stretch.until - half_sample;
        let lead = timing::earliest(manner.performing);
        let end = ticks_ceil((until + lead).min(stretch.limit - half_sample).max(until));
        // Most blocks are shorter than a tick and begin no note; then the score, which is large and cold, is
        // not looked at.
        if self.due < end {
            self.read_all(self.due..end, stretch, score, repeat, manner, events);
            if timing::repeats_what_was_played(manner.performing, manner.composing) {
                self.read_played_in(self.due..end, stretch, score);
            }
            self.due = end;
        }
        self.strike_until(until, ruler, manner, events);
        self.floor = self.floor.max(until);
        self.sounding.release_due(until, ruler.to_offset_round(until), ruler, events);
    }

    /// Reads the notes that are written at `ticks`.
    fn read_all(
        &mut self,
        ticks: Range<Tick>,
        stretch: &Stretch,
        score: &Score,
        repeat: Option<Repeat>,
        manner: &Manner<'_>,
        events: &mut EventList,
    ) {
        let first_bar = score.bars.partition_point(|bar| bar.end() <= ticks.start);
        let bars = score.bars.iter().skip(first_bar);
        for bar in bars.take_while(|bar| bar.start < ticks.end) {
            self.read(bar, Tick::ZERO, ticks.clone(), stretch, manner, events);
        }
        if let Some(repeat) = repeat
            && let Some(bar) = score.bar_at(repeat.source)
        {
            self.read(bar, repeat.start - bar.start, ticks, stretch, manner, events);
        }
    }

    /// Reads what was played in at `ticks`.
    fn read_played_in(&mut self, ticks: Range<Tick>, stretch: &Stretch, score: &Score) {
        let [begin, end] = [ticks.start, ticks.end].map(|tick| tick.to_beats().0);
        let notes = &score.played_in;
        let first = notes.partition_point(|note| note.onset.0 < begin);
        let one_sample = 1.0 / stretch.ruler.samples_per_beat;
        let latest = stretch.loop_end.map_or(f64::INFINITY, |end| end - one_sample);
        for note in notes.iter().skip(first).take_while(|note| note.onset.0 < end) {
            let mut note = timing::played_in(note);
            note.onset = note.onset.min(latest);
            self.waiting.push(note);
        }
    }

    /// Reads the notes of a bar, moved by `shift`, that are written at `ticks`; those whose time comes before
    /// that of the notes to be read are played meanwhile.
    fn read(
        &mut self,
        bar: &Arc<Bar>,
        shift: Tick,
        ticks: Range<Tick>,
        stretch: &Stretch,
        manner: &Manner<'_>,
        events: &mut EventList,
    ) {
        let ruler = stretch.ruler;
        let beats_per_second = manner.sample_rate / ruler.samples_per_beat;
        let lead = timing::earliest(manner.performing);
        let first = bar.notes.partition_point(|note| note.onset + shift < ticks.start);
        let n_notes = bar.notes.partition_point(|note| note.onset + shift < ticks.end);
        for note_idx in first..n_notes {
            let Some(mut note) = timing::timed(bar, note_idx, shift, manner.performing, beats_per_second)
            else {
                continue;
            };
            let written = note.note.onset.to_beats().0;
            // What would come late beyond the end of a loop comes when it is written, or it would be lost.
            let one_sample = 1.0 / ruler.samples_per_beat;
            if stretch.loop_end.is_some_and(|end| note.onset >= end - one_sample) {
                note.onset = written;
            }
            note.onset = note.onset.max(self.floor);
            let until = if self.waiting.is_full() { f64::INFINITY } else { written - lead };
            self.strike_until(until.min(stretch.until - 0.5 * one_sample), ruler, manner, events);
            self.waiting.push(note);
        }
    }

    /// Plays the waiting notes that begin before a song position.
    fn strike_until(&mut self, until: f64, ruler: Ruler, manner: &Manner<'_>, events: &mut EventList) {
        while let Some(note) = self.waiting.pop_before(until) {
            let offset = ruler.to_offset_round(note.onset).max(events.last_offset());
            self.sounding.release_due(note.onset.max(self.floor), offset, ruler, events);
            // What somebody played gives way to what somebody plays, the music to whom it is to answer.
            let is_silent = match note.played_on {
                Some(_) if note.onset >= self.bar_end - Self::UPBEAT => self.is_joined_next,
                Some(_) => self.is_joined,
                None => self.yields(manner.composing),
            };
            if is_silent {
                continue;
            }
            let press = self.press(&note, offset, ruler.block_start, manner);
            self.sounding.press(&press, ruler.block_start, events);
        }
    }

    /// How a note sounds with the knobs and the chord as they are now.
    fn press(&mut self, timed: &Timed, offset: u32, block_start: u64, manner: &Manner<'_>) -> Press {
        let (note, knobs) = (&timed.note, manner.performing);
        if let Some(channel) = timed.played_on {
            let (key, velocity) = (note.pitch.min(127), note.velocity.clamp(1, 127));
            return Press {
                offset,
                channel: channel.min(15),
                key,
                velocity,
                hand: Hand::PlayedIn(timed.end),
            };
        }
        let channel = pitch::channel(note.family, knobs);
        let key = if note.family.is_drums() {
            note.pitch.min(127)
        } else {
            let key = pitch::moved(note.pitch, knobs, manner.composing);
            let grace = (Keyboard::GRACE * manner.sample_rate) as u64;
            match self.keyboard.chord(block_start + u64::from(offset), grace) {
                Some(chord) if knobs.chord_follow => {
                    let is_bass = note.family == Family::BASS || timed.is_lowest;
                    let taken = self.pulled.with(note.onset, channel);
                    let key = if is_bass { chord.nearest_bass(key) } else { chord.nearest(key, taken) };
                    self.pulled.push(note.onset, channel, key);
                    key
                }
                _ => key,
            }
        };
        let velocity = timing::velocity(note, knobs);
        Press { offset, channel, key, velocity, hand: Hand::Music(timed.end) }
    }

    /// Works in a key that went down or up at the input, and passes it on if thru is on. The song, if it
    /// moves, has been played up to there.
    pub(crate) fn hear(
        &mut self,
        event: Event,
        ruler: Ruler,
        knobs: &PerformingKnobs,
        events: &mut EventList,
    ) {
        let offset = event.offset.min(ruler.n_samples.saturating_sub(1)).max(events.last_offset());
        let (position, block_start) = (ruler.to_beat(offset).0, ruler.block_start);
        match event.kind {
            EventKind::On { channel, key, velocity } => {
                let (channel, key, velocity) = (channel.min(15), key.min(127), velocity.clamp(1, 127));
                self.keyboard.press(channel, key);
                self.is_joined = true;
                self.is_joined_next |= position >= self.bar_end - Self::UPBEAT;
                if knobs.thru {
                    let press = Press { offset, channel, key, velocity, hand: Hand::Input };
                    self.sounding.press(&press, block_start, events);
                }
            }
            EventKind::Off { channel, key } => {
                let (channel, key) = (channel.min(15), key.min(127));
                self.keyboard.lift(channel, key, block_start + u64::from(offset));
                self.sounding.lift((channel, key), offset, position, block_start, events);
            }
        }
    }

    /// While the song stands nothing is played, but what comes in goes out.
    pub(crate) fn stand(
        &mut self,
        input: &[Event],
        ruler: Ruler,
        knobs: &PerformingKnobs,
        events: &mut EventList,
    ) {
        self.cut_off(0, ruler.block_start, events);
        for &event in input {
            self.sounding.release_due(f64::MIN, event.offset, ruler, events);
            self.hear(event, ruler, knobs, events);
        }
        self.sounding.release_due(f64::MIN, u32::MAX, ruler, events);
        self.keyboard.forget_unless_held();
    }
}

/// Where the chord has pulled the last notes to.
#[derive(Debug, Clone, Copy, Default)]
struct Pulled {
    /// Where a note is written, its channel and its key.
    notes: [(Tick, u8, u8); Self::N_NOTES],
    n_notes: usize,
}

impl Pulled {
    /// As many notes of one chord are kept apart.
    const N_NOTES: usize = 16;

    fn push(&mut self, onset: Tick, channel: u8, key: u8) {
        if let Some(note) = self.notes.get_mut(self.n_notes % Self::N_NOTES) {
            *note = (onset, channel, key);
        }
        self.n_notes += 1;
    }

    /// The keys of the notes written here on this channel, one bit for each.
    fn with(&self, onset: Tick, channel: u8) -> u128 {
        let notes = self.notes.iter().take(self.n_notes);
        let ours = notes.filter(|(tick, on, _)| (*tick, *on) == (onset, channel));
        ours.fold(0, |keys, (.., key)| keys | 1u128.checked_shl((*key).into()).unwrap_or_default())
    }
}

/// The first tick at or after a position.
pub(crate) fn ticks_ceil(position: f64) -> Tick {
    Tick((position * Tick::PER_BEAT as f64).ceil() as i64)
}
