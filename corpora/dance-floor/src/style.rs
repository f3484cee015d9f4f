//! The kinds of dance music, and the layers of each.

use crate::rng::Rng;

/// A kind of dance music.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    DeepHouse,
    ClassicHouse,
    Techno,
    Minimal,
    Acid,
    Electro,
    Trance,
}

impl Style {
    pub(crate) const ALL: [Self; 7] = [
        Self::DeepHouse,
        Self::ClassicHouse,
        Self::Techno,
        Self::Minimal,
        Self::Acid,
        Self::Electro,
        Self::Trance,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DeepHouse => "deep-house",
            Self::ClassicHouse => "classic-house",
            Self::Techno => "techno",
            Self::Minimal => "minimal",
            Self::Acid => "acid",
            Self::Electro => "electro",
            Self::Trance => "trance",
        }
    }

    pub(crate) fn tempo(self, rng: &mut Rng) -> i32 {
        let (low, high) = match self {
            Self::DeepHouse => (118, 124),
            Self::ClassicHouse | Self::Minimal => (120, 128),
            Self::Techno => (126, 138),
            Self::Acid => (122, 134),
            Self::Electro => (118, 136),
            Self::Trance => (130, 140),
        };
        rng.between(low, high)
    }
}

/// An instrument that comes and goes as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Kick,
    Clap,
    Hats,
    OpenHat,
    Percussion,
    Ride,
    Bass,
    Chords,
    Pad,
    Lead,
}

impl Layer {
    pub(crate) const ALL: [Self; 10] = [
        Self::Kick,
        Self::Clap,
        Self::Hats,
        Self::OpenHat,
        Self::Percussion,
        Self::Ride,
        Self::Bass,
        Self::Chords,
        Self::Pad,
        Self::Lead,
    ];

    /// How likely a piece of a style has it at all.
    #[allow(clippy::match_same_arms, reason = "a table, one line for each case")]
    pub(crate) fn likelihood(self, style: Style) -> f64 {
        match (self, style) {
            (Self::Kick | Self::Clap | Self::Hats | Self::Bass, _) => 1.0,
            (Self::OpenHat, Style::Electro) => 0.55,
            (Self::OpenHat, Style::Minimal) => 0.7,
            (Self::OpenHat, _) => 0.92,
            (Self::Percussion, Style::Trance) => 0.35,
            (Self::Percussion, _) => 0.75,
            (Self::Ride, Style::Techno | Style::ClassicHouse | Style::Trance) => 0.45,
            (Self::Ride, _) => 0.12,
            (Self::Chords, Style::Acid) => 0.6,
            (Self::Chords, Style::Minimal | Style::Techno | Style::Electro) => 0.85,
            (Self::Chords, _) => 1.0,
            (Self::Pad, Style::DeepHouse | Style::Trance) => 0.55,
            (Self::Pad, Style::Minimal | Style::Acid) => 0.1,
            (Self::Pad, _) => 0.3,
            (Self::Lead, Style::Trance) => 1.0,
            (Self::Lead, Style::Acid | Style::Minimal) => 0.4,
            (Self::Lead, _) => 0.65,
        }
    }
}
