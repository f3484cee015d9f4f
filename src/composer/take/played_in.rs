//! What was played in, at song positions, quantised as the network is given it.

use std::sync::Arc;

use crate::music::{Beats, Family, Key, Mode, Note, PerformedNote, PitchClassSet, Scale, Tick, find_key};
use crate::player::handover::Input;

/// A note that the user played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PlayedNote {
    /// The nearest tick to when the key went down.
    pub(crate) at: Tick,
    /// The nearest grid line to that, which the network is given.
    pub(crate) onset: Tick,
    /// When the key went up, on the grid too; none while it is down.
    pub(crate) end: Option<Tick>,
    /// When the key went down, exactly.
    pub(crate) pressed: Beats,
    /// When the key went up, exactly; none while it is down.
    pub(crate) released: Option<Beats>,
    /// MIDI channel, 0 to 15.
    pub(crate) channel: u8,
    /// MIDI key, 0 to 127.
    pub(crate) pitch: u8,
    /// 1 to 127.
    pub(crate) velocity: u8,
}

/// The notes that were played in, in the order of their onsets. They belong to the take.
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
    /// A pitch class that sounds for less than this fraction of the time is a passing note.
    const PASSING: i64 = 16;
    /// The assumed length of a note whose key is still down.
    const HELD: Tick = Tick(Tick::PER_BEAT);
    /// Notes played later than this before a bar line are not taken into account by the bar that begins
    /// there: a sixteenth, 62 milliseconds at 240 beats a minute.
    pub(crate) const TOO_LATE: Tick = Tick(Tick::PER_BEAT / 4);

    /// The notes of a saved take, in any order.
    pub(crate) fn restored(mut notes: Vec<PlayedNote>) -> Self {
        notes.sort_unstable_by_key(|note| (note.onset, note.pitch));
        Self { notes: Arc::new(notes) }
    }

    /// All notes.
    pub(crate) fn notes(&self) -> &[PlayedNote] {
        &self.notes
    }

    /// A key goes down. It replaces an earlier note of the same key and onset.
    pub(crate) fn press(&mut self, input: &Input) {
        let Input { at, position: pressed, channel, key: pitch, velocity, .. } = *input;
        let onset = on_grid(at);
        let notes = Arc::make_mut(&mut self.notes);
        let idx = notes.partition_point(|note| (note.onset, note.pitch) < (onset, pitch));
        let new = PlayedNote { at, onset, end: None, pressed, released: None, channel, pitch, velocity };
        let has_room = notes.len() < Self::MAX_NOTES;
        match notes.get_mut(idx).filter(|note| (note.onset, note.pitch) == (onset, pitch)) {
            Some(same) => *same = new,
            None if has_room => notes.insert(idx, new),
            None => {}
        }
    }

    /// A key goes up. Returns the onset of the note that ends, if there is one.
    pub(crate) fn release(&mut self, at: Tick, position: Beats, pitch: u8) -> Option<Tick> {
        self.release_in_loop(at, position, pitch, None)
    }

    /// As [`PlayedIn::release`], in a loop. If the song has gone back since the key went down, the note ends where the loop
    /// does; as long after its onset as an assumed length if that is not known.
    pub(crate) fn release_in_loop(
        &mut self,
        at: Tick,
        position: Beats,
        pitch: u8,
        loop_end: Option<Tick>,
    ) -> Option<Tick> {
        let notes = Arc::make_mut(&mut self.notes);
        let held = notes.iter_mut().rev().find(|note| note.pitch == pitch && note.end.is_none())?;
        let (at, position) = if position.0 < held.pressed.0 {
            let end = loop_end.filter(|end| *end > held.at).unwrap_or(held.at + Self::HELD);
            (end, end.to_beats())
        } else {
            (at, position)
        };
        held.end = Some(on_grid(at).max(held.onset + Tick(SHORTEST)));
        held.released = Some(position);
        Some(held.onset)
    }

    /// All keys go up.
    pub(crate) fn release_all(&mut self, at: Tick, loop_end: Option<Tick>) {
        let held: Vec<u8> =
            self.notes.iter().filter(|note| note.end.is_none()).map(|note| note.pitch).collect();
        for pitch in held {
            self.release_in_loop(at, at.to_beats(), pitch, loop_end);
        }
    }

    /// Removes the notes that begin in a range.
    pub(crate) fn remove(&mut self, from: Tick, until: Tick) {
        if self.beginning_in(from, until).next().is_some() {
            Arc::make_mut(&mut self.notes).retain(|note| note.onset < from || note.onset >= until);
        }
    }

    /// The notes that begin in a range.
    pub(crate) fn beginning_in(&self, from: Tick, until: Tick) -> impl Iterator<Item = &PlayedNote> {
        let first = self.notes.partition_point(|note| note.onset < from);
        self.notes.iter().skip(first).take_while(move |note| note.onset < until)
    }

    /// The notes that begin in a range, as an instrument plays them, in the order of [`Note`].
    pub(crate) fn notes_in(&self, from: Tick, until: Tick, instrument: Family) -> Vec<Note> {
        let quantised = |note: &PlayedNote| Note {
            onset: note.onset,
            duration: note.end.map_or(Self::HELD, |end| end - note.onset),
            pitch: note.pitch,
            velocity: note.velocity,
            family: instrument,
            feel: None,
        };
        let mut notes: Vec<Note> = self.beginning_in(from, until).map(quantised).collect();
        notes.sort_unstable();
        notes
    }

    /// As [`PlayedIn::notes_in`], before it is known how long the keys will be down.
    pub(crate) fn notes_as_pressed(&self, from: Tick, until: Tick, instrument: Family) -> Vec<Note> {
        let mut notes = self.notes_in(from, until, instrument);
        for note in &mut notes {
            note.duration = Self::HELD;
        }
        notes
    }

    /// Everything as it was played, in the order of time, without keys that are still down. A key that went down and up in
    /// one moment, as of a drum pad, is down for as long as on the grid.
    pub(crate) fn performed(&self) -> Vec<PerformedNote> {
        let performed = |note: &PlayedNote| {
            let PlayedNote { pressed: onset, channel, pitch: key, velocity, .. } = *note;
            let on_grid = onset + (note.end? - note.onset).to_beats();
            let end = note.released.filter(|released| released.0 > onset.0).unwrap_or(on_grid);
            Some(PerformedNote { onset, end, channel, key, velocity, family: Family::PIANO })
        };
        let mut notes: Vec<_> = self.notes.iter().filter_map(performed).collect();
        notes.sort_by(|a, b| a.onset.0.total_cmp(&b.onset.0));
        notes
    }

    /// Whether anything was played before a song position.
    pub(crate) fn has_any_before(&self, position: Tick) -> bool {
        self.notes.first().is_some_and(|note| note.onset < position)
    }

    /// The end of the last note that sounds into the bar that begins at `line`; `line` if none does.
    pub(crate) fn sounds_until(&self, line: Tick) -> Tick {
        let before = self.notes.iter().take_while(|note| note.onset < line);
        before.map(|note| note.end.unwrap_or(Tick(i64::MAX))).max().unwrap_or(line).max(line)
    }

    /// The last notes played before a song position, however long ago: eight bars of them at most.
    fn last_before(&self, position: Tick) -> Vec<Note> {
        let n_before = self.notes.partition_point(|note| note.onset < position);
        let Some(last) = n_before.checked_sub(1).and_then(|idx| self.notes.get(idx)) else {
            return Vec::new();
        };
        self.notes_in(last.onset - Self::KEY_WINDOW, position, Family::PIANO)
    }

    /// The key of the last notes before a song position, if they are enough to find one.
    pub(crate) fn key_before(&self, position: Tick) -> Option<Key> {
        let mut notes = self.last_before(position);
        if notes.len() < Self::KEY_NOTES {
            return None;
        }
        // Players mostly begin on the tonic, at once or after an upbeat: the bass there counts for a quarter
        // note more. A whole chord says more than that, and needs no second opinion.
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

    /// The pitch classes above the tonic that an answer may use: those of the key, and those that were
    /// played as more than passing notes.
    pub(crate) fn pitch_classes_before(&self, position: Tick, key: Key) -> PitchClassSet {
        let of_key = match key.mode {
            Mode::Major => Scale::Major.pitch_classes(),
            Mode::Minor => PitchClassSet::from_bits(Scale::Minor.pitch_classes().bits() | 1 << 11),
        };
        let mut sounded = [0; 12];
        for note in self.last_before(position) {
            let above = usize::from((note.pitch + 12 - key.tonic()) % 12);
            sounded.iter_mut().skip(above).take(1).for_each(|ticks| *ticks += note.duration.0);
        }
        let enough = (sounded.iter().sum::<i64>() / Self::PASSING).max(1);
        let played = (0..12).zip(sounded).filter(|(_, ticks)| *ticks >= enough);
        PitchClassSet::from_bits(played.fold(of_key.bits(), |bits, (above, _)| bits | 1 << above))
    }
}

/// The shortest length of a played note, in ticks.
const SHORTEST: i64 = 3;

/// The nearest grid line of the sixteenths and the eighth triplets.
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
        assert_eq!(played.sounds_until(Tick(96)), Tick(i64::MAX));
        assert_eq!(played.release(Tick(50), Tick(50).to_beats(), 60), Some(Tick(0)));
        played.release_all(Tick(70), None);
        let notes = played.notes_in(Tick(0), Tick(96), Family::PIANO);
        assert_eq!(notes.iter().map(|note| note.duration.0).collect::<Vec<_>>(), [48, 48]);
        assert_eq!(played.sounds_until(Tick(48)), Tick(72));
    }

    #[test]
    fn the_key_is_that_of_the_last_notes() {
        let mut played = PlayedIn::default();
        for (idx, pitch) in [62, 64, 66, 67, 69, 71, 73, 74].into_iter().enumerate() {
            played.press(&pressed(24 * idx as i64, pitch));
            let end = Tick(24 * idx as i64 + 24);
            played.release(end, end.to_beats(), pitch);
        }
        assert_eq!(played.key_before(Tick(192)), Some(Key::new(2, Mode::Major)));
        assert_eq!(played.key_before(Tick(24)), None);
        played.remove(Tick(0), Tick(192));
        assert!(played.notes().is_empty());
    }

    #[test]
    fn a_key_that_is_down_when_the_song_goes_back_sounds_until_the_end_of_the_loop() {
        let performed = |played: &PlayedIn| -> Vec<(f64, f64)> {
            played.performed().iter().map(|note| (note.onset.0, note.end.0)).collect()
        };
        let (down, up) = (Tick(15 * 24), Tick(7));
        let mut played = PlayedIn::default();
        played.press(&pressed(down.0, 60));
        assert_eq!(performed(&played), [], "it is still down");
        assert_eq!(played.release_in_loop(up, up.to_beats(), 60, Some(Tick(16 * 24))), Some(down));
        assert_eq!(performed(&played), [(15.0, 16.0)]);
        assert_eq!(played.notes_in(Tick(0), Tick(384), Family::PIANO)[0].duration, Tick(24));
        // The end of the loop is not known, or it is another loop by now.
        for loop_end in [None, Some(Tick(96))] {
            let mut played = PlayedIn::default();
            played.press(&pressed(down.0 - 24, 60));
            played.release_in_loop(up, up.to_beats(), 60, loop_end);
            assert_eq!(performed(&played), [(14.0, 15.0)]);
        }
        // A pad that sends both messages at one sample.
        let mut played = PlayedIn::default();
        played.press(&pressed(26, 36));
        played.release(Tick(26), Tick(26).to_beats(), 36);
        let [(onset, end)] = performed(&played)[..] else { panic!("one note") };
        assert!((end - onset - Tick(3).to_beats().0).abs() < 1e-9, "{onset} {end}");
    }
}
