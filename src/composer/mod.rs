//! Knobs and a generator make bars; bars make the take that belongs to the project.
//!
//! [`Writer`] and [`Take`] are the musical core, without any thread: the trainer's `generate` uses them
//! as they are. [`Composer`] puts them on a thread that all instances of the plugin in a process share, and
//! speaks with the player through [`crate::player::handover`].

mod take;
pub use take::Take;

mod writer;
pub use writer::{Writer, compose_bar, compose_until, edit_bar};
pub(crate) use writer::{compose_bar_in_turn, edit_bar_in_turn};

mod saved;
pub use saved::{SavedModel, SavedTake, TakeError};

mod edit;
pub use edit::Edit;

mod handle;
pub use handle::{Composer, Mark, Picture, Status};

mod studio;

mod worker;

mod opening;
pub use opening::Opening;

mod desk;

mod density;

mod drawing;

mod candidates;

mod input;

mod conversation;

mod history;

mod fingerprint;

mod hearing;
