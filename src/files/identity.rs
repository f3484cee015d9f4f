//! Telling whether two paths lead to one file.

use std::io;
use std::path::Path;

use file_id::{FileId, get_file_id};

/// Equal for all paths that lead to one file or folder, by links or other names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity(FileId);

impl Identity {
    /// The identity of what is at `path`; links are followed, and no content is opened.
    ///
    /// # Errors
    /// If nothing is there.
    pub fn of(path: &Path) -> io::Result<Self> {
        get_file_id(path).map(Self)
    }

    /// Whether two paths lead to one file; not if nothing is at one of them.
    #[must_use]
    pub fn is_same(one: &Path, other: &Path) -> bool {
        matches!((Self::of(one), Self::of(other)), (Ok(one), Ok(other)) if one == other)
    }
}

#[cfg(test)]
mod tests {
    use crate::files::Identity;

    #[test]
    fn a_file_is_the_same_by_every_path_that_leads_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, hard, other] = ["a", "b", "c", "d"].map(|name| folder.path().join(name));
        std::fs::write(&file, "").unwrap();
        std::fs::write(&other, "").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&file, &link).unwrap();
        // Windows asks for a right to make links of that kind.
        #[cfg(not(unix))]
        std::fs::hard_link(&file, &link).unwrap();
        std::fs::hard_link(&file, &hard).unwrap();
        let around = folder.path().join(".").join("a");
        for same in [&file, &link, &hard, &around] {
            assert!(Identity::is_same(&file, same), "{}", same.display());
        }
        assert!(!Identity::is_same(&file, &other));
        assert!(!Identity::is_same(&folder.path().join("no"), &folder.path().join("no")));
    }
}
