//! Many instances of the plugin in one host process: their cost, and whether a bar comes late.
//!
//! All instances are played in real time on one audio thread, block by block, as a DAW with many tracks does.
//! Processor time and memory are the process's own, as Linux counts them, less those of the same host without
//! an instance. A bar is late if it was not composed when the song reached it. To find late bars, each instance
//! is also bounced offline, where the plugin waits for its composer: the same seed gives the same notes unless
//! a bar was late.
//!
//! Styles differ in how many notes they play. An instance whose bounce has too few gets other knobs for more,
//! as a player would set them, before any of them is played.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::bundles;
use crate::hosts::clap::{ClapHost, play_together};
use crate::hosts::{Block, Daw, EventKind, Host, Pace, Recording, RenderMode, Setup};
use crate::play::assignment;
use crate::process::{composing_threads, processor_seconds, resident};

/// What to play.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The plugin; the last bundle by default.
    #[arg(long)]
    pub clap: Option<PathBuf>,
    /// How many instances.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub instances: u32,
    /// How many of the model's styles to cycle through.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub styles: u32,
    /// How many bars of 4/4.
    #[arg(long, default_value_t = 16)]
    pub bars: u16,
    /// Quarter notes a minute.
    #[arg(long, default_value_t = 120.0)]
    pub tempo: f64,
    /// Frames in a block.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=8192))]
    pub frames: u32,
    /// A parameter's value as the plugin shows it, for instance dens=150%; may be given several times.
    #[arg(long = "param", value_name = "ID=VALUE", value_parser = assignment)]
    pub params: Vec<(String, String)>,
}

/// The most processor time, as a share of one core.
const MOST_PROCESSOR_TIME: f64 = 0.15;
/// The most memory, in megabytes.
const MOST_MEGABYTES: f64 = 150.0;
/// The fewest notes in a bar of each instance, averaged over its bars.
const LEAST_NOTES: f64 = 16.0;
/// Knobs for more notes, tried in this order until an instance has enough.
const FULLER: [&[(&str, &str)]; 14] = [
    &[],
    &[("long", "1/2")],
    &[("long", "1/4")],
    &[("long", "1/4T")],
    &[("long", "1/8")],
    &[("long", "1/16")],
    &[("dens", "150%"), ("long", "1/8")],
    &[("dens", "200%"), ("long", "1/8")],
    &[("dens", "200%"), ("long", "1/32")],
    // Other pieces.
    &[("long", "1/16"), ("seed", "1000")],
    &[("long", "1/16"), ("seed", "2000")],
    &[("long", "1/16"), ("seed", "3000")],
    &[("long", "1/16"), ("seed", "4000")],
    &[("dens", "200%"), ("long", "1/16"), ("seed", "5000")],
];
/// Seconds before the song starts, as in a project that has just been opened.
const STOPPED: f64 = 10.0;

const SAMPLE_RATE: f64 = 48_000.0;

/// Plays, and prints the measurements.
///
/// # Errors
/// If the plugin does not load, or a measurement is out of bounds.
pub fn measure(options: &Options) -> Result<()> {
    let clap = bundles::clap_to_try(options.clap.as_deref())?;
    let memory_before = resident(std::process::id())?;
    let parts: Vec<Part> =
        (0..options.instances).map(|idx| Part::full_enough(&clap, options, idx)).collect::<Result<_>>()?;
    let empty = play_for(options, &mut [], &mut [])?;
    let mut hosts: Vec<ClapHost> = parts
        .iter()
        .map(|part| instance(&clap, options, part, RenderMode::Realtime))
        .collect::<Result<_>>()?;
    let mut recordings = vec![Recording::default(); hosts.len()];
    let full = play_for(options, &mut hosts, &mut recordings)?;
    let memory = resident(std::process::id())?.saturating_sub(memory_before) as f64 / 1e6;
    let composing = full.composing / full.seconds;
    drop(hosts);

    let mut late = Vec::new();
    for (part, live) in parts.iter().zip(&recordings) {
        let bars = bars(live, options.bars);
        let differing =
            bars.iter().zip(&part.bounced).enumerate().filter(|(_, (live, bounced))| live != bounced);
        late.extend(differing.map(|(bar_idx, _)| (part.idx + 1, bar_idx + 1)));
    }
    let processor = full.processor / full.seconds - empty.processor / empty.seconds;
    println!(
        "{} instances, {} bars at {} for {:.0} s:",
        options.instances, options.bars, options.tempo, full.seconds
    );
    println!(
        "  processor time  {:>6.1}% of one core beyond the empty host (composing {:.1}%)",
        processor * 100.0,
        composing * 100.0
    );
    println!("  resident memory {memory:>6.1} MB");
    println!("  late bars       {:>6}", late.len());
    for (instance, bar) in late.iter().take(10) {
        println!("    instance {instance}, bar {bar}");
    }
    for style in 1..=options.styles {
        let of_style: Vec<&Part> = parts.iter().filter(|part| part.style(options) == style).collect();
        let notes = || of_style.iter().map(|part| part.notes_a_bar());
        let (fewest, most) = (notes().fold(f64::INFINITY, f64::min), notes().fold(0.0, f64::max));
        println!(
            "  style {style:>2}        {:>6.1} notes a bar ({fewest:.1} to {most:.1}), {} of {} instances made fuller",
            notes().sum::<f64>() / of_style.len().max(1) as f64,
            of_style.iter().filter(|part| !part.knobs.is_empty()).count(),
            of_style.len()
        );
    }
    let all = parts.iter().map(Part::notes_a_bar).sum::<f64>();
    println!("  in all          {all:>6.0} notes a bar");
    let sparsest = parts.iter().map(Part::notes_a_bar).fold(f64::INFINITY, f64::min);
    ensure!(sparsest >= LEAST_NOTES, "an instance has only {sparsest:.1} notes a bar, not {LEAST_NOTES}");
    ensure!(late.is_empty(), "{} bars were late", late.len());
    ensure!(memory < MOST_MEGABYTES, "more than {MOST_MEGABYTES} MB of memory");
    ensure!(processor < MOST_PROCESSOR_TIME, "more than {:.0}% of one core", MOST_PROCESSOR_TIME * 100.0);
    println!("all within bounds");
    Ok(())
}

/// One instance: the knobs with which it plays enough notes, and its notes.
struct Part {
    idx: u32,
    knobs: &'static [(&'static str, &'static str)],
    /// The note-ons of each bar in a bounce, where no bar can be late.
    bounced: Vec<Vec<NoteOn>>,
}

impl Part {
    /// With the first of [`FULLER`] that gives enough notes, or the last.
    fn full_enough(clap: &Path, options: &Options, idx: u32) -> Result<Self> {
        let mut part = Self { idx, knobs: &[], bounced: Vec::new() };
        for knobs in FULLER {
            part.knobs = knobs;
            part.bounced = bars(&bounce(clap, options, &part)?, options.bars);
            if part.notes_a_bar() >= LEAST_NOTES {
                break;
            }
        }
        Ok(part)
    }

    fn notes_a_bar(&self) -> f64 {
        self.bounced.iter().map(Vec::len).sum::<usize>() as f64 / self.bounced.len().max(1) as f64
    }

    /// From 1.
    fn style(&self, options: &Options) -> u32 {
        self.idx % options.styles + 1
    }
}

/// An instance whose style and seed follow from its index.
fn instance(clap: &Path, options: &Options, part: &Part, mode: RenderMode) -> Result<ClapHost> {
    let mut host = ClapHost::load(clap)?;
    host.set("style", &part.style(options).to_string())?;
    host.set("seed", &(part.idx + 1).to_string())?;
    for (id, value) in part.knobs {
        host.set(id, value)?;
    }
    for (id, value) in &options.params {
        host.set(id, value)?;
    }
    host.activate(Setup { sample_rate: SAMPLE_RATE, mode, ..Setup::default() })?;
    Ok(host)
}

fn song(options: &Options) -> Vec<Block> {
    let sizes = crate::hosts::daw::Sizes::Fixed(options.frames);
    let mut daw = Daw { sample_rate: SAMPLE_RATE, tempo: options.tempo, sizes, ..Daw::default() };
    daw.play(4.0 * f64::from(options.bars))
}

fn stopped(options: &Options) -> Vec<Block> {
    let sizes = crate::hosts::daw::Sizes::Fixed(options.frames);
    let mut daw = Daw { sample_rate: SAMPLE_RATE, tempo: options.tempo, sizes, ..Daw::default() };
    daw.stand((STOPPED * SAMPLE_RATE) as u32)
}

/// The cost of a run, in seconds.
struct Cost {
    /// Wall-clock time.
    seconds: f64,
    /// Processor time of the whole process.
    processor: f64,
    /// Processor time of the threads that compose.
    composing: f64,
}

/// Waits with the song stopped, then plays it in real time and measures the playing.
fn play_for(options: &Options, hosts: &mut [ClapHost], recordings: &mut [Recording]) -> Result<Cost> {
    let mut ignored = vec![Recording::default(); hosts.len()];
    play_together(hosts, &stopped(options), SAMPLE_RATE, Pace::RealTime, &mut ignored)?;
    let (start, process) = (Instant::now(), std::process::id());
    let (processor, composing) = (processor_seconds(process)?, composing_threads().running.as_secs_f64());
    play_together(hosts, &song(options), SAMPLE_RATE, Pace::RealTime, recordings)?;
    Ok(Cost {
        seconds: start.elapsed().as_secs_f64(),
        processor: processor_seconds(process)? - processor,
        composing: composing_threads().running.as_secs_f64() - composing,
    })
}

/// The same instance bounced, where no bar can be late.
fn bounce(clap: &Path, options: &Options, part: &Part) -> Result<Recording> {
    let mut host = [instance(clap, options, part, RenderMode::Offline)?];
    let mut recording = [Recording::default()];
    play_together(&mut host, &song(options), SAMPLE_RATE, Pace::AsFastAsPossible, &mut recording)?;
    let [recording] = recording;
    Ok(recording)
}

/// Sample, channel, key and velocity.
type NoteOn = (u64, u8, u8, u8);

/// The note-ons of each bar.
fn bars(recording: &Recording, n_bars: u16) -> Vec<Vec<NoteOn>> {
    let mut bars = vec![Vec::new(); usize::from(n_bars)];
    for event in recording.events.iter().filter(|event| event.kind == EventKind::On) {
        let bar_idx = ((recording.beat(event) + 1e-6) / 4.0) as usize;
        if let Some(bar) = bars.get_mut(bar_idx) {
            bar.push((event.sample, event.channel, event.key, event.velocity));
        }
    }
    bars
}
