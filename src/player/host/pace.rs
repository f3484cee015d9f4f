//! Distinguishes live playing from rendering by the wall clock.

use std::time::{Duration, Instant};

/// How far the song runs ahead of the wall clock.
///
/// Not every host reports in time that it renders offline. A host that renders asks for blocks much faster than
/// they sound, and then the player may wait for the composer as long as the lead allows: the wait never makes
/// the song late. Reading the clock is no system call where the kernel maps it into the process, as Linux,
/// macOS and Windows do.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    ahead: f64,
    last: Option<(Instant, f64)>,
}

impl Pace {
    /// How much too early a host that plays live may ask for blocks, in seconds.
    const LIVE: f64 = 0.25;
    /// How much faster than the wall clock the sound card's clock may run in live playing.
    const DRIFT: f64 = 1.005;

    /// The host asks for a block of so many seconds.
    pub(crate) fn add_block(&mut self, now: Instant, seconds: f64) {
        if let Some((then, length)) = self.last {
            let elapsed = now.saturating_duration_since(then).as_secs_f64();
            self.ahead = (self.ahead + length - Self::DRIFT * elapsed).max(0.0);
        }
        self.last = Some((now, seconds));
    }

    /// How long the player may wait without making the song late.
    pub(crate) fn spare_time(&self) -> Duration {
        Duration::try_from_secs_f64(self.ahead - Self::LIVE).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use crate::player::host::pace::Pace;

    fn spare_after(n_blocks: u32, block_seconds: f64, clock_seconds: f64) -> Duration {
        let mut pace = Pace::default();
        let start = Instant::now();
        for idx in 0..n_blocks {
            pace.add_block(start + Duration::from_secs_f64(f64::from(idx) * clock_seconds), block_seconds);
        }
        pace.spare_time()
    }

    #[test]
    fn live_playing_leaves_no_time_to_wait() {
        assert_eq!(spare_after(100_000, 0.01, 0.01), Duration::ZERO);
        assert_eq!(spare_after(100_000, 0.01, 0.009_98), Duration::ZERO, "a fast sound card");
        assert_eq!(spare_after(2, 0.2, 0.0), Duration::ZERO, "a burst of blocks");
    }

    #[test]
    fn rendering_leaves_as_much_time_as_the_song_is_ahead() {
        let spare = spare_after(101, 0.1, 0.0).as_secs_f64();
        assert!((spare - 9.75).abs() < 1e-6, "{spare}");
    }
}
