//! Plays the plugin in the CLAP host, and saves notes, sound and a picture.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::bundles::Format;
use crate::hosts::clap::ClapHost;
use crate::hosts::{Daw, Host, Meanwhile, Pace, Recording, RenderMode, Setup};
use crate::midi::Song;
use crate::{bundles, roll, wav};

/// What to play.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The plugin; the last bundle by default.
    #[arg(long)]
    pub clap: Option<PathBuf>,
    /// How many bars.
    #[arg(long, default_value_t = 16)]
    pub bars: u16,
    /// Quarter notes a minute.
    #[arg(long, default_value_t = 100.0)]
    pub tempo: f64,
    /// Time signature.
    #[arg(long, default_value = "4/4", value_parser = meter)]
    pub meter: (u16, u16),
    /// Which of the model's styles, from 1.
    #[arg(long)]
    pub style: Option<u16>,
    /// The random seed.
    #[arg(long)]
    pub seed: Option<u32>,
    /// A parameter's value as the plugin shows it, for instance temp=0.9; may be given several times.
    #[arg(long = "param", value_name = "ID=VALUE", value_parser = assignment)]
    pub params: Vec<(String, String)>,
    /// The folder to write to.
    #[arg(long, default_value = "out")]
    pub out: PathBuf,
    /// The name of the files, without extension.
    #[arg(long, default_value = "continuo")]
    pub name: String,
}

/// Reads a time signature such as 3/4.
fn meter(text: &str) -> Result<(u16, u16), String> {
    let (numerator, denominator) = text.split_once('/').ok_or("a time signature looks like 3/4")?;
    let number = |text: &str| text.parse::<u16>().ok().filter(|number| (1..=64).contains(number));
    match (number(numerator), number(denominator)) {
        (Some(numerator), Some(denominator)) if denominator.is_power_of_two() => Ok((numerator, denominator)),
        _ => Err("a time signature looks like 3/4".into()),
    }
}

/// Reads an assignment such as temp=0.9.
///
/// # Errors
/// If there is no `=`.
pub fn assignment(text: &str) -> Result<(String, String), String> {
    let (id, value) = text.split_once('=').ok_or("a parameter looks like temp=0.9")?;
    Ok((id.into(), value.into()))
}

/// Plays, and writes a `.mid`, a `.wav` and a `.png`.
///
/// # Errors
/// If the plugin does not load or plays nothing, or a file cannot be written.
pub fn play(options: &Options) -> Result<()> {
    let clap = bundles::clap_to_try(options.clap.as_deref())?;
    let recording = record(&clap, options)?;
    let song = Song::from_recording(&recording, options.meter, options.tempo)?;
    ensure!(!song.notes.is_empty(), "the plugin played no note");

    std::fs::create_dir_all(&options.out)?;
    let file = |extension: &str| options.out.join(format!("{}.{extension}", options.name));
    song.write(&file("mid"))?;
    let audio = recording.audio.as_ref().context("no sound was recorded")?;
    ensure!(wav::peak(audio) > 0.001, "the preview sound is silent");
    wav::write(&file("wav"), audio, SAMPLE_RATE)?;
    roll::draw(&song, &title(options), &file("png"))?;
    let show = |path: &Path| std::path::absolute(path).map(|path| path.display().to_string());
    println!("{} bars, {} notes:", options.bars, song.notes.len());
    println!("  notes    {}", show(&file("mid"))?);
    println!("  sound    {} (peak {:.2})", show(&file("wav"))?, wav::peak(audio));
    println!("  picture  {}", show(&file("png"))?);
    Ok(())
}

const SAMPLE_RATE: f64 = 48_000.0;

/// Plays offline, as a bounce does, with the preview sound on.
fn record(clap: &Path, options: &Options) -> Result<Recording> {
    let mut host = ClapHost::load(clap)?;
    let mut settings = vec![("prev".to_owned(), "On".to_owned())];
    settings.extend(options.style.map(|style| ("style".to_owned(), style.to_string())));
    settings.extend(options.seed.map(|seed| ("seed".to_owned(), seed.to_string())));
    settings.extend(options.params.iter().cloned());
    for (id, value) in &settings {
        host.set(id, value)?;
    }
    host.activate(Setup { sample_rate: SAMPLE_RATE, mode: RenderMode::Offline, ..Setup::default() })?;
    let meters = vec![(0.0, options.meter)];
    let mut daw = Daw { sample_rate: SAMPLE_RATE, tempo: options.tempo, meters, ..Daw::default() };
    let beats = f64::from(options.bars) * f64::from(options.meter.0) * 4.0 / f64::from(options.meter.1);
    let mut blocks = daw.play(beats);
    // Two more seconds, in which the last notes fade.
    blocks.extend(daw.stand(2 * SAMPLE_RATE as u32));
    let mut recording = Recording::with_audio();
    host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, Meanwhile::Answer, &mut recording)?;
    host.deactivate()?;
    Ok(recording)
}

fn title(options: &Options) -> String {
    let mut parts = vec![format!("Continuo, {} quarter notes a minute", options.tempo)];
    parts.extend(options.style.map(|style| format!("style {style}")));
    parts.extend(options.seed.map(|seed| format!("seed {seed}")));
    parts.extend(options.params.iter().map(|(id, value)| format!("{id} {value}")));
    parts.join(", ")
}

/// Prints how to install the plugin.
///
/// # Errors
/// If this program is not in cargo's target directory.
pub fn print_installation() -> Result<()> {
    let (clap, vst3) = bundles::install_folders();
    println!("To install, copy the plugin to where hosts look for it, and let the host rescan:");
    for (format, kind, place) in [("CLAP", Format::Clap, clap), ("VST3", Format::Vst3, vst3)] {
        let plugin = bundles::last(kind)?;
        if cfg!(windows) {
            println!("  {format}     copy {} to {place}", plugin.display());
        } else {
            println!("  {format}     mkdir -p {place} && cp -r {} {place}/", plugin.display());
        }
    }
    println!("  trainer  {}", bundles::folder()?.join("continuo-trainer").display());
    Ok(())
}
