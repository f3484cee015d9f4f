//! The tones of the voices: `fundsp` graphs with no input and one output.

use fundsp::prelude32::{
    An, AudioUnit, Shared, Sine, bandpass_hz, dcblock_hz, highpass_hz, lfo, sine, var, white,
};

/// A graph and the controls that a voice sets when a note begins.
pub(super) struct Tone {
    pub(super) graph: Box<dyn AudioUnit>,
    /// In hertz, where the tone has a pitch.
    pub(super) pitch: Shared,
    /// 0 (soft) to 1 (hard).
    pub(super) force: Shared,
}

/// The drums of the kit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drum {
    Kick,
    Snare,
    ClosedHat,
    OpenHat,
    Tom,
    Cymbal,
    /// Sticks, blocks, bells and all others.
    Block,
}

impl Drum {
    pub(super) const ALL: [Self; 7] =
        [Self::Kick, Self::Snare, Self::ClosedHat, Self::OpenHat, Self::Tom, Self::Cymbal, Self::Block];

    /// The drum for a General MIDI percussion key, and its pitch in hertz.
    pub(super) fn of_key(key: u8) -> (Self, f32) {
        match key {
            35 => (Self::Kick, 46.0),
            36 => (Self::Kick, 52.0),
            38 => (Self::Snare, 180.0),
            39 | 40 => (Self::Snare, 220.0),
            42 | 44 => (Self::ClosedHat, 7000.0),
            46 => (Self::OpenHat, 7000.0),
            41 | 43 | 45 | 47 | 48 | 50 => (Self::Tom, 75.0 * f32::powf(2.0, f32::from(key - 41) / 10.0)),
            49 | 51 | 52 | 53 | 55 | 57 | 59 => (Self::Cymbal, 5000.0),
            _ => (Self::Block, 500.0 * f32::powf(2.0, f32::from(key.clamp(27, 87)) / 24.0 - 2.0)),
        }
    }

    /// How long a stroke takes to fall to 1/e, in seconds.
    pub(super) fn decay(self) -> f32 {
        match self {
            Self::Kick => 0.11,
            Self::Snare => 0.09,
            Self::ClosedHat => 0.025,
            Self::OpenHat => 0.18,
            Self::Tom => 0.16,
            Self::Cymbal => 0.5,
            Self::Block => 0.035,
        }
    }

    /// Gain, and place in the stereo field: −1 (left) to 1 (right).
    pub(super) fn gain_and_pan(self) -> (f32, f32) {
        match self {
            Self::Kick => (0.9, 0.0),
            Self::Snare => (0.6, 0.05),
            Self::ClosedHat => (0.35, 0.3),
            Self::OpenHat => (0.3, 0.3),
            Self::Tom => (0.7, -0.2),
            Self::Cymbal => (0.3, -0.4),
            Self::Block => (0.35, 0.4),
        }
    }
}

/// An electric piano: a sine frequency-modulated by another of the same pitch, less the longer it sounds, and a
/// short bright tine two octaves above.
pub(super) fn keys(sample_rate: f64) -> Tone {
    let (pitch, force) = (Shared::new(440.0), Shared::new(0.5));
    let modulation = lfo(|t: f32| 0.25 + 1.1 * (-3.5 * t).exp()) * var(&force) * var(&pitch);
    // A quarter of a period apart, or else the lower side band is a constant: a thump at every note. At high pitches
    // a sample is a good part of a period, so the rest of the constant is filtered out.
    let body = (var(&pitch) + (var(&pitch) >> sine_from(0.25)) * modulation) >> sine_from(0.0);
    let tine = ((var(&pitch) * 4.0) >> sine()) * (lfo(|t: f32| 0.22 * (-14.0 * t).exp()) * var(&force));
    tone(Box::new((body + tine) >> dcblock_hz(20.0)), pitch, force, sample_rate)
}

/// A sine that begins at this fraction of its period.
fn sine_from(phase: f32) -> An<Sine<f32>> {
    An(Sine::with_phase(phase))
}

/// One drum.
pub(super) fn drum(drum: Drum, sample_rate: f64) -> Tone {
    let (pitch, force) = (Shared::new(100.0), Shared::new(0.5));
    let below_nyquist = |cutoff: f32| cutoff.min(0.4 * sample_rate as f32);
    let high = highpass_hz(below_nyquist(7000.0), 0.9);
    let graph: Box<dyn AudioUnit> = match drum {
        Drum::Kick => Box::new((var(&pitch) * lfo(|t: f32| 1.0 + 3.2 * (-38.0 * t).exp())) >> sine()),
        Drum::Tom => Box::new((var(&pitch) * lfo(|t: f32| 1.0 + 0.7 * (-18.0 * t).exp())) >> sine()),
        Drum::Snare => {
            let skin = (var(&pitch) >> sine()) * lfo(|t: f32| 0.9 * (-22.0 * t).exp());
            Box::new(skin + (white() >> highpass_hz(below_nyquist(1500.0), 0.7)) * 0.7)
        }
        Drum::ClosedHat | Drum::OpenHat => Box::new(white() >> high),
        Drum::Cymbal => Box::new(white() >> highpass_hz(below_nyquist(4500.0), 1.2)),
        Drum::Block => {
            let knock = white() >> bandpass_hz(below_nyquist(2500.0), 2.0);
            Box::new((var(&pitch) >> sine()) * 0.7 + knock * lfo(|t: f32| (-120.0 * t).exp()))
        }
    };
    tone(graph, pitch, force, sample_rate)
}

fn tone(mut graph: Box<dyn AudioUnit>, pitch: Shared, force: Shared, sample_rate: f64) -> Tone {
    graph.set_sample_rate(sample_rate);
    graph.allocate();
    graph.reset();
    Tone { graph, pitch, force }
}
