//! The editor: a view of the instance, drawn by egui on a thread of the window's own.
//!
//! [`show`] is the whole editor as a function and knows no host: a [`View`] goes in, [`Intent`]s come out.
//! The window feeds it and carries out what the user wants.

mod theme;

mod widgets;

mod settings;
pub use settings::Settings;

mod view;
pub use view::{IdeaEntry, Intent, Roll, TransportView, View};

mod controls;

mod pages;

mod frame;

mod show;
pub use show::{background, prepare, show};

pub(crate) mod window;
pub use window::EditorWindow;

#[cfg(test)]
mod tests;
