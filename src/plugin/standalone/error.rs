//! Why the application cannot start.

use std::error::Error;

/// Why the application cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StandaloneError {
    /// There is neither a JACK server nor a sound card.
    #[error(
        "expected a JACK server or an audio device, found neither (JACK: {jack}; system: {system}). Start JACK or PipeWire, \
         plug in a sound card, or send MIDI without sound: --audio none"
    )]
    NoAudio {
        /// What JACK says.
        jack: String,
        /// What the system's audio says.
        system: String,
    },
    /// No JACK server can be reached.
    #[error("could not connect to a JACK server; is it running?")]
    NoJack(#[source] ::jack::Error),
    /// JACK refuses a port or a connection.
    #[error("JACK refused")]
    Jack(#[source] ::jack::Error),
    /// There is no audio device to play on.
    #[error("the system has no audio device")]
    NoDevice,
    /// The audio device cannot be used.
    #[error("could not use the audio device {name}")]
    Device {
        /// The device.
        name: String,
        /// The cause.
        source: cpal::Error,
    },
    /// The audio device takes samples of a kind that is not known.
    #[error("the audio device takes {format} samples, which Continuo cannot make")]
    SampleFormat {
        /// The kind.
        format: String,
    },
    /// The audio device or server runs at a rate that is out of range.
    #[error("expected a sample rate of 1 kHz to 10 MHz, found {rate} Hz")]
    SampleRate {
        /// The rate.
        rate: f64,
    },
    /// There is no audio device or port whose name contains the words given.
    #[error("expected {what} with \"{words}\" in its name, found {}", or_none(found))]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// The words.
        words: String,
        /// The names of those that are there.
        found: Vec<String>,
    },
    /// The system's MIDI cannot be used.
    #[error("could not open MIDI: {reason}")]
    Midi {
        /// The cause.
        reason: String,
    },
    /// A thread could not be started.
    #[error("could not start a thread")]
    Thread(#[source] std::io::Error),
    /// The window cannot be opened.
    #[error("could not open the window")]
    Window(#[source] Box<dyn Error>),
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
