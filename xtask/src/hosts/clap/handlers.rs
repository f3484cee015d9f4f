//! The host's side of the extensions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Thread;

use clack_extensions::gui::{GuiSize, HostGui, HostGuiImpl};
use clack_host::prelude::*;

/// The plugin's requests, which may come from any thread.
pub(crate) struct Requests {
    pub(super) callback: AtomicBool,
    main: Thread,
}

impl Requests {
    /// To be called on the main thread, which is unparked by a request for it.
    pub(super) fn new() -> Self {
        Self { callback: AtomicBool::new(false), main: std::thread::current() }
    }
}

impl SharedHandler<'_> for Requests {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.callback.store(true, Ordering::SeqCst);
        self.main.unpark();
    }
}

impl HostGuiImpl for Requests {
    fn resize_hints_changed(&self) {}
    fn request_resize(&self, _new_size: GuiSize) -> Result<(), HostError> {
        Ok(())
    }
    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn closed(&self, _was_destroyed: bool) {}
}

/// The host's side of the extensions.
pub(crate) struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = Requests;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, _shared: &Requests) {
        builder.register::<HostGui>();
    }
}
