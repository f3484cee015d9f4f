//! Writes HTML, as much as the report needs.

use std::fmt::Write as _;

use crate::files::{Existing, Kind};

/// A page while it is written.
pub(super) struct Page {
    html: String,
}

/// What a page is of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject {
    /// One run.
    Run,
    /// Two runs side by side.
    Comparison,
}

/// What is done with a page that is there: a report of ours is replaced, and no other file.
pub(in crate::cli) const EXISTING: Existing = Existing::Replace(REPORT);
pub(super) const REPORT: Kind =
    Kind { name: "a report of Continuo", begins: |head| has(head, Subject::Run.mark()) };
pub(super) const COMPARISON: Kind =
    Kind { name: "a comparison of Continuo", begins: |head| has(head, Subject::Comparison.mark()) };

fn has(head: &[u8], mark: &str) -> bool {
    head.windows(mark.len()).any(|window| window == mark.as_bytes())
}

impl Subject {
    /// Marks a page as one of ours.
    const fn mark(self) -> &'static str {
        match self {
            Self::Run => "<meta name=\"generator\" content=\"continuo-trainer\">",
            Self::Comparison => "<meta name=\"generator\" content=\"continuo-trainer compare\">",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Run => "training report",
            Self::Comparison => "comparison",
        }
    }
}

const CSS: &str = include_str!("page.css");
/// Plays the rolls.
const SCRIPT: &str = include_str!("page.js");

/// Text escaped for HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A sentence with its first letter in upper case.
fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

impl Page {
    pub(super) fn new(name: &str, subject: Subject) -> Self {
        let (name, mark, title) = (escaped(name), subject.mark(), subject.title());
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n{mark}\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{name}: {title}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n"
        );
        Self { html }
    }

    fn push(&mut self, html: &str) {
        self.html.push_str(html);
        self.html.push('\n');
    }

    /// The verdict: the grade large, and sentences under it; plain text.
    pub(super) fn verdict(&mut self, grade: &str, sentences: &[String]) {
        let sentences: Vec<String> =
            sentences.iter().map(|sentence| format!("<p>{}</p>", escaped(&capitalised(sentence)))).collect();
        self.push(&format!(
            "<div class=\"verdict\"><p class=\"grade\">{}</p>{}</div>",
            escaped(grade),
            sentences.concat()
        ));
    }

    /// Another page's contents, in place.
    pub(super) fn append(&mut self, part: &Self) {
        self.html.push_str(&part.html);
    }

    /// A piece of a page, to be appended to one.
    pub(super) fn part() -> Self {
        Self { html: String::new() }
    }

    /// An element that is not shown; HTML.
    pub(super) fn hidden(&mut self, element: &str) {
        self.push(element);
    }

    /// A heading and a sentence under it; plain text.
    pub(super) fn section(&mut self, title: &str, about: &str) {
        self.push(&format!("<h2>{}</h2>", escaped(title)));
        if !about.is_empty() {
            self.note(about);
        }
    }

    /// A small heading; plain text.
    pub(super) fn heading(&mut self, title: &str) {
        self.push(&format!("<h3>{}</h3>", escaped(title)));
    }

    /// A sentence; plain text.
    pub(super) fn note(&mut self, text: &str) {
        self.push(&format!("<p>{}</p>", escaped(text)));
    }

    /// A legend: classes and plain text.
    pub(super) fn key(&mut self, classes: &[(String, &str)]) {
        let mut html = String::from("<p>");
        for (class, word) in classes {
            // Writing to a string cannot fail.
            let _ = write!(html, "<span class=\"key {class}\"></span>{}", escaped(word));
        }
        self.push(&(html + "</p>"));
    }

    /// Small pictures in a row.
    pub(super) fn pictures(&mut self, svgs: &[String]) {
        self.grid("row", svgs);
    }

    /// Pictures in pairs.
    pub(super) fn pictures_in_pairs(&mut self, svgs: &[String]) {
        self.grid("row pairs", svgs);
    }

    fn grid(&mut self, class: &str, svgs: &[String]) {
        let cards: Vec<String> = svgs.iter().map(|svg| format!("<div class=\"card\">{svg}</div>")).collect();
        self.push(&format!("<div class=\"{class}\">{}</div>", cards.join("\n")));
    }

    /// A picture as wide as the page; on a narrow screen it scrolls.
    pub(super) fn wide(&mut self, svg: &str) {
        self.push(&format!("<div class=\"card wide\">{svg}</div>"));
    }

    /// A roll that can be heard, under its title.
    pub(super) fn roll(&mut self, title: &str, svg: &str, sound: &serde_json::Value) {
        self.push(&format!(
            "<div class=\"head\"><button aria-pressed=\"false\" data-sound=\"{}\">▶ Play</button><span>{}</span></div>",
            escaped(&sound.to_string()),
            escaped(title)
        ));
        self.wide(svg);
    }

    /// A table of cells in HTML.
    pub(super) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let cells = |tag: &str, cells: &[String]| -> String {
            cells.iter().map(|cell| format!("<{tag}>{cell}</{tag}>")).collect::<Vec<_>>().concat()
        };
        let head: Vec<String> = head.iter().map(|cell| escaped(cell)).collect();
        let rows: Vec<String> = rows.iter().map(|row| format!("<tr>{}</tr>", cells("td", row))).collect();
        self.push(&format!(
            "<div class=\"card\"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
            cells("th", &head),
            rows.join("\n")
        ));
    }

    /// A collapsed list; its items are HTML.
    pub(super) fn details(&mut self, summary: &str, items: &[String], n_more: usize) {
        let mut items: Vec<String> = items.iter().map(|item| format!("<li>{item}</li>")).collect();
        if n_more > 0 {
            items.push(format!("<li>and {n_more} more, in the log</li>"));
        }
        self.push(&format!(
            "<details><summary>{}</summary><ul>{}</ul></details>",
            escaped(summary),
            items.join("\n")
        ));
    }

    /// The whole page.
    pub(super) fn finish(mut self) -> String {
        if self.html.contains("data-sound=") {
            self.push(&format!("<script>{SCRIPT}</script>"));
        }
        self.push("</main>\n</body>\n</html>");
        self.html
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::report::page::{Page, Subject};

    #[test]
    fn a_name_cannot_break_out_of_the_page() {
        let mut page = Page::new("<script>\"&", Subject::Run);
        page.details("2 files", &["one".into()], 1);
        let html = page.finish();
        assert!(html.contains("<h1>&lt;script&gt;&quot;&amp;</h1>") && !html.contains("<script>"));
        assert!(html.contains("and 1 more"));
    }
}
