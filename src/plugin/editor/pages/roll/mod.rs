//! The piano roll: the music composed so far, what is playing now, and what comes next.
//!
//! Only what is in sight is laid out, and all rectangles of a kind go to the painter as one mesh, so that
//! the cost follows the size of the window and not that of the take.

mod bars;
pub(crate) use bars::bar_number;

mod times;

mod drums;

mod rows;

mod keyboard;

mod parts;

mod notes;

mod hover;

mod note_edit;

mod note_hand;

mod bar_menu;

mod repeats;

mod strip;

mod found;

mod chords;
pub(crate) use chords::{key_of_degrees, phrase};
pub(crate) use found::phrase_text;

mod chord_border;

mod chord_entry;

mod chord_strip;

mod legend;

mod overview;

mod show;
pub(crate) use show::show;
