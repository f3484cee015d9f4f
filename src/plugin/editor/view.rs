//! What there is to see, and what the user can want: the two sides of the editor.

use std::path::PathBuf;
use std::sync::Arc;

use crate::composer::{Edit, Mark, Picture};
use crate::model::Card;
use crate::music::{Beats, Note, Score};
use crate::player::handover::Playhead;
use crate::plugin::editor::settings::Settings;
use crate::plugin::editor::training::{Order, Training};
use crate::plugin::knob::Knob;
use crate::plugin::midi_file::{Extent, Performance};
use crate::plugin::parameters::Parameters;
use crate::plugin::presets::{PresetEntry, PresetId};

/// What the user wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// To take hold of a knob.
    Begin(Knob),
    /// To have it at this position, 0 to 1.
    Turn(Knob, f32),
    /// To let go of it.
    End(Knob),
    /// Another seed.
    ReRoll,
    /// Another model.
    Choose(Choice),
    /// To look again which model files there are.
    ListModels,
    /// Not to see the messages any more.
    Dismiss,
    /// One bar of the take changed, by its index.
    Edit(usize, Edit),
    /// The last edit taken back.
    Undo,
    /// The last edit taken back done again.
    Redo,
    /// One take copied over another, by their slots, 0 to 3.
    CopyTake(u8, u8),
    /// A MIDI file for the music to start from.
    LoadPrimer(PathBuf),
    /// The music to start from the model's own primers again.
    ClearPrimer,
    /// Music in a file of the user's.
    SaveMidi(Extent, Performance),
    /// The knobs where a preset has them.
    LoadPreset(PresetId),
    /// The knobs as they stand kept under a name.
    SavePreset(String),
    /// To look again which presets there are.
    ListPresets,
    /// A model trained.
    Train(Order),
    /// A training that was stopped or cut off to go on.
    GoOnTraining,
    /// The training ended; the best network so far is kept.
    StopTraining,
    /// Not to see the training any more that has ended.
    ForgetTraining,
    /// The editor to look like this from now on, on this computer.
    Set(Settings),
    /// A window of this width and height in logical pixels.
    Resize(f32, f32),
}

/// A model that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The one inside the plugin.
    BuiltIn,
    /// One in a file.
    File(PathBuf),
}

impl Choice {
    /// What it is called in a list.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::BuiltIn => "Built in".to_owned(),
            Self::File(path) => path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        }
    }
}

/// A model in the browser.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEntry {
    /// How to ask for it.
    pub choice: Choice,
    /// What it says about itself; `None` while it is being read, or why it cannot be read.
    pub card: Option<Result<Arc<Card>, String>>,
    /// Some of its music, from tick zero on.
    pub thumbnail: Arc<[Note]>,
}

/// What the roll shows.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    /// The bars composed so far.
    pub score: Arc<Score>,
    /// One for each bar of the score; where there are fewer, nothing is known of the rest.
    pub marks: Arc<[Mark]>,
    /// What was played in, at song positions.
    pub input: Arc<[Note]>,
    /// How many edits can be taken back.
    pub n_undo: usize,
    /// How many can be done again.
    pub n_redo: usize,
    /// The host's song position.
    pub playhead: Beats,
    /// Whether the host plays.
    pub playing: bool,
}

impl Roll {
    /// The composer's picture with the playhead in it.
    pub(super) fn of(picture: Picture, playhead: &Playhead) -> Self {
        let Picture { score, marks, input, n_undo, n_redo } = picture;
        let (playhead, playing) = (playhead.position(), playhead.is_playing());
        Self { score, marks, input, n_undo, n_redo, playhead, playing }
    }
}

/// What there is to see.
#[derive(Clone)]
pub struct View {
    /// Where the knobs stand.
    pub parameters: Arc<Parameters>,
    /// The card of the model that composes, if there is one.
    pub card: Option<Arc<Card>>,
    /// The model that was asked for.
    pub chosen: Choice,
    /// Whether it is still being loaded.
    pub is_loading: bool,
    /// The models there are, the built-in one first.
    pub models: Arc<[ModelEntry]>,
    /// The user's folder.
    pub folder: String,
    /// The presets there are, those that come with the plugin first.
    pub presets: Arc<[PresetEntry]>,
    /// The MIDI file that the music starts from, if there is one.
    pub primer: Option<String>,
    /// The music.
    pub roll: Roll,
    /// The training that goes on or went on.
    pub training: Training,
    /// The host's name as far as it can be guessed, as the guide has it.
    pub host: Option<&'static str>,
    /// What the user has settled on this computer.
    pub settings: Settings,
    /// What to tell the user, the latest last.
    pub messages: Vec<String>,
}
