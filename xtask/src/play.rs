//! Plays the plugin in the CLAP host, and saves notes, sound and a picture.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::bundles::{Format, System};
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
        let (folder, bundle) = (bundles::folder()?, kind.bundle(&bundles::name()?));
        let command = if cfg!(windows) { installing_on_windows } else { installing };
        println!("  {format}     {}", command(&folder, &bundle, place));
    }
    println!("  trainer  {}", bundles::folder()?.join(System::HERE.program("continuo-trainer")).display());
    Ok(())
}

/// The command that copies a bundle to a place. A host may have the old one loaded: it is removed and not overwritten.
fn installing(folder: &Path, bundle: &str, place: &str) -> String {
    let from = folder.join(bundle).display().to_string().replace('\'', r"'\''");
    format!("mkdir -p {place} && rm -rf {place}/{bundle} && cp -r '{from}' {place}/")
}

/// The same for Windows, where a file that a host has loaded cannot be replaced. A VST3 is a folder there, a CLAP is none.
fn installing_on_windows(folder: &Path, bundle: &str, place: &str) -> String {
    let from = folder.join(bundle);
    if from.is_dir() {
        return format!(r#"xcopy /e /i /y "{}" "{place}\{bundle}""#, from.display());
    }
    format!(r#"mkdir "{place}" 2>nul & copy /y "{}" "{place}""#, from.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_for_windows_takes_paths_with_spaces_and_copies_folders_with_what_is_in_them() -> Result<()>
    {
        let built = tempfile::tempdir()?;
        std::fs::create_dir(built.path().join("A.vst3"))?;
        let command = |bundle| installing_on_windows(built.path(), bundle, r"%CommonProgramFiles%\VST3");
        let from = |bundle| built.path().join(bundle).display().to_string();
        let vst3 = format!(r#"xcopy /e /i /y "{}" "%CommonProgramFiles%\VST3\A.vst3""#, from("A.vst3"));
        assert_eq!(command("A.vst3"), vst3);
        assert!(
            command("A.clap")
                .ends_with(&format!(r#"copy /y "{}" "%CommonProgramFiles%\VST3""#, from("A.clap")))
        );
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn the_command_that_is_printed_puts_the_bundle_from_any_folder_in_the_place_of_an_older_one() -> Result<()>
    {
        let home = tempfile::tempdir()?;
        let built = home.path().join("Ada's music $1");
        for (file, text) in [("A.vst3/new", "new"), ("A.vst3/both", "new"), ("B.clap", "new")] {
            let file = built.join(file);
            std::fs::create_dir_all(file.parent().context("no folder")?)?;
            std::fs::write(file, text)?;
        }
        let installed = home.path().join(".plugins/A.vst3");
        std::fs::create_dir_all(&installed)?;
        std::fs::write(installed.join("old"), "old")?;
        std::fs::write(installed.join("both"), "old")?;
        for bundle in ["A.vst3", "B.clap"] {
            let mut sh = std::process::Command::new("sh");
            sh.args(["-c", &installing(&built, bundle, "~/.plugins")]).env("HOME", home.path());
            assert!(sh.status()?.success());
        }
        let read = |file: &str| std::fs::read_to_string(home.path().join(".plugins").join(file));
        assert_eq!(
            (read("A.vst3/new")?, read("A.vst3/both")?, read("B.clap")?),
            ("new".into(), "new".into(), "new".into())
        );
        assert!(!installed.join("old").exists());
        Ok(())
    }
}
