//! The table of knobs. What is not said of one is as [`USUAL`] has it.

use crate::music::{Family, FamilySet, Grid, Key, Line, Mode, NoteValue, PitchClassSet, Scale, Tick};
use crate::player::knobs::cadence::Cadence;
use crate::player::knobs::conversation::Conversation;
use crate::player::knobs::kind::{Form, Kind};
use crate::player::knobs::parts::{Part, PartSet};
use crate::player::knobs::spec::{CliOption, KnobSpec, Page, Role};
use crate::player::knobs::spread_centre::SpreadCentre;
use crate::player::knobs::value::KnobValue;

/// What is said of a knob by its row, and what holds where the row says nothing.
const USUAL: KnobSpec = KnobSpec {
    id: "",
    name: "",
    kind: Kind::SWITCH,
    default: 0.0,
    page: Page::Compose,
    role: Role::Composing,
    hint: "",
    option: CliOption::Field(&[]),
    is_in_presets: true,
    since: 2,
    field: "",
};

/// The ids of the switches for instruments, in the order of the families.
const FAMILY_IDS: [&str; Family::COUNT] = [
    "fam0", "fam1", "fam2", "fam3", "fam4", "fam5", "fam6", "fam7", "fam8", "fam9", "fam10", "fam11",
    "fam12", "fam13", "fam14", "fam15", "fam16",
];

/// The ids of the switches that mute, in the order of the parts.
const MUTE_IDS: [&str; Part::COUNT] = [
    "mute0", "mute1", "mute2", "mute3", "mute4", "mute5", "mute6", "mute7", "mute8", "mute9", "mute10",
    "mute11", "mute12", "mute13", "mute14", "mute15", "mute16", "mutev1", "mutev2", "mutev3", "mutev4",
];

/// Their names.
const MUTE_NAMES: [&str; Part::COUNT] = [
    "Mute piano",
    "Mute chromatic percussion",
    "Mute organ",
    "Mute guitar",
    "Mute bass",
    "Mute strings",
    "Mute ensemble",
    "Mute brass",
    "Mute reed",
    "Mute pipe",
    "Mute synth lead",
    "Mute synth pad",
    "Mute synth effects",
    "Mute ethnic",
    "Mute percussive",
    "Mute sound effects",
    "Mute drums",
    "Mute voice 1",
    "Mute voice 2",
    "Mute voice 3",
    "Mute voice 4",
];

const STYLE: Kind = Kind::whole(0, 15, Form::Style).with_numbers(0.0, 255.0);
const PITCH: Kind = Kind::whole(0, 127, Form::Pitch);

knobs! {
composing {
    /// Index into the model's styles; beyond the last it means the last.
    style: u8 = 0 => Style in Compose {
        id: "style", name: "Style", kind: STYLE,
        hint: "What kind of music is composed. The names come with the model.",
        option: CliOption::Special, since: 1,
    }
    /// The style that is blended in, an index as in `style`.
    second_style: u8 = 0 => SecondStyle in Compose {
        id: "style2", name: "Second style", kind: STYLE,
        hint: "The style that Blend mixes in.",
        option: CliOption::Special,
    }
    /// How much of the second style there is: 0 is `style` alone, 1 the second alone.
    blend: f32 = 0.0 => Blend in Compose {
        id: "blend", name: "Blend", kind: Kind::percent(1.0),
        hint: "How much of the second style there is: at 0 only the first plays, at 100% only the second.",
        option: CliOption::Special,
    }
    /// Random seed.
    seed: u32 = 1 => Seed in Compose {
        id: "seed", name: "Seed", kind: Kind::whole(0, 9999, Form::Whole).with_numbers(0.0, u32::MAX as f64),
        hint: "Random seed. The same seed with the same knobs always gives the same piece.",
        is_in_presets: false, since: 1,
    }
    /// Other draws for the same seed: neither the primer nor the context changes.
    vary: u32 = 0 => Vary in Compose {
        id: "vary", name: "Vary", kind: Kind::whole(0, 9999, Form::Whole),
        hint: "Draws new notes for the same idea. Another seed is another idea.",
        is_in_presets: false, since: 5,
    }
    /// How boldly notes are drawn; 1 is the network's own distribution, 0 always takes the likeliest. 0 to 2.
    temperature: f32 = 1.0 => Temperature in Compose {
        id: "temp", name: "Temperature", kind: Kind::new(0.0, 2.0, 0.01, Form::Decimal("")),
        hint: "How boldly it plays. Low is safe and plain, 1 is as it was learned, high takes risks and wrong notes.",
        since: 1,
    }
    /// How many notes there are, as a factor on what the network would write: below 1 notes are left out,
    /// above 1 notes are added between the others. 0 to 2.
    density: f32 = 1.0 => Density in Compose {
        id: "dens", name: "Density", kind: Kind::percent(2.0),
        hint: "How many notes there are. Lower leaves notes out, higher adds some between the others.",
    }
    /// How strongly repeated figures are held off. 0 (not at all) to 1.
    variety: f32 = 0.5 => Variety in Compose {
        id: "variet", name: "Avoid repeats", kind: Kind::percent(1.0),
        hint: "Avoids patterns that repeat too often. At 0 it may repeat itself without limit; a motif may always return.",
        option: CliOption::Field(&["repetition"]),
    }
    /// The phrase length in bars, 1 to 64.
    length: u8 = 8 => Length in Compose {
        id: "length", name: "Length", kind: Kind::whole(1, 64, Form::Bars),
        hint: "How many bars the phrase has before it comes round.",
        since: 1,
    }
    /// What happens when the phrase comes round: 0 repeats it, 1 composes new bars, between them each bar is
    /// new with this probability.
    evolve: f32 = 0.3 => Evolve in Compose {
        id: "evolve", name: "Evolve", kind: Kind::percent(1.0),
        hint: "How many bars change when the phrase comes round: at 0 none, at 100% every bar is new.",
        since: 1,
    }
    /// Which phrases come to an end, as far as the model knows how pieces end.
    cadence: Cadence = Cadence::Off => Cadence in Compose {
        id: "cadenc", name: "Cadence", kind: Kind::whole(0, 7, Form::Cadence),
        hint: "Which phrases come to an end, with a close on the key. Off lets the music go on.",
        since: 4,
    }
    /// How strictly the chord lane is followed: 0 only tells the network, 1 guarantees chord tones on beats and the
    /// chord's bass where it changes. 0 to 1.
    strictness: f32 = 0.75 => Strictness in Compose {
        id: "strict", name: "Strictness", kind: Kind::percent(1.0),
        hint: "How strictly the chords are followed: at 0 they are a hint, at 100% every note on a beat is of its chord.",
        since: 5,
    }
    /// Whether the chord lane begins again with each phrase; otherwise it comes round by its own length.
    chords_by_phrase: bool = false => ChordsByPhrase in Compose {
        id: "chphr", name: "Chords by phrase", kind: Kind::SWITCH,
        hint: "Begins the chords again with each phrase. Off lets them come round by their own length.",
        since: 5,
    }
    /// How many candidates are composed for each phrase; the likeliest is kept. 1 to 8.
    best_of: u8 = 1 => BestOf in Compose {
        id: "bestof", name: "Best of", kind: Kind::whole(1, 8, Form::Whole),
        hint: "This many versions are composed, and the one that fits best is kept. Costs time, not latency.",
    }
    /// Draw from the likeliest values that together have this probability. 0 to 1; 1 is off.
    nucleus: f32 = 1.0 => Nucleus in Compose {
        id: "nucleu", name: "Openness", kind: Kind::percent(1.0),
        hint: "How wide the choice of notes is. Lower keeps to the most expected.",
    }
    /// Drop values less likely than this share of the likeliest. 0 to 1; 0 is off.
    min_p: f32 = 0.02 => MinP in Compose {
        id: "minp", name: "Safety", kind: Kind::percent(1.0),
        hint: "Higher leaves out notes that are far less likely than the best choice: fewer wrong notes.",
    }
    /// The tonic's pitch class, 0 (C) to 11 (B).
    tonic: u8 = 0 => Tonic in Pitch {
        id: "tonic", name: "Key", kind: Kind::whole(0, 11, Form::PitchClass),
        hint: "The key. Everything but drums moves with it.",
        option: CliOption::Special, is_in_presets: false, since: 1,
    }
    /// Which notes may be played above the tonic.
    scale: Scale = Scale::FreeMajor => Scale in Pitch {
        // The range is wider than the list, so that the list can grow without moving automation.
        id: "scale", name: "Scale", kind: Kind::whole(0, 31, Form::Scale),
        hint: "The notes that may be played. Free sets no limit and only says major or minor.",
        option: CliOption::Special, since: 1,
    }
    /// The notes of [`Scale::User`], above the tonic.
    user_scale: PitchClassSet = PitchClassSet::CHROMATIC => OwnNotes in Pitch {
        id: "pcs", name: "Own notes", kind: Kind::whole(1, 4095, Form::Degrees),
        hint: "The notes of your own scale. Choose \u{201c}Own notes\u{201d} as the scale to use it.",
        option: CliOption::Special,
    }
    /// Lowest key that may sound, inclusive; drums are exempt.
    lowest: u8 = 21 => Lowest in Pitch {
        id: "low", name: "Lowest note", kind: PITCH,
        hint: "No note sounds below this one. Drums are not affected.",
    }
    /// Highest key that may sound, inclusive; drums are exempt.
    highest: u8 = 108 => Highest in Pitch {
        id: "high", name: "Highest note", kind: PITCH,
        hint: "No note sounds above this one. Drums are not affected.",
    }
    /// How many notes may sound at once, drums not counted. At least 1.
    polyphony: u8 = Form::ANY_POLYPHONY => Polyphony in Pitch {
        id: "poly", name: "Polyphony", kind: Kind::whole(1, 9, Form::Polyphony).with_numbers(1.0, 255.0),
        hint: "How many notes may sound at once: 1 is a melody. Drums are not counted.",
    }
    /// Further factor on the temperature of pitches. 0 to 2.
    pitch: f32 = 1.0 => PitchTemperature in Pitch {
        id: "pitch", name: "Pitch temperature", kind: Kind::percent(2.0),
        hint: "Boldness of the melody and harmony alone, on top of Temperature.",
    }
    /// Further factor on the temperature of velocities. 0 to 2.
    velocity: f32 = 1.0 => VelocityTemperature in Pitch {
        id: "dynam", name: "Velocity temperature", kind: Kind::percent(2.0),
        hint: "Boldness of loud and soft alone, on top of Temperature.",
    }
    /// Where notes may begin.
    grid: Grid = Grid::Off => Grid in Rhythm {
        id: "grid", name: "Grid", kind: Kind::whole(0, 15, Form::Grid),
        hint: "Where notes may begin. Triplets end in T, dotted values in a dot.",
    }
    /// No note is shorter.
    shortest: Tick = NoteValue::ALL[0].ticks => Shortest in Rhythm {
        // The value that is no limit stands at one end of each.
        id: "short", name: "Shortest note", kind: Kind::whole(0, 14, Form::NoteValue),
        hint: "No note is shorter than this.",
    }
    /// No note is longer.
    longest: Tick = NoteValue::ALL[NoteValue::ALL.len() - 1].ticks => Longest in Rhythm {
        id: "long", name: "Longest note", kind: Kind::whole(1, 15, Form::NoteValue),
        hint: "No note is longer than this.",
    }
    /// Further factor on the temperature of onsets and durations. 0 to 2.
    rhythm: f32 = 1.0 => RhythmTemperature in Rhythm {
        id: "rhythm", name: "Rhythm temperature", kind: Kind::percent(2.0),
        hint: "Boldness of the rhythm alone, on top of Temperature.",
    }
    /// What the composer does with the notes that come in.
    conversation: Conversation = Conversation::Generate => Conversation in Converse {
        id: "mode", name: "Conversation", kind: Kind::whole(0, 7, Form::Conversation),
        hint: "What happens to the notes that you play. Generate: nothing. Continue: it goes on where you stop. \
               Trade: you and it take turns. Accompany: it plays along.",
        option: CliOption::Special,
    }
    /// How many bars each side has when trading. 1 to 16.
    trade: u8 = 4 => Trade in Converse {
        id: "trade", name: "Trade", kind: Kind::whole(1, 16, Form::Bars),
        hint: "How many bars each of you has when you take turns.",
        option: CliOption::Special,
    }
    /// The instrument that the notes that come in are taken for.
    instrument: Family = Family::PIANO => Instrument in Converse {
        id: "instr", name: "You play", kind: Kind::whole(0, 16, Form::Family),
        hint: "The instrument that your notes are taken as.",
        option: CliOption::Special,
    }
    /// Which of the four takes is written and played, 0 (A) to 3 (D).
    slot: u8 = 0 => Slot in Takes {
        id: "slot", name: "Take", kind: Kind::whole(0, 3, Form::Take),
        hint: "Which of the four takes is composed and played. It changes at the bar line.",
        is_in_presets: false,
    }
}
performing {
    /// Octaves up; drums are exempt.
    octave: i8 = 0 => Octave in Perform {
        id: "octave", name: "Octave", kind: Kind::whole(-3, 3, Form::Whole).with_numbers(-10.0, 10.0),
        hint: "Transposes by octaves. The composed music stays the same.",
        since: 1,
    }
    /// Steps up, of the scale where one is on and semitones where none is; drums are exempt. −24 to 24.
    transpose: i8 = 0 => Transpose in Perform {
        id: "transp", name: "Transpose", kind: Kind::whole(-24, 24, Form::Whole),
        hint: "Transposes by steps of the scale, or by semitones if the scale is free.",
    }
    /// Factor on every velocity. 0 to 2.
    velocity: f32 = 1.0 => Velocity in Perform {
        id: "vel", name: "Velocity", kind: Kind::percent(2.0),
        hint: "Makes everything softer or louder.",
        option: CliOption::Named("velocity-level"), since: 1,
    }
    /// Factor on how far velocities lie from `spread_centre`: 0 makes those of a bar alike, 2 doubles the contrast.
    velocity_spread: f32 = 1.0 => VelocitySpread in Perform {
        id: "velspr", name: "Velocity spread", kind: Kind::percent(2.0),
        hint: "Lower brings the soft and loud notes of a bar closer together, higher moves them apart.",
    }
    /// Factor on every duration.
    note_length: f32 = 1.0 => NoteLength in Perform {
        id: "gate", name: "Note length",
        kind: Kind::new(0.05, 2.0, 0.01, Form::Percent).with_numbers(0.0, 64.0),
        hint: "Shorter notes towards staccato, longer ones towards legato.",
        since: 1,
    }
    /// How late every second grid line comes: 0 is straight, 1 is two thirds of the pair, a triplet feel.
    /// Lines are counted from the bar line; one without a partner in its bar stays straight.
    swing: f32 = 0.0 => Swing in Perform {
        id: "swing", name: "Swing", kind: Kind::percent(1.0),
        hint: "How late every second note comes. 100% is a triplet feel.",
    }
    /// Which grid swings: eighths or sixteenths.
    swing_grid: Grid = Grid::Eighth => SwingGrid in Perform {
        id: "swgrid", name: "Swing grid", kind: Kind::whole(0, 1, Form::SwingGrid),
        hint: "Whether eighths or sixteenths swing.",
    }
    /// Factor on how far notes lie from their written place, as the network has learned it from performances: 0 is on the
    /// grid, 2 twice as far.
    feel: f32 = 1.0 => Feel in Perform {
        id: "feel", name: "Feel", kind: Kind::percent(2.0),
        hint: "How much of the players' own timing there is: 0 is on the grid, 100% as learned, 200% exaggerated. \
               Styles learned from scores have none.",
        since: 4,
    }
    /// How far notes stray from their time: at 1 by up to half a thirty-second, early or late.
    humanize_timing: f32 = 0.0 => HumanizeTiming in Perform {
        id: "humtim", name: "Humanize timing", kind: Kind::percent(1.0),
        hint: "Lets notes come a little early or late, each always by the same amount.",
    }
    /// How far velocities stray: at 1 by up to 24, up or down.
    humanize_velocity: f32 = 0.0 => HumanizeVelocity in Perform {
        id: "humvel", name: "Humanize velocity", kind: Kind::percent(1.0),
        hint: "Lets notes be a little softer or louder, each always by the same amount.",
    }
    /// How far apart the notes of a chord begin, in milliseconds: positive rolls up, negative down. −60 to
    /// 60. A chord is the notes of one instrument written at one place, drums exempt; a wide one is rolled
    /// closer, so that it takes no longer than a beat.
    strum: f32 = 0.0 => Strum in Perform {
        id: "strum", name: "Strum", kind: Kind::new(-60.0, 60.0, 1.0, Form::Decimal(" ms")),
        hint: "Rolls chords: upwards to the right, downwards to the left.",
    }
    /// How far behind the beat everything is played, in milliseconds. 0 to 50.
    lay_back: f32 = 0.0 => LayBack in Perform {
        id: "layb", name: "Lay back", kind: Kind::new(0.0, 50.0, 1.0, Form::Decimal(" ms")),
        hint: "Plays everything a little behind the beat, for a relaxed feel.",
        since: 3,
    }
    /// The MIDI channel, 0 to 15; drums are always on 9, which musicians call channel 10.
    channel: u8 = 0 => Channel in Perform {
        id: "chan", name: "Channel", kind: Kind::whole(1, 16, Form::Channel),
        hint: "The MIDI channel of everything but drums, which are on channel 10.",
        is_in_presets: false,
    }
    /// Whether each instrument has a channel of its own, in the order of the families, 9 left out; the 16th,
    /// sound effects, shares the last channel.
    channel_per_instrument: bool = false => ChannelPerInstrument in Perform {
        id: "chins", name: "Channel per instrument", kind: Kind::SWITCH,
        hint: "Gives each instrument a MIDI channel of its own.",
        is_in_presets: false,
    }
    /// Whether notes snap to the chord that is held at the input; drums are exempt.
    chord_follow: bool = false => ChordFollow in Perform {
        id: "follow", name: "Chord follow", kind: Kind::SWITCH,
        hint: "Bends every note to the chord that you hold. Drums are not affected.",
        option: CliOption::Special,
    }
    /// Whether the notes that come in go out again.
    thru: bool = false => Thru in Perform {
        id: "thru", name: "Thru", kind: Kind::SWITCH,
        hint: "Passes on the notes that you play; in a conversation they play again when you do not.",
        option: CliOption::Special, is_in_presets: false,
    }
    /// The part that is played alone, if any.
    solo: Option<Part> = None => Solo in Parts {
        // The range is wider than the list, so that the list can grow without moving automation.
        id: "solo", name: "Solo", kind: Kind::whole(0, 31, Form::Solo),
        hint: "Plays one instrument or one voice alone. What is composed stays the same, so several instances with \
               the same settings can each play a part.",
        is_in_presets: false, since: 4,
    }
    /// Whether each voice has a channel of its own: those after the first are on the channels after the instrument's,
    /// 9 left out.
    channel_per_voice: bool = false => ChannelPerVoice in Parts {
        id: "chvoi", name: "Channel per voice", kind: Kind::SWITCH,
        hint: "Gives each voice a MIDI channel of its own: voice 1 that of the instrument, the others those after it.",
        is_in_presets: false, since: 4,
    }
}
sound {
    preview = 0.0 => Preview in Sound {
        id: "prev", name: "Preview sound", kind: Kind::SWITCH,
        hint: "A simple built-in sound, so that you hear something without any routing.",
        option: CliOption::Special, is_in_presets: false, since: 1,
    }
    preview_level = -6.0 => PreviewLevel in Sound {
        id: "prevdb", name: "Preview level", kind: Kind::new(-40.0, 0.0, 0.5, Form::Decimal(" dB")),
        hint: "How loud the built-in sound is.",
        option: CliOption::Special, is_in_presets: false, since: 1,
    }
}
}

/// Sets a field from a number, if it has a value of it.
fn set<T: KnobValue>(field: &mut T, number: f64) -> bool {
    T::from_number(number).is_some_and(|value| {
        *field = value;
        true
    })
}

/// The value of a saved field, or its default where it is not saved.
fn field<T: KnobValue>(
    name: &'static str,
    number: impl Fn(&str) -> Option<f64>,
    default: T,
) -> Result<T, &'static str> {
    match number(name) {
        Some(number) => T::from_number(number).ok_or(name),
        None => Ok(default),
    }
}

impl Knob {
    /// How many knobs there are.
    pub const COUNT: usize = Self::ROWS.len() + Family::COUNT + Part::COUNT;

    /// All of them, in the order of the parameters: page by page.
    pub fn all() -> impl Iterator<Item = Self> {
        let switches = || Family::all().map(Self::Plays).chain(Part::all().map(Self::Mutes));
        let table = move || Self::ROWS.into_iter().chain(switches());
        Page::ALL.into_iter().flat_map(move |page| table().filter(move |knob| knob.spec().page == page))
    }

    /// The parameter's id, which never changes.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.spec().id
    }

    /// The range, the step and the written form.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.spec().kind
    }
}

impl ComposingKnobs {
    /// The key that the music is moved into.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.tonic, self.mode())
    }

    /// Major or minor, as the scale has it.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.scale == Scale::User { self.user_scale.mode() } else { self.scale.mode() }
    }

    /// The notes that may be played, above the tonic.
    #[must_use]
    pub fn pitch_classes(&self) -> PitchClassSet {
        self.scale.pitch_classes_or(self.user_scale)
    }

    /// The same knobs within their ranges, fractions rounded to thousandths.
    ///
    /// A host may hand a parameter back a hair beside where it was saved; two settings that round to
    /// the same are the same to the composer. What is not a number becomes the default.
    #[must_use]
    pub fn rounded(&self) -> Self {
        let default = Self::default();
        // A scale of no notes would be silence; it is no scale.
        let user_scale = if self.user_scale.is_empty() { default.user_scale } else { self.user_scale };
        let knobs = Self { tonic: self.tonic % 12, user_scale, ..*self }.each_within_its_range();
        Self {
            lowest: knobs.lowest.min(knobs.highest),
            highest: knobs.highest.max(knobs.lowest),
            longest: knobs.longest.max(knobs.shortest),
            ..knobs
        }
    }
}

impl PerformingKnobs {
    /// Whether a line is played: it is not muted, and nothing else is solo.
    #[must_use]
    pub fn plays(&self, line: Line) -> bool {
        !self.muted.has(line) && self.solo.is_none_or(|part| part.has(line))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::music::{FamilySet, Scale, Tick};
    use crate::player::knobs::spec::Role;
    use crate::player::{ComposingKnobs, Knob, PerformingKnobs};

    #[test]
    fn every_knob_has_a_place_an_id_and_a_hint_of_its_own() {
        let ids: HashSet<&str> = Knob::all().map(Knob::id).collect();
        let places: HashSet<usize> = Knob::all().map(Knob::index).collect();
        assert_eq!((ids.len(), places), (Knob::COUNT, (0..Knob::COUNT).collect()));
        for knob in Knob::all() {
            let spec = knob.spec();
            assert!(spec.id.len() <= 6 && spec.hint.len() > 20 && spec.hint.ends_with('.'), "{spec:?}");
            assert!((spec.kind.min..=spec.kind.max).contains(&spec.default), "{spec:?}");
        }
    }

    #[test]
    fn the_table_has_the_knobs_own_defaults() {
        let default = |knob: Knob| knob.spec().default;
        assert_eq!(ComposingKnobs::from_values(default), ComposingKnobs::default());
        assert_eq!(PerformingKnobs::from_values(default), PerformingKnobs::default());
        assert_eq!(ComposingKnobs::default().rounded(), ComposingKnobs::default());
        assert_eq!(PerformingKnobs::default().within_ranges(), PerformingKnobs::default());
    }

    #[test]
    fn every_position_has_a_number_that_leads_back_to_it() {
        for knob in Knob::all() {
            let kind = knob.kind();
            let n_steps = ((kind.max - kind.min) / kind.step).round() as usize;
            for value in (0..=n_steps).map(|step| kind.min + step as f32 * kind.step) {
                if kind.form.is_list() && kind.form.name(value as usize).is_none() {
                    assert!(kind.number(value).abs() < f64::EPSILON, "{knob:?} {value}");
                } else {
                    assert!((kind.value(kind.number(value)) - value).abs() < 1e-6, "{knob:?} {value}");
                }
            }
        }
    }

    #[test]
    fn knobs_are_read_back_from_their_fields() {
        let mut knobs = ComposingKnobs {
            scale: Scale::User,
            shortest: Tick(4),
            families: FamilySet::from_bits(5),
            min_p: 0.035,
            seed: u32::MAX,
            ..ComposingKnobs::default()
        };
        for knob in Knob::all().filter(|knob| knob.spec().role == Role::Composing) {
            assert!(knobs.number(knob).is_some(), "{knob:?}");
        }
        let fields: Vec<(&str, f64)> = knobs.fields().collect();
        let number = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
        assert_eq!(ComposingKnobs::from_fields(number), Ok(knobs));
        assert_eq!(ComposingKnobs::from_fields(|_| None), Ok(ComposingKnobs::default()));
        let unknown = ComposingKnobs::from_fields(|name| (name == "grid").then_some(99.0));
        assert_eq!(unknown, Err("grid"));
        assert!(knobs.set(Knob::Density, 0.5) && !knobs.set(Knob::Swing, 0.5) && !knobs.set(Knob::Slot, 0.5));
        assert!((knobs.density - 0.5).abs() < f32::EPSILON);
    }
}
