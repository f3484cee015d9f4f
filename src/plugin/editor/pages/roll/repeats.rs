//! Which bars play what an earlier bar played, as the phrase comes round.

use crate::music::{Bar, Note, Score};

/// How a bar relates to the one in the same place of the phrase before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// It has the same notes as the bar of this index, which is the first of them.
    Exactly(usize),
    /// It shares at least half of its notes with that bar.
    Varies(usize),
}

/// What a bar repeats in phrases of so many bars; none if it is new or silent.
pub(crate) fn repeats(score: &Score, bar_idx: usize, length: usize) -> Option<Repeats> {
    let bar = |idx: usize| score.bars.get(idx).map(AsRef::as_ref);
    let before = bar_idx.checked_sub(length.max(1))?;
    let (here, there) = (bar(bar_idx)?, bar(before)?);
    let n_notes = here.notes.len().max(there.notes.len());
    if here.notes.is_empty() || there.notes.is_empty() {
        return None;
    }
    let n_shared = n_shared(here, there);
    if n_shared == n_notes {
        // The first of the bars that are all the same.
        let earlier = (0..).map_while(|n| before.checked_sub(n * length.max(1)));
        let same = earlier.take_while(|idx| {
            bar(*idx)
                .is_some_and(|other| other.notes.len() == n_notes && self::n_shared(here, other) == n_notes)
        });
        return same.last().map(Repeats::Exactly);
    }
    (2 * n_shared >= n_notes).then_some(Repeats::Varies(before))
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
    fn bars_that_come_round_name_the_first_of_their_kind_and_varied_ones_the_bar_before() {
        let (a, b): (&[u8], &[u8]) = (&[60, 62, 64, 65], &[70, 71, 72, 73]);
        let varied: &[u8] = &[60, 62, 64, 67];
        let score = score(&[a, b, a, b, a, &[], varied, b, varied]);
        let all: Vec<Option<Repeats>> = (0..10).map(|idx| repeats(&score, idx, 2)).collect();
        assert_eq!(
            all,
            [
                None,
                None,
                Some(Repeats::Exactly(0)),
                Some(Repeats::Exactly(1)),
                Some(Repeats::Exactly(0)),
                None,
                Some(Repeats::Varies(4)),
                None,
                Some(Repeats::Exactly(6)),
                None
            ]
        );
    }
}
