//! What the editor shows about a composer.

/// What the editor shows about a composer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// The name of the model that composes, if there is one.
    pub model: Option<String>,
    /// SHA-256 of its weights file, in hexadecimal.
    pub model_hash: Option<String>,
    /// Its styles, in the order of the style knob.
    pub styles: Vec<String>,
    /// The last error, in words.
    pub error: Option<String>,
    /// How many bars began before they were composed.
    pub n_late: u32,
    /// Why no note can be composed with the knobs as they stand, in words.
    pub obstacle: Option<String>,
}
