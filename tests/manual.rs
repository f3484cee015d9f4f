//! The manual's list of knobs is the table of knobs.
//!
//! After a change to the table: `CONTINUO_WRITE_MANUAL=1 cargo test --test manual` writes the list again.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use continuo::player::Knob;
use continuo::player::knobs::{Form, Page, Role};

const BEGIN: &str = "<!-- The list of knobs is written by tests/manual.rs. -->\n";
const END: &str = "<!-- Here it ends. -->\n";

/// A table for each page of knobs.
fn list() -> Result<String> {
    let mut list = String::new();
    for page in Page::ALL {
        writeln!(list, "\n### {}\n\n| Knob | Range | At first | What it does |\n|---|---|---|---|", page.name())?;
        for spec in Knob::all().map(Knob::spec).filter(|spec| spec.page == page) {
            let default = match spec.kind.form {
                Form::Style => "the first".to_owned(),
                Form::Degrees => "all".to_owned(),
                form => spec.kind.text(spec.default) + form.unit(),
            };
            let at_once = if spec.role == Role::Performing { " At once." } else { "" };
            writeln!(list, "| {} | {} | {default} | {}{at_once} |", spec.name, spec.kind.range_text(), spec.hint)?;
        }
    }
    Ok(list)
}

#[test]
fn the_manual_lists_every_knob() -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/MANUAL.md");
    let manual = std::fs::read_to_string(&path)?;
    let (before, rest) = manual.split_once(BEGIN).context("the manual has no place for the list of knobs")?;
    let (listed, after) = rest.split_once(END).context("the list of knobs does not end")?;
    let list = list()?;
    if std::env::var_os("CONTINUO_WRITE_MANUAL").is_some() {
        std::fs::write(&path, [before, BEGIN, &list, END, after].concat())?;
        return Ok(());
    }
    assert_eq!(listed, list, "docs/MANUAL.md is not the table of knobs; tests/manual.rs says how to write it again");
    Ok(())
}
