//! The system's dialog that chooses a file or a folder, on a thread of its own so that neither the host nor the editor waits.
//!
//! On Linux the dialog is that of the desktop's portal, or of zenity where no portal answers. Where there is neither, no
//! dialog appears, and the user types the path.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::plugin::keep_loaded::keep_loaded;

/// Opens one dialog at a time. Clones are handles of the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Picker(Arc<Mutex<Picked>>);

/// What the user is to choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// A folder of MIDI files.
    #[default]
    MidiFolder,
    /// A MIDI file.
    MidiFile,
    /// The trainer's program.
    Trainer,
}

impl Wanted {
    /// What it is, in words.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::MidiFolder => "a folder of MIDI files",
            Self::MidiFile => "a MIDI file",
            Self::Trainer => "the program continuo-trainer",
        }
    }
}

/// What was last chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picked {
    /// What the last dialog asked for.
    pub wanted: Wanted,
    /// Whether the dialog is open.
    pub is_open: bool,
    /// How many dialogs have been closed, so that each choice is taken over once.
    pub n_closed: u32,
    /// What was chosen in the last one; `None` if it was closed without a choice.
    pub path: Option<PathBuf>,
    /// Whether no dialog appeared.
    pub is_missing: bool,
}

/// A dialog that has ended without a choice sooner than this was never seen: nobody is that quick.
const NEVER_SEEN: Duration = Duration::from_millis(250);

impl Picker {
    /// Opens the dialog, beginning in this folder or in that of this file, unless one is open.
    pub(crate) fn open(&self, wanted: Wanted, begin: &Path) {
        let dialog = rfd::FileDialog::new().set_title(format!("Choose {}", wanted.title()));
        let dialog = match begin.ancestors().take(2).find(|folder| folder.is_dir()) {
            Some(folder) => dialog.set_directory(folder),
            None => dialog,
        };
        self.open_with(wanted, move || match wanted {
            Wanted::MidiFolder => dialog.pick_folder(),
            Wanted::MidiFile => dialog.add_filter("MIDI files", &["mid", "midi", "MID", "MIDI"]).pick_file(),
            Wanted::Trainer => dialog.pick_file(),
        });
    }

    fn open_with(&self, wanted: Wanted, choose: impl FnOnce() -> Option<PathBuf> + Send + 'static) {
        {
            let mut picked = self.lock();
            if picked.is_open {
                return;
            }
            (picked.is_open, picked.wanted) = (true, wanted);
        }
        // The host may unload the plugin meanwhile.
        keep_loaded();
        let picker = self.clone();
        let waiting = move || {
            let opened = Instant::now();
            let path = choose();
            let is_missing = was_never_seen(path.as_deref(), opened.elapsed());
            picker.close(path, is_missing);
        };
        if std::thread::Builder::new().name("continuo picker".into()).spawn(waiting).is_err() {
            self.close(None, true);
        }
    }

    fn close(&self, path: Option<PathBuf>, is_missing: bool) {
        let mut picked = self.lock();
        let (wanted, n_closed) = (picked.wanted, picked.n_closed + 1);
        *picked = Picked { wanted, is_open: false, n_closed, path, is_missing };
    }

    /// What was last chosen.
    pub(crate) fn picked(&self) -> Picked {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Picked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn was_never_seen(path: Option<&Path>, lasted: Duration) -> bool {
    path.is_none() && lasted < NEVER_SEEN
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use crate::plugin::picker::{Picker, Wanted, was_never_seen};

    /// Waits until the dialogs opened so far are closed.
    fn wait_for(picker: &Picker, n_closed: u32) {
        while picker.picked().n_closed < n_closed {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_dialog_is_open_once_and_its_choice_is_kept() {
        let picker = Picker::default();
        let (choose, chosen) = channel::<PathBuf>();
        picker.open_with(Wanted::MidiFile, move || chosen.recv().ok());
        assert!(picker.picked().is_open);
        picker.open_with(Wanted::MidiFolder, || Some(PathBuf::from("/other")));
        choose.send(PathBuf::from("/tune.mid")).unwrap();
        wait_for(&picker, 1);
        let picked = picker.picked();
        assert_eq!((picked.is_open, picked.n_closed, picked.wanted), (false, 1, Wanted::MidiFile));
        assert_eq!(picked.path, Some(PathBuf::from("/tune.mid")));
    }

    #[test]
    fn a_dialog_that_ends_at_once_without_a_choice_was_never_seen() {
        assert!(was_never_seen(None, Duration::from_millis(20)));
        assert!(!was_never_seen(None, Duration::from_secs(2)), "the user has closed it");
        assert!(!was_never_seen(Some(Path::new("/midi")), Duration::from_millis(20)));
    }
}
