//! A judge: how often a forest of decision trees tells two kinds of music apart by eight bars of it.
//!
//! If samples of a model could not be told from real music, it would be right half of the time. The same forest
//! between two sets of real pieces says how much of that is mere difference from piece to piece.

mod features;

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::error::Failed;
use smartcore::linalg::basic::matrix::DenseMatrix;

use crate::music::{Meter, Piece};
use crate::training::measures::Passage;
use crate::training::measures::judge::features::{DYNAMICS, features};

/// Bars of a passage.
const N_BARS: usize = 8;
/// The most passages of one piece, so that long pieces do not decide.
const PASSAGES_A_PIECE: usize = 6;
/// The fewest notes of a passage that is judged.
const LEAST_NOTES: usize = 8;
const N_TREES: u16 = 100;
const N_FOLDS: usize = 5;
/// Times that the pieces are dealt into folds, since one deal is right by chance in some more passages than another.
const N_DEALS: usize = 3;
/// The fewest pieces on either side.
const LEAST_PIECES: usize = 2 * N_FOLDS;

/// Passages by piece: each a vector of features.
pub type Passages = Vec<Vec<Vec<f64>>>;

/// What the judge found between two kinds of music.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// How often it is right, 0 to 1, both kinds counting the same: 0.5 is chance.
    pub accuracy: f64,
    /// What differs most, the strongest first.
    pub differences: Vec<Difference>,
}

/// A feature that differs between two kinds of music.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The feature.
    pub name: &'static str,
    /// Its mean in each kind.
    pub means: [f64; 2],
    /// How often it is higher in a passage of the first kind than in one of the second, 0 to 1; 0.5 is no difference.
    pub higher: f64,
}

/// The passages of eight bars in `pieces`, of those in this meter throughout. An upbeat before the first bar belongs to none:
/// what is composed goes on from a bar line.
pub fn passages<'a>(pieces: impl Iterator<Item = &'a Piece>, meter: Meter) -> Passages {
    pieces.map(|piece| of_piece(piece, meter)).filter(|passages| !passages.is_empty()).collect()
}

fn of_piece(piece: &Piece, meter: Meter) -> Vec<Vec<f64>> {
    let whole = Passage::at_most(piece, usize::MAX);
    let (begin, _) = piece.first_whole_bar();
    let upbeat = whole.bars.partition_point(|(start, _)| *start < begin);
    let mut found: Vec<Passage> = whole.bars[upbeat..]
        .chunks_exact(N_BARS)
        .map(|bars| cut(&whole, bars))
        .filter(|passage| is_judged(passage, meter))
        .collect();
    // Evenly from the whole piece.
    let n_found = found.len();
    if n_found > PASSAGES_A_PIECE {
        found = (0..PASSAGES_A_PIECE).map(|idx| found[idx * n_found / PASSAGES_A_PIECE].clone()).collect();
    }
    found.iter().map(|passage| features(passage).into_iter().map(|(_, value)| value).collect()).collect()
}

fn cut(whole: &Passage, bars: &[(crate::music::Tick, Meter)]) -> Passage {
    let begin = bars[0].0;
    let end = bars[N_BARS - 1].0 + bars[N_BARS - 1].1.bar_length();
    let notes = whole.notes.iter().filter(|note| (begin..end).contains(&note.onset)).copied().collect();
    Passage { notes, bars: bars.to_vec(), end }
}

fn is_judged(passage: &Passage, meter: Meter) -> bool {
    passage.bars.iter().all(|(_, other)| *other == meter) && passage.notes.len() >= LEAST_NOTES
}

/// Tells two kinds of music apart. Forests are trained on four fifths of the pieces of each and asked about the last
/// fifth, so that none knows a piece that it judges. `None` where there are too few pieces.
///
/// Dynamics are left out unless both kinds have some: a constant velocity gives anything away.
#[must_use]
pub fn judge(kinds: [&Passages; 2], seed: u64) -> Option<Judgement> {
    if kinds.iter().any(|pieces| pieces.len() < LEAST_PIECES) {
        return None;
    }
    let used = used(kinds, &names());
    let mut rng = Pcg64::seed_from_u64(seed);
    let mut n_right = [0, 0];
    let mut n_judged = [0, 0];
    let mut dealt = kinds.map(|_| Vec::new());
    for fold in 0..N_FOLDS * N_DEALS {
        if fold % N_FOLDS == 0 {
            dealt = kinds.map(|pieces| folds(pieces.len(), &mut rng));
        }
        let chosen = |kind: usize, is_held_out: bool| -> Vec<Vec<f64>> {
            let pieces = kinds[kind].iter().zip(&dealt[kind]);
            let pieces = pieces.filter(|(_, of)| (**of == fold % N_FOLDS) == is_held_out);
            pieces
                .flat_map(|(passages, _)| passages.iter().map(|p| used.iter().map(|idx| p[*idx]).collect()))
                .collect()
        };
        let forest = train([chosen(0, false), chosen(1, false)], &mut rng).ok()?;
        for kind in 0..2 {
            let asked = chosen(kind, true);
            n_judged[kind] += asked.len();
            let answers = forest.predict(&DenseMatrix::from_2d_vec(&asked).ok()?).ok()?;
            n_right[kind] += answers.iter().filter(|answer| **answer as usize == kind).count();
        }
    }
    let share = |kind: usize| n_right[kind] as f64 / n_judged[kind] as f64;
    let mut differences = differences(kinds);
    differences.sort_by(|one, other| (other.higher - 0.5).abs().total_cmp(&(one.higher - 0.5).abs()));
    Some(Judgement { accuracy: f64::midpoint(share(0), share(1)), differences })
}

/// How far two kinds of music lie apart, 0 to 1: the mean over the features of how much more often than half of the time a
/// feature is higher in one than in the other. `None` where there are too few pieces.
///
/// It says less than the judge, who sees how features go together, and depends far less on chance.
#[must_use]
pub fn distance(kinds: [&Passages; 2]) -> Option<f64> {
    if kinds.iter().any(|pieces| pieces.len() < LEAST_PIECES) {
        return None;
    }
    let found = differences(kinds);
    Some(found.iter().map(|found| (2.0 * found.higher - 1.0).abs()).sum::<f64>() / found.len().max(1) as f64)
}

/// Of each feature that counts.
fn differences(kinds: [&Passages; 2]) -> Vec<Difference> {
    let names = names();
    used(kinds, &names).into_iter().map(|idx| difference(kinds, names[idx], idx)).collect()
}

fn names() -> Vec<&'static str> {
    features(&Passage::default()).into_iter().map(|(name, _)| name).collect()
}

/// The features that count: all, or those that are no dynamics.
fn used(kinds: [&Passages; 2], names: &[&'static str]) -> Vec<usize> {
    let has_dynamics = has_dynamics(kinds, names);
    (0..names.len()).filter(|idx| has_dynamics || !DYNAMICS.contains(&names[*idx])).collect()
}

/// Whether most passages of both kinds have more than one velocity.
fn has_dynamics(kinds: [&Passages; 2], names: &[&'static str]) -> bool {
    let Some(idx) = names.iter().position(|name| *name == DYNAMICS[0]) else { return false };
    kinds.iter().all(|pieces| {
        let passages = || pieces.iter().flatten();
        passages().filter(|passage| passage[idx] > 0.5).count() * 2 > passages().count()
    })
}

/// The fold of each piece, as many of each, in random order.
fn folds(n_pieces: usize, rng: &mut Pcg64) -> Vec<usize> {
    let mut folds: Vec<usize> = (0..n_pieces).map(|idx| idx % N_FOLDS).collect();
    folds.shuffle(rng);
    folds
}

type Forest = RandomForestClassifier<f64, u32, DenseMatrix<f64>, Vec<u32>>;

/// Trains on as many passages of one kind as of the other.
fn train(mut kinds: [Vec<Vec<f64>>; 2], rng: &mut Pcg64) -> Result<Forest, Failed> {
    let n_each = kinds[0].len().min(kinds[1].len());
    for passages in &mut kinds {
        passages.shuffle(rng);
        passages.truncate(n_each);
    }
    let answers: Vec<u32> = (0..2).flat_map(|kind| std::iter::repeat_n(kind, n_each)).collect();
    let parameters =
        RandomForestClassifierParameters::default().with_n_trees(N_TREES).with_seed(rng.random());
    let passages = DenseMatrix::from_2d_vec(&kinds.concat())?;
    RandomForestClassifier::fit(&passages, &answers, parameters)
}

fn difference(kinds: [&Passages; 2], name: &'static str, idx: usize) -> Difference {
    let [first, second] = kinds.map(|pieces| {
        let mut values: Vec<f64> = pieces.iter().flatten().map(|passage| passage[idx]).collect();
        values.sort_by(f64::total_cmp);
        values
    });
    let above: usize = first
        .iter()
        .map(|value| {
            let n_lower = second.partition_point(|other| other < value);
            let n_equal = second.partition_point(|other| other <= value) - n_lower;
            2 * n_lower + n_equal
        })
        .sum();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let higher = above as f64 / (2 * first.len() * second.len()) as f64;
    Difference { name, means: [mean(&first), mean(&second)], higher }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_pcg::Pcg64;

    use crate::music::{Family, Meter, Note, Piece, Tick};
    use crate::training::measures::judge::{judge, passages};

    /// Random melodies of 32 bars in quarters; `leap` is the widest interval.
    fn pieces(n_pieces: u64, leap: i32) -> Vec<Piece> {
        let piece = |seed| {
            let mut rng = Pcg64::seed_from_u64(seed);
            let mut pitch: i32 = 60;
            let mut note = |beat: i64| {
                pitch = (pitch + rng.random_range(-leap..=leap)).clamp(40, 80);
                let onset = Tick(beat * Tick::PER_BEAT);
                let duration = Tick(Tick::PER_BEAT);
                Note { onset, duration, pitch: pitch as u8, velocity: 80, family: Family::PIANO, feel: None }
            };
            Piece { notes: (0..128).map(&mut note).collect(), ..Piece::default() }
        };
        (0..n_pieces).map(piece).collect()
    }

    fn judged(one: &[Piece], other: &[Piece]) -> crate::training::measures::judge::Judgement {
        let of = |pieces: &[Piece]| passages(pieces.iter(), Meter::COMMON);
        judge([&of(one), &of(other)], 1).unwrap()
    }

    #[test]
    fn leaping_melodies_are_told_from_stepping_ones_by_their_intervals() {
        let judgement = judged(&pieces(30, 9), &pieces(30, 2));
        assert!(judgement.accuracy > 0.95, "{}", judgement.accuracy);
        let strongest = judgement.differences[0];
        assert!(strongest.higher > 0.95 && strongest.means[0] > strongest.means[1], "{strongest:?}");
    }

    #[test]
    fn melodies_of_one_kind_are_hardly_told_apart() {
        let all = pieces(120, 4);
        let judgement = judged(&all[..60], &all[60..]);
        assert!((0.35..0.65).contains(&judgement.accuracy), "{}", judgement.accuracy);
    }

    #[test]
    fn neither_the_key_nor_the_loudness_is_judged() {
        let all = pieces(60, 4);
        let mut others = all[30..].to_vec();
        for note in others.iter_mut().flat_map(|piece| &mut piece.notes) {
            (note.pitch, note.velocity) = (note.pitch + 12, 100);
        }
        assert_eq!(judged(&all[..30], &all[30..]), judged(&all[..30], &others));
    }

    #[test]
    fn an_upbeat_is_in_no_passage() {
        let piece = &pieces(1, 4)[0];
        let mut with_upbeat = piece.clone();
        for note in &mut with_upbeat.notes {
            note.onset += Meter::COMMON.bar_length();
        }
        with_upbeat.notes.insert(0, Note { onset: Tick(72), ..piece.notes[0] });
        let of = |piece| passages(std::iter::once(piece), Meter::COMMON);
        assert_eq!(of(&with_upbeat), of(piece));
        assert_eq!(of(piece)[0].len(), 4);
    }

    #[test]
    fn a_few_pieces_are_not_judged() {
        let few = passages(pieces(3, 4).iter(), Meter::COMMON);
        assert_eq!(judge([&few, &few], 1), None);
    }
}
