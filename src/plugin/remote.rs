//! The pages of eight on which controllers with knobs show the parameters, through CLAP.

use nice_plug::prelude::*;

use crate::music::Family;
use crate::plugin::{Knob, Parameters};

/// The pages and what is on them, each knob on one at least. What belongs to a musician's move stands
/// together, so some knobs are on two.
pub(super) fn pages() -> Vec<(&'static str, Vec<Knob>)> {
    use Knob::{
        BestOf, Blend, Channel, ChannelPerInstrument, ChordFollow, Conversation, Density, Evolve, Grid,
        Heard, Highest, HumanizeTiming, HumanizeVelocity, Instrument, Length, Longest, Lowest, MinP,
        NoteLength, Nucleus, Octave, OwnNotes, PitchTemperature, Polyphony, Preview, PreviewLevel,
        RhythmTemperature, Scale, SecondStyle, Seed, Shortest, Slot, Strum, Style, Swing, SwingGrid,
        Temperature, Thru, Tonic, Trade, Transpose, Variety, Velocity, VelocitySpread, VelocityTemperature,
    };
    let instruments =
        |range: std::ops::Range<usize>| range.filter_map(Family::from_index).map(Heard).collect();
    vec![
        ("Compose", vec![Style, Temperature, Density, Variety, Length, Evolve, SecondStyle, Blend]),
        ("Pitch", vec![Tonic, Scale, OwnNotes, Lowest, Highest, Polyphony, PitchTemperature, Transpose]),
        ("Rhythm", vec![Grid, Shortest, Longest, RhythmTemperature, Density, NoteLength, Swing, SwingGrid]),
        (
            "Perform",
            vec![
                Octave,
                Transpose,
                Velocity,
                VelocitySpread,
                NoteLength,
                HumanizeTiming,
                HumanizeVelocity,
                Strum,
            ],
        ),
        ("Converse", vec![Conversation, Trade, Instrument, ChordFollow, Thru, Temperature, Density, Seed]),
        ("Takes", vec![Slot, Seed, BestOf, Length, Evolve, Variety, Nucleus, MinP]),
        (
            "Sound",
            vec![
                Preview,
                PreviewLevel,
                Channel,
                ChannelPerInstrument,
                VelocityTemperature,
                Velocity,
                Octave,
                Heard(Family::DRUMS),
            ],
        ),
        ("Instruments 1", instruments(0..8)),
        ("Instruments 2", instruments(8..16)),
    ]
}

/// Tells the host the pages.
pub(super) fn declare(parameters: &Parameters, context: &mut impl RemoteControlsContext) {
    for (name, knobs) in pages() {
        context.add_section(name, |section| {
            section.add_page(name, |page| {
                for knob in knobs {
                    parameters.add_to(page, knob);
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::plugin::Knob;
    use crate::plugin::remote::pages;

    #[test]
    fn every_knob_is_on_a_page_of_eight() {
        assert!(pages().iter().all(|(_, knobs)| knobs.len() == 8));
        let on_pages: Vec<Knob> = pages().into_iter().flat_map(|(_, knobs)| knobs).collect();
        let missing: Vec<Knob> = Knob::all().filter(|knob| !on_pages.contains(knob)).collect();
        assert_eq!(missing, []);
    }
}
