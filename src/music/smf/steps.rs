//! Counts the steps of reading, so that a test can hold them to the length of the file.

use std::cell::Cell;

thread_local! {
    static N_STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Counts `n_steps`; does nothing outside tests.
pub(super) fn count(n_steps: usize) {
    if cfg!(test) {
        N_STEPS.set(N_STEPS.get() + n_steps);
    }
}

/// The steps of this thread since the last call.
#[cfg(test)]
pub(super) fn take() -> usize {
    N_STEPS.take()
}
