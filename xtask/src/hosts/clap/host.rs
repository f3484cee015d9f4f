//! A host with one instance of the plugin.
#![allow(unsafe_code, reason = "loading a library runs its code, whatever that does")]

use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result, ensure};
use clack_extensions::audio_ports_config::{AudioPortsConfigBuffer, PluginAudioPortsConfig};
use clack_extensions::params::{ParamInfoBuffer, PluginParams};
use clack_extensions::remote_controls::{PluginRemoteControls, RemoteControlsPageBuffer};
use clack_extensions::render::{self, PluginRender};
use clack_extensions::state::PluginState;
use clack_host::prelude::*;
use clack_host::utils::ClapId;

use crate::hosts::audio_thread;
use crate::hosts::block::{Block, Change};
use crate::hosts::clap::handlers::{Handlers, Requests};
use crate::hosts::clap::processing::{Audio, value_event};
use crate::hosts::clock::Clock;
use crate::hosts::host::{
    Host, Meanwhile, Metadata, Outputs, Pace, Parameter, RenderMode, Setup, parameter_number,
};
use crate::hosts::recording::Recording;

/// A host with one instance of the first plugin of a `.clap` file.
pub struct ClapHost {
    pub(super) processor: Option<Active>,
    instance: PluginInstance<Handlers>,
    pub(super) outputs: Outputs,
    queued: Vec<Change>,
    pub(super) steady_time: u64,
    /// The plugin's name.
    pub name: String,
    /// What the plugin says about itself.
    pub metadata: Metadata,
    _entry: PluginEntry,
}

pub(super) struct Active {
    pub(super) setup: Setup,
    pub(super) processor: StartedPluginAudioProcessor<Handlers>,
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
        let text =
            |text: Option<&CStr>| text.map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
        let metadata = Metadata {
            name: text(descriptor.name()),
            vendor: text(descriptor.vendor()),
            version: text(descriptor.version()),
            url: text(descriptor.url()),
            manual_url: text(descriptor.manual_url()),
            support_url: text(descriptor.support_url()),
            description: text(descriptor.description()),
            categories: descriptor.features().map(|feature| text(Some(feature))).collect(),
        };
        let info = HostInfo::new("Continuo's test host", "Continuo", "https://localhost", "1")?;
        let instance = PluginInstance::new(|()| Requests::new(), |_| (), &entry, id, &info)?;
        Ok(Self {
            processor: None,
            instance,
            outputs: Outputs::Stereo,
            queued: Vec::new(),
            steady_time: 0,
            name,
            metadata,
            _entry: entry,
        })
    }

    /// Runs the main-thread callback if the plugin has asked for it.
    pub(crate) fn answer(&mut self) {
        if self.instance.access_shared_handler(|requests| requests.callback.swap(false, Ordering::SeqCst)) {
            self.instance.call_on_main_thread_callback();
        }
    }

    /// The plugin's remote-control pages: the name of each, and the parameter numbers of its eight places.
    ///
    /// # Errors
    /// If the plugin has no such pages, or has fewer than it reports.
    pub fn remote_pages(&mut self) -> Result<Vec<(String, Vec<Option<u32>>)>> {
        let handle = self.instance.plugin_handle();
        let pages: PluginRemoteControls = handle.get_extension().context("no remote controls")?;
        (0..pages.count(&handle))
            .map(|idx| {
                let mut buffer = RemoteControlsPageBuffer::new();
                let page = pages.get(&handle, idx, &mut buffer).context("a page is missing")?;
                let name = String::from_utf8_lossy(page.page_name).into_owned();
                Ok((name, page.param_ids.iter().map(|id| Some((*id)?.get())).collect()))
            })
            .collect()
    }

    /// As [`Host::play`], calling `meanwhile` on the main thread over and over while blocks are processed.
    pub(crate) fn play_while(
        &mut self,
        blocks: &mut (dyn Iterator<Item = Block> + Send),
        pace: Pace,
        recording: &mut Recording,
        mut meanwhile: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let mut audio = Audio::new(self.ranges()?, self.outputs);
        let Active { setup, mut processor } = self.processor.take().context("the plugin is not active")?;
        let mut queued = std::mem::take(&mut self.queued);
        let mut steady_time = self.steady_time;
        let result = audio_thread::run(
            || {
                let mut clock = Clock::new(pace, setup.sample_rate);
                for mut block in blocks {
                    block.changes.splice(0..0, queued.drain(..));
                    clock.wait(block.frames);
                    recording.begin(&block, setup.sample_rate);
                    audio.process(&mut processor, &block, steady_time)?;
                    audio.record(recording);
                    steady_time += u64::from(block.frames);
                }
                Ok(())
            },
            || {
                self.answer();
                meanwhile(self)
            },
        );
        self.steady_time = steady_time;
        self.processor = Some(Active { setup, processor });
        result
    }

    #[cfg_attr(target_os = "macos", allow(dead_code, reason = "editors are opened on Linux and Windows"))]
    pub(crate) fn instance(&mut self) -> &mut PluginInstance<Handlers> {
        &mut self.instance
    }

    fn params(&mut self) -> Result<PluginParams> {
        self.instance.plugin_handle().get_extension().context("the plugin has no parameters")
    }

    /// Id, name, lowest and highest value of each parameter, in CLAP's plain values.
    pub(super) fn ranges(&mut self) -> Result<Vec<(ClapId, String, f64, f64)>> {
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
    fn choose(&mut self, outputs: Outputs) -> Result<()> {
        ensure!(self.processor.is_none(), "the plugin is active");
        let handle = self.instance.plugin_handle();
        let configs: PluginAudioPortsConfig = handle.get_extension().context("no choice of audio ports")?;
        let id = (0..configs.count(&handle)).find_map(|idx| {
            let mut buffer = AudioPortsConfigBuffer::new();
            let config = configs.get(&handle, idx, &mut buffer)?;
            let n_channels = config.main_output.map_or(0, |port| port.channel_count);
            (n_channels == outputs.n_channels()).then_some(config.id)
        });
        configs.select(&handle, id.with_context(|| format!("the plugin has no {outputs:?} output"))?)?;
        self.outputs = outputs;
        Ok(())
    }

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
            match meanwhile {
                // Until the plugin asks for something, or the last block is processed.
                Meanwhile::Answer => std::thread::park(),
                Meanwhile::SaveState => drop(host.save()?),
            }
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

impl Drop for ClapHost {
    fn drop(&mut self) {
        // An instance that is still active would never be destroyed.
        if let Some(active) = self.processor.take() {
            self.instance.deactivate(active.processor.stop_processing());
        }
    }
}
