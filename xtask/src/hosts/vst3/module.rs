//! The plugin's library.

use std::ffi::c_void;
use std::path::{Path, PathBuf};

use ::vst3::ComPtr;
use ::vst3::Steinberg::IPluginFactory;
use anyhow::{Context as _, Result, ensure};

use crate::bundles::System;

/// The library, entered as VST3 requires.
pub(super) struct Module(libloading::Library);

impl Module {
    pub(super) fn load(bundle: &Path) -> Result<Self> {
        let name = std::path::absolute(library(bundle)?)?;
        // SAFETY: the file is the plugin under test, which runs in this process on purpose.
        let loaded = unsafe { libloading::Library::new(&name) };
        let library = loaded.with_context(|| format!("{} does not load", name.display()))?;
        let (entry, _) = entry_and_exit();
        // SAFETY: the signature is VST3's; on Windows it takes no argument, and the caller cleans up. The handle it
        // asks for elsewhere is that of the library: plugins that need it would be given dlopen's or the bundle, this
        // one takes none.
        let entered = unsafe {
            let enter: libloading::Symbol<unsafe extern "system" fn(*mut c_void) -> bool> =
                library.get(entry).context("no module entry: not a VST3 plugin")?;
            enter(std::ptr::null_mut())
        };
        ensure!(entered, "the module refuses to be entered");
        Ok(Self(library))
    }

    /// # Safety
    /// What the factory makes must be dropped before the module.
    pub(super) unsafe fn factory(&self) -> Result<ComPtr<IPluginFactory>> {
        // SAFETY: the signature is VST3's; the caller keeps the module alive.
        unsafe {
            let get: libloading::Symbol<unsafe extern "system" fn() -> *mut IPluginFactory> =
                self.0.get(b"GetPluginFactory")?;
            ComPtr::from_raw(get()).context("no plugin factory")
        }
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // SAFETY: the signature is VST3's; the module was entered, and everything made from it is dropped.
        unsafe {
            if let Ok(exit) = self.0.get::<unsafe extern "system" fn() -> bool>(entry_and_exit().1) {
                exit();
            }
        }
    }
}

/// The functions by which a module is entered and left on this system.
fn entry_and_exit() -> (&'static [u8], &'static [u8]) {
    match System::HERE {
        System::Linux => (b"ModuleEntry", b"ModuleExit"),
        System::MacOs => (b"bundleEntry", b"bundleExit"),
        System::Windows => (b"InitDll", b"ExitDll"),
    }
}

/// The library inside a bundle.
fn library(bundle: &Path) -> Result<PathBuf> {
    if !bundle.is_dir() {
        return Ok(bundle.to_owned());
    }
    let inside = bundle.join("Contents").join(System::HERE.platform_folder());
    let mut files = std::fs::read_dir(&inside).with_context(|| inside.display().to_string())?;
    Ok(files.next().context("an empty bundle")??.path())
}
