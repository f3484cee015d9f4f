//! Sizes of type, spacing, and the style of egui's own widgets.

use egui::{
    Color32, CornerRadius, FontDefinitions, FontFamily, FontId, Shadow, Stroke, Style, TextStyle, Theme,
    Visuals,
};

use crate::plugin::editor::theme::palette::{mix, of};

/// The space between things; other spaces are halves and multiples of it.
pub(crate) const GAP: f32 = 8.0;
/// Radius of corners.
pub(crate) const ROUND: f32 = 5.0;

/// Size of labels beside things, in pixels.
pub(crate) const SMALL: f32 = 11.5;
/// Size of text to read.
pub(crate) const BODY: f32 = 13.0;
/// Size of the names of things.
pub(crate) const LARGE: f32 = 15.0;
/// Size of headings.
pub(crate) const HEADING: f32 = 19.0;

/// A font of this size.
pub(crate) fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Applies fonts, sizes and colours to a context.
pub(crate) fn apply(ctx: &egui::Context) {
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| apply_to(style, theme));
    }
    // The first font has few characters, and file names have many.
    let mut fonts = FontDefinitions::default();
    if let Some(family) = fonts.families.get_mut(&FontFamily::Proportional) {
        family.push("Hack".to_owned());
    }
    ctx.set_fonts(fonts);
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
    ctx.set_theme(Theme::Dark);
}

fn apply_to(style: &mut Style, theme: Theme) {
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
