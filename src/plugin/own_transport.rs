//! The transport of the application, which has no host to report one.
//!
//! [`OwnTransport`] is what the editor sets and the audio thread reads, without a lock. [`SongPosition`] belongs to the
//! audio thread: it counts where the song is, as a host does.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use crate::music::{Beats, Meter};
use crate::player::Transport;

/// The song as the user has set it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Song {
    /// Quarter notes a minute.
    pub tempo: f64,
    /// The time signature, from the first bar on.
    pub meter: Meter,
    /// The length of the loop in bars; 0 if the song does not loop.
    pub loop_bars: u32,
}

impl Song {
    /// The tempos that can be set, in quarter notes a minute.
    pub const TEMPOS: std::ops::RangeInclusive<f64> = 20.0..=300.0;
    /// The longest loop in bars.
    pub const MAX_LOOP: u32 = 64;

    /// The same with values that can be set.
    #[must_use]
    pub fn valid(self) -> Self {
        let (slowest, fastest) = (*Self::TEMPOS.start(), *Self::TEMPOS.end());
        let tempo = if self.tempo.is_nan() { Self::default().tempo } else { self.tempo };
        Self { tempo: tempo.clamp(slowest, fastest), loop_bars: self.loop_bars.min(Self::MAX_LOOP), ..self }
    }

    fn bar_length(self) -> f64 {
        self.meter.bar_length().to_beats().0
    }
}

impl Default for Song {
    fn default() -> Self {
        Self { tempo: 120.0, meter: Meter::COMMON, loop_bars: 0 }
    }
}

/// The transport that the editor sets and the audio thread reads.
#[derive(Debug)]
pub struct OwnTransport {
    is_playing: AtomicBool,
    /// Whether the next block begins at the first bar.
    must_return: AtomicBool,
    /// The bits of the tempo.
    tempo: AtomicU64,
    /// Numerator and denominator, eight bits each.
    meter: AtomicU32,
    loop_bars: AtomicU32,
    n_blocks: AtomicU64,
    has_lost_audio: AtomicBool,
}

impl Default for OwnTransport {
    fn default() -> Self {
        Self::new(Song::default())
    }
}

impl OwnTransport {
    /// A transport that stands at the first bar.
    #[must_use]
    pub fn new(song: Song) -> Self {
        let transport = Self {
            is_playing: AtomicBool::new(false),
            must_return: AtomicBool::new(false),
            tempo: AtomicU64::new(0),
            meter: AtomicU32::new(0),
            loop_bars: AtomicU32::new(0),
            n_blocks: AtomicU64::new(0),
            has_lost_audio: AtomicBool::new(false),
        };
        transport.set_song(song);
        transport
    }

    /// Starts the song where it stands.
    pub fn play(&self) {
        self.is_playing.store(true, Ordering::Relaxed);
    }

    /// Stops the song.
    pub fn stop(&self) {
        self.is_playing.store(false, Ordering::Relaxed);
    }

    /// Whether the song is to move.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.is_playing.load(Ordering::Relaxed)
    }

    /// Goes to the first bar.
    pub fn return_to_start(&self) {
        self.must_return.store(true, Ordering::Relaxed);
    }

    /// The song as it is set.
    #[must_use]
    pub fn song(&self) -> Song {
        let meter = self.meter.load(Ordering::Relaxed);
        Song {
            tempo: f64::from_bits(self.tempo.load(Ordering::Relaxed)),
            meter: Meter::new(meter >> 8, meter & 0xff).unwrap_or(Meter::COMMON),
            loop_bars: self.loop_bars.load(Ordering::Relaxed),
        }
    }

    /// Sets tempo, meter and loop. The audio thread may see them one block apart.
    pub fn set_song(&self, song: Song) {
        let Song { tempo, meter, loop_bars } = song.valid();
        let meter = u32::from(meter.numerator()) << 8 | u32::from(meter.denominator());
        self.tempo.store(tempo.to_bits(), Ordering::Relaxed);
        self.meter.store(meter, Ordering::Relaxed);
        self.loop_bars.store(loop_bars, Ordering::Relaxed);
    }

    /// How many blocks have been played.
    #[must_use]
    pub fn n_blocks(&self) -> u64 {
        self.n_blocks.load(Ordering::Acquire)
    }

    /// Counts a block that has been played, its events sent.
    pub fn count_block(&self) {
        self.n_blocks.fetch_add(1, Ordering::Release);
    }

    /// Reports that no more audio is asked for: the device is gone, or its server has ended.
    pub fn lose_audio(&self) {
        self.has_lost_audio.store(true, Ordering::Relaxed);
    }

    /// Whether no more audio is asked for.
    #[must_use]
    pub fn has_lost_audio(&self) -> bool {
        self.has_lost_audio.load(Ordering::Relaxed)
    }
}

/// Where the song is, on the audio thread.
#[derive(Debug, Default)]
pub struct SongPosition {
    song: Song,
    /// The last position from which samples are counted: where the song was started, set or looped back to.
    anchor: f64,
    /// The samples since.
    n_samples: u64,
    /// The first beat of the loop.
    loop_start: f64,
}

impl SongPosition {
    /// The transport at the first sample of a block. Goes on to the block's end.
    pub fn advance(&mut self, own: &OwnTransport, n_samples: u32, sample_rate: f64) -> Transport {
        self.follow(own, sample_rate);
        let is_playing = own.is_playing();
        let position = self.position(sample_rate);
        let (song, bar_length) = (self.song, self.song.bar_length());
        let loop_end = self.loop_start + f64::from(song.loop_bars) * bar_length;
        let loops = song.loop_bars > 0;
        if is_playing {
            self.n_samples += u64::from(n_samples);
            let end = self.position(sample_rate);
            if loops && end >= loop_end {
                let beyond = (end - loop_end) % (loop_end - self.loop_start);
                self.jump(self.loop_start + beyond);
            }
        }
        Transport {
            playing: is_playing,
            position: Some(Beats(position)),
            tempo: Some(song.tempo),
            meter: Some(song.meter),
            bar_start: Some(Beats((position / bar_length).floor() * bar_length)),
            loop_range: loops.then_some((Beats(self.loop_start), Beats(loop_end))),
            offline: false,
        }
    }

    /// Takes over what the user has set.
    fn follow(&mut self, own: &OwnTransport, sample_rate: f64) {
        let song = own.song();
        if own.must_return.swap(false, Ordering::Relaxed) {
            self.jump(0.0);
            self.loop_start = 0.0;
        }
        if song == self.song {
            return;
        }
        let position = self.position(sample_rate);
        let has_other_loop = (song.loop_bars, song.meter) != (self.song.loop_bars, self.song.meter);
        self.jump(position);
        self.song = song;
        if has_other_loop && song.loop_bars > 0 {
            // The loop is around the playhead: bars 5 to 8 if the song is in bar 6 and loops four bars.
            let length = f64::from(song.loop_bars) * song.bar_length();
            self.loop_start = (position / length).floor() * length;
        }
    }

    fn position(&self, sample_rate: f64) -> f64 {
        self.anchor + self.n_samples as f64 * self.song.tempo / (60.0 * sample_rate)
    }

    fn jump(&mut self, position: f64) {
        (self.anchor, self.n_samples) = (position, 0);
    }
}

#[cfg(test)]
mod tests {
    use crate::music::{Beats, Meter};
    use crate::plugin::own_transport::{OwnTransport, Song, SongPosition};

    /// Samples a second.
    const RATE: f64 = 48_000.0;
    /// A beat at 120 a minute.
    const BEAT: u32 = 24_000;

    fn position(song: &mut SongPosition, own: &OwnTransport, n_samples: u32) -> Beats {
        song.advance(own, n_samples, RATE).position.unwrap()
    }

    #[test]
    fn the_song_moves_only_while_it_plays_and_returns_to_the_first_bar() {
        let (own, mut song) = (OwnTransport::default(), SongPosition::default());
        assert_eq!(position(&mut song, &own, BEAT), Beats(0.0));
        own.play();
        let positions = [(); 3].map(|()| position(&mut song, &own, BEAT));
        assert_eq!(positions, [0.0, 1.0, 2.0].map(Beats));
        own.stop();
        assert_eq!([(); 2].map(|()| position(&mut song, &own, BEAT)), [3.0, 3.0].map(Beats));
        own.play();
        own.return_to_start();
        assert_eq!([(); 2].map(|()| position(&mut song, &own, BEAT)), [0.0, 1.0].map(Beats));
    }

    #[test]
    fn another_tempo_goes_on_from_where_the_song_is() {
        let (own, mut song) = (OwnTransport::default(), SongPosition::default());
        own.play();
        position(&mut song, &own, BEAT);
        own.set_song(Song { tempo: 60.0, ..own.song() });
        assert_eq!([(); 3].map(|()| position(&mut song, &own, BEAT)), [1.0, 1.5, 2.0].map(Beats));
    }

    #[test]
    fn the_loop_is_around_the_playhead_and_wraps_inside_a_block() {
        let (own, mut song) = (OwnTransport::default(), SongPosition::default());
        own.play();
        // Into the sixth bar of 4/4.
        position(&mut song, &own, 21 * BEAT);
        own.set_song(Song { loop_bars: 4, ..own.song() });
        let transport = song.advance(&own, 10 * BEAT, RATE);
        assert_eq!(transport.loop_range, Some((Beats(16.0), Beats(32.0))));
        assert_eq!(transport.bar_start, Some(Beats(20.0)));
        // From 31 on, two beats: one before the loop's end, one after it.
        assert_eq!([(); 2].map(|()| position(&mut song, &own, 2 * BEAT)), [31.0, 17.0].map(Beats));
    }

    #[test]
    fn no_block_is_so_long_that_it_leaves_the_loop() {
        let (own, mut song) = (OwnTransport::default(), SongPosition::default());
        own.set_song(Song { loop_bars: 1, ..own.song() });
        own.play();
        position(&mut song, &own, 11 * BEAT);
        assert_eq!(position(&mut song, &own, BEAT), Beats(3.0));
    }

    #[test]
    fn impossible_songs_become_possible_ones() {
        let own = OwnTransport::new(Song { tempo: 1e9, loop_bars: 1 << 20, ..Song::default() });
        assert_eq!(own.song(), Song { tempo: 300.0, meter: Meter::COMMON, loop_bars: 64 });
        own.set_song(Song { tempo: f64::NAN, ..own.song() });
        assert_eq!(own.song(), Song { tempo: 120.0, meter: Meter::COMMON, loop_bars: 64 });
    }
}
