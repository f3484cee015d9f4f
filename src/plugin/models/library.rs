//! The list of models, read on a thread of its own so that neither the editor nor the music waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{Card, Model, ModelError};
use crate::music::{Note, Tick};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::models::folder::model_files;

/// The most notes of a thumbnail, and how many styles it shows.
const MAX_NOTES: usize = 240;
const MAX_STYLES: usize = 3;

/// A model in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEntry {
    /// How to ask for it.
    pub choice: ModelChoice,
    /// Its card; `None` while the file is being read, or why it cannot be read.
    pub card: Option<Result<Arc<Card>, String>>,
    /// Some of its music, from tick zero on.
    pub thumbnail: Arc<[Note]>,
}

/// The list of models. Clones are handles of the same.
#[derive(Clone, Default)]
pub(crate) struct Library {
    entries: Arc<Mutex<Arc<[ModelEntry]>>>,
}

impl Library {
    /// The models found, as far as they have been read.
    pub(crate) fn entries(&self) -> Arc<[ModelEntry]> {
        Arc::clone(&self.lock())
    }

    /// Lists the model files and reads them, one after the other.
    pub(crate) fn scan(&self) {
        let choices =
            std::iter::once(ModelChoice::BuiltIn).chain(model_files().into_iter().map(ModelChoice::File));
        let entries: Vec<ModelEntry> = choices.map(unread).collect();
        *self.lock() = entries.clone().into();
        let library = self.clone();
        let reading = move || {
            for (idx, mut entry) in entries.into_iter().enumerate() {
                read(&mut entry);
                let mut known = library.lock();
                let mut changed = known.to_vec();
                // The files may have been listed again meanwhile.
                if let Some(unread) = changed.get_mut(idx).filter(|there| there.choice == entry.choice) {
                    *unread = entry;
                    *known = changed.into();
                }
            }
        };
        // Without the thread the cards stay empty, and the models can still be chosen.
        let _ = std::thread::Builder::new().name("continuo models".into()).spawn(reading);
    }

    fn lock(&self) -> MutexGuard<'_, Arc<[ModelEntry]>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unread(choice: ModelChoice) -> ModelEntry {
    ModelEntry { choice, card: None, thumbnail: Arc::default() }
}

fn read(entry: &mut ModelEntry) {
    let model = match &entry.choice {
        ModelChoice::BuiltIn => Model::embedded(),
        ModelChoice::File(path) => Model::load(path),
    };
    match model {
        Ok(model) => {
            entry.card = Some(Ok(Arc::new(model.card().clone())));
            entry.thumbnail = thumbnail(&model).into();
        }
        Err(error) => entry.card = Some(Err(advice(&error))),
    }
}

/// What is wrong with a file, and what the user can do about it.
fn advice(error: &ModelError) -> String {
    // The card has the name of the file.
    let error = if let ModelError::File { source, .. } = error { source } else { error };
    let advice = match error {
        ModelError::Unreadable { .. } | ModelError::File { .. } => {
            "Check that it is still there and can be read."
        }
        ModelError::Truncated { .. } => "The copy is incomplete: copy it again.",
        ModelError::Foreign(_) => "Take it out of the folder, or train a model of your own.",
        ModelError::TooNew { .. } => "Update Continuo to use it.",
        ModelError::Damaged(_) => "Copy it again, or train it again.",
        ModelError::Unbounded | ModelError::Unwritable(_) => "Check that the disk is not full.",
    };
    format!("{error}. {advice}")
}

/// Some passages of the model's music, one after the other.
fn thumbnail(model: &Model) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut start = Tick::ZERO;
    for style in 0..MAX_STYLES.min(model.card().styles.len()) {
        let Some(primer) = model.primers().iter().find(|primer| primer.style == style) else { continue };
        let length = Tick(primer.meter.bar_length().0 * i64::from(primer.n_bars.min(4)));
        let passage = primer.notes.iter().filter(|note| note.onset < length);
        notes.extend(passage.map(|note| Note { onset: note.onset + start, ..*note }));
        start += length;
    }
    notes.truncate(MAX_NOTES);
    notes
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::model::{Model, ModelError};
    use crate::plugin::models::choice::ModelChoice;
    use crate::plugin::models::library::{advice, read, thumbnail, unread};

    #[test]
    fn the_shipped_model_has_a_card_and_a_thumbnail() {
        let mut entry = unread(ModelChoice::BuiltIn);
        read(&mut entry);
        let card = entry.card.unwrap().unwrap();
        assert!(!card.name.is_empty() && !card.styles.is_empty() && !card.licence.is_empty());
        assert!(entry.thumbnail.len() > 20);
        assert!(thumbnail(&Model::random(2, 1)).is_empty());
    }

    #[test]
    fn an_unusable_file_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("poem.safetensors");
        std::fs::write(&path, "So many gods, so many creeds").unwrap();
        let mut entry = unread(ModelChoice::File(path));
        read(&mut entry);
        let words = entry.card.unwrap().unwrap_err();
        assert!(
            words.contains("not a weights file of Continuo") && words.ends_with("of your own."),
            "{words}"
        );
        let gone = ModelError::Unreadable {
            path: PathBuf::from("gone"),
            source: std::io::ErrorKind::NotFound.into(),
        };
        assert!(advice(&gone).contains("still there"));
    }
}
