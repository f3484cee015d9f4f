//! The best choice for a given time.

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum as _;

use crate::cli::train::settings::{Preset, Settings};
use crate::model::network::NetworkConfig;

/// Larger presets in rising order, with the notes that each must see before it predicts better than the one before it
/// does after as long a time. A large network learns more from each note, and a small one sees more of them.
const WORTHWHILE: [(Preset, f64); 2] = [(Preset::Standard, 1.5e6), (Preset::Large, 40e6)];
/// A preset is at most this fast, as a share of the one before it, so that a slow one need not be measured.
const FASTEST: f64 = 0.5;

/// The preset that learns most in this time; `notes_per_second` measures one.
///
/// # Errors
/// If measuring fails.
pub(super) fn best_within(
    time: Duration,
    notes_per_second: impl Fn(Preset) -> Result<f64>,
) -> Result<Preset> {
    let (mut best, mut fastest) = (Preset::Sketch, f64::INFINITY);
    for (preset, n_notes) in WORTHWHILE {
        if fastest * time.as_secs_f64() < n_notes {
            break;
        }
        let speed = notes_per_second(preset)?;
        if speed * time.as_secs_f64() < n_notes {
            break;
        }
        (best, fastest) = (preset, FASTEST * speed);
    }
    Ok(best)
}

/// The preset of an earlier run, by its name, or, where an earlier version kept none, by the sizes of its network.
pub(super) fn preset_of(name: &str, sizes: &NetworkConfig) -> Preset {
    let presets = Preset::value_variants();
    let named = presets.iter().find(|preset| preset.name() == name);
    let like = || presets.iter().find(|preset| Settings::of(**preset).hidden == sizes.hidden);
    named.or_else(like).copied().unwrap_or(Preset::Sketch)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::cli::train::settings::Preset;
    use crate::cli::train::time::best_within;

    /// Of a computer on which a large network is as slow as this, and smaller ones accordingly faster.
    fn chosen(seconds: u64, large: f64) -> Preset {
        let speed = |preset| match preset {
            Preset::Large => large,
            Preset::Standard => 5.0 * large,
            Preset::Sketch => 20.0 * large,
        };
        best_within(Duration::from_secs(seconds), |preset| Ok(speed(preset))).unwrap()
    }

    #[test]
    fn more_time_or_a_faster_computer_means_a_larger_network() {
        let slow: Vec<Preset> =
            [60, 3600, 24 * 3600].into_iter().map(|seconds| chosen(seconds, 1000.0)).collect();
        assert_eq!(slow, [Preset::Sketch, Preset::Standard, Preset::Large]);
        assert_eq!(chosen(60, 5000.0), Preset::Standard);
        assert_eq!(chosen(1800, 50_000.0), Preset::Large);
    }
}
