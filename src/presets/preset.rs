//! What a preset is.

use std::path::PathBuf;

use crate::player::Knob;

/// The version of preset files that is written.
pub(super) const VERSION: u32 = 1;

/// Where the knobs stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The knobs it names, with their plain values.
    pub knobs: Vec<(Knob, f32)>,
}

/// What a preset is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// All that a style has.
    Style,
    /// A bass line.
    Bass,
    /// A melody.
    Lead,
    /// Chords.
    Chords,
    /// Broken chords.
    Arpeggio,
    /// Drums.
    Beat,
    /// What the user has saved.
    Own,
}

impl Role {
    /// All of them, in the order of the list.
    pub const ALL: [Self; 7] =
        [Self::Style, Self::Bass, Self::Lead, Self::Chords, Self::Arpeggio, Self::Beat, Self::Own];

    /// The heading of its presets.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Style => "Styles",
            Self::Bass => "Bass",
            Self::Lead => "Lead",
            Self::Chords => "Chords",
            Self::Arpeggio => "Arpeggio",
            Self::Beat => "Beat",
            Self::Own => "Yours",
        }
    }
}

impl Default for Preset {
    /// All knobs at their defaults.
    fn default() -> Self {
        Self { name: String::new(), role: Role::Own, knobs: Vec::new() }
    }
}

impl Preset {
    /// The plain value of a knob: the default of one that the preset does not name or must not touch.
    #[must_use]
    pub fn value(&self, knob: Knob) -> f32 {
        let named = self.knobs.iter().find(|(named, _)| *named == knob && knob.spec().is_in_presets);
        named.map_or(knob.spec().default, |(_, value)| *value)
    }
}

/// Which preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresetId {
    /// One that comes with the plugin, by its place.
    Factory(usize),
    /// One of the user's own, by its file.
    Own(PathBuf),
}

/// A preset in the list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetEntry {
    /// How to ask for it.
    pub id: PresetId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub role: Role,
}

/// Why a preset cannot be used or saved.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    /// Its file cannot be read.
    #[error("could not read the preset {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its file is not what a preset looks like.
    #[error("{} is not a preset", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// It was saved by a later version.
    #[error("{} was saved by a later version: expected format {} or older, found {found}", path.display(), VERSION)]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The name holds nothing that a file could be called.
    #[error("expected a name for the preset, found {found:?}")]
    NoName {
        /// What was given.
        found: String,
    },
    /// There is one of that name.
    #[error("there is a preset called {name} already; choose another name, or delete {}", path.display())]
    Exists {
        /// Its name.
        name: String,
        /// Its file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("could not write the preset {}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The system does not say where the user's files are.
    #[error("no folder for presets was found: neither HOME nor APPDATA is set")]
    NoFolder,
    /// There is none of that name.
    #[error("expected the name of a preset ({names}), found {found}")]
    Unnamed {
        /// What was given.
        found: String,
        /// All names.
        names: String,
    },
    /// There is none at that place.
    #[error("there is no preset {number}")]
    Unknown {
        /// Counted from 1.
        number: usize,
    },
}
