//! The packs of saved takes: whatever stands in one whose checksum is right, it is music or damage, and what was read
//! survives being saved again.
//!
//! The target `take` does not get this far, since no random change leaves the checksum right.

#![no_main]

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use continuo::composer::SavedTake;
use continuo::player::ComposingKnobs;
use continuo_fuzz::bounded;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let [place, n_bars, content @ ..] = bytes else { return };
    let saved = take_with(*place, *n_bars, &pack(content));
    let take = bounded(content, 4096, |_| saved.restore());
    let Ok(take) = take else { return };
    let saved = SavedTake::of(&take, None);
    let again = saved.restore().expect("what we save is restored");
    assert_eq!(SavedTake::of(&again, None), saved);
});

/// A take of format 5 with this pack in one of the places that packs have.
fn take_with(place: u8, n_bars: u8, pack: &str) -> SavedTake {
    let (field, packs): (&str, Value) = match place % 9 {
        0 => ("song", json!([[0, n_bars, pack]])),
        1 => ("others", json!([pack])),
        2 => ("done", json!([[n_bars, pack]])),
        3 => ("undone", json!([[n_bars, pack]])),
        4 => ("played", json!([pack])),
        5 => ("replaced", json!([pack])),
        6 => ("pasts", json!(pack)),
        7 => ("ideas", json!([pack])),
        _ => ("beginning", json!(pack)),
    };
    let knobs = ComposingKnobs::default();
    let names: Vec<&str> = knobs.fields().map(|(name, _)| name).collect();
    let mut take = json!({ "version": 5, "composed_by": ["a", "b"], "knob_names": names });
    take[field] = packs;
    serde_json::from_value(take).expect("it has the form of a take")
}

/// These bytes as a pack.
fn pack(content: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("there is room in memory");
    BASE64.encode(encoder.finish().expect("there is room in memory"))
}
