//! Widgets that know nothing of the plugin.

mod focus;
pub(crate) use focus::focus_ring;

mod chip;
pub(crate) use chip::chip;

mod tab;
pub(crate) use tab::tab;

mod button;
pub(crate) use button::{main_button, small_button, toggle_button};

mod text_field;
pub(crate) use text_field::text_field;

mod card;
pub(crate) use card::card_frame;

mod thumbnail;
pub(crate) use thumbnail::paint_thumbnail;

pub(crate) mod chooser;

pub(crate) mod emblem;
