//! Which audio is used.

use std::any::Any;
use std::sync::Arc;

use crate::errors::with_causes;
use crate::plugin::instance::Instance;
use crate::plugin::own_transport::OwnTransport;
use crate::plugin::standalone::clock::{self, Clock};
use crate::plugin::standalone::device::OutputDevice;
use crate::plugin::standalone::error::StandaloneError;
use crate::plugin::standalone::jack::JackClient;
use crate::plugin::standalone::midi::{self, MidiPorts};
use crate::plugin::standalone::options::{AudioSystem, Options};
use crate::plugin::standalone::renderer::Renderer;
use crate::plugin::standalone::system_blocks::SystemBlocks;

/// Audio that is being played. Ends when it is dropped.
pub(super) struct Audio {
    /// Where it goes to, in words.
    pub(super) destination: String,
    /// Why there is no MIDI output, if there is none.
    pub(super) warning: Option<String>,
    /// Dropped first: the audio thread's ends of MIDI go with it.
    _playing: Box<dyn Any>,
    _midi: Option<MidiPorts>,
}

/// Where the sound goes to, opened.
enum Output {
    Jack(JackClient),
    Device(OutputDevice),
    Clock,
}

impl Output {
    fn open(options: &Options) -> Result<Self, StandaloneError> {
        match options.audio {
            AudioSystem::Jack => Ok(Self::Jack(JackClient::connect()?)),
            AudioSystem::System => Ok(Self::Device(OutputDevice::open(options)?)),
            AudioSystem::None => Ok(Self::Clock),
            // Who names a device means the system's.
            AudioSystem::Auto if options.device.is_some() => Ok(Self::Device(OutputDevice::open(options)?)),
            AudioSystem::Auto => JackClient::connect().map(Self::Jack).or_else(|jack| {
                let device = OutputDevice::open(options).map(Self::Device);
                device.map_err(|system| StandaloneError::NoAudio {
                    jack: with_causes(&jack),
                    system: with_causes(&system),
                })
            }),
        }
    }

    fn sample_rate(&self) -> f64 {
        match self {
            Self::Jack(client) => client.sample_rate(),
            Self::Device(device) => device.sample_rate(),
            Self::Clock => clock::SAMPLE_RATE,
        }
    }
}

/// Opens audio and MIDI, and begins to play; the song stands until it is started.
///
/// # Errors
/// If there is no audio, or not what the user has asked for.
pub(super) fn start(
    options: &Options,
    instance: Instance,
    transport: &Arc<OwnTransport>,
) -> Result<Audio, StandaloneError> {
    let output = Output::open(options)?;
    let sample_rate = output.sample_rate();
    let renderer = Renderer::new(instance, Arc::clone(transport), sample_rate)?;
    let client = match output {
        Output::Jack(client) => {
            let playing = client.play(renderer, Arc::clone(transport), options)?;
            let destination = format!("JACK, {sample_rate} Hz");
            return Ok(Audio { destination, warning: None, _playing: Box::new(playing), _midi: None });
        }
        Output::Device(device) => Some(device),
        Output::Clock => None,
    };
    let (midi, ends, warning) = midi::open(options)?;
    let blocks = SystemBlocks::new(renderer, ends, sample_rate);
    let (destination, playing): (String, Box<dyn Any>) = match client {
        Some(device) => {
            let destination = format!("{}, {sample_rate} Hz", device.name());
            (destination, Box::new(device.play(blocks, Arc::clone(transport))?))
        }
        None => ("nowhere".to_owned(), Box::new(Clock::start(blocks)?)),
    };
    Ok(Audio { destination, warning, _playing: playing, _midi: Some(midi) })
}
