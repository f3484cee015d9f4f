//! The player's connection to the composer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::TryRecvError;

use crate::music::{Beats, Meter, Score, Tick};
use crate::player::handover::{BarLine, Delivery, Input, Message, Moment, PlayerEnd, Playhead, Settle};
use crate::player::host::bar::HostBar;
use crate::player::performing::scheduler::Music;

/// Receives scores, sends messages, and keeps track of which requests have been answered.
///
/// Only [`Link::await_answer`] may wait, and only as long as [`Link::begin_block`] allows.
#[derive(Debug)]
pub(crate) struct Link {
    end: PlayerEnd,
    current: Delivery,
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
    /// How long the player may still wait in this block.
    time_to_wait: Duration,
    /// How long it has waited in all since the last score came in.
    waited: Duration,
    /// Whether the composer is gone or has been quiet for too long. Then the player does not wait again before
    /// an answer has come.
    gave_up: bool,
}

impl Link {
    /// How many messages are kept while the composer receives none; then the oldest are lost.
    const N_UNSENT: usize = 64;
    /// The longest time that the player may wait in one block. After longer, a user would take the host to hang.
    pub(crate) const LONGEST_WAIT: Duration = Duration::from_millis(500);
    /// A composer from which nothing comes in while the player waits this long, over several blocks, is no
    /// longer waited for.
    const TOO_QUIET: Duration = Duration::from_secs(5);

    pub(crate) fn new(end: PlayerEnd) -> Self {
        Self {
            end,
            current: Delivery::default(),
            n_requests: 0,
            last_moment: None,
            last_bar: None,
            agreed: None,
            unsent: VecDeque::with_capacity(Self::N_UNSENT),
            n_received: 0,
            time_to_wait: Duration::ZERO,
            waited: Duration::ZERO,
            gave_up: false,
        }
    }

    /// Begins a block, in which all waits together may take this long.
    pub(crate) fn begin_block(&mut self, time_to_wait: Duration) {
        self.time_to_wait = time_to_wait.min(Self::LONGEST_WAIT);
    }

    /// The score to play now.
    pub(crate) fn score(&self) -> &Arc<Score> {
        &self.current.score
    }

    /// The same with its voices.
    pub(crate) fn music(&self) -> Music<'_> {
        Music { score: &self.current.score, voices: &self.current.voices }
    }

    pub(crate) fn playhead(&self) -> &Arc<Playhead> {
        &self.end.playhead
    }

    /// Receives the newest score, sends the old ones back to be freed by the composer, and sends messages that
    /// could not be sent before.
    pub(crate) fn receive(&mut self) {
        while let Some(message) = self.unsent.pop_front() {
            if self.end.outbox.try_send(message).is_err() {
                self.unsent.push_front(message);
                break;
            }
        }
        // A score is taken only when there is room to send the old one back.
        while !self.end.retired.is_full() {
            match self.end.inbox.try_recv() {
                Ok(delivery) => self.replace_score(delivery),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    self.gave_up = true;
                    return;
                }
            }
        }
    }

    fn replace_score(&mut self, delivery: Delivery) {
        if delivery.answered > self.current.answered {
            self.gave_up = false;
        }
        self.n_received += 1;
        self.waited = Duration::ZERO;
        let old = std::mem::replace(&mut self.current, delivery);
        if let Err(refused) = self.end.retired.try_send(old) {
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

    /// Sends the song and the knobs, if they have changed, and returns whether they have. While the song moves,
    /// its position alone counts as a change only once a beat.
    pub(crate) fn send_moment(&mut self, moment: Moment) -> bool {
        let is_news = self.last_moment.is_none_or(|last| {
            let moved = (moment.position - last.position).0.abs();
            let has_moved = if moment.playing { moved >= Tick::PER_BEAT } else { moved > 0 };
            has_moved || Moment { position: moment.position, ..last } != moment
        });
        if is_news {
            self.last_moment = Some(moment);
            self.send(Message::Moment(moment));
        }
        is_news
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

    /// Whether an answer to `number` is still to come, from a composer that is at work.
    pub(crate) fn expects(&self, number: u64) -> bool {
        !self.has_answered(number) && !self.gave_up
    }

    /// Waits for an answer as long as this block allows. With no time to wait it does not even read the clock.
    ///
    /// A wait that was in vain may go on in the next block.
    pub(crate) fn await_answer(&mut self, number: u64) {
        if self.time_to_wait.is_zero() || !self.expects(number) {
            return;
        }
        let mut then = Instant::now();
        while self.must_wait(number) {
            std::thread::sleep(Duration::from_micros(100));
            let now = Instant::now();
            self.count_wait(now.saturating_duration_since(then));
            then = now;
        }
    }

    /// Receives scores, and returns whether the answer is missing and there is time to wait for it.
    fn must_wait(&mut self, number: u64) -> bool {
        self.receive();
        self.gave_up |= self.waited >= Self::TOO_QUIET;
        self.expects(number) && !self.time_to_wait.is_zero()
    }

    fn count_wait(&mut self, time: Duration) {
        self.time_to_wait = self.time_to_wait.saturating_sub(time);
        self.waited += time;
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
    use std::time::Duration;

    use crate::music::{Meter, Tick};
    use crate::player::handover::{ComposerEnd, Published, Settle, handover};
    use crate::player::knobs::ComposingKnobs;
    use crate::player::link::Link;

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

    fn publish(composer_end: &mut ComposerEnd, answered: u64) {
        assert!(composer_end.publish(Published { answered, ..Published::default() }).is_ok());
    }

    fn milliseconds(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn rendering_without_a_composer_does_not_wait() {
        let (composer_end, mut link, number) = waiting();
        drop(composer_end);
        link.begin_block(milliseconds(100));
        assert!(!link.must_wait(number));
        assert!(!link.expects(number), "nor does it try again");
    }

    #[test]
    fn all_waits_of_a_block_together_take_half_a_second_at_most() {
        let (_composer_end, mut link, number) = waiting();
        link.begin_block(Duration::from_mins(1));
        link.count_wait(milliseconds(300));
        assert!(link.must_wait(number));
        link.count_wait(milliseconds(199));
        assert!(link.must_wait(number));
        link.count_wait(milliseconds(1));
        assert!(!link.must_wait(number));
        assert!(link.expects(number), "it is waited for again in the next block");
        link.begin_block(Duration::from_mins(1));
        assert!(link.must_wait(number));
    }

    #[test]
    fn a_composer_that_goes_quiet_is_waited_for_over_several_blocks_and_then_not_until_it_answers() {
        let (mut composer_end, mut link, number) = waiting();
        let waits = |link: &mut Link, n_blocks: u32| {
            for _ in 0..n_blocks {
                link.begin_block(Duration::from_mins(1));
                link.count_wait(Link::LONGEST_WAIT);
            }
            link.begin_block(Duration::from_mins(1));
            link.must_wait(number)
        };
        assert!(waits(&mut link, 9));
        // A score that does not answer the request is a sign that the composer is at work.
        publish(&mut composer_end, number - 1);
        link.receive();
        assert!(waits(&mut link, 9));
        assert!(!waits(&mut link, 1) && !link.expects(number));
        publish(&mut composer_end, number);
        link.receive();
        assert!(link.has_answered(number) && link.expects(number + 1));
    }

    #[test]
    fn the_wait_ends_with_the_answer_or_with_the_time_that_there_is() {
        let (mut composer_end, mut link, number) = waiting();
        link.begin_block(milliseconds(300));
        link.count_wait(milliseconds(299));
        assert!(link.must_wait(number));
        link.count_wait(milliseconds(1));
        assert!(!link.must_wait(number));
        link.begin_block(milliseconds(300));
        publish(&mut composer_end, number);
        assert!(!link.must_wait(number));
        link.begin_block(Duration::ZERO);
        assert!(!link.must_wait(number + 1), "in live playing there is no time");
    }
}
