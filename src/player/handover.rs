//! The hand-over between the audio thread and the composer's thread.
//!
//! Scores go to the player, old scores come back to be freed, and small `Copy` messages keep the composer up to
//! date. Nothing here waits. The composer polls, because waking a thread would take a lock on the audio thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::music::{Beats, Meter, Score, Tick, VoiceLeading, Voices};
use crate::player::knobs::ComposingKnobs;

/// A score with the number of the last [`Settle`] or [`BarLine`] that it answers.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// The score to play.
    pub score: Arc<Score>,
    /// All requests up to this number have been answered.
    pub answered: u64,
}

/// What the player receives, and sends back to be freed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Delivery {
    pub(crate) score: Arc<Score>,
    /// The voices of its notes.
    pub(crate) voices: Voices,
    pub(crate) answered: u64,
}

/// A message of the player to the composer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Message {
    /// The song and the knobs. Sent when they change and once a beat.
    Moment(Moment),
    /// The knobs of a bar are final.
    Settle(Settle),
    /// The host's bar differs from the one in the score.
    BarLine(BarLine),
    /// A key at the input.
    Input(Input),
}

/// A key that went down or up at the plugin's input while the song moved, or that counts as released because the host
/// has interrupted the player. A request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Input {
    /// Counts up together with [`Settle::number`].
    pub number: u64,
    /// The nearest tick of the song.
    pub at: Tick,
    /// That moment exactly.
    pub position: Beats,
    /// MIDI channel, 0 to 15.
    pub channel: u8,
    /// MIDI key, 0 to 127.
    pub key: u8,
    /// 1 to 127; 0 when the key goes up.
    pub velocity: u8,
}

/// A bar as the host counts it. A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarLine {
    /// Counts up together with [`Settle::number`].
    pub number: u64,
    /// The song position of the bar line.
    pub start: Tick,
    /// The bar's time signature.
    pub meter: Meter,
}

/// The song and the knobs at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Whether the song moves.
    pub playing: bool,
    /// Whether the player may wait for the composer, so that every millisecond counts.
    pub offline: bool,
    /// The song position.
    pub position: Tick,
    /// The meter of that bar.
    pub meter: Meter,
    /// Start and end of the loop, if the host loops.
    pub loop_range: Option<(Tick, Tick)>,
    /// The composing knobs, rounded.
    pub knobs: ComposingKnobs,
}

/// The final knobs of the bar at `position`, one beat before the playhead gets there or as soon as it jumps
/// there. A request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settle {
    /// Counts up from 1, together with [`BarLine::number`].
    pub number: u64,
    /// Where the playhead will be. A bar that begins right here is composed again if its knobs differ;
    /// a bar that began earlier stays as it is.
    pub position: Tick,
    /// The bar line at or before `position` as the host counts, if that is known.
    pub line: Option<Tick>,
    /// Whether the playhead jumped here, so that older settles no longer matter.
    pub jumped: bool,
    /// The meter of a bar that begins here, as far as the host has reported it.
    pub meter: Meter,
    /// The composing knobs, rounded.
    pub knobs: ComposingKnobs,
}

/// Where the playhead is, for the editor; lock-free.
#[derive(Debug, Default)]
pub struct Playhead {
    position: AtomicU64,
    is_playing: AtomicBool,
    is_repeating: AtomicBool,
    /// Whether a project has been loaded since the audio thread last looked.
    is_fresh: AtomicBool,
    n_late: AtomicU32,
    /// The bits of the last reported tempo; 0 until then.
    tempo: AtomicU64,
}

impl Playhead {
    /// The song position in quarter notes at the end of the last block.
    #[must_use]
    pub fn position(&self) -> Beats {
        Beats(f64::from_bits(self.position.load(Ordering::Relaxed)))
    }

    /// Whether the song moves.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.is_playing.load(Ordering::Relaxed)
    }

    /// How many bars began before the composer had them ready.
    #[must_use]
    pub fn n_late(&self) -> u32 {
        self.n_late.load(Ordering::Relaxed)
    }

    /// The last tempo that the host reported, in quarter notes a minute; 120 until then.
    #[must_use]
    pub fn tempo(&self) -> f64 {
        let reported = f64::from_bits(self.tempo.load(Ordering::Relaxed));
        if reported > 0.0 { reported } else { 120.0 }
    }

    /// Sets the tempo, in quarter notes a minute.
    pub fn set_tempo(&self, tempo: f64) {
        self.tempo.store(tempo.to_bits(), Ordering::Relaxed);
    }

    /// Whether an earlier bar is playing again, because the composer does not have this one ready.
    #[must_use]
    pub fn is_repeating(&self) -> bool {
        self.is_repeating.load(Ordering::Relaxed)
    }

    /// Reports to the player that another take has been set: it has not played anything of that.
    pub fn mark_fresh(&self) {
        self.is_fresh.store(true, Ordering::Relaxed);
    }

    /// Whether [`Playhead::mark_fresh`] was called since the last time.
    pub(crate) fn take_fresh(&self) -> bool {
        self.is_fresh.load(Ordering::Relaxed) && self.is_fresh.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn set_repeating(&self, is_repeating: bool) {
        self.is_repeating.store(is_repeating, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, position: Beats, is_playing: bool) {
        self.position.store(position.0.to_bits(), Ordering::Relaxed);
        self.is_playing.store(is_playing, Ordering::Relaxed);
    }

    pub(crate) fn count_late(&self) {
        self.n_late.fetch_add(1, Ordering::Relaxed);
    }
}

/// The composer's end.
#[derive(Debug)]
pub struct ComposerEnd {
    inbox: Receiver<Message>,
    outbox: Sender<Delivery>,
    retired: Receiver<Delivery>,
    playhead: Arc<Playhead>,
    voice_leading: VoiceLeading,
}

/// The player's end.
#[derive(Debug)]
pub struct PlayerEnd {
    pub(crate) outbox: Sender<Message>,
    pub(crate) inbox: Receiver<Delivery>,
    pub(crate) retired: Sender<Delivery>,
    pub(crate) playhead: Arc<Playhead>,
}

/// How many messages fit into their channel.
const N_MESSAGES: usize = 1024;
/// How many scores fit into the channel to the player; twice as many into the channel back.
const N_SCORES: usize = 16;

/// Makes both ends.
#[must_use]
pub fn handover() -> (ComposerEnd, PlayerEnd) {
    let (message_sender, message_receiver) = bounded(N_MESSAGES);
    let (score_sender, score_receiver) = bounded(N_SCORES);
    let (retired_sender, retired_receiver) = bounded(2 * N_SCORES);
    let playhead = Arc::new(Playhead::default());
    let composer_end = ComposerEnd {
        inbox: message_receiver,
        outbox: score_sender,
        retired: retired_receiver,
        playhead: Arc::clone(&playhead),
        voice_leading: VoiceLeading::default(),
    };
    let player_end =
        PlayerEnd { outbox: message_sender, inbox: score_receiver, retired: retired_sender, playhead };
    (composer_end, player_end)
}

impl ComposerEnd {
    /// The next message, if there is one.
    #[must_use]
    pub fn receive(&self) -> Option<Message> {
        self.inbox.try_recv().ok()
    }

    /// Sends a score with its voices to the player, or gives it back if the player has not yet taken the ones
    /// before.
    ///
    /// # Errors
    /// If there is no room: try again later.
    pub fn publish(&mut self, published: Published) -> Result<(), Published> {
        if self.outbox.is_full() {
            return Err(published);
        }
        let Published { score, answered } = published;
        let voices = self.voice_leading.lead(&score.bars);
        let refused = |delivery: Delivery| Published { score: delivery.score, answered };
        let sent = self.outbox.try_send(Delivery { score, voices, answered });
        sent.map_err(|error| refused(error.into_inner()))
    }

    /// Frees the scores that the player no longer needs.
    pub fn free_retired(&self) {
        while self.retired.try_recv().is_ok() {}
    }

    /// Where the playhead is.
    #[must_use]
    pub fn playhead(&self) -> &Arc<Playhead> {
        &self.playhead
    }
}
