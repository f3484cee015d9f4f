//! Around which velocity the knob Velocity spread works.

/// The velocity that velocity spread leaves as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpreadCentre {
    /// The mean of the notes in the note's own bar, so that music of one velocity stays as it is. While a bar is
    /// being composed along with the user, the mean of what is there when the note is read.
    #[default]
    Bar,
    /// 64, in projects of earlier versions.
    Fixed,
}
