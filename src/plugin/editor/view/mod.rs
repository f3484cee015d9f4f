//! The two sides of the editor: what it shows, and what the user wants. Nothing here draws.

pub(crate) mod intent;
pub use intent::Intent;

pub(crate) mod shown;
pub use shown::{IdeaEntry, Roll, TransportView, View};

pub(crate) mod camera;

pub(crate) mod state;
