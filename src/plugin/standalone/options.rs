//! The application's command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum, value_parser};

use crate::music::Meter;
use crate::plugin::own_transport::Song;

/// Continuo without a host: composes with a neural network, and plays it by its preview sound and through MIDI.
///
/// With JACK there are the ports midi_in, midi_out, left and right. Otherwise, on Linux and macOS, other programs see a MIDI
/// output of the name Continuo; on Windows, choose a port by --midi-out. What you compose and set is kept until the next
/// time.
#[derive(Debug, Clone, Parser)]
#[command(name = "continuo", version)]
#[allow(clippy::doc_markdown, reason = "it is shown as it is")]
pub struct Options {
    /// Where the sound goes to
    #[arg(long, value_enum, default_value_t = AudioSystem::Auto)]
    pub audio: AudioSystem,
    /// The system's audio device with these words in its name, instead of its default
    #[arg(long, value_name = "WORDS")]
    pub device: Option<String>,
    /// The length of a block of the system's audio in samples, instead of the device's own
    #[arg(long, value_name = "SAMPLES", value_parser = value_parser!(u32).range(16..=8192))]
    pub block: Option<u32>,
    /// Sends the notes to the MIDI port with these words in its name
    #[arg(long, value_name = "WORDS")]
    pub midi_out: Option<String>,
    /// Receives notes from the MIDI port with these words in its name
    #[arg(long, value_name = "WORDS")]
    pub midi_in: Option<String>,
    /// Lists audio devices and MIDI ports, and ends
    #[arg(long)]
    pub list: bool,
    /// Starts the song at once
    #[arg(long)]
    pub play: bool,
    /// Quarter notes a minute, 20 to 300
    #[arg(long, value_name = "BPM", value_parser = tempo)]
    pub tempo: Option<f64>,
    /// The time signature, such as 3/4
    #[arg(long, value_parser = meter)]
    pub meter: Option<Meter>,
    /// The length of the loop, in bars; 0 for none
    #[arg(long = "loop", value_name = "BARS", value_parser = value_parser!(u32).range(0..=i64::from(Song::MAX_LOOP)))]
    pub loop_bars: Option<u32>,
    /// The file that keeps music and settings until the next time, instead of the one in your data folder
    #[arg(long, value_name = "FILE")]
    pub session: Option<PathBuf>,
}

/// Where the sound goes to.
#[allow(clippy::doc_markdown, reason = "it is shown as it is")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AudioSystem {
    /// JACK if it is running (PipeWire answers, too), otherwise the system's default device
    Auto,
    /// JACK
    Jack,
    /// The system's: ALSA, CoreAudio or WASAPI
    System,
    /// Nowhere: MIDI alone
    None,
}

impl Options {
    /// The song with what the command line says of it.
    pub(super) fn song(&self, saved: Song) -> Song {
        Song {
            tempo: self.tempo.unwrap_or(saved.tempo),
            meter: self.meter.unwrap_or(saved.meter),
            loop_bars: self.loop_bars.unwrap_or(saved.loop_bars),
        }
    }
}

fn tempo(text: &str) -> Result<f64, String> {
    let tempo = text.parse().map_err(|_| format!("expected a number, found {text}"))?;
    if Song::TEMPOS.contains(&tempo) { Ok(tempo) } else { Err(format!("expected 20 to 300, found {text}")) }
}

fn meter(text: &str) -> Result<Meter, String> {
    let parse = || {
        let (numerator, denominator) = text.split_once('/')?;
        Meter::new(numerator.parse().ok()?, denominator.parse().ok()?).ok()
    };
    parse().ok_or_else(|| format!("expected a time signature such as 3/4, found {text}"))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use crate::music::Meter;
    use crate::plugin::own_transport::Song;
    use crate::plugin::standalone::options::Options;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn what_the_command_line_does_not_say_stays_as_it_was_saved() {
        let saved = Song { tempo: 90.0, loop_bars: 8, ..Song::default() };
        let song = |arguments: &[&str]| {
            let arguments = [&["continuo"], arguments].concat();
            Options::try_parse_from(arguments).map(|options| options.song(saved)).ok()
        };
        assert_eq!(song(&[]), Some(saved));
        let meter = Meter::new(3, 4).unwrap();
        assert_eq!(song(&["--meter", "3/4", "--loop", "0"]), Some(Song { meter, loop_bars: 0, ..saved }));
        assert_eq!(song(&["--tempo", "132.5"]), Some(Song { tempo: 132.5, ..saved }));
        for wrong in [["--tempo", "10"], ["--tempo", "NaN"], ["--meter", "4"], ["--loop", "65"]] {
            assert_eq!(song(&wrong), None, "{wrong:?}");
        }
    }
}
