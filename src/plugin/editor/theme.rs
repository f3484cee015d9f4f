//! The editor's design: colours for dark and light, sizes of type, and spacing.
//!
//! Colours of instruments are made in `OKLCh`, where one lightness looks equally bright in every hue, so
//! that only velocity and certainty make a note brighter or darker. Every pair that carries text is held to
//! a contrast of 4.5 to 1 by a test, every note to 3 to 1, the figure for things that are not text.

use std::sync::LazyLock;

use egui::{
    Color32, CornerRadius, FontDefinitions, FontFamily, FontId, Shadow, Stroke, Style, TextStyle, Theme, Ui,
    Visuals,
};

use crate::music::Family;

/// The colours of one theme, by what they are for.
#[derive(Debug, Clone)]
pub(super) struct Palette {
    /// Behind everything.
    pub(super) background: Color32,
    /// Behind a group of knobs.
    pub(super) panel: Color32,
    /// A button at rest.
    pub(super) raised: Color32,
    /// A button under the pointer.
    pub(super) lit: Color32,
    /// Behind the notes, and the empty part of a dial.
    pub(super) well: Color32,
    /// Behind the notes, on rows of the scale.
    pub(super) row: Color32,
    /// Behind the notes, on rows of the tonic.
    pub(super) tonic: Color32,
    /// Lines that part things.
    pub(super) line: Color32,
    /// What one reads first.
    pub(super) text: Color32,
    /// What one reads second.
    pub(super) dim: Color32,
    /// What is turned, chosen or sounding.
    pub(super) accent: Color32,
    /// Text on the accent.
    pub(super) on_accent: Color32,
    /// The notes that come in, and what belongs to the conversation.
    pub(super) incoming: Color32,
    /// What went wrong.
    pub(super) alarm: Color32,
    /// The white keys.
    pub(super) ivory: Color32,
    /// The black keys.
    pub(super) ebony: Color32,
    /// How much of its colour the faintest thing has that still stands out.
    faintest: f32,
    /// One for each family of instruments.
    families: [Color32; Family::COUNT],
}

impl Palette {
    /// The colour of an instrument.
    pub(super) fn family(&self, family: Family) -> Color32 {
        self.families[family.index() % Family::COUNT]
    }

    /// The colour of a note: the softer it is, the nearer to what is behind it.
    pub(super) fn note(&self, family: Family, velocity: u8) -> Color32 {
        mix(self.well, self.family(family), loudness(velocity))
    }

    /// The frame of a note that may still change.
    pub(super) fn frame(&self, family: Family) -> Color32 {
        mix(self.well, self.family(family), self.faintest)
    }
}

/// How much of its colour a note has.
pub(super) fn loudness(velocity: u8) -> f32 {
    0.68 + 0.32 * (f32::from(velocity) / 112.0).min(1.0)
}

/// A colour between two, in sRGB as it is shown: 0 is the first.
pub(super) fn mix(from: Color32, to: Color32, share: f32) -> Color32 {
    from.lerp_to_gamma(to, share)
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// A colour of lightness 0 to 1, strength 0 to 0.4 and hue in degrees, in `OKLCh`.
fn oklch(lightness: f32, strength: f32, hue: f32) -> Color32 {
    let (sin, cos) = hue.to_radians().sin_cos();
    let (a, b) = (strength * cos, strength * sin);
    // Björn Ottosson's matrices.
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    let [red, green, blue] = linear.map(|part| {
        let part = part.clamp(0.0, 1.0);
        let shown = if part <= 0.003_130_8 { 12.92 * part } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 };
        (shown * 255.0).round() as u8
    });
    Color32::from_rgb(red, green, blue)
}

/// Hue of each family, and how strong it is. Those that often play together lie far apart.
const HUES: [(f32, f32); Family::COUNT] = [
    (72.0, 1.0),
    (100.0, 0.8),
    (40.0, 0.7),
    (140.0, 1.0),
    (258.0, 1.0),
    (10.0, 1.0),
    (305.0, 1.0),
    (50.0, 1.3),
    (120.0, 1.2),
    (220.0, 0.95),
    (345.0, 1.3),
    (280.0, 0.8),
    (235.0, 0.4),
    (85.0, 0.6),
    (30.0, 0.5),
    (180.0, 0.4),
    (90.0, 0.15),
];

fn families(lightness: f32, strength: f32) -> [Color32; Family::COUNT] {
    HUES.map(|(hue, share)| oklch(lightness, strength * share, hue))
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
pub(super) fn of(theme: Theme) -> &'static Palette {
    match theme {
        Theme::Dark => &DARK,
        Theme::Light => &LIGHT,
    }
}

/// The colours to draw with here.
pub(super) fn palette(ui: &Ui) -> &'static Palette {
    of(if ui.visuals().dark_mode { Theme::Dark } else { Theme::Light })
}

/// The space between things; others are halves and multiples of it.
pub(super) const GAP: f32 = 8.0;
/// How round corners are.
pub(super) const ROUND: f32 = 5.0;

/// Sizes of type, in pixels: what is beside things, what one reads, names of things, the name.
pub(super) const SMALL: f32 = 11.5;
/// As above.
pub(super) const BODY: f32 = 13.0;
/// As above.
pub(super) const LARGE: f32 = 15.0;
/// As above.
pub(super) const HEADING: f32 = 19.0;

/// A font of this size.
pub(super) fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Makes a context look like this page says.
pub(super) fn apply(ctx: &egui::Context) {
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| dress(style, theme));
    }
    // The first font has few signs, and names of files have many.
    let mut fonts = FontDefinitions::default();
    if let Some(family) = fonts.families.get_mut(&FontFamily::Proportional) {
        family.push("Hack".to_owned());
    }
    ctx.set_fonts(fonts);
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
    ctx.set_theme(Theme::Dark);
}

fn dress(style: &mut Style, theme: Theme) {
    style.text_styles = [
        (TextStyle::Small, SMALL),
        (TextStyle::Body, BODY),
        (TextStyle::Button, BODY),
        (TextStyle::Monospace, SMALL),
        (TextStyle::Heading, HEADING),
    ]
    .map(|(text_style, size)| (text_style, font(size)))
    .into();
    style.spacing.item_spacing = egui::vec2(GAP, 6.0);
    style.spacing.button_padding = egui::vec2(10.0, 4.0);
    style.spacing.interact_size.y = 24.0;
    style.spacing.combo_height = 260.0;
    style.spacing.scroll.bar_width = 8.0;
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
    style.visuals = visuals(theme);
}

fn visuals(theme: Theme) -> Visuals {
    let palette = of(theme);
    let mut visuals = if theme == Theme::Dark { Visuals::dark() } else { Visuals::light() };
    visuals.panel_fill = palette.background;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.menu_corner_radius = CornerRadius::same(6);
    visuals.popup_shadow =
        Shadow { offset: [0, 4], blur: 14, spread: 0, color: Color32::from_black_alpha(70) };
    visuals.extreme_bg_color = palette.well;
    visuals.faint_bg_color = palette.row;
    visuals.override_text_color = Some(palette.text);
    visuals.weak_text_color = Some(palette.dim);
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.alarm;
    visuals.error_fg_color = palette.alarm;
    visuals.selection.bg_fill = mix(palette.panel, palette.accent, 0.4);
    visuals.selection.stroke = Stroke::new(1.5, palette.accent);
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.line);
    visuals.widgets.noninteractive.fg_stroke = Stroke::new(1.0, palette.text);
    let fills = [palette.raised, palette.lit, palette.lit, palette.raised];
    let widgets = &mut visuals.widgets;
    let all = [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active, &mut widgets.open];
    for (widget, fill) in all.into_iter().zip(fills) {
        widget.corner_radius = CornerRadius::same(ROUND as u8);
        widget.expansion = 0.0;
        widget.bg_stroke = Stroke::new(1.0, palette.line);
        widget.fg_stroke = Stroke::new(1.0, palette.text);
        widget.weak_bg_fill = fill;
        widget.bg_fill = fill;
    }
    visuals
}

#[cfg(test)]
mod tests {
    use egui::{Color32, Theme};

    use crate::music::Family;
    use crate::plugin::editor::theme::{mix, of};

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
    fn whatever_is_read_stands_out_by_four_and_a_half_to_one() {
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
