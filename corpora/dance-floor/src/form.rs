//! The form of a piece: sections of eight bars, and the layers that play in each.

use crate::rng::Rng;
use crate::style::{Layer, Style};

/// Bars in a phrase, the unit of form.
pub(crate) const PHRASE: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Intro,
    Build,
    Drop,
    Break,
    Outro,
}

/// Sections of a phrase each, and the layers that play in each bar.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    sections: Vec<Section>,
    /// For each of [`Layer::ALL`], whether it plays in each bar.
    plays: Vec<Vec<bool>>,
}

use Section::{Break, Build, Drop, Intro, Outro};

/// Mostly drops: a model learns what a dance floor is from the bars that there are most of.
const FORMS: [&[Section]; 12] = [
    &[Drop, Drop, Break, Drop],
    &[Intro, Drop, Drop, Outro],
    &[Build, Drop, Drop, Drop],
    &[Drop, Drop, Drop, Outro],
    &[Build, Drop, Drop, Break, Drop],
    &[Intro, Build, Drop, Drop, Drop],
    &[Drop, Drop, Break, Drop, Drop],
    &[Intro, Drop, Drop, Break, Drop, Drop],
    &[Build, Drop, Drop, Break, Drop, Drop],
    &[Intro, Build, Drop, Drop, Drop, Outro],
    &[Drop, Drop, Drop, Break, Drop, Drop, Outro],
    &[Intro, Build, Drop, Drop, Break, Drop, Drop, Drop],
];

impl Form {
    pub(crate) fn new(style: Style, rng: &mut Rng) -> Self {
        let sections = rng.pick(&FORMS).to_vec();
        let mut plays = Vec::new();
        for layer in Layer::ALL {
            let is_there = rng.happens(layer.likelihood(style));
            let mut bars = Vec::new();
            for section in &sections {
                let (first_half, second_half) = halves(*section, layer, rng);
                bars.extend([is_there && first_half; PHRASE / 2]);
                bars.extend([is_there && second_half; PHRASE / 2]);
            }
            plays.push(bars);
        }
        let mut form = Self { sections, plays };
        form.fill_empty_halves();
        form.hold_back_before_drops(rng);
        form
    }

    pub(crate) fn n_bars(&self) -> usize {
        self.sections.len() * PHRASE
    }

    pub(crate) fn section(&self, bar: usize) -> Section {
        self.sections[bar / PHRASE]
    }

    pub(crate) fn plays(&self, layer: Layer, bar: usize) -> bool {
        self.plays[layer as usize].get(bar).copied().unwrap_or(false)
    }

    /// Whether a new section begins here.
    pub(crate) fn begins_section(&self, bar: usize) -> bool {
        bar.is_multiple_of(PHRASE) && (bar == 0 || self.section(bar) != self.section(bar - 1))
    }

    /// Whether a bar leads into a drop after a break or a build.
    pub(crate) fn leads_to_drop(&self, bar: usize) -> bool {
        let next = bar / PHRASE + 1;
        self.sections.get(next) == Some(&Drop) && self.section(bar) != Drop
    }

    /// Adds layers to half phrases in which fewer than two play.
    fn fill_empty_halves(&mut self) {
        for half in 0..2 * self.sections.len() {
            let first = half * PHRASE / 2;
            let pitched = [Layer::Chords, Layer::Lead, Layer::Pad, Layer::Bass];
            if Layer::ALL.iter().filter(|layer| self.plays(**layer, first)).count() >= 2 {
                continue;
            }
            let available = pitched.iter().find(|layer| self.plays[**layer as usize].contains(&true));
            for layer in [Some(&Layer::Hats), available].into_iter().flatten() {
                self.plays[*layer as usize][first..first + PHRASE / 2].fill(true);
            }
        }
    }

    /// Silences the kick, and sometimes the bass, in the last bar before a drop.
    fn hold_back_before_drops(&mut self, rng: &mut Rng) {
        for bar in (PHRASE - 1..self.n_bars()).step_by(PHRASE) {
            if self.leads_to_drop(bar) && rng.happens(0.3) {
                self.plays[Layer::Kick as usize][bar] = false;
                if rng.happens(0.4) {
                    self.plays[Layer::Bass as usize][bar] = false;
                }
            }
        }
    }
}

/// Whether a layer plays in the first and in the second half of a section.
#[allow(clippy::match_same_arms, reason = "a table, one line for each case")]
fn halves(section: Section, layer: Layer, rng: &mut Rng) -> (bool, bool) {
    let enters: f64 = match (section, layer) {
        (Intro, Layer::Kick) => 1.0,
        (Intro, Layer::Hats) => 0.65,
        (Intro, Layer::Clap | Layer::Percussion) => 0.4,
        (Intro, Layer::OpenHat) => 0.25,
        (Intro, Layer::Bass | Layer::Pad) => 0.35,
        (Intro, Layer::Chords) => 0.45,
        (Intro, Layer::Ride | Layer::Lead) => 0.08,
        (Build, Layer::Kick | Layer::Hats) => 1.0,
        (Build, Layer::Clap | Layer::Bass) => 0.85,
        (Build, Layer::OpenHat | Layer::Chords | Layer::Percussion) => 0.6,
        (Build, Layer::Pad | Layer::Lead) => 0.3,
        (Build, Layer::Ride) => 0.15,
        (Drop, Layer::Kick | Layer::Bass) => 1.0,
        (Drop, Layer::Clap | Layer::Hats | Layer::OpenHat) => 0.95,
        (Drop, Layer::Chords) => 0.92,
        (Drop, Layer::Percussion | Layer::Lead) => 0.8,
        (Drop, Layer::Pad | Layer::Ride) => 0.6,
        // The kick is away for four bars, then leads back.
        (Break, Layer::Kick) => 0.35,
        (Break, Layer::Clap | Layer::OpenHat) => 0.25,
        (Break, Layer::Hats | Layer::Percussion) => 0.45,
        (Break, Layer::Bass) => 0.35,
        (Break, Layer::Chords) => 0.8,
        (Break, Layer::Pad) => 0.9,
        (Break, Layer::Lead) => 0.65,
        (Break, Layer::Ride) => 0.05,
        (Outro, Layer::Kick) => 1.0,
        (Outro, Layer::Hats) => 0.85,
        (Outro, Layer::Clap | Layer::Percussion) => 0.6,
        (Outro, Layer::OpenHat | Layer::Bass) => 0.7,
        (Outro, Layer::Chords | Layer::Pad) => 0.3,
        (Outro, Layer::Ride | Layer::Lead) => 0.1,
    };
    let first = rng.happens(enters);
    // More layers towards a drop, fewer at the end.
    let turns = rng.happens(match section {
        Intro | Build => 0.45,
        Drop => 0.3,
        Break => 0.25,
        Outro => 0.5,
    });
    let second = match section {
        Intro | Build | Drop if turns && !(section == Intro && layer == Layer::Lead) => true,
        Outro if turns && layer != Layer::Kick => false,
        Break if layer == Layer::Kick => first || rng.happens(0.9),
        Break if turns => !first,
        _ => first,
    };
    (first, second)
}
