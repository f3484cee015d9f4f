//! How a knob's value is counted, shown and typed.
//!
//! A knob's *position value* is the number that hosts, presets and the editor use; its *number* is what the music is
//! made from. They are the same but where [`Form`] says otherwise.

use crate::music::{Family, Grid, NoteValue, PitchClassSet, Scale, names};
use crate::player::knobs::cadence::Cadence;
use crate::player::knobs::conversation::Conversation;
use crate::player::knobs::parts::Part;
use crate::player::knobs::value::KnobValue as _;

/// The range of a knob, its step, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kind {
    /// The lowest position value.
    pub min: f32,
    /// The highest position value.
    pub max: f32,
    /// The distance between two position values; 1 for whole numbers.
    pub step: f32,
    /// How it is written.
    pub form: Form,
    /// The range of the number where it is wider than what hosts can automate.
    pub wider: Option<(f64, f64)>,
}

/// How a knob's value is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// Off or on.
    Switch,
    /// A whole number.
    Whole,
    /// A number with a fraction, with its unit.
    Decimal(&'static str),
    /// A factor, shown in per cent.
    Percent,
    /// A number of bars.
    Bars,
    /// A style, by the name that the model gives it.
    Style,
    /// A pitch class.
    PitchClass,
    /// A MIDI key.
    Pitch,
    /// Notes of a scale by their degrees, a bit each.
    Degrees,
    /// How many notes at once. The highest position is no limit, the number [`Form::ANY_POLYPHONY`].
    Polyphony,
    /// A MIDI channel: its position is counted from 1, its number from 0.
    Channel,
    /// Which of the four takes.
    Take,
    /// A [`Scale`] by its index.
    Scale,
    /// A [`Grid`] by its index.
    Grid,
    /// Which grid swings, an index into [`Form::SWINGING`]; the number is the index among all grids.
    SwingGrid,
    /// A [`NoteValue`] by its index; the number is its length in ticks.
    NoteValue,
    /// A [`Conversation`] by its index.
    Conversation,
    /// A [`Cadence`] by its index.
    Cadence,
    /// A [`Family`] by its index.
    Family,
    /// Off, or a [`Part`] by its index and one.
    Solo,
}

impl Form {
    /// The number of notes at once that is no limit.
    pub const ANY_POLYPHONY: u8 = 16;
    /// The grids that can swing, in the order of the knob.
    pub const SWINGING: [Grid; 2] = [Grid::Eighth, Grid::Sixteenth];
    /// The names of the takes.
    pub const TAKES: [&'static str; 4] = ["A", "B", "C", "D"];

    /// The unit that follows the text, blank included.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Decimal(unit) => unit,
            Self::Percent => "%",
            _ => "",
        }
    }

    /// The name at `idx` where the knob chooses from a list; `None` beyond the list and for other knobs.
    #[must_use]
    pub fn name(self, idx: usize) -> Option<&'static str> {
        match self {
            Self::Take => Self::TAKES.get(idx).copied(),
            Self::Scale => Scale::ALL.get(idx).map(|scale| scale.name()),
            Self::Grid => Grid::ALL.get(idx).map(|grid| grid.name()),
            Self::SwingGrid => Self::SWINGING.get(idx).map(|grid| grid.name()),
            Self::NoteValue => NoteValue::ALL.get(idx).map(|value| value.name),
            Self::Conversation => Conversation::ALL.get(idx).map(|way| way.name()),
            Self::Cadence => Cadence::ALL.get(idx).map(|cadence| cadence.name()),
            Self::Family => Family::from_index(idx).map(Family::name),
            Self::Solo => match idx.checked_sub(1) {
                Some(idx) => Part::from_index(idx).map(Part::name),
                None => Some("Off"),
            },
            _ => None,
        }
    }

    /// Whether the knob chooses from a list of names.
    #[must_use]
    pub fn is_list(self) -> bool {
        self.name(0).is_some()
    }
}

impl Kind {
    /// Off or on.
    pub const SWITCH: Self = Self::new(0.0, 1.0, 1.0, Form::Switch);

    /// From `min` to `max` in steps of `step`.
    #[must_use]
    pub const fn new(min: f32, max: f32, step: f32, form: Form) -> Self {
        Self { min, max, step, form, wider: None }
    }

    /// Whole numbers from `min` to `max`.
    #[must_use]
    pub const fn whole(min: i32, max: i32, form: Form) -> Self {
        Self::new(min as f32, max as f32, 1.0, form)
    }

    /// A factor from 0 to `max`, in per cent.
    #[must_use]
    pub const fn percent(max: f32) -> Self {
        Self::new(0.0, max, 0.01, Form::Percent)
    }

    /// The same, with a wider range of numbers outside hosts.
    #[must_use]
    pub const fn with_numbers(self, min: f64, max: f64) -> Self {
        Self { wider: Some((min, max)), ..self }
    }

    /// Whether it has a fraction.
    #[must_use]
    pub const fn has_fraction(self) -> bool {
        matches!(self.form, Form::Decimal(_) | Form::Percent)
    }

    /// The number of a position value, which is first brought into its range.
    #[must_use]
    pub fn number(self, value: f32) -> f64 {
        let value = value.clamp(self.min, self.max);
        let idx = value as usize;
        match self.form {
            Form::Channel => f64::from(value) - 1.0,
            Form::Polyphony if value >= self.max => f64::from(Form::ANY_POLYPHONY),
            Form::SwingGrid => Form::SWINGING.get(idx).map_or(0.0, |grid| grid.number()),
            Form::NoteValue => NoteValue::ALL.get(idx).map_or(1, |value| value.ticks.0) as f64,
            // Lists have room to grow: beyond their end is their first.
            _ if self.form.is_list() && self.form.name(idx).is_none() => 0.0,
            _ => f64::from(value),
        }
    }

    /// The position value of a number, the nearest where there is none.
    #[must_use]
    pub fn value(self, number: f64) -> f32 {
        let value = match self.form {
            Form::Channel => number + 1.0,
            Form::SwingGrid => {
                Form::SWINGING.iter().position(|grid| Grid::from_number(number) == Some(*grid)).unwrap_or(0)
                    as f64
            }
            Form::NoteValue => {
                let longest_within = NoteValue::ALL.iter().rposition(|value| value.ticks.0 as f64 <= number);
                longest_within.unwrap_or(0) as f64
            }
            _ => number,
        };
        (value as f32).clamp(self.min, self.max)
    }

    /// The lowest and highest number.
    #[must_use]
    pub const fn numbers(self) -> (f64, f64) {
        let (min, max) = (self.min as f64, self.max as f64);
        if let Some(numbers) = self.wider {
            return numbers;
        }
        match self.form {
            Form::NoteValue => {
                let [first, .., last] = NoteValue::ALL;
                (first.ticks.0 as f64, last.ticks.0 as f64)
            }
            Form::SwingGrid => (0.0, (Grid::ALL.len() - 1) as f64),
            Form::Channel => (min - 1.0, max - 1.0),
            Form::Polyphony => (min, Form::ANY_POLYPHONY as f64),
            _ => (min, max),
        }
    }

    /// What is shown at a position value, without the unit. Positions that a list does not fill yet are shown by
    /// their number, as [`Kind::is_unused`] recognises.
    #[must_use]
    pub fn text(self, value: f32) -> String {
        let whole = value.round() as i32;
        match self.form {
            Form::Switch => if value > 0.5 { "On" } else { "Off" }.to_owned(),
            Form::Percent => format!("{:.0}", value * 100.0),
            Form::Decimal(_) => {
                let n_digits = if self.step < 0.1 { 2 } else { usize::from(self.step < 1.0) };
                format!("{value:.n_digits$}")
            }
            Form::Bars => {
                if whole == 1 {
                    "1 bar".to_owned()
                } else {
                    format!("{whole} bars")
                }
            }
            Form::PitchClass => names::pitch_class(whole).to_owned(),
            Form::Pitch => names::pitch(whole),
            Form::Degrees => names::degrees(PitchClassSet::from_bits(whole as u16)),
            Form::Polyphony if value >= self.max => "Any".to_owned(),
            Form::Style => (whole + 1).to_string(),
            Form::Whole | Form::Channel | Form::Polyphony => whole.to_string(),
            Form::Take
            | Form::Scale
            | Form::Grid
            | Form::SwingGrid
            | Form::NoteValue
            | Form::Conversation
            | Form::Cadence
            | Form::Family
            | Form::Solo => match self.form.name(usize::try_from(whole).unwrap_or(usize::MAX)) {
                Some(name) => name.to_owned(),
                None => format!("{UNUSED}{}", whole + 1),
            },
        }
    }

    /// The position value of a typed text; `None` when it makes no sense. It may lie outside the range.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<f32> {
        let text = text.trim();
        let value = match self.form {
            Form::Switch => match text.to_ascii_lowercase().as_str() {
                "on" => 1.0,
                "off" => 0.0,
                _ => return None,
            },
            Form::Percent => text.trim_end_matches('%').trim().parse::<f32>().ok()? / 100.0,
            Form::Decimal(unit) => text.trim_end_matches(unit.trim()).trim().parse().ok()?,
            Form::Bars => text.split_whitespace().next()?.parse::<i32>().ok()? as f32,
            Form::PitchClass => f32::from(names::parse_pitch_class(text)?),
            Form::Pitch => names::parse_pitch(text)? as f32,
            Form::Degrees => f32::from(names::parse_degrees(text)?.bits()),
            Form::Polyphony if text.eq_ignore_ascii_case("any") => self.max,
            Form::Style => text.parse::<i32>().ok()?.saturating_sub(1) as f32,
            Form::Whole | Form::Channel | Form::Polyphony => text.parse::<i32>().ok()? as f32,
            Form::Take
            | Form::Scale
            | Form::Grid
            | Form::SwingGrid
            | Form::NoteValue
            | Form::Conversation
            | Form::Cadence
            | Form::Family
            | Form::Solo => {
                let mut steps = (self.min as i32..=self.max as i32).map(|step| step as f32);
                steps.find(|step| self.text(*step).eq_ignore_ascii_case(text))?
            }
        };
        value.is_finite().then_some(value)
    }

    /// Whether a text is that of a position that a list does not fill yet.
    #[must_use]
    pub fn is_unused(text: &str) -> bool {
        text.starts_with(UNUSED)
    }

    /// The range in words, such as "0 to 200%".
    #[must_use]
    pub fn range_text(self) -> String {
        match self.form {
            Form::Switch => "off, on".to_owned(),
            Form::Style => "the model's styles, at most 16".to_owned(),
            Form::Degrees => "any degrees, as \"1 2 b3 5\"".to_owned(),
            Form::Scale | Form::Grid | Form::Cadence => {
                let names: Vec<&str> = (0..).map_while(|idx| self.form.name(idx)).collect();
                names.join(", ")
            }
            Form::Polyphony => format!("{} to {}, any", self.min, self.max - 1.0),
            Form::Bars => format!("{} to {} bars", self.min, self.max),
            Form::Conversation => {
                let [first, .., last] = Conversation::ALL;
                format!("{} to {}", first.name(), last.name())
            }
            Form::Solo => "off, each instrument, each voice".to_owned(),
            form => format!("{} to {}{}", self.text(self.min), self.text(self.max), form.unit()),
        }
    }
}

/// The text of a position that a list does not fill yet, before its number.
const UNUSED: &str = "Unused ";
