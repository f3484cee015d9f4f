//! The size of the editor's window, saved with the project.

use std::sync::atomic::{AtomicU32, Ordering};

use nice_plug::params::persist::PersistentField;
use serde::{Deserialize, Serialize};

/// The largest width and height that are taken from a project.
const LARGEST: f32 = 8192.0;

/// The window's size in logical pixels.
#[derive(Debug)]
pub struct WindowSize {
    width: AtomicU32,
    height: AtomicU32,
}

/// The size as it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SavedSize {
    width: f32,
    height: f32,
}

impl Default for WindowSize {
    fn default() -> Self {
        let size = Self { width: AtomicU32::new(0), height: AtomicU32::new(0) };
        size.put(Self::DEFAULT.0, Self::DEFAULT.1);
        size
    }
}

impl WindowSize {
    /// Width and height of a fresh editor.
    pub const DEFAULT: (f32, f32) = (1000.0, 640.0);
    /// The smallest width and height at which everything can be seen.
    pub const SMALLEST: (f32, f32) = (640.0, 400.0);

    /// Keeps a size, clamped to what the editor can be.
    pub(crate) fn put(&self, width: f32, height: f32) {
        let clamped = |value: f32, smallest: f32, default: f32| {
            if value.is_finite() { value.clamp(smallest, LARGEST) } else { default }
        };
        self.width.store(clamped(width, Self::SMALLEST.0, Self::DEFAULT.0).to_bits(), Ordering::Relaxed);
        self.height.store(clamped(height, Self::SMALLEST.1, Self::DEFAULT.1).to_bits(), Ordering::Relaxed);
    }

    /// Width and height.
    #[must_use]
    pub fn get(&self) -> (f32, f32) {
        let value = |stored: &AtomicU32| f32::from_bits(stored.load(Ordering::Relaxed));
        (value(&self.width), value(&self.height))
    }
}

impl PersistentField<'_, SavedSize> for WindowSize {
    fn set(&self, saved: SavedSize) {
        self.put(saved.width, saved.height);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&SavedSize) -> R,
    {
        let (width, height) = self.get();
        f(&SavedSize { width, height })
    }
}

#[cfg(test)]
mod tests {
    use nice_plug::params::persist::PersistentField;

    use crate::plugin::window_size::{SavedSize, WindowSize};

    #[test]
    fn a_saved_size_is_clamped_to_what_the_editor_can_be() {
        let size = WindowSize::default();
        assert_eq!(size.get(), WindowSize::DEFAULT);
        size.set(SavedSize { width: 1200.0, height: 700.0 });
        assert_eq!(size.map(|saved| (saved.width, saved.height)), (1200.0, 700.0));
        size.set(SavedSize { width: 3.0, height: f32::NAN });
        assert_eq!(size.get(), (WindowSize::SMALLEST.0, WindowSize::DEFAULT.1));
    }
}
