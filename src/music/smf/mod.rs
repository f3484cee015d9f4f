//! Standard MIDI Files, read and written.
//!
//! Old collections hold every kind of damage, and a strict parser would reject many files. So reading is our
//! own, byte by byte, in terms of midly's events: everything that can be salvaged is read, each repair is a
//! [`Warning`], and only a file that is no MIDI file at all is a [`SmfError`]. Writing goes through midly.
//!
//! Reading takes time and memory in proportion to the length of the file, whatever the file claims.

mod steps;

mod warnings;
pub use warnings::Warning;

mod error;
pub use error::SmfError;

mod file;
pub use file::{Smf, SmfNote};

mod sysex;

mod events;

mod changes;

mod chunks;

mod instruments;

mod pairing;

mod read;
pub use read::{load, read};

mod quantise;

mod write;
pub use write::{write, write_performed};

#[cfg(test)]
mod tests;
