//! System exclusive messages: where they end, and those that say which channels are drums.

use std::ops::Range;

use crate::music::smf::steps;

/// A message to the instrument behind one port that changes what its channels play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeviceMessage {
    /// Sets everything back to what the standard begins with.
    Reset(Standard),
    /// Makes a channel a drum channel, or a melodic one.
    Part { channel: u8, is_rhythm: bool },
}

/// What a reset sets an instrument to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standard {
    /// General MIDI or XG: banks 120, 126 and 127 are drums, bank 121 is melodic.
    #[default]
    General,
    /// Roland GS: banks are variations of a sound; messages of its own make drum channels.
    Gs,
}

impl DeviceMessage {
    /// The message in a payload, which begins after the status byte, if it is one of these.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        match payload {
            // GM on, GM off, GM2 on; XG on, and all its parameters reset.
            [0x7e, _, 0x09, 1..=3, ..] | [0x43, 0x10..=0x1f, 0x4c, 0x00, 0x00, 0x7e | 0x7f, ..] => {
                Some(Self::Reset(Standard::General))
            }
            // GS reset, and the SC-88's choice of a mode, which resets too.
            [0x41, _, 0x42, 0x12, 0x40, 0x00, 0x7f, 0x00, ..]
            | [0x41, _, 0x42, 0x12, 0x00, 0x00, 0x7f, ..] => Some(Self::Reset(Standard::Gs)),
            // GS "use for rhythm part", perhaps as one of several values from the address on.
            [0x41, _, 0x42, 0x12, 0x40, part @ 0x10..=0x1f, address @ ..=0x15, data @ ..] => {
                let idx = usize::from(0x15 - address);
                let value = *data.get(idx)?;
                // After the values come a checksum and the end.
                let is_within = idx == 0 || idx + 2 < data.len();
                let channel = match part & 15 {
                    0 => 9,
                    part @ 1..=9 => part - 1,
                    part => part,
                };
                (is_within && value <= 2).then_some(Self::Part { channel, is_rhythm: value > 0 })
            }
            // XG part mode.
            [0x43, 0x10..=0x1f, 0x4c, 0x08, part @ 0..=15, 0x07, mode, ..] => {
                Some(Self::Part { channel: *part, is_rhythm: *mode > 0 })
            }
            _ => None,
        }
    }
}

/// Where a message is that begins after an `f0`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Its bytes, without the status.
    pub(super) payload: Range<usize>,
    /// Where the next delta time begins.
    pub(super) end: usize,
    /// Whether its length was missing or wrong.
    pub(super) is_repaired: bool,
}

/// Finds the end of the message whose length should be at `start`; none if nothing after it can be read.
///
/// Its bytes have seven bits but for the `f7` at the end, so a length is wrong that takes in other bytes, or
/// that leaves the `f7` out unless the message goes on in a packet. Then the message ends at its `f7`, or
/// before the next event.
pub(super) fn find_end(bytes: &[u8], start: usize) -> Option<Extent> {
    if let Some(extent) = as_written(bytes, start) {
        return Some(extent);
    }
    let first = *bytes.get(start)?;
    if first == 0xf7 {
        return Some(Extent { payload: start..start + 1, end: start + 1, is_repaired: true });
    }
    let after_length = number(bytes, start).map_or(start + 1, |(_, from)| from);
    // With a length that is wrong the maker's number comes second, with none it comes first.
    let has_length = first >= 0x80
        || !MAKERS.contains(&first) && bytes.get(after_length).is_some_and(|next| MAKERS.contains(next));
    let from = if has_length { after_length } else { start };
    let declared = number(bytes, start).map_or(start, |(length, from)| from.saturating_add(length));
    let high = next_high_byte(bytes, from);
    match high.and_then(|high| bytes.get(high)) {
        Some(0xf7) => {
            let end = high? + 1;
            Some(Extent { payload: from..end, end, is_repaired: true })
        }
        _ if is_event(bytes, declared) && high.is_none_or(|high| high >= declared) => {
            Some(Extent { payload: after_length..declared, end: declared, is_repaired: false })
        }
        _ => next_event(bytes, from, high?),
    }
}

/// The makers of most messages: universal ones, Roland and Yamaha.
const MAKERS: [u8; 4] = [0x7e, 0x7f, 0x41, 0x43];

/// The message with the length that it announces, if that can be right.
fn as_written(bytes: &[u8], start: usize) -> Option<Extent> {
    let (length, from) = number(bytes, start)?;
    let payload = from..from.checked_add(length)?;
    let (last, inner) = bytes.get(payload.clone())?.split_last().unwrap_or((&0, &[]));
    let n_inner = inner.iter().take_while(|byte| is_data(**byte)).count();
    steps::count(n_inner);
    let is_whole = *last == 0xf7 || is_data(*last) && goes_on(bytes, payload.end);
    let end = payload.end;
    (n_inner == inner.len() && is_whole).then_some(Extent { payload, end, is_repaired: false })
}

/// A message without an end, up to the next event that can be read; `high` is the first byte that is not its own.
fn next_event(bytes: &[u8], start: usize, mut high: usize) -> Option<Extent> {
    loop {
        // A delta time of several bytes begins with a high one; one of a single byte lies before the status.
        let found = [high, high.saturating_sub(1)].into_iter();
        let event = found.filter(|at| *at >= start).find(|at| is_event(bytes, *at));
        let end = event.or((bytes.get(high) == Some(&0xf7)).then_some(high + 1));
        if let Some(end) = end {
            return Some(Extent { payload: start..end, end, is_repaired: true });
        }
        high = next_high_byte(bytes, high + 1)?;
    }
}

/// Whether the message goes on in packets, the last of which ends with `f7`.
fn goes_on(bytes: &[u8], mut at: usize) -> bool {
    loop {
        let packet = || {
            let (_, status) = number(bytes, at)?;
            let (length, from) = number(bytes, status + 1).filter(|_| bytes.get(status) == Some(&0xf7))?;
            let payload = bytes.get(from..from.checked_add(length)?)?;
            let (last, inner) = payload.split_last()?;
            steps::count(payload.len());
            inner.iter().all(|byte| is_data(*byte)).then_some((*last, from + length))
        };
        match packet() {
            Some((0xf7, _)) => return true,
            Some((..0x80, end)) => at = end,
            _ => return false,
        }
    }
}

/// Whether a delta time and a whole event with a status of its own can be read at `at`.
fn is_event(bytes: &[u8], at: usize) -> bool {
    let Some((_, status)) = number(bytes, at) else { return false };
    let data = |n: usize| {
        bytes.get(status + 1..status + 1 + n).is_some_and(|data| data.iter().all(|byte| *byte < 0x80))
    };
    match bytes.get(status) {
        Some(0xc0..=0xdf | 0xff) => data(1),
        Some(0x80..=0xef) => data(2),
        Some(0xf0 | 0xf7) => bytes.len() > status + 1,
        _ => false,
    }
}

/// A number of variable length and where it ends, if it has four bytes at most.
fn number(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut value = 0;
    for (idx, byte) in bytes.get(at..)?.iter().take(4).enumerate() {
        value = value << 7 | usize::from(byte & 0x7f);
        if *byte < 0x80 {
            return Some((value, at + idx + 1));
        }
    }
    None
}

/// Whether a byte can stand inside a message: data, or a clock that was recorded with it.
fn is_data(byte: u8) -> bool {
    matches!(byte, ..0x80 | 0xf8..=0xfe)
}

/// The first byte from `from` on that cannot stand inside a message.
fn next_high_byte(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.iter().position(|byte| !is_data(*byte));
    steps::count(found.unwrap_or(rest.len()));
    found.map(|idx| from + idx)
}
