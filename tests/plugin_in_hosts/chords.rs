//! The chord lane of a saved project.

use anyhow::{Context as _, Result};
use continuo::music::{Key, Meter, Mode, Progression, Tick};
use xtask::hosts::daw::Sizes;
use xtask::hosts::{Daw, PlayedNote, Recording, project};

use crate::support::{FORMATS, Format, activate_offline, load, play};

const LANE: &str = "Am7 | F | C/E G | E7";
const BARS: usize = 8;

/// A saved project with a chord lane for the first take.
fn with_chords(state: &[u8], lane: &str) -> Result<Vec<u8>> {
    project::edited(state, |project| {
        project["take"]["version"] = 5.into();
        project["take"]["lanes"] = serde_json::json!([lane, "", "", ""]);
    })
}

/// The sample where each note begins, its channel, key and velocity.
type Heard = Vec<(u64, u8, u8, u8)>;

/// What a project plays, and the project as it is saved afterwards.
fn played(format: Format, state: &[u8], sizes: Sizes) -> Result<(Heard, Vec<u8>)> {
    let mut host = load(format, &[])?;
    host.load(state)?;
    let mut daw = Daw { sizes, ..Daw::default() };
    activate_offline(host.as_mut(), daw.sample_rate)?;
    let mut blocks = daw.play(4.0 * BARS as f64);
    blocks.extend(daw.stand(9_000));
    let mut recording = Recording::default();
    play(host.as_mut(), blocks, &mut recording)?;
    let heard = |note: &PlayedNote| (note.on, note.channel, note.key, note.velocity);
    let mut notes: Heard = recording.notes()?.iter().map(heard).collect();
    notes.sort_unstable();
    Ok((notes, host.save()?))
}

#[test]
fn a_project_follows_its_chords_alike_in_both_formats_at_any_block_size_and_after_reloading() -> Result<()> {
    /// Pop: bass, chords and drums.
    const KNOBS: &[(&str, &str)] =
        &[("style", "11"), ("seed", "3"), ("strict", "100%"), ("scale", "Free (minor)")];
    let mut expected = None;
    for format in FORMATS {
        let free = load(format, KNOBS)?.save()?;
        let project = with_chords(&free, LANE)?;
        let (without, _) = played(format, &free, Sizes::Fixed(512))?;
        let (notes, saved) = played(format, &project, Sizes::Fixed(512))?;
        assert_ne!(notes, without);
        let (again, _) = played(format, &project, Sizes::Random { seed: 4, max: 3000 })?;
        assert_eq!(again, notes, "{format:?} in other blocks");
        let (reloaded, _) = played(format, &saved, Sizes::Fixed(64))?;
        assert_eq!(reloaded, notes, "{format:?} reloaded");
        assert_eq!(expected.get_or_insert_with(|| notes.clone()), &notes, "{format:?}");
    }
    let lane = Progression::parse(LANE)?;
    let chords: Vec<_> = (0..BARS)
        .flat_map(|idx| lane.bar(idx, Tick(96 * idx as i64), Meter::COMMON, Key::new(0, Mode::Minor)))
        .collect();
    let notes = expected.context("nothing was played")?;
    // 24,000 samples are a beat, and Pop has been learned from files without feel.
    let on_beats = notes.iter().filter(|(on, channel, ..)| on % 24_000 == 0 && *channel != 9);
    let mut n_on_beats = 0;
    for (on, _, key, _) in on_beats {
        let tick = Tick((on / 1_000) as i64);
        let chord = chords.iter().rev().find(|(at, _)| *at <= tick).and_then(|(_, chord)| *chord);
        assert!(chord.is_some_and(|chord| chord.contains(*key)), "{key} at {tick:?}");
        n_on_beats += 1;
    }
    assert!(n_on_beats > 3 * BARS, "{n_on_beats}");
    Ok(())
}
