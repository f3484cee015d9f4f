//! Two hosts that drive the real plugin, behind one trait.
//!
//! A [`Daw`] is a transport without sound: it says where the song stands in each block. A [`Host`]
//! hands those blocks to the plugin and writes what comes back into a [`Recording`]. Blocks are
//! processed on a thread of their own, as in a real host; everything else runs on the caller's
//! thread, which is the plugin's main thread.

use anyhow::Result;

pub mod daw;

pub mod recording;

pub mod clap;

pub mod vst3;

pub use daw::{Daw, LoopStyle};
pub use recording::{Event, EventKind, PlayedNote, Recording};

/// What a plugin is told when it is activated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setup {
    /// Frames a second.
    pub sample_rate: f64,
    /// No block is longer than this.
    pub max_frames: u32,
    /// Whether the host plays or bounces.
    pub mode: RenderMode,
}

impl Default for Setup {
    fn default() -> Self {
        Self { sample_rate: 48_000.0, max_frames: 8192, mode: RenderMode::Realtime }
    }
}

/// What the host says about its haste.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenderMode {
    /// The host says that it plays in real time.
    Realtime,
    /// The host says that it renders as fast as it can.
    Offline,
}

/// How fast blocks are handed to the plugin, whatever [`RenderMode`] the host has told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One after the other, without a pause.
    AsFastAsPossible,
    /// Each when its time has come, as a sound card would ask for it.
    RealTime,
}

/// What the main thread does while blocks are processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meanwhile {
    /// Answers the plugin's requests for the main thread.
    Answer,
    /// Answers, and saves the plugin's state again and again.
    SaveState,
}

/// Where the song stands at the first frame of a block. What is `None` the host does not report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Whether the song moves.
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
    /// What the plugin is told.
    pub transport: Transport,
    /// Where the song truly stands at the first frame, in quarter notes, told or not.
    pub beat: f64,
    /// The song's true speed, in quarter notes a minute.
    pub tempo: f64,
    /// The loop that the song takes inside this block, if it reaches its end.
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
    /// See [`parameter_number`].
    pub number: u32,
    /// Between 0 and 1.
    pub normalised: f64,
}

/// A note event for the plugin's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteIn {
    /// Frame in the block.
    pub offset: u32,
    /// `Some(velocity)` begins a note, `None` ends it.
    pub velocity: Option<u8>,
    /// 0 to 15.
    pub channel: u8,
    /// 0 to 127.
    pub key: u8,
}

/// A parameter as the plugin describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// See [`parameter_number`].
    pub number: u32,
    /// The name that the host shows.
    pub name: String,
    /// The value now, between 0 and 1.
    pub normalised: f64,
    /// The value now, as the host shows it.
    pub text: String,
}

/// A host with one instance of the plugin.
pub trait Host {
    /// Makes the plugin ready to process.
    ///
    /// # Errors
    /// If the plugin refuses.
    fn activate(&mut self, setup: Setup) -> Result<()>;

    /// Ends processing; [`Host::activate`] may follow.
    ///
    /// # Errors
    /// If the plugin refuses.
    fn deactivate(&mut self) -> Result<()>;

    /// Asks the plugin to forget what sounds, while it stays active.
    ///
    /// # Errors
    /// If the plugin is not active.
    fn reset(&mut self) -> Result<()>;

    /// Processes `blocks` on a thread of their own, appending what the plugin sends to `recording`.
    ///
    /// # Errors
    /// If the plugin is not active, a block is longer than it was told, or it refuses a block.
    fn play(
        &mut self,
        blocks: &mut (dyn Iterator<Item = Block> + Send),
        pace: Pace,
        meanwhile: Meanwhile,
        recording: &mut Recording,
    ) -> Result<()>;

    /// The state that a project would keep.
    ///
    /// # Errors
    /// If the plugin refuses.
    fn save(&mut self) -> Result<Vec<u8>>;

    /// Gives the plugin a state that was saved before.
    ///
    /// # Errors
    /// If the plugin refuses.
    fn load(&mut self, state: &[u8]) -> Result<()>;

    /// All parameters, in the plugin's order.
    ///
    /// # Errors
    /// If the plugin has none to show.
    fn parameters(&mut self) -> Result<Vec<Parameter>>;

    /// What the plugin understands `text` to mean for the parameter with this id, between 0 and 1.
    ///
    /// # Errors
    /// If there is no such parameter, or the text means nothing to it.
    fn normalised(&mut self, id: &str, text: &str) -> Result<f64>;

    /// Sets a parameter at once if the plugin is not active, else with the next block.
    ///
    /// # Errors
    /// If there is no such parameter, or the text means nothing to it.
    fn set(&mut self, id: &str, text: &str) -> Result<()>;
}

/// The number by which hosts know a parameter, made from its id as nice-plug makes it.
#[must_use]
pub fn parameter_number(id: &str) -> u32 {
    let hash = id.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    hash & !(1 << 31)
}

/// Paces a run of blocks by the wall clock.
pub(crate) struct Clock {
    pace: Pace,
    start: std::time::Instant,
    frames: u64,
    sample_rate: f64,
}

impl Clock {
    pub(crate) fn new(pace: Pace, sample_rate: f64) -> Self {
        Self { pace, start: std::time::Instant::now(), frames: 0, sample_rate }
    }

    /// Waits until the block that begins now is due, then counts it.
    pub(crate) fn wait(&mut self, frames: u32) {
        if self.pace == Pace::RealTime {
            let due = std::time::Duration::from_secs_f64(self.frames as f64 / self.sample_rate);
            if let Some(left) = due.checked_sub(self.start.elapsed()) {
                std::thread::sleep(left);
            }
        }
        self.frames += u64::from(frames);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_number_is_the_hash_of_its_id_without_the_top_bit() {
        assert_eq!(parameter_number("a"), 97);
        assert_eq!(parameter_number("ab"), 97 * 31 + 98);
        assert_eq!(parameter_number("zzzzzzzzzz") >> 31, 0);
    }
}
