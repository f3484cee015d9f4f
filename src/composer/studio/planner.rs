//! Decides which bar to compose next, from the take and the player's messages.
//!
//! No threads and no clock here. The worker calls [`Planner::work`] again and again, and each call composes
//! one bar at most, so that new messages are received in between.

use std::collections::VecDeque;
use std::ops::Range;

use crate::composer::studio::input::InputTracker;
use crate::composer::take::bars::Take;
use crate::composer::take::edits::Edit;
use crate::composer::take::ideas::Idea;
use crate::composer::take::played_in::PlayedIn;
use crate::composer::writing::range_edit::RangeEdit;
use crate::composer::writing::writer::Writer;
use crate::music::{Meter, Tick};
use crate::player::handover::{BarLine, Input, Message, Moment, Settle};
use crate::player::{ComposingKnobs, Conversation};

/// A take, and what the player wants of it.
#[derive(Debug, Default)]
pub(crate) struct Planner {
    pub(crate) take: Take,
    pub(crate) writer: Option<Writer>,
    requests: VecDeque<Request>,
    /// The edit that is being made.
    editing: Option<RangeEdit>,
    moment: Option<Moment>,
    input: InputTracker,
    /// The number of the last request that was answered, and of the last that was received.
    answered: u64,
    requested: u64,
}

/// A message that the player waits for an answer to.
#[derive(Debug, Clone, Copy)]
enum Request {
    Settle(Settle),
    BarLine(BarLine),
    Input(Input),
}

/// What a call of [`Planner::work`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It has answered a request, or changed a bar by hand: someone may be waiting for it.
    Answered,
    /// It has composed a bar.
    Composed,
    /// There was nothing to do.
    Idle,
}

impl Planner {
    /// How many bars are composed beyond the one under the playhead.
    const N_AHEAD: usize = 2;
    /// And how many beats at least, however short the bars.
    const AHEAD: Tick = Tick(8 * Tick::PER_BEAT);
    /// Moments come once a beat, or once a block where blocks are longer. What lies further apart is a jump.
    const MAX_STEP: Tick = Tick(4 * Tick::PER_BEAT);

    /// A planner that has received no messages yet.
    pub(crate) fn new(take: Take, writer: Option<Writer>) -> Self {
        let mut planner = Self { writer, ..Self::default() };
        planner.set_take(take);
        planner
    }

    /// Replaces the take.
    pub(crate) fn set_take(&mut self, take: Take) {
        self.take = take;
        self.take.is_ahead |= self.take.n_bars() == 0;
    }

    /// The user is about to change the take by hand, and so knows it.
    pub(crate) fn mark_heard(&mut self) {
        self.take.is_ahead = false;
    }

    /// The number of the last request that the take answers.
    pub(crate) fn answered(&self) -> u64 {
        self.answered
    }

    /// The song and the knobs as last received.
    pub(crate) fn moment(&self) -> Option<&Moment> {
        self.moment.as_ref()
    }

    /// Whether the player waits for an answer.
    pub(crate) fn has_requests(&self) -> bool {
        !self.requests.is_empty()
    }

    /// Takes in a message of the player, and returns whether a bar has been heard for the first time.
    pub(crate) fn receive(&mut self, message: Message) -> bool {
        match message {
            Message::Moment(moment) => return self.set_moment(moment),
            Message::Settle(settle) => {
                if settle.jumped {
                    // A key that was pressed or released before the jump still counts: without its release a note
                    // would be held for ever.
                    self.requests.retain(|request| matches!(request, Request::Input(_)));
                }
                self.add_request(settle.number, Request::Settle(settle));
            }
            Message::Input(input) => self.add_request(input.number, Request::Input(input)),
            Message::BarLine(line) => self.add_request(line.number, Request::BarLine(line)),
        }
        false
    }

    fn add_request(&mut self, number: u64, request: Request) {
        self.requested = number;
        self.requests.push_back(request);
    }

    fn set_moment(&mut self, moment: Moment) -> bool {
        let has_moved = |last: &Moment| last.playing && moment.position - last.position <= Self::MAX_STEP;
        let from = self.moment.filter(has_moved).map(|last| last.position);
        let is_new = from.is_some_and(|from| self.take.mark_heard(from, moment.position));
        let has_stopped = self.moment.is_some_and(|last| last.playing && !moment.playing);
        if has_stopped {
            self.take.input.release_all(moment.position, self.loop_end());
        }
        if has_stopped || self.moment.is_some_and(|last| moment.position < last.position) {
            self.input.begin_pass();
        }
        self.moment = Some(moment);
        is_new
    }

    /// Brings an idea back. The player's knobs will follow.
    pub(crate) fn bring_back(&mut self, idea: &Idea) {
        let model = self.writer.as_ref().map_or("", |writer| writer.hash());
        self.take.bring_back(idea, model);
        if let Some(moment) = &mut self.moment {
            moment.knobs = idea.knobs;
        }
    }

    /// Begins to change bars by hand. The work is done by [`Planner::work`].
    pub(crate) fn begin_edit(&mut self, bars: Range<usize>, edit: Edit) {
        self.mark_heard();
        self.editing = Some(RangeEdit::new(bars, edit));
    }

    /// Whether bars are being changed by hand.
    pub(crate) fn is_editing(&self) -> bool {
        self.editing.is_some()
    }

    /// Answers all requests without composing, and returns whether there were any.
    pub(crate) fn answer_all(&mut self) -> bool {
        let had_requests = self.has_requests();
        self.requests.clear();
        self.answered = self.requested;
        had_requests
    }

    /// Answers the next request, changes the next bar of an edit, or composes the bar that is needed next.
    pub(crate) async fn work(&mut self) -> Progress {
        if self.requests.is_empty()
            && let Some(mut editing) = self.editing.take()
        {
            if editing.needs_bars(&self.take) && self.compose_to_keep().await {
                self.editing = Some(editing);
                return Progress::Composed;
            }
            if editing.change_next(&mut self.take, self.writer.as_mut()).await {
                self.editing = Some(editing);
            }
            return Progress::Answered;
        }
        let Some(mut writer) = self.writer.take() else {
            return if self.answer_all() { Progress::Answered } else { Progress::Idle };
        };
        let progress = match self.requests.front().copied() {
            Some(Request::Settle(settle)) => self.settle(&mut writer, &settle).await,
            Some(Request::BarLine(line)) => self.move_bar_line(&mut writer, &line).await,
            Some(Request::Input(input)) => self.take_input(&mut writer, &input).await,
            None => self.compose_ahead(&mut writer).await,
        };
        self.writer = Some(writer);
        progress
    }

    /// Composes the next bar at the end of the take, for it to be kept; returns whether it did. Where the music answers
    /// the user it does not, since nothing has been played there yet.
    async fn compose_to_keep(&mut self) -> bool {
        let Some(moment) = self.moment.filter(|moment| moment.knobs.conversation == Conversation::Generate)
        else {
            return false;
        };
        let Some(mut writer) = self.writer.take() else { return false };
        let is_composed = self.compose_next(&mut writer, &moment.knobs, moment.meter).await;
        self.writer = Some(writer);
        is_composed
    }

    fn answer(&mut self, number: u64) -> Progress {
        self.requests.pop_front();
        self.answered = number;
        Progress::Answered
    }

    /// Makes the bar at a position one of these knobs.
    async fn settle(&mut self, writer: &mut Writer, settle: &Settle) -> Progress {
        let Settle { position, meter, knobs, .. } = *settle;
        if position < Tick::ZERO {
            return self.answer(settle.number);
        }
        if std::mem::take(&mut self.take.is_ahead) && !self.belongs_to(settle, writer.hash()) {
            self.take = self.take.first_bars(0);
        }
        if let Some(line) = settle.line {
            self.take.make_bar_line(line);
        }
        let Some(bar_idx) = self.take.bar_idx_at(position) else {
            let line = settle.line.unwrap_or(Tick::ZERO);
            if !self.compose_next(writer, &knobs, self.take.meter_towards(line, meter)).await {
                return self.answer(settle.number);
            }
            return Progress::Composed;
        };
        if let Some(composed) = self.take.bars().get(bar_idx)
            && composed.bar.start == position
        {
            // Where the playhead lands nothing of the bar has sounded, and the host knows its meter.
            let is_known = settle.jumped && settle.line == Some(position);
            let true_meter = if is_known { meter } else { composed.bar.meter };
            let is_stale = self.take.is_stale(bar_idx, &knobs, writer.hash());
            if is_stale || composed.bar.meter != true_meter {
                writer.write_bar(&mut self.take, bar_idx, &knobs, true_meter).await;
            }
        }
        self.answer(settle.number)
    }

    /// Whether all bars are those that would be composed if the song began with this settle.
    fn belongs_to(&self, settle: &Settle, model: &str) -> bool {
        let length = settle.meter.bar_length().0;
        let is_on_line = settle.line.is_none_or(|line| line.0.rem_euclid(length) == 0);
        let mut bars = self.take.bars().iter().enumerate();
        is_on_line
            && bars.all(|(idx, composed)| {
                composed.bar.meter == settle.meter && !self.take.is_stale(idx, &settle.knobs, model)
            })
    }

    /// Adds a key to the take. The take catches up after the last of several keys, so a chord costs no more
    /// than a note.
    async fn take_input(&mut self, writer: &mut Writer, input: &Input) -> Progress {
        if self.ignores_input() {
            self.overhear(input);
            return self.answer(input.number);
        }
        self.take.overheard = PlayedIn::default();
        let loop_end = self.loop_end();
        self.input.receive(&mut self.take, input, loop_end);
        if !matches!(self.requests.get(1), Some(Request::Input(_))) {
            self.input.catch_up(&mut self.take, writer).await;
        }
        self.answer(input.number)
    }

    /// Remembers a key for those who want its chords, or to learn what was played.
    fn overhear(&mut self, input: &Input) {
        let loop_end = self.loop_end();
        let overheard = &mut self.take.overheard;
        if input.velocity == 0 {
            overheard.release_in_loop(input.at, input.position, input.key, loop_end);
            return;
        }
        if overheard.notes().last().is_some_and(|last| input.at < last.at) {
            *overheard = PlayedIn::default();
        }
        overheard.press(input);
    }

    /// Where the song goes back, if it is in a loop.
    fn loop_end(&self) -> Option<Tick> {
        let loop_range = self.moment.and_then(|moment| moment.loop_range);
        loop_range.map(|(_, end)| end)
    }

    fn ignores_input(&self) -> bool {
        self.moment.is_none_or(|moment| moment.knobs.conversation == Conversation::Generate)
    }

    /// Moves a bar line to where the host's bar begins, or changes the meter of that bar, which may be
    /// sounding already.
    async fn move_bar_line(&mut self, writer: &mut Writer, line: &BarLine) -> Progress {
        self.take.make_bar_line(line.start);
        if let Some(bar_idx) = self.take.bar_idx_at(line.start)
            && let Some(composed) = self.take.bars().get(bar_idx)
            && composed.bar.start == line.start
            && composed.bar.meter != line.meter
        {
            writer.stretch_bar(&mut self.take, bar_idx, line.meter).await;
        }
        self.answer(line.number)
    }

    /// Composes the bars that the playhead will reach next, with the knobs of the moment.
    async fn compose_ahead(&mut self, writer: &mut Writer) -> Progress {
        let Some(moment) = self.moment else {
            return Progress::Idle;
        };
        let here = moment.position.max(Tick::ZERO);
        let loop_range = moment.loop_range.filter(|(start, end)| start < end && here < *end);
        let loop_start = loop_range.map(|(start, _)| start.max(Tick::ZERO));
        for from in [Some(here), loop_start].into_iter().flatten() {
            let until = loop_range.map_or(Tick(i64::MAX), |(_, end)| end);
            if self.compose_from(writer, &moment, from, until).await {
                return Progress::Composed;
            }
        }
        Progress::Idle
    }

    /// Composes the first bar from `from` on that is missing or stale, and returns whether there was one.
    async fn compose_from(&mut self, writer: &mut Writer, moment: &Moment, from: Tick, until: Tick) -> bool {
        let Some(first) = self.take.bar_idx_at(from) else {
            return self.compose_next(writer, &moment.knobs, moment.meter).await;
        };
        for bar_idx in first..Take::MAX_BARS {
            let Some(composed) = self.take.bars().get(bar_idx) else {
                return self.take.end() < until
                    && self.compose_next(writer, &moment.knobs, moment.meter).await;
            };
            let start = composed.bar.start;
            let is_far = bar_idx > first + Self::N_AHEAD && start >= from + Self::AHEAD;
            if is_far || start >= until {
                return false;
            }
            // While the user plays, only the next bar follows every note.
            let is_near = self.ignores_input() || bar_idx <= first + 1;
            if is_near && self.should_be_new(bar_idx, from, moment, writer.hash()) {
                let meter = composed.bar.meter;
                writer.write_bar(&mut self.take, bar_idx, &moment.knobs, meter).await;
                return true;
            }
        }
        false
    }

    /// Whether a bar ahead is to be composed again before it is settled.
    ///
    /// While the song moves, a turned knob waits for the settling: automation may turn it back, and a
    /// sweep would compose the same bars over and over. While the song stands still, the bars should be ready
    /// with the new knobs when it starts.
    fn should_be_new(&self, bar_idx: usize, from: Tick, moment: &Moment, model: &str) -> bool {
        let Some(composed) = self.take.bars().get(bar_idx) else {
            return false;
        };
        let start = composed.bar.start;
        if moment.playing {
            start > from && start > moment.position && self.take.has_lost_its_past(bar_idx)
        } else {
            start >= from && self.take.is_stale(bar_idx, &moment.knobs, model)
        }
    }

    /// Composes the next bar at the end of the take, if the take has room for it.
    async fn compose_next(&mut self, writer: &mut Writer, knobs: &ComposingKnobs, meter: Meter) -> bool {
        let bar_idx = self.take.n_bars();
        let has_room = bar_idx < Take::MAX_BARS;
        if has_room {
            writer.write_bar(&mut self.take, bar_idx, knobs, meter).await;
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::studio::planner::Planner;
    use crate::composer::take::bars::Take;
    use crate::composer::take::edits::Edit;
    use crate::composer::take::saved::SavedTake;
    use crate::composer::writing::writer::{Writer, compose_until};
    use crate::model::{Model, block_on};
    use crate::music::{Beats, Meter, Tick};
    use crate::player::handover::{Input, Message, Moment, Settle};
    use crate::player::{ComposingKnobs, Conversation};

    #[test]
    fn requests_are_answered_between_the_bars_of_an_edit() {
        let knobs = ComposingKnobs { evolve: 1.0, ..ComposingKnobs::default() }.rounded();
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::new(Model::random(3, 7))));
        compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, Tick(6 * 96));
        let mut planner = Planner::new(take, Some(writer));
        planner.begin_edit(0..4, Edit::ReRoll);
        let rolled =
            |planner: &Planner| -> Vec<u32> { planner.take.bars().iter().map(|bar| bar.n_rolls).collect() };
        block_on(planner.work());
        assert_eq!((rolled(&planner), planner.answered()), (vec![1, 0, 0, 0, 0, 0], 0));
        let (position, meter) = (Tick(96), Meter::COMMON);
        planner.receive(Message::Settle(Settle {
            number: 1,
            position,
            meter,
            knobs,
            line: None,
            jumped: false,
        }));
        block_on(planner.work());
        assert_eq!((rolled(&planner), planner.answered()), (vec![1, 0, 0, 0, 0, 0], 1));
        while planner.is_editing() {
            block_on(planner.work());
        }
        assert_eq!((rolled(&planner), planner.take.history().done.len()), (vec![1, 1, 1, 1, 0, 0], 1));
    }

    #[test]
    fn a_note_held_over_the_end_of_a_loop_is_played_again_also_after_reopening() {
        let knobs = ComposingKnobs { conversation: Conversation::Continue, ..ComposingKnobs::default() };
        let knobs = knobs.rounded();
        let writer = Writer::new(Arc::new(Model::random(3, 7)));
        let mut planner = Planner::new(Take::default(), Some(writer));
        let loop_range = Some((Tick(0), Tick(16 * 24)));
        let moment = |position: i64| Moment {
            position: Tick(position),
            meter: Meter::COMMON,
            playing: true,
            offline: false,
            loop_range,
            knobs,
        };
        let input = |number, beats: f64, velocity| {
            let position = Beats(beats);
            let at = position.to_ticks_round();
            Message::Input(Input { number, at, position, channel: 0, key: 60, velocity })
        };
        // The key goes down shortly before the end of the loop, and up in the next pass.
        for message in [Message::Moment(moment(350)), input(1, 15.02, 90), Message::Moment(moment(2))] {
            planner.receive(message);
        }
        planner.receive(input(2, 0.3, 0));
        while planner.answered() < 2 {
            block_on(planner.work());
        }
        let played_in = planner.take.score().played_in;
        let times: Vec<(f64, f64)> = played_in.iter().map(|note| (note.onset.0, note.end.0)).collect();
        assert_eq!(times, [(15.02, 16.0)]);
        let reopened = SavedTake::of(&planner.take, None).restore().unwrap().score().played_in;
        let near = |a: Beats, b: Beats| (a.0 - b.0).abs() < 1e-5;
        assert_eq!(reopened.len(), 1);
        assert!(near(reopened[0].onset, played_in[0].onset) && near(reopened[0].end, played_in[0].end));
    }
}
