//! The floors of the house: which code may name which.

#![allow(clippy::unwrap_used, reason = "helpers of tests; what fails here fails the test")]

mod imports;

use std::path::Path;

use imports::{Sources, is_declared, rust_files};

/// Each house, and the houses that it may name beside itself.
const FLOORS: [(&str, &[&str]); 11] = [
    ("errors", &[]),
    ("run_events", &[]),
    ("files", &[]),
    ("music", &["files"]),
    ("model", &["files", "music"]),
    ("training", &["errors", "files", "music", "model"]),
    ("player", &["music"]),
    ("presets", &["files", "player"]),
    ("composer", &["errors", "music", "model", "player"]),
    ("plugin", &["errors", "run_events", "files", "music", "model", "player", "presets", "composer"]),
    (
        "cli",
        &["errors", "run_events", "files", "music", "model", "training", "player", "presets", "composer"],
    ),
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

/// The crates of the workspace.
const CRATES: [&str; 4] = ["src", "xtask/src", "corpora/dance-floor/src", "peers/src"];

fn sources(folder: &str) -> Sources {
    let sources = Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    assert!(!sources.is_empty(), "{folder} is empty");
    sources
}

#[test]
fn every_source_file_is_compiled() {
    let folders = CRATES.map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    // Those of whole crates are named by Cargo.
    let is_root = |file: &Path| {
        let folder = file.parent().unwrap();
        let is_main = ["lib.rs", "main.rs"].iter().any(|name| file.ends_with(name));
        folder.ends_with("src/bin") || (is_main && folders.iter().any(|root| root == folder))
    };
    let files = folders.iter().flat_map(|folder| rust_files(folder));
    let orphans: Vec<_> = files.filter(|file| !is_root(file) && !is_declared(file)).collect();
    assert!(orphans.is_empty(), "no file has these as its modules: {orphans:#?}");
}

#[test]
fn no_house_names_one_above_it() {
    let sources = sources("src");
    for (module, path) in sources.paths() {
        let Some((house, allowed)) =
            FLOORS.iter().find(|(house, _)| module.first().is_some_and(|m| m == house))
        else {
            continue;
        };
        let ["crate", named, ..] = path[..] else { continue };
        let is_house = FLOORS.iter().any(|(other, _)| *other == named);
        assert!(
            !is_house || named == *house || allowed.contains(&named),
            "{} names {named}",
            module.join("::")
        );
    }
}

#[test]
fn a_crate_that_stands_for_a_boundary_is_named_in_its_house_only() {
    let sources = sources("src");
    for (module, path) in sources.paths() {
        if let Some((name, homes)) = BOUNDARIES.iter().find(|(name, _)| path.first() == Some(name)) {
            let is_home = module.first().is_some_and(|house| homes.contains(&house.as_str()));
            assert!(is_home, "{} names {name}", module.join("::"));
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
    let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let map = std::fs::read_to_string(map).unwrap();
    let rows = map.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    assert_eq!(rows.map(|(house, _)| house).collect::<Vec<_>>(), houses);
}

#[test]
fn no_files_import_each_other_in_a_ring() {
    let rings: Vec<String> = CRATES.into_iter().flat_map(|folder| sources(folder).rings()).collect();
    assert!(rings.is_empty(), "{} rings:\n{}", rings.len(), rings.join("\n"));
}

#[test]
fn grouped_imports_are_seen() {
    let sources = Sources::from([(
        "a.rs",
        "pub use crate::{b::{B, c::{self, C}}, d::D as E};\nfn f(e: crate::g::G) {}",
    )]);
    let paths: Vec<String> = sources.paths().map(|(_, path)| path.join("::")).collect();
    assert_eq!(paths, ["crate::b::B", "crate::b::c", "crate::b::c::C", "crate::d::D", "crate::g::G"]);
}

#[test]
fn a_ring_is_found_however_it_is_closed() {
    let lib = ("lib.rs", "mod a; mod b; mod c;");
    // Directly, through a group.
    let direct = Sources::from([lib, ("a.rs", "use crate::{b::B};"), ("b.rs", "use crate::a::A;")]);
    assert_eq!(direct.rings(), ["a -> b -> a"]);
    // Through a third file, and by a path in the code.
    let round = Sources::from([
        lib,
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "fn f() { crate::c::g() }"),
        ("c.rs", "use super::a::A;"),
    ]);
    assert_eq!(round.rings(), ["a -> b -> c -> a"]);
    // Through a folder's page that hands a name on.
    let handed_on = Sources::from([
        ("a/mod.rs", "mod deep;\npub use deep::Deep;"),
        ("a/deep.rs", "use crate::b::B;\npub struct Deep;"),
        ("b.rs", "use crate::a::Deep;"),
    ]);
    assert_eq!(handed_on.rings(), ["a::deep -> b -> a::deep"]);
    // A parent that has definitions of its own, and uses its child that uses them.
    let parent = Sources::from([
        ("a/mod.rs", "mod child;\nuse crate::a::child::Child;\npub struct Parent;"),
        ("a/child.rs", "use crate::a::Parent;\npub struct Child;"),
    ]);
    assert_eq!(parent.rings(), ["a -> a::child -> a"]);
    // Tests may name what they like.
    let tests = Sources::from([
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "pub struct B;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}"),
    ]);
    assert_eq!(tests.rings(), [""; 0]);
}
