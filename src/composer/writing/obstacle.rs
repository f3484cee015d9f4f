//! Knobs that leave nothing to play, in words.

use crate::composer::take::bars::Take;
use crate::composer::writing::drawing::without;
use crate::composer::writing::place::{Place, style};
use crate::model::{Constraints, Given, Model};
use crate::music::{FamilySet, Meter, PitchClassSet, Tick, names};
use crate::player::{ComposingKnobs, Conversation};

/// Why no note can ever be composed with these knobs; none if one can.
#[must_use]
pub fn why_no_note_fits(model: &Model, knobs: &ComposingKnobs) -> Option<String> {
    let knobs = knobs.rounded();
    if knobs.density <= 0.0 {
        return Some("no note fits: the density is 0".to_owned());
    }
    let place = Place::new(&Take::default(), 0, Tick::ZERO, Meter::COMMON, &knobs);
    let mut constraints = place.constraints();
    if constraints.families == FamilySet::EMPTY {
        return Some("no note fits: no instrument may play".to_owned());
    }
    if knobs.conversation == Conversation::Accompany {
        constraints.families = without(constraints.families, knobs.instrument);
        if constraints.families == FamilySet::EMPTY {
            let yours = knobs.instrument.name();
            return Some(format!("no note fits: no instrument may play beside yours ({yours})"));
        }
    }
    let keys = model.keys(style(&knobs), constraints.families);
    let is_empty = |constraints: &Constraints| keys.open(constraints, &Given::default()).is_empty();
    if !is_empty(&constraints) {
        return None;
    }
    let range = match (names::pitch(knobs.lowest), names::pitch(knobs.highest)) {
        (lowest, highest) if lowest == highest => format!("the range is {lowest} alone"),
        (lowest, highest) => format!("the range is {lowest} to {highest}"),
    };
    let reason = if is_empty(&Constraints { scale: PitchClassSet::CHROMATIC, ..constraints }) {
        "no instrument of this style plays there"
    } else {
        "no note of the scale lies there"
    };
    Some(format!("no note fits: {range}, and {reason}"))
}
