//! What the composer has before it: the take, the messages of the player, and what to compose next.
//!
//! No threads and no clock here; the worker calls [`Desk::work`] over and over, and each call composes at
//! most one bar, so that new messages are heard in between.

use std::collections::VecDeque;

use crate::composer::studio::listener::Listener;
use crate::composer::take::bars::Take;
use crate::composer::take::edit::Edit;
use crate::composer::writing::writer::Writer;
use crate::composer::writing::writer::edit_bar_async;
use crate::music::{Meter, Tick};
use crate::player::ComposingKnobs;
use crate::player::Conversation;
use crate::player::handover::{BarLine, Input, Message, Moment, Settle};

/// The take and all that is asked of it.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) take: Take,
    pub(crate) writer: Option<Writer>,
    requests: VecDeque<Request>,
    moment: Option<Moment>,
    listener: Listener,
    answered: u64,
    asked: u64,
}

/// What the player waits for.
#[derive(Debug, Clone, Copy)]
enum Request {
    Settle(Settle),
    BarLine(BarLine),
    Input(Input),
}

/// What a call of [`Desk::work`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// A request has been answered: the player may be waiting for it.
    Answered,
    /// A bar has been composed.
    Composed,
    /// There is nothing to do.
    Idle,
}

impl Desk {
    /// How many bars are composed beyond the one under the playhead.
    const N_AHEAD: usize = 2;
    /// And how many beats at least, however short the bars.
    const AHEAD: Tick = Tick(8 * Tick::PER_BEAT);

    /// A desk on which nothing has been asked yet.
    pub(crate) fn new(take: Take, writer: Option<Writer>) -> Self {
        Self { take, writer, ..Self::default() }
    }

    /// The number of the last request that the take answers.
    pub(crate) fn answered(&self) -> u64 {
        self.answered
    }

    /// The last that was heard of the song.
    pub(crate) fn moment(&self) -> Option<&Moment> {
        self.moment.as_ref()
    }

    /// Whether the player waits for an answer.
    pub(crate) fn is_awaited(&self) -> bool {
        !self.requests.is_empty()
    }

    /// Takes a message in.
    pub(crate) fn hear(&mut self, message: Message) {
        match message {
            Message::Moment(moment) => self.stand_at(moment),
            Message::Settle(settle) => {
                if settle.jumped {
                    self.requests.clear();
                }
                self.asked = settle.number;
                self.requests.push_back(Request::Settle(settle));
            }
            Message::Input(input) => {
                self.asked = input.number;
                self.requests.push_back(Request::Input(input));
            }
            Message::BarLine(line) => {
                self.asked = line.number;
                self.requests.push_back(Request::BarLine(line));
            }
        }
    }

    fn stand_at(&mut self, moment: Moment) {
        let has_stopped = self.moment.is_some_and(|last| last.playing && !moment.playing);
        if has_stopped {
            self.take.input.let_go_of_all(moment.position);
        }
        if has_stopped || self.moment.is_some_and(|last| moment.position < last.position) {
            self.listener.begin_pass();
        }
        self.moment = Some(moment);
    }

    /// Changes one bar by hand.
    pub(crate) async fn edit(&mut self, bar_idx: usize, edit: Edit) {
        edit_bar_async(&mut self.take, self.writer.as_mut(), bar_idx, edit).await;
    }

    /// Answers everything without composing, for when there is nothing to compose with, and says whether
    /// there was anything to answer.
    pub(crate) fn give_up(&mut self) -> bool {
        let had_requests = !self.requests.is_empty();
        self.requests.clear();
        self.answered = self.asked;
        had_requests
    }

    /// Composes the bar that is needed most, if any is.
    pub(crate) async fn work(&mut self) -> Progress {
        let Some(mut writer) = self.writer.take() else {
            let progress = if self.requests.is_empty() { Progress::Idle } else { Progress::Answered };
            self.give_up();
            return progress;
        };
        let progress = match self.requests.front().copied() {
            Some(Request::Settle(settle)) => self.settle(&mut writer, &settle).await,
            Some(Request::BarLine(line)) => self.move_bar_line(&mut writer, &line).await,
            Some(Request::Input(input)) => self.listen(&mut writer, &input).await,
            None => self.compose_ahead(&mut writer).await,
        };
        self.writer = Some(writer);
        progress
    }

    fn answer(&mut self, number: u64) -> Progress {
        self.requests.pop_front();
        self.answered = number;
        Progress::Answered
    }

    /// The bar at a position belongs to these knobs.
    async fn settle(&mut self, writer: &mut Writer, settle: &Settle) -> Progress {
        let Settle { position, meter, knobs, .. } = *settle;
        if position < Tick::ZERO {
            return self.answer(settle.number);
        }
        if let Some(line) = settle.line {
            self.take.line_up(line);
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
            // Where the playhead lands nothing of the bar has been heard, and the host knows its meter.
            let is_told = settle.jumped && settle.line == Some(position);
            let true_meter = if is_told { meter } else { composed.bar.meter };
            let is_stale = self.take.is_stale(bar_idx, &knobs, writer.hash());
            if is_stale || composed.bar.meter != true_meter {
                writer.write_bar(&mut self.take, bar_idx, &knobs, true_meter).await;
            }
        }
        self.answer(settle.number)
    }

    /// A key has gone down or up. Keys that wait to be heard are heard first: a chord is worked in at once.
    async fn listen(&mut self, writer: &mut Writer, input: &Input) -> Progress {
        if self.is_alone() {
            return self.answer(input.number);
        }
        self.listener.hear(&mut self.take, input);
        if !matches!(self.requests.get(1), Some(Request::Input(_))) {
            self.listener.catch_up(&mut self.take, writer).await;
        }
        self.answer(input.number)
    }

    /// Whether nobody is listened to.
    fn is_alone(&self) -> bool {
        self.moment.is_none_or(|moment| moment.knobs.conversation == Conversation::Generate)
    }

    /// The host's bar has turned out to begin here, or to have this meter; it may be sounding already.
    async fn move_bar_line(&mut self, writer: &mut Writer, line: &BarLine) -> Progress {
        self.take.line_up(line.start);
        if let Some(bar_idx) = self.take.bar_idx_at(line.start)
            && let Some(composed) = self.take.bars().get(bar_idx)
            && composed.bar.start == line.start
            && composed.bar.meter != line.meter
        {
            writer.stretch_bar(&mut self.take, bar_idx, line.meter).await;
        }
        self.answer(line.number)
    }

    /// Composes the bars that the playhead will come to next, on the knobs of the moment.
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

    /// Composes the first bar from `from` on that is missing or stale, and says whether there was one.
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
            // While somebody plays, only the next bar follows every note.
            let is_near = self.is_alone() || bar_idx <= first + 1;
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
    /// sweep would compose the same bars over and over. While it stands, whatever is turned should be
    /// ready when it starts.
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

    /// Composes the next bar at the end of the take, unless it is as long as it may be.
    async fn compose_next(&mut self, writer: &mut Writer, knobs: &ComposingKnobs, meter: Meter) -> bool {
        let bar_idx = self.take.n_bars();
        let has_room = bar_idx < Take::MAX_BARS;
        if has_room {
            writer.write_bar(&mut self.take, bar_idx, knobs, meter).await;
        }
        has_room
    }
}
