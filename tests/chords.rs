//! What the chord lane promises, with untrained networks: their music is noise, but must keep to the chords.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use continuo::composer::{SavedTake, Take, Writer, compose_until};
use continuo::model::Model;
use continuo::music::{
    Bar, COMMON_PROGRESSIONS, Chord, Family, FamilySet, Grid, Meter, Note, PitchClassSet, Progression, Scale,
    Score, Tick,
};
use continuo::player::{Cadence, ComposingKnobs};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

const BAR: Tick = Tick(96);

fn model() -> Arc<Model> {
    Arc::new(Model::random(3, 7))
}

fn progression(text: &str) -> Progression {
    Progression::parse(text).unwrap()
}

fn compose(take: &mut Take, knobs: &ComposingKnobs, n_bars: i64) {
    compose_until(take, &mut Writer::new(model()), knobs, Meter::COMMON, Tick(n_bars * BAR.0));
}

fn pitched(score: &Score) -> Vec<Note> {
    score.bars.iter().flat_map(|bar| bar.notes.clone()).filter(|note| !note.family.is_drums()).collect()
}

fn over(text: &str, knobs: &ComposingKnobs, n_bars: i64) -> Take {
    let mut take = Take::default().over(&progression(text));
    compose(&mut take, knobs, n_bars);
    take
}

/// What one bar was composed with.
struct Case {
    lane: Progression,
    knobs: ComposingKnobs,
    meter: Meter,
}

impl Case {
    fn random(rng: &mut Pcg64Mcg) -> Self {
        const LANES: [&str; 10] = [
            "Am7 | F | C/E G | %",
            "C/D | Eb7b9 | N.C. | F#m7b5 B7",
            "C F G Am | Dm",
            "F#maj7 | Caug | Bbdim7 | Esus4 | D5",
            "C C G F7/Eb",
            "N.C. | G13",
            "I | bVI | V7/VII | i",
            "iiø7 V7b9 | i",
            "I/III IV V/II | vi7 | %",
            "C6/9 Db7#9 D7alt",
        ];
        let common = COMMON_PROGRESSIONS.map(|common| common.text);
        let all = [&LANES[..], &common].concat();
        let meters = [(4, 4), (3, 4), (6, 8), (7, 8), (5, 4), (2, 2), (12, 8), (1, 4), (3, 16)];
        let (numerator, denominator) = meters[rng.random_range(0..meters.len())];
        let has_bass = rng.random_bool(0.5);
        let without_bass = FamilySet::ALL.bits() & !FamilySet::EMPTY.with(Family::BASS).bits();
        let knobs = ComposingKnobs {
            strictness: 1.0,
            seed: rng.random_range(0..10_000),
            style: rng.random_range(0..3),
            tonic: rng.random_range(0..12),
            scale: Scale::ALL[rng.random_range(0..Scale::ALL.len())],
            user_scale: PitchClassSet::from_bits(rng.random_range(1..4096)),
            polyphony: [2, 4, 16][rng.random_range(0..3)],
            density: [0.6, 1.0, 1.4][rng.random_range(0..3)],
            grid: Grid::ALL[rng.random_range(0..Grid::ALL.len())],
            length: rng.random_range(1..9),
            evolve: [0.0, 0.5, 1.0][rng.random_range(0..3)],
            chords_by_phrase: rng.random_bool(0.3),
            families: if has_bass { FamilySet::ALL } else { FamilySet::from_bits(without_bass) },
            ..ComposingKnobs::default()
        };
        Self {
            lane: progression(all[rng.random_range(0..all.len())]),
            knobs: knobs.rounded(),
            meter: Meter::new(numerator, denominator).unwrap(),
        }
    }

    /// The chords of a bar and of the one before it.
    fn chords(&self, bar_idx: usize) -> Vec<(Tick, Option<Chord>)> {
        let phrase = usize::from(self.knobs.length);
        let length = self.meter.bar_length().0;
        let of_bar = |idx: usize| {
            let in_lane = if self.knobs.chords_by_phrase { idx % phrase } else { idx };
            self.lane.bar(in_lane, Tick(idx as i64 * length), self.meter, self.knobs.key())
        };
        (bar_idx.saturating_sub(1)..=bar_idx).flat_map(of_bar).collect()
    }

    /// The pitch classes that notes of a chord on a beat may have.
    fn tones(&self, chord: Chord) -> Vec<u8> {
        let tonic = self.knobs.tonic;
        let in_scale =
            |pitch_class: &u8| self.knobs.pitch_classes().contains((pitch_class + 12 - tonic) % 12);
        let tones: Vec<u8> = (0..12).filter(|pitch_class| chord.contains(*pitch_class)).collect();
        let within: Vec<u8> = tones.iter().copied().filter(in_scale).collect();
        if within.is_empty() { tones } else { within }
    }

    /// Checks the notes that begin in a bar; returns how many begin on a beat, and at a change of chord.
    fn check(&self, bar_idx: usize, bar: &Bar, before: &[Note]) -> (usize, usize) {
        let chords = self.chords(bar_idx);
        let chord_at = |tick: Tick| {
            let idx = chords.partition_point(|(at, _)| *at <= tick).checked_sub(1)?;
            chords[idx].1
        };
        let (mut n_on_beat, mut n_bass) = (0, 0);
        for note in bar.notes.iter().filter(|note| !note.family.is_drums()) {
            let Some(chord) = chord_at(note.onset) else { continue };
            let is_change = chord_at(note.onset - Tick(1)) != Some(chord);
            let is_on_beat = (note.onset - bar.start).0 % self.meter.beat().0 == 0;
            let of_bass = note.pitch % 12 == chord.bass();
            if is_on_beat || is_change {
                n_on_beat += 1;
                let is_tone = self.tones(chord).contains(&(note.pitch % 12));
                assert!(is_tone || of_bass, "bar {bar_idx}: {note:?} over {chord}");
            }
            if !is_change {
                continue;
            }
            let is_below = |other: &&Note| {
                other.onset <= note.onset && other.end() > note.onset && other.pitch < note.pitch
            };
            let sounding = || bar.notes.iter().chain(before).filter(|other| !other.family.is_drums());
            let is_lowest = !sounding().any(|other| is_below(&other));
            if note.family == Family::BASS || is_lowest {
                n_bass += 1;
                assert!(of_bass, "bar {bar_idx}: {note:?} is the bass of {chord}");
            }
        }
        (n_on_beat, n_bass)
    }
}

#[test]
fn at_full_strictness_no_note_on_a_beat_is_outside_its_chord_and_no_bass_is_wrong_where_it_changes() {
    const BARS: usize = 25;
    let (mut n_bars, mut n_on_beat, mut n_bass) = (0, 0, 0);
    for seed in 0..400 {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let case = Case::random(&mut rng);
        let mut take = Take::default().over(&case.lane);
        let mut writer = Writer::new(Arc::new(Model::random(3, seed)));
        let end = Tick(case.meter.bar_length().0 * BARS as i64);
        compose_until(&mut take, &mut writer, &case.knobs, case.meter, end);
        let mut before: Vec<Note> = Vec::new();
        for (bar_idx, bar) in take.score().bars.iter().enumerate() {
            let (on_beat, bass) = case.check(bar_idx, bar, &before);
            (n_on_beat, n_bass, n_bars) = (n_on_beat + on_beat, n_bass + bass, n_bars + 1);
            before.extend(&bar.notes);
            before.retain(|note| note.end() > bar.end());
        }
    }
    assert_eq!(n_bars, 10_000);
    assert!(n_on_beat > 4_000 && n_bass > 1_000, "{n_on_beat} on a beat, {n_bass} at a change");
}

#[test]
fn at_full_strictness_no_note_is_held_into_a_beat_of_another_chord_however_dense_the_music() {
    const BARS: i64 = 16;
    let (mut n_notes, mut n_passed) = (0, 0);
    for seed in 0..60 {
        let knobs =
            ComposingKnobs { strictness: 1.0, density: 2.0, seed, evolve: 1.0, ..ComposingKnobs::default() };
        let lane =
            progression(["C F#m | Bb E7 | Am Db | G B", "C | Db | D | Eb", "C Db D Eb"][seed as usize % 3]);
        let (numerator, denominator) = [(4, 4), (3, 4), (6, 8)][seed as usize / 3 % 3];
        let meter = Meter::new(numerator, denominator).unwrap();
        let mut take = Take::default().over(&lane);
        let mut writer = Writer::new(Arc::new(Model::random(3, u64::from(seed))));
        compose_until(&mut take, &mut writer, &knobs, meter, Tick(meter.bar_length().0 * BARS));
        let length = meter.bar_length().0;
        let of_bar = |idx: i64| lane.bar(idx as usize, Tick(idx * length), meter, knobs.key());
        let chords: Vec<(Tick, Option<Chord>)> = (0..BARS + 8).flat_map(of_bar).collect();
        let chord_at = |tick: Tick| chords[chords.partition_point(|(at, _)| *at <= tick) - 1].1;
        for note in pitched(&take.score()) {
            n_notes += 1;
            let beats = (0..(BARS + 8) * length / meter.beat().0).map(|idx| Tick(idx * meter.beat().0));
            let marks = beats.chain(chords.iter().map(|(at, _)| *at));
            for tick in marks.filter(|tick| note.onset < *tick && *tick < note.end()) {
                n_passed += 1;
                let chord = chord_at(tick).unwrap();
                assert!(
                    chord.contains(note.pitch),
                    "seed {seed}: {note:?} sounds on into {chord} at {tick:?}"
                );
            }
        }
    }
    assert!(n_notes > 2_000 && n_passed > 200, "{n_notes} notes, {n_passed} of them held");
}

#[test]
fn the_manual_lists_the_common_progressions() {
    let manual = include_str!("../docs/MANUAL.md");
    for common in COMMON_PROGRESSIONS {
        let row = format!("| {} | {} | {} |", common.genre, common.name, common.text.replace('|', "\\|"));
        assert!(manual.contains(&row), "the manual has no row {row}");
    }
}

#[test]
fn where_scale_and_chord_exclude_each_other_the_chord_counts() {
    let knobs = ComposingKnobs {
        strictness: 1.0,
        grid: Grid::Eighth,
        scale: Scale::MajorPentatonic,
        ..ComposingKnobs::default()
    };
    // No tone of it is in C major pentatonic.
    let score = over(
        "F#dim",
        &ComposingKnobs { scale: Scale::User, user_scale: PitchClassSet::new(&[0, 2, 4, 7, 8]), ..knobs },
        16,
    )
    .score();
    let (on_beats, between): (Vec<Note>, Vec<Note>) =
        pitched(&score).into_iter().partition(|note| note.onset.0 % 24 == 0);
    assert!(
        !on_beats.is_empty() && on_beats.iter().all(|note| [6, 9, 0].contains(&(note.pitch % 12))),
        "{on_beats:?}"
    );
    assert!(!between.is_empty() && between.iter().all(|note| [0, 2, 4, 7, 8].contains(&(note.pitch % 12))));
    // Of E7 the pentatonic scale holds the root and the seventh.
    let score = over("E7", &knobs, 16).score();
    let on_beats: Vec<u8> =
        pitched(&score).iter().filter(|note| note.onset.0 % 24 == 0).map(|note| note.pitch % 12).collect();
    assert!(
        on_beats.contains(&4) && on_beats.contains(&2) && on_beats.iter().all(|tone| [2, 4].contains(tone))
    );
}

#[test]
fn the_stricter_the_more_notes_on_beats_are_of_their_chord() {
    let share = |strictness| {
        let knobs = ComposingKnobs { strictness, grid: Grid::Eighth, ..ComposingKnobs::default() };
        let score = over("Dm7 | G7 | C", &knobs, 48).score();
        let chords = ["Dm7", "G7", "C"]
            .map(|text| progression(text).bar(0, Tick(0), Meter::COMMON, knobs.key())[0].1.unwrap());
        let on_beats = score
            .bars
            .iter()
            .enumerate()
            .flat_map(|(idx, bar)| bar.notes.iter().map(move |note| (idx, note)));
        let on_beats: Vec<bool> = on_beats
            .filter(|(_, note)| !note.family.is_drums() && note.onset.0 % 24 == 0)
            .map(|(idx, note)| chords[idx % 3].contains(note.pitch))
            .collect();
        on_beats.iter().filter(|is_tone| **is_tone).count() as f64 / on_beats.len() as f64
    };
    let shares = [0.0, 0.5, 0.75, 1.0].map(share);
    assert!(shares.is_sorted() && shares[0] < 0.5 && shares[2] > 0.9 && shares[3] >= 1.0, "{shares:?}");
}

#[test]
fn a_take_with_a_lane_is_the_same_after_it_was_saved_wherever_composing_goes_on() {
    let knobs = ComposingKnobs { length: 4, evolve: 0.5, ..ComposingKnobs::default() };
    let whole = over("Am | F | C/E G", &knobs, 40);
    for n_bars_before in [1, 5, 33] {
        let saved = SavedTake::of(&over("Am | F | C/E G", &knobs, n_bars_before), None);
        let json = serde_json::to_string(&saved).unwrap();
        let mut take = serde_json::from_str::<SavedTake>(&json).unwrap().restore().unwrap();
        assert_eq!(take.lane(0).map(Progression::text), Some("Am | F | C/E G"));
        compose(&mut take, &knobs, 40);
        assert_eq!(take.score(), whole.score(), "{n_bars_before} bars before");
    }
}

#[test]
fn changed_chords_change_the_bars_that_they_belong_to_and_back_again() {
    let knobs = ComposingKnobs::default();
    let mut take = over("C | F", &knobs, 8);
    let first = take.score();
    // The seventh bar has another chord, which the third sees already, four bars ahead.
    take.set_lane(0, Some(progression("C | F | C | F | C | F | G | F")));
    compose(&mut take, &knobs, 8);
    let second = take.score();
    assert_eq!(second.bars[..1], first.bars[..1]);
    assert_ne!(second.bars[6], first.bars[6]);
    take.set_lane(0, Some(progression("C | F")));
    compose(&mut take, &knobs, 8);
    assert_eq!(take.score(), first);
    take.set_lane(0, None);
    compose(&mut take, &knobs, 8);
    assert_eq!(take.lane(0), None);
    let mut without = Take::default();
    compose(&mut without, &knobs, 8);
    assert_eq!(take.score(), without.score());
}

#[test]
fn where_the_music_ends_it_closes_with_the_dominant_and_the_tonic() {
    let strict =
        ComposingKnobs { strictness: 1.0, grid: Grid::Quarter, length: 4, ..ComposingKnobs::default() };
    let minor = ComposingKnobs { tonic: 9, scale: Scale::FreeMinor, ..strict };
    let ends = |take: &Take, bars: &[usize], dominant: [u8; 4], tonic: [u8; 3]| {
        let score = take.score();
        for bar_idx in bars {
            let of_bar = |idx: usize, from: i64| -> Vec<u8> {
                let bar = &score.bars[idx];
                let notes = bar
                    .notes
                    .iter()
                    .filter(|note| !note.family.is_drums() && (note.onset - bar.start).0 >= from);
                notes.map(|note| note.pitch % 12).collect()
            };
            assert!(of_bar(bar_idx - 1, 48).iter().all(|tone| dominant.contains(tone)), "bar {bar_idx}");
            assert!(of_bar(*bar_idx, 0).iter().all(|tone| tonic.contains(tone)), "bar {bar_idx}");
        }
    };
    let mut piece = Take::default().ending_after(8);
    compose(&mut piece, &strict, 8);
    ends(&piece, &[7], [7, 11, 2, 5], [0, 4, 7]);
    let mut phrases = Take::default();
    compose(&mut phrases, &ComposingKnobs { cadence: Cadence::EverySecond, ..minor }, 24);
    ends(&phrases, &[7, 15, 23], [4, 8, 11, 2], [9, 0, 4]);
    // Elsewhere it is free.
    let tones: std::collections::BTreeSet<u8> =
        phrases.score().bars[..6].iter().flat_map(|bar| &bar.notes).map(|note| note.pitch % 12).collect();
    assert!(tones.iter().any(|tone| ![9, 0, 4, 8, 11, 2].contains(tone)), "{tones:?}");
}

#[test]
fn a_piece_that_is_told_its_end_ends_on_the_tonic_in_every_style() {
    let model = Model::embedded().unwrap();
    let mut writer = Writer::new(Arc::clone(&model));
    for (style, name) in (0..).zip(&model.card().styles) {
        for n_bars in [4, 16] {
            let ends_at_home = |seed: u32| {
                let scale = if seed.is_multiple_of(2) { Scale::FreeMajor } else { Scale::FreeMinor };
                let knobs = ComposingKnobs { seed, style, scale, evolve: 1.0, ..ComposingKnobs::default() };
                let mut piece = Take::default().ending_after(n_bars);
                compose_until(&mut piece, &mut writer, &knobs, Meter::COMMON, Tick(n_bars as i64 * BAR.0));
                let score = piece.score();
                let last = score.bars[n_bars - 1].notes.iter().filter(|note| !note.family.is_drums());
                last.map(|note| note.pitch).min().map(|lowest| lowest % 12 == 0)
            };
            let ends: Vec<bool> = (0..20).filter_map(ends_at_home).collect();
            let n_at_home = ends.iter().filter(|at_home| **at_home).count();
            eprintln!("{name}, {n_bars} bars: {n_at_home} of {}", ends.len());
            assert!(n_at_home * 10 >= ends.len() * 8, "{name}: {n_at_home} of {}", ends.len());
        }
    }
}

#[test]
fn what_returns_keeps_to_the_chords_that_are_there_now() {
    // The dance floor repeats itself more than any other style.
    let model = Model::embedded().unwrap();
    let style = model.card().style_named("Dance floor").unwrap() as u8;
    let mut writer = Writer::new(model);
    let roots = [0, 5, 7, 9];
    let (mut n_notes, mut n_tones) = (0, 0);
    for seed in 0..6 {
        let knobs = ComposingKnobs { seed, style, strictness: 0.5, ..ComposingKnobs::default() };
        let mut take = Take::default().over(&progression("C | F | G | Am"));
        compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, Tick(8 * BAR.0));
        for (bar, root) in take.score().bars.iter().zip(roots.iter().cycle()) {
            let third = if *root == 9 { 3 } else { 4 };
            let on_beats = bar.notes.iter().filter(|note| (note.onset - bar.start).0 % 24 == 0);
            for note in on_beats.filter(|note| !note.family.is_drums()) {
                n_notes += 1;
                n_tones += usize::from([0, third, 7].contains(&((note.pitch + 12 - root) % 12)));
            }
        }
    }
    assert!(n_notes > 100 && n_tones * 100 >= n_notes * 90, "{n_tones} of {n_notes}");
}

/// At the default strictness all that sounds is of the chord on at least four of five beats.
#[test]
fn what_is_held_changes_with_the_chord_in_every_style() {
    let model = Model::embedded().unwrap();
    let lane = progression("C | F | G | Am");
    let knobs = ComposingKnobs::default();
    let chords = [0, 1, 2, 3].map(|bar| lane.bar(bar, Tick(0), Meter::COMMON, knobs.key())[0].1.unwrap());
    for (style, name) in (0..).zip(&model.card().styles) {
        let (mut n_beats, mut n_agreeing) = (0, 0);
        for seed in 0..6 {
            let knobs = ComposingKnobs { seed, style, ..knobs };
            let mut take = Take::default().over(&lane);
            let mut writer = Writer::new(Arc::clone(&model));
            compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, Tick(8 * BAR.0));
            let score = take.score();
            let notes = pitched(&score);
            for beat in (0..8 * BAR.0).step_by(24) {
                let mut sounding =
                    notes.iter().filter(|note| note.onset.0 <= beat && note.end().0 > beat).peekable();
                if sounding.peek().is_some() {
                    let chord = chords[(beat / BAR.0) as usize % 4];
                    n_beats += 1;
                    n_agreeing += usize::from(sounding.all(|note| chord.contains(note.pitch)));
                }
            }
        }
        println!("{name}: {n_agreeing} of {n_beats} beats");
        assert!(n_agreeing * 100 >= n_beats * 80, "{name}: {n_agreeing} of {n_beats} beats");
    }
}

#[test]
fn each_take_has_a_lane_of_its_own() {
    let [a, b] = [0, 1].map(|slot| ComposingKnobs {
        slot,
        strictness: 1.0,
        grid: Grid::Quarter,
        ..ComposingKnobs::default()
    });
    let mut take = Take::default();
    take.set_lane(0, Some(progression("C")));
    take.set_lane(1, Some(progression("F#")));
    let tones = |take: &Take| -> Vec<u8> {
        let notes = take.score().bars.iter().flat_map(|bar| bar.notes.clone()).collect::<Vec<_>>();
        let on_beats = notes.iter().filter(|note| !note.family.is_drums() && note.onset.0 % 24 == 0);
        let mut tones: Vec<u8> = on_beats.map(|note| note.pitch % 12).collect();
        tones.sort_unstable();
        tones.dedup();
        tones
    };
    compose(&mut take, &a, 12);
    let first = take.score();
    assert_eq!(tones(&take), [0, 4, 7]);
    compose(&mut take, &b, 12);
    assert_eq!(tones(&take), [1, 6, 10]);
    let mut again = SavedTake::of(&take, None).restore().unwrap();
    for take in [&mut take, &mut again] {
        compose(take, &a, 12);
        assert_eq!(take.score(), first, "from the shelf");
    }
}

#[test]
fn a_phrase_comes_back_where_its_chords_do() {
    let knobs = ComposingKnobs { length: 2, evolve: 0.0, ..ComposingKnobs::default() };
    let phrases = |text: &str, knobs: &ComposingKnobs| -> Vec<Vec<Note>> {
        let from_line = |bar: &Arc<Bar>| {
            bar.notes.iter().map(|note| Note { onset: note.onset - bar.start, ..*note }).collect()
        };
        over(text, knobs, 8).score().bars.iter().map(from_line).collect()
    };
    let alike = phrases("C | F", &knobs);
    assert_eq!(alike[..2], alike[2..4]);
    let longer = phrases("C | F | G | Am", &knobs);
    assert_ne!(longer[..2], longer[2..4]);
    assert_eq!(
        longer[..3],
        longer[4..7],
        "the phrase is composed again for each of its chords, and those come back"
    );
    let by_phrase = phrases("C | F | G | Am", &ComposingKnobs { chords_by_phrase: true, ..knobs });
    assert_eq!(by_phrase, alike);
}
