//! Note events from the host.

use nice_plug::midi::{Channel, Key};
use nice_plug::prelude::{NoteEvent, Plugin, ProcessContext};

use crate::player::{Event, EventKind};

/// The notes that came in during a block, in the order of time.
///
/// Lives on the audio thread and never allocates there: notes beyond its capacity are ignored.
pub(crate) struct NoteInput {
    events: Vec<Event>,
}

/// More notes than this do not come in during one block.
const CAPACITY: usize = 1024;

impl NoteInput {
    pub(crate) fn new() -> Self {
        Self { events: Vec::with_capacity(CAPACITY) }
    }

    /// Receives the host's notes of this block.
    pub(crate) fn receive<P: Plugin<SysExMessage = ()>>(&mut self, context: &mut impl ProcessContext<P>) {
        self.events.clear();
        while let Some(event) = context.next_event() {
            if let Some(event) = from_host(&event)
                && self.events.len() < CAPACITY
            {
                self.events.push(event);
            }
        }
    }

    /// The notes of this block.
    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }
}

/// The host's event as a note; `None` for events that are not notes. A note-on of velocity 0 is a note-off.
fn from_host(event: &NoteEvent<()>) -> Option<Event> {
    let channel_and_key = |channel: Channel, key: Key| match (channel, key) {
        (Channel::Number(channel), Key::Number(key)) => Some((channel.min(15), key.min(127))),
        _ => None,
    };
    match *event {
        NoteEvent::NoteOn { timing, channel, key, velocity, .. } => {
            let (channel, key) = channel_and_key(channel, key)?;
            let velocity = (velocity * 127.0).round() as u8;
            let kind = match velocity {
                0 => EventKind::Off { channel, key },
                _ => EventKind::On { channel, key, velocity: velocity.min(127) },
            };
            Some(Event { offset: timing, kind })
        }
        NoteEvent::NoteOff { timing, channel, key, .. } | NoteEvent::Choke { timing, channel, key, .. } => {
            let (channel, key) = channel_and_key(channel, key)?;
            Some(Event { offset: timing, kind: EventKind::Off { channel, key } })
        }
        _ => None,
    }
}
