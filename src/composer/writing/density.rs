//! Density: notes left out of a bar, or added between its notes.
//!
//! The network is always fed the *base*, the bar as it is composed at a density of 1. So the bars that follow
//! are the same at every density: the knob changes how full the music is, not which music it is. Below 1,
//! notes are left out, the least important first. Above 1, the network draws more notes in each gap, and as
//! many of them are taken as the density says. Notes that are there at one density are there at every higher
//! one.

use crate::composer::writing::chance::random_unit;
use crate::composer::writing::place::Place;
use crate::composer::writing::thickening::thicken;
use crate::model::{Drawn, Generator, Snapshot};
use crate::music::{Note, Tick};

/// A bar at its density, from the position `from` on, made from the `base` that was drawn for it from `before`.
///
/// The generator has been fed the base and nothing else. Only notes from `from` on are left out, cut or added:
/// those before it may be sounding already. Otherwise `from` is the bar's beginning.
pub(crate) async fn at_density(
    generator: &mut Generator,
    place: &Place,
    base: &[Drawn],
    before: &Snapshot,
    from: Tick,
) -> Vec<Drawn> {
    generator.restore(before);
    place.begin(generator, &[]).await;
    let mut notes: Vec<Note> = base.iter().map(|drawn| drawn.note).collect();
    notes.sort_unstable();
    let changed = if place.knobs.density > 1.0 {
        thicken(generator, &notes, from, place).await
    } else {
        for note in &notes {
            generator.feed_async(note).await;
        }
        let n_before = notes.partition_point(|note| note.onset < from);
        let (before, after) = notes.split_at(n_before);
        [before, &thin(after, place)].concat()
    };
    let log_probability = |note: &Note| {
        let parts = |note: &Note| (note.onset, note.pitch, note.family);
        let same = base.iter().find(|drawn| parts(&drawn.note) == parts(note));
        same.map_or(f32::NEG_INFINITY, |drawn| drawn.log_probability)
    };
    changed.into_iter().map(|note| Drawn { log_probability: log_probability(&note), note }).collect()
}

/// The notes of `base` that are left at a density below 1.
fn thin(base: &[Note], place: &Place) -> Vec<Note> {
    let (seed, bar_idx) = (u64::from(place.knobs.seed), place.bar_idx as u64);
    let rounding = random_unit(&[seed, bar_idx, 3]);
    let n_left = (base.len() as f32 * place.knobs.density + rounding).floor() as usize;
    let mut ranked: Vec<(f32, &Note)> = base.iter().map(|note| (weight(note, base, place), note)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let mut left: Vec<Note> = ranked.into_iter().take(n_left).map(|(_, note)| *note).collect();
    left.sort_unstable();
    left
}

/// How much a note matters: where it falls in the bar, whether it is the outermost of its chord, and luck.
fn weight(note: &Note, base: &[Note], place: &Place) -> f32 {
    let in_bar = (note.onset - place.start).0;
    let pulse = place.meter.beat().0;
    let metrical = if in_bar == 0 {
        3.0
    } else if in_bar % pulse == 0 {
        2.0
    } else if in_bar * 2 % pulse == 0 {
        1.0
    } else {
        0.0
    };
    let chord = || {
        base.iter()
            .filter(|other| other.onset == note.onset && other.family.is_drums() == note.family.is_drums())
    };
    let in_chord = if note.family.is_drums() {
        // Bass drum and snare carry the beat.
        if matches!(note.pitch, 35 | 36 | 38 | 40) { 1.5 } else { 0.5 }
    } else if chord().all(|other| other.pitch <= note.pitch) {
        1.5
    } else if chord().all(|other| other.pitch >= note.pitch) {
        1.0
    } else {
        0.0
    };
    let identity = [in_bar as u64, u64::from(note.pitch), note.family.index() as u64];
    let luck =
        random_unit(&[&[u64::from(place.knobs.seed), place.bar_idx as u64, 4], &identity[..]].concat());
    metrical + in_chord + 1.5 * luck
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use rand::SeedableRng;
    use rand_pcg::Pcg64;

    use crate::composer::take::bars::Take;
    use crate::composer::writing::density::at_density;
    use crate::composer::writing::place::{Place, style};
    use crate::composer::writing::writer::{Writer, compose_until};
    use crate::model::{Beginning, Drawn, Generator, Given, Model, block_on};
    use crate::music::{Family, Meter, Mode, Note, Tick};
    use crate::player::ComposingKnobs;

    const DENSITIES: [f32; 9] = [0.0, 0.3, 0.6, 0.9, 1.0, 1.2, 1.5, 1.8, 2.0];

    /// A bar's notes: those of the base, and those at each density.
    struct Bar {
        base: Vec<Note>,
        at: [Vec<Note>; DENSITIES.len()],
    }

    fn notes(drawn: &[Drawn]) -> Vec<Note> {
        drawn.iter().map(|drawn| drawn.note).collect()
    }

    /// Twelve bars. Whatever the density, the generator must go on from the base.
    fn music(model: &Arc<Model>, style_idx: u8) -> Vec<Bar> {
        let knobs = ComposingKnobs { style: style_idx, ..ComposingKnobs::default() };
        let (meter, style) = (Meter::COMMON, style(&knobs));
        let mut generator = Generator::new(Arc::clone(model));
        let primer = model.primers().iter().find(|primer| primer.style == style.first);
        generator.begin(&Beginning { style, mode: Mode::Major, start: Tick::ZERO, meter, primer });
        let mut bar = |bar_idx: usize| {
            let place = Place::new(&Take::default(), bar_idx, Tick(96 * bar_idx as i64), meter, &knobs);
            let (base, before) = block_on(place.draw_bar(&mut generator));
            let next = |generator: &mut Generator| {
                let mut rng = Pcg64::seed_from_u64(bar_idx as u64);
                generator.draw(&place.sampling(), &place.constraints(), &Given::default(), &mut rng)
            };
            let after_base = next(&mut generator);
            let at = DENSITIES.map(|density| {
                let place = Place { knobs: ComposingKnobs { density, ..knobs }, ..place };
                let drawn = block_on(at_density(&mut generator, &place, &base, &before, place.start));
                assert_eq!(next(&mut generator), after_base, "it has been fed the base and nothing else");
                notes(&drawn)
            });
            Bar { base: notes(&base), at }
        };
        (0..12).map(&mut bar).collect()
    }

    fn models() -> Vec<(Arc<Model>, u8)> {
        let random = (0..4).map(|seed| (Arc::new(Model::random(1, seed)), 0));
        let shipped = Model::embedded().unwrap();
        random.chain([0, 2, 6].map(|style| (Arc::clone(&shipped), style))).collect()
    }

    #[test]
    fn what_is_there_at_one_density_is_there_at_every_higher_one() {
        for (model, style) in models() {
            for Bar { base, at } in music(&model, style) {
                assert_eq!(at[4], base);
                assert_eq!(at[0], []);
                for pair in at.windows(2) {
                    let same = |a: &Note, b: &Note| {
                        (a.onset, a.pitch, a.family, a.velocity) == (b.onset, b.pitch, b.family, b.velocity)
                    };
                    for note in &pair[0] {
                        assert!(pair[1].iter().any(|other| same(note, other)), "{note:?} is gone");
                    }
                }
            }
        }
    }

    #[test]
    fn added_notes_are_many_and_sound_no_more_at_once_than_the_base() {
        let mut n_all = [0; DENSITIES.len()];
        for (model, style) in models() {
            let bars = music(&model, style);
            let base: Vec<Note> = bars.iter().flat_map(|bar| bar.base.clone()).collect();
            let sounding = |notes: &[Note], tick: i64, family: Family| {
                let at = |note: &&Note| note.family == family && note.onset.0 <= tick && tick < note.end().0;
                notes.iter().filter(at).count()
            };
            let pitched = base.iter().map(|note| note.family).filter(|family| !family.is_drums());
            let families: BTreeSet<Family> = pitched.collect();
            for (density_idx, n) in n_all.iter_mut().enumerate() {
                let notes: Vec<Note> = bars.iter().flat_map(|bar| bar.at[density_idx].clone()).collect();
                *n += notes.len();
                for (tick, family) in (0..96 * 12).flat_map(|tick| families.iter().map(move |f| (tick, *f))) {
                    // An instrument that was silent may play one note.
                    let voices = sounding(&base, tick, family).max(1);
                    assert!(sounding(&notes, tick, family) <= voices, "more than {voices} at {tick}");
                }
                assert!(notes.iter().all(|note| note.duration >= Tick(1)));
            }
        }
        assert!(n_all.is_sorted_by(|a, b| a < b), "{n_all:?}");
        assert!(n_all[8] as f32 > 1.4 * n_all[4] as f32, "{n_all:?}");
    }

    #[test]
    fn a_bar_that_turns_out_longer_is_as_dense_at_its_end() {
        let model = Model::embedded().unwrap();
        let added = |density: f32, seed: u32| -> Vec<Note> {
            let knobs = ComposingKnobs { seed, density, ..ComposingKnobs::default() };
            let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&model)));
            let half = Meter::new(2, 4).unwrap();
            compose_until(&mut take, &mut writer, &knobs, half, Tick(96));
            block_on(writer.stretch_bar(&mut take, 1, Meter::COMMON));
            let notes = take.score().bars[1].notes.clone();
            assert!(notes.is_sorted() && notes.iter().all(|note| note.onset < Tick(48 + 96)));
            notes.into_iter().filter(|note| note.onset >= Tick(96)).collect()
        };
        let n_notes = |density: f32| (1..=8).map(|seed| added(density, seed).len()).sum::<usize>();
        let counts = [0.3, 1.0, 2.0].map(n_notes);
        assert!(counts.is_sorted_by(|a, b| a < b), "{counts:?}");
    }
}
