//! Processing a block: buffers, events and transport in VST3's terms.

use ::vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, IAudioProcessor, IAudioProcessorTrait, IEventList,
    IParameterChanges, ProcessContext, ProcessContext_, ProcessData, ProcessModes_, SymbolicSampleSizes_,
};
use ::vst3::Steinberg::{kResultOk, tresult};
use ::vst3::{ComPtr, ComWrapper};
use anyhow::{Context as _, Result, ensure};

use crate::hosts::block::Block;
use crate::hosts::host::{Outputs, RenderMode, Setup};
use crate::hosts::recording::Recording;
use crate::hosts::vst3::streams::{Changes, Events};

/// Buffers and lists, as the audio thread uses them.
pub(super) struct Audio {
    setup: Setup,
    outputs: Outputs,
    pub(super) samples: i64,
    channels: [Vec<f32>; 2],
    input: (ComWrapper<Events>, ComPtr<IEventList>),
    output: (ComWrapper<Events>, ComPtr<IEventList>),
    changes: (ComWrapper<Changes>, ComPtr<IParameterChanges>),
}

impl Audio {
    pub(super) fn new(setup: Setup, outputs: Outputs, samples: i64) -> Result<Self> {
        let (input, output) = (ComWrapper::new(Events::default()), ComWrapper::new(Events::default()));
        let changes = ComWrapper::new(Changes::default());
        let input_pointer = input.to_com_ptr().context("no event list")?;
        let output_pointer = output.to_com_ptr().context("no event list")?;
        let changes_pointer = changes.to_com_ptr().context("no parameter changes")?;
        Ok(Self {
            setup,
            outputs,
            samples,
            channels: [Vec::new(), Vec::new()],
            input: (input, input_pointer),
            output: (output, output_pointer),
            changes: (changes, changes_pointer),
        })
    }

    pub(super) fn process(&mut self, processor: &ComPtr<IAudioProcessor>, block: &Block) -> Result<()> {
        self.input.0.fill(&block.notes, &block.inputs);
        self.output.0.clear();
        self.changes.0.fill(&block.changes);
        for channel in &mut self.channels {
            channel.clear();
            channel.resize(block.frames as usize, 0.0);
        }
        let [left, right] = &mut self.channels;
        let mut channels = [left.as_mut_ptr(), right.as_mut_ptr()];
        let mut outputs = AudioBusBuffers {
            numChannels: self.outputs.n_channels().cast_signed(),
            silenceFlags: 0,
            __field0: AudioBusBuffers__type0 { channelBuffers32: channels.as_mut_ptr() },
        };
        let mut context = self.context(block);
        let mut data = ProcessData {
            processMode: process_mode(self.setup.mode),
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            numSamples: block.frames.cast_signed(),
            numInputs: 0,
            numOutputs: i32::from(self.outputs != Outputs::None),
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

    pub(super) fn record(&self, recording: &mut Recording) {
        for (offset, kind, channel, key, velocity) in self.output.0.read() {
            recording.push(offset, kind, channel, key, velocity);
        }
        recording.end(&self.channels[0], &self.channels[1]);
    }

    fn context(&self, block: &Block) -> ProcessContext {
        use ProcessContext_::StatesAndFlags_ as Flags;
        let transport = &block.transport;
        let flag = |on: bool, flag: ProcessContext_::StatesAndFlags| if on { flag } else { 0 };
        // SAFETY: the context is plain numbers, for which zero is a value.
        let mut context: ProcessContext = unsafe { std::mem::zeroed() };
        let state = flag(transport.playing, Flags::kPlaying)
            | flag(transport.position.is_some(), Flags::kProjectTimeMusicValid)
            | flag(transport.tempo.is_some(), Flags::kTempoValid)
            | flag(transport.meter.is_some(), Flags::kTimeSigValid)
            | flag(transport.bar_start.is_some(), Flags::kBarPositionValid)
            | flag(transport.cycle.is_some(), Flags::kCycleValid | Flags::kCycleActive);
        // The flags are signed on Windows.
        context.state = i64::from(state) as u32;
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

pub(super) fn process_mode(mode: RenderMode) -> i32 {
    match mode {
        RenderMode::Realtime => ProcessModes_::kRealtime as i32,
        RenderMode::Offline => ProcessModes_::kOffline as i32,
    }
}

pub(super) fn check(result: tresult, call: &str) -> Result<()> {
    ensure!(result == kResultOk, "{call} answers {result}");
    Ok(())
}
