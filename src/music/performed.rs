//! A note in host time.

use crate::music::note::Family;
use crate::music::time::Beats;

/// A note in host time, finer than any tick, on a channel and a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerformedNote {
    /// Where it begins.
    pub onset: Beats,
    /// Where it ends; later than `onset`.
    pub end: Beats,
    /// MIDI channel, 0 to 15.
    pub channel: u8,
    /// MIDI key, 0 to 127.
    pub key: u8,
    /// 1 to 127.
    pub velocity: u8,
    /// The instrument family.
    pub family: Family,
}
