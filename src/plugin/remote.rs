//! The pages of eight on which controllers with knobs show the parameters, through CLAP.

use nice_plug::prelude::*;

use crate::player::Knob;
use crate::player::knobs::Page;
use crate::plugin::Parameters;

/// How many knobs a page has room for.
const N_PLACES: usize = 8;

/// The remote-control pages: each group of parameters on as many pages as it needs, in order. Groups that
/// follow one another share a page where all of both fit on it.
pub(super) fn pages() -> Vec<(String, Vec<Knob>)> {
    let mut pages: Vec<(String, Vec<Knob>)> = Vec::new();
    for group in Page::ALL {
        let knobs: Vec<Knob> = Knob::all().filter(|knob| knob.spec().page == group).collect();
        if let Some((name, last)) = pages.last_mut()
            && last.len() + knobs.len() <= N_PLACES
        {
            *name = format!("{name}, {}", group.name());
            last.extend(knobs);
            continue;
        }
        let needs_numbers = knobs.len() > N_PLACES;
        for (idx, knobs) in knobs.chunks(N_PLACES).enumerate() {
            let number = if needs_numbers { format!(" {}", idx + 1) } else { String::new() };
            pages.push((format!("{}{number}", group.name()), knobs.to_vec()));
        }
    }
    pages
}

/// Declares the pages to the host.
pub(super) fn declare(parameters: &Parameters, context: &mut impl RemoteControlsContext) {
    for (name, knobs) in pages() {
        context.add_section(&name, |section| {
            section.add_page(&name, |page| {
                for knob in knobs {
                    parameters.add_to(page, knob);
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::player::Knob;
    use crate::plugin::remote::{N_PLACES, pages};

    #[test]
    fn every_knob_is_on_one_page() {
        assert!(pages().iter().all(|(_, knobs)| (1..=N_PLACES).contains(&knobs.len())));
        let on_pages: Vec<Knob> = pages().into_iter().flat_map(|(_, knobs)| knobs).collect();
        assert_eq!(on_pages, Knob::all().collect::<Vec<_>>());
        let names: Vec<String> = pages().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "Compose 1",
                "Compose 2",
                "Pitch",
                "Rhythm",
                "Instruments 1",
                "Instruments 2",
                "Instruments 3",
                "Perform 1",
                "Perform 2",
                "Converse, Takes, Sound",
                "Parts 1",
                "Parts 2",
                "Parts 3"
            ]
        );
    }
}
