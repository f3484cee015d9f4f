//! The chords that the music itself makes, found in its notes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::music::{Bar, Chord, Key, Piece, Tick, meter_changes, spread_words};

/// Chords from a place on, each until the next one.
pub(crate) type Chords = Vec<(Tick, Option<Chord>)>;

/// Chords that have been found, remembered for as long as the bars stay.
#[derive(Debug, Clone, Default)]
pub(crate) struct FoundChords {
    /// By the number of the block.
    blocks: BTreeMap<usize, Block>,
}

/// A few bars, and the chords in them and in the bars around them.
#[derive(Debug, Clone)]
struct Block {
    bars: Vec<Arc<Bar>>,
    chords: Chords,
}

impl FoundChords {
    /// How many bars a block has.
    const BARS: usize = 8;
    /// So many blocks are looked through in a frame, which bounds what it costs.
    const A_FRAME: usize = 1;

    /// Finds the chords of bars, by their indices. Returns whether all of them are known; otherwise some are found in the
    /// next frame.
    pub(crate) fn find(&mut self, bars: &[Arc<Bar>], wanted: &Range<usize>) -> bool {
        let blocks = wanted.start / Self::BARS..wanted.end.div_ceil(Self::BARS);
        let mut n_found = 0;
        for block in blocks {
            let first = (block * Self::BARS).saturating_sub(1);
            let here = &bars[first.min(bars.len())..((block + 1) * Self::BARS + 1).min(bars.len())];
            let is_known = self.blocks.get(&block).is_some_and(|known| is_same(&known.bars, here));
            if is_known {
                continue;
            }
            if n_found == Self::A_FRAME {
                return false;
            }
            self.blocks.insert(block, Block { bars: here.to_vec(), chords: find(here) });
            n_found += 1;
        }
        true
    }

    /// The chords of a bar; empty where there are none, or where they have not been found yet.
    pub(crate) fn of_bar(&self, bar_idx: usize, bar: &Bar) -> Chords {
        self.blocks.get(&(bar_idx / Self::BARS)).map(|block| in_bar(&block.chords, bar)).unwrap_or_default()
    }
}

fn is_same(known: &[Arc<Bar>], bars: &[Arc<Bar>]) -> bool {
    known.len() == bars.len() && known.iter().zip(bars).all(|(known, bar)| Arc::ptr_eq(known, bar))
}

fn find(bars: &[Arc<Bar>]) -> Chords {
    let notes = bars.iter().flat_map(|bar| bar.notes.iter().copied()).collect();
    let meters = meter_changes(bars.iter().map(AsRef::as_ref));
    Piece { notes, meters, ..Piece::default() }.find_chords().0
}

/// The chord that a bar begins with, and those to which it changes.
fn in_bar(chords: &[(Tick, Option<Chord>)], bar: &Bar) -> Chords {
    let n_before = chords.partition_point(|(at, _)| *at <= bar.start);
    let first = n_before.checked_sub(1).and_then(|idx| chords.get(idx)).map(|(_, chord)| (bar.start, *chord));
    let later = chords.iter().skip(n_before).take_while(|(at, _)| *at < bar.end()).copied();
    first.into_iter().chain(later).collect()
}

/// The chords of a bar as the text of a lane, by their degrees in a key if there is one.
pub(crate) fn bar_text(chords: &[(Tick, Option<Chord>)], bar: &Bar, key: Option<Key>) -> String {
    let name = |chord: &Option<Chord>| chord.map_or("N.C.".to_owned(), |chord| chord.name_in(key));
    let names: Vec<(Tick, String)> =
        chords.iter().map(|(at, chord)| (*at - bar.start, name(chord))).collect();
    let mut words: Vec<(Tick, &str)> = names.iter().map(|(at, name)| (*at, name.as_str())).collect();
    if words.first().is_none_or(|(at, _)| *at > Tick::ZERO) {
        words.insert(0, (Tick::ZERO, "N.C."));
    }
    let first = words.first().map_or("", |(_, word)| *word).to_owned();
    spread_words(&words, bar.meter).unwrap_or(first)
}

/// The chords of a phrase as the text of a lane that has them in its bars. None if its music makes no chords. Bars that
/// have not been composed go on with the chord before.
pub(crate) fn phrase_text(bars: &[Arc<Bar>], phrase: Range<usize>, key: Option<Key>) -> Option<String> {
    let here = bars.get(phrase.start..phrase.end.min(bars.len()))?;
    let chords = find(here);
    if chords.is_empty() {
        return None;
    }
    let mut texts: Vec<String> = here.iter().map(|bar| bar_text(&in_bar(&chords, bar), bar, key)).collect();
    texts.resize(phrase.len(), "%".to_owned());
    Some(texts.join(" | "))
}
