//! The application `continuo`: the plugin in a host of its own, for those without a DAW and for hardware.
//!
//! nice-plug 0.4.2 has a standalone host, too, whose song always plays at one tempo, whose MIDI needs a port that is
//! there already, and which forgets everything when it ends (docs/UPSTREAM.md). So the application opens audio and MIDI
//! itself: through `jack`, or the system's through `device` and `midi`, or without sound by a `clock`.
//!
//! Each of them has a thread of its own that asks a `Renderer` for block after block, as a host's
//! audio thread does: it allocates, frees, locks and waits for nothing. The main thread has the window.

mod error;
pub use error::StandaloneError;

mod options;
pub use options::Options;

mod ports;

mod renderer;

mod midi;

mod system_blocks;

mod device;

mod clock;

mod jack;

mod audio;

mod session_file;

mod host;

mod list;

mod application;
pub use application::run;
