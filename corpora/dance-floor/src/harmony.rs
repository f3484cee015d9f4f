//! Keys, chords and their voicings.

use crate::rng::Rng;
use crate::style::Style;

/// Seven-note scales, in semitones above the tonic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Minor,
    Dorian,
    Phrygian,
    Major,
    Mixolydian,
}

impl Scale {
    fn semitones(self) -> [i32; 7] {
        match self {
            Self::Minor => [0, 2, 3, 5, 7, 8, 10],
            Self::Dorian => [0, 2, 3, 5, 7, 9, 10],
            Self::Phrygian => [0, 1, 3, 5, 7, 8, 10],
            Self::Major => [0, 2, 4, 5, 7, 9, 11],
            Self::Mixolydian => [0, 2, 4, 5, 7, 9, 10],
        }
    }

    pub(crate) fn is_minor(self) -> bool {
        !matches!(self, Self::Major | Self::Mixolydian)
    }

    /// Semitones above the tonic of a degree, 0 for the tonic; degrees go on over the octave.
    pub(crate) fn degree(self, degree: i32) -> i32 {
        self.semitones()[degree.rem_euclid(7) as usize] + 12 * degree.div_euclid(7)
    }

    /// The five notes that fit every chord of the loop.
    pub(crate) fn pentatonic(self) -> [i32; 5] {
        if self.is_minor() { [0, 3, 5, 7, 10] } else { [0, 2, 4, 7, 9] }
    }
}

/// A chord, in semitones above the tonic of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chord {
    pub(crate) root: i32,
    /// Ascending; the root may be left to the bass.
    pub(crate) tones: Vec<i32>,
}

impl Chord {
    /// The fifth above the root, diminished where the scale has it so.
    pub(crate) fn fifth(&self) -> i32 {
        let flat = self.tones.iter().any(|tone| (tone - self.root).rem_euclid(12) == 6);
        if flat { self.root + 6 } else { self.root + 7 }
    }
}

impl Chord {
    /// Its name in Harte syntax in a key with this tonic, such as `A:min7`.
    pub(crate) fn name(&self, tonic: i32) -> String {
        const NOTES: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
        let has =
            |semitones: i32| self.tones.iter().any(|tone| (tone - self.root).rem_euclid(12) == semitones);
        let quality = match (has(3), has(4), has(6), has(10), has(11)) {
            (true, _, true, true, _) => "hdim7",
            (true, _, true, ..) => "dim",
            (true, _, _, true, _) => "min7",
            (true, ..) => "min",
            (_, true, _, _, true) => "maj7",
            (_, true, _, true, _) => "7",
            (_, true, ..) => "maj",
            _ if has(5) => "sus4",
            _ => "5",
        };
        let root = NOTES[(tonic + self.root).rem_euclid(12) as usize];
        format!("{root}:{quality}")
    }
}

/// The key of a piece and its cycle of chords, one for each bar.
#[derive(Clone, Debug)]
pub(crate) struct Harmony {
    pub(crate) tonic: i32,
    pub(crate) scale: Scale,
    chords: Vec<Chord>,
    /// Whether chords move in parallel, instead of each voice to the nearest tone.
    is_parallel: bool,
}

/// Loops of scale degrees.
const MINOR_LOOPS: [&[i32]; 20] = [
    &[0, 5, 2, 6],
    &[0, 5, 6, 0],
    &[0, 6, 5, 6],
    &[0, 2, 5, 6],
    &[0, 3, 5, 4],
    &[5, 6, 0, 0],
    &[5, 6, 0, 2],
    &[0, 0, 5, 6],
    &[0, 0, 3, 3],
    &[0, 0, 0, 6],
    &[0, 4, 5, 3],
    &[3, 4, 0, 0],
    &[0, 3],
    &[0, 6],
    &[0, 5],
    &[0, 2],
    &[0, 3, 0, 6],
    &[0, 6, 3, 5],
    &[3, 0],
    &[0, 2, 3, 5],
];
const MAJOR_LOOPS: [&[i32]; 9] = [
    &[0, 5, 3, 4],
    &[0, 3],
    &[0, 3, 5, 4],
    &[3, 4, 5, 5],
    &[5, 3, 0, 4],
    &[0, 6, 3, 0],
    &[1, 4, 0, 0],
    &[3, 0],
    &[0, 2, 3, 4],
];
/// Roots of a minor chord that moves in parallel, in semitones.
const PARALLEL_LOOPS: [&[i32]; 10] = [
    &[0, 3, 5, 3],
    &[0, -2, 3, 0],
    &[0, 5],
    &[0, 3],
    &[0, 0, -2, -2],
    &[0, 2, 3, 5],
    &[0, -4, -2, 0],
    &[0, 0, 0, 3],
    &[0, -5, -2, 0],
    &[0, 0, 5, 3],
];

impl Harmony {
    pub(crate) fn new(style: Style, rng: &mut Rng) -> Self {
        let scale = rng.weighted(match style {
            Style::DeepHouse => &[(Scale::Minor, 5), (Scale::Dorian, 5), (Scale::Mixolydian, 1)],
            Style::ClassicHouse => {
                &[(Scale::Minor, 5), (Scale::Dorian, 3), (Scale::Major, 2), (Scale::Mixolydian, 2)]
            }
            Style::Techno | Style::Minimal => &[(Scale::Minor, 6), (Scale::Dorian, 2), (Scale::Phrygian, 2)],
            Style::Acid => &[(Scale::Minor, 5), (Scale::Phrygian, 3), (Scale::Dorian, 2)],
            Style::Electro => &[(Scale::Minor, 6), (Scale::Dorian, 3), (Scale::Phrygian, 1)],
            Style::Trance => &[(Scale::Minor, 9), (Scale::Dorian, 1), (Scale::Major, 1)],
        });
        let moves = match style {
            Style::Techno | Style::Minimal | Style::Acid => 0.35,
            Style::Electro => 0.6,
            _ => 0.95,
        };
        let is_parallel = scale.is_minor()
            && rng.happens(match style {
                Style::DeepHouse | Style::Techno => 0.4,
                Style::Minimal => 0.3,
                Style::ClassicHouse => 0.15,
                _ => 0.05,
            });
        let tonic = rng.below(12) as i32;
        let loop_of_roots: &[i32] = match (rng.happens(moves), is_parallel, scale.is_minor()) {
            (false, ..) => &[0],
            (true, true, _) => rng.pick(&PARALLEL_LOOPS),
            (true, false, true) => rng.pick(&MINOR_LOOPS),
            (true, false, false) => rng.pick(&MAJOR_LOOPS),
        };
        let shape = Shape::new(style, rng);
        let bars_each = rng.weighted(&[(1, 5), (2, 4)]);
        let mut chords = Vec::new();
        for root in loop_of_roots {
            let chord = if is_parallel { shape.moved_to(*root) } else { shape.on_degree(scale, *root) };
            chords.extend(std::iter::repeat_n(chord, bars_each));
        }
        Self { tonic, scale, chords, is_parallel }
    }

    pub(crate) fn chord(&self, bar: usize) -> &Chord {
        &self.chords[bar % self.chords.len()]
    }

    /// The chords of a piece of this many bars by name, each with the bar where it begins.
    pub(crate) fn names(&self, n_bars: usize) -> Vec<(usize, String)> {
        let mut names: Vec<(usize, String)> =
            (0..n_bars).map(|bar| (bar, self.chord(bar).name(self.tonic))).collect();
        names.dedup_by(|next, last| next.1 == last.1);
        names
    }

    /// The keys of a chord near a middle key.
    pub(crate) fn voiced(&self, chord: &Chord, middle: i32) -> Vec<u8> {
        let mut keys: Vec<i32> = if self.is_parallel {
            let home = nearest(self.tonic, middle - 5);
            chord.tones.iter().map(|tone| home + tone).collect()
        } else {
            chord.tones.iter().map(|tone| nearest(self.tonic + tone, middle)).collect()
        };
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter().map(|key| key.clamp(0, 127) as u8).collect()
    }

    /// A key for a bass note, `semitones` above the tonic, in the octave from the low E.
    pub(crate) fn bass(&self, semitones: i32, root: i32) -> u8 {
        let low_root = 28 + (self.tonic + root - 28).rem_euclid(12);
        let key = low_root + semitones - root;
        // Notes above the bass register are played an octave lower.
        (if key > 57 { key - 12 } else { key }) as u8
    }
}

/// The key of a pitch class nearest to `middle`.
pub(crate) fn nearest(pitch_class: i32, middle: i32) -> i32 {
    middle - 6 + (pitch_class - middle + 6).rem_euclid(12)
}

/// The kind of chord that a piece is built on.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Triad,
    Seventh,
    /// Without its root, which is left to the bass.
    RootlessNinth,
    Suspended,
    Eleventh,
}

impl Shape {
    fn new(style: Style, rng: &mut Rng) -> Self {
        rng.weighted(match style {
            Style::DeepHouse => {
                &[(Self::Seventh, 5), (Self::RootlessNinth, 5), (Self::Eleventh, 2), (Self::Triad, 1)]
            }
            Style::ClassicHouse => &[(Self::Triad, 5), (Self::Seventh, 5), (Self::RootlessNinth, 2)],
            Style::Trance | Style::Electro => &[(Self::Triad, 6), (Self::Seventh, 2), (Self::Suspended, 1)],
            _ => &[(Self::Seventh, 4), (Self::Triad, 4), (Self::Suspended, 2), (Self::Eleventh, 1)],
        })
    }

    fn steps(self) -> &'static [i32] {
        match self {
            Self::Triad => &[0, 2, 4],
            Self::Seventh => &[0, 2, 4, 6],
            Self::RootlessNinth => &[2, 4, 6, 8],
            Self::Suspended => &[0, 3, 4],
            Self::Eleventh => &[0, 2, 6, 10],
        }
    }

    /// Stacked in the scale.
    fn on_degree(self, scale: Scale, degree: i32) -> Chord {
        let tones = self.steps().iter().map(|step| scale.degree(degree + step)).collect();
        Chord { root: scale.degree(degree), tones }
    }

    /// The minor chord of this shape on any root.
    fn moved_to(self, root: i32) -> Chord {
        let tones = self.steps().iter().map(|step| root + Scale::Dorian.degree(*step)).collect();
        Chord { root, tones }
    }
}

#[cfg(test)]
mod tests {
    use crate::harmony::Chord;

    #[test]
    fn chords_are_named_in_harte_syntax() {
        let name = |root: i32, tones: &[i32]| Chord { root, tones: tones.to_vec() }.name(9);
        assert_eq!(name(0, &[0, 3, 7]), "A:min");
        assert_eq!(name(8, &[8, 12, 15, 19]), "F:maj7");
        assert_eq!(name(2, &[5, 8, 12, 15]), "B:hdim7");
        assert_eq!(name(0, &[0, 5, 7]), "A:sus4");
    }
}
