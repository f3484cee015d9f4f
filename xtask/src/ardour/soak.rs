//! The VST3's editor in Ardour's own window, opened, resized and closed over and over while it plays.
//!
//! Ardour runs with all its windows on a virtual display, and is operated as a user does: a double click on the
//! plugin in the mixer strip opens its editor, the window's close button closes it. The rest (play, record, save,
//! quit) goes over OSC, Ardour's remote control.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::ardour::comparison::compare;
use crate::ardour::display::{PROGRAMS, SCREEN};
use crate::ardour::gui::{self, Ardour};
use crate::ardour::install::{Missing, install};
use crate::ardour::session::{Job, make_session, record};
use crate::midi::Song;
use crate::picture::save_png;
use crate::system;

pub use crate::ardour::gui::Closing;

/// The sizes that the editor is given, from the one it is opened with and back. Ardour 7 takes that one for the
/// smallest.
const SIZES: [(u32, u32); 4] = [(1400, 900), (1100, 1000), (1300, 650), (1010, 700)];
/// From this cycle on nothing is loaded for the first time.
const WARM: usize = 10;
/// The most memory that an opening may leave behind, in bytes, beyond what Ardour takes for recording alone: the
/// run-loop handler's 164 KB and the keymap's 95 KB (docs/UPSTREAM.md), and the music that is composed meanwhile.
const MAX_GROWTH_PER_OPENING: u64 = 320 << 10;
/// The same where the editor is only hidden and nothing is made again.
const MAX_GROWTH_PER_HIDING: u64 = 48 << 10;
/// How far a note may be from its place, in quarter notes: Ardour has 1920 ticks to one, and rounds samples.
const MAX_STRAY: f64 = 0.002;

/// Makes a session with the plugin, plays and records it while its editor is opened, resized and closed
/// `n_times`, and saves a picture of the last time.
///
/// # Errors
/// If the editor does not open or stays blank, memory grows beyond bounds, Ardour does not end well, or the
/// recorded notes are not those that the same session plays without an editor.
pub fn soak(vst3: &Path, n_times: usize, closing: Closing, png: Option<&Path>) -> Result<()> {
    install().and_then(|()| install_display()).map_err(|missing| anyhow::anyhow!(missing.0))?;
    let folder = std::env::temp_dir().join(format!("continuo-ardour-editor-{}", std::process::id()));
    let (with, without) = (folder.join("with"), folder.join("without"));
    std::fs::create_dir_all(&with)?;
    std::fs::create_dir_all(&without)?;
    let job = Job { vst3, folder: &with, seconds: 0, instances: &[Vec::new()] };
    let (home, _) = make_session(&job)?;
    gui::configure(&home, &job.session(), closing)?;
    let played = play(Ardour::start(&home, &job.session())?, n_times, closing, png)?;
    let recorded = Song::read(&recording(&job.session())?)?;
    let alone = record(&Job { folder: &without, seconds: played.as_secs() as u32 + 4, ..job })?;
    let comparison = compare(&alone[0], &recorded)?;
    ensure!(comparison.stray < MAX_STRAY, "a note is late: {comparison:?}");
    let n_notes = comparison.n_compared;
    ensure!(n_notes as f64 > played.as_secs_f64(), "only {n_notes} notes in {played:?}");
    println!("{n_notes} notes recorded in {played:.0?}, each where it is without an editor");
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn install_display() -> Result<(), Missing> {
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|(program, _)| !system::finds(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    system::install(&missing)
        .map_err(|error| Missing(format!("{} cannot be installed: {error:#}", missing.join(", "))))
}

/// The one MIDI file that was recorded.
fn recording(session: &Path) -> Result<PathBuf> {
    let folder = session.join("interchange/session/midifiles");
    let files = std::fs::read_dir(&folder).context("nothing was recorded")?;
    let files: Vec<PathBuf> = files.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
    ensure!(files.len() == 1, "expected one recording, found {files:?}");
    Ok(files[0].clone())
}

/// Plays and records while the editor is opened and closed. Returns how long it played.
fn play(mut ardour: Ardour, n_times: usize, closing: Closing, png: Option<&Path>) -> Result<Duration> {
    ardour.select_tracks()?;
    ardour.send("/rec_enable_toggle", None)?;
    ardour.send("/transport_play", None)?;
    let begun = Instant::now();
    let grown = open_and_close(&mut ardour, n_times, png)?;
    let alone = play_alone(&mut ardour, begun.elapsed())?;
    let per_opening = grown.saturating_sub(alone) / n_times.saturating_sub(WARM).max(1) as u64;
    println!(
        "memory grew by {} KiB from the {WARM}th time on, by {} KiB in as long with the editor closed: \
         {} KiB an opening",
        grown >> 10,
        alone >> 10,
        per_opening >> 10
    );
    ardour.send("/transport_stop", None)?;
    let played = begun.elapsed();
    std::thread::sleep(Duration::from_secs(2));
    ardour.quit()?;
    println!("{n_times} times opened, resized and closed; Ardour ended well");
    let most = if closing == Closing::Hides { MAX_GROWTH_PER_HIDING } else { MAX_GROWTH_PER_OPENING };
    ensure!(per_opening < most, "an opening leaves more than {} KiB behind", most >> 10);
    Ok(played)
}

/// Returns by how much Ardour's memory grew from the [`WARM`]th time on.
fn open_and_close(ardour: &mut Ardour, n_times: usize, png: Option<&Path>) -> Result<u64> {
    let (mut warm, mut slowest) = (0, Duration::ZERO);
    for n_done in 1..=n_times {
        let begun = Instant::now();
        let png = png.filter(|_| n_done == n_times);
        if let Err(error) = once(ardour, SIZES[n_done % SIZES.len()], png) {
            let picture = ardour.session.with_extension("failed.png");
            save_screen(ardour, &picture)?;
            return Err(error.context(format!("at the {n_done}th time; see {}", picture.display())));
        }
        slowest = slowest.max(begun.elapsed());
        ensure!(ardour.is_alive(), "Ardour is gone");
        if n_done == WARM {
            warm = ardour.resident()?;
        }
        if n_done % 10 == 0 {
            println!("{n_done} times: Ardour has {} MiB", ardour.resident()? >> 20);
        }
    }
    println!("the slowest cycle took {slowest:.2?}");
    Ok(if n_times < WARM { 0 } else { ardour.resident()?.saturating_sub(warm) })
}

/// Opens the editor, resizes it and closes it again.
fn once(ardour: &mut Ardour, size: (u32, u32), png: Option<&Path>) -> Result<()> {
    let editor = ardour.open_editor()?;
    let opened = ardour.wait_for_editor(&editor)?;
    ardour.resize_editor(&editor, size)?;
    if let Some(png) = png {
        std::thread::sleep(Duration::from_secs(1));
        save_screen(ardour, png)?;
    }
    ardour.resize_editor(&editor, opened)?;
    ardour.close_editor(&editor)
}

fn save_screen(ardour: &Ardour, png: &Path) -> Result<()> {
    save_png(png, SCREEN.0 as usize, SCREEN.1 as usize, &ardour.display.all_pixels()?)
}

/// Returns by how much Ardour's memory grows in this time when it only plays and records.
fn play_alone(ardour: &mut Ardour, time: Duration) -> Result<u64> {
    let (before, used) = (ardour.resident()?, ardour.processor_seconds()?);
    std::thread::sleep(time);
    println!(
        "with the editor closed Ardour uses {:.0}% of a core",
        100.0 * (ardour.processor_seconds()? - used) / time.as_secs_f64()
    );
    ensure!(ardour.is_alive(), "Ardour is gone");
    Ok(ardour.resident()?.saturating_sub(before))
}
