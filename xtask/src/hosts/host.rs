//! What every host can do.

use std::any::Any;

use anyhow::Result;

use crate::hosts::block::Block;
use crate::hosts::recording::Recording;

/// How a plugin is activated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setup {
    /// Frames a second.
    pub sample_rate: f64,
    /// The longest block that is announced.
    pub max_frames: u32,
    /// Live or offline.
    pub mode: RenderMode,
}

/// The audio that a host takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// Two channels.
    Stereo,
    /// One channel.
    Mono,
    /// None.
    None,
}

impl Outputs {
    /// The number of channels.
    #[must_use]
    pub fn n_channels(self) -> u32 {
        match self {
            Self::Stereo => 2,
            Self::Mono => 1,
            Self::None => 0,
        }
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self { sample_rate: 48_000.0, max_frames: 8192, mode: RenderMode::Realtime }
    }
}

/// Live or offline, as reported to the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenderMode {
    /// The host plays in real time.
    Realtime,
    /// The host renders as fast as it can.
    Offline,
}

/// How fast blocks are processed, whatever [`RenderMode`] is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One after the other, without a pause.
    AsFastAsPossible,
    /// Each when it is due, as a sound card asks for it.
    RealTime,
    /// As if nothing else ran on this machine: the clock stops while composing waits for a processor.
    RealTimeUndisturbed,
}

/// The main thread's work while blocks are processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meanwhile {
    /// Answers the plugin's requests for the main thread.
    Answer,
    /// Answers, and saves the plugin's state over and over.
    SaveState,
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

/// What a plugin says about itself. Texts are empty where it says nothing, or the format does not ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The name that the host shows.
    pub name: String,
    /// Who makes it.
    pub vendor: String,
    /// Its version.
    pub version: String,
    /// Its page.
    pub url: String,
    /// Its manual, in CLAP.
    pub manual_url: String,
    /// The page for support, in CLAP.
    pub support_url: String,
    /// A sentence about it, in CLAP.
    pub description: String,
    /// What hosts sort it by: CLAP's features, VST3's subcategories.
    pub categories: Vec<String>,
}

/// A host with one instance of the plugin.
pub trait Host: Any {
    /// Chooses the audio that the host takes from the next activation on: stereo unless it says otherwise.
    ///
    /// # Errors
    /// If the plugin does not have it, or is active.
    fn choose(&mut self, outputs: Outputs) -> Result<()>;

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

    /// Resets the plugin: it ends its sounding notes and stays active.
    ///
    /// # Errors
    /// If the plugin is not active.
    fn reset(&mut self) -> Result<()>;

    /// Processes `blocks` on a thread of their own and appends the plugin's output to `recording`.
    ///
    /// # Errors
    /// If the plugin is not active, or refuses a block.
    fn play(
        &mut self,
        blocks: &mut (dyn Iterator<Item = Block> + Send),
        pace: Pace,
        meanwhile: Meanwhile,
        recording: &mut Recording,
    ) -> Result<()>;

    /// Saves the plugin's state, as a project does.
    ///
    /// # Errors
    /// If the plugin refuses.
    fn save(&mut self) -> Result<Vec<u8>>;

    /// Loads a saved state.
    ///
    /// # Errors
    /// If the plugin refuses.
    fn load(&mut self, state: &[u8]) -> Result<()>;

    /// All parameters, in the plugin's order.
    ///
    /// # Errors
    /// If the plugin reports none.
    fn parameters(&mut self) -> Result<Vec<Parameter>>;

    /// The value between 0 and 1 that `text` stands for, for the parameter with this id.
    ///
    /// # Errors
    /// If there is no such parameter, or it does not understand the text.
    fn normalised(&mut self, id: &str, text: &str) -> Result<f64>;

    /// Sets a parameter: at once if the plugin is not active, else with the next block.
    ///
    /// # Errors
    /// If there is no such parameter, or it does not understand the text.
    fn set(&mut self, id: &str, text: &str) -> Result<()>;
}

/// The number by which hosts know a parameter: nice-plug's hash of its id.
#[must_use]
pub fn parameter_number(id: &str) -> u32 {
    let hash = id.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    hash & !(1 << 31)
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
