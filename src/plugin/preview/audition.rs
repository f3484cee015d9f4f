//! Music to try: a few bars for the preview sound, whether the song moves or stands. The host does not get them.
//!
//! They are composed on a thread of their own, and handed to the audio thread, which plays them through and hands them back
//! to be freed.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::composer::{Take, Writer, compose_bar};
use crate::model::Model;
use crate::music::{Beats, Family, Meter, Note, Score};
use crate::player::{ComposingKnobs, DRUM_CHANNEL, EventList};

/// How many bars are composed.
const N_BARS: usize = 2;
/// How many auditions may wait to be freed. Each one that is sent frees those before it.
const N_RETIRED: usize = 4;
/// How long the last notes may ring, in beats.
const RING: f64 = 1.0;

/// A key that goes down or up.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stroke {
    time: Beats,
    channel: u8,
    key: u8,
    /// None where it goes up.
    velocity: Option<u8>,
}

/// A few bars as strokes in order of time.
#[derive(Debug, PartialEq)]
struct Audition(Vec<Stroke>);

impl Audition {
    fn of<'a>(notes: impl IntoIterator<Item = &'a Note>) -> Self {
        let mut strokes = Vec::new();
        for note in notes {
            let channel = channel(note.family);
            let stroke = |time: Beats, velocity| Stroke { time, channel, key: note.pitch, velocity };
            strokes.push(stroke(note.onset.to_beats(), Some(note.velocity)));
            strokes.push(stroke(note.end().to_beats(), None));
        }
        // A key goes up before it goes down again.
        strokes.sort_by(|a, b| {
            a.time.0.total_cmp(&b.time.0).then(a.velocity.is_some().cmp(&b.velocity.is_some()))
        });
        Self(strokes)
    }

    fn end(&self) -> Beats {
        Beats(self.0.last().map_or(0.0, |stroke| stroke.time.0) + RING)
    }
}

/// A channel for each instrument, so that two may hold the same key.
fn channel(family: Family) -> u8 {
    if family.is_drums() {
        return DRUM_CHANNEL;
    }
    let idx = family.index() as u8 % 15;
    if idx >= DRUM_CHANNEL { idx + 1 } else { idx }
}

/// Composes auditions and sends them to the audio thread.
pub struct Auditions {
    to_player: Sender<Box<Audition>>,
    retired: Receiver<Box<Audition>>,
    /// Until the plugin has taken it.
    player: Mutex<Option<AuditionPlayer>>,
    composing: Mutex<Option<JoinHandle<()>>>,
}

impl Default for Auditions {
    fn default() -> Self {
        let (to_player, inbox) = bounded(1);
        let (outbox, retired) = bounded(N_RETIRED);
        let player = AuditionPlayer {
            inbox,
            outbox,
            playing: None,
            position: Beats(0.0),
            n_played: 0,
            events: EventList::with_capacity(EventList::CAPACITY),
        };
        Self { to_player, retired, player: Mutex::new(Some(player)), composing: Mutex::new(None) }
    }
}

impl Auditions {
    /// The audio thread's end; none if it has been taken.
    #[must_use]
    pub fn take_player(&self) -> Option<AuditionPlayer> {
        self.player.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Composes two bars with these knobs in the background, and plays them. Does nothing while others are being composed.
    pub fn play(&self, model: Arc<Model>, knobs: ComposingKnobs) {
        let mut composing = self.composing.lock().unwrap_or_else(PoisonError::into_inner);
        if composing.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        self.retired.try_iter().for_each(drop);
        let to_player = self.to_player.clone();
        let thread = std::thread::Builder::new().name("continuo audition".into());
        *composing = thread
            .spawn(move || {
                let score = compose(model, &knobs);
                // Where the host does not process, the one before still waits, and this one is not heard.
                let _ =
                    to_player.try_send(Box::new(Audition::of(score.bars.iter().flat_map(|bar| &bar.notes))));
            })
            .ok();
    }

    /// Plays notes from their beginning.
    pub fn play_notes(&self, notes: &[Note]) {
        self.retired.try_iter().for_each(drop);
        // Where the host does not process, the one before still waits, and this one is not heard.
        let _ = self.to_player.try_send(Box::new(Audition::of(notes)));
    }

    /// Waits until nothing is being composed. The host may unload the plugin then.
    pub fn stop(&self) {
        let thread = self.composing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // After a panic there is nothing to play.
            let _ = thread.join();
        }
    }
}

fn compose(model: Arc<Model>, knobs: &ComposingKnobs) -> Score {
    let (mut take, mut writer) = (Take::default(), Writer::new(model));
    for bar_idx in 0..N_BARS {
        compose_bar(&mut take, &mut writer, knobs, Meter::COMMON, bar_idx);
    }
    take.score()
}

/// Plays auditions on the audio thread. It neither allocates nor frees.
pub struct AuditionPlayer {
    inbox: Receiver<Box<Audition>>,
    outbox: Sender<Box<Audition>>,
    playing: Option<Box<Audition>>,
    position: Beats,
    /// How many of its strokes have been played.
    n_played: usize,
    events: EventList,
}

impl AuditionPlayer {
    /// Takes in what has been sent; returns whether something new begins.
    pub fn receive(&mut self) -> bool {
        let Ok(next) = self.inbox.try_recv() else { return false };
        self.retire();
        self.playing = Some(next);
        (self.position, self.n_played) = (Beats(0.0), 0);
        true
    }

    /// Moves on by a block of `n_samples` at `sample_rate` samples a second and `tempo` beats a minute. Returns the events
    /// of the block; none if nothing plays.
    pub fn advance(&mut self, n_samples: u32, sample_rate: f64, tempo: f64) -> Option<&EventList> {
        self.events.clear();
        let audition = self.playing.as_ref()?;
        let samples_per_beat = sample_rate * 60.0 / tempo.clamp(20.0, 400.0);
        let end = Beats(self.position.0 + f64::from(n_samples) / samples_per_beat);
        let due = audition.0.iter().skip(self.n_played).take_while(|stroke| stroke.time.0 < end.0);
        for Stroke { time, channel, key, velocity } in due {
            let offset = ((time.0 - self.position.0) * samples_per_beat).round().max(0.0) as u32;
            let offset = offset.min(n_samples.saturating_sub(1));
            let has_room = match velocity {
                Some(velocity) => self.events.push_on(offset, *channel, *key, *velocity),
                None => self.events.push_off(offset, *channel, *key),
            };
            if !has_room {
                break;
            }
            self.n_played += 1;
        }
        self.position = end;
        if end.0 >= audition.end().0 {
            self.retire();
        }
        Some(&self.events)
    }

    /// Sends back what plays, to be freed.
    fn retire(&mut self) {
        if let Some(old) = self.playing.take()
            && let Err(full) = self.outbox.try_send(old)
        {
            // There is room for more than can be on the way. If not, it is better lost than freed here.
            std::mem::forget(full);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nice_assert_no_alloc::assert_no_alloc;

    use crate::model::Model;
    use crate::music::{Beats, Family, Note, Tick};
    use crate::player::{ComposingKnobs, DRUM_CHANNEL, EventKind};
    use crate::plugin::preview::audition::{Audition, Auditions, N_BARS, channel, compose};

    #[test]
    fn every_instrument_has_a_channel_and_the_drums_have_their_own() {
        for family in Family::all() {
            assert!(channel(family) < 16);
            assert_eq!(channel(family) == DRUM_CHANNEL, family.is_drums());
        }
    }

    #[test]
    fn an_audition_is_played_through_in_any_blocks_without_allocating_and_freed_by_the_next() {
        let model = Arc::new(Model::random(2, 3));
        let auditions = Auditions::default();
        let mut player = auditions.take_player().unwrap();
        assert!(auditions.take_player().is_none() && !player.receive());
        let score = compose(Arc::clone(&model), &ComposingKnobs::default());
        let notes: Vec<Note> = score.bars.iter().flat_map(|bar| bar.notes.clone()).collect();
        assert_eq!(score.bars.len(), N_BARS);
        for (pass, n_samples) in [64, 1000, 48_000].into_iter().enumerate() {
            auditions.play(Arc::clone(&model), ComposingKnobs::default());
            auditions.stop();
            assert_eq!(auditions.retired.len(), 0, "pass {pass} has freed the one before");
            let (mut n_ons, mut n_offs, mut heard) = (0, 0, Vec::new());
            assert_no_alloc(|| assert!(player.receive()));
            let mut block = 0;
            while assert_no_alloc(|| player.advance(n_samples, 48_000.0, 120.0).is_some()) {
                for event in player.events.as_slice() {
                    match event.kind {
                        EventKind::On { key, .. } => {
                            let sample = block * u64::from(n_samples) + u64::from(event.offset);
                            heard.push((sample, key));
                            n_ons += 1;
                        }
                        EventKind::Off { .. } => n_offs += 1,
                        EventKind::Message(_) => {}
                    }
                }
                block += 1;
            }
            assert_eq!((n_ons, n_offs), (notes.len(), notes.len()));
            let mut expected: Vec<(u64, u8)> =
                notes.iter().map(|note| (note.onset.0 as u64 * 1000, note.pitch)).collect();
            expected.sort_unstable();
            heard.sort_unstable();
            let near = |((heard, key), (due, pitch)): (&(u64, u8), &(u64, u8))| {
                heard.abs_diff(*due) <= 1 && key == pitch
            };
            assert!(heard.len() == expected.len() && heard.iter().zip(&expected).all(near), "{heard:?}");
        }
    }

    #[test]
    fn a_key_that_is_struck_again_goes_up_first() {
        let note = |onset| Note {
            onset: Tick(onset),
            duration: Tick(24),
            pitch: 60,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        let downs: Vec<(Beats, bool)> = Audition::of(&[note(0), note(24)])
            .0
            .iter()
            .map(|stroke| (stroke.time, stroke.velocity.is_some()))
            .collect();
        assert_eq!(downs, [(Beats(0.0), true), (Beats(1.0), false), (Beats(1.0), true), (Beats(2.0), false)]);
    }
}
