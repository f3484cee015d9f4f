//! A host with one instance of the plugin.

use std::ffi::{c_char, c_void};
use std::path::Path;

use ::vst3::Steinberg::Vst::{
    BusDirections_, IAudioProcessor, IAudioProcessorTrait, IComponent, IComponentHandler, IComponentTrait,
    IEditController, IEditControllerTrait, MediaTypes_, ParameterInfo, ProcessSetup, SpeakerArr, String128,
    SymbolicSampleSizes_, TChar,
};
use ::vst3::Steinberg::{
    IBStream, IPluginBaseTrait, IPluginFactory, IPluginFactory2, IPluginFactory2Trait, IPluginFactoryTrait,
    PClassInfo, PClassInfo2, PFactoryInfo, kResultOk,
};
use ::vst3::{ComPtr, ComWrapper, Interface};
use anyhow::{Context as _, Result, ensure};

use crate::hosts::audio_thread;
use crate::hosts::block::{Block, Change};
use crate::hosts::clock::Clock;
use crate::hosts::host::{Host, Meanwhile, Metadata, Outputs, Pace, Parameter, Setup, parameter_number};
use crate::hosts::recording::Recording;
#[cfg(target_os = "linux")]
use crate::hosts::vst3::frame::{Teardown, handlers_left};
use crate::hosts::vst3::module::Module;
use crate::hosts::vst3::processing::{Audio, check, process_mode};
use crate::hosts::vst3::streams::{EditHandler, Stream};

/// A host with one instance of the first plugin of a `.vst3` bundle.
pub struct Vst3Host {
    active: Option<Setup>,
    outputs: Outputs,
    queued: Vec<Change>,
    samples: i64,
    component: ComPtr<IComponent>,
    controller: ComPtr<IEditController>,
    processor: ComPtr<IAudioProcessor>,
    _handler: ComPtr<IComponentHandler>,
    /// The plugin's name.
    pub name: String,
    /// What the plugin says about itself.
    pub metadata: Metadata,
    // Dropped last: everything above is code of this library.
    _module: Module,
}

impl Vst3Host {
    /// Loads a `.vst3` bundle, or the library inside one, and makes an instance of its first plugin.
    ///
    /// # Errors
    /// If the file is no VST3 plugin or the plugin cannot be made.
    pub fn load(bundle: &Path) -> Result<Self> {
        let module = Module::load(bundle)?;
        // SAFETY: the calls below follow the order that VST3 asks for: the module is entered, the
        // factory makes the component, the component is initialised before it is asked for more.
        unsafe {
            let factory = module.factory()?;
            let mut info: PClassInfo = std::mem::zeroed();
            check(factory.getClassInfo(0, &raw mut info), "getClassInfo")?;
            let name = text(&info.name);
            let metadata = metadata(&factory)?;
            let mut object: *mut c_void = std::ptr::null_mut();
            let iid = IComponent::IID.as_ptr().cast();
            check(factory.createInstance(info.cid.as_ptr(), iid, &raw mut object), "createInstance")?;
            let component = ComPtr::from_raw(object.cast::<IComponent>()).context("no component")?;
            check(component.initialize(std::ptr::null_mut()), "initialize")?;
            let controller: ComPtr<IEditController> = component.cast().context("no edit controller")?;
            let processor: ComPtr<IAudioProcessor> = component.cast().context("no audio processor")?;
            let handler = ComWrapper::new(EditHandler).to_com_ptr().context("no component handler")?;
            controller.setComponentHandler(handler.as_ptr());
            Ok(Self {
                active: None,
                outputs: Outputs::Stereo,
                queued: Vec::new(),
                samples: 0,
                component,
                controller,
                processor,
                _handler: handler,
                name,
                metadata,
                _module: module,
            })
        }
    }
}

#[cfg(target_os = "linux")]
impl Vst3Host {
    /// Creates the editor, gives it a frame without opening it, and takes leave of it. Returns how many of its
    /// handlers are still registered with the host's run loop.
    ///
    /// # Errors
    /// If the editor registers no handler, or removes one that is not registered.
    pub fn handlers_left(&mut self, teardown: Teardown) -> Result<usize> {
        handlers_left(&self.controller, teardown)
    }
}

impl Host for Vst3Host {
    fn choose(&mut self, outputs: Outputs) -> Result<()> {
        ensure!(self.active.is_none(), "the plugin is active");
        let arrangement = match outputs {
            Outputs::Mono => SpeakerArr::kMono,
            // A host that takes no audio leaves the bus as it is, and passes no buffers.
            Outputs::Stereo | Outputs::None => SpeakerArr::kStereo,
        };
        let (mut none, mut arrangements) = ([SpeakerArr::kEmpty], [arrangement]);
        let (ins, outs) = (none.as_mut_ptr(), arrangements.as_mut_ptr());
        // SAFETY: the component is initialised and not active, and the lists hold as many as is said.
        unsafe { check(self.processor.setBusArrangements(ins, 0, outs, 1), "setBusArrangements")? };
        self.outputs = outputs;
        Ok(())
    }

    fn activate(&mut self, setup: Setup) -> Result<()> {
        ensure!(self.active.is_none(), "the plugin is active already");
        let mut process_setup = ProcessSetup {
            processMode: process_mode(setup.mode),
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: setup.max_frames.cast_signed(),
            sampleRate: setup.sample_rate,
        };
        let (audio, event) = (MediaTypes_::kAudio as i32, MediaTypes_::kEvent as i32);
        let (input, output) = (BusDirections_::kInput as i32, BusDirections_::kOutput as i32);
        // SAFETY: the component is initialised and not active, as these calls ask for.
        unsafe {
            check(self.processor.setupProcessing(&raw mut process_setup), "setupProcessing")?;
            for (media, direction) in [(audio, output), (event, input), (event, output)] {
                check(self.component.activateBus(media, direction, 0, 1), "activateBus")?;
            }
            check(self.component.setActive(1), "setActive")?;
            self.processor.setProcessing(1);
        }
        self.active = Some(setup);
        Ok(())
    }

    fn deactivate(&mut self) -> Result<()> {
        self.active.take().context("the plugin is not active")?;
        // SAFETY: the component is active.
        unsafe {
            self.processor.setProcessing(0);
            check(self.component.setActive(0), "setActive")
        }
    }

    fn reset(&mut self) -> Result<()> {
        ensure!(self.active.is_some(), "the plugin is not active");
        // SAFETY: the component is active.
        unsafe {
            self.processor.setProcessing(0);
            self.processor.setProcessing(1);
        }
        Ok(())
    }

    fn play(
        &mut self,
        blocks: &mut (dyn Iterator<Item = Block> + Send),
        pace: Pace,
        meanwhile: Meanwhile,
        recording: &mut Recording,
    ) -> Result<()> {
        let setup = self.active.context("the plugin is not active")?;
        let mut queued = std::mem::take(&mut self.queued);
        let (processor, outputs, start) = (self.processor.clone(), self.outputs, self.samples);
        let work = || {
            let mut audio = Audio::new(setup, outputs, start)?;
            let mut clock = Clock::new(pace, setup.sample_rate);
            for mut block in blocks {
                block.changes.splice(0..0, queued.drain(..));
                clock.wait(block.frames);
                recording.begin(&block, setup.sample_rate);
                audio.process(&processor, &block)?;
                audio.record(recording);
            }
            Ok(audio.samples)
        };
        self.samples = audio_thread::run(work, || {
            match meanwhile {
                Meanwhile::Answer => std::thread::park(),
                Meanwhile::SaveState => drop(self.save()?),
            }
            Ok(())
        })?;
        Ok(())
    }

    fn save(&mut self) -> Result<Vec<u8>> {
        let stream = ComWrapper::new(Stream::default());
        let pointer = stream.to_com_ptr::<IBStream>().context("no stream")?;
        // SAFETY: the stream outlives the call.
        unsafe { check(self.component.getState(pointer.as_ptr()), "getState")? };
        Ok(stream.bytes())
    }

    fn load(&mut self, state: &[u8]) -> Result<()> {
        let stream = ComWrapper::new(Stream::new(state));
        let pointer = stream.to_com_ptr::<IBStream>().context("no stream")?;
        // SAFETY: the stream outlives the call.
        unsafe { check(self.component.setState(pointer.as_ptr()), "setState") }
    }

    fn parameters(&mut self) -> Result<Vec<Parameter>> {
        let mut parameters = Vec::new();
        // SAFETY: the controller is initialised; what it fills in is large enough for what it writes.
        unsafe {
            for idx in 0..self.controller.getParameterCount() {
                let mut info: ParameterInfo = std::mem::zeroed();
                check(self.controller.getParameterInfo(idx, &raw mut info), "getParameterInfo")?;
                let normalised = self.controller.getParamNormalized(info.id);
                let mut text: String128 = [0; 128];
                let result = self.controller.getParamStringByValue(info.id, normalised, &raw mut text);
                check(result, "getParamStringByValue")?;
                let (name, text) = (from_utf16(&info.title), from_utf16(&text));
                parameters.push(Parameter { number: info.id, name, normalised, text });
            }
        }
        Ok(parameters)
    }

    fn normalised(&mut self, id: &str, text: &str) -> Result<f64> {
        let mut wide: Vec<TChar> = text.encode_utf16().chain([0]).map(|unit| unit as TChar).collect();
        let (mut value, number) = (0.0, parameter_number(id));
        // SAFETY: the text ends in a zero and outlives the call.
        let result =
            unsafe { self.controller.getParamValueByString(number, wide.as_mut_ptr(), &raw mut value) };
        ensure!(result == kResultOk, "{id} cannot be {text:?}");
        Ok(value)
    }

    fn set(&mut self, id: &str, text: &str) -> Result<()> {
        let (number, normalised) = (parameter_number(id), self.normalised(id, text)?);
        // SAFETY: the controller is initialised.
        unsafe {
            check(self.controller.setParamNormalized(number, normalised), "setParamNormalized")?;
        };
        if self.active.is_some() {
            self.queued.push(Change { offset: 0, number, normalised });
        }
        Ok(())
    }
}

impl Drop for Vst3Host {
    fn drop(&mut self) {
        // SAFETY: the component is put back through the states it came by; no call follows.
        unsafe {
            if self.active.take().is_some() {
                self.processor.setProcessing(0);
                self.component.setActive(0);
            }
            self.controller.setComponentHandler(std::ptr::null_mut());
            self.component.terminate();
        }
    }
}

/// # Safety
/// The factory's module must be loaded and entered.
unsafe fn metadata(factory: &ComPtr<IPluginFactory>) -> Result<Metadata> {
    let factory: ComPtr<IPluginFactory2> = factory.cast().context("an old plugin factory")?;
    // SAFETY: both are plain numbers, for which zero is a value, and the calls fill them in.
    let (maker, plugin) = unsafe {
        let (mut maker, mut plugin): (PFactoryInfo, PClassInfo2) = (std::mem::zeroed(), std::mem::zeroed());
        check(factory.getFactoryInfo(&raw mut maker), "getFactoryInfo")?;
        check(factory.getClassInfo2(0, &raw mut plugin), "getClassInfo2")?;
        (maker, plugin)
    };
    Ok(Metadata {
        name: text(&plugin.name),
        vendor: text(&plugin.vendor),
        version: text(&plugin.version),
        url: text(&maker.url),
        categories: text(&plugin.subCategories).split('|').map(str::to_owned).collect(),
        ..Metadata::default()
    })
}

/// The text before the first zero.
fn text(bytes: &[c_char]) -> String {
    let bytes: Vec<u8> = bytes.iter().take_while(|byte| **byte != 0).map(|byte| *byte as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn from_utf16(wide: &[TChar]) -> String {
    let units: Vec<u16> = wide.iter().copied().take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}
