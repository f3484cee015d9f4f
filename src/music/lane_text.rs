//! The text of a progression, changed bar by bar.

use std::ops::Range;

use crate::music::chord::Chord;
use crate::music::meter::Meter;
use crate::music::piece::Piece;
use crate::music::progression::{InvalidProgression, Progression, place};
use crate::music::time::Tick;

/// As many words a bar are tried to write where its chords change: down to thirty-seconds of a bar of 4/4.
const MOST_WORDS: i64 = 32;

impl Progression {
    /// The text of each bar, such as `C/E G`. Where its own is `%` or nothing it is that of what it stands for.
    #[must_use]
    pub fn bar_texts(&self) -> Vec<String> {
        bar_texts(self.text())
    }

    /// The progression with another text in place of that of the bar with this index, the progression coming round. A
    /// text of several bars takes the place of as many. The other bars stay as they are.
    ///
    /// # Errors
    /// Where the text stops making sense.
    pub fn with_bar(&self, bar_idx: usize, text: &str) -> Result<Self, InvalidProgression> {
        // An error in the text has its place there, unless it looks back at the bar before.
        if !text.trim_start().starts_with('%') {
            Self::parse(text)?;
        }
        let mut bars = self.bar_texts();
        let n_bars = bars.len().max(1);
        for (idx, part) in text.trim().trim_matches('|').split('|').enumerate() {
            if let Some(bar) = bars.get_mut((bar_idx + idx) % n_bars) {
                part.trim().clone_into(bar);
            }
        }
        Self::parse(&bars.join(" | "))
    }
}

impl Piece {
    /// The chords of the piece bar by bar, as the text of a lane that has them on the beats where they are: those that it
    /// names, or those that its notes make. Of a longer piece it has as many bars as a lane can have. None if there are
    /// none.
    #[must_use]
    pub fn chord_text(&self) -> Option<String> {
        let chords = if self.chords.is_empty() { self.find_chords().0 } else { self.chords.clone() };
        let (first, _) = chords.first()?;
        let (mut bars, mut n_before, mut start) = (Vec::new(), 0, Tick::ZERO);
        while start < self.end() && bars.len() < Progression::MOST_BARS {
            let (end, _) = self.next_bar(start);
            if end <= *first {
                n_before += 1;
            } else {
                bars.push(bar_text(&chords, start..end, self.bar_at(start).1));
            }
            start = end;
        }
        // The lane comes round from the beginning of the song.
        let n_bars = bars.len().max(1);
        bars.rotate_right(n_before % n_bars);
        Some(bars.join(" | "))
    }
}

/// The chords on the beats of a bar of this meter, in as few words as stand there. Where the bar is cut short its last chord
/// goes on.
fn bar_text(chords: &[(Tick, Option<Chord>)], bar: Range<Tick>, meter: Meter) -> String {
    let name_at = |tick: Tick| {
        let idx = chords.partition_point(|(at, _)| *at <= tick).saturating_sub(1);
        let chord = chords.get(idx).and_then(|(_, chord)| *chord);
        chord.map_or("N.C.".to_owned(), |chord| chord.to_string())
    };
    let n_beats = meter.bar_length().0 / meter.beat().0;
    let last = (bar.end - bar.start - Tick(1)).0 / meter.beat().0;
    let beats = (0..n_beats).map(|idx| bar.start + Tick(idx.min(last) * meter.beat().0));
    let names: Vec<String> = beats.map(name_at).collect();
    let is_even = |size: &usize| {
        *size > 0
            && names.len().is_multiple_of(*size)
            && names.chunks(*size).all(|part| part.iter().all(|name| *name == part[0]))
    };
    let size = [names.len(), names.len() / 2].into_iter().find(is_even).unwrap_or(1);
    names.into_iter().step_by(size).collect::<Vec<String>>().join(" ")
}

/// The text of a bar of this meter in which these words begin at these places, ascending from the bar line on; none if
/// no number of words puts them there.
#[must_use]
pub fn spread_words(words: &[(Tick, &str)], meter: Meter) -> Option<String> {
    (1..=MOST_WORDS).find_map(|n_words| {
        let places: Vec<Tick> = (0..n_words).map(|idx| place(idx, n_words, meter)).collect();
        if words.iter().any(|(at, _)| !places.contains(at)) {
            return None;
        }
        let word_at = |at: &Tick| words.iter().rev().find(|(begin, _)| begin <= at).map(|(_, word)| *word);
        let all: Option<Vec<&str>> = places.iter().map(word_at).collect();
        Some(all?.join(" "))
    })
}

/// The text of each bar, with what `%` and empty bars stand for.
fn bar_texts(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split('|').map(str::trim).collect();
    let mut bars: Vec<String> = Vec::new();
    for (idx, part) in parts.iter().enumerate() {
        let before = bars.last();
        let bar = match (*part, before) {
            ("", _) if idx == 0 || idx + 1 == parts.len() => continue,
            ("%", Some(before)) => before.clone(),
            ("", Some(before)) => before.split_whitespace().last().unwrap_or_default().to_owned(),
            (part, Some(before)) if part.starts_with('%') => part.replacen('%', before, 1),
            (part, _) => part.to_owned(),
        };
        bars.push(bar);
    }
    bars
}

#[cfg(test)]
mod tests {
    use crate::music::{
        Chord, Family, Key, Meter, Mode, Note, Piece, PitchClassSet, Progression, Tick, spread_words,
    };

    fn with_bar(lane: &str, bar_idx: usize, text: &str) -> Result<String, String> {
        let changed = Progression::parse(lane).unwrap().with_bar(bar_idx, text);
        changed.map(|lane| lane.text().to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_bar_is_changed_and_the_others_stay() {
        assert_eq!(with_bar("Am7 | F | C/E G | %", 1, "Dm").unwrap(), "Am7 | Dm | C/E G | C/E G");
        assert_eq!(with_bar("| C | % | | F |", 0, "ii7 V7").unwrap(), "ii7 V7 | C | C | F");
        assert_eq!(with_bar("C | F", 5, "G7").unwrap(), "C | G7", "it comes round");
        assert_eq!(with_bar("C | F | G", 1, "Dm | E").unwrap(), "C | Dm | E");
        assert_eq!(with_bar("C | F", 1, "%").unwrap(), "C | %");
    }

    #[test]
    fn an_error_is_at_its_place_in_the_text_of_the_bar() {
        assert!(with_bar("C | F | G", 2, "Am Hx").unwrap_err().starts_with("at character 4: "));
        assert!(with_bar("C | F", 0, "%").is_err(), "there is no bar before the first");
        assert!(with_bar("C | F", 1, "").is_err());
    }

    #[test]
    fn every_text_of_a_bar_stands_for_what_the_bar_is() {
        let key = Key::new(0, Mode::Major);
        for text in
            ["Am7 | F | C/E G | %", "| I | | ii7 V7 |", "C | N.C. | % | | F G", "Twelve-bar blues", "C"]
        {
            let lane = Progression::parse(text).unwrap();
            for bar_idx in 0..lane.n_bars() {
                let bar = |lane: &Progression, idx| lane.bar(idx, Tick(0), Meter::COMMON, key);
                let alone = Progression::parse(&lane.bar_texts()[bar_idx]).unwrap();
                assert_eq!(bar(&alone, 0), bar(&lane, bar_idx), "bar {bar_idx} of {text}");
            }
        }
    }

    #[test]
    fn words_are_spread_so_that_they_begin_where_they_are_put() {
        let in_meter = |words: &[(i64, &'static str)], numerator, denominator| {
            let meter = Meter::new(numerator, denominator).unwrap();
            let words: Vec<(Tick, &str)> = words.iter().map(|(at, word)| (Tick(*at), *word)).collect();
            spread_words(&words, meter).unwrap_or_default()
        };
        assert_eq!(in_meter(&[(0, "C")], 4, 4), "C");
        assert_eq!(in_meter(&[(0, "C"), (48, "G")], 4, 4), "C G");
        assert_eq!(in_meter(&[(0, "C"), (72, "G")], 4, 4), "C C C G");
        assert_eq!(in_meter(&[(0, "C"), (36, "G")], 4, 4), "C C C G G G G G");
        assert_eq!(in_meter(&[(0, "C"), (24, "F"), (48, "G")], 3, 4), "C F G");
        assert_eq!(in_meter(&[(0, "C"), (24, "F"), (48, "G")], 4, 4), "C F G");
        assert_eq!(in_meter(&[(0, "C"), (36, "G")], 6, 8), "C G");
        assert_eq!(in_meter(&[(0, "C"), (1, "F")], 4, 4), "", "there is no such text");
        // What is written is read back where it was put.
        for (numerator, denominator) in
            [(4, 4), (3, 4), (6, 8), (7, 8), (5, 4), (9, 8), (12, 8), (6, 4), (2, 2), (8, 8), (3, 2), (12, 4)]
        {
            let meter = Meter::new(numerator, denominator).unwrap();
            let length = meter.bar_length();
            for eighth in 1..length.0 / 12 {
                let words = [(Tick(0), "C"), (Tick(12 * eighth), "F")];
                let text = spread_words(&words, meter).unwrap();
                let mut read = Progression::parse(&text).unwrap().bar(0, Tick(0), meter, Key::default());
                read.dedup_by_key(|(_, chord)| *chord);
                let places: Vec<Tick> = read.iter().map(|(at, _)| *at).collect();
                assert_eq!(places, words.map(|(at, _)| at), "{text} in {numerator}/{denominator}");
            }
        }
    }

    #[test]
    fn the_chords_of_a_piece_are_those_it_names_or_those_its_notes_make() {
        let triad = |bar: i64, root: u8| {
            [0, 4, 7].map(|tone| Note {
                onset: Tick(96 * bar),
                duration: Tick(96),
                pitch: 48 + root + tone,
                velocity: 80,
                family: Family::PIANO,
                feel: None,
            })
        };
        let notes: Vec<Note> = [triad(0, 0), triad(1, 5), triad(2, 0)].concat();
        let piece = Piece { notes, ..Piece::default() };
        assert_eq!(piece.chord_text().as_deref(), Some("C | F | C"));
        let chord = |pitches: &[u8]| Chord::of_pitches(pitches);
        let chords =
            vec![(Tick(0), chord(&[57, 60, 64, 67])), (Tick(96), None), (Tick(144), chord(&[55, 59, 62]))];
        let piece = Piece { chords, ..piece };
        assert_eq!(piece.chord_text().as_deref(), Some("Am7 | N.C. G | G"));
        assert_eq!(Piece::default().chord_text(), None);
    }

    #[test]
    fn the_chords_of_a_piece_are_read_on_the_beats_where_they_are() {
        let chord = |root: u8| Some(Chord::new(root, PitchClassSet::new(&[0, 4, 7]), root));
        for (numerator, denominator) in
            [(4, 4), (3, 4), (6, 8), (9, 8), (12, 8), (7, 8), (5, 4), (2, 2), (3, 2)]
        {
            let meter = Meter::new(numerator, denominator).unwrap();
            let n_beats = meter.bar_length().0 / meter.beat().0;
            for beat in 1..n_beats {
                let chords = vec![(Tick(0), chord(0)), (Tick(beat * meter.beat().0), chord(5))];
                let notes = vec![Note {
                    onset: Tick(0),
                    duration: meter.bar_length(),
                    pitch: 60,
                    velocity: 80,
                    family: Family::PIANO,
                    feel: None,
                }];
                let meters = vec![(Tick(0), meter)];
                let piece = Piece { notes, chords: chords.clone(), meters, ..Piece::default() };
                let text = piece.chord_text().unwrap();
                let mut read = Progression::parse(&text).unwrap().bar(0, Tick(0), meter, Key::default());
                read.dedup_by_key(|(_, chord)| *chord);
                assert_eq!(read, chords, "{text} in {meter}");
            }
        }
    }

    #[test]
    fn of_a_long_piece_the_first_bars_are_read_and_a_bar_that_is_cut_short_is_one() {
        let chord = |root: u8| Some(Chord::new(root, PitchClassSet::new(&[0, 4, 7]), root));
        let note = |onset: i64| Note {
            onset: Tick(onset),
            duration: Tick(24),
            pitch: 60,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        // The first chord comes in the third bar.
        let chords: Vec<_> = (2..300).map(|bar: i64| (Tick(96 * bar), chord((bar % 12) as u8))).collect();
        let piece = Piece { notes: vec![note(96 * 299)], chords, ..Piece::default() };
        let lane = Progression::parse(&piece.chord_text().unwrap()).unwrap();
        assert_eq!(lane.n_bars(), 256);
        for bar_idx in [2, 100, 255, 256, 257] {
            let read = lane.bar(bar_idx, Tick(0), Meter::COMMON, Key::default());
            assert_eq!(read, [(Tick(0), chord((bar_idx % 12) as u8))], "bar {bar_idx}");
        }
        // A bar of three beats, then the meter changes.
        let waltz = Meter::new(3, 4).unwrap();
        let meters = vec![(Tick(0), Meter::COMMON), (Tick(72), Meter::COMMON), (Tick(168), waltz)];
        let chords = vec![(Tick(0), chord(0)), (Tick(72), chord(5)), (Tick(168), chord(7))];
        let piece = Piece { notes: vec![note(0), note(200)], chords, meters, ..Piece::default() };
        assert_eq!(piece.chord_text().as_deref(), Some("C | F | G"));
    }
}
