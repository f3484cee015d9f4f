//! Letters for the pictures.

use font8x8::legacy::BASIC_LEGACY;

/// The side of the square that a letter fills, in pixels.
pub(crate) const SIZE: usize = 8;

/// Calls `dot` for each pixel of `text` that has ink, from its top left corner.
pub(crate) fn ink(text: &str, mut dot: impl FnMut(usize, usize)) {
    for (place, letter) in text.chars().enumerate() {
        let Some(rows) = BASIC_LEGACY.get(letter as usize) else {
            continue;
        };
        for (y, row) in rows.iter().enumerate() {
            for x in (0..SIZE).filter(|x| row >> x & 1 == 1) {
                dot(place * SIZE + x, y);
            }
        }
    }
}
