//! How far the music keeps to a chord lane: `cargo run --release --example strictness --no-default-features`
//!
//! For each style of the default model, common progressions are composed with several seeds, 16 bars each. A note agrees
//! if it begins on a beat and is a tone of the chord there; a beat agrees if all pitched notes that sound at it are; a
//! bass agrees if the lowest note that sounds where the chord changes has the chord's bass. Then, without chords, how many
//! of the same pieces end on the tonic when they are told to end and when they are not: the lowest note that begins in
//! the last bar is the tonic.

use std::sync::Arc;

use continuo::composer::{Take, Writer, compose_until};
use continuo::model::Model;
use continuo::music::{COMMON_PROGRESSIONS, Chord, Key, Meter, Mode, Note, Progression, Scale, Score, Tick};
use continuo::player::ComposingKnobs;
use continuo::training::threads::Threads;

const N_BARS: usize = 16;
const N_SEEDS: u32 = 3;
const LANES: [&str; 4] = ["Axis", "Two five one", "Trance", "Circle of fifths"];
/// None is a take without a lane, compared with the same chords.
const STRICTNESS: [Option<f32>; 5] = [None, Some(0.0), Some(0.5), Some(0.75), Some(1.0)];

/// How many agreed, of how many.
#[derive(Clone, Copy, Default)]
struct Share(usize, usize);

impl Share {
    fn add(&mut self, agrees: bool) {
        *self = Self(self.0 + usize::from(agrees), self.1 + 1);
    }

    fn percent(self) -> String {
        format!("{:.0}", 100.0 * self.0 as f64 / self.1.max(1) as f64)
    }
}

/// Notes on beats, beats, and basses that agree.
type Found = [Share; 3];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (model, threads) = (Model::embedded()?, Threads::on_all_cores()?);
    let names = ["no lane", "0%", "50%", "75%", "100%"].map(|name| format!("{name}: notes / beats / bass"));
    println!(
        "| Style | {} | ends on the tonic: not told / told |\n|---|{}---|",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    for (style, name) in model.card().styles.iter().enumerate() {
        let found = threads.map(&STRICTNESS, |strictness| measure(&model, style as u8, *strictness));
        let text = |found: &Found| found.map(Share::percent).join(" / ");
        let ends = threads.map(&[false, true], |is_told| ends_on_tonic(&model, style as u8, *is_told));
        let ends: Vec<String> = ends.into_iter().map(Share::percent).collect();
        println!(
            "| {name} | {} | {} |",
            found.iter().map(text).collect::<Vec<_>>().join(" | "),
            ends.join(" / ")
        );
    }
    Ok(())
}

fn measure(model: &Arc<Model>, style: u8, strictness: Option<f32>) -> Found {
    let mut found = Found::default();
    for name in LANES {
        let common = COMMON_PROGRESSIONS.iter().find(|common| common.name == name);
        let Some(lane) = common.and_then(|common| Progression::parse(common.text).ok()) else { continue };
        let scale = if common.is_some_and(|common| common.text.starts_with('i')) {
            Scale::FreeMinor
        } else {
            Scale::FreeMajor
        };
        for seed in 1..=N_SEEDS {
            let knobs = ComposingKnobs { style, seed, scale, evolve: 1.0, ..ComposingKnobs::default() };
            let knobs = ComposingKnobs { strictness: strictness.unwrap_or(0.0), ..knobs };
            let mut take = if strictness.is_some() { Take::default().over(&lane) } else { Take::default() };
            let end = Tick(Meter::COMMON.bar_length().0 * N_BARS as i64);
            compose_until(&mut take, &mut Writer::new(Arc::clone(model)), &knobs, Meter::COMMON, end);
            let mode = if scale == Scale::FreeMinor { Mode::Minor } else { Mode::Major };
            compare(&take.score(), &lane, Key::new(0, mode), &mut found);
        }
    }
    found
}

fn ends_on_tonic(model: &Arc<Model>, style: u8, is_told: bool) -> Share {
    let mut share = Share::default();
    for scale in [Scale::FreeMajor, Scale::FreeMinor] {
        for seed in 1..=2 * N_SEEDS {
            let knobs = ComposingKnobs { style, seed, scale, evolve: 1.0, ..ComposingKnobs::default() };
            let mut take = if is_told { Take::default().ending_after(N_BARS) } else { Take::default() };
            let end = Tick(Meter::COMMON.bar_length().0 * N_BARS as i64);
            compose_until(&mut take, &mut Writer::new(Arc::clone(model)), &knobs, Meter::COMMON, end);
            let score = take.score();
            let last = score.bars.last().into_iter().flat_map(|bar| &bar.notes);
            if let Some(lowest) = last.filter(|note| !note.family.is_drums()).map(|note| note.pitch).min() {
                share.add(lowest % 12 == 0);
            }
        }
    }
    share
}

fn compare(score: &Score, lane: &Progression, key: Key, found: &mut Found) {
    let chords: Vec<(Tick, Option<Chord>)> = (0..score.bars.len())
        .flat_map(|idx| lane.bar(idx, Tick(idx as i64 * 96), Meter::COMMON, key))
        .collect();
    let chord_at = |tick: Tick| {
        let idx = chords.partition_point(|(at, _)| *at <= tick).checked_sub(1)?;
        chords.get(idx)?.1
    };
    let notes: Vec<&Note> = score.bars.iter().flat_map(|bar| &bar.notes).collect();
    let pitched: Vec<&Note> = notes.into_iter().filter(|note| !note.family.is_drums()).collect();
    for tick in (0..score.bars.len() as i64 * 96).step_by(24).map(Tick) {
        let Some(chord) = chord_at(tick) else { continue };
        let sounding: Vec<&&Note> =
            pitched.iter().filter(|note| note.onset <= tick && note.end() > tick).collect();
        for note in sounding.iter().filter(|note| note.onset == tick) {
            found[0].add(chord.contains(note.pitch));
        }
        if !sounding.is_empty() {
            found[1].add(sounding.iter().all(|note| chord.contains(note.pitch)));
        }
        let is_change = chord_at(tick - Tick(1)) != Some(chord);
        if let Some(lowest) = sounding.iter().min_by_key(|note| note.pitch)
            && is_change
        {
            found[2].add(lowest.pitch % 12 == chord.bass());
        }
    }
}
