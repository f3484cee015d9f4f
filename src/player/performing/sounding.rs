//! The keys that sound, and when they are released.

use crate::music::Line;
use crate::player::events::EventList;
use crate::player::host::position::SampleMap;
use crate::player::knobs::PerformingKnobs;

/// A key that sounds.
#[derive(Debug, Clone, Copy)]
struct SoundingKey {
    channel: u8,
    key: u8,
    /// The sample of its note-on, counted from the player's first.
    started: u64,
    /// The song position in beats at which the music releases it; minus infinity means as soon as it can.
    end: f64,
    /// Whether it is held at the input: then it sounds on whatever the music does.
    is_held: bool,
    /// Whether it replays what was played in.
    is_replay: bool,
    /// Which line of the music it plays, if any.
    line: Option<Line>,
}

/// All keys that sound, so that each gets exactly one note-off on the channel and key of its note-on.
///
/// A key sounds for at least one sample, and starts only while the event list has room for the note-offs of
/// all. A key that both the music and the input hold is released when both have released it.
#[derive(Debug)]
pub(crate) struct SoundingKeys {
    keys: Vec<SoundingKey>,
}

/// A key to be pressed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyPress {
    pub(crate) offset: u32,
    pub(crate) channel: u8,
    pub(crate) key: u8,
    pub(crate) velocity: u8,
    pub(crate) source: Source,
}

/// Where a key press comes from, and so when the key is released.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// A line of the music, until this song position in beats.
    Music(f64, Line),
    /// A replay of what was played in, until this song position in beats.
    Replay(f64),
    /// The input, until the key is released there.
    Input,
}

impl SoundingKeys {
    /// The most keys that sound at once.
    const CAPACITY: usize = 256;
    /// How many samples after its replay a note may come in again from the input and be the same note.
    const SAME_NOTE: u64 = 64;

    pub(crate) fn new() -> Self {
        Self { keys: Vec::with_capacity(Self::CAPACITY) }
    }

    /// Presses a key, unless there is no room for its note-off and all others.
    ///
    /// A key that sounds is released first. One that was pressed at the same sample is the same note: it
    /// sounds on, to the later end.
    pub(crate) fn press(&mut self, press: &KeyPress, block_start: u64, events: &mut EventList) {
        let KeyPress { offset, channel, key, velocity, source } = *press;
        let now = block_start + u64::from(offset);
        let (mut end, mut is_held) = match source {
            Source::Music(end, _) | Source::Replay(end) => (end, false),
            Source::Input => (f64::NEG_INFINITY, true),
        };
        let mut line = if let Source::Music(_, line) = source { Some(line) } else { None };
        if let Some(idx) = self.find(channel, key) {
            let Some(sounding) = self.keys.get_mut(idx) else {
                return;
            };
            let is_replayed = sounding.is_replay && now - sounding.started.min(now) <= Self::SAME_NOTE;
            let is_same = sounding.started >= now || is_replayed && is_held;
            if (matches!(source, Source::Input) || sounding.started >= now) && sounding.end >= end {
                (end, line) = (sounding.end, sounding.line);
            }
            is_held |= sounding.is_held;
            if is_same {
                (sounding.end, sounding.is_held, sounding.line) = (end, is_held, line);
                return;
            }
            if !events.push_off(offset, channel, key) {
                return;
            }
            self.keys.swap_remove(idx);
        }
        let has_room = events.room() > self.keys.len() + 1 && self.keys.len() < Self::CAPACITY;
        if has_room && events.push_on(offset, channel, key, velocity) {
            let is_replay = matches!(source, Source::Replay(_));
            self.keys.push(SoundingKey { channel, key, started: now, end, is_held, is_replay, line });
        }
    }

    /// A key is released at the input. It sounds on if the music holds it beyond `position`, in beats.
    pub(crate) fn release_input(
        &mut self,
        (channel, key): (u8, u8),
        offset: u32,
        position: f64,
        block_start: u64,
        events: &mut EventList,
    ) {
        let Some(idx) = self.find(channel, key) else {
            return;
        };
        let Some(sounding) = self.keys.get_mut(idx).filter(|sounding| sounding.is_held) else {
            return;
        };
        sounding.is_held = false;
        if sounding.end > position {
            return;
        }
        sounding.end = f64::NEG_INFINITY;
        if sounding.started < block_start + u64::from(offset) {
            self.release(idx, offset, events);
        }
    }

    /// Releases all keys that are held at the input and that the music does not hold.
    pub(crate) fn release_all_input(&mut self, offset: u32, block_start: u64, events: &mut EventList) {
        for idx in (0..self.keys.len()).rev() {
            let Some(key) = self.keys.get_mut(idx).filter(|key| key.is_held) else {
                continue;
            };
            key.is_held = false;
            if key.end == f64::NEG_INFINITY && key.started < block_start + u64::from(offset) {
                self.release(idx, offset, events);
            }
        }
    }

    /// Releases all keys of the music. One that was pressed at this sample is released at the next; one that
    /// is held at the input sounds on.
    pub(crate) fn release_all_music(&mut self, offset: u32, block_start: u64, events: &mut EventList) {
        self.release_music(|_| true, offset, block_start, events);
    }

    /// The same for the keys of lines that are no longer played.
    pub(crate) fn release_muted(
        &mut self,
        knobs: &PerformingKnobs,
        offset: u32,
        block_start: u64,
        events: &mut EventList,
    ) {
        let is_muted = |key: &SoundingKey| key.line.is_some_and(|line| !knobs.plays(line));
        self.release_music(is_muted, offset, block_start, events);
    }

    fn release_music(
        &mut self,
        is_meant: impl Fn(&SoundingKey) -> bool,
        offset: u32,
        block_start: u64,
        events: &mut EventList,
    ) {
        let now = block_start + u64::from(offset);
        for idx in (0..self.keys.len()).rev() {
            let Some(key) = self.keys.get_mut(idx).filter(|key| is_meant(key)) else {
                continue;
            };
            key.end = f64::NEG_INFINITY;
            if !key.is_held && key.started < now {
                self.release(idx, offset, events);
            }
        }
    }

    /// Releases, in the order of time, all keys that end before the song position `until` and at or before
    /// the sample `last`.
    pub(crate) fn release_due(&mut self, until: f64, last: u32, map: SampleMap, events: &mut EventList) {
        while let Some((idx, offset)) = self.first_due(until, map) {
            if offset > last || !self.release(idx, offset, events) {
                return;
            }
        }
    }

    /// How many keys sound, and so how many note-offs are to come.
    pub(crate) fn n_keys(&self) -> usize {
        self.keys.len()
    }

    fn find(&self, channel: u8, key: u8) -> Option<usize> {
        self.keys.iter().position(|sounding| sounding.channel == channel && sounding.key == key)
    }

    /// The first key to be released of those that end before `until`, and its sample, if that is in the block.
    fn first_due(&self, until: f64, map: SampleMap) -> Option<(usize, u32)> {
        let mut first = None;
        for (idx, key) in self.keys.iter().enumerate() {
            if key.is_held || key.end >= until {
                continue;
            }
            let earliest = (key.started + 1).saturating_sub(map.block_start);
            let offset = u64::from(map.to_offset_round(key.end)).max(earliest);
            if offset >= u64::from(map.n_samples) {
                continue;
            }
            let offset = offset as u32;
            if first.is_none_or(|(_, least)| offset < least) {
                first = Some((idx, offset));
            }
        }
        first
    }

    /// Returns whether the event list had room for the note-off; otherwise the key is released later.
    fn release(&mut self, idx: usize, offset: u32, events: &mut EventList) -> bool {
        let Some(key) = self.keys.get(idx) else {
            return false;
        };
        // Events are in the order of time, even when a key is released later than it should be.
        let offset = offset.max(events.last_offset());
        let is_released = events.push_off(offset, key.channel, key.key);
        if is_released {
            self.keys.swap_remove(idx);
        }
        is_released
    }
}
