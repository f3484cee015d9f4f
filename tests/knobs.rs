//! The table of knobs as others rely on it: saved projects on the ids, the manual on the list.
//!
//! After a change to the table: `CONTINUO_WRITE_MANUAL=1 cargo test --test knobs` writes the list again.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use continuo::music::{Family, Voice};
use continuo::player::knobs::{Form, Page, Role};
use continuo::player::{Knob, Part};

const BEGIN: &str = "<!-- The list of knobs is written by tests/knobs.rs. -->\n";
const END: &str = "<!-- Here it ends. -->\n";

/// A table for each page of knobs.
fn list() -> Result<String> {
    let mut list = String::new();
    for page in Page::ALL {
        writeln!(
            list,
            "\n### {}\n\n| Knob | Range | Default | What it does |\n|---|---|---|---|",
            page.name()
        )?;
        if page == Page::Instruments {
            let [first, last] = [Family::PIANO, Family::DRUMS].map(Family::name);
            let spec = Knob::Plays(Family::PIANO).spec();
            writeln!(list, "| {first} to {last} | {} | On | {} |", spec.kind.range_text(), spec.hint)?;
            continue;
        }
        let is_row = |knob: &Knob| knob.spec().page == page && !matches!(knob, Knob::Mutes(_));
        for spec in Knob::all().filter(is_row).map(Knob::spec) {
            let default = match spec.kind.form {
                Form::Style => "the first".to_owned(),
                Form::Degrees => "all".to_owned(),
                form => spec.kind.text(spec.default) + form.unit(),
            };
            let at_once = if spec.role == Role::Performing { " At once." } else { "" };
            writeln!(
                list,
                "| {} | {} | {default} | {}{at_once} |",
                spec.name,
                spec.kind.range_text(),
                spec.hint
            )?;
        }
        if page == Page::Parts {
            let [first, .., last_voice] = Voice::ALL.map(Part::Voice);
            for (from, to) in
                [(Part::Instrument(Family::PIANO), Part::Instrument(Family::DRUMS)), (first, last_voice)]
            {
                let [from, to] = [from, to].map(|part| Knob::Mutes(part).spec());
                let (range, hint) = (from.kind.range_text(), from.hint);
                writeln!(list, "| {} to {} | {range} | Off | {hint} At once. |", from.name, to.name)?;
            }
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
    assert_eq!(
        listed, list,
        "docs/MANUAL.md is not the table of knobs; tests/knobs.rs says how to write it again"
    );
    Ok(())
}

/// Ids are part of saved projects and automation. New ones may be added; these stay, and in this order.
#[test]
fn ids_never_change() {
    let known = [
        "style", "style2", "blend", "seed", "temp", "dens", "variet", "length", "evolve", "bestof", "nucleu",
        "minp", "tonic", "scale", "pcs", "low", "high", "poly", "pitch", "dynam", "grid", "short", "long",
        "rhythm", "fam0", "fam1", "fam2", "fam3", "fam4", "fam5", "fam6", "fam7", "fam8", "fam9", "fam10",
        "fam11", "fam12", "fam13", "fam14", "fam15", "fam16", "octave", "transp", "vel", "velspr", "gate",
        "swing", "swgrid", "humtim", "humvel", "strum", "chan", "chins", "follow", "thru", "mode", "trade",
        "instr", "slot", "prev", "prevdb", "solo", "chvoi", "mute0", "mute1", "mute2", "mute3", "mute4",
        "mute5", "mute6", "mute7", "mute8", "mute9", "mute10", "mute11", "mute12", "mute13", "mute14",
        "mute15", "mute16", "mutev1", "mutev2", "mutev3", "mutev4",
    ];
    let ids: Vec<&str> = Knob::all().map(Knob::id).filter(|id| known.contains(id)).collect();
    assert_eq!(ids, known);
}
