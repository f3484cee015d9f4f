//! The patterns of each drum in a bar.

use crate::pattern::{Accents, STEPS};
use crate::rng::Rng;
use crate::style::Style;

/// A bar of one instrument: velocities at the steps where it is struck, 0 elsewhere.
pub(crate) type Line = [u8; STEPS];

fn line(steps: &[usize], velocity: u8) -> Line {
    let mut line = [0; STEPS];
    for step in steps {
        line[*step] = velocity;
    }
    line
}

/// Four to the floor; now and then a sixteenth leads back to the one.
pub(crate) fn steady_kick(rng: &mut Rng) -> Vec<Line> {
    let plain = line(&[0, 4, 8, 12], rng.between(112, 120) as u8);
    let mut bars = vec![plain; rng.pick(&[1, 1, 2, 4])];
    if bars.len() > 1 {
        let step = rng.pick(&[15, 14, 11, 15, 7]);
        if let Some(last) = bars.last_mut() {
            last[step] = rng.between(78, 98) as u8;
        }
    }
    bars
}

pub(crate) fn broken_kick(rng: &mut Rng) -> Vec<Line> {
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
    let first = line(rng.pick(&BARS), 114);
    let second = line(rng.pick(&BARS), 114);
    let mut bars = match rng.below(3) {
        0 => vec![first],
        1 => vec![first, second],
        _ => vec![first, first, first, second],
    };
    for bar in &mut bars {
        for velocity in bar.iter_mut().skip(1).filter(|velocity| **velocity > 0) {
            *velocity = rng.between(94, 114) as u8;
        }
    }
    bars
}

/// Two and four; ghost notes between them where the music is loose.
pub(crate) fn backbeat(style: Style, is_broken: bool, rng: &mut Rng) -> Vec<Line> {
    let plain = line(&[4, 12], rng.between(96, 112) as u8);
    let n_bars = rng.pick(&[1, 2, 2, 4]);
    let mut bars = vec![plain; n_bars];
    let ghostly = match style {
        Style::Electro => 0.8,
        Style::DeepHouse | Style::ClassicHouse => 0.45,
        Style::Minimal => 0.3,
        _ => 0.12,
    };
    if rng.happens(ghostly) {
        let steps: &[usize] = if is_broken { &[7, 9, 15, 1, 14] } else { &[7, 9, 15, 14, 3] };
        for bar in &mut bars {
            for _ in 0..rng.between(1, 2) {
                bar[rng.pick(steps)] = rng.between(28, 52) as u8;
            }
        }
    }
    if is_broken && rng.happens(0.3) && n_bars > 1 {
        // The second backbeat comes early or late in the answering bar.
        let last = &mut bars[n_bars - 1];
        last[12] = 0;
        last[rng.pick(&[10, 11, 13, 14])] = 104;
    }
    bars
}

pub(crate) fn hats(style: Style, rng: &mut Rng) -> Vec<Line> {
    let accents = Accents::new(rng);
    let steps: Vec<usize> = match rng.weighted(match style {
        Style::DeepHouse | Style::ClassicHouse => &[(0_u8, 4), (1, 2), (2, 3), (3, 3)],
        Style::Electro => &[(0, 3), (1, 4), (2, 3), (3, 1)],
        _ => &[(0, 4), (1, 2), (2, 2), (3, 3)],
    }) {
        // Sixteenths, eighths, sixteenths with holes, and all but the beat.
        0 => (0..STEPS).collect(),
        1 => (0..STEPS).step_by(2).collect(),
        2 => (0..STEPS).filter(|step| step % 4 == 2 || rng.happens(0.55)).collect(),
        _ => (0..STEPS).filter(|step| step % 4 != 0).collect(),
    };
    let mut bar = [0; STEPS];
    for step in steps {
        bar[step] = accents.velocity(step, 76);
    }
    let mut bars = vec![bar; rng.pick(&[1, 1, 2])];
    if bars.len() == 2 {
        let step = 2 * rng.below(STEPS / 2) + 1;
        bars[1][step] = if bar[step] == 0 { accents.velocity(step, 76) } else { 0 };
    }
    bars
}

/// Between the beats; in broken music at the end of the bar.
pub(crate) fn open_hat(style: Style, rng: &mut Rng) -> Line {
    let velocity = rng.between(84, 104) as u8;
    let steps: &[usize] = match style {
        Style::Electro => rng.pick(&[&[14][..], &[6], &[10], &[6, 14], &[2, 6, 10, 14]]),
        Style::Minimal => rng.pick(&[&[2, 6, 10, 14][..], &[6, 14], &[10], &[14]]),
        _ => {
            rng.pick(&[&[2, 6, 10, 14][..], &[2, 6, 10, 14], &[2, 6, 10, 14], &[2, 6, 10, 14, 15], &[6, 14]])
        }
    };
    line(steps, velocity)
}

pub(crate) fn ride(rng: &mut Rng) -> Line {
    let accents = Accents::new(rng);
    let every = rng.pick(&[2, 4, 4, 2]);
    let offset = if every == 4 { rng.pick(&[0, 2]) } else { 0 };
    let mut line = [0; STEPS];
    for step in (offset..STEPS).step_by(every) {
        line[step] = accents.velocity(step, 80);
    }
    line
}

/// Hits spread as evenly as possible, rotated to begin anywhere (Euclidean rhythms).
pub(crate) fn percussion(rng: &mut Rng) -> Vec<Line> {
    let (n_hits, turn) = (rng.pick(&[2, 3, 3, 5, 5, 6, 7, 4]), rng.below(STEPS));
    let base = rng.between(52, 84);
    let mut bar = [0; STEPS];
    for hit in 0..n_hits {
        let step = (hit * STEPS / n_hits + turn) % STEPS;
        bar[step] = (base + if hit == 0 { 12 } else { rng.between(-14, 4) }) as u8;
    }
    let mut bars = vec![bar; rng.pick(&[1, 2, 2, 4])];
    if let Some(last) = bars.last_mut() {
        let (from, to) = (rng.below(STEPS), rng.below(STEPS));
        last.swap(from, to);
    }
    bars
}
