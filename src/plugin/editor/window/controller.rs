//! Feeds the editor with what it shows, and carries out what the user wants.

use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError};
use nice_plug::context::gui::GuiContext;

use crate::composer::{Edit, Opening};
use crate::model::{Card, Model};
use crate::music::{Family, FamilySet};
use crate::player::{ComposingKnobs, Conversation, Knob};
use crate::plugin::editor::pages::guide;
use crate::plugin::editor::settings::Settings;
use crate::plugin::editor::view::{Intent, Roll, TransportView, View};
use crate::plugin::editor::window::clipboard;
use crate::plugin::editor::window::ideas::IdeaEntries;
use crate::plugin::editor::window::memory::Memory;
use crate::plugin::editor::window::undo::{Change, UndoHistory};
use crate::plugin::midi_file::{self, Extent, Performance};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::models::folder::models_folder;
use crate::plugin::models::library::Library;
use crate::plugin::own_transport::OwnTransport;
use crate::plugin::parameters::Parameters;
use crate::plugin::picker::Picker;
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
    /// `None` in a host.
    transport: Option<Arc<OwnTransport>>,
    /// `None` while no window is open.
    host: Option<GuiContext>,
    library: Library,
    presets: Arc<[PresetEntry]>,
    settings: Settings,
    ideas: IdeaEntries,
    memory: Memory,
    /// The knob that the user's hand is on, with its position before and now.
    held: Option<(Knob, f32, f32)>,
    /// The hash of the model that composes, with its card.
    card: Option<(String, Arc<Card>)>,
    /// The instruments of each of its styles.
    families: Arc<[FamilySet]>,
    /// Disconnected when the model that was asked for is loaded or cannot be, and when it was asked for.
    loading: Option<(Receiver<Infallible>, Instant)>,
    training: Status,
    picker: Picker,
    /// How many of its dialogs have been closed so far.
    n_picked: u32,
    /// When the status of the training was last read.
    training_read: Instant,
    /// Text for the clipboard.
    to_copy: Option<String>,
}

impl Controller {
    /// A controller whose window is not open yet.
    pub(crate) fn new(
        parameters: Arc<Parameters>,
        transport: Option<Arc<OwnTransport>>,
        memory: Memory,
    ) -> Self {
        Self {
            parameters,
            transport,
            host: None,
            library: Library::default(),
            presets: Arc::default(),
            settings: Settings::default(),
            ideas: IdeaEntries::default(),
            memory,
            held: None,
            card: None,
            families: Arc::default(),
            loading: None,
            training: Status::default(),
            picker: Picker::default(),
            n_picked: 0,
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

    /// Remembers how large everything is drawn.
    pub(crate) fn remember_zoom(&self, zoom: f32) {
        self.memory.lock().zoom = zoom;
    }

    /// The parameters of the instance.
    pub(crate) fn parameters(&self) -> &Arc<Parameters> {
        &self.parameters
    }

    /// The application's transport; `None` in a host.
    pub(crate) fn transport(&self) -> Option<&Arc<OwnTransport>> {
        self.transport.as_ref()
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
        self.loading.is_some() || self.training.is_busy() || self.picker.picked().is_open
    }

    /// What the editor shows now.
    pub(crate) fn view(&mut self) -> View {
        self.follow_picker();
        self.memory.lock().follow_project(self.parameters.session.n_loaded());
        let messages = self.parameters.session.messages();
        self.follow_model();
        if self.training_read.elapsed() > TRAINING_INTERVAL {
            self.read_training();
        }
        let session = &self.parameters.session;
        let playhead = session.playhead();
        let styles = self.card.as_ref().map_or(&[][..], |(_, card)| &card.styles);
        let ideas = self.ideas.of(&session.ideas(), styles);
        let mut roll = Roll::new(session.picture(), playhead);
        let memory = self.memory.lock();
        roll.n_undo = memory.undo.n_undo(roll.n_undo);
        roll.n_redo = memory.undo.n_redo(roll.n_redo);
        drop(memory);
        View {
            parameters: Arc::clone(&self.parameters),
            is_activated: session.is_activated(),
            card: self.card.as_ref().map(|(_, card)| Arc::clone(card)),
            families: Arc::clone(&self.families),
            chosen: session.chosen(),
            is_loading: self.loading.is_some(),
            models: self.library.entries(),
            folder: models_folder().map(|folder| folder.display().to_string()).unwrap_or_default(),
            presets: Arc::clone(&self.presets),
            preset: self.preset(),
            has_opening: session.has_opening(),
            chords: session.chords(self.parameters.plain(Knob::Slot) as u8),
            ideas,
            roll,
            training: self.training.clone(),
            picked: self.picker.picked(),
            transport: self.transport.as_deref().map(TransportView::of),
            host: host(),
            settings: self.settings.clone(),
            messages,
        }
    }

    /// The preset that was loaded last, by its place in the list, and whether a knob was turned since.
    fn preset(&self) -> Option<(usize, bool)> {
        let memory = self.memory.lock();
        let (id, preset) = memory.preset.as_ref()?;
        let idx = self.presets.iter().position(|entry| entry.id == *id)?;
        Some((idx, !preset.is_set_in(&self.parameters)))
    }

    /// Notices when another model composes than before, and when the loading of one has ended.
    fn follow_model(&mut self) {
        let model = self.parameters.session.model();
        let hash = model.as_ref().map(|model| model.hash().to_owned());
        if self.card.as_ref().map(|(hash, _)| hash) != hash.as_ref() {
            self.families = model.as_ref().map(|model| families_of(model)).unwrap_or_default();
            self.card = model.map(|model| (model.hash().to_owned(), Arc::new(model.card().clone())));
        }
        if let Some((loaded, asked)) = &self.loading
            && (loaded.try_recv() == Err(TryRecvError::Disconnected) || asked.elapsed() > LOAD_TIMEOUT)
        {
            self.loading = None;
        }
    }

    /// Says so where the system has no dialog.
    fn follow_picker(&mut self) {
        let picked = self.picker.picked();
        if std::mem::replace(&mut self.n_picked, picked.n_closed) != picked.n_closed && picked.is_missing {
            let message = "this system has no dialog to choose a file or folder: type or paste its path";
            self.parameters.session.add_message(message.to_owned());
        }
    }

    fn read_training(&mut self) {
        let trainer = find_trainer(self.settings.trainer.as_deref());
        let training = trainer::status(trainer);
        let is_new = matches!(training.state, State::Finished(_)) && training.state != self.training.state;
        self.training = training;
        if is_new {
            self.library.scan();
        }
        self.training_read = Instant::now();
    }

    /// Carries out what the user wants in one frame: one step to undo.
    pub(crate) fn carry_out_all(&mut self, intents: impl IntoIterator<Item = Intent>) {
        self.memory.lock().follow_project(self.parameters.session.n_loaded());
        intents.into_iter().for_each(|intent| self.carry_out(intent));
        self.memory.lock().undo.finish_step(Instant::now());
    }

    /// Carries out what the user wants, all but [`Intent::Resize`], which concerns the window.
    fn carry_out(&mut self, intent: Intent) {
        let session = &self.parameters.session;
        match intent {
            Intent::Begin(knob) => self.begin(knob),
            Intent::Turn(knob, position) => self.turn(knob, position),
            Intent::End(knob) => self.end(knob),
            Intent::ReRoll => {
                let seed = another_seed(self.parameters.plain(Knob::Seed) as i32);
                self.set_all([(Knob::Seed, seed as f32 / max_seed() as f32), (Knob::Vary, 0.0)]);
            }
            Intent::Vary => {
                let next = self.parameters.plain(Knob::Vary) + 1.0;
                // After the last it begins again at the first that is not the idea itself.
                let next = if next > Knob::Vary.kind().max { 1.0 } else { next };
                self.set_all([(Knob::Vary, self.parameters.position_of_plain(Knob::Vary, next))]);
            }
            Intent::Edit(bars, edit) => self.edit(|session| session.edit(bars, edit)),
            Intent::CopyBars(from, to, bars) => self.edit(|session| session.copy_bars(from, to, bars)),
            Intent::WriteNotes(bars) => self.edit(|session| session.write_notes(&bars)),
            Intent::LockNote(bar_idx, note, is_locked) => {
                self.edit(|session| session.lock_note(bar_idx, note, is_locked));
            }
            Intent::Undo => self.undo_or_redo(UndoHistory::undo, Session::undo),
            Intent::Redo => self.undo_or_redo(UndoHistory::redo, Session::redo),
            Intent::BringBack(idx) => self.bring_back(idx),
            Intent::CopyTake(from, to) => {
                session.start_early();
                let chords = Change::Chords(to, session.chords(to), session.chords(from));
                let edit = session.copy_take(from, to).then_some(Change::Edit);
                self.mark_changed();
                self.done(edit.into_iter().chain([chords]).collect());
            }
            Intent::SetChords(slot, text) => self.set_chords(slot, &text),
            Intent::CaptureChords(slot) => {
                if let Some(text) = session.captured_chords() {
                    self.set_chords(slot, &text);
                }
            }
            Intent::LoadPrimer(path) => self.load_primer(&path),
            Intent::TakeChords(path, slot) => self.take_chords(&path, slot),
            Intent::LearnFile(path) => self.learn_file(&path),
            Intent::ClearPrimer => self.open_with(None),
            Intent::SaveMidi(extent, performance) => self.save_midi(extent, performance),
            Intent::LoadPreset(id) => self.load_preset(&id),
            Intent::SavePreset(name) => {
                if let Err(error) = presets::save(&self.parameters, &name) {
                    session.add_error(&error);
                }
                self.presets = presets::list().into();
            }
            Intent::KeepPhrase => self.edit(|session| session.edit(self.phrase(), Edit::Keep)),
            Intent::ReleasePhrase => self.edit(|session| session.edit(self.phrase(), Edit::Release)),
            Intent::HearStyle(step) => {
                let position = self.parameters.position_of_step(Knob::Style, step);
                self.hear([(Knob::Style, position)]);
            }
            Intent::HearPreset(id) => match presets::load(&id) {
                Ok(preset) => self.hear(preset.settings(&self.parameters)),
                Err(error) => session.add_error(&error),
            },
            Intent::Choose(choice) => {
                session.start_early();
                let change = Change::Model(session.chosen(), choice.clone());
                self.choose(choice);
                self.done(vec![change]);
            }
            Intent::ListModels => self.library.scan(),
            Intent::Pick(wanted, begin) => self.picker.open(wanted, &begin),
            Intent::Survey(folder, from_default) => self.train(|trainer| {
                trainer::survey(trainer, &folder, from_default);
                Ok(())
            }),
            Intent::OpenReport(report) => self.train(|_| trainer::open_report(&report)),
            Intent::Train(job) => self.train(|trainer| trainer::start(trainer, &job)),
            Intent::HearTraining => self.hear_training(),
            Intent::LearnPlayed(name) => {
                let piece = session.played_piece(self.parameters.composing().instrument);
                self.train(|trainer| trainer::learn(trainer, &piece, &name));
            }
            Intent::ResumeTraining => self.train(trainer::resume),
            Intent::StopTraining => {
                if let Err(message) = trainer::stop() {
                    session.add_message(message);
                }
                self.read_training();
            }
            Intent::DiscardTraining => {
                trainer::discard();
                self.library.scan();
                self.read_training();
            }
            Intent::Set(settings) => self.change_settings(&settings),
            Intent::Dismiss => session.dismiss(),
            Intent::Play => self.transport.iter().for_each(|transport| transport.play()),
            Intent::Stop => self.transport.iter().for_each(|transport| transport.stop()),
            Intent::ReturnToStart => self.transport.iter().for_each(|transport| transport.return_to_start()),
            Intent::SetSong(song) => self.transport.iter().for_each(|transport| transport.set_song(song)),
            Intent::Resize(..) => {}
        }
    }

    /// The bars of the phrase under the playhead.
    fn phrase(&self) -> Range<usize> {
        let session = &self.parameters.session;
        let roll = Roll::new(session.picture(), session.playhead());
        roll.phrase(usize::from(self.parameters.composing().length))
    }

    fn begin(&mut self, knob: Knob) {
        let position = self.parameters.position(knob);
        self.held = Some((knob, position, position));
        if let Some(host) = &self.host {
            self.parameters.begin(&host.param_setter(), knob);
        }
    }

    fn turn(&mut self, knob: Knob, position: f32) {
        if let Some((held, _, now)) = &mut self.held
            && *held == knob
        {
            *now = position;
        }
        if let Some(host) = &self.host {
            self.parameters.turn(&host.param_setter(), knob, position);
        }
    }

    fn end(&mut self, knob: Knob) {
        if let Some(host) = &self.host {
            self.parameters.end(&host.param_setter(), knob);
        }
        if let Some((held, before, now)) = self.held.take()
            && held == knob
        {
            self.done(vec![Change::Knob(knob, before, now)]);
        }
    }

    /// Sets a knob in one go, without a step to undo.
    fn set(&self, knob: Knob, position: f32) {
        if let Some(host) = &self.host {
            let setter = host.param_setter();
            self.parameters.begin(&setter, knob);
            self.parameters.turn(&setter, knob, position);
            self.parameters.end(&setter, knob);
        }
    }

    /// Sets those of the knobs that have another position, and returns what has changed.
    fn set_knobs(&self, knobs: impl IntoIterator<Item = (Knob, f32)>) -> Vec<Change> {
        let mut changes = Vec::new();
        for (knob, position) in knobs {
            let before = self.parameters.position(knob);
            if (position - before).abs() > 1e-6 {
                self.set(knob, position);
                changes.push(Change::Knob(knob, before, position));
            }
        }
        changes
    }

    /// Sets knobs, as one step to undo.
    fn set_all(&mut self, knobs: impl IntoIterator<Item = (Knob, f32)>) {
        let changes = self.set_knobs(knobs);
        self.done(changes);
    }

    /// Plays two bars of the music that these knobs would make.
    fn hear(&self, knobs: impl IntoIterator<Item = (Knob, f32)>) {
        if !self.can_be_heard() {
            return;
        }
        let Some(model) = self.parameters.session.model() else { return };
        let set: Vec<(Knob, f32)> = knobs.into_iter().collect();
        let position = |knob| {
            let own = set.iter().find(|(other, _)| *other == knob).map(|(_, position)| *position);
            own.unwrap_or_else(|| self.parameters.position(knob))
        };
        let knobs = ComposingKnobs::from_values(|knob| self.parameters.plain_at(knob, position(knob)));
        self.parameters
            .auditions
            .play(model, ComposingKnobs { conversation: Conversation::Generate, ..knobs });
    }

    /// Plays what the network that is being trained composes by now.
    fn hear_training(&self) {
        if self.can_be_heard() {
            self.parameters.auditions.play_notes(&self.training.seen.sample);
        }
    }

    /// Whether music that is tried is heard. A message says so if not.
    fn can_be_heard(&self) -> bool {
        let session = &self.parameters.session;
        let is_activated = session.is_activated();
        if !is_activated {
            session
                .add_message("the host has not started the plugin yet, so nothing can be heard".to_owned());
        }
        is_activated
    }

    /// Adds to what the present click has changed.
    fn done(&self, changes: Vec<Change>) {
        self.memory.lock().undo.add(changes);
    }

    fn undo_or_redo(&mut self, step: impl Fn(&mut UndoHistory) -> Vec<Change>, edit: impl Fn(&Session)) {
        let step = step(&mut self.memory.lock().undo);
        // A knob that is set makes the host notice, too, and must not be set to where it stood at once.
        let sets_knobs = step.iter().any(|change| matches!(change, Change::Knob(..)));
        for change in step {
            match change {
                Change::Knob(knob, _, position) => self.set(knob, position),
                Change::Chords(slot, _, text) => {
                    // It was a lane before.
                    let _ = self.parameters.session.set_chords(slot, &text);
                }
                Change::Model(_, model) => self.choose(model),
                Change::Opening(_, opening) => self.parameters.session.open_with(opening.as_ref()),
                Change::Preset(_, preset) => self.memory.lock().preset = preset,
                Change::Edit => edit(&self.parameters.session),
            }
        }
        if !sets_knobs {
            self.mark_changed();
        }
    }

    /// Makes the host notice that something beside the parameters has changed, which would otherwise be lost when
    /// the project is closed: the framework does not report it, but a knob set to its own position does. Not to be called
    /// where that knob has just been set: the host answers later, and it would go back.
    fn mark_changed(&self) {
        self.set(Knob::Style, self.parameters.position(Knob::Style));
    }

    /// Changes the take by something that its own history can undo, unless there is nothing to change.
    fn edit(&self, edit: impl FnOnce(&Session) -> bool) {
        if edit(&self.parameters.session) {
            self.mark_changed();
            self.done(vec![Change::Edit]);
        }
    }

    fn set_chords(&self, slot: u8, text: &str) {
        let session = &self.parameters.session;
        session.start_early();
        let before = session.chords(slot);
        match session.set_chords(slot, text) {
            Ok(()) => self.done(vec![Change::Chords(slot, before, text.to_owned())]),
            Err(error) => session.add_error(&error),
        }
        self.mark_changed();
    }

    /// Brings an idea back, and sets the composing knobs to its own.
    fn bring_back(&self, idx: usize) {
        let session = &self.parameters.session;
        let Some(idea) = session.ideas().get(idx).cloned() else { return };
        let slot = idea.knobs.slot;
        let chords = Change::Chords(slot, session.chords(slot), idea.lane().to_owned());
        let Some(knobs) = session.bring_back(idx) else { return };
        let position = |knob: Knob| {
            let number = knobs.number(knob)?;
            Some((knob, self.parameters.position_of_plain(knob, knob.kind().value(number))))
        };
        let step = self.set_knobs(Knob::all().filter_map(position));
        if step.is_empty() {
            self.mark_changed();
        }
        self.done(step);
        self.done(vec![chords]);
    }

    fn load_primer(&self, path: &Path) {
        if let Some(opening) = self.parameters.session.read_opening(path) {
            self.open_with(Some(opening));
        }
    }

    fn take_chords(&mut self, path: &Path, slot: u8) {
        let session = &self.parameters.session;
        let Some(piece) = session.read_piece(path) else { return };
        match piece.chord_text() {
            Some(text) => self.set_chords(slot, &text),
            None => session.add_message(format!("{} holds no chords", path.display())),
        }
    }

    fn learn_file(&mut self, path: &Path) {
        let Some(piece) = self.parameters.session.read_piece(path) else { return };
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.train(|trainer| trainer::learn(trainer, &piece, &name));
    }

    fn open_with(&self, opening: Option<Opening>) {
        let session = &self.parameters.session;
        session.start_early();
        let before = session.opening();
        session.open_with(opening.as_ref());
        self.done(vec![Change::Opening(before, opening)]);
        self.mark_changed();
    }

    fn choose(&mut self, choice: ModelChoice) {
        let session = &self.parameters.session;
        let is_another = choice != session.chosen();
        session.choose(choice);
        if is_another {
            self.loading = session.notify_when_idle().map(|loaded| (loaded, Instant::now()));
        }
        self.mark_changed();
    }

    fn train(&mut self, ask: impl FnOnce(Option<&Path>) -> Result<(), String>) {
        let trainer = find_trainer(self.settings.trainer.as_deref());
        if let Err(message) = ask(trainer.as_deref()) {
            self.parameters.session.add_message(message);
        }
        self.read_training();
    }

    fn change_settings(&mut self, after: &Settings) {
        let before = self.settings.clone();
        if let Err(error) = self.settings.change(&before, after) {
            self.parameters.session.add_error(&error);
        }
        self.read_training();
    }

    /// Sets the knobs of a preset that have another position, through the host.
    fn load_preset(&mut self, id: &PresetId) {
        match presets::load(id) {
            Ok(preset) => {
                self.set_all(preset.settings(&self.parameters));
                let loaded = Some((id.clone(), Arc::new(preset)));
                let before = std::mem::replace(&mut self.memory.lock().preset, loaded.clone());
                self.done(vec![Change::Preset(before, loaded)]);
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

/// The instruments of each style: those that the card lists, or else those of the passages that pieces start from.
fn families_of(model: &Model) -> Arc<[FamilySet]> {
    let card = model.card();
    let of_style = |style: usize| {
        let listed = card.keys.get(style).into_iter().flatten();
        let listed: FamilySet = listed.filter_map(|keys| Family::from_index(keys.family)).collect();
        let primers = model.primers().iter().filter(|primer| primer.style == style);
        let played: FamilySet = primers.flat_map(|primer| &primer.notes).map(|note| note.family).collect();
        [listed, played].into_iter().find(|families| families.bits() != 0).unwrap_or(FamilySet::ALL)
    };
    (0..card.styles.len()).map(of_style).collect()
}

/// Any seed but this one.
fn another_seed(seed: i32) -> u32 {
    let random = RandomState::new().hash_one(seed);
    let max = max_seed();
    let step = 1 + (random % u64::from(max)) as u32;
    (seed.clamp(0, max as i32) as u32 + step) % (max + 1)
}

/// The highest seed that hosts can automate.
fn max_seed() -> u32 {
    Knob::Seed.kind().max as u32
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use crossbeam_channel::bounded;

    use crate::composer::Edit;
    use crate::model::Model;
    use crate::music::{Family, FamilySet, Note, Piece, Tick, smf};
    use crate::plugin::editor::view::Intent;
    use crate::plugin::editor::window::controller::{Controller, another_seed, families_of, max_seed};
    use crate::plugin::editor::window::memory::Memory;
    use crate::plugin::instance::Instance;
    use crate::plugin::models::choice::ModelChoice;
    use crate::plugin::presets::{self, PresetId};

    #[test]
    fn the_built_in_model_knows_the_instruments_of_its_styles() {
        let model = Model::embedded().unwrap();
        let families = families_of(&model);
        let of = |name: &str| families[model.card().styles.iter().position(|style| style == name).unwrap()];
        assert_eq!(of("Drums"), [Family::DRUMS].into_iter().collect());
        assert!(of("Jazz").contains(Family::BASS) && of("Jazz").contains(Family::DRUMS));
        assert!(!of("Chorales").contains(Family::DRUMS));
        assert!(families.iter().all(|of_style| *of_style != FamilySet::ALL));
    }

    fn note() -> Note {
        Note { onset: Tick(0), duration: Tick(1), pitch: 60, velocity: 80, family: Family::PIANO, feel: None }
    }

    /// A controller without a window, of an instance that has composed its first bars.
    fn controller() -> (Instance, Controller) {
        let mut instance = Instance::new();
        assert!(instance.activate(48_000.0));
        instance.parameters().session.wait_until_idle();
        let controller = Controller::new(Arc::clone(instance.parameters()), None, Memory::default());
        (instance, controller)
    }

    impl Controller {
        /// One click.
        fn click(&mut self, intent: Intent) {
            self.carry_out_all([intent]);
            self.parameters.session.wait_until_idle();
        }
    }

    #[test]
    fn a_click_that_changes_nothing_is_no_step_to_undo() {
        let (_instance, mut controller) = controller();
        let is_kept = |controller: &mut Controller| controller.view().roll.marks[0].is_kept;
        controller.click(Intent::Edit(0..1, Edit::Keep));
        assert!(is_kept(&mut controller));
        let missing = Note { pitch: 1, velocity: 1, ..note() };
        for nothing in [
            Intent::CopyTake(2, 0),
            Intent::CopyBars(2, 0, 0..1),
            Intent::LockNote(0, missing, true),
            Intent::Edit(0..1, Edit::Keep),
            Intent::Edit(1..2, Edit::Release),
            Intent::WriteNotes(Vec::new()),
        ] {
            controller.click(nothing.clone());
            assert_eq!(controller.view().roll.n_undo, 1, "{nothing:?}");
        }
        assert!(is_kept(&mut controller));
        controller.click(Intent::CopyTake(0, 2));
        assert_eq!(controller.view().roll.n_undo, 2);
        controller.click(Intent::Undo);
        assert!(is_kept(&mut controller));
        controller.click(Intent::Undo);
        assert!(!is_kept(&mut controller));
        assert_eq!((controller.view().roll.n_undo, controller.view().roll.n_redo), (0, 2));
    }

    #[test]
    fn a_beginning_from_a_file_can_be_taken_away_after_reopening() {
        let (instance, mut first) = controller();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tune.mid");
        let notes = (0..8).map(|idx| Note { onset: Tick(24 * idx), duration: Tick(20), pitch: 60, ..note() });
        let piece = Piece { notes: notes.collect(), ..Piece::default() };
        std::fs::write(&path, smf::write(&piece, "tune")).unwrap();
        first.click(Intent::LoadPrimer(path));
        assert!(first.view().has_opening, "{:?}", instance.parameters().session.messages());
        let saved = instance.parameters().session.saved().into_json().unwrap();
        let (reopened, mut second) = controller();
        reopened.parameters().session.restore(saved);
        assert!(second.view().has_opening);
        second.click(Intent::ClearPrimer);
        assert!(!second.view().has_opening);
    }

    #[test]
    fn a_project_that_is_loaded_begins_with_nothing_to_undo_and_no_preset() {
        let (instance, mut controller) = controller();
        controller.presets = presets::list().into();
        let session = &instance.parameters().session;
        let saved = session.saved().into_json().unwrap();
        controller.click(Intent::LoadPreset(PresetId::Factory(0)));
        controller.click(Intent::SetChords(0, "C | F".to_owned()));
        let view = controller.view();
        assert_eq!((view.roll.n_undo, view.preset.map(|(idx, _)| idx)), (2, Some(0)));
        session.restore(serde_json::json!([1, 2, 3]));
        assert_eq!(controller.view().roll.n_undo, 2, "what cannot be read is no project");
        session.restore(saved);
        let view = controller.view();
        assert_eq!((view.roll.n_undo, view.preset, view.chords.as_str()), (0, None, ""));
        controller.click(Intent::Undo);
        assert_eq!(controller.view().chords, "", "chords of the other project do not come");
    }

    #[test]
    fn loading_is_shown_until_this_model_is_loaded_or_cannot_be() {
        let (instance, mut controller) = controller();
        let (loading, loaded) = bounded(0);
        controller.loading = Some((loaded, Instant::now()));
        instance.parameters().session.add_message("of something else".to_owned());
        assert!(controller.view().is_loading, "a message is no reason to end it");
        drop(loading);
        assert!(!controller.view().is_loading);
        // The same network as the built-in one.
        let same = concat!(env!("CARGO_MANIFEST_DIR"), "/models/default.safetensors");
        for path in [same, "nowhere/Tango.safetensors"] {
            controller.click(Intent::Choose(ModelChoice::File(path.into())));
            assert!(!controller.view().is_loading, "{path}");
        }
    }

    #[test]
    fn a_re_roll_gives_another_seed_within_the_range() {
        for seed in [0, 1, 5000, max_seed() as i32] {
            for _ in 0..100 {
                let rolled = another_seed(seed);
                assert!(rolled <= max_seed() && rolled != seed as u32);
            }
        }
    }
}
