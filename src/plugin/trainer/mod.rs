//! The companion trainer as a process of its own: found, started, watched, stopped and resumed.
//!
//! Its output, one event a line (see [`crate::run_events`]), goes into a file beside the weights, so it goes on when the editor or the host is closed, and any
//! instance finds it again. The job is kept beside it, so that an interrupted run can be resumed.

pub(crate) mod job;
pub use job::{Job, Size};

pub(crate) mod find;
pub use find::find_trainer;

mod traces;

pub(crate) mod seen;
pub use seen::{CurvePoint, Seen};

mod follow;

mod process;

mod locked;

pub(crate) mod survey;
pub use survey::{Survey, survey, wait_for_survey};

pub(crate) mod status;
pub use status::{State, Status};

pub(crate) mod played;
pub use played::learn;

pub(crate) mod run;
pub use run::{discard, open_report, resume, start, status, stop, wait};
