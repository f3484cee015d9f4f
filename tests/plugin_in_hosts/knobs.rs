//! Bypass, preview sound, remote-control pages and presets.

use anyhow::{Context as _, Result};
use continuo::player::handover::handover;
use continuo::plugin::{Parameters, presets};
use xtask::hosts::clap::ClapHost;
use xtask::hosts::daw::Sizes;
use xtask::hosts::{Change, Daw, Host, Recording, parameter_number};

use crate::support::{FORMATS, activate_offline, library, load, play};

#[test]
fn nothing_plays_while_bypassed() -> Result<()> {
    for format in FORMATS {
        let mut host = load(format, &[("bypass", "On")])?;
        let mut daw = Daw::default();
        activate_offline(host.as_mut(), daw.sample_rate)?;
        let mut recording = Recording::default();
        play(host.as_mut(), daw.play(8.0), &mut recording)?;
        assert_eq!(recording.events.len(), 0, "{format:?}");
    }
    Ok(())
}

#[test]
fn the_output_is_silent_unless_the_preview_sound_is_on() -> Result<()> {
    for format in FORMATS {
        let peak = |preview| -> Result<f32> {
            let mut host = load(format, &[("prev", preview)])?;
            let mut daw = Daw::default();
            activate_offline(host.as_mut(), daw.sample_rate)?;
            let mut recording = Recording::with_audio();
            play(host.as_mut(), daw.play(8.0), &mut recording)?;
            Ok(xtask::wav::peak(recording.audio.as_ref().context("no sound")?))
        };
        let (off, on) = (peak("Off")?, peak("On")?);
        assert!(off <= 0.0, "{format:?}: peak {off}");
        assert!((0.01..1.0).contains(&on), "{format:?}: peak {on}");
    }
    Ok(())
}

#[test]
fn controllers_with_knobs_find_every_parameter_on_a_page() -> Result<()> {
    let mut host = ClapHost::load(&library()?)?;
    let pages = host.remote_pages()?;
    let on_pages: Vec<u32> = pages.iter().flat_map(|(_, places)| places.iter().flatten().copied()).collect();
    assert!(pages.iter().all(|(_, places)| places.iter().flatten().count() > 0), "an empty page: {pages:?}");
    for parameter in host.parameters()? {
        let is_there = on_pages.contains(&parameter.number) || parameter.name == "Bypass";
        assert!(is_there, "{} is on no page", parameter.name);
    }
    Ok(())
}

#[test]
fn presets_switch_while_playing_without_a_hanging_note() -> Result<()> {
    let parameters = Parameters::new(handover().0);
    let presets = presets::factory();
    for format in FORMATS {
        let mut daw = Daw { sizes: Sizes::Random { seed: 4, max: 3000 }, ..Daw::default() };
        let mut host = load(format, &[])?;
        activate_offline(host.as_mut(), daw.sample_rate)?;
        let mut recording = Recording::default();
        for preset in &presets {
            let mut blocks = daw.play(2.3);
            let settings = preset.settings(&parameters);
            blocks[0].changes.extend(settings.iter().map(|(knob, position)| Change {
                offset: 0,
                number: parameter_number(knob.id()),
                normalised: f64::from(*position),
            }));
            play(host.as_mut(), blocks, &mut recording)?;
        }
        let mut blocks = daw.play(8.0);
        blocks.extend(daw.stand(9_000));
        play(host.as_mut(), blocks, &mut recording)?;
        recording.check_times()?;
        recording.check_silence_when_stopped()?;
        let n_notes = recording.notes()?.len();
        assert!(n_notes > 2 * presets.len(), "{format:?}: only {n_notes} notes");
        let last = presets.last().context("no presets")?;
        for (knob, position) in last.settings(&parameters) {
            let number = parameter_number(knob.id());
            let there = host.parameters()?.into_iter().find(|parameter| parameter.number == number);
            let normalised = there.context("no such parameter")?.normalised;
            assert!(
                (normalised - f64::from(position)).abs() < 1e-4,
                "{format:?}: {knob:?} is at {normalised}"
            );
        }
    }
    Ok(())
}
