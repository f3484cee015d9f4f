//! The player itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::music::{Beats, Score, Tick};
use crate::player::events::{Event, EventKind, EventList};
use crate::player::handover::{Input, Moment, PlayerEnd, Playhead, Settle};
use crate::player::host::bar::{HostBar, bar_tick};
use crate::player::host::pace::Pace;
use crate::player::host::position::{Follower, Motion, Path, Ruler};
use crate::player::host::transport::{Block, Transport};
use crate::player::knobs::{ComposingKnobs, PerformingKnobs};
use crate::player::link::{Link, Patience};
use crate::player::performing::scheduler::{Manner, Performer, Repeat, Stretch};
use crate::player::performing::timing;

/// Plays the score under the host's playhead. Lives on the audio thread.
#[derive(Debug)]
pub struct Player {
    link: Link,
    follower: Follower,
    pace: Pace,
    performer: Performer,
    /// The bar under the playhead, as the host counts.
    bar: HostBar,
    /// Where the playhead goes next, once that bar has been asked to be settled.
    next_bar: Option<Asked>,
    /// The number under which the bar under the playhead has been asked for.
    asked_here: Option<u64>,
    /// What is played in place of that bar while it is late.
    repeat: Option<Repeat>,
    /// Where the block begins, in samples counted from the first.
    block_start: u64,
}

/// A settle on its way.
#[derive(Debug, Clone, Copy)]
struct Asked {
    number: u64,
    position: Tick,
    /// Whether less than a beat is left, because the song landed or began there.
    is_short: bool,
}

/// What stays the same within a block.
struct Scene<'a> {
    block: &'a Block,
    knobs: ComposingKnobs,
    performing: &'a PerformingKnobs,
    input: &'a [Event],
    /// How long the player may wait for the composer.
    patience: Patience,
}

impl Player {
    /// A player at the origin of the song, with nothing to play yet.
    #[must_use]
    pub fn new(end: PlayerEnd) -> Self {
        Self {
            link: Link::new(end),
            follower: Follower::default(),
            pace: Pace::default(),
            performer: Performer::new(),
            bar: HostBar::first(),
            next_bar: None,
            asked_here: None,
            repeat: None,
            block_start: 0,
        }
    }

    /// Plays one block: appends its events, in the order in which they happen. `input` is what has come in
    /// from the host for this block, in the order of time.
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
        let performing = &performing.within_ranges();
        if !performing.thru {
            self.performer.end_thru(self.block_start, events);
        }
        let block = &Block { transport: block.transport.credible(), ..*block };
        let motion = self.follower.advance(block);
        let patience = match motion {
            Motion::Stopped => Patience::spare(Duration::ZERO),
            Motion::Moving(_) => self.patience(block),
        };
        let scene = Scene { block, knobs, performing, input, patience };
        match motion {
            Motion::Stopped => self.stop(&scene, events),
            Motion::Moving(path) => self.play(&scene, path, events),
        }
        self.block_start += u64::from(block.n_samples);
    }

    /// Ends every sounding note at the first sample of the block, those that came in too: for bypass, reset
    /// and deactivation. Keys that are still held at the input count no longer. Playing goes on with the next [`Player::process`], as after a jump.
    pub fn silence(&mut self, events: &mut EventList) {
        self.performer.silence(0, self.block_start, events);
        self.start_anew();
    }

    /// Whatever comes next is a jump.
    fn start_anew(&mut self) {
        self.follower.forget();
        self.repeat = None;
        self.link.show_repeating(false);
        // What was settled for going on straight does not hold for a new start.
        self.next_bar = None;
    }

    /// Where it is, for the editor; may be kept and read on any thread.
    #[must_use]
    pub fn playhead(&self) -> Arc<Playhead> {
        Arc::clone(self.link.playhead())
    }

    /// How long a wait for the composer would do no harm: not at all while somebody listens.
    fn patience(&mut self, block: &Block) -> Patience {
        let seconds = f64::from(block.n_samples) / block.sample_rate.max(1000.0);
        self.pace.tick(Instant::now(), seconds);
        if block.transport.offline { Patience::offline() } else { Patience::spare(self.pace.spare()) }
    }

    /// The song stands still, perhaps somewhere new.
    fn stop(&mut self, scene: &Scene<'_>, events: &mut EventList) {
        let (transport, n_samples) = (&scene.block.transport, scene.block.n_samples);
        let ruler = Ruler::standing(self.block_start, n_samples);
        self.performer.stand(scene.input, ruler, scene.performing, events);
        self.start_anew();
        let position = transport.position.unwrap_or(self.link.playhead().position());
        self.bar = HostBar::landed(position.0, transport, self.link.score());
        self.tell(transport, position.0, scene.knobs);
        self.link.show(position, false);
    }

    fn play(&mut self, scene: &Scene<'_>, mut path: Path, events: &mut EventList) {
        self.begin_block(scene, &mut path, events);
        let mut input = scene.input;
        while !path.is_over() {
            if let Some(due) = path.jump.take() {
                // What the host says about its bars holds for the start of the block only.
                let transport = Transport { bar_start: None, ..scene.block.transport };
                self.land(&path, due, &transport, events);
                self.settle_landing(scene, path.position, due);
            }
            while bar_tick(path.position) >= self.bar.end {
                self.cross_bar_line(scene.patience);
            }
            self.settle_ahead(&path, scene.knobs);
            let (ruler, loop_end) = (path.ruler(self.block_start), path.loop_range.map(|(_, end)| end));
            let bar_end = self.bar.end.to_beats().0;
            let (until, limit) = self.next_stretch(scene, &mut path);
            let stretch = Stretch {
                ruler,
                until,
                limit: limit.min(loop_end.unwrap_or(f64::INFINITY)),
                loop_end,
                bar_end,
            };
            let n_heard =
                input.partition_point(|event| path.is_over() || f64::from(event.offset) < path.sample());
            let (heard, later) = input.split_at(n_heard);
            input = later;
            self.perform(scene, &stretch, heard, events);
        }
        self.follower.arrive(&path);
        self.link.show(Beats(path.position), true);
        self.link.show_repeating(self.repeat.is_some());
    }

    /// Goes on along the path, and returns the song position where that stretch ends, and the one from which
    /// no note may be read yet.
    ///
    /// Humanized notes may come before they are written, so those of the next bar are read a little before
    /// its line; but not before it is known to be settled.
    fn next_stretch(&mut self, scene: &Scene<'_>, path: &mut Path) -> (f64, f64) {
        let line = self.bar.end.to_beats().0;
        let lead_in = line - timing::earliest(scene.performing);
        if path.position < lead_in {
            return (path.next_position(lead_in), line);
        }
        let Some(asked) = self.next_bar else {
            return (path.next_position(line), f64::INFINITY);
        };
        self.link.await_answer(asked.number, scene.patience);
        let is_settled = self.link.has_answered(asked.number);
        (path.next_position(line), if is_settled { f64::INFINITY } else { line })
    }

    /// Plays a stretch, and works in what has been `heard` meanwhile, each at its sample.
    fn perform(&mut self, scene: &Scene<'_>, stretch: &Stretch, heard: &[Event], events: &mut EventList) {
        let manner = Manner {
            performing: scene.performing,
            composing: &scene.knobs,
            sample_rate: scene.block.credible_rate(),
        };
        self.repeat = self.stand_in(scene);
        let repeat = self.repeat;
        for &event in heard {
            let until = stretch.ruler.to_beat(event.offset).0.min(stretch.until);
            let part = Stretch { until, ..*stretch };
            self.performer.play(&part, self.link.score(), repeat, &manner, events);
            self.performer.hear(event, stretch.ruler, scene.performing, events);
            self.hear(event, stretch.ruler, scene.patience);
        }
        self.performer.play(stretch, self.link.score(), repeat, &manner, events);
    }

    /// What to play in place of the bar under the playhead: nothing, unless somebody listens and the composer
    /// is late with it. Where an older version of the bar is there, that is played.
    fn stand_in(&self, scene: &Scene<'_>) -> Option<Repeat> {
        let (score, bar) = (self.link.score(), self.bar);
        let is_asked = self.asked_here.is_some_and(|number| !self.link.has_answered(number));
        let is_live = scene.patience.total.is_zero();
        let here = self.performer.due().max(bar.start);
        if !is_asked || !is_live || bar.start < Tick::ZERO || here >= bar.end || score.bar_at(here).is_some()
        {
            return None;
        }
        let known =
            self.repeat.filter(|repeat| repeat.start == bar.start && score.bar_at(repeat.source).is_some());
        known.or_else(|| {
            let source = last_heard(score, bar, scene.knobs.length)?;
            Some(Repeat { source, start: bar.start })
        })
    }

    /// Tells the composer of a key at the input, and waits until it has worked it in where nobody listens.
    fn hear(&mut self, event: Event, ruler: Ruler, patience: Patience) {
        let position = ruler.to_beat(event.offset);
        let at = nearest_tick(position);
        let number = self.link.hear(match event.kind {
            EventKind::On { channel, key, velocity } => {
                Input { number: 0, at, position, channel, key, velocity }
            }
            EventKind::Off { channel, key } => Input { number: 0, at, position, channel, key, velocity: 0 },
        });
        self.link.await_answer(number, patience);
    }

    /// Works in what the host tells at the start of a block.
    fn begin_block(&mut self, scene: &Scene<'_>, path: &mut Path, events: &mut EventList) {
        let transport = &scene.block.transport;
        let jump = path.jump.take();
        if let Some(due) = jump {
            self.land(path, due, transport, events);
        } else {
            while bar_tick(path.position) >= self.bar.end {
                self.cross_bar_line(scene.patience);
            }
            let bar = self.bar.corrected(path.position, transport);
            if bar.end != self.bar.end {
                self.next_bar = None;
            }
            self.bar = bar;
        }
        // The composer must know that the song moves before it settles anything: while it stands, the
        // composer follows the knobs of the moment.
        self.tell(transport, path.position, scene.knobs);
        if let Some(due) = jump {
            self.settle_landing(scene, path.position, due);
        }
        if transport.meter.is_some()
            && let Some(number) = self.link.check_bar(self.bar)
        {
            self.link.await_answer(number, scene.patience);
        }
    }

    /// The song has come to where it was not going, or round a loop. Notes are due from `due` on.
    fn land(&mut self, path: &Path, due: f64, transport: &Transport, events: &mut EventList) {
        self.performer.land(path.position, due, path.ruler(self.block_start), events);
        self.bar = HostBar::landed(path.position, transport, self.link.score());
    }

    /// A bar that the song has jumped to is settled there and then; round an announced loop it has been
    /// settled already.
    fn settle_landing(&mut self, scene: &Scene<'_>, position: f64, due: f64) {
        let settled = self.next_bar.take().filter(|asked| asked.position == bar_tick(due));
        let number = settled.map_or_else(
            || {
                self.link.knows_bar(self.bar);
                self.link.settle(Settle {
                    number: 0,
                    position: bar_tick(position),
                    line: Some(self.bar.start),
                    jumped: true,
                    meter: self.bar.meter,
                    knobs: scene.knobs,
                })
            },
            |asked| asked.number,
        );
        self.asked_here = Some(number);
        self.link.await_answer(number, scene.patience);
    }

    /// The playhead passes into the next bar.
    fn cross_bar_line(&mut self, patience: Patience) {
        self.bar = self.bar.next();
        self.performer.cross_bar_line();
        let asked = self.next_bar.take();
        self.asked_here = asked.map(|asked| asked.number);
        if let Some(asked) = asked {
            self.link.await_answer(asked.number, patience);
            // Hosts begin a little before the first bar. One that was there already has lost nothing then.
            let is_there = asked.is_short && self.link.score().bar_at(self.bar.start).is_some();
            if !self.link.has_answered(asked.number) && !is_there {
                self.link.count_late();
            }
        }
    }

    /// One beat before the next bar begins, its knobs are final. Bars shorter than that are settled when
    /// the bar before begins.
    fn settle_ahead(&mut self, path: &Path, knobs: ComposingKnobs) {
        let line = self.bar.end.to_beats().0;
        let (end, position, line) = match path.loop_range {
            Some((loop_start, loop_end)) if loop_end < line + 1e-6 => (loop_end, bar_tick(loop_start), None),
            _ => (line, self.bar.end, Some(self.bar.end)),
        };
        if self.next_bar.is_some() || position < Tick::ZERO || path.block_end() <= end - 1.0 {
            return;
        }
        let meter = self.bar.meter;
        let is_short = path.position > end - 1.0;
        let number = self.link.settle(Settle { number: 0, position, line, jumped: false, meter, knobs });
        self.next_bar = Some(Asked { number, position, is_short });
    }

    fn tell(&mut self, transport: &Transport, position: f64, knobs: ComposingKnobs) {
        let loop_range = transport.loop_range.map(|(start, end)| (bar_tick(start.0), bar_tick(end.0)));
        self.link.tell(Moment {
            playing: transport.playing,
            offline: transport.offline,
            position: bar_tick(position),
            meter: self.bar.meter,
            loop_range,
            knobs,
        });
    }
}

/// Where the bar begins that is played again in place of `bar`: the one a phrase of `length` bars earlier, or
/// else the last one before it; of the same meter.
fn last_heard(score: &Score, bar: HostBar, length: u8) -> Option<Tick> {
    let phrase = Tick(bar.meter.bar_length().0 * i64::from(length));
    let n_before = score.bars.partition_point(|b| b.end() <= bar.start);
    let mut before = score.bars.iter().take(n_before).rev().filter(|b| b.meter == bar.meter);
    let phrase_ago = score.bar_at(bar.start - phrase);
    let phrase_ago = phrase_ago.filter(|b| b.meter == bar.meter && b.start == bar.start - phrase);
    phrase_ago.or_else(|| before.next()).map(|b| b.start)
}

/// The nearest tick. What lies between two ticks goes up, a hair's breadth included, so that it goes the same
/// way at every block size.
fn nearest_tick(position: Beats) -> Tick {
    Tick((position.0 * Tick::PER_BEAT as f64 + 0.5 + 1e-4).floor() as i64)
}
