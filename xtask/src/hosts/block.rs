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
