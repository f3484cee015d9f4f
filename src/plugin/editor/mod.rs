//! The editor: a view of the instance, drawn by egui, and what the user does with it.

mod view;
pub use view::{Choice, Intent, View, show};

mod roll;
pub use roll::Roll;

mod theme;
mod widgets;
