//! What the musician turns: each knob is declared once, in the table of `table.rs`.
//!
//! From that table come [`ComposingKnobs`] and [`PerformingKnobs`], with their defaults and ranges, the host's
//! parameters, the saved form, the options of `generate`, the pages of remote controls, the hints and the manual's
//! list of knobs.

mod kind;
pub use kind::{Form, Kind};

mod value;
pub use value::KnobValue;

mod spec;
pub use spec::{CliOption, KnobSpec, Page, Role};

mod conversation;
pub use conversation::Conversation;

mod cadence;
pub use cadence::Cadence;

mod parts;
pub use parts::{Part, PartSet};

mod spread_centre;
pub use spread_centre::SpreadCentre;

#[macro_use]
mod declare;

mod table;
pub use table::{ComposingKnobs, Knob, PerformingKnobs};
