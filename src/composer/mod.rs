//! Knobs and a generator make bars; bars make the take that belongs to the project.
//!
//! [`Writer`] and [`Take`] are the musical core, without any thread: the trainer's `generate` uses them
//! as they are. [`Composer`] puts them on a thread of their own, one for each instance of the plugin,
//! and speaks with the player through [`crate::player::handover`].

mod take;
pub use take::Take;

mod writer;
pub use writer::{Writer, compose_bar, compose_until, edit_bar};

mod saved;
pub use saved::{SavedModel, SavedTake, TakeError};

mod edit;
pub use edit::Edit;

mod worker;
pub use worker::{Composer, Mark, Picture, Status};

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
