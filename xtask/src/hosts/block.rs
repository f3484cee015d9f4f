//! A block as a host hands it to the plugin.

/// The host's transport at the first frame of a block. `None` is not reported to the plugin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Whether the song is playing.
    pub playing: bool,
    /// In quarter notes; negative in a pre-roll.
    pub position: Option<f64>,
    /// Quarter notes a minute, constant through the block.
    pub tempo: Option<f64>,
    /// Numerator and denominator of the time signature.
    pub meter: Option<(u16, u16)>,
    /// Where the current bar began, in quarter notes.
    pub bar_start: Option<f64>,
    /// The loop's start and end in quarter notes, while it is on.
    pub cycle: Option<(f64, f64)>,
}

/// One call of the plugin's process function.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// At least 1.
    pub frames: u32,
    /// What is reported to the plugin.
    pub transport: Transport,
    /// The true song position at the first frame, in quarter notes, reported or not.
    pub beat: f64,
    /// The true tempo, in quarter notes a minute.
    pub tempo: f64,
    /// The loop that wraps inside this block, if one does.
    pub wraps: Option<(f64, f64)>,
    /// Parameters that change in this block.
    pub changes: Vec<Change>,
    /// Notes that arrive in this block.
    pub notes: Vec<NoteIn>,
    /// Other events that arrive in this block, in the order of time.
    pub inputs: Vec<Input>,
}

/// A parameter's new value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Frame in the block.
    pub offset: u32,
    /// See [`parameter_number`](crate::hosts::parameter_number).
    pub number: u32,
    /// Between 0 and 1.
    pub normalised: f64,
}

/// A note event for the plugin's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteIn {
    /// Frame in the block.
    pub offset: u32,
    /// `Some(velocity)` for a note-on, `None` for a note-off.
    pub velocity: Option<u8>,
    /// 0 to 15.
    pub channel: u8,
    /// 0 to 127.
    pub key: u8,
}

/// An event for the plugin's input that is not a plain note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// Frame in the block.
    pub offset: u32,
    /// What happens.
    pub kind: InputKind,
}

/// What happens at an [`Input`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A note begins that has an id.
    On {
        /// Which note.
        note: Address,
        /// 1 to 127.
        velocity: u8,
    },
    /// Notes are released.
    Off(Address),
    /// Notes are cut off. Not in VST3, which knows no such event.
    Choke(Address),
    /// A MIDI message. In VST3 the pressure of a key only, since nothing else comes as an event there.
    Midi([u8; 3]),
}

/// Which notes are meant: `None` matches all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// 0 to 15.
    pub channel: Option<u8>,
    /// 0 to 127.
    pub key: Option<u8>,
    /// The note's id.
    pub id: Option<u16>,
}
