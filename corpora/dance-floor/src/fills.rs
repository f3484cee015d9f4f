//! Drum fills at the end of a phrase.

use crate::keys::{KICK, SNARE, TAMBOURINE, TOMS};
use crate::pattern::STEPS;
use crate::rng::Rng;
use crate::style::Style;

/// A way to end a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    SnareRun,
    Toms,
    NoKick,
    ClapFlurry,
    KickRun,
    Nothing,
}

pub(crate) fn fill(style: Style, rng: &mut Rng) -> Fill {
    rng.weighted(match style {
        Style::Electro => &[
            (Fill::SnareRun, 4),
            (Fill::Toms, 3),
            (Fill::KickRun, 2),
            (Fill::Nothing, 1),
            (Fill::ClapFlurry, 1),
        ],
        Style::Techno | Style::Minimal => &[
            (Fill::NoKick, 4),
            (Fill::ClapFlurry, 2),
            (Fill::SnareRun, 1),
            (Fill::Toms, 1),
            (Fill::Nothing, 3),
        ],
        _ => &[
            (Fill::NoKick, 2),
            (Fill::ClapFlurry, 3),
            (Fill::SnareRun, 3),
            (Fill::Toms, 2),
            (Fill::Nothing, 2),
        ],
    })
}

/// The step from which a fill replaces kick and backbeat.
pub(crate) fn fill_begin(fill: Fill) -> usize {
    match fill {
        Fill::NoKick | Fill::Toms | Fill::SnareRun => 8,
        Fill::ClapFlurry | Fill::KickRun => 12,
        Fill::Nothing => STEPS,
    }
}

pub(crate) fn fill_notes(fill: Fill, backbeat: u8, has_kick: bool, rng: &mut Rng) -> Vec<(u8, usize, u8)> {
    match fill {
        Fill::Nothing => Vec::new(),
        Fill::NoKick => vec![(backbeat, 12, 104)],
        Fill::ClapFlurry => {
            let steps = rng.pick(&[&[12, 14, 15][..], &[12, 13, 15], &[12, 15], &[12, 14]]);
            let kick = has_kick.then_some((KICK, 12, 112));
            steps.iter().map(|step| (backbeat, *step, 92)).chain(kick).collect()
        }
        Fill::KickRun => [12, 13, 14, 15].map(|step| (KICK, step, 96 + step as u8)).to_vec(),
        Fill::SnareRun => {
            let begin = rng.pick(&[8, 12, 10]);
            let run = (begin..STEPS).map(|step| (SNARE, step, (56 + 4 * (step - begin) + step) as u8));
            if begin > 8 { run.chain([(backbeat, 8, 60)]).collect() } else { run.collect() }
        }
        Fill::Toms => {
            let steps =
                rng.pick(&[&[8, 10, 12, 14][..], &[8, 9, 11, 12, 14], &[10, 11, 13, 14], &[8, 11, 14]]);
            let tom = |(idx, step): (usize, &usize)| (TOMS[idx.min(3)], *step, 100 - 3 * idx as u8);
            let beat = has_kick.then_some((KICK, 8, 108));
            steps.iter().enumerate().map(tom).chain(beat).chain([(TAMBOURINE, 8, 64)]).collect()
        }
    }
}
