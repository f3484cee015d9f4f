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

use crate::plugin::knob::Knob;
use crate::plugin::parameters::{MAX_SEED, Parameters};

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
        match intent {
            Intent::Begin(_) | Intent::Turn(..) | Intent::End(_) => self.turn(&intent),
            Intent::ReRoll => {
                let seed = another_seed(self.parameters.compose.seed.value());
                let position = seed as f32 / MAX_SEED as f32;
                for intent in [
                    Intent::Begin(Knob::Seed),
                    Intent::Turn(Knob::Seed, position),
                    Intent::End(Knob::Seed),
                ] {
                    self.turn(&intent);
                }
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
        let knob = Knob::Style;
        let position = self.parameters.position(knob);
        for intent in [
            Intent::Begin(knob),
            Intent::Turn(knob, position),
            Intent::End(knob),
        ] {
            self.turn(&intent);
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
