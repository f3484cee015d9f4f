//! Note events from the host.

use nice_plug::midi::{Channel, Key, MidiResult, VoiceID};
use nice_plug::prelude::{NoteEvent, Plugin, ProcessContext};

use crate::player::{Event, EventKind};

/// What came in during a block, in the order of time, with every note-off spelt out.
///
/// A host may end notes by wildcards, by a note id alone, by a choke, and by the MIDI controllers that end all
/// notes of a channel. Each of these becomes one note-off for each key that is down at the input.
///
/// Lives on the audio thread and never allocates there. When more comes in than there is room for, the rest of the
/// block is ignored and every key counts as released, so that no note hangs.
pub(crate) struct NoteInput {
    events: Vec<Event>,
    /// The keys that are down, by channel and key.
    keys: Box<[[Option<VoiceID>; N_KEYS]; N_CHANNELS]>,
    silent: SilentNoteOn,
}

/// What a note-on of velocity 0 means. Where a host sends MIDI, the framework has made a note-off of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilentNoteOn {
    /// A note-on, as in CLAP.
    Presses,
    /// A note-off, as in MIDI and VST3.
    Releases,
}

const N_KEYS: usize = 128;
const N_CHANNELS: usize = 16;
/// The controllers that end all notes: all sound off, all notes off, and the mode messages that imply it.
const ENDS_ALL: [u8; 6] = [120, 123, 124, 125, 126, 127];

/// Which notes an event ends.
#[derive(Clone, Copy)]
struct Ended {
    channel: Channel,
    key: Key,
    voice: VoiceID,
}

impl Ended {
    /// A key that is given by its number is released whatever its note id, as in MIDI.
    fn matches(self, channel: u8, key: u8, voice: VoiceID) -> bool {
        let is_given = !self.channel.is_wildcard() && !self.key.is_wildcard();
        self.channel.number().is_none_or(|number| number == channel)
            && self.key.number().is_none_or(|number| number == key)
            && (is_given || self.voice.is_wildcard() || self.voice == voice)
    }
}

impl NoteInput {
    /// How many events may come in during one block.
    pub(crate) const CAPACITY: usize = 1 << 15;
    /// How many of these are for note-offs, one for each key, when there is no more room.
    const RESERVE: usize = N_CHANNELS * N_KEYS;

    pub(crate) fn new(silent: SilentNoteOn) -> Self {
        let keys = Box::new([[None; N_KEYS]; N_CHANNELS]);
        Self { events: Vec::with_capacity(Self::CAPACITY), keys, silent }
    }

    /// Receives the host's events of this block.
    pub(crate) fn receive<P: Plugin<SysExMessage = ()>>(&mut self, context: &mut impl ProcessContext<P>) {
        self.receive_all(std::iter::from_fn(|| context.next_event()));
    }

    /// The events of this block.
    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    /// Receives these events, which are in order of time.
    pub(crate) fn receive_all(&mut self, events: impl Iterator<Item = NoteEvent<()>>) {
        self.events.clear();
        let mut is_full = false;
        for event in events {
            // An event adds as many note-offs as there are keys down, at most.
            if !is_full && self.events.len() + 2 * Self::RESERVE > Self::CAPACITY {
                is_full = true;
                self.release(event.timing(), all_notes());
            }
            if !is_full {
                self.receive_event(&event);
            }
        }
    }

    fn receive_event(&mut self, event: &NoteEvent<()>) {
        match *event {
            NoteEvent::NoteOn { timing, voice_id, channel, key: Key::Number(key), velocity } => {
                let (channel, key) = (channel.number().unwrap_or(0).min(15), key.min(127));
                if velocity <= 0.0 && self.silent == SilentNoteOn::Releases {
                    let (channel, key) = (Channel::Number(channel), Key::Number(key));
                    self.release(timing, Ended { channel, key, voice: voice_id });
                    return;
                }
                if let Some(place) = self.place(channel, key) {
                    *place = Some(voice_id);
                }
                let velocity = ((velocity * 127.0).round() as u8).clamp(1, 127);
                self.push(timing, EventKind::On { channel, key, velocity });
            }
            NoteEvent::NoteOff { timing, voice_id: voice, channel, key, .. }
            | NoteEvent::Choke { timing, voice_id: voice, channel, key } => {
                self.release(timing, Ended { channel, key, voice });
            }
            NoteEvent::MidiCC { timing, channel, cc, .. } if ENDS_ALL.contains(&cc) => {
                // Not let through: it would end the composed notes of that channel as well.
                self.release(timing, Ended { channel: Channel::Number(channel), ..all_notes() });
            }
            NoteEvent::PolyPressure { channel: Channel::Wildcard, .. }
            | NoteEvent::PolyPressure { key: Key::Wildcard, .. } => {}
            NoteEvent::PolyPressure { timing, .. }
            | NoteEvent::MidiChannelPressure { timing, .. }
            | NoteEvent::MidiPitchBend { timing, .. }
            | NoteEvent::MidiCC { timing, .. }
            | NoteEvent::MidiProgramChange { timing, .. } => {
                if let Some(MidiResult::Basic([status, first, second])) = event.as_midi() {
                    self.push(timing, EventKind::Message([status, first & 127, second & 127]));
                }
            }
            _ => {}
        }
    }

    /// Releases the keys that are down and match. A note-off for a single key is passed on even if that is not
    /// down.
    fn release(&mut self, offset: u32, ended: Ended) {
        if let (Channel::Number(channel), Key::Number(key)) = (ended.channel, ended.key) {
            let (channel, key) = (channel.min(15), key.min(127));
            if let Some(place) = self.place(channel, key) {
                *place = None;
            }
            self.push(offset, EventKind::Off { channel, key });
            return;
        }
        for (channel, keys) in (0_u8..).zip(self.keys.iter_mut()) {
            for (key, place) in (0_u8..).zip(keys) {
                if place.take_if(|voice| ended.matches(channel, key, *voice)).is_some() {
                    self.events.push(Event { offset, kind: EventKind::Off { channel, key } });
                }
            }
        }
    }

    fn place(&mut self, channel: u8, key: u8) -> Option<&mut Option<VoiceID>> {
        self.keys.get_mut(usize::from(channel))?.get_mut(usize::from(key))
    }

    fn push(&mut self, offset: u32, kind: EventKind) {
        self.events.push(Event { offset, kind });
    }
}

fn all_notes() -> Ended {
    Ended { channel: Channel::Wildcard, key: Key::Wildcard, voice: VoiceID::Wildcard }
}

#[cfg(test)]
mod tests {
    use nice_plug::midi::{Channel, Key, VoiceID};
    use nice_plug::prelude::NoteEvent;

    use crate::player::{Event, EventKind};
    use crate::plugin::host::note_input::{NoteInput, SilentNoteOn};

    fn on(timing: u32, channel: u8, key: u8, id: i32) -> NoteEvent<()> {
        let (channel, key) = (Channel::Number(channel), Key::Number(key));
        NoteEvent::NoteOn { timing, voice_id: VoiceID::ID(id), channel, key, velocity: 0.5 }
    }

    fn off(timing: u32, channel: Channel, key: Key, voice_id: VoiceID) -> NoteEvent<()> {
        NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 }
    }

    fn received(events: &[NoteEvent<()>]) -> Vec<Event> {
        let mut input = NoteInput::new(SilentNoteOn::Presses);
        input.receive_all(events.iter().copied());
        input.events().to_vec()
    }

    /// Channel and key of the note-offs after three notes have been pressed: (0, 60, id 1), (0, 64, id 2) and
    /// (3, 60, id 3).
    fn released_by(end: NoteEvent<()>) -> Vec<(u8, u8)> {
        let events = received(&[on(0, 0, 60, 1), on(0, 0, 64, 2), on(0, 3, 60, 3), end]);
        let offs = events.iter().filter_map(|event| match event.kind {
            EventKind::Off { channel, key } => Some((channel, key)),
            EventKind::On { .. } | EventKind::Message(_) => None,
        });
        offs.collect()
    }

    #[test]
    fn notes_end_in_every_way_that_a_host_has() {
        use Channel::Number as OnChannel;
        use Key::Number as OnKey;
        let (any_channel, any_key, any_voice) = (Channel::Wildcard, Key::Wildcard, VoiceID::Wildcard);
        let all = vec![(0, 60), (0, 64), (3, 60)];
        assert_eq!(released_by(off(1, OnChannel(0), OnKey(64), any_voice)), [(0, 64)]);
        assert_eq!(released_by(off(1, OnChannel(0), OnKey(64), VoiceID::ID(99))), [(0, 64)]);
        assert_eq!(released_by(off(1, any_channel, any_key, any_voice)), all);
        assert_eq!(released_by(off(1, any_channel, OnKey(60), any_voice)), [(0, 60), (3, 60)]);
        assert_eq!(released_by(off(1, OnChannel(0), any_key, any_voice)), [(0, 60), (0, 64)]);
        assert_eq!(released_by(off(1, any_channel, any_key, VoiceID::ID(2))), [(0, 64)]);
        assert_eq!(released_by(off(1, any_channel, OnKey(60), VoiceID::ID(3))), [(3, 60)]);
        assert_eq!(released_by(off(1, any_channel, any_key, VoiceID::ID(7))), []);
        let choke = |channel, key, voice_id| NoteEvent::Choke { timing: 1, voice_id, channel, key };
        assert_eq!(released_by(choke(any_channel, any_key, any_voice)), all);
        assert_eq!(released_by(choke(any_channel, any_key, VoiceID::ID(1))), [(0, 60)]);
        for cc in [120, 123, 124, 125, 126, 127] {
            let end = NoteEvent::MidiCC { timing: 1, channel: 0, cc, value: 0.0 };
            assert_eq!(released_by(end), [(0, 60), (0, 64)]);
        }
    }

    #[test]
    fn a_note_on_of_velocity_0_presses_a_key_in_clap_and_releases_it_in_vst3() {
        let pressed = |silent: SilentNoteOn, velocity: f32| {
            let (channel, key) = (Channel::Number(2), Key::Number(60));
            let event = NoteEvent::NoteOn { timing: 4, voice_id: VoiceID::ID(1), channel, key, velocity };
            let mut input = NoteInput::new(silent);
            input.receive_all(std::iter::once(event));
            input.events().to_vec()
        };
        let on = |velocity| [Event { offset: 4, kind: EventKind::On { channel: 2, key: 60, velocity } }];
        let off = [Event { offset: 4, kind: EventKind::Off { channel: 2, key: 60 } }];
        assert_eq!(pressed(SilentNoteOn::Presses, 0.0), on(1));
        assert_eq!(pressed(SilentNoteOn::Releases, 0.0), off);
        for silent in [SilentNoteOn::Presses, SilentNoteOn::Releases] {
            assert_eq!(pressed(silent, 0.001), on(1));
            assert_eq!(pressed(silent, 1.0), on(127));
        }
    }

    #[test]
    fn other_messages_come_in_as_they_are() {
        let messages = [
            ([0xb3, 64, 127], NoteEvent::MidiCC { timing: 5, channel: 3, cc: 64, value: 1.0 }),
            ([0xe0, 0, 0], NoteEvent::MidiPitchBend { timing: 5, channel: 0, value: 0.0 }),
            ([0xdf, 127, 0], NoteEvent::MidiChannelPressure { timing: 5, channel: 15, pressure: 1.0 }),
            ([0xc2, 40, 0], NoteEvent::MidiProgramChange { timing: 5, channel: 2, program: 40 }),
        ];
        for (bytes, event) in messages {
            assert_eq!(received(&[event]), [Event { offset: 5, kind: EventKind::Message(bytes) }]);
        }
        let pressure = |key| NoteEvent::PolyPressure {
            timing: 5,
            voice_id: VoiceID::Wildcard,
            channel: Channel::Number(1),
            key,
            pressure: 1.0,
        };
        let expected = Event { offset: 5, kind: EventKind::Message([0xa1, 60, 127]) };
        assert_eq!(received(&[pressure(Key::Number(60)), pressure(Key::Wildcard)]), [expected]);
    }

    #[test]
    fn a_flood_ends_with_every_key_released() {
        let mut flood: Vec<NoteEvent<()>> = (0..16_u8).map(|key| on(0, 0, key, 1)).collect();
        let bend = NoteEvent::MidiPitchBend { timing: 3, channel: 0, value: 0.0 };
        flood.extend(std::iter::repeat_n(bend, 2 * NoteInput::CAPACITY));
        flood.push(on(3, 0, 99, 1));
        let mut input = NoteInput::new(SilentNoteOn::Presses);
        let room = input.events.capacity();
        input.receive_all(flood.into_iter());
        assert_eq!(input.events.capacity(), room, "nothing was allocated");
        let is = |event: &&Event, on: bool| match event.kind {
            EventKind::On { .. } => on,
            EventKind::Off { .. } => !on,
            EventKind::Message(_) => false,
        };
        assert_eq!(input.events().iter().filter(|event| is(event, true)).count(), 16);
        assert_eq!(input.events().iter().filter(|event| is(event, false)).count(), 16);
        input.receive_all(std::iter::once(on(0, 0, 99, 1)));
        assert_eq!(input.events().len(), 1, "the next block is received");
    }
}
