//! Two hosts that drive the real plugin, behind one trait.
//!
//! A [`Daw`] is a transport without sound: it gives the song position of each block. A [`Host`]
//! passes those blocks to the plugin and collects its output in a [`Recording`]. Blocks are
//! processed on a thread of their own, as in a real host; everything else runs on the caller's
//! thread, which is the plugin's main thread.

pub mod block;
pub mod daw;
pub mod recording;

pub mod host;

pub mod project;

mod audio_thread;
mod clock;

pub mod clap;
pub mod vst3;

pub use block::{Address, Block, Change, Input, InputKind, NoteIn, Transport};
pub use daw::{Daw, LoopStyle};
pub use host::{Host, Meanwhile, Metadata, Outputs, Pace, Parameter, RenderMode, Setup, parameter_number};
pub use recording::{Event, EventKind, PlayedNote, Recording};
