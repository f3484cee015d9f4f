//! Drums: a kick, claps, hats and whatever ticks between them.

use crate::dance_floor::chance::Chance;
use crate::dance_floor::form::{Form, PHRASE};
use crate::dance_floor::pattern::{Accents, Note, Part, STEP, STEPS};
use crate::dance_floor::style::{Layer, Style};

const KICK: u8 = 36;
const RIM: u8 = 37;
const SNARE: u8 = 38;
const CLAP: u8 = 39;
const ELECTRIC_SNARE: u8 = 40;
const CLOSED_HAT: u8 = 42;
const OPEN_HAT: u8 = 46;
const TOMS: [u8; 4] = [50, 48, 45, 41];
const CRASH: u8 = 49;
const RIDE: u8 = 51;
const TAMBOURINE: u8 = 54;
/// Cowbell, high and low bongo, congas, claves, wood block, cabasa, maracas.
const TICKING: [u8; 10] = [RIM, 56, 60, 61, 62, 63, 64, 75, 76, 69];

/// A bar of one instrument: velocities at the steps where it is struck, 0 elsewhere.
type Line = [u8; STEPS];

/// The drummer of a piece.
struct Kit {
    kick: Vec<Line>,
    backbeat_key: u8,
    backbeat: Vec<Line>,
    hats: Vec<Line>,
    open_hat: Line,
    percussion: Vec<(u8, Vec<Line>)>,
    ride: Line,
    /// Whether sections begin with a crash.
    crashes: bool,
    fills: Vec<Fill>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    SnareRun,
    Toms,
    NoKick,
    ClapFlurry,
    KickRun,
    Nothing,
}

/// All drums of a piece.
pub(super) fn drums(style: Style, form: &Form, chance: &mut Chance) -> Vec<Note> {
    let mut kit = Kit::new(style, chance);
    let mut notes = Vec::new();
    for bar in 0..form.n_bars() {
        if bar > 0 && bar.is_multiple_of(PHRASE) {
            kit.vary(chance);
        }
        kit.play(form, bar, chance, &mut notes);
    }
    notes
}

impl Kit {
    fn new(style: Style, chance: &mut Chance) -> Self {
        let is_broken = match style {
            Style::Electro => true,
            Style::Techno => chance.happens(0.12),
            Style::Minimal | Style::DeepHouse => chance.happens(0.06),
            _ => false,
        };
        let backbeat_key = match style {
            Style::Electro => chance.pick(&[SNARE, CLAP, ELECTRIC_SNARE, SNARE]),
            Style::Techno | Style::Minimal => chance.pick(&[CLAP, CLAP, RIM, SNARE, ELECTRIC_SNARE]),
            _ => chance.pick(&[CLAP, CLAP, CLAP, SNARE]),
        };
        let n_percussion = chance.weigh(&[(1, 4), (2, 4), (3, 2)]);
        let mut keys = TICKING.to_vec();
        let percussion = (0..n_percussion).map(|_| {
            let key = keys.swap_remove(chance.below(keys.len()));
            (key, percussion(chance))
        });
        let percussion = percussion.collect();
        let fills = (0..3).map(|_| fill(style, chance)).collect();
        Self {
            kick: if is_broken {
                broken_kick(chance)
            } else {
                steady_kick(chance)
            },
            backbeat_key,
            backbeat: backbeat(style, is_broken, chance),
            hats: hats(style, chance),
            open_hat: open_hat(style, chance),
            percussion,
            ride: ride(chance),
            crashes: chance.happens(0.7),
            fills,
        }
    }

    /// What a drummer changes at a new phrase: little.
    fn vary(&mut self, chance: &mut Chance) {
        for (_, lines) in &mut self.percussion {
            if chance.happens(0.4) {
                let line = chance.below(lines.len());
                let step = chance.below(STEPS);
                let line = &mut lines[line];
                line[step] = if line[step] == 0 {
                    chance.between(48, 84) as u8
                } else {
                    0
                };
            }
        }
        if chance.happens(0.2) {
            let line = chance.below(self.hats.len());
            let step = 2 * chance.below(STEPS / 2) + 1;
            let line = &mut self.hats[line];
            line[step] = if line[step] == 0 {
                chance.between(36, 64) as u8
            } else {
                0
            };
        }
    }

    fn play(&self, form: &Form, bar: usize, chance: &mut Chance, notes: &mut Vec<Note>) {
        let has = |layer| form.plays(layer, bar);
        let fill = self.fill_of(bar, form, chance);
        let mut strike = |key: u8, step: usize, velocity: u8, chance: &mut Chance| {
            let velocity = (i32::from(velocity) + chance.between(-3, 3)).clamp(12, 127) as u8;
            let at = (bar * STEPS + step) as u32 * STEP;
            notes.push(Note {
                at,
                length: STEP,
                part: Part::Drums,
                key,
                velocity,
            });
        };
        let mut lines: Vec<(u8, &Line)> = Vec::new();
        if has(Layer::Kick) {
            lines.push((KICK, of_bar(&self.kick, bar)));
        }
        if has(Layer::Clap) {
            lines.push((self.backbeat_key, of_bar(&self.backbeat, bar)));
        }
        if has(Layer::Hats) {
            lines.push((CLOSED_HAT, of_bar(&self.hats, bar)));
        }
        if has(Layer::OpenHat) {
            lines.push((OPEN_HAT, &self.open_hat));
        }
        if has(Layer::Ride) {
            lines.push((RIDE, &self.ride));
        }
        if has(Layer::Percussion) {
            lines.extend(
                self.percussion
                    .iter()
                    .map(|(key, lines)| (*key, of_bar(lines, bar))),
            );
        }
        let first_of_fill = fill_begin(fill);
        for (key, line) in lines {
            for (step, velocity) in line.iter().enumerate().filter(|(_, velocity)| **velocity > 0) {
                // One foot works both hats: an open one takes the place of a closed one.
                let is_covered = key == CLOSED_HAT && has(Layer::OpenHat) && self.open_hat[step] > 0;
                let is_filled = step >= first_of_fill
                    && (key == self.backbeat_key || (key == KICK && fill != Fill::SnareRun));
                if !is_covered && !is_filled {
                    strike(key, step, *velocity, chance);
                }
            }
        }
        for (key, step, velocity) in fill_notes(fill, self.backbeat_key, has(Layer::Kick), chance) {
            strike(key, step, velocity, chance);
        }
        if self.crashes && form.begins_section(bar) && has(Layer::Kick) {
            strike(CRASH, 0, 104, chance);
        }
    }

    /// Fills end phrases; small ones sometimes half phrases.
    fn fill_of(&self, bar: usize, form: &Form, chance: &mut Chance) -> Fill {
        if !form.plays(Layer::Clap, bar) && !form.leads_to_drop(bar) {
            return Fill::Nothing;
        }
        match bar % PHRASE {
            7 if form.leads_to_drop(bar) && chance.happens(0.6) => Fill::SnareRun,
            7 if chance.happens(0.75) => chance.pick(&self.fills),
            3 if chance.happens(0.15) => self.fills[0],
            _ => Fill::Nothing,
        }
    }
}

fn of_bar(lines: &[Line], bar: usize) -> &Line {
    &lines[bar % lines.len()]
}

fn line(steps: &[usize], velocity: u8) -> Line {
    let mut line = [0; STEPS];
    for step in steps {
        line[*step] = velocity;
    }
    line
}

/// Four to the floor; now and then a sixteenth leads back to the one.
fn steady_kick(chance: &mut Chance) -> Vec<Line> {
    let plain = line(&[0, 4, 8, 12], chance.between(112, 120) as u8);
    let mut bars = vec![plain; chance.pick(&[1, 1, 2, 4])];
    if bars.len() > 1 {
        let step = chance.pick(&[15, 14, 11, 15, 7]);
        if let Some(last) = bars.last_mut() {
            last[step] = chance.between(78, 98) as u8;
        }
    }
    bars
}

fn broken_kick(chance: &mut Chance) -> Vec<Line> {
    const BARS: [&[usize]; 14] = [
        &[0, 10],
        &[0, 6, 10],
        &[0, 3, 10],
        &[0, 7, 10],
        &[0, 2, 10, 11],
        &[0, 6, 10, 13],
        &[0, 5, 10],
        &[0, 3, 6, 10],
        &[0, 8, 10],
        &[0, 2, 7, 10],
        &[0, 11, 14],
        &[0, 3, 8, 11],
        &[0, 6, 8, 14],
        &[0, 10, 13],
    ];
    let first = line(chance.pick(&BARS), 114);
    let second = line(chance.pick(&BARS), 114);
    let mut bars = match chance.below(3) {
        0 => vec![first],
        1 => vec![first, second],
        _ => vec![first, first, first, second],
    };
    for bar in &mut bars {
        for velocity in bar.iter_mut().skip(1).filter(|velocity| **velocity > 0) {
            *velocity = chance.between(94, 114) as u8;
        }
    }
    bars
}

/// Two and four; ghost notes between them where the music is loose.
fn backbeat(style: Style, is_broken: bool, chance: &mut Chance) -> Vec<Line> {
    let plain = line(&[4, 12], chance.between(96, 112) as u8);
    let n_bars = chance.pick(&[1, 2, 2, 4]);
    let mut bars = vec![plain; n_bars];
    let ghostly = match style {
        Style::Electro => 0.8,
        Style::DeepHouse | Style::ClassicHouse => 0.45,
        Style::Minimal => 0.3,
        _ => 0.12,
    };
    if chance.happens(ghostly) {
        let steps: &[usize] = if is_broken {
            &[7, 9, 15, 1, 14]
        } else {
            &[7, 9, 15, 14, 3]
        };
        for bar in &mut bars {
            for _ in 0..chance.between(1, 2) {
                bar[chance.pick(steps)] = chance.between(28, 52) as u8;
            }
        }
    }
    if is_broken && chance.happens(0.3) && n_bars > 1 {
        // The second backbeat comes early or late in the answering bar.
        let last = &mut bars[n_bars - 1];
        last[12] = 0;
        last[chance.pick(&[10, 11, 13, 14])] = 104;
    }
    bars
}

fn hats(style: Style, chance: &mut Chance) -> Vec<Line> {
    let accents = Accents::new(chance);
    let steps: Vec<usize> = match chance.weigh(match style {
        Style::DeepHouse | Style::ClassicHouse => &[(0_u8, 4), (1, 2), (2, 3), (3, 3)],
        Style::Electro => &[(0, 3), (1, 4), (2, 3), (3, 1)],
        _ => &[(0, 4), (1, 2), (2, 2), (3, 3)],
    }) {
        // Sixteenths, eighths, sixteenths with holes, and all but the beat.
        0 => (0..STEPS).collect(),
        1 => (0..STEPS).step_by(2).collect(),
        2 => (0..STEPS)
            .filter(|step| step % 4 == 2 || chance.happens(0.55))
            .collect(),
        _ => (0..STEPS).filter(|step| step % 4 != 0).collect(),
    };
    let mut bar = [0; STEPS];
    for step in steps {
        bar[step] = accents.velocity(step, 76);
    }
    let mut bars = vec![bar; chance.pick(&[1, 1, 2])];
    if bars.len() == 2 {
        let step = 2 * chance.below(STEPS / 2) + 1;
        bars[1][step] = if bar[step] == 0 {
            accents.velocity(step, 76)
        } else {
            0
        };
    }
    bars
}

/// Between the beats; in broken music at the end of the bar.
fn open_hat(style: Style, chance: &mut Chance) -> Line {
    let velocity = chance.between(84, 104) as u8;
    let steps: &[usize] = match style {
        Style::Electro => chance.pick(&[&[14][..], &[6], &[10], &[6, 14], &[2, 6, 10, 14]]),
        Style::Minimal => chance.pick(&[&[2, 6, 10, 14][..], &[6, 14], &[10], &[14]]),
        _ => chance.pick(&[
            &[2, 6, 10, 14][..],
            &[2, 6, 10, 14],
            &[2, 6, 10, 14],
            &[2, 6, 10, 14, 15],
            &[6, 14],
        ]),
    };
    line(steps, velocity)
}

fn ride(chance: &mut Chance) -> Line {
    let accents = Accents::new(chance);
    let every = chance.pick(&[2, 4, 4, 2]);
    let offset = if every == 4 { chance.pick(&[0, 2]) } else { 0 };
    let mut line = [0; STEPS];
    for step in (offset..STEPS).step_by(every) {
        line[step] = accents.velocity(step, 80);
    }
    line
}

/// Hits as evenly spread as they can be, turned round to begin anywhere (Euclidean rhythms).
fn percussion(chance: &mut Chance) -> Vec<Line> {
    let (n_hits, turn) = (chance.pick(&[2, 3, 3, 5, 5, 6, 7, 4]), chance.below(STEPS));
    let base = chance.between(52, 84);
    let mut bar = [0; STEPS];
    for hit in 0..n_hits {
        let step = (hit * STEPS / n_hits + turn) % STEPS;
        bar[step] = (base + if hit == 0 { 12 } else { chance.between(-14, 4) }) as u8;
    }
    let mut bars = vec![bar; chance.pick(&[1, 2, 2, 4])];
    if let Some(last) = bars.last_mut() {
        let (from, to) = (chance.below(STEPS), chance.below(STEPS));
        last.swap(from, to);
    }
    bars
}

fn fill(style: Style, chance: &mut Chance) -> Fill {
    chance.weigh(match style {
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

/// The step from which a fill takes the place of kick and backbeat.
fn fill_begin(fill: Fill) -> usize {
    match fill {
        Fill::NoKick | Fill::Toms => 8,
        Fill::ClapFlurry | Fill::KickRun => 12,
        Fill::SnareRun => 8,
        Fill::Nothing => STEPS,
    }
}

fn fill_notes(fill: Fill, backbeat: u8, has_kick: bool, chance: &mut Chance) -> Vec<(u8, usize, u8)> {
    match fill {
        Fill::Nothing => Vec::new(),
        Fill::NoKick => vec![(backbeat, 12, 104)],
        Fill::ClapFlurry => {
            let steps = chance.pick(&[&[12, 14, 15][..], &[12, 13, 15], &[12, 15], &[12, 14]]);
            let kick = has_kick.then_some((KICK, 12, 112));
            steps
                .iter()
                .map(|step| (backbeat, *step, 92))
                .chain(kick)
                .collect()
        }
        Fill::KickRun => [12, 13, 14, 15]
            .map(|step| (KICK, step, 96 + step as u8))
            .to_vec(),
        Fill::SnareRun => {
            let begin = chance.pick(&[8, 12, 10]);
            let run = (begin..STEPS).map(|step| (SNARE, step, (56 + 4 * (step - begin) + step) as u8));
            if begin > 8 {
                run.chain([(backbeat, 8, 60)]).collect()
            } else {
                run.collect()
            }
        }
        Fill::Toms => {
            let steps = chance.pick(&[
                &[8, 10, 12, 14][..],
                &[8, 9, 11, 12, 14],
                &[10, 11, 13, 14],
                &[8, 11, 14],
            ]);
            let tom = |(idx, step): (usize, &usize)| (TOMS[idx.min(3)], *step, 100 - 3 * idx as u8);
            let beat = has_kick.then_some((KICK, 8, 108));
            steps
                .iter()
                .enumerate()
                .map(tom)
                .chain(beat)
                .chain([(TAMBOURINE, 8, 64)])
                .collect()
        }
    }
}
