//! The parameters in the groups and the order in which hosts show them.

use nice_plug::prelude::*;

use crate::music::{Family, Grid, NoteValue, PitchClassSet, Scale, names};
use crate::player::{ComposingKnobs, Conversation, PerformingKnobs};
use crate::plugin::parameters::build::{
    ANY_POLYPHONY, fraction, listed, percentage, style, whole_number, worded,
};
use crate::plugin::parameters::texts;
use crate::plugin::session::Session;

/// What is composed, and how boldly.
#[derive(Params)]
pub(crate) struct Compose {
    /// Which of the model's styles, from 0. One that the model lacks means its last.
    #[id = "style"]
    pub(crate) style: IntParam,
    /// The style that is blended in.
    #[id = "style2"]
    pub(crate) second_style: IntParam,
    /// How much of it there is.
    #[id = "blend"]
    pub(crate) blend: FloatParam,
    /// What all draws come from. Re-roll sets a new one.
    #[id = "seed"]
    pub(crate) seed: IntParam,
    /// How boldly to draw.
    #[id = "temp"]
    pub(crate) temperature: FloatParam,
    /// How many notes there are, as a factor on what the network would write.
    #[id = "dens"]
    pub(crate) density: FloatParam,
    /// How strongly figures that keep coming back are held off.
    #[id = "variet"]
    pub(crate) variety: FloatParam,
    /// Phrase length in bars.
    #[id = "length"]
    pub(crate) length: IntParam,
    /// The chance, 0 to 1, that a bar is composed anew when the phrase comes round.
    #[id = "evolve"]
    pub(crate) evolve: FloatParam,
    /// How many candidates are composed for each phrase.
    #[id = "bestof"]
    pub(crate) best_of: IntParam,
    /// Draw from the likeliest values that together hold this probability.
    #[id = "nucleu"]
    pub(crate) nucleus: FloatParam,
    /// Drop values less likely than this share of the likeliest.
    #[id = "minp"]
    pub(crate) min_p: FloatParam,
}

impl Compose {
    pub(super) fn new(knobs: &ComposingKnobs, session: &Session) -> Self {
        Self {
            style: style("style", "Style", knobs.style, session),
            second_style: style("style2", "Second style", knobs.second_style, session),
            blend: percentage("blend", "Blend", knobs.blend),
            seed: whole_number("seed", "Seed", knobs.seed as i32),
            temperature: fraction("temp", "Temperature", knobs.temperature, 0.01),
            density: percentage("dens", "Density", knobs.density),
            variety: percentage("variet", "Variety", knobs.variety),
            length: bars("length", "Length", knobs.length),
            evolve: percentage("evolve", "Evolve", knobs.evolve),
            best_of: whole_number("bestof", "Best of", i32::from(knobs.best_of)),
            nucleus: percentage("nucleu", "Nucleus", knobs.nucleus),
            min_p: percentage("minp", "Least likely", knobs.min_p),
        }
    }
}

/// Which notes.
#[derive(Params)]
pub(crate) struct Pitch {
    /// Pitch class of the key, 0 is C.
    #[id = "tonic"]
    pub(crate) tonic: IntParam,
    /// Index into [`Scale::ALL`].
    #[id = "scale"]
    pub(crate) scale: IntParam,
    /// The notes of [`Scale::User`], one bit for each semitone above the tonic.
    #[id = "pcs"]
    pub(crate) own_notes: IntParam,
    /// Lowest MIDI key.
    #[id = "low"]
    pub(crate) lowest: IntParam,
    /// Highest MIDI key.
    #[id = "high"]
    pub(crate) highest: IntParam,
    /// How many notes may sound at once; the highest position is any number.
    #[id = "poly"]
    pub(crate) polyphony: IntParam,
    /// Factor on the temperature of pitches.
    #[id = "pitch"]
    pub(crate) temperature: FloatParam,
    /// Factor on the temperature of velocities.
    #[id = "dynam"]
    pub(crate) velocity_temperature: FloatParam,
}

impl Pitch {
    pub(super) fn new(knobs: &ComposingKnobs) -> Self {
        let scale = Scale::ALL.iter().position(|scale| *scale == knobs.scale).unwrap_or_default();
        let note = |id, name, key: u8| worded(id, name, i32::from(key), names::pitch, names::parse_pitch);
        Self {
            tonic: worded(
                "tonic",
                "Key",
                i32::from(knobs.tonic),
                |tonic| names::pitch_class(tonic).to_owned(),
                |text| names::parse_pitch_class(text).map(i32::from),
            ),
            scale: listed("scale", "Scale", scale, |idx| Some(Scale::ALL.get(idx)?.name())),
            own_notes: worded(
                "pcs",
                "Own notes",
                i32::from(knobs.user_scale.bits()),
                |bits| names::degrees(PitchClassSet::from_bits(bits as u16)),
                |text| names::parse_degrees(text).map(|set| i32::from(set.bits())),
            ),
            lowest: note("low", "Lowest note", knobs.lowest),
            highest: note("high", "Highest note", knobs.highest),
            polyphony: worded(
                "poly",
                "Polyphony",
                i32::from(knobs.polyphony).min(ANY_POLYPHONY),
                texts::polyphony,
                texts::polyphony_from_text,
            ),
            temperature: percentage("pitch", "Pitch temperature", knobs.pitch),
            velocity_temperature: percentage("dynam", "Velocity temperature", knobs.velocity),
        }
    }
}

/// When notes begin, and how long they are.
#[derive(Params)]
pub(crate) struct Rhythm {
    /// Index into [`Grid::ALL`].
    #[id = "grid"]
    pub(crate) grid: IntParam,
    /// Index into [`NoteValue::ALL`]; the first is no limit.
    #[id = "short"]
    pub(crate) shortest: IntParam,
    /// Index into [`NoteValue::ALL`]; the last is no limit.
    #[id = "long"]
    pub(crate) longest: IntParam,
    /// Factor on the temperature of onsets and durations.
    #[id = "rhythm"]
    pub(crate) temperature: FloatParam,
}

impl Rhythm {
    pub(super) fn new(knobs: &ComposingKnobs) -> Self {
        let grid = Grid::ALL.iter().position(|grid| *grid == knobs.grid).unwrap_or_default();
        let name_of = |idx: usize| Some(NoteValue::ALL.get(idx)?.name);
        let value = |ticks| NoteValue::ALL.iter().position(|value| value.ticks == ticks);
        Self {
            grid: listed("grid", "Grid", grid, |idx| Some(Grid::ALL.get(idx)?.name())),
            shortest: listed("short", "Shortest note", value(knobs.shortest).unwrap_or(0), name_of),
            longest: listed("long", "Longest note", value(knobs.longest).unwrap_or(15), name_of),
            temperature: percentage("rhythm", "Rhythm temperature", knobs.rhythm),
        }
    }
}

/// Declares [`Instruments`]: a switch for each family, in their order.
macro_rules! switches {
    ($($field:ident $id:tt)*) => {
        /// Who may play: a switch for each family.
        #[derive(Params)]
        pub(crate) struct Instruments {
            $(#[id = $id] $field: BoolParam,)*
        }

        impl Instruments {
            /// The ids, in the order of the families.
            pub(crate) const IDS: [&str; Family::COUNT] = [$($id),*];

            pub(super) fn new(knobs: &ComposingKnobs) -> Self {
                let mut families = (0..).map_while(Family::from_index);
                let mut switch = || {
                    let family = families.next().unwrap_or_default();
                    BoolParam::new(family.name(), knobs.families.contains(family))
                };
                Self { $($field: switch()),* }
            }

            /// The switches, in the order of the families.
            pub(crate) fn all(&self) -> [&BoolParam; Family::COUNT] {
                [$(&self.$field),*]
            }
        }
    };
}

switches! {
    piano "fam0" chromatic_percussion "fam1" organ "fam2" guitar "fam3" bass "fam4" strings "fam5"
    ensemble "fam6" brass "fam7" reed "fam8" pipe "fam9" synth_lead "fam10" synth_pad "fam11"
    synth_effects "fam12" ethnic "fam13" percussive "fam14" sound_effects "fam15" drums "fam16"
}

/// How it is played, at once.
#[derive(Params)]
pub(crate) struct Perform {
    /// Octaves up.
    #[id = "octave"]
    pub(crate) octave: IntParam,
    /// Steps up.
    #[id = "transp"]
    pub(crate) transpose: IntParam,
    /// Factor on velocities.
    #[id = "vel"]
    pub(crate) velocity: FloatParam,
    /// Factor on how far velocities lie from the middle.
    #[id = "velspr"]
    pub(crate) velocity_spread: FloatParam,
    /// Factor on durations.
    #[id = "gate"]
    pub(crate) note_length: FloatParam,
    /// How late every second grid line comes.
    #[id = "swing"]
    pub(crate) swing: FloatParam,
    /// Whether eighths or sixteenths swing.
    #[id = "swgrid"]
    pub(crate) swing_grid: IntParam,
    /// How far notes stray from their time.
    #[id = "humtim"]
    pub(crate) humanize_timing: FloatParam,
    /// How far velocities stray.
    #[id = "humvel"]
    pub(crate) humanize_velocity: FloatParam,
    /// Milliseconds between the notes of a chord.
    #[id = "strum"]
    pub(crate) strum: FloatParam,
    /// The MIDI channel as musicians count it, from 1.
    #[id = "chan"]
    pub(crate) channel: IntParam,
    /// Whether each instrument has a channel of its own.
    #[id = "chins"]
    pub(crate) channel_per_instrument: BoolParam,
    /// Whether notes snap to the chord that is held.
    #[id = "follow"]
    pub(crate) chord_follow: BoolParam,
    /// Whether the notes that come in go out again.
    #[id = "thru"]
    pub(crate) thru: BoolParam,
}

/// The grids that can swing, in the order of the knob.
pub(super) const SWINGING: [Grid; 2] = [Grid::Eighth, Grid::Sixteenth];

impl Perform {
    pub(super) fn new(knobs: &PerformingKnobs) -> Self {
        let swing_grid = SWINGING.iter().position(|grid| *grid == knobs.swing_grid).unwrap_or_default();
        Self {
            octave: whole_number("octave", "Octave", i32::from(knobs.octave)),
            transpose: whole_number("transp", "Transpose", i32::from(knobs.transpose)),
            velocity: percentage("vel", "Velocity", knobs.velocity),
            velocity_spread: percentage("velspr", "Velocity spread", knobs.velocity_spread),
            note_length: percentage("gate", "Note length", knobs.note_length),
            swing: percentage("swing", "Swing", knobs.swing),
            swing_grid: listed("swgrid", "Swing grid", swing_grid, |idx| Some(SWINGING.get(idx)?.name())),
            humanize_timing: percentage("humtim", "Humanize timing", knobs.humanize_timing),
            humanize_velocity: percentage("humvel", "Humanize velocity", knobs.humanize_velocity),
            strum: fraction("strum", "Strum", knobs.strum, 1.0).with_unit(" ms"),
            channel: whole_number("chan", "Channel", i32::from(knobs.channel) + 1),
            channel_per_instrument: BoolParam::new("Channel per instrument", knobs.channel_per_instrument),
            chord_follow: BoolParam::new("Chord follow", knobs.chord_follow),
            thru: BoolParam::new("Thru", knobs.thru),
        }
    }
}

/// What is done with the notes that come in.
#[derive(Params)]
pub(crate) struct Converse {
    /// Index into [`Conversation::ALL`].
    #[id = "mode"]
    pub(crate) mode: IntParam,
    /// How many bars each side has when trading.
    #[id = "trade"]
    pub(crate) trade: IntParam,
    /// Index of the family that the notes that come in are heard as.
    #[id = "instr"]
    pub(crate) instrument: IntParam,
}

impl Converse {
    pub(super) fn new(knobs: &ComposingKnobs) -> Self {
        let mode = Conversation::ALL.iter().position(|mode| *mode == knobs.conversation).unwrap_or_default();
        Self {
            mode: listed("mode", "Conversation", mode, |idx| Some(Conversation::ALL.get(idx)?.name())),
            trade: bars("trade", "Trade", knobs.trade),
            instrument: listed("instr", "Heard as", knobs.instrument.index(), |idx| {
                Some(Family::from_index(idx)?.name())
            }),
        }
    }
}

/// Which take is written and heard.
#[derive(Params)]
pub(crate) struct Takes {
    /// 0 (A) to 3 (D).
    #[id = "slot"]
    pub(crate) slot: IntParam,
}

impl Takes {
    pub(super) fn new(knobs: &ComposingKnobs) -> Self {
        Self { slot: listed("slot", "Take", usize::from(knobs.slot), |idx| texts::SLOTS.get(idx).copied()) }
    }
}

/// The plugin's own sound.
#[derive(Params)]
pub(crate) struct Sound {
    /// Whether the plugin sounds by itself.
    #[id = "prev"]
    pub(crate) preview: BoolParam,
    /// Its level in decibels.
    #[id = "prevdb"]
    pub(crate) preview_level: FloatParam,
}

impl Default for Sound {
    fn default() -> Self {
        Self {
            preview: BoolParam::new("Preview sound", false),
            preview_level: fraction("prevdb", "Preview level", -6.0, 0.5).with_unit(" dB"),
        }
    }
}

fn bars(id: &str, name: &str, default: u8) -> IntParam {
    worded(id, name, i32::from(default), texts::bars, texts::leading_number)
}
