//! Errors as one line of text for the user.

use std::error::Error;

/// An error and its causes, outermost first: `could not read a.mid: permission denied`.
#[must_use]
pub fn with_causes(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use crate::errors::with_causes;
    use crate::files::WriteError;

    #[test]
    fn causes_follow_the_error_in_one_line() {
        let source = ErrorKind::NotFound.into();
        let error = WriteError { path: "a.mid".into(), source };
        assert_eq!(with_causes(&error), "could not write a.mid: entity not found");
        assert_eq!(with_causes(&error.source), "entity not found");
    }
}
