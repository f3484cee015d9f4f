//! What the editor remembers between frames: the page, the roll's camera, texts half typed.

use std::path::PathBuf;

use crate::plugin::editor::view::camera::Camera;
use crate::plugin::picker::{Picked, Wanted};
use crate::plugin::trainer::job::Size;

/// What the editor remembers between frames. It stays in egui's memory and is not saved.
#[derive(Debug, Clone)]
pub(crate) struct UiState {
    /// The page that fills the window.
    pub(crate) page: Page,
    /// The page of knobs; where two are shown side by side, the left one.
    pub(crate) knob_page: KnobPage,
    /// The right page of knobs.
    pub(crate) second_knob_page: KnobPage,
    pub(crate) camera: Camera,
    /// The page of the guide.
    pub(crate) topic: Topic,
    pub(crate) forms: Forms,
    pub(crate) notice: Notice,
}

impl Default for UiState {
    fn default() -> Self {
        Self {
            page: Page::Play,
            knob_page: KnobPage::Compose,
            second_knob_page: KnobPage::Perform,
            camera: Camera::default(),
            topic: Topic::Start,
            forms: Forms::default(),
            notice: Notice::default(),
        }
    }
}

/// The messages in the status line, which go away by themselves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notice {
    /// The messages when the last one came.
    pub(crate) messages: Vec<String>,
    /// Until when the last one is shown, in seconds of egui's clock.
    pub(crate) until: f64,
}

/// Texts half typed, and choices not yet sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forms {
    pub(crate) preset: String,
    /// The chords, while they are being typed.
    pub(crate) chords: Option<String>,
    pub(crate) primer: String,
    pub(crate) corpus: String,
    pub(crate) model: String,
    pub(crate) trainer: String,
    /// Whether the path of the trainer that the user gave is being changed.
    pub(crate) changes_trainer: bool,
    pub(crate) size: Size,
    pub(crate) starts_from_default: bool,
    /// The folder that was last surveyed, and whether from the built-in model.
    pub(crate) surveyed: Option<(PathBuf, bool)>,
    /// How many choices of the system's dialog were taken over.
    pub(crate) n_picked: u32,
}

impl Forms {
    /// Puts what was chosen in the system's dialog into the field that it was opened for.
    pub(crate) fn take_over(&mut self, picked: &Picked) {
        if std::mem::replace(&mut self.n_picked, picked.n_closed) == picked.n_closed {
            return;
        }
        let Some(path) = picked.path.as_ref().map(|path| path.display().to_string()) else { return };
        match picked.wanted {
            Wanted::MidiFolder => self.corpus = path,
            Wanted::MidiFile => self.primer = path,
            Wanted::Trainer => self.trainer = path,
        }
    }
}

/// A page of the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Play,
    Models,
    Train,
    Guide,
}

impl Page {
    /// The pages with their names, in the order of the tabs.
    pub(crate) const ALL: [(Self, &'static str); 4] =
        [(Self::Play, "Play"), (Self::Models, "Models"), (Self::Train, "Train"), (Self::Guide, "Guide")];
}

/// A page of knobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KnobPage {
    Compose,
    Chords,
    Detail,
    Notes,
    Instruments,
    Perform,
    Touch,
    Parts,
    Converse,
    Blend,
}

/// A page of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// The first steps.
    Start,
    /// Mouse and keys.
    Controls,
    /// Recording in a host, by its name.
    Host(&'static str),
}
