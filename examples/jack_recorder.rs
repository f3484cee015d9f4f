//! Records what a JACK client sends as MIDI, for `cargo xtask standalone`.
//!
//! Waits for the port that is given and connects to it. Prints `ready` and the sample rate, then each message in a line:
//! the sample at which it came, counted by the server, and its bytes. Ends when its standard input does.

use std::io::{Read as _, Write as _};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use jack::{Client, ClientOptions, Control, MidiIn, Port, ProcessHandler, ProcessScope};

/// How long the port may take to appear.
const PATIENCE: Duration = Duration::from_mins(1);

struct Recorder {
    port: Port<MidiIn>,
    lines: Sender<String>,
}

impl ProcessHandler for Recorder {
    // A test that allocates here loses no more than a period of JACK's dummy driver.
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        for message in self.port.iter(scope) {
            let sample = scope.last_frame_time().wrapping_add(message.time);
            let bytes: Vec<String> = message.bytes.iter().map(ToString::to_string).collect();
            if self.lines.send(format!("{sample} {}", bytes.join(" "))).is_err() {
                return Control::Quit;
            }
        }
        Control::Continue
    }
}

fn main() -> Result<()> {
    let from = std::env::args().nth(1).context("expected the name of a MIDI port")?;
    let (client, _) = Client::new("recorder", ClientOptions::NO_START_SERVER)?;
    let port = client.register_port("in", MidiIn::default())?;
    let to = port.name()?;
    let (lines, recorded) = channel();
    let rate = client.sample_rate();
    let recording = client.activate_async((), Recorder { port, lines })?;
    let begun = Instant::now();
    while recording.as_client().port_by_name(&from).is_none() {
        ensure!(begun.elapsed() < PATIENCE, "there is no port {from}");
        std::thread::sleep(Duration::from_millis(20));
    }
    recording.as_client().connect_ports_by_name(&from, &to)?;
    let printer = std::thread::spawn(move || -> Result<()> {
        let mut out = std::io::stdout();
        writeln!(out, "ready {rate}")?;
        for line in recorded {
            writeln!(out, "{line}")?;
        }
        Ok(())
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    recording.deactivate()?;
    printer.join().map_err(|_| anyhow::anyhow!("the printer panicked"))?
}
