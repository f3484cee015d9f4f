//! What was played in: notes at song positions, as the network is to hear them.

use std::sync::Arc;

use crate::music::{Beats, Family, Key, Mode, Note, PerformedNote, PitchClassSet, Scale, Tick, find_key};
use crate::player::handover::Input;

/// A note that somebody played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PlayedNote {
    /// When the key really went down.
    pub(crate) at: Tick,
    /// That moment on the nearest line of the grid: where the network hears it.
    pub(crate) onset: Tick,
    /// When the key went up, on the grid too; nothing while it is down.
    pub(crate) end: Option<Tick>,
    /// MIDI key, 0 to 127.
    pub(crate) pitch: u8,
    /// 1 to 127.
    pub(crate) velocity: u8,
    /// As it was played.
    pub(crate) touch: Touch,
}

/// How a note was really played, finer than any tick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Touch {
    pub(crate) began: Beats,
    /// Nothing while the key is down.
    pub(crate) ended: Option<Beats>,
    /// MIDI channel, 0 to 15.
    pub(crate) channel: u8,
}

/// The notes played in, in the order of their onsets. They belong to the take.
///
/// Sharing: a clone costs nothing until it is changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct PlayedIn {
    notes: Arc<Vec<PlayedNote>>,
}

impl PlayedIn {
    /// No take holds more played notes.
    pub(crate) const MAX_NOTES: usize = 1 << 16;
    /// From how far back the key is found, and from how many notes at least.
    const KEY_WINDOW: Tick = Tick(32 * Tick::PER_BEAT);
    const KEY_NOTES: usize = 5;
    /// What takes less than this part of the time is played in passing.
    const IN_PASSING: i64 = 16;
    /// How long a key that is still down is taken to sound.
    const HELD: Tick = Tick(Tick::PER_BEAT);
    /// What is played later than this before a bar line is not heard by the bar that begins there: a
    /// sixteenth, 62 milliseconds at 240 beats a minute.
    pub(crate) const TOO_LATE: Tick = Tick(Tick::PER_BEAT / 4);

    /// Of notes read from a saved take, in any order.
    pub(crate) fn restored(mut notes: Vec<PlayedNote>) -> Self {
        notes.sort_unstable_by_key(|note| (note.onset, note.pitch));
        Self { notes: Arc::new(notes) }
    }

    /// All of them.
    pub(crate) fn notes(&self) -> &[PlayedNote] {
        &self.notes
    }

    /// A key goes down. The same key at the same place takes the older one's place.
    pub(crate) fn press(&mut self, input: &Input) {
        let Input { at, position, channel, key: pitch, velocity, .. } = *input;
        let onset = on_grid(at);
        let touch = Touch { began: position, ended: None, channel };
        let notes = Arc::make_mut(&mut self.notes);
        let idx = notes.partition_point(|note| (note.onset, note.pitch) < (onset, pitch));
        let pressed = PlayedNote { at, onset, end: None, pitch, velocity, touch };
        let has_room = notes.len() < Self::MAX_NOTES;
        match notes.get_mut(idx).filter(|note| (note.onset, note.pitch) == (onset, pitch)) {
            Some(same) => *same = pressed,
            None if has_room => notes.insert(idx, pressed),
            None => {}
        }
    }

    /// A key goes up; the onset of the note that it ends.
    pub(crate) fn let_go(&mut self, at: Tick, position: Beats, pitch: u8) -> Option<Tick> {
        let notes = Arc::make_mut(&mut self.notes);
        let held = notes.iter_mut().rev().find(|note| note.pitch == pitch && note.end.is_none())?;
        held.end = Some(on_grid(at).max(held.onset + Tick(SHORTEST)));
        held.touch.ended = Some(position);
        Some(held.onset)
    }

    /// All keys go up; whether any was down.
    pub(crate) fn let_go_of_all(&mut self, at: Tick) -> bool {
        let held: Vec<u8> =
            self.notes.iter().filter(|note| note.end.is_none()).map(|note| note.pitch).collect();
        for pitch in &held {
            self.let_go(at, at.to_beats(), *pitch);
        }
        !held.is_empty()
    }

    /// Forgets what begins in a stretch of the song.
    pub(crate) fn forget(&mut self, from: Tick, until: Tick) {
        if self.begin_in(from, until).next().is_some() {
            Arc::make_mut(&mut self.notes).retain(|note| note.onset < from || note.onset >= until);
        }
    }

    /// The notes that begin in a stretch.
    pub(crate) fn begin_in(&self, from: Tick, until: Tick) -> impl Iterator<Item = &PlayedNote> {
        let first = self.notes.partition_point(|note| note.onset < from);
        self.notes.iter().skip(first).take_while(move |note| note.onset < until)
    }

    /// What begins in a stretch, as an instrument plays it, in the order of [`Note`].
    pub(crate) fn heard_in(&self, from: Tick, until: Tick, instrument: Family) -> Vec<Note> {
        let heard = |note: &PlayedNote| Note {
            onset: note.onset,
            duration: note.end.map_or(Self::HELD, |end| end - note.onset),
            pitch: note.pitch,
            velocity: note.velocity,
            family: instrument,
        };
        let mut notes: Vec<Note> = self.begin_in(from, until).map(heard).collect();
        notes.sort_unstable();
        notes
    }

    /// All of it as it was played, in the order of time, but for keys that are still down.
    pub(crate) fn performed(&self) -> Vec<PerformedNote> {
        let performed = |note: &PlayedNote| {
            let Touch { began, ended, channel } = note.touch;
            let end = ended.filter(|ended| ended.0 > began.0)?;
            let (key, velocity, family) = (note.pitch, note.velocity, Family::PIANO);
            Some(PerformedNote { onset: began, end, channel, key, velocity, family })
        };
        let mut notes: Vec<_> = self.notes.iter().filter_map(performed).collect();
        notes.sort_by(|a, b| a.onset.0.total_cmp(&b.onset.0));
        notes
    }

    /// As [`PlayedIn::heard_in`], before it is known how long the keys will be down.
    pub(crate) fn heard_along(&self, from: Tick, until: Tick, instrument: Family) -> Vec<Note> {
        let mut notes = self.heard_in(from, until, instrument);
        for note in &mut notes {
            note.duration = Self::HELD;
        }
        notes
    }

    /// Whether anything was played before a song position.
    pub(crate) fn has_any_before(&self, position: Tick) -> bool {
        self.notes.first().is_some_and(|note| note.onset < position)
    }

    /// Until when notes ring into the bar that begins at `line`; `line` if none does.
    pub(crate) fn rings_until(&self, line: Tick) -> Tick {
        let before = self.notes.iter().take_while(|note| note.onset < line);
        before.map(|note| note.end.unwrap_or(Tick(i64::MAX))).max().unwrap_or(line).max(line)
    }

    /// What was played last before a song position, however long ago that is, and at most eight bars of it.
    fn last_before(&self, position: Tick) -> Vec<Note> {
        let n_before = self.notes.partition_point(|note| note.onset < position);
        let Some(last) = n_before.checked_sub(1).and_then(|idx| self.notes.get(idx)) else {
            return Vec::new();
        };
        self.heard_in(last.onset - Self::KEY_WINDOW, position, Family::PIANO)
    }

    /// The key of what was played last before a song position, if that is enough to tell.
    pub(crate) fn key_before(&self, position: Tick) -> Option<Key> {
        let mut notes = self.last_before(position);
        if notes.len() < Self::KEY_NOTES {
            return None;
        }
        // Whoever begins to play begins on the tonic more often than not, at once or after an upbeat: the bass
        // there counts a quarter more. A whole chord says more than that, and needs no second opinion.
        let chord = |onset: Tick| notes.iter().filter(move |note| note.onset == onset);
        let bass = |onset: Tick, quarters: i64| {
            let lowest = chord(onset).min_by_key(|note| note.pitch);
            lowest.map(|bass| Note { duration: Tick(quarters * Tick::PER_BEAT), ..*bass })
        };
        let first = notes.first().map_or(Tick::ZERO, |note| note.onset);
        let on_bar = |note: &&Note| note.onset.0.rem_euclid(4 * Tick::PER_BEAT) == 0;
        let downbeat = notes.iter().find(on_bar).map_or(first, |note| note.onset);
        let extra = if chord(first).count() >= 3 {
            [bass(first, 4), None]
        } else {
            [bass(first, 1), bass(downbeat, 1)]
        };
        notes.extend(extra.into_iter().flatten());
        notes.sort_unstable();
        find_key(&notes).map(|(key, _)| key)
    }

    /// The pitch classes above the tonic that an answer keeps to: those of the key, and what was played beside
    /// it, if that was more than in passing.
    pub(crate) fn palette_before(&self, position: Tick, key: Key) -> PitchClassSet {
        let of_key = match key.mode {
            Mode::Major => Scale::Major.pitch_classes(),
            Mode::Minor => PitchClassSet::from_bits(Scale::Minor.pitch_classes().bits() | 1 << 11),
        };
        let mut sounded = [0; 12];
        for note in self.last_before(position) {
            let above = usize::from((note.pitch + 12 - key.tonic()) % 12);
            sounded.iter_mut().skip(above).take(1).for_each(|ticks| *ticks += note.duration.0);
        }
        let enough = (sounded.iter().sum::<i64>() / Self::IN_PASSING).max(1);
        let played = (0..12).zip(sounded).filter(|(_, ticks)| *ticks >= enough);
        PitchClassSet::from_bits(played.fold(of_key.bits(), |bits, (above, _)| bits | 1 << above))
    }
}

/// No played note is heard as shorter, in ticks.
const SHORTEST: i64 = 3;

/// The nearest line of the sixteenths and of the eighth triplets: what a score would say.
pub(crate) fn on_grid(at: Tick) -> Tick {
    let nearest = |spacing: i64| (at.0 + spacing / 2).div_euclid(spacing) * spacing;
    let (straight, triplet) = (nearest(6), nearest(8));
    let is_triplet = (triplet - at.0).abs() < (straight - at.0).abs();
    Tick(if is_triplet { triplet } else { straight })
}

#[cfg(test)]
mod tests {
    use crate::composer::take::played_in::{PlayedIn, on_grid};
    use crate::music::{Family, Key, Mode, Tick};
    use crate::player::handover::Input;

    fn pressed(at: i64, key: u8) -> Input {
        let at = Tick(at);
        Input { number: 0, at, position: at.to_beats(), channel: 0, key, velocity: 90 }
    }

    #[test]
    fn a_downbeat_played_a_little_early_belongs_to_its_bar() {
        assert_eq!([94, 95, 96, 98, 13, 15, 8].map(|at| on_grid(Tick(at)).0), [96, 96, 96, 96, 12, 16, 8]);
    }

    #[test]
    fn a_note_lasts_until_its_key_goes_up() {
        let mut played = PlayedIn::default();
        played.press(&pressed(1, 60));
        played.press(&pressed(25, 64));
        assert_eq!(played.rings_until(Tick(96)), Tick(i64::MAX));
        assert_eq!(played.let_go(Tick(50), Tick(50).to_beats(), 60), Some(Tick(0)));
        assert!(played.let_go_of_all(Tick(70)));
        let heard = played.heard_in(Tick(0), Tick(96), Family::PIANO);
        let lengths: Vec<i64> = heard.iter().map(|note| note.duration.0).collect();
        assert_eq!((heard.len(), lengths), (2, vec![48, 48]));
        assert_eq!(played.rings_until(Tick(48)), Tick(72));
    }

    #[test]
    fn the_key_is_that_of_what_was_played_lately() {
        let mut played = PlayedIn::default();
        for (idx, pitch) in [62, 64, 66, 67, 69, 71, 73, 74].into_iter().enumerate() {
            played.press(&pressed(24 * idx as i64, pitch));
            let end = Tick(24 * idx as i64 + 24);
            played.let_go(end, end.to_beats(), pitch);
        }
        assert_eq!(played.key_before(Tick(192)), Some(Key::new(2, Mode::Major)));
        assert_eq!(played.key_before(Tick(24)), None);
        played.forget(Tick(0), Tick(192));
        assert!(played.notes().is_empty());
    }
}
