//! The documents name tests and files that exist.

#![allow(clippy::unwrap_used, reason = "helpers of tests; what fails here fails the test")]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below `folder` with this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

/// The names of all tests: functions below a `#[test]`.
fn tests() -> HashSet<String> {
    let mut names = HashSet::new();
    for folder in ["src", "tests", "xtask"] {
        for file in files(&root().join(folder), "rs") {
            let text = fs::read_to_string(file).unwrap();
            for after in text.split("#[test]").skip(1) {
                let name = after.split_once("fn ").and_then(|(_, rest)| rest.split('(').next());
                names.extend(name.map(str::to_owned));
            }
        }
    }
    names
}

/// The texts in backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn every_test_that_the_invariants_name_exists() {
    let tests = tests();
    let text = fs::read_to_string(root().join("docs/INVARIANTS.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    let (mut n_rows, mut missing) = (0, Vec::new());
    for row in rows.filter(|row| !row.ends_with("| Tests |")) {
        let column = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let named: Vec<&str> = quoted(column).collect();
        assert!(!named.is_empty(), "no test in: {row}");
        let exists = |name: &&str| {
            if name.contains('/') { root().join(name).is_file() } else { tests.contains(*name) }
        };
        missing.extend(named.into_iter().filter(|name| !exists(name)));
        n_rows += 1;
    }
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
    assert!(n_rows > 40, "{n_rows} rows found");
}

#[test]
fn every_source_file_that_the_architecture_names_exists() {
    let text =
        ["ARCHITECTURE.md", "CONTRIBUTING.md"].map(|page| fs::read_to_string(root().join(page)).unwrap());
    let text = text.join("\n");
    let is_path = |name: &&str| ["src/", "tests/", "xtask/src"].iter().any(|start| name.starts_with(start));
    let named: Vec<&str> = text.lines().flat_map(quoted).filter(is_path).collect();
    assert!(named.len() > 5, "{named:?}");
    for name in named {
        assert!(root().join(name).exists(), "{name} does not exist");
    }
}

#[test]
fn every_link_between_documents_leads_to_a_file() {
    let mut n_links = 0;
    let pages = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "models/README.md",
    ];
    let pages = pages.map(|page| root().join(page)).into_iter();
    for document in pages.chain(files(&root().join("docs"), "md")) {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let file = link.split('#').next().unwrap();
            let path = document.parent().unwrap().join(file);
            assert!(path.exists(), "{} links to {link}, which does not exist", document.display());
            n_links += 1;
        }
    }
    assert!(n_links > 20, "{n_links} links found");
}
