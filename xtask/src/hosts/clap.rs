//! A CLAP host, on clack-host.
//!
//! The caller's thread is the plugin's main thread. While blocks are processed it answers what the
//! plugin asks of the main thread; the blocks themselves run on a thread of their own.
#![allow(unsafe_code, reason = "loading a library runs its code, whatever that does")]

use std::ffi::CString;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clack_extensions::gui::{GuiSize, HostGui, HostGuiImpl};
use clack_extensions::params::{ParamInfoBuffer, PluginParams};
use clack_extensions::remote_controls::{PluginRemoteControls, RemoteControlsPageBuffer};
use clack_extensions::render::{self, PluginRender};
use clack_extensions::state::PluginState;
use clack_host::events::event_types::{
    NoteOffEvent, NoteOnEvent, ParamValueEvent, TransportEvent, TransportFlags,
};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{EventFlags, EventHeader, Match, Pckn, UnknownEvent};
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, ClapId, SecondsTime};

use crate::hosts::{
    Block, Change, Clock, EventKind, Host, Meanwhile, Pace, Parameter, Recording, RenderMode, Setup,
    Transport, parameter_number,
};

/// What the plugin may ask of the host, from any thread.
#[derive(Default)]
pub(crate) struct Requests {
    callback: AtomicBool,
}

impl SharedHandler<'_> for Requests {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.callback.store(true, Ordering::SeqCst);
    }
}

impl HostGuiImpl for Requests {
    fn resize_hints_changed(&self) {}
    fn request_resize(&self, _new_size: GuiSize) -> Result<(), HostError> {
        Ok(())
    }
    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn closed(&self, _was_destroyed: bool) {}
}

/// The host's side of the extensions.
pub(crate) struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = Requests;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, _shared: &Requests) {
        builder.register::<HostGui>();
    }
}

/// A host with one instance of the first plugin of a `.clap` file.
pub struct ClapHost {
    processor: Option<Active>,
    instance: PluginInstance<Handlers>,
    queued: Vec<Change>,
    steady_time: u64,
    /// What the plugin calls itself.
    pub name: String,
    /// The features it is listed by.
    pub features: Vec<String>,
    _entry: PluginEntry,
}

struct Active {
    setup: Setup,
    processor: StartedPluginAudioProcessor<Handlers>,
}

impl ClapHost {
    /// Loads a `.clap` file and makes an instance of the first plugin in it.
    ///
    /// # Errors
    /// If the file is no CLAP plugin or the plugin cannot be made.
    pub fn load(clap: &Path) -> Result<Self> {
        // Without a directory the loader would search the system's library path instead.
        let file = std::path::absolute(clap)?;
        // SAFETY: the file is the plugin under test, which runs in this process on purpose.
        let entry = unsafe { PluginEntry::load(&file) }
            .with_context(|| format!("{} does not load", file.display()))?;
        let factory = entry.get_plugin_factory().context("no plugin factory")?;
        let descriptor = factory.plugin_descriptors().next().context("no plugin in the file")?;
        let id = descriptor.id().context("a plugin without an id")?;
        let name = descriptor.name().context("a plugin without a name")?.to_string_lossy().into_owned();
        let features = descriptor.features().map(|f| f.to_string_lossy().into_owned()).collect();
        let info = HostInfo::new("Continuo's test host", "Continuo", "https://localhost", "1")?;
        let instance = PluginInstance::new(|()| Requests::default(), |_| (), &entry, id, &info)?;
        let queued = Vec::new();
        Ok(Self { processor: None, instance, queued, steady_time: 0, name, features, _entry: entry })
    }

    /// Runs what the plugin asked the main thread to run.
    pub(crate) fn answer(&mut self) {
        if self.instance.access_shared_handler(|requests| requests.callback.swap(false, Ordering::SeqCst)) {
            self.instance.call_on_main_thread_callback();
        }
    }

    /// The plugin's pages of remote controls: name, and the number of the parameter on each place.
    ///
    /// # Errors
    /// If the plugin has no such pages, or counts more than it has.
    pub fn remote_pages(&mut self) -> Result<Vec<(String, Vec<Option<u32>>)>> {
        let handle = self.instance.plugin_handle();
        let pages: PluginRemoteControls = handle.get_extension().context("no remote controls")?;
        (0..pages.count(&handle))
            .map(|idx| {
                let mut buffer = RemoteControlsPageBuffer::new();
                let page = pages.get(&handle, idx, &mut buffer).context("a page that is none")?;
                let name = String::from_utf8_lossy(page.page_name).into_owned();
                Ok((name, page.param_ids.iter().map(|id| Some((*id)?.get())).collect()))
            })
            .collect()
    }

    /// As [`Host::play`], with something else to do on the main thread over and over while blocks are
    /// processed.
    pub(crate) fn play_while(
        &mut self,
        blocks: &mut (dyn Iterator<Item = Block> + Send),
        pace: Pace,
        recording: &mut Recording,
        mut meanwhile: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let mut audio = Audio::new(self.ranges()?);
        let Active { setup, mut processor } = self.processor.take().context("the plugin is not active")?;
        let mut queued = std::mem::take(&mut self.queued);
        let mut steady_time = self.steady_time;
        let result = std::thread::scope(|scope| {
            let thread = scope.spawn(|| -> Result<()> {
                let mut clock = Clock::new(pace, setup.sample_rate);
                for mut block in blocks {
                    ensure!(block.frames <= setup.max_frames, "a block of {} frames", block.frames);
                    block.changes.splice(0..0, queued.drain(..));
                    clock.wait(block.frames);
                    recording.begin(&block, setup.sample_rate);
                    audio.process(&mut processor, &block, steady_time)?;
                    audio.record(recording);
                    steady_time += u64::from(block.frames);
                }
                Ok(())
            });
            while !thread.is_finished() {
                self.answer();
                meanwhile(self)?;
            }
            thread.join().unwrap_or_else(|_| bail!("the audio thread panicked"))
        });
        self.steady_time = steady_time;
        self.processor = Some(Active { setup, processor });
        result
    }

    pub(crate) fn instance(&mut self) -> &mut PluginInstance<Handlers> {
        &mut self.instance
    }

    fn params(&mut self) -> Result<PluginParams> {
        self.instance.plugin_handle().get_extension().context("the plugin has no parameters")
    }

    /// The lowest and highest value of each parameter, as CLAP counts them.
    fn ranges(&mut self) -> Result<Vec<(ClapId, String, f64, f64)>> {
        let params = self.params()?;
        let handle = self.instance.plugin_handle();
        let mut ranges = Vec::new();
        for idx in 0..params.count(&handle) {
            let mut buffer = ParamInfoBuffer::new();
            let info = params.get_info(&handle, idx, &mut buffer).context("no parameter info")?;
            let name = String::from_utf8_lossy(info.name).into_owned();
            ranges.push((info.id, name, info.min_value, info.max_value));
        }
        Ok(ranges)
    }

    fn range(&mut self, number: u32) -> Result<(ClapId, f64, f64)> {
        let ranges = self.ranges()?;
        let found = ranges.into_iter().find(|(id, ..)| id.get() == number);
        found.map(|(id, _, min, max)| (id, min, max)).with_context(|| format!("no parameter {number}"))
    }
}

impl Host for ClapHost {
    fn activate(&mut self, setup: Setup) -> Result<()> {
        ensure!(self.processor.is_none(), "the plugin is active already");
        let handle = self.instance.plugin_handle();
        if let Some(render) = handle.get_extension::<PluginRender>() {
            let mode = match setup.mode {
                RenderMode::Realtime => render::RenderMode::Realtime,
                RenderMode::Offline => render::RenderMode::Offline,
            };
            render.set(&handle, mode)?;
        }
        let configuration = PluginAudioConfiguration {
            sample_rate: setup.sample_rate,
            min_frames_count: 1,
            max_frames_count: setup.max_frames,
        };
        let stopped = self.instance.activate(|_, ()| (), configuration)?;
        let processor = stopped.start_processing().map_err(|error| anyhow::anyhow!("{error}"))?;
        self.processor = Some(Active { setup, processor });
        Ok(())
    }

    fn deactivate(&mut self) -> Result<()> {
        let active = self.processor.take().context("the plugin is not active")?;
        self.instance.deactivate(active.processor.stop_processing());
        Ok(())
    }

    fn reset(&mut self) -> Result<()> {
        self.processor.as_mut().context("the plugin is not active")?.processor.reset();
        Ok(())
    }

    fn play(
        &mut self,
        blocks: &mut (dyn Iterator<Item = Block> + Send),
        pace: Pace,
        meanwhile: Meanwhile,
        recording: &mut Recording,
    ) -> Result<()> {
        self.play_while(blocks, pace, recording, |host| {
            if meanwhile == Meanwhile::SaveState {
                host.save()?;
            }
            std::thread::sleep(Duration::from_millis(1));
            Ok(())
        })
    }

    fn save(&mut self) -> Result<Vec<u8>> {
        let handle = self.instance.plugin_handle();
        let state: PluginState = handle.get_extension().context("the plugin keeps no state")?;
        let mut bytes = Vec::new();
        state.save(&handle, &mut bytes)?;
        Ok(bytes)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        let handle = self.instance.plugin_handle();
        let state: PluginState = handle.get_extension().context("the plugin keeps no state")?;
        state.load(&handle, &mut &*bytes)?;
        Ok(())
    }

    fn parameters(&mut self) -> Result<Vec<Parameter>> {
        let (ranges, params) = (self.ranges()?, self.params()?);
        let handle = self.instance.plugin_handle();
        let mut parameters = Vec::new();
        for (id, name, min, max) in ranges {
            let value = params.get_value(&handle, id).context("a parameter without a value")?;
            let mut buffer = [0; 256];
            let text = params.value_to_text(&handle, id, value, &mut buffer)?;
            let text = String::from_utf8_lossy(text).into_owned();
            let normalised = (value - min) / (max - min);
            parameters.push(Parameter { number: id.get(), name, normalised, text });
        }
        Ok(parameters)
    }

    fn normalised(&mut self, id: &str, text: &str) -> Result<f64> {
        let (clap_id, min, max) = self.range(parameter_number(id)).with_context(|| format!("for {id}"))?;
        let params = self.params()?;
        let handle = self.instance.plugin_handle();
        let value = params.text_to_value(&handle, clap_id, &CString::new(text)?);
        let value = value.with_context(|| format!("{id} cannot be {text:?}"))?;
        Ok((value - min) / (max - min))
    }

    fn set(&mut self, id: &str, text: &str) -> Result<()> {
        let (number, normalised) = (parameter_number(id), self.normalised(id, text)?);
        if self.processor.is_some() {
            self.queued.push(Change { offset: 0, number, normalised });
            return Ok(());
        }
        let (clap_id, min, max) = self.range(number)?;
        let params = self.params()?;
        let mut events = EventBuffer::new();
        events.push(&value_event(0, clap_id, min + normalised * (max - min)));
        let mut handle = self.instance.inactive_plugin_handle().context("the plugin is active")?;
        params.flush(&mut handle, &events.as_input(), &mut OutputEvents::void());
        Ok(())
    }
}

/// Processes `blocks` in every host, one host after the other in each block and all on one thread, as a DAW
/// with many tracks does. Each sends into the recording at its place.
///
/// # Errors
/// If a plugin is not active, a block is longer than it was told, or it refuses a block.
pub fn play_together(
    hosts: &mut [ClapHost],
    blocks: &[Block],
    sample_rate: f64,
    pace: Pace,
    recordings: &mut [Recording],
) -> Result<()> {
    let mut desks = Vec::new();
    for (host, recording) in hosts.iter_mut().zip(recordings) {
        let audio = Audio::new(host.ranges()?);
        let active = host.processor.take().context("the plugin is not active")?;
        desks.push((active, audio, host.steady_time, recording));
    }
    let result = std::thread::scope(|scope| {
        let thread = scope.spawn(|| -> Result<()> {
            let mut clock = Clock::new(pace, sample_rate);
            for block in blocks {
                clock.wait(block.frames);
                for (active, audio, steady_time, recording) in &mut desks {
                    ensure!(block.frames <= active.setup.max_frames, "a block of {} frames", block.frames);
                    recording.begin(block, sample_rate);
                    audio.process(&mut active.processor, block, *steady_time)?;
                    audio.record(recording);
                    *steady_time += u64::from(block.frames);
                }
            }
            Ok(())
        });
        // What the plugins ask of the main thread can wait until they have played.
        while !thread.is_finished() {
            std::thread::sleep(Duration::from_millis(10));
        }
        thread.join().unwrap_or_else(|_| bail!("the audio thread panicked"))
    });
    for (host, (active, _, steady_time, _)) in hosts.iter_mut().zip(desks) {
        host.processor = Some(active);
        host.steady_time = steady_time;
        host.answer();
    }
    result
}

impl Drop for ClapHost {
    fn drop(&mut self) {
        // An instance that is still active would never be destroyed.
        if let Some(active) = self.processor.take() {
            self.instance.deactivate(active.processor.stop_processing());
        }
    }
}

/// What the audio thread works with.
struct Audio {
    ranges: Vec<(ClapId, String, f64, f64)>,
    left: Vec<f32>,
    right: Vec<f32>,
    ports: AudioPorts,
    output: EventBuffer,
}

impl Audio {
    fn new(ranges: Vec<(ClapId, String, f64, f64)>) -> Self {
        let (left, right) = (Vec::new(), Vec::new());
        Self { ranges, left, right, ports: AudioPorts::with_capacity(2, 1), output: EventBuffer::new() }
    }

    fn process(
        &mut self,
        processor: &mut StartedPluginAudioProcessor<Handlers>,
        block: &Block,
        steady_time: u64,
    ) -> Result<()> {
        let input = self.input(block);
        let transport = transport_event(&block.transport);
        self.output.clear();
        for channel in [&mut self.left, &mut self.right] {
            channel.clear();
            channel.resize(block.frames as usize, 0.0);
        }
        let channels = [self.left.as_mut_slice(), self.right.as_mut_slice()];
        let mut outputs = self.ports.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(channels.into_iter()),
        }]);
        processor.process(
            &InputAudioBuffers::empty(),
            &mut outputs,
            &input.as_input(),
            &mut self.output.as_output(),
            Some(steady_time),
            Some(&transport),
        )?;
        Ok(())
    }

    /// The block's parameter changes and notes, in time order.
    fn input(&self, block: &Block) -> EventBuffer {
        let mut input = EventBuffer::new();
        for change in &block.changes {
            let range = self.ranges.iter().find(|(id, ..)| id.get() == change.number);
            if let Some((id, _, min, max)) = range {
                input.push(&value_event(change.offset, *id, min + change.normalised * (max - min)));
            }
        }
        for note in &block.notes {
            let pckn = Pckn::new(0_u16, note.channel, note.key, Match::All);
            match note.velocity {
                Some(velocity) => {
                    input.push(&NoteOnEvent::new(note.offset, pckn, f64::from(velocity) / 127.0));
                }
                None => input.push(&NoteOffEvent::new(note.offset, pckn, 0.0)),
            }
        }
        input.sort();
        input
    }

    fn record(&self, recording: &mut Recording) {
        for event in &self.output {
            let (kind, channel, key, velocity) = read(event);
            recording.push(event.header().time(), kind, channel, key, velocity);
        }
        recording.end(&self.left, &self.right);
    }
}

/// What an output event says: kind, channel, key, velocity.
fn read(event: &UnknownEvent) -> (EventKind, u8, u8, u8) {
    let specific = |value: Match<u16>| value.into_specific().map_or(0, |value| value as u8);
    match event.as_core_event() {
        Some(CoreEventSpace::NoteOn(on)) => {
            let velocity = (on.velocity() * 127.0).round() as u8;
            (EventKind::On, specific(on.channel()), specific(on.key()), velocity)
        }
        Some(CoreEventSpace::NoteOff(off)) => {
            (EventKind::Off, specific(off.channel()), specific(off.key()), 0)
        }
        Some(CoreEventSpace::Midi(midi)) => {
            let [status, key, velocity] = midi.data();
            match (status >> 4, velocity) {
                (9, 1..) => (EventKind::On, status & 15, key, velocity),
                (8 | 9, _) => (EventKind::Off, status & 15, key, 0),
                _ => (EventKind::Other, status & 15, key, velocity),
            }
        }
        _ => (EventKind::Other, 0, 0, 0),
    }
}

fn value_event(offset: u32, id: ClapId, value: f64) -> ParamValueEvent {
    ParamValueEvent::new(offset, id, Pckn::match_all(), value)
}

fn transport_event(transport: &Transport) -> TransportEvent {
    let mut flags = TransportFlags::empty();
    flags.set(TransportFlags::IS_PLAYING, transport.playing);
    flags.set(TransportFlags::HAS_BEATS_TIMELINE, transport.position.is_some());
    flags.set(TransportFlags::HAS_TEMPO, transport.tempo.is_some());
    flags.set(TransportFlags::HAS_TIME_SIGNATURE, transport.meter.is_some());
    flags.set(TransportFlags::IS_LOOP_ACTIVE, transport.cycle.is_some());
    let (loop_start, loop_end) = transport.cycle.unwrap_or_default();
    let meter = transport.meter.unwrap_or_default();
    let bar = f64::from(meter.0) * 4.0 / f64::from(meter.1.max(1));
    let bar_start = transport.bar_start.unwrap_or_default();
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags,
        song_pos_beats: BeatTime::from_float(transport.position.unwrap_or_default()),
        song_pos_seconds: SecondsTime::from_int(0),
        tempo: transport.tempo.unwrap_or_default(),
        tempo_inc: 0.0,
        loop_start_beats: BeatTime::from_float(loop_start),
        loop_end_beats: BeatTime::from_float(loop_end),
        loop_start_seconds: SecondsTime::from_int(0),
        loop_end_seconds: SecondsTime::from_int(0),
        bar_start: BeatTime::from_float(bar_start),
        bar_number: if bar > 0.0 { (bar_start / bar).floor() as i32 } else { 0 },
        time_signature_numerator: meter.0,
        time_signature_denominator: meter.1,
    }
}
