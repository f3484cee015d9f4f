//! The composing knobs as options of the command line.

use anyhow::{anyhow, bail, ensure};
use serde_json::json;

use crate::cli::values;
use crate::model::Card;
use crate::music::{Family, FamilySet, Grid, Key, Mode, NoteValue, PitchClassSet, Scale, names};
use crate::player::ComposingKnobs;

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
    #[arg(long, value_parser = values::share, requires = "second_style")]
    blend: Option<f32>,
    /// What all chance is drawn from
    #[arg(long, default_value_t = ComposingKnobs::default().seed)]
    seed: u32,
    /// How boldly to draw, 0 to 2
    #[arg(long, value_parser = values::up_to_two, default_value_t = ComposingKnobs::default().temperature)]
    temperature: f32,
    /// Further factor for onsets and durations, 0 to 2
    #[arg(long, value_parser = values::up_to_two, default_value_t = ComposingKnobs::default().rhythm)]
    rhythm: f32,
    /// Further factor for pitches, 0 to 2
    #[arg(long, value_parser = values::up_to_two, default_value_t = ComposingKnobs::default().pitch)]
    pitch: f32,
    /// Further factor for velocities, 0 to 2
    #[arg(long, value_parser = values::up_to_two, default_value_t = ComposingKnobs::default().velocity)]
    velocity: f32,
    /// Draw from the likeliest values that together hold this probability; 1 is off
    #[arg(long, value_parser = values::share, default_value_t = ComposingKnobs::default().nucleus)]
    nucleus: f32,
    /// Drop values less likely than this share of the likeliest; 0 is off
    #[arg(long, value_parser = values::share, default_value_t = ComposingKnobs::default().min_p)]
    min_p: f32,
    /// How strongly figures that keep coming back are held off, 0 (free) to 1
    #[arg(long, alias = "repetition", value_parser = values::share,
          default_value_t = ComposingKnobs::default().variety)]
    variety: f32,
    /// How many notes there are, as a factor on what the model would write: 0 to 2
    #[arg(long, value_parser = values::up_to_two, default_value_t = ComposingKnobs::default().density)]
    density: f32,
    /// Phrase length in bars, 1 to 64
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=64),
          default_value_t = ComposingKnobs::default().length)]
    length: u8,
    /// How much changes when the phrase comes round, 0 (nothing) to 1 (all)
    #[arg(long, value_parser = values::share, default_value_t = ComposingKnobs::default().evolve)]
    evolve: f32,
    /// Key, such as C, F#, Bb or Am [default: C, or that of the file continued]
    #[arg(long, value_parser = values::key)]
    key: Option<Key>,
    /// Scale to keep to, such as minor, dorian or blues [default: any note, in the mode of the key]
    #[arg(long, value_parser = values::scale)]
    scale: Option<Scale>,
    /// The notes of a scale of your own, such as "C D Eb G"
    #[arg(long, value_name = "NOTES", value_parser = values::notes, conflicts_with = "scale")]
    notes_of_scale: Option<PitchClassSet>,
    /// Lowest MIDI key, 0 to 127; 60 is middle C
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=127),
          default_value_t = ComposingKnobs::default().lowest)]
    lowest: u8,
    /// Highest MIDI key, 0 to 127
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=127),
          default_value_t = ComposingKnobs::default().highest)]
    highest: u8,
    /// How many notes may sound at once, drums not counted
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=128),
          default_value_t = ComposingKnobs::default().polyphony)]
    polyphony: u8,
    /// Where notes may begin: off, or a note value such as 1/16, 1/8T (triplets) or 1/8. (dotted)
    #[arg(long, value_parser = values::grid, default_value = "off")]
    grid: Grid,
    /// No note is shorter: any, or a note value such as 1/16
    #[arg(long, value_parser = values::shortest, default_value = "any")]
    shortest: NoteValue,
    /// No note is longer: any, or a note value such as 1/2
    #[arg(long, value_parser = values::longest, default_value = "any")]
    longest: NoteValue,
    /// Who may play, such as piano,bass,drums [default: everybody]
    #[arg(long, value_name = "NAMES", value_parser = values::family, value_delimiter = ',')]
    instruments: Vec<Family>,
    /// How many candidates are composed for each phrase, 1 to 8; the likeliest is kept
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=8),
          default_value_t = ComposingKnobs::default().best_of)]
    best_of: u8,
    /// Which of the four takes is written: A, B, C or D
    #[arg(long, value_parser = values::slot, default_value = "A")]
    slot: u8,
}

impl ComposingArgs {
    /// The index of the style asked for, or of the first.
    pub(super) fn style(&self, card: &Card) -> anyhow::Result<usize> {
        self.style.as_deref().map_or(Ok(0), |asked| style_index(card, asked))
    }

    /// The knobs as they are asked for; `past` is the key of the music that they continue.
    pub(super) fn knobs(&self, card: &Card, past: Option<Key>) -> anyhow::Result<ComposingKnobs> {
        ensure!(
            self.lowest <= self.highest,
            "expected the lowest key at or below the highest, found {} and {}",
            self.lowest,
            self.highest
        );
        ensure!(
            self.shortest.ticks <= self.longest.ticks,
            "expected the shortest note to be no longer than the longest, found {} and {}",
            self.shortest.name,
            self.longest.name
        );
        let key = self.key.or(past).unwrap_or_default();
        let free = if key.mode == Mode::Minor { Scale::FreeMinor } else { Scale::FreeMajor };
        let own = self.notes_of_scale.map(|notes| above(notes, key.tonic()));
        let families = self.instruments.iter().copied().collect::<FamilySet>();
        let second = self.second_style.as_deref().map(|asked| style_index(card, asked)).transpose()?;
        let default = ComposingKnobs::default();
        let knobs = ComposingKnobs {
            style: u8::try_from(self.style(card)?)?,
            second_style: u8::try_from(second.unwrap_or(0))?,
            blend: self.blend.unwrap_or(if second.is_some() { 0.5 } else { 0.0 }),
            seed: self.seed,
            temperature: self.temperature,
            rhythm: self.rhythm,
            pitch: self.pitch,
            velocity: self.velocity,
            nucleus: self.nucleus,
            min_p: self.min_p,
            variety: self.variety,
            density: self.density,
            length: self.length,
            evolve: self.evolve,
            tonic: key.tonic(),
            scale: if own.is_some() { Scale::User } else { self.scale.unwrap_or(free) },
            user_scale: own.unwrap_or(default.user_scale),
            lowest: self.lowest,
            highest: self.highest,
            polyphony: self.polyphony,
            grid: self.grid,
            shortest: self.shortest.ticks,
            longest: self.longest.ticks,
            families: if families == FamilySet::EMPTY { default.families } else { families },
            best_of: self.best_of,
            slot: self.slot,
            ..default
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
pub(super) fn summary(
    knobs: &ComposingKnobs,
    card: &Card,
) -> anyhow::Result<serde_json::Map<String, serde_json::Value>> {
    let families = (0..Family::COUNT).filter_map(Family::from_index);
    let instruments: Vec<String> = families
        .filter(|family| knobs.families.contains(*family))
        .map(|family| values::plain(family.name()))
        .collect();
    let pitch_classes = (0..12).filter(|semitone| knobs.pitch_classes().contains(*semitone));
    let notes: Vec<&str> = pitch_classes.map(|semitone| names::pitch_class(knobs.tonic + semitone)).collect();
    let blend = thousandths(knobs.blend);
    let summary = json!({
        "style": card.styles.get(usize::from(knobs.style)),
        "second_style": (blend > 0.0).then(|| card.styles.get(usize::from(knobs.second_style))),
        "blend": blend,
        "seed": knobs.seed,
        "temperature": thousandths(knobs.temperature),
        "rhythm": thousandths(knobs.rhythm),
        "pitch": thousandths(knobs.pitch),
        "velocity": thousandths(knobs.velocity),
        "nucleus": thousandths(knobs.nucleus),
        "min_p": thousandths(knobs.min_p),
        "variety": thousandths(knobs.variety),
        "density": thousandths(knobs.density),
        "length": knobs.length,
        "evolve": thousandths(knobs.evolve),
        "key": names::key(knobs.key()),
        "scale": values::scale_id(knobs.scale),
        "notes_of_scale": notes,
        "lowest": knobs.lowest,
        "highest": knobs.highest,
        "polyphony": knobs.polyphony,
        "grid": knobs.grid.name(),
        "shortest": knobs.shortest.0,
        "longest": knobs.longest.0,
        "instruments": instruments,
        "best_of": knobs.best_of,
        "slot": values::SLOTS.get(usize::from(knobs.slot)),
    });
    match summary {
        serde_json::Value::Object(map) => Ok(map),
        other => Err(anyhow!("expected an object, found {other}")),
    }
}

/// The number that was meant: knobs stand in thousandths.
fn thousandths(value: f32) -> f64 {
    (f64::from(value) * 1000.0).round() / 1000.0
}
