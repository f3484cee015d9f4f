//! The editor opened, resized and closed over and over while the plugin plays.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clack_extensions::gui::GuiSize;

use crate::editor::frequency::Frequency;
use crate::editor::user::{Colours, is_test_user};
use crate::editor::window::{Display, Editor};
use crate::hosts::clap::ClapHost;
use crate::hosts::{Block, Daw, Host as _, Meanwhile, Pace, Recording, RenderMode, Setup};
use crate::process::{processor_seconds, resident};

/// The sizes that the editor is given.
const SIZES: [(u32, u32); 4] = [(640, 400), (1400, 900), (800, 500), (1000, 640)];
/// The smallest size of the editor.
const SMALLEST: (u32, u32) = (640, 400);
/// The fewest frames in the best second at the smallest size. The window library draws at every second of the
/// display's sixty refreshes (docs/UPSTREAM.md); this many can be drawn without a graphics card, beside other work.
const FEWEST_FRAMES: usize = 25;
/// The same where no pixels are filled: every second refresh, but for two that a busy machine may miss.
const FEWEST_FRAMES_UNFILLED: usize = 28;
/// Makes Mesa do everything in software but fill pixels.
const UNFILLED: [(&str, &str); 2] = [("LIBGL_ALWAYS_SOFTWARE", "1"), ("LP_NO_RAST", "1")];
/// From this cycle on nothing is loaded for the first time.
const WARM: usize = 10;
/// The most memory that an opening may leave behind, in bytes: its keymap (docs/UPSTREAM.md) and the music that is
/// composed meanwhile.
const MAX_GROWTH_PER_OPENING: u64 = 160 << 10;
/// How long the open editor is measured, with the song stopped and playing.
const MEASURED: Duration = Duration::from_secs(10);

/// Opens, resizes and closes the editor `n_times` while the song plays in real time, destroying the host's
/// window at once each time; measures the cost of an open editor; and ends with the editor open.
///
/// # Errors
/// If a window stays blank, memory grows beyond bounds, an event is out of place, the notes are not those that
/// the plugin plays without an editor, or the host that ends with the editor open crashes.
pub fn soak(clap: &Path, n_times: usize) -> Result<()> {
    let arguments = ["soak-editor".into(), clap.into(), "--times".into(), n_times.to_string().into()];
    if !is_test_user(&arguments, Colours::Dark, &[])? {
        return Ok(());
    }
    let display = Display::connect()?;
    let mut host = ClapHost::load(clap)?;
    host.activate(Setup { mode: RenderMode::Realtime, ..Setup::default() })?;
    let smallest = measure(&mut host, &display)?;
    let recording = open_and_close(&mut host, &display, n_times)?;
    recording.check_times()?;
    compare(clap, &recording)?;
    // Notes of the measurement before may end in the first block, so not every note-off has its note-on here.
    let n_notes = recording.events.iter().filter(|event| event.velocity > 0).count();
    println!("{n_times} times opened, resized and closed while {n_notes} notes played");
    drop(host);
    // As a host does that crashes or exits in a hurry. The exit status shows whether the plugin survives it.
    let mut host = ClapHost::load(clap)?;
    let editor = Editor::open(&mut host, &display)?;
    editor.wait_for_picture(&mut host, &display, Duration::ZERO)?;
    drop(host);
    println!("ended with the editor open");
    ensure!(
        smallest.best >= FEWEST_FRAMES,
        "fewer than {FEWEST_FRAMES} frames in the best second (or this machine is busy)"
    );
    Ok(())
}

/// Measures how often the editor is drawn while the song plays if filling pixels costs nothing, as with a fast
/// graphics card.
///
/// # Errors
/// If refreshes pass without a frame.
pub fn without_drawing(clap: &Path) -> Result<()> {
    let arguments = ["soak-editor".into(), clap.into(), "--without-drawing".into()];
    if !is_test_user(&arguments, Colours::Dark, &UNFILLED)? {
        return Ok(());
    }
    let display = Display::connect()?;
    let mut host = ClapHost::load(clap)?;
    host.activate(Setup { mode: RenderMode::Realtime, ..Setup::default() })?;
    let mut editor = Editor::open(&mut host, &display)?;
    let mut daw = Daw::default();
    let usual = Frequency::measure(&mut host, &mut playing(&mut daw), &display, &editor)?;
    let (width, height) = SMALLEST;
    editor.resize(&mut host, &display, GuiSize { width, height })?;
    let smallest = Frequency::measure(&mut host, &mut playing(&mut daw), &display, &editor)?;
    editor.close(&mut host, &display)?;
    println!("frames a second with no pixels filled: {usual}; at the smallest size, {smallest}");
    ensure!(
        usual.best.min(smallest.best) >= FEWEST_FRAMES_UNFILLED,
        "fewer than {FEWEST_FRAMES_UNFILLED} frames in the best second (or this machine is busy)"
    );
    Ok(())
}

/// Prints the processor time with the editor closed, open, and open while the song plays, and how often it is drawn.
/// Returns the latter at the smallest size.
fn measure(host: &mut ClapHost, display: &Display) -> Result<Frequency> {
    let closed = processor_share(host, &mut stopped())?;
    let mut editor = Editor::open(host, display)?;
    let picture = editor.wait_for_picture(host, display, Duration::from_secs(1))?;
    let at_rest = processor_share(host, &mut stopped())?;
    let mut daw = Daw::default();
    let open = processor_share(host, &mut playing(&mut daw))?;
    println!(
        "of one core: {:.2}% with the editor closed, {:.2}% open and at rest, {:.1}% open while the song plays",
        100.0 * closed,
        100.0 * at_rest,
        100.0 * open
    );
    let usual = Frequency::measure(host, &mut playing(&mut daw), display, &editor)?;
    let later = editor.wait_for_picture(host, display, Duration::ZERO)?;
    ensure!(picture != later, "the picture does not follow the song");
    let (width, height) = SMALLEST;
    editor.resize(host, display, GuiSize { width, height })?;
    editor.wait_for_corner(host, display)?;
    let smallest = Frequency::measure(host, &mut playing(&mut daw), display, &editor)?;
    editor.close(host, display)?;
    println!("frames a second: {usual}; at the smallest size, {smallest}");
    Ok(smallest)
}

/// [`MEASURED`] of the song.
fn playing(daw: &mut Daw) -> std::vec::IntoIter<Block> {
    daw.play(MEASURED.as_secs_f64() * daw.tempo / 60.0).into_iter()
}

/// [`MEASURED`] with the song stopped.
fn stopped() -> std::vec::IntoIter<Block> {
    let mut daw = Daw::default();
    daw.stand((MEASURED.as_secs_f64() * daw.sample_rate) as u32).into_iter()
}

/// The share of a core that the process uses while these blocks are played in real time.
fn processor_share(host: &mut ClapHost, blocks: &mut (dyn Iterator<Item = Block> + Send)) -> Result<f64> {
    let (cpu, begun) = (processor_seconds(std::process::id())?, Instant::now());
    host.play(blocks, Pace::RealTime, Meanwhile::Answer, &mut Recording::default())?;
    Ok((processor_seconds(std::process::id())? - cpu) / begun.elapsed().as_secs_f64())
}

fn open_and_close(host: &mut ClapHost, display: &Display, n_times: usize) -> Result<Recording> {
    let is_done = AtomicBool::new(false);
    let mut daw = Daw::default();
    let mut blocks = std::iter::repeat_with(|| daw.play(0.5)).flatten();
    let mut blocks =
        std::iter::from_fn(|| if is_done.load(Ordering::Relaxed) { None } else { blocks.next() });
    let mut recording = Recording::default();
    let (mut n_done, mut warm, mut slowest) = (0, 0, Duration::ZERO);
    host.play_while(&mut blocks, Pace::RealTime, &mut recording, |host| {
        let begun = Instant::now();
        let (width, height) = SIZES[n_done % SIZES.len()];
        let cycle = once(host, display, GuiSize { width, height });
        slowest = slowest.max(begun.elapsed());
        n_done += 1;
        if n_done == WARM {
            warm = used()?;
        }
        if n_done >= n_times || cycle.is_err() {
            is_done.store(true, Ordering::Relaxed);
        }
        cycle.with_context(|| format!("at the {n_done}th time"))
    })?;
    let grown = used()?.saturating_sub(warm);
    println!("the slowest cycle took {slowest:.2?}");
    if let Some(n_measured) = n_times.checked_sub(WARM).filter(|n_measured| *n_measured > 0) {
        let per_opening = grown / n_measured as u64;
        println!("from the {WARM}th time on, each opening left {} KiB of memory behind", per_opening >> 10);
        ensure!(per_opening < MAX_GROWTH_PER_OPENING, "more than {} KiB", MAX_GROWTH_PER_OPENING >> 10);
    }
    Ok(recording)
}

/// Opens the editor, resizes it and closes it again.
fn once(host: &mut ClapHost, display: &Display, size: GuiSize) -> Result<()> {
    let mut editor = Editor::open(host, display)?;
    editor.wait_for_picture(host, display, Duration::ZERO)?;
    editor.resize(host, display, size)?;
    let is_drawn = editor.wait_for_corner(host, display);
    editor.close(host, display)?;
    is_drawn
}

/// Checks that the notes are those that a fresh instance bounces without an editor.
fn compare(clap: &Path, recording: &Recording) -> Result<()> {
    let mut other = ClapHost::load(clap)?;
    other.activate(Setup { mode: RenderMode::Offline, ..Setup::default() })?;
    let beats = recording.frames() as f64 / 24_000.0;
    let mut expected = Recording::default();
    let mut blocks = Daw::default().play(beats).into_iter();
    other.play(&mut blocks, Pace::AsFastAsPossible, Meanwhile::Answer, &mut expected)?;
    // Note-offs are left out: at the end, sounding notes may be cut differently.
    let note_ons = |recording: &Recording| -> Vec<_> {
        let on = recording.events.iter().filter(|event| event.velocity > 0);
        on.map(|event| (event.sample, event.key, event.velocity)).collect()
    };
    let (played, expected) = (note_ons(recording), note_ons(&expected));
    let n_both = played.len().min(expected.len());
    let first = (0..n_both).find(|idx| played[*idx] != expected[*idx]);
    ensure!(
        first.is_none(),
        "note {first:?} of {n_both} differs: {:?}",
        first.map(|idx| (played[idx], expected[idx]))
    );
    ensure!(
        n_both > 0 && played.len().abs_diff(expected.len()) < 8,
        "{} notes, {} without an editor",
        played.len(),
        expected.len()
    );
    println!("every note is on its sample, as without an editor");
    Ok(())
}

/// The memory of this process, in bytes, after giving back what is freed.
fn used() -> Result<u64> {
    #[cfg(target_env = "gnu")]
    {
        unsafe extern "C" {
            safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
        }
        malloc_trim(0);
    }
    resident(std::process::id())
}
