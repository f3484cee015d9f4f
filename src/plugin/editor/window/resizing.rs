//! Which sizes the host is asked for.
//!
//! baseview 0.4.2 on X11 takes late news of a size that the host has given its window for a request of the window's
//! own, and asks the host for that size, which may want another by then: windows snap back while they are dragged.
//! So the host is asked only after the user has dragged the editor's own corner.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nice_plug::editor::HostCallbacks;
use nice_plug::editor::dpi::Size;

/// How long after the user's drag the window may ask for a size.
const RECENT: Duration = Duration::from_secs(1);

/// When the user last dragged the editor's corner.
#[derive(Clone, Default)]
pub(crate) struct LastDrag(Arc<Mutex<Option<Instant>>>);

impl LastDrag {
    /// The user drags now.
    pub(crate) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_recent(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < RECENT)
    }
}

/// The host, asked for a size only when the user has dragged the corner. On other systems than X11 it is always asked.
pub(crate) struct ResizeFilter {
    pub(crate) host: Box<dyn HostCallbacks>,
    pub(crate) last_drag: LastDrag,
}

impl HostCallbacks for ResizeFilter {
    fn request_resize(&mut self, new_size: Size, scale_factor: f64) -> Result<(), Box<dyn Error>> {
        if cfg!(target_os = "linux") && !self.last_drag.is_recent() {
            return Ok(());
        }
        self.host.request_resize(new_size, scale_factor)
    }

    fn destroyed(&mut self) {
        self.host.destroyed();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::cell::RefCell;
    use std::error::Error;
    use std::rc::Rc;
    use std::time::{Duration, Instant};

    use nice_plug::editor::HostCallbacks;
    use nice_plug::editor::dpi::{NativeSize, Size};

    use crate::plugin::editor::window::resizing::{LastDrag, RECENT, ResizeFilter};

    #[test]
    fn the_host_is_asked_only_for_sizes_that_the_user_has_dragged() {
        struct Host(Rc<RefCell<Vec<Size>>>);
        impl HostCallbacks for Host {
            fn request_resize(&mut self, new_size: Size, _: f64) -> Result<(), Box<dyn Error>> {
                self.0.borrow_mut().push(new_size);
                Ok(())
            }
            fn destroyed(&mut self) {}
        }
        let asked = Rc::new(RefCell::new(Vec::new()));
        let last_drag = LastDrag::default();
        let mut host = ResizeFilter { host: Box::new(Host(Rc::clone(&asked))), last_drag: last_drag.clone() };
        let [echo, dragged] =
            [(1100, 900), (800, 500)].map(|(width, height)| NativeSize { width, height }.into());
        host.request_resize(echo, 1.0).unwrap();
        let soon = Instant::now() + Duration::from_hours(1);
        *last_drag.0.lock().unwrap() = Some(soon);
        host.request_resize(dragged, 1.0).unwrap();
        *last_drag.0.lock().unwrap() = soon.checked_sub(Duration::from_hours(1) + RECENT);
        host.request_resize(echo, 1.0).unwrap();
        assert_eq!(asked.take(), [dragged]);
    }
}
