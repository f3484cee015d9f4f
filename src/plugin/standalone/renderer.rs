//! What the audio thread asks for block after block.

use std::sync::Arc;

use nice_plug::midi::NoteEvent;

use crate::player::{Event, EventKind};
use crate::plugin::host::note_input::{NoteInput, SilentNoteOn};
use crate::plugin::host::note_output::{Answer, NoteOutput};
use crate::plugin::instance::Instance;
use crate::plugin::own_transport::{OwnTransport, SongPosition};
use crate::plugin::standalone::error::StandaloneError;

/// An instance and the song that it plays in.
///
/// Belongs to the audio thread, and never allocates, frees, locks or waits there.
pub(super) struct Renderer {
    instance: Instance,
    note_input: NoteInput,
    note_output: NoteOutput,
    transport: Arc<OwnTransport>,
    position: SongPosition,
    sample_rate: f64,
}

/// A MIDI message with the number of its bytes.
pub(super) type Message = ([u8; 3], usize);

impl Renderer {
    /// Composes the first bars for this sample rate.
    ///
    /// # Errors
    /// If the rate is out of range.
    pub(super) fn new(
        mut instance: Instance,
        transport: Arc<OwnTransport>,
        sample_rate: f64,
    ) -> Result<Self, StandaloneError> {
        if !instance.activate(sample_rate) {
            return Err(StandaloneError::SampleRate { rate: sample_rate });
        }
        Ok(Self {
            instance,
            note_input: NoteInput::new(SilentNoteOn::Releases),
            note_output: NoteOutput::new(),
            transport,
            position: SongPosition::default(),
            sample_rate,
        })
    }

    /// Renders a block: overwrites `left` and `right`, which are equally long, and sends each event with its sample.
    ///
    /// `send` returns whether there was room. What there was no room for comes in the next block.
    pub(super) fn render(
        &mut self,
        input: impl Iterator<Item = NoteEvent<()>>,
        left: &mut [f32],
        right: &mut [f32],
        mut send: impl FnMut(u32, Message) -> bool,
    ) {
        let n_samples = left.len() as u32;
        self.note_input.receive_all(input);
        let transport = self.position.advance(&self.transport, n_samples, self.sample_rate);
        let events = self.instance.play(n_samples, transport, self.note_input.events());
        self.note_output.send_with(events.as_slice(), |Event { offset, kind }| {
            if send(offset, message(kind)) { Answer::Taken } else { Answer::Full }
        });
        self.instance.render_preview(n_samples, &mut [left, right]);
        self.transport.count_block();
    }
}

fn message(kind: EventKind) -> Message {
    match kind {
        EventKind::On { channel, key, velocity } => ([0x90 | channel, key, velocity], 3),
        EventKind::Off { channel, key } => ([0x80 | channel, key, 64], 3),
        // Program changes and channel pressure have one byte of data.
        EventKind::Message(bytes) if matches!(bytes[0] & 0xf0, 0xc0 | 0xd0) => (bytes, 2),
        EventKind::Message(bytes) => (bytes, 3),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use std::time::Duration;

    use crate::plugin::instance::Instance;
    use crate::plugin::own_transport::{OwnTransport, Song};
    use crate::plugin::standalone::renderer::Renderer;

    /// Renders blocks of 512 samples; the note messages with the samples at which they fall.
    fn render(renderer: &mut Renderer, n_blocks: u64) -> Vec<(u64, [u8; 3])> {
        let (mut left, mut right) = ([0.0; 512], [0.0; 512]);
        let mut sent = Vec::new();
        for block in 0..n_blocks {
            renderer.render(std::iter::empty(), &mut left, &mut right, |offset, (bytes, _)| {
                sent.push((512 * block + u64::from(offset), bytes));
                true
            });
            renderer.instance.parameters().session.wait_until_idle_within(Duration::from_secs(5));
        }
        sent
    }

    /// The keys that are down after these messages.
    fn down(sent: &[(u64, [u8; 3])]) -> BTreeSet<(u8, u8)> {
        let mut down = BTreeSet::new();
        for (_, [status, key, _]) in sent {
            match status & 0xf0 {
                0x90 => drop(down.insert((status & 15, *key))),
                0x80 => drop(down.remove(&(status & 15, *key))),
                _ => {}
            }
        }
        down
    }

    #[test]
    fn the_song_sounds_while_it_plays_and_every_key_is_up_a_block_after_it_stops() {
        let transport = Arc::new(OwnTransport::new(Song { loop_bars: 1, ..Song::default() }));
        let mut renderer = Renderer::new(Instance::new(), Arc::clone(&transport), 48_000.0).unwrap();
        assert_eq!(render(&mut renderer, 4), []);
        transport.play();
        let mut sent = render(&mut renderer, 400);
        assert!(sent.iter().filter(|(_, [status, ..])| status & 0xf0 == 0x90).count() > 4);
        transport.stop();
        sent.extend(render(&mut renderer, 1));
        assert_eq!(down(&sent), BTreeSet::new());
        assert_eq!(render(&mut renderer, 4), []);
        assert_eq!(transport.n_blocks(), 409);
    }

    #[test]
    fn events_that_find_no_room_come_in_the_next_block() {
        let transport = Arc::new(OwnTransport::default());
        let mut renderer = Renderer::new(Instance::new(), Arc::clone(&transport), 48_000.0).unwrap();
        let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
        transport.play();
        let mut offered = None;
        for _ in 0..10_000 {
            renderer.render(std::iter::empty(), &mut left, &mut right, |_, message| {
                offered = Some(message);
                false
            });
            if offered.is_some() {
                break;
            }
        }
        let mut sent = Vec::new();
        renderer.render(std::iter::empty(), &mut left, &mut right, |offset, message| {
            sent.push((offset, message));
            true
        });
        assert_eq!(sent.first().map(|(offset, message)| (*offset, Some(*message))), Some((0, offered)));
    }

    #[test]
    fn no_sample_rate_out_of_range_is_taken() {
        let rate = |rate| Renderer::new(Instance::new(), Arc::default(), rate).err();
        assert!(rate(0.0).is_some() && rate(f64::NAN).is_some());
    }
}
