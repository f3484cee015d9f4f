//! How good a model is, as a grade and one sentence for a musician.

use std::sync::Arc;

use crate::run_events::Assessment;
use crate::training::baselines::{self, CopyBar, MARKOV_ORDER, Markov};
use crate::training::corpus::{Corpus, KeyedPiece, Part};
use crate::training::engines::validation::Validation;
use crate::training::losses::Losses;
use crate::training::threads::Threads;

/// Most notes of a style to use, of training and held-out pieces.
pub(super) const MAX_NOTES: (usize, usize) = (1_500_000, 150_000);

/// The losses of simple models on the held-out pieces of a style, in nats per note by part.
#[derive(Debug, Clone, Copy)]
pub(super) struct SimpleModels {
    pub(super) markov: Losses,
    pub(super) copy_bar: Losses,
    /// Pieces that they were measured on.
    pub(super) n_pieces: usize,
}

impl SimpleModels {
    /// Counts the patterns of each style; none for a style of which nothing is held out.
    pub(super) fn of_styles(corpus: &Corpus, threads: &Threads) -> Vec<Option<Self>> {
        (0..corpus.styles.len()).map(|style| Self::of(corpus, style, threads)).collect()
    }

    fn of(corpus: &Corpus, style: usize, threads: &Threads) -> Option<Self> {
        let train = pieces(corpus, Part::Train, style, MAX_NOTES.0);
        let held_out = pieces(corpus, Part::Valid, style, MAX_NOTES.1);
        if train.is_empty() || held_out.is_empty() {
            return None;
        }
        let mean = |(losses, n_notes): (Losses, usize)| losses.map(|sum| sum / n_notes.max(1) as f64);
        Some(Self {
            markov: mean(baselines::evaluate(&Markov::new(MARKOV_ORDER, &train), &held_out, threads)),
            copy_bar: mean(baselines::evaluate(&CopyBar::new(&train), &held_out, threads)),
            n_pieces: held_out.len(),
        })
    }

    /// The name of the Markov model.
    pub(super) fn markov_name() -> String {
        format!("Markov model of order {MARKOV_ORDER}")
    }
}

/// The pieces of a part, limited to `max_notes` notes.
pub(super) fn pieces(corpus: &Corpus, part: Part, style: usize, max_notes: usize) -> Vec<Arc<KeyedPiece>> {
    let mut n_notes = 0;
    let mut pieces = Vec::new();
    for piece in corpus.pieces_in(part, style).filter(|piece| !piece.piece.notes.is_empty()) {
        n_notes += piece.piece.notes.len();
        pieces.push(piece);
        if n_notes > max_notes {
            break;
        }
    }
    pieces
}

/// How good the network is, beside the Markov models of the styles.
pub(super) fn assess(validation: &Validation, simple: &[Option<SimpleModels>]) -> Assessment {
    // Velocity and feel are left out, as in [`Validation::mean`].
    let gains: Vec<f64> = validation
        .by_style
        .iter()
        .zip(simple)
        .filter_map(|(parts, simple)| {
            let network: f64 = parts[..4].iter().map(|loss| f64::from(*loss)).sum();
            Some(simple.as_ref()?.markov[..4].iter().sum::<f64>() - network)
        })
        .collect();
    if gains.is_empty() {
        let sentence = "how well it plays other music of this kind is not known, since no piece was held out; listen to it.";
        return Assessment { grade: "Not graded".to_owned(), sentence: sentence.to_owned(), held_out: None };
    }
    let (grade, sentence) = grade(gains.iter().sum::<f64>() / gains.len() as f64);
    Assessment { grade: grade.to_owned(), sentence, held_out: None }
}

/// The grade of a network whose notes are predicted better by `gain` nats than by a Markov model.
fn grade(gain: f64) -> (&'static str, String) {
    let times = format!("{:.1} times", gain.exp());
    let beside = "a program that counts which notes follow which";
    if gain < 0.05 {
        let advice = "give it more music, or more time.";
        return ("Weak", format!("it knows this music no better than {beside} does; {advice}"));
    }
    let grade = match gain {
        gain if gain < 0.25 => "Fair",
        gain if gain < 0.6 => "Good",
        _ => "Very good",
    };
    (grade, format!("it foresees the notes of pieces it has never heard {times} as well as {beside}."))
}

#[cfg(test)]
mod tests {
    use crate::cli::grade::{SimpleModels, assess};
    use crate::model::network::N_PARTS;
    use crate::training::engines::validation::Validation;

    #[test]
    fn a_grade_says_how_much_better_than_counting_the_network_is() {
        let simple =
            |loss: f64| Some(SimpleModels { markov: [loss; N_PARTS], copy_bar: [9.0; N_PARTS], n_pieces: 3 });
        let validation = Validation::new(vec![[0.5; N_PARTS], [0.0; N_PARTS]]);
        let of = |loss| assess(&validation, &[simple(loss), None]);
        assert_eq!(of(0.5).grade, "Weak");
        assert_eq!(of(0.54).grade, "Fair");
        assert_eq!(of(0.6).grade, "Good");
        let best = of(0.75);
        assert_eq!(best.grade, "Very good");
        assert!(best.sentence.contains("2.7 times as well as"), "{}", best.sentence);
        assert_eq!(assess(&validation, &[None, None]).grade, "Not graded");
    }
}
