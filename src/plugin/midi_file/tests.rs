use std::sync::Arc;

use crate::music::{Bar, Beats, Family, Meter, Note, Programs, Score, Tick, Voice, Voices, smf};
use crate::player::Knob;
use crate::player::handover::handover;
use crate::player::{Block, ComposingKnobs, EventList, Player, Transport};
use crate::plugin::midi_file::excerpt::{Extent, excerpt, piece, title};
use crate::plugin::midi_file::save::{Performance, SaveError, save_in, write_new};
use crate::plugin::parameters::Parameters;

/// Twelve bars, each with a note of its own; from the ninth on in three four.
fn score() -> Score {
    let waltz = Meter::new(3, 4).unwrap();
    let mut start = Tick(0);
    let bars = (0..12).map(|idx| {
        let meter = if idx < 8 { Meter::COMMON } else { waltz };
        let family = Family::PIANO;
        let note =
            Note { onset: start, duration: Tick(24), pitch: 60 + idx, velocity: 90, family, feel: None };
        let bar = Bar { start, meter, notes: vec![note] };
        start = bar.end();
        Arc::new(bar)
    });
    Score { bars: bars.collect(), ..Score::default() }
}

fn pitches(extent: Extent, position: Tick, length: u8) -> Vec<u8> {
    let score = score();
    let bars = excerpt(&score, extent, position, length);
    bars.iter().flat_map(|bar| &bar.notes).map(|note| note.pitch - 60).collect()
}

#[test]
fn an_extent_covers_the_bars_that_a_musician_expects() {
    let beat = |beats: i64| Tick(24 * beats);
    assert_eq!(pitches(Extent::Take, beat(7), 4), (0..12).collect::<Vec<u8>>());
    assert_eq!(pitches(Extent::LastBars(2), beat(18), 4), [3, 4], "the bar that sounds is the last");
    assert_eq!(pitches(Extent::LastBars(2), beat(16), 4), [2, 3], "at a bar line it is the one before");
    assert_eq!(pitches(Extent::LastBars(9), beat(5), 4), [0, 1]);
    assert_eq!(pitches(Extent::LastBars(2), beat(1000), 4), [10, 11]);
    assert_eq!(pitches(Extent::Phrase, beat(16), 4), [4, 5, 6, 7]);
    assert_eq!(pitches(Extent::Phrase, beat(15), 4), [0, 1, 2, 3]);
    assert_eq!(pitches(Extent::Phrase, beat(33), 5), [5, 6, 7, 8, 9]);
    assert_eq!(pitches(Extent::Phrase, beat(1000), 8), [8, 9, 10, 11]);
    assert_eq!(pitches(Extent::Bars(2, 3), beat(1000), 8), [2, 3, 4]);
    assert_eq!(pitches(Extent::Bars(10, usize::MAX), beat(0), 8), [10, 11]);
    assert_eq!(pitches(Extent::Bars(12, 1), beat(0), 8), <[u8; 0]>::default());
    assert!(excerpt(&Score::default(), Extent::Phrase, beat(3), 8).is_empty());
}

#[test]
fn a_saved_piece_begins_at_zero_and_keeps_its_meters() {
    let score = score();
    let piece = piece(&score.bars[6..10], Programs::default(), &ComposingKnobs::default(), 93.0);
    let written = smf::read(&smf::write(&piece, "title")).unwrap().to_piece();
    let onsets: Vec<i64> = written.notes.iter().map(|note| note.onset.0).collect();
    assert_eq!(onsets, [0, 96, 192, 264]);
    let waltz = Meter::new(3, 4).unwrap();
    assert_eq!(written.meters, [(Tick(0), Meter::COMMON), (Tick(192), waltz)]);
    assert!((written.tempos[0].1 - 93.0).abs() < 0.001);
    assert_eq!(written.length, Tick(2 * 96 + 2 * 72), "it ends where its last bar ends");
}

/// A song that has been played from its beginning for a while, as the host's main thread knows it.
fn played(n_bars: f64) -> Parameters {
    let (composer_end, player_end) = handover();
    let parameters = Parameters::new(composer_end);
    parameters.session.start();
    let mut player = Player::new(player_end);
    let (mut events, mut beats) = (EventList::default(), 0.0);
    while beats < 4.0 * n_bars {
        let transport = Transport {
            playing: true,
            position: Some(Beats(beats)),
            tempo: Some(120.0),
            offline: true,
            ..Transport::default()
        };
        let block = Block { n_samples: 4800, sample_rate: 48_000.0, transport };
        events.clear();
        let (composing, performing) = (parameters.composing(), parameters.performing());
        player.process(&block, &composing, &performing, &[], &mut events);
        beats += 0.2;
    }
    // From here on the take stays as it is.
    parameters.session.wait_until_idle();
    parameters
}

#[test]
fn a_saved_file_has_the_notes_as_heard_or_as_composed() {
    let folder = tempfile::tempdir().unwrap();
    let parameters = played(9.5);
    let put = |knob, text| parameters.put(knob, parameters.position_of_text(knob, text).unwrap());
    put(Knob::Octave, "1");
    put(Knob::Swing, "100%");
    let read = |extent, performance| {
        let path = save_in(folder.path(), &parameters, extent, performance).unwrap();
        smf::load(&path).unwrap()
    };
    let composed = read(Extent::Phrase, Performance::AsComposed).to_piece();
    let score = parameters.session.picture().score;
    let phrase = excerpt(&score, Extent::Phrase, Tick(96 * 9 + 48), 8);
    assert_eq!(phrase[0].start, Tick(96 * 8));
    let expected: Vec<(i64, u8)> =
        phrase.iter().flat_map(|bar| &bar.notes).map(|note| (note.onset.0 - 96 * 8, note.pitch)).collect();
    let found: Vec<(i64, u8)> = composed.notes.iter().map(|note| (note.onset.0, note.pitch)).collect();
    assert_eq!(found, expected);
    let heard = read(Extent::LastBars(4), Performance::AsHeard);
    let composed = read(Extent::LastBars(4), Performance::AsComposed);
    assert_eq!(heard.notes.len(), composed.notes.len());
    let beats = |smf: &smf::Smf, note: &smf::SmfNote| note.start as f64 / f64::from(smf.ticks_per_beat);
    let mut n_swung = 0;
    for (heard_note, note) in heard.notes.iter().zip(&composed.notes) {
        assert_eq!(heard_note.pitch, note.pitch + 12);
        n_swung += usize::from(beats(&heard, heard_note) > beats(&composed, note) + 0.1);
    }
    assert!(n_swung > 0, "nothing was swung");
}

#[test]
fn a_saved_file_has_the_parts_that_are_heard_and_their_voices_are_those_of_the_whole_take() {
    let folder = tempfile::tempdir().unwrap();
    let parameters = played(9.5);
    let solo = |text: &str| {
        parameters.put(Knob::Solo, parameters.position_of_text(Knob::Solo, text).unwrap());
    };
    let pitches = |performance| {
        let path = save_in(folder.path(), &parameters, Extent::LastBars(4), performance)?;
        Ok::<_, SaveError>(smf::load(&path).unwrap().notes.iter().map(|note| note.pitch).collect::<Vec<u8>>())
    };
    let whole = pitches(Performance::AsComposed).unwrap();
    let score = parameters.session.picture().score;
    let voices = Voices::of(&score.bars);
    let last = excerpt(&score, Extent::LastBars(4), Tick(96 * 9 + 48), 8);
    for (part, voice) in Voice::ALL.into_iter().enumerate() {
        solo(&format!("Voice {}", part + 1));
        let in_bar = |bar: &Arc<Bar>| {
            let led = bar.notes.iter().zip(voices.of_bar(bar.start).to_vec());
            led.filter(|(_, led)| *led == Some(voice)).map(|(note, _)| note.pitch).collect::<Vec<u8>>()
        };
        let expected: Vec<u8> = last.iter().flat_map(in_bar).collect();
        assert!(expected.len() > 3, "{voice:?}");
        assert_eq!(pitches(Performance::AsHeard).unwrap(), expected, "{voice:?}");
        assert_eq!(pitches(Performance::AsComposed).unwrap(), whole, "{voice:?}");
    }
    solo("Sound effects");
    let error = pitches(Performance::AsHeard).unwrap_err().to_string();
    assert!(error.contains("muted"), "{error}");
}

#[test]
fn saving_fails_where_nothing_is_composed() {
    let folder = tempfile::tempdir().unwrap();
    let parameters = Parameters::new(handover().0);
    let error = save_in(folder.path(), &parameters, Extent::Take, Performance::AsHeard).unwrap_err();
    assert!(error.to_string().contains("nothing to save"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn no_file_is_ever_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("to be made");
    let styles = ["Chorales".to_owned(), "Folk/tunes".to_owned()];
    let knobs = ComposingKnobs { style: 9, seed: 77, tonic: 6, ..ComposingKnobs::default() };
    let title = title(&knobs, &styles);
    assert_eq!(title, "Folk/tunes in F# major, seed 77");
    let first = write_new(&folder, &title, b"one").unwrap();
    let second = write_new(&folder, &title, b"two").unwrap();
    assert_eq!(first.file_name().unwrap(), "Folk-tunes in F# major, seed 77, 1.mid");
    assert_eq!(second.file_name().unwrap(), "Folk-tunes in F# major, seed 77, 2.mid");
    assert_eq!(std::fs::read(first).unwrap(), b"one");
    std::fs::write(folder.join("file"), "").unwrap();
    let error = write_new(&folder.join("file"), &title, b"").unwrap_err().to_string();
    assert!(error.contains("could not write"), "{error}");
}
