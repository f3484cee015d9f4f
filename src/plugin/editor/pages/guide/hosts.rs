//! How to record in each host: the text of docs/HOSTS.md.

const HOSTS: &str = include_str!("../../../../../docs/HOSTS.md");

/// The hosts with the steps in each, in the order of the document.
pub(crate) fn hosts() -> Vec<(&'static str, String)> {
    let after = HOSTS.split_once("\n## Recording what it plays\n").map_or("", |(_, after)| after);
    let section = after.split("\n## ").next().unwrap_or_default();
    section
        .split("\n\n")
        .filter_map(|paragraph| {
            let (name, text) = paragraph.trim().strip_prefix("**")?.split_once(".**")?;
            Some((name, plain(text)))
        })
        .collect()
}

/// The host that runs this program, by the guide's name for it.
pub(crate) fn host_of(program: &str) -> Option<&'static str> {
    let program = program.to_lowercase();
    hosts().into_iter().map(|(name, _)| name).find(|name| {
        let name = name.to_lowercase();
        let word = name.split(' ').next().unwrap_or_default();
        program.contains(&name.replace(' ', ""))
            || program.contains(&name)
            || (word.len() > 3 && program.contains(word))
            || (name == "fl studio" && program.starts_with("fl"))
    })
}

/// A paragraph without its Markdown.
fn plain(markdown: &str) -> String {
    let words: Vec<&str> = markdown.split_whitespace().collect();
    words.join(" ").replace(['*', '`'], "")
}

#[cfg(test)]
mod tests {
    use crate::plugin::editor::pages::guide::hosts::{host_of, hosts};

    #[test]
    fn every_host_of_the_docs_has_its_page() {
        let hosts = hosts();
        let names: Vec<&str> = hosts.iter().map(|(name, _)| *name).collect();
        for name in ["Ardour", "Bitwig Studio", "Reaper", "Ableton Live", "Studio One", "FL Studio", "Cubase"]
        {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
        assert!(hosts.iter().all(|(_, text)| text.len() > 80 && !text.contains(['*', '`'])));
    }

    #[test]
    fn hosts_are_known_by_their_programs() {
        for (program, host) in [
            ("ardour-7.3.0", Some("Ardour")),
            ("BitwigStudio", Some("Bitwig Studio")),
            ("reaper", Some("Reaper")),
            ("Ableton Live 12 Suite", Some("Ableton Live")),
            ("Studio One", Some("Studio One")),
            ("FL64", Some("FL Studio")),
            ("Cubase13", Some("Cubase")),
            ("carla", None),
        ] {
            assert_eq!(host_of(program), host, "{program}");
        }
    }
}
