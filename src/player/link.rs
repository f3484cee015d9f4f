//! The player's connection to the composer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::TryRecvError;

use crate::music::{Beats, Meter, Score, Tick};
use crate::player::handover::{BarLine, Input, Message, Moment, PlayerEnd, Playhead, Published, Settle};
use crate::player::host::bar::HostBar;

/// How long the player may wait for the composer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WaitLimit {
    /// Since the last score came in.
    pub(crate) quiet: Duration,
    /// In all.
    pub(crate) total: Duration,
}

impl WaitLimit {
    /// While a host says that it renders offline. A jump far into a song that evolves takes a while to compose.
    pub(crate) const OFFLINE: Self = Self { quiet: Duration::from_secs(5), total: Duration::from_mins(1) };

    /// While the song is so far ahead of the wall clock that a wait of `spare_time` does no harm.
    pub(crate) fn within(spare_time: Duration) -> Self {
        Self { total: spare_time.min(Self::OFFLINE.total), ..Self::OFFLINE }
    }
}

/// A wait for an answer.
#[derive(Debug)]
struct Wait {
    begun: Instant,
    /// When the last score came in, and how many had come in by then.
    received_at: Instant,
    n_received: u64,
}

impl Wait {
    fn new(now: Instant, n_received: u64) -> Self {
        Self { begun: now, received_at: now, n_received }
    }
}

/// Receives scores, sends messages, and keeps track of which requests have been answered.
///
/// Only [`Link::await_answer`] may wait, and only within its limit.
#[derive(Debug)]
pub(crate) struct Link {
    end: PlayerEnd,
    current: Published,
    /// How many requests have been made.
    n_requests: u64,
    last_moment: Option<Moment>,
    last_bar: Option<(Tick, Meter)>,
    /// The bar that was last found the same in host and score, and in which of the received scores.
    agreed: Option<(Tick, Meter, u64)>,
    /// Messages that did not fit into the channel, to be sent first.
    unsent: VecDeque<Message>,
    /// How many scores have been received.
    n_received: u64,
    /// Whether a wait was in vain. Then the player does not wait again before an answer has come.
    gave_up: bool,
}

impl Link {
    /// How many messages are kept while the composer receives none; then the oldest are lost.
    const N_UNSENT: usize = 64;

    pub(crate) fn new(end: PlayerEnd) -> Self {
        Self {
            end,
            current: Published::default(),
            n_requests: 0,
            last_moment: None,
            last_bar: None,
            agreed: None,
            unsent: VecDeque::with_capacity(Self::N_UNSENT),
            n_received: 0,
            gave_up: false,
        }
    }

    /// The score to play now.
    pub(crate) fn score(&self) -> &Arc<Score> {
        &self.current.score
    }

    pub(crate) fn playhead(&self) -> &Arc<Playhead> {
        &self.end.playhead
    }

    /// Receives the newest score, sends the old ones back to be freed by the composer, and sends messages that
    /// could not be sent before. Returns whether the composer still exists.
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
                Ok(published) => self.replace_score(published),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
        true
    }

    fn replace_score(&mut self, published: Published) {
        if published.answered > self.current.answered {
            self.gave_up = false;
        }
        self.n_received += 1;
        let old = std::mem::replace(&mut self.current, published);
        if let Err(refused) = self.end.retired.try_send(old.score) {
            // The composer is gone, so nobody else can free this. A leak, once in the life of an instance, is
            // better than freeing it on the audio thread.
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

    /// Sends the song and the knobs, if they have changed. While the song moves, its position alone counts as a
    /// change only once a beat.
    pub(crate) fn send_moment(&mut self, moment: Moment) {
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

    /// Sends a key at the input; returns the number of the request.
    pub(crate) fn send_input(&mut self, input: Input) -> u64 {
        self.n_requests += 1;
        self.send(Message::Input(Input { number: self.n_requests, ..input }));
        self.n_requests
    }

    /// Requests a bar to be settled; returns the number of the request.
    pub(crate) fn settle(&mut self, settle: Settle) -> u64 {
        self.n_requests += 1;
        self.send(Message::Settle(Settle { number: self.n_requests, ..settle }));
        self.n_requests
    }

    /// Remembers that the composer knows this bar, so that [`Link::check_bar`] does not send it.
    pub(crate) fn remember_bar(&mut self, bar: HostBar) {
        self.last_bar = Some((bar.start, bar.meter));
    }

    /// Sends the host's bar if it is not the score's; returns the number of the request.
    pub(crate) fn check_bar(&mut self, bar: HostBar) -> Option<u64> {
        if self.last_bar == Some((bar.start, bar.meter)) || bar.start < Tick::ZERO {
            return None;
        }
        // The score is large and not in the cache, so it is looked at only once for each that comes in.
        let looked_at = Some((bar.start, bar.meter, self.n_received));
        if self.agreed == looked_at {
            return None;
        }
        let composed = self.current.score.bar_at(bar.start);
        if composed.is_some_and(|b| b.start == bar.start && b.meter == bar.meter) {
            self.agreed = looked_at;
            return None;
        }
        self.remember_bar(bar);
        self.n_requests += 1;
        self.send(Message::BarLine(BarLine { number: self.n_requests, start: bar.start, meter: bar.meter }));
        Some(self.n_requests)
    }

    /// Whether everything up to `number` has been answered.
    pub(crate) fn has_answered(&self, number: u64) -> bool {
        self.current.answered >= number
    }

    /// Waits for an answer within the limit. With no time to wait it does not even read the clock.
    pub(crate) fn await_answer(&mut self, number: u64, limit: WaitLimit) {
        if limit.total.is_zero() || self.has_answered(number) || self.gave_up {
            return;
        }
        let mut wait = Wait::new(Instant::now(), self.n_received);
        while self.must_wait(number, limit, &mut wait, Instant::now()) {
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    /// Receives scores, and returns whether the answer is missing and there is time to wait for it.
    fn must_wait(&mut self, number: u64, limit: WaitLimit, wait: &mut Wait, now: Instant) -> bool {
        let has_composer = self.receive();
        if self.has_answered(number) {
            return false;
        }
        if self.n_received > wait.n_received {
            (wait.received_at, wait.n_received) = (now, self.n_received);
        }
        let is_quiet = now.saturating_duration_since(wait.received_at) >= limit.quiet;
        if !has_composer || is_quiet {
            self.gave_up = true;
            return false;
        }
        // Time to wait that is used up comes back with the next block.
        now.saturating_duration_since(wait.begun) < limit.total
    }

    /// Counts a bar that began before the composer had answered.
    pub(crate) fn count_late(&self) {
        self.end.playhead.count_late();
    }

    /// Shows the editor whether an earlier bar is playing in place of one that is late.
    pub(crate) fn show_repeating(&self, is_repeating: bool) {
        self.end.playhead.set_repeating(is_repeating);
    }

    /// Shows the editor where the song is.
    pub(crate) fn show(&self, position: Beats, is_playing: bool) {
        self.end.playhead.set(position, is_playing);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use crate::music::{Meter, Tick};
    use crate::player::handover::{ComposerEnd, Published, Settle, handover};
    use crate::player::knobs::ComposingKnobs;
    use crate::player::link::{Link, Wait, WaitLimit};

    /// A composer's end, and a link that has made a request, which the number is of.
    fn waiting() -> (ComposerEnd, Link, u64) {
        let (composer_end, player_end) = handover();
        let mut link = Link::new(player_end);
        let number = link.settle(Settle {
            number: 0,
            position: Tick::ZERO,
            line: None,
            jumped: false,
            meter: Meter::COMMON,
            knobs: ComposingKnobs::default(),
        });
        (composer_end, link, number)
    }

    fn publish(composer_end: &ComposerEnd, answered: u64) {
        assert!(composer_end.publish(Published { answered, ..Published::default() }).is_ok());
    }

    #[test]
    fn rendering_without_a_composer_does_not_wait() {
        let (composer_end, mut link, number) = waiting();
        drop(composer_end);
        let now = Instant::now();
        assert!(!link.must_wait(number, WaitLimit::OFFLINE, &mut Wait::new(now, 0), now));
        assert!(link.gave_up, "nor does it try again");
    }

    #[test]
    fn a_composer_that_goes_quiet_is_waited_for_once_until_it_answers() {
        let (composer_end, mut link, number) = waiting();
        let start = Instant::now();
        let mut wait = Wait::new(start, 0);
        let mut must_wait = |link: &mut Link, milliseconds: u64| {
            let now = start + Duration::from_millis(milliseconds);
            link.must_wait(number, WaitLimit::OFFLINE, &mut wait, now)
        };
        assert!(must_wait(&mut link, 0) && must_wait(&mut link, 4900));
        // A score that does not answer the request is a sign that the composer is at work.
        publish(&composer_end, number - 1);
        assert!(must_wait(&mut link, 5100) && must_wait(&mut link, 10_000));
        assert!(!must_wait(&mut link, 10_100) && link.gave_up);
        publish(&composer_end, number);
        assert!(link.receive() && link.has_answered(number) && !link.gave_up);
    }

    #[test]
    fn the_wait_ends_with_the_answer_or_with_the_time_that_there_is() {
        let (composer_end, mut link, number) = waiting();
        let start = Instant::now();
        let limit = WaitLimit::within(Duration::from_millis(300));
        let mut wait = Wait::new(start, 0);
        assert!(link.must_wait(number, limit, &mut wait, start + Duration::from_millis(299)));
        assert!(!link.must_wait(number, limit, &mut wait, start + Duration::from_millis(300)));
        assert!(!link.gave_up, "with the next block there is more");
        publish(&composer_end, number);
        assert!(!link.must_wait(number, limit, &mut Wait::new(start, 0), start));
    }
}
