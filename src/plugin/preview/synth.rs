//! The voices together: which note goes to which, and their mix.

use crate::player::{DRUM_CHANNEL, Event, EventKind};
use crate::plugin::preview::tones::Drum;
use crate::plugin::preview::voice::{Key, Voice};

/// How many pitched notes may sound at once, those fading out included.
const N_VOICES: usize = 32;
/// How many strokes of one drum may sound at once.
const N_STROKES: usize = 2;
/// Time constant, in seconds, with which the level follows the knob and the switch.
const LEVEL_TIME: f32 = 0.01;
/// A level below this cannot be heard.
const INAUDIBLE: f32 = 1e-4;

/// The sound generator of one instance.
pub struct Preview {
    keys: Vec<Voice>,
    drums: Vec<(Drum, [Voice; N_STROKES])>,
    /// The present factor on the mix, and the share of the way to its target that it goes with each sample.
    level: f32,
    level_step: f32,
}

impl Preview {
    /// A generator at this sample rate, silent.
    #[must_use]
    pub fn new(sample_rate: f64) -> Self {
        let rate = sample_rate.clamp(8_000.0, 768_000.0);
        let drums = Drum::ALL.map(|drum| (drum, std::array::from_fn(|_| Voice::drum(drum, rate))));
        Self {
            keys: (0..N_VOICES).map(|_| Voice::keys(rate)).collect(),
            drums: drums.into(),
            level: 0.0,
            level_step: 1.0 - (-1.0 / (LEVEL_TIME * rate as f32)).exp(),
        }
    }

    /// Plays a block: overwrites `left` and `right`, which are equally long.
    ///
    /// `events` are in order of time. `level` is the factor on the output; at 0 the sound fades out and
    /// new notes are ignored.
    pub fn render(&mut self, events: &[Event], level: f32, left: &mut [f32], right: &mut [f32]) {
        let samples = left.iter_mut().zip(right);
        self.render_with(events, level, samples, |(left, right), (mixed_left, mixed_right)| {
            (*left, *right) = (limited(mixed_left), limited(mixed_right));
        });
    }

    /// As [`Preview::render`], into one channel.
    pub fn render_mono(&mut self, events: &[Event], level: f32, mono: &mut [f32]) {
        self.render_with(events, level, mono.iter_mut(), |mono, (left, right)| {
            *mono = limited(0.5 * (left + right));
        });
    }

    /// Plays a block, and writes each mixed sample with `write`.
    fn render_with<S>(
        &mut self,
        events: &[Event],
        level: f32,
        samples: impl Iterator<Item = S>,
        write: impl Fn(S, (f32, f32)),
    ) {
        let wants_sound = level > 0.0;
        if !wants_sound && self.level < INAUDIBLE {
            if self.level > 0.0 {
                self.level = 0.0;
                self.silence();
            }
            samples.for_each(|sample| write(sample, (0.0, 0.0)));
            return;
        }
        let mut events = events.iter().peekable();
        for (offset, sample) in samples.enumerate() {
            while let Some(event) = events.next_if(|event| event.offset as usize <= offset) {
                self.receive(event.kind, wants_sound);
            }
            self.level += (level - self.level) * self.level_step;
            let (left, right) = self.mix();
            write(sample, (left * self.level, right * self.level));
        }
        for event in events {
            self.receive(event.kind, wants_sound);
        }
    }

    /// Stops every voice at once.
    pub fn silence(&mut self) {
        self.keys
            .iter_mut()
            .chain(self.drums.iter_mut().flat_map(|(_, strokes)| strokes))
            .for_each(Voice::stop);
    }

    fn receive(&mut self, kind: EventKind, wants_sound: bool) {
        match kind {
            EventKind::On { channel: DRUM_CHANNEL, key, velocity } if wants_sound => {
                self.strike(key, velocity);
            }
            EventKind::On { channel, key, velocity } if wants_sound => {
                self.press(Key { channel, key }, velocity);
            }
            EventKind::On { .. } | EventKind::Message(_) => {}
            EventKind::Off { channel, key } => {
                let released = Key { channel, key };
                self.keys.iter_mut().filter(|voice| voice.holds(released)).for_each(Voice::release);
            }
        }
    }

    fn press(&mut self, key: Key, velocity: u8) {
        let quietest = self.keys.iter_mut().min_by(|a, b| a.loudness().total_cmp(&b.loudness()));
        if let Some(voice) = quietest {
            voice.press(key, velocity);
        }
    }

    fn strike(&mut self, key: u8, velocity: u8) {
        let (drum, pitch) = Drum::of_key(key);
        for (other, strokes) in &mut self.drums {
            if *other == drum {
                let quietest = strokes.iter_mut().min_by(|a, b| a.loudness().total_cmp(&b.loudness()));
                if let Some(voice) = quietest {
                    voice.strike(pitch, velocity);
                }
            } else if *other == Drum::OpenHat && drum == Drum::ClosedHat {
                // There is one hi-hat: closing it stops the open sound.
                strokes.iter_mut().for_each(Voice::release);
            }
        }
    }

    fn mix(&mut self) -> (f32, f32) {
        let voices = self.keys.iter_mut().chain(self.drums.iter_mut().flat_map(|(_, strokes)| strokes));
        voices.fold((0.0, 0.0), |(left, right), voice| {
            let (added_left, added_right) = voice.next();
            (left + added_left, right + added_right)
        })
    }
}

/// Limits a sample softly: quiet ones stay as they are, and none exceeds −1 to 1.
fn limited(sample: f32) -> f32 {
    sample.tanh()
}
