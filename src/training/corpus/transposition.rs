//! Transposes pieces to C.

use crate::music::{Chord, Family, Note, Piece, Section, Tick};
use crate::training::corpus::piece::KeyedPiece;

/// Transposes each section of a piece to a tonic of C, by a tritone at most; drums stay.
///
/// A family that would leave the range of its instruments moves back by an octave as a whole; a note that would leave
/// the keyboard moves alone.
#[must_use]
pub fn in_c(mut piece: Piece, style: usize) -> KeyedPiece {
    let sections = piece.sections_by_key();
    for (idx, section) in sections.iter().enumerate() {
        let from = if idx == 0 { 0 } else { piece.notes.partition_point(|note| note.onset < section.start) };
        let end = sections
            .get(idx + 1)
            .map_or(piece.notes.len(), |next| piece.notes.partition_point(|note| note.onset < next.start));
        if let Some(notes) = piece.notes.get_mut(from..end) {
            transpose(notes, -section.key.transposition());
        }
    }
    piece.chords = transposed_chords(&piece.chords, &sections);
    piece.notes.sort();
    // Transposition can put two notes on one key; one is kept.
    piece.notes.dedup_by_key(|note| (note.onset, note.pitch, note.family));
    // Empty bars at the start are left out.
    let (first_bar, _) = piece.bar_at(piece.notes.first().map_or(Tick::ZERO, |note| note.onset));
    let has_changed = piece.meters.iter().any(|(at, _)| *at > Tick::ZERO && *at <= first_bar);
    let begin = if has_changed { Tick::ZERO } else { first_bar };
    let modes = sections.iter().map(|section| (section.start - begin, section.key.mode)).collect();
    KeyedPiece { style, modes, piece: begun_at(&piece, begin) }
}

/// The chords, each transposed with its section. One that lasts into the next section changes there.
fn transposed_chords(chords: &[(Tick, Option<Chord>)], sections: &[Section]) -> Vec<(Tick, Option<Chord>)> {
    let mut transposed = Vec::with_capacity(chords.len());
    for (idx, section) in sections.iter().enumerate() {
        let up = -section.key.transposition();
        let moved = |chord: Option<Chord>| chord.map(|chord| chord.transposed(up));
        let start = if idx == 0 { Tick(i64::MIN) } else { section.start };
        let end = sections.get(idx + 1).map_or(Tick(i64::MAX), |next| next.start);
        let from = chords.partition_point(|(at, _)| *at < start);
        let to = chords.partition_point(|(at, _)| *at < end);
        let held = from.checked_sub(1).and_then(|before| chords.get(before));
        if let Some((_, chord)) = held.filter(|_| chords.get(from).is_none_or(|(at, _)| *at > start)) {
            transposed.push((start, moved(*chord)));
        }
        let own = chords.get(from..to).unwrap_or_default();
        transposed.extend(own.iter().map(|(at, chord)| (*at, moved(*chord))));
    }
    transposed
}

/// Transposes notes, each family as a whole.
fn transpose(notes: &mut [Note], semitones: i8) {
    let mut lows = [u8::MAX; Family::COUNT];
    let mut highs = [0; Family::COUNT];
    for note in notes.iter() {
        let idx = note.family.index();
        lows[idx] = note.pitch.min(lows[idx]);
        highs[idx] = note.pitch.max(highs[idx]);
    }
    let steps: [i16; Family::COUNT] = std::array::from_fn(|idx| {
        let can_play = |by: i16| {
            let (lowest, highest) = RANGES[idx];
            i16::from(lows[idx]) + by >= lowest && i16::from(highs[idx]) + by <= highest
        };
        let step = i16::from(semitones);
        let back = step - 12 * step.signum();
        if can_play(0) && !can_play(step) && can_play(back) { back } else { step }
    });
    for note in notes.iter_mut().filter(|note| !note.family.is_drums()) {
        note.pitch = on_keyboard(i16::from(note.pitch) + steps[note.family.index()]);
    }
}

/// Lowest and highest MIDI key that any instrument of a family plays, by family.
const RANGES: [(i16, i16); Family::COUNT] = [
    (21, 108), // piano
    (36, 108), // chromatic percussion
    (24, 108), // organ
    (38, 88),  // guitar
    (23, 67),  // bass
    (24, 103), // strings
    (28, 103), // ensemble
    (26, 91),  // brass
    (34, 96),  // reed
    (48, 108), // pipe
    (0, 127),
    (0, 127),
    (0, 127),
    (0, 127),
    (0, 127),
    (0, 127),
    (0, 127),
];

/// Moves a pitch that leaves the keyboard back by octaves.
fn on_keyboard(pitch: i16) -> u8 {
    let back = if pitch < 0 {
        12
    } else if pitch > 127 {
        -12
    } else {
        0
    };
    (pitch + back) as u8
}

/// The chords with `start` as tick zero. Of those that began at or before it only the last one still holds.
fn begun_chords(chords: &[(Tick, Option<Chord>)], start: Tick) -> Vec<(Tick, Option<Chord>)> {
    let n_begun = chords.partition_point(|(at, _)| *at <= start);
    let held = chords.iter().skip(n_begun.saturating_sub(1));
    held.map(|(at, chord)| ((*at - start).max(Tick::ZERO), *chord)).collect()
}

/// The piece with `start` as tick zero.
fn begun_at(piece: &Piece, start: Tick) -> Piece {
    let moved = |at: Tick| (at - start).max(Tick::ZERO);
    Piece {
        notes: piece.notes.iter().map(|note| Note { onset: note.onset - start, ..*note }).collect(),
        meters: piece.meters.iter().map(|(at, meter)| (moved(*at), *meter)).collect(),
        keys: piece.keys.iter().map(|(at, key)| (moved(*at), *key)).collect(),
        tempos: piece.tempos.iter().map(|(at, tempo)| (moved(*at), *tempo)).collect(),
        chords: begun_chords(&piece.chords, start),
        ..Piece::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::music::{Chord, Family, Key, Mode, Note, Piece, PitchClassSet, Tick};
    use crate::training::corpus::transposition::in_c;

    fn piece(family: Family, tonic: u8, pitches: &[u8]) -> Piece {
        let note = |(idx, pitch): (usize, &u8)| Note {
            onset: Tick(24 * idx as i64),
            duration: Tick(24),
            pitch: *pitch,
            velocity: 90,
            family,
            feel: None,
        };
        Piece {
            notes: pitches.iter().enumerate().map(note).collect(),
            keys: vec![(Tick(0), Key::new(tonic, Mode::Major))],
            ..Piece::default()
        }
    }

    fn moved(family: Family, tonic: u8, pitches: &[u8]) -> Vec<u8> {
        in_c(piece(family, tonic, pitches), 0).piece.notes.iter().map(|note| note.pitch).collect()
    }

    #[test]
    fn music_moves_the_short_way_to_c_and_drums_stay() {
        assert_eq!(moved(Family::PIANO, 7, &[67, 71, 74, 79, 67]), [72, 76, 79, 84, 72]);
        assert_eq!(moved(Family::PIANO, 2, &[62, 66, 69, 74, 62]), [60, 64, 67, 72, 60]);
        assert_eq!(moved(Family::DRUMS, 2, &[36, 38, 42, 36]), [36, 38, 42, 36]);
    }

    #[test]
    fn a_part_stays_where_its_instrument_can_play_it() {
        // Down a fourth a bass would sink below its lowest string: it goes up a fifth instead, all of it.
        assert_eq!(moved(Family::BASS, 4, &[28, 32, 35, 40, 28]), [24, 28, 31, 36, 24]);
        assert_eq!(moved(Family::BASS, 5, &[26, 29, 33, 36, 41, 29]), [33, 36, 40, 43, 48, 36]);
    }

    #[test]
    fn chords_move_with_their_section_and_change_where_the_key_does() {
        let chord = |root: u8| Some(Chord::new(root, PitchClassSet::new(&[0, 4, 7]), root + 4));
        let mut two_keys =
            piece(Family::PIANO, 7, &[67, 71, 74, 79, 67, 71, 74, 67, 62, 66, 69, 74, 62, 66, 69, 62]);
        two_keys.keys.push((Tick(192), Key::new(2, Mode::Major)));
        // D is the dominant of the first key and the tonic of the second; it holds across the change.
        two_keys.chords =
            vec![(Tick(0), chord(7)), (Tick(96), chord(2)), (Tick(288), None), (Tick(320), chord(9))];
        let expected = vec![
            (Tick(0), chord(0)),
            (Tick(96), chord(7)),
            (Tick(192), chord(0)),
            (Tick(288), None),
            (Tick(320), chord(7)),
        ];
        assert_eq!(in_c(two_keys, 0).piece.chords, expected);
    }

    #[test]
    fn chords_before_the_first_bar_are_left_out_but_for_the_one_that_holds() {
        let chord = |root: u8| Some(Chord::new(root, PitchClassSet::new(&[0, 4, 7]), root));
        let mut late = piece(Family::PIANO, 0, &[60, 64, 67, 72, 60]);
        for note in &mut late.notes {
            note.onset += Tick(192);
        }
        late.chords = vec![(Tick(0), None), (Tick(48), chord(0)), (Tick(240), chord(7))];
        assert_eq!(in_c(late, 0).piece.chords, [(Tick(0), chord(0)), (Tick(48), chord(7))]);
    }
}
