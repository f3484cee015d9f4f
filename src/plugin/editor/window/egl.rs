//! Keeps libEGL loaded.
//!
//! baseview 0.4.2 loads libEGL with each window and unloads it with the window, and Mesa with it, which leaves memory
//! behind each time, presumably static thread-local storage too: from about the 200th window on, EGL finds no display.
//! A handle of our own, which is never closed, keeps the library where it is.
#![allow(unsafe_code, reason = "loading a library runs its initialisers")]

use std::sync::OnceLock;

use libloading::Library;

/// Loads libEGL, unless that was done before. Where there is none, no window can be opened anyway.
pub(crate) fn keep_loaded() {
    static LIBRARY: OnceLock<Option<Library>> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        // SAFETY: baseview loads the library by the same names for each window, so its initialisers run in any case.
        unsafe { Library::new("libEGL.so.1").or_else(|_| Library::new("libEGL.so")) }.ok()
    });
}
