//! Why a saved take cannot be used.

use crate::composer::take::bars::Take;

/// The version that is written, and the newest that is read.
pub(super) const VERSION: u32 = 5;

/// Why a saved take cannot be used, or what of it cannot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// It was saved by a later version of the plugin.
    #[error("expected a saved take of version {VERSION} or older, found version {found}")]
    TooNew {
        /// Its version.
        found: u32,
    },
    /// Something in it is impossible. Everything else can be used.
    #[error("the saved take is damaged: {part} {what}")]
    Damaged {
        /// Which part of it, such as "bar 1".
        part: String,
        /// What is wrong with that part, such as "has no knobs".
        what: &'static str,
    },
    /// It is too long.
    #[error("expected a saved take of at most {} bars, found more", Take::MAX_BARS)]
    TooLong,
}

impl TakeError {
    /// What is damaged in one sentence; none if nothing is.
    pub(crate) fn sum(damage: &[Self]) -> Option<String> {
        let (first, more) = damage.split_first()?;
        let more = if more.is_empty() { String::new() } else { format!(" and {} other faults", more.len()) };
        Some(format!("{first}{more}; everything else is there"))
    }
}
