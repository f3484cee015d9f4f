//! What can be counted in the pieces of a sheet, for docs/JUDGED.md.

use std::collections::BTreeSet;

use crate::midi::{Note, Song};
use crate::roll::DRUMS;

/// The heading of the table that [`row`] is a row of.
pub(crate) const HEADING: &str = "\
| Style | In one scale | Clashes | Notes a bar | Velocities | Bars that repeat one | Kick on one |
|---|---|---|---|---|---|---|";

/// The means over the pieces of a style, each so many bars long, as a row of a Markdown table. What the music has nothing
/// of, be it drums or pitches, stays empty.
pub(crate) fn row(style: &str, pieces: &[Song], n_bars: u16) -> String {
    let cell = |of: &dyn Fn(&Song) -> Option<f64>, scale: f64, unit: &str| {
        let values: Vec<f64> = pieces.iter().filter_map(of).collect();
        if values.is_empty() {
            return String::new();
        }
        format!("{:.0}{unit}", scale * values.iter().sum::<f64>() / values.len() as f64)
    };
    let velocities = |song: &Song| song.notes.iter().map(|note| note.velocity).collect::<BTreeSet<u8>>();
    let cells = [
        cell(&share_of_best_scale, 100.0, "%"),
        cell(&n_clashes, 1.0, ""),
        cell(&|song| Some(song.notes.len() as f64 / f64::from(n_bars)), 1.0, ""),
        cell(&|song| Some(velocities(song).len() as f64), 1.0, ""),
        cell(&|song| Some(share_of_repeats(song, n_bars)), 100.0, "%"),
        cell(&|song| share_with_kick_on_one(song, n_bars), 100.0, "%"),
    ];
    format!("| {style} | {} |", cells.join(" | "))
}

fn is_drum(note: &Note) -> bool {
    usize::from(note.channel) == DRUMS
}

fn pitched(song: &Song) -> Vec<&Note> {
    song.notes.iter().filter(|note| !is_drum(note)).collect()
}

/// The share of the notes in the major scale that has most of them.
fn share_of_best_scale(song: &Song) -> Option<f64> {
    const MAJOR: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];
    let notes = pitched(song);
    let n_within =
        |tonic: u8| notes.iter().filter(|note| MAJOR.contains(&((note.key + 12 - tonic) % 12))).count();
    let most = (0..12).map(n_within).max()?;
    (!notes.is_empty()).then(|| most as f64 / notes.len() as f64)
}

/// Pairs of notes a semitone or a minor ninth apart that sound together for a sixteenth or more.
fn n_clashes(song: &Song) -> Option<f64> {
    let notes = pitched(song);
    let clash = |a: &Note, b: &Note| {
        let together = (a.beat + a.length).min(b.beat + b.length) - a.beat.max(b.beat);
        matches!(a.key.abs_diff(b.key), 1 | 13) && together > 0.24
    };
    let pairs = notes.iter().enumerate().flat_map(|(idx, a)| notes[idx + 1..].iter().map(move |b| (a, b)));
    let n_clashes = pairs.filter(|(a, b)| clash(a, b)).count();
    (!notes.is_empty()).then_some(n_clashes as f64)
}

/// The bar of a note and its sixteenth in it, in the first meter.
fn place(song: &Song, note: &Note) -> (usize, i64) {
    let (_, (numerator, denominator)) = song.meters.first().copied().unwrap_or((0.0, (4, 4)));
    let length = 16 * i64::from(numerator) / i64::from(denominator);
    let sixteenth = (4.0 * note.beat).round() as i64;
    ((sixteenth / length) as usize, sixteenth % length)
}

/// The share of bars that have the keys and onsets of an earlier one, to a sixteenth.
fn share_of_repeats(song: &Song, n_bars: u16) -> f64 {
    let mut bars = vec![BTreeSet::new(); usize::from(n_bars)];
    for note in &song.notes {
        let (bar_idx, sixteenth) = place(song, note);
        if let Some(bar) = bars.get_mut(bar_idx) {
            bar.insert((sixteenth, note.channel, note.key));
        }
    }
    let n_repeats = (1..bars.len()).filter(|idx| bars[..*idx].contains(&bars[*idx])).count();
    n_repeats as f64 / f64::from(n_bars)
}

/// The share of bars that begin with a bass drum, to a sixteenth.
fn share_with_kick_on_one(song: &Song, n_bars: u16) -> Option<f64> {
    let drums: Vec<&Note> = song.notes.iter().filter(|note| is_drum(note)).collect();
    let kicks = drums.iter().filter(|note| matches!(note.key, 35 | 36)).map(|note| place(song, note));
    let on_one = kicks.filter(|(bar_idx, sixteenth)| *sixteenth == 0 && *bar_idx < usize::from(n_bars));
    let n_bars_with_one = on_one.collect::<BTreeSet<_>>().len();
    (!drums.is_empty()).then(|| n_bars_with_one as f64 / f64::from(n_bars))
}

#[cfg(test)]
mod tests {
    use super::row;
    use crate::midi::{Note, Song};

    fn song(notes: &[(f64, f64, u8, u8)]) -> Song {
        let note = |&(beat, length, channel, key): &(f64, f64, u8, u8)| Note {
            beat,
            length,
            channel,
            key,
            velocity: 80 + key % 2,
        };
        Song { notes: notes.iter().map(note).collect(), meters: vec![(0.0, (4, 4))], tempo: 120.0 }
    }

    #[test]
    fn what_stands_in_the_table_is_counted() {
        // C against C# and against the C# an octave above for a beat each, against E not; C again for a moment.
        let piece = song(&[
            (0.0, 1.0, 0, 60),
            (0.0, 1.0, 0, 61),
            (0.0, 1.0, 0, 73),
            (0.0, 4.0, 0, 64),
            (0.9, 1.0, 0, 60),
        ]);
        assert_eq!(row("X", &[piece], 1), "| X | 80% | 2 | 5 | 2 | 0% |  |");
        // Two bars with the same notes, a hair late, and one without a kick on one.
        let beat = song(&[
            (0.0, 0.1, 9, 36),
            (1.0, 0.1, 9, 38),
            (4.02, 0.1, 9, 36),
            (5.01, 0.1, 9, 38),
            (9.0, 0.1, 9, 36),
        ]);
        assert_eq!(row("Y", &[beat], 3), "| Y |  |  | 2 | 1 | 33% | 67% |");
        let both = [song(&[(0.0, 1.0, 0, 60)]), song(&[(0.0, 0.1, 9, 36)])];
        assert_eq!(row("Z", &both, 1), "| Z | 100% | 0 | 1 | 1 | 0% | 100% |");
    }
}
