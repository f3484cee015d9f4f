//! Typed texts: each knob takes any text or refuses it, and takes back the text that it shows.

#![no_main]

use continuo::player::Knob;
use continuo_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((knob_idx, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let n_knobs = Knob::all().count();
    let knob = Knob::all().nth(usize::from(*knob_idx) % n_knobs).expect("an index in range");
    let kind = knob.kind();
    let Some(value) = bounded(bytes, 64, |_| kind.parse(text)) else { return };
    assert!(value.is_finite(), "{knob:?} took {text:?} for {value}");
    // A host brings what is typed into the range.
    let shown = kind.text(value.clamp(kind.min, kind.max));
    let again = kind.parse(&shown).expect("what a knob shows can be typed");
    assert_eq!(kind.text(again), shown, "{knob:?}");
});
