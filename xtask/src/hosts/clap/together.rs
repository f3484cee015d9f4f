//! Many instances on one audio thread.

use anyhow::{Context as _, Result};

use crate::hosts::audio_thread;
use crate::hosts::block::Block;
use crate::hosts::clap::host::ClapHost;
use crate::hosts::clap::processing::Audio;
use crate::hosts::clock::Clock;
use crate::hosts::host::Pace;
use crate::hosts::recording::Recording;

/// Processes `blocks` in every host on one thread, host after host in each block, as a DAW with many tracks
/// does. Host and recording of the same index belong together.
///
/// # Errors
/// If a plugin is not active, or refuses a block.
pub fn play_together(
    hosts: &mut [ClapHost],
    blocks: &[Block],
    sample_rate: f64,
    pace: Pace,
    recordings: &mut [Recording],
) -> Result<()> {
    let mut tracks = Vec::new();
    for (host, recording) in hosts.iter_mut().zip(recordings) {
        let audio = Audio::new(host.ranges()?, host.outputs);
        let active = host.processor.take().context("the plugin is not active")?;
        tracks.push((active, audio, host.steady_time, recording));
    }
    let work = || {
        let mut clock = Clock::new(pace, sample_rate);
        for block in blocks {
            clock.wait(block.frames);
            for (active, audio, steady_time, recording) in &mut tracks {
                recording.begin(block, sample_rate);
                audio.process(&mut active.processor, block, *steady_time)?;
                audio.record(recording);
                *steady_time += u64::from(block.frames);
            }
        }
        Ok(())
    };
    // The plugins' requests for the main thread wait until all blocks are processed.
    let result = audio_thread::run(work, || {
        std::thread::park();
        Ok(())
    });
    for (host, (active, _, steady_time, _)) in hosts.iter_mut().zip(tracks) {
        host.processor = Some(active);
        host.steady_time = steady_time;
        host.answer();
    }
    result
}
