//! Presets as files, and that those that come with the plugin are whole.

use std::collections::BTreeSet;

use crate::composer::{Take, Writer, compose_bar};
use crate::model::Model;
use crate::music::{Family, Meter, Note, Tick};
use crate::player::ComposingKnobs;
use crate::player::handover::handover;
use crate::plugin::presets::{Preset, PresetError, PresetId, Role, factory, load};
use crate::plugin::{Knob, Parameters};
use crate::presets::{list_in, save_in};

fn parameters() -> Parameters {
    Parameters::new(handover().0)
}

/// Parameters that stand where a preset puts them.
fn set_to(preset: &Preset) -> Parameters {
    let parameters = parameters();
    for (knob, position) in preset.settings(&parameters) {
        parameters.put(knob, position);
    }
    parameters
}

#[test]
fn a_preset_reads_back_as_it_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let mut preset = Preset::of(&parameters(), "Räuber: 2/3");
    for (knob, value) in &mut preset.knobs {
        if *knob == Knob::Temperature {
            *value = 0.85;
        }
    }
    let path = save_in(folder.path(), &preset).unwrap();
    assert_eq!(path.parent(), Some(folder.path()));
    assert_eq!(load(&PresetId::Own(path.clone())).unwrap(), preset);
    let parameters = set_to(&preset);
    assert_eq!(parameters.text(Knob::Temperature, parameters.position(Knob::Temperature)), "0.85");
    let listed = list_in(folder.path());
    assert_eq!((listed.len(), listed[0].name.as_str()), (1, "Räuber: 2/3"));
    assert_eq!(listed[0].id, PresetId::Own(path));
}

#[test]
fn what_is_wrong_with_a_preset_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let preset = Preset::of(&parameters(), "Blue");
    save_in(folder.path(), &preset).unwrap();
    let again = save_in(folder.path(), &preset).unwrap_err();
    assert!(again.to_string().contains("a preset called Blue already"), "{again}");
    let nameless = save_in(folder.path(), &Preset::of(&parameters(), " .. ")).unwrap_err();
    assert!(matches!(nameless, PresetError::NoName { .. }));
    for (text, told) in [
        ("{", "is not a preset"),
        ("[]", "is not a preset"),
        (r#"{"version": 9, "opus": 1}"#, "expected format 1 or older, found 9"),
    ] {
        let path = folder.path().join("odd.json");
        std::fs::write(&path, text).unwrap();
        let error = load(&PresetId::Own(path)).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let absent = load(&PresetId::Own(folder.path().join("absent.json"))).unwrap_err();
    assert!(matches!(absent, PresetError::Unreadable { .. }));
    assert_eq!(list_in(folder.path()).len(), 2, "a damaged one is listed too");
    assert!(list_in(&folder.path().join("nowhere")).is_empty());
    assert!(load(&PresetId::Factory(10_000)).is_err());
}

#[test]
fn a_preset_leaves_alone_what_belongs_to_the_song() {
    let parameters = parameters();
    let preset = Preset { name: String::new(), role: Role::Own, knobs: vec![(Knob::Seed, 7.0)] };
    let set: Vec<Knob> = preset.settings(&parameters).into_iter().map(|(knob, _)| knob).collect();
    assert!(!set.contains(&Knob::Seed) && !set.contains(&Knob::Tonic) && !set.contains(&Knob::Preview));
    assert!(set.contains(&Knob::Temperature) && !set.contains(&Knob::Thru));
}

#[test]
fn factory_presets_say_what_they_mean() {
    let text: serde_json::Value = serde_json::from_str(include_str!("../../presets/factory.json")).unwrap();
    let written = text.as_array().unwrap();
    let (presets, styles) = (factory(), Model::embedded().unwrap().card().styles.clone());
    assert_eq!(presets.len(), written.len());
    for (preset, written) in presets.iter().zip(written) {
        let ids: Vec<&String> = written["knobs"].as_object().unwrap().keys().collect();
        assert_eq!(preset.knobs.len(), ids.len(), "{}: an id that is no knob among {ids:?}", preset.name);
        let parameters = parameters();
        for (knob, value) in &preset.knobs {
            let back = set_to(preset).plain(*knob);
            assert!((back - value).abs() < 1e-4, "{}: {knob:?} cannot be {value}", preset.name);
            assert!(
                preset.settings(&parameters).iter().any(|(set, _)| set == knob),
                "{knob:?} is the song's"
            );
        }
        assert_ne!(preset.role, Role::Own, "{}", preset.name);
    }
    let whole: Vec<&String> = presets.iter().filter(|p| p.role == Role::Style).map(|p| &p.name).collect();
    assert_eq!(whole, styles.iter().collect::<Vec<_>>());
    let names: BTreeSet<(Role, &String)> = presets.iter().map(|preset| (preset.role, &preset.name)).collect();
    assert_eq!(names.len(), presets.len(), "two of one name");
    for role in &Role::ALL[..6] {
        assert!(presets.iter().any(|preset| preset.role == *role), "none for {}", role.name());
    }
}

/// Eight bars as `continuo-trainer generate` writes them with these knobs.
fn composed(preset: &Preset, seed: u32) -> Vec<Note> {
    let knobs = ComposingKnobs { seed, ..set_to(preset).composing() };
    let (mut take, mut writer) = (Take::default(), Writer::new(Model::embedded().unwrap()));
    for bar_idx in 0..N_BARS {
        compose_bar(&mut take, &mut writer, &knobs, Meter::COMMON, bar_idx);
    }
    take.score().bars.iter().flat_map(|bar| bar.notes.clone()).collect()
}

const N_BARS: usize = 8;

/// What can be counted of music.
#[derive(Debug)]
struct Counts {
    notes_per_beat: f32,
    /// Notes that begin together, on average.
    together: f32,
    /// The share of bars in which nothing begins.
    empty: f32,
    lowest: u8,
    highest: u8,
    n_notes: usize,
    n_drums: usize,
    /// The most notes that sound at once.
    at_once: usize,
}

fn count(notes: &[Note]) -> Counts {
    let onsets: BTreeSet<Tick> = notes.iter().map(|note| note.onset).collect();
    let bars: BTreeSet<i64> = notes.iter().map(|note| note.onset.0 / 96).collect();
    let sounding = |at: Tick| notes.iter().filter(|note| note.onset <= at && at < note.end()).count();
    Counts {
        notes_per_beat: notes.len() as f32 / (4 * N_BARS) as f32,
        together: notes.len() as f32 / onsets.len().max(1) as f32,
        empty: 1.0 - bars.len() as f32 / N_BARS as f32,
        lowest: notes.iter().map(|note| note.pitch).min().unwrap_or(0),
        highest: notes.iter().map(|note| note.pitch).max().unwrap_or(0),
        n_notes: notes.len(),
        n_drums: notes.iter().filter(|note| note.family.is_drums()).count(),
        at_once: onsets.iter().map(|at| sounding(*at)).max().unwrap_or(0),
    }
}

/// What is wrong with music for a role, if anything is.
fn fault(role: Role, found: &Counts) -> Option<&'static str> {
    let within = |low: f32, high: f32| (low..=high).contains(&found.notes_per_beat);
    let is_line = found.at_once == 1 && found.n_drums == 0;
    let is_right = match role {
        Role::Style | Role::Own => within(0.3, 16.0),
        Role::Bass => is_line && within(0.25, 4.5) && found.highest <= 57,
        Role::Lead => is_line && within(0.4, 4.5) && found.lowest >= 55,
        Role::Chords => found.n_drums == 0 && found.together >= 2.0 && found.lowest >= 36,
        Role::Arpeggio => is_line && within(1.5, 6.5) && found.lowest >= 43,
        Role::Beat => found.n_drums == found.n_notes && within(1.0, 12.0),
    };
    if !is_right {
        Some("not what it is called")
    } else if found.empty > 0.2 {
        Some("too many bars are empty")
    } else {
        None
    }
}

#[test]
fn factory_presets_sound_like_what_they_are_called() {
    let mut faults = Vec::new();
    for preset in factory() {
        let found = count(&composed(&preset, 1));
        println!("{:10} {:18} {found:?}", preset.role.name(), preset.name);
        if let Some(fault) = fault(preset.role, &found) {
            faults.push(format!("{}: {fault}: {found:?}", preset.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_house_beat_has_four_on_the_floor() {
    const N_SEEDS: usize = 24;
    let house = factory().into_iter().find(|preset| preset.name == "House beat").unwrap();
    let is_kick = |note: &&Note| matches!(note.pitch, 35 | 36);
    let mut n_bars = 0;
    for seed in 1..=N_SEEDS as u32 {
        let notes = composed(&house, seed);
        let kicks: BTreeSet<i64> = notes.iter().filter(is_kick).map(|note| note.onset.0).collect();
        let is_on_the_floor = |bar: &i64| (0..4).all(|beat| kicks.contains(&(96 * bar + 24 * beat)));
        n_bars += (0..N_BARS as i64).filter(is_on_the_floor).count();
    }
    let n_all = N_SEEDS * N_BARS;
    println!("four on the floor in {n_bars} of {n_all} bars");
    assert!(n_bars * 5 >= n_all * 4, "in {n_bars} of {n_all}");
}

#[test]
fn with_every_instrument_switched_off_there_is_silence() {
    let switches = (0..).map_while(Family::from_index).map(|family| (Knob::Plays(family), 0.0));
    let preset = Preset { name: String::new(), role: Role::Own, knobs: switches.collect() };
    assert!(composed(&preset, 1).is_empty());
}
