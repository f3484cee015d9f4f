//! A virtual display with a window manager, and hands on its mouse: what it takes to use a program with windows.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, EventMask, MapState, Window,
};
use x11rb::rust_connection::RustConnection;

use crate::screenshot::pixels;

/// What has to be installed: programs with the Debian packages that hold them.
pub(super) const PROGRAMS: [(&str, &str); 3] =
    [("Xvfb", "xvfb"), ("openbox", "openbox"), ("xdotool", "xdotool")];

/// Width and height of the display.
pub(super) const SCREEN: (u32, u32) = (1920, 1200);

/// A place and a size, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// A display of our own. Ends with this value.
pub(super) struct Desk {
    connection: RustConnection,
    root: Window,
    name: String,
    /// The last first: the window manager goes before the display.
    processes: Vec<Running>,
}

/// A process that ends with this value, if it has not by itself.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Desk {
    /// Starts a display and a window manager on it.
    pub(super) fn new() -> Result<Self> {
        let mut server = Command::new("Xvfb");
        let (width, height) = SCREEN;
        server.args(["-displayfd", "1", "-screen", "0"]).arg(format!("{width}x{height}x24"));
        let mut server =
            Running(server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("no Xvfb")?);
        let mut number = String::new();
        let said = server.0.stdout.take().context("a display that says nothing")?;
        BufReader::new(said).read_line(&mut number)?;
        let name = format!(":{}", number.trim());
        let mut manager = Command::new("openbox");
        let manager = manager.env("DISPLAY", &name).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let manager = Running(manager.context("no openbox")?);
        let (connection, screen) = x11rb::connect(Some(&name))?;
        let root = connection.setup().roots[screen].root;
        Ok(Self { connection, root, name, processes: vec![manager, server] })
    }

    /// What programs find it by.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The process that every window hangs on.
    pub(super) fn is_alive(&mut self) -> bool {
        self.processes.iter_mut().all(|process| matches!(process.0.try_wait(), Ok(None)))
    }

    /// The window that is to be seen and whose title holds these words, below another or anywhere.
    pub(super) fn find(&self, words: &str, below: Option<Window>) -> Option<Window> {
        let children = self.connection.query_tree(below.unwrap_or(self.root)).ok()?.reply().ok()?.children;
        children.into_iter().find_map(|child| {
            let is_it =
                self.title(child).is_some_and(|title| title.contains(words)) && self.is_in_sight(child);
            if is_it { Some(child) } else { self.find(words, Some(child)) }
        })
    }

    /// Waits for such a window.
    pub(super) fn wait_for(&self, words: &str, below: Option<Window>, patience: Duration) -> Result<Window> {
        wait(patience, || self.find(words, below))
            .with_context(|| format!("no window called {words:?} comes"))
    }

    fn title(&self, window: Window) -> Option<String> {
        let title = self.connection.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64);
        Some(String::from_utf8_lossy(&title.ok()?.reply().ok()?.value).into_owned())
    }

    /// Whether a window is there and shown.
    pub(super) fn is_in_sight(&self, window: Window) -> bool {
        let attributes =
            self.connection.get_window_attributes(window).ok().and_then(|asked| asked.reply().ok());
        attributes.is_some_and(|attributes| attributes.map_state == MapState::VIEWABLE)
    }

    /// Where on the display a window is.
    pub(super) fn place(&self, window: Window) -> Option<Place> {
        let size = self.connection.get_geometry(window).ok()?.reply().ok()?;
        let corner = self.connection.translate_coordinates(window, self.root, 0, 0).ok()?.reply().ok()?;
        Some(Place {
            x: corner.dst_x.into(),
            y: corner.dst_y.into(),
            width: size.width.into(),
            height: size.height.into(),
        })
    }

    /// Asks the window manager to put a window there.
    pub(super) fn put(&self, window: Window, place: Place) -> Result<()> {
        let to = ConfigureWindowAux::new().x(place.x).y(place.y).width(place.width).height(place.height);
        self.connection.configure_window(window, &to)?;
        Ok(self.connection.flush()?)
    }

    /// Closes a window as its cross does.
    pub(super) fn close(&self, window: Window) -> Result<()> {
        let atom = self.connection.intern_atom(false, b"_NET_CLOSE_WINDOW")?.reply()?.atom;
        let event = ClientMessageEvent::new(32, window, atom, [0, 2, 0, 0, 0]);
        let to_manager = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        self.connection.send_event(false, self.root, to_manager, event)?;
        Ok(self.connection.flush()?)
    }

    /// Clicks twice there.
    pub(super) fn double_click(&self, x: i32, y: i32) -> Result<()> {
        let mut hand = Command::new("xdotool");
        hand.args(["mousemove", &x.to_string(), &y.to_string()]);
        hand.args(["click", "--repeat", "2", "--delay", "60", "1"]);
        let status = hand.env("DISPLAY", &self.name).status().context("no xdotool")?;
        ensure!(status.success(), "xdotool: {status}");
        Ok(())
    }

    /// What a window shows, unless it is gone or not all of it is on the display.
    pub(super) fn pixels(&self, window: Window, size: (u32, u32)) -> Option<Vec<u8>> {
        pixels(&self.connection, window, size).ok()
    }

    /// What the display shows.
    pub(super) fn all_pixels(&self) -> Result<Vec<u8>> {
        pixels(&self.connection, self.root, SCREEN)
    }
}

/// Waits until something is there.
pub(super) fn wait<T>(patience: Duration, found: impl Fn() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return Some(found);
        }
        if begun.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(15));
    }
}
