//! Knobs and a generator make bars; bars make the take that belongs to the project.
//!
//! [`Writer`] and [`Take`] are the musical core, without any thread: the trainer's `generate` uses them
//! as they are. [`Composer`] puts them on a thread that all instances of the plugin in a process share, and
//! speaks with the player through [`crate::player::handover`].
//!
//! Three folders, each using only those before it.

mod take;
pub use take::bars::Take;
pub use take::edits::Edit;
pub use take::ideas::Idea;
pub use take::opening::Opening;
pub use take::picture::{Mark, Picture};
pub use take::saved::{SavedModel, SavedTake, TakeError};

mod writing;
pub use writing::obstacle::why_no_note_fits;
pub use writing::range_edit::edit_bars;
pub use writing::writer::{Writer, compose_bar, compose_until, edit_bar};
pub(crate) use writing::writer::{compose_bar_async, edit_bar_async};

mod studio;
pub use studio::handle::Composer;
pub use studio::status::Status;
