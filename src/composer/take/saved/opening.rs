//! The music that a take begins from, as it is saved.

use serde::{Deserialize, Serialize};

use crate::composer::take::opening::Opening;
use crate::composer::take::saved::notes::{SavedNote, restore_notes, saved_notes};
use crate::composer::take::saved::section::Columns;
use crate::model::Primer;
use crate::music::{Family, Key, Meter, Mode, Programs, Tick};

/// The most notes in an opening.
const MAX_NOTES: usize = 1 << 20;
/// The most bars in an opening.
const MAX_BARS: u32 = 1 << 10;

/// An opening in formats 1 to 3.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub(super) struct PlainOpening {
    tonic: u8,
    minor: bool,
    numerator: u32,
    denominator: u32,
    n_bars: u32,
    end: i64,
    /// In C, counted from the first bar line.
    notes: Vec<SavedNote>,
}

/// An opening as it is packed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PackedOpening {
    tonic: u8,
    minor: bool,
    /// The meter of its bars, and that which holds where it ends.
    meters: [(u32, u32); 2],
    n_bars: u32,
    end: i64,
    /// Programs that are not typical, by the indices of their families.
    programs: Vec<(u8, u8)>,
    /// One passage, in C, counted from the first bar line.
    notes: Columns,
}

impl PackedOpening {
    pub(super) fn of(opening: &Opening) -> Self {
        let Opening { primer, key, meter, end, programs } = opening;
        let numbers = |meter: &Meter| (u32::from(meter.numerator()), u32::from(meter.denominator()));
        Self {
            tonic: key.tonic(),
            minor: key.mode == Mode::Minor,
            meters: [numbers(&primer.meter), numbers(meter)],
            n_bars: primer.n_bars,
            end: end.0,
            programs: programs.families().map(|(family, program)| (family.index() as u8, program)).collect(),
            notes: Columns::of(&[saved_notes(&primer.notes, Tick::ZERO)]),
        }
    }

    pub(super) fn restore(&self) -> Result<Opening, &'static str> {
        let passages = self.notes.passages().unwrap_or_default();
        let notes = passages.first().ok_or("has no passage")?;
        let family = |(idx, program): &(u8, u8)| Some((Family::from_index(usize::from(*idx))?, *program));
        let programs = Programs::of_families(self.programs.iter().filter_map(family));
        restore((self.tonic, self.minor), self.meters, self.n_bars, self.end, programs, notes)
    }
}

impl PlainOpening {
    pub(super) fn restore(&self) -> Result<Opening, &'static str> {
        let meters = [(self.numerator, self.denominator); 2];
        let key = (self.tonic, self.minor);
        restore(key, meters, self.n_bars, self.end, Programs::default(), &self.notes)
    }
}

fn restore(
    (tonic, is_minor): (u8, bool),
    meters: [(u32, u32); 2],
    n_bars: u32,
    end: i64,
    programs: Programs,
    notes: &[SavedNote],
) -> Result<Opening, &'static str> {
    let [meter, next_meter] = meters.map(|(numerator, denominator)| Meter::new(numerator, denominator));
    let impossible = |_| "has an impossible meter";
    let (meter, next_meter) = (meter.map_err(impossible)?, next_meter.map_err(impossible)?);
    let n_bars = n_bars.min(MAX_BARS);
    let length = Tick(i64::from(n_bars) * meter.bar_length().0);
    let notes = restore_notes(notes.get(..MAX_NOTES).unwrap_or(notes), Tick::ZERO, length)?;
    let mode = if is_minor { Mode::Minor } else { Mode::Major };
    let primer = Primer { style: 0, mode, meter, n_bars, notes };
    Ok(Opening { primer, key: Key::new(tonic, mode), meter: next_meter, end: Tick(end), programs })
}
