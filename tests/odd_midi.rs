//! Every damaged or unusual file of `fixtures/odd-midi` is read or refused in words.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use continuo::music::Family;
use continuo::music::smf::{self, Smf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/odd-midi")
}

fn read(name: &str) -> Result<Smf, String> {
    smf::read(&std::fs::read(folder().join(name)).unwrap()).map_err(|error| error.to_string())
}

/// The one file whose name contains `part`.
fn find(part: &str) -> Smf {
    let (name, _, _) = manifest().into_iter().find(|(name, _, _)| name.contains(part)).unwrap();
    read(&name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Name, oddities, and the number of notes that mido and symusic agree on, from `manifest.tsv`.
fn manifest() -> Vec<(String, String, Option<usize>)> {
    let text = std::fs::read_to_string(folder().join("manifest.tsv")).unwrap();
    let n_notes = |column: &str| column.strip_prefix("ok ")?.split(' ').next()?.parse::<usize>().ok();
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let agreed = n_notes(columns[2]).filter(|n| n_notes(columns[3]) == Some(*n));
        (columns[0].to_owned(), columns[1].to_owned(), agreed)
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn all_odd_files_are_read_or_refused_in_words() {
    let manifest = manifest();
    assert_eq!(manifest.len(), 104);
    for (name, _, _) in manifest {
        match read(&name) {
            Ok(smf) => {
                let piece = smf.to_piece();
                assert!(piece.notes.len() <= smf.notes.len(), "{name}");
                println!("{name}: {} notes, {:?}", smf.notes.len(), smf.warnings);
            }
            Err(error) => {
                assert!(error.starts_with("at byte "), "{name}: {error}");
                println!("{name}: {error}");
            }
        }
    }
}

#[test]
fn files_that_other_readers_agree_on_have_as_many_notes_here() {
    // They believe a header that hides a track, and a track that claims to be empty. Here both are read.
    let salvaged_here = ["header_says_1_has_2", "track_len_zero_nonempty"];
    let mut n_checked = 0;
    for (name, _, agreed) in manifest() {
        let Some(expected) = agreed.filter(|_| !salvaged_here.iter().any(|part| name.contains(part))) else {
            continue;
        };
        let smf = read(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(smf.notes.len(), expected, "{name}: {:?}", smf.warnings);
        n_checked += 1;
    }
    assert!(n_checked >= 45, "{n_checked}");
}

#[test]
fn what_other_readers_give_up_on_is_salvaged() {
    let expected = [
        ("header_says_2_has_1", 4),
        ("header_says_1_has_2", 8),
        ("format3_unknown", 4),
        ("smpte_24_40", 4),
        ("smpte_25_40", 4),
        ("smpte_29_40", 4),
        ("smpte_30_40", 4),
        ("header_len_8", 4),
        ("header_len_5", 4),
        ("track_len_too_long", 4),
        ("track_len_too_short", 4),
        ("track_len_zero_nonempty", 4),
        ("track_len_ffffffff", 4),
        ("alien_chunk_between", 8),
        ("junk_before_header", 4),
        ("328_synthetic__rmid", 4),
        ("rmid_with_info", 4),
        ("running_status_across_sysex", 1),
        ("data_byte_without_status", 4),
        ("hanging_note", 2),
        ("note_data_over_127", 4),
        ("delta_5_byte_vlq", 1),
        ("tempo_len_2", 4),
        ("timesig_7_8_midbar_change", 5),
        ("timesig_len_2", 4),
        ("keysig_99", 4),
    ];
    for (name, n_notes) in expected {
        assert_eq!(find(name).notes.len(), n_notes, "{name}: {:?}", find(name).warnings);
    }
}

#[test]
fn what_is_no_midi_file_is_refused_by_name() {
    let error = |name: &str| read(name).unwrap_err();
    assert!(error("302_synthetic__empty_file.mid").contains("found an empty file"));
    assert!(error("377_synthetic__xml_named_mid.mid").contains("found XML"));
    assert!(error("378_synthetic__zip_named_mid.mid").contains("found a ZIP archive"));
    assert!(error("381_synthetic__truncated_at_9.mid").contains("after 9"));
    assert!(error("383_synthetic__truncated_at_15.mid").starts_with("at byte 14: expected 2 tracks"));
}

#[test]
fn the_music_in_odd_files_is_what_was_meant() {
    let onsets = |smf: &Smf| smf.to_piece().notes.iter().map(|note| note.onset.0).collect::<Vec<_>>();
    assert_eq!(onsets(&find("format2_two_patterns")), [0, 24, 48, 72, 96, 120, 144, 168]);
    // The pedal is lifted with the last note: all four end there.
    let pedalled = find("sustain_pedal").to_piece();
    assert!(pedalled.notes.iter().all(|note| note.end().0 == 96), "{pedalled:?}");
    let drums = find("drums_only_ch10").to_piece();
    assert!(drums.notes.iter().all(|note| note.family == Family::DRUMS));
    let absurd = find("sum_of_deltas_overflows_u32").to_piece();
    assert!(absurd.end().0 <= 24 * ((1 << 16) + 256), "{:?}", absurd.end());
    let meters: Vec<String> = find("timesig_7_8")
        .to_piece()
        .meters
        .iter()
        .map(|(at, meter)| format!("{}: {meter}", at.0))
        .collect();
    assert_eq!(meters, ["0: 4/4", "24: 7/8"]);
}
