//! Progressions that many pieces share, by genre.

/// A progression that many pieces share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommonProgression {
    /// The music that it is at home in.
    pub genre: &'static str,
    /// What musicians call it.
    pub name: &'static str,
    /// As [`Progression::parse`](crate::music::Progression::parse) reads it, in degrees.
    pub text: &'static str,
}

const fn common(genre: &'static str, name: &'static str, text: &'static str) -> CommonProgression {
    CommonProgression { genre, name, text }
}

/// The common progressions, those of one genre beside each other.
pub const COMMON_PROGRESSIONS: [CommonProgression; 24] = [
    common("Pop", "Axis", "I | V | vi | IV"),
    common("Pop", "Axis from the sixth", "vi | IV | I | V"),
    common("Pop", "Fifties", "I | vi | IV | V"),
    common("Pop", "Canon", "I | V | vi | iii | IV | I | IV | V"),
    common("Pop", "Royal road", "IVmaj7 | V7 | iii7 | vi"),
    common("Pop", "Sensitive", "vi | V | IV | V"),
    common("Rock", "Three chords", "I | IV | V | V"),
    common("Rock", "Mixolydian vamp", "I | bVII | IV | I"),
    common("Rock", "Andalusian", "i | VII | VI | V"),
    common("Rock", "Minor climb", "i | III | VII | IV"),
    common("Blues", "Twelve-bar blues", "I7 | % | % | % | IV7 | % | I7 | % | V7 | IV7 | I7 | V7"),
    common("Blues", "Quick change", "I7 | IV7 | I7 | % | IV7 | % | I7 | % | V7 | IV7 | I7 | V7"),
    common("Blues", "Minor blues", "i7 | iv7 | i7 | % | iv7 | % | i7 | % | bVI7 | V7 | i7 | V7"),
    common("Jazz", "Two five one", "ii7 | V7 | Imaj7 | %"),
    common("Jazz", "Minor two five one", "iiø7 | V7b9 | i7 | %"),
    common("Jazz", "Turnaround", "Imaj7 vi7 | ii7 V7"),
    common("Jazz", "Rhythm changes", "I vi7 | ii7 V7 | iii7 VI7 | ii7 V7 | I I7 | IV iv6 | I V7 | I"),
    common("Jazz", "Coltrane cycle", "Imaj7 bIII7 | bVImaj7 VII7 | IIImaj7 V7 | Imaj7"),
    common("Jazz", "So what", "ii7 | % | % | % | % | % | % | %"),
    common("Dance", "Trance", "i | VI | III | VII"),
    common("Dance", "Deep house", "i7 | % | iv7 | v7"),
    common("Dance", "Two chords", "i | % | VI | %"),
    common("Classical", "Circle of fifths", "I | IV | viio | iii | vi | ii | V | I"),
    common("Classical", "Cadence", "I | ii6 | V7 | I"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::music::{COMMON_PROGRESSIONS, Progression};

    #[test]
    fn every_one_can_be_read_by_its_text_and_by_its_name() {
        for common in COMMON_PROGRESSIONS {
            let by_text = Progression::parse(common.text).unwrap();
            assert_eq!(
                Progression::parse(&common.name.to_uppercase()).as_ref(),
                Ok(&by_text),
                "{}",
                common.name
            );
            assert_eq!(by_text.text(), common.text);
        }
    }

    #[test]
    fn names_are_unique_and_genres_stand_together() {
        let names: HashSet<&str> = COMMON_PROGRESSIONS.iter().map(|common| common.name).collect();
        assert_eq!(names.len(), COMMON_PROGRESSIONS.len());
        let mut genres: Vec<&str> = COMMON_PROGRESSIONS.iter().map(|common| common.genre).collect();
        genres.dedup();
        assert_eq!(genres.iter().collect::<HashSet<_>>().len(), genres.len());
    }
}
