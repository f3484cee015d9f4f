//! One instance, whatever hosts it.
//!
//! The host calls it from its audio thread for [`Instance::play`], [`Instance::render_preview`] and
//! [`Instance::reset`], which never allocate, free, lock or wait, and from its main thread for everything else.

use std::sync::Arc;
use std::time::Duration;

use crate::player::handover::{Playhead, handover};
use crate::player::{Block, Event, EventList, Player, Transport};
use crate::plugin::parameters::Parameters;
use crate::plugin::preview::{AuditionPlayer, Preview};

/// Samples per second until the host says how many.
const SAMPLE_RATE: f64 = 48_000.0;
/// How long an activation may take to compose the first bars.
const PREPARATION: Duration = Duration::from_secs(2);
/// The sample rates that a host may ask for.
const SAMPLE_RATES: std::ops::RangeInclusive<f64> = 1_000.0..=10_000_000.0;

/// A player with its composer, parameters and preview sound.
///
/// Its composer starts with the first activation, or before it when the user changes something in the editor, and ends
/// when the instance is dropped.
pub(crate) struct Instance {
    parameters: Arc<Parameters>,
    playhead: Arc<Playhead>,
    player: Player,
    events: EventList,
    preview: Preview,
    audition: Option<AuditionPlayer>,
    sample_rate: f64,
    /// Whether notes of before the host's last interruption may still sound.
    must_silence: bool,
}

impl Instance {
    /// An instance that is not activated yet.
    pub(crate) fn new() -> Self {
        let (composer_end, player_end) = handover();
        let playhead = Arc::clone(composer_end.playhead());
        let parameters = Arc::new(Parameters::new(composer_end));
        Self {
            playhead,
            audition: parameters.auditions.take_player(),
            parameters,
            player: Player::new(player_end),
            events: EventList::default(),
            preview: Preview::new(SAMPLE_RATE),
            sample_rate: SAMPLE_RATE,
            must_silence: false,
        }
    }

    pub(crate) fn parameters(&self) -> &Arc<Parameters> {
        &self.parameters
    }

    /// Composes the first bars for a host of this sample rate; `false` if there is no such rate.
    pub(crate) fn activate(&mut self, sample_rate: f64) -> bool {
        if !SAMPLE_RATES.contains(&sample_rate) {
            return false;
        }
        self.sample_rate = sample_rate;
        self.preview = Preview::new(sample_rate);
        let session = &self.parameters.session;
        session.start();
        // A host may render or play at once, and not every host says in time that it renders: nice-plug 0.4.2
        // reports a VST3 host's offline mode one activation late.
        self.player.prepare(&self.parameters.composing());
        session.wait_until_idle_within(PREPARATION);
        true
    }

    /// Ends what sounds. Note-offs cannot be sent from here; the next block begins with them.
    pub(crate) fn reset(&mut self) {
        self.must_silence = true;
        self.preview.silence();
    }

    /// Plays a block. Returns the events to send.
    pub(crate) fn play(&mut self, n_samples: u32, transport: Transport, input: &[Event]) -> &EventList {
        self.events.clear();
        let is_bypassed = self.parameters.bypass.value();
        if std::mem::take(&mut self.must_silence) || is_bypassed {
            self.player.silence(&mut self.events);
        }
        if !is_bypassed {
            let block = Block { n_samples, sample_rate: self.sample_rate, transport };
            if let Some(tempo) = transport.tempo {
                self.playhead.set_tempo(tempo);
            }
            let (composing, performing) = (self.parameters.composing(), self.parameters.performing());
            self.player.process(&block, &composing, &performing, input, &mut self.events);
        }
        &self.events
    }

    /// Writes the preview sound of the block that was played last: the music to try if there is some, or what is
    /// played.
    pub(crate) fn render_preview(&mut self, n_samples: u32, channels: &mut [&mut [f32]]) {
        let tempo = self.playhead.tempo();
        let mut events = self.events.as_slice();
        let mut level = self.parameters.preview_gain();
        if let Some(audition) = &mut self.audition {
            if audition.receive() {
                self.preview.silence();
            }
            if let Some(tried) = audition.advance(n_samples, self.sample_rate, tempo) {
                (events, level) = (tried.as_slice(), self.parameters.audition_gain());
            }
        }
        match channels {
            [left, right, ..] => self.preview.render(events, level, left, right),
            [mono] => self.preview.render_mono(events, level, mono),
            [] => {}
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // The editor may keep the session for a while longer; the threads must not outlive the instance.
        self.parameters.session.stop();
        self.parameters.auditions.stop();
    }
}
