//! Composing knobs as they are saved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::player::ComposingKnobs;

/// Composing knobs: a number for each field. One that is missing was not there yet and stands at its default.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct SavedKnobs(BTreeMap<String, f64>);

/// What a field was called in takes of earlier versions: now, then.
const RENAMED: [(&str, &str); 1] = [("variety", "repetition")];

impl From<&ComposingKnobs> for SavedKnobs {
    fn from(knobs: &ComposingKnobs) -> Self {
        Self(knobs.fields().map(|(name, number)| (name.to_owned(), number)).collect())
    }
}

impl SavedKnobs {
    pub(super) fn restore(&self) -> Result<ComposingKnobs, &'static str> {
        let number = |name: &str| {
            let earlier =
                || RENAMED.iter().find(|(now, _)| *now == name).and_then(|(_, then)| self.0.get(*then));
            self.0.get(name).or_else(earlier).copied()
        };
        ComposingKnobs::from_fields(number).map_err(|field| match field {
            "scale" => "has an unknown scale",
            "grid" => "has an unknown grid",
            "conversation" => "has an unknown conversation",
            "instrument" => "has an unknown instrument",
            _ => "has a knob out of its range",
        })
    }

    /// The numbers in thousandths, to which all knobs are rounded.
    pub(super) fn thousandths(&self) -> BTreeMap<String, i64> {
        self.0.iter().map(|(name, number)| (name.clone(), (number * 1000.0).round() as i64)).collect()
    }

    pub(super) fn of_thousandths(values: &BTreeMap<String, i64>) -> Self {
        Self(values.iter().map(|(name, value)| (name.clone(), *value as f64 / 1000.0)).collect())
    }
}
