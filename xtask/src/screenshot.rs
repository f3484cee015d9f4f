//! Pictures of the plugin's editor, in an X11 window.
#![allow(unsafe_code, reason = "the plugin is given the window as a raw handle")]

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, PluginGui, Window as ParentWindow};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateWindowAux, EventMask, ImageFormat, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

use crate::hosts::clap::ClapHost;
use crate::hosts::{Daw, Host as _, Meanwhile, Pace, Recording, RenderMode, Setup};
use crate::roll::save_png;

/// How long the editor is given to draw itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Plays a `.clap` file for a while, opens its editor and saves what it shows in these colours, on a virtual display
/// if there is none.
///
/// # Errors
/// If the plugin has no editor, no display can be had, or the window stays blank.
pub fn screenshot(clap: &Path, png: &Path, colours: Colours) -> Result<()> {
    if !as_a_user(&["screenshot".into(), clap.into(), png.into()], colours, &[])? {
        return Ok(());
    }
    let mut host = ClapHost::load(clap)?;
    play_some(&mut host)?;
    let (connection, screen) = x11rb::connect(None)?;
    let handle = host.instance().plugin_handle();
    let gui: PluginGui = handle.get_extension().context("the plugin has no editor")?;
    let embedded = GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };
    ensure!(gui.is_api_supported(&handle, embedded), "the editor cannot be embedded on X11");
    gui.create(&handle, embedded)?;
    let size = gui.get_size(&handle).context("an editor without a size")?;
    let window = window(&connection, screen, size)?;
    // Out of the way, so that no hint covers what is to be seen.
    let root = connection.setup().roots[screen].root;
    connection.warp_pointer(x11rb::NONE, root, 0, 0, 0, 0, i16::MAX, i16::MAX)?;
    // SAFETY: the window lives until the editor is destroyed below.
    unsafe { gui.set_parent(&handle, ParentWindow::from_x11_handle(window.into()))? };
    gui.show(&handle)?;
    let pixels = wait_for_picture(&mut host, &connection, window, size, Duration::from_secs(1))?;
    save_png(png, size.width as usize, size.height as usize, &pixels)?;
    gui.destroy(&host.instance().plugin_handle());
    println!("the editor, {} x {}: {}", size.width, size.height, png.display());
    Ok(())
}

/// What makes the C library (glibc) take all small blocks from one heap, and large ones (its own 128 KiB) from the
/// system; see [`as_a_user`].
pub(crate) const ONE_HEAP: [(&str, &str); 2] =
    [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "131072")];

/// The colours of the editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Light on dark, as it is at first.
    Dark,
    /// Dark on light.
    Light,
}

/// Whether this process is one of a user who has chosen these colours and put away the card of the first minute, on
/// a display, with one heap. If it is not, runs this program again so, on a virtual display if there is none and with
/// these environment variables besides, and waits for it. What the real user of this computer has settled is neither
/// read nor changed.
///
/// One heap, because the C library (glibc) gives threads heaps of their own, up to eight for each core, and what is
/// freed stays with its heap. Each window has a thread, and where there is no graphics card its pictures of some
/// megabytes lie in that thread's heap. So memory would grow until every heap has held a window once, and hide what
/// is really lost. And large blocks come from the system and go back to it one by one: otherwise the C library takes
/// them from the heap as soon as the first was freed, and what is left between them looks like a loss.
///
/// # Errors
/// If no display can be had, or the program fails on it.
pub(crate) fn as_a_user(
    arguments: &[OsString],
    colours: Colours,
    variables: &[(&str, &str)],
) -> Result<bool> {
    const VARIABLE: &str = "CONTINUO_AS_A_USER";
    if std::env::var_os(VARIABLE).is_some() {
        return Ok(true);
    }
    let home = std::env::temp_dir().join(format!("continuo-user-{}", std::process::id()));
    std::fs::create_dir_all(home.join("continuo"))?;
    let is_light = colours == Colours::Light;
    std::fs::write(
        home.join("continuo/editor.json"),
        format!(r#"{{"is_welcomed": true, "is_light": {is_light}}}"#),
    )?;
    let program = std::env::current_exe()?;
    let mut again = if std::env::var_os("DISPLAY").is_some() {
        Command::new(program)
    } else {
        let mut display = Command::new("xvfb-run");
        display.args(["-a", "-s", "-screen 0 1920x1200x24"]).arg(program);
        display
    };
    again.args(arguments).env(VARIABLE, "1").env("XDG_DATA_HOME", &home).envs(ONE_HEAP);
    again.envs(variables.iter().copied());
    let status = again.status().context("no display, and no xvfb-run (apt install xvfb xauth)")?;
    std::fs::remove_dir_all(&home)?;
    ensure!(status.success(), "it failed: {status}");
    Ok(false)
}

/// Plays into the third bar, so that there is something to see.
fn play_some(host: &mut ClapHost) -> Result<()> {
    host.activate(Setup { mode: RenderMode::Offline, ..Setup::default() })?;
    let mut blocks = Daw::default().play(10.0).into_iter();
    host.play(&mut blocks, Pace::AsFastAsPossible, Meanwhile::Answer, &mut Recording::default())
}

pub(crate) fn window(connection: &RustConnection, screen: usize, size: GuiSize) -> Result<Window> {
    let root = &connection.setup().roots[screen];
    let window = connection.generate_id()?;
    let events = EventMask::STRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_NOTIFY;
    connection.create_window(
        root.root_depth,
        window,
        root.root,
        0,
        0,
        size.width as u16,
        size.height as u16,
        0,
        WindowClass::INPUT_OUTPUT,
        0,
        &CreateWindowAux::new().background_pixel(root.white_pixel).event_mask(events),
    )?;
    connection.map_window(window)?;
    // The plugin speaks to the server by a connection of its own: the window must be there by then.
    connection.get_input_focus()?.reply()?;
    Ok(window)
}

/// Waits until the editor has drawn more than one colour, and then as long again as it is to settle.
///
/// # Errors
/// If the window stays blank.
pub(crate) fn wait_for_picture(
    host: &mut ClapHost,
    connection: &RustConnection,
    window: Window,
    size: GuiSize,
    settle: Duration,
) -> Result<Vec<u8>> {
    let begun = Instant::now();
    let mut drawn: Option<Instant> = None;
    loop {
        host.answer();
        std::thread::sleep(Duration::from_millis(20));
        let pixels = pixels(connection, window, (size.width, size.height))?;
        if drawn.is_none() && !is_blank(&pixels) {
            drawn = Some(Instant::now());
        }
        if drawn.is_some_and(|drawn| drawn.elapsed() >= settle) {
            return Ok(pixels);
        }
        ensure!(begun.elapsed() < PATIENCE, "the editor stays blank");
    }
}

/// What a window shows, three bytes a pixel.
///
/// # Errors
/// If a part of the window of this size is not to be seen.
pub(crate) fn pixels(connection: &RustConnection, window: Window, size: (u32, u32)) -> Result<Vec<u8>> {
    let (width, height) = (size.0 as u16, size.1 as u16);
    let image = connection.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, width, height, !0)?.reply()?;
    Ok(image.data.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect())
}

/// Whether a picture is of one colour.
pub(crate) fn is_blank(pixels: &[u8]) -> bool {
    pixels.chunks_exact(3).all(|pixel| pixel == &pixels[..3])
}
