//! The player: one call of [`Player::process`] plays one block.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::music::{Beats, Score, Tick};
use crate::player::events::{Event, EventKind, EventList};
use crate::player::handover::{Input, Moment, PlayerEnd, Playhead, Settle};
use crate::player::host::bar::{HostBar, bar_tick};
use crate::player::host::pace::Pace;
use crate::player::host::position::{Follower, Motion, Path, SampleMap};
use crate::player::host::transport::{Block, Transport};
use crate::player::knobs::{ComposingKnobs, PerformingKnobs};
use crate::player::link::Link;
use crate::player::performing::scheduler::{Lateness, PlaySettings, Scheduler, Segment, StandIn};
use crate::player::performing::timing;

/// Plays the score under the host's playhead. Lives on the audio thread.
#[derive(Debug)]
pub struct Player {
    link: Link,
    follower: Follower,
    pace: Pace,
    scheduler: Scheduler,
    /// The bar under the playhead, as the host counts.
    bar: HostBar,
    /// The request to settle the bar where the playhead goes next, once it has been made.
    next_request: Option<SettleRequest>,
    /// The number of the request to settle the bar under the playhead.
    request: Option<u64>,
    /// What is played in place of that bar while it is late.
    stand_in: Option<StandIn>,
    /// Whether the song has not moved since the plugin was activated or a project was loaded, or has begun to
    /// but the bar that it began in is not settled yet.
    is_fresh: bool,
    /// While the song stands still: when the position or the knobs last changed.
    still_since: Option<Instant>,
    /// Where the block begins, in samples counted from the first.
    block_start: u64,
}

/// A request to settle a bar.
#[derive(Debug, Clone, Copy)]
struct SettleRequest {
    number: u64,
    position: Tick,
    /// The song position in beats where the bar before it ends.
    end: f64,
}

/// What stays the same within a block.
struct BlockContext<'a> {
    block: &'a Block,
    knobs: ComposingKnobs,
    performing: &'a PerformingKnobs,
    input: &'a [Event],
    /// How long the player may wait for the composer: not at all in live playing.
    time_to_wait: Duration,
}

/// How the bar under the playhead is played.
#[derive(Debug, Clone, Copy)]
enum BarState {
    /// As it is in the score.
    Settled,
    /// It is late, and an earlier bar is played in its place.
    Replaced(StandIn),
    /// It is late, and its notes are played as soon as they are there.
    Awaited,
}

impl Player {
    /// How many beats before a bar the player begins to wait for it. In rendering that is many blocks, so even
    /// a slow composer is done before the bar begins.
    const EARLY_WAIT: f64 = 0.5;
    /// A song that has stood still for so long is composed as the knobs stand, so there is nothing to wait for.
    const COMPOSED_WITHIN: Duration = Duration::from_millis(250);

    /// A player at the origin of the song, with nothing to play yet.
    #[must_use]
    pub fn new(end: PlayerEnd) -> Self {
        Self {
            link: Link::new(end),
            follower: Follower::default(),
            pace: Pace::default(),
            scheduler: Scheduler::new(),
            bar: HostBar::first(),
            next_request: None,
            request: None,
            stand_in: None,
            is_fresh: false,
            still_since: None,
            block_start: 0,
        }
    }

    /// The plugin is being activated: asks the composer for the bars at the playhead, with these knobs.
    ///
    /// The block in which the song next begins to move may wait for the composer, once, whatever the host says
    /// about rendering. Not for the audio thread.
    pub fn prepare(&mut self, composing: &ComposingKnobs) {
        self.forget_position();
        (self.is_fresh, self.still_since) = (true, None);
        let position = self.link.playhead().position();
        self.send_moment(&Transport::default(), position.0, composing.rounded());
    }

    /// Plays one block: appends its events in the order in which they happen. `input` are the events from the
    /// host for this block, in the order of time.
    ///
    /// A block of no samples does nothing.
    pub fn process(
        &mut self,
        block: &Block,
        composing: &ComposingKnobs,
        performing: &PerformingKnobs,
        input: &[Event],
        events: &mut EventList,
    ) {
        if block.n_samples == 0 {
            return;
        }
        self.link.receive();
        let knobs = composing.rounded();
        let performing = &timing::in_conversation(&performing.within_ranges(), knobs.conversation);
        self.scheduler.begin_block(performing, self.block_start, events);
        if self.link.playhead().take_fresh() {
            (self.is_fresh, self.still_since) = (true, None);
        }
        let block = &Block { transport: block.transport.credible(), ..*block };
        let motion = self.follower.advance(block);
        let time_to_wait = match &motion {
            Motion::Stopped => Duration::ZERO,
            Motion::Moving(path) => self.time_to_wait(block, path),
        };
        self.link.begin_block(time_to_wait);
        let context = BlockContext { block, knobs, performing, input, time_to_wait };
        match motion {
            Motion::Stopped => self.stand(&context, events),
            Motion::Moving(path) => self.play(&context, path, events),
        }
        self.block_start += u64::from(block.n_samples);
    }

    /// Ends every sounding note at the first sample of the block, also those of the input: for bypass, reset
    /// and deactivation. Keys that are held at the input are forgotten, and the composer takes them as released, since
    /// their note-offs may never come. The next [`Player::process`] goes on as after a jump.
    pub fn silence(&mut self, events: &mut EventList) {
        let position = self.link.playhead().position();
        for (channel, key) in self.scheduler.held_keys() {
            let at = nearest_tick(position);
            self.link.send_input(Input { number: 0, at, position, channel, key, velocity: 0 });
        }
        self.link.show(position, false);
        self.scheduler.silence(0, self.block_start, events);
        self.forget_position();
    }

    /// Where the playhead is, for the editor; may be kept and read on any thread.
    #[must_use]
    pub fn playhead(&self) -> Arc<Playhead> {
        Arc::clone(self.link.playhead())
    }

    /// The next block begins with a jump.
    fn forget_position(&mut self) {
        self.follower.forget();
        self.stand_in = None;
        self.link.show_repeating(false);
        // What was settled for going straight on does not hold after a jump.
        self.next_request = None;
    }

    /// How long a wait for the composer does no harm: not at all in live playing, but for the first block after
    /// an activation in which the song begins to move.
    fn time_to_wait(&mut self, block: &Block, path: &Path) -> Duration {
        let seconds = f64::from(block.n_samples) / block.sample_rate.max(1000.0);
        self.pace.add_block(Instant::now(), seconds);
        self.is_fresh &= path.jump.is_none() || !self.is_composed_at(path.position);
        if block.transport.offline || self.is_fresh && path.jump.is_some() {
            Link::LONGEST_WAIT
        } else {
            self.pace.spare_time()
        }
    }

    /// Whether the song has stood still for long enough for the bar here to be composed as the knobs stand.
    fn is_composed_at(&self, position: f64) -> bool {
        let has_stood = self.still_since.is_some_and(|since| since.elapsed() >= Self::COMPOSED_WITHIN);
        has_stood && self.link.score().bar_at(bar_tick(position)).is_some()
    }

    /// A block in which the song stands still, perhaps at a new position.
    fn stand(&mut self, context: &BlockContext<'_>, events: &mut EventList) {
        let (transport, n_samples) = (&context.block.transport, context.block.n_samples);
        let map = SampleMap::standing(self.block_start, n_samples);
        self.scheduler.stand(context.input, map, context.performing, events);
        self.forget_position();
        let position = transport.position.unwrap_or(self.link.playhead().position());
        self.bar = HostBar::at_jump(position.0, transport, self.link.score());
        if self.send_moment(transport, position.0, context.knobs) || self.still_since.is_none() {
            self.still_since = Some(Instant::now());
        }
        self.link.show(position, false);
    }

    /// A block in which the song moves.
    fn play(&mut self, context: &BlockContext<'_>, mut path: Path, events: &mut EventList) {
        self.begin_block(context, &mut path, events);
        if let Some(number) = self.request {
            // A wait that was in vain in the block before goes on.
            self.link.await_answer(number);
        }
        let mut input = context.input;
        while !path.is_over() {
            if let Some(due) = path.jump.take() {
                // The bar start that the host reports is that of the start of the block.
                let transport = Transport { bar_start: None, ..context.block.transport };
                self.jump(&path, due, &transport, events);
                self.settle_jump(context, path.position, due);
            }
            while bar_tick(path.position) >= self.bar.end {
                self.cross_bar_line();
            }
            self.settle_ahead(&path, context.knobs);
            let (map, loop_end) = (path.sample_map(self.block_start), path.loop_range.map(|(_, end)| end));
            let bar_end = self.bar.end.to_beats().0;
            let (until, limit) = self.next_segment(context, &mut path);
            let limit = limit.min(loop_end.unwrap_or(f64::INFINITY));
            let (reads, lateness) = (true, Lateness::Any);
            let segment = Segment { map, until, limit, loop_end, bar_end, reads, lateness };
            let n_here =
                input.partition_point(|event| path.is_over() || f64::from(event.offset) < path.sample());
            let (here, later) = input.split_at(n_here);
            input = later;
            self.play_segment(context, &segment, here, events);
        }
        if let Some(request) = self.next_request.filter(|next| path.position >= next.end - Self::EARLY_WAIT) {
            self.link.await_answer(request.number);
        }
        let is_unsettled = self.request.is_some_and(|number| self.link.expects(number));
        self.is_fresh &= is_unsettled || self.bar.start < Tick::ZERO;
        self.follower.arrive(&path);
        self.link.show(Beats(path.position), true);
        self.link.show_repeating(self.stand_in.is_some());
    }

    /// Goes on along the path, and returns the song position where that segment ends, and the one from which
    /// no note may be read yet.
    ///
    /// Humanized notes and those with a feel may be played before they are written, so the notes of the next bar are read a little
    /// before its line; but not before it is known to be settled.
    fn next_segment(&mut self, context: &BlockContext<'_>, path: &mut Path) -> (f64, f64) {
        let line = self.bar.end.to_beats().0;
        let lead_in = line - timing::longest_lead(context.performing);
        if path.position < lead_in {
            return (path.advance(lead_in), line);
        }
        let Some(request) = self.next_request else {
            return (path.advance(line), f64::INFINITY);
        };
        self.link.await_answer(request.number);
        let is_settled = self.link.has_answered(request.number);
        (path.advance(line), if is_settled { f64::INFINITY } else { line })
    }

    /// Plays a segment, and passes on the `input` in it, each event at its sample.
    fn play_segment(
        &mut self,
        context: &BlockContext<'_>,
        segment: &Segment,
        input: &[Event],
        events: &mut EventList,
    ) {
        let settings = PlaySettings {
            performing: context.performing,
            composing: &context.knobs,
            sample_rate: context.block.credible_rate(),
        };
        let state = self.bar_state(context);
        let stand_in = if let BarState::Replaced(stand_in) = state { Some(stand_in) } else { None };
        self.stand_in = stand_in;
        let reads = !matches!(state, BarState::Awaited);
        let lateness = if context.time_to_wait.is_zero() { Lateness::Beat } else { Lateness::Any };
        let segment = &Segment { reads, lateness, ..*segment };
        for &event in input {
            let until = segment.map.to_beat(event.offset).0.min(segment.until);
            let part = Segment { until, ..*segment };
            self.scheduler.play(&part, self.link.music(), stand_in, &settings, events);
            self.scheduler.receive(event, segment.map, context.performing, events);
            self.send_input(event, segment.map);
        }
        self.scheduler.play(segment, self.link.music(), stand_in, &settings, events);
    }

    /// How the bar under the playhead is played while it is late.
    ///
    /// In rendering nothing of it is, until it is there. Where the song is but little ahead of the clock, an older
    /// version of it is played if there is one. In live playing an earlier bar is, if there is none.
    fn bar_state(&self, context: &BlockContext<'_>) -> BarState {
        let is_late = self.request.is_some_and(|number| self.link.expects(number));
        let here = self.scheduler.due().max(self.bar.start);
        if !is_late || self.bar.start < Tick::ZERO || here >= self.bar.end {
            return BarState::Settled;
        }
        if context.time_to_wait >= Link::LONGEST_WAIT || self.is_fresh {
            return BarState::Awaited;
        }
        if self.link.score().bar_at(here).is_some() {
            return BarState::Settled;
        }
        let stand_in = self.find_stand_in(context).filter(|_| context.time_to_wait.is_zero());
        stand_in.map_or(BarState::Awaited, BarState::Replaced)
    }

    /// The bar to play in place of the bar under the playhead, if there is one.
    fn find_stand_in(&self, context: &BlockContext<'_>) -> Option<StandIn> {
        let (score, bar) = (self.link.score(), self.bar);
        let known =
            self.stand_in.filter(|known| known.start == bar.start && score.bar_at(known.source).is_some());
        known.or_else(|| {
            let source = last_played(score, bar, context.knobs.length)?;
            Some(StandIn { source, start: bar.start })
        })
    }

    /// Sends a key at the input to the composer, and waits for the answer if there is time.
    fn send_input(&mut self, event: Event, map: SampleMap) {
        let (channel, key, velocity) = match event.kind {
            EventKind::On { channel, key, velocity } => (channel, key, velocity),
            EventKind::Off { channel, key } => (channel, key, 0),
            EventKind::Message(_) => return,
        };
        let position = map.to_beat(event.offset);
        let at = nearest_tick(position);
        let number = self.link.send_input(Input { number: 0, at, position, channel, key, velocity });
        self.link.await_answer(number);
    }

    /// Follows what the host reports at the start of a block.
    fn begin_block(&mut self, context: &BlockContext<'_>, path: &mut Path, events: &mut EventList) {
        let transport = &context.block.transport;
        let jump = path.jump.take();
        if let Some(due) = jump {
            self.jump(path, due, transport, events);
        } else {
            while bar_tick(path.position) >= self.bar.end {
                self.cross_bar_line();
            }
            let bar = self.bar.corrected(path.position, transport);
            if bar.end != self.bar.end {
                self.next_request = None;
            }
            self.bar = bar;
        }
        // The composer must know that the song moves before it settles anything: while the song stands still,
        // the composer follows the knobs of the moment.
        self.send_moment(transport, path.position, context.knobs);
        if let Some(due) = jump {
            self.settle_jump(context, path.position, due);
        }
        if transport.meter.is_some()
            && let Some(number) = self.link.check_bar(self.bar)
        {
            self.link.await_answer(number);
        }
    }

    /// The song has jumped, or gone round a loop. Notes are due from `due` on.
    fn jump(&mut self, path: &Path, due: f64, transport: &Transport, events: &mut EventList) {
        self.scheduler.jump(path.position, due, path.sample_map(self.block_start), events);
        self.bar = HostBar::at_jump(path.position, transport, self.link.score());
    }

    /// Settles the bar that the song has jumped to. Round an announced loop it has been settled already.
    fn settle_jump(&mut self, context: &BlockContext<'_>, position: f64, due: f64) {
        let settled = self.next_request.take().filter(|request| request.position == bar_tick(due));
        let number = settled.map_or_else(
            || {
                self.link.remember_bar(self.bar);
                self.link.settle(Settle {
                    number: 0,
                    position: bar_tick(position),
                    line: Some(self.bar.start),
                    jumped: true,
                    meter: self.bar.meter,
                    knobs: context.knobs,
                })
            },
            |request| request.number,
        );
        self.request = Some(number);
        self.link.await_answer(number);
    }

    /// The playhead passes into the next bar.
    fn cross_bar_line(&mut self) {
        self.bar = self.bar.next();
        self.scheduler.cross_bar_line();
        let request = self.next_request.take();
        self.request = request.map(|request| request.number);
        if let Some(request) = request {
            self.link.await_answer(request.number);
            // If there is an older version of the bar, that is played, and nobody hears a gap.
            let is_there = self.link.score().bar_at(self.bar.start).is_some();
            if !self.link.has_answered(request.number) && !is_there {
                self.link.count_late();
            }
        }
    }

    /// Settles the next bar one beat before it begins: its knobs are final. A bar after one that is shorter than
    /// a beat is settled when the shorter one begins.
    ///
    /// A block that ends just there, give or take a host's rounding, leaves it to the next one.
    fn settle_ahead(&mut self, path: &Path, knobs: ComposingKnobs) {
        /// A host's rounding, in beats.
        const ROUNDING: f64 = 1e-6;
        let line = self.bar.end.to_beats().0;
        let (end, position, line) = match path.loop_range {
            Some((loop_start, loop_end)) if loop_end < line + ROUNDING => {
                (loop_end, bar_tick(loop_start), None)
            }
            _ => (line, self.bar.end, Some(self.bar.end)),
        };
        if self.next_request.is_some() || position < Tick::ZERO || path.block_end() <= end - 1.0 + ROUNDING {
            return;
        }
        let meter = self.bar.meter;
        let number = self.link.settle(Settle { number: 0, position, line, jumped: false, meter, knobs });
        self.next_request = Some(SettleRequest { number, position, end });
    }

    /// Sends the song and the knobs, if they have changed, and returns whether they have.
    fn send_moment(&mut self, transport: &Transport, position: f64, knobs: ComposingKnobs) -> bool {
        let loop_range = transport.loop_range.map(|(start, end)| (bar_tick(start.0), bar_tick(end.0)));
        self.link.send_moment(Moment {
            playing: transport.playing,
            offline: transport.offline,
            position: bar_tick(position),
            meter: self.bar.meter,
            loop_range,
            knobs,
        })
    }
}

/// Where the bar begins that stands in for `bar`: the one a phrase of `length` bars earlier, or else the last
/// one before it; of the same meter.
fn last_played(score: &Score, bar: HostBar, length: u8) -> Option<Tick> {
    let phrase = Tick(bar.meter.bar_length().0 * i64::from(length));
    let n_before = score.bars.partition_point(|b| b.end() <= bar.start);
    let mut before = score.bars.iter().take(n_before).rev().filter(|b| b.meter == bar.meter);
    let phrase_ago = score.bar_at(bar.start - phrase);
    let phrase_ago = phrase_ago.filter(|b| b.meter == bar.meter && b.start == bar.start - phrase);
    phrase_ago.or_else(|| before.next()).map(|b| b.start)
}

/// The nearest tick. Positions halfway between two ticks, or a rounding error below that, go up: so the tick is
/// the same at every block size.
fn nearest_tick(position: Beats) -> Tick {
    Tick((position.0 * Tick::PER_BEAT as f64 + 0.5 + 1e-4).floor() as i64)
}
