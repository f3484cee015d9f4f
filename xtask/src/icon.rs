//! Continuo's icon: the editor's emblem, three rising notes over one that is held, in the colours of the dark theme.

use std::fmt::Write as _;

use anyhow::Result;
use ico::{IconDir, IconDirEntry, IconImage, ResourceType};

use crate::picture::Colour;

/// A rectangle with round corners. Lengths are in squares of the grid.
struct Shape {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    radius: f32,
    colour: Colour,
}

/// How many squares a side has.
const GRID: f32 = 24.0;
const BACKGROUND: Colour = [0xff, 0xb6, 0x5c];
const NOTE: Colour = [0x21, 0x14, 0x03];

/// From the back to the front; the same as in the plugin's `editor::widgets::emblem`.
const SHAPES: [Shape; 5] = [
    Shape { left: 0.0, top: 0.0, width: GRID, height: GRID, radius: 5.5, colour: BACKGROUND },
    note(4.0, 16.6, 16.0),
    note(4.0, 11.6, 5.0),
    note(9.5, 7.9, 5.0),
    note(15.0, 4.2, 5.0),
];

const fn note(left: f32, top: f32, width: f32) -> Shape {
    Shape { left, top, width, height: 3.4, radius: 1.7, colour: NOTE }
}

impl Shape {
    /// Whether it covers a point.
    fn covers(&self, x: f32, y: f32) -> bool {
        // How far the point lies outside the rectangle of the corners' centres.
        let outside = |at: f32, from: f32, length: f32| {
            (from + self.radius - at).max(at - (from + length - self.radius)).max(0.0)
        };
        outside(x, self.left, self.width).hypot(outside(y, self.top, self.height)) <= self.radius
    }
}

/// The icon's pixels, row by row: red, green, blue and opacity.
#[must_use]
pub fn pixels(side: u32) -> Vec<u8> {
    let rows = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
    rows.flat_map(|(x, y)| pixel(x, y, GRID / side as f32)).collect()
}

/// The mean of points in a pixel, for smooth edges. `scale` is the side of a pixel.
fn pixel(x: u32, y: u32, scale: f32) -> [u8; 4] {
    const POINTS: u32 = 8;
    let (mut sum, mut n_covered) = ([0_u32; 3], 0);
    for point in 0..POINTS * POINTS {
        let at = |pixel: u32, idx: u32| (pixel as f32 + (idx as f32 + 0.5) / POINTS as f32) * scale;
        let (x, y) = (at(x, point % POINTS), at(y, point / POINTS));
        if let Some(shape) = SHAPES.iter().rev().find(|shape| shape.covers(x, y)) {
            n_covered += 1;
            for (sum, part) in sum.iter_mut().zip(shape.colour) {
                *sum += u32::from(part);
            }
        }
    }
    let [red, green, blue] = sum.map(|sum| (sum / n_covered.max(1)) as u8);
    [red, green, blue, (255 * n_covered / (POINTS * POINTS)) as u8]
}

/// The icon as a file for Windows, with the sizes that it shows.
///
/// # Errors
/// If a size cannot be encoded.
pub fn ico() -> Result<Vec<u8>> {
    let mut icon = IconDir::new(ResourceType::Icon);
    for side in [16, 24, 32, 48, 64, 256] {
        let image = IconImage::from_rgba_data(side, side, pixels(side));
        // Only the largest is compressed: not all programs read small ones that are.
        let entry = if side == 256 { IconDirEntry::encode_as_png } else { IconDirEntry::encode_as_bmp };
        icon.add_entry(entry(&image)?);
    }
    let mut bytes = Vec::new();
    icon.write(&mut bytes)?;
    Ok(bytes)
}

/// The icon as a drawing, for pages.
#[must_use]
pub fn svg() -> String {
    let mut svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {GRID} {GRID}\">\n");
    for Shape { left, top, width, height, radius, colour: [red, green, blue] } in SHAPES {
        // A `String` takes everything.
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\" \
             fill=\"#{red:02x}{green:02x}{blue:02x}\"/>"
        );
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red, green, blue and opacity at a place in the grid.
    fn at(pixels: &[u8], side: usize, column: usize, row: usize) -> [u8; 4] {
        let (x, y) = (column * side / 24, row * side / 24);
        let start = (y * side + x) * 4;
        [pixels[start], pixels[start + 1], pixels[start + 2], pixels[start + 3]]
    }

    #[test]
    fn every_size_shows_the_notes_before_an_opaque_background_with_clear_corners() -> Result<()> {
        let icon = IconDir::read(std::io::Cursor::new(ico()?))?;
        let sides: Vec<u32> = icon.entries().iter().map(IconDirEntry::width).collect();
        assert_eq!(sides, [16, 24, 32, 48, 64, 256]);
        for entry in icon.entries() {
            let image = entry.decode()?;
            let side = image.width() as usize;
            let colour = |column, row| at(image.rgba_data(), side, column, row);
            let distance = |one: [u8; 4], other: Colour| {
                one.iter().zip(other).map(|(one, other)| one.abs_diff(other)).max().unwrap_or(u8::MAX)
            };
            assert!(distance(colour(12, 18), NOTE) < 60 && distance(colour(17, 6), NOTE) < 60, "{side}");
            assert!(distance(colour(18, 13), BACKGROUND) < 10, "{side}");
            assert_eq!(colour(12, 22)[3], 255, "{side}");
            assert!(image.rgba_data()[3] < 40, "{side}");
        }
        Ok(())
    }

    #[test]
    fn the_drawing_in_the_documents_is_this_icon() -> Result<()> {
        let drawing = crate::system::project().join("docs/icon.svg");
        assert_eq!(std::fs::read_to_string(drawing)?, svg());
        Ok(())
    }
}
