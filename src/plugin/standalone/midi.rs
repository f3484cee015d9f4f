//! MIDI through the system: ALSA's sequencer, `CoreMIDI` or Windows.
//!
//! Sending may wait, so a thread of its own does it: the audio thread hands it each message with the moment at which it is
//! due. That thread polls, because waking it would take a lock on the audio thread.

use std::collections::{BTreeSet, VecDeque};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
#[cfg(unix)]
use midir::os::unix::{VirtualInput, VirtualOutput};
use midir::{MidiIO, MidiInput, MidiInputConnection, MidiOutput, MidiOutputConnection};

use crate::plugin::standalone::error::StandaloneError;
use crate::plugin::standalone::options::Options;
use crate::plugin::standalone::ports;
use crate::plugin::standalone::renderer::Message;

/// The name that other programs see.
const NAME: &str = "Continuo";
/// How many messages may wait, in each direction.
const CAPACITY: usize = 4096;
/// How often the sending thread looks for messages.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The audio thread's ends.
pub(super) struct MidiEnds {
    pub(super) outbox: Outbox,
    /// Messages that came in.
    pub(super) inbox: Receiver<Message>,
}

/// Takes messages to send.
pub(super) struct Outbox(Option<Sender<(Instant, Message)>>);

impl Outbox {
    /// Hands a message over that is due at this moment; `false` if there is no room. Without an output it is dropped.
    pub(super) fn send(&self, due: Instant, message: Message) -> bool {
        self.0.as_ref().is_none_or(|to_thread| to_thread.try_send((due, message)).is_ok())
    }
}

/// Open MIDI ports. They close when this is dropped, to be dropped after the audio thread's ends.
pub(super) struct MidiPorts {
    sender: Option<JoinHandle<()>>,
    _input: Option<MidiInputConnection<()>>,
}

impl Drop for MidiPorts {
    fn drop(&mut self) {
        if let Some(sender) = self.sender.take() {
            // If it panicked, there is nothing left to send.
            let _ = sender.join();
        }
    }
}

/// Opens the ports that the user has chosen, or else ports of our own to which other programs connect.
///
/// Also returns words for the user if there is no output: a system without MIDI is no error unless a port was chosen.
///
/// # Errors
/// If a port was chosen that is not there, or cannot be opened.
pub(super) fn open(options: &Options) -> Result<(MidiPorts, MidiEnds, Option<String>), StandaloneError> {
    let output = open_output(options.midi_out.as_deref());
    let (output, warning) = match output {
        Ok(output) => (Some(output), None),
        Err(error) if options.midi_out.is_none() => (None, Some(error.to_string())),
        Err(error) => return Err(error),
    };
    let (to_audio, inbox) = bounded(CAPACITY);
    let input = match open_input(options.midi_in.as_deref(), to_audio) {
        Ok(input) => Some(input),
        Err(_) if options.midi_in.is_none() => None,
        Err(error) => return Err(error),
    };
    let (outbox, sender) = match output {
        Some(output) => {
            let (to_thread, queue) = bounded(CAPACITY);
            let thread = std::thread::Builder::new().name("continuo MIDI".into());
            let sender = thread.spawn(move || send_all(&queue, &mut Port::new(output)));
            (Outbox(Some(to_thread)), Some(sender.map_err(StandaloneError::Thread)?))
        }
        None => (Outbox(None), None),
    };
    Ok((MidiPorts { sender, _input: input }, MidiEnds { outbox, inbox }, warning))
}

/// The names of the system's MIDI outputs and inputs, that is where notes can be sent to and come from.
pub(super) fn names() -> (Vec<String>, Vec<String>) {
    let outputs = MidiOutput::new(NAME).map(|output| names_of(&output, &output.ports())).unwrap_or_default();
    (outputs, MidiInput::new(NAME).map(|input| names_of(&input, &input.ports())).unwrap_or_default())
}

fn names_of<I: MidiIO>(io: &I, ports: &[I::Port]) -> Vec<String> {
    ports.iter().map(|port| io.port_name(port).unwrap_or_default()).collect()
}

fn failed(error: &dyn std::error::Error) -> StandaloneError {
    StandaloneError::Midi { reason: error.to_string() }
}

fn open_output(words: Option<&str>) -> Result<MidiOutputConnection, StandaloneError> {
    let output = MidiOutput::new(NAME).map_err(|error| failed(&error))?;
    if let Some(words) = words {
        let ports = output.ports();
        let port = &ports[ports::find("a MIDI output", words, &names_of(&output, &ports))?];
        return output.connect(port, "out").map_err(|error| failed(&error));
    }
    #[cfg(unix)]
    return output.create_virtual("out").map_err(|error| failed(&error));
    #[cfg(not(unix))]
    Err(StandaloneError::Midi { reason: "choose a port by --midi-out; --list lists them".to_owned() })
}

fn open_input(
    words: Option<&str>,
    to_audio: Sender<Message>,
) -> Result<MidiInputConnection<()>, StandaloneError> {
    let input = MidiInput::new(NAME).map_err(|error| failed(&error))?;
    let receive = move |_: u64, bytes: &[u8], (): &mut ()| {
        let mut message = [0; 3];
        if let Some(place) = message.get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
            // Of a flood that the audio thread cannot take, the rest is lost.
            let _ = to_audio.try_send((message, bytes.len()));
        }
    };
    if let Some(words) = words {
        let ports = input.ports();
        let port = &ports[ports::find("a MIDI input", words, &names_of(&input, &ports))?];
        return input.connect(port, "in", receive, ()).map_err(|error| failed(&error));
    }
    #[cfg(unix)]
    return input.create_virtual("in", receive, ()).map_err(|error| failed(&error));
    #[cfg(not(unix))]
    Err(StandaloneError::Midi { reason: "choose a port by --midi-in; --list lists them".to_owned() })
}

/// Takes messages.
trait Output {
    fn send(&mut self, message: Message);
}

/// An open output.
struct Port(MidiOutputConnection);

impl Port {
    fn new(connection: MidiOutputConnection) -> Self {
        Self(connection)
    }
}

impl Output for Port {
    fn send(&mut self, (bytes, n_bytes): Message) {
        // A device that is gone takes nothing; the next message finds out again.
        let _ = self.0.send(&bytes[..n_bytes.min(3)]);
    }
}

/// Sends each message when it is due, until the audio thread's end is dropped. Then ends what still sounds.
fn send_all(queue: &Receiver<(Instant, Message)>, output: &mut impl Output) {
    let mut waiting = VecDeque::with_capacity(CAPACITY);
    let mut down = BTreeSet::new();
    let mut send = |message: Message| {
        let [status, key, velocity] = message.0;
        match status & 0xf0 {
            0x90 if velocity > 0 => drop(down.insert((status & 15, key))),
            0x80 | 0x90 => drop(down.remove(&(status & 15, key))),
            _ => {}
        }
        output.send(message);
    };
    loop {
        match queue.try_recv() {
            Ok(message) => waiting.push_back(message),
            Err(TryRecvError::Empty) => {
                while let Some((_, message)) = waiting.pop_front_if(|(due, _)| *due <= Instant::now()) {
                    send(message);
                }
                std::thread::sleep(POLL_INTERVAL);
            }
            Err(TryRecvError::Disconnected) => break,
        }
    }
    for (_, message) in waiting {
        send(message);
    }
    for (channel, key) in down {
        output.send(([0x80 | channel, key, 64], 3));
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use crossbeam_channel::bounded;

    use crate::plugin::standalone::midi::{Output, send_all};
    use crate::plugin::standalone::renderer::Message;

    struct Heard(Vec<(Instant, Message)>);

    impl Output for Heard {
        fn send(&mut self, message: Message) {
            self.0.push((Instant::now(), message));
        }
    }

    #[test]
    fn messages_are_sent_when_they_are_due_and_keys_that_are_down_at_the_end_go_up() {
        let (to_thread, queue) = bounded(8);
        let now = Instant::now();
        let (first, second, released) = (([0x91, 60, 90], 3), ([0x91, 64, 90], 3), ([0x81, 60, 64], 3));
        let later = now + Duration::from_millis(20);
        for message in [(now, first), (later, second), (later, released)] {
            to_thread.send(message).unwrap();
        }
        let sending = std::thread::spawn(move || {
            let mut heard = Heard(Vec::new());
            send_all(&queue, &mut heard);
            heard.0
        });
        while !to_thread.is_empty() || Instant::now() < later + Duration::from_millis(20) {
            std::thread::yield_now();
        }
        drop(to_thread);
        let heard = sending.join().unwrap();
        let messages: Vec<Message> = heard.iter().map(|(_, message)| *message).collect();
        assert_eq!(messages, [first, second, released, ([0x81, 64, 64], 3)]);
        assert!(heard[1].0 >= later);
    }
}
