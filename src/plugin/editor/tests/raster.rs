//! Draws egui's triangles on the processor, so that pictures need neither a display nor a graphics driver.

use std::collections::HashMap;

use egui::epaint::{ImageData, Mesh, Primitive, TextureId, Vertex};
use egui::{FullOutput, Pos2, Rect, TexturesDelta};
use egui_kittest::TestRenderer;
use image::RgbaImage;

use crate::plugin::editor::show::background;

/// A colour with alpha worked in, each part 0 to 1.
type Colour = [f32; 4];

#[derive(Default)]
pub(super) struct Raster {
    textures: HashMap<TextureId, Texture>,
}

#[derive(Default)]
struct Texture {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
}

impl Texture {
    /// The colour at a point in 0 to 1, between the four nearest pixels.
    fn at(&self, u: f32, v: f32) -> Colour {
        let (x, y) = (u * self.width as f32 - 0.5, v * self.height as f32 - 0.5);
        let (across, down) = (x - x.floor(), y - y.floor());
        let pixel = |dx: f32, dy: f32| {
            let column = ((x.floor() + dx).max(0.0) as usize).min(self.width - 1);
            let row = ((y.floor() + dy).max(0.0) as usize).min(self.height - 1);
            self.pixels[row * self.width + column]
        };
        let near = [pixel(0.0, 0.0), pixel(1.0, 0.0), pixel(0.0, 1.0), pixel(1.0, 1.0)];
        std::array::from_fn(|part| {
            let top = near[0][part] * (1.0 - across) + near[1][part] * across;
            let bottom = near[2][part] * (1.0 - across) + near[3][part] * across;
            top * (1.0 - down) + bottom * down
        })
    }
}

fn colour(colour: egui::Color32) -> Colour {
    colour.to_array().map(|part| f32::from(part) / 255.0)
}

impl TestRenderer for Raster {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        for (id, changes) in delta.set.drain() {
            for change in changes {
                let ImageData::Color(image) = &change.image;
                let [width, height] = image.size;
                let pixels: Vec<Colour> = image.pixels.iter().map(|pixel| colour(*pixel)).collect();
                let Some([left, top]) = change.pos else {
                    self.textures.insert(id, Texture { width, height, pixels });
                    continue;
                };
                let texture = self.textures.get_mut(&id).unwrap();
                for row in 0..height {
                    let start = (top + row) * texture.width + left;
                    texture.pixels[start..start + width].copy_from_slice(&pixels[row * width..][..width]);
                }
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    fn render(&mut self, ctx: &egui::Context, output: &FullOutput) -> Result<RgbaImage, String> {
        let scale = output.pixels_per_point;
        let size = ctx.content_rect().size() * scale;
        let ground = colour(background(ctx));
        let mut canvas = Canvas::new(size.x.round() as usize, size.y.round() as usize, ground);
        for clipped in ctx.tessellate(output.shapes.clone(), scale) {
            let Primitive::Mesh(mesh) = &clipped.primitive else {
                continue;
            };
            let texture = self.textures.get(&mesh.texture_id).ok_or("a mesh without a texture")?;
            canvas.draw(mesh, texture, clipped.clip_rect * scale, scale);
        }
        canvas.into_image().ok_or_else(|| "an image of another size".to_owned())
    }
}

struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
}

impl Canvas {
    fn new(width: usize, height: usize, ground: Colour) -> Self {
        Self { width, height, pixels: vec![ground; width * height] }
    }

    fn draw(&mut self, mesh: &Mesh, texture: &Texture, clip: Rect, scale: f32) {
        for corners in mesh.indices.chunks_exact(3) {
            let corners = [0, 1, 2].map(|idx| mesh.vertices[corners[idx] as usize]);
            self.fill(&corners, texture, clip, scale);
        }
    }

    fn fill(&mut self, corners: &[Vertex; 3], texture: &Texture, clip: Rect, scale: f32) {
        let points = corners.map(|corner| corner.pos * scale);
        let area = cross(points[0], points[1], points[2]);
        if area == 0.0 {
            return;
        }
        // The top-left rule: an edge that two triangles share belongs to one of them.
        let sides = [(points[1], points[2]), (points[2], points[0]), (points[0], points[1])];
        let owns = sides.map(|(from, to)| {
            let along = (to - from) * area.signum();
            along.y < 0.0 || (along.y == 0.0 && along.x > 0.0)
        });
        let bounds = Rect::from_points(&points).intersect(clip);
        let columns = bounds.left().max(0.0).floor() as usize
            ..(bounds.right().ceil().max(0.0) as usize).min(self.width);
        for row in bounds.top().max(0.0).floor() as usize
            ..(bounds.bottom().ceil().max(0.0) as usize).min(self.height)
        {
            for column in columns.clone() {
                let here = Pos2::new(column as f32 + 0.5, row as f32 + 0.5);
                let shares = sides.map(|(from, to)| cross(from, to, here) / area);
                let is_inside = (0..3).all(|idx| shares[idx] > 0.0 || (shares[idx] == 0.0 && owns[idx]));
                if is_inside && clip.contains(here) {
                    self.blend(row * self.width + column, source(corners, shares, texture));
                }
            }
        }
    }

    fn blend(&mut self, idx: usize, source: Colour) {
        for (part, added) in self.pixels[idx].iter_mut().zip(source) {
            *part = added + *part * (1.0 - source[3]);
        }
    }

    fn into_image(self) -> Option<RgbaImage> {
        let parts = self.pixels.iter().flatten().map(|part| (part.clamp(0.0, 1.0) * 255.0).round() as u8);
        RgbaImage::from_raw(self.width as u32, self.height as u32, parts.collect())
    }
}

fn cross(from: Pos2, to: Pos2, point: Pos2) -> f32 {
    (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x)
}

/// The colour that a triangle has where its corners weigh in by `shares`.
fn source(corners: &[Vertex; 3], shares: [f32; 3], texture: &Texture) -> Colour {
    let mix = |value: fn(&Vertex) -> f32| (0..3).map(|idx| shares[idx] * value(&corners[idx])).sum::<f32>();
    let texel = texture.at(mix(|corner| corner.uv.x), mix(|corner| corner.uv.y));
    std::array::from_fn(|part| {
        texel[part] * (0..3).map(|idx| shares[idx] * colour(corners[idx].color)[part]).sum::<f32>()
    })
}
