use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, proptest};

use crate::music::smf::{self, SmfError, steps};
use crate::music::{
    Beats, Chord, Family, Key, Meter, Mode, Note, PerformedNote, Piece, PitchClassSet, Tick, Timing,
};

/// A file of format 1 with these tracks, 24 ticks to the quarter.
fn file(tracks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0\x01\0".to_vec();
    bytes.extend([tracks.len() as u8, 0, 24]);
    for track in tracks {
        bytes.extend(b"MTrk");
        bytes.extend((track.len() as u32 + 4).to_be_bytes());
        bytes.extend(*track);
        bytes.extend(b"\0\xff\x2f\0");
    }
    bytes
}

/// Start, duration and pitch of each note.
fn notes_of(bytes: &[u8]) -> Vec<(u64, u64, u8)> {
    smf::read(bytes).unwrap().notes.iter().map(|note| (note.start, note.duration, note.pitch)).collect()
}

#[test]
fn a_note_off_ends_the_oldest_note_of_its_pitch() {
    let track = b"\0\x90\x3c\x40\x0a\x3c\x41\x0a\x80\x3c\0\x0a\x3c\0";
    assert_eq!(notes_of(&file(&[track])), [(0, 20, 60), (10, 20, 60)]);
}

#[test]
fn the_pedal_holds_notes_until_it_is_lifted_or_their_pitch_is_struck_again() {
    // Pedal down at 0; C from 0 to 10, E from 0 to 10; C again from 20 to 30; pedal up at 40.
    let track =
        b"\0\xb0\x40\x7f\x01\x90\x3c\x40\0\x40\x40\x09\x3c\0\0\x40\0\x0a\x3c\x40\x0a\x3c\0\x0a\xb0\x40\0";
    assert_eq!(notes_of(&file(&[track])), [(1, 19, 60), (1, 39, 64), (20, 20, 60)]);
}

#[test]
fn a_pedal_that_is_never_lifted_holds_nothing() {
    assert_eq!(notes_of(&file(&[b"\0\xb0\x40\x7f\0\x90\x3c\x40\x0a\x3c\0\x60\xb0\x07\x40"])), [(0, 10, 60)]);
}

#[test]
fn a_track_prefers_its_own_program_on_a_shared_channel() {
    let strings: &[u8] = b"\0\xc0\x30\0\x90\x3c\x40\x0a\x3c\0";
    let flute: &[u8] = b"\0\x90\x48\x40\0\xc0\x49\x0a\x90\x48\0";
    let without: &[u8] = b"\x05\x90\x48\x40\x0a\x48\0\0\x91\x18\x40\x0a\x18\0";
    let smf = smf::read(&file(&[strings, flute, without])).unwrap();
    let programs: Vec<(u8, u8)> = smf.notes.iter().map(|note| (note.pitch, note.program)).collect();
    assert_eq!(programs, [(60, 48), (72, 73), (72, 73), (24, 0)]);
}

#[test]
fn a_hanging_note_lasts_a_bar_at_most_and_is_warned_about() {
    let smf = smf::read(&file(&[b"\0\x90\x3c\x40\x87\x00\x3e\x40\x18\x3e\0"])).unwrap();
    assert_eq!(smf.notes[0].duration, 96);
    assert_eq!(smf.warnings.len(), 1);
    assert_eq!(smf.warnings[0].to_string(), "at byte 23: notes that never end given a bar at most: 1 in all");
}

#[test]
fn errors_say_where_and_why() {
    let message = |bytes: &[u8]| smf::read(bytes).unwrap_err().to_string();
    assert_eq!(
        message(b"<?xml version='1.0'?>"),
        "at byte 0: expected the MThd header of a Standard MIDI File, found XML or HTML text"
    );
    assert_eq!(
        message(b"MThd\0\0\0\x06\0"),
        "at byte 0: expected an MThd header of 14 bytes, found the end of the file after 9"
    );
    assert_eq!(message(b"MThd\0\0\0\x06\0\x01\0\x02\0\x60"), "at byte 14: expected 2 tracks, found none");
    assert!(matches!(smf::load("no such file".as_ref()), Err(SmfError::Unreadable { .. })));
}

#[test]
fn quantising_keeps_the_longest_of_equal_notes_and_cuts_at_the_next_onset() {
    // Two Cs at 0, one of 10 and one of 30 ticks; another from 20 to 30.
    let track = b"\0\x90\x3c\x40\0\x3c\x41\x0a\x3c\0\x0a\x3c\x42\x0a\x3c\0\0\x3c\0";
    let piece = smf::read(&file(&[track])).unwrap().to_piece();
    let notes: Vec<_> = piece.notes.iter().map(|n| (n.onset.0, n.duration.0, n.velocity)).collect();
    assert_eq!(notes, [(0, 20, 0x41), (20, 10, 0x42)]);
}

#[test]
fn drums_are_what_channel_ten_plays() {
    let smf = smf::read(&file(&[b"\0\xc9\x10\0\x99\x24\x40\x0a\x24\0\0\x90\x24\x40\x0a\x24\0"])).unwrap();
    let families: Vec<Family> = smf.to_piece().notes.iter().map(|note| note.family).collect();
    assert_eq!(families, [Family::DRUMS, Family::PIANO]);
}

#[test]
fn smpte_time_counts_two_quarters_to_the_second() {
    let mut bytes = file(&[b"\0\x90\x3c\x40\x83\x74\x3c\0"]);
    bytes[12] = 0xe7; // 25 frames a second
    bytes[13] = 40;
    let smf = smf::read(&bytes).unwrap();
    assert_eq!(smf.ticks_per_beat, 500);
    assert_eq!(smf.to_piece().notes[0].duration, Tick(24));
}

#[test]
fn reading_takes_steps_in_proportion_to_the_length_of_the_file() {
    // Each of these could make a reader search the rest of the file, or go through all notes, at every step.
    let n = 40_000;
    let tracks_with_wrong_lengths = b"MTrk\0\x0a\0\0\0\xff\x2f\0".repeat(n);
    let unended_notes_then_silence: Vec<u8> = (0..n)
        .flat_map(|idx| [0, 0x90, (idx % 128) as u8, 0x40])
        .chain((0..n).flat_map(|_| [0, 0xb0, 123, 0]))
        .collect();
    let pedals = b"\0\x90\x3c\x40\0\xb0\x40\x7f\0\x80\x3c\0\0\xb0\x40\0".repeat(n);
    let empty_track = b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk\0\0\0\x04\0\xff\x2f\0";
    let files = [
        [&empty_track[..], &tracks_with_wrong_lengths].concat(),
        file(&[&unended_notes_then_silence]),
        file(&[&pedals]),
    ];
    for bytes in files {
        steps::take();
        let smf = smf::read(&bytes).unwrap();
        let n_steps = steps::take();
        assert!(smf.to_piece().notes.len() <= n);
        assert!(
            (bytes.len() / 2..8 * bytes.len()).contains(&n_steps),
            "{n_steps} steps for {} bytes",
            bytes.len()
        );
    }
}

fn note() -> impl Strategy<Value = (Note, Tick)> {
    (0..60i64, 1..200i64, 0..128u8, 1..128u8, 0..Family::COUNT).prop_map(
        |(gap, duration, pitch, velocity, family)| {
            let family = Family::from_index(family).unwrap_or_default();
            (
                Note { onset: Tick::ZERO, duration: Tick(duration), pitch, velocity, family, feel: None },
                Tick(gap),
            )
        },
    )
}

fn changes<T: std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<(Tick, T)>> {
    vec((1..300i64, value), 0..6).prop_map(|changes| {
        let mut at = -1;
        let place = |(gap, value)| {
            at += gap;
            (Tick(at), value)
        };
        changes.into_iter().map(place).collect()
    })
}

fn piece() -> impl Strategy<Value = Piece> {
    let meter = (1..=64u32, 0..=5u32).prop_map(|(n, e)| Meter::new(n, 1 << e).unwrap());
    let key = (0..12u8, any::<bool>())
        .prop_map(|(tonic, minor)| Key::new(tonic, if minor { Mode::Minor } else { Mode::Major }));
    let tempo = (60_000..2_000_000u32).prop_map(|micros| 60e6 / f64::from(micros));
    (vec(note(), 0..200), changes(meter), changes(key), changes(tempo), Just(())).prop_map(
        |(notes, meters, keys, tempos, ())| {
            let mut onset = Tick::ZERO;
            let mut placed: Vec<Note> = Vec::new();
            for (note, gap) in notes {
                onset += gap;
                let same = |other: &&mut Note| (other.pitch, other.family) == (note.pitch, note.family);
                if let Some(last) = placed.iter_mut().rev().find(same) {
                    if last.onset == onset {
                        continue;
                    }
                    last.duration = last.duration.min(onset - last.onset);
                }
                placed.push(Note { onset, ..note });
            }
            placed.sort_unstable();
            Piece { notes: placed, meters, keys, tempos, ..Piece::default() }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(piece in piece()) {
        let smf = smf::read(&smf::write(&piece, "A piece")).unwrap();
        prop_assert_eq!(&smf.warnings, &vec![]);
        prop_assert_eq!(smf.to_piece(), piece);
    }

    #[test]
    fn random_events_after_a_good_header_never_panic_the_reader(track in vec(any::<u8>(), 0..400)) {
        let smf = smf::read(&file(&[&track])).unwrap();
        let piece = smf.to_piece();
        for pair in piece.notes.windows(2) {
            assert!(pair[0] < pair[1]);
        }
    }
}

#[test]
fn played_notes_are_written_finer_than_any_tick_and_each_family_has_a_channel_of_its_own() {
    let played = |onset: f64, channel, family| PerformedNote {
        onset: Beats(onset),
        end: Beats(onset + 0.5),
        channel,
        key: 60,
        velocity: 77,
        family,
    };
    let notes = [
        played(1.0 / 960.0, 3, Family::PIANO),
        played(2.0003, 9, Family::DRUMS),
        played(1.25, 3, Family::BASS),
        played(4.0, 7, Family::STRINGS),
    ];
    let frame = Piece {
        meters: vec![(Tick(0), Meter::new(3, 4).unwrap())],
        tempos: vec![(Tick(0), 90.0), (Tick(72), 60.0)],
        ..Piece::default()
    };
    let smf = smf::read(&smf::write_performed(&notes, &frame, "as heard")).unwrap();
    assert_eq!((smf.ticks_per_beat, smf.warnings.len()), (960, 0));
    let read: Vec<_> =
        smf.notes.iter().map(|n| (n.start, n.duration, n.channel, n.program, n.family())).collect();
    assert_eq!(
        read,
        [
            (1, 480, 3, Family::PIANO.program(), Family::PIANO),
            (1200, 480, 4, Family::BASS.program(), Family::BASS),
            (1920, 480, 9, 0, Family::DRUMS),
            (3840, 480, 7, Family::STRINGS.program(), Family::STRINGS),
        ]
    );
    assert_eq!(smf.tempos.iter().map(|(tick, _)| *tick).collect::<Vec<_>>(), [0, 2880]);
    assert_eq!(smf.meters, [(0, Meter::new(3, 4).unwrap())]);
}

#[test]
fn text_events_that_begin_with_chord_are_chords_until_the_next_one() {
    let mut track = b"\0\xff\x01\x0dchord: A:min7\x30\xff\x01\x08chord: N\x18\xff\x01\x05verse".to_vec();
    track.extend(b"\x18\xff\x01\x0cchord: X:foo\x30\xff\x01\x0echord:Bb:maj/3\0\x90\x3c\x40\x18\x3c\0");
    let smf = smf::read(&file(&[&track])).unwrap();
    let chord = |root, tones: &[u8], bass| Some(Chord::new(root, PitchClassSet::new(tones), bass));
    let expected = vec![(0, chord(9, &[0, 3, 7, 10], 9)), (48, None), (144, chord(10, &[0, 4, 7], 2))];
    assert_eq!(smf.chords, expected);
    let warnings: Vec<String> = smf.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].ends_with("expected a chord such as C:maj7 or A:min/b3, found \"X:foo\""),
        "{warnings:?}"
    );
    let on_grid: Vec<_> = expected.into_iter().map(|(at, chord)| (Tick(at as i64), chord)).collect();
    assert_eq!(smf.to_piece().chords, on_grid);
}

/// Swung eighths of a drummer, early and late by up to thirty of 960 ticks.
fn swung(n_bars: u32) -> Vec<PerformedNote> {
    let note = |idx: u32| {
        let onset = 0.5 * f64::from(idx - idx % 2) + if idx % 2 == 1 { 0.61 } else { 0.0 };
        let onset = 4.0 + onset + f64::from((idx * 7919) % 61) / 960.0 - 30.0 / 960.0;
        let (onset, end) = (Beats(onset), Beats(onset + 0.1));
        PerformedNote { onset, end, channel: 9, key: 42, velocity: 80, family: Family::DRUMS }
    };
    (0..8 * n_bars).map(note).collect()
}

#[test]
fn a_performance_has_its_rhythm_and_its_feel() {
    let smf = smf::read(&smf::write_performed(&swung(16), &Piece::default(), "")).unwrap();
    assert_eq!(smf.timing(), Timing::Performance);
    let piece = smf.to_piece();
    let rhythm: Vec<i64> = piece.notes.iter().map(|note| note.onset.0).collect();
    let expected: Vec<i64> = (0..64).flat_map(|beat| [96 + 24 * beat, 96 + 24 * beat + 15]).collect();
    assert_eq!(rhythm, expected);
    for (note, played) in piece.notes.iter().zip(swung(16)) {
        let place = note.onset.0 as f64 + note.feel.unwrap().ticks();
        assert!((place - 24.0 * played.onset.0).abs() < 0.2, "{note:?} {played:?}");
    }
}

#[test]
fn a_score_has_no_feel() {
    let notes: Vec<PerformedNote> = swung(16)
        .into_iter()
        .enumerate()
        .map(|(idx, note)| PerformedNote {
            onset: Beats(idx as f64 / 3.0),
            end: Beats(idx as f64 / 3.0 + 0.1),
            ..note
        })
        .collect();
    let smf = smf::read(&smf::write_performed(&notes, &Piece::default(), "")).unwrap();
    assert_eq!(smf.timing(), Timing::Score);
    assert!(smf.to_piece().notes.iter().all(|note| note.feel.is_none()));
}
