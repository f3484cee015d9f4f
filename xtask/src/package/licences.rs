//! The licences of everything that is linked into the plugin, the trainer and the application.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::bundles::System;
use crate::system::{cargo, project};

/// A crate that is linked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Linked {
    name: String,
    version: String,
}

/// Collects the licences from the crates' own files. A crate without one gets the standard text of its licence,
/// with its authors' names.
///
/// # Errors
/// If cargo fails, or there is no licence text for a crate.
pub(super) fn licences(system: System) -> Result<String> {
    let target = target(system);
    let linked = linked(&target)?;
    let packages = packages(&target)?;
    let mut list = String::new();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for found in &linked {
        let Linked { name, version } = found;
        let package = packages.get(found).with_context(|| format!("cargo does not know {name} {version}"))?;
        let licence = package["license"].as_str().unwrap_or("see its licence file");
        writeln!(list, "{name} {version}: {licence}")?;
        for text in texts_of(name, package)? {
            texts.entry(text).or_default().push(format!("{name} {version}"));
        }
    }
    let std = "the Rust standard library, by the Rust Project Developers";
    let std_text = std::fs::read_to_string(project().join("LICENSE-APACHE"))?;
    writeln!(list, "{std}: MIT OR Apache-2.0")?;
    texts.entry(tidy(&std_text)).or_default().push(std.to_owned());
    let mut text = format!(
        "Continuo contains {} libraries.\n\n{list}\nTheir licences and notices, each with the libraries that it \
         stands for:\n",
        linked.len() + 1
    );
    for (licence, names) in &texts {
        write!(text, "\n{}\n{}\n\n{licence}\n", "=".repeat(80), names.join("\n"))?;
    }
    Ok(text)
}

/// The target that is shipped for a system.
fn target(system: System) -> String {
    let arch = std::env::consts::ARCH;
    match system {
        System::Linux => format!("{arch}-unknown-linux-gnu"),
        System::MacOs => format!("{arch}-apple-darwin"),
        System::Windows if System::HERE == System::Windows => format!("{arch}-pc-windows-msvc"),
        System::Windows => format!("{arch}-pc-windows-gnu"),
    }
}

/// What packages hold: the application, and with it all that is in the plugin and the trainer.
const FEATURES: [&str; 2] = ["--features", "standalone"];

/// The crates that are linked; our own crates are left out.
fn linked(target: &str) -> Result<BTreeSet<Linked>> {
    let edges = "normal,no-proc-macro";
    let arguments = ["tree", "--package", "continuo", "--edges", edges, "--target", target];
    let tree = output(&[&arguments[..], &FEATURES, &["--prefix", "none", "--format", "{p}"]].concat())?;
    let lines = tree.lines().filter(|line| !line.contains("(/") && !line.contains(":\\"));
    let linked = lines.filter_map(|line| {
        let (name, rest) = line.split_once(" v")?;
        let version = rest.split_whitespace().next()?;
        Some(Linked { name: name.to_owned(), version: version.to_owned() })
    });
    Ok(linked.collect())
}

/// What cargo knows of all packages.
fn packages(target: &str) -> Result<BTreeMap<Linked, Value>> {
    let arguments = ["metadata", "--format-version", "1", "--filter-platform", target];
    let text = output(&[&arguments[..], &FEATURES].concat())?;
    let mut metadata: Value = serde_json::from_str(&text)?;
    let packages = metadata["packages"].as_array_mut().context("no packages")?;
    let text = |package: &Value, key: &str| package[key].as_str().map(str::to_owned);
    packages
        .iter_mut()
        .map(|package| {
            let name = text(package, "name").context("a package without a name")?;
            let version = text(package, "version").context("a package without a version")?;
            Ok((Linked { name, version }, package.take()))
        })
        .collect()
}

fn output(arguments: &[&str]) -> Result<String> {
    let output = cargo(arguments).output().context("cargo does not start")?;
    ensure!(output.status.success(), "cargo: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// The licence files of a crate, or the standard text.
fn texts_of(name: &str, package: &Value) -> Result<Vec<String>> {
    let manifest = package["manifest_path"].as_str().context("a package without a manifest")?;
    let folder = Path::new(manifest).parent().context("a manifest without a folder")?;
    let mut files = Vec::new();
    licence_files(folder, &mut files, 2)?;
    files.sort();
    let mut texts = Vec::new();
    for file in files {
        texts.push(tidy(&String::from_utf8_lossy(&std::fs::read(file)?)));
    }
    if texts.is_empty() {
        let authors: Vec<&str> =
            package["authors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let authors = if authors.is_empty() { format!("the authors of {name}") } else { authors.join(", ") };
        texts.push(
            standard_text(package["license"].as_str().unwrap_or_default(), &authors)
                .with_context(|| format!("{name} has no licence file"))?,
        );
    }
    Ok(texts)
}

/// Licence files in a folder and, for fonts and the like, `depth` - 1 folders below.
fn licence_files(folder: &Path, files: &mut Vec<PathBuf>, depth: u32) -> Result<()> {
    const BEGINNINGS: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        let ends_in = |end: &str| Path::new(&name).extension().is_some_and(|found| found == end);
        let is_of_fonts = folder.ends_with("fonts") && ends_in("txt");
        if entry.file_type()?.is_dir() {
            if depth > 1 {
                licence_files(&entry.path(), files, depth - 1)?;
            }
        } else if is_of_fonts || (!ends_in("rs") && BEGINNINGS.iter().any(|begin| name.starts_with(begin))) {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// The text of one of the licences that an expression allows, with the authors' copyright where it has a place.
fn standard_text(expression: &str, authors: &str) -> Result<String> {
    let read = |file: &str| std::fs::read_to_string(project().join(file)).context(file.to_owned());
    let with_authors = |text: &str, begin: &str| {
        let (title, terms) = (text.lines().next()?, &text[text.find(begin)?..]);
        Some(tidy(&format!("{title}\n\nCopyright (c) {authors}\n\n{terms}")))
    };
    let text = match expression {
        _ if expression.contains("MIT") => with_authors(&read("LICENSE-MIT")?, "Permission"),
        _ if expression.contains("Apache-2.0") => Some(tidy(&read("LICENSE-APACHE")?)),
        "BSL-1.0" => Some(format!("Copyright (c) {authors}\n\n{}", tidy(include_str!("BSL-1.0.txt")))),
        "ISC" => with_authors(include_str!("ISC.txt"), "Permission"),
        "Unlicense" => Some(format!("Released into the public domain by {authors} (https://unlicense.org).")),
        _ => None,
    };
    text.with_context(|| format!("no text for the licence {expression:?}"))
}

/// One form for texts that differ in line ends and spaces at the end of lines only.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_that_is_linked_has_its_licence_and_fonts_have_theirs() -> Result<()> {
        let licences = licences(System::HERE)?;
        assert!(licences.lines().filter(|line| line.contains(": ")).count() > 100);
        for part in [
            "nice-plug ",
            "candle-core ",
            "SIL OPEN FONT LICENSE",
            "UBUNTU FONT LICENCE",
            "Mozilla Public License",
        ] {
            assert!(licences.contains(part), "{part}");
        }
        assert!(!licences.contains("criterion "), "a library of tests is listed");
        Ok(())
    }

    #[test]
    fn a_licence_without_a_text_is_an_error() -> Result<()> {
        assert!(standard_text("MIT OR Apache-2.0", "Ada")?.contains("Copyright (c) Ada"));
        assert!(standard_text("Apache-2.0", "Ada")?.contains("Apache License"));
        for licence in ["BSL-1.0", "ISC"] {
            assert!(standard_text(licence, "Ada")?.contains("Copyright (c) Ada"), "{licence}");
        }
        assert!(standard_text("Zlib", "Ada").is_err());
        Ok(())
    }
}
