//! How the shipped model answers the first four bars of real pieces, and how soon it reacts to a note:
//! `cargo run --release --example conversation --no-default-features -- STYLE=FOLDER... [PIECES]`
//!
//! The pieces are those of the folder's validation part, each moved to another key. An answer of eight bars is composed in
//! Continue, the scale left free. Its key is found from its notes alone and compared with that of the
//! piece (the same signature counts as agreement). Its likelihood is that under a trigram model of the melody
//! (the highest note at each onset) of the rest of the piece, which the composer has not heard; beside it that of a sample of the same style, seed and length that has heard
//! nothing, in the same key.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use continuo::composer::{Composer, Take, Writer, compose_until};
use continuo::model::Model;
use continuo::music::{Beats, Family, Key, Meter, Mode, Note, Piece, Scale, Tick, find_key};
use continuo::player::handover::handover;
use continuo::player::{
    Block, ComposingKnobs, Conversation, Event, EventKind, EventList, PerformingKnobs, Player, Transport,
};
use continuo::training::corpus::{Corpus, Part, StyleFolder};
use continuo::training::threads::Threads;

const N_HEARD: i64 = 4;
const N_ANSWERED: i64 = 8;

fn main() {
    let (pieces, folders): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.parse::<usize>().is_ok());
    let n_pieces = pieces.first().and_then(|n| n.parse().ok()).unwrap_or(40);
    let model = match Model::embedded() {
        Ok(model) => model,
        Err(error) => return eprintln!("{error}"),
    };
    println!(
        "| style | pieces | key agrees | nats a note, answer | nats a note, without input | answer is likelier |"
    );
    println!("|---|---|---|---|---|---|");
    for folder in &folders {
        answers(&model, &StyleFolder::parse(folder), n_pieces);
    }
    react(&model);
}

fn answers(model: &Arc<Model>, folder: &StyleFolder, n_pieces: usize) {
    let name = folder.name.clone();
    let Some(style) = model.card().styles.iter().position(|style| *style == name) else {
        return eprintln!("the model has no style {name}");
    };
    let style = style as u8;
    let corpus = Threads::on_all_cores().map_err(|error| error.to_string()).and_then(|threads| {
        Corpus::read(std::slice::from_ref(folder), &threads).map_err(|error| error.to_string())
    });
    let corpus = match corpus {
        Ok(corpus) => corpus,
        Err(error) => return eprintln!("{error}"),
    };
    let (mut n, mut n_agree, mut n_better, mut answered, mut unprimed) = (0, 0, 0, 0.0, 0.0);
    for keyed in corpus.pieces(Part::Valid) {
        let key = Key::new((5 * n % 12) as u8, keyed.mode_at(Tick::ZERO));
        let Some((opening, rest, meter)) = cut(&moved(&keyed.piece, key.transposition())) else { continue };
        let knobs = ComposingKnobs {
            style,
            seed: n as u32 + 1,
            conversation: Conversation::Continue,
            instrument: opening[0].family,
            evolve: 1.0,
            ..ComposingKnobs::default()
        };
        let answer = compose(model, &knobs, meter, &opening);
        let free = if key.mode == Mode::Minor { Scale::FreeMinor } else { Scale::FreeMajor };
        let alone =
            ComposingKnobs { conversation: Conversation::Generate, tonic: key.tonic(), scale: free, ..knobs };
        let sample = compose(model, &alone, meter, &[]);
        let Some((found, _)) = find_key(&answer) else { continue };
        let trigrams = Trigrams::of(&rest);
        let (a, b) = (trigrams.nats(&answer), trigrams.nats(&sample));
        n += 1;
        n_agree += usize::from(signature(found) == signature(key));
        n_better += usize::from(a < b);
        answered += a;
        unprimed += b;
        if n >= n_pieces {
            break;
        }
    }
    let share = |count: usize| 100.0 * count as f64 / n.max(1) as f64;
    let mean = |sum: f64| sum / n.max(1) as f64;
    println!(
        "| {name} | {n} | {:.0}% | {:.3} | {:.3} | {:.0}% |",
        share(n_agree),
        mean(answered),
        mean(unprimed),
        share(n_better)
    );
}

/// A piece in another key.
fn moved(piece: &Piece, up: i8) -> Piece {
    let moved = |note: &Note| Note { pitch: note.pitch.saturating_add_signed(up).min(127), ..*note };
    Piece { notes: piece.notes.iter().map(moved).collect(), ..piece.clone() }
}

/// The first bars, what follows them, and the meter; nothing for a piece that is too short.
fn cut(piece: &Piece) -> Option<(Vec<Note>, Vec<Note>, Meter)> {
    let (start, meter) = piece.bar_at(piece.notes.first()?.onset);
    let line = start + Tick(N_HEARD * meter.bar_length().0);
    let pitched = piece.notes.iter().filter(|note| !note.family.is_drums());
    let (heard, rest): (Vec<Note>, Vec<Note>) = pitched.partition(|note| note.onset < line);
    let heard: Vec<Note> = heard.iter().map(|note| Note { onset: note.onset - start, ..*note }).collect();
    (heard.len() >= 8 && rest.len() >= 32).then_some((heard, rest, meter))
}

/// Eight bars after the four that were played in, or eight bars of its own.
fn compose(model: &Arc<Model>, knobs: &ComposingKnobs, meter: Meter, heard: &[Note]) -> Vec<Note> {
    let mut take = Take::default();
    take.play_in(heard);
    let bar = meter.bar_length().0;
    let (from, until) = (Tick(bar * N_HEARD), Tick(bar * (N_HEARD + N_ANSWERED)));
    compose_until(&mut take, &mut Writer::new(Arc::clone(model)), knobs, meter, until);
    take.score().bars.iter().filter(|bar| bar.start >= from).flat_map(|bar| bar.notes.clone()).collect()
}

/// A model of a melody's pitches, each given the two before it.
struct Trigrams {
    counts: [HashMap<Vec<u8>, HashMap<u8, f64>>; 3],
}

impl Trigrams {
    fn of(notes: &[Note]) -> Self {
        let melody = melody(notes);
        let mut counts: [HashMap<Vec<u8>, HashMap<u8, f64>>; 3] = Default::default();
        for (order, counts) in counts.iter_mut().enumerate() {
            for run in melody.windows(order + 1) {
                *counts.entry(run[..order].to_vec()).or_default().entry(run[order]).or_default() += 1.0;
            }
        }
        Self { counts }
    }

    /// Each order is smoothed by the one below it (Witten and Bell), the lowest by all 128 pitches alike.
    fn probability(&self, before: &[u8], pitch: u8) -> f64 {
        let mut probability = 1.0 / 128.0;
        for (order, counts) in self.counts.iter().enumerate() {
            let Some(seen) = counts.get(&before[before.len() - order..]) else { break };
            let (n, n_kinds) = (seen.values().sum::<f64>(), seen.len() as f64);
            let count = seen.get(&pitch).copied().unwrap_or(0.0);
            probability = (count + n_kinds * probability) / (n + n_kinds);
        }
        probability
    }

    /// Negative log-likelihood of a melody, the mean over its notes in nats.
    fn nats(&self, notes: &[Note]) -> f64 {
        let melody = melody(notes);
        let all: Vec<f64> = melody.windows(3).map(|run| -self.probability(&run[..2], run[2]).ln()).collect();
        if all.is_empty() { 128.0_f64.ln() } else { all.iter().sum::<f64>() / all.len() as f64 }
    }
}

/// The highest note at each onset.
fn melody(notes: &[Note]) -> Vec<u8> {
    let mut top: Vec<(Tick, u8)> = Vec::new();
    for note in notes {
        match top.last_mut().filter(|(onset, _)| *onset == note.onset) {
            Some((_, pitch)) => *pitch = (*pitch).max(note.pitch),
            None => top.push((note.onset, note.pitch)),
        }
    }
    top.into_iter().map(|(_, pitch)| pitch).collect()
}

fn signature(key: Key) -> u8 {
    if key.mode == Mode::Minor { (key.tonic() + 3) % 12 } else { key.tonic() }
}

/// Plays along live at 240 beats a minute, a note every one and a third beats, while other threads keep every
/// core busy, and prints how long after each note the first composed note comes that has seen it.
fn react(model: &Arc<Model>) {
    const RATE: f64 = 48_000.0;
    const BLOCK: u32 = 128;
    const TEMPO: f64 = 240.0;
    let n_cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let is_over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let busy: Vec<_> = (0..n_cores)
        .map(|_| {
            let is_over = Arc::clone(&is_over);
            std::thread::spawn(move || while !is_over.load(std::sync::atomic::Ordering::Relaxed) {})
        })
        .collect();
    let (end, player_end) = handover();
    let composer = Composer::spawn(end, Some(Arc::clone(model)), None);
    let mut player = Player::new(player_end);
    let knobs = ComposingKnobs {
        style: 3,
        density: 1.5,
        conversation: Conversation::Accompany,
        instrument: Family::from_index(3).unwrap_or_default(),
        evolve: 1.0,
        ..ComposingKnobs::default()
    };
    let mut events = EventList::default();
    let beats_per_block = f64::from(BLOCK) / RATE * TEMPO / 60.0;
    let (mut position, mut waiting, mut reactions, mut next) = (0.0, None, Vec::new(), 8.0);
    let start = Instant::now();
    let mut n_blocks = 0_u32;
    while position < 120.0 {
        let is_standing = n_blocks < 1500;
        let transport = Transport {
            playing: !is_standing,
            position: Some(Beats(position)),
            tempo: Some(TEMPO),
            meter: Some(Meter::COMMON),
            ..Transport::default()
        };
        let block = Block { n_samples: BLOCK, sample_rate: RATE, transport };
        let mut input = Vec::new();
        if position >= next {
            let key = 60 + (next as u32 * 5 % 12) as u8;
            input.push(Event { offset: 0, kind: EventKind::On { channel: 0, key, velocity: 90 } });
            input.push(Event { offset: 1, kind: EventKind::Off { channel: 0, key } });
            let before = composer.picture().score;
            waiting = Some((position, before));
            next += 4.0 / 3.0;
        }
        events.clear();
        player.process(&block, &knobs, &PerformingKnobs::default(), &input, &mut events);
        if let Some((at, before)) = &waiting {
            let now = composer.picture().score;
            // The first note that is another than it would have been, once the playhead has come to it.
            let changed = now.bars.iter().flat_map(|bar| &bar.notes).find(|note| {
                let was = before.bars.iter().flat_map(|bar| &bar.notes).any(|old| old == *note);
                note.onset.to_beats().0 > *at && !was
            });
            if let Some(note) = changed.filter(|note| note.onset.to_beats().0 <= position) {
                reactions.push(note.onset.to_beats().0 - at);
                waiting = None;
            }
        }
        if !is_standing {
            position += beats_per_block;
        }
        n_blocks += 1;
        let due = Duration::from_secs_f64(f64::from(n_blocks) * f64::from(BLOCK) / RATE);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
    }
    is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    for thread in busy {
        let _ = thread.join();
    }
    reactions.sort_by(f64::total_cmp);
    let at = |share: f64| {
        reactions.get((share * (reactions.len().max(1) - 1) as f64) as usize).copied().unwrap_or(0.0)
    };
    println!(
        "\nAccompany at 240 bpm with {n_cores} busy cores: {} notes; from a note to the first composed one that has \
         seen it {:.2} beats (median), {:.2} (nine in ten), {:.2} (longest); bars late: {}",
        reactions.len(),
        at(0.5),
        at(0.9),
        at(1.0),
        composer.status().n_late,
    );
}
