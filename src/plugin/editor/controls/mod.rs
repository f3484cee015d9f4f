//! Controls for knobs. Each draws one knob and adds what the user does to the intents.
//!
//! All are turned the same way: drag up or to the right, with shift for fine; the wheel; the arrow keys once
//! tab or a click has brought the focus; double-click, or enter, to type; right-click for a menu with the
//! default; control-click for the default at once.

mod setter;
pub(crate) use setter::KnobSetter;

mod parts;
pub(crate) use parts::{LARGE, SMALL};

mod typing;
pub(crate) use typing::select_all;

mod dial_picture;

mod dial;
pub(crate) use dial::dial;

mod number;
pub(crate) use number::number;

mod list;
pub(crate) use list::{list, named_list};

mod switch;
pub(crate) use switch::switch;
