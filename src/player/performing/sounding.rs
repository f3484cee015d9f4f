//! The keys that are down, and when they go up.

use crate::player::events::EventList;
use crate::player::host::position::Ruler;

/// A key that is down.
#[derive(Debug, Clone, Copy)]
struct Key {
    channel: u8,
    number: u8,
    /// The sample at which it went down, counted from the player's first.
    struck: u64,
    /// The song position in beats at which the music lets go of it; minus infinity means as soon as it can.
    end: f64,
    /// Whether somebody holds it at the input: then it stays down whatever the music does.
    is_held: bool,
    /// Whether it is what somebody played once.
    was_played_in: bool,
}

/// All keys that are down, so that each gets exactly one note-off on the channel and key that sounded.
///
/// A key is down for at least one sample, and goes down only while there is room in the event list for
/// the note-offs of all. A key that both the music and somebody at the input hold goes up when both have
/// let go.
#[derive(Debug)]
pub(crate) struct Sounding {
    keys: Vec<Key>,
}

/// A key to be pressed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Press {
    pub(crate) offset: u32,
    pub(crate) channel: u8,
    pub(crate) key: u8,
    pub(crate) velocity: u8,
    /// Who presses it.
    pub(crate) hand: Hand,
}

/// Who presses a key, and so when it goes up.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hand {
    /// The music, until this song position in beats.
    Music(f64),
    /// What somebody played once, until this song position in beats.
    PlayedIn(f64),
    /// Somebody at the input, until they let go.
    Input,
}

impl Sounding {
    /// More keys than this are never down at once.
    const CAPACITY: usize = 256;
    /// A key that comes in so many samples after the same one, played once, was played again is that one.
    const SAME_NOTE: u64 = 64;

    /// Nothing is down.
    pub(crate) fn new() -> Self {
        Self { keys: Vec::with_capacity(Self::CAPACITY) }
    }

    /// Presses a key, unless there is no room for all that would have to follow.
    ///
    /// A key that is down goes up first. One that went down at this very sample is the same note: it
    /// stays and sounds to the later end.
    pub(crate) fn press(&mut self, press: &Press, block_start: u64, events: &mut EventList) {
        let Press { offset, channel, key, velocity, hand } = *press;
        let now = block_start + u64::from(offset);
        let (mut end, mut is_held) = match hand {
            Hand::Music(end) | Hand::PlayedIn(end) => (end, false),
            Hand::Input => (f64::NEG_INFINITY, true),
        };
        if let Some(idx) = self.find(channel, key) {
            let Some(down) = self.keys.get_mut(idx) else {
                return;
            };
            let is_replayed = down.was_played_in && now - down.struck.min(now) <= Self::SAME_NOTE;
            let is_same = down.struck >= now || is_replayed && is_held;
            if matches!(hand, Hand::Input) || down.struck >= now {
                end = end.max(down.end);
            }
            is_held |= down.is_held;
            if is_same {
                (down.end, down.is_held) = (end, is_held);
                return;
            }
            if !events.push_off(offset, channel, key) {
                return;
            }
            self.keys.swap_remove(idx);
        }
        let has_room = events.room() > self.keys.len() + 1 && self.keys.len() < Self::CAPACITY;
        if has_room && events.push_on(offset, channel, key, velocity) {
            let struck = now;
            let was_played_in = matches!(hand, Hand::PlayedIn(_));
            self.keys.push(Key { channel, number: key, struck, end, is_held, was_played_in });
        }
    }

    /// Somebody lets go of a key at the input. It goes up unless the music holds it beyond `position`, in
    /// beats.
    pub(crate) fn lift(
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
        let Some(down) = self.keys.get_mut(idx).filter(|down| down.is_held) else {
            return;
        };
        down.is_held = false;
        if down.end > position {
            return;
        }
        down.end = f64::NEG_INFINITY;
        if down.struck < block_start + u64::from(offset) {
            self.release(idx, offset, events);
        }
    }

    /// What is held at the input counts no longer: what the music does not hold goes up at once.
    pub(crate) fn lift_all(&mut self, offset: u32, block_start: u64, events: &mut EventList) {
        for idx in (0..self.keys.len()).rev() {
            let Some(key) = self.keys.get_mut(idx).filter(|key| key.is_held) else {
                continue;
            };
            key.is_held = false;
            if key.end == f64::NEG_INFINITY && key.struck < block_start + u64::from(offset) {
                self.release(idx, offset, events);
            }
        }
    }

    fn find(&self, channel: u8, key: u8) -> Option<usize> {
        self.keys.iter().position(|down| down.channel == channel && down.number == key)
    }

    /// Lets go, in the order of time, of all keys whose end lies before the song position `until` and at
    /// or before the sample `last`.
    pub(crate) fn release_due(&mut self, until: f64, last: u32, ruler: Ruler, events: &mut EventList) {
        while let Some((idx, offset)) = self.first_due(until, ruler) {
            if offset > last || !self.release(idx, offset, events) {
                return;
            }
        }
    }

    /// The music lets go of all keys at once. One that went down at this very sample goes up at the next; one
    /// that is held at the input stays.
    pub(crate) fn release_all(&mut self, offset: u32, block_start: u64, events: &mut EventList) {
        let now = block_start + u64::from(offset);
        for idx in (0..self.keys.len()).rev() {
            let Some(key) = self.keys.get_mut(idx) else {
                continue;
            };
            key.end = f64::NEG_INFINITY;
            if !key.is_held && key.struck < now {
                self.release(idx, offset, events);
            }
        }
    }

    /// The key that goes up first of those that end before `until`, and its sample, if it is in the block.
    fn first_due(&self, until: f64, ruler: Ruler) -> Option<(usize, u32)> {
        let mut first = None;
        for (idx, key) in self.keys.iter().enumerate() {
            if key.is_held || key.end >= until {
                continue;
            }
            let earliest = (key.struck + 1).saturating_sub(ruler.block_start);
            let offset = u64::from(ruler.to_offset_round(key.end)).max(earliest);
            if offset >= u64::from(ruler.n_samples) {
                continue;
            }
            let offset = offset as u32;
            if first.is_none_or(|(_, least)| offset < least) {
                first = Some((idx, offset));
            }
        }
        first
    }

    /// Whether the note-off went into the list; otherwise the key stays down, to go up later.
    fn release(&mut self, idx: usize, offset: u32, events: &mut EventList) -> bool {
        let Some(key) = self.keys.get(idx) else {
            return false;
        };
        // Time never runs backwards in the list, even when a key goes up later than it should have.
        let offset = offset.max(events.last_offset());
        let has_gone = events.push_off(offset, key.channel, key.number);
        if has_gone {
            self.keys.swap_remove(idx);
        }
        has_gone
    }
}
