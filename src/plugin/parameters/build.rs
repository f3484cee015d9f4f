//! How each kind of parameter is made: its range, its step, what it shows and what can be typed.

use std::sync::Arc;

use nice_plug::prelude::*;

use crate::plugin::parameters::texts;
use crate::plugin::session::Session;

/// The lowest and highest value of each parameter that is a number.
pub(super) const RANGES: [(&str, f32, f32); 40] = [
    ("style", 0.0, 15.0),
    ("style2", 0.0, 15.0),
    ("blend", 0.0, 1.0),
    ("seed", 0.0, MAX_SEED as f32),
    ("temp", 0.0, 2.0),
    ("rhythm", 0.0, 2.0),
    ("pitch", 0.0, 2.0),
    ("dynam", 0.0, 2.0),
    ("nucleu", 0.0, 1.0),
    ("minp", 0.0, 1.0),
    ("variet", 0.0, 1.0),
    ("dens", 0.0, 2.0),
    ("length", 1.0, 64.0),
    ("evolve", 0.0, 1.0),
    ("bestof", 1.0, 8.0),
    ("tonic", 0.0, 11.0),
    // Wider than their lists, so that the lists can grow without moving automation.
    ("scale", 0.0, 31.0),
    ("grid", 0.0, 15.0),
    ("mode", 0.0, 7.0),
    ("pcs", 1.0, 4095.0),
    ("low", 0.0, 127.0),
    ("high", 0.0, 127.0),
    ("poly", 1.0, ANY_POLYPHONY as f32),
    // The value that is no limit stands at one end of each.
    ("short", 0.0, 14.0),
    ("long", 1.0, 15.0),
    ("slot", 0.0, 3.0),
    ("trade", 1.0, 16.0),
    ("instr", 0.0, 16.0),
    ("octave", -3.0, 3.0),
    ("transp", -24.0, 24.0),
    ("vel", 0.0, 2.0),
    ("velspr", 0.0, 2.0),
    ("gate", 0.05, 2.0),
    ("swing", 0.0, 1.0),
    ("swgrid", 0.0, 1.0),
    ("humtim", 0.0, 1.0),
    ("humvel", 0.0, 1.0),
    ("strum", -60.0, 60.0),
    ("chan", 1.0, 16.0),
    ("prevdb", -40.0, 0.0),
];

/// The highest seed.
pub(crate) const MAX_SEED: u32 = 9999;
/// The position of the polyphony knob that is no limit.
pub(super) const ANY_POLYPHONY: i32 = 9;

/// The lowest and highest value of the parameter with this id.
pub(super) fn range(id: &str) -> Option<(f32, f32)> {
    let known = RANGES.iter().find(|(known, ..)| *known == id);
    known.map(|(_, min, max)| (*min, *max))
}

/// A whole number.
pub(super) fn whole_number(id: &str, name: &str, default: i32) -> IntParam {
    let (min, max) = whole_range(id, default);
    IntParam::new(name, default, IntRange::Linear { min, max })
        .with_string_to_value(Arc::new(|text| text.trim().parse().ok()))
}

fn whole_range(id: &str, default: i32) -> (i32, i32) {
    range(id).map_or((default, default + 1), |(min, max)| (min as i32, max as i32))
}

/// A whole number that is shown and typed in words of its own.
pub(super) fn worded(
    id: &str,
    name: &str,
    default: i32,
    shown: fn(i32) -> String,
    typed: fn(&str) -> Option<i32>,
) -> IntParam {
    whole_number(id, name, default)
        .with_value_to_string(Arc::new(shown))
        .with_string_to_value(Arc::new(typed))
}

/// One of a list of names. Positions that the list does not fill yet are shown by their number.
pub(super) fn listed(
    id: &str,
    name: &str,
    default: usize,
    name_of: fn(usize) -> Option<&'static str>,
) -> IntParam {
    let default = default as i32;
    let (min, max) = whole_range(id, default);
    let shown = move |idx: i32| match usize::try_from(idx).ok().and_then(name_of) {
        Some(name) => name.to_owned(),
        None => format!("{}{}", texts::UNUSED, idx + 1),
    };
    let typed = move |text: &str| {
        let wanted = text.trim();
        (min..=max).find(|idx| shown(*idx).eq_ignore_ascii_case(wanted))
    };
    whole_number(id, name, default)
        .with_value_to_string(Arc::new(shown))
        .with_string_to_value(Arc::new(typed))
}

/// The style, shown by the name that the model gives it, or by its number where it gives none.
pub(super) fn style(id: &str, name: &str, default: u8, session: &Session) -> IntParam {
    let (shown, typed) = (session.clone(), session.clone());
    whole_number(id, name, i32::from(default))
        .with_value_to_string(Arc::new(move |style| {
            let names = shown.styles();
            let name = usize::try_from(style).ok().and_then(|idx| names.get(idx));
            name.cloned().unwrap_or_else(|| (style + 1).to_string())
        }))
        .with_string_to_value(Arc::new(move |text| {
            let wanted = text.trim();
            let named = typed.styles().iter().position(|name| name.eq_ignore_ascii_case(wanted));
            let number = || wanted.parse::<i32>().ok().map(|number| number.saturating_sub(1));
            named.map(|idx| idx as i32).or_else(number)
        }))
}

/// A number with a fraction.
pub(super) fn fraction(id: &str, name: &str, default: f32, step: f32) -> FloatParam {
    let (min, max) = range(id).unwrap_or((default, default + 1.0));
    FloatParam::new(name, default, FloatRange::Linear { min, max }).with_step_size(step)
}

/// A factor that is shown in whole per cent.
pub(super) fn percentage(id: &str, name: &str, default: f32) -> FloatParam {
    fraction(id, name, default, 0.01)
        .with_unit("%")
        .with_value_to_string(Arc::new(|factor| format!("{:.0}", factor * 100.0)))
        .with_string_to_value(Arc::new(|text| {
            let percent: f32 = text.trim().trim_end_matches('%').trim().parse().ok()?;
            percent.is_finite().then_some(percent / 100.0)
        }))
}
