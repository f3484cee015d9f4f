//! Whether anybody can see the editor.
//!
//! A host may keep the editor and hide the window around it, as Ardour does when a plugin's window is closed.
//! Nothing tells the editor then, and it would draw on unseen. On X11 it can ask.

use nice_plug_egui::Frame;

/// What looks whether a window is in sight.
pub(super) struct Sight {
    #[cfg(target_os = "linux")]
    asked: Option<x11::Asked>,
}

impl Sight {
    /// Looks after the window that is drawn in. Where that cannot be done it counts as seen.
    pub(super) fn of(frame: &Frame) -> Self {
        #[cfg(not(target_os = "linux"))]
        let _ = frame;
        Self {
            #[cfg(target_os = "linux")]
            asked: x11::Asked::of(frame.baseview_window()),
        }
    }

    /// Whether the window, or one that it lies in, is hidden. Asks now and then only while it is not.
    pub(super) fn is_hidden(&mut self) -> bool {
        #[cfg(target_os = "linux")]
        return self.asked.as_mut().is_some_and(x11::Asked::is_hidden);
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

    /// How often it is asked whether a window is still seen.
    const ASK_EVERY: Duration = Duration::from_millis(500);

    /// A window, and a connection of our own to ask about it.
    pub(super) struct Asked {
        connection: RustConnection,
        window: Window,
        /// When it was last asked about, and what came out.
        last: (Instant, bool),
    }

    impl Asked {
        pub(super) fn of(window: &impl HasWindowHandle) -> Option<Self> {
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
            if was_hidden || asked.elapsed() > ASK_EVERY {
                self.last = (Instant::now(), self.ask() == Some(MapState::UNVIEWABLE));
            }
            self.last.1
        }

        fn ask(&self) -> Option<MapState> {
            Some(self.connection.get_window_attributes(self.window).ok()?.reply().ok()?.map_state)
        }
    }
}
