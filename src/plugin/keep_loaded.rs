//! Keeps the plugin's own library loaded, for threads that nobody can end: one that waits for a system dialog.
//!
//! A host may unload a plugin once its last instance is gone. A thread that still runs its code would crash the host then.
#![allow(unsafe_code, reason = "asks the system's loader about this library")]

/// Makes the system keep this library in memory until the process ends.
///
#[cfg(unix)]
pub(crate) fn keep_loaded() {
    use std::sync::Once;

    static KEPT: Once = Once::new();
    KEPT.call_once(|| {
        let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
        let here = (keep_loaded as *const ()).cast::<libc::c_void>();
        // SAFETY: `here` is an address of this library, and `info` has room for the answer.
        let is_known = unsafe { libc::dladdr(here, info.as_mut_ptr()) } != 0;
        if is_known {
            // SAFETY: all zeros are a valid answer, and `dladdr` has filled it in.
            let info = unsafe { info.assume_init() };
            // SAFETY: the name is a string of the loader's. The library is loaded, so nothing of it runs again; the handle is
            // never closed.
            unsafe { libc::dlopen(info.dli_fname, libc::RTLD_NOW | libc::RTLD_NODELETE | libc::RTLD_NOLOAD) };
        }
    });
}

/// Makes the system keep this library in memory until the process ends.
#[cfg(windows)]
pub(crate) fn keep_loaded() {
    use std::ffi::c_void;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
    }
    const PIN: u32 = 1;
    const FROM_ADDRESS: u32 = 4;
    let mut module = std::ptr::null_mut();
    let here = (keep_loaded as *const ()).cast();
    // SAFETY: `here` is an address of this library, and `module` has room for the answer, which nothing needs.
    unsafe { GetModuleHandleExW(PIN | FROM_ADDRESS, here, &raw mut module) };
}
