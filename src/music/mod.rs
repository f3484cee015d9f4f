//! Score time, notes and Standard MIDI Files. Knows nothing of networks or hosts.

mod time;
pub use time::{Beats, Tick};

mod meter;
pub use meter::{InvalidMeter, Meter};

mod note;
pub use note::{Family, FamilySet, Note};

mod key;
pub use key::{Key, Mode, PitchClassSet, Scale};

mod chord;
pub use chord::Chord;

mod harte;
pub use harte::{InvalidChord, parse_harte};

mod common_progressions;
pub use common_progressions::{COMMON_PROGRESSIONS, CommonProgression};

mod progression;
pub use progression::{InvalidProgression, Progression};

mod lane_text;
pub use lane_text::spread_words;

mod degree_names;

mod feel;
pub use feel::Feel;

mod grid;
pub use grid::{Grid, NoteValue};

pub mod names;

mod programs;
pub use programs::Programs;

mod performed;
pub use performed::PerformedNote;

mod piece;
pub use piece::Piece;

mod key_finding;
pub use key_finding::{Section, best_scale_share, find_key};

mod chord_finding;

mod timing;
pub use timing::Timing;

mod score;
pub use score::{Bar, Score, meter_changes};

mod voices;
pub use voices::{Line, Voice, VoiceLeading, Voices};

pub mod smf;

mod hashing;
pub(crate) use hashing::{mix64, nth_random};
