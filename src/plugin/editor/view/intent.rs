//! What the user wants.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::composer::Edit;
use crate::music::{Bar, Note};
use crate::player::Knob;
use crate::plugin::editor::settings::Settings;
use crate::plugin::midi_file::{Extent, Performance};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::own_transport::Song;
use crate::plugin::picker::Wanted;
use crate::plugin::presets::PresetId;
use crate::plugin::trainer::job::Job;

/// What the user wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// Take hold of a knob.
    Begin(Knob),
    /// Turn the knob to this position, 0 to 1.
    Turn(Knob, f32),
    /// Let go of the knob.
    End(Knob),
    /// Set another seed: another idea.
    ReRoll,
    /// Draw new notes for the idea.
    Vary,
    /// Use another model.
    Choose(ModelChoice),
    /// List the model files again.
    ListModels,
    /// Dismiss the messages.
    Dismiss,
    /// Change bars of the take, by their indices.
    Edit(Range<usize>, Edit),
    /// Copy bars of one take over those of another, by the slots of the takes, 0 to 3, and the indices of the bars.
    CopyBars(u8, u8, Range<usize>),
    /// Give bars of the take, by their indices, other notes, and keep them.
    WriteNotes(Vec<(usize, Arc<Bar>)>),
    /// Lock a note of a bar, by its index, or unlock it. What is locked stays when its bar is composed again.
    LockNote(usize, Note, bool),
    /// Keep every bar of the phrase under the playhead.
    KeepPhrase,
    /// Let the phrase under the playhead follow the knobs again.
    ReleasePhrase,
    /// Undo what was done last.
    Undo,
    /// Do again what was undone last.
    Redo,
    /// Bring an idea back, by its index in the history, with its knobs.
    BringBack(usize),
    /// Copy one take over another, by their slots, 0 to 3.
    CopyTake(u8, u8),
    /// Change the chord lane of a take, by its slot, 0 to 3; an empty text takes it away.
    SetChords(u8, String),
    /// Make the chords that were played in the chord lane of a take, by its slot.
    CaptureChords(u8),
    /// Start the music from a MIDI file.
    LoadPrimer(PathBuf),
    /// Make the chords of a MIDI file the chord lane of a take, by its slot.
    TakeChords(PathBuf, u8),
    /// Train a model, named after it, from a MIDI file.
    LearnFile(PathBuf),
    /// Start the music from the model's own primers again.
    ClearPrimer,
    /// Save music in a MIDI file.
    SaveMidi(Extent, Performance),
    /// Set the knobs to a preset.
    LoadPreset(PresetId),
    /// Play two bars of a style, by its step, as a preview.
    HearStyle(usize),
    /// Play two bars of a preset as a preview.
    HearPreset(PresetId),
    /// Save the knobs as a preset of this name.
    SavePreset(String),
    /// Let the user choose something of this kind, beginning at this path.
    Pick(Wanted, PathBuf),
    /// Look at what is in a folder, and how long it takes to learn it; from the built-in model or not.
    Survey(PathBuf, bool),
    /// Open the report of a training in the browser.
    OpenReport(PathBuf),
    /// Train a model.
    Train(Job),
    /// Play what the network that is being trained composes by now.
    HearTraining,
    /// Train a model of this name from what was played in.
    LearnPlayed(String),
    /// Resume a training that was stopped or interrupted.
    ResumeTraining,
    /// Stop the training; the best network so far is kept.
    StopTraining,
    /// Discard a training that has ended.
    DiscardTraining,
    /// Change the editor's settings on this computer.
    Set(Settings),
    /// Start the song, in the application.
    Play,
    /// Stop the song, in the application.
    Stop,
    /// Go to the first bar, in the application.
    ReturnToStart,
    /// Set tempo, meter and loop, in the application.
    SetSong(Song),
    /// Resize the window to this width and height in logical pixels.
    Resize(f32, f32),
}
