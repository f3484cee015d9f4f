//! Loops and jumps.

use anyhow::{Context as _, Result};
use xtask::hosts::daw::Sizes;
use xtask::hosts::{Daw, LoopStyle, Recording};

use crate::support::{FORMATS, ScoreNote, TICKS, activate_offline, checked, load, play, score, tick};

/// The notes of each pass of a loop, in ticks from its start. A note within a sample of the seam belongs to the
/// pass that begins there.
fn passes(recording: &Recording, start: f64, length: f64, n_passes: usize) -> Result<Vec<Vec<ScoreNote>>> {
    let mut passes = vec![Vec::new(); n_passes];
    let (origin, ticks) = ((start * TICKS) as i64, (length * TICKS) as i64);
    let first = recording.spans.first().context("nothing was recorded")?;
    for note in checked(recording)? {
        let passed = (note.on + 1) as f64 * first.beats_per_sample / length;
        let tick = (tick(note.beat) - origin).rem_euclid(ticks);
        if let Some(pass) = passes.get_mut(passed as usize) {
            pass.push((tick, note.channel, note.key, note.velocity));
        }
    }
    Ok(passes)
}

#[test]
fn a_loop_repeats_exactly_however_the_host_wraps_it() -> Result<()> {
    for format in FORMATS {
        for (start, length) in [(4.0, 8.0), (5.5, 3.0), (0.0, 4.0)] {
            for loop_style in [LoopStyle::CutBlocks, LoopStyle::InsideBlocks] {
                let mut daw = Daw {
                    cycle: Some((start, start + length)),
                    position: start,
                    loop_style,
                    sizes: Sizes::Random { seed: 5, max: 8192 },
                    ..Daw::default()
                };
                let mut host = load(format, &[])?;
                activate_offline(host.as_mut(), daw.sample_rate)?;
                let mut recording = Recording::default();
                let mut blocks = daw.play(5.0 * length);
                blocks.extend(daw.stand(9_000));
                play(host.as_mut(), blocks, &mut recording)?;
                let passes = passes(&recording, start, length, 5)?;
                assert!(!passes[1].is_empty());
                for pass in &passes[1..] {
                    assert_eq!(*pass, passes[0], "{format:?} {start} {length} {loop_style:?}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_loop_shorter_than_a_block_plays_every_pass() -> Result<()> {
    // An eighth of a quarter note: at 120 that is 3,000 frames, so up to three passes to a block.
    let (start, length) = (0.0, 0.125);
    for format in FORMATS {
        let mut daw = Daw {
            cycle: Some((start, start + length)),
            loop_style: LoopStyle::InsideBlocks,
            sizes: Sizes::Fixed(8192),
            ..Daw::default()
        };
        let mut host = load(format, &[])?;
        activate_offline(host.as_mut(), daw.sample_rate)?;
        let mut recording = Recording::default();
        let mut blocks = daw.play(20.0 * length);
        blocks.extend(daw.stand(9_000));
        play(host.as_mut(), blocks, &mut recording)?;
        let passes = passes(&recording, start, length, 20)?;
        assert!(!passes[0].is_empty());
        assert!(passes.iter().all(|pass| *pass == passes[0]), "{format:?}: {passes:?}");
    }
    Ok(())
}

#[test]
fn going_back_plays_the_same_notes() -> Result<()> {
    for format in FORMATS {
        let mut daw = Daw::default();
        let mut host = load(format, &[])?;
        activate_offline(host.as_mut(), daw.sample_rate)?;
        let mut times = Vec::new();
        for _ in 0..2 {
            daw.position = 0.0;
            let mut recording = Recording::default();
            let mut blocks = daw.play(16.0);
            blocks.extend(daw.stand(2_000));
            play(host.as_mut(), blocks, &mut recording)?;
            times.push(score(&recording, 4)?);
        }
        assert_eq!(times[0], times[1], "{format:?}");
    }
    Ok(())
}
