//! The player itself.

use std::sync::Arc;
use std::time::Instant;

use crate::music::{Beats, Note, Tick};
use crate::player::bars::{HostBar, bar_tick};
use crate::player::follow::{Follower, Motion, Path, Ruler};
use crate::player::handover::{Input, Moment, PlayerEnd, Playhead, Settle};
use crate::player::link::{Link, Patience};
use crate::player::pace::Pace;
use crate::player::sounding::{Press, Sounding};
use crate::player::{Block, ComposingKnobs, Event, EventKind, EventList, PerformingKnobs, Transport};

/// Plays the score under the host's playhead. Lives on the audio thread.
#[derive(Debug)]
pub struct Player {
    link: Link,
    follower: Follower,
    pace: Pace,
    sounding: Sounding,
    /// The bar under the playhead, as the host counts.
    bar: HostBar,
    /// Where the playhead goes next, once that bar has been asked to be settled.
    next_bar: Option<Asked>,
    /// Notes before this tick have been played or passed over.
    due: Tick,
    /// Where the block begins, in samples counted from the first.
    block_start: u64,
}

/// A settle on its way.
#[derive(Debug, Clone, Copy)]
struct Asked {
    number: u64,
    position: Tick,
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
            sounding: Sounding::new(),
            bar: HostBar::first(),
            next_bar: None,
            due: Tick::ZERO,
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
        let block = &Block {
            transport: block.transport.credible(),
            ..*block
        };
        match self.follower.advance(block) {
            Motion::Stopped => self.stop(&block.transport, knobs, events),
            Motion::Moving(path) => {
                let patience = self.patience(block);
                self.play(
                    &Scene {
                        block,
                        knobs,
                        performing,
                        input,
                        patience,
                    },
                    path,
                    events,
                );
            }
        }
        self.block_start += u64::from(block.n_samples);
    }

    /// Ends every sounding note at the first sample of the block: for bypass, reset and deactivation.
    /// Playing goes on with the next [`Player::process`], as after a jump.
    pub fn silence(&mut self, events: &mut EventList) {
        self.sounding.release_all(0, self.block_start, events);
        self.follower.forget();
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
        if block.transport.offline {
            Patience::offline()
        } else {
            Patience::spare(self.pace.spare())
        }
    }

    /// The song stands still, perhaps somewhere new.
    fn stop(&mut self, transport: &Transport, knobs: ComposingKnobs, events: &mut EventList) {
        self.silence(events);
        let position = transport.position.unwrap_or(self.link.playhead().position());
        self.bar = HostBar::landed(position.0, transport, self.link.score());
        self.tell(transport, position.0, knobs);
        self.link.show(position, false);
    }

    fn play(&mut self, scene: &Scene<'_>, mut path: Path, events: &mut EventList) {
        self.begin_block(scene, &mut path, events);
        let mut input = scene.input;
        while !path.is_over() {
            if let Some(due) = path.jump.take() {
                // What the host says about its bars holds for the start of the block only.
                let transport = Transport {
                    bar_start: None,
                    ..scene.block.transport
                };
                self.land(&path, due, &transport, events);
                self.settle_landing(scene, path.position, due);
            }
            while bar_tick(path.position) >= self.bar.end {
                self.cross_bar_line(scene.patience);
            }
            self.settle_ahead(&path, scene.knobs);
            let ruler = path.ruler(self.block_start);
            let until = path.next_position(self.bar.end.to_beats().0);
            let n_heard = input.partition_point(|event| path.is_over() || f64::from(event.offset) < path.sample());
            let (heard, later) = input.split_at(n_heard);
            input = later;
            heard.iter().for_each(|event| self.hear(event, ruler));
            self.play_until(until, ruler, scene.performing, events);
        }
        self.follower.arrive(&path);
        self.link.show(Beats(path.position), true);
    }

    /// Tells the composer of a key at the input.
    fn hear(&mut self, event: &Event, ruler: Ruler) {
        let at = ruler.to_beat(event.offset).to_ticks_round();
        self.link.hear(match event.kind {
            EventKind::On { key, velocity, .. } => Input { at, key, velocity },
            EventKind::Off { key, .. } => Input { at, key, velocity: 0 },
        });
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
        let offset = path.ruler(self.block_start).to_offset_round(path.position);
        self.sounding.release_all(offset, self.block_start, events);
        self.due = ticks_ceil(due);
        self.bar = HostBar::landed(path.position, transport, self.link.score());
    }

    /// A bar that the song has jumped to is settled there and then; round an announced loop it has been
    /// settled already.
    fn settle_landing(&mut self, scene: &Scene<'_>, position: f64, due: f64) {
        let settled = self
            .next_bar
            .take()
            .filter(|asked| asked.position == bar_tick(due));
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
        self.link.await_answer(number, scene.patience);
    }

    /// The playhead passes into the next bar.
    fn cross_bar_line(&mut self, patience: Patience) {
        self.bar = self.bar.next();
        if let Some(asked) = self.next_bar.take() {
            self.link.await_answer(asked.number, patience);
            if !self.link.has_answered(asked.number) {
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
        let number = self.link.settle(Settle {
            number: 0,
            position,
            line,
            jumped: false,
            meter,
            knobs,
        });
        self.next_bar = Some(Asked { number, position });
    }

    /// Plays all notes that begin or end before `until`.
    fn play_until(&mut self, until: f64, ruler: Ruler, performing: &PerformingKnobs, events: &mut EventList) {
        // What lies less than half a sample before the end rounds to a sample beyond it.
        let until = until - 0.5 / ruler.samples_per_beat;
        let end = ticks_ceil(until);
        let score = self.link.score();
        let first_bar = score.bars.partition_point(|bar| bar.end() <= self.due);
        for bar in score
            .bars
            .iter()
            .skip(first_bar)
            .take_while(|bar| bar.start < end)
        {
            let first_note = bar.notes.partition_point(|note| note.onset < self.due);
            for note in bar
                .notes
                .iter()
                .skip(first_note)
                .take_while(|note| note.onset < end)
            {
                let press = perform(note, performing, ruler);
                self.sounding.release_due(until, press.offset, ruler, events);
                self.sounding.press(&press, ruler.block_start, events);
            }
        }
        self.due = self.due.max(end);
        self.sounding.release_due(until, u32::MAX, ruler, events);
    }

    fn tell(&mut self, transport: &Transport, position: f64, knobs: ComposingKnobs) {
        let loop_range = transport
            .loop_range
            .map(|(start, end)| (bar_tick(start.0), bar_tick(end.0)));
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

/// How a note is played with the knobs as they stand.
fn perform(note: &Note, knobs: &PerformingKnobs, ruler: Ruler) -> Press {
    let onset = note.onset.to_beats().0;
    let is_drum = note.family.is_drums();
    let length = f64::from(knobs.note_length).clamp(0.0, 64.0);
    Press {
        offset: ruler.to_offset_round(onset),
        channel: if is_drum {
            DRUM_CHANNEL
        } else {
            knobs.channel.min(15)
        },
        key: if is_drum {
            note.pitch.min(127)
        } else {
            move_key(note.pitch, knobs)
        },
        velocity: scaled(note.velocity, knobs.velocity),
        end: onset + note.duration.to_beats().0 * length,
    }
}

/// A velocity scaled, still one that sounds. The cast of what is no number gives 0.
fn scaled(velocity: u8, factor: f32) -> u8 {
    ((f32::from(velocity) * factor).round() as u8).clamp(1, 127)
}

/// What musicians call channel 10.
const DRUM_CHANNEL: u8 = 9;

/// The key that sounds, brought back by octaves where the knobs would move it off the keyboard.
fn move_key(pitch: u8, knobs: &PerformingKnobs) -> u8 {
    let key = i32::from(pitch) + 12 * i32::from(knobs.octave) + i32::from(knobs.transpose);
    match key {
        ..0 => key.rem_euclid(12) as u8,
        0..=127 => key as u8,
        _ => (116 + (key - 116).rem_euclid(12)) as u8,
    }
}

/// The first tick at or after a position.
fn ticks_ceil(position: f64) -> Tick {
    Tick((position * Tick::PER_BEAT as f64).ceil() as i64)
}
