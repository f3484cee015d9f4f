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
    /// Minutes.
    #[default]
    Sketch,
    /// Up to half an hour.
    Standard,
    /// A night.
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

    /// How long it takes, and how good the model is.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Sketch => "Sketch: about five minutes, worth hearing",
            Self::Standard => "Standard: minutes to half an hour, good in one style",
            Self::Large => "Large: a night, the best",
        }
    }
}
