//! Hosts that do everything at once.

use anyhow::{Context as _, Result, ensure};
use xtask::hosts::daw::Sizes;
use xtask::hosts::{Daw, LoopStyle, Recording, RenderMode, Setup};

use crate::support::{Format, activate_offline, load, play};

/// A session in which the host does something else every few blocks, the same for the same seed.
fn surprises(format: Format, seed: u64) -> Result<()> {
    let mut rng = Rng(seed);
    let mut host = load(format, &[])?;
    let mut daw = Daw { sizes: Sizes::Random { seed, max: 8192 }, ..Daw::default() };
    let mut recording = Recording::default();
    let mut state = host.save()?;
    activate_offline(host.as_mut(), daw.sample_rate)?;
    for _ in 0..40 {
        match rng.below(14) {
            0 => play(host.as_mut(), daw.stand(1 + rng.below(9_000) as u32), &mut recording)?,
            1 => daw.position = rng.below(4_000) as f64 / 100.0 - 3.0,
            2 => {
                let start = rng.below(1_600) as f64 / 100.0;
                daw.cycle = Some((start, start + 0.1 + rng.below(500) as f64 / 100.0));
                daw.position = start;
            }
            3 => daw.cycle = None,
            4 => daw.loop_style = LoopStyle::InsideBlocks,
            5 => daw.loop_style = LoopStyle::CutBlocks,
            6 => daw.meters = vec![(0.0, (4, 4)), (8.0, (3, 4)), (14.0, (7, 8))],
            7 => host.reset()?,
            8 => {
                host.deactivate()?;
                daw.sample_rate = [44_100.0, 48_000.0, 96_000.0][rng.below(3) as usize];
                let mode = RenderMode::Offline;
                host.activate(Setup { sample_rate: daw.sample_rate, mode, ..Setup::default() })?;
            }
            9 => state = host.save()?,
            10 => host.load(&state)?,
            11 => host.set("seed", &rng.below(1_000).to_string())?,
            12 => host.set("octave", &(rng.below(5) as i64 - 2).to_string())?,
            _ => {}
        }
        let beats = 0.05 + rng.below(300) as f64 / 100.0;
        let blocks = daw.ramp(beats, 40.0 + rng.below(200) as f64);
        play(host.as_mut(), blocks, &mut recording)?;
    }
    play(host.as_mut(), daw.stand(20_000), &mut recording)?;
    recording.check_times()?;
    recording.check_silence_when_stopped()?;
    let notes = recording.notes()?;
    ensure!(notes.len() > 20, "only {} notes in the whole session", notes.len());
    Ok(())
}

struct Rng(u64);

impl Rng {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[test]
fn every_note_has_its_end_whatever_a_clap_host_does() -> Result<()> {
    (1..=4).try_for_each(|seed| surprises(Format::Clap, seed).with_context(|| format!("seed {seed}")))
}

#[test]
fn every_note_has_its_end_whatever_a_vst3_host_does() -> Result<()> {
    (1..=4).try_for_each(|seed| surprises(Format::Vst3, seed).with_context(|| format!("seed {seed}")))
}
