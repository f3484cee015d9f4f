//! The plugin in a real DAW: Ardour 7 loads the VST3, sets its parameters, saves, reopens, plays and records it.
#![cfg(all(feature = "plugin", target_os = "linux"))]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use xtask::ardour::{Job, compare, find, record};
use xtask::bundles::{library_name, pack_vst3};
use xtask::hosts::clap::ClapHost;
use xtask::hosts::{Daw, Host, Meanwhile, Pace, Recording, RenderMode, Setup};
use xtask::midi::Song;

const SECONDS: u32 = 12;
const TEMPO: f64 = 120.0;

/// The plugin as cargo built it for this test.
fn library() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.parent().context("a program without a folder")?.join(library_name()))
}

/// The notes that our own host records with the same knobs.
fn expected(knobs: &[Knob]) -> Result<Song> {
    let mut host = ClapHost::load(&library()?)?;
    for knob in knobs {
        host.set(knob.id, knob.text)?;
    }
    host.activate(Setup { mode: RenderMode::Offline, ..Setup::default() })?;
    let mut daw = Daw { tempo: TEMPO, ..Daw::default() };
    let mut blocks = daw.play(f64::from(SECONDS + 4) * TEMPO / 60.0);
    blocks.extend(daw.stand(48_000));
    let mut recording = Recording::default();
    host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, Meanwhile::Answer, &mut recording)?;
    Song::from_recording(&recording, (4, 4), TEMPO)
}

/// A parameter by its id and by the name that hosts show, with a value as the plugin shows it.
struct Knob {
    id: &'static str,
    name: &'static str,
    text: &'static str,
}

fn knobs(temperature: &'static str) -> [Knob; 3] {
    [
        Knob { id: "seed", name: "Seed", text: "77" },
        Knob { id: "temp", name: "Temperature", text: temperature },
        Knob { id: "length", name: "Length", text: "4" },
    ]
}

fn in_ardour(bundle: &Path, knobs: &[Knob]) -> Result<Song> {
    together_in_ardour(bundle, &[knobs])?.pop().context("no recording")
}

/// Records several instances in one session, each with these knobs.
fn together_in_ardour(bundle: &Path, instances: &[&[Knob]]) -> Result<Vec<Song>> {
    let mut host = ClapHost::load(&library()?)?;
    let mut parameters = Vec::new();
    for knobs in instances {
        let of_one = knobs.iter().map(|knob| Ok((knob.name, host.normalised(knob.id, knob.text)?)));
        parameters.push(of_one.collect::<Result<Vec<_>>>()?);
    }
    drop(host);
    let folder = tempfile::tempdir()?;
    record(&Job { vst3: bundle, folder: folder.path(), seconds: SECONDS, instances: &parameters })
}

#[test]
fn ardour_records_the_notes_that_our_own_host_records() -> Result<()> {
    if let Err(missing) = find() {
        // Not by `eprintln!`, which the test harness would keep to itself.
        let warning =
            format!("\n*** NOT TESTED IN ARDOUR: {}; `./xtask/run test` installs it ***\n", missing.0);
        return Ok(std::io::stderr().write_all(warning.as_bytes())?);
    }
    let folder = tempfile::tempdir()?;
    let bundle = pack_vst3(&library()?, folder.path())?;
    let first = in_ardour(&bundle, &knobs("0.9"))?;
    let comparison = compare(&expected(&knobs("0.9"))?, &first)?;
    println!("Ardour recorded {} notes, {comparison:?}", first.notes.len());
    assert!(comparison.n_compared > 10, "{comparison:?}");
    // Ardour has 1920 ticks to the quarter note, and rounds the sample to one of them.
    assert!(comparison.stray < 0.002, "{comparison:?}");

    let second = in_ardour(&bundle, &knobs("0.9"))?;
    compare(&expected(&knobs("0.9"))?, &second)?;
    // Ardour stops a little sooner or later.
    let (longer, shorter) =
        if first.notes.len() > second.notes.len() { (&first, &second) } else { (&second, &first) };
    compare(longer, shorter)?;

    let other = in_ardour(&bundle, &knobs("1.3"))?;
    compare(&expected(&knobs("1.3"))?, &other)?;
    assert!(
        compare(&first, &other).is_err() && compare(&other, &first).is_err(),
        "another temperature plays the same notes"
    );

    let band = ["Voice 1", "Voice 2", "Voice 3", "Voice 4"].map(|part| {
        let [seed, temperature, length] = knobs("0.9");
        [seed, temperature, length, Knob { id: "solo", name: "Solo", text: part }]
    });
    let recorded = together_in_ardour(&bundle, &band.each_ref().map(<[Knob; 4]>::as_slice))?;
    let mut together = Song { notes: Vec::new(), ..first.clone() };
    for (knobs, alone) in band.iter().zip(recorded) {
        let comparison = compare(&expected(knobs)?, &alone)?;
        println!("{}: Ardour recorded {} notes, {comparison:?}", knobs[3].text, alone.notes.len());
        assert!(comparison.n_compared > 5 && alone.notes.len() < first.notes.len(), "{comparison:?}");
        together.notes.extend(alone.notes);
    }
    let comparison = compare(&expected(&knobs("0.9"))?, &together)?;
    println!("together: {} notes, {comparison:?}", together.notes.len());
    assert!(comparison.n_compared > first.notes.len() / 2, "{comparison:?}");
    Ok(())
}
