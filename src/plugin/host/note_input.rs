//! Note events on their way in from the host.

use nice_plug::midi::{Channel, Key};
use nice_plug::prelude::{NoteEvent, Plugin, ProcessContext};

use crate::player::{Event, EventKind};

/// The notes that came in during a block, in the order of time.
///
/// Lives on the audio thread and never allocates there: what is beyond its room is not heard.
pub(crate) struct NoteInput {
    events: Vec<Event>,
}

/// More notes than this never come in during one block.
const CAPACITY: usize = 1024;

impl NoteInput {
    pub(crate) fn new() -> Self {
        Self { events: Vec::with_capacity(CAPACITY) }
    }

    /// Takes in what the host has for this block.
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

    /// What has come in.
    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }
}

/// A note of the host's; nothing for what is no note. A note-on of no velocity is a note-off.
fn from_host(event: &NoteEvent<()>) -> Option<Event> {
    let place = |channel: Channel, key: Key| match (channel, key) {
        (Channel::Number(channel), Key::Number(key)) => Some((channel.min(15), key.min(127))),
        _ => None,
    };
    match *event {
        NoteEvent::NoteOn { timing, channel, key, velocity, .. } => {
            let (channel, key) = place(channel, key)?;
            let velocity = (velocity * 127.0).round() as u8;
            let kind = match velocity {
                0 => EventKind::Off { channel, key },
                _ => EventKind::On { channel, key, velocity: velocity.min(127) },
            };
            Some(Event { offset: timing, kind })
        }
        NoteEvent::NoteOff { timing, channel, key, .. } | NoteEvent::Choke { timing, channel, key, .. } => {
            let (channel, key) = place(channel, key)?;
            Some(Event { offset: timing, kind: EventKind::Off { channel, key } })
        }
        _ => None,
    }
}
