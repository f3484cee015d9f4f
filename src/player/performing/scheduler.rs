//! The scheduler: turns written notes and keys at the input into events.

use std::ops::Range;

use crate::music::{Bar, Family, Score, Tick, Voice, Voices};
use crate::player::events::{Event, EventKind, EventList};
use crate::player::host::position::SampleMap;
use crate::player::knobs::{ComposingKnobs, Conversation, Part, PartSet, PerformingKnobs};
use crate::player::performing::chord_follow::HeldKeys;
use crate::player::performing::controllers::Controllers;
use crate::player::performing::pitch;
use crate::player::performing::queue::NoteQueue;
use crate::player::performing::sounding::{KeyPress, SoundingKeys, Source};
use crate::player::performing::timing::{self, TimedBar, TimedNote};

/// The keys that sound, the notes that will sound soon, and the keys that are held at the input.
///
/// Each written note is read once, shortly before the earliest time at which it may be played, and is queued
/// until its time. So it sounds exactly once, even if the knobs that move it are turned in between.
#[derive(Debug)]
pub(crate) struct Scheduler {
    sounding: SoundingKeys,
    queue: NoteQueue,
    held: HeldKeys,
    controllers: Controllers,
    /// Notes written before this tick have been read or passed over.
    due: Tick,
    /// The song position that has been reached. Nothing is played before it.
    reached: f64,
    /// The keys that the last notes were moved to by chord follow.
    followed: FollowedNotes,
    /// The part that is solo and those that are muted, as the last block had them.
    parts: (Option<Part>, PartSet),
    /// Whether a key at the input has gone down in this bar, and in the next: a little before its line.
    has_input: bool,
    has_input_for_next: bool,
    /// The song position in beats of the next bar line.
    bar_end: f64,
    /// Where the last note was due that has been read too late in this segment, and how many samples after the
    /// position that has been reached it is played.
    last_late: Option<(f64, u32)>,
}

/// A part of the song within a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) map: SampleMap,
    /// The song position in beats where it ends.
    pub(crate) until: f64,
    /// Notes written from this song position on may not be read yet.
    pub(crate) limit: f64,
    /// The song position in beats where the song will jump back.
    pub(crate) loop_end: Option<f64>,
    /// The song position in beats of the next bar line.
    pub(crate) bar_end: f64,
    /// Whether notes are read from the score. Those that are not stay due.
    pub(crate) reads: bool,
    /// Which notes are played that are read too late.
    pub(crate) lateness: Lateness,
}

/// Which notes are played that are read only when they should have begun already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lateness {
    /// All, so that none is lost: in rendering.
    Any,
    /// Those that still sound, or that come less than a beat late: in live playing.
    Beat,
}

/// The music as the composer has sent it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Music<'a> {
    pub(crate) score: &'a Score,
    pub(crate) voices: &'a Voices,
}

/// A bar of the music, to be played `shift` later than it is written.
#[derive(Debug, Clone, Copy)]
struct Reading<'a> {
    bar: &'a Bar,
    voices: &'a [Option<Voice>],
    shift: Tick,
}

/// The knobs and the sample rate of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlaySettings<'a> {
    /// Within their ranges.
    pub(crate) performing: &'a PerformingKnobs,
    pub(crate) composing: &'a ComposingKnobs,
    pub(crate) sample_rate: f64,
}

/// An earlier bar that is played in place of one that is not composed yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StandIn {
    /// Where the earlier bar begins.
    pub(crate) source: Tick,
    /// Where the missing bar begins.
    pub(crate) start: Tick,
}

impl Scheduler {
    /// A key that goes down this little before a bar line, in beats, belongs to the bar after it: the composer
    /// quantises it to that bar.
    const UPBEAT: f64 = 3.5 / Tick::PER_BEAT as f64;

    pub(crate) fn new() -> Self {
        Self {
            sounding: SoundingKeys::new(),
            queue: NoteQueue::new(),
            held: HeldKeys::default(),
            controllers: Controllers::default(),
            due: Tick::ZERO,
            reached: f64::NEG_INFINITY,
            followed: FollowedNotes::default(),
            parts: (None, PartSet::EMPTY),
            has_input: false,
            has_input_for_next: false,
            bar_end: f64::INFINITY,
            last_late: None,
        }
    }

    /// The next bar begins.
    pub(crate) fn cross_bar_line(&mut self) {
        self.has_input = std::mem::take(&mut self.has_input_for_next);
    }

    /// Whether the music is silent because it answers what is being played in: from the first key in a bar to
    /// the end of that bar, and while a key is held. The composer leaves the same notes out; until it has, they
    /// are not played.
    fn is_listening(&self, knobs: &ComposingKnobs) -> bool {
        knobs.conversation == Conversation::Continue && (self.has_input || self.held.has_any())
    }

    /// The first tick of which the notes have not been read.
    pub(crate) fn due(&self) -> Tick {
        self.due
    }

    /// The song has jumped to `position`, or gone round a loop: the music ends, and notes written from `due` on
    /// are to be played.
    pub(crate) fn jump(&mut self, position: f64, due: f64, map: SampleMap, events: &mut EventList) {
        self.end_music(map.to_offset_round(position), map.block_start, events);
        self.due = ticks_ceil(due);
        self.reached = position;
        (self.has_input, self.has_input_for_next) = (false, false);
    }

    /// Ends the music at this sample. Keys that are held at the input sound on.
    pub(crate) fn end_music(&mut self, offset: u32, block_start: u64, events: &mut EventList) {
        self.queue.clear();
        self.followed = FollowedNotes::default();
        self.sounding.release_all_music(offset, block_start, events);
    }

    /// The keys that are held at the input, each with its channel.
    pub(crate) fn held_keys(&self) -> impl Iterator<Item = (u8, u8)> {
        self.held.iter()
    }

    /// Ends everything at this sample, and forgets the keys that are held at the input.
    pub(crate) fn silence(&mut self, offset: u32, block_start: u64, events: &mut EventList) {
        self.end_music(offset, block_start, events);
        self.sounding.release_all_input(offset, block_start, events);
        self.controllers.reset(offset, events);
        self.held.forget();
    }

    /// Begins a block: ends what is let through from the input unless thru is on, and the notes of parts that
    /// are no longer played.
    pub(crate) fn begin_block(&mut self, knobs: &PerformingKnobs, block_start: u64, events: &mut EventList) {
        self.controllers.recover(events);
        let parts = (knobs.solo, knobs.muted);
        if std::mem::replace(&mut self.parts, parts) != parts {
            self.sounding.release_muted(knobs, 0, block_start, events);
        }
        if !knobs.thru {
            self.sounding.release_all_input(0, block_start, events);
            self.controllers.reset(0, events);
        }
    }

    /// Plays all notes that begin or end in the segment.
    pub(crate) fn play(
        &mut self,
        segment: &Segment,
        music: Music<'_>,
        stand_in: Option<StandIn>,
        settings: &PlaySettings<'_>,
        events: &mut EventList,
    ) {
        let map = segment.map;
        self.bar_end = segment.bar_end;
        self.last_late = None;
        // A position less than half a sample before the end rounds to a sample beyond it.
        let until = map.half_sample_before(segment.until);
        let lead = timing::longest_lead(settings.performing);
        let end = ticks_ceil((until + lead).min(map.half_sample_before(segment.limit)).max(until));
        // Most blocks are shorter than a tick and begin no note. Then the score, which is large and not in the
        // cache, is not looked at.
        if segment.reads && self.due < end {
            self.read_bars(self.due..end, segment, music, stand_in, settings, events);
            if timing::replays_input(settings.performing, settings.composing) {
                self.read_played_in(self.due..end, segment, music.score);
            }
            self.due = end;
        }
        self.play_queue(until, map, settings, events);
        self.reached = self.reached.max(until);
        self.sounding.release_due(until, map.to_offset_round(until), map, events);
    }

    /// Reads the notes that are written at `ticks`.
    fn read_bars(
        &mut self,
        ticks: Range<Tick>,
        segment: &Segment,
        music: Music<'_>,
        stand_in: Option<StandIn>,
        settings: &PlaySettings<'_>,
        events: &mut EventList,
    ) {
        let Music { score, voices } = music;
        let first_bar = score.bars.partition_point(|bar| bar.end() <= ticks.start);
        let bars = score.bars.iter().skip(first_bar);
        for bar in bars.take_while(|bar| bar.start < ticks.end) {
            let reading = Reading { bar, voices: voices.of_bar(bar.start), shift: Tick::ZERO };
            self.read_bar(reading, ticks.clone(), segment, settings, events);
        }
        if let Some(stand_in) = stand_in
            && let Some(bar) = score.bar_at(stand_in.source)
        {
            let shift = stand_in.start - bar.start;
            let reading = Reading { bar, voices: voices.of_bar(bar.start), shift };
            self.read_bar(reading, ticks, segment, settings, events);
        }
    }

    /// Reads what was played in at `ticks`.
    fn read_played_in(&mut self, ticks: Range<Tick>, segment: &Segment, score: &Score) {
        let [begin, end] = [ticks.start, ticks.end].map(|tick| tick.to_beats().0);
        let notes = &score.played_in;
        let first = notes.partition_point(|note| note.onset.0 < begin);
        let one_sample = 1.0 / segment.map.samples_per_beat;
        let latest = segment.loop_end.map_or(f64::INFINITY, |end| end - one_sample);
        for note in notes.iter().skip(first).take_while(|note| note.onset.0 < end) {
            let mut note = timing::replayed_note(note);
            note.onset = note.onset.min(latest);
            self.queue.push(note);
        }
    }

    /// Reads the notes of a bar that are written at `ticks`. Queued notes that come before
    /// any that is still to be read are played meanwhile, so that the queue has room.
    fn read_bar(
        &mut self,
        Reading { bar, voices, shift }: Reading<'_>,
        ticks: Range<Tick>,
        segment: &Segment,
        settings: &PlaySettings<'_>,
        events: &mut EventList,
    ) {
        let map = segment.map;
        let beats_per_second = settings.sample_rate / map.samples_per_beat;
        let lead = timing::longest_lead(settings.performing);
        let first = bar.notes.partition_point(|note| note.onset + shift < ticks.start);
        let n_notes = bar.notes.partition_point(|note| note.onset + shift < ticks.end);
        if first >= n_notes {
            return;
        }
        let timed = TimedBar::new(bar, voices, shift, settings.performing, beats_per_second);
        for mut note in (first..n_notes).filter_map(|note_idx| timed.note(note_idx)) {
            let written = note.note.onset.to_beats().0;
            // A note that would be delayed beyond the end of the loop is played when written, or it would be lost.
            let one_sample = 1.0 / map.samples_per_beat;
            if segment.loop_end.is_some_and(|end| note.onset >= end - one_sample) {
                note.onset = written;
            }
            if !self.catch_up(&mut note, segment.lateness, one_sample) {
                continue;
            }
            let until = if self.queue.is_full() { f64::INFINITY } else { written - lead };
            self.play_queue(until.min(map.half_sample_before(segment.until)), map, settings, events);
            self.queue.push(note);
        }
    }

    /// Moves a note that should have begun already to the position that has been reached. It ends where it
    /// should, or after its own length if it should have ended already. Returns whether it is still to be played.
    ///
    /// Notes that were due one after the other are a sample apart, or those of one key would be one note.
    fn catch_up(&mut self, note: &mut TimedNote, lateness: Lateness, one_sample: f64) -> bool {
        if note.onset >= self.reached {
            return true;
        }
        let n_samples = match self.last_late {
            Some((due, n_samples)) => n_samples + u32::from(due < note.onset),
            None => 0,
        };
        self.last_late = Some((note.onset, n_samples));
        let has_ended = note.end <= self.reached;
        let is_too_late = has_ended && self.reached - note.onset > 1.0;
        let length = note.end - note.onset;
        // The position that has been reached may lie half a sample before the next; a quarter more rounds alike.
        let later = if n_samples > 0 { f64::from(n_samples) + 0.25 } else { 0.0 };
        note.onset = self.reached + later * one_sample;
        if has_ended {
            note.end = note.onset + length;
        }
        lateness == Lateness::Any || !is_too_late
    }

    /// Plays the queued notes that begin before a song position.
    fn play_queue(
        &mut self,
        until: f64,
        map: SampleMap,
        settings: &PlaySettings<'_>,
        events: &mut EventList,
    ) {
        while let Some(note) = self.queue.pop_before(until) {
            let offset = map.to_offset_round(note.onset).max(events.last_offset());
            self.sounding.release_due(note.onset.max(self.reached), offset, map, events);
            // A replay is silent where the user plays again, and the music where it answers the user.
            let is_silent = match note.played_on {
                Some(_) if note.onset >= self.bar_end - Self::UPBEAT => self.has_input_for_next,
                Some(_) => self.has_input,
                None => self.is_listening(settings.composing),
            };
            if is_silent {
                continue;
            }
            // Also of a note that is not played, so that chord follow moves the others as if it were.
            let press = self.key_press(&note, offset, map.block_start, settings);
            if note.played_on.is_some() || settings.performing.plays(note.line) {
                self.sounding.press(&press, map.block_start, events);
            }
        }
    }

    /// The key press of a note with the knobs and the chord as they are now.
    fn key_press(
        &mut self,
        timed: &TimedNote,
        offset: u32,
        block_start: u64,
        settings: &PlaySettings<'_>,
    ) -> KeyPress {
        let (note, knobs) = (&timed.note, settings.performing);
        if let Some(channel) = timed.played_on {
            let (channel, key, velocity) =
                (channel.min(15), note.pitch.min(127), note.velocity.clamp(1, 127));
            return KeyPress { offset, channel, key, velocity, source: Source::Replay(timed.end) };
        }
        let family_channel = pitch::channel_for(note.family, knobs);
        let key = if note.family.is_drums() {
            note.pitch.min(127)
        } else {
            let key = pitch::key_for(note.pitch, knobs, settings.composing);
            let grace = (HeldKeys::GRACE * settings.sample_rate) as u64;
            match self.held.chord(block_start + u64::from(offset), grace) {
                Some(chord) if knobs.chord_follow => {
                    let is_bass = note.family == Family::BASS || timed.is_lowest;
                    let taken = self.followed.keys_at(note.onset, family_channel);
                    let key = if is_bass { chord.nearest_bass(key) } else { chord.nearest(key, taken) };
                    self.followed.push(note.onset, family_channel, key);
                    key
                }
                _ => key,
            }
        };
        let velocity = timing::velocity(timed, knobs);
        let channel = pitch::channel_of(timed.line, knobs);
        KeyPress { offset, channel, key, velocity, source: Source::Music(timed.end, timed.line) }
    }

    /// A key goes down or up at the input, or another message comes in. Passes it on if thru is on. The song, if it moves, has been played up
    /// to there.
    pub(crate) fn receive(
        &mut self,
        event: Event,
        map: SampleMap,
        knobs: &PerformingKnobs,
        events: &mut EventList,
    ) {
        let offset = event.offset.min(map.n_samples.saturating_sub(1)).max(events.last_offset());
        let (position, block_start) = (map.to_beat(offset).0, map.block_start);
        match event.kind {
            EventKind::On { channel, key, velocity } => {
                let (channel, key, velocity) = (channel.min(15), key.min(127), velocity.clamp(1, 127));
                self.held.press(channel, key);
                self.has_input = true;
                self.has_input_for_next |= position >= self.bar_end - Self::UPBEAT;
                if knobs.thru {
                    let press = KeyPress { offset, channel, key, velocity, source: Source::Input };
                    self.sounding.press(&press, block_start, events);
                }
            }
            EventKind::Off { channel, key } => {
                let (channel, key) = (channel.min(15), key.min(127));
                self.held.release(channel, key, block_start + u64::from(offset));
                self.sounding.release_input((channel, key), offset, position, block_start, events);
            }
            EventKind::Message(message) if knobs.thru => {
                self.controllers.let_through(message, offset, self.sounding.n_keys(), events);
            }
            EventKind::Message(_) => {}
        }
    }

    /// A block in which the song stands still: the music is silent, and keys at the input are passed on.
    pub(crate) fn stand(
        &mut self,
        input: &[Event],
        map: SampleMap,
        knobs: &PerformingKnobs,
        events: &mut EventList,
    ) {
        self.end_music(0, map.block_start, events);
        for &event in input {
            self.sounding.release_due(f64::MIN, event.offset, map, events);
            self.receive(event, map, knobs, events);
        }
        self.sounding.release_due(f64::MIN, u32::MAX, map, events);
        self.held.forget_unless_held();
    }
}

/// The last notes that chord follow has moved.
#[derive(Debug, Clone, Copy, Default)]
struct FollowedNotes {
    /// Where each note is written, its channel and its key.
    notes: [(Tick, u8, u8); Self::N_NOTES],
    n_notes: usize,
}

impl FollowedNotes {
    /// How many notes of one chord are kept apart.
    const N_NOTES: usize = 16;

    fn push(&mut self, onset: Tick, channel: u8, key: u8) {
        if let Some(note) = self.notes.get_mut(self.n_notes % Self::N_NOTES) {
            *note = (onset, channel, key);
        }
        self.n_notes += 1;
    }

    /// The keys of the notes written here on this channel, one bit for each.
    fn keys_at(&self, onset: Tick, channel: u8) -> u128 {
        let notes = self.notes.iter().take(self.n_notes);
        let ours = notes.filter(|(tick, on, _)| (*tick, *on) == (onset, channel));
        ours.fold(0, |keys, (.., key)| keys | 1u128.checked_shl((*key).into()).unwrap_or_default())
    }
}

/// The first tick at or after a position.
fn ticks_ceil(position: f64) -> Tick {
    Tick((position * Tick::PER_BEAT as f64).ceil() as i64)
}
