//! The composing knobs as options of the command line.

use anyhow::{anyhow, bail, ensure};
use serde_json::{Value, json};

use crate::cli::knobs::{ComposingOptions, options};
use crate::cli::values::{self, within};
use crate::model::Card;
use crate::music::{Family, FamilySet, Key, Mode, NoteValue, PitchClassSet, Scale, names};
use crate::player::ComposingKnobs;
use crate::player::knobs::{Form, Role};
use crate::presets::Preset;

/// The knobs. They are the plugin's: the same model, seed and knobs give the same notes.
#[derive(Debug, clap::Args)]
pub(super) struct ComposingArgs {
    /// Style, by its name or its number from 1; `inspect` lists them
    #[arg(long)]
    style: Option<String>,
    /// Style to blend in, by its name or its number
    #[arg(long)]
    second_style: Option<String>,
    /// How much of the second style there is, 0 to 1 [default: 0.5 if there is one]
    #[arg(long, value_parser = within(0.0_f32..=1.0), requires = "second_style")]
    blend: Option<f32>,
    /// Key, such as C, F#, Bb or Am [default: C, or that of the file continued]
    #[arg(long, value_parser = values::key)]
    key: Option<Key>,
    /// Scale to keep to, such as minor, dorian or blues [default: any note, in the mode of the key]
    #[arg(long, value_parser = values::scale)]
    scale: Option<Scale>,
    /// The notes of a scale of your own, such as "C D Eb G"
    #[arg(long, value_name = "NOTES", value_parser = values::notes, conflicts_with = "scale")]
    notes_of_scale: Option<PitchClassSet>,
    /// Instruments that may play, such as piano,bass,drums [default: all]
    #[arg(long, value_name = "NAMES", value_parser = values::family, value_delimiter = ',')]
    instruments: Vec<Family>,
    #[command(flatten)]
    others: ComposingOptions,
}

impl ComposingArgs {
    /// The knobs as they are asked for, the others as the preset sets them; `past` is the key of the music that they
    /// continue.
    pub(super) fn knobs(
        &self,
        card: &Card,
        past: Option<Key>,
        preset: &Preset,
    ) -> anyhow::Result<ComposingKnobs> {
        let base = ComposingKnobs::from_values(|knob| preset.value(knob));
        let others = self.others.over(base);
        let style = self.style.as_deref().map(|asked| style_index(card, asked)).transpose()?;
        ensure!(
            others.lowest <= others.highest,
            "expected the lowest key at or below the highest, found {} and {}",
            others.lowest,
            others.highest
        );
        let name =
            |ticks| NoteValue::ALL.iter().find(|value| value.ticks == ticks).map_or("", |value| value.name);
        ensure!(
            others.shortest <= others.longest,
            "expected the shortest note to be no longer than the longest, found {} and {}",
            name(others.shortest),
            name(others.longest)
        );
        let key = self.key.or(past).unwrap_or_default();
        let free = if key.mode == Mode::Minor { Scale::FreeMinor } else { Scale::FreeMajor };
        let is_free = matches!(base.scale, Scale::FreeMajor | Scale::FreeMinor);
        let scale = if is_free { free } else { base.scale };
        let own = self.notes_of_scale.map(|notes| above(notes, key.tonic()));
        let families = self.instruments.iter().copied().collect::<FamilySet>();
        let second = self.second_style.as_deref().map(|asked| style_index(card, asked)).transpose()?;
        let knobs = ComposingKnobs {
            style: style.map_or(Ok(base.style), u8::try_from)?,
            second_style: second.map_or(Ok(base.second_style), u8::try_from)?,
            blend: self.blend.unwrap_or(if second.is_some() { 0.5 } else { base.blend }),
            tonic: key.tonic(),
            scale: if own.is_some() { Scale::User } else { self.scale.unwrap_or(scale) },
            user_scale: own.unwrap_or(others.user_scale),
            families: if families == FamilySet::EMPTY { others.families } else { families },
            ..others
        };
        Ok(knobs.rounded())
    }
}

/// Pitch classes, counted from a tonic instead of C.
fn above(notes: PitchClassSet, tonic: u8) -> PitchClassSet {
    let semitones: Vec<u8> = (0..12).filter(|semitone| notes.contains(semitone + tonic)).collect();
    PitchClassSet::new(&semitones)
}

/// A style by its name, the beginning of its name, or its number from 1.
fn style_index(card: &Card, asked: &str) -> anyhow::Result<usize> {
    let names: Vec<String> = card.styles.iter().map(|name| values::plain(name)).collect();
    let plain = values::plain(asked);
    if let Some(idx) = names.iter().position(|name| *name == plain) {
        return Ok(idx);
    }
    if let Ok(number) = asked.parse::<usize>()
        && (1..=names.len()).contains(&number)
    {
        return Ok(number - 1);
    }
    let begin_so: Vec<usize> =
        (0..names.len()).filter(|idx| !plain.is_empty() && names[*idx].starts_with(&plain)).collect();
    match begin_so[..] {
        [idx] => Ok(idx),
        _ => bail!("the model has no style {asked}; its styles are {}", card.styles.join(", ")),
    }
}

/// The knobs in words and numbers, for `--json`.
pub(super) fn summary(knobs: &ComposingKnobs, card: &Card) -> anyhow::Result<serde_json::Map<String, Value>> {
    let instruments: Vec<String> = Family::all()
        .filter(|family| knobs.families.contains(*family))
        .map(|family| values::plain(family.name()))
        .collect();
    let pitch_classes = (0..12).filter(|semitone| knobs.pitch_classes().contains(*semitone));
    let notes: Vec<&str> = pitch_classes.map(|semitone| names::pitch_class(knobs.tonic + semitone)).collect();
    let blend = thousandths(f64::from(knobs.blend));
    let summary = json!({
        "style": card.styles.get(usize::from(knobs.style)),
        "second_style": (knobs.blend > 0.0).then(|| card.styles.get(usize::from(knobs.second_style))),
        "blend": blend,
        "key": names::key(knobs.key()),
        "scale": values::scale_id(knobs.scale),
        "notes_of_scale": notes,
        "instruments": instruments,
    });
    let Value::Object(mut summary) = summary else {
        return Err(anyhow!("expected an object, found {summary}"));
    };
    for (knob, _) in options(Role::Composing) {
        let number = knobs.number(knob).unwrap_or_default();
        let spec = knob.spec();
        let value = match spec.kind.form {
            Form::Grid | Form::Take => json!(spec.kind.text(spec.kind.value(number))),
            _ if spec.kind.has_fraction() => thousandths(number),
            _ => json!(number as i64),
        };
        summary.insert(spec.field.to_owned(), value);
    }
    Ok(summary)
}

/// The number that was meant: fractions are in thousandths.
fn thousandths(value: f64) -> Value {
    json!((value * 1000.0).round() / 1000.0)
}
