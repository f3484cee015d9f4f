//! Paths as people type and paste them.

use std::path::{Path, PathBuf};

/// The path that was typed: without blanks around it and the quotes that file managers put there, and with `~` at its
/// beginning as the user's home.
#[must_use]
pub fn typed_path(text: &str) -> PathBuf {
    let text = text.trim();
    let quoted = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    with_home(Path::new(quoted.unwrap_or(text)), dirs::home_dir().as_deref())
}

/// A path with `~` at its beginning as the user's home.
#[must_use]
pub fn expand_home(path: &Path) -> PathBuf {
    with_home(path, dirs::home_dir().as_deref())
}

fn with_home(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) if rest.as_os_str().is_empty() => home.to_owned(),
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use crate::files::typed::{typed_path, with_home};

    #[test]
    fn a_typed_path_may_have_quotes_and_blanks_around_it() {
        for text in ["/a/my midi", "  /a/my midi\n", "'/a/my midi'", "\"/a/my midi\" "] {
            assert_eq!(typed_path(text), PathBuf::from("/a/my midi"), "{text}");
        }
        assert_eq!(typed_path("/a/it's"), PathBuf::from("/a/it's"));
        assert_eq!(typed_path(" "), PathBuf::new());
    }

    #[test]
    fn a_tilde_is_the_home_of_the_user_only_at_the_beginning() {
        let home = Some(Path::new("/home/ada"));
        for (typed, path) in [
            ("~", "/home/ada"),
            ("~/midi/tango", "/home/ada/midi/tango"),
            ("/a/~/b", "/a/~/b"),
            ("~bob/midi", "~bob/midi"),
        ] {
            assert_eq!(with_home(Path::new(typed), home), PathBuf::from(path));
            assert_eq!(with_home(Path::new(typed), None), PathBuf::from(typed));
        }
    }
}
