//! One sounding note: a tone, its envelope and its place in the stereo field.

use crate::plugin::preview::tones::{self, Drum, Tone};

/// Seconds in which a note fades in, in which it falls to 1/e after its key is released, and in which the rest of a
/// note fades out when its voice is taken for another.
const ATTACK: f32 = 0.002;
const RELEASE: f32 = 0.06;
const LEFTOVER: f32 = 0.003;
/// A voice below this loudness is free.
const FREE: f32 = 1e-4;
/// Gain of one key at full force: a chord of four stays below what the limiter changes.
const KEY_GAIN: f32 = 0.35;

/// The key that a voice sounds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) channel: u8,
    pub(super) key: u8,
}

/// A voice of the electric piano or of one drum.
pub(super) struct Voice {
    tone: Tone,
    sample_rate: f32,
    /// Gain at full force.
    gain: f32,
    /// Seconds to 1/e while held.
    decay: f32,
    /// The key that is held down, if one is.
    held: Option<Key>,
    /// The present factor on the tone.
    loudness: f32,
    /// The factor on `loudness` at each sample.
    fade: f32,
    /// How far the note has faded in, 0 to 1.
    attack: f32,
    /// The last sample, and the rest of the note that sounded before.
    last: f32,
    leftover: f32,
    /// Left and right gains.
    sides: (f32, f32),
}

impl Voice {
    /// A voice of the electric piano.
    pub(super) fn keys(sample_rate: f64) -> Self {
        Self::new(tones::keys(sample_rate), KEY_GAIN, 1.0, sample_rate)
    }

    /// A voice of a drum.
    pub(super) fn drum(drum: Drum, sample_rate: f64) -> Self {
        let (gain, pan) = drum.gain_and_pan();
        let mut voice = Self::new(tones::drum(drum, sample_rate), gain, drum.decay(), sample_rate);
        voice.sides = sides(pan);
        voice
    }

    fn new(tone: Tone, gain: f32, decay: f32, sample_rate: f64) -> Self {
        Self {
            tone,
            sample_rate: sample_rate as f32,
            gain,
            decay,
            held: None,
            loudness: 0.0,
            fade: 0.0,
            attack: 1.0,
            last: 0.0,
            leftover: 0.0,
            sides: sides(0.0),
        }
    }

    /// Sounds for a key until [`Voice::release`].
    pub(super) fn press(&mut self, key: Key, velocity: u8) {
        let above_middle = f32::from(key.key.min(127)) - 60.0;
        self.tone.pitch.set(261.625_57 * (above_middle / 12.0).exp2());
        // Low strings ring longer and are to the left of the player.
        self.decay = 1.1 * (-above_middle / 30.0).exp2();
        self.sides = sides(above_middle / 90.0);
        self.begin(velocity);
        self.held = Some(key);
    }

    /// Sounds once, at this pitch in hertz.
    pub(super) fn strike(&mut self, pitch: f32, velocity: u8) {
        self.tone.pitch.set(pitch);
        self.begin(velocity);
    }

    fn begin(&mut self, velocity: u8) {
        let force = f32::from(velocity.min(127)) / 127.0;
        self.tone.force.set(force);
        self.tone.graph.reset();
        self.leftover += self.last;
        self.loudness = self.gain * force.powf(1.5);
        self.fade = self.per_sample(self.decay);
        self.attack = 0.0;
    }

    /// Begins to fade the note out.
    pub(super) fn release(&mut self) {
        self.held = None;
        self.fade = self.fade.min(self.per_sample(RELEASE));
    }

    /// Ends the note at once.
    pub(super) fn stop(&mut self) {
        self.held = None;
        self.loudness = 0.0;
        self.leftover = 0.0;
        self.last = 0.0;
    }

    /// Whether the voice sounds for this key and the key has not been released.
    pub(super) fn holds(&self, key: Key) -> bool {
        self.held == Some(key)
    }

    /// The loudness, for choosing the voice that will be missed least.
    pub(super) fn loudness(&self) -> f32 {
        // One that is held is missed more than one that rings.
        if self.held.is_some() { self.loudness + KEY_GAIN } else { self.loudness }
    }

    /// The next sample, left and right.
    pub(super) fn next(&mut self) -> (f32, f32) {
        self.last = self.sounded();
        self.leftover *= self.per_sample_leftover();
        let sample = self.last + self.leftover;
        (sample * self.sides.0, sample * self.sides.1)
    }

    fn sounded(&mut self) -> f32 {
        if self.loudness < FREE {
            self.held = None;
            self.loudness = 0.0;
            return 0.0;
        }
        let mut sample = [0.0];
        self.tone.graph.tick(&[], &mut sample);
        self.loudness *= self.fade;
        self.attack = (self.attack + 1.0 / (ATTACK * self.sample_rate)).min(1.0);
        sample[0] * self.loudness * self.attack
    }

    /// The factor for each sample by which something falls to 1/e in `seconds`.
    fn per_sample(&self, seconds: f32) -> f32 {
        (-1.0 / (seconds * self.sample_rate)).exp()
    }

    /// As [`Voice::per_sample`] for the rest of the note before, cheaper and close enough.
    fn per_sample_leftover(&self) -> f32 {
        (1.0 - 1.0 / (LEFTOVER * self.sample_rate)).max(0.0)
    }
}

/// Gains of equal power for a pan of −1 (left) to 1 (right).
fn sides(pan: f32) -> (f32, f32) {
    let angle = (pan.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
    (angle.cos(), angle.sin())
}
