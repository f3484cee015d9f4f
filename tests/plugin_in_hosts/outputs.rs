//! Hosts that take less audio than stereo, and blocks longer than announced.

use anyhow::Result;
use xtask::hosts::daw::Sizes;
use xtask::hosts::{Daw, Outputs, Recording, RenderMode, Setup};

use crate::support::{FORMATS, Format, bars, load, play, score};

/// The notes of two bars, and the loudest sample of each channel.
fn with(format: Format, outputs: Outputs, setup: Setup) -> Result<(Recording, Vec<f32>)> {
    let mut host = load(format, &[("prev", "On")])?;
    host.choose(outputs)?;
    host.activate(setup)?;
    let mut daw = Daw { sizes: Sizes::Fixed(700), ..Daw::default() };
    let mut blocks = daw.play(8.0);
    blocks.extend(daw.stand(9_000));
    let mut recording = Recording::with_audio();
    play(host.as_mut(), blocks, &mut recording)?;
    let loudest = |channel: &Vec<f32>| channel.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let peaks = recording.audio.iter().flatten().map(loudest).collect();
    Ok((recording, peaks))
}

fn offline() -> Setup {
    Setup { mode: RenderMode::Offline, ..Setup::default() }
}

#[test]
fn notes_go_out_with_two_channels_with_one_and_with_none() -> Result<()> {
    let expected = bars(Daw::default(), Format::Clap, &[], 2)?;
    for (format, outputs) in [
        (Format::Clap, Outputs::Stereo),
        (Format::Clap, Outputs::Mono),
        (Format::Clap, Outputs::None),
        (Format::Vst3, Outputs::Stereo),
        (Format::Vst3, Outputs::Mono),
    ] {
        let (recording, peaks) = with(format, outputs, offline())?;
        assert_eq!(score(&recording, 2)?, expected, "{format:?}, {outputs:?}");
        let sounds: Vec<bool> = peaks.iter().map(|peak| *peak > 0.01).collect();
        let n_channels = outputs.n_channels();
        assert_eq!(sounds, [n_channels > 0, n_channels > 1], "{format:?}, {outputs:?}");
    }
    Ok(())
}

/// nice-plug 0.4.2 passes nothing on to the plugin then, so no notes come either.
#[test]
fn a_vst3_host_that_passes_no_buffers_does_no_harm() -> Result<()> {
    let (recording, _) = with(Format::Vst3, Outputs::None, offline())?;
    assert_eq!(recording.notes()?.len(), 0);
    Ok(())
}

#[test]
fn blocks_longer_than_announced_are_played() -> Result<()> {
    let expected = bars(Daw::default(), Format::Clap, &[], 2)?;
    for format in FORMATS {
        let (recording, _) = with(format, Outputs::Stereo, Setup { max_frames: 32, ..offline() })?;
        assert_eq!(score(&recording, 2)?, expected, "{format:?}");
    }
    Ok(())
}
