//! Standard MIDI Files: any bytes are read or refused, and what was read is written on the grid and read
//! again the same.

#![no_main]

use continuo::music::{Note, smf};
use continuo_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(smf) = bounded(bytes, 512, smf::read) else { return };
    let piece = smf.to_piece();
    assert!(smf.notes.len() <= bytes.len() / 3, "a note takes at least three bytes");
    assert!(piece.notes.is_sorted() && piece.notes.iter().all(|note| note.duration.0 >= 1));
    let again = smf::read(&smf::write(&piece, "")).expect("what we write is read").to_piece();
    let on_grid: Vec<Note> = piece.notes.iter().map(|note| Note { feel: None, ..*note }).collect();
    assert_eq!(again.notes, on_grid);
});
