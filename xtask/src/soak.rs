//! Hours of song through the real plugin: memory, the size of the saved state, late bars, notes that never end.
//!
//! Two instances are bounced side by side, as fast as the plugin composes, with the same knobs turned at the same
//! places; the second gets blocks of other lengths. A bar that came late in one of them shows as a difference. At the
//! end a third instance loads the saved state and must play the last minute again.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};

use crate::bundles;
use crate::hosts::clap::ClapHost;
use crate::hosts::daw::{Sizes, splitmix};
use crate::hosts::{
    Block, Change, Daw, Host, Meanwhile, Pace, PlayedNote, Recording, RenderMode, Setup, parameter_number,
};
use crate::process::resident;

/// What to play.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The plugin; the last bundle by default.
    #[arg(long)]
    clap: Option<PathBuf>,
    /// How much song, at 120 quarter notes a minute.
    #[arg(long, default_value_t = 8.0)]
    hours: f64,
    /// Decides which knobs are turned.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const SAMPLE_RATE: f64 = 48_000.0;
/// A minute of song.
const MINUTE: f64 = 120.0;
/// The longest block.
const MAX_FRAMES: u32 = 4096;
/// The most that memory may grow after the first tenth of the song, for each hour, in megabytes.
const MOST_GROWTH: f64 = 8.0;
/// The most that an hour of song adds to the saved state, in kilobytes.
const MOST_STATE: f64 = 1_000.0;

/// Plays, and prints what it costs.
///
/// # Errors
/// If a bar was late, a note never ends, or memory or the saved state grows beyond its bound.
pub fn song(options: &Options) -> Result<()> {
    let clap = bundles::clap_to_try(options.clap.as_deref())?;
    let load = || -> Result<ClapHost> {
        let mut host = ClapHost::load(&clap)?;
        host.activate(Setup { sample_rate: SAMPLE_RATE, max_frames: MAX_FRAMES, mode: RenderMode::Offline })?;
        Ok(host)
    };
    let mut instances = [load()?, load()?];
    let sizes = [Sizes::Fixed(2048), Sizes::Random { seed: options.seed, max: MAX_FRAMES }];
    let daw = |sizes| Daw { sample_rate: SAMPLE_RATE, tempo: MINUTE, sizes, ..Daw::default() };
    let mut daws = sizes.map(daw);
    let knobs: Vec<(u32, f64)> =
        instances[0].parameters()?.iter().map(|knob| (knob.number, knob.normalised)).collect();
    let mut to_put_back = Vec::new();
    let n_minutes = (options.hours * 60.0).round().max(2.0) as u32;
    let (mut rng, mut n_notes, mut early) = (options.seed, 0, None);
    println!("{:>8}{:>12}{:>14}{:>14}", "minute", "notes", "memory MB", "state KB");
    for minute in 1..=n_minutes {
        let mut turned = turn(&knobs, &mut rng);
        let numbers: Vec<u32> = turned.iter().map(|(_, change)| change.number).collect();
        turned.splice(0..0, std::mem::take(&mut to_put_back));
        // The style stays. Others would silence the music sooner or later.
        let others = knobs
            .iter()
            .filter(|(number, _)| numbers.contains(number) && *number != parameter_number("style"));
        to_put_back = others
            .map(|(number, normalised)| (0.0, Change { offset: 0, number: *number, normalised: *normalised }))
            .collect();
        let mut played = Vec::new();
        for (host, daw) in instances.iter_mut().zip(&mut daws) {
            // Sums of blocks of other lengths drift apart over hours.
            daw.position = f64::from(minute - 1) * MINUTE;
            played.push(play(host, daw, &turned).with_context(|| format!("minute {minute}"))?);
        }
        if let Some(difference) = difference(&played[0], &played[1]) {
            bail!(
                "minute {minute}: a bar was late, or block lengths change the music: {difference}; turned: {turned:?}"
            );
        }
        n_notes += played[0].len();
        if minute % n_minutes.div_ceil(10) == 0 || minute == n_minutes {
            let (memory, state) = (resident(std::process::id())? as f64 / 1e6, instances[0].save()?.len());
            println!("{minute:>8}{n_notes:>12}{memory:>14.1}{:>14.1}", state as f64 / 1e3);
            let (from, before) = *early.get_or_insert((minute, memory));
            let hours = f64::from(minute - from) / 60.0;
            ensure!(
                memory - before <= MOST_GROWTH * hours.max(1.0),
                "memory grows by more than {MOST_GROWTH} MB an hour"
            );
        }
    }
    let state = instances[0].save()?;
    let an_hour = state.len() as f64 / 1e3 / (f64::from(n_minutes) / 60.0);
    println!("an hour of song is {an_hour:.0} KB of saved state");
    ensure!(an_hour <= MOST_STATE, "more than {MOST_STATE} KB");
    heard_again(&mut load()?, &mut instances[0], &state, f64::from(n_minutes - 1) * MINUTE)?;
    println!("no bar was late, every note ended, and the reloaded project plays the same");
    Ok(())
}

/// Knobs are turned at these places of a quarter note, each a whole number of samples.
const PLACES: f64 = 32.0;

/// One to three knobs to turn, each to a random value at a random place of the minute, in quarter notes and in order.
/// Both instances have a block that begins there: a knob for how it is played holds from the start of a block.
fn turn(knobs: &[(u32, f64)], rng: &mut u64) -> Vec<(f64, Change)> {
    let mut unit = || (splitmix(rng) >> 11) as f64 / (1_u64 << 53) as f64;
    let n_turned = 1 + (unit() * 3.0) as usize;
    let mut turned: Vec<(f64, Change)> = (0..n_turned)
        .map(|_| {
            let (number, _) = knobs[(unit() * knobs.len() as f64) as usize];
            let place = (1.0 + unit() * (MINUTE - 2.0)) * PLACES;
            let place = place.floor() / PLACES;
            (place, Change { offset: 0, number, normalised: unit() })
        })
        .collect();
    turned.sort_by(|one, other| one.0.total_cmp(&other.0));
    turned
}

/// Plays a minute from where the song stands, and stops, so that every note ends.
fn play(host: &mut ClapHost, daw: &mut Daw, turned: &[(f64, Change)]) -> Result<Vec<PlayedNote>> {
    let (mut blocks, mut begun): (Vec<Block>, f64) = (Vec::new(), 0.0);
    for changes in turned.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
        let place = changes[0].0;
        blocks.extend(daw.play(place - begun));
        let first = blocks.len();
        begun = place + 1.0 / PLACES;
        blocks.extend(daw.play(1.0 / PLACES));
        blocks.get_mut(first).context("no block")?.changes.extend(changes.iter().map(|(_, change)| *change));
    }
    blocks.extend(daw.play(MINUTE - begun));
    blocks.extend(daw.stand(1));
    let mut recording = Recording::default();
    host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, Meanwhile::Answer, &mut recording)?;
    recording.check_times()?;
    recording.check_silence_when_stopped()?;
    recording.notes()
}

/// The first place at which two instances did not play the same.
fn difference(one: &[PlayedNote], other: &[PlayedNote]) -> Option<String> {
    let what = |note: &PlayedNote| (note.on, note.off, note.channel, note.key, note.velocity);
    let n_same = one.iter().zip(other).take_while(|(one, other)| what(one) == what(other)).count();
    let [one, other] = [one, other].map(|notes| notes.get(n_same));
    (one.is_some() || other.is_some()).then(|| format!("{one:?} and {other:?}"))
}

/// Loads the state into a fresh instance, and plays the last minute in both.
fn heard_again(fresh: &mut ClapHost, played: &mut ClapHost, state: &[u8], position: f64) -> Result<()> {
    fresh.load(state)?;
    let mut notes = Vec::new();
    for host in [fresh, played] {
        let mut daw = Daw { sample_rate: SAMPLE_RATE, tempo: MINUTE, position, ..Daw::default() };
        notes.push(play(host, &mut daw, &[])?);
    }
    if let Some(difference) = difference(&notes[0], &notes[1]) {
        bail!("the reloaded project plays other notes: {difference}");
    }
    Ok(())
}
