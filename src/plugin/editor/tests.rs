//! The editor without a host: what it shows and what clicks in it mean.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::model::Card;
use crate::music::{Bar, Beats, Family, Meter, Note, Score, Tick};
use crate::player::handover::handover;
use crate::plugin::editor::raster::Raster;
use crate::plugin::editor::{Choice, Intent, Roll, SIZE, View, another_seed, prepare, show};
use crate::plugin::parameters::MAX_SEED;
use crate::plugin::{Knob, Parameters};

/// Sixteen bars of broken chords over a bass, from the origin of the song.
fn music() -> Arc<Score> {
    let chords = [
        [48, 60, 64, 67],
        [45, 57, 60, 64],
        [41, 57, 60, 65],
        [43, 55, 59, 62],
    ];
    let bar = |idx: usize| {
        let start = Tick(96 * idx as i64);
        let chord = chords[idx % 4];
        let bass = Note {
            onset: start,
            duration: Tick(90),
            pitch: chord[0],
            velocity: 80,
            family: Family::BASS,
        };
        let broken = (0..8).map(|step| Note {
            onset: start + Tick(12 * step),
            duration: Tick(11),
            pitch: chord[1 + step as usize % 3],
            velocity: 60 + 8 * step as u8,
            family: Family::PIANO,
        });
        let mut notes: Vec<Note> = std::iter::once(bass).chain(broken).collect();
        notes.sort();
        Arc::new(Bar {
            start,
            meter: Meter::COMMON,
            notes,
        })
    };
    Arc::new(Score {
        bars: (0..16).map(bar).collect(),
    })
}

fn view() -> View {
    let card = Card {
        name: "Continuo Default".to_owned(),
        description: "Chorales, hymns, folk tunes, songs and drums in one small network.".to_owned(),
        styles: ["Chorale", "Hymn", "Folk tune", "Song", "Drums"]
            .map(str::to_owned)
            .to_vec(),
        credits: vec!["Four public-domain corpora, named in the manual".to_owned()],
        licence: "CC0-1.0".to_owned(),
        ..Card::default()
    };
    View {
        parameters: Arc::new(Parameters::new(handover().0)),
        card: Some(card),
        chosen: Choice::BuiltIn,
        files: vec![PathBuf::from("mine/Tango.safetensors")],
        folder: "~/.local/share/continuo/models".to_owned(),
        presets: Vec::new(),
        roll: Roll {
            score: music(),
            playhead: Beats(21.3),
            playing: true,
        },
        messages: Vec::new(),
    }
}

/// The editor with all that the user wanted so far.
struct Desk {
    harness: Harness<'static>,
    intents: Rc<RefCell<Vec<Intent>>>,
}

impl Desk {
    fn new(view: View) -> Self {
        let intents = Rc::new(RefCell::new(Vec::new()));
        let wanted = Rc::clone(&intents);
        let harness = Harness::builder()
            .with_size(Vec2::new(SIZE.0, SIZE.1))
            .with_step_dt(1.0 / 60.0)
            .with_context_setup(prepare)
            .renderer(Raster::default())
            .build_ui(move |ui| wanted.borrow_mut().extend(show(ui, &view)));
        Self { harness, intents }
    }

    fn click(&mut self, label: &str) -> &mut Self {
        self.harness.get_by_label(label).click();
        self.harness.run();
        self
    }

    fn wanted(&mut self) -> Vec<Intent> {
        self.intents.take()
    }
}

/// The intents of a turn that is over at once.
fn turned(knob: Knob, position: f32) -> Vec<Intent> {
    vec![
        Intent::Begin(knob),
        Intent::Turn(knob, position),
        Intent::End(knob),
    ]
}

#[test]
fn looking_wants_nothing() {
    let mut desk = Desk::new(view());
    desk.harness.run();
    assert_eq!(desk.wanted(), []);
}

#[test]
fn buttons_and_lists_say_what_the_user_wants() {
    let mut desk = Desk::new(view());
    assert_eq!(desk.click("Re-roll").wanted(), [Intent::ReRoll]);
    assert_eq!(desk.click("Preview sound").wanted(), turned(Knob::Preview, 1.0));
    assert_eq!(desk.click("Rescan").wanted(), [Intent::ListModels]);
    desk.harness
        .get_by_role_and_label(Role::ComboBox, "Model file")
        .click();
    desk.harness.run();
    let tango = Choice::File(PathBuf::from("mine/Tango.safetensors"));
    assert_eq!(desk.click("Tango").wanted(), [Intent::Choose(tango)]);
    desk.harness
        .get_by_role_and_label(Role::ComboBox, "Style")
        .click();
    desk.harness.run();
    assert_eq!(desk.click("Folk tune").wanted(), turned(Knob::Style, 2.0 / 15.0));
}

#[test]
fn a_drag_is_one_turn_from_taking_hold_to_letting_go() {
    let mut desk = Desk::new(view());
    let bar = desk.harness.get_by_label("Temperature").rect().center();
    desk.harness.drag_at(bar);
    desk.harness.run();
    for step in 1..=10 {
        desk.harness.hover_at(bar + Vec2::new(5.5 * step as f32, 0.0));
        desk.harness.step();
    }
    desk.harness.drop_at(bar + Vec2::new(55.0, 0.0));
    desk.harness.run();
    let wanted = desk.wanted();
    assert_eq!(wanted.first(), Some(&Intent::Begin(Knob::Temperature)));
    assert_eq!(wanted.last(), Some(&Intent::End(Knob::Temperature)));
    let turns: Vec<f32> = wanted
        .iter()
        .filter_map(|intent| {
            if let Intent::Turn(_, position) = intent {
                Some(*position)
            } else {
                None
            }
        })
        .collect();
    // The host never answers in this test, and the knob goes on turning all the same.
    assert!(turns.is_sorted(), "{turns:?}");
    assert!((turns.last().unwrap() - 0.725).abs() < 0.01, "{turns:?}");
}

#[test]
fn a_knob_can_be_typed_and_put_back() {
    let mut desk = Desk::new(view());
    for _ in 0..2 {
        desk.harness.get_by_label("Length").click();
        desk.harness.step();
    }
    desk.harness.run();
    desk.harness
        .key_combination_modifiers(Modifiers::COMMAND, &[Key::A]);
    desk.harness.event(egui::Event::Text("16 bars".to_owned()));
    desk.harness.run();
    desk.harness.key_press(Key::Enter);
    desk.harness.run();
    assert_eq!(desk.wanted(), turned(Knob::Length, 15.0 / 63.0));
    desk.harness
        .get_by_label("Octave")
        .click_modifiers(Modifiers::COMMAND);
    desk.harness.run();
    assert_eq!(desk.wanted(), turned(Knob::Octave, 0.5));
}

#[test]
fn messages_are_shown_and_can_be_dismissed() {
    let message = "could not read the model file Tango.safetensors";
    let mut desk = Desk::new(View {
        messages: vec![message.to_owned()],
        ..view()
    });
    assert!(desk.harness.query_by_label(message).is_some());
    assert_eq!(desk.click("Dismiss").wanted(), [Intent::Dismiss]);
}

#[test]
fn an_editor_without_model_or_music_says_so() {
    let empty = View {
        card: None,
        roll: Roll::default(),
        ..view()
    };
    let desk = Desk::new(empty);
    assert!(desk.harness.query_by_label("No model").is_some());
}

/// Where a picture goes when one wants to look at it: the folder in `CONTINUO_PICTURES`.
fn keep(picture: &image::RgbaImage, name: &str) {
    if let Some(folder) = std::env::var_os("CONTINUO_PICTURES") {
        picture.save(PathBuf::from(folder).join(name)).unwrap();
    }
}

#[test]
fn the_picture_shows_the_notes_and_the_playhead() {
    let mut desk = Desk::new(view());
    desk.harness.run();
    let picture = desk.harness.render().unwrap();
    keep(&picture, "editor.png");
    let mut silent = Desk::new(View {
        roll: Roll::default(),
        ..view()
    });
    silent.harness.run();
    let empty = silent.harness.render().unwrap();
    keep(&empty, "editor-empty.png");
    let roll = desk.harness.get_by_label("Piano roll").rect();
    let differing = (roll.top() as u32..roll.bottom() as u32)
        .flat_map(|y| (roll.left() as u32..roll.right() as u32).map(move |x| (x, y)))
        .filter(|(x, y)| picture.get_pixel(*x, *y) != empty.get_pixel(*x, *y))
        .count();
    assert!(
        differing as f32 > 0.02 * roll.area(),
        "{differing} pixels of music"
    );
}

#[test]
fn a_re_roll_gives_another_seed_within_the_range() {
    for seed in [0, 1, 5000, MAX_SEED as i32] {
        for _ in 0..100 {
            let rolled = another_seed(seed);
            assert!(rolled <= MAX_SEED && rolled != seed as u32);
        }
    }
}
