//! Saved takes: any JSON is a take or an error, and a take survives being saved again.

#![no_main]

use continuo::composer::SavedTake;
use continuo_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let restored = bounded(bytes, 4096, |bytes| {
        let saved: SavedTake = serde_json::from_slice(bytes).ok()?;
        saved.restore().ok()
    });
    let Some(take) = restored else { return };
    let saved = SavedTake::of(&take, None);
    let written = serde_json::to_vec(&saved).expect("a take can be written");
    let again: SavedTake = serde_json::from_slice(&written).expect("what we write is read");
    assert_eq!(again, saved);
    again.restore().expect("what we save is restored");
});
