//! Whether the editor can be seen.
//!
//! A host may keep the editor and hide the window around it, as Ardour does when a plugin's window is closed. Nothing
//! informs the editor, which would go on drawing unseen. On X11 it can ask.

use nice_plug_egui::Frame;

/// Checks whether a window is visible.
pub(crate) struct Visibility {
    #[cfg(target_os = "linux")]
    query: Option<x11::Query>,
}

impl Visibility {
    /// Checks the window that is drawn in. Where that is not possible it counts as visible.
    pub(crate) fn new(frame: &Frame) -> Self {
        #[cfg(not(target_os = "linux"))]
        let _ = frame;
        Self {
            #[cfg(target_os = "linux")]
            query: x11::Query::new(frame.baseview_window()),
        }
    }

    /// Whether the window, or one around it, is hidden. A window that was visible is checked twice a second.
    pub(crate) fn is_hidden(&mut self) -> bool {
        #[cfg(target_os = "linux")]
        return self.query.as_mut().is_some_and(x11::Query::is_hidden);
        #[cfg(not(target_os = "linux"))]
        false
    }
}

#[cfg(target_os = "linux")]
mod x11 {
    use std::time::{Duration, Instant};

    use raw_window_handle::{HasWindowHandle, RawWindowHandle};
    use x11rb::protocol::xproto::{ConnectionExt as _, MapState, Window};
    use x11rb::rust_connection::RustConnection;

    /// How often a visible window is checked.
    const INTERVAL: Duration = Duration::from_millis(500);

    /// A window, and a connection of our own to ask about it.
    pub(super) struct Query {
        connection: RustConnection,
        window: Window,
        /// When the server was last asked, and whether the window was hidden.
        last: (Instant, bool),
    }

    impl Query {
        pub(super) fn new(window: &impl HasWindowHandle) -> Option<Self> {
            let window = match window.window_handle().ok()?.as_raw() {
                RawWindowHandle::Xlib(handle) => Window::try_from(handle.window).ok()?,
                RawWindowHandle::Xcb(handle) => handle.window.get(),
                _ => return None,
            };
            let (connection, _) = x11rb::connect(None).ok()?;
            Some(Self { connection, window, last: (Instant::now(), false) })
        }

        pub(super) fn is_hidden(&mut self) -> bool {
            let (asked, was_hidden) = self.last;
            if was_hidden || asked.elapsed() > INTERVAL {
                self.last = (Instant::now(), self.map_state() == Some(MapState::UNVIEWABLE));
            }
            self.last.1
        }

        fn map_state(&self) -> Option<MapState> {
            Some(self.connection.get_window_attributes(self.window).ok()?.reply().ok()?.map_state)
        }
    }
}
