//! The names of drums: the General MIDI percussion map.

use std::borrow::Cow;

/// The drums that always have a lane where a beat has few.
pub(crate) const USUAL: [u8; 6] = [36, 38, 42, 46, 49, 51];

/// The name of a key of a drum kit.
pub(crate) fn name(pitch: u8) -> Cow<'static, str> {
    const FIRST: u8 = 35;
    const NAMES: [&str; 47] = [
        "Kick 2",
        "Kick",
        "Side stick",
        "Snare",
        "Clap",
        "Snare 2",
        "Low tom 2",
        "Closed hat",
        "Low tom",
        "Pedal hat",
        "Mid tom 2",
        "Open hat",
        "Mid tom",
        "High tom 2",
        "Crash",
        "High tom",
        "Ride",
        "China",
        "Ride bell",
        "Tambourine",
        "Splash",
        "Cowbell",
        "Crash 2",
        "Vibraslap",
        "Ride 2",
        "High bongo",
        "Low bongo",
        "Muted conga",
        "High conga",
        "Low conga",
        "High timbale",
        "Low timbale",
        "High agogo",
        "Low agogo",
        "Cabasa",
        "Maracas",
        "Short whistle",
        "Long whistle",
        "Short guiro",
        "Long guiro",
        "Claves",
        "High block",
        "Low block",
        "Muted cuica",
        "Open cuica",
        "Muted triangle",
        "Triangle",
    ];
    let idx = pitch.checked_sub(FIRST).map(usize::from);
    match idx.and_then(|idx| NAMES.get(idx)) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(format!("Key {pitch}")),
    }
}

#[cfg(test)]
mod tests {
    use crate::plugin::editor::pages::roll::drums::name;

    #[test]
    fn drums_have_their_general_midi_names() {
        let named = [
            (35, "Kick 2"),
            (36, "Kick"),
            (38, "Snare"),
            (42, "Closed hat"),
            (49, "Crash"),
            (56, "Cowbell"),
            (75, "Claves"),
            (81, "Triangle"),
            (20, "Key 20"),
            (127, "Key 127"),
        ];
        for (pitch, expected) in named {
            assert_eq!(name(pitch), expected);
        }
    }
}
