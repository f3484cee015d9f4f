//! Writes HTML, as much as the report needs.

use std::fmt::Write as _;

/// A page while it is written.
pub(super) struct Page {
    html: String,
}

/// Marks a page as a report of ours.
pub(super) const GENERATOR: &str = "<meta name=\"generator\" content=\"continuo-trainer\">";

const CSS: &str = "
:root { --ink: #22262e; --soft: #667085; --line: #e3e6eb; --paper: #ffffff; --ground: #f5f6f8; --good: #1a7f4b; --bad: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 30px; margin: 0 0 8px; } h2 { font-size: 21px; margin: 44px 0 4px; } h3 { font-size: 15px; margin: 22px 0 6px; }
p { margin: 4px 0 12px; color: var(--soft); max-width: 78ch; overflow-wrap: anywhere; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 14px; margin: 0 0 14px; }
.pairs { grid-template-columns: repeat(auto-fit, minmax(400px, 1fr)); }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 10px; overflow-x: auto; margin: 0 0 14px; }
.row .card { margin: 0; }
svg { display: block; width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14.5px; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; } th:first-child, td:first-child { text-align: left; }
tr:last-child td { border-bottom: 0; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
details { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 8px 14px; margin: 0 0 8px; }
summary { cursor: pointer; } li { font-size: 13.5px; color: var(--soft); overflow-wrap: anywhere; }
.key { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin: 0 5px 0 12px; vertical-align: -1px; }
";

/// Text escaped for HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Page {
    pub(super) fn new(name: &str) -> Self {
        let name = escaped(name);
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n{GENERATOR}\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{name}: training report</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n"
        );
        Self { html }
    }

    fn push(&mut self, html: &str) {
        self.html.push_str(html);
        self.html.push('\n');
    }

    /// The first paragraph; HTML.
    pub(super) fn lead(&mut self, html: &str) {
        self.push(&format!("<p>{html}</p>"));
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

    /// A legend: CSS colours and plain text.
    pub(super) fn key(&mut self, colours: &[(String, &str)]) {
        let mut html = String::from("<p>");
        for (colour, word) in colours {
            // Writing to a string cannot fail.
            let _ =
                write!(html, "<span class=\"key\" style=\"background:{colour}\"></span>{}", escaped(word));
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

    /// A picture as wide as the page.
    pub(super) fn wide(&mut self, svg: &str) {
        self.push(&format!("<div class=\"card\">{svg}</div>"));
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
        self.push("</main>\n</body>\n</html>");
        self.html
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::report::page::Page;

    #[test]
    fn a_name_cannot_break_out_of_the_page() {
        let mut page = Page::new("<script>\"&");
        page.details("2 files", &["one".into()], 1);
        let html = page.finish();
        assert!(html.contains("<h1>&lt;script&gt;&quot;&amp;</h1>") && !html.contains("<script>"));
        assert!(html.contains("and 1 more"));
    }
}
