//! What each drum plays in a bar.

use crate::dance_floor::chance::Chance;
use crate::dance_floor::pattern::{Accents, STEPS};
use crate::dance_floor::style::Style;

/// A bar of one instrument: velocities at the steps where it is struck, 0 elsewhere.
pub(super) type Line = [u8; STEPS];

fn line(steps: &[usize], velocity: u8) -> Line {
    let mut line = [0; STEPS];
    for step in steps {
        line[*step] = velocity;
    }
    line
}

/// Four to the floor; now and then a sixteenth leads back to the one.
pub(super) fn steady_kick(chance: &mut Chance) -> Vec<Line> {
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

pub(super) fn broken_kick(chance: &mut Chance) -> Vec<Line> {
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
pub(super) fn backbeat(style: Style, is_broken: bool, chance: &mut Chance) -> Vec<Line> {
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
        let steps: &[usize] = if is_broken { &[7, 9, 15, 1, 14] } else { &[7, 9, 15, 14, 3] };
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

pub(super) fn hats(style: Style, chance: &mut Chance) -> Vec<Line> {
    let accents = Accents::new(chance);
    let steps: Vec<usize> = match chance.weigh(match style {
        Style::DeepHouse | Style::ClassicHouse => &[(0_u8, 4), (1, 2), (2, 3), (3, 3)],
        Style::Electro => &[(0, 3), (1, 4), (2, 3), (3, 1)],
        _ => &[(0, 4), (1, 2), (2, 2), (3, 3)],
    }) {
        // Sixteenths, eighths, sixteenths with holes, and all but the beat.
        0 => (0..STEPS).collect(),
        1 => (0..STEPS).step_by(2).collect(),
        2 => (0..STEPS).filter(|step| step % 4 == 2 || chance.happens(0.55)).collect(),
        _ => (0..STEPS).filter(|step| step % 4 != 0).collect(),
    };
    let mut bar = [0; STEPS];
    for step in steps {
        bar[step] = accents.velocity(step, 76);
    }
    let mut bars = vec![bar; chance.pick(&[1, 1, 2])];
    if bars.len() == 2 {
        let step = 2 * chance.below(STEPS / 2) + 1;
        bars[1][step] = if bar[step] == 0 { accents.velocity(step, 76) } else { 0 };
    }
    bars
}

/// Between the beats; in broken music at the end of the bar.
pub(super) fn open_hat(style: Style, chance: &mut Chance) -> Line {
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

pub(super) fn ride(chance: &mut Chance) -> Line {
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
pub(super) fn percussion(chance: &mut Chance) -> Vec<Line> {
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
