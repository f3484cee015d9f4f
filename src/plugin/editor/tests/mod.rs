//! The editor without a host: what it shows, and the intents of what the user does.

mod chord_lane;

mod clicks;

mod controls;

mod fixtures;

mod notes;

mod pictures;

mod raster;

mod roll;

mod train;

mod transport;

use std::cell::RefCell;
use std::rc::Rc;

use egui::Vec2;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use image::RgbaImage;

use crate::player::Knob;
use crate::plugin::editor::show::{prepare, show};
use crate::plugin::editor::tests::raster::Raster;
use crate::plugin::editor::view::{Intent, View};

/// The editor, with the intents so far.
struct Stage {
    harness: Harness<'static>,
    intents: Rc<RefCell<Vec<Intent>>>,
    view: Rc<RefCell<View>>,
}

impl Stage {
    fn new(view: View) -> Self {
        Self::sized(view, (1000.0, 640.0), 1.0)
    }

    fn sized(view: View, size: (f32, f32), scale: f32) -> Self {
        let intents = Rc::new(RefCell::new(Vec::new()));
        let view = Rc::new(RefCell::new(view));
        let (collected, shown) = (Rc::clone(&intents), Rc::clone(&view));
        let harness = Harness::builder()
            .with_size(Vec2::new(size.0, size.1))
            .with_pixels_per_point(scale)
            .with_step_dt(1.0 / 60.0)
            .with_max_steps(60)
            .with_context_setup(prepare)
            .renderer(Raster::default())
            .build_ui(move |ui| {
                let view = shown.borrow().clone();
                // The harness leaves a margin; the editor has the whole window.
                let whole = ui.ctx().content_rect();
                ui.set_clip_rect(whole);
                ui.scope_builder(egui::UiBuilder::new().max_rect(whole), |ui| {
                    collected.borrow_mut().extend(show(ui, &view));
                });
            });
        let mut stage = Self { harness, intents, view };
        stage.harness.run();
        stage
    }

    fn click(&mut self, label: &str) -> &mut Self {
        self.harness.get_by_label(label).click();
        self.harness.run();
        self
    }

    /// Opens a page of the editor or of knobs. In a narrow window, the pages of the editor are in a menu.
    fn turn_to(&mut self, page: &str) {
        if self.harness.query_by_role_and_label(Role::Tab, page).is_none() {
            self.harness.get_by_role_and_label(Role::ComboBox, "Page").click();
            self.harness.run();
            self.click(page);
            return;
        }
        self.harness.get_by_role_and_label(Role::Tab, page).click();
        self.harness.run();
    }

    fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    fn take_intents(&mut self) -> Vec<Intent> {
        self.intents.take()
    }

    fn picture(&mut self) -> RgbaImage {
        self.harness.run();
        self.harness.render().unwrap()
    }
}

/// The intents of setting a knob in one go.
fn turned(knob: Knob, position: f32) -> Vec<Intent> {
    vec![Intent::Begin(knob), Intent::Turn(knob, position), Intent::End(knob)]
}
