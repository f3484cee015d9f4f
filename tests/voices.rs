//! The voices of a score, of random notes and of chorales that the shipped model composes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hosts;

use std::sync::Arc;

use continuo::composer::{Take, Writer, compose_bar};
use continuo::model::Model;
use continuo::music::{Bar, Family, Meter, Note, Score, Tick, Voice, VoiceLeading, Voices};
use continuo::player::ComposingKnobs;
use hosts::score_strategy;
use proptest::prelude::*;

/// The pitched notes of a score with their voices.
fn led(score: &Score) -> Vec<(Note, Voice)> {
    let voices = Voices::of(&score.bars);
    let in_bar = |bar: &Arc<Bar>| {
        let voices = voices.of_bar(bar.start);
        assert_eq!(voices.len(), bar.notes.len());
        bar.notes.iter().copied().zip(voices.to_vec()).collect::<Vec<_>>()
    };
    let all = score.bars.iter().flat_map(in_bar);
    all.filter_map(|(note, voice)| {
        assert_eq!(voice.is_none(), note.family.is_drums());
        voice.map(|voice| (note, voice))
    })
    .collect()
}

/// Whether a note sounds on where another begins, longer than for legato.
fn is_held(note: &Note, onset: Tick) -> bool {
    note.onset == onset || note.onset < onset && note.end() > onset + Tick(3)
}

/// The same score without the notes with which more than four of an instrument would sound.
fn in_four_parts(mut score: Score) -> Score {
    let mut before: Vec<Note> = Vec::new();
    for bar in &mut score.bars {
        let bar = Arc::make_mut(bar);
        bar.notes.retain(|note| {
            let ours = before.iter().filter(|other| other.family == note.family);
            let fits = ours.filter(|other| is_held(other, note.onset)).count() < 4;
            if fits {
                before.push(*note);
            }
            fits
        });
    }
    score
}

proptest! {
    #[test]
    fn every_pitched_note_has_a_voice_and_notes_that_begin_together_are_in_order(score in score_strategy()) {
        let led = led(&score);
        for (note, voice) in &led {
            let together = led.iter().filter(|(o, _)| (o.onset, o.family) == (note.onset, note.family));
            for (other, other_voice) in together {
                prop_assert!(other.pitch >= note.pitch || other_voice >= voice);
            }
        }
    }

    #[test]
    fn up_to_four_notes_that_sound_together_have_voices_of_their_own(score in score_strategy()) {
        let led = led(&in_four_parts(score));
        for (idx, (note, voice)) in led.iter().enumerate() {
            for (other, other_voice) in led.iter().take(idx).filter(|(o, _)| o.family == note.family) {
                prop_assert!(!is_held(other, note.onset) || voice != other_voice, "{other:?} and {note:?}");
            }
        }
    }

    #[test]
    fn voices_are_the_same_however_a_score_came_about(
        one in score_strategy(), other in score_strategy(), choices in proptest::collection::vec(0u8..4, 1..40),
    ) {
        // Bars are added, replaced and removed.
        let mut voice_leading = VoiceLeading::default();
        let mut bars: Vec<Arc<Bar>> = Vec::new();
        for (idx, choice) in choices.into_iter().enumerate() {
            let source = if choice < 2 { &one } else { &other };
            let here = if choice % 2 == 0 { bars.len() } else { idx % (bars.len() + 1) };
            match source.bars.get(here) {
                Some(bar) if here < bars.len() => bars[here] = Arc::clone(bar),
                Some(bar) => bars.push(Arc::clone(bar)),
                None => bars.truncate(idx % 3),
            }
            prop_assert_eq!(voice_leading.lead(&bars), Voices::of(&bars));
        }
    }
}

/// The voices of notes given by onset and duration in beats and pitch, 1 to 4.
fn voices(notes: &[(i64, i64, u8)]) -> Vec<usize> {
    let mut notes: Vec<Note> = notes
        .iter()
        .map(|(onset, duration, pitch)| Note {
            onset: Tick(24 * onset),
            duration: Tick(24 * duration),
            pitch: *pitch,
            velocity: 80,
            family: Family::STRINGS,
            feel: None,
        })
        .collect();
    notes.sort();
    let bar = Bar { start: Tick::ZERO, meter: Meter::new(16, 4).unwrap(), notes };
    let voices = Voices::of(&[Arc::new(bar)]);
    voices.of_bar(Tick::ZERO).iter().map(|voice| voice.unwrap().index() + 1).collect()
}

#[test]
fn a_chord_of_four_is_soprano_alto_tenor_and_bass() {
    assert_eq!(voices(&[(0, 1, 48), (0, 1, 55), (0, 1, 64), (0, 1, 72)]), [4, 3, 2, 1]);
}

#[test]
fn a_line_alone_is_the_first_voice_and_two_are_the_outer_ones() {
    assert_eq!(voices(&[(0, 1, 40), (1, 1, 45), (2, 1, 52), (3, 1, 50)]), [1, 1, 1, 1]);
    assert_eq!(voices(&[(0, 1, 48), (0, 1, 72), (1, 1, 50), (2, 1, 71)]), [4, 1, 4, 1]);
}

#[test]
fn a_tune_stays_the_first_voice_whatever_its_leaps_and_is_it_again_when_it_is_left_alone() {
    assert_eq!(voices(&[(0, 1, 84), (1, 1, 50), (2, 1, 90), (3, 1, 36)]), [1, 1, 1, 1]);
    // The second note begins while the first sounds, and the tune goes on in its voice until the other is forgotten.
    let tune = [(0, 2, 72), (1, 1, 60), (2, 1, 60), (6, 1, 62), (9, 1, 62), (10, 1, 64), (11, 1, 72)];
    assert_eq!(voices(&tune), [1, 4, 4, 4, 4, 1, 1]);
}

#[test]
fn a_passing_note_is_in_the_voice_that_moves() {
    let chord = [(0, 2, 48), (0, 2, 55), (0, 1, 64), (0, 2, 72)];
    assert_eq!(voices(&[&chord[..], &[(1, 1, 62)]].concat()), [4, 3, 2, 1, 2]);
}

#[test]
fn a_voice_that_rests_stays_free_for_its_own_return() {
    let chord = [(0, 1, 48), (0, 1, 55), (0, 1, 64), (0, 1, 72)];
    let three = [(1, 1, 50), (1, 1, 65), (1, 1, 74)];
    assert_eq!(voices(&[&chord[..], &three].concat()), [4, 3, 2, 1, 4, 2, 1]);
    assert_eq!(voices(&[&chord[..], &[(1, 1, 57)]].concat()), [4, 3, 2, 1, 3]);
}

#[test]
fn a_fifth_note_joins_the_nearest_voice() {
    assert_eq!(
        voices(&[
            (0, 1, 48),
            (0, 1, 55),
            (0, 1, 64),
            (0, 1, 72),
            (1, 1, 48),
            (1, 1, 55),
            (1, 1, 62),
            (1, 1, 64),
            (1, 1, 72)
        ]),
        [4, 3, 2, 1, 4, 3, 2, 2, 1]
    );
}

/// Sixteen bars of a style of the shipped model.
fn composed(model: &Arc<Model>, style: &str, seed: u32) -> Score {
    let style = model.card().styles.iter().position(|name| name == style).unwrap() as u8;
    let knobs = ComposingKnobs { style, seed, ..ComposingKnobs::default() };
    let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(model)));
    for bar_idx in 0..16 {
        compose_bar(&mut take, &mut writer, &knobs, Meter::COMMON, bar_idx);
    }
    take.score()
}

#[test]
fn a_folk_tune_is_one_voice() {
    let model = Model::embedded().unwrap();
    for seed in 1..=12 {
        let led = led(&composed(&model, "Folk tunes", seed));
        assert!(
            led.len() > 50 && led.iter().all(|(_, voice)| *voice == Voice::First),
            "seed {seed}: {led:?}"
        );
    }
}

#[test]
fn the_voices_of_chorales_are_soprano_alto_tenor_and_bass() {
    let model = Model::embedded().unwrap();
    let (mut n_beats, mut n_true) = (0, 0);
    for seed in 1..=6 {
        let score = composed(&model, "Chorales", seed);
        let led = led(&score);
        let pitches =
            |voice| led.iter().filter(|(_, v)| *v == voice).map(|(note, _)| f64::from(note.pitch)).collect();
        let pitches: [Vec<f64>; 4] = Voice::ALL.map(pitches);
        let means = pitches.each_ref().map(|pitches| pitches.iter().sum::<f64>() / pitches.len() as f64);
        let counts = pitches.each_ref().map(Vec::len);
        println!("seed {seed}: {counts:?} notes, mean pitches {means:.1?}");
        assert!(counts.iter().all(|n_notes| *n_notes >= 16), "seed {seed}: {counts:?} notes");
        assert!(means.is_sorted_by(|higher, lower| higher > lower), "seed {seed}: {means:?}");
        for beat in 0..64 {
            let sounding =
                led.iter().filter(|(note, _)| note.onset <= Tick(24 * beat) && note.end() > Tick(24 * beat));
            let mut sounding: Vec<&(Note, Voice)> = sounding.collect();
            sounding.sort_by_key(|(note, _)| std::cmp::Reverse(note.pitch));
            if sounding.len() == 4 {
                n_beats += 1;
                n_true += usize::from(sounding.iter().map(|(_, voice)| *voice).eq(Voice::ALL));
            }
        }
    }
    println!("{n_true} of {n_beats} beats with four notes have them in order");
    assert!(n_beats > 150 && n_true * 100 >= n_beats * 95, "{n_true} of {n_beats}");
}
