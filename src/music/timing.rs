//! Whether a file is a score or a performance, and where the notes of a performance belong.
//!
//! A performance hardly ever has an onset exactly on a place of the score, but its onsets cluster around them.
//! A recording that was not played to the beat of its file has no such clusters: its onsets lie anywhere.

use std::f64::consts::TAU;

use crate::music::feel::Feel;
use crate::music::time::Tick;

/// How the onsets of a file lie against its beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timing {
    /// Written: on the ticks, or on tuplets between them.
    #[default]
    Score,
    /// Played to the beat of the file.
    Performance,
    /// Not played to the beat of the file, so that bars, beats and note values mean nothing.
    Free,
}

/// With fewer different onsets a file is never called free: few of them cluster by chance.
const MIN_ONSETS: usize = 64;
/// Onsets that cluster less than this around every division of the beat lie anywhere.
const FREE_BELOW: f64 = 0.2;
/// A performance has at least this share of its onsets off the ticks.
const OFF_TICKS: f64 = 0.2;
/// And they lie on at least as many places of the beat as this; a score needs few more for its quintuplets and septuplets.
const OFF_PLACES: f64 = 12.0;

/// How `onsets` lie against the beat: different ones, ascending, in file ticks.
#[must_use]
pub(crate) fn timing(onsets: &[u64], ticks_per_beat: u32) -> Timing {
    let ticks_per_beat = f64::from(ticks_per_beat.max(1));
    let beats: Vec<f64> = onsets.iter().map(|onset| (*onset as f64 / ticks_per_beat).fract()).collect();
    // Down to thirty-seconds, tuplets included.
    let lies_anywhere = (1..=8).all(|parts| concentration(&beats, parts) < FREE_BELOW);
    if lies_anywhere && onsets.len() >= MIN_ONSETS {
        return Timing::Free;
    }
    // A file rounds what lies on a tick to the nearest of its own ticks.
    let rounding = 0.6 * Tick::PER_BEAT as f64 / ticks_per_beat;
    let is_off = |beat: &f64| {
        let ticks = beat * Tick::PER_BEAT as f64;
        (ticks - ticks.round()).abs() > rounding
    };
    let mut off: Vec<f64> = beats.iter().copied().filter(is_off).collect();
    off.sort_unstable_by(f64::total_cmp);
    let is_performed = off.len() as f64 >= OFF_TICKS * beats.len() as f64 && n_places(&off) >= OFF_PLACES;
    if is_performed { Timing::Performance } else { Timing::Score }
}

/// How many places sorted moments lie on, each counted by how often it is used. (The exponential of the entropy.)
fn n_places(sorted: &[f64]) -> f64 {
    let n_moments = sorted.len().max(1) as f64;
    let shares = sorted.chunk_by(|a, b| b - a < 1e-9).map(|same| same.len() as f64 / n_moments);
    shares.map(|share| -share * share.ln()).sum::<f64>().exp()
}

/// How closely moments, in beats, cluster around the multiples of a `parts`th of a beat: 1 when all lie on one place
/// between them, near 0 when they lie anywhere. (The mean resultant length of circular statistics.)
fn concentration(beats: &[f64], parts: u32) -> f64 {
    let (sum_cos, sum_sin) = beats.iter().fold((0.0, 0.0), |(cos, sin), beat| {
        let angle = TAU * f64::from(parts) * beat;
        (cos + angle.cos(), sin + angle.sin())
    });
    f64::hypot(sum_cos, sum_sin) / beats.len().max(1) as f64
}

/// The places of a beat that performed notes can belong to, in ticks: thirty-seconds and triplets of sixteenths. The
/// last is the next beat.
const PLACES: [f64; 13] = [0.0, 3.0, 4.0, 6.0, 8.0, 9.0, 12.0, 15.0, 16.0, 18.0, 20.0, 21.0, 24.0];
/// How far a player's notes spread around their places, in ticks.
const SPREAD: f64 = 1.25;

/// How often a performance uses each place of the beat, learned from all its onsets.
///
/// Places that it hardly uses attract no notes: a shuffle has no thirty-seconds, however far its eighths swing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Places([f64; PLACES.len()]);

impl Places {
    /// Learns from moments in quarter notes: a mixture of places with equal spread, by expectation and maximisation.
    #[must_use]
    pub(crate) fn of(beats: &[f64]) -> Self {
        const ROUNDS: usize = 20;
        let mut places = Self([1.0 / PLACES.len() as f64; PLACES.len()]);
        for _ in 0..ROUNDS {
            let mut sums = [0.0; PLACES.len()];
            for beat in beats {
                let likelihoods = places.likelihoods(beat.rem_euclid(1.0) * Tick::PER_BEAT as f64);
                let total: f64 = likelihoods.iter().sum::<f64>().max(f64::MIN_POSITIVE);
                sums.iter_mut().zip(likelihoods).for_each(|(sum, likelihood)| *sum += likelihood / total);
            }
            // The next beat is a beat.
            let on_beat = sums[0] + sums[PLACES.len() - 1];
            (sums[0], sums[PLACES.len() - 1]) = (on_beat, on_beat);
            let total: f64 = sums.iter().sum::<f64>() - on_beat;
            // Half a note at each place, so that none is impossible.
            places.0 = sums.map(|sum| (sum + 0.5) / (total + 6.0));
        }
        places
    }

    /// The tick that a moment, in quarter notes, belongs to, and how far it lies from it.
    #[must_use]
    pub(crate) fn place(&self, beats: f64) -> (Tick, Feel) {
        let in_beat = beats.rem_euclid(1.0) * Tick::PER_BEAT as f64;
        let likelihoods = self.likelihoods(in_beat);
        let best = (0..PLACES.len()).max_by(|a, b| likelihoods[*a].total_cmp(&likelihoods[*b])).unwrap_or(0);
        let beat = Tick(beats.floor() as i64 * Tick::PER_BEAT);
        (beat + Tick(PLACES[best] as i64), Feel::from_ticks_round(in_beat - PLACES[best]))
    }

    fn likelihoods(&self, in_beat: f64) -> [f64; PLACES.len()] {
        std::array::from_fn(|idx| {
            let distance = (in_beat - PLACES[idx]) / SPREAD;
            self.0[idx] * (-0.5 * distance * distance).exp()
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    use crate::music::timing::{Places, Timing, timing};

    /// A number around zero, as far as `spread`, likelier near zero.
    fn error(spread: f64, rng: &mut Pcg64Mcg) -> f64 {
        (0..4).map(|_| rng.random_range(-1.0..1.0)).sum::<f64>() / 2.0 * spread
    }

    /// Two bars of a rhythm again and again, in file ticks, each onset early or late by up to some ticks.
    fn played(rhythm: &[f64], spread: f64, ticks_per_beat: f64) -> Vec<u64> {
        let mut rng = Pcg64Mcg::seed_from_u64(5);
        let onset = |beat: f64, rng: &mut Pcg64Mcg| {
            ((beat + 1.0 + error(spread / 24.0, rng)) * ticks_per_beat).round() as u64
        };
        let mut onsets: Vec<u64> = (0..40)
            .flat_map(|bar| rhythm.iter().map(move |beat| f64::from(bar) * 4.0 + beat))
            .map(|beat| onset(beat, &mut rng))
            .collect();
        onsets.sort_unstable();
        onsets.dedup();
        onsets
    }

    const EIGHTHS: [f64; 8] = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5];
    const SWUNG: [f64; 8] = [0.0, 0.62, 1.0, 1.62, 2.0, 2.62, 3.0, 3.62];

    #[test]
    fn what_is_written_is_a_score_also_with_tuplets_and_in_coarse_files() {
        let fifths: Vec<f64> = (0..20).map(|idx| f64::from(idx) / 5.0).collect();
        let sevenths: Vec<f64> = (0..28).map(|idx| f64::from(idx) / 7.0).collect();
        for ticks_per_beat in [24.0, 48.0, 96.0, 100.0, 120.0, 384.0, 480.0, 960.0, 1024.0] {
            for rhythm in [&EIGHTHS[..], &[0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0, 2.5, 2.75], &fifths, &sevenths] {
                let onsets = played(rhythm, 0.0, ticks_per_beat);
                assert_eq!(
                    timing(&onsets, ticks_per_beat as u32),
                    Timing::Score,
                    "{ticks_per_beat} {rhythm:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_played_to_the_beat_is_a_performance_straight_or_swung() {
        for rhythm in [EIGHTHS, SWUNG] {
            for ticks_per_beat in [96.0, 220.0, 480.0] {
                let onsets = played(&rhythm, 1.6, ticks_per_beat);
                assert_eq!(timing(&onsets, ticks_per_beat as u32), Timing::Performance, "{ticks_per_beat}");
            }
        }
    }

    #[test]
    fn what_was_played_at_another_tempo_or_without_a_beat_is_free() {
        let at_another_tempo: Vec<u64> =
            (0..400).map(|idx| (f64::from(idx) * 480.0 * 0.4417) as u64).collect();
        assert_eq!(timing(&at_another_tempo, 480), Timing::Free);
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        let mut onset = 0;
        let without_a_beat: Vec<u64> = (0..300)
            .map(|_| {
                onset += rng.random_range(40..700);
                onset
            })
            .collect();
        assert_eq!(timing(&without_a_beat, 480), Timing::Free);
        // Rounded to the ticks it is just as free.
        let rounded: Vec<u64> = at_another_tempo.iter().map(|onset| onset / 20 * 20).collect();
        assert_eq!(timing(&rounded, 480), Timing::Free);
        assert_ne!(timing(&without_a_beat[..40], 480), Timing::Free, "too few to say");
    }

    fn rhythm_of(onsets: &[u64], n_in_bar: usize) -> (Vec<i64>, f64) {
        let beats: Vec<f64> = onsets.iter().map(|onset| *onset as f64 / 480.0).collect();
        let places = Places::of(&beats);
        let placed: Vec<_> = beats.iter().map(|beat| places.place(*beat)).collect();
        let worst = beats
            .iter()
            .zip(&placed)
            .map(|(beat, (tick, feel))| (beat * 24.0 - tick.0 as f64 - feel.ticks()).abs())
            .fold(0.0, f64::max);
        (placed[..n_in_bar].iter().map(|(tick, _)| tick.0 - 24).collect(), worst)
    }

    #[test]
    fn played_notes_come_to_the_places_they_were_meant_for() {
        let (straight, worst) = rhythm_of(&played(&EIGHTHS, 2.0, 480.0), 8);
        assert_eq!(straight, [0, 12, 24, 36, 48, 60, 72, 84]);
        assert!(worst <= 0.125 + 1e-9, "the feel says where a note was played: {worst}");
        let (swung, _) = rhythm_of(&played(&SWUNG, 1.5, 480.0), 8);
        assert_eq!(swung, [0, 15, 24, 39, 48, 63, 72, 87]);
        let sixteenths: Vec<f64> = (0..16).map(|idx| f64::from(idx) / 4.0).collect();
        let (sixteenths, _) = rhythm_of(&played(&sixteenths, 2.0, 480.0), 16);
        assert_eq!(sixteenths, (0..16).map(|idx| idx * 6).collect::<Vec<_>>());
    }

    #[test]
    fn a_note_before_the_beat_belongs_to_it() {
        let places = Places::of(&[0.98, 2.03, 3.01, 4.97]);
        let (tick, feel) = places.place(2.96);
        assert_eq!((tick.0, feel.quarter_ticks()), (72, -4));
        assert_eq!(places.place(-0.04).0.0, 0);
    }
}
