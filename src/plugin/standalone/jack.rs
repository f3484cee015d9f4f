//! Audio and MIDI through JACK, each message on its sample.

use std::sync::Arc;

use ::jack::{
    AsyncClient, AudioOut, Client, ClientOptions, ClientStatus, Control, MidiIn, MidiOut,
    NotificationHandler, Port, PortFlags, PortSpec, ProcessHandler, ProcessScope, RawMidi,
};
use nice_plug::midi::NoteEvent;

use crate::plugin::own_transport::OwnTransport;
use crate::plugin::standalone::error::StandaloneError;
use crate::plugin::standalone::options::Options;
use crate::plugin::standalone::ports;
use crate::plugin::standalone::renderer::Renderer;

/// A connection to the server, before anything is played.
pub(super) struct JackClient(Client);

/// Playing. Ends when it is dropped.
pub(super) type Playing = AsyncClient<Server, Handler>;

impl JackClient {
    /// # Errors
    /// If no server is running, or libjack is missing.
    pub(super) fn connect() -> Result<Self, StandaloneError> {
        let (client, _) =
            Client::new("Continuo", ClientOptions::NO_START_SERVER).map_err(StandaloneError::NoJack)?;
        Ok(Self(client))
    }

    /// Samples a second.
    pub(super) fn sample_rate(&self) -> f64 {
        f64::from(self.0.sample_rate())
    }

    /// Registers the ports, begins to play, and connects the sound to the first two outputs of the sound card and MIDI to
    /// the ports that the user has chosen.
    ///
    /// # Errors
    /// If the server refuses, or there is no such port.
    pub(super) fn play(
        self,
        renderer: Renderer,
        transport: Arc<OwnTransport>,
        options: &Options,
    ) -> Result<Playing, StandaloneError> {
        let client = self.0;
        let handler = Handler {
            left: register(&client, "left", AudioOut::default())?,
            right: register(&client, "right", AudioOut::default())?,
            midi_in: register(&client, "midi_in", MidiIn::default())?,
            midi_out: register(&client, "midi_out", MidiOut::default())?,
            renderer,
        };
        let own = |name: &str| format!("{}:{name}", client.name());
        let [left, right, midi_in, midi_out] = ["left", "right", "midi_in", "midi_out"].map(own);
        // Ports can be connected only while the client is active.
        let playing = client.activate_async(Server(transport), handler).map_err(StandaloneError::Jack)?;
        let client = playing.as_client();
        let is_card = PortFlags::IS_PHYSICAL | PortFlags::IS_INPUT;
        let card = client.ports(None, Some(AudioOut::default().jack_port_type()), is_card);
        for (from, to) in [left, right].iter().zip(&card) {
            // Without it there is no sound, and the user connects what they want.
            let _ = client.connect_ports_by_name(from, to);
        }
        let midi = |flag| client.ports(None, Some(MidiOut::default().jack_port_type()), flag);
        if let Some(words) = &options.midi_out {
            let names = midi(PortFlags::IS_INPUT);
            let to = &names[ports::find("a MIDI output", words, &names)?];
            client.connect_ports_by_name(&midi_out, to).map_err(StandaloneError::Jack)?;
        }
        if let Some(words) = &options.midi_in {
            let names = midi(PortFlags::IS_OUTPUT);
            let from = &names[ports::find("a MIDI input", words, &names)?];
            client.connect_ports_by_name(from, &midi_in).map_err(StandaloneError::Jack)?;
        }
        Ok(playing)
    }

    /// The names of the MIDI ports to which notes can be sent, and from which they can come.
    pub(super) fn midi_names(&self) -> (Vec<String>, Vec<String>) {
        let midi = |flag| self.0.ports(None, Some(MidiOut::default().jack_port_type()), flag);
        (midi(PortFlags::IS_INPUT), midi(PortFlags::IS_OUTPUT))
    }
}

fn register<S: PortSpec>(client: &Client, name: &str, spec: S) -> Result<Port<S>, StandaloneError> {
    client.register_port(name, spec).map_err(StandaloneError::Jack)
}

/// What JACK's audio thread calls.
pub(super) struct Handler {
    renderer: Renderer,
    left: Port<AudioOut>,
    right: Port<AudioOut>,
    midi_in: Port<MidiIn>,
    midi_out: Port<MidiOut>,
}

impl ProcessHandler for Handler {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let (left, right) = (self.left.as_mut_slice(scope), self.right.as_mut_slice(scope));
        let received = self.midi_in.iter(scope);
        let input = received.filter_map(|message| NoteEvent::from_midi(message.time, message.bytes).ok());
        let mut writer = self.midi_out.writer(scope);
        self.renderer.render(input, left, right, |time, (bytes, n_bytes)| {
            writer.write(&RawMidi { time, bytes: &bytes[..n_bytes.min(3)] }).is_ok()
        });
        Control::Continue
    }
}

/// Notices that the server ends.
pub(super) struct Server(Arc<OwnTransport>);

impl NotificationHandler for Server {
    #[allow(unsafe_code, reason = "the trait declares it so: it may do no more than a signal handler")]
    unsafe fn shutdown(&mut self, _: ClientStatus, _: &str) {
        self.0.lose_audio();
    }
}
