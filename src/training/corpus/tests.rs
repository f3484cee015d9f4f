use std::path::{Path, PathBuf};

use crate::music::{Family, Note, Piece, Tick, smf};
use crate::training::corpus::{Corpus, Part, StyleFolder};
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
