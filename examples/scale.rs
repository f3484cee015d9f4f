//! What a take costs as it grows: composing, saving, loading, drawing.
//!
//! ```sh
//! cargo run --release --example scale -- 10 100 1000 10000
//! ```
//!
//! Prints a line for each number of bars: the bars, their notes, the seconds that composing all of them took, the
//! milliseconds for saving the take and for loading it, its saved size in bytes, and the milliseconds of processor time for
//! a frame of the editor, with some bars in sight and with as many as it can show.

#![allow(clippy::print_stdout, reason = "that is what it is for")]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use continuo::composer::{SavedTake, Take, Writer, compose_until};
use continuo::model::Model;
use continuo::music::{Beats, Meter, Score, Tick};
use continuo::player::ComposingKnobs;
use continuo::player::handover::handover;
use continuo::plugin::Parameters;
use continuo::plugin::editor::{Roll, View, prepare, show};
use egui::{Context, Event, Pos2, RawInput, Rect, Vec2};

/// Each time is the median of so many.
const N_TIMES: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let lengths: Vec<usize> = std::env::args().skip(1).map(|bars| bars.parse()).collect::<Result<_, _>>()?;
    let model = Arc::new(Model::embedded()?);
    let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&model)));
    let mut composing = 0.0;
    for n_bars in lengths {
        let end = Tick(n_bars as i64 * Meter::COMMON.bar_length().0);
        let begun = Instant::now();
        compose_until(&mut take, &mut writer, &ComposingKnobs::default(), Meter::COMMON, end);
        composing += begun.elapsed().as_secs_f64();
        let score = Arc::new(take.score());
        let n_notes: usize = score.bars.iter().map(|bar| bar.notes.len()).sum();
        let saved = serde_json::to_vec(&SavedTake::of(&take, Some(&model)))?;
        let saving =
            median(|| serde_json::to_vec(&SavedTake::of(&take, Some(&model))).map(|bytes| bytes.len()));
        let loading =
            median(|| serde_json::from_slice::<SavedTake>(&saved).map(|saved| saved.restore().is_ok()));
        let [few, most] = [0, 40].map(|zooms| frame(&score, zooms));
        println!(
            "{n_bars} {n_notes} {composing:.3} {saving:.3} {loading:.3} {} {few:.3} {most:.3}",
            saved.len()
        );
    }
    Ok(())
}

/// The median of several times, in milliseconds.
fn median<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut times: Vec<f64> = (0..N_TIMES)
        .map(|_| {
            let begun = Instant::now();
            std::hint::black_box(work());
            1e3 * begun.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[N_TIMES / 2]
}

/// The time for layout and tessellation of a frame in the middle of the song, zoomed out so often.
fn frame(score: &Arc<Score>, zooms: usize) -> f64 {
    let mut view = view(Arc::clone(score));
    let ctx = Context::default();
    prepare(&ctx);
    let mut time = 0.0;
    let mut frame = |view: &View, events: Vec<Event>| {
        time += 1.0 / 60.0;
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, Vec2::new(1000.0, 640.0)));
        let input = RawInput { screen_rect, time: Some(time), events, ..RawInput::default() };
        let output = ctx.run_ui(input, |ui| drop(show(ui, view)));
        ctx.tessellate(output.shapes, output.pixels_per_point).len()
    };
    for _ in 0..3 {
        frame(&view, vec![Event::PointerMoved(Pos2::new(500.0, 200.0))]);
    }
    for _ in 0..zooms {
        frame(&view, vec![Event::Zoom(0.7)]);
    }
    // The chords of what is in sight are found over a few frames.
    for _ in 0..200 {
        frame(&view, vec![Event::PointerGone]);
    }
    median(|| {
        view.roll.playhead.0 += 1.0 / 30.0;
        frame(&view, Vec::new())
    })
}

fn view(score: Arc<Score>) -> View {
    let playhead = Beats(2.0 * score.bars.len() as f64);
    let view = View::of(Arc::new(Parameters::new(handover().0)));
    View { roll: Roll { score, playhead, playing: true, ..Roll::default() }, ..view }
}
