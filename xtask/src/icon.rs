//! Continuo's icon: a long bass note, and above it shorter ones, as in a piano roll.
//!
//! Drawn from rectangles on a grid of sixteen squares a side, so that it is sharp at every size that systems ask for.

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
const GRID: f32 = 16.0;
const BACKGROUND: Colour = [0x13, 0x15, 0x1b];
const BASS: Colour = [0xff, 0xb6, 0x5c];
const TREBLE: Colour = [0x4d, 0xf0, 0xc0];

/// From the back to the front. Colours are those of the dark editor: its background, what is set, what comes in.
const SHAPES: [Shape; 5] = [
    Shape { left: 0.0, top: 0.0, width: 16.0, height: 16.0, radius: 3.5, colour: BACKGROUND },
    note(2.0, 11.0, 12.0, BASS),
    note(2.0, 8.0, 3.0, TREBLE),
    note(6.0, 6.0, 2.0, TREBLE),
    note(9.0, 3.0, 5.0, TREBLE),
];

const fn note(left: f32, top: f32, width: f32, colour: Colour) -> Shape {
    Shape { left, top, width, height: 2.0, radius: 0.6, colour }
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

    /// Red, green, blue and opacity in the middle of a square of the grid.
    fn at(pixels: &[u8], side: usize, column: usize, row: usize) -> [u8; 4] {
        let (x, y) = (column * side / 16 + side / 32, row * side / 16 + side / 32);
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
            let opaque = |[red, green, blue]: Colour| [red, green, blue, 255];
            assert_eq!(at(image.rgba_data(), side, 4, 12), opaque(BASS), "{side}");
            assert_eq!(at(image.rgba_data(), side, 11, 4), opaque(TREBLE), "{side}");
            assert_eq!(at(image.rgba_data(), side, 8, 14), opaque(BACKGROUND), "{side}");
            assert!(image.rgba_data()[3] < 40, "{side}");
        }
        Ok(())
    }

    #[test]
    fn the_drawing_in_the_documents_is_this_icon() -> Result<()> {
        let drawing = crate::system::project().join("docs/icon.svg");
        assert_eq!(std::fs::read_to_string(drawing)?.replace("\r\n", "\n"), svg());
        Ok(())
    }
}
