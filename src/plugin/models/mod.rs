//! The models that the user can choose from: the one inside the plugin, and files in a folder of theirs.

pub(crate) mod choice;
pub use choice::ModelChoice;

pub(crate) mod folder;
pub use folder::{model_files, models_folder};

pub(crate) mod library;
pub use library::ModelEntry;
