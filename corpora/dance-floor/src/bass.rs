//! Bass lines: off-beat, rolling, in syncopated motifs, acid.

use crate::form::{Form, PHRASE, Section};
use crate::harmony::{Chord, Harmony};
use crate::pattern::{Accents, Motif, Note, Part, STEP, STEPS, Stroke, monophonic, moved};
use crate::rng::Rng;
use crate::style::{Layer, Style};

/// The tones of a stroke, relative to the chord.
const ROOT: i32 = 0;
const OCTAVE: i32 = 1;
const FIFTH: i32 = 2;
const SEVENTH: i32 = 3;
const THIRD: i32 = 4;
const UNDER: i32 = 5;
/// Acid lines ignore the chord: tones from here on are semitones above the tonic.
const FIXED: i32 = 100;

/// All bass notes of a piece.
pub(crate) fn bass(style: Style, form: &Form, harmony: &Harmony, rng: &mut Rng) -> Vec<Note> {
    let mut motif = line(style, harmony, rng);
    let turns = rng.happens(0.5);
    let mut notes = Vec::new();
    for bar in 0..form.n_bars() {
        if bar > 0 && bar.is_multiple_of(PHRASE) && rng.happens(0.35) {
            vary(&mut motif, harmony, rng);
        }
        if !form.plays(Layer::Bass, bar) {
            continue;
        }
        let chord = harmony.chord(bar);
        let is_sparse = form.section(bar) == Section::Break;
        let mut strokes = motif.bar(bar).to_vec();
        if is_sparse && strokes.len() > 6 {
            // In a break the bass holds the root.
            strokes = vec![Stroke { step: 0, length: 14 * STEP, tone: ROOT, velocity: 84 }];
        }
        if turns && bar % PHRASE == PHRASE - 1 && !is_sparse {
            lead_over(&mut strokes);
        }
        for stroke in &strokes {
            notes.push(Note {
                at: (bar * STEPS + stroke.step) as u32 * STEP,
                length: stroke.length,
                part: Part::Bass,
                key: key(harmony, chord, stroke.tone),
                velocity: (i32::from(stroke.velocity) + rng.between(-3, 3)).clamp(20, 127) as u8,
            });
        }
    }
    notes
}

/// Walks up from the fifth in the last beat before a new phrase.
fn lead_over(strokes: &mut Vec<Stroke>) {
    strokes.retain(|stroke| stroke.step < 12);
    for (step, tone) in [(12, FIFTH), (14, UNDER)] {
        strokes.push(Stroke { step, length: STEP + STEP / 2, tone, velocity: 92 });
    }
    monophonic(strokes);
}

fn key(harmony: &Harmony, chord: &Chord, tone: i32) -> u8 {
    if tone >= FIXED / 2 {
        return harmony.bass(tone - FIXED, 0);
    }
    let root = chord.root;
    let above = match tone {
        OCTAVE => 12,
        FIFTH => chord.fifth() - root,
        SEVENTH => 10,
        THIRD if chord.tones.iter().any(|tone| (tone - root).rem_euclid(12) == 4) => 4,
        THIRD => 3,
        UNDER => -2,
        _ => 0,
    };
    harmony.bass(root + above, root)
}

fn line(style: Style, harmony: &Harmony, rng: &mut Rng) -> Motif {
    let kind = rng.weighted(match style {
        Style::DeepHouse => &[(Kind::Syncopated, 6), (Kind::OffBeat, 2), (Kind::Long, 1), (Kind::Sparse, 2)],
        Style::ClassicHouse => &[(Kind::Syncopated, 5), (Kind::OffBeat, 4), (Kind::Octaves, 3)],
        Style::Techno => &[(Kind::Rolling, 5), (Kind::OffBeat, 3), (Kind::Acid, 2), (Kind::Sparse, 2)],
        Style::Minimal => &[(Kind::Sparse, 5), (Kind::Syncopated, 3), (Kind::Rolling, 1)],
        Style::Acid => &[(Kind::Acid, 1)],
        Style::Electro => {
            &[(Kind::Syncopated, 4), (Kind::Octaves, 2), (Kind::Sparse, 2), (Kind::Acid, 1), (Kind::Long, 1)]
        }
        Style::Trance => &[(Kind::Rolling, 4), (Kind::OffBeat, 5), (Kind::Octaves, 1)],
    });
    kind.motif(harmony, rng)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    OffBeat,
    Rolling,
    Octaves,
    Syncopated,
    Sparse,
    Long,
    Acid,
}

impl Kind {
    fn motif(self, harmony: &Harmony, rng: &mut Rng) -> Motif {
        let first = match self {
            Self::OffBeat => off_beat(rng),
            Self::Rolling => rolling(rng),
            Self::Octaves => octaves(rng),
            Self::Syncopated => {
                let n_notes = rng.between(4, 7) as usize;
                syncopated(n_notes, rng)
            }
            Self::Sparse => {
                let n_notes = rng.between(2, 4) as usize;
                syncopated(n_notes, rng)
            }
            Self::Long => vec![stroke(0, 15 * STEP, ROOT, 92)],
            Self::Acid => acid(harmony, rng),
        };
        Motif::from_bar(first, rng, |strokes, rng| {
            let mut answer = match self {
                Self::Syncopated | Self::Sparse => moved(strokes, rng),
                _ => strokes.to_vec(),
            };
            retune(&mut answer, self == Self::Acid, harmony, rng);
            monophonic(&mut answer);
            answer
        })
    }
}

fn stroke(step: usize, length: u32, tone: i32, velocity: i32) -> Stroke {
    Stroke { step, length, tone, velocity: velocity.clamp(1, 127) as u8 }
}

/// Between the kicks.
fn off_beat(rng: &mut Rng) -> Vec<Stroke> {
    let length = rng.pick(&[STEP, 2 * STEP, STEP + STEP / 2]);
    let velocity = rng.between(92, 108);
    let has_octave = rng.happens(0.4);
    let tone = |step| if has_octave && step == 14 { OCTAVE } else { ROOT };
    [2, 6, 10, 14].map(|step| stroke(step, length, tone(step), velocity)).to_vec()
}

/// Sixteenths, with or without those of the kick.
fn rolling(rng: &mut Rng) -> Vec<Stroke> {
    let leaves_kick = rng.happens(0.75);
    let accents = Accents::new(rng);
    let length = rng.pick(&[STEP / 2, STEP, STEP]);
    let colour = rng.pick(&[ROOT, ROOT, OCTAVE, FIFTH, SEVENTH]);
    let coloured = rng.pick(&[[3, 11], [7, 15], [11, 15], [15, 15], [6, 14]]);
    (0..STEPS)
        .filter(|step| !leaves_kick || step % 4 != 0)
        .map(|step| {
            let tone = if coloured.contains(&step) { colour } else { ROOT };
            stroke(step, length, tone, i32::from(accents.velocity(step, 92)))
        })
        .collect()
}

/// Root and octave in alternation.
fn octaves(rng: &mut Rng) -> Vec<Stroke> {
    let length = rng.pick(&[STEP, STEP + STEP / 2]);
    (0..STEPS)
        .step_by(2)
        .map(|step| {
            let tone = if step % 4 == 2 { OCTAVE } else { ROOT };
            stroke(step, length, tone, if step % 4 == 2 { 86 } else { 102 })
        })
        .collect()
}

/// A few notes that fall mostly off the beat.
fn syncopated(n_notes: usize, rng: &mut Rng) -> Vec<Stroke> {
    let mut steps = vec![if rng.happens(0.75) { 0 } else { rng.pick(&[2, 3]) }];
    while steps.len() < n_notes {
        let step = rng.weighted(&[
            (2, 2),
            (3, 5),
            (4, 1),
            (5, 1),
            (6, 5),
            (7, 2),
            (8, 2),
            (9, 2),
            (10, 5),
            (11, 3),
            (12, 1),
            (13, 2),
            (14, 5),
            (15, 2),
        ]);
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps.sort_unstable();
    let length = rng.pick(&[STEP, 2 * STEP, 3 * STEP]);
    let mut strokes: Vec<Stroke> = steps
        .into_iter()
        .map(|step| {
            let tone = if step == 0 { ROOT } else { colour(rng) };
            let velocity = if step % 4 == 0 { 104 } else { 88 } + rng.between(-6, 8);
            stroke(step, length, tone, velocity)
        })
        .collect();
    monophonic(&mut strokes);
    strokes
}

fn colour(rng: &mut Rng) -> i32 {
    rng.weighted(&[(ROOT, 9), (OCTAVE, 4), (FIFTH, 3), (SEVENTH, 2), (THIRD, 2), (UNDER, 1)])
}

/// An acid line: octave jumps, slides, rests, a few notes outside the chord.
fn acid(harmony: &Harmony, rng: &mut Rng) -> Vec<Stroke> {
    let rests = rng.pick(&[0.15, 0.25, 0.35, 0.45]);
    let colours = rng.pick(&[0.15, 0.3, 0.45]);
    let mut strokes = Vec::new();
    for step in 0..STEPS {
        if step > 0 && rng.happens(rests) {
            continue;
        }
        let tone = if step == 0 || !rng.happens(colours) { 0 } else { acid_tone(harmony, rng) };
        let octave = if rng.happens(0.22) { 12 } else { 0 };
        let length = rng.weighted(&[(STEP / 2, 5), (STEP, 3), (2 * STEP, 1)]);
        let velocity = rng.weighted(&[(112, 2), (88, 4), (72, 3)]);
        strokes.push(stroke(step, length, FIXED + tone + octave, velocity));
    }
    monophonic(&mut strokes);
    strokes
}

/// A colour tone of an acid line, in semitones above the tonic.
fn acid_tone(harmony: &Harmony, rng: &mut Rng) -> i32 {
    harmony.scale.degree(rng.weighted(&[(1, 2), (2, 4), (3, 2), (4, 4), (6, 4), (-1, 2)]))
}

/// Gives one or two strokes another tone.
fn retune(strokes: &mut [Stroke], is_fixed: bool, harmony: &Harmony, rng: &mut Rng) {
    for _ in 0..rng.between(1, 2) {
        let Some(last) = strokes.len().checked_sub(1) else {
            return;
        };
        let idx = last - rng.below(strokes.len().min(4));
        if strokes[idx].step > 0 {
            strokes[idx].tone = if is_fixed { FIXED + acid_tone(harmony, rng) } else { colour(rng) };
        }
    }
}

/// Changes the loop a little, for the next phrase.
fn vary(motif: &mut Motif, harmony: &Harmony, rng: &mut Rng) {
    let bar = rng.below(motif.bars.len());
    let strokes = &mut motif.bars[bar];
    let is_fixed = strokes.iter().any(|stroke| stroke.tone >= FIXED / 2);
    retune(strokes, is_fixed, harmony, rng);
}
