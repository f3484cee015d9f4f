use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};

use crate::music::smf::{self, SmfError, steps};
use crate::music::{
    Beats, Chord, Family, Key, Meter, Mode, Note, PerformedNote, Piece, PitchClassSet, Programs, Tick, Timing,
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

/// Each note with one of the programs that its family can have, at random.
fn with_programs(notes: &[Note], programs: &[u8]) -> Vec<(Note, u8)> {
    let program = |(idx, note): (usize, &Note)| {
        let program = programs[idx * 7 % programs.len()];
        let of_family = 8 * note.family.index() as u8 + program % 8;
        (*note, if note.family.is_drums() { program } else { of_family })
    };
    notes.iter().enumerate().map(program).collect()
}

fn piece() -> impl Strategy<Value = Piece> {
    let meter = (1..=64u32, 0..=5u32).prop_map(|(n, e)| Meter::new(n, 1 << e).unwrap());
    let key = (0..12u8, any::<bool>())
        .prop_map(|(tonic, minor)| Key::new(tonic, if minor { Mode::Minor } else { Mode::Major }));
    let tempo = (60_000..2_000_000u32).prop_map(|micros| 60e6 / f64::from(micros));
    let programs = vec(0..128u8, 1..9);
    (vec(note(), 1..200), changes(meter), changes(key), changes(tempo), programs, 1..500i64).prop_map(
        |(notes, meters, keys, tempos, programs, rest)| {
            let rest = Tick(rest);
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
            let mut piece = Piece { notes: placed, meters, keys, tempos, ..Piece::default() };
            let all = with_programs(&piece.notes, &programs);
            piece.programs = Programs::of(all);
            let changes = [
                piece.meters.last().map(|c| c.0),
                piece.keys.last().map(|c| c.0),
                piece.tempos.last().map(|c| c.0),
            ];
            let last_change = changes.into_iter().flatten().max().unwrap_or_default();
            piece.length = piece.end().max(last_change) + rest;
            piece
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
fn a_note_shorter_than_a_tick_of_the_file_ends_all_the_same() {
    let played = |onset: f64, end: f64, key: u8| PerformedNote {
        onset: Beats(onset),
        end: Beats(end),
        channel: 0,
        key,
        velocity: 90,
        family: Family::PIANO,
    };
    let notes =
        [played(0.0, 2e-5, 60), played(1.0, 1.0, 62), played(2.0, 2.0001, 60), played(2.0004, 3.0, 60)];
    let smf = smf::read(&smf::write_performed(&notes, &Piece::default(), "")).unwrap();
    let read: Vec<_> = smf.notes.iter().map(|note| (note.start, note.duration, note.pitch)).collect();
    assert_eq!(read, [(0, 1, 60), (960, 1, 62), (1920, 1, 60), (1920, 960, 60)]);
    assert!(smf.warnings.is_empty(), "{:?}", smf.warnings);
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
fn the_places_of_a_performance_end_where_positions_do() {
    // On beats alone, all of them late by an eighth of a beat and some.
    let late = |note: PerformedNote| PerformedNote {
        onset: Beats(note.onset.0 + 0.14),
        end: Beats(note.end.0 + 0.14),
        ..note
    };
    let on_beats: Vec<PerformedNote> = swung(32).into_iter().step_by(2).map(late).collect();
    let mut smf = smf::read(&smf::write_performed(&on_beats, &Piece::default(), "")).unwrap();
    let last = u64::from(smf.ticks_per_beat) << 16;
    smf.notes.last_mut().unwrap().start = last;
    assert_eq!(smf.timing(), Timing::Performance);
    let piece = smf.to_piece();
    assert!(piece.notes[0].onset.0 % 24 > 0, "places are late too: {:?}", piece.notes[0]);
    assert_eq!(piece.notes.last().unwrap().onset, Tick(24 << 16));
    let again = smf::read(&smf::write(&piece, "")).unwrap().to_piece();
    assert_eq!(again.notes.last().unwrap().onset, Tick(24 << 16));

    // One that begins shortly before and ends there: its place is later, and it ends there still.
    let ticks_per_beat = u64::from(smf.ticks_per_beat);
    let note = smf.notes.last_mut().unwrap();
    (note.start, note.duration) = (last - 2 * ticks_per_beat, 2 * ticks_per_beat);
    let piece = smf.to_piece();
    let note = piece.notes.last().unwrap();
    assert!(note.onset > Tick((24 << 16) - 48), "it is placed later: {note:?}");
    assert_eq!(note.end(), Tick(24 << 16));
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

#[test]
fn the_music_ends_where_its_tracks_end() {
    let end = |tracks: &[&[u8]]| smf::read(&file(tracks)).unwrap().end;
    let note: &[u8] = b"\0\x90\x3c\x40\x18\x3c\0";
    assert_eq!(end(&[note]), 24);
    // A text 72 ticks later, as any event, and an end of the track so late.
    assert_eq!(end(&[note, b"\x60\xff\x06\x01\x41"]), 96);
    let mut late = file(&[note]);
    let last = late.len() - 4;
    late[last] = 72;
    assert_eq!(smf::read(&late).unwrap().end, 96);
    // What comes next is not part of the music, whether its track ends there or a tick later.
    let tempo = b"\x87\x40\xff\x51\x03\x1e\x84\x80";
    assert_eq!(end(&[tempo, note]), 24);
    let mut tempo = file(&[tempo, note]);
    tempo[14 + 8 + 8] = 1;
    assert_eq!(smf::read(&tempo).unwrap().end, 24);
    assert_eq!(end(&[b"\0\x90\x3c\x40\x18\x3c\0\x87\x40\xff\x51\x03\x1e\x84\x80"]), 24);
}

#[test]
fn a_track_that_was_left_open_for_hours_adds_no_silence() {
    let note = b"\0\x90\x3c\x40\x18\x3c\0\xff\xff\x7f\xff\x06\x01\x41";
    let smf = smf::read(&file(&[note])).unwrap();
    assert_eq!(smf.end, 24);
    assert!(smf.warnings.last().unwrap().to_string().contains("silence after the last note left out"));
    assert_eq!(smf.to_piece().length, Tick(0));
}

#[test]
fn all_tracks_of_a_written_file_end_with_the_piece_and_no_note_sounds_beyond_it() {
    let note = |onset, duration, family| Note {
        onset: Tick(onset),
        duration: Tick(duration),
        pitch: 60,
        velocity: 80,
        family,
        feel: None,
    };
    let piece = Piece {
        notes: vec![note(0, 6, Family::DRUMS), note(90, 50, Family::PIANO)],
        length: Tick(96),
        ..Piece::default()
    };
    let bytes = smf::write(&piece, "");
    let ends: Vec<u32> = midly::Smf::parse(&bytes)
        .unwrap()
        .tracks
        .iter()
        .map(|track| track.iter().map(|event| event.delta.as_int()).sum())
        .collect();
    assert_eq!(ends, [1920; 3]);
    let read = smf::read(&bytes).unwrap().to_piece();
    assert_eq!(read.notes[1].duration, Tick(6));
}

#[test]
fn all_notes_off_lets_go_of_keys_and_the_pedal_holds_what_they_held() {
    // C from 0, released at 48; all notes off at 48; pedal down at 1 and up at 384.
    let with = |controller: u8, value: u8| {
        let track = [
            b"\0\x90\x3c\x40\x01\xb0\x40\x7f\x2f\x80\x3c\0\0\xb0".as_slice(),
            &[controller, value],
            b"\x82\x50\x40\0",
        ];
        notes_of(&file(&[&track.concat()]))
    };
    assert_eq!(with(123, 0), [(0, 384, 60)]);
    for mode in 124..=127 {
        assert_eq!(with(mode, 0), [(0, 384, 60)], "controller {mode}");
    }
    assert_eq!(with(122, 0), [(0, 384, 60)], "local control");
    assert_eq!(with(120, 0), [(0, 48, 60)], "all sound off");
    assert_eq!(with(121, 0), [(0, 48, 60)], "the pedal is reset");
    // The same keys still held down.
    let held = |controller: u8| {
        let track = [
            b"\0\x90\x3c\x40\x01\xb0\x40\x7f\x2f".as_slice(),
            &[controller, 0],
            b"\x81\x50\x40\0\x81\0\x80\x3c\0",
        ];
        notes_of(&file(&[&track.concat()]))
    };
    assert_eq!(held(123), [(0, 256, 60)], "until the pedal goes up");
    assert_eq!(held(122), [(0, 384, 60)]);
    assert_eq!(held(120), [(0, 48, 60)]);
}

#[test]
fn messages_act_on_their_own_port_only() {
    let first: &[u8] = b"\0\xff\x21\x01\0\0\x90\x3c\x40\x60\x3c\0";
    let second: &[u8] = b"\0\xff\x21\x01\x01\x30\xb0\x7b\0\0\x7c\0\0\x78\0";
    assert_eq!(notes_of(&file(&[first, second])), [(0, 96, 60)]);
    let same_port: &[u8] = b"\x30\xb0\x7b\0";
    assert_eq!(notes_of(&file(&[first, same_port])), [(0, 48, 60)]);
    // The program of one port is not that of the other.
    let strings: &[u8] = b"\0\xff\x21\x01\x01\0\xc0\x30\x01\x90\x40\x40\x60\x40\0";
    let smf = smf::read(&file(&[first, strings])).unwrap();
    assert_eq!(smf.notes.iter().map(|note| note.program).collect::<Vec<_>>(), [0, 48]);
}

/// Whether the one note of a track is a drum: `setup` comes first, the note is on channel 4 or as given.
fn is_drum(setup: &[u8], channel: u8) -> bool {
    let track = [setup, &[1, 0x90 | channel, 0x26, 0x40, 0x18, 0x26, 0]].concat();
    let smf = smf::read(&file(&[&track])).unwrap();
    assert_eq!((smf.notes.len(), &smf.warnings[..]), (1, &[][..]));
    smf.notes[0].family() == Family::DRUMS
}

#[test]
fn banks_make_drum_channels() {
    for (bank, expected) in [(127, true), (126, true), (120, true), (121, false), (0, false), (1, false)] {
        assert_eq!(is_drum(&[0, 0xb3, 0, bank, 0, 0x20, 0, 0, 0xc3, 0], 3), expected, "bank {bank}");
        // Where no program change follows, the bank holds by itself.
        assert_eq!(is_drum(&[0, 0xb3, 0, bank], 3), expected, "bank {bank} alone");
    }
    assert!(is_drum(&[0, 0xc9, 8], 9) && is_drum(&[0, 0xb9, 0, 0, 0, 0xc9, 8], 9), "the tenth channel");
    assert!(!is_drum(&[0, 0xb9, 0, 121, 0, 0xc9, 8], 9), "unless its bank is melodic");
    assert!(!is_drum(&[0, 0xb3, 0, 127, 0, 0xc3, 0, 0, 0xb3, 0, 0, 0, 0xc3, 0], 3), "it is melodic again");
}

#[test]
fn a_bank_waits_for_the_program_change() {
    let track = b"\0\xb3\0\x7f\0\x93\x26\x40\x18\x26\0\0\xc3\0\0\x93\x26\x40\x18\x26\0";
    let smf = smf::read(&file(&[track])).unwrap();
    let families: Vec<Family> = smf.notes.iter().map(smf::SmfNote::family).collect();
    assert_eq!(families, [Family::PIANO, Family::DRUMS]);
}

#[test]
fn system_messages_make_drum_channels_and_resets_take_them_back() {
    let gs_part = |part: u8, map: u8| {
        [&[0, 0xf0, 10, 0x41, 0x10, 0x42, 0x12, 0x40, part, 0x15, map, 0, 0xf7][..]].concat()
    };
    assert!(is_drum(&gs_part(0x14, 1), 3) && is_drum(&gs_part(0x14, 2), 3));
    assert!(!is_drum(&gs_part(0x13, 1), 3));
    assert!(is_drum(&gs_part(0x1b, 1), 11) && !is_drum(&gs_part(0x10, 0), 9));
    let xg_part = |part: u8, mode: u8| [0, 0xf0, 8, 0x43, 0x10, 0x4c, 8, part, 7, mode, 0xf7];
    assert!(is_drum(&xg_part(3, 2), 3) && !is_drum(&xg_part(9, 0), 9));
    let gm_on: &[u8] = &[1, 0xf0, 5, 0x7e, 0x7f, 9, 1, 0xf7];
    let gs_reset: &[u8] = &[1, 0xf0, 10, 0x41, 0x10, 0x42, 0x12, 0x40, 0, 0x7f, 0, 0x41, 0xf7];
    let xg_on: &[u8] = &[1, 0xf0, 8, 0x43, 0x10, 0x4c, 0, 0, 0x7e, 0, 0xf7];
    for reset in [gm_on, gs_reset, xg_on] {
        assert!(!is_drum(&[&gs_part(0x14, 1)[..], reset].concat(), 3));
        assert!(!is_drum(&[&[0, 0xb3, 0, 127, 0, 0xc3, 0][..], reset].concat(), 3));
        assert!(is_drum(&[&gs_part(0x10, 0)[..], reset].concat(), 9));
    }
    // Roland's bank 127 holds the sounds of an older instrument.
    assert!(!is_drum(&[gs_reset, &[1, 0xb3, 0, 127, 0, 0xc3, 0]].concat(), 3));
    assert!(is_drum(&[xg_on, &[1, 0xb3, 0, 127, 0, 0xc3, 0]].concat(), 3));
}

#[test]
fn a_reset_is_for_what_is_set_at_its_tick_in_other_tracks() {
    let part: &[u8] = b"\0\xc0\x30\0\x90\x3c\x40\x18\x3c\0";
    let smf = smf::read(&file(&[part, b"\0\xf0\x05\x7e\x7f\x09\x01\xf7"])).unwrap();
    assert_eq!(smf.notes[0].program, 48);
}

#[test]
fn system_messages_without_a_right_length_cost_no_notes() {
    let after = b"\0\x90\x3c\x40\x18\x3c\0\x83\x60\x90\x3e\x40\x18\x3e\0";
    let expected = [(12, 24, 60), (12 + 24 + 480, 24, 62)];
    let messages: [&[u8]; 15] = [
        b"\x43\x12\0\x07\xf7",
        b"\x7e\x7f\x09\x01\xf7",
        b"\x41\x10\x42\x12\x40\0\x7f\0\x41\xf7",
        b"\0\x20\x33\x01\xf7",
        b"\xf7",
        b"\x05\x43\x12\0\x07\xf7",
        b"\x02\x43\x12\0\x07\xf7",
        b"\x04\x43\x12\0\x07\xf7",
        b"\x06\x43\x12\0\x07\xf7",
        b"\x30\x43\x12\0\x07\xf7",
        b"\x81\x70\x43\x12\0\x07\xf7",
        b"\xff\xff\xff\x7f\x43\x12\0\x07\xf7",
        b"\x06\x43\x12\xf8\0\x07\xf7",
        b"\x40\x43\x12\0\x07",
        b"\x02\x43\x12\0\x07",
    ];
    for message in messages {
        let track = [b"\x0c\xf0".as_slice(), message, after].concat();
        assert_eq!(notes_of(&file(&[&track])), expected, "{message:02x?}");
    }
    // In the middle, and the last event of its track.
    let track = [&b"\x0c\x90\x3c\x40\x18\x3c\0\0\xf0\x43\x12\0\x07\xf7"[..], &after[7..]].concat();
    assert_eq!(notes_of(&file(&[&track])), expected);
    let last = [&b"\x0c\x90\x3c\x40\x18\x3c\0"[..], &after[7..], b"\0\xf0\x43\x12\0\x07\xf7"].concat();
    assert_eq!(notes_of(&file(&[&last])), expected);
}

#[test]
fn two_files_joined_into_one_are_refused() {
    let one = file(&[b"\0\x90\x3c\x40\x18\x3c\0"]);
    let error = smf::read(&[&one[..], &one].concat()).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("at byte {}: expected one Standard MIDI File, found the header of a second one", one.len())
    );
    // A header alone, at the end or twice at the beginning, is only skipped.
    for bytes in [[&one[..], &one[..14]].concat(), [&one[..14], &one].concat()] {
        assert_eq!(notes_of(&bytes), [(0, 24, 60)]);
    }
}

#[test]
fn what_was_read_as_a_program_is_written_as_that_program() {
    let harpsichord: &[u8] = b"\0\xc0\x06\0\x90\x3c\x40\x18\x3c\0\0\x3e\x40\x18\x3e\0";
    let harmonica: &[u8] = b"\0\xc1\x16\0\x91\x30\x40\x18\x30\0";
    let piano: &[u8] = b"\0\xc2\0\0\x92\x40\x40\x18\x40\0\0\x41\x40\x18\x41\0";
    let kit: &[u8] = b"\0\xc9\x10\0\x99\x26\x40\x18\x26\0\0\xc9\x08\0\x99\x26\x40\x18\x26\0";
    let programs = |bytes: &[u8]| {
        let notes = smf::read(bytes).unwrap().notes;
        notes
            .iter()
            .map(|note| (note.start * 24, note.pitch, note.program, note.is_drums))
            .collect::<Vec<_>>()
    };
    let read = file(&[harpsichord, harmonica, piano, kit]);
    let written = smf::write(&smf::read(&read).unwrap().to_piece(), "");
    let scaled: Vec<_> =
        programs(&written).into_iter().map(|(start, a, b, c)| (start / 20, a, b, c)).collect();
    assert_eq!(scaled, programs(&read));
    assert_eq!(scaled.iter().filter(|(_, _, program, _)| [6, 22, 16].contains(program)).count(), 4);
}
