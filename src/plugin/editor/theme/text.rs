//! Text in the theme's styles.

use egui::{RichText, Ui};

use crate::plugin::editor::theme::palette::palette;
use crate::plugin::editor::theme::style::SMALL;

/// Small, dim text, for labels beside things.
pub(crate) fn small(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text).size(SMALL).color(palette(ui).dim)
}
