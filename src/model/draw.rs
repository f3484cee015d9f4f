//! Draws a class from logits: temperature, min-p, nucleus, draw.

use multiversion::multiversion;
use rand::{Rng, RngExt};

use crate::model::activation::exp;

/// How a part is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartSampling {
    /// Divides the logits; below 0.01 the likeliest class is taken.
    pub(crate) temperature: f32,
    /// Keep the likeliest classes that together hold this probability.
    pub(crate) nucleus: f32,
    /// Drop classes less likely than this share of the likeliest.
    pub(crate) min_p: f32,
}

/// Draws a class, and returns it with its probability. Classes whose logit is −∞ are never drawn; `None` when all
/// are.
///
/// `logits` is overwritten.
pub(crate) fn draw_class<R: Rng>(
    logits: &mut [f32],
    sampling: PartSampling,
    rng: &mut R,
) -> Option<(usize, f32)> {
    // One number is taken from `rng` in every case, so that later draws do not shift.
    let dart: f32 = rng.random();
    let likeliest = logits
        .iter()
        .enumerate()
        .filter(|(_, logit)| **logit > f32::NEG_INFINITY)
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map(|(class, _)| class)?;
    if sampling.temperature < 0.01 {
        return Some((likeliest, 1.0));
    }
    weigh(logits, logits[likeliest], sampling.temperature);
    truncate(logits, sampling);
    let total: f32 = logits.iter().sum();
    let mut remaining = dart * total;
    for (class, probability) in logits.iter().enumerate() {
        if *probability > 0.0 {
            remaining -= probability;
            if remaining < 0.0 {
                return Some((class, probability / total));
            }
        }
    }
    Some((likeliest, 1.0 / total))
}

/// Turns logits into weights: 1 for the likeliest class, 0 for excluded ones.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn weigh(logits: &mut [f32], highest: f32, temperature: f32) {
    for logit in logits {
        // Our own exponential: the system's differs from one system to another.
        let weight = exp((*logit - highest) / temperature);
        *logit = if *logit == f32::NEG_INFINITY { 0.0 } else { weight };
    }
}

/// Sets the weights of unlikely classes to zero. The likeliest has weight 1 and always stays.
fn truncate(weights: &mut [f32], sampling: PartSampling) {
    for weight in weights.iter_mut() {
        if *weight < sampling.min_p {
            *weight = 0.0;
        }
    }
    if sampling.nucleus < 1.0 {
        let total: f32 = weights.iter().sum();
        let mut ranks = [0_u8; 256];
        let Some(ranked) = ranks.get_mut(..weights.len()) else { return };
        (0..=u8::MAX).zip(ranked.iter_mut()).for_each(|(class, ranked)| *ranked = class);
        let weight = |class: u8| weights[usize::from(class)];
        ranked.sort_unstable_by(|a, b| weight(*b).total_cmp(&weight(*a)).then(a.cmp(b)));
        let mut held = 0.0;
        for class in ranked {
            let weight = &mut weights[usize::from(*class)];
            held += std::mem::replace(weight, if held >= sampling.nucleus * total { 0.0 } else { *weight });
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    use crate::model::draw::{PartSampling, draw_class};

    const PLAIN: PartSampling = PartSampling { temperature: 1.0, nucleus: 1.0, min_p: 0.0 };

    fn share_of(class: usize, logits: &[f32], sampling: PartSampling) -> f32 {
        let mut rng = Pcg64Mcg::seed_from_u64(7);
        let n_draws = 20_000;
        let hits = (0..n_draws)
            .filter(|_| {
                draw_class(&mut logits.to_vec(), sampling, &mut rng).is_some_and(|drawn| drawn.0 == class)
            })
            .count();
        hits as f32 / n_draws as f32
    }

    #[test]
    fn classes_come_as_often_as_their_probability() {
        let logits = [0.5_f32.ln(), 0.3_f32.ln(), 0.2_f32.ln()];
        for (class, expected) in [0.5, 0.3, 0.2].into_iter().enumerate() {
            assert!((share_of(class, &logits, PLAIN) - expected).abs() < 0.02);
        }
    }

    #[test]
    fn a_class_comes_with_the_probability_it_was_drawn_with() {
        let mut rng = Pcg64Mcg::seed_from_u64(7);
        let logits = [0.5_f32.ln(), 0.3_f32.ln(), 0.2_f32.ln(), f32::NEG_INFINITY];
        for _ in 0..100 {
            let (class, probability) = draw_class(&mut logits.to_vec(), PLAIN, &mut rng).unwrap();
            assert!((probability - [0.5, 0.3, 0.2][class]).abs() < 1e-6);
        }
    }

    #[test]
    fn a_masked_class_is_never_drawn_at_any_temperature() {
        for temperature in [0.0, 0.1, 1.0, 5.0] {
            let sampling = PartSampling { temperature, ..PLAIN };
            assert!(share_of(1, &[0.0, f32::NEG_INFINITY, -3.0], sampling) == 0.0);
        }
        let mut rng = Pcg64Mcg::seed_from_u64(7);
        assert_eq!(draw_class(&mut [f32::NEG_INFINITY; 4], PLAIN, &mut rng), None);
    }

    #[test]
    fn nucleus_and_min_p_cut_the_tail() {
        let logits = [0.6_f32.ln(), 0.3_f32.ln(), 0.1_f32.ln()];
        assert!(share_of(2, &logits, PartSampling { nucleus: 0.85, ..PLAIN }) == 0.0);
        assert!(share_of(2, &logits, PartSampling { min_p: 0.2, ..PLAIN }) == 0.0);
        assert!((share_of(0, &logits, PartSampling { nucleus: 0.85, ..PLAIN }) - 2.0 / 3.0).abs() < 0.02);
    }

    #[test]
    fn zero_temperature_takes_the_likeliest_class() {
        assert!(
            (share_of(1, &[0.0, 0.1, -1.0], PartSampling { temperature: 0.0, ..PLAIN }) - 1.0).abs() < 1e-6
        );
    }
}
