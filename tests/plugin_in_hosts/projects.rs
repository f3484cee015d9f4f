//! Projects saved and loaded.

use anyhow::{Context as _, Result};
use xtask::hosts::{Daw, Recording};

use crate::support::{
    FORMATS, Format, ScoreNote, TICKS, activate_offline, checked, load, play, score, score_note,
};

#[test]
fn a_project_saved_in_the_middle_and_reloaded_plays_the_same_notes() -> Result<()> {
    for format in FORMATS {
        let mut first = load(format, &[("seed", "21"), ("temp", "0.9"), ("evolve", "50%")])?;
        let mut daw = Daw::default();
        activate_offline(first.as_mut(), daw.sample_rate)?;
        let mut before = Recording::default();
        play(first.as_mut(), daw.play(10.0), &mut before)?;
        let state = first.save()?;
        let mut blocks = daw.play(6.0);
        blocks.extend(daw.stand(2_000));
        play(first.as_mut(), blocks, &mut before)?;

        let mut second = load(format, &[])?;
        let mut daw = Daw::default();
        activate_offline(second.as_mut(), daw.sample_rate)?;
        // The state is loaded while another piece plays, whose notes must end.
        let mut after = Recording::default();
        play(second.as_mut(), daw.play(3.0), &mut after)?;
        second.load(&state)?;
        daw.position = 0.0;
        let seam = after.frames();
        let mut blocks = daw.play(16.0);
        blocks.extend(daw.stand(2_000));
        play(second.as_mut(), blocks, &mut after)?;
        let end = 16.0 - 0.5 / TICKS;
        let notes = checked(&after)?;
        let reloaded = notes.iter().filter(|note| note.on >= seam && note.beat < end);
        let reloaded: Vec<ScoreNote> = reloaded.map(score_note).collect();
        assert_eq!(reloaded, score(&before, 4)?, "{format:?}");
    }
    Ok(())
}

#[test]
fn a_state_is_whole_after_any_number_of_saves() -> Result<()> {
    for format in FORMATS {
        let mut host = load(format, &[("seed", "3")])?;
        let mut daw = Daw::default();
        activate_offline(host.as_mut(), daw.sample_rate)?;
        play(host.as_mut(), daw.play(8.0), &mut Recording::default())?;
        host.deactivate()?;
        let state = host.save()?;
        host.load(&state)?;
        assert_eq!(host.save()?, state, "{format:?}");
    }
    Ok(())
}

#[test]
fn a_project_of_the_first_version_loads_with_the_new_knobs_at_their_defaults() -> Result<()> {
    let old = [
        "style", "seed", "temp", "length", "evolve", "tonic", "scale", "octave", "vel", "gate", "prev",
        "prevdb", "bypass",
    ];
    let fresh = load(Format::Clap, &[("seed", "21"), ("octave", "1")])?.save()?;
    // In CLAP the JSON object comes after its length in eight bytes.
    let mut state: serde_json::Value = serde_json::from_slice(fresh.get(8..).unwrap_or_default())?;
    let params = state["params"].as_object_mut().context("no parameters in the state")?;
    params.retain(|id, _| old.contains(&id.as_str()));
    assert_eq!(params.len(), old.len());
    let json = serde_json::to_vec(&state)?;
    let clap = [&(json.len() as u64).to_le_bytes(), json.as_slice()].concat();
    for (format, saved) in [(Format::Clap, clap), (Format::Vst3, json)] {
        let expected = load(format, &[("seed", "21"), ("octave", "1")])?.parameters()?;
        let mut host = load(format, &[("dens", "150%"), ("low", "C3"), ("fam3", "Off"), ("mode", "Trade")])?;
        host.load(&saved)?;
        assert_eq!(host.parameters()?, expected, "{format:?}");
    }
    Ok(())
}
