//! Around which velocity velocity spread works in a project, saved with it.

use std::sync::atomic::{AtomicBool, Ordering};

use nice_plug::params::persist::PersistentField;

use crate::player::SpreadCentre;

/// The name of the saved field. Projects that do not have it come from a version in which spread worked around 64.
pub(crate) const SPREAD: &str = "spread_around_64";

/// A project's [`SpreadCentre`]; saved as whether it is 64.
#[derive(Debug, Default)]
pub(crate) struct ProjectSpreadCentre {
    is_fixed: AtomicBool,
}

impl ProjectSpreadCentre {
    pub(crate) fn get(&self) -> SpreadCentre {
        if self.is_fixed.load(Ordering::Relaxed) { SpreadCentre::Fixed } else { SpreadCentre::Bar }
    }
}

impl PersistentField<'_, bool> for ProjectSpreadCentre {
    fn set(&self, is_fixed: bool) {
        self.is_fixed.store(is_fixed, Ordering::Relaxed);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&bool) -> R,
    {
        f(&self.is_fixed.load(Ordering::Relaxed))
    }
}
