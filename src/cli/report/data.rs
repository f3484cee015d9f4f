//! What a report holds for a program: enough to lay two runs side by side.

use serde::{Deserialize, Serialize};

use crate::cli::report::story::Story;
use crate::model::network::N_PARTS;
use crate::run_events::Assessment;
use crate::training::run::CurvePoint;

/// A run, as its report holds it in a script element of this id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RunData {
    pub(super) name: String,
    /// The settings, in words.
    pub(super) training: String,
    pub(super) n_notes: usize,
    pub(super) n_pieces: usize,
    pub(super) assessment: Assessment,
    pub(super) curve: Vec<Point>,
}

/// A point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Point {
    /// Million notes trained on.
    pub(super) notes: f64,
    pub(super) train: f64,
    /// `None` if nothing is held out.
    pub(super) held_out: Option<f64>,
    pub(super) learning_rate: f64,
}

/// The id of the script element.
pub(super) const ID: &str = "continuo-run";

impl RunData {
    pub(super) fn of(story: &Story<'_>) -> Self {
        let corpus = story.corpus;
        let point = |point: &CurvePoint| Point {
            notes: point.n_notes as f64 / 1e6,
            train: point.train.iter().map(|loss| f64::from(*loss)).sum(),
            held_out: mean_held_out(point, |parts| parts.iter().sum()),
            learning_rate: f64::from(point.lr),
        };
        Self {
            name: story.model.card().name.clone(),
            training: story.model.card().training.clone(),
            n_notes: corpus.n_notes(),
            n_pieces: corpus.n_pieces(crate::training::corpus::Part::Train),
            assessment: story.assessment.clone(),
            curve: story.curve.iter().map(point).collect(),
        }
    }

    /// The element that holds it.
    pub(super) fn element(&self) -> serde_json::Result<String> {
        // No text in it may end the element.
        let json = serde_json::to_string(self)?.replace('<', "\\u003c");
        Ok(format!("<script type=\"application/json\" id=\"{ID}\">{json}</script>"))
    }

    /// The run of a page.
    pub(super) fn parse(page: &str) -> Option<Self> {
        let (_, rest) = page.split_once(&format!("id=\"{ID}\">"))?;
        serde_json::from_str(rest.split_once("</script>")?.0).ok()
    }
}

/// The mean over the styles that were measured.
pub(super) fn mean_held_out(point: &CurvePoint, loss: impl Fn(&[f32; N_PARTS]) -> f32) -> Option<f64> {
    let measured: Vec<f32> =
        point.valid.iter().filter(|parts| parts.iter().any(|part| *part > 0.0)).map(loss).collect();
    (!measured.is_empty()).then(|| f64::from(measured.iter().sum::<f32>()) / measured.len() as f64)
}

#[cfg(test)]
mod tests {
    use crate::cli::report::data::RunData;
    use crate::run_events::Assessment;

    #[test]
    fn a_run_comes_back_out_of_its_page() {
        let run = RunData {
            name: "</script><b>".to_owned(),
            training: "preset sketch".to_owned(),
            n_notes: 7,
            n_pieces: 2,
            assessment: Assessment::default(),
            curve: Vec::new(),
        };
        let page = format!("<html>{}</html>", run.element().unwrap());
        assert_eq!(page.matches("</script>").count(), 1);
        assert_eq!(RunData::parse(&page), Some(run));
        assert_eq!(RunData::parse("<html></html>"), None);
    }
}
