//! What is to be trained.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What is to be trained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The folder of MIDI files.
    pub folder: PathBuf,
    /// The model's name.
    pub name: String,
    /// The trainer's preset: how long, and how large a network.
    pub size: Size,
    /// Whether the training starts from the model that ships with Continuo.
    pub starts_from_default: bool,
}

/// The trainer's presets: how long, and how large a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Size {
    /// The shortest.
    #[default]
    Sketch,
    /// Good in one style.
    Standard,
    /// The best, for a night.
    Large,
}

impl Size {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sketch, Self::Standard, Self::Large];

    /// The trainer's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sketch => "sketch",
            Self::Standard => "standard",
            Self::Large => "large",
        }
    }

    /// Its name in the editor.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Sketch => "Sketch",
            Self::Standard => "Standard",
            Self::Large => "Large",
        }
    }

    /// How long it takes, and how good the model is.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Sketch => "How long? Sketch: the shortest, enough to hear where it leads.",
            Self::Standard => "How long? Standard: good in one style.",
            Self::Large => "How long? Large: the best; for a night.",
        }
    }
}
