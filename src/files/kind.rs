//! The kinds of files that are written.

/// A kind of file that Continuo writes and may replace.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// What such a file is, with its article: "a weights file of Continuo".
    pub name: &'static str,
    /// Whether a file that begins with these bytes (its first [`Kind::HEAD`], or all) is of this kind.
    pub begins: fn(&[u8]) -> bool,
}

/// JSON, for small files of settings.
pub const JSON: Kind = Kind { name: "a JSON file", begins: |head| head.trim_ascii_start().starts_with(b"{") };

impl Kind {
    /// How many bytes at the beginning of a file show its kind.
    pub const HEAD: u64 = 4096;
}
