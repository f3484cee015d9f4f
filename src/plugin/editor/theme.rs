//! Colours, spacing and type.

use egui::{Color32, CornerRadius, FontFamily, FontId, Stroke, TextStyle, Visuals};

/// Behind everything.
pub(super) const BACKGROUND: Color32 = Color32::from_rgb(0x15, 0x17, 0x1c);
/// Behind a group of knobs.
pub(super) const PANEL: Color32 = Color32::from_rgb(0x1e, 0x21, 0x28);
/// Behind the notes, and the empty part of a bar.
pub(super) const WELL: Color32 = Color32::from_rgb(0x10, 0x12, 0x16);
/// Lines that part things.
pub(super) const LINE: Color32 = Color32::from_rgb(0x33, 0x38, 0x43);
/// What one reads first.
pub(super) const TEXT: Color32 = Color32::from_rgb(0xe6, 0xe8, 0xec);
/// What one reads second.
pub(super) const DIM: Color32 = Color32::from_rgb(0x98, 0xa0, 0xae);
/// What is turned, chosen or sounding.
pub(super) const ACCENT: Color32 = Color32::from_rgb(0xf0, 0xa8, 0x4a);
/// What went wrong.
pub(super) const ALARM: Color32 = Color32::from_rgb(0xff, 0x7b, 0x72);

/// The space between things.
const GAP: f32 = 8.0;
/// How round corners are.
pub(super) const ROUND: f32 = 4.0;

/// Makes a context look like this page says.
pub(super) fn apply(ctx: &egui::Context) {
    ctx.set_theme(egui::Theme::Dark);
    ctx.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, 11.0),
            (TextStyle::Body, 13.0),
            (TextStyle::Button, 13.0),
            (TextStyle::Monospace, 12.0),
            (TextStyle::Heading, 19.0),
        ]
        .map(|(text_style, size)| (text_style, FontId::new(size, FontFamily::Proportional)))
        .into();
        style.spacing.item_spacing = egui::vec2(GAP, 6.0);
        style.spacing.button_padding = egui::vec2(10.0, 4.0);
        style.spacing.interact_size.y = 24.0;
        style.visuals = visuals();
    });
}

fn visuals() -> Visuals {
    let mut visuals = Visuals::dark();
    visuals.panel_fill = BACKGROUND;
    visuals.window_fill = PANEL;
    visuals.extreme_bg_color = WELL;
    visuals.override_text_color = Some(TEXT);
    visuals.selection.bg_fill = ACCENT.gamma_multiply(0.45);
    visuals.selection.stroke = Stroke::new(1.0, TEXT);
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, LINE);
    for widget in [
        &mut visuals.widgets.inactive,
        &mut visuals.widgets.hovered,
        &mut visuals.widgets.active,
        &mut visuals.widgets.open,
    ] {
        widget.corner_radius = CornerRadius::same(ROUND as u8);
        widget.expansion = 0.0;
        widget.bg_stroke = Stroke::new(1.0, LINE);
    }
    let (idle, lit) = (
        Color32::from_rgb(0x2a, 0x2e, 0x37),
        Color32::from_rgb(0x38, 0x3d, 0x49),
    );
    visuals.widgets.inactive.weak_bg_fill = idle;
    visuals.widgets.inactive.bg_fill = idle;
    visuals.widgets.open.weak_bg_fill = idle;
    for widget in [&mut visuals.widgets.hovered, &mut visuals.widgets.active] {
        widget.weak_bg_fill = lit;
        widget.bg_fill = lit;
    }
    visuals
}
