//! Which bars play what an earlier bar played, as the phrase comes round.

use crate::music::{Bar, Note, Score};

/// How a bar relates to the one in the same place of the phrase before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// It has the same notes.
    Exactly,
    /// It shares at least half of its notes with it.
    Varies,
}

/// Whether a bar repeats the one a phrase of so many bars earlier, and the index of that one; none if it is new or silent.
pub(crate) fn repeats(score: &Score, bar_idx: usize, length: usize) -> Option<(Repeats, usize)> {
    let before = bar_idx.checked_sub(length.max(1))?;
    let (here, there) = (score.bars.get(bar_idx)?, score.bars.get(before)?);
    let (n_notes, n_shared) = (here.notes.len().max(there.notes.len()), n_shared(here, there));
    let repeats = match n_shared {
        0 => return None,
        all if all == n_notes => Repeats::Exactly,
        some if 2 * some >= n_notes => Repeats::Varies,
        _ => return None,
    };
    Some((repeats, before))
}

/// How many notes two bars have in common: the same key at the same place for the same time.
fn n_shared(one: &Bar, other: &Bar) -> usize {
    let place = |note: &Note, bar: &Bar| (note.onset - bar.start, note.pitch, note.family, note.duration);
    let mut rest = other.notes.iter().map(|note| place(note, other)).collect::<Vec<_>>();
    let is_shared = |note: &&Note| {
        let found = rest.iter().position(|at| *at == place(note, one));
        found.map(|idx| rest.swap_remove(idx)).is_some()
    };
    one.notes.iter().filter(is_shared).count()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::music::{Bar, Family, Meter, Note, Score, Tick};
    use crate::plugin::editor::pages::roll::repeats::{Repeats, repeats};

    fn score(bars: &[&[u8]]) -> Score {
        let bar = |(idx, pitches): (usize, &&[u8])| {
            let start = Tick(96 * idx as i64);
            let note = |(beat, pitch): (usize, &u8)| Note {
                onset: start + Tick(24 * beat as i64),
                duration: Tick(24),
                pitch: *pitch,
                velocity: 80,
                family: Family::PIANO,
                feel: None,
            };
            let notes = pitches.iter().enumerate().map(note).collect();
            Arc::new(Bar { start, meter: Meter::COMMON, notes })
        };
        Score { bars: bars.iter().enumerate().map(bar).collect(), ..Score::default() }
    }

    #[test]
    fn bars_that_come_round_and_varied_ones_name_the_bar_a_phrase_earlier() {
        let (a, b): (&[u8], &[u8]) = (&[60, 62, 64, 65], &[70, 71, 72, 73]);
        let varied: &[u8] = &[60, 62, 64, 67];
        let score = score(&[a, b, a, b, a, &[], varied, b, varied]);
        let all: Vec<_> = (0..10).map(|idx| repeats(&score, idx, 2)).collect();
        assert_eq!(
            all,
            [
                None,
                None,
                Some((Repeats::Exactly, 0)),
                Some((Repeats::Exactly, 1)),
                Some((Repeats::Exactly, 2)),
                None,
                Some((Repeats::Varies, 4)),
                None,
                Some((Repeats::Exactly, 6)),
                None
            ]
        );
    }
}
