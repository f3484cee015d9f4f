//! The options of `generate` that come from the table of knobs, one for each knob.

use clap::builder::Str;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, Error, FromArgMatches};

use crate::player::knobs::{CliOption, Form, Kind, Role};
use crate::player::{ComposingKnobs, Knob, PerformingKnobs};

/// The knobs of a role that have an option of their own, with its name.
pub(super) fn options(role: Role) -> impl Iterator<Item = (Knob, String)> {
    Knob::all().filter_map(move |knob| {
        let spec = knob.spec();
        let name = match spec.option {
            CliOption::Field(_) => spec.field.replace('_', "-"),
            CliOption::Named(name) => name.to_owned(),
            CliOption::Special => return None,
        };
        (spec.role == role).then_some((knob, name))
    })
}

/// The option of a knob: its help is the knob's hint.
fn option(knob: Knob, name: &str) -> Arg {
    let spec = knob.spec();
    let kind = spec.kind;
    let option = Arg::new(name.to_owned()).long(name.to_owned());
    if kind.form == Form::Switch {
        return option.help(spec.hint).action(ArgAction::SetTrue);
    }
    let aliases: &[&str] = if let CliOption::Field(aliases) = spec.option { aliases } else { &[] };
    option
        .help(format!("{} {}", spec.hint, range(kind)))
        .aliases(aliases.iter().map(|alias| Str::from(*alias)))
        .allow_negative_numbers(kind.min < 0.0)
        .value_name(name.to_uppercase())
        .default_value(number_text(kind, kind.number(spec.default)))
        .value_parser(move |text: &str| parse_number(kind, text))
}

/// The range of an option, a sentence.
fn range(kind: Kind) -> String {
    match kind.form {
        Form::Pitch => "A MIDI key from 0 to 127, or its name: 60 is C4, middle C.".to_owned(),
        Form::Polyphony => "1 to 255, or any.".to_owned(),
        form if form.is_list() => {
            let names: Vec<&str> =
                (kind.min as usize..=kind.max as usize).map_while(|idx| form.name(idx)).collect();
            format!("{}.", names.join(", "))
        }
        _ => {
            let (min, max) = kind.numbers();
            format!("{} to {}.", number_text(kind, min), number_text(kind, max))
        }
    }
}

/// How a number is typed as an option.
fn number_text(kind: Kind, number: f64) -> String {
    match kind.form {
        Form::Channel => (number + 1.0).to_string(),
        form if form.is_list() => kind.text(kind.value(number)).to_lowercase(),
        _ if kind.has_fraction() => (number as f32).to_string(),
        _ => number.to_string(),
    }
}

/// The number that is typed for a knob: fractions as they are, not in per cent.
fn parse_number(kind: Kind, text: &str) -> Result<f64, String> {
    let text = text.trim();
    let (min, max) = kind.numbers();
    let number = match kind.form {
        form if form.is_list() => kind.parse(text).map(|value| kind.number(value)),
        Form::Polyphony if text.eq_ignore_ascii_case("any") => Some(f64::from(Form::ANY_POLYPHONY)),
        Form::Pitch => kind.parse(text).map(f64::from),
        Form::Channel => text.parse::<u8>().ok().map(|channel| f64::from(channel) - 1.0),
        _ if kind.has_fraction() => text.parse().ok(),
        _ => text.parse::<i64>().ok().map(|whole| whole as f64),
    };
    match number {
        Some(number) if (min..=max).contains(&number) => Ok(number),
        _ if kind.form.is_list() => Err(format!("expected one of {}", range(kind).trim_end_matches('.'))),
        _ => Err(format!("expected a number from {} to {}", number_text(kind, min), number_text(kind, max))),
    }
}

fn augment(command: Command, role: Role) -> Command {
    command.args(options(role).map(|(knob, name)| option(knob, &name)))
}

/// The numbers of the knobs of a role that were typed.
fn numbers(matches: &ArgMatches, role: Role) -> Vec<(Knob, f64)> {
    let number = |(knob, name): (Knob, String)| {
        if matches.value_source(&name) != Some(ValueSource::CommandLine) {
            return None;
        }
        let number = match knob.kind().form {
            Form::Switch => f64::from(u8::from(matches.get_flag(&name))),
            _ => *matches.get_one::<f64>(&name)?,
        };
        Some((knob, number))
    };
    options(role).filter_map(number).collect()
}

/// Declares the options of a role as a struct that derives of `clap` flatten.
macro_rules! options_of {
    ($(#[$doc:meta])* $options:ident, $role:expr, $knobs:ty) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $options(Vec<(Knob, f64)>);

        impl $options {
            /// The knobs as they were typed, the others as in `knobs`.
            pub(super) fn over(&self, mut knobs: $knobs) -> $knobs {
                for (knob, number) in &self.0 {
                    knobs.set(*knob, *number);
                }
                knobs
            }
        }

        impl FromArgMatches for $options {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
                Ok(Self(numbers(matches, $role)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
                self.0 = numbers(matches, $role);
                Ok(())
            }
        }

        impl clap::Args for $options {
            fn augment_args(command: Command) -> Command {
                augment(command, $role)
            }

            fn augment_args_for_update(command: Command) -> Command {
                augment(command, $role)
            }
        }
    };
}

options_of! {
    /// The composing knobs with an option of their own.
    ComposingOptions, Role::Composing, ComposingKnobs
}

options_of! {
    /// The performing knobs with an option of their own.
    PerformingOptions, Role::Performing, PerformingKnobs
}

#[cfg(test)]
mod tests {
    use crate::cli::knobs::{number_text, options, parse_number};
    use crate::player::Knob;
    use crate::player::knobs::Role;

    #[test]
    fn every_default_is_read_as_it_is_shown_and_nothing_beyond_the_range() {
        for (knob, name) in options(Role::Composing).chain(options(Role::Performing)) {
            let kind = knob.kind();
            let default = kind.number(knob.spec().default);
            let typed = parse_number(kind, &number_text(kind, default));
            assert_eq!(typed.map(|number| number as f32), Ok(default as f32), "{name}");
            for nonsense in ["", "NaN", "inf", "1e30", "-1e30", "no such value"] {
                assert!(parse_number(kind, nonsense).is_err(), "{name} {nonsense}");
            }
        }
    }

    #[test]
    fn options_are_typed_as_musicians_write_them() {
        for (knob, text, number) in [
            (Knob::Grid, "off", 0.0),
            (Knob::Grid, "1/16t", 7.0),
            (Knob::Shortest, "any", 1.0),
            (Knob::Longest, "Any", 384.0),
            (Knob::Longest, "1/8.", 18.0),
            (Knob::Slot, "a", 0.0),
            (Knob::Slot, "D", 3.0),
            (Knob::Lowest, "36", 36.0),
            (Knob::Lowest, "C2", 36.0),
            (Knob::Polyphony, "128", 128.0),
            (Knob::Polyphony, "any", 16.0),
            (Knob::Evolve, "0.25", 0.25),
            (Knob::SwingGrid, "1/16", 3.0),
            (Knob::Channel, "16", 15.0),
            (Knob::Strum, "-20", -20.0),
        ] {
            assert_eq!(parse_number(knob.kind(), text), Ok(number), "{text}");
        }
        let refused = parse_number(Knob::Temperature.kind(), "2.5");
        assert_eq!(refused, Err("expected a number from 0 to 2".to_owned()));
        for (knob, text) in
            [(Knob::Grid, "1/5"), (Knob::Slot, "E"), (Knob::Channel, "0"), (Knob::Length, "1.5")]
        {
            assert!(parse_number(knob.kind(), text).is_err(), "{text}");
        }
    }
}
