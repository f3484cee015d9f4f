//! The General MIDI keys of drums.

pub(crate) const KICK: u8 = 36;
pub(crate) const RIM: u8 = 37;
pub(crate) const SNARE: u8 = 38;
pub(crate) const CLAP: u8 = 39;
pub(crate) const ELECTRIC_SNARE: u8 = 40;
pub(crate) const CLOSED_HAT: u8 = 42;
pub(crate) const OPEN_HAT: u8 = 46;
pub(crate) const CRASH: u8 = 49;
pub(crate) const RIDE: u8 = 51;
pub(crate) const TAMBOURINE: u8 = 54;
/// From high to low.
pub(crate) const TOMS: [u8; 4] = [50, 48, 45, 41];
/// Rim shot, cowbell, high and low bongo, congas, claves, wood block, cabasa.
pub(crate) const PERCUSSION: [u8; 10] = [RIM, 56, 60, 61, 62, 63, 64, 75, 76, 69];
