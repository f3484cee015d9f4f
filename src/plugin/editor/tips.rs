//! What each knob does to the music, in a sentence or two: the tooltips.

use crate::plugin::Knob;

/// What turning this knob does to the music.
pub(super) fn tip(knob: Knob) -> &'static str {
    match knob {
        Knob::Style => "What kind of music is composed. The names come with the model.",
        Knob::SecondStyle => "The style that Blend mixes in.",
        Knob::Blend => {
            "How much of the second style there is: at 0 only the first is heard, at 100% only the second."
        }
        Knob::Seed => "Where chance begins. The same number with the same knobs is always the same piece.",
        Knob::Temperature => {
            "How boldly it plays. Low is safe and plain, 1 is as it was learned, high takes risks and wrong notes."
        }
        Knob::Density => {
            "How many notes there are. Lower leaves notes out, higher adds some between the others."
        }
        Knob::Variety => {
            "Holds off figures that keep coming back. At 0 it may repeat itself for ever; a motif may always return."
        }
        Knob::Length => "How many bars the phrase has before it comes round.",
        Knob::Evolve => {
            "What happens when the phrase comes round: at 0 it is the same again, at 100% every bar is new."
        }
        Knob::BestOf => {
            "So many versions are composed, and the one that fits best is kept. Costs time, not latency."
        }
        Knob::Nucleus => {
            "Lower keeps to what is most expected: the unlikely tail of every choice is cut off."
        }
        Knob::MinP => {
            "Higher leaves out whatever is far less likely than the best choice: fewer wrong notes."
        }
        Knob::Tonic => "The key. All but drums move with it.",
        Knob::Scale => "The notes that may be played. Free sets no limit and only says major or minor.",
        Knob::OwnNotes => {
            "The notes of your own scale. Choose \u{201c}Own notes\u{201d} as the scale to use it."
        }
        Knob::Lowest => "No note sounds below this one. Drums are free.",
        Knob::Highest => "No note sounds above this one. Drums are free.",
        Knob::Polyphony => "How many notes may sound at once: 1 is a melody. Drums are not counted.",
        Knob::PitchTemperature => "Boldness of the melody and harmony alone, on top of Temperature.",
        Knob::VelocityTemperature => "Boldness of loud and soft alone, on top of Temperature.",
        Knob::Grid => "Where notes may begin. Triplets end in T, dotted values in a dot.",
        Knob::Shortest => "No note is shorter than this.",
        Knob::Longest => "No note is longer than this.",
        Knob::RhythmTemperature => "Boldness of the rhythm alone, on top of Temperature.",
        Knob::Heard(_) => "Whether this instrument may play.",
        Knob::Octave => "Moves what is heard by octaves, at once. What was composed stays.",
        Knob::Transpose => {
            "Moves what is heard by steps of the scale, or by semitones where the scale is free."
        }
        Knob::Velocity => "Makes everything softer or louder.",
        Knob::VelocitySpread => "Less brings soft and loud notes together, more draws them apart.",
        Knob::NoteLength => "Shorter notes towards staccato, longer ones towards legato.",
        Knob::Swing => "How late every second note comes. 100% is a triplet feel.",
        Knob::SwingGrid => "Whether eighths or sixteenths swing.",
        Knob::HumanizeTiming => "Lets notes come a little early or late, each always by the same amount.",
        Knob::HumanizeVelocity => "Lets notes be a little softer or louder, each always by the same amount.",
        Knob::Strum => "Rolls chords: upwards to the right, downwards to the left.",
        Knob::Channel => "The MIDI channel of everything but drums, which are on channel 10.",
        Knob::ChannelPerInstrument => "Gives each instrument a MIDI channel of its own.",
        Knob::ChordFollow => "Bends every note to the chord that you hold, at once. Drums are free.",
        Knob::Thru => {
            "Lets the notes that you play in sound as well; in a conversation they sound again when you do not play."
        }
        Knob::Conversation => {
            "What becomes of the notes that you play in. Generate: nothing. Continue: it goes on where you stop. \
             Trade: you and it take turns. Accompany: it plays along."
        }
        Knob::Trade => "How many bars each of you has when you take turns.",
        Knob::Instrument => "What instrument your notes are heard as.",
        Knob::Slot => "Which of four takes is written and heard. It changes on the bar.",
        Knob::Preview => "A simple built-in sound, so that you hear something with no routing at all.",
        Knob::PreviewLevel => "How loud the built-in sound is.",
    }
}

#[cfg(test)]
mod tests {
    use crate::plugin::Knob;
    use crate::plugin::editor::tips::tip;

    #[test]
    fn every_knob_says_in_sentences_what_it_does() {
        for knob in Knob::all() {
            let tip = tip(knob);
            assert!(tip.len() > 20 && tip.ends_with('.'), "{knob:?}: {tip}");
        }
    }
}
