//! The adapter between the framework and the engine.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use nice_plug::prelude::*;

use crate::plugin::editor::window::window::EditorWindow;
use crate::plugin::host::note_input::{NoteInput, SilentNoteOn};
use crate::plugin::host::note_output::NoteOutput;
use crate::plugin::host::transport;
use crate::plugin::instance::Instance;
use crate::plugin::parameters::Parameters;
use crate::plugin::remote;

/// A plugin format, as far as the formats differ.
pub trait Format: Send + 'static {
    /// What comes in besides notes.
    const MIDI_INPUT: MidiConfig;
    /// What a note-on of velocity 0 means.
    const SILENT_NOTE_ON: SilentNoteOn;
    /// What audio goes out. Some hosts refuse a plugin without audio, so there is an output; it is silent unless the
    /// preview sound is on. Hosts that have no use for it may choose less.
    const AUDIO: &'static [AudioIOLayout];
}

const STEREO: AudioIOLayout = outputs(2);
const MONO: AudioIOLayout = outputs(1);
const NONE: AudioIOLayout = AudioIOLayout::const_default();

const fn outputs(n_channels: u32) -> AudioIOLayout {
    AudioIOLayout {
        main_output_channels: Some(new_nonzero_u32(n_channels)),
        ..AudioIOLayout::const_default()
    }
}

/// CLAP, in which every MIDI message can come in.
pub struct Clap;

impl Format for Clap {
    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    const SILENT_NOTE_ON: SilentNoteOn = SilentNoteOn::Presses;
    const AUDIO: &'static [AudioIOLayout] = &[STEREO, MONO, NONE];
}

/// VST3, in which only notes and their pressure come in. Controllers and pitch bend come as parameters there, and
/// nice-plug 0.4.2 has all 2,080 of them or none.
pub struct Vst3;

impl Format for Vst3 {
    const MIDI_INPUT: MidiConfig = MidiConfig::Basic;
    const SILENT_NOTE_ON: SilentNoteOn = SilentNoteOn::Releases;
    // Without a bus, nice-plug 0.4.2 would read the host's list of no arrangements beyond its end.
    const AUDIO: &'static [AudioIOLayout] = &[STEREO, MONO];
}

/// One instance of the plugin in a host, in the format `F`.
///
/// Owned by the audio thread while the host processes. One thread composes for all instances.
pub struct Continuo<F> {
    instance: Instance,
    note_input: NoteInput,
    note_output: NoteOutput,
    is_offline: bool,
    format: PhantomData<F>,
}

/// How long a deactivation waits for the framework's worker to carry out what was queued.
const TIME_FOR_TASKS: Duration = Duration::from_millis(2);

impl<F: Format> Default for Continuo<F> {
    fn default() -> Self {
        Self {
            instance: Instance::new(),
            note_input: NoteInput::new(F::SILENT_NOTE_ON),
            note_output: NoteOutput::new(),
            is_offline: false,
            format: PhantomData,
        }
    }
}

impl<F: Format> Plugin for Continuo<F> {
    const NAME: &'static str = "Continuo";
    const VENDOR: &'static str = "Continuo";
    const URL: &'static str = env!("CARGO_PKG_REPOSITORY");
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = F::AUDIO;
    const MIDI_INPUT: MidiConfig = F::MIDI_INPUT;
    const MIDI_OUTPUT: MidiConfig = MidiConfig::MidiCCs;
    // With it, nice-plug 0.4.2 splits blocks and reports timestamps outside them.
    const SAMPLE_ACCURATE_AUTOMATION: bool = false;
    // nice-plug 0.4.2 allocates on the audio thread when more events come in. Memory that is not used is not
    // taken.
    const INPUT_EVENT_CAPACITY: usize = NoteInput::CAPACITY;

    type Editor = EditorWindow;
    type SysExMessage = ();
    // The composer has a thread of its own.
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.instance.parameters().clone()
    }

    fn editor(&mut self, _async_executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        EditorWindow::new(Arc::clone(self.instance.parameters()))
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
        self.is_offline = buffer_config.process_mode == ProcessMode::Offline;
        self.instance.activate(f64::from(buffer_config.sample_rate))
    }

    fn reset(&mut self) {
        self.instance.reset();
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        self.note_input.receive(context);
        let transport = transport::from_host(context.transport(), self.is_offline);
        let n_samples = buffer.samples() as u32;
        let events = self.instance.play(n_samples, transport, self.note_input.events());
        self.note_output.send(context, events);
        self.instance.render_preview(n_samples, buffer.as_slice());
        // Also while stopped: bars are composed ahead then, and a host that lets the plugin sleep may
        // wake it late.
        ProcessStatus::KeepAlive
    }

    fn deactivate(&mut self) {
        self.instance.reset();
        // The framework's worker may not meet tasks of an instance that is gone: docs/UPSTREAM.md, section 10.
        std::thread::sleep(TIME_FOR_TASKS);
    }
}

/// An address in the repository that Cargo.toml names; `None` as long as it names none.
const fn where_published(address: &'static str) -> Option<&'static str> {
    if env!("CARGO_PKG_REPOSITORY").is_empty() { None } else { Some(address) }
}

impl ClapPlugin for Continuo<Clap> {
    const CLAP_ID: &'static str = "org.continuo.continuo";
    const CLAP_DESCRIPTION: Option<&'static str> =
        Some("Composes with a neural network while the host plays");
    const CLAP_MANUAL_URL: Option<&'static str> =
        where_published(concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/MANUAL.md"));
    const CLAP_SUPPORT_URL: Option<&'static str> =
        where_published(concat!(env!("CARGO_PKG_REPOSITORY"), "/issues"));
    const CLAP_FEATURES: &'static [ClapFeature] =
        &[ClapFeature::NoteEffect, ClapFeature::Instrument, ClapFeature::Synthesizer, ClapFeature::Stereo];

    fn remote_controls(&self, context: &mut impl RemoteControlsContext) {
        remote::declare(self.instance.parameters(), context);
    }
}

impl Vst3Plugin for Continuo<Vst3> {
    // Never changes: hosts find the plugin by it in saved projects.
    const VST3_CLASS_ID: [u8; 16] = *b"ContinuoComposer";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Instrument, Vst3SubCategory::Generator, Vst3SubCategory::Tools];
}
