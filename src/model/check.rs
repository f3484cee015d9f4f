//! Compares the step that plays with the reference network.

use std::sync::Arc;

use crate::model::card::Primer;
use crate::model::generator::{Beginning, Generator};
use crate::model::network::N_PARTS;
use crate::model::position::Position;
use crate::model::reference::Reference;
use crate::model::sampling::StyleMix;
use crate::model::weights::Model;
use crate::music::{Note, Tick};

/// Primers that the reference network reads at a time.
const BATCH: usize = 64;

/// The most primers of a style that are compared.
const MOST_OF_A_STYLE: usize = 24;

/// How far playing is from the reference network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// How many notes were compared.
    pub n_notes: usize,
    /// The largest difference of the log-probability of a part of a note, in nats.
    pub largest: f32,
    /// The mean difference over all parts of all notes, in nats.
    pub mean: f32,
}

/// Runs the model's primers through the reference network and through the packed step that plays.
///
/// # Errors
/// If candle refuses.
pub fn check(model: &Arc<Model>) -> candle_core::Result<Agreement> {
    let network = model.network().map_err(candle_core::Error::wrap)?;
    let reference = Reference::of(&network)?;
    let mut generator = Generator::new(Arc::clone(model));
    let mut differences: Vec<f32> = Vec::new();
    let by_style = model.primers().chunk_by(|one, other| one.style == other.style);
    let primers: Vec<&Primer> = by_style
        .flat_map(|primers| primers.iter().filter(|primer| !primer.notes.is_empty()).take(MOST_OF_A_STYLE))
        .collect();
    for primers in primers.chunks(BATCH) {
        let (positions, played): (Vec<Vec<Position>>, Vec<Vec<[f32; N_PARTS]>>) =
            primers.iter().map(|primer| play(&mut generator, primer).unzip()).unzip();
        let sequences: Vec<&[Position]> = positions.iter().map(Vec::as_slice).collect();
        for (expected, played) in reference.log_probabilities(&sequences)?.iter().zip(&played) {
            let expected: Vec<Vec<f32>> = expected.to_vec2()?;
            for (expected, played) in expected.iter().zip(played) {
                differences
                    .extend(expected.iter().zip(played).map(|(expected, played)| (expected - played).abs()));
            }
        }
    }
    let sum: f64 = differences.iter().copied().map(f64::from).sum();
    Ok(Agreement {
        n_notes: differences.len() / (1 + network.config.heads().len()),
        // Not a number counts as the largest.
        largest: differences.iter().copied().max_by(f32::total_cmp).unwrap_or(0.0),
        mean: (sum / differences.len().max(1) as f64) as f32,
    })
}

/// The notes of a primer, each encoded for the reference network, and the log-probabilities of its parts when
/// playing.
fn play<'a>(
    generator: &'a mut Generator,
    primer: &'a Primer,
) -> impl Iterator<Item = (Position, [f32; N_PARTS])> + 'a {
    let Primer { mode, meter, .. } = *primer;
    let style = StyleMix::of(primer.style);
    generator.begin(&Beginning { style, mode, start: Tick::ZERO, meter, primer: None });
    let mut is_beginning = true;
    primer.notes.iter().filter_map(move |note: &Note| {
        let mut position = Position { is_beginning, ..Position::padding() };
        position.write_step(generator.memory());
        generator.begin_bars_until(Tick(note.onset.0 / meter.bar_length().0 * meter.bar_length().0), meter);
        position.write_note(generator.memory(), note);
        let played = generator.log_probabilities(note)?;
        generator.feed(note);
        is_beginning = false;
        Some((position, played))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::model::network::Network;
    use crate::model::{Card, Model, Primer, check};
    use crate::music::{Family, Meter, Mode, Note, Tick};

    fn model(network: Network) -> Arc<Model> {
        let note = |idx: i64| Note {
            onset: Tick(idx / 2 * 18),
            duration: Tick(12 + idx),
            pitch: 50 + (idx * 7 % 30) as u8,
            velocity: 80,
            family: if idx % 2 == 0 { Family::BASS } else { Family::PIANO },
            feel: None,
        };
        let mut notes: Vec<Note> = (0..60).map(note).collect();
        notes.sort_unstable();
        let primer = Primer { style: 1, mode: Mode::Minor, meter: Meter::COMMON, n_bars: 6, notes };
        let card = Card { styles: vec!["a".into(), "b".into()], ..Card::default() };
        Arc::new(Model::new(network, card, vec![primer]).unwrap())
    }

    #[test]
    fn playing_agrees_with_the_reference_but_for_rounding() {
        let agreement = check(&model(Model::random(2, 7).network().unwrap().into_owned())).unwrap();
        assert_eq!(agreement.n_notes, 60);
        assert!(agreement.largest > 0.0, "weights are rounded when packed");
        assert!(agreement.largest < 0.02, "{agreement:?}");
        assert!(agreement.mean < 0.2 * agreement.largest.max(0.01), "{agreement:?}");
    }
}
