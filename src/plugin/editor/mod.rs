//! The editor: a view of the instance, drawn by egui on a thread of the window's own.
//!
//! [`show`] is the whole editor as a function and knows no host: a [`View`] goes in, [`Intent`]s come out.
//! [`Editor`] feeds it and carries out what the user wants.

mod view;
pub use view::{Choice, Intent, ModelEntry, Roll, View};

mod desk;
pub use desk::{SMALLEST, ground, prepare, show};

mod roll;

mod knobs;

mod widgets;

mod tips;

mod theme;

mod emblem;

mod browser;

mod library;

mod train_page;

pub mod training;
pub use training::{Order, Size, State, Training, find_trainer};

mod guide;

mod settings;
pub use settings::Settings;

mod folder;
pub use folder::{model_files, models_folder};

mod sight;

mod window;
pub use window::{EditorWindow, SavedSize, WindowSize};

#[cfg(test)]
mod raster;
#[cfg(test)]
mod tests;

use std::collections::hash_map::{DefaultHasher, RandomState};
use std::hash::{BuildHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nice_plug::context::gui::GuiContext;
use nice_plug_egui::baseview::{HandlerError, WindowSize as NewSize};
use nice_plug_egui::{Frame, NiceEguiApp};

use crate::model::Card;
use crate::plugin::clipboard;
use crate::plugin::editor::library::Library;
use crate::plugin::editor::sight::Sight;
use crate::plugin::editor::window::{Life, Waker, Wish};
use crate::plugin::knob::Knob;
use crate::plugin::midi_file::{self, Extent, Performance};
use crate::plugin::parameters::{MAX_SEED, Parameters};
use crate::plugin::presets::{self, PresetEntry, PresetId};

/// Width and height of a fresh editor in logical pixels.
pub const SIZE: (f32, f32) = (1000.0, 640.0);

/// How long a picture stays while the song moves and nobody can see it; seen, until the display's next refresh.
const UNSEEN: Duration = Duration::from_millis(500);
/// How often a training is looked at.
const TRAINING: Duration = Duration::from_secs(1);
/// A model that has not come by then will not come.
const PATIENCE: Duration = Duration::from_mins(1);

/// The editor of one instance.
pub struct Editor {
    parameters: Arc<Parameters>,
    waker: Waker,
    /// Until the window is there.
    life: Option<Life>,
    wish: Wish,
    sight: Option<Sight>,
    host: Option<GuiContext>,
    library: Library,
    presets: Arc<[PresetEntry]>,
    settings: Settings,
    primer: Option<String>,
    /// The hash of the model that composes, with its card.
    card: Option<(String, Arc<Card>)>,
    /// The hash of the model that composed when another was asked for, and when that was.
    loading: Option<(Option<String>, Instant)>,
    training: (Training, Instant),
    /// What belongs on the clipboard as text.
    to_copy: Option<String>,
    is_prepared: bool,
}

impl Editor {
    fn new(parameters: Arc<Parameters>, waker: Waker, life: Life, wish: Wish) -> Self {
        Self {
            parameters,
            waker,
            life: Some(life),
            wish,
            sight: None,
            host: None,
            library: Library::default(),
            presets: Arc::default(),
            settings: Settings::default(),
            primer: None,
            card: None,
            loading: None,
            training: (Training::default(), Instant::now()),
            to_copy: None,
            is_prepared: false,
        }
    }

    fn view(&mut self) -> View {
        let messages = self.parameters.session.messages();
        self.follow_model(!messages.is_empty());
        if self.training.1.elapsed() > TRAINING {
            self.look_at_training();
        }
        let session = &self.parameters.session;
        let playhead = session.playhead();
        View {
            parameters: Arc::clone(&self.parameters),
            card: self.card.as_ref().map(|(_, card)| Arc::clone(card)),
            chosen: session.chosen(),
            is_loading: self.loading.is_some(),
            models: self.library.entries(),
            folder: models_folder().map(|folder| folder.display().to_string()).unwrap_or_default(),
            presets: Arc::clone(&self.presets),
            primer: self.primer.clone(),
            roll: Roll::of(session.picture(), playhead),
            training: self.training.0.clone(),
            host: host(),
            settings: self.settings.clone(),
            messages,
        }
    }

    /// Notices when another model composes than before, or when none will come any more.
    fn follow_model(&mut self, has_messages: bool) {
        let model = self.parameters.session.model();
        let hash = model.as_ref().map(|model| model.hash().to_owned());
        if self.card.as_ref().map(|(hash, _)| hash) != hash.as_ref() {
            self.card = model.map(|model| (model.hash().to_owned(), Arc::new(model.card().clone())));
        }
        if let Some((before, asked)) = &self.loading
            && (*before != hash || has_messages || asked.elapsed() > PATIENCE)
        {
            self.loading = None;
        }
    }

    fn look_at_training(&mut self) {
        let trainer = find_trainer(self.settings.trainer.as_deref());
        self.training = (training::look(trainer), Instant::now());
    }

    fn carry_out(&mut self, intent: Intent) {
        let session = &self.parameters.session;
        match intent {
            Intent::Begin(_) | Intent::Turn(..) | Intent::End(_) => self.turn(&intent),
            Intent::Edit(..)
            | Intent::Undo
            | Intent::Redo
            | Intent::CopyTake(..)
            | Intent::LoadPrimer(_)
            | Intent::ClearPrimer => {
                self.change_take(intent);
                self.mark_changed();
            }
            Intent::SaveMidi(extent, performance) => self.save_midi(extent, performance),
            Intent::LoadPreset(id) => self.load_preset(&id),
            Intent::SavePreset(name) => {
                if let Err(error) = presets::save(&self.parameters, &name) {
                    session.complain(&error);
                }
                self.presets = presets::list().into();
            }
            Intent::ListPresets => self.presets = presets::list().into(),
            Intent::ReRoll => {
                let seed = another_seed(self.parameters.compose.seed.value());
                self.set(Knob::Seed, seed as f32 / MAX_SEED as f32);
            }
            Intent::Choose(choice) => self.choose(choice),
            Intent::ListModels => self.library.look(),
            Intent::Dismiss => session.dismiss(),
            Intent::Set(settings) => {
                self.settings = settings;
                if let Err(error) = self.settings.save() {
                    session.complain(&error);
                }
                self.look_at_training();
            }
            Intent::Train(_) | Intent::GoOnTraining | Intent::StopTraining | Intent::ForgetTraining => {
                self.train(intent);
            }
            // Asked of the window.
            Intent::Resize(..) => {}
        }
    }

    fn change_take(&mut self, intent: Intent) {
        let session = &self.parameters.session;
        match intent {
            Intent::Edit(bar_idx, edit) => session.edit(bar_idx, edit),
            Intent::Undo => session.undo(),
            Intent::Redo => session.redo(),
            Intent::CopyTake(from, to) => session.copy_take(from, to),
            Intent::LoadPrimer(path) => {
                if session.load_primer(&path) {
                    self.primer = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                }
            }
            _ => {
                session.clear_primer();
                self.primer = None;
            }
        }
    }

    fn choose(&mut self, choice: Choice) {
        let session = &self.parameters.session;
        if choice != session.chosen() {
            let before = session.model().map(|model| model.hash().to_owned());
            self.loading = Some((before, Instant::now()));
        }
        session.choose(choice);
        self.mark_changed();
    }

    fn train(&mut self, intent: Intent) {
        let trainer = find_trainer(self.settings.trainer.as_deref());
        let done = match intent {
            Intent::Train(order) => training::start(trainer.as_deref(), &order),
            Intent::GoOnTraining => training::go_on(trainer.as_deref()),
            Intent::StopTraining => {
                training::stop();
                Ok(())
            }
            _ => {
                training::forget();
                self.library.look();
                Ok(())
            }
        };
        if let Err(words) = done {
            self.parameters.session.tell(words);
        }
        self.look_at_training();
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

    /// Everything that makes a difference to the picture while the song stands, as one number.
    fn sign(parameters: &Parameters, library: &Library) -> u64 {
        let mut hasher = DefaultHasher::new();
        let session = &parameters.session;
        for knob in Knob::all() {
            parameters.position(knob).to_bits().hash(&mut hasher);
        }
        let playhead = session.playhead();
        playhead.is_playing().hash(&mut hasher);
        // While the song moves, each picture asks for the next.
        if !playhead.is_playing() {
            playhead.position().0.to_bits().hash(&mut hasher);
        }
        let picture = session.picture();
        (Arc::as_ptr(&picture.score), Arc::as_ptr(&picture.marks).cast::<u8>()).hash(&mut hasher);
        (picture.n_undo, picture.n_redo, picture.input.len()).hash(&mut hasher);
        session.model().map(|model| model.hash().to_owned()).hash(&mut hasher);
        session.messages().hash(&mut hasher);
        library.entries().as_ptr().hash(&mut hasher);
        hasher.finish()
    }
}

impl NiceEguiApp for Editor {
    fn build(
        &mut self,
        _ctx: egui::Context,
        host: GuiContext,
        frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        if let Some(life) = self.life.take() {
            life.of_this_thread();
        }
        self.sight = Some(Sight::of(frame));
        self.host = Some(host);
        self.settings = Settings::load();
        self.library.look();
        self.presets = presets::list().into();
        self.look_at_training();
        self.is_prepared = false;
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut Frame) {
        if !std::mem::replace(&mut self.is_prepared, true) {
            prepare(ui.ctx());
            let (parameters, library) = (Arc::downgrade(&self.parameters), self.library.clone());
            let sign = move || parameters.upgrade().map_or(0, |parameters| Self::sign(&parameters, &library));
            self.waker.begin(ui.ctx().clone(), sign);
        }
        let view = self.view();
        if self.sight.as_mut().is_some_and(Sight::is_hidden) {
            // An empty picture costs next to nothing. When the window is shown again a full one is asked for.
            if view.roll.playing {
                ui.ctx().request_repaint_after(UNSEEN);
            }
            return;
        }
        for intent in show(ui, &view) {
            if let Intent::Resize(width, height) = intent {
                self.wish.note();
                ui.send_viewport_cmd(egui::ViewportCommand::InnerSize(egui::vec2(width, height)));
            } else {
                self.carry_out(intent);
            }
            // What has been done is to be seen.
            ui.ctx().request_repaint();
        }
        if let Some(text) = self.to_copy.take() {
            ui.ctx().copy_text(text);
        }
        // The parts go to the screen as they are, whatever the type says of them.
        let [red, green, blue, _] = ground(ui.ctx()).to_array().map(|part| f32::from(part) / 255.0);
        frame.set_clear_color(egui::Rgba::from_rgb(red, green, blue));
        if view.roll.playing {
            ui.ctx().request_repaint();
        } else if self.loading.is_some() || self.training.0.state == State::Running {
            ui.ctx().request_repaint_after(TRAINING);
        }
    }

    fn resized(&mut self, new_size: NewSize) {
        let size = new_size.logical;
        self.parameters.window_size.put(size.width as f32, size.height as f32);
    }

    fn editor_closed(&mut self) {
        self.host = None;
    }
}

/// The host that runs this process, as far as its name tells.
fn host() -> Option<&'static str> {
    static HOST: std::sync::OnceLock<Option<&'static str>> = std::sync::OnceLock::new();
    *HOST.get_or_init(|| {
        let program: PathBuf = std::env::current_exe().ok()?;
        guide::host_of(&program.file_name()?.to_string_lossy())
    })
}

/// Any seed but this one.
fn another_seed(seed: i32) -> u32 {
    let chance = RandomState::new().hash_one(seed);
    let step = 1 + (chance % u64::from(MAX_SEED)) as u32;
    (seed.clamp(0, MAX_SEED as i32) as u32 + step) % (MAX_SEED + 1)
}
