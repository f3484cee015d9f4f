//! The one door to the disk: files are opened without waiting, and written completely or not at all.
//!
//! [`open()`] and [`read`] open regular files only. A pipe, a socket or a device under the name of a file is refused, not
//! waited for, and no more is read than a limit allows.
//!
//! [`write_with`] and its short forms follow links and replace only files of the kind that they write. A file takes its
//! name when all of it is on the disk, so a reader finds the old file or the whole new one, also after a power cut.
//! [`check`] tells before the work begins whether a file could be written.

mod identity;
pub use identity::Identity;

mod kind;
pub use kind::{JSON, Kind};

mod opening;
pub use opening::{append, open, read};

mod writing;
pub use writing::{Existing, WriteError, check, create, remove_leftovers, replace, write_with};

mod lock;
pub use lock::{Lock, LockError};

mod folder;
pub use folder::{data_folder, file_stem};

mod typed;
pub use typed::{expand_home, typed_path};
