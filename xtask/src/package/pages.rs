//! The documents as pages that can be read without a network.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use crate::system::project;

/// The documents for players and for those who train models.
const PAGES: [&str; 7] = [
    "README.md",
    "CHANGELOG.md",
    "docs/MANUAL.md",
    "docs/HOSTS.md",
    "docs/TRAINING.md",
    "docs/KNOBS.md",
    "models/README.md",
];
/// The project's own licences.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

const STYLE: &str = "body{font:1em/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em;color:#222}\
    img{max-width:100%}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left}\
    pre{background:#f4f4f4;padding:.8em;overflow:auto}code{background:#f4f4f4}";

/// All pages with their pictures and the licences, by their place in a package.
///
/// # Errors
/// If a document or a picture cannot be read.
pub(super) fn pages() -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut copied: BTreeSet<PathBuf> = LICENCES.iter().map(PathBuf::from).collect();
    for page in PAGES.map(Path::new) {
        let text = read(page)?;
        let (html, pictures) = convert(page, &String::from_utf8(text)?);
        copied.extend(pictures);
        files.insert(page.with_extension("html"), html.into_bytes());
    }
    for path in copied {
        let bytes = read(&path)?;
        files.insert(path, bytes);
    }
    Ok(files)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(project().join(path)).with_context(|| path.display().to_string())
}

/// A document as HTML, and the pictures that it shows. Links to other files of the project become plain text
/// unless those are in the package too.
fn convert(page: &Path, text: &str) -> (String, Vec<PathBuf>) {
    let (mut pictures, mut is_dropped, mut events) = (Vec::new(), Vec::new(), Vec::new());
    let folder = page.parent().unwrap_or(Path::new(""));
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let target = packed_link(folder, &dest_url);
                is_dropped.push(target.is_none());
                let link = |url: String| Tag::Link { link_type, dest_url: url.into(), title, id };
                events.extend(target.map(|url| Event::Start(link(url))));
            }
            Event::End(TagEnd::Link) => {
                if is_dropped.pop() == Some(false) {
                    events.push(event);
                }
            }
            Event::Start(Tag::Image { ref dest_url, .. }) => {
                pictures.push(resolved(folder, dest_url));
                events.push(event);
            }
            event => events.push(event),
        }
    }
    let title = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or("Continuo");
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head><body>\n{body}</body></html>\n"
    );
    (page, pictures)
}

/// Where a link of a page leads to in a package; `None` if what it names is not there.
fn packed_link(folder: &Path, url: &str) -> Option<String> {
    if url.contains("://") || url.starts_with('#') {
        return Some(url.to_owned());
    }
    let (path, fragment) =
        url.split_once('#').map_or((url, String::new()), |(path, id)| (path, format!("#{id}")));
    let target = resolved(folder, path);
    let is_in = |list: &[&str]| list.iter().any(|listed| Path::new(listed) == target);
    match path.strip_suffix(".md") {
        Some(stem) if is_in(&PAGES) => Some(format!("{stem}.html{fragment}")),
        _ => is_in(&LICENCES).then(|| url.to_owned()),
    }
}

/// A path relative to a folder as one relative to the project.
fn resolved(folder: &Path, path: &str) -> PathBuf {
    let mut resolved = folder.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => {
                resolved.pop();
            }
            part => resolved.push(part),
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_and_picture_of_a_page_is_in_the_package_or_in_the_web() -> Result<()> {
        let files = pages()?;
        let (mut n_links, mut n_pictures) = (0, 0);
        for (path, bytes) in
            files.iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "html"))
        {
            let html = std::str::from_utf8(bytes)?;
            let folder = path.parent().context("no folder")?;
            for (attribute, count) in [("href=\"", &mut n_links), ("src=\"", &mut n_pictures)] {
                for after in html.split(attribute).skip(1) {
                    let (url, _) = after.split_once('"').context("no end")?;
                    let is_web = attribute == "href=\"" && url.starts_with("https://");
                    let target = resolved(folder, url);
                    assert!(is_web || files.contains_key(&target), "{}: {url}", path.display());
                    *count += 1;
                }
            }
        }
        assert!(n_links > 10 && n_pictures > 10, "{n_links} links, {n_pictures} pictures");
        Ok(())
    }

    #[test]
    fn a_link_to_a_file_that_is_not_packed_becomes_text() {
        let (html, pictures) =
            convert(Path::new("docs/A.md"), "# A\n[b](../src/b.rs) [h](HOSTS.md) ![p](p.png)");
        assert!(html.contains("<p>b <a href=\"HOSTS.html\">h</a>"), "{html}");
        assert_eq!(pictures, [Path::new("docs/p.png")]);
    }
}
