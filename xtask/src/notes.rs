//! What the plugin plays, as text: the same on every system.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::bundles::{self, Format};
use crate::hosts::clap::ClapHost;
use crate::hosts::vst3::Vst3Host;
use crate::hosts::{Daw, Host, Meanwhile, Pace, Recording, RenderMode, Setup};

/// What to play.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The CLAP; the last bundle by default.
    #[arg(long)]
    pub clap: Option<PathBuf>,
    /// The VST3; the last bundle by default.
    #[arg(long)]
    pub vst3: Option<PathBuf>,
    /// How many seeds in each style.
    #[arg(long, default_value_t = 10)]
    pub seeds: u32,
    /// How many styles, from the first.
    #[arg(long, default_value_t = 16)]
    pub styles: u32,
    /// How many bars of each.
    #[arg(long, default_value_t = 4)]
    pub bars: u32,
    /// The file to write.
    #[arg(long, default_value = "out/notes.txt")]
    pub out: PathBuf,
}

/// Plays every style with every seed in both formats, saves, and plays the saved project again in a fresh instance.
/// Writes the notes.
///
/// # Errors
/// If the formats or the reloaded project differ, a note never ends, sounds while the song is stopped or lies outside
/// its block, or nothing is played.
pub fn write(options: &Options) -> Result<()> {
    let clap = bundles::clap_to_try(options.clap.as_deref())?;
    let vst3 = options.vst3.clone().map_or_else(|| bundles::last(Format::Vst3), Ok)?;
    // Each time a library is loaded again costs Windows thread-local keys, of which a process has about a thousand.
    let _kept_loaded = [load(Format::Clap, &clap)?, load(Format::Vst3, &vst3)?];
    let (mut text, mut n_notes) = (String::new(), 0);
    for style in 1..=options.styles {
        for seed in 1..=options.seeds {
            let play = |format| {
                let plugin = if format == Format::Clap { &clap } else { &vst3 };
                notes(format, plugin, &[("style", style), ("seed", seed)], options.bars)
                    .with_context(|| format!("style {style}, seed {seed}, {format:?}"))
            };
            let notes = play(Format::Clap)?;
            ensure!(play(Format::Vst3)? == notes, "style {style}, seed {seed}: the formats differ");
            n_notes += notes.lines().count();
            writeln!(text, "style {style}, seed {seed}\n{notes}")?;
        }
    }
    if let Some(folder) = options.out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&options.out, text).with_context(|| options.out.display().to_string())?;
    let (styles, seeds) = (options.styles, options.seeds);
    println!("{styles} styles, {seeds} seeds each, both formats, saved and reloaded: {n_notes} notes");
    Ok(())
}

/// A line for each note, after the project was saved and has played the same again.
fn notes(format: Format, plugin: &Path, knobs: &[(&str, u32)], n_bars: u32) -> Result<String> {
    let mut first = load(format, plugin)?;
    for (id, value) in knobs {
        first.set(id, &value.to_string())?;
    }
    let played = play(first.as_mut(), n_bars)?;
    let saved = first.save()?;
    drop(first);
    let mut second = load(format, plugin)?;
    second.load(&saved)?;
    let again = play(second.as_mut(), n_bars)?;
    let other = played.lines().zip(again.lines()).find(|(one, other)| one != other);
    ensure!(again == played, "the saved project plays other notes: {other:?}");
    ensure!(!played.is_empty(), "nothing was played");
    Ok(played)
}

fn load(format: Format, plugin: &Path) -> Result<Box<dyn Host>> {
    Ok(match format {
        Format::Clap => Box::new(ClapHost::load(plugin)?),
        Format::Vst3 => Box::new(Vst3Host::load(plugin)?),
    })
}

/// Renders, with the song stopped for a second at the end.
fn play(host: &mut dyn Host, n_bars: u32) -> Result<String> {
    let mut daw = Daw::default();
    let setup = Setup { mode: RenderMode::Offline, ..Setup::default() };
    // In VST3 nice-plug 0.4.2 reports the mode one setup late. In real time a busy machine may be late with a bar.
    host.activate(setup)?;
    host.deactivate()?;
    host.activate(setup)?;
    let mut blocks = daw.play(f64::from(n_bars) * 4.0);
    blocks.extend(daw.stand(daw.sample_rate as u32));
    let mut recording = Recording::default();
    host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, Meanwhile::Answer, &mut recording)?;
    host.deactivate()?;
    recording.check_times()?;
    recording.check_silence_when_stopped()?;
    let mut text = String::new();
    for note in recording.notes()? {
        writeln!(text, "{} {} {} {} {}", note.on, note.off, note.channel, note.key, note.velocity)?;
    }
    Ok(text)
}
