use std::path::{Path, PathBuf};

use crate::music::{Beats, Family, Note, PerformedNote, Piece, Tick, smf};
use crate::training::corpus::{Corpus, KeyedPiece, Part, StyleFolder};
use crate::training::threads::Threads;

fn named(name: &str, path: &Path) -> StyleFolder {
    StyleFolder { name: name.into(), path: path.into() }
}

fn threads(n_threads: usize) -> Threads {
    Threads::new(n_threads).unwrap()
}

/// A tune in C, different for each seed, transposed by some semitones.
fn tune(seed: usize, semitones: u8) -> Piece {
    let note = |idx: usize| Note {
        onset: Tick(12 * idx as i64),
        duration: Tick(12),
        pitch: 60
            + semitones
            + [0, 2, 4, 5, 7, 9, 11, 12][(idx * idx * (seed + 3) / 3 + idx * seed + idx / 7) % 8],
        velocity: 90,
        family: Family::PIANO,
        feel: None,
    };
    Piece { notes: (0..120).map(note).collect(), ..Piece::default() }
}

fn write(path: PathBuf, piece: &Piece) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, smf::write(piece, "")).unwrap();
}

#[test]
fn folders_with_one_name_become_one_style_that_lists_them() {
    let odd = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/odd-midi");
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("one/a.mid"), &tune(1, 0));
    write(folder.path().join("two/b.mid"), &tune(2, 0));
    let folders = [
        named("Odd", &folder.path().join("one")),
        named("All odd", &odd),
        named("Odd", &folder.path().join("two")),
    ];
    let corpus = Corpus::read(&folders, &threads(2)).unwrap();
    assert_eq!(corpus.styles, ["Odd", "All odd"]);
    assert_eq!(corpus.sources, [vec!["one", "two"], vec!["odd-midi"]]);
    let n_odd = [Part::Train, Part::Valid].map(|part| corpus.pieces_in(part, 0).count());
    assert_eq!(n_odd[0] + n_odd[1], 2);
}

#[test]
fn a_style_is_heard_by_its_balance_and_as_many_times_as_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    for (style, seeds) in [("few", 0..4), ("many", 4..20)] {
        for seed in seeds {
            write(folder.path().join(style).join(format!("train/{seed}.mid")), &tune(seed, 0));
        }
        write(folder.path().join(style).join("valid/a.mid"), &tune(30 + style.len(), 0));
    }
    let folders = ["few", "many"].map(|name| named(name, &folder.path().join(name)));
    let mut corpus = Corpus::read(&folders, &threads(1)).unwrap();
    let shares = |corpus: &Corpus| {
        let (styles, weights) = (corpus.pieces(Part::Train).map(|piece| piece.style), corpus.weights());
        let mut shares = [0.0; 2];
        styles.zip(weights).for_each(|(style, weight)| shares[style] += weight);
        shares[1] / shares[0]
    };
    let n_notes = corpus.n_notes_by_style();
    assert!(n_notes[1] > 2 * n_notes[0], "{n_notes:?}");
    let balanced = (n_notes[1] as f64 / n_notes[0] as f64).sqrt();
    assert!((shares(&corpus) / balanced - 1.0).abs() < 1e-9);
    corpus.emphasis = vec![3.0, 1.0];
    assert!((3.0 * shares(&corpus) / balanced - 1.0).abs() < 1e-9);
}

#[test]
fn a_corpus_from_the_cache_is_the_one_that_was_read() {
    let odd = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/odd-midi");
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("deep/odd.dataset");
    let folders = [named("Odd", &odd)];
    let held = Corpus::read(&folders, &threads(2)).unwrap();
    let first = Corpus::open(&folders, Some(&cache), &threads(3)).unwrap();
    let second = Corpus::open(&folders, Some(&cache), &threads(1)).unwrap();
    assert_eq!([held.is_cached, first.is_cached, second.is_cached], [false, false, true]);
    for other in [&first, &second] {
        assert_eq!(held.fingerprint(), other.fingerprint());
        assert_eq!(held.report, other.report);
        for part in [Part::Train, Part::Valid] {
            assert_eq!(held.pieces(part).collect::<Vec<_>>(), other.pieces(part).collect::<Vec<_>>());
        }
    }
    assert!(!held.report.refused.is_empty() && !held.report.warnings.is_empty());
}

#[test]
fn a_damaged_or_outdated_cache_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    let cache = folder.path().join("music.dataset");
    (0..6).for_each(|seed| write(music.join(format!("{seed}.mid")), &tune(seed, 0)));
    let open = || Corpus::open(&[named("Music", &music)], Some(&cache), &threads(2)).unwrap();
    let whole = open().fingerprint();
    assert!(open().is_cached);

    let bytes = std::fs::read(&cache).unwrap();
    for place in [0, 9, 20, 50, 90, bytes.len() / 2, bytes.len() - 40, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x10;
        std::fs::write(&cache, &damaged).unwrap();
        let corpus = open();
        assert!(!corpus.is_cached && corpus.fingerprint() == whole, "byte {place}");
    }
    for length in [0, 10, 80, bytes.len() - 1] {
        std::fs::write(&cache, &bytes[..length]).unwrap();
        assert!(!open().is_cached && open().is_cached, "cut to {length}");
    }

    write(music.join("new.mid"), &tune(40, 0));
    let grown = open();
    assert!(!grown.is_cached && grown.report.n_files == 7 && grown.fingerprint() != whole);
    std::fs::remove_file(music.join("new.mid")).unwrap();
    assert_eq!(open().fingerprint(), whole);
}

#[test]
fn without_a_writable_cache_pieces_are_kept_in_memory_and_the_report_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    write(music.join("a.mid"), &tune(1, 0));
    let corpus = Corpus::open(&[named("Music", &music)], Some(&music.join("a.mid/no")), &threads(2)).unwrap();
    assert!(corpus.report.cache_problem.is_some() && corpus.n_notes() == 120);
}

#[test]
fn an_identical_piece_in_another_key_is_left_out_and_a_similar_one_never_crosses_the_split() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    for seed in 0..4 {
        write(music.join(format!("train/{seed}.mid")), &tune(seed, 0));
    }
    write(music.join("train/0 in D.mid"), &tune(0, 2));
    let mut near = tune(9, 0);
    near.notes[50].pitch += 2;
    write(music.join("train/nearly 9.mid"), &near);
    write(music.join("valid/9.mid"), &tune(9, 0));
    let corpus = Corpus::read(&[named("Music", &music)], &threads(2)).unwrap();
    assert_eq!([corpus.n_pieces(Part::Train), corpus.n_pieces(Part::Valid)], [4, 1]);
    let [(duplicate, _)] = &corpus.report.duplicates[..] else { panic!("{:?}", corpus.report) };
    let [(near, words)] = &corpus.report.near_duplicates[..] else { panic!("{:?}", corpus.report) };
    assert!(duplicate.contains("0 in D.mid") || duplicate.contains("0.mid"), "{duplicate}");
    assert!(near.contains("nearly 9.mid") && words.contains("held out"), "{near} {words}");
}

#[cfg(unix)]
#[test]
fn each_file_is_read_once_however_many_links_lead_to_it() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    let outside = folder.path().join("outside");
    (0..3).for_each(|seed| write(music.join(format!("{seed}.mid")), &tune(seed, 0)));
    write(music.join("valid/3.mid"), &tune(3, 0));
    write(outside.join("4.mid"), &tune(4, 0));
    let read = || Corpus::read(&[named("Music", &music)], &threads(2)).unwrap();
    symlink(&outside, music.join("others")).unwrap();
    let plain = read();
    assert_eq!([plain.n_pieces(Part::Train), plain.n_pieces(Part::Valid)], [4, 1]);

    // To itself, to what is above, to each other, and more ways to the same files than can ever be walked.
    symlink(&music, music.join("itself")).unwrap();
    symlink(folder.path(), music.join("above")).unwrap();
    symlink("b", music.join("a")).unwrap();
    symlink("a", music.join("b")).unwrap();
    for depth in 0..60 {
        let inside = outside.join(format!("deep {depth}"));
        std::fs::create_dir(&inside).unwrap();
        for way in ["left", "right"] {
            symlink(outside.join(format!("deep {}", depth + 1)), inside.join(way)).unwrap();
        }
    }
    symlink(music.join("0.mid"), music.join("another 0.mid")).unwrap();
    std::fs::hard_link(music.join("valid/3.mid"), music.join("3.mid")).unwrap();
    let linked = read();
    assert_eq!(linked.fingerprint(), plain.fingerprint());
    assert_eq!(
        [linked.n_pieces(Part::Train), linked.n_pieces(Part::Valid)],
        [4, 1],
        "what is held out stays so"
    );
    let again: Vec<&String> = linked.report.duplicates.iter().map(|(path, _)| path).collect();
    assert!(again.iter().any(|path| path.ends_with("another 0.mid")), "{again:?}");
    assert!(linked.report.refused.is_empty() && linked.report.unreadable.is_empty());
}

#[test]
fn a_file_in_two_folders_belongs_to_the_inner_one_and_a_style_without_files_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (all, jazz) = (folder.path().join("all"), folder.path().join("all/jazz"));
    write(all.join("0.mid"), &tune(0, 0));
    write(jazz.join("1.mid"), &tune(1, 0));
    let corpus = Corpus::read(&[named("All", &all), named("Jazz", &jazz)], &threads(2)).unwrap();
    assert_eq!(corpus.styles, ["All", "Jazz"]);
    assert_eq!([0, 1].map(|style| corpus.pieces_in(Part::Train, style).count()), [1, 1]);
    let message = |folders: &[StyleFolder]| Corpus::read(folders, &threads(2)).unwrap_err().to_string();
    let twice = message(&[named("Jazz", &jazz), named("Swing", &jazz)]);
    assert!(twice.contains("all/jazz") && twice.contains("another folder"), "{twice}");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let empty = message(&[named("All", &all), named("Empty", &folder.path().join("empty"))]);
    assert!(empty.ends_with("empty, found none"), "{empty}");
    let missing = message(&[named("Missing", &folder.path().join("missing"))]);
    assert!(missing.contains("missing"), "{missing}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_is_named_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    write(music.join("a.mid"), &tune(1, 0));
    // Its path is longer than the system takes, which holds for every user.
    let name = "x".repeat(250);
    let deep = format!(
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do mkdir {name}; cd -P {name}; done; true"
    );
    let made = std::process::Command::new("sh").args(["-c", &deep]).current_dir(&music).status().unwrap();
    assert!(made.success());
    let corpus = Corpus::read(&[named("Music", &music)], &threads(1)).unwrap();
    assert_eq!(corpus.n_notes(), 120);
    let [(path, why)] = &corpus.report.unreadable[..] else { panic!("{:?}", corpus.report) };
    assert!(path.contains(&name) && !why.is_empty(), "{path} {why}");
}

#[cfg(unix)]
#[test]
fn a_pipe_among_the_files_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    write(music.join("a.mid"), &tune(1, 0));
    let made = std::process::Command::new("mkfifo").arg(music.join("pipe.mid")).status().unwrap();
    assert!(made.success());
    std::os::unix::fs::symlink("/dev/zero", music.join("zero.mid")).unwrap();
    let corpus = Corpus::read(&[named("Music", &music)], &threads(1)).unwrap();
    let reasons: Vec<&str> = corpus.report.refused.iter().map(|(_, reason)| reason.as_str()).collect();
    assert_eq!(reasons, ["expected a file, found a pipe", "expected a file, found a device"]);
}

#[test]
fn a_corpus_that_is_refused_names_its_files_and_the_reasons() {
    let folder = tempfile::tempdir().unwrap();
    for number in 10..30 {
        std::fs::write(folder.path().join(format!("{number}.mid")), "Dear Ada").unwrap();
    }
    let error = Corpus::read(&[named("Letters", folder.path())], &threads(1)).unwrap_err().to_string();
    assert!(error.contains("found 0 in 20 MIDI files (") && error.ends_with("; and 10 more)"), "{error}");
    assert!(error.contains("10.mid: at byte 0: expected the MThd header"), "{error}");
}

#[test]
fn a_folder_named_with_an_equals_sign_is_a_folder_and_others_are_names() {
    let folder = tempfile::tempdir().unwrap();
    let inside = |name: &str| folder.path().join(name);
    for name in ["swing=120", "plain", "a=b"] {
        std::fs::create_dir(inside(name)).unwrap();
    }
    for (argument, name, path) in [
        (inside("swing=120").display().to_string(), "swing=120", inside("swing=120")),
        (format!("Big band={}", inside("plain").display()), "Big band", inside("plain")),
        (format!("Jazz={}", inside("a=b").display()), "Jazz", inside("a=b")),
        (format!("R&B/Soul={}", inside("plain").display()), "R&B/Soul", inside("plain")),
        (format!("A=B={}", inside("plain").display()), "A=B", inside("plain")),
        // Not there: the error is to name what was typed.
        (inside("sw=ng").display().to_string(), "sw=ng", inside("sw=ng")),
        ("Jazz=nowhere".to_owned(), "Jazz", PathBuf::from("nowhere")),
        ("slow_airs".to_owned(), "slow airs", PathBuf::from("slow_airs")),
    ] {
        let parsed = StyleFolder::parse(&argument);
        assert_eq!(parsed, StyleFolder { name: name.to_owned(), path }, "{argument}");
    }
}

#[test]
fn if_all_pieces_would_be_held_out_none_is() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("valid/a.mid"), &tune(1, 0));
    let corpus = Corpus::read(&[named("Music", folder.path())], &threads(1)).unwrap();
    assert_eq!([corpus.n_pieces(Part::Train), corpus.n_pieces(Part::Valid)], [1, 0]);
}

#[test]
fn a_small_folder_still_has_held_out_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    for n_files in 5..9 {
        write(music.join(format!("{n_files}.mid")), &tune(n_files, 0));
        (0..5).for_each(|seed| write(music.join(format!("{seed}.mid")), &tune(seed, 0)));
        let corpus = Corpus::read(&[named("Music", &music)], &threads(2)).unwrap();
        assert!(corpus.n_pieces(Part::Valid) >= 1 && corpus.n_pieces(Part::Train) >= 4);
    }
}

/// Sixteenths at a tempo, in quarter notes a minute of a file that says 120, each a little early or late.
fn played_at(tempo: f64) -> Vec<PerformedNote> {
    let note = |idx: u32| {
        let onset =
            (f64::from(idx) * 0.25 + 1.0) * 120.0 / tempo + f64::from((idx * 7919) % 61) / 960.0 - 0.03;
        let key = 60 + (idx * idx % 12) as u8;
        let (onset, end) = (Beats(onset), Beats(onset + 0.1));
        PerformedNote { onset, end, channel: 0, key, velocity: 80, family: Family::PIANO }
    };
    (0..200).map(note).collect()
}

#[test]
fn performances_have_feel_and_recordings_off_their_beat_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("score.mid"), &tune(1, 0));
    for (name, tempo) in [("played.mid", 120.0), ("free.mid", 107.3)] {
        let bytes = smf::write_performed(&played_at(tempo), &Piece::default(), "");
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let corpus = Corpus::read(&[named("Mixed", folder.path())], &threads(1)).unwrap();
    let refused: Vec<_> =
        corpus.report.refused.iter().map(|(path, why)| (path.as_str(), why.as_str())).collect();
    assert!(
        matches!(refused[..], [(path, why)] if path.ends_with("free.mid") && why.contains("its own beat"))
    );
    let has_feel = |piece: &KeyedPiece| piece.piece.notes.iter().filter(|note| note.feel.is_some()).count();
    let mut n_with_feel: Vec<usize> = [Part::Train, Part::Valid]
        .iter()
        .flat_map(|part| corpus.pieces(*part))
        .map(|piece| has_feel(&piece))
        .collect();
    n_with_feel.sort_unstable();
    assert_eq!((n_with_feel[0], n_with_feel.len()), (0, 2));
    assert!(n_with_feel[1] > 190);
    let report = &corpus.report;
    assert_eq!((report.n_performances, report.n_chords_found), (1, 2));
    assert!((50..=100).contains(&report.certainty));
}

#[test]
fn pieces_have_the_chords_of_their_files_or_else_those_of_their_notes() {
    let folder = tempfile::tempdir().unwrap();
    let note = |idx: i64, pitch: u8| {
        let duration = Tick(24);
        Note { onset: Tick(24 * idx), duration, pitch, velocity: 80, family: Family::PIANO, feel: None }
    };
    let triads = [[48, 64, 67], [53, 65, 69], [55, 62, 71], [48, 64, 67]];
    let notes = (0..32).flat_map(|beat: i64| triads[(beat / 4 % 4) as usize].map(|pitch| note(beat, pitch)));
    write(folder.path().join("piece.mid"), &Piece { notes: notes.collect(), ..Piece::default() });
    let cache = folder.path().join("cache.dataset");
    let open = || Corpus::open(&[named("Triads", folder.path())], Some(&cache), &threads(1)).unwrap();
    let names = |corpus: &Corpus| -> Vec<(i64, String)> {
        let piece = corpus.piece(Part::Train, 0);
        piece.piece.chords.iter().map(|(at, chord)| (at.0, chord.unwrap().to_string())).collect()
    };
    let expected = [(0, "C"), (96, "F"), (192, "G"), (288, "C"), (480, "F"), (576, "G"), (672, "C")];
    let expected = expected.map(|(at, name)| (at, name.to_owned()));
    assert_eq!(names(&open()), expected);
    let again = open();
    assert!(again.is_cached);
    assert_eq!(names(&again), expected);
}
