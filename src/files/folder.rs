//! Continuo's folder, and names that files may have there.

use std::path::PathBuf;

/// Continuo's folder among the user's data. It need not exist.
#[must_use]
pub fn data_folder() -> Option<PathBuf> {
    Some(dirs::data_dir()?.join("continuo"))
}

/// A name as a file name that is valid on every system, without extension; empty if nothing is left.
#[must_use]
pub fn file_stem(name: &str) -> String {
    const LONGEST: usize = 80;
    let kept = name.chars().map(|letter| match letter {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        letter if letter.is_control() => ' ',
        letter => letter,
    });
    let kept: String = kept.take(LONGEST).collect();
    kept.trim_matches(|letter: char| letter == '.' || letter.is_whitespace()).to_owned()
}

#[cfg(test)]
mod tests {
    use crate::files::folder::file_stem;

    #[test]
    fn a_name_never_leaves_its_folder() {
        assert_eq!(file_stem("../..\\a: b?"), "-..-a- b-");
        assert_eq!(file_stem(" .. "), "");
        assert_eq!(file_stem("Räuber & Söhne"), "Räuber & Söhne");
    }
}
