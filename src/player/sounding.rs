//! The keys that are down, and when they go up.

use crate::player::EventList;
use crate::player::follow::Ruler;

/// A key that is down.
#[derive(Debug, Clone, Copy)]
struct Key {
    channel: u8,
    number: u8,
    /// The sample at which it went down, counted from the player's first.
    struck: u64,
    /// The song position in beats at which it goes up; minus infinity means as soon as it can.
    end: f64,
}

/// All keys that are down, so that each gets exactly one note-off on the channel and key that sounded.
///
/// A key is down for at least one sample, and goes down only while there is room in the event list for
/// the note-offs of all.
#[derive(Debug)]
pub(in crate::player) struct Sounding {
    keys: Vec<Key>,
}

/// A key to be pressed.
#[derive(Debug, Clone, Copy)]
pub(in crate::player) struct Press {
    pub(in crate::player) offset: u32,
    pub(in crate::player) channel: u8,
    pub(in crate::player) key: u8,
    pub(in crate::player) velocity: u8,
    /// The song position in beats at which it goes up.
    pub(in crate::player) end: f64,
}

impl Sounding {
    /// More keys than this are never down at once.
    const CAPACITY: usize = 256;

    /// Nothing is down.
    pub(in crate::player) fn new() -> Self {
        Self {
            keys: Vec::with_capacity(Self::CAPACITY),
        }
    }

    /// Presses a key, unless there is no room for all that would have to follow.
    ///
    /// A key that is down goes up first. One that went down at this very sample is the same note: it
    /// stays and sounds to the later end.
    pub(in crate::player) fn press(&mut self, press: &Press, block_start: u64, events: &mut EventList) {
        let Press {
            offset,
            channel,
            key,
            velocity,
            end,
        } = *press;
        let now = block_start + u64::from(offset);
        let is_same = |k: &Key| k.channel == channel && k.number == key;
        if let Some(idx) = self.keys.iter().position(is_same) {
            let Some(down) = self.keys.get_mut(idx) else {
                return;
            };
            if down.struck >= now {
                down.end = down.end.max(end);
                return;
            }
            if !events.push_off(offset, channel, key) {
                return;
            }
            self.keys.swap_remove(idx);
        }
        let has_room = events.room() > self.keys.len() + 1 && self.keys.len() < Self::CAPACITY;
        if has_room && events.push_on(offset, channel, key, velocity) {
            self.keys.push(Key {
                channel,
                number: key,
                struck: now,
                end,
            });
        }
    }

    /// Lets go, in the order of time, of all keys whose end lies before the song position `until` and at
    /// or before the sample `last`.
    pub(in crate::player) fn release_due(
        &mut self,
        until: f64,
        last: u32,
        ruler: Ruler,
        events: &mut EventList,
    ) {
        while let Some((idx, offset)) = self.first_due(until, ruler) {
            if offset > last || !self.release(idx, offset, events) {
                return;
            }
        }
    }

    /// Lets go of all keys at once. One that went down at this very sample goes up at the next.
    pub(in crate::player) fn release_all(&mut self, offset: u32, block_start: u64, events: &mut EventList) {
        let now = block_start + u64::from(offset);
        for idx in (0..self.keys.len()).rev() {
            let Some(key) = self.keys.get_mut(idx) else {
                continue;
            };
            key.end = f64::NEG_INFINITY;
            if key.struck < now {
                self.release(idx, offset, events);
            }
        }
    }

    /// The key that goes up first of those that end before `until`, and its sample, if it is in the block.
    fn first_due(&self, until: f64, ruler: Ruler) -> Option<(usize, u32)> {
        let mut first = None;
        for (idx, key) in self.keys.iter().enumerate() {
            if key.end >= until {
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
        let offset = offset.max(events.as_slice().last().map_or(0, |event| event.offset));
        let has_gone = events.push_off(offset, key.channel, key.number);
        if has_gone {
            self.keys.swap_remove(idx);
        }
        has_gone
    }
}
