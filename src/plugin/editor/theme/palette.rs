//! The colours of the dark and the light theme.
//!
//! Every pair that carries text is held to a contrast of 4.5 to 1 by a test, every note to 3 to 1, the figure for
//! things that are not text.

use std::sync::LazyLock;

use egui::{Color32, Theme, Ui};

use crate::music::Family;
use crate::plugin::editor::theme::oklch::families;

/// The colours of one theme, by their use.
#[derive(Debug, Clone)]
pub(crate) struct Palette {
    /// Behind everything.
    pub(crate) background: Color32,
    /// Behind a group of knobs.
    pub(crate) panel: Color32,
    /// A button at rest.
    pub(crate) raised: Color32,
    /// A button under the pointer.
    pub(crate) lit: Color32,
    /// Behind the notes, and the empty part of a dial.
    pub(crate) well: Color32,
    /// Behind the notes, on rows of the scale.
    pub(crate) row: Color32,
    /// Behind the notes, on rows of the tonic.
    pub(crate) tonic: Color32,
    /// Lines between things.
    pub(crate) line: Color32,
    /// Text that is read first.
    pub(crate) text: Color32,
    /// Text that is read second.
    pub(crate) dim: Color32,
    /// What is set, chosen or sounding.
    pub(crate) accent: Color32,
    /// Text on the accent.
    pub(crate) on_accent: Color32,
    /// The notes that come in, and the conversation.
    pub(crate) incoming: Color32,
    /// Errors.
    pub(crate) alarm: Color32,
    /// The white keys.
    pub(crate) ivory: Color32,
    /// The black keys.
    pub(crate) ebony: Color32,
    /// How much of its colour a frame has at least, so that it still stands out.
    faintest: f32,
    /// One for each family of instruments.
    families: [Color32; Family::COUNT],
}

impl Palette {
    /// The colour of an instrument.
    pub(crate) fn family(&self, family: Family) -> Color32 {
        self.families[family.index() % Family::COUNT]
    }

    /// The colour of a note: the softer, the nearer to the background.
    pub(crate) fn note(&self, family: Family, velocity: u8) -> Color32 {
        mix(self.well, self.family(family), loudness(velocity))
    }

    /// The frame of a note that may still change.
    pub(crate) fn frame(&self, family: Family) -> Color32 {
        mix(self.well, self.family(family), self.faintest)
    }
}

/// How much of its colour a note of this velocity has.
pub(crate) fn loudness(velocity: u8) -> f32 {
    0.68 + 0.32 * (f32::from(velocity) / 112.0).min(1.0)
}

/// A colour between two, in sRGB as it is shown: 0 is the first.
pub(crate) fn mix(from: Color32, to: Color32, share: f32) -> Color32 {
    from.lerp_to_gamma(to, share)
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

static DARK: LazyLock<Palette> = LazyLock::new(|| Palette {
    background: rgb(0x0013_151b),
    panel: rgb(0x001c_1f28),
    raised: rgb(0x0029_2d39),
    lit: rgb(0x0036_3c4b),
    well: rgb(0x000c_0e12),
    row: rgb(0x0014_171e),
    tonic: rgb(0x001d_2029),
    line: rgb(0x0034_3a48),
    text: rgb(0x00ee_eff3),
    dim: rgb(0x00a6_adbc),
    accent: rgb(0x00ff_b65c),
    on_accent: rgb(0x0021_1403),
    incoming: rgb(0x004d_f0c0),
    alarm: rgb(0x00ff_8a80),
    ivory: rgb(0x00a6_adbc),
    ebony: rgb(0x000c_0e12),
    faintest: 0.57,
    families: families(0.8, 0.125),
});

static LIGHT: LazyLock<Palette> = LazyLock::new(|| Palette {
    background: rgb(0x00ea_e6dd),
    panel: rgb(0x00f6_f3ec),
    raised: rgb(0x00e6_e0d4),
    lit: rgb(0x00dc_d5c6),
    well: rgb(0x00ff_fdf8),
    row: rgb(0x00f7_f3ea),
    tonic: rgb(0x00ef_e8d9),
    line: rgb(0x00c9_c0ae),
    text: rgb(0x0020_222a),
    dim: rgb(0x0050_525f),
    accent: rgb(0x008a_4200),
    on_accent: rgb(0x00ff_fbf2),
    incoming: rgb(0x0000_6450),
    alarm: rgb(0x00a1_1a15),
    ivory: rgb(0x00ff_fdf8),
    ebony: rgb(0x0054_5663),
    faintest: 0.68,
    families: families(0.4, 0.14),
});

/// The colours of a theme.
pub(crate) fn of(theme: Theme) -> &'static Palette {
    match theme {
        Theme::Dark => &DARK,
        Theme::Light => &LIGHT,
    }
}

/// The colours to draw with.
pub(crate) fn palette(ui: &Ui) -> &'static Palette {
    of(if ui.visuals().dark_mode { Theme::Dark } else { Theme::Light })
}

#[cfg(test)]
mod tests {
    use egui::{Color32, Theme};

    use crate::music::Family;
    use crate::plugin::editor::theme::palette::{mix, of};

    /// Relative luminance as the Web Content Accessibility Guidelines define it.
    fn luminance(colour: Color32) -> f32 {
        let [red, green, blue, _] = colour.to_array().map(|part| {
            let part = f32::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: Color32, other: Color32) -> f32 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_stands_out_by_four_and_a_half_to_one_on_every_surface() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
        for theme in [Theme::Dark, Theme::Light] {
            let palette = of(theme);
            let surfaces = [
                palette.background,
                palette.panel,
                palette.raised,
                palette.lit,
                palette.well,
                palette.row,
                palette.tonic,
            ];
            for surface in surfaces {
                for text in [palette.text, palette.dim, palette.accent, palette.alarm, palette.incoming] {
                    let contrast = contrast(text, surface);
                    assert!(contrast >= 4.5, "{theme:?}: {text:?} on {surface:?} has {contrast:.2}");
                }
            }
            assert!(contrast(palette.on_accent, palette.accent) >= 4.5);
            let selected = mix(palette.panel, palette.accent, 0.4);
            assert!(contrast(palette.text, selected) >= 4.5, "{theme:?}");
        }
    }

    #[test]
    fn the_softest_note_and_the_least_certain_stand_out_by_three_to_one_on_every_row() {
        for theme in [Theme::Dark, Theme::Light] {
            let palette = of(theme);
            for family in (0..).map_while(Family::from_index) {
                for row in [palette.well, palette.row, palette.tonic] {
                    for colour in [palette.note(family, 1), palette.frame(family)] {
                        let contrast = contrast(colour, row);
                        assert!(contrast >= 3.0, "{theme:?}: {} on {row:?} has {contrast:.2}", family.name());
                    }
                }
            }
        }
    }
}
