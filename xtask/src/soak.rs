//! The editor opened, resized and closed over and over while the plugin plays.
#![allow(unsafe_code, reason = "the plugin is given the window as a raw handle")]

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, PluginGui, Window as ParentWindow};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConfigureWindowAux, ConnectionExt as _, Window};
use x11rb::rust_connection::RustConnection;

use crate::hosts::clap::ClapHost;
use crate::hosts::{Daw, Host as _, Meanwhile, Pace, Recording, RenderMode, Setup};
use crate::screenshot::{Colours, PATIENCE, as_a_user, wait_for_picture, window};

mod frequency;

use frequency::Frequency;

/// What the editor is resized to, in turn.
const SIZES: [(u32, u32); 4] = [(640, 400), (1400, 900), (800, 500), (1000, 640)];
/// The smallest size of the editor.
const SMALLEST: (u32, u32) = (640, 400);
/// So many pictures in the best second are asked for at the smallest size, of the sixty that a display's refreshes
/// allow: that much can be drawn without a graphics card, and beside other work.
const MOST: usize = 50;
/// So many where nothing is drawn: every refresh, but for one or two that a busy machine may miss.
const ALL: usize = 58;
/// What makes Mesa take what it is to draw, without a graphics card, and fill no pixels.
const WITHOUT_DRAWING: [(&str, &str); 2] = [("LIBGL_ALWAYS_SOFTWARE", "1"), ("LP_NO_RAST", "1")];
/// From this cycle on nothing more is loaded for the first time.
const WARM: usize = 10;
/// How much more memory the process may have at the end than when it was warm, for each time since and altogether: Mesa
/// keeps some 12 KiB each time it unloads its driver, and the take grows while it is played.
const MAX_GROWTH: (u64, u64) = (48 << 10, 2 << 20);
/// How long the open editor is watched at rest and at play.
const WATCH: Duration = Duration::from_secs(10);

/// Opens, resizes and closes the editor `n_times` while the song plays in real time, destroying the host's
/// window at once each time; measures what an open editor costs; and ends with the editor open.
///
/// # Errors
/// If a window stays blank, memory grows, an event is out of place, the notes are not those that the
/// plugin plays without an editor, or the host that ends with the editor open crashes.
pub fn soak(clap: &Path, n_times: usize) -> Result<()> {
    let arguments = ["soak-editor".into(), clap.into(), "--times".into(), n_times.to_string().into()];
    if !as_a_user(&arguments, Colours::Dark, &[])? {
        return Ok(());
    }
    let (connection, screen) = x11rb::connect(None)?;
    let mut host = ClapHost::load(clap)?;
    host.activate(Setup { mode: RenderMode::Realtime, ..Setup::default() })?;
    let at_its_smallest = watch(&mut host, &connection, screen)?;
    let recording = open_and_close(&mut host, &connection, screen, n_times)?;
    recording.check_times()?;
    compare(clap, &recording)?;
    // Notes of the watching before may end in the first block, so that not every note-off has its note-on here.
    let n_notes = recording.events.iter().filter(|event| event.velocity > 0).count();
    println!("{n_times} times opened, resized and closed while {n_notes} notes played");
    // As a host that crashes or is in a hurry does. Whether this is survived, the exit status says.
    drop(host);
    let mut host = ClapHost::load(clap)?;
    let editor = Open::new(&mut host, &connection, screen)?;
    wait_for_picture(&mut host, &connection, editor.window, editor.size, Duration::ZERO)?;
    drop(host);
    println!("ended with the editor open");
    ensure!(
        at_its_smallest.best >= MOST,
        "refreshes pass undrawn, even where there is little to draw (or this machine is busy)"
    );
    Ok(())
}

/// Counts the pictures that the editor finishes while the song plays where drawing them costs nothing, as if by a fast
/// graphics card: all is done for them but filling the pixels.
///
/// # Errors
/// If refreshes pass without a picture.
pub fn without_drawing(clap: &Path) -> Result<()> {
    let arguments = ["soak-editor".into(), clap.into(), "--without-drawing".into()];
    if !as_a_user(&arguments, Colours::Dark, &WITHOUT_DRAWING)? {
        return Ok(());
    }
    let (connection, screen) = x11rb::connect(None)?;
    let mut host = ClapHost::load(clap)?;
    host.activate(Setup { mode: RenderMode::Realtime, ..Setup::default() })?;
    let mut editor = Open::new(&mut host, &connection, screen)?;
    let (mut daw, beats) = (Daw::default(), WATCH.as_secs_f64() * 2.0);
    let usual = Frequency::measure(&mut host, &mut daw.play(beats).into_iter(), &connection, &editor)?;
    let (width, height) = SMALLEST;
    editor.resize(&mut host, &connection, GuiSize { width, height })?;
    let smallest = Frequency::measure(&mut host, &mut daw.play(beats).into_iter(), &connection, &editor)?;
    editor.close(&mut host, &connection)?;
    println!(
        "pictures a second, finished but for filling their pixels: {usual}; as small as can be, {smallest}"
    );
    ensure!(
        usual.best.min(smallest.best) >= ALL,
        "refreshes pass without a picture (or this machine is busy)"
    );
    Ok(())
}

/// What the process uses of one core with the editor closed, open and at rest, and open while the song
/// plays. Returns how often the editor is drawn at its smallest.
fn watch(host: &mut ClapHost, connection: &RustConnection, screen: usize) -> Result<Frequency> {
    let stand = |host: &mut ClapHost| {
        let mut blocks = Daw::default().stand((WATCH.as_secs_f64() * 48_000.0) as u32).into_iter();
        share(host, &mut blocks)
    };
    let closed = stand(host)?;
    let mut editor = Open::new(host, connection, screen)?;
    let picture = wait_for_picture(host, connection, editor.window, editor.size, Duration::from_secs(1))?;
    let at_rest = stand(host)?;
    let mut daw = Daw::default();
    let mut blocks = daw.play(WATCH.as_secs_f64() * 2.0).into_iter();
    let playing = share(host, &mut blocks)?;
    println!(
        "of one core: {:.2}% with the editor closed, {:.2}% open and at rest, {:.1}% open while the song plays",
        100.0 * closed,
        100.0 * at_rest,
        100.0 * playing
    );
    let mut blocks = daw.play(WATCH.as_secs_f64() * 2.0).into_iter();
    let usual = Frequency::measure(host, &mut blocks, connection, &editor)?;
    let later = wait_for_picture(host, connection, editor.window, editor.size, Duration::ZERO)?;
    ensure!(picture != later, "the picture does not follow the song");
    let (width, height) = SMALLEST;
    editor.resize(host, connection, GuiSize { width, height })?;
    wait_for_corner(host, connection, editor.window, editor.size)?;
    let mut blocks = daw.play(WATCH.as_secs_f64() * 2.0).into_iter();
    let smallest = Frequency::measure(host, &mut blocks, connection, &editor)?;
    editor.close(host, connection)?;
    println!(
        "pictures a second (drawn on the processor where there is no graphics card): {usual}; \
         as small as can be, {smallest}"
    );
    Ok(smallest)
}

/// The share of a core that the process takes while these blocks are played in real time.
fn share(host: &mut ClapHost, blocks: &mut (dyn Iterator<Item = crate::hosts::Block> + Send)) -> Result<f64> {
    let (cpu, begun) = (processor_seconds(std::process::id())?, Instant::now());
    host.play(blocks, Pace::RealTime, Meanwhile::Answer, &mut Recording::default())?;
    Ok((processor_seconds(std::process::id())? - cpu) / begun.elapsed().as_secs_f64())
}

fn open_and_close(
    host: &mut ClapHost,
    connection: &RustConnection,
    screen: usize,
    n_times: usize,
) -> Result<Recording> {
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
        let cycle = once(host, connection, screen, GuiSize { width, height });
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
    if n_times > WARM {
        println!("memory grew by {} KiB from the {WARM}th time on", grown >> 10);
        ensure!(
            grown < MAX_GROWTH.0 * (n_times - WARM) as u64 + MAX_GROWTH.1,
            "memory grew by {} KiB",
            grown >> 10
        );
    }
    Ok(recording)
}

/// Opens the editor, resizes it and closes it again.
fn once(host: &mut ClapHost, connection: &RustConnection, screen: usize, size: GuiSize) -> Result<()> {
    let mut editor = Open::new(host, connection, screen)?;
    wait_for_picture(host, connection, editor.window, editor.size, Duration::ZERO)?;
    editor.resize(host, connection, size)?;
    let is_drawn = wait_for_corner(host, connection, editor.window, size);
    editor.close(host, connection)?;
    is_drawn
}

/// Waits until the corner is drawn that is farthest from where the old picture was.
fn wait_for_corner(
    host: &mut ClapHost,
    connection: &RustConnection,
    window: Window,
    size: GuiSize,
) -> Result<()> {
    let begun = Instant::now();
    loop {
        let pixels = wait_for_picture(host, connection, window, size, Duration::ZERO)?;
        if pixels.chunks_exact(3).next_back().is_some_and(|pixel| pixel != [255, 255, 255]) {
            return Ok(());
        }
        ensure!(begun.elapsed() < PATIENCE, "the corner of {size:?} stays blank");
    }
}

/// An editor in a window.
struct Open {
    gui: PluginGui,
    window: Window,
    size: GuiSize,
}

impl Open {
    fn new(host: &mut ClapHost, connection: &RustConnection, screen: usize) -> Result<Self> {
        let handle = host.instance().plugin_handle();
        let gui: PluginGui = handle.get_extension().context("the plugin has no editor")?;
        gui.create(&handle, GuiConfiguration { api_type: GuiApiType::X11, is_floating: false })?;
        ensure!(gui.can_resize(&handle), "the editor cannot be resized");
        let size = gui.get_size(&handle).context("an editor without a size")?;
        let window = window(connection, screen, size)?;
        // SAFETY: the window lives until the editor is destroyed in `close`.
        unsafe { gui.set_parent(&handle, ParentWindow::from_x11_handle(window.into()))? };
        gui.show(&handle)?;
        Ok(Self { gui, window, size })
    }

    fn resize(&mut self, host: &mut ClapHost, connection: &RustConnection, size: GuiSize) -> Result<()> {
        let handle = host.instance().plugin_handle();
        ensure!(self.gui.adjust_size(&handle, size) == Some(size), "the editor does not want {size:?}");
        let to = ConfigureWindowAux::new().width(size.width).height(size.height);
        connection.configure_window(self.window, &to)?;
        connection.flush()?;
        self.gui.set_size(&handle, size)?;
        self.size = size;
        Ok(())
    }

    fn close(self, host: &mut ClapHost, connection: &RustConnection) -> Result<()> {
        self.gui.destroy(&host.instance().plugin_handle());
        // At once, as hosts do: nothing of the editor may need it any more.
        connection.destroy_window(self.window)?;
        connection.flush()?;
        Ok(())
    }
}

/// The notes must be those that a fresh instance plays without editor, as fast as it can.
fn compare(clap: &Path, recording: &Recording) -> Result<()> {
    let mut other = ClapHost::load(clap)?;
    other.activate(Setup { mode: RenderMode::Offline, ..Setup::default() })?;
    let beats = recording.frames() as f64 / 24_000.0;
    let mut expected = Recording::default();
    let mut blocks = Daw::default().play(beats).into_iter();
    other.play(&mut blocks, Pace::AsFastAsPossible, Meanwhile::Answer, &mut expected)?;
    // Those that still sound at the end may be cut differently.
    let known = |recording: &Recording| -> Vec<_> {
        let on = recording.events.iter().filter(|event| event.velocity > 0);
        on.map(|event| (event.sample, event.key, event.velocity)).collect()
    };
    let (played, expected) = (known(recording), known(&expected));
    let n_both = played.len().min(expected.len());
    let first = (0..n_both).find(|idx| played[*idx] != expected[*idx]);
    ensure!(
        first.is_none(),
        "note {first:?} of {n_both} differs: {:?}",
        first.map(|idx| (played[idx], expected[idx]))
    );
    ensure!(
        n_both > 0 && played.len().abs_diff(expected.len()) < 8,
        "{} notes, {} without editor",
        played.len(),
        expected.len()
    );
    println!("every note on its sample, as without editor");
    Ok(())
}

/// What this process has in memory, in bytes, after what it has freed has been given back.
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

/// What a process has in memory, in bytes.
pub(crate) fn resident(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kibibytes: u64 = line.split_whitespace().next().context("an empty VmRSS")?.parse()?;
    Ok(kibibytes << 10)
}

/// What a process has used of the processor, in seconds; the kernel counts hundredths.
pub(crate) fn processor_seconds(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit_once(')').context("no name in stat")?.1;
    let ticks: Vec<f64> =
        after_name.split_whitespace().skip(11).take(2).filter_map(|text| text.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() / 100.0)
}
