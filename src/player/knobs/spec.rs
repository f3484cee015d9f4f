//! What the table says of a knob.

use crate::player::knobs::kind::Kind;

/// Everything about a knob but its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnobSpec {
    /// The parameter's id, part of the saved state: six characters at most, and it never changes.
    pub id: &'static str,
    /// What musicians call it.
    pub name: &'static str,
    /// Its range, its step and how it is written. Hosts store automation relative to the range, so it never changes.
    pub kind: Kind,
    /// The position value in a fresh instance.
    pub default: f32,
    /// The group in which hosts and controllers show it.
    pub page: Page,
    /// Whether it changes what is composed, how it is played, or neither.
    pub role: Role,
    /// What it does to the music, in a sentence or two.
    pub hint: &'static str,
    /// How `generate` takes it.
    pub option: CliOption,
    /// Whether presets set it. What belongs to the song and its set-up is spared.
    pub is_in_presets: bool,
    /// The version of saved takes since which it has been there.
    pub since: u32,
    /// The name of its field in [`ComposingKnobs`](crate::player::ComposingKnobs) or
    /// [`PerformingKnobs`](crate::player::PerformingKnobs), in which it is saved in takes.
    pub field: &'static str,
}

/// What a knob changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What is composed, from the next bar on.
    Composing,
    /// How it is played, at once.
    Performing,
    /// The plugin's own sound.
    Sound,
}

/// How `generate` takes a knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CliOption {
    /// By an option with the name of its field, and these other names.
    Field(&'static [&'static str]),
    /// By an option of this name.
    Named(&'static str),
    /// By an option of its own kind, such as `--key`, or not at all.
    Special,
}

/// A group of knobs, as hosts and controllers show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// What is composed, and how boldly.
    Compose,
    /// Which notes.
    Pitch,
    /// When notes begin, and how long they are.
    Rhythm,
    /// Which instruments play.
    Instruments,
    /// How it is played.
    Perform,
    /// What is done with the notes that come in.
    Converse,
    /// Which take is written and played.
    Takes,
    /// The plugin's own sound.
    Sound,
    /// Which parts of the music are played.
    Parts,
}

impl Page {
    /// All of them, in the order of the parameters.
    pub const ALL: [Self; 9] = [
        Self::Compose,
        Self::Pitch,
        Self::Rhythm,
        Self::Instruments,
        Self::Perform,
        Self::Converse,
        Self::Takes,
        Self::Sound,
        Self::Parts,
    ];

    /// What hosts show.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compose => "Compose",
            Self::Pitch => "Pitch",
            Self::Rhythm => "Rhythm",
            Self::Instruments => "Instruments",
            Self::Perform => "Perform",
            Self::Converse => "Converse",
            Self::Takes => "Takes",
            Self::Sound => "Sound",
            Self::Parts => "Parts",
        }
    }
}
