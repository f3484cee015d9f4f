//! Pictures: coloured rectangles and letters, saved as PNG.

use std::path::Path;

use anyhow::{Context as _, Result};
use font8x8::legacy::BASIC_LEGACY;

/// Red, green and blue.
pub(crate) type Colour = [u8; 3];

/// The side of the square that a letter fills, in pixels.
pub(crate) const LETTER: usize = 8;

/// Pixels, row by row.
pub(crate) struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    pub(crate) fn new(width: usize, height: usize, background: Colour) -> Self {
        Self { width, height, pixels: background.repeat(width * height) }
    }

    fn dot(&mut self, x: usize, y: usize, colour: Colour) {
        if x < self.width && y < self.height {
            let at = (y * self.width + x) * 3;
            self.pixels[at..at + 3].copy_from_slice(&colour);
        }
    }

    pub(crate) fn fill(&mut self, left: usize, top: usize, width: usize, height: usize, colour: Colour) {
        for y in top..top + height {
            for x in left..left + width {
                self.dot(x, y, colour);
            }
        }
    }

    pub(crate) fn text(&mut self, left: usize, top: usize, text: &str, colour: Colour) {
        for (idx, letter) in text.chars().enumerate() {
            for (y, row) in BASIC_LEGACY.get(letter as usize).into_iter().flatten().enumerate() {
                for x in (0..LETTER).filter(|x| row >> x & 1 == 1) {
                    self.dot(left + idx * LETTER + x, top + y, colour);
                }
            }
        }
    }

    pub(crate) fn save(&self, file: &Path) -> Result<()> {
        save_png(file, self.width, self.height, &self.pixels)
    }
}

/// Writes pixels (red, green and blue, row by row) as a PNG file.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn save_png(file: &Path, width: usize, height: usize, pixels: &[u8]) -> Result<()> {
    let out = std::fs::File::create(file).with_context(|| file.display().to_string())?;
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(out), width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(())
}
