//! Loading the plugin, playing it, and the checks that hold for every recording.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use continuo::plugin::SavedProject;
use xtask::bundles::library_name;
use xtask::hosts::clap::ClapHost;
use xtask::hosts::vst3::Vst3Host;
use xtask::hosts::{Block, Daw, Host, Meanwhile, Pace, PlayedNote, Recording, RenderMode, Setup};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Clap,
    Vst3,
}

pub(crate) const FORMATS: [Format; 2] = [Format::Clap, Format::Vst3];

/// The plugin as cargo built it for this test.
pub(crate) fn library() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.parent().context("a program without a folder")?;
    let library = folder.join(library_name());
    ensure!(library.exists(), "cargo built no {}", library.display());
    Ok(library)
}

pub(crate) fn load(format: Format, knobs: &[(&str, &str)]) -> Result<Box<dyn Host>> {
    let mut host: Box<dyn Host> = match format {
        Format::Clap => Box::new(ClapHost::load(&library()?)?),
        Format::Vst3 => Box::new(Vst3Host::load(&library()?)?),
    };
    for (id, value) in knobs {
        host.set(id, value)?;
    }
    Ok(host)
}

/// Activates for rendering.
pub(crate) fn activate_offline(host: &mut dyn Host, sample_rate: f64) -> Result<()> {
    host.activate(Setup { sample_rate, max_frames: 8192, mode: RenderMode::Offline })
}

/// Activates for playing live, and waits until the first bars are composed, as a user does who has just
/// opened a project. The saved project has the number of bars.
pub(crate) fn activate_live(host: &mut dyn Host, daw: &mut Daw) -> Result<()> {
    const N_BARS: usize = 3;
    host.activate(Setup { sample_rate: daw.sample_rate, ..Setup::default() })?;
    loop {
        let blocks = daw.stand((daw.sample_rate / 50.0) as u32);
        let mut ignored = Recording::default();
        host.play(&mut blocks.into_iter(), Pace::RealTimeUndisturbed, Meanwhile::Answer, &mut ignored)?;
        if n_composed(&host.save()?)? >= N_BARS {
            return Ok(());
        }
    }
}

/// The number of bars in a saved state.
pub(crate) fn n_composed(state: &[u8]) -> Result<usize> {
    // In CLAP the JSON object comes after its length.
    let begin = state.iter().position(|byte| *byte == b'{').context("no JSON in the state")?;
    let state: serde_json::Value = serde_json::from_slice(&state[begin..])?;
    let project = state["fields"]["project"].as_str().context("no project in the state")?;
    let project: serde_json::Value = serde_json::from_str(project)?;
    Ok(SavedProject::read(project)?.take().n_bars())
}

/// Plays blocks as fast as the plugin can.
pub(crate) fn play(host: &mut dyn Host, blocks: Vec<Block>, recording: &mut Recording) -> Result<()> {
    host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, Meanwhile::Answer, recording)
}

/// A note in score time: tick, channel, key, velocity.
pub(crate) type ScoreNote = (i64, u8, u8, u8);

/// Ticks to the quarter note.
pub(crate) const TICKS: f64 = 24.0;

/// The notes of the first bars, after the checks that hold for every recording.
pub(crate) fn score(recording: &Recording, n_bars: u32) -> Result<Vec<ScoreNote>> {
    let mut notes = checked(recording)?;
    // The first note of the next bar may be on the last sample.
    notes.retain(|note| note.beat < f64::from(n_bars) * 4.0 - 0.5 / TICKS);
    Ok(notes.iter().map(score_note).collect())
}

pub(crate) fn score_note(note: &PlayedNote) -> ScoreNote {
    (tick(note.beat), note.channel, note.key, note.velocity)
}

pub(crate) fn tick(beat: f64) -> i64 {
    (beat * TICKS).round() as i64
}

/// The notes of a recording, each with one end, on its sample, and none while the song is stopped.
pub(crate) fn checked(recording: &Recording) -> Result<Vec<PlayedNote>> {
    recording.check_times()?;
    recording.check_silence_when_stopped()?;
    let notes = recording.notes()?;
    ensure!(!notes.is_empty(), "nothing was played");
    for note in &notes {
        let span = recording.spans.iter().rfind(|span| span.sample <= note.on).context("no span")?;
        let off = (note.beat * TICKS - (note.beat * TICKS).round()).abs() / TICKS / span.beats_per_sample;
        ensure!(off <= 1.0 + 1e-3, "{off} samples from its beat: {note:?}");
    }
    Ok(notes)
}

/// The notes of the first bars of a piece, rendered offline, with the song stopped for a second at the end.
pub(crate) fn bars(
    mut daw: Daw,
    format: Format,
    knobs: &[(&str, &str)],
    n_bars: u32,
) -> Result<Vec<ScoreNote>> {
    let mut host = load(format, knobs)?;
    activate_offline(host.as_mut(), daw.sample_rate)?;
    let mut blocks = daw.play(f64::from(n_bars) * 4.0);
    blocks.extend(daw.stand(48_000));
    let mut recording = Recording::default();
    play(host.as_mut(), blocks, &mut recording)?;
    score(&recording, n_bars)
}
