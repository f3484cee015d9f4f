//! What passes between the host and the engine in a block: the transport, the notes that come in and those that
//! go out. All of it belongs to the audio thread.

pub(crate) mod transport;

pub(crate) mod note_input;

pub(crate) mod note_output;
