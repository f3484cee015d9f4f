//! A VST3 host, on the vst3 crate. For Linux bundles.
//!
//! Threads are as in the CLAP host: the caller's is the main thread, blocks run on one of their own.
#![allow(unsafe_code, reason = "VST3 is a C++ interface: every call through it is a foreign call")]

use std::ffi::{CStr, c_void};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, BusDirections_, IAudioProcessor, IAudioProcessorTrait,
    IComponent, IComponentHandler, IComponentTrait, IEditController, IEditControllerTrait, IEventList,
    IParameterChanges, MediaTypes_, ParameterInfo, ProcessContext, ProcessContext_, ProcessData,
    ProcessModes_, ProcessSetup, String128, SymbolicSampleSizes_, TChar,
};
use ::vst3::Steinberg::{
    IBStream, IPluginBaseTrait, IPluginFactory, IPluginFactoryTrait, PClassInfo, kResultOk, tresult,
};
use ::vst3::{ComPtr, ComWrapper, Interface};
use anyhow::{Context as _, Result, bail, ensure};

use crate::hosts::{
    Block, Change, Clock, Host, Meanwhile, Pace, Parameter, Recording, RenderMode, Setup, parameter_number,
};

#[cfg(target_os = "linux")]
mod frame;
mod streams;

#[cfg(target_os = "linux")]
pub use frame::Parting;
use streams::{Changes, EditHandler, Events, Stream};

/// A host with one instance of the first plugin of a `.vst3` bundle.
pub struct Vst3Host {
    active: Option<Setup>,
    queued: Vec<Change>,
    samples: i64,
    component: ComPtr<IComponent>,
    controller: ComPtr<IEditController>,
    processor: ComPtr<IAudioProcessor>,
    _handler: ComPtr<IComponentHandler>,
    /// What the plugin calls itself.
    pub name: String,
    // Dropped last: everything above is code of this library.
    _module: Module,
}

impl Vst3Host {
    /// Loads a `.vst3` bundle, or the library inside one, and makes an instance of its first plugin.
    ///
    /// # Errors
    /// If the file is no VST3 plugin or the plugin cannot be made.
    pub fn load(bundle: &Path) -> Result<Self> {
        let module = Module::load(&library(bundle)?)?;
        // SAFETY: the calls below follow the order that VST3 asks for: the module is entered, the
        // factory makes the component, the component is initialised before it is asked for more.
        unsafe {
            let factory = module.factory()?;
            let mut info: PClassInfo = std::mem::zeroed();
            check(factory.getClassInfo(0, &raw mut info), "getClassInfo")?;
            let name = CStr::from_ptr(info.name.as_ptr()).to_string_lossy().into_owned();
            let mut object: *mut c_void = std::ptr::null_mut();
            let iid = IComponent::IID.as_ptr().cast();
            check(factory.createInstance(info.cid.as_ptr(), iid, &raw mut object), "createInstance")?;
            let component = ComPtr::from_raw(object.cast::<IComponent>()).context("no component")?;
            check(component.initialize(std::ptr::null_mut()), "initialize")?;
            let controller: ComPtr<IEditController> = component.cast().context("no edit controller")?;
            let processor: ComPtr<IAudioProcessor> = component.cast().context("no audio processor")?;
            let handler = ComWrapper::new(EditHandler).to_com_ptr().context("no component handler")?;
            controller.setComponentHandler(handler.as_ptr());
            let (active, queued, samples) = (None, Vec::new(), 0);
            Ok(Self {
                active,
                queued,
                samples,
                component,
                controller,
                processor,
                _handler: handler,
                name,
                _module: module,
            })
        }
    }
}

#[cfg(target_os = "linux")]
impl Vst3Host {
    /// Makes the editor, lends it this host's loop without opening it, and parts from it.
    ///
    /// # Errors
    /// If the editor does not listen to the loop, or leaves something behind.
    pub fn lend_a_loop(&mut self, parting: Parting) -> Result<()> {
        frame::lend_a_loop(&self.controller, parting)
    }
}

impl Host for Vst3Host {
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
        let (processor, start) = (self.processor.clone(), self.samples);
        let result = std::thread::scope(|scope| {
            let thread = scope.spawn(move || -> Result<i64> {
                let mut audio = Audio::new(setup, start)?;
                let mut clock = Clock::new(pace, setup.sample_rate);
                for mut block in blocks {
                    ensure!(block.frames <= setup.max_frames, "a block of {} frames", block.frames);
                    block.changes.splice(0..0, queued.drain(..));
                    clock.wait(block.frames);
                    recording.begin(&block, setup.sample_rate);
                    audio.process(&processor, &block)?;
                    audio.record(recording);
                }
                Ok(audio.samples)
            });
            while !thread.is_finished() {
                if meanwhile == Meanwhile::SaveState {
                    self.save()?;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            thread.join().unwrap_or_else(|_| bail!("the audio thread panicked"))
        });
        self.samples = result?;
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

/// The library, entered as VST3 asks for.
struct Module(libloading::Library);

impl Module {
    fn load(file: &Path) -> Result<Self> {
        let name = std::path::absolute(file)?;
        // SAFETY: the file is the plugin under test, which runs in this process on purpose.
        let library = unsafe { libloading::Library::new(&name) };
        let library = library.with_context(|| format!("{} does not load", name.display()))?;
        // SAFETY: the signature is VST3's. The handle it asks for is that of the library; plugins
        // that need it on Linux would be given dlopen's, this one takes none.
        let entered = unsafe {
            let enter: libloading::Symbol<unsafe extern "system" fn(*mut c_void) -> bool> =
                library.get(b"ModuleEntry").context("no ModuleEntry: not a VST3 plugin")?;
            enter(std::ptr::null_mut())
        };
        ensure!(entered, "ModuleEntry refuses");
        Ok(Self(library))
    }

    /// # Safety
    /// What the factory makes must be dropped before the module.
    unsafe fn factory(&self) -> Result<ComPtr<IPluginFactory>> {
        // SAFETY: the signature is VST3's; the caller keeps the module alive.
        unsafe {
            let get: libloading::Symbol<unsafe extern "system" fn() -> *mut IPluginFactory> =
                self.0.get(b"GetPluginFactory")?;
            ComPtr::from_raw(get()).context("no plugin factory")
        }
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // SAFETY: the signature is VST3's; the module was entered, and nothing of it is held any more.
        unsafe {
            if let Ok(exit) = self.0.get::<unsafe extern "system" fn() -> bool>(b"ModuleExit") {
                exit();
            }
        }
    }
}

/// What the audio thread works with.
struct Audio {
    setup: Setup,
    samples: i64,
    channels: [Vec<f32>; 2],
    input: (ComWrapper<Events>, ComPtr<IEventList>),
    output: (ComWrapper<Events>, ComPtr<IEventList>),
    changes: (ComWrapper<Changes>, ComPtr<IParameterChanges>),
}

impl Audio {
    fn new(setup: Setup, samples: i64) -> Result<Self> {
        let (input, output) = (ComWrapper::new(Events::default()), ComWrapper::new(Events::default()));
        let changes = ComWrapper::new(Changes::default());
        let input_pointer = input.to_com_ptr().context("no event list")?;
        let output_pointer = output.to_com_ptr().context("no event list")?;
        let changes_pointer = changes.to_com_ptr().context("no parameter changes")?;
        Ok(Self {
            setup,
            samples,
            channels: [Vec::new(), Vec::new()],
            input: (input, input_pointer),
            output: (output, output_pointer),
            changes: (changes, changes_pointer),
        })
    }

    fn process(&mut self, processor: &ComPtr<IAudioProcessor>, block: &Block) -> Result<()> {
        self.input.0.fill(&block.notes);
        self.output.0.clear();
        self.changes.0.fill(&block.changes);
        for channel in &mut self.channels {
            channel.clear();
            channel.resize(block.frames as usize, 0.0);
        }
        let [left, right] = &mut self.channels;
        let mut channels = [left.as_mut_ptr(), right.as_mut_ptr()];
        let mut outputs = AudioBusBuffers {
            numChannels: 2,
            silenceFlags: 0,
            __field0: AudioBusBuffers__type0 { channelBuffers32: channels.as_mut_ptr() },
        };
        let mut context = self.context(block);
        let mut data = ProcessData {
            processMode: process_mode(self.setup.mode),
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            numSamples: block.frames.cast_signed(),
            numInputs: 0,
            numOutputs: 1,
            inputs: std::ptr::null_mut(),
            outputs: &raw mut outputs,
            inputParameterChanges: self.changes.1.as_ptr(),
            outputParameterChanges: std::ptr::null_mut(),
            inputEvents: self.input.1.as_ptr(),
            outputEvents: self.output.1.as_ptr(),
            processContext: &raw mut context,
        };
        self.samples += i64::from(block.frames);
        // SAFETY: everything that `data` points to lives until the call returns, and each channel
        // holds as many frames as it says.
        unsafe { check(processor.process(&raw mut data), "process") }
    }

    fn record(&self, recording: &mut Recording) {
        for (offset, kind, channel, key, velocity) in self.output.0.read() {
            recording.push(offset, kind, channel, key, velocity);
        }
        recording.end(&self.channels[0], &self.channels[1]);
    }

    fn context(&self, block: &Block) -> ProcessContext {
        use ProcessContext_::StatesAndFlags_ as Flags;
        let transport = &block.transport;
        let flag = |on: bool, flag: u32| if on { flag } else { 0 };
        // SAFETY: the context is plain numbers, for which zero is a value.
        let mut context: ProcessContext = unsafe { std::mem::zeroed() };
        context.state = flag(transport.playing, Flags::kPlaying)
            | flag(transport.position.is_some(), Flags::kProjectTimeMusicValid)
            | flag(transport.tempo.is_some(), Flags::kTempoValid)
            | flag(transport.meter.is_some(), Flags::kTimeSigValid)
            | flag(transport.bar_start.is_some(), Flags::kBarPositionValid)
            | flag(transport.cycle.is_some(), Flags::kCycleValid | Flags::kCycleActive);
        context.sampleRate = self.setup.sample_rate;
        context.tempo = transport.tempo.unwrap_or_default();
        let (numerator, denominator) = transport.meter.unwrap_or_default();
        context.timeSigNumerator = i32::from(numerator);
        context.timeSigDenominator = i32::from(denominator);
        context.projectTimeMusic = transport.position.unwrap_or_default();
        context.barPositionMusic = transport.bar_start.unwrap_or_default();
        (context.cycleStartMusic, context.cycleEndMusic) = transport.cycle.unwrap_or_default();
        let seconds = block.beat * 60.0 / block.tempo;
        context.projectTimeSamples = (seconds * self.setup.sample_rate).round() as i64;
        context
    }
}

fn process_mode(mode: RenderMode) -> i32 {
    match mode {
        RenderMode::Realtime => ProcessModes_::kRealtime as i32,
        RenderMode::Offline => ProcessModes_::kOffline as i32,
    }
}

fn check(result: tresult, call: &str) -> Result<()> {
    ensure!(result == kResultOk, "{call} answers {result}");
    Ok(())
}

fn from_utf16(wide: &[TChar]) -> String {
    let units: Vec<u16> = wide.iter().copied().take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}

/// The library inside a bundle.
fn library(bundle: &Path) -> Result<PathBuf> {
    if !bundle.is_dir() {
        return Ok(bundle.to_owned());
    }
    let inside = bundle.join("Contents").join(format!("{}-linux", std::env::consts::ARCH));
    let mut files = std::fs::read_dir(&inside).with_context(|| inside.display().to_string())?;
    Ok(files.next().context("an empty bundle")??.path())
}
