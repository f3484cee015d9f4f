//! A window with the editor in it, and its picture.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, PluginGui, Window as ParentWindow};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, ImageFormat, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

use crate::hosts::clap::ClapHost;

/// How long the editor may take to draw.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The X server, and a screen of it.
pub(crate) struct Display {
    pub(crate) connection: RustConnection,
    screen: usize,
}

impl Display {
    pub(crate) fn connect() -> Result<Self> {
        let (connection, screen) = x11rb::connect(None)?;
        Ok(Self { connection, screen })
    }

    fn create_window(&self, size: GuiSize) -> Result<Window> {
        let root = &self.connection.setup().roots[self.screen];
        let window = self.connection.generate_id()?;
        let events = EventMask::STRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_NOTIFY;
        self.connection.create_window(
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
        self.connection.map_window(window)?;
        // The plugin has a connection of its own: the window must exist before it is used there.
        self.connection.get_input_focus()?.reply()?;
        Ok(window)
    }

    /// The window of the whole screen.
    pub(crate) fn root(&self) -> Window {
        self.connection.setup().roots[self.screen].root
    }

    /// Moves the pointer to the far corner, so that no hint covers the editor.
    pub(super) fn move_pointer_away(&self) -> Result<()> {
        self.connection.warp_pointer(x11rb::NONE, self.root(), 0, 0, 0, 0, i16::MAX, i16::MAX)?;
        Ok(())
    }
}

/// An open editor.
pub(crate) struct Editor {
    gui: PluginGui,
    pub(super) window: Window,
    pub(super) size: GuiSize,
}

impl Editor {
    pub(crate) fn open(host: &mut ClapHost, display: &Display) -> Result<Self> {
        let handle = host.instance().plugin_handle();
        let gui: PluginGui = handle.get_extension().context("the plugin has no editor")?;
        let embedded = GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };
        ensure!(gui.is_api_supported(&handle, embedded), "the editor cannot be embedded on X11");
        gui.create(&handle, embedded)?;
        ensure!(gui.can_resize(&handle), "the editor cannot be resized");
        let size = gui.get_size(&handle).context("an editor without a size")?;
        let window = display.create_window(size)?;
        // SAFETY: the window lives until the editor is destroyed in `close`.
        unsafe { gui.set_parent(&handle, ParentWindow::from_x11_handle(window.into()))? };
        gui.show(&handle)?;
        Ok(Self { gui, window, size })
    }

    pub(super) fn resize(&mut self, host: &mut ClapHost, display: &Display, size: GuiSize) -> Result<()> {
        let handle = host.instance().plugin_handle();
        ensure!(self.gui.adjust_size(&handle, size) == Some(size), "the editor refuses {size:?}");
        let to = ConfigureWindowAux::new().width(size.width).height(size.height);
        display.connection.configure_window(self.window, &to)?;
        display.connection.flush()?;
        self.gui.set_size(&handle, size)?;
        self.size = size;
        Ok(())
    }

    pub(crate) fn close(self, host: &mut ClapHost, display: &Display) -> Result<()> {
        self.gui.destroy(&host.instance().plugin_handle());
        // At once, as hosts do: the editor may not use it any more.
        display.connection.destroy_window(self.window)?;
        display.connection.flush()?;
        Ok(())
    }

    /// Waits until the editor has drawn more than one colour, and then for `settle`. Returns the picture.
    ///
    /// # Errors
    /// If the window stays blank.
    pub(crate) fn wait_for_picture(
        &self,
        host: &mut ClapHost,
        display: &Display,
        settle: Duration,
    ) -> Result<Vec<u8>> {
        let begun = Instant::now();
        let mut drawn: Option<Instant> = None;
        loop {
            host.answer();
            std::thread::sleep(Duration::from_millis(20));
            let pixels = pixels(&display.connection, self.window, (self.size.width, self.size.height))?;
            if drawn.is_none() && !is_blank(&pixels) {
                drawn = Some(Instant::now());
            }
            if drawn.is_some_and(|drawn| drawn.elapsed() >= settle) {
                return Ok(pixels);
            }
            ensure!(begun.elapsed() < PATIENCE, "the editor stays blank");
        }
    }

    /// Waits until the corner is drawn that is farthest from where a smaller picture was.
    ///
    /// # Errors
    /// If it stays blank.
    pub(super) fn wait_for_corner(&self, host: &mut ClapHost, display: &Display) -> Result<()> {
        let begun = Instant::now();
        loop {
            let pixels = self.wait_for_picture(host, display, Duration::ZERO)?;
            if pixels.chunks_exact(3).next_back().is_some_and(|pixel| pixel != [255, 255, 255]) {
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "the corner of {:?} stays blank", self.size);
        }
    }
}

/// The contents of a window, three bytes a pixel.
///
/// # Errors
/// If a part of the window of this size is not visible.
pub(crate) fn pixels(connection: &RustConnection, window: Window, size: (u32, u32)) -> Result<Vec<u8>> {
    let (width, height) = (size.0 as u16, size.1 as u16);
    let image = connection.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, width, height, !0)?.reply()?;
    Ok(image.data.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect())
}

/// Whether a picture is of one colour.
pub(crate) fn is_blank(pixels: &[u8]) -> bool {
    pixels.chunks_exact(3).all(|pixel| pixel == &pixels[..3])
}
