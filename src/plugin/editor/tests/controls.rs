//! Every control, by mouse and keys.

use std::path::PathBuf;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, Pos2, Vec2};
use egui_kittest::kittest::{By, NodeT, Queryable};

use crate::composer::Edit;
use crate::music::{Beats, Family, FamilySet};
use crate::player::Knob;
use crate::player::knobs::Form;
use crate::plugin::editor::pages::knobs::page::{PAGES, rows_of};
use crate::plugin::editor::settings::Settings;
use crate::plugin::editor::tests::fixtures::{marks, view};
use crate::plugin::editor::tests::{Stage, turned};
use crate::plugin::editor::view::{IdeaEntry, Intent, Roll, View};
use crate::plugin::midi_file::{Extent, Performance};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::picker::{Picked, Wanted};

/// The page that a knob is on.
fn page(knob: Knob) -> Option<&'static str> {
    Some(match knob {
        Knob::Temperature | Knob::Length | Knob::Slot | Knob::Style => return None,
        Knob::OwnNotes => "Notes",
        Knob::Plays(_) => "Instruments",
        Knob::Solo | Knob::ChannelPerVoice | Knob::Mutes(_) => "Parts",
        Knob::Conversation | Knob::Trade | Knob::Instrument => "Converse",
        Knob::Strictness | Knob::ChordsByPhrase => "Chords",
        Knob::SecondStyle | Knob::Blend => "Blend",
        // With the key.
        Knob::Scale => "Compose",
        _ => {
            let is_there = |page| rows_of(page).iter().any(|row| row.contains(&knob));
            let place = PAGES.into_iter().find(|(page, ..)| is_there(*page));
            place.unwrap_or_else(|| panic!("{knob:?} has no place in the editor")).1
        }
    })
}

/// How a knob is turned by hand.
enum Kind {
    Dial,
    /// A number to type.
    Number,
    List,
    /// A cell of the grid of keys and scales, by its name and the step that it sets.
    Cell(&'static str, usize),
    /// A switch or a chip of this name.
    Switch(String),
    /// One of several, by the name and step of another than the first.
    OneOf(Role, &'static str, usize),
}

fn kind(view: &View, knob: Knob) -> Kind {
    match knob {
        Knob::OwnNotes => Kind::Switch("Own note b3".to_owned()),
        Knob::Conversation => Kind::OneOf(Role::CheckBox, "Accompany", 3),
        Knob::Seed | Knob::Vary => Kind::Number,
        Knob::Tonic => Kind::Cell("D Free (major)", 2),
        Knob::Scale => Kind::Cell("C Minor", 3),
        Knob::Slot => Kind::OneOf(Role::Tab, "C", 2),
        _ => match knob.kind().form {
            Form::Switch => Kind::Switch(view.parameters.name(knob).to_owned()),
            Form::Style | Form::PitchClass => Kind::List,
            form if form.is_list() => Kind::List,
            _ => Kind::Dial,
        },
    }
}

impl Stage {
    pub(super) fn centre(&self, role: Role, name: &str) -> Pos2 {
        self.harness.get_by_role_and_label(role, name).rect().center()
    }

    /// Drags from here by so much, in small steps.
    pub(super) fn drag(&mut self, from: Pos2, by: Vec2) {
        self.harness.drag_at(from);
        self.harness.run();
        for step in 1..=10 {
            self.harness.hover_at(from + by * (step as f32 / 10.0));
            self.harness.step();
        }
        self.harness.drop_at(from + by);
        self.harness.run();
    }

    pub(super) fn press(&mut self, role: Role, name: &str) -> Vec<Intent> {
        self.harness.get_by_role_and_label(role, name).click();
        self.harness.run();
        self.take_intents()
    }

    pub(super) fn type_into(&mut self, name: &str, text: &str) {
        let field = self.harness.get_by_role_and_label(Role::TextInput, name);
        field.focus();
        field.type_text(text);
        self.harness.run();
    }
}

#[test]
fn looking_at_a_page_changes_nothing() {
    for page in ["Play", "Models", "Train", "Guide"] {
        let mut stage = Stage::new(view());
        stage.turn_to(page);
        assert_eq!(stage.take_intents(), []);
    }
}

/// A view in which no knob is without effect.
fn with_every_knob_in_use() -> View {
    let view = View { chords: "C | F".to_owned(), ..view() };
    for (knob, text) in [(Knob::Conversation, "Trade"), (Knob::Blend, "30%"), (Knob::Swing, "50%")] {
        view.parameters.put(knob, view.parameters.position_of_text(knob, text).unwrap());
    }
    view
}

#[test]
fn knobs_that_would_change_nothing_are_disabled_until_they_do() {
    let is_enabled = |view: View, page: &str, role: Role, name: &str| {
        let mut stage = Stage::new(view);
        stage.turn_to(page);
        let node = stage.harness.get_by_role_and_label(role, name);
        !node.accesskit_node().is_disabled()
    };
    for (page, role, name) in [
        ("Blend", Role::ComboBox, "Second style"),
        ("Converse", Role::Slider, "Trade"),
        ("Converse", Role::ComboBox, "You play"),
        ("Chords", Role::Slider, "Strictness"),
        ("Chords", Role::CheckBox, "Chords by phrase"),
        ("Touch", Role::ComboBox, "Swing grid"),
    ] {
        assert!(!is_enabled(view(), page, role, name), "{name}");
        assert!(is_enabled(with_every_knob_in_use(), page, role, name), "{name}");
    }
}

#[test]
fn instruments_that_the_style_does_not_have_are_behind_a_button() {
    let own: FamilySet = [Family::PIANO, Family::BASS].into_iter().collect();
    let with_keys = || View { families: vec![own; 10].into(), ..view() };
    let mut stage = Stage::new(with_keys());
    stage.turn_to("Instruments");
    assert!(stage.has("Bass") && !stage.has("Brass"));
    stage.click("Other instruments");
    assert_eq!(
        stage.press(Role::CheckBox, "Brass"),
        turned(Knob::Plays(Family::from_index(7).unwrap()), 0.0)
    );
    stage.click("Only those of this style");
    stage.turn_to("Parts");
    assert!(stage.has("Mute bass") && !stage.has("Mute brass") && stage.has("Mute voice 1"));
}

#[test]
fn every_knob_can_be_turned_by_hand() {
    for size in [(1000.0, 640.0), (640.0, 400.0)] {
        let mut stage = Stage::sized(with_every_knob_in_use(), size, 1.0);
        for knob in Knob::all() {
            if let Some(page) = page(knob) {
                stage.turn_to(page);
            }
            stage.take_intents();
            let view = stage.view.borrow().clone();
            let parameters = &view.parameters;
            let name = parameters.name(knob).to_owned();
            let now = parameters.position(knob);
            match kind(&view, knob) {
                Kind::Dial => drag_dial(&mut stage, knob, &name, now),
                Kind::Cell(cell, step) => {
                    assert_eq!(stage.press(Role::ComboBox, "Key and scale"), []);
                    let intents = stage.press(Role::Button, cell);
                    assert_eq!(intents, turned(knob, parameters.position_of_step(knob, step)), "{name}");
                }
                Kind::Number => {
                    assert_eq!(stage.press(Role::Slider, &name), []);
                    stage.harness.event(Event::Text("7".to_owned()));
                    stage.harness.run();
                    stage.harness.key_press(Key::Enter);
                    stage.harness.run();
                    let typed = parameters.position_of_plain(knob, 7.0);
                    assert_eq!(stage.take_intents(), turned(knob, typed), "{name}");
                }
                Kind::List => {
                    stage.harness.get_by_role_and_label(Role::ComboBox, &name).click();
                    stage.harness.run();
                    let step = usize::from(parameters.step(knob, now) != 1);
                    let shown = match knob {
                        Knob::Style | Knob::SecondStyle => view.card.as_ref().unwrap().styles[step].clone(),
                        _ => parameters.step_names(knob)[step].clone(),
                    };
                    let items = stage.harness.query_all_by_role_and_label(Role::Button, &shown);
                    items.last().unwrap_or_else(|| panic!("{name} has no {shown}")).click();
                    stage.harness.run();
                    assert_eq!(
                        stage.take_intents(),
                        turned(knob, parameters.position_of_step(knob, step)),
                        "{name}"
                    );
                }
                Kind::Switch(label) => {
                    let to = match knob {
                        Knob::OwnNotes => parameters.position_of_plain(knob, f32::from(0xfff_u16 ^ 1 << 3)),
                        _ => 1.0 - now,
                    };
                    assert_eq!(stage.press(Role::CheckBox, &label), turned(knob, to), "{name}");
                }
                Kind::OneOf(role, label, step) => {
                    let intents = stage.press(role, label);
                    assert_eq!(intents, turned(knob, parameters.position_of_step(knob, step)), "{name}");
                }
            }
        }
    }
}

fn drag_dial(stage: &mut Stage, knob: Knob, name: &str, now: f32) {
    let by = if now > 0.5 { -44.0 } else { 44.0 };
    let centre = stage.centre(Role::Slider, name);
    stage.drag(centre, Vec2::new(0.0, -by));
    let intents = stage.take_intents();
    assert_eq!(intents.first(), Some(&Intent::Begin(knob)), "{name}");
    assert_eq!(intents.last(), Some(&Intent::End(knob)), "{name}");
    let turns: Vec<f32> = intents
        .iter()
        .filter_map(|intent| {
            if let Intent::Turn(turned, position) = intent {
                (*turned == knob).then_some(*position)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(turns.len() + 2, intents.len(), "{name}: nothing else moves");
    // The host never answers in this test, and the knob goes on turning all the same.
    let (first, last) = (turns[0], turns[turns.len() - 1]);
    assert!(turns.is_sorted() || turns.is_sorted_by(|one, other| one >= other), "{name}: {turns:?}");
    assert!(
        (last - first) * by > 0.0 && (last - now - by / 220.0).abs() < 0.08,
        "{name}: from {now} {turns:?}"
    );
}

#[test]
fn shift_turns_ten_times_as_fine() {
    let mut stage = Stage::new(view());
    let centre = stage.centre(Role::Slider, "Temperature");
    stage.harness.event(Event::ModifiersChanged(Modifiers::SHIFT));
    stage.drag(centre, Vec2::new(88.0, 0.0));
    let last = stage.take_intents().into_iter().rev().find_map(|intent| match intent {
        Intent::Turn(_, position) => Some(position),
        _ => None,
    });
    assert!((last.unwrap() - 0.54).abs() < 0.011, "{last:?}");
}

#[test]
fn a_knob_can_be_typed_reset_wheeled_and_turned_by_keys() {
    let mut stage = Stage::new(view());
    let length = stage.centre(Role::Slider, "Length");
    for _ in 0..2 {
        stage.harness.get_by_role_and_label(Role::Slider, "Length").click();
        stage.harness.step();
    }
    stage.harness.run();
    stage.take_intents();
    stage.harness.event(Event::Text("16 bars".to_owned()));
    stage.harness.run();
    stage.harness.key_press(Key::Enter);
    stage.harness.run();
    assert_eq!(stage.take_intents(), turned(Knob::Length, 15.0 / 63.0));

    stage.harness.get_by_role_and_label(Role::Slider, "Octave").click_modifiers(Modifiers::COMMAND);
    stage.harness.run();
    assert_eq!(stage.take_intents(), turned(Knob::Octave, 0.5));

    stage.harness.hover_at(length);
    stage.harness.run();
    stage.harness.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: Vec2::new(0.0, 1.0),
        modifiers: Modifiers::NONE,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
    });
    stage.harness.run();
    assert_eq!(stage.take_intents(), turned(Knob::Length, 8.0 / 63.0));

    stage.harness.get_by_role_and_label(Role::Slider, "Evolve").focus();
    stage.harness.run();
    stage.harness.key_press(Key::ArrowDown);
    stage.harness.run();
    let intents = stage.take_intents();
    assert!(
        matches!(intents[..], [_, Intent::Turn(Knob::Evolve, position), _] if (position - 0.28).abs() < 0.001),
        "{intents:?}"
    );
    stage.harness.key_press(Key::Home);
    stage.harness.run();
    assert_eq!(stage.take_intents(), turned(Knob::Evolve, 0.3));
}

#[test]
fn the_right_button_offers_the_default_and_typing() {
    let mut stage = Stage::new(view());
    for (item, typing) in [("Back to 1.00", false), ("Type a value…", true)] {
        stage.harness.get_by_role_and_label(Role::Slider, "Temperature").click_secondary();
        stage.harness.run();
        stage.take_intents();
        stage.click(item);
        let intents = stage.take_intents();
        assert_eq!(intents, if typing { Vec::new() } else { turned(Knob::Temperature, 0.5) });
    }
    stage.harness.get_by_role_and_label(Role::TextInput, "Temperature");
}

#[test]
fn tab_reaches_the_knobs() {
    let mut stage = Stage::new(view());
    let mut reached = Vec::new();
    for _ in 0..120 {
        stage.harness.key_press(Key::Tab);
        stage.harness.run();
        let nodes = stage.harness.query_all(By::new());
        let focused = nodes.filter(|node| node.accesskit_node().is_focused());
        reached.extend(focused.filter_map(|node| node.accesskit_node().label()));
    }
    for name in ["Play", "Re-roll", "Temperature", "Density", "Octave", "Bar 5", "Follow"] {
        assert!(reached.iter().any(|label| label == name), "{name} is not among {reached:?}");
    }
}

#[test]
fn automation_and_the_playhead_are_followed() {
    let mut stage = Stage::new(view());
    let before = stage.picture();
    stage.view.borrow().parameters.put(Knob::Temperature, 0.9);
    let automated = stage.picture();
    assert_ne!(before, automated);
    stage.view.borrow_mut().roll.playhead = Beats(23.0);
    assert_ne!(automated, stage.picture());
}

#[test]
fn a_plugin_that_the_host_has_not_started_says_so() {
    let roll = Roll::default();
    let stage = Stage::new(View { is_activated: false, card: None, roll, ..view() });
    assert!(stage.has("Stopped  ·  not started by the host yet"));
}

#[test]
fn re_roll_and_copying_a_take_are_a_click_away() {
    let mut stage = Stage::new(view());
    assert_eq!(stage.press(Role::Button, "Re-roll"), [Intent::ReRoll]);
    assert_eq!(stage.press(Role::Button, "Vary"), [Intent::Vary]);
    stage.harness.get_by_role_and_label(Role::Tab, "B").click_secondary();
    stage.harness.run();
    stage.take_intents();
    assert_eq!(stage.press(Role::Button, "Copy take A here"), [Intent::CopyTake(0, 1)]);
}

#[test]
fn a_take_without_bars_is_not_offered_to_be_copied() {
    let mut stage = Stage::new(view());
    stage.harness.get_by_role_and_label(Role::Tab, "A").click_secondary();
    stage.harness.run();
    stage.take_intents();
    assert_eq!(stage.press(Role::Button, "Copy take C here"), []);
}

#[test]
fn a_click_on_a_bar_offers_what_can_be_done_with_it() {
    let mut roll = view().roll;
    roll.marks = marks(&roll.score, &[7], &[]);
    let mut stage = Stage::new(View { roll, ..view() });
    for (item, edit) in [
        ("Re-roll this bar", Edit::ReRoll),
        ("New rhythm only", Edit::ReRollRhythm),
        ("New pitches only", Edit::ReRollPitches),
        ("Keep", Edit::Keep),
        ("Clear", Edit::Clear),
    ] {
        assert_eq!(stage.press(Role::Button, "Bar 7"), []);
        assert_eq!(stage.press(Role::Button, item), [Intent::Edit(6..7, edit)]);
        assert!(!stage.has("New rhythm only"), "the menu closes");
    }
    stage.press(Role::Button, "Bar 8");
    assert_eq!(stage.press(Role::Button, "Clear"), [], "a kept bar is not cleared");
    assert!(!stage.has("Release"), "the menu closes all the same");
    stage.press(Role::Button, "Bar 8");
    assert_eq!(stage.press(Role::Button, "Release"), [Intent::Edit(7..8, Edit::Release)]);
}

#[test]
fn edits_are_taken_back_by_buttons_and_keys() {
    let roll = Roll { n_undo: 1, n_redo: 1, ..view().roll };
    let mut stage = Stage::new(View { roll, ..view() });
    assert_eq!(stage.press(Role::Button, "Undo"), [Intent::Undo]);
    assert_eq!(stage.press(Role::Button, "Redo"), [Intent::Redo]);
    for (modifiers, key, intent) in [
        (Modifiers::COMMAND, Key::Z, Intent::Undo),
        (Modifiers::COMMAND | Modifiers::SHIFT, Key::Z, Intent::Redo),
        (Modifiers::COMMAND, Key::Y, Intent::Redo),
    ] {
        stage.harness.key_press_modifiers(modifiers, key);
        stage.harness.run();
        assert_eq!(stage.take_intents(), [intent]);
    }
    let mut stage = Stage::new(view());
    assert_eq!(stage.press(Role::Button, "Undo"), [], "there is nothing to take back");
    stage.harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    stage.harness.run();
    assert_eq!(stage.take_intents(), []);
}

#[test]
fn the_roll_zooms_scrolls_and_follows_and_wants_nothing() {
    let mut stage = Stage::new(view());
    let mut before = stage.picture();
    // Above the notes, which would be dragged instead.
    let roll = stage.harness.get_by_role_and_label(Role::Canvas, "Piano roll").rect().center_top();
    let roll = roll + Vec2::new(0.0, 3.0);
    let mut changes = |stage: &mut Stage, what: &str| {
        let after = stage.picture();
        assert_ne!(before, after, "{what}");
        assert_eq!(stage.take_intents(), [], "{what}");
        before = after;
    };
    for button in ["Zoom in", "Zoom out", "Zoom out"] {
        stage.press(Role::Button, button);
        changes(&mut stage, button);
    }
    stage.drag(roll, Vec2::new(-120.0, 0.0));
    changes(&mut stage, "dragging");
    stage.press(Role::CheckBox, "Follow");
    changes(&mut stage, "following");
    let take = stage.centre(Role::ScrollBar, "Whole take");
    stage.drag(take, Vec2::new(60.0, 0.0));
    changes(&mut stage, "the whole take");
    stage.harness.hover_at(roll);
    stage.harness.event(Event::Zoom(1.5));
    changes(&mut stage, "zooming");
}

#[test]
fn music_is_saved_as_it_is_asked_for_and_the_phrase_at_one_click() {
    let mut stage = Stage::new(view());
    let phrase = Intent::SaveMidi(Extent::Phrase, Performance::AsHeard);
    let take = Intent::SaveMidi(Extent::Take, Performance::AsComposed);
    let bars = Intent::SaveMidi(Extent::LastBars(8), Performance::AsHeard);
    assert_eq!(stage.press(Role::Button, "Save MIDI"), std::slice::from_ref(&phrase));
    for (item, intent) in [
        ("Save this phrase, as heard", phrase),
        ("Save the last 8 bars, as heard", bars),
        ("Save the whole take, as composed", take),
    ] {
        assert_eq!(stage.press(Role::Button, "More to save"), []);
        assert_eq!(stage.press(Role::Button, item), [intent]);
    }
}

#[test]
fn everything_is_drawn_larger_as_the_user_likes() {
    let mut stage = Stage::new(view());
    assert_eq!(stage.press(Role::Button, "100%"), []);
    let settings = Settings { enlarged_by: 50, ..view().settings };
    assert_eq!(stage.press(Role::Button, "150%"), [Intent::Set(settings.clone())]);
    stage.view.borrow_mut().settings = settings;
    stage.harness.run();
    assert!((stage.harness.ctx.zoom_factor() - 1.5).abs() < 1e-6);
    let wild = Settings { enlarged_by: 4_000_000, ..Settings::default() };
    assert!((wild.zoom() - 2.0).abs() < 1e-6, "a settings file may hold anything");
}

#[test]
fn a_midi_file_is_typed_or_chosen_and_used_as_is_asked() {
    let mut view = View { has_opening: true, ..view() };
    view.training.trainer = Some(PathBuf::from("/bin/continuo-trainer"));
    let mut stage = Stage::new(view);
    stage.turn_to("Converse");
    stage.type_into("MIDI file", "\"/music/tune.mid\"");
    let path = PathBuf::from("/music/tune.mid");
    stage.press(Role::Button, "Use it");
    assert_eq!(stage.press(Role::Button, "Begin from it"), [Intent::LoadPrimer(path.clone())]);
    stage.press(Role::Button, "Use it");
    assert_eq!(stage.press(Role::Button, "Take its chords"), [Intent::TakeChords(path.clone(), 0)]);
    assert_eq!(stage.press(Role::Button, "Clear"), [Intent::ClearPrimer]);
    let choose = "Choose a MIDI file";
    assert_eq!(stage.press(Role::Button, choose), [Intent::Pick(Wanted::MidiFile, PathBuf::new())]);
    stage.view.borrow_mut().picked =
        Picked { wanted: Wanted::MidiFile, n_closed: 1, path: Some(path.clone()), ..Picked::default() };
    stage.harness.run();
    stage.press(Role::Button, "Use it");
    assert_eq!(stage.press(Role::Button, "Learn it"), [Intent::LearnFile(path)]);
    stage.harness.get_by_label_contains("A folder of MIDI files");
}

#[test]
fn what_was_replaced_is_brought_back_from_the_history_and_the_last_of_it_by_one_button() {
    let idea = |name: &str, about: &str| IdeaEntry {
        name: name.to_owned(),
        about: about.to_owned(),
        notes: view().roll.score.bars[0].notes.clone().into(),
    };
    let ideas = [idea("Jazz, seed 4", "Bars 1–8"), idea("Pop, seed 9", "Bar 3, just now")];
    let mut stage = Stage::new(View { ideas: ideas.into(), ..view() });
    assert_eq!(stage.press(Role::Button, "History"), []);
    assert_eq!(stage.press(Role::Button, "Jazz, seed 4. Bars 1–8"), [Intent::BringBack(0)]);
    assert_eq!(stage.press(Role::Button, "Previous"), [Intent::BringBack(1)]);
    let mut stage = Stage::new(view());
    assert_eq!(stage.press(Role::Button, "Previous"), [], "nothing was replaced");
}

#[test]
fn the_phrase_is_locked_at_one_click() {
    let mut stage = Stage::new(view());
    assert_eq!(stage.press(Role::CheckBox, "Lock phrase"), [Intent::KeepPhrase]);
    // The playhead is in the sixth bar, and phrases have eight.
    let score = view().roll.score;
    stage.view.borrow_mut().roll.marks = marks(&score, &[0, 1, 2, 3, 4, 5, 6, 7], &[]);
    stage.harness.run();
    assert_eq!(stage.press(Role::CheckBox, "Lock phrase"), [Intent::ReleasePhrase]);
    stage.view.borrow_mut().roll.marks = marks(&score, &[0, 1, 2, 3, 5, 6, 7], &[]);
    stage.harness.run();
    assert_eq!(stage.press(Role::CheckBox, "Lock phrase"), [Intent::KeepPhrase]);
}

#[test]
fn chords_are_typed_chosen_captured_and_cleared() {
    let mut stage = Stage::new(View { chords: "C | F".to_owned(), ..view() });
    stage.turn_to("Chords");
    // Nothing is taken over before it makes sense.
    stage.type_into("Chords", " | H");
    assert_eq!(stage.press(Role::Button, "Use"), []);
    let problem = stage.harness.query_by_label_contains("at character 9");
    assert!(problem.is_some(), "what is wrong is said");
    stage.type_into("Chords", "m");
    assert_eq!(stage.press(Role::Button, "Capture"), [Intent::CaptureChords(0)]);
    stage.type_into("Chords", " | Am");
    assert_eq!(stage.press(Role::Button, "Use"), [Intent::SetChords(0, "C | F | Am".to_owned())]);
    assert_eq!(stage.press(Role::Button, "Clear"), [Intent::SetChords(0, String::new())]);
    assert_eq!(stage.press(Role::Button, "Common"), []);
    assert_eq!(stage.press(Role::Button, "Jazz"), []);
    let turnaround = Intent::SetChords(0, "Imaj7 vi7 | ii7 V7".to_owned());
    assert_eq!(stage.press(Role::Button, "Turnaround"), [turnaround]);
}

#[test]
fn presets_are_chosen_and_saved_in_the_title_bar() {
    let mut stage = Stage::new(view());
    assert_eq!(stage.press(Role::ComboBox, "Preset"), []);
    stage.type_into("Preset name", "Tea time");
    assert_eq!(stage.press(Role::Button, "Save"), [Intent::SavePreset("Tea time".to_owned())]);
    let lead = stage.view.borrow().presets.iter().find(|entry| entry.name == "Fiddle").unwrap().clone();
    stage.press(Role::ComboBox, "Preset");
    stage.harness.event(Event::Text("fid".to_owned()));
    stage.harness.run();
    assert_eq!(stage.press(Role::Button, "Hear Fiddle"), [Intent::HearPreset(lead.id.clone())]);
    assert_eq!(stage.press(Role::Button, "Fiddle"), [Intent::LoadPreset(lead.id)]);
    assert!(!stage.has("Fiddle"), "the list closes");
    stage.turn_to("Blend");
    stage.press(Role::Button, "Browse models");
    assert!(stage.has("Rescan"));
}

#[test]
fn the_title_bar_shows_the_preset_and_whether_a_knob_was_turned_since() {
    let shown = |preset| {
        let stage = Stage::new(View { preset, ..view() });
        let node = stage.harness.get_by_role_and_label(Role::ComboBox, "Preset");
        node.accesskit_node().value()
    };
    assert_eq!(shown(None).as_deref(), Some("Preset"));
    assert_eq!(shown(Some((0, false))).as_deref(), Some("Chorales"));
    assert_eq!(shown(Some((0, true))).as_deref(), Some("Chorales (changed)"));
}

#[test]
fn lists_are_searched_by_typing_and_have_favourites() {
    let mut stage = Stage::new(view());
    stage.press(Role::ComboBox, "Style");
    // The field to search in has the focus.
    stage.harness.event(Event::Text("floor".to_owned()));
    stage.harness.run();
    assert!(stage.has("Dance floor") && !stage.has("Hymns"));
    assert_eq!(
        stage.press(Role::Button, "Favourite Dance floor"),
        [Intent::Set(Settings { favourite_styles: vec!["Dance floor".to_owned()], ..view().settings })]
    );
    stage.harness.get_by_role_and_label(Role::TextInput, "Search Style").focus();
    stage.harness.run();
    stage.harness.key_press(Key::Enter);
    stage.harness.run();
    let step = view().parameters.position_of_step(Knob::Style, 9);
    assert_eq!(stage.take_intents(), turned(Knob::Style, step));
    let settings = Settings { favourite_styles: vec!["Game".to_owned()], ..view().settings };
    let mut stage = Stage::new(View { settings, ..view() });
    stage.press(Role::ComboBox, "Style");
    let games = stage.harness.query_all_by_role_and_label(Role::Button, "Game").count();
    assert_eq!(games, 2, "under Favourites, and in its place");
}

#[test]
fn arrows_go_to_the_previous_and_the_next_and_the_wheel_changes_no_list() {
    let mut stage = Stage::new(view());
    let steps = |idx| turned(Knob::Style, view().parameters.position_of_step(Knob::Style, idx));
    assert_eq!(stage.press(Role::Button, "Next style"), steps(1));
    assert_eq!(stage.press(Role::Button, "Previous style"), steps(9), "round at the end");
    let presets = stage.view.borrow().presets.clone();
    assert_eq!(stage.press(Role::Button, "Next preset"), [Intent::LoadPreset(presets[0].id.clone())]);
    stage.view.borrow_mut().preset = Some((3, false));
    stage.harness.run();
    assert_eq!(stage.press(Role::Button, "Next preset"), [Intent::LoadPreset(presets[4].id.clone())]);
    for name in ["Style", "Preset", "Key and scale", "Cadence"] {
        let list = stage.centre(Role::ComboBox, name);
        stage.harness.hover_at(list);
        stage.harness.event(Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: Vec2::new(0.0, -1.0),
            modifiers: Modifiers::NONE,
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
        });
        stage.harness.run();
        assert_eq!(stage.take_intents(), [], "{name}");
    }
}

#[test]
fn all_instruments_come_back_at_one_click() {
    let mut stage = Stage::new(view());
    stage.turn_to("Instruments");
    assert!(!stage.has("All"), "all are on");
    let brass = Knob::Plays(Family::from_index(7).unwrap());
    assert_eq!(stage.press(Role::CheckBox, "Brass"), turned(brass, 0.0));
    stage.view.borrow().parameters.put(brass, 0.0);
    stage.harness.run();
    assert_eq!(stage.press(Role::Button, "All"), turned(brass, 1.0));
}

#[test]
fn models_are_chosen_by_their_cards() {
    let mut stage = Stage::new(view());
    stage.turn_to("Models");
    assert_eq!(stage.press(Role::Button, "Rescan"), [Intent::ListModels]);
    let tango = ModelChoice::File(PathBuf::from("mine/Tango.safetensors"));
    assert_eq!(stage.press(Role::Button, "Use Tango"), [Intent::Choose(tango)]);
    assert_eq!(stage.press(Role::Button, "Use Half a waltz"), [], "a file that is none");
    assert!(stage.harness.query_by_label_contains("copy it again").is_some());
}

#[test]
fn the_welcome_card_can_be_closed_and_leads_to_the_hosts() {
    let mut new = view();
    new.settings.is_welcomed = false;
    let mut stage = Stage::new(new);
    assert_eq!(stage.press(Role::Button, "Turn the preview sound on"), turned(Knob::Preview, 1.0));
    let intents = stage.press(Role::Button, "Got it");
    assert_eq!(intents, [Intent::Set(Settings { is_welcomed: true, ..Settings::default() })]);
    assert_eq!(stage.press(Role::CheckBox, "Bitwig Studio"), []);
    assert!(stage.has("Recording in Bitwig Studio"));
    for topic in ["First steps", "Mouse and keys", "Cubase"] {
        assert_eq!(stage.press(Role::CheckBox, topic), []);
    }
}

#[test]
fn light_and_dark_are_a_setting() {
    let mut stage = Stage::new(view());
    let settings = Settings { is_light: true, ..view().settings };
    assert_eq!(stage.press(Role::Button, "Light"), [Intent::Set(settings)]);
}

#[test]
fn messages_go_away_by_themselves_beside_the_status_and_can_be_read_again() {
    let message = "could not read the model file Tango.safetensors";
    let mut stage = Stage::new(View { messages: vec![message.to_owned()], ..view() });
    let shows_status = |stage: &Stage| stage.harness.query_by_label_contains("Playing, bar 6").is_some();
    assert!(stage.has(message) && shows_status(&stage));
    assert_eq!(stage.press(Role::Button, "Dismiss"), [Intent::Dismiss]);
    // Sixty frames are a second.
    stage.harness.run_steps(10 * 60);
    assert!(!stage.has(message) && shows_status(&stage));
    stage.click("1 message");
    assert!(stage.has(message));
    stage.view.borrow_mut().messages.push("no more space".to_owned());
    stage.harness.run();
    assert!(stage.has("no more space") && !stage.has(message));
    stage.harness.run_steps(10 * 60);
    assert!(stage.has("2 messages"));
}

#[test]
fn the_corner_asks_the_host_for_another_size_and_never_for_too_small_a_one() {
    let asked = |by: Vec2| {
        let mut stage = Stage::new(view());
        let corner = Pos2::new(996.0, 636.0);
        stage.harness.hover_at(corner);
        stage.harness.run();
        stage.harness.drag_at(corner);
        stage.harness.step();
        stage.harness.hover_at(corner + by / 2.0);
        stage.harness.step();
        stage.harness.hover_at(corner + by);
        stage.harness.step();
        stage.harness.drop_at(corner + by);
        stage.harness.run();
        stage.take_intents().pop()
    };
    assert_eq!(asked(Vec2::new(200.0, 100.0)), Some(Intent::Resize(1200.0, 740.0)));
    assert_eq!(asked(Vec2::new(-900.0, -600.0)), Some(Intent::Resize(640.0, 400.0)));
}

#[test]
fn an_editor_without_model_or_music_says_so() {
    let empty = View { card: None, roll: Roll::default(), ..view() };
    let stage = Stage::new(empty);
    assert!(stage.harness.query_by_label_contains("No model").is_some());
}

#[test]
fn hovering_a_note_shows_pitch_time_and_how_sure_the_network_was() {
    let mut roll = view().roll;
    roll.marks = marks(&roll.score, &[], &[]);
    roll.playing = false;
    roll.playhead = Beats(0.0);
    let mut stage = Stage::new(View { roll, ..view() });
    stage.harness.ctx.all_styles_mut(|style| style.interaction.tooltip_delay = 0.0);
    let canvas = stage.harness.get_by_role_and_label(Role::Canvas, "Piano roll").rect();
    // The bass note C2 at the start lasts two beats; the row is found by going up through them.
    let x = canvas.left() + 36.0;
    let mut y = canvas.bottom() - 1.0;
    let mut shown = Vec::new();
    while y > canvas.top() {
        stage.harness.hover_at(Pos2::new(x, y));
        stage.harness.run_steps(12);
        let tooltips = stage.harness.query_all_by_label_contains("sure of it");
        shown.extend(tooltips.filter_map(|node| {
            let node = node.accesskit_node();
            node.label().or(node.value())
        }));
        y -= 3.0;
    }
    assert!(
        shown.iter().any(|text| text.starts_with("C2, Bass")
            && text.contains("bar 1, beat 1")
            && text.contains("60% sure")),
        "{shown:?}"
    );
}
