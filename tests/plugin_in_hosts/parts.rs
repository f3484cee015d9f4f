//! Parts: instances with the same settings that play a part each are a band.

use std::collections::HashSet;

use anyhow::{Result, ensure};
use xtask::hosts::daw::Sizes;
use xtask::hosts::{Change, Daw, PlayedNote, Recording, parameter_number};

use crate::support::{FORMATS, Format, activate_offline, load, play};

const N_BARS: u32 = 8;

/// The numbers of two styles of the shipped model.
const CHORALES: &str = "1";
const POP: &str = "11";

/// A note as it was played: the samples where it begins and ends, channel, key, velocity.
type Heard = (u64, u64, u8, u8, u8);

fn heard(note: &PlayedNote) -> Heard {
    (note.on, note.off, note.channel, note.key, note.velocity)
}

/// What an instance plays with these knobs.
fn instance(format: Format, sizes: Sizes, knobs: &[&[(&str, &str)]]) -> Result<Vec<Heard>> {
    let mut host = load(format, &knobs.concat())?;
    let mut daw = Daw { sizes, ..Daw::default() };
    activate_offline(host.as_mut(), daw.sample_rate)?;
    let mut blocks = daw.play(4.0 * f64::from(N_BARS));
    blocks.extend(daw.stand(9_000));
    let mut recording = Recording::default();
    play(host.as_mut(), blocks, &mut recording)?;
    recording.check_times()?;
    recording.check_silence_when_stopped()?;
    Ok(recording.notes()?.iter().map(heard).collect())
}

/// Checks that instances with these settings, each with the knobs of a part, together play what one with all parts
/// plays, in hosts of both kinds and at any block size; and that each part has notes.
fn is_a_band(settings: &[(&str, &str)], parts: &[&[(&str, &str)]]) -> Result<()> {
    let mut whole = instance(Format::Clap, Sizes::Fixed(512), &[settings])?;
    whole.sort_unstable();
    for (idx, format) in FORMATS.into_iter().enumerate() {
        let mut together = Vec::new();
        for (part_idx, part) in parts.iter().enumerate() {
            let sizes = Sizes::Random { seed: (10 * idx + part_idx) as u64, max: 3000 };
            let notes = instance(format, sizes, &[settings, part])?;
            ensure!(notes.len() > 7, "{format:?}: {part:?} has {} notes", notes.len());
            together.extend(notes);
        }
        together.sort_unstable();
        assert_eq!(together, whole, "{format:?}, {settings:?}");
    }
    Ok(())
}

#[test]
fn drums_bass_and_the_rest_in_three_instances_are_the_band_note_for_note() -> Result<()> {
    is_a_band(
        &[("style", POP), ("seed", "1"), ("chins", "On")],
        &[&[("solo", "Drums")], &[("solo", "Bass")], &[("mute16", "On"), ("mute4", "On")]],
    )
}

#[test]
fn the_four_voices_of_a_chorale_in_four_instances_are_the_chorale_note_for_note() -> Result<()> {
    is_a_band(
        &[("style", CHORALES), ("seed", "3"), ("chvoi", "On")],
        &[&[("solo", "Voice 1")], &[("solo", "Voice 2")], &[("solo", "Voice 3")], &[("solo", "Voice 4")]],
    )
}

#[test]
fn parts_that_are_muted_while_they_play_end_at_once_and_leave_no_note_hanging() -> Result<()> {
    const SETTINGS: &[(&str, &str)] = &[("style", CHORALES), ("seed", "3"), ("chvoi", "On")];
    let whole: HashSet<(u64, u8, u8)> = instance(Format::Clap, Sizes::Fixed(512), &[SETTINGS])?
        .into_iter()
        .map(|(on, _, channel, key, _)| (on, channel, key))
        .collect();
    for format in FORMATS {
        let mut host = load(format, SETTINGS)?;
        let mut daw = Daw { sizes: Sizes::Random { seed: 6, max: 2000 }, ..Daw::default() };
        activate_offline(host.as_mut(), daw.sample_rate)?;
        let mut recording = Recording::default();
        // Every other stretch of 0.7 beats, the alto is silent; in the middle of the song the bass is alone.
        let mut silent: Vec<(u8, u64, u64)> = Vec::new();
        for idx in 0..44 {
            let mut blocks = daw.play(0.7);
            let is_muted = idx % 2 == 1;
            let is_bass_alone = (20..30).contains(&idx);
            let changes = [
                ("mutev2", if is_muted { "On" } else { "Off" }),
                ("solo", if is_bass_alone { "Voice 4" } else { "Off" }),
            ];
            for (id, text) in changes {
                let normalised = host.normalised(id, text)?;
                blocks[0].changes.push(Change { offset: 0, number: parameter_number(id), normalised });
            }
            let begin = recording.frames();
            play(host.as_mut(), blocks, &mut recording)?;
            let end = recording.frames();
            let channels = (0..3).filter(|channel| is_bass_alone || is_muted && *channel == 1);
            silent.extend(channels.map(|channel| (channel, begin, end)));
        }
        play(host.as_mut(), daw.stand(9_000), &mut recording)?;
        recording.check_times()?;
        recording.check_silence_when_stopped()?;
        let notes = recording.notes()?;
        ensure!(notes.len() > 40 && notes.len() < whole.len(), "{format:?}: {} notes", notes.len());
        for note in &notes {
            assert!(
                whole.contains(&(note.on, note.channel, note.key)),
                "{format:?}: {note:?} is not in the whole"
            );
            for (channel, begin, end) in &silent {
                let sounds = note.channel == *channel && note.on < *end && note.off > *begin;
                assert!(!sounds, "{format:?}: {note:?} sounds on between {begin} and {end}");
            }
        }
    }
    Ok(())
}
