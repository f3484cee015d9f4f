//! Presets as files, and that those that come with the plugin are whole.

use crate::model::Model;
use crate::player::handover::handover;
use crate::plugin::presets::own::{list_in, save_in};
use crate::plugin::presets::{Preset, PresetError, PresetId, Role, factory, load};
use crate::plugin::{Knob, Parameters};

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
    let text: serde_json::Value = serde_json::from_str(include_str!("factory.json")).unwrap();
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
            assert!(preset.settings(&parameters).iter().any(|(set, _)| set == knob), "{knob:?} is the song's");
        }
        assert_ne!(preset.role, Role::Own, "{}", preset.name);
    }
    let whole: Vec<&String> = presets.iter().filter(|p| p.role == Role::Style).map(|p| &p.name).collect();
    assert_eq!(whole, styles.iter().collect::<Vec<_>>());
    let names: std::collections::BTreeSet<(Role, &String)> =
        presets.iter().map(|preset| (preset.role, &preset.name)).collect();
    assert_eq!(names.len(), presets.len(), "two of one name");
    for role in &Role::ALL[..6] {
        assert!(presets.iter().any(|preset| preset.role == *role), "none for {}", role.name());
    }
}
