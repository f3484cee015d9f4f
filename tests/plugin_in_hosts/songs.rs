//! Songs with automation and with notes at the input: the same everywhere, and again after reloading.

use anyhow::{Context as _, Result, ensure};
use xtask::hosts::daw::{Press, Sizes, press};
use xtask::hosts::{Change, Daw, Meanwhile, Pace, Recording, parameter_number};

use crate::support::{Format, ScoreNote, activate_live, activate_offline, load, score};

/// A song of eight bars, in which knobs are automated and a tune may be played at the input.
#[derive(Clone, Copy)]
struct Song {
    /// The knobs at its beginning.
    knobs: &'static [(&'static str, &'static str)],
    /// Automation: a beat, a knob and its new value.
    changes: &'static [(f64, &'static str, &'static str)],
    /// What is played at the input.
    tune: &'static [u8],
}

/// How a host plays a song.
type Way = (Format, Sizes, Pace);

const N_BARS: u32 = 8;
const FAST: Pace = Pace::AsFastAsPossible;

/// The keys of a tune of two bars.
const TUNE: &[u8] = &[60, 64, 67, 72, 71, 67, 65, 62, 64, 60];

/// Ways that give the same notes even where an answer is due a few milliseconds after a note: the plugin must know
/// from the first block on that it may wait, which it does in CLAP and offline.
fn waiting() -> Vec<Way> {
    vec![(Format::Clap, Sizes::Fixed(1), FAST), (Format::Clap, Sizes::Fixed(8192), FAST)]
}

/// Ways that give the same notes where a bar's notes are known before it begins.
fn all() -> Vec<Way> {
    let more = [
        (Format::Vst3, Sizes::Random { seed: 1, max: 8192 }, FAST),
        (Format::Clap, Sizes::Fixed(256), Pace::RealTimeUndisturbed),
        (Format::Vst3, Sizes::Fixed(1024), Pace::RealTimeUndisturbed),
    ];
    waiting().into_iter().chain(more).collect()
}

impl Song {
    /// The notes, and the project after it. With `state`, of that project.
    fn play(&self, (format, sizes, pace): &Way, state: Option<&[u8]>) -> Result<(Vec<ScoreNote>, Vec<u8>)> {
        let mut host = load(*format, self.knobs)?;
        let mut daw = Daw { sizes: sizes.clone(), tempo: 180.0, ..Daw::default() };
        if let Some(state) = state {
            host.load(state)?;
            // As a host with automation lanes does.
            for (id, value) in self.knobs {
                host.set(id, value)?;
            }
        }
        match *pace {
            FAST => activate_offline(host.as_mut(), daw.sample_rate)?,
            _ => activate_live(host.as_mut(), &mut daw)?,
        }
        let mut blocks = daw.play(4.0 * f64::from(N_BARS));
        for (beat, id, text) in self.changes {
            let normalised = host.normalised(id, text)?;
            let block =
                blocks.iter_mut().find(|block| block.beat >= *beat).context("a change after the end")?;
            block.changes.push(Change { offset: 0, number: parameter_number(id), normalised });
        }
        press(&mut blocks, daw.sample_rate, &self.presses());
        blocks.extend(daw.stand(24_000));
        let mut recording = Recording::default();
        host.play(&mut blocks.into_iter(), *pace, Meanwhile::Answer, &mut recording)?;
        // Without a tune there may be nothing to answer.
        let notes = if recording.events.is_empty() { Vec::new() } else { score(&recording, N_BARS)? };
        Ok((notes, host.save()?))
    }

    /// The tune in eighths from the second beat on.
    fn presses(&self) -> Vec<Press> {
        let tune = self.tune.iter().enumerate();
        tune.map(|(idx, key)| Press { beat: 1.0 + 0.5 * idx as f64, length: 0.45, key: *key, velocity: 90 })
            .collect()
    }

    /// Plays it in these ways, and again after reloading, with nothing at the input. Returns the notes.
    fn is_the_same(&self, ways: Vec<Way>) -> Result<Vec<ScoreNote>> {
        let (expected, project) = self.play(&(Format::Clap, Sizes::Fixed(512), FAST), None)?;
        ensure!(!expected.is_empty(), "nothing was played");
        for way in ways {
            let (found, _) = self.play(&way, None)?;
            assert_eq!(found, expected, "{way:?}");
        }
        let alone = Self { tune: &[], ..*self };
        let (again, _) = alone.play(&(Format::Clap, Sizes::Fixed(300), FAST), Some(&project))?;
        assert_eq!(again, expected, "after save and reload");
        Ok(expected)
    }

    /// As [`Self::is_the_same`], for a song that depends on its tune.
    fn is_the_same_and_depends_on_its_tune(&self, ways: Vec<Way>) -> Result<()> {
        let alone = Self { tune: &[], ..*self };
        let (alone, _) = alone.play(&(Format::Clap, Sizes::Fixed(512), FAST), None)?;
        assert_ne!(alone, self.is_the_same(ways)?, "the tune changes nothing");
        Ok(())
    }
}

#[test]
fn automated_knobs_give_the_same_notes_everywhere() -> Result<()> {
    // Each is turned well before the beat at which its bar's knobs are final, whatever the block.
    let changes = &[
        (5.0, "style", "4"),
        (9.0, "dens", "140%"),
        (13.0, "scale", "Dorian"),
        (17.0, "grid", "1/8"),
        (21.0, "temp", "1.3"),
        (25.0, "style", "3"),
    ];
    let knobs = &[
        ("seed", "5"),
        ("temp", "0.9"),
        ("style", "1"),
        ("dens", "100%"),
        ("scale", "Free (major)"),
        ("grid", "Off"),
    ];
    Song { knobs, changes, tune: &[] }.is_the_same(all()).map(drop)
}

#[test]
fn continuing_gives_the_same_notes_everywhere_and_again() -> Result<()> {
    let knobs = &[("mode", "Continue"), ("seed", "6")];
    Song { knobs, changes: &[], tune: TUNE }.is_the_same_and_depends_on_its_tune(all())
}

#[test]
fn trading_gives_the_same_notes_everywhere_and_again() -> Result<()> {
    let knobs = &[("mode", "Trade"), ("trade", "2 bars"), ("seed", "7")];
    Song { knobs, changes: &[], tune: TUNE }.is_the_same_and_depends_on_its_tune(all())
}

#[test]
fn accompanying_gives_the_same_notes_at_every_block_size_and_again() -> Result<()> {
    let knobs = &[("mode", "Accompany"), ("style", "4"), ("seed", "8")];
    Song { knobs, changes: &[], tune: TUNE }.is_the_same_and_depends_on_its_tune(waiting())
}
