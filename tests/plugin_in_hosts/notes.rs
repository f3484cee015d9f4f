//! The same notes in every host, at any block size and sample rate, live and offline.

use anyhow::{Result, ensure};
use xtask::hosts::daw::{Report, Sizes};
use xtask::hosts::{Daw, Meanwhile, Pace, Recording};

use crate::support::{
    FORMATS, Format, ScoreNote, activate_live, activate_offline, bars, load, play, score, tick,
};

#[test]
fn clap_and_vst3_play_the_same_notes() -> Result<()> {
    let clap = bars(Daw::default(), Format::Clap, &[], 8)?;
    let vst3 = bars(Daw::default(), Format::Vst3, &[], 8)?;
    assert_eq!(clap, vst3);
    Ok(())
}

#[test]
fn the_trainer_generates_what_the_plugin_plays() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("generated.mid");
    let mut generate = std::process::Command::new(env!("CARGO_BIN_EXE_continuo-trainer"));
    generate.args(["generate", "--seed", "77", "--temperature", "0.9", "--length", "4", "--bars", "8"]);
    ensure!(generate.arg("--out").arg(&file).status()?.success(), "generate fails");
    let knobs = [("seed", "77"), ("temp", "0.9"), ("length", "4")];
    let mut played = bars(Daw::default(), Format::Clap, &knobs, 8)?;
    let mut generated: Vec<ScoreNote> = xtask::midi::Song::read(&file)?
        .notes
        .iter()
        .map(|note| (tick(note.beat), note.channel, note.key, note.velocity))
        .collect();
    played.sort_unstable();
    generated.sort_unstable();
    assert_eq!(played, generated);
    Ok(())
}

#[test]
fn the_notes_depend_on_neither_block_size_nor_sample_rate() -> Result<()> {
    let expected = bars(Daw::default(), Format::Clap, &[], 4)?;
    for sizes in [
        Sizes::Fixed(1),
        Sizes::Fixed(64),
        Sizes::Fixed(8192),
        Sizes::Random { seed: 1, max: 8192 },
        Sizes::Random { seed: 2, max: 300 },
    ] {
        let daw = Daw { sizes: sizes.clone(), ..Daw::default() };
        assert_eq!(bars(daw, Format::Clap, &[], 4)?, expected, "{sizes:?}");
    }
    for sample_rate in [22_050.0, 44_100.0, 96_000.0, 192_000.0] {
        let daw = Daw { sample_rate, ..Daw::default() };
        assert_eq!(bars(daw, Format::Clap, &[], 4)?, expected, "{sample_rate} Hz");
    }
    Ok(())
}

#[test]
fn the_notes_are_the_same_in_real_time() -> Result<()> {
    let fast = || Daw { tempo: 160.0, ..Daw::default() };
    for format in FORMATS {
        let mut host = load(format, &[])?;
        let mut daw = fast();
        activate_live(host.as_mut(), &mut daw)?;
        let mut blocks = daw.play(16.0);
        blocks.extend(daw.stand(4_800));
        let mut recording = Recording::default();
        host.play(&mut blocks.into_iter(), Pace::RealTimeUndisturbed, Meanwhile::SaveState, &mut recording)?;
        assert_eq!(score(&recording, 4)?, bars(fast(), format, &[], 4)?, "{format:?}");
    }
    Ok(())
}

#[test]
fn another_seed_or_temperature_plays_other_notes() -> Result<()> {
    let usual = bars(Daw::default(), Format::Clap, &[("seed", "7"), ("temp", "0.8")], 4)?;
    assert_eq!(bars(Daw::default(), Format::Clap, &[("seed", "7"), ("temp", "0.8")], 4)?, usual);
    assert_ne!(bars(Daw::default(), Format::Clap, &[("seed", "8"), ("temp", "0.8")], 4)?, usual);
    assert_ne!(bars(Daw::default(), Format::Clap, &[("seed", "7"), ("temp", "1.2")], 4)?, usual);
    Ok(())
}

#[test]
fn every_onset_is_on_its_sample_while_the_tempo_moves() -> Result<()> {
    for (format, seed) in [(Format::Clap, 1), (Format::Clap, 2), (Format::Vst3, 3)] {
        let mut daw = Daw { sizes: Sizes::Random { seed, max: 4096 }, position: -0.37, ..Daw::default() };
        let mut blocks = daw.ramp(8.37, 190.0);
        blocks.extend(daw.ramp(8.0, 61.0));
        blocks.extend(daw.stand(9_000));
        let mut host = load(format, &[])?;
        activate_offline(host.as_mut(), daw.sample_rate)?;
        let mut recording = Recording::default();
        play(host.as_mut(), blocks, &mut recording)?;
        assert_eq!(score(&recording, 4)?, bars(Daw::default(), format, &[], 4)?, "{format:?} {seed}");
    }
    Ok(())
}

#[test]
fn a_host_that_reports_only_position_and_tempo_gets_the_same_notes() -> Result<()> {
    let daw = Daw { report: Report::PositionAndTempo, ..Daw::default() };
    assert_eq!(bars(daw, Format::Vst3, &[], 4)?, bars(Daw::default(), Format::Vst3, &[], 4)?);
    Ok(())
}
