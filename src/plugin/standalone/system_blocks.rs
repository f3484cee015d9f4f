//! Blocks for audio that comes without MIDI of its own: the system's device, or a clock.

use std::time::{Duration, Instant};

use nice_plug::midi::NoteEvent;

use crate::plugin::standalone::midi::MidiEnds;
use crate::plugin::standalone::renderer::Renderer;

/// The longest block that is rendered at once.
const MAX_SAMPLES: usize = 4096;

/// Renders blocks with the system's MIDI. Belongs to the audio thread.
pub(super) struct SystemBlocks {
    renderer: Renderer,
    midi: MidiEnds,
    sample_rate: f64,
    left: Box<[f32]>,
    right: Box<[f32]>,
}

impl SystemBlocks {
    pub(super) fn new(renderer: Renderer, midi: MidiEnds, sample_rate: f64) -> Self {
        let silence = || vec![0.0; MAX_SAMPLES].into_boxed_slice();
        Self { renderer, midi, sample_rate, left: silence(), right: silence() }
    }

    /// Renders so many samples, and gives each to `take`, left and right.
    pub(super) fn render(&mut self, n_samples: usize, mut take: impl FnMut(f32, f32)) {
        let begun = Instant::now();
        let mut n_done = 0;
        while n_done < n_samples {
            let n_now = (n_samples - n_done).min(MAX_SAMPLES);
            let (left, right) = (&mut self.left[..n_now], &mut self.right[..n_now]);
            let received = std::iter::from_fn(|| self.midi.inbox.try_recv().ok());
            let input = received
                .filter_map(|(bytes, n_bytes)| NoteEvent::from_midi(0, &bytes[..n_bytes.min(3)]).ok());
            self.renderer.render(input, left, right, |offset, message| {
                let seconds = (n_done + offset as usize) as f64 / self.sample_rate;
                self.midi.outbox.send(begun + Duration::from_secs_f64(seconds), message)
            });
            left.iter().zip(right.iter()).for_each(|(left, right)| take(*left, *right));
            n_done += n_now;
        }
    }
}
