//! Warnings about what was repaired.

/// Something in a file that was repaired or left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where in the file, in bytes from its beginning.
    pub offset: usize,
    /// What was found, and how it was read.
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.message)
    }
}

/// Collects warnings; beyond the first few it only counts, so that a badly damaged file costs no memory.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    list: Vec<Warning>,
    n_more: usize,
    last_offset: usize,
}

impl Warnings {
    const MAX_KEPT: usize = 32;

    pub(super) fn add(&mut self, offset: usize, message: impl FnOnce() -> String) {
        if self.list.len() < Self::MAX_KEPT {
            self.list.push(Warning { offset, message: message() });
        } else {
            self.n_more += 1;
            self.last_offset = offset;
        }
    }

    pub(super) fn into_vec(mut self) -> Vec<Warning> {
        if self.n_more > 0 {
            let message = format!("the last of {} more repairs", self.n_more);
            self.list.push(Warning { offset: self.last_offset, message });
        }
        self.list
    }
}
