//! Pictures of the main states, compared with those in `tests/golden/editor`, and those of the manual.
//!
//! Where one differs, the new picture and the difference are written to `target/editor-pictures`. With
//! `CONTINUO_RENEW_PICTURES` set, the new pictures replace the old.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, Rgba, RgbaImage};

use crate::composer::{Take, Writer, compose_until};
use crate::model::Model;
use crate::music::{Family, Meter, Tick, Voice};
use crate::player::{ComposingKnobs, Knob, Part};
use crate::plugin::editor::pages::knobs::page::PAGES;
use crate::plugin::editor::tests::Stage;
use crate::plugin::editor::tests::fixtures::{band, beat, chorale, marks, played, quartet, view};
use crate::plugin::editor::tests::train::survey;
use crate::plugin::editor::view::{IdeaEntry, Roll, TransportView, View};
use crate::plugin::own_transport::Song;
use crate::plugin::trainer::{CurvePoint, Seen, State};
use crate::plugin::window_size::WindowSize;
use crate::run_events::Reached;

const USUAL: (f32, f32) = WindowSize::DEFAULT;
const SMALLEST: (f32, f32) = WindowSize::SMALLEST;
/// How much a part of a colour may differ, and the share of pixels that may differ by more: rounding differs between
/// processors.
const TOLERANCE: u8 = 24;
const SHARE: f64 = 0.0005;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Opens these tabs one after the other, and draws.
fn draw(view: View, size: (f32, f32), tabs: &[&str]) -> RgbaImage {
    let mut stage = Stage::sized(view, size, 1.0);
    for tab in tabs {
        stage.turn_to(tab);
    }
    stage.harness.remove_cursor();
    stage.harness.set_render_cursor(false);
    stage.picture()
}

fn differs(one: Rgba<u8>, other: Rgba<u8>) -> bool {
    one.0.iter().zip(other.0).any(|(one, other)| one.abs_diff(other) > TOLERANCE)
}

/// Compares a picture with the golden one of its name.
fn compare(name: &str, picture: &RgbaImage) -> Result<(), String> {
    let kept = root().join("tests/golden/editor").join(format!("{name}.png"));
    if std::env::var_os("CONTINUO_RENEW_PICTURES").is_some() {
        return save(picture, &kept);
    }
    let expected = image::open(&kept).map_err(|error| format!("{}: {error}", kept.display()))?.to_rgba8();
    let is_as_large = expected.dimensions() == picture.dimensions();
    let mut difference = RgbaImage::new(picture.width(), picture.height());
    let mut n_different = 0;
    if is_as_large {
        for ((new, old), shown) in picture.pixels().zip(expected.pixels()).zip(difference.pixels_mut()) {
            let is_different = differs(*new, *old);
            n_different += u32::from(is_different);
            let [red, green, blue, _] = new.0.map(|part| part / 4);
            *shown = if is_different { Rgba([255, 0, 80, 255]) } else { Rgba([red, green, blue, 255]) };
        }
    }
    let n_allowed = SHARE * f64::from(picture.width() * picture.height());
    if is_as_large && f64::from(n_different) <= n_allowed {
        return Ok(());
    }
    let folder = root().join("target/editor-pictures");
    let (new, marked) = (folder.join(format!("{name}.new.png")), folder.join(format!("{name}.diff.png")));
    save(picture, &new)?;
    save(&difference, &marked)?;
    Err(format!("{name}: {n_different} pixels differ; see {} and {}", new.display(), marked.display()))
}

fn save(picture: &RgbaImage, path: &Path) -> Result<(), String> {
    let words = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    std::fs::create_dir_all(path.parent().unwrap()).map_err(|error| words(&error))?;
    let file = std::fs::File::create(path).map_err(|error| words(&error))?;
    let small = PngEncoder::new_with_quality(file, CompressionType::Best, FilterType::Adaptive);
    DynamicImage::from(picture.clone()).to_rgb8().write_with_encoder(small).map_err(|error| words(&error))
}

fn stopped() -> View {
    let mut view = view();
    view.roll.playing = false;
    view.roll.playhead = crate::music::Beats(0.0);
    view
}

fn kept_bars() -> View {
    let mut view = view();
    view.roll.marks = marks(&view.roll.score, &[2, 4, 6], &[6, 7]);
    view.roll.n_undo = 2;
    view
}

fn conversation() -> View {
    let mut view = view();
    view.roll.input = played();
    view
}

fn drums() -> View {
    let mut view = view();
    view.roll.score = beat(16);
    view
}

/// A band with drums and a chord lane.
fn with_band() -> View {
    let mut view = chords();
    view.roll.score = band(16);
    view.roll.marks = marks(&view.roll.score, &[4, 5], &[6]);
    view
}

/// A quartet of which one voice is muted, with its chords as degrees.
fn with_muted_voice() -> View {
    let mut view = view();
    view.roll.score = chorale(16, Family::STRINGS);
    view.settings.shows_degrees = true;
    view.parameters.put(Knob::Mutes(Part::Voice(Voice::Third)), 1.0);
    view
}

/// Bars that are selected, and their menu.
fn selected_bars() -> RgbaImage {
    let mut stage = Stage::sized(with_band(), USUAL, 1.0);
    let [from, to] = ["Bar 6", "Bar 8"].map(|bar| stage.centre(Role::Button, bar));
    stage.drag(from, to - from);
    stage.harness.remove_cursor();
    stage.harness.set_render_cursor(false);
    stage.picture()
}

/// Chords that are being typed and make no sense yet.
fn chords_typed() -> RgbaImage {
    let mut stage = Stage::sized(light(with_band()), USUAL, 1.0);
    stage.press(Role::Button, "Chords of bar 6: G7");
    stage.harness.get_by_role_and_label(Role::TextInput, "Chords of bar 6").type_text("G7 Hm");
    stage.harness.remove_cursor();
    stage.harness.set_render_cursor(false);
    stage.picture()
}

fn chords() -> View {
    View { chords: "Dm7 | G7 | Cmaj7 | %".to_owned(), ..view() }
}

/// A list of the title bar, open.
fn list(name: &str) -> RgbaImage {
    let mut view = view();
    view.settings.favourite_styles = vec!["Game".to_owned()];
    view.preset = Some((23, true));
    let mut stage = Stage::sized(view, USUAL, 1.0);
    stage.harness.get_by_role_and_label(Role::ComboBox, name).click();
    stage.harness.run();
    stage.harness.remove_cursor();
    stage.harness.set_render_cursor(false);
    stage.picture()
}

/// The history, open.
fn history(is_light: bool) -> RgbaImage {
    let idea = |name: &str, about: &str, n_bars: usize| IdeaEntry {
        name: name.to_owned(),
        about: about.to_owned(),
        notes: quartet(16).bars[..n_bars].iter().flat_map(|bar| bar.notes.clone()).collect(),
    };
    let ideas = [
        idea("Jazz, seed 4021", "Bars 1–8, 12 min ago", 8),
        idea("Songs, seed 4", "Bar 3, 1 min ago", 1),
        idea("Chorales, seed 77", "Bars 9–12, just now", 4),
    ];
    let mut view = View { ideas: ideas.into(), ..view() };
    view.settings.is_light = is_light;
    let mut stage = Stage::sized(view, USUAL, 1.0);
    stage.click("History");
    stage.harness.remove_cursor();
    stage.harness.set_render_cursor(false);
    stage.picture()
}

fn error() -> View {
    View {
        messages: vec!["could not read the model file mine/Tango.safetensors: no such file".to_owned()],
        ..stopped()
    }
}

fn first_minute() -> View {
    let mut view = View { roll: Roll::default(), host: Some("Ardour"), ..view() };
    view.settings.is_welcomed = false;
    view
}

/// Plays the second voice without the drums.
fn alto() -> View {
    let view = view();
    let put = |knob, text| {
        view.parameters.put(knob, view.parameters.position_of_text(knob, text).unwrap());
    };
    put(Knob::Solo, "Voice 2");
    put(Knob::Mutes(Part::Instrument(Family::DRUMS)), "On");
    view
}

fn light(mut view: View) -> View {
    view.settings.is_light = true;
    view
}

/// The view with the application's transport, looping four bars.
fn application(mut view: View) -> View {
    let song = Song { tempo: 96.0, loop_bars: 4, ..Song::default() };
    view.transport = Some(TransportView { is_playing: view.roll.playing, song, has_lost_audio: false });
    view.parameters.put(Knob::Preview, 1.0);
    view
}

fn training() -> View {
    let mut view = view();
    view.training.trainer = Some("/usr/local/bin/continuo-trainer".into());
    view.training.name = "Tango".to_owned();
    view.training.state = State::Running;
    let curve = (1..=21).map(|idx| {
        let done = 0.02 * idx as f32;
        CurvePoint { done, error: 1.9 + 1.6 * (-9.0 * done).exp() + 0.02 * (7.0 * idx as f32).sin() }
    });
    let reached = Reached {
        done: 0.42,
        n_notes: 540_000,
        notes_per_second: 9_480.0,
        seconds_left: 170.0,
        learning_rate: 0.004,
        training_error: 2.41,
        held_out: None,
    };
    view.training.seen = Arc::new(Seen {
        corpus: survey().corpus,
        reached: Some(reached),
        curve: curve.collect(),
        ..Seen::default()
    });
    view
}

#[test]
fn the_main_states_look_as_in_the_golden_pictures() {
    let pictures = [
        ("styles", list("Style")),
        ("presets", list("Preset")),
        ("key-and-scale", list("Key and scale")),
        ("history", history(false)),
        ("history-light", history(true)),
        ("stopped", draw(stopped(), SMALLEST, &[])),
        ("playing", draw(view(), USUAL, &[])),
        ("conversation", draw(conversation(), USUAL, &["Converse"])),
        ("chords", draw(chords(), USUAL, &["Chords"])),
        ("kept-bars", draw(kept_bars(), USUAL, &["Detail", "Touch"])),
        ("kept-bars-light", draw(light(kept_bars()), USUAL, &["Notes", "Blend"])),
        ("model-error", draw(error(), SMALLEST, &["Perform"])),
        ("models-light", draw(light(view()), SMALLEST, &["Models"])),
        ("drums", draw(drums(), USUAL, &["Instruments"])),
        ("band", draw(with_band(), USUAL, &[])),
        ("band-light", draw(light(with_band()), USUAL, &[])),
        ("band-smallest", draw(with_band(), SMALLEST, &[])),
        ("band-largest-light", draw(light(with_band()), (1600.0, 900.0), &[])),
        ("quartet-muted", draw(with_muted_voice(), USUAL, &["Chords"])),
        ("bars-selected", selected_bars()),
        ("chords-typed", chords_typed()),
        ("first-minute", draw(first_minute(), SMALLEST, &[])),
        ("smallest-light", draw(light(conversation()), SMALLEST, &["Compose"])),
        ("parts", draw(alto(), SMALLEST, &["Parts"])),
        ("largest", draw(view(), (1600.0, 900.0), &[])),
        ("training", draw(training(), SMALLEST, &["Train"])),
        ("application", draw(application(view()), SMALLEST, &[])),
    ];
    let wrong: Vec<String> =
        pictures.iter().filter_map(|(name, picture)| compare(name, picture).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Styles of the built-in model, by the steps of the knob.
const QUARTETS: u8 = 4;
const DRUMS: u8 = 6;
const POP: u8 = 10;

/// The view with music that the built-in model has composed in a style, and with its card.
fn real(mut view: View, style: u8) -> View {
    let model = Model::embedded().unwrap();
    let knobs = ComposingKnobs { style, seed: 4, ..ComposingKnobs::default() };
    let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&model)));
    compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, Tick(16 * 96));
    view.roll.score = Arc::new(take.score());
    view.card = Some(Arc::new(model.card().clone()));
    let position = view.parameters.position_of_step(Knob::Style, usize::from(style));
    view.parameters.put(Knob::Style, position);
    view
}

/// The manual's pictures: written into the folder in `CONTINUO_PICTURES` by `cargo xtask manual-pictures`.
#[test]
fn the_manual_has_a_picture_for_each_section() {
    let menu = {
        let mut stage = Stage::sized(real(kept_bars(), POP), USUAL, 1.0);
        stage.click("More to save");
        stage.harness.set_render_cursor(false);
        stage.picture()
    };
    let bar_menu = {
        let mut stage = Stage::sized(real(kept_bars(), POP), USUAL, 1.0);
        stage.click("Bar 8");
        stage.harness.set_render_cursor(false);
        stage.picture()
    };
    let pictures = [
        ("first-minute", draw(first_minute(), USUAL, &[])),
        ("roll", draw(real(kept_bars(), POP), USUAL, &[])),
        ("bars", bar_menu),
        ("drums", draw(real(drums(), DRUMS), USUAL, &["Instruments"])),
        ("compose", draw(real(stopped(), POP), SMALLEST, &["Compose"])),
        ("chords", draw(real(chords(), POP), SMALLEST, &["Chords"])),
        ("detail", draw(real(stopped(), POP), SMALLEST, &["Detail"])),
        ("notes", draw(real(stopped(), POP), SMALLEST, &["Notes"])),
        ("perform", draw(real(view(), POP), SMALLEST, &["Perform"])),
        ("touch", draw(real(view(), POP), SMALLEST, &["Touch"])),
        ("parts", draw(real(alto(), QUARTETS), SMALLEST, &["Parts"])),
        ("converse", draw(real(conversation(), POP), USUAL, &["Converse"])),
        ("takes", draw(real(kept_bars(), POP), USUAL, &["Blend"])),
        ("models", draw(real(view(), POP), USUAL, &["Models"])),
        ("train", draw(training(), USUAL, &["Train"])),
        ("save-midi", menu),
        ("light", draw(light(real(view(), POP)), USUAL, &[])),
        ("application", draw(application(real(view(), POP)), USUAL, &[])),
    ];
    for (idx, (name, picture)) in pictures.iter().enumerate() {
        assert!(pictures[..idx].iter().all(|(_, other)| other != picture), "{name} shows what another does");
        if let Some(folder) = std::env::var_os("CONTINUO_PICTURES") {
            save(picture, &PathBuf::from(folder).join(format!("{name}.png"))).unwrap();
        }
    }
}

#[test]
fn lines_are_as_sharp_at_one_and_a_half_and_twice_the_size() {
    for scale in [1.5, 2.0] {
        let mut view = view();
        view.settings.enlarged_by = (100.0 * (scale - 1.0)) as u32;
        let mut stage = Stage::sized(view, SMALLEST, scale);
        let picture = stage.picture();
        assert_eq!(picture.width(), (SMALLEST.0 * scale) as u32);
        let columns = edges(&picture);
        // A line of one pixel is one pixel at each scale: no column between two is half of each.
        assert!(columns > 20, "{columns} sharp edges at {scale}");
    }
}

/// Pixels of one row through the roll at which the colour jumps within one pixel.
fn edges(picture: &RgbaImage) -> usize {
    let row = picture.height() / 4;
    let bright = |x: u32| picture.get_pixel(x, row).0[..3].iter().map(|part| i32::from(*part)).sum::<i32>();
    (1..picture.width()).filter(|x| (bright(*x) - bright(x - 1)).abs() > 60).count()
}

#[test]
fn nothing_is_cut_off_and_nothing_overlaps_at_the_smallest_size() {
    let groups = PAGES.map(|(_, name, _)| name);
    for (width, height) in [SMALLEST, USUAL, (800.0, 500.0)] {
        let mut stage = Stage::sized(view(), (width, height), 1.0);
        for group in groups {
            stage.harness.get_by_role_and_label(Role::Tab, group).click();
            stage.harness.run();
            let whole = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height));
            let mut hands = Vec::new();
            for role in
                [Role::Slider, Role::CheckBox, Role::ComboBox, Role::Button, Role::Tab, Role::TextInput]
            {
                for node in stage.harness.query_all_by_role(role) {
                    let label = node.accesskit_node().label().unwrap_or_default();
                    if !label.starts_with("Bar ") {
                        hands.push((label, node.rect()));
                    }
                }
            }
            for (idx, (label, rect)) in hands.iter().enumerate() {
                assert!(
                    whole.contains_rect(*rect),
                    "{group} at {width} x {height}: {label} leaves the window: {rect}"
                );
                for (other, beside) in &hands[idx + 1..] {
                    let shared = rect.intersect(*beside);
                    let overlaps = shared.width() > 1.5 && shared.height() > 1.5;
                    assert!(!overlaps, "{group} at {width} x {height}: {label} lies on {other}");
                }
            }
        }
    }
}
