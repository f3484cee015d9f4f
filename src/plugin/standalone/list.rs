//! What there is to choose from.

use crate::plugin::standalone::jack::JackClient;
use crate::plugin::standalone::{device, midi};

/// The audio devices and MIDI ports of this machine, as text.
pub(super) fn list() -> String {
    let (outputs, inputs) = midi::names();
    let mut groups = vec![
        ("Audio devices (--device)", device::names()),
        ("MIDI outputs (--midi-out)", outputs),
        ("MIDI inputs (--midi-in)", inputs),
    ];
    if let Ok(jack) = JackClient::connect() {
        let (outputs, inputs) = jack.midi_names();
        groups.extend([
            ("MIDI outputs with JACK (--midi-out)", outputs),
            ("MIDI inputs with JACK (--midi-in)", inputs),
        ]);
    }
    let text = |(title, names): (&str, Vec<String>)| {
        let names = if names.is_empty() { vec!["none".to_owned()] } else { names };
        format!("{title}\n  {}\n", names.join("\n  "))
    };
    groups.into_iter().map(text).collect()
}
