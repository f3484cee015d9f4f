//! The plugin's editor in a window of our own, on X11.
#![allow(unsafe_code, reason = "the plugin is given the window as a raw handle")]

mod user;
pub(crate) mod window;

mod frequency;

mod clicks;
mod screenshot;
mod soak;

pub use clicks::click;
pub use screenshot::screenshot;
pub use soak::{soak, without_drawing};
pub use user::Colours;
pub(crate) use user::{ONE_HEAP, is_test_user, is_test_user_on_virtual_display};
