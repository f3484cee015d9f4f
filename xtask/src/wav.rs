//! Sound files.

use std::path::Path;

use anyhow::Result;

/// Writes a stereo WAV file of 32-bit floats.
///
/// # Errors
/// If the file cannot be written.
pub fn write(file: &Path, audio: &[Vec<f32>; 2], sample_rate: f64) -> Result<()> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: sample_rate as u32,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(file, spec)?;
    for (left, right) in audio[0].iter().zip(&audio[1]) {
        writer.write_sample(*left)?;
        writer.write_sample(*right)?;
    }
    Ok(writer.finalize()?)
}

/// The loudest sample, where 1 is full scale.
#[must_use]
pub fn peak(audio: &[Vec<f32>; 2]) -> f32 {
    audio.iter().flatten().fold(0.0, |peak, sample| peak.max(sample.abs()))
}
