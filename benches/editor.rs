//! The processor's part of a frame of the editor: layout and tessellation.
//!
//! The phrase has 64 bars with 8 notes a beat; or a band of four instruments with drums. Drawing the triangles is left to the graphics card.

use std::sync::Arc;

use continuo::music::{Bar, Beats, Family, Meter, Note, Score, Tick};
use continuo::player::handover::handover;
use continuo::plugin::Parameters;
use continuo::plugin::editor::{Roll, View, prepare, show};
use egui::{Context, Event, Pos2, RawInput, Rect, Vec2};

fn main() {
    divan::main();
}

fn score() -> Arc<Score> {
    let bar = |idx: i64| {
        let start = Tick(96 * idx);
        let note = |step: i64| Note {
            onset: start + Tick(3 * step),
            duration: Tick(3),
            pitch: 40 + (step * 7 % 48) as u8,
            velocity: 40 + (step * 5 % 80) as u8,
            family: Family::from_index(step as usize % 6).unwrap_or_default(),
            feel: None,
        };
        Arc::new(Bar { start, meter: Meter::COMMON, notes: (0..32).map(note).collect() })
    };
    Arc::new(Score { bars: (0..64).map(bar).collect(), ..Score::default() })
}

/// Bass, chords, strings, a tune and a beat.
fn band() -> Arc<Score> {
    let bar = |idx: i64| {
        let start = Tick(96 * idx);
        let note = |step: i64, pitch: i64, duration: i64, family: Family| Note {
            onset: start + Tick(step * 6),
            duration: Tick(duration),
            pitch: pitch as u8,
            velocity: 60 + (step * 5 % 60) as u8,
            family,
            feel: None,
        };
        let root = 36 + [0, 9, 5, 7][idx as usize % 4];
        let mut notes: Vec<Note> = (0..4).map(|beat| note(4 * beat, root, 22, Family::BASS)).collect();
        for (step, above) in (0..16).zip([24, 28, 31, 28].into_iter().cycle()) {
            notes.push(note(step, root + above, 6, Family::PIANO));
            notes.push(note(step, if step % 8 == 4 { 38 } else { 42 }, 3, Family::DRUMS));
        }
        notes.extend([12, 19, 28].map(|above| note(0, root + above, 94, Family::STRINGS)));
        notes.extend((0..8).map(|eighth| note(2 * eighth, root + 36 + eighth, 12, Family::ENSEMBLE)));
        notes.sort();
        Arc::new(Bar { start, meter: Meter::COMMON, notes })
    };
    Arc::new(Score { bars: (0..64).map(bar).collect(), ..Score::default() })
}

/// The band with a chord lane.
fn band_with_chords() -> View {
    let view = view();
    let roll = Roll { score: band(), ..view.roll.clone() };
    View { roll, chords: "C | Am | F | G7 G7 G7 Bdim".to_owned(), ..view }
}

fn view() -> View {
    let view = View::of(Arc::new(Parameters::new(handover().0)));
    View { roll: Roll { score: score(), playhead: Beats(100.0), playing: true, ..Roll::default() }, ..view }
}

/// Draws frame after frame, the song moving on between them.
fn frames(bencher: divan::Bencher<'_, '_>, mut view: View, size: (f32, f32), zooms: usize) {
    let ctx = Context::default();
    prepare(&ctx);
    let mut time = 0.0;
    let mut frame = |view: &View, events: Vec<Event>| {
        time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, Vec2::new(size.0, size.1))),
            time: Some(time),
            events,
            ..RawInput::default()
        };
        let mut output = ctx.run_ui(input, |ui| {
            divan::black_box(show(ui, view));
        });
        // Textures would go to the graphics card.
        output.textures_delta.clear();
        ctx.tessellate(output.shapes, output.pixels_per_point)
    };
    let roll = Pos2::new(size.0 / 2.0, size.1 / 3.0);
    for _ in 0..3 {
        frame(&view, vec![Event::PointerMoved(roll)]);
    }
    for _ in 0..zooms {
        frame(&view, vec![Event::Zoom(0.5)]);
    }
    frame(&view, vec![Event::PointerGone]);
    bencher.bench_local(move || {
        view.roll.playhead.0 += 1.0 / 30.0;
        if view.roll.playhead.0 > 200.0 {
            view.roll.playhead.0 = 60.0;
        }
        frame(&view, Vec::new())
    });
}

/// As it is opened.
#[divan::bench]
fn usual(bencher: divan::Bencher<'_, '_>) {
    frames(bencher, view(), (1000.0, 640.0), 0);
}

/// All 64 bars in sight, in a large window.
#[divan::bench]
fn whole_phrase_in_sight(bencher: divan::Bencher<'_, '_>) {
    frames(bencher, view(), (1600.0, 900.0), 4);
}

/// All bars of a band in sight, with a chord lane.
#[divan::bench]
fn band_with_a_chord_lane(bencher: divan::Bencher<'_, '_>) {
    frames(bencher, band_with_chords(), (1600.0, 900.0), 4);
}

/// The same, where the chords are found in the music.
#[divan::bench]
fn band_with_found_chords(bencher: divan::Bencher<'_, '_>) {
    let view = band_with_chords();
    frames(bencher, View { chords: String::new(), ..view }, (1600.0, 900.0), 4);
}
