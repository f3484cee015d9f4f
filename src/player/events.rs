//! Timed note events, in a list that never grows.

/// A note event within a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Samples after the start of the block.
    pub offset: u32,
    /// What happens.
    pub kind: EventKind,
}

/// What happens at an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A key goes down.
    On {
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// MIDI key, 0 to 127.
        key: u8,
        /// 1 to 127.
        velocity: u8,
    },
    /// A key goes up.
    Off {
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// MIDI key, 0 to 127.
        key: u8,
    },
    /// Another MIDI channel message that was let through from the input, in its three bytes: a controller,
    /// pitch bend, pressure or a program change.
    Message([u8; 3]),
}

/// The events of one block: ascending in time, note-offs before note-ons at the same sample.
///
/// Never allocates after [`EventList::with_capacity`]. A full list refuses further events.
#[derive(Debug, Clone)]
pub struct EventList {
    events: Vec<Event>,
    capacity: usize,
}

impl EventList {
    /// Room for the densest music in the longest block.
    pub const CAPACITY: usize = 4096;

    /// An empty list with room for `capacity` events.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { events: Vec::with_capacity(capacity), capacity }
    }

    /// The events in the order in which they happen.
    #[must_use]
    pub fn as_slice(&self) -> &[Event] {
        &self.events
    }

    /// Removes all events. To be called before each block, when they have been sent.
    pub fn clear(&mut self) {
        self.events.clear();
    }

    /// How many more events it can take.
    #[must_use]
    pub fn room(&self) -> usize {
        self.capacity - self.events.len()
    }

    /// When the last event happens; 0 if there is none.
    pub(crate) fn last_offset(&self) -> u32 {
        self.events.last().map_or(0, |event| event.offset)
    }

    /// Appends a note-on; `false` if the list is full.
    pub(crate) fn push_on(&mut self, offset: u32, channel: u8, key: u8, velocity: u8) -> bool {
        let has_room = self.room() > 0;
        if has_room {
            self.events.push(Event { offset, kind: EventKind::On { channel, key, velocity } });
        }
        has_room
    }

    /// Appends a message; `false` if the list is full.
    pub(crate) fn push_message(&mut self, offset: u32, message: [u8; 3]) -> bool {
        let has_room = self.room() > 0;
        if has_room {
            self.events.push(Event { offset, kind: EventKind::Message(message) });
        }
        has_room
    }

    /// Puts a note-off before the note-ons of its sample; `false` if the list is full.
    pub(crate) fn push_off(&mut self, offset: u32, channel: u8, key: u8) -> bool {
        let has_room = self.room() > 0;
        if has_room {
            let is_on_here = |e: &&Event| e.offset == offset && matches!(e.kind, EventKind::On { .. });
            let n_ons_here = self.events.iter().rev().take_while(is_on_here).count();
            let idx = self.events.len() - n_ons_here;
            self.events.insert(idx, Event { offset, kind: EventKind::Off { channel, key } });
        }
        has_room
    }
}

impl Default for EventList {
    fn default() -> Self {
        Self::with_capacity(Self::CAPACITY)
    }
}
