//! Follows the host's transport and turns the score under the playhead into timed events.
//!
//! [`Player`] lives on the audio thread. It never allocates, frees, locks, waits, logs or panics there. It reads a
//! score that the composer publishes, so it can jump anywhere in it at no cost. Only while a host renders faster
//! than real time may it wait for the composer, and never for long.

pub mod knobs;
pub use knobs::{Cadence, ComposingKnobs, Conversation, Knob, Part, PartSet, PerformingKnobs, SpreadCentre};

mod events;
pub use events::{Event, EventKind, EventList};

pub mod handover;

mod host;
pub use host::transport::{Block, Transport};

mod performing;
pub use performing::pitch::DRUM_CHANNEL;

mod link;

mod play;
pub use play::Player;

mod render;
pub use render::render;
