//! Stabs and pads.

use crate::form::{Form, PHRASE, Section};
use crate::harmony::Harmony;
use crate::pattern::{Motif, Note, Part, STEP, STEPS, Stroke, monophonic, moved};
use crate::rng::Rng;
use crate::style::{Layer, Style};

/// All stabs of a piece.
pub(crate) fn stabs(style: Style, form: &Form, harmony: &Harmony, rng: &mut Rng) -> Vec<Note> {
    let middle = rng.between(58, 68);
    let mut motif = rhythm(style, rng);
    // The last stab of a bar may anticipate the next chord.
    let anticipates = rng.happens(0.35);
    let doubles_root = rng.happens(0.2);
    let mut notes = Vec::new();
    for bar in 0..form.n_bars() {
        if bar > 0 && bar.is_multiple_of(PHRASE) && rng.happens(0.3) {
            let idx = rng.below(motif.bars.len());
            motif.bars[idx] = answer(&motif.bars[idx], rng);
        }
        if !form.plays(Layer::Chords, bar) {
            continue;
        }
        // Softer in the intro, as through a closed filter.
        let softer = match form.section(bar) {
            Section::Intro => 24,
            Section::Build => 10,
            _ => 0,
        };
        for stroke in motif.bar(bar) {
            let is_ahead = anticipates && stroke.step >= 14;
            let chord = harmony.chord(if is_ahead { bar + 1 } else { bar });
            let mut keys = harmony.voiced(chord, middle);
            if doubles_root && let Some(lowest) = keys.first().copied() {
                keys.push(lowest + 12);
                keys.sort_unstable();
                keys.dedup();
            }
            let base = i32::from(stroke.velocity) - softer + rng.between(-3, 3);
            notes.extend(keys.iter().enumerate().map(|(idx, key)| Note {
                at: (bar * STEPS + stroke.step) as u32 * STEP,
                length: stroke.length,
                part: Part::Chords,
                key: *key,
                // The top note is a little louder.
                velocity: (base + if idx + 1 == keys.len() { 4 } else { 0 }).clamp(20, 124) as u8,
            }));
        }
    }
    notes
}

const BARS: [&[usize]; 22] = [
    &[2, 6, 10, 14],
    &[0, 3, 6, 10, 13],
    &[3, 6, 11, 14],
    &[0, 3, 8, 11],
    &[0, 6, 12],
    &[2, 5, 10, 13],
    &[0, 3, 6, 11],
    &[0, 3, 6, 9, 12, 14],
    &[3, 7, 10, 14],
    &[6, 14],
    &[0, 7, 10],
    &[2, 10, 13],
    &[0, 5, 8, 13],
    &[4, 7, 12, 15],
    &[6, 9, 14],
    &[0, 2, 5, 8, 11, 14],
    &[0, 3, 7, 12, 14],
    &[2, 6, 9, 14],
    &[0, 10],
    &[3, 11],
    &[0, 4, 7, 10, 14],
    &[2, 3, 10, 11],
];

fn rhythm(style: Style, rng: &mut Rng) -> Motif {
    let dub = match style {
        Style::Techno | Style::Minimal => 0.45,
        Style::DeepHouse => 0.15,
        _ => 0.0,
    };
    if rng.happens(dub) {
        return echoes(rng);
    }
    let length = rng.weighted(match style {
        Style::ClassicHouse => &[(STEP, 3), (2 * STEP, 4), (STEP + STEP / 2, 2)],
        Style::DeepHouse => &[(STEP, 3), (2 * STEP, 3), (3 * STEP, 2)],
        Style::Trance => &[(STEP, 2), (2 * STEP, 2), (4 * STEP, 1)],
        _ => &[(STEP / 2, 2), (STEP, 4), (2 * STEP, 2)],
    });
    let base = rng.between(78, 100);
    let steps = if rng.happens(0.3) { drawn(rng) } else { rng.pick(&BARS).to_vec() };
    let mut first: Vec<Stroke> = steps
        .into_iter()
        .map(|step| {
            let accent = if step % 4 == 0 { 6 } else { rng.pick(&[0, -4, -8, 4]) };
            Stroke { step, length, tone: 0, velocity: (base + accent).clamp(30, 120) as u8 }
        })
        .collect();
    monophonic(&mut first);
    Motif::from_bar(first, rng, answer)
}

/// Three to six strokes at random positions.
fn drawn(rng: &mut Rng) -> Vec<usize> {
    let n_strokes = rng.between(3, 6) as usize;
    let mut steps = Vec::new();
    while steps.len() < n_strokes {
        let step = rng.weighted(&[
            (0, 5),
            (2, 3),
            (3, 5),
            (4, 1),
            (5, 1),
            (6, 5),
            (7, 2),
            (8, 2),
            (9, 2),
            (10, 4),
            (11, 4),
            (12, 2),
            (13, 2),
            (14, 4),
        ]);
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps.sort_unstable();
    steps
}

fn answer(strokes: &[Stroke], rng: &mut Rng) -> Vec<Stroke> {
    let mut answer = match rng.below(3) {
        0 if strokes.len() > 2 => strokes[..strokes.len() - 1].to_vec(),
        _ => moved(strokes, rng),
    };
    monophonic(&mut answer);
    answer
}

/// A chord and its echoes, three sixteenths apart and ever softer.
fn echoes(rng: &mut Rng) -> Motif {
    let begin = rng.pick(&[0, 2, 3, 4, 6]);
    let apart = rng.pick(&[3, 3, 3, 2]);
    let n_echoes = rng.between(1, 3) as usize;
    let loud = rng.between(92, 108);
    let length = rng.pick(&[STEP / 2, STEP]);
    let stroke = |idx: usize| Stroke {
        step: begin + idx * apart,
        length,
        tone: 0,
        velocity: (loud - 20 * idx as i32).max(26) as u8,
    };
    let bar: Vec<Stroke> = (0..=n_echoes).map(stroke).filter(|stroke| stroke.step < STEPS).collect();
    let bars = match rng.below(3) {
        0 => vec![bar],
        1 => vec![bar, Vec::new()],
        _ => vec![bar.clone(), bar.clone(), bar, Vec::new()],
    };
    Motif { bars }
}

/// Chords that are held until the next.
pub(crate) fn pad(form: &Form, harmony: &Harmony, rng: &mut Rng) -> Vec<Note> {
    let middle = rng.between(60, 72);
    let base = rng.between(50, 72);
    let mut notes: Vec<Note> = Vec::new();
    let mut held: Option<(usize, Vec<u8>)> = None;
    for bar in 0..=form.n_bars() {
        let plays = bar < form.n_bars() && form.plays(Layer::Pad, bar);
        let chord = plays.then(|| harmony.voiced(harmony.chord(bar), middle));
        let goes_on = match (&held, &chord) {
            (Some((since, keys)), Some(chord)) => keys == chord && bar - since < 4 && bar % PHRASE != 0,
            _ => false,
        };
        if goes_on {
            continue;
        }
        if let Some((since, keys)) = held.take() {
            notes.extend(keys.into_iter().map(|key| Note {
                at: (since * STEPS) as u32 * STEP,
                length: ((bar - since) * STEPS) as u32 * STEP,
                part: Part::Pad,
                key,
                velocity: (base + rng.between(-3, 3)) as u8,
            }));
        }
        held = chord.map(|keys| (bar, keys));
    }
    notes
}
