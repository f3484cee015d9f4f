//! The editor's design: colours for dark and light, sizes of type, and spacing.

mod oklch;

pub(crate) mod palette;
pub(crate) use palette::{Palette, loudness, mix, palette};

pub(crate) mod style;
pub(crate) use style::{BODY, GAP, HEADING, LARGE, ROUND, SMALL, apply, font};

mod text;
pub(crate) use text::small;
