//! The plugin's editor in a window of our own, on Windows.
#![allow(unsafe_code, reason = "the plugin is given the window as a raw handle")]

use std::ffi::c_void;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clack_extensions::gui::{GuiApiType, GuiConfiguration, PluginGui, Window};

use crate::hosts::clap::ClapHost;
use crate::hosts::{Daw, Host as _, Meanwhile, Pace, Recording, RenderMode, Setup};

/// A message of the window system. Its fields are the system's business.
#[repr(C)]
#[derive(Default)]
struct Message([u64; 8]);

#[link(name = "user32")]
unsafe extern "system" {
    fn CreateWindowExA(
        extended_style: u32,
        class: *const u8,
        title: *const u8,
        style: u32,
        x: i32,
        y: i32,
        width: i32,
        height: i32,
        parent: *mut c_void,
        menu: *mut c_void,
        instance: *mut c_void,
        parameter: *mut c_void,
    ) -> *mut c_void;
    fn PeekMessageA(message: *mut Message, window: *mut c_void, first: u32, last: u32, remove: u32) -> i32;
    fn DispatchMessageA(message: *const Message) -> isize;
    fn DestroyWindow(window: *mut c_void) -> i32;
}

const POPUP_VISIBLE: u32 = 0x9000_0000;
const REMOVE: u32 = 1;

/// Plays into the third bar, opens the editor at the screen's corner, and closes it after some time.
///
/// # Errors
/// If the plugin does not load or has no editor.
pub fn show(clap: &Path, time: Duration) -> Result<()> {
    let mut host = ClapHost::load(clap)?;
    host.activate(Setup { mode: RenderMode::Offline, ..Setup::default() })?;
    let mut blocks = Daw::default().play(10.0).into_iter();
    host.play(&mut blocks, Pace::AsFastAsPossible, Meanwhile::Answer, &mut Recording::default())?;
    let embedded = GuiConfiguration { api_type: GuiApiType::WIN32, is_floating: false };
    let gui: PluginGui =
        host.instance().plugin_handle().get_extension().context("the plugin has no editor")?;
    let handle = host.instance().plugin_handle();
    ensure!(gui.is_api_supported(&handle, embedded), "the editor cannot be embedded");
    gui.create(&handle, embedded)?;
    let size = gui.get_size(&handle).context("an editor without a size")?;
    let (width, height, null) = (size.width.cast_signed(), size.height.cast_signed(), std::ptr::null_mut());
    // SAFETY: the class is the system's own, and the texts end in a zero.
    let window = unsafe {
        let (class, title) = (c"STATIC".as_ptr().cast(), c"Continuo".as_ptr().cast());
        CreateWindowExA(0, class, title, POPUP_VISIBLE, 0, 0, width, height, null, null, null, null)
    };
    ensure!(!window.is_null(), "no window");
    // SAFETY: the window lives until the editor is destroyed.
    unsafe { gui.set_parent(&handle, Window::from_win32_hwnd(window))? };
    gui.show(&handle)?;
    println!("{width} x {height}");
    let begun = Instant::now();
    while begun.elapsed() < time {
        let mut message = Message::default();
        // SAFETY: the message is larger than the system's.
        while unsafe { PeekMessageA(&raw mut message, null, 0, 0, REMOVE) } != 0 {
            // SAFETY: the system has filled the message in.
            unsafe { DispatchMessageA(&raw const message) };
        }
        host.answer();
        std::thread::sleep(Duration::from_millis(10));
    }
    gui.destroy(&host.instance().plugin_handle());
    // SAFETY: the window is ours, and nothing is in it any more.
    unsafe { DestroyWindow(window) };
    Ok(())
}
