//! The adapter between the framework and the engine.

use std::sync::Arc;

use nice_plug::prelude::*;

use crate::player::handover::{Playhead, handover};
use crate::player::{Block, EventList, Player};
use crate::plugin::editor::window::window::EditorWindow;
use crate::plugin::host::note_input::NoteInput;
use crate::plugin::host::note_output::NoteOutput;
use crate::plugin::host::transport;
use crate::plugin::parameters::Parameters;
use crate::plugin::preview::Preview;
use crate::plugin::remote;

/// One instance of the plugin in a host.
///
/// Owned by the audio thread while the host processes. Its composer starts with the first activation and ends when
/// the instance is dropped; one thread composes for all instances.
pub struct Continuo {
    parameters: Arc<Parameters>,
    playhead: Arc<Playhead>,
    player: Player,
    events: EventList,
    note_input: NoteInput,
    note_output: NoteOutput,
    preview: Preview,
    sample_rate: f64,
    is_offline: bool,
    /// Whether notes of before the host's last interruption may still sound.
    must_silence: bool,
}

/// Samples per second until the host says how many.
const SAMPLE_RATE: f64 = 48_000.0;
/// The sample rates that a host may ask for.
const SAMPLE_RATES: std::ops::RangeInclusive<f64> = 1_000.0..=10_000_000.0;

impl Default for Continuo {
    fn default() -> Self {
        let (composer_end, player_end) = handover();
        Self {
            playhead: Arc::clone(composer_end.playhead()),
            parameters: Arc::new(Parameters::new(composer_end)),
            player: Player::new(player_end),
            events: EventList::default(),
            note_input: NoteInput::new(),
            note_output: NoteOutput::new(),
            preview: Preview::new(SAMPLE_RATE),
            sample_rate: SAMPLE_RATE,
            is_offline: false,
            must_silence: false,
        }
    }
}

impl Drop for Continuo {
    fn drop(&mut self) {
        // The editor may keep the session for a while longer; the thread must not outlive the plugin.
        self.parameters.session.stop();
    }
}

impl Plugin for Continuo {
    const NAME: &'static str = "Continuo";
    const VENDOR: &'static str = "Continuo";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    // Some hosts refuse a plugin without audio, so there is an output; it is silent unless the preview
    // sound is on.
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] =
        &[AudioIOLayout { main_output_channels: Some(new_nonzero_u32(2)), ..AudioIOLayout::const_default() }];
    // `MidiCCs` would add 2,080 parameters to the VST3.
    const MIDI_INPUT: MidiConfig = MidiConfig::Basic;
    const MIDI_OUTPUT: MidiConfig = MidiConfig::MidiCCs;
    // With it, nice-plug 0.4.2 splits blocks and reports timestamps outside them.
    const SAMPLE_ACCURATE_AUTOMATION: bool = false;

    type Editor = EditorWindow;
    type SysExMessage = ();
    // The composer has a thread of its own.
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.parameters.clone()
    }

    fn editor(&mut self, _async_executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        EditorWindow::new(Arc::clone(&self.parameters))
    }

    fn filter_state(state: &mut PluginState) {
        Parameters::complete(state);
    }

    fn activate(
        &mut self,
        _audio_io_layout: &AudioIOLayout,
        buffer_config: &BufferConfig,
        _context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let sample_rate = f64::from(buffer_config.sample_rate);
        if !SAMPLE_RATES.contains(&sample_rate) {
            return false;
        }
        self.sample_rate = sample_rate;
        self.preview = Preview::new(self.sample_rate);
        self.is_offline = buffer_config.process_mode == ProcessMode::Offline;
        self.parameters.session.start();
        true
    }

    fn reset(&mut self) {
        // Note-offs cannot be sent from here; the next block begins with them.
        self.must_silence = true;
        self.preview.silence();
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        self.note_input.receive(context);
        self.events.clear();
        let is_bypassed = self.parameters.bypass.value();
        if std::mem::take(&mut self.must_silence) || is_bypassed {
            self.player.silence(&mut self.events);
        }
        if !is_bypassed {
            let block = Block {
                n_samples: buffer.samples() as u32,
                sample_rate: self.sample_rate,
                transport: transport::from_host(context.transport(), self.is_offline),
            };
            if let Some(tempo) = block.transport.tempo {
                self.playhead.set_tempo(tempo);
            }
            let (composing, performing) = (self.parameters.composing(), self.parameters.performing());
            self.player.process(&block, &composing, &performing, self.note_input.events(), &mut self.events);
        }
        self.note_output.send(context, &self.events);
        if let [left, right, ..] = buffer.as_slice() {
            let level = self.parameters.preview_gain();
            self.preview.render(self.events.as_slice(), level, left, right);
        }
        // Also while stopped: bars are composed ahead then, and a host that lets the plugin sleep may
        // wake it late.
        ProcessStatus::KeepAlive
    }

    fn deactivate(&mut self) {
        self.must_silence = true;
    }
}

impl ClapPlugin for Continuo {
    const CLAP_ID: &'static str = "org.continuo.continuo";
    const CLAP_DESCRIPTION: Option<&'static str> =
        Some("Composes with a neural network while the host plays");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] =
        &[ClapFeature::NoteEffect, ClapFeature::Instrument, ClapFeature::Synthesizer, ClapFeature::Stereo];

    fn remote_controls(&self, context: &mut impl RemoteControlsContext) {
        remote::declare(&self.parameters, context);
    }
}

impl Vst3Plugin for Continuo {
    // Never changes: hosts find the plugin by it in saved projects.
    const VST3_CLASS_ID: [u8; 16] = *b"ContinuoComposer";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Instrument, Vst3SubCategory::Generator, Vst3SubCategory::Tools];
}
