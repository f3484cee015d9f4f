//! Audio through the system: ALSA, `CoreAudio` or WASAPI.

use std::sync::Arc;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, Device, ErrorKind, FromSample, OutputCallbackInfo, SampleFormat, SizedSample, Stream,
    StreamConfig,
};

use crate::plugin::own_transport::OwnTransport;
use crate::plugin::standalone::error::StandaloneError;
use crate::plugin::standalone::options::Options;
use crate::plugin::standalone::ports;
use crate::plugin::standalone::system_blocks::SystemBlocks;

/// An audio device that can be played on.
pub(super) struct OutputDevice {
    device: Device,
    name: String,
    config: StreamConfig,
    format: SampleFormat,
}

impl OutputDevice {
    /// The device that the user has chosen, or else the system's default.
    ///
    /// # Errors
    /// If there is none, or it cannot be asked.
    pub(super) fn open(options: &Options) -> Result<Self, StandaloneError> {
        let host = cpal::default_host();
        let device = match &options.device {
            None => host.default_output_device().ok_or(StandaloneError::NoDevice)?,
            Some(words) => {
                let mut devices = devices();
                let names: Vec<String> = devices.iter().map(ToString::to_string).collect();
                devices.swap_remove(ports::find("an audio device", words, &names)?)
            }
        };
        let name = device.to_string();
        let supported = device
            .default_output_config()
            .map_err(|source| StandaloneError::Device { name: name.clone(), source })?;
        let buffer_size = options.block.map_or(BufferSize::Default, BufferSize::Fixed);
        let config = StreamConfig { buffer_size, ..supported.config() };
        Ok(Self { device, name, config, format: supported.sample_format() })
    }

    /// The name that the system gives it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Samples a second.
    pub(super) fn sample_rate(&self) -> f64 {
        f64::from(self.config.sample_rate)
    }

    /// Plays until the stream is dropped.
    ///
    /// # Errors
    /// If the device refuses.
    pub(super) fn play(
        &self,
        blocks: SystemBlocks,
        transport: Arc<OwnTransport>,
    ) -> Result<Stream, StandaloneError> {
        let stream = match self.format {
            SampleFormat::F32 => self.build::<f32>(blocks, transport),
            SampleFormat::F64 => self.build::<f64>(blocks, transport),
            SampleFormat::I8 => self.build::<i8>(blocks, transport),
            SampleFormat::I16 => self.build::<i16>(blocks, transport),
            SampleFormat::I24 => self.build::<cpal::I24>(blocks, transport),
            SampleFormat::I32 => self.build::<i32>(blocks, transport),
            SampleFormat::U8 => self.build::<u8>(blocks, transport),
            SampleFormat::U16 => self.build::<u16>(blocks, transport),
            SampleFormat::U32 => self.build::<u32>(blocks, transport),
            format => return Err(StandaloneError::SampleFormat { format: format.to_string() }),
        };
        let failed = |source| StandaloneError::Device { name: self.name.clone(), source };
        let stream = stream.map_err(failed)?;
        stream.play().or_else(|error| if is_harmless(&error) { Ok(()) } else { Err(failed(error)) })?;
        Ok(stream)
    }

    fn build<T: SizedSample + FromSample<f32>>(
        &self,
        mut blocks: SystemBlocks,
        transport: Arc<OwnTransport>,
    ) -> Result<Stream, cpal::Error> {
        let n_channels = usize::from(self.config.channels).max(1);
        let render = move |out: &mut [T], _: &OutputCallbackInfo| {
            let mut frames = out.chunks_exact_mut(n_channels);
            blocks.render(frames.len(), |left, right| match frames.next() {
                Some([mono]) => *mono = T::from_sample(0.5 * (left + right)),
                Some([first, second, ..]) => {
                    (*first, *second) = (T::from_sample(left), T::from_sample(right));
                }
                Some([]) | None => {}
            });
        };
        let report = move |error: cpal::Error| {
            if !is_harmless(&error) {
                transport.lose_audio();
            }
        };
        self.device.build_output_stream(self.config, render, report, None)
    }
}

/// Whether the audio goes on after this error.
fn is_harmless(error: &cpal::Error) -> bool {
    matches!(error.kind(), ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied | ErrorKind::Xrun)
}

/// The names of the devices that can be played on.
pub(super) fn names() -> Vec<String> {
    devices().iter().map(ToString::to_string).collect()
}

fn devices() -> Vec<Device> {
    cpal::default_host().output_devices().map(Iterator::collect).unwrap_or_default()
}
