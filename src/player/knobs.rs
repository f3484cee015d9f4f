//! What the musician turns: knobs that change what is composed, and knobs that change how it is played.

use crate::music::{Family, FamilySet, Grid, Key, Mode, Note, NoteValue, PitchClassSet, Scale, Tick};

/// Knobs that change what is composed, from the next bar on.
///
/// A bar belongs to the knobs it was composed with: it is stale when they stand elsewhere one beat
/// before it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComposingKnobs {
    /// Index into the model's styles; beyond the last it means the last.
    pub style: u8,
    /// What all chance is drawn from.
    pub seed: u32,
    /// How boldly notes are drawn; 1 is the network's own taste, 0 always takes the likeliest. 0 to 2.
    pub temperature: f32,
    /// Further factor on the temperature of onsets and durations. 0 to 2.
    pub rhythm: f32,
    /// Further factor on the temperature of pitches. 0 to 2.
    pub pitch: f32,
    /// Further factor on the temperature of velocities. 0 to 2.
    pub velocity: f32,
    /// Draw from the likeliest values that together hold this probability. 0 to 1; 1 is off.
    pub nucleus: f32,
    /// Drop values less likely than this share of the likeliest. 0 to 1; 0 is off.
    pub min_p: f32,
    /// How strongly figures that keep coming back are held off. 0 (free) to 1.
    pub variety: f32,
    /// The phrase length in bars, 1 to 64.
    pub length: u8,
    /// What happens when the phrase comes round: 0 repeats it, 1 composes anew, in between each bar is
    /// new with this probability.
    pub evolve: f32,
    /// The tonic's pitch class, 0 (C) to 11 (B).
    pub tonic: u8,
    /// Which notes may be played above the tonic.
    pub scale: Scale,
    /// Lowest key that may sound, inclusive; drums are exempt.
    pub lowest: u8,
    /// Highest key that may sound, inclusive; drums are exempt.
    pub highest: u8,
    /// How many notes may sound at once, drums not counted. At least 1.
    pub polyphony: u8,
    /// The style that is blended in, an index as in `style`.
    pub second_style: u8,
    /// How much of the second style there is: 0 is `style` alone, 1 the second alone.
    pub blend: f32,
    /// How many notes there are, as a factor on what the network would write: below 1 notes are left out,
    /// above 1 notes are added between the others. 0 to 2.
    pub density: f32,
    /// Where notes may begin.
    pub grid: Grid,
    /// No note is shorter.
    pub shortest: Tick,
    /// No note is longer.
    pub longest: Tick,
    /// Who may play.
    pub families: FamilySet,
    /// The notes of [`Scale::User`], above the tonic.
    pub user_scale: PitchClassSet,
    /// How many candidates are composed for each phrase; the likeliest is kept. 1 to 8.
    pub best_of: u8,
    /// Which of the four takes is written and heard, 0 (A) to 3 (D).
    pub slot: u8,
    /// What is done with the notes that come in.
    pub conversation: Conversation,
    /// How many bars each side has when trading. 1 to 16.
    pub trade: u8,
    /// What the notes that come in are heard as.
    pub instrument: Family,
}

/// What the composer does with the notes that come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Conversation {
    /// Nothing: it composes freely.
    #[default]
    Generate,
    /// It is silent while somebody plays, and goes on where they stopped from the next bar on.
    Continue,
    /// They have some bars, then it has as many.
    Trade,
    /// It plays along, from the next beat on.
    Accompany,
}

impl Conversation {
    /// All of them, in the order of the knob. The order is part of the saved state: append only.
    pub const ALL: [Self; 4] = [Self::Generate, Self::Continue, Self::Trade, Self::Accompany];

    /// What the knob shows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Generate => "Generate",
            Self::Continue => "Continue",
            Self::Trade => "Trade",
            Self::Accompany => "Accompany",
        }
    }
}

impl Default for ComposingKnobs {
    fn default() -> Self {
        Self {
            style: 0,
            seed: 1,
            temperature: 1.0,
            rhythm: 1.0,
            pitch: 1.0,
            velocity: 1.0,
            nucleus: 1.0,
            min_p: 0.02,
            variety: 0.5,
            length: 8,
            evolve: 1.0,
            tonic: 0,
            scale: Scale::FreeMajor,
            lowest: 21,
            highest: 108,
            polyphony: 16,
            second_style: 0,
            blend: 0.0,
            density: 1.0,
            grid: Grid::Off,
            shortest: NoteValue::ALL[0].ticks,
            longest: Note::LONGEST,
            families: FamilySet::ALL,
            user_scale: PitchClassSet::CHROMATIC,
            best_of: 1,
            slot: 0,
            conversation: Conversation::Generate,
            trade: 4,
            instrument: Family::PIANO,
        }
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
        Self {
            temperature: round(self.temperature, 2.0, default.temperature),
            rhythm: round(self.rhythm, 2.0, default.rhythm),
            pitch: round(self.pitch, 2.0, default.pitch),
            velocity: round(self.velocity, 2.0, default.velocity),
            nucleus: round(self.nucleus, 1.0, default.nucleus),
            min_p: round(self.min_p, 1.0, default.min_p),
            variety: round(self.variety, 1.0, default.variety),
            length: self.length.clamp(1, 64),
            evolve: round(self.evolve, 1.0, default.evolve),
            tonic: self.tonic % 12,
            lowest: self.lowest.min(self.highest).min(127),
            highest: self.highest.max(self.lowest).min(127),
            polyphony: self.polyphony.max(1),
            blend: round(self.blend, 1.0, default.blend),
            density: round(self.density, 2.0, default.density),
            shortest: Tick(self.shortest.0.clamp(1, default.longest.0)),
            longest: Tick(
                self.longest.0.clamp(self.shortest.0.clamp(1, default.longest.0), default.longest.0),
            ),
            // A scale of no notes would be silence; it is no scale.
            user_scale: if self.user_scale.is_empty() { default.user_scale } else { self.user_scale },
            best_of: self.best_of.clamp(1, 8),
            slot: self.slot.min(3),
            trade: self.trade.clamp(1, 16),
            ..*self
        }
    }
}

/// `value` within 0 to `highest`, in thousandths.
fn round(value: f32, highest: f32, default: f32) -> f32 {
    if value.is_finite() { (value.clamp(0.0, highest) * 1000.0).round() / 1000.0 } else { default }
}

/// Knobs that change how the music is played, at once. None of them changes what is composed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerformingKnobs {
    /// Octaves up; drums are exempt.
    pub octave: i8,
    /// Steps up, of the scale where one is on and semitones where none is; drums are exempt. −24 to 24.
    pub transpose: i8,
    /// Factor on every velocity. 0 to 2.
    pub velocity: f32,
    /// Factor on how far velocities lie from the middle: 0 makes all alike, 2 doubles the contrast.
    pub velocity_spread: f32,
    /// Factor on every duration.
    pub note_length: f32,
    /// How late every second grid line comes: 0 is straight, 1 is two thirds of the pair, a triplet feel.
    /// Lines are counted from the bar line; one without a partner in its bar stays straight.
    pub swing: f32,
    /// Which grid swings: eighths or sixteenths.
    pub swing_grid: Grid,
    /// How far notes stray from their time: at 1 by up to half a thirty-second, early or late.
    pub humanize_timing: f32,
    /// How far velocities stray: at 1 by up to 24, up or down.
    pub humanize_velocity: f32,
    /// How far apart the notes of a chord begin, in milliseconds: positive rolls up, negative down. −60 to
    /// 60. A chord is the notes of one instrument written at one place, drums exempt; a wide one is rolled
    /// closer, so that it takes no longer than a beat.
    pub strum: f32,
    /// The MIDI channel, 0 to 15; drums are always on 9, which musicians call channel 10.
    pub channel: u8,
    /// Whether each instrument has a channel of its own, in the order of the families, 9 left out; the 16th,
    /// sound effects, shares the last channel.
    pub channel_per_instrument: bool,
    /// Whether notes snap to the chord that is held at the input; drums are exempt.
    pub chord_follow: bool,
    /// Whether the notes that come in go out again.
    pub thru: bool,
}

impl Default for PerformingKnobs {
    fn default() -> Self {
        Self {
            octave: 0,
            transpose: 0,
            velocity: 1.0,
            velocity_spread: 1.0,
            note_length: 1.0,
            swing: 0.0,
            swing_grid: Grid::Eighth,
            humanize_timing: 0.0,
            humanize_velocity: 0.0,
            strum: 0.0,
            channel: 0,
            channel_per_instrument: false,
            chord_follow: false,
            thru: false,
        }
    }
}

impl PerformingKnobs {
    /// The same knobs within their ranges. What is not a number becomes the default.
    #[must_use]
    pub fn within_ranges(&self) -> Self {
        let default = Self::default();
        let within = |value: f32, lowest: f32, highest: f32, default: f32| {
            if value.is_nan() { default } else { value.clamp(lowest, highest) }
        };
        Self {
            octave: self.octave.clamp(-10, 10),
            transpose: self.transpose.clamp(-24, 24),
            velocity: within(self.velocity, 0.0, 2.0, default.velocity),
            velocity_spread: within(self.velocity_spread, 0.0, 2.0, default.velocity_spread),
            note_length: within(self.note_length, 0.0, 64.0, default.note_length),
            swing: within(self.swing, 0.0, 1.0, default.swing),
            humanize_timing: within(self.humanize_timing, 0.0, 1.0, default.humanize_timing),
            humanize_velocity: within(self.humanize_velocity, 0.0, 1.0, default.humanize_velocity),
            strum: within(self.strum, -60.0, 60.0, default.strum),
            channel: self.channel.min(15),
            ..*self
        }
    }
}
