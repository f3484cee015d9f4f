//! A virtual display with a window manager, and control of its mouse.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, EventMask, MapState, Window,
};
use x11rb::rust_connection::RustConnection;

use crate::editor::window::pixels;

/// The programs that it needs, with their Debian packages.
pub(super) const PROGRAMS: [(&str, &str); 3] =
    [("Xvfb", "xvfb"), ("openbox", "openbox"), ("xdotool", "xdotool")];

/// Width and height of the display.
pub(super) const SCREEN: (u32, u32) = (1920, 1200);

/// A rectangle, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// A virtual display. Ends when dropped.
pub(super) struct VirtualDisplay {
    connection: RustConnection,
    root: Window,
    name: String,
    /// The window manager ends before the display.
    processes: Vec<Running>,
}

/// A process that is killed when dropped, if it has not ended.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl VirtualDisplay {
    /// Starts a display and a window manager on it.
    pub(super) fn new() -> Result<Self> {
        let mut server = Command::new("Xvfb");
        let (width, height) = SCREEN;
        server.args(["-displayfd", "1", "-screen", "0"]).arg(format!("{width}x{height}x24"));
        let mut server =
            Running(server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("no Xvfb")?);
        let mut number = String::new();
        let output = server.0.stdout.take().context("Xvfb has no output")?;
        BufReader::new(output).read_line(&mut number)?;
        let name = format!(":{}", number.trim());
        let mut manager = Command::new("openbox");
        let manager = manager.env("DISPLAY", &name).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let manager = Running(manager.context("no openbox")?);
        let (connection, screen) = x11rb::connect(Some(&name))?;
        let root = connection.setup().roots[screen].root;
        Ok(Self { connection, root, name, processes: vec![manager, server] })
    }

    /// The value of `DISPLAY` for it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the display and the window manager run.
    pub(super) fn is_alive(&mut self) -> bool {
        self.processes.iter_mut().all(|process| matches!(process.0.try_wait(), Ok(None)))
    }

    /// The visible window whose title contains `words`, among the descendants of another or anywhere.
    pub(super) fn find(&self, words: &str, below: Option<Window>) -> Option<Window> {
        let children = self.connection.query_tree(below.unwrap_or(self.root)).ok()?.reply().ok()?.children;
        children.into_iter().find_map(|child| {
            let is_it =
                self.title(child).is_some_and(|title| title.contains(words)) && self.is_visible(child);
            if is_it { Some(child) } else { self.find(words, Some(child)) }
        })
    }

    /// Waits for such a window.
    pub(super) fn wait_for(&self, words: &str, below: Option<Window>, patience: Duration) -> Result<Window> {
        wait(patience, || self.find(words, below))
            .with_context(|| format!("no window called {words:?} appears"))
    }

    fn title(&self, window: Window) -> Option<String> {
        let title = self.connection.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64);
        Some(String::from_utf8_lossy(&title.ok()?.reply().ok()?.value).into_owned())
    }

    /// Whether a window exists and is shown.
    pub(super) fn is_visible(&self, window: Window) -> bool {
        let attributes =
            self.connection.get_window_attributes(window).ok().and_then(|request| request.reply().ok());
        attributes.is_some_and(|attributes| attributes.map_state == MapState::VIEWABLE)
    }

    /// The area of a window on the display.
    pub(super) fn area(&self, window: Window) -> Option<Area> {
        let size = self.connection.get_geometry(window).ok()?.reply().ok()?;
        let corner = self.connection.translate_coordinates(window, self.root, 0, 0).ok()?.reply().ok()?;
        Some(Area {
            x: corner.dst_x.into(),
            y: corner.dst_y.into(),
            width: size.width.into(),
            height: size.height.into(),
        })
    }

    /// Asks the window manager to put a window there.
    pub(super) fn set_area(&self, window: Window, area: Area) -> Result<()> {
        let to = ConfigureWindowAux::new().x(area.x).y(area.y).width(area.width).height(area.height);
        self.connection.configure_window(window, &to)?;
        Ok(self.connection.flush()?)
    }

    /// Closes a window, as its close button does.
    pub(super) fn close(&self, window: Window) -> Result<()> {
        let atom = self.connection.intern_atom(false, b"_NET_CLOSE_WINDOW")?.reply()?.atom;
        let event = ClientMessageEvent::new(32, window, atom, [0, 2, 0, 0, 0]);
        let to_manager = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        self.connection.send_event(false, self.root, to_manager, event)?;
        Ok(self.connection.flush()?)
    }

    /// Double-clicks at a position on the display.
    pub(super) fn double_click(&self, x: i32, y: i32) -> Result<()> {
        let mut xdotool = Command::new("xdotool");
        xdotool.args(["mousemove", &x.to_string(), &y.to_string()]);
        xdotool.args(["click", "--repeat", "2", "--delay", "60", "1"]);
        let status = xdotool.env("DISPLAY", &self.name).status().context("no xdotool")?;
        ensure!(status.success(), "xdotool: {status}");
        Ok(())
    }

    /// The contents of a window, unless it is gone or a part of it is off the display.
    pub(super) fn pixels(&self, window: Window, size: (u32, u32)) -> Option<Vec<u8>> {
        pixels(&self.connection, window, size).ok()
    }

    /// The contents of the display.
    pub(super) fn all_pixels(&self) -> Result<Vec<u8>> {
        pixels(&self.connection, self.root, SCREEN)
    }
}

/// Asks over and over until there is an answer, for as long as `patience`.
pub(super) fn wait<T>(patience: Duration, mut answer: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return Some(answer);
        }
        if begun.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(15));
    }
}
