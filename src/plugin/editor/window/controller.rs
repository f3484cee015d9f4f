//! Feeds the editor with what it shows, and carries out what the user wants.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use nice_plug::context::gui::GuiContext;

use crate::composer::Idea;
use crate::model::Card;
use crate::player::Knob;
use crate::plugin::editor::pages::guide;
use crate::plugin::editor::settings::Settings;
use crate::plugin::editor::view::{Intent, Roll, View};
use crate::plugin::editor::window::clipboard;
use crate::plugin::midi_file::{self, Extent, Performance};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::models::folder::models_folder;
use crate::plugin::models::library::Library;
use crate::plugin::parameters::{MAX_SEED, Parameters};
use crate::plugin::presets::{self, PresetEntry, PresetId};
use crate::plugin::session::Session;
use crate::plugin::trainer;
use crate::plugin::trainer::find::find_trainer;
use crate::plugin::trainer::status::{State, Status};

/// How often the status of a training is read.
pub(crate) const TRAINING_INTERVAL: Duration = Duration::from_secs(1);
/// How long a model may take to load.
const LOAD_TIMEOUT: Duration = Duration::from_mins(1);

/// Connects the editor with the instance.
pub(crate) struct Controller {
    parameters: Arc<Parameters>,
    /// `None` while no window is open.
    host: Option<GuiContext>,
    library: Library,
    presets: Arc<[PresetEntry]>,
    settings: Settings,
    /// The name of the MIDI file that the music starts from.
    primer: Option<String>,
    /// The hash of the model that composes, with its card.
    card: Option<(String, Arc<Card>)>,
    /// The hash of the model that composed when another was asked for, and when that was.
    loading: Option<(Option<String>, Instant)>,
    training: Status,
    /// When the status of the training was last read.
    training_read: Instant,
    /// Text for the clipboard.
    to_copy: Option<String>,
}

impl Controller {
    /// A controller whose window is not open yet.
    pub(crate) fn new(parameters: Arc<Parameters>) -> Self {
        Self {
            parameters,
            host: None,
            library: Library::default(),
            presets: Arc::default(),
            settings: Settings::default(),
            primer: None,
            card: None,
            loading: None,
            training: Status::default(),
            training_read: Instant::now(),
            to_copy: None,
        }
    }

    /// Reads settings, models and presets from the disk, when the window opens.
    pub(crate) fn open(&mut self, host: GuiContext) {
        self.host = Some(host);
        self.settings = Settings::load();
        self.library.scan();
        self.presets = presets::list().into();
        self.read_training();
    }

    /// Releases the host, when the window is closed.
    pub(crate) fn close(&mut self) {
        self.host = None;
    }

    /// The parameters of the instance.
    pub(crate) fn parameters(&self) -> &Arc<Parameters> {
        &self.parameters
    }

    /// The list of models.
    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// Takes the text that belongs on the clipboard, if there is one.
    pub(crate) fn take_text_to_copy(&mut self) -> Option<String> {
        self.to_copy.take()
    }

    /// Whether something changes in the background that only polling shows.
    pub(crate) fn must_poll(&self) -> bool {
        self.loading.is_some() || self.training.state == State::Running
    }

    /// What the editor shows now.
    pub(crate) fn view(&mut self) -> View {
        let messages = self.parameters.session.messages();
        self.follow_model(!messages.is_empty());
        if self.training_read.elapsed() > TRAINING_INTERVAL {
            self.read_training();
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
            chords: session.chords(self.parameters.plain(Knob::Slot) as u8),
            ideas: self.ideas(),
            roll: Roll::new(session.picture(), playhead),
            training: self.training.clone(),
            host: host(),
            settings: self.settings.clone(),
            messages,
        }
    }

    /// The history of ideas in words.
    fn ideas(&self) -> Arc<[String]> {
        let styles = self.card.as_ref().map_or(&[][..], |(_, card)| &card.styles);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs());
        self.parameters.session.ideas().iter().map(|idea| describe(idea, styles, now)).collect()
    }

    /// Notices when another model composes than before, and when loading has failed.
    fn follow_model(&mut self, has_messages: bool) {
        let model = self.parameters.session.model();
        let hash = model.as_ref().map(|model| model.hash().to_owned());
        if self.card.as_ref().map(|(hash, _)| hash) != hash.as_ref() {
            self.card = model.map(|model| (model.hash().to_owned(), Arc::new(model.card().clone())));
        }
        if let Some((before, asked)) = &self.loading
            && (*before != hash || has_messages || asked.elapsed() > LOAD_TIMEOUT)
        {
            self.loading = None;
        }
    }

    fn read_training(&mut self) {
        let trainer = find_trainer(self.settings.trainer.as_deref());
        self.training = trainer::status(trainer);
        self.training_read = Instant::now();
    }

    /// Carries out what the user wants, all but [`Intent::Resize`], which concerns the window.
    pub(crate) fn carry_out(&mut self, intent: Intent) {
        let session = &self.parameters.session;
        match intent {
            Intent::Begin(knob) => self.begin(knob),
            Intent::Turn(knob, position) => self.turn(knob, position),
            Intent::End(knob) => self.end(knob),
            Intent::ReRoll => {
                let seed = another_seed(self.parameters.plain(Knob::Seed) as i32);
                self.set(Knob::Seed, seed as f32 / MAX_SEED as f32);
                if self.parameters.step(Knob::Vary, self.parameters.position(Knob::Vary)) > 0 {
                    self.set(Knob::Vary, 0.0);
                }
            }
            Intent::Vary => {
                let next = self.parameters.plain(Knob::Vary) + 1.0;
                // After the last it begins again at the first that is not the idea itself.
                let next = if next > Knob::Vary.kind().max { 1.0 } else { next };
                self.set(Knob::Vary, self.parameters.position_of_plain(Knob::Vary, next));
            }
            Intent::Edit(bars, edit) => self.change_take(|session| session.edit(bars, edit)),
            Intent::CopyBars(from, to, bars) => {
                self.change_take(|session| session.copy_bars(from, to, bars));
            }
            Intent::Undo => self.change_take(Session::undo),
            Intent::Redo => self.change_take(Session::redo),
            Intent::BringBack(idx) => self.bring_back(idx),
            Intent::CopyTake(from, to) => self.change_take(|session| session.copy_take(from, to)),
            Intent::SetChords(slot, text) => self.change_take(|session| {
                if let Err(error) = session.set_chords(slot, &text) {
                    session.add_error(&error);
                }
            }),
            Intent::CaptureChords(slot) => self.change_take(|session| session.capture_chords(slot)),
            Intent::LoadPrimer(path) => self.load_primer(&path),
            Intent::ClearPrimer => {
                self.primer = None;
                self.change_take(Session::clear_primer);
            }
            Intent::SaveMidi(extent, performance) => self.save_midi(extent, performance),
            Intent::LoadPreset(id) => self.load_preset(&id),
            Intent::SavePreset(name) => {
                if let Err(error) = presets::save(&self.parameters, &name) {
                    session.add_error(&error);
                }
                self.presets = presets::list().into();
            }
            Intent::ListPresets => self.presets = presets::list().into(),
            Intent::Choose(choice) => self.choose(choice),
            Intent::ListModels => self.library.scan(),
            Intent::Train(job) => self.train(|trainer| trainer::start(trainer, &job)),
            Intent::LearnPlayed(name) => {
                let piece = session.played_piece(self.parameters.composing().instrument);
                self.train(|trainer| trainer::learn(trainer, &piece, &name));
            }
            Intent::ResumeTraining => self.train(trainer::resume),
            Intent::StopTraining => {
                trainer::stop();
                self.read_training();
            }
            Intent::DiscardTraining => {
                trainer::discard();
                self.library.scan();
                self.read_training();
            }
            Intent::Set(settings) => self.change_settings(settings),
            Intent::Dismiss => session.dismiss(),
            Intent::Resize(..) => {}
        }
    }

    fn begin(&self, knob: Knob) {
        if let Some(host) = &self.host {
            self.parameters.begin(&host.param_setter(), knob);
        }
    }

    fn turn(&self, knob: Knob, position: f32) {
        if let Some(host) = &self.host {
            self.parameters.turn(&host.param_setter(), knob, position);
        }
    }

    fn end(&self, knob: Knob) {
        if let Some(host) = &self.host {
            self.parameters.end(&host.param_setter(), knob);
        }
    }

    /// Sets a knob in one go.
    fn set(&self, knob: Knob, position: f32) {
        self.begin(knob);
        self.turn(knob, position);
        self.end(knob);
    }

    /// Makes the host notice that something beside the parameters has changed, which would otherwise be lost when
    /// the project is closed: the framework does not report it, but a knob set to its own position does.
    fn mark_changed(&self) {
        self.set(Knob::Style, self.parameters.position(Knob::Style));
    }

    fn change_take(&self, change: impl FnOnce(&Session)) {
        change(&self.parameters.session);
        self.mark_changed();
    }

    /// Brings an idea back, and sets the composing knobs to its own.
    fn bring_back(&self, idx: usize) {
        let Some(knobs) = self.parameters.session.bring_back(idx) else { return };
        for knob in Knob::all() {
            let Some(number) = knobs.number(knob) else { continue };
            let position = self.parameters.position_of_plain(knob, knob.kind().value(number));
            if (position - self.parameters.position(knob)).abs() > 1e-6 {
                self.set(knob, position);
            }
        }
        self.mark_changed();
    }

    fn load_primer(&mut self, path: &Path) {
        if self.parameters.session.load_primer(path) {
            self.primer = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        }
        self.mark_changed();
    }

    fn choose(&mut self, choice: ModelChoice) {
        let session = &self.parameters.session;
        if choice != session.chosen() {
            let before = session.model().map(|model| model.hash().to_owned());
            self.loading = Some((before, Instant::now()));
        }
        session.choose(choice);
        self.mark_changed();
    }

    fn train(&mut self, ask: impl FnOnce(Option<&Path>) -> Result<(), String>) {
        let trainer = find_trainer(self.settings.trainer.as_deref());
        if let Err(message) = ask(trainer.as_deref()) {
            self.parameters.session.add_message(message);
        }
        self.read_training();
    }

    fn change_settings(&mut self, settings: Settings) {
        self.settings = settings;
        if let Err(error) = self.settings.save() {
            self.parameters.session.add_error(&error);
        }
        self.read_training();
    }

    /// Sets the knobs of a preset that have another position, through the host.
    fn load_preset(&self, id: &PresetId) {
        match presets::load(id) {
            Ok(preset) => {
                for (knob, position) in preset.settings(&self.parameters) {
                    if (position - self.parameters.position(knob)).abs() > 1e-6 {
                        self.set(knob, position);
                    }
                }
            }
            Err(error) => self.parameters.session.add_error(&error),
        }
    }

    /// Saves music, and puts the file on the clipboard where that is possible.
    fn save_midi(&mut self, extent: Extent, performance: Performance) {
        let session = &self.parameters.session;
        match midi_file::save(&self.parameters, extent, performance) {
            Ok(path) if clipboard::copy_file(&path) => {
                session.add_message(format!("Saved {}; the file is on the clipboard", path.display()));
            }
            Ok(path) => {
                session.add_message(format!("Saved {}; its path is on the clipboard", path.display()));
                self.to_copy = Some(path.display().to_string());
            }
            Err(error) => session.add_error(&error),
        }
    }
}

/// The host that runs this process, recognised by the name of its program.
fn host() -> Option<&'static str> {
    static HOST: OnceLock<Option<&'static str>> = OnceLock::new();
    *HOST.get_or_init(|| {
        let program = std::env::current_exe().ok()?;
        guide::host_of(&program.file_name()?.to_string_lossy())
    })
}

/// What an idea is: its style, its seed, its bars, and how long ago it was replaced.
fn describe(idea: &Idea, styles: &[String], now: u64) -> String {
    let style = styles.get(usize::from(idea.knobs.style)).or(styles.last());
    let style = style.map_or("Style", String::as_str);
    let (first, n_bars) = (idea.first_bar() + 1, idea.bars().len());
    let bars = if n_bars == 1 {
        format!("bar {first}")
    } else {
        format!("bars {first}\u{2013}{}", first + n_bars - 1)
    };
    let ago = match now.saturating_sub(idea.when) / 60 {
        _ if idea.when == 0 => String::new(),
        0 => ", just now".to_owned(),
        minutes @ 1..=119 => format!(", {minutes} min ago"),
        minutes @ 120..=2879 => format!(", {} hours ago", minutes / 60),
        minutes => format!(", {} days ago", minutes / 1440),
    };
    format!("{style}, seed {}, {bars}{ago}", idea.knobs.seed)
}

/// Any seed but this one.
fn another_seed(seed: i32) -> u32 {
    let random = RandomState::new().hash_one(seed);
    let step = 1 + (random % u64::from(MAX_SEED)) as u32;
    (seed.clamp(0, MAX_SEED as i32) as u32 + step) % (MAX_SEED + 1)
}

#[cfg(test)]
mod tests {
    use crate::plugin::editor::window::controller::another_seed;
    use crate::plugin::parameters::MAX_SEED;

    #[test]
    fn a_re_roll_gives_another_seed_within_the_range() {
        for seed in [0, 1, 5000, MAX_SEED as i32] {
            for _ in 0..100 {
                let rolled = another_seed(seed);
                assert!(rolled <= MAX_SEED && rolled != seed as u32);
            }
        }
    }
}
