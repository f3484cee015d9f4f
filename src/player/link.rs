//! The player's side of its talk with the composer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::TryRecvError;

use crate::music::{Beats, Meter, Score, Tick};
use crate::player::handover::{BarLine, Input, Message, Moment, PlayerEnd, Playhead, Published, Settle};
use crate::player::host::bar::HostBar;

/// How long the player may wait for the composer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Since the composer last gave a sign of life.
    pub(crate) quiet: Duration,
    /// In all.
    pub(crate) total: Duration,
}

impl Patience {
    /// For when nobody listens. A jump far into a song that evolves takes a while to compose.
    const LONGEST: Self = Self { quiet: Duration::from_secs(5), total: Duration::from_mins(1) };

    /// While a host says that it renders offline.
    pub(crate) fn offline() -> Self {
        Self::LONGEST
    }

    /// While the song is so far ahead of the clock that a wait would do no harm.
    pub(crate) fn spare(spare: Duration) -> Self {
        Self { total: spare.min(Self::LONGEST.total), ..Self::LONGEST }
    }
}

/// Takes scores in, tells the composer what it must know, and knows what has been answered.
///
/// Only [`Link::await_answer`] may wait, and only for as long as it is told.
#[derive(Debug)]
pub(crate) struct Link {
    end: PlayerEnd,
    current: Published,
    /// How many messages that want an answer have been made.
    n_asked: u64,
    last_moment: Option<Moment>,
    last_bar: Option<(Tick, Meter)>,
    /// The bar that was last found as the host counts it, and in which of the scores that came in.
    agreed: Option<(Tick, Meter, u64)>,
    /// Messages for which there was no room; they go first.
    unsent: VecDeque<Message>,
    /// How many scores have come in.
    n_received: u64,
    /// Whether waiting was in vain: until an answer comes, nobody waits again.
    gave_up: bool,
}

impl Link {
    /// How many messages are kept while the composer does not read; then the oldest are lost.
    const N_UNSENT: usize = 64;

    pub(crate) fn new(end: PlayerEnd) -> Self {
        Self {
            end,
            current: Published::default(),
            n_asked: 0,
            last_moment: None,
            last_bar: None,
            agreed: None,
            unsent: VecDeque::with_capacity(Self::N_UNSENT),
            n_received: 0,
            gave_up: false,
        }
    }

    /// What to play now.
    pub(crate) fn score(&self) -> &Arc<Score> {
        &self.current.score
    }

    pub(crate) fn playhead(&self) -> &Arc<Playhead> {
        &self.end.playhead
    }

    /// Takes the newest score in and sends the old ones back to be freed elsewhere, and sends what could
    /// not be sent before. `false` if the composer is gone.
    pub(crate) fn receive(&mut self) -> bool {
        while let Some(message) = self.unsent.pop_front() {
            if self.end.outbox.try_send(message).is_err() {
                self.unsent.push_front(message);
                break;
            }
        }
        // A score is taken only when there is room to send the old one back.
        while !self.end.retired.is_full() {
            match self.end.inbox.try_recv() {
                Ok(published) => self.retire_for(published),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
        true
    }

    fn retire_for(&mut self, published: Published) {
        if published.answered > self.current.answered {
            self.gave_up = false;
        }
        self.n_received += 1;
        let old = std::mem::replace(&mut self.current, published);
        if let Err(refused) = self.end.retired.try_send(old.score) {
            // The composer is gone, and with it whoever could free this. To leak it once, at the end of
            // an instance's life, is better than to free it on the audio thread.
            std::mem::forget(refused);
        }
    }

    fn send(&mut self, message: Message) {
        if self.unsent.is_empty() && self.end.outbox.try_send(message).is_ok() {
            return;
        }
        if self.unsent.len() >= Self::N_UNSENT {
            self.unsent.pop_front();
        }
        self.unsent.push_back(message);
    }

    /// Tells where things stand, if that is news. While the song moves, its position alone is news only
    /// once in a beat.
    pub(crate) fn tell(&mut self, moment: Moment) {
        let is_news = self.last_moment.is_none_or(|last| {
            let moved = (moment.position - last.position).0.abs();
            let has_moved = if moment.playing { moved >= Tick::PER_BEAT } else { moved > 0 };
            has_moved || Moment { position: moment.position, ..last } != moment
        });
        if is_news {
            self.last_moment = Some(moment);
            self.send(Message::Moment(moment));
        }
    }

    /// Passes on what somebody plays; the number is that of the answer.
    pub(crate) fn hear(&mut self, input: Input) -> u64 {
        self.n_asked += 1;
        self.send(Message::Input(Input { number: self.n_asked, ..input }));
        self.n_asked
    }

    /// Asks for a bar to be settled; the number is that of the answer.
    pub(crate) fn settle(&mut self, settle: Settle) -> u64 {
        self.n_asked += 1;
        self.send(Message::Settle(Settle { number: self.n_asked, ..settle }));
        self.n_asked
    }

    /// Notes that the composer has been told of this bar, so that [`Link::check_bar`] does not repeat it.
    pub(crate) fn knows_bar(&mut self, bar: HostBar) {
        self.last_bar = Some((bar.start, bar.meter));
    }

    /// Tells the composer if the host's bar is not the score's; the number is that of the answer.
    pub(crate) fn check_bar(&mut self, bar: HostBar) -> Option<u64> {
        if self.last_bar == Some((bar.start, bar.meter)) || bar.start < Tick::ZERO {
            return None;
        }
        // The score, which is large and cold, is looked at once for each that comes in.
        let looked_at = Some((bar.start, bar.meter, self.n_received));
        if self.agreed == looked_at {
            return None;
        }
        let composed = self.current.score.bar_at(bar.start);
        if composed.is_some_and(|b| b.start == bar.start && b.meter == bar.meter) {
            self.agreed = looked_at;
            return None;
        }
        self.knows_bar(bar);
        self.n_asked += 1;
        self.send(Message::BarLine(BarLine { number: self.n_asked, start: bar.start, meter: bar.meter }));
        Some(self.n_asked)
    }

    /// Whether everything up to `number` has been answered.
    pub(crate) fn has_answered(&self, number: u64) -> bool {
        self.current.answered >= number
    }

    /// Waits for an answer, as long as patience lasts. With none it does not even look at the clock.
    pub(crate) fn await_answer(&mut self, number: u64, patience: Patience) {
        if patience.total.is_zero() || self.has_answered(number) || self.gave_up {
            return;
        }
        let start = Instant::now();
        let (mut heard_at, mut n_heard) = (start, self.n_received);
        while !self.has_answered(number) {
            let is_composer_there = self.receive();
            if self.has_answered(number) {
                return;
            }
            if self.n_received > n_heard {
                (heard_at, n_heard) = (Instant::now(), self.n_received);
            }
            let is_quiet = heard_at.elapsed() >= patience.quiet;
            if !is_composer_there || is_quiet {
                self.gave_up = true;
                return;
            }
            // The lead is used up; with the next block there is more.
            if start.elapsed() >= patience.total {
                return;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    /// Counts a bar that began before the composer had answered.
    pub(crate) fn count_late(&self) {
        self.end.playhead.count_late();
    }

    /// Lets the editor see whether a bar stands in for one that is late.
    pub(crate) fn show_repeating(&self, is_repeating: bool) {
        self.end.playhead.set_repeating(is_repeating);
    }

    /// Lets the editor see where the song is.
    pub(crate) fn show(&self, position: Beats, is_playing: bool) {
        self.end.playhead.set(position, is_playing);
    }
}
