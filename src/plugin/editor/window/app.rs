//! The editor as egui's window runs it: one frame after the other.

use std::sync::Arc;
use std::time::Duration;

use nice_plug::context::gui::GuiContext;
use nice_plug_egui::baseview::{HandlerError, WindowSize as NewSize};
use nice_plug_egui::{Frame, NiceEguiApp};

use crate::plugin::editor::show::{background, prepare, show};
use crate::plugin::editor::view::Intent;
use crate::plugin::editor::window::closing::ThreadGuard;
use crate::plugin::editor::window::controller::{Controller, TRAINING_INTERVAL};
use crate::plugin::editor::window::fingerprint::fingerprint;
use crate::plugin::editor::window::memory::Memory;
use crate::plugin::editor::window::resizing::LastDrag;
use crate::plugin::editor::window::visibility::Visibility;
use crate::plugin::editor::window::waker::Waker;
use crate::plugin::own_transport::OwnTransport;
use crate::plugin::parameters::Parameters;

/// How long a frame stays while the song moves and the window is hidden.
const HIDDEN_INTERVAL: Duration = Duration::from_millis(500);

/// The editor of one instance.
pub(crate) struct EditorApp {
    controller: Controller,
    waker: Waker,
    /// Until the window's thread has taken it.
    guard: Option<ThreadGuard>,
    last_drag: LastDrag,
    visibility: Option<Visibility>,
    is_prepared: bool,
}

impl EditorApp {
    pub(crate) fn new(
        parameters: Arc<Parameters>,
        transport: Option<Arc<OwnTransport>>,
        memory: Memory,
        waker: Waker,
        guard: ThreadGuard,
        last_drag: LastDrag,
    ) -> Self {
        Self {
            controller: Controller::new(parameters, transport, memory),
            waker,
            guard: Some(guard),
            last_drag,
            visibility: None,
            is_prepared: false,
        }
    }

    /// Sets up egui and starts the waker, at the first frame.
    fn prepare(&self, ctx: &egui::Context) {
        prepare(ctx);
        let parameters = Arc::downgrade(self.controller.parameters());
        let library = self.controller.library().clone();
        let transport = self.controller.transport().cloned();
        let fingerprint = move || {
            let has_lost_audio = transport.as_ref().is_some_and(|transport| transport.has_lost_audio());
            let known = parameters.upgrade().map_or(0, |parameters| fingerprint(&parameters, &library));
            known ^ u64::from(has_lost_audio)
        };
        self.waker.start(ctx.clone(), fingerprint);
    }
}

impl NiceEguiApp for EditorApp {
    fn build(
        &mut self,
        _ctx: egui::Context,
        host: GuiContext,
        frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        if let Some(guard) = self.guard.take() {
            guard.attach_to_current_thread();
        }
        self.visibility = Some(Visibility::new(frame));
        self.controller.open(host);
        self.is_prepared = false;
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut Frame) {
        if !std::mem::replace(&mut self.is_prepared, true) {
            self.prepare(ui.ctx());
        }
        let view = self.controller.view();
        if self.visibility.as_mut().is_some_and(Visibility::is_hidden) {
            // An empty frame costs next to nothing. When the window is shown again, a full one is asked for.
            if view.roll.playing {
                ui.ctx().request_repaint_after(HIDDEN_INTERVAL);
            }
            return;
        }
        let intents = show(ui, &view);
        if !intents.is_empty() {
            // The next frame shows what has been done.
            ui.ctx().request_repaint();
        }
        for intent in &intents {
            match intent {
                Intent::Resize(width, height) => {
                    self.last_drag.note();
                    ui.send_viewport_cmd(egui::ViewportCommand::InnerSize(egui::vec2(*width, *height)));
                }
                // egui's window asks for another size by itself.
                Intent::Set(settings) if settings.enlarged_by != view.settings.enlarged_by => {
                    self.last_drag.note();
                }
                _ => {}
            }
        }
        self.controller.carry_out_all(intents);
        if let Some(text) = self.controller.take_text_to_copy() {
            ui.ctx().copy_text(text);
        }
        // The parts go to the screen as they are, though the type is that of linear colours.
        let [red, green, blue, _] = background(ui.ctx()).to_array().map(|part| f32::from(part) / 255.0);
        frame.set_clear_color(egui::Rgba::from_rgb(red, green, blue));
        if view.roll.playing {
            // baseview 0.4.2 draws it at the refresh after the next on X11, so at every second one.
            ui.ctx().request_repaint();
        } else if self.controller.must_poll() {
            ui.ctx().request_repaint_after(TRAINING_INTERVAL);
        }
    }

    fn resized(&mut self, new_size: NewSize) {
        let size = new_size.logical;
        self.controller.parameters().window_size.put(size.width as f32, size.height as f32);
    }

    fn zoom_factor_changed(&mut self, zoom_factor: f32) {
        self.controller.remember_zoom(zoom_factor);
    }

    fn editor_closed(&mut self) {
        self.controller.close();
    }
}
