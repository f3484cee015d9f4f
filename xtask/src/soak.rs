//! Hours of song through the real plugin: memory, the size of the saved state, late bars, notes that never end.
//!
//! Two instances are bounced side by side, as fast as the plugin composes, with the same knobs turned at the same
//! places; the second gets blocks of other lengths. A bar that came late in one of them shows as a difference. At the
//! end a third instance loads the saved state and must play the last minute again.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use crate::bundles;
use crate::hosts::clap::ClapHost;
use crate::hosts::daw::{Sizes, splitmix};
use crate::hosts::{Block, Change, Daw, Host, Meanwhile, Pace, PlayedNote, Recording, RenderMode, Setup};
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
    let knobs: Vec<u32> = instances[0].parameters()?.iter().map(|knob| knob.number).collect();
    let n_minutes = (options.hours * 60.0).round().max(2.0) as u32;
    let (mut rng, mut n_notes, mut early) = (options.seed, 0, None);
    println!("{:>8}{:>12}{:>14}{:>14}", "minute", "notes", "memory MB", "state KB");
    for minute in 1..=n_minutes {
        let turned = turn(&knobs, &mut rng);
        let mut played = Vec::new();
        for (host, daw) in instances.iter_mut().zip(&mut daws) {
            played.push(play(host, daw, &turned).with_context(|| format!("minute {minute}"))?);
        }
        ensure!(
            same(&played[0], &played[1]),
            "minute {minute}: a bar was late, or block lengths change the music"
        );
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

/// One to three knobs to turn, each to a random value at a random place of the minute, in quarter notes.
fn turn(knobs: &[u32], rng: &mut u64) -> Vec<(f64, Change)> {
    let mut unit = || (splitmix(rng) >> 11) as f64 / (1_u64 << 53) as f64;
    let n_turned = 1 + (unit() * 3.0) as usize;
    (0..n_turned)
        .map(|_| {
            let number = knobs[(unit() * knobs.len() as f64) as usize];
            (unit() * MINUTE, Change { offset: 0, number, normalised: unit() })
        })
        .collect()
}

/// Plays a minute from where the song stands, and stops, so that every note ends.
fn play(host: &mut ClapHost, daw: &mut Daw, turned: &[(f64, Change)]) -> Result<Vec<PlayedNote>> {
    let start = daw.position;
    let mut blocks = daw.play(MINUTE);
    for (beat, change) in turned {
        let idx = blocks.partition_point(|block| block.beat <= start + beat).saturating_sub(1);
        let block: &mut Block = blocks.get_mut(idx).context("no block")?;
        let offset = ((start + beat - block.beat) / (block.tempo / 60.0 / SAMPLE_RATE)) as u32;
        block.changes.push(Change { offset: offset.min(block.frames - 1), ..*change });
    }
    blocks.extend(daw.stand(1));
    let mut recording = Recording::default();
    host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, Meanwhile::Answer, &mut recording)?;
    recording.check_times()?;
    recording.check_silence_when_stopped()?;
    recording.notes()
}

/// Whether two instances played the same.
fn same(one: &[PlayedNote], other: &[PlayedNote]) -> bool {
    let what = |note: &PlayedNote| (note.on, note.off, note.channel, note.key, note.velocity);
    one.iter().map(what).eq(other.iter().map(what))
}

/// Loads the state into a fresh instance, and plays the last minute in both.
fn heard_again(fresh: &mut ClapHost, played: &mut ClapHost, state: &[u8], position: f64) -> Result<()> {
    fresh.load(state)?;
    let mut notes = Vec::new();
    for host in [fresh, played] {
        let mut daw = Daw { sample_rate: SAMPLE_RATE, tempo: MINUTE, position, ..Daw::default() };
        notes.push(play(host, &mut daw, &[])?);
    }
    ensure!(same(&notes[0], &notes[1]), "the reloaded project plays other notes");
    Ok(())
}
