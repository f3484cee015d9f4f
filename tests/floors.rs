//! The floors of the house: who may name whom.

#![allow(clippy::unwrap_used, reason = "helpers of tests; what fails here fails the test")]
use std::path::{Path, PathBuf};

/// Each house, and the houses that it may name beside itself.
const FLOORS: [(&str, &[&str]); 9] = [
    ("errors", &[]),
    ("files", &[]),
    ("music", &[]),
    ("model", &["files", "music"]),
    ("training", &["errors", "files", "music", "model"]),
    ("player", &["music"]),
    ("composer", &["errors", "music", "model", "player"]),
    ("plugin", &["errors", "files", "music", "model", "player", "composer"]),
    ("cli", &["files", "music", "model", "training", "player", "composer"]),
];

/// Crates that stand for a boundary, and the houses that may name them.
const BOUNDARIES: [(&str, &[&str]); 7] = [
    ("midly", &["music"]),
    ("candle_core", &["model", "training"]),
    ("candle_nn", &["model", "training"]),
    ("safetensors", &["model", "training"]),
    ("nice_plug", &["plugin"]),
    ("nice_plug_egui", &["plugin"]),
    ("egui", &["plugin"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Every name that stands before `::` in the code of a house, comments left out, with its file.
fn paths(house: &str) -> Vec<(PathBuf, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(house);
    let files = sources(&folder);
    assert!(!files.is_empty(), "{house} is empty");
    let mut named = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect();
        let code = code.join("\n");
        let is_name = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
        let paths = code.split(|letter| !is_name(letter)).filter(|path| path.contains("::"));
        named.push((file, paths.map(str::to_owned).collect()));
    }
    named
}

#[test]
fn no_house_names_one_above_it() {
    for (house, allowed) in FLOORS {
        for (file, paths) in paths(house) {
            for path in paths {
                let Some(rest) = path.strip_prefix("crate::") else { continue };
                let named = rest.split("::").next().unwrap_or("");
                if FLOORS.iter().any(|(other, _)| *other == named) {
                    let fine = named == house || allowed.contains(&named);
                    assert!(fine, "{} names {named}", file.display());
                }
            }
        }
    }
}

#[test]
fn a_crate_that_stands_for_a_boundary_is_named_in_its_house_only() {
    for (house, _) in FLOORS {
        for (file, paths) in paths(house) {
            for path in paths {
                let first = path.trim_start_matches("::").split("::").next().unwrap_or("");
                if let Some((name, homes)) = BOUNDARIES.iter().find(|(name, _)| *name == first) {
                    assert!(homes.contains(&house), "{} names {name}", file.display());
                }
            }
        }
    }
}

#[test]
fn houses_stand_in_floor_order() {
    let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join("lib.rs");
    let text = std::fs::read_to_string(lib).unwrap();
    let houses: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(houses, FLOORS.map(|(house, _)| house));
}
