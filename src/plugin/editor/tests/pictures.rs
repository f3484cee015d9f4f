//! Pictures of the main states.

use std::path::PathBuf;
use std::sync::Arc;

use image::RgbaImage;

use crate::music::Beats;
use crate::plugin::editor::tests::Stage;
use crate::plugin::editor::tests::fixtures::{beat, marks, played, view};
use crate::plugin::editor::{Order, Roll, Settings, Size, State, Training, View};

/// Where a picture goes when one wants to look at it: the folder in `CONTINUO_PICTURES`.
fn keep(picture: &RgbaImage, name: &str) {
    if let Some(folder) = std::env::var_os("CONTINUO_PICTURES") {
        picture.save(PathBuf::from(folder).join(format!("{name}.png"))).unwrap();
    }
}

#[test]
fn look() {
    let snap = |name: &str, view: View, size: (f32, f32), clicks: &[&str]| {
        let mut stage = Stage::sized(view, size, 1.0);
        for label in clicks {
            stage.click(label);
        }
        keep(&stage.picture(), name);
    };
    let usual = (1000.0, 640.0);
    snap("playing", view(), usual, &[]);
    let mut v = view();
    v.settings.is_light = true;
    v.roll.marks = marks(&v.roll.score, &[2, 4, 6], &[6, 7]);
    v.roll.n_undo = 2;
    snap("light", v, usual, &["Notes", "Converse"]);
    let mut v = view();
    v.roll.score = beat(16);
    snap("drums", v, usual, &["Instruments", "Style"]);
    let mut v = view();
    v.roll.input = played();
    snap("small", v.clone(), (640.0, 400.0), &[]);
    snap("small-converse", v.clone(), (640.0, 400.0), &["Converse"]);
    for group in ["Detail", "Notes", "Instruments", "Perform", "Touch", "Style"] {
        snap(&format!("small-{group}"), v.clone(), (640.0, 400.0), &[group]);
    }
    v.settings.is_welcomed = false;
    v.roll = Roll::default();
    snap("small-welcome", v.clone(), (640.0, 400.0), &[]);
    snap("welcome", v.clone(), usual, &[]);
    snap("models", view(), usual, &["Models"]);
    snap("small-models", view(), (640.0, 400.0), &["Models"]);
    let mut v = view();
    v.training.trainer = Some("/usr/bin/continuo-trainer".into());
    v.training.name = "Tango".into();
    v.training.state = State::Running;
    v.training.done = 0.42;
    v.training.lines = vec!["42.0% 0.5M notes 900/s 5m left train 2.1 valid 2.3 best: Tango 2.3".into()];
    snap("train", v.clone(), usual, &["Train"]);
    v.training = Training::default();
    snap("small-train", v.clone(), (640.0, 400.0), &["Train"]);
    snap("small-guide", v.clone(), (640.0, 400.0), &["Guide", "Reaper"]);
    snap("huge", view(), (1600.0, 1000.0), &[]);
}
