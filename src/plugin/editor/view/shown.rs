//! What the editor shows.

use std::ops::Range;
use std::sync::Arc;

use crate::composer::{Mark, Picture};
use crate::model::Card;
use crate::music::{Beats, FamilySet, Note, Score};
use crate::player::handover::Playhead;
use crate::plugin::editor::settings::Settings;
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::models::library::ModelEntry;
use crate::plugin::own_transport::{OwnTransport, Song};
use crate::plugin::parameters::Parameters;
use crate::plugin::picker::Picked;
use crate::plugin::presets::PresetEntry;
use crate::plugin::trainer::status::Status;

/// What the piano roll shows.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    /// The bars composed so far.
    pub score: Arc<Score>,
    /// One for each bar of the score, from the first; bars beyond have none.
    pub marks: Arc<[Mark]>,
    /// The notes that were played in, at song positions.
    pub input: Arc<[Note]>,
    /// How many notes have been played, in a conversation or beside the music.
    pub n_played: usize,
    /// How many steps can be undone.
    pub n_undo: usize,
    /// How many steps can be redone.
    pub n_redo: usize,
    /// Which of the four takes have bars.
    pub has_bars: [bool; 4],
    /// The host's song position.
    pub playhead: Beats,
    /// Whether the host plays.
    pub playing: bool,
}

impl Roll {
    /// The bars of the phrase under the playhead, by their indices, the first and the one after the last, for phrases of
    /// so many bars.
    pub(crate) fn phrase(&self, n_bars: usize) -> Range<usize> {
        let now = self.playhead.to_ticks_floor();
        let bar_idx = self.score.bars.partition_point(|bar| bar.end() <= now);
        let first = bar_idx - bar_idx % n_bars.max(1);
        first..first + n_bars.max(1)
    }

    /// Whether every bar of the phrase under the playhead is kept, as far as it has been composed.
    pub(crate) fn is_phrase_kept(&self, n_bars: usize) -> bool {
        let phrase = self.phrase(n_bars);
        let marks = self.marks.get(phrase.start..phrase.end.min(self.marks.len())).unwrap_or_default();
        !marks.is_empty() && marks.iter().all(|mark| mark.is_kept)
    }

    /// The composer's picture with the playhead in it.
    pub(crate) fn new(picture: Picture, playhead: &Playhead) -> Self {
        let Picture { score, marks, input, n_played, n_undo, n_redo, has_bars } = picture;
        let (playhead, playing) = (playhead.position(), playhead.is_playing());
        Self { score, marks, input, n_played, n_undo, n_redo, has_bars, playhead, playing }
    }
}

/// Music that was heard and then replaced, as the editor shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IdeaEntry {
    /// Its style and its seed.
    pub name: String,
    /// Its bars, and how long ago it was replaced.
    pub about: String,
    /// The notes of its first bars, from its own beginning.
    pub notes: Arc<[Note]>,
}

/// The application's own transport.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransportView {
    /// Whether the song is to move.
    pub is_playing: bool,
    /// Tempo, meter and loop.
    pub song: Song,
    /// Whether the audio device is gone.
    pub has_lost_audio: bool,
}

impl TransportView {
    pub(crate) fn of(transport: &OwnTransport) -> Self {
        Self {
            is_playing: transport.is_playing(),
            song: transport.song(),
            has_lost_audio: transport.has_lost_audio(),
        }
    }
}

/// What the editor shows.
#[derive(Clone)]
pub struct View {
    /// The knobs.
    pub parameters: Arc<Parameters>,
    /// Whether the host has started the plugin.
    pub is_activated: bool,
    /// The card of the model that composes, if there is one.
    pub card: Option<Arc<Card>>,
    /// The instruments of each style of that model; empty where that is not known.
    pub families: Arc<[FamilySet]>,
    /// The model that the user or the project asked for.
    pub chosen: ModelChoice,
    /// Whether that model is still being loaded.
    pub is_loading: bool,
    /// The models to choose from, the built-in one first.
    pub models: Arc<[ModelEntry]>,
    /// The user's folder for models.
    pub folder: String,
    /// The presets, those that come with the plugin first.
    pub presets: Arc<[PresetEntry]>,
    /// Whether the music starts from a MIDI file.
    pub has_opening: bool,
    /// The text of the chord lane of the take that plays; empty if there is none.
    pub chords: String,
    /// The preset that was loaded last, by its place in `presets`, and whether a knob was turned since.
    pub preset: Option<(usize, bool)>,
    /// The history of ideas, the oldest first.
    pub ideas: Arc<[IdeaEntry]>,
    /// The music.
    pub roll: Roll,
    /// The application's transport; `None` in a host.
    pub transport: Option<TransportView>,
    /// The training that runs or has ended.
    pub training: Status,
    /// What was last chosen in the system's dialog.
    pub picked: Picked,
    /// The host, by the name that the guide uses, if the guide knows it.
    pub host: Option<&'static str>,
    /// The user's settings on this computer.
    pub settings: Settings,
    /// Messages for the user, the latest last.
    pub messages: Vec<String>,
}

impl View {
    /// A view of these knobs and nothing else.
    #[must_use]
    pub fn of(parameters: Arc<Parameters>) -> Self {
        Self {
            parameters,
            is_activated: true,
            card: None,
            families: Arc::default(),
            chosen: ModelChoice::BuiltIn,
            is_loading: false,
            models: Arc::default(),
            folder: String::new(),
            presets: Arc::default(),
            has_opening: false,
            chords: String::new(),
            preset: None,
            ideas: Arc::default(),
            roll: Roll::default(),
            transport: None,
            training: Status::default(),
            picked: Picked::default(),
            host: None,
            settings: Settings { is_welcomed: true, ..Settings::default() },
            messages: Vec::new(),
        }
    }
}
