//! Everything a host can automate.
//!
//! | Id | Name | Range | Default | Kind | What it does to the music |
//! |---|---|---|---|---|---|
//! | `style` | Style | the model's styles in its order, at most 16 | the first | composing | in what style |
//! | `style2` | Second style | as Style | the first | composing | what style is blended in |
//! | `blend` | Blend | 0 to 100% | 0% | composing | how much of the second style |
//! | `seed` | Seed | 0 to 9999 | 1 | composing | other music from the same knobs |
//! | `temp` | Temperature | 0 to 2, step 0.01 | 1 | composing | how boldly |
//! | `dens` | Density | 0 to 200% | 100% | composing | fewer or more notes |
//! | `variet` | Variety | 0 to 100% | 50% | composing | holds off figures that keep coming back |
//! | `length` | Length | 1 to 64 bars | 8 | composing | when the phrase comes round |
//! | `evolve` | Evolve | 0 to 100% | 100% | composing | how much is new when it does |
//! | `bestof` | Best of | 1 to 8 | 1 | composing | of so many candidates the likeliest is kept |
//! | `nucleu` | Nucleus | 0 to 100% | 100% | composing | lower leaves out all that is unlikely |
//! | `minp` | Least likely | 0 to 100% | 2% | composing | higher leaves out what is far from the likeliest |
//! | `tonic` | Key | C to B | C | composing | moves all but drums |
//! | `scale` | Scale | [`Scale::ALL`], room for 32 | Free (major) | composing | which notes may be played |
//! | `pcs` | Own notes | any degrees, as "1 2 b3 5" | all | composing | the scale "Own notes" |
//! | `low` | Lowest note | C-1 to G9; C4 is middle C | A0 | composing | nothing sounds below, but drums |
//! | `high` | Highest note | C-1 to G9 | C8 | composing | nothing sounds above, but drums |
//! | `poly` | Polyphony | 1 to 8, any | any | composing | how many notes at once |
//! | `pitch` | Pitch temperature | 0 to 200% | 100% | composing | how boldly pitches are drawn |
//! | `dynam` | Velocity temperature | 0 to 200% | 100% | composing | how boldly velocities are drawn |
//! | `grid` | Grid | [`Grid::ALL`], room for 16 | Off | composing | where notes may begin |
//! | `short` | Shortest note | any, 1/32 to 2/1 | any | composing | no note is shorter |
//! | `long` | Longest note | 1/32 to 2/1, any | any | composing | no note is longer |
//! | `rhythm` | Rhythm temperature | 0 to 200% | 100% | composing | how boldly onsets and lengths are drawn |
//! | `fam0` to `fam16` | Piano to Drums | off, on | on | composing | which instruments may play |
//! | `octave` | Octave | −3 to 3 | 0 | performing | octaves up |
//! | `transp` | Transpose | −24 to 24 | 0 | performing | steps up: of the scale, or semitones |
//! | `vel` | Velocity | 0 to 200% | 100% | performing | softer or louder |
//! | `velspr` | Velocity spread | 0 to 200% | 100% | performing | less or more between soft and loud |
//! | `gate` | Note length | 5 to 200% | 100% | performing | shorter or longer notes |
//! | `swing` | Swing | 0 to 100% | 0% | performing | 100% is a triplet feel |
//! | `swgrid` | Swing grid | 1/8, 1/16 | 1/8 | performing | what swings |
//! | `humtim` | Humanize timing | 0 to 100% | 0% | performing | notes a little early or late |
//! | `humvel` | Humanize velocity | 0 to 100% | 0% | performing | notes a little softer or louder |
//! | `strum` | Strum | −60 to 60 ms | 0 | performing | chords rolled up or down |
//! | `chan` | Channel | 1 to 16 | 1 | performing | the MIDI channel of all but drums |
//! | `chins` | Channel per instrument | off, on | off | performing | a channel for each instrument |
//! | `follow` | Chord follow | off, on | off | performing | notes snap to the chord held |
//! | `thru` | Thru | off, on | off | performing | what comes in goes out again |
//! | `mode` | Conversation | [`Conversation::ALL`], room for 8 | Generate | composing | what is made of what comes in |
//! | `trade` | Trade | 1 to 16 bars | 4 | composing | how many bars each side has |
//! | `instr` | Heard as | Piano to Drums | Piano | composing | what instrument comes in |
//! | `slot` | Take | A to D | A | composing | which take is heard |
//! | `prev` | Preview sound | off, on | off | preview | |
//! | `prevdb` | Preview level | −40 to 0 dB, step 0.5 dB | −6 dB | preview | |
//! | `bypass` | Bypass | off, on | off | host | |
//!
//! Per cent go in steps of one. Ids are part of the saved state and never change. Ranges are part of
//! automation: hosts store it relative to the range. Where a list leaves room, the positions beyond it mean
//! its first.

mod groups;
pub(crate) use groups::{Compose, Converse, Instruments, Perform, Pitch, Rhythm, Sound, Takes};

mod build;
pub(crate) use build::MAX_SEED;

mod texts;
pub(crate) use texts::is_unused;

use nice_plug::plugin::ParamValue;
use nice_plug::prelude::*;

#[cfg(doc)]
use crate::music::Scale;
use crate::music::{Family, FamilySet, Grid, PitchClassSet};
use crate::player::handover::{ComposerEnd, handover};
use crate::player::{ComposingKnobs, Conversation, PerformingKnobs};
use crate::plugin::knob::Knob;
use crate::plugin::parameters::build::{ANY_POLYPHONY, range};
use crate::plugin::parameters::groups::SWINGING;
use crate::plugin::session::Session;
use crate::plugin::window_size::WindowSize;

/// The parameters that the host sees, and what is saved with them.
#[derive(Params)]
pub struct Parameters {
    /// The composer and its take.
    #[persist = "project"]
    pub session: Session,
    /// The size of the editor's window.
    #[persist = "window"]
    pub window_size: WindowSize,
    #[nested(group = "Compose")]
    pub(crate) compose: Compose,
    #[nested(group = "Pitch")]
    pub(crate) pitch: Pitch,
    #[nested(group = "Rhythm")]
    pub(crate) rhythm: Rhythm,
    #[nested(group = "Instruments")]
    pub(crate) instruments: Instruments,
    #[nested(group = "Perform")]
    pub(crate) perform: Perform,
    #[nested(group = "Converse")]
    pub(crate) converse: Converse,
    #[nested(group = "Takes")]
    pub(crate) takes: Takes,
    #[nested(group = "Sound")]
    pub(crate) sound: Sound,
    /// Silences the plugin: the host's own bypass.
    #[id = "bypass"]
    pub bypass: BoolParam,
}

impl Parameters {
    /// Parameters of a fresh instance.
    #[must_use]
    pub fn new(end: ComposerEnd) -> Self {
        let session = Session::new(end);
        let composing = ComposingKnobs::default();
        Self {
            compose: Compose::new(&composing, &session),
            pitch: Pitch::new(&composing),
            rhythm: Rhythm::new(&composing),
            instruments: Instruments::new(&composing),
            perform: Perform::new(&PerformingKnobs::default()),
            converse: Converse::new(&composing),
            takes: Takes::new(&composing),
            sound: Sound::default(),
            bypass: BoolParam::new("Bypass", false).make_bypass(),
            window_size: WindowSize::default(),
            session,
        }
    }

    /// The knobs that change what is composed.
    #[must_use]
    pub fn composing(&self) -> ComposingKnobs {
        let (compose, pitch, rhythm) = (&self.compose, &self.pitch, &self.rhythm);
        ComposingKnobs {
            style: byte(&compose.style),
            seed: compose.seed.value().clamp(0, MAX_SEED as i32) as u32,
            temperature: compose.temperature.value(),
            rhythm: rhythm.temperature.value(),
            pitch: pitch.temperature.value(),
            velocity: pitch.velocity_temperature.value(),
            nucleus: compose.nucleus.value(),
            min_p: compose.min_p.value(),
            variety: compose.variety.value(),
            length: byte(&compose.length),
            evolve: compose.evolve.value(),
            tonic: pitch.tonic.value().rem_euclid(12) as u8,
            scale: texts::scale(pitch.scale.value()),
            lowest: byte(&pitch.lowest),
            highest: byte(&pitch.highest),
            polyphony: match pitch.polyphony.value() {
                n_notes if n_notes < ANY_POLYPHONY => n_notes.max(1) as u8,
                _ => ComposingKnobs::default().polyphony,
            },
            second_style: byte(&compose.second_style),
            blend: compose.blend.value(),
            density: compose.density.value(),
            grid: chosen(&rhythm.grid, &Grid::ALL),
            shortest: texts::note_value(rhythm.shortest.value()),
            longest: texts::note_value(rhythm.longest.value()),
            families: self.families(),
            user_scale: PitchClassSet::from_bits(pitch.own_notes.value() as u16),
            best_of: byte(&compose.best_of),
            slot: byte(&self.takes.slot),
            conversation: chosen(&self.converse.mode, &Conversation::ALL),
            trade: byte(&self.converse.trade),
            instrument: Family::from_index(usize::from(byte(&self.converse.instrument))).unwrap_or_default(),
        }
        .rounded()
    }

    fn families(&self) -> FamilySet {
        let switches = self.instruments.all();
        let on = switches.iter().enumerate().filter(|(_, switch)| switch.value());
        on.filter_map(|(idx, _)| Family::from_index(idx)).collect()
    }

    /// The knobs that change how it is played.
    #[must_use]
    pub fn performing(&self) -> PerformingKnobs {
        let perform = &self.perform;
        PerformingKnobs {
            octave: perform.octave.value().clamp(-3, 3) as i8,
            transpose: perform.transpose.value().clamp(-24, 24) as i8,
            velocity: perform.velocity.value().clamp(0.0, 2.0),
            velocity_spread: perform.velocity_spread.value().clamp(0.0, 2.0),
            note_length: perform.note_length.value().clamp(0.05, 2.0),
            swing: perform.swing.value().clamp(0.0, 1.0),
            swing_grid: chosen(&perform.swing_grid, &SWINGING),
            humanize_timing: perform.humanize_timing.value().clamp(0.0, 1.0),
            humanize_velocity: perform.humanize_velocity.value().clamp(0.0, 1.0),
            strum: perform.strum.value().clamp(-60.0, 60.0),
            channel: (perform.channel.value().clamp(1, 16) - 1) as u8,
            channel_per_instrument: perform.channel_per_instrument.value(),
            chord_follow: perform.chord_follow.value(),
            thru: perform.thru.value(),
        }
    }

    /// The factor on the preview sound, 0 to 1; 0 when it is off.
    #[must_use]
    pub fn preview_gain(&self) -> f32 {
        let decibels = self.sound.preview_level.value().clamp(-40.0, 0.0);
        if self.sound.preview.value() { 10_f32.powf(decibels / 20.0) } else { 0.0 }
    }

    /// Makes a saved state whole: every value comes into its range, since the framework takes them as they
    /// are, and what a project of an earlier version does not have comes to its default, since a host may
    /// load it into an instance that stands elsewhere.
    pub fn complete(state: &mut PluginState) {
        let (end, _player) = handover();
        let fresh = Self::new(end);
        for knob in Knob::all() {
            state.params.entry(knob.id().to_owned()).or_insert_with(|| fresh.default_value(knob));
        }
        for (id, value) in &mut state.params {
            let Some((min, max)) = range(id) else { continue };
            match value {
                ParamValue::F32(value) => *value = value.clamp(min, max),
                ParamValue::I32(value) => *value = (*value).clamp(min as i32, max as i32),
                ParamValue::Bool(_) | ParamValue::String(_) => {}
            }
        }
    }
}

/// The value of a parameter whose range a byte holds.
fn byte(parameter: &IntParam) -> u8 {
    parameter.value().clamp(0, i32::from(u8::MAX)) as u8
}

/// What a parameter chooses from a list; the first where the list has no such place.
fn chosen<T: Copy, const N: usize>(parameter: &IntParam, list: &[T; N]) -> T {
    let idx = usize::try_from(parameter.value()).unwrap_or(0);
    list.get(idx).copied().unwrap_or(list[0])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use nice_plug::plugin::{ParamValue, PluginState};
    use nice_plug::prelude::Params;

    use crate::music::Family;
    use crate::player::handover::handover;
    use crate::player::{ComposingKnobs, PerformingKnobs};
    use crate::plugin::knob::Knob;
    use crate::plugin::parameters::Parameters;
    use crate::plugin::parameters::build::RANGES;

    fn parameters() -> Parameters {
        Parameters::new(handover().0)
    }

    #[test]
    fn fresh_parameters_are_the_engines_own_knobs() {
        assert_eq!(parameters().composing(), ComposingKnobs::default().rounded());
        assert_eq!(parameters().performing(), PerformingKnobs::default());
    }

    #[test]
    fn ids_never_change() {
        let ids: Vec<String> = parameters().param_map().into_iter().map(|(id, ..)| id).collect();
        let known = [
            "style", "style2", "blend", "seed", "temp", "dens", "variet", "length", "evolve", "bestof",
            "nucleu", "minp", "tonic", "scale", "pcs", "low", "high", "poly", "pitch", "dynam", "grid",
            "short", "long", "rhythm", "fam0", "fam1", "fam2", "fam3", "fam4", "fam5", "fam6", "fam7",
            "fam8", "fam9", "fam10", "fam11", "fam12", "fam13", "fam14", "fam15", "fam16", "octave",
            "transp", "vel", "velspr", "gate", "swing", "swgrid", "humtim", "humvel", "strum", "chan",
            "chins", "follow", "thru", "mode", "trade", "instr", "slot", "prev", "prevdb", "bypass",
        ];
        assert_eq!(ids, known);
        assert!(ids.iter().all(|id| id.len() <= 6));
        assert!(RANGES.iter().all(|(id, ..)| known.contains(id)));
        let knobs: Vec<&str> = Knob::all().map(Knob::id).collect();
        assert_eq!(knobs, known[..known.len() - 1], "bypass is the host's");
    }

    #[test]
    fn every_position_survives_being_shown_and_typed() {
        let parameters = parameters();
        for knob in Knob::all() {
            for idx in 0..=1000 {
                let position = parameters.snapped(knob, idx as f32 / 1000.0);
                let text = parameters.text(knob, position);
                let back =
                    parameters.position_of_text(knob, &text).map(|back| parameters.snapped(knob, back));
                assert_eq!(back, Some(position), "{knob:?} at {position} shows {text:?}");
            }
        }
    }

    #[test]
    fn typed_texts_mean_what_a_musician_means() {
        let parameters = parameters();
        for (knob, typed, shown) in [
            (Knob::Tonic, "a#", "Bb"),
            (Knob::Tonic, "E♭", "Eb"),
            (Knob::Scale, "dorian", "Dorian"),
            (Knob::Length, "16", "16 bars"),
            (Knob::Length, "1 bar", "1 bar"),
            (Knob::Evolve, "25 %", "25%"),
            (Knob::Seed, "123456", "9999"),
            (Knob::Octave, "-2", "-2"),
            (Knob::Lowest, "c#2", "Db2"),
            (Knob::Highest, "60", "C4"),
            (Knob::OwnNotes, "5 1 #4", "1 b5 5"),
            (Knob::Polyphony, "any", "Any"),
            (Knob::Grid, "1/16t", "1/16T"),
            (Knob::Shortest, "any", "Any"),
            (Knob::Longest, "ANY", "Any"),
            (Knob::Conversation, "trade", "Trade"),
            (Knob::Strum, "-20 ms", "-20 ms"),
            (Knob::Slot, "d", "D"),
            (Knob::Heard(Family::DRUMS), "off", "Off"),
        ] {
            let position =
                parameters.position_of_text(knob, typed).map(|position| parameters.snapped(knob, position));
            assert_eq!(
                position.map(|position| parameters.text(knob, position)).as_deref(),
                Some(shown),
                "{typed}"
            );
        }
        assert_eq!(parameters.position_of_text(Knob::Tonic, "H"), None);
        assert_eq!(parameters.position_of_text(Knob::Evolve, "NaN"), None);
    }

    #[test]
    fn saved_values_beyond_their_range_are_brought_back_and_missing_ones_filled_in() {
        let params = BTreeMap::from([
            ("temp".to_owned(), ParamValue::F32(1e9)),
            ("scale".to_owned(), ParamValue::I32(-3)),
            ("unheard-of".to_owned(), ParamValue::I32(5)),
        ]);
        let mut state = PluginState { version: String::new(), params, fields: BTreeMap::new() };
        Parameters::complete(&mut state);
        assert!(matches!(state.params["temp"], ParamValue::F32(value) if (value - 2.0).abs() < f32::EPSILON));
        assert!(matches!(state.params["scale"], ParamValue::I32(0)));
        assert!(matches!(state.params["dens"], ParamValue::F32(value) if (value - 1.0).abs() < f32::EPSILON));
        assert!(matches!(state.params["fam4"], ParamValue::Bool(true)));
        assert!(matches!(state.params["long"], ParamValue::I32(15)));
    }
}
