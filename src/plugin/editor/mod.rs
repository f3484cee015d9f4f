//! The editor: a view of the instance, drawn by egui on a thread of the window's own.
//!
//! [`show`] is the whole editor as a function and knows no host; [`Editor`] feeds it and carries out what
//! the user wants.

mod view;
pub use view::{Choice, Intent, View, prepare, show};

mod roll;
pub use roll::Roll;

mod theme;
mod widgets;

mod folder;
pub use folder::{model_files, models_folder};

#[cfg(test)]
mod raster;
#[cfg(test)]
mod tests;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::LogicalSize;
use nice_plug_egui::baseview::HandlerError;
use nice_plug_egui::{EguiEditor, EguiEditorState, EguiNiceSettings, Frame, NiceEguiApp, RepaintNotifier};

use crate::plugin::clipboard;
use crate::plugin::knob::Knob;
use crate::plugin::midi_file::{self, Extent, Performance};
use crate::plugin::parameters::{MAX_SEED, Parameters};
use crate::plugin::presets::{self, PresetEntry, PresetId};

/// Width and height of the editor in logical pixels.
pub const SIZE: (f32, f32) = (900.0, 580.0);

/// How long a picture stays while the song moves, and while it does not.
const MOVING: Duration = Duration::from_millis(33);
const RESTING: Duration = Duration::from_millis(200);

/// The editor of one instance.
pub struct Editor {
    parameters: Arc<Parameters>,
    host: Option<GuiContext>,
    files: Vec<PathBuf>,
    presets: Vec<PresetEntry>,
    /// What belongs on the clipboard as text.
    to_copy: Option<String>,
    is_prepared: bool,
}

/// Makes the editor for the framework.
#[must_use]
pub fn create(parameters: Arc<Parameters>) -> Option<EguiEditor<Editor>> {
    let state = EguiEditorState::from_size(LogicalSize::new(SIZE.0, SIZE.1), 1.0);
    // The editor asks for its own repaints, and nothing may ask before the window is mapped: with
    // baseview 0.4.2 on X11 it would then stay blank for good, and egui-baseview 0.9.0 asks at the first
    // tick of this timer. So it never ticks.
    let settings = EguiNiceSettings::new()
        .with_tile("Continuo")
        .with_repaint_poll_interval(Duration::from_hours(24));
    let editor = Editor {
        parameters,
        host: None,
        files: Vec::new(),
        presets: Vec::new(),
        to_copy: None,
        is_prepared: false,
    };
    nice_plug_egui::create_egui_editor(state, RepaintNotifier::new(), settings, editor)
}

impl Editor {
    fn view(&self) -> View {
        let session = &self.parameters.session;
        let playhead = session.playhead();
        View {
            parameters: Arc::clone(&self.parameters),
            card: session.card(),
            chosen: session.chosen(),
            files: self.files.clone(),
            presets: self.presets.clone(),
            folder: models_folder()
                .map(|folder| folder.display().to_string())
                .unwrap_or_default(),
            roll: Roll {
                score: session.picture(),
                playhead: playhead.position(),
                playing: playhead.is_playing(),
            },
            messages: session.messages(),
        }
    }

    fn carry_out(&mut self, intent: Intent) {
        let session = &self.parameters.session;
        match intent {
            Intent::Begin(_) | Intent::Turn(..) | Intent::End(_) => self.turn(&intent),
            Intent::Edit(bar_idx, edit) => session.edit(bar_idx, edit),
            Intent::Undo => session.undo(),
            Intent::Redo => session.redo(),
            Intent::CopyTake(from, to) => session.copy_take(from, to),
            Intent::LoadPrimer(path) => session.load_primer(&path),
            Intent::ClearPrimer => session.clear_primer(),
            Intent::SaveMidi(extent, performance) => self.save_midi(extent, performance),
            Intent::LoadPreset(id) => self.load_preset(&id),
            Intent::SavePreset(name) => {
                if let Err(error) = presets::save(&self.parameters, &name) {
                    session.complain(&error);
                }
                self.presets = presets::list();
            }
            Intent::ListPresets => self.presets = presets::list(),
            Intent::ReRoll => {
                let seed = another_seed(self.parameters.compose.seed.value());
                self.set(Knob::Seed, seed as f32 / MAX_SEED as f32);
            }
            Intent::Choose(choice) => {
                self.parameters.session.choose(choice);
                self.mark_changed();
            }
            Intent::ListModels => self.files = model_files(),
            Intent::Dismiss => self.parameters.session.dismiss(),
        }
    }

    fn turn(&self, intent: &Intent) {
        let Some(host) = &self.host else { return };
        let setter = host.param_setter();
        match intent {
            Intent::Begin(knob) => self.parameters.begin(&setter, *knob),
            Intent::Turn(knob, position) => self.parameters.turn(&setter, *knob, *position),
            Intent::End(knob) => self.parameters.end(&setter, *knob),
            _ => {}
        }
    }

    /// The framework does not tell the host that something beside the parameters has changed, so that
    /// it would be lost when the project is closed; a knob turned to where it stands does.
    fn mark_changed(&self) {
        self.set(Knob::Style, self.parameters.position(Knob::Style));
    }

    /// A turn that is over at once.
    fn set(&self, knob: Knob, position: f32) {
        for intent in [Intent::Begin(knob), Intent::Turn(knob, position), Intent::End(knob)] {
            self.turn(&intent);
        }
    }

    /// Turns every knob that the preset sets and that stands elsewhere, through the host.
    fn load_preset(&self, id: &PresetId) {
        match presets::load(id) {
            Ok(preset) => {
                for (knob, position) in preset.settings(&self.parameters) {
                    if (position - self.parameters.position(knob)).abs() > 1e-6 {
                        self.set(knob, position);
                    }
                }
            }
            Err(error) => self.parameters.session.complain(&error),
        }
    }

    /// Saves music, and puts the file on the clipboard where that can be done.
    fn save_midi(&mut self, extent: Extent, performance: Performance) {
        let session = &self.parameters.session;
        match midi_file::save(&self.parameters, extent, performance) {
            Ok(path) if clipboard::copy_file(&path) => {
                session.tell(format!("Saved {}; the file can be pasted", path.display()));
            }
            Ok(path) => {
                session.tell(format!("Saved {}; its path can be pasted", path.display()));
                self.to_copy = Some(path.display().to_string());
            }
            Err(error) => session.complain(&error),
        }
    }
}

impl NiceEguiApp for Editor {
    fn build(
        &mut self,
        _ctx: egui::Context,
        host: GuiContext,
        _frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        self.host = Some(host);
        self.files = model_files();
        self.presets = presets::list();
        self.is_prepared = false;
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut Frame) {
        if !std::mem::replace(&mut self.is_prepared, true) {
            prepare(ui.ctx());
        }
        let view = self.view();
        for intent in show(ui, &view) {
            self.carry_out(intent);
        }
        if let Some(text) = self.to_copy.take() {
            ui.ctx().copy_text(text);
        }
        ui.ctx()
            .request_repaint_after(if view.roll.playing { MOVING } else { RESTING });
    }

    fn editor_closed(&mut self) {
        self.host = None;
    }
}

/// Any seed but this one.
fn another_seed(seed: i32) -> u32 {
    let chance = RandomState::new().hash_one(seed);
    let step = 1 + (chance % u64::from(MAX_SEED)) as u32;
    (seed.clamp(0, MAX_SEED as i32) as u32 + step) % (MAX_SEED + 1)
}
