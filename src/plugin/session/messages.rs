//! The messages for the user.

use std::error::Error;

use crate::composer::Status;
use crate::errors::with_causes;

/// The messages for the user that have not been dismissed: those that were added, and those that follow from the
/// composer's status.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// Oldest first.
    added: Vec<String>,
    /// The composer's status when the messages were last dismissed.
    dismissed: Status,
}

impl Messages {
    /// Adds a message.
    pub(crate) fn add(&mut self, message: String) {
        self.added.push(message);
    }

    /// Adds an error with its causes.
    pub(crate) fn add_error(&mut self, error: &dyn Error) {
        self.added.push(with_causes(error));
    }

    /// All messages, oldest first.
    pub(crate) fn all(&self, status: Status) -> Vec<String> {
        let known = &self.dismissed;
        let mut messages = self.added.clone();
        let n_late = status.n_late.saturating_sub(known.n_late);
        if n_late > 0 {
            let bars = if n_late == 1 { "1 bar was".to_owned() } else { format!("{n_late} bars were") };
            messages.push(format!("{bars} not composed in time; the phrase was repeated instead"));
        }
        if status.error != known.error {
            messages.extend(status.error);
        }
        if status.obstacle != known.obstacle {
            messages.extend(status.obstacle);
        }
        messages
    }

    /// Dismisses all messages.
    pub(crate) fn dismiss(&mut self, status: Status) {
        self.added.clear();
        self.dismissed = status;
    }

    /// Shows the composer's error again if it is the one that was dismissed.
    pub(crate) fn forget_dismissed_error(&mut self) {
        self.dismissed.error = None;
    }
}
