//! Music and views to test the editor with.

use std::path::PathBuf;
use std::sync::Arc;

use crate::composer::Mark;
use crate::model::Card;
use crate::music::{Bar, Beats, Family, Meter, Note, Score, Tick};
use crate::player::handover::handover;
use crate::plugin::editor::settings::Settings;
use crate::plugin::editor::view::{Roll, View};
use crate::plugin::models::{ModelChoice, ModelEntry};
use crate::plugin::parameters::Parameters;
use crate::plugin::picker::Picked;
use crate::plugin::presets;
use crate::plugin::trainer::Status;

fn note(onset: i64, duration: i64, pitch: u8, velocity: u8, family: Family) -> Note {
    Note { onset: Tick(onset), duration: Tick(duration), pitch, velocity, family, feel: None }
}

fn score(n_bars: usize, notes_of: impl Fn(usize, i64) -> Vec<Note>) -> Arc<Score> {
    let bar = |idx: usize| {
        let start = 96 * idx as i64;
        let mut notes = notes_of(idx, start);
        notes.sort();
        Arc::new(Bar { start: Tick(start), meter: Meter::COMMON, notes })
    };
    Arc::new(Score { bars: (0..n_bars).map(bar).collect(), ..Score::default() })
}

/// Broken chords, a bass, strings and a tune above.
pub(super) fn quartet(n_bars: usize) -> Arc<Score> {
    const CHORDS: [[u8; 4]; 8] = [
        [36, 60, 64, 67],
        [33, 57, 60, 64],
        [41, 57, 60, 65],
        [31, 55, 59, 62],
        [36, 60, 64, 67],
        [40, 59, 64, 67],
        [41, 57, 60, 69],
        [43, 55, 59, 65],
    ];
    const TUNE: [[i64; 5]; 4] =
        [[76, 79, 77, 76, 74], [72, 74, 76, 72, 69], [77, 76, 74, 72, 74], [74, 71, 67, 71, 74]];
    score(n_bars, |idx, start| {
        let chord = CHORDS[idx % 8];
        let mut notes = vec![
            note(start, 46, chord[0], 88, Family::BASS),
            note(start + 48, 22, chord[0] + 7, 74, Family::BASS),
            note(start + 72, 22, chord[0], 80, Family::BASS),
        ];
        for (step, onset) in (0..8).map(|step| (step, start + 12 * step as i64)) {
            notes.push(note(
                onset,
                11,
                chord[1 + [0, 1, 2, 1][step % 4]],
                48 + 9 * (step as u8 % 4),
                Family::PIANO,
            ));
        }
        for pitch in &chord[1..] {
            notes.push(note(start, 94, pitch - 12, 40, Family::STRINGS));
        }
        let lengths = [36, 12, 24, 12, 12];
        let mut onset = start;
        for (pitch, length) in TUNE[idx % 4].into_iter().zip(lengths) {
            notes.push(note(
                onset,
                length - 2,
                pitch as u8,
                70 + (pitch % 5) as u8 * 9,
                Family::from_index(9).unwrap(),
            ));
            onset += length;
        }
        notes
    })
}

/// A beat with a fill in every fourth bar.
pub(super) fn beat(n_bars: usize) -> Arc<Score> {
    score(n_bars, |idx, start| {
        let stroke = |onset: i64, pitch, velocity| note(start + onset, 6, pitch, velocity, Family::DRUMS);
        let mut notes: Vec<Note> =
            (0..8).map(|step| stroke(12 * step, 42, if step % 2 == 0 { 92 } else { 55 })).collect();
        notes.extend([
            stroke(0, 36, 112),
            stroke(48, 36, 104),
            stroke(60, 36, 70),
            stroke(24, 38, 108),
            stroke(72, 38, 110),
        ]);
        if idx % 2 == 1 {
            notes.push(stroke(90, 46, 80));
        }
        if idx % 4 == 3 {
            notes.extend([(78, 48), (84, 45), (90, 41)].map(|(onset, pitch)| stroke(onset, pitch, 100)));
        }
        if idx % 4 == 0 {
            notes.push(stroke(0, 49, 90));
        }
        notes
    })
}

/// The quartet with the beat.
pub(super) fn band(n_bars: usize) -> Arc<Score> {
    let (pitched, drums) = (quartet(n_bars), beat(n_bars));
    score(n_bars, |idx, _| [&pitched.bars[idx].notes[..], &drums.bars[idx].notes].concat())
}

/// Four voices of one instrument, note against note.
pub(super) fn chorale(n_bars: usize, family: Family) -> Arc<Score> {
    const CHORDS: [[u8; 4]; 4] = [[48, 55, 64, 72], [53, 57, 65, 72], [43, 59, 62, 71], [48, 55, 64, 72]];
    score(n_bars, |idx, start| {
        let beats = (0..4).map(|beat| (start + 24 * beat, CHORDS[(idx + beat as usize) % 4]));
        beats.flat_map(|(onset, chord)| chord.map(|pitch| note(onset, 24, pitch, 80, family))).collect()
    })
}

pub(super) fn card() -> Card {
    let styles = [
        "Chorales",
        "Hymns",
        "Folk tunes",
        "Songs",
        "Quartets",
        "Piano",
        "Drums",
        "Bass",
        "Game",
        "Dance floor",
    ];
    Card {
        name: "Continuo Default".to_owned(),
        description:
            "Ten styles in one network: Bach chorales, hymns, folk tunes, art songs, string quartets, piano \
                      music, played drums, bass lines, game music and dance music made by rule."
                .to_owned(),
        styles: styles.map(str::to_owned).to_vec(),
        credits: vec!["Chorales: J. S. Bach (public domain), from the music21 corpus".to_owned()],
        licence: "MIT OR Apache-2.0; trained on public domain, CC0, CC BY 3.0 and CC BY 4.0 music".to_owned(),
        nats_per_note: vec![1.94, 1.75, 1.12, 2.62, 2.81, 3.41, 3.0, 5.19, 5.79, 1.82],
        training: "preset large, seed 2".to_owned(),
        ..Card::default()
    }
}

/// The models of a user who has trained one and has a file that is cut off.
pub(super) fn models() -> Arc<[ModelEntry]> {
    let built_in = card();
    let tango = Card {
        name: "Tango".to_owned(),
        description: "Eighty tangos of the golden age, by ear.".to_owned(),
        styles: vec!["Tango".to_owned()],
        licence: "CC BY 4.0".to_owned(),
        nats_per_note: vec![2.31],
        ..Card::default()
    };
    let notes = |score: &Score, n_bars: usize| -> Arc<[Note]> {
        score.bars.iter().take(n_bars).flat_map(|bar| bar.notes.clone()).collect()
    };
    let words = "the model file is cut off: expected 15594844 bytes, found 4096. The copy is incomplete: copy it again.";
    Arc::new([
        ModelEntry {
            choice: ModelChoice::BuiltIn,
            card: Some(Ok(Arc::new(built_in))),
            thumbnail: notes(&quartet(8), 8),
        },
        ModelEntry {
            choice: ModelChoice::File(PathBuf::from("mine/Tango.safetensors")),
            card: Some(Ok(Arc::new(tango))),
            thumbnail: notes(&quartet(6), 6),
        },
        ModelEntry {
            choice: ModelChoice::File(PathBuf::from("mine/Half a waltz.safetensors")),
            card: Some(Err(words.to_owned())),
            thumbnail: Arc::default(),
        },
    ])
}

/// Sixteen bars, playing in the sixth.
pub(super) fn view() -> View {
    View {
        parameters: Arc::new(Parameters::new(handover().0)),
        is_activated: true,
        card: Some(Arc::new(card())),
        families: Arc::default(),
        chosen: ModelChoice::BuiltIn,
        is_loading: false,
        models: models(),
        folder: "/home/ada/.local/share/continuo/models".to_owned(),
        presets: presets::list().into(),
        has_opening: false,
        chords: String::new(),
        preset: None,
        ideas: Arc::default(),
        roll: Roll {
            score: quartet(16),
            playhead: Beats(21.3),
            playing: true,
            has_bars: [true, false, false, false],
            ..Roll::default()
        },
        transport: None,
        training: Status::default(),
        picked: Picked::default(),
        host: None,
        settings: Settings { is_welcomed: true, ..Settings::default() },
        messages: Vec::new(),
    }
}

/// Marks for bars: which are kept and edited, by their indices, and how sure the network was of each note.
pub(super) fn marks(score: &Score, kept: &[usize], edited: &[usize]) -> Arc<[Mark]> {
    let mark = |(idx, bar): (usize, &Arc<Bar>)| Mark {
        is_kept: kept.contains(&idx),
        is_edited: edited.contains(&idx),
        sureness: bar.notes.iter().map(|note| f32::from(note.pitch % 10) / 10.0).collect(),
        locked: Arc::default(),
    };
    score.bars.iter().enumerate().map(mark).collect()
}

/// Two bars of notes that are played in.
pub(super) fn played() -> Arc<[Note]> {
    let line = [
        (384, 67),
        (408, 72),
        (432, 71),
        (444, 69),
        (456, 67),
        (480, 64),
        (504, 65),
        (516, 67),
        (528, 69),
        (552, 67),
    ];
    line.into_iter().map(|(onset, pitch)| note(onset, 20, pitch, 90, Family::PIANO)).collect()
}
