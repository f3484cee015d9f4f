//! Note events to the host, which may refuse them.

use nice_plug::context::process::SendEventError;
use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::{NoteEvent, Plugin, ProcessContext};

use crate::player::{Event, EventKind, EventList};

/// Sends events in order of time, and keeps those that the host has no room for until the next block.
///
/// Lives on the audio thread and never allocates there. When a host refuses for so long that the
/// store is full, note-ons are dropped, each with its note-off, and never a note-off alone: no note hangs. Other
/// messages are dropped, too.
pub(crate) struct NoteOutput {
    /// The events that the host had no room for, oldest first.
    refused: Vec<EventKind>,
    /// For each channel and key: how many note-ons were dropped whose note-offs have not come yet.
    dropped: Box<[[u8; 128]; 16]>,
}

/// How many refused events are kept. Above half of that only note-offs are.
const CAPACITY: usize = 8192;

/// Whether the host took an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Taken,
    Full,
    NoOutput,
}

impl NoteOutput {
    pub(crate) fn new() -> Self {
        Self { refused: Vec::with_capacity(CAPACITY), dropped: Box::new([[0; 128]; 16]) }
    }

    /// Sends the events that were refused before, then those of this block.
    pub(crate) fn send<P: Plugin<SysExMessage = ()>>(
        &mut self,
        context: &mut impl ProcessContext<P>,
        events: &EventList,
    ) {
        self.send_with(events.as_slice(), |event| {
            match to_host(event).map(|event| context.try_send_event(event)) {
                Some(Ok(())) => Answer::Taken,
                Some(Err((_, SendEventError::HostBufferFull))) => Answer::Full,
                Some(Err((_, SendEventError::NoOutputBuffer | SendEventError::InvalidEvent { .. })))
                | None => Answer::NoOutput,
            }
        });
    }

    /// The same for any host, which answers whether it has taken an event.
    pub(crate) fn send_with(&mut self, events: &[Event], mut offer: impl FnMut(Event) -> Answer) {
        let mut n_sent = 0;
        for kind in &self.refused {
            match offer(Event { offset: 0, kind: *kind }) {
                Answer::Taken | Answer::NoOutput => n_sent += 1,
                Answer::Full => break,
            }
        }
        self.refused.drain(..n_sent);
        for event in events {
            if self.belongs_to_dropped(event.kind) {
                continue;
            }
            let must_wait = !self.refused.is_empty();
            if must_wait || offer(*event) == Answer::Full {
                self.keep(event.kind);
            }
        }
    }

    /// Whether this is the note-off of a note-on that was dropped.
    fn belongs_to_dropped(&mut self, kind: EventKind) -> bool {
        let EventKind::Off { channel, key } = kind else {
            return false;
        };
        let count = &mut self.dropped[usize::from(channel & 15)][usize::from(key & 127)];
        let belongs = *count > 0;
        *count = count.saturating_sub(1);
        belongs
    }

    fn keep(&mut self, kind: EventKind) {
        match kind {
            EventKind::On { channel, key, .. } if self.refused.len() >= CAPACITY / 2 => {
                let count = &mut self.dropped[usize::from(channel & 15)][usize::from(key & 127)];
                *count = count.saturating_add(1);
            }
            EventKind::Message(_) if self.refused.len() >= CAPACITY / 2 => {}
            _ if self.refused.len() < CAPACITY => self.refused.push(kind),
            // Never reached: half the store holds more note-offs than there are keys.
            _ => {}
        }
    }
}

/// The event in the framework's terms; `None` if it has none for it.
fn to_host(event: Event) -> Option<NoteEvent<()>> {
    let timing = event.offset;
    let voice_id = VoiceID::Wildcard;
    Some(match event.kind {
        EventKind::On { channel, key, velocity } => NoteEvent::NoteOn {
            timing,
            voice_id,
            channel: Channel::Number(channel),
            key: Key::Number(key),
            velocity: f32::from(velocity) / 127.0,
        },
        EventKind::Off { channel, key } => NoteEvent::NoteOff {
            timing,
            voice_id,
            channel: Channel::Number(channel),
            key: Key::Number(key),
            velocity: 0.0,
        },
        EventKind::Message(message) => return NoteEvent::from_midi(timing, &message).ok(),
    })
}

#[cfg(test)]
mod tests {
    use crate::player::{Event, EventKind};
    use crate::plugin::host::note_output::{Answer, CAPACITY, NoteOutput};

    fn on(offset: u32, key: u8) -> Event {
        Event { offset, kind: EventKind::On { channel: 0, key, velocity: 100 } }
    }

    fn off(offset: u32, key: u8) -> Event {
        Event { offset, kind: EventKind::Off { channel: 0, key } }
    }

    /// A host with room for `room` events a block.
    fn host(room: usize, received: &mut Vec<Event>) -> impl FnMut(Event) -> Answer {
        let limit = received.len() + room;
        move |event| {
            if received.len() == limit {
                return Answer::Full;
            }
            received.push(event);
            Answer::Taken
        }
    }

    #[test]
    fn events_that_a_full_host_refuses_come_first_in_the_next_block() {
        let (mut output, mut received) = (NoteOutput::new(), Vec::new());
        output.send_with(&[on(3, 60), off(7, 60), on(7, 62)], host(1, &mut received));
        output.send_with(&[off(5, 62)], host(9, &mut received));
        assert_eq!(received, [on(3, 60), off(0, 60), on(0, 62), off(5, 62)]);
    }

    #[test]
    fn a_host_that_refuses_for_long_gets_one_off_for_every_on() {
        let (mut output, mut received) = (NoteOutput::new(), Vec::new());
        for idx in 0..CAPACITY {
            let key = (idx % 100) as u8;
            output.send_with(&[on(0, key), off(1, key)], |_| Answer::Full);
        }
        output.send_with(&[on(0, 120), off(1, 120)], host(usize::MAX / 2, &mut received));
        let mut sounding = [0_i32; 128];
        for event in &received {
            match event.kind {
                EventKind::On { key, .. } => sounding[usize::from(key)] += 1,
                EventKind::Off { key, .. } => sounding[usize::from(key)] -= 1,
                EventKind::Message(_) => {}
            }
            assert!(sounding.iter().all(|count| (0..=1).contains(count)));
        }
        assert_eq!(sounding, [0; 128]);
        assert_eq!(received.last(), Some(&off(1, 120)));
    }

    #[test]
    fn no_events_are_kept_for_a_host_that_takes_none() {
        let mut output = NoteOutput::new();
        output.send_with(&[on(0, 60)], |_| Answer::NoOutput);
        assert!(output.refused.is_empty());
    }
}
