//! SVG pictures, as much as the report needs. Colours are classes of the page, so that they follow light and dark.

use std::fmt::Write as _;

use crate::cli::report::page::escaped;

/// A picture while it is drawn.
pub(super) struct Svg {
    width: f64,
    height: f64,
    body: String,
}

/// Where a text stands to its place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// An empty picture of this size in pixels.
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    /// A rectangle; with a title, which the browser shows where the pointer is.
    pub(super) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str, title: &str) {
        let [x, y, width, height] = [x, y, width, height].map(short);
        let content = match title {
            "" => String::new(),
            _ => format!("<title>{}</title>", escaped(title)),
        };
        // Writing to a string cannot fail.
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\">{content}</rect>"
        );
    }

    /// Points joined by a line.
    pub(super) fn line(&mut self, points: &[(f64, f64)], class: &str) {
        let points: Vec<String> =
            points.iter().map(|(x, y)| format!("{},{}", short(*x), short(*y))).collect();
        let _ = write!(self.body, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "));
    }

    pub(super) fn dot(&mut self, (x, y): (f64, f64), class: &str) {
        let _ =
            write!(self.body, "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"3\"/>", short(x), short(y));
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _ = write!(
            self.body,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            short(x),
            short(y),
            escaped(words)
        );
    }

    /// The picture; the label is for screen readers.
    pub(super) fn finish(self, label: &str) -> String {
        let Self { width, height, body } = self;
        format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">{body}</svg>",
            escaped(label)
        )
    }
}

/// A number with at most one decimal.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
