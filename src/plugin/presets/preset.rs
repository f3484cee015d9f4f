//! Where the parameters stand, as a preset.

use crate::plugin::{Knob, Parameters};
use crate::presets::{Preset, Role};

impl Preset {
    /// Where the knobs stand now.
    #[must_use]
    pub fn of(parameters: &Parameters, name: &str) -> Self {
        let knobs = Knob::all().filter(|knob| knob.spec().is_in_presets);
        Self {
            name: name.to_owned(),
            role: Role::Own,
            knobs: knobs.map(|knob| (knob, parameters.plain(knob))).collect(),
        }
    }

    /// Each knob that the preset sets, with its position. The seed, the key, the take slot, the channels,
    /// thru and the preview sound are not among them: they belong to the song and its set-up.
    #[must_use]
    pub fn settings(&self, parameters: &Parameters) -> Vec<(Knob, f32)> {
        let knobs = Knob::all().filter(|knob| knob.spec().is_in_presets);
        knobs
            .map(|knob| {
                let named = self.knobs.iter().find(|(named, _)| *named == knob);
                let position = match named {
                    Some((_, plain)) => parameters.position_of_plain(knob, *plain),
                    None => parameters.default_position(knob),
                };
                (knob, position)
            })
            .collect()
    }

    /// Whether the knobs stand where the preset sets them.
    #[must_use]
    pub fn is_set_in(&self, parameters: &Parameters) -> bool {
        let stands = |(knob, position): (Knob, f32)| (position - parameters.position(knob)).abs() < 1e-4;
        self.settings(parameters).into_iter().all(stands)
    }
}
