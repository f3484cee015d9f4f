//! What the composer promises, with an untrained network: its music is noise, but must keep every promise.

mod hosts;

use std::path::PathBuf;
use std::sync::Arc;

use hosts::{Host, Output, Setting};

use continuo::composer::{Composer, Opening, SavedTake, Take, Writer, compose_until};
use continuo::model::{Model, Primer};
use continuo::music::{
    Family, FamilySet, Grid, Key, Meter, Mode, Note, Programs, Progression, Scale, Score, Tick,
};
use continuo::player::handover::handover;
use continuo::player::{Cadence, ComposingKnobs, Player};
use proptest::prelude::*;

const BAR: Tick = Tick(96);

fn model() -> Arc<Model> {
    Arc::new(Model::random(3, 7))
}

fn bars(n_bars: i64) -> Tick {
    Tick(n_bars * BAR.0)
}

fn composed(knobs: &ComposingKnobs, n_bars: i64) -> Take {
    let mut take = Take::default();
    compose_until(&mut take, &mut Writer::new(model()), knobs, Meter::COMMON, bars(n_bars));
    take
}

/// The notes of each bar, counted from its bar line.
fn phrases(score: &Score) -> Vec<Vec<Note>> {
    let from_line = |start: Tick| move |note: &Note| Note { onset: note.onset - start, ..*note };
    score.bars.iter().map(|bar| bar.notes.iter().map(from_line(bar.start)).collect()).collect()
}

#[test]
fn the_same_seed_gives_the_same_piece_and_another_seed_another() {
    let knobs = ComposingKnobs::default();
    let piece = composed(&knobs, 8).score();
    assert_eq!(piece, composed(&knobs, 8).score());
    assert_ne!(piece, composed(&ComposingKnobs { seed: 2, ..knobs }, 8).score());
    assert!(piece.bars.iter().map(|bar| bar.notes.len()).sum::<usize>() > 5);
}

#[test]
fn a_bar_does_not_depend_on_how_far_ahead_it_was_composed() {
    let knobs = ComposingKnobs::default();
    let (mut take, mut writer) = (Take::default(), Writer::new(model()));
    for n_bars in 1..=40 {
        compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, bars(n_bars));
    }
    assert_eq!(take.score(), composed(&knobs, 40).score());
}

#[test]
fn a_reloaded_take_goes_on_as_if_it_had_never_been_closed() {
    let knobs = ComposingKnobs { evolve: 0.7, length: 4, ..ComposingKnobs::default() };
    for n_bars_before in [1, 5, 31, 32, 33, 50] {
        let saved = SavedTake::of(&composed(&knobs, n_bars_before), None);
        let mut take = saved.restore().unwrap();
        compose_until(&mut take, &mut Writer::new(model()), &knobs, Meter::COMMON, bars(52));
        assert_eq!(take.score(), composed(&knobs, 52).score(), "{n_bars_before} bars before");
    }
}

#[test]
fn where_the_music_ends_is_told_and_is_the_same_however_it_is_composed() {
    let going_on = ComposingKnobs { length: 2, evolve: 1.0, ..ComposingKnobs::default() };
    let knobs = |cadence| ComposingKnobs { cadence, ..going_on };
    let scores = Cadence::ALL.map(|cadence| composed(&knobs(cadence), 9).score());
    for (idx, score) in scores.iter().enumerate() {
        assert!(scores[..idx].iter().all(|other| other != score));
    }
    // The end is far off for both: the network knows no more than that.
    let long = ComposingKnobs { length: 64, ..knobs(Cadence::EverySecond) };
    assert_eq!(
        composed(&long, 9).score(),
        composed(&ComposingKnobs { length: 32, ..knobs(Cadence::EveryFourth) }, 9).score()
    );

    let knobs = knobs(Cadence::EverySecond);
    for n_bars_before in [1, 3, 4] {
        let mut take = SavedTake::of(&composed(&knobs, n_bars_before), None).restore().unwrap();
        compose_until(&mut take, &mut Writer::new(model()), &knobs, Meter::COMMON, bars(9));
        assert_eq!(take.score(), composed(&knobs, 9).score(), "{n_bars_before} bars before");
    }
    let ending = |n_bars| {
        let mut take = Take::default().ending_after(n_bars);
        compose_until(&mut take, &mut Writer::new(model()), &going_on, Meter::COMMON, bars(4));
        take.score()
    };
    assert_ne!(ending(4), composed(&going_on, 4).score());
    let end = bars(4);
    assert!(ending(4).bars[3].notes.iter().all(|note| note.end() <= end), "it does not sound on");
}

#[test]
fn chords_are_told_in_the_key_of_the_music_and_come_round() {
    let over = |knobs: &ComposingKnobs, chords: &str, n_bars| {
        let mut take = Take::default().over(&Progression::parse(chords).unwrap());
        compose_until(&mut take, &mut Writer::new(model()), knobs, Meter::COMMON, bars(n_bars));
        take.score()
    };
    let knobs = ComposingKnobs::default();
    assert_ne!(over(&knobs, "Am | F", 6), composed(&knobs, 6).score());
    // The untrained network seldom plays on a beat by itself.
    let on_beats = ComposingKnobs { grid: Grid::Quarter, ..knobs };
    assert_ne!(over(&on_beats, "Am | F", 6), over(&on_beats, "Am | G", 6));
    assert_eq!(over(&knobs, "Am | F", 6), over(&knobs, "vi | IV", 6));
    assert_eq!(over(&knobs, "Am | F", 6), over(&knobs, "Am | F | Am | F", 6));
    // In another key with the chords of that key it is the same music.
    let down = ComposingKnobs { tonic: 9, ..knobs };
    let up_again = |score: Score| -> Vec<Vec<Note>> {
        let up =
            |note: &Note| Note { pitch: note.pitch + if note.family.is_drums() { 0 } else { 3 }, ..*note };
        phrases(&score).iter().map(|bar| bar.iter().map(up).collect()).collect()
    };
    let wide = |knobs| ComposingKnobs { lowest: 24, highest: 100, ..knobs };
    let lower = |knobs: ComposingKnobs| ComposingKnobs { lowest: 21, highest: 97, ..knobs };
    assert_eq!(
        up_again(over(&lower(down), "F#m | D", 4)),
        phrases(&over(&wide(knobs), "Am | F", 4)),
        "three semitones lower"
    );
}

#[test]
fn without_evolving_the_phrase_repeats_exactly() {
    let knobs = ComposingKnobs { evolve: 0.0, length: 3, ..ComposingKnobs::default() };
    let phrases = phrases(&composed(&knobs, 12).score());
    for bar_idx in 3..12 {
        assert_eq!(phrases[bar_idx], phrases[bar_idx % 3], "bar {bar_idx}");
    }
}

#[test]
fn evolving_fully_every_bar_is_new() {
    let knobs = ComposingKnobs { evolve: 1.0, length: 2, ..ComposingKnobs::default() };
    let phrases = phrases(&composed(&knobs, 8).score());
    let n_repeats =
        (2..8).filter(|idx| !phrases[*idx].is_empty() && phrases[*idx] == phrases[idx - 2]).count();
    assert_eq!(n_repeats, 0);
}

#[test]
fn evolving_a_little_some_bars_come_back() {
    let knobs = ComposingKnobs { evolve: 0.5, length: 2, ..ComposingKnobs::default() };
    let phrases = phrases(&composed(&knobs, 32).score());
    let n_repeats = (2..32).filter(|idx| phrases[*idx] == phrases[idx - 2]).count();
    assert!((5..25).contains(&n_repeats), "{n_repeats} of 30");
}

#[test]
fn the_tonic_moves_the_music_and_nothing_else() {
    let in_c = ComposingKnobs { lowest: 40, highest: 80, ..ComposingKnobs::default() };
    let in_d = ComposingKnobs { tonic: 2, lowest: 42, highest: 82, ..in_c };
    let (c, d) = (composed(&in_c, 6).score(), composed(&in_d, 6).score());
    let up = |note: &Note| {
        if note.family.is_drums() { *note } else { Note { pitch: note.pitch + 2, ..*note } }
    };
    for (c, d) in c.bars.iter().zip(&d.bars) {
        let mut moved: Vec<Note> = c.notes.iter().map(up).collect();
        moved.sort();
        assert_eq!(moved, d.notes);
    }
}

/// The first bar of a phrase of two bars that repeats, and the bar that repeats it two semitones higher.
fn transposed_repetition(seed: u32) -> (Vec<Note>, Vec<Note>) {
    let in_c =
        ComposingKnobs { seed, evolve: 0.0, length: 2, lowest: 30, highest: 90, ..ComposingKnobs::default() };
    let mut take = composed(&in_c, 4);
    let before = phrases(&take.score());
    // Bars 0 to 3 stay in C because only the end of the take is composed.
    compose_from(&mut take, &mut Writer::new(model()), &ComposingKnobs { tonic: 2, ..in_c }, 4, 6);
    let after = phrases(&take.score());
    assert_eq!(before[..4], after[..4]);
    (before[0].clone(), after[4].clone())
}

/// The highest pitch of a phrase, drums not counted.
fn highest(notes: &[Note]) -> u8 {
    notes.iter().filter(|note| !note.family.is_drums()).map(|note| note.pitch).max().unwrap_or(0)
}

#[test]
fn a_locked_phrase_follows_a_turned_tonic() {
    let up = |note: &Note| {
        if note.family.is_drums() { *note } else { Note { pitch: note.pitch + 2, ..*note } }
    };
    let moved = |phrase: &[Note]| {
        let mut moved: Vec<Note> = phrase.iter().map(up).collect();
        moved.sort();
        moved
    };
    let fits = |phrase: &[Note]| (1..=88).contains(&highest(phrase));
    let (low, low_again) =
        (1..100).map(transposed_repetition).find(|(first, _)| fits(first)).expect("a phrase that fits");
    assert_eq!(low_again, moved(&low));
    // A phrase that would leave the range is composed again instead.
    let (high, high_again) = (1..100)
        .map(transposed_repetition)
        .find(|(first, _)| highest(first) > 88)
        .expect("one that does not");
    assert_ne!(high_again, moved(&high));
    assert!(highest(&high_again) <= 90);
}

/// Composes more bars at the end of a take, whatever its earlier bars were composed with.
fn compose_from(take: &mut Take, writer: &mut Writer, knobs: &ComposingKnobs, from: i64, until: i64) {
    for bar in from..until {
        continuo::composer::compose_bar(take, writer, knobs, Meter::COMMON, bar as usize);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_note_keeps_to_scale_and_range(
        seed: u32, tonic in 0u8..12, scale in 0usize..Scale::ALL.len(), lowest in 0u8..90, span in 12u8..60,
        temperature in 0.0f32..2.0, style in 0u8..6,
    ) {
        let scale = Scale::ALL[scale];
        let knobs = ComposingKnobs {
            seed, tonic, scale, lowest, highest: (lowest + span).min(127), temperature, style,
            ..ComposingKnobs::default()
        };
        for bar in composed(&knobs, 3).score().bars {
            for note in bar.notes.iter().filter(|note| !note.family.is_drums()) {
                prop_assert!((knobs.lowest..=knobs.highest).contains(&note.pitch), "{note:?}");
                prop_assert!(scale.pitch_classes().contains((note.pitch + 12 - tonic) % 12), "{note:?}");
            }
            prop_assert!(bar.notes.is_sorted());
            prop_assert!(bar.notes.iter().all(|n| bar.start <= n.onset && n.onset < bar.end()));
        }
    }

    #[test]
    fn a_saved_take_comes_back_as_it_was(seed: u32, n_bars in 0i64..6, evolve in 0.0f32..1.0, bpm_free in 1u8..5) {
        let knobs = ComposingKnobs { seed, evolve, length: bpm_free, ..ComposingKnobs::default() };
        let take = composed(&knobs, n_bars);
        let saved = SavedTake::of(&take, Some(&model()));
        let text = serde_json::to_string(&saved).unwrap();
        let read: SavedTake = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&saved, &read);
        let restored = read.restore().unwrap();
        prop_assert_eq!(restored.score(), take.score());
        prop_assert_eq!(SavedTake::of(&restored, Some(&model())), saved);
    }

    #[test]
    fn a_damaged_take_is_refused_in_words_or_read_and_never_panics(
        at in 0usize..4000, byte in 0u8..128, cut: bool,
    ) {
        let mut text = serde_json::to_vec(&SavedTake::of(&composed(&ComposingKnobs::default(), 3), None)).unwrap();
        let at = at % text.len();
        if cut { text.truncate(at) } else { text[at] = byte }
        let restored = serde_json::from_slice::<SavedTake>(&text).ok().map(|saved| saved.restore());
        match restored {
            // It is no saved take at all.
            None => {}
            Some(Err(error)) => {
                let words = error.to_string();
                let is_known = ["the saved take is damaged: ", "expected a saved take of version "];
                prop_assert!(is_known.iter().any(|start| words.starts_with(start)), "{words}");
            }
            Some(Ok(take)) => {
                let again = SavedTake::of(&take, None).restore().unwrap();
                prop_assert_eq!(again.score(), take.score());
            }
        }
    }
}

/// The take of a released version, in format 3.
fn plain_take() -> serde_json::Value {
    serde_json::from_str(include_str!("golden/weights/0.1-encoding-2/take.json")).unwrap_or_default()
}

#[test]
fn a_damaged_bar_costs_that_bar_and_nothing_else() {
    let whole = serde_json::from_value::<SavedTake>(plain_take()).unwrap().restore().unwrap().score();
    let damaged = |damage: &dyn Fn(&mut serde_json::Value)| {
        let mut take = plain_take();
        damage(&mut take);
        let read = serde_json::from_value::<SavedTake>(take).unwrap();
        let (take, damage) = read.restore_with_damage().unwrap();
        (take.score(), damage.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let prefix = "the saved take is damaged:";
    let kinds: [(&str, serde_json::Value, &str); 4] = [
        ("knobs", 9.into(), "bar 2 has no knobs"),
        ("passage", 99.into(), "bar 2 has no passage"),
        ("model", 9.into(), "bar 2 has no model"),
        ("numerator", 0.into(), "bar 2 has an impossible meter"),
    ];
    for (field, value, words) in kinds {
        let (score, damage) = damaged(&|take| take["bars"][1][field] = value.clone());
        assert_eq!(damage, [format!("{prefix} {words}")]);
        assert!(score.bars[1].notes.is_empty());
        for (idx, (bar, old)) in score.bars.iter().zip(&whole.bars).enumerate() {
            assert!(idx == 1 || bar == old, "{field}: bar {idx}");
        }
        assert_eq!(score.bars.len(), whole.bars.len());
    }
    let first_passage = plain_take()["bars"][0]["passage"].as_u64().unwrap() as usize;
    let (score, damage) =
        damaged(&|take| take["passages"][first_passage] = serde_json::json!([[0, 24, 128, 80, 0]]));
    assert!(damage.contains(&format!("{prefix} bar 1 has an impossible note")), "{damage:?}");
    assert_eq!((score.bars.len(), &score.bars[7]), (whole.bars.len(), &whole.bars[7]));
    let (score, damage) =
        damaged(&|take| take["input"] = serde_json::json!([[0, 0, 24, 60, 0], [0, 24, 48, 60, 80]]));
    assert_eq!(damage, [format!("{prefix} what was played in has an impossible note")]);
    assert_eq!((score.bars, score.played_in.len()), (whole.bars, 1));
}

#[test]
fn a_damaged_pack_costs_its_bars_and_the_others_stay_where_they_are() {
    let (knobs, waltz) = (ComposingKnobs::default(), Meter::new(3, 4).unwrap());
    let (mut take, mut writer) = (composed(&knobs, 40), Writer::new(model()));
    for bar in 40..100 {
        continuo::composer::compose_bar(&mut take, &mut writer, &knobs, waltz, bar);
    }
    let saved = serde_json::to_value(SavedTake::of(&take, None)).unwrap();
    let n_packs = saved["song"].as_array().unwrap().len();
    assert!(n_packs >= 4, "{n_packs}");
    for pack_idx in 0..n_packs {
        let mut damaged = saved.clone();
        let text = damaged["song"][pack_idx][2].as_str().unwrap().replace('e', "E");
        damaged["song"][pack_idx][2] = text.into();
        let read = serde_json::from_value::<SavedTake>(damaged).unwrap();
        let (restored, damage) = read.restore_with_damage().unwrap();
        let first = 32 * pack_idx;
        let lost = first..(first + 32).min(100);
        assert_eq!(damage.len(), lost.len());
        assert_eq!(
            damage[0].to_string(),
            format!("the saved take is damaged: bar {} cannot be read", first + 1)
        );
        for (idx, (bar, old)) in restored.score().bars.iter().zip(&take.score().bars).enumerate() {
            // Where the meter changes inside the pack, bars of another meter fill the same time.
            assert!(if lost.contains(&idx) { bar.notes.is_empty() } else { bar == old }, "bar {idx}");
        }
    }
}

#[test]
fn an_hour_of_song_is_saved_in_less_than_half_a_megabyte() {
    let model = Model::embedded().unwrap();
    let (mut take, mut writer) = (Take::default(), Writer::new(model));
    // Six minutes at 120, with knobs that are turned at every bar and a density that stores two forms of each.
    for bar in 0..180_u32 {
        let knobs = ComposingKnobs {
            style: (bar / 18 % 10) as u8,
            seed: bar / 7,
            temperature: 0.5 + (bar % 11) as f32 / 10.0,
            density: 0.6 + (bar % 13) as f32 / 10.0,
            lowest: 20 + (bar % 17) as u8,
            ..ComposingKnobs::default()
        };
        continuo::composer::compose_bar(&mut take, &mut writer, &knobs, Meter::COMMON, bar as usize);
    }
    let n_notes: usize = take.score().bars.iter().map(|bar| bar.notes.len()).sum();
    let text = serde_json::to_string(&SavedTake::of(&take, None)).unwrap();
    // As a host stores it: a string inside JSON.
    let stored = serde_json::to_string(&text).unwrap().len();
    println!("{n_notes} notes in {} bars: {stored} bytes", take.n_bars());
    assert!(n_notes > 1500, "{n_notes}");
    assert!(10 * stored < 500_000, "{stored} bytes for six minutes");

    // And what waits to come back, as much as there may be of it. What it was replaced by does not matter.
    let mut noise = Writer::new(self::model());
    for bar in (0..180).chain(0..100) {
        let knobs = ComposingKnobs { seed: 1000 + bar / 90, ..ComposingKnobs::default() };
        continuo::composer::compose_bar(&mut take, &mut noise, &knobs, Meter::COMMON, bar as usize);
        if bar == 179 {
            let mut model = Writer::new(Model::embedded().unwrap());
            for bar in 0..100 {
                continuo::composer::compose_bar(
                    &mut take,
                    &mut model,
                    &ComposingKnobs::default(),
                    Meter::COMMON,
                    bar,
                );
            }
        }
    }
    let saved = serde_json::to_value(SavedTake::of(&take, None)).unwrap();
    let waiting = saved["replaced"].to_string().len();
    println!("{waiting} bytes for bars that wait to come back");
    assert!(10 * stored + waiting < 500_000, "{waiting} bytes");
}

#[test]
fn a_take_of_a_later_version_is_refused() {
    let mut saved = SavedTake::of(&Take::default(), None);
    saved.version += 1;
    let error = saved.restore().unwrap_err().to_string();
    assert_eq!(error, "expected a saved take of version 5 or older, found version 6");
}

// ---- With the thread and the player ----

struct Instance {
    composer: Composer,
    player: Player,
}

fn instance(model: Option<Arc<Model>>, take: Option<SavedTake>) -> Instance {
    let (composer_end, player_end) = handover();
    Instance { composer: Composer::spawn(composer_end, model, take), player: Player::new(player_end) }
}

fn offline() -> Setting {
    Setting { offline: true, ..Setting::default() }
}

fn with_knobs(knobs: ComposingKnobs) -> Vec<(f64, ComposingKnobs)> {
    vec![(f64::NEG_INFINITY, knobs)]
}

/// Plays a block in which the song stands still, and waits for the composer.
fn stand(host: &Host, instance: &mut Instance) {
    host.stand(&mut instance.player);
    instance.composer.wait_until_idle();
}

/// The onsets that a score would sound at 120 beats a minute and 48 kHz.
fn onsets(score: &Score, beats: f64) -> Vec<(u32, u8, u8, u8)> {
    let sample = |note: &Note| {
        (note.onset.0 * 1000 + note.feel.map_or(0, |feel| i64::from(feel.quarter_ticks()) * 250)).max(0)
            as u32
    };
    let mut onsets: Vec<_> = score
        .bars
        .iter()
        .flat_map(|bar| &bar.notes)
        .map(|n| (sample(n), if n.family.is_drums() { 9 } else { 0 }, n.pitch, n.velocity))
        .filter(|onset| f64::from(onset.0) < beats * 24_000.0)
        .collect();
    onsets.sort_unstable();
    // Two families on one key are one note.
    onsets.dedup_by_key(|onset| (onset.0, onset.1, onset.2));
    onsets
}

fn heard_onsets(heard: &Output) -> Vec<(u32, u8, u8)> {
    heard.onsets_between(0, u32::MAX).iter().map(|o| (o.0, o.1, o.2)).collect()
}

fn keys(onsets: &[(u32, u8, u8, u8)]) -> Vec<(u32, u8, u8)> {
    onsets.iter().map(|o| (o.0, o.1, o.2)).collect()
}

#[test]
fn a_fresh_instance_plays_offline_what_generate_writes() {
    let expected = composed(&ComposingKnobs::default(), 8).score();
    for block_sizes in [vec![512], vec![1, 700, 64], vec![30_000]] {
        let mut fresh = instance(Some(model()), None);
        let heard = Host::new(Setting { block_sizes, ..offline() }).run_beats(&mut fresh.player, 32.0);
        heard.check_pairs().unwrap();
        assert_eq!(heard_onsets(&heard), keys(&onsets(&expected, 32.0)));
    }
}

#[test]
fn live_and_offline_give_the_same_notes() {
    let expected = composed(&ComposingKnobs::default(), 8).score();
    let mut live = instance(Some(model()), None);
    let host = Host::new(Setting::default());
    stand(&host, &mut live);
    let heard = host.run_beats(&mut live.player, 32.0);
    assert_eq!(heard_onsets(&heard), keys(&onsets(&expected, 32.0)));
    assert_eq!(live.composer.status().n_late, 0);
}

#[test]
fn knobs_that_leave_no_note_are_reported_in_the_status() {
    let mut standing = instance(Some(model()), None);
    stand(&Host::new(Setting::default()), &mut standing);
    assert_eq!(standing.composer.status().obstacle, None);
    let pianist = FamilySet::EMPTY.with(Family::PIANO);
    let alone = ComposingKnobs {
        lowest: 61,
        highest: 61,
        scale: Scale::Major,
        families: pianist,
        ..ComposingKnobs::default()
    };
    for (knobs, words) in [
        (alone, "no note fits: the range is Db4 alone, and no note of the scale lies there"),
        (ComposingKnobs { density: 0.0, ..alone }, "no note fits: the density is 0"),
        (ComposingKnobs { families: FamilySet::EMPTY, ..alone }, "no note fits: no instrument may play"),
    ] {
        stand(&Host::new(Setting { composing: with_knobs(knobs), ..Setting::default() }), &mut standing);
        assert_eq!(standing.composer.status().obstacle.as_deref(), Some(words));
    }
    stand(&Host::new(Setting::default()), &mut standing);
    assert_eq!(standing.composer.status().obstacle, None);
}

#[test]
fn bars_are_ready_while_the_song_stands() {
    let mut standing = instance(Some(model()), None);
    let setting = Setting { start: 8.0, loop_range: Some((20.0, 40.0)), ..Setting::default() };
    let host = Host::new(Setting { start: 24.0, ..setting });
    // Bar 6 under the playhead, two more, and from bar 5, where the loop starts, on.
    stand(&host, &mut standing);
    assert!(standing.composer.picture().score.bars.len() >= 9);
}

#[test]
fn a_turned_knob_is_heard_from_the_next_bar_on_and_automation_replays_exactly() {
    let calm = ComposingKnobs::default();
    let turned = ComposingKnobs { seed: 99, ..calm };
    let setting = Setting { composing: vec![(f64::NEG_INFINITY, calm), (6.0, turned)], ..offline() };
    let mut first = instance(Some(model()), None);
    let heard = Host::new(setting.clone()).run_beats(&mut first.player, 24.0);
    let before = keys(&onsets(&composed(&calm, 2).score(), 8.0));
    let until = |heard: &Output, sample: u32| -> Vec<_> {
        heard_onsets(heard).into_iter().filter(|onset| onset.0 < sample).collect()
    };
    assert_eq!(until(&heard, 8 * 24_000), before);
    let untouched = keys(&onsets(&composed(&calm, 6).score(), 24.0));
    assert_ne!(heard_onsets(&heard), untouched);
    // Again in the same instance, and in a fresh one.
    let again = Host::new(setting.clone()).run_beats(&mut first.player, 24.0);
    assert_eq!(heard_onsets(&again), heard_onsets(&heard));
    let fresh = Host::new(setting).run_beats(&mut instance(Some(model()), None).player, 24.0);
    assert_eq!(heard_onsets(&fresh), heard_onsets(&heard));
}

#[test]
fn a_knob_turned_in_the_last_beat_waits_a_bar() {
    let calm = ComposingKnobs::default();
    let turned = ComposingKnobs { seed: 99, ..calm };
    let run = |from: f64| {
        let setting = Setting { composing: vec![(f64::NEG_INFINITY, calm), (from, turned)], ..offline() };
        heard_onsets(&Host::new(setting).run_beats(&mut instance(Some(model()), None).player, 16.0))
    };
    // The bar at beat 4 is settled at beat 3: a knob turned at 3.5 is heard at 8, as if it were turned at 5.
    assert_eq!(run(3.5), run(5.0));
    assert_ne!(run(2.5), run(5.0));
}

#[test]
fn a_knob_turned_as_the_next_bar_is_settled_counts_whatever_the_rounding_of_the_host() {
    let calm = ComposingKnobs::default();
    let turned = ComposingKnobs { seed: 99, ..calm };
    let composing = vec![(f64::NEG_INFINITY, calm), (3.0 - 1e-8, turned)];
    // A block ends at beat 3, give or take a little, and the next one brings the knob.
    let run = |rounding: f64| {
        let setting =
            Setting { block_sizes: vec![24_000], start: rounding, composing: composing.clone(), ..offline() };
        heard_onsets(&Host::new(setting).run_beats(&mut instance(Some(model()), None).player, 16.0))
    };
    let heard = run(0.0);
    for rounding in [-1e-9, 1e-9] {
        assert_eq!(run(rounding), heard, "{rounding}");
    }
}

#[test]
fn a_knob_turned_inside_a_short_loop_is_heard_at_its_next_bar_line() {
    let mut looping = instance(Some(model()), None);
    let calm = ComposingKnobs { evolve: 0.0, length: 2, ..ComposingKnobs::default() };
    let setting = Setting { loop_range: Some((0.0, 8.0)), composing: with_knobs(calm), ..offline() };
    let heard = Host::new(setting.clone()).run_beats(&mut looping.player, 24.0);
    let pass = |heard: &Output, idx: u32| heard.onsets_between(idx * 8 * 24_000, (idx + 1) * 8 * 24_000);
    assert_eq!(pass(&heard, 0), pass(&heard, 1));
    assert_eq!(pass(&heard, 0), pass(&heard, 2));
    let turned = ComposingKnobs { seed: 5, ..calm };
    let after =
        Host::new(Setting { composing: with_knobs(turned), ..setting }).run_beats(&mut looping.player, 24.0);
    assert_ne!(pass(&after, 0), pass(&heard, 0));
    assert_eq!(pass(&after, 0), pass(&after, 1));
    assert_eq!(pass(&after, 0), pass(&after, 2));
}

#[test]
fn a_knob_turned_there_and_back_brings_the_same_bars_back() {
    let mut standing = instance(Some(model()), None);
    let calm = ComposingKnobs::default();
    let host = Host::new(Setting { composing: with_knobs(calm), ..Setting::default() });
    let turned = Host::new(Setting {
        composing: with_knobs(ComposingKnobs { seed: 77, ..calm }),
        ..Setting::default()
    });
    let mut bars_with = |host: &Host| {
        stand(host, &mut standing);
        standing.composer.picture().score.bars[..3].to_vec()
    };
    let (before, between, after) = (bars_with(&host), bars_with(&turned), bars_with(&host));
    assert!(between.iter().zip(&before).all(|(a, b)| a != b));
    assert_eq!(after, before);
}

#[test]
fn a_saved_take_plays_without_its_model() {
    let take = composed(&ComposingKnobs::default(), 6);
    let mut bare = instance(None, Some(SavedTake::of(&take, None)));
    let heard = Host::new(offline()).run_beats(&mut bare.player, 24.0);
    assert_eq!(heard_onsets(&heard), keys(&onsets(&take.score(), 24.0)));
}

#[test]
fn a_saved_take_stays_when_another_model_stands_in_and_changes_when_one_is_chosen() {
    let take = composed(&ComposingKnobs::default(), 6);
    let other = Arc::new(Model::random(3, 8));
    let mut reopened = instance(Some(Arc::clone(&other)), Some(SavedTake::of(&take, None)));
    let heard = Host::new(offline()).run_beats(&mut reopened.player, 24.0);
    assert_eq!(heard_onsets(&heard), keys(&onsets(&take.score(), 24.0)));
    reopened.composer.use_model(other);
    stand(&Host::new(offline()), &mut reopened);
    assert_ne!(reopened.composer.picture().score.bars[0], take.score().bars[0]);
}

#[test]
fn saving_in_the_middle_and_reloading_gives_the_same_notes() {
    let setting = Setting {
        composing: with_knobs(ComposingKnobs { seed: 12, ..ComposingKnobs::default() }),
        ..offline()
    };
    let mut first = instance(Some(model()), None);
    let heard = Host::new(setting.clone()).run_beats(&mut first.player, 14.0);
    let text = serde_json::to_string(&first.composer.saved_take()).unwrap();
    drop(first);
    let second = instance(Some(Arc::new(Model::random(3, 1234))), None);
    let mut second = second;
    second.composer.set_take(&serde_json::from_str(&text).unwrap()).unwrap();
    let again = Host::new(setting).run_beats(&mut second.player, 14.0);
    assert_eq!(heard_onsets(&again), heard_onsets(&heard));
}

#[test]
fn a_bad_model_file_is_reported_in_words_and_changes_nothing() {
    let mut playing = instance(Some(model()), None);
    let host = Host::new(Setting::default());
    stand(&host, &mut playing);
    let before = playing.composer.picture();
    assert!(before.score.bars.len() >= 3);
    playing.composer.load_model(PathBuf::from("no/such/model.safetensors"));
    stand(&host, &mut playing);
    let status = playing.composer.status();
    assert!(status.error.unwrap().contains("no/such/model.safetensors"));
    assert_eq!(status.model.as_deref(), Some("Untrained 7"));
    assert_eq!(playing.composer.picture(), before);
}

#[test]
fn meters_follow_the_host_and_the_second_pass_is_like_the_first() {
    let waltz = Meter::new(3, 4).unwrap();
    let meters = vec![(0.0, Meter::COMMON), (8.0, waltz), (17.0, Meter::COMMON)];
    for reports_bars in [true, false] {
        let setting = Setting { meters: meters.clone(), reports_bars, block_sizes: vec![480], ..offline() };
        let mut playing = instance(Some(model()), None);
        let first = Host::new(setting.clone()).run_beats(&mut playing.player, 25.0);
        let starts: Vec<i64> =
            playing.composer.picture().score.bars.iter().take(7).map(|bar| bar.start.0).collect();
        assert_eq!(starts, [0, 96, 192, 264, 336, 408, 504], "tells bars: {reports_bars}");
        let second = Host::new(setting).run_beats(&mut playing.player, 25.0);
        assert_eq!(heard_onsets(&first), heard_onsets(&second), "tells bars: {reports_bars}");
    }
}

#[test]
fn a_host_that_starts_late_in_a_song_of_odd_bars_has_its_bar_lines() {
    // The host's bars: seven eighths first, then 4/4; the playhead comes in at bar 10.
    let meters = vec![(0.0, Meter::new(7, 8).unwrap()), (3.5, Meter::COMMON)];
    let setting = Setting { meters, reports_bars: true, start: 35.5, ..offline() };
    let mut playing = instance(Some(model()), None);
    Host::new(setting).run_beats(&mut playing.player, 9.0);
    let picture = playing.composer.picture();
    let bar = picture.score.bar_at(Tick(35 * 24 + 12)).unwrap();
    assert_eq!(bar.start, Tick(35 * 24 + 12));
}

#[test]
fn a_take_goes_on_from_a_primer_of_its_own() {
    let note = |onset: i64| Note {
        onset: Tick(onset),
        duration: Tick(24),
        pitch: 60 + (onset / 24) as u8,
        velocity: 80,
        family: Family::PIANO,
        feel: None,
    };
    let primer = Primer {
        style: 0,
        mode: Mode::Major,
        meter: Meter::COMMON,
        n_bars: 2,
        notes: (0..8).map(|beat| note(24 * beat)).collect(),
    };
    let knobs = ComposingKnobs { temperature: 0.5, ..ComposingKnobs::default() };
    let key = Key::new(0, Mode::Major);
    let opening = Opening { primer, key, meter: Meter::COMMON, end: bars(2), programs: Programs::default() };
    let mut primed = Take::starting_from(opening);
    compose_until(&mut primed, &mut Writer::new(model()), &knobs, Meter::COMMON, bars(4));
    assert_eq!(primed.n_bars(), 4);
    assert_eq!(primed.end(), bars(4));
    assert_ne!(primed.score(), composed(&knobs, 4).score());
}

#[test]
fn a_jump_far_ahead_is_composed_from_the_beginning() {
    let knobs = ComposingKnobs { evolve: 0.0, length: 4, ..ComposingKnobs::default() };
    let setting = Setting { start: 4000.0, composing: with_knobs(knobs), ..offline() };
    let mut playing = instance(Some(model()), None);
    let heard = Host::new(setting).run_beats(&mut playing.player, 8.0);
    // Bar 1000 repeats bar 0.
    let expected = keys(&onsets(&composed(&knobs, 2).score(), 8.0));
    assert_eq!(heard_onsets(&heard), expected);
}
