//! Proves that the plugin makes no system call on the audio thread, and measures its longest block.
//!
//! A child process plays the plugin in real time. When the plugin has settled, its audio thread gives up every system
//! call for good (seccomp, as strict as it can be): with the next one the kernel ends the process. Nothing in the host
//! makes any either: the thread spins until a block is due, and at the end until the process ends.
//!
//! A lock shows only where it has to wait, since that is a system call (futex); on a loaded machine, with the composer
//! and the main thread at work, it sometimes would.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use crate::bundles;
use crate::hosts::clap::{ClapHost, Progress, play_for_ever};
use crate::hosts::daw::{Press, press};
use crate::hosts::{Block, Change, Daw, Host, LoopStyle, Setup, parameter_number};

/// What to play, and under which load.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The plugin; the last CLAP bundle by default.
    #[arg(long)]
    pub clap: Option<PathBuf>,
    /// How many seconds to play.
    #[arg(long, default_value_t = 20)]
    pub seconds: u32,
    /// How many threads compute beside it, so that processors are scarce.
    #[arg(long, default_value_t = 0)]
    pub load: usize,
    /// Plays, in the child process.
    #[arg(long, hide = true)]
    pub sealed: bool,
    /// Makes a system call on the audio thread, to show that it would be seen.
    #[arg(long, hide = true)]
    pub cheat: bool,
}

const SAMPLE_RATE: f64 = 48_000.0;
/// How many blocks are played before system calls end: the allocator and the plugin settle.
const N_FREE: usize = 190;

/// Plays in a child process, and prints what was found.
///
/// # Errors
/// If the plugin makes a system call on the audio thread, or plays nothing.
pub fn run(options: &Options) -> Result<()> {
    if options.sealed {
        return play(options);
    }
    let cheat = child(options, &["--seconds", "3", "--cheat"])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    ensure!(
        was_killed_for_a_system_call(cheat),
        "a system call on the audio thread goes unseen here ({cheat})"
    );
    let status = child(options, &["--seconds", &options.seconds.to_string()]).status()?;
    if was_killed_for_a_system_call(status) {
        bail!("the plugin makes a system call on the audio thread; `strace -f -k` shows which");
    }
    ensure!(status.success(), "the child process failed: {status}");
    Ok(())
}

/// This program, to play in a process of its own.
fn child(options: &Options, arguments: &[&str]) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap_or_else(|_| "xtask".into()));
    child.args(["audio-thread", "--sealed", "--load", &options.load.to_string()]).args(arguments);
    if let Some(clap) = &options.clap {
        child.arg("--clap").arg(clap);
    }
    child
}

/// Whether the kernel ended the process because of a system call that it had given up.
fn was_killed_for_a_system_call(status: std::process::ExitStatus) -> bool {
    const SIGSYS: i32 = 31;
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGSYS)
}

/// The filter that ends the process with the next system call of this thread.
fn no_system_call() -> Result<BpfProgram> {
    let rules = std::iter::empty().collect();
    // Nothing is allowed; the action for what matches a rule is never taken, but must differ.
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    Ok(filter.try_into()?)
}

fn play(options: &Options) -> Result<()> {
    let clap = bundles::clap_to_try(options.clap.as_deref())?;
    let mut host = ClapHost::load(&clap)?;
    for (id, text) in [("thru", "On"), ("mode", "Continue"), ("prev", "On"), ("follow", "On")] {
        host.set(id, text)?;
    }
    host.activate(Setup { sample_rate: SAMPLE_RATE, ..Setup::default() })?;
    let blocks = blocks(&mut host, options.seconds)?;
    for _ in 0..options.load {
        std::thread::spawn(compute_for_ever);
    }
    let (filter, cheats) = (no_system_call()?, options.cheat);
    let seal = move || -> Result<()> {
        seccompiler::apply_filter(&filter)?;
        if cheats {
            std::thread::yield_now();
        }
        Ok(())
    };
    let progress = play_for_ever(&mut host, blocks, SAMPLE_RATE, N_FREE, seal)?;
    while !progress.has_ended.load(Ordering::Acquire) {
        host.answer();
        // A host saves projects while it plays.
        host.save()?;
        std::thread::sleep(Duration::from_millis(50));
    }
    report(&progress)?;
    // The audio thread cannot even end.
    std::process::exit(0)
}

fn compute_for_ever() {
    let mut sum = 0_u64;
    loop {
        sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
    }
}

/// A song with everything that keeps a player busy: a tune at the input, automation, tempo ramps, loops that wrap
/// inside blocks, jumps and stops.
fn blocks(host: &mut ClapHost, seconds: u32) -> Result<Vec<Block>> {
    let mut daw = Daw { loop_style: LoopStyle::InsideBlocks, sample_rate: SAMPLE_RATE, ..Daw::default() };
    let n_frames = u64::from(seconds) * SAMPLE_RATE as u64;
    let mut blocks: Vec<Block> = Vec::new();
    let turned = ["seed", "swing", "octave", "temp"];
    let mut pass = 0_u32;
    while blocks.iter().map(|block| u64::from(block.frames)).sum::<u64>() < n_frames {
        daw.cycle = pass.is_multiple_of(3).then_some((8.0, 11.5));
        if pass.is_multiple_of(2) {
            daw.position = f64::from(pass % 7) * 2.0;
        }
        let begin = daw.position;
        let mut part = daw.ramp(8.0, 90.0 + f64::from(pass * 37 % 80));
        let tune = |idx: u32| Press {
            beat: begin + 0.5 * f64::from(idx),
            length: 0.4,
            key: (55 + (idx * 5 + pass) % 24) as u8,
            velocity: 90,
        };
        press(&mut part, SAMPLE_RATE, &(0..6).map(tune).collect::<Vec<_>>());
        if let (Some(block), Some(id)) = (part.get_mut(20), turned.get(pass as usize % turned.len())) {
            let normalised = f64::from(pass % 10) / 10.0;
            block.changes.push(Change { offset: 0, number: parameter_number(id), normalised });
        }
        blocks.append(&mut part);
        blocks.append(&mut daw.stand(3_000));
        pass += 1;
    }
    ensure!(host.parameters()?.len() > turned.len(), "the plugin has no parameters");
    Ok(blocks)
}

fn report(progress: &Progress) -> Result<()> {
    ensure!(
        !progress.has_failed.load(Ordering::Relaxed),
        "system calls cannot be given up here, or a block failed"
    );
    let mut times: Vec<u32> =
        progress.micros.iter().skip(N_FREE).map(|time| time.load(Ordering::Relaxed)).collect();
    times.sort_unstable();
    let (n_blocks, n_events) = (times.len(), progress.n_events.load(Ordering::Relaxed));
    ensure!(n_blocks > 0 && n_events > 0, "nothing was played");
    let percentile =
        |share: f64| times.get(((n_blocks - 1) as f64 * share) as usize).copied().unwrap_or_default();
    println!("{n_blocks} blocks, {n_events} events, no system call on the audio thread");
    println!(
        "a block took {} µs (half of them), {} µs (99.9%), {} µs (the longest)",
        percentile(0.5),
        percentile(0.999),
        percentile(1.0)
    );
    Ok(())
}
