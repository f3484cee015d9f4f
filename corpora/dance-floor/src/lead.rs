//! Arpeggios and riffs.

use crate::form::{Form, PHRASE};
use crate::harmony::{Harmony, nearest};
use crate::pattern::{Accents, Motif, Note, Part, STEP, STEPS, Stroke, monophonic, moved};
use crate::rng::Rng;
use crate::style::{Layer, Style};

/// The lead of a piece.
pub(crate) fn lead(style: Style, form: &Form, harmony: &Harmony, rng: &mut Rng) -> Vec<Note> {
    let is_arpeggio = rng.happens(match style {
        Style::Trance => 0.75,
        Style::Techno => 0.4,
        Style::Electro => 0.5,
        _ => 0.2,
    });
    let mut player = if is_arpeggio { Player::arpeggio(rng) } else { Player::riff(harmony, rng) };
    let mut notes = Vec::new();
    for bar in 0..form.n_bars() {
        if bar > 0 && bar.is_multiple_of(PHRASE) && rng.happens(0.3) {
            player.vary(harmony, rng);
        }
        if form.plays(Layer::Lead, bar) {
            player.play(bar, harmony, rng, &mut notes);
        }
    }
    notes
}

enum Player {
    /// Tones of the chord one after the other.
    Arpeggio { motif: Motif, low: i32, width: i32 },
    /// A tune that is the same over every chord.
    Riff { motif: Motif, low: i32 },
}

impl Player {
    fn arpeggio(rng: &mut Rng) -> Self {
        let accents = Accents::new(rng);
        let width = rng.between(4, 7);
        let order = order(width, rng);
        // Groups of three over four, and holes, keep sixteenths moving.
        let length = rng.pick(&[STEP / 2, STEP, STEP]);
        let every = rng.weighted(&[(1, 6), (2, 2)]);
        let holes = rng.pick(&[0.0, 0.0, 0.2, 0.35]);
        let turn = rng.pick(&[order.len(), order.len(), 3, 6, 8]).min(order.len());
        let mut bar = Vec::new();
        for (count, step) in (0..STEPS).step_by(every).enumerate() {
            if step == 0 || !rng.happens(holes) {
                bar.push(Stroke {
                    step,
                    length: length * every as u32,
                    tone: order[count % turn],
                    velocity: accents.velocity(step, 86),
                });
            }
        }
        let motif = Motif::from_bar(bar, rng, |strokes, rng| {
            let mut strokes = strokes.to_vec();
            for stroke in strokes.iter_mut().rev().take(3) {
                stroke.tone = rng.between(0, width - 1);
            }
            strokes
        });
        Self::Arpeggio { motif, low: rng.between(57, 67), width }
    }

    fn riff(harmony: &Harmony, rng: &mut Rng) -> Self {
        let n_notes = rng.between(3, 8) as usize;
        let mut steps: Vec<usize> = Vec::new();
        while steps.len() < n_notes {
            let step = rng.weighted(&[
                (0, 5),
                (2, 3),
                (3, 5),
                (4, 2),
                (5, 1),
                (6, 5),
                (7, 1),
                (8, 3),
                (9, 2),
                (10, 4),
                (11, 2),
                (12, 3),
                (13, 1),
                (14, 3),
            ]);
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        steps.sort_unstable();
        let scale = harmony.scale.pentatonic();
        let length = rng.pick(&[STEP, 2 * STEP, 3 * STEP]);
        let mut degree = rng.between(0, 5);
        let mut bar: Vec<Stroke> = steps
            .into_iter()
            .map(|step| {
                degree = (degree + rng.weighted(&[(-2, 1), (-1, 4), (0, 3), (1, 4), (2, 1)])).clamp(-2, 8);
                let tone = tone_of(scale, degree);
                let velocity = if step % 4 == 0 { 98 } else { 84 };
                Stroke { step, length, tone, velocity }
            })
            .collect();
        monophonic(&mut bar);
        let motif = Motif::from_bar(bar, rng, |strokes, rng| {
            let mut answer = if rng.happens(0.5) { moved(strokes, rng) } else { strokes.to_vec() };
            // The answer ends on another tone.
            if let Some(last) = answer.last_mut() {
                last.tone = tone_of(scale, rng.pick(&[0, 0, 1, 3, 4, 5]));
            }
            monophonic(&mut answer);
            answer
        });
        Self::Riff { motif, low: rng.between(58, 70) }
    }

    fn vary(&mut self, harmony: &Harmony, rng: &mut Rng) {
        let (motif, width) = match self {
            Self::Arpeggio { motif, width, .. } => (motif, Some(*width)),
            Self::Riff { motif, .. } => (motif, None),
        };
        let bar = rng.below(motif.bars.len());
        let strokes = &mut motif.bars[bar];
        let n_strokes = strokes.len();
        if let Some(stroke) = strokes.get_mut(rng.below(n_strokes)) {
            stroke.tone = match width {
                Some(width) => rng.between(0, width - 1),
                None => tone_of(harmony.scale.pentatonic(), rng.between(0, 6)),
            };
        }
    }

    fn play(&self, bar: usize, harmony: &Harmony, rng: &mut Rng, notes: &mut Vec<Note>) {
        let (motif, low) = match self {
            Self::Arpeggio { motif, low, .. } | Self::Riff { motif, low } => (motif, *low),
        };
        for stroke in motif.bar(bar) {
            let key = match self {
                Self::Arpeggio { .. } => {
                    let keys = harmony.voiced(harmony.chord(bar), low);
                    let idx = stroke.tone as usize;
                    i32::from(keys[idx % keys.len()]) + 12 * (idx / keys.len()) as i32
                }
                Self::Riff { .. } => nearest(harmony.tonic, low) + stroke.tone,
            };
            notes.push(Note {
                at: (bar * STEPS + stroke.step) as u32 * STEP,
                length: stroke.length,
                part: Part::Lead,
                key: key.clamp(0, 108) as u8,
                velocity: (i32::from(stroke.velocity) + rng.between(-3, 3)).clamp(20, 124) as u8,
            });
        }
    }
}

fn tone_of(scale: [i32; 5], degree: i32) -> i32 {
    scale[degree.rem_euclid(5) as usize] + 12 * degree.div_euclid(5)
}

/// Up, down, up and down, or a figure.
fn order(width: i32, rng: &mut Rng) -> Vec<i32> {
    match rng.below(5) {
        0 => (0..width).collect(),
        1 => (0..width).rev().collect(),
        2 => (0..width).chain((1..width - 1).rev()).collect(),
        3 => (0..width).flat_map(|tone| [0, tone]).collect(),
        _ => (0..8).map(|_| rng.between(0, width - 1)).collect(),
    }
}
