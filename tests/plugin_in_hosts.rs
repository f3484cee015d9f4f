//! The real plugin in hosts of our own: the library that cargo has just built, driven through CLAP and
//! through VST3 by transports as nasty as real ones.
#![cfg(feature = "plugin")]

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use continuo::player::handover::handover;
use continuo::plugin::{Parameters, presets};
use xtask::hosts::clap::ClapHost;
use xtask::hosts::daw::{Press, Report, Sizes, press};
use xtask::hosts::vst3::Vst3Host;
use xtask::hosts::{
    Block, Change, Daw, Host, LoopStyle, Meanwhile, Pace, Recording, RenderMode, Setup, parameter_number,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Clap,
    Vst3,
}

const FORMATS: [Format; 2] = [Format::Clap, Format::Vst3];

/// The plugin as cargo built it for this test.
fn library() -> Result<PathBuf> {
    let name = library_name();
    let program = std::env::current_exe()?;
    let folder = program.parent().context("a program without a folder")?;
    let library = folder.join(name);
    ensure!(library.exists(), "cargo built no {}", library.display());
    Ok(library)
}

fn library_name() -> String {
    format!("{}continuo{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

fn load(format: Format, knobs: &[(&str, &str)]) -> Result<Box<dyn Host>> {
    let mut host: Box<dyn Host> = match format {
        Format::Clap => Box::new(ClapHost::load(&library()?)?),
        Format::Vst3 => Box::new(Vst3Host::load(&library()?)?),
    };
    for (id, value) in knobs {
        host.set(id, value)?;
    }
    Ok(host)
}

/// Plays blocks as fast as the plugin can.
fn play(host: &mut dyn Host, blocks: Vec<Block>, recording: &mut Recording) -> Result<()> {
    host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, Meanwhile::Answer, recording)
}

fn offline(sample_rate: f64) -> Setup {
    Setup { sample_rate, max_frames: 8192, mode: RenderMode::Offline }
}

/// Activates for rendering. Through VST3 the song then stands for two seconds of real time: nice-plug
/// 0.4.2 tells of a VST3 host's offline mode one activation late, so the plugin believes itself live, and
/// the first bars must be there before they are asked for. Every DAW processes before it plays.
fn ready(host: &mut dyn Host, format: Format, sample_rate: f64) -> Result<()> {
    host.activate(offline(sample_rate))?;
    if matches!(format, Format::Vst3) {
        let blocks = Daw { sample_rate, ..Daw::default() }.stand(2 * sample_rate as u32);
        let mut silence = Recording::default();
        host.play(&mut blocks.into_iter(), Pace::RealTime, Meanwhile::Answer, &mut silence)?;
    }
    Ok(())
}

/// A note in score time: tick, channel, key, velocity. Four-and-twenty ticks to the quarter.
type Heard = (i64, u8, u8, u8);

const TICKS: f64 = 24.0;

/// What was heard of the first bars, after the checks that hold for every recording. The first note of
/// the next bar may fall to the last sample.
fn heard(recording: &Recording, n_bars: u32) -> Result<Vec<Heard>> {
    let mut notes = checked(recording)?;
    notes.retain(|note| note.beat < f64::from(n_bars) * 4.0 - 0.5 / TICKS);
    let tick = |beat: f64| (beat * TICKS).round() as i64;
    Ok(notes.iter().map(|note| (tick(note.beat), note.channel, note.key, note.velocity)).collect())
}

fn checked(recording: &Recording) -> Result<Vec<xtask::hosts::PlayedNote>> {
    recording.check_times()?;
    recording.check_silence_when_stopped()?;
    let notes = recording.notes()?;
    ensure!(!notes.is_empty(), "nothing was played");
    for note in &notes {
        let span = recording.spans.iter().rfind(|span| span.sample <= note.on).context("no span")?;
        let off = (note.beat * TICKS - (note.beat * TICKS).round()).abs() / TICKS / span.beats_per_sample;
        ensure!(off <= 1.0 + 1e-3, "{off} samples beside its beat: {note:?}");
    }
    Ok(notes)
}

/// The first bars of a piece, and a second of standing still.
fn bars(daw: Daw, format: Format, knobs: &[(&str, &str)], n_bars: u32) -> Result<Vec<Heard>> {
    let mut daw = daw;
    let mut host = load(format, knobs)?;
    ready(host.as_mut(), format, daw.sample_rate)?;
    let mut blocks = daw.play(f64::from(n_bars) * 4.0);
    blocks.extend(daw.stand(48_000));
    let mut recording = Recording::default();
    play(host.as_mut(), blocks, &mut recording)?;
    heard(&recording, n_bars)
}

#[test]
fn clap_and_vst3_play_the_same_notes() -> Result<()> {
    let clap = bars(Daw::default(), Format::Clap, &[], 8)?;
    let vst3 = bars(Daw::default(), Format::Vst3, &[], 8)?;
    assert_eq!(clap, vst3);
    Ok(())
}

#[test]
fn the_trainer_generates_what_the_plugin_plays() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("generated.mid");
    let mut generate = std::process::Command::new(env!("CARGO_BIN_EXE_continuo-trainer"));
    generate.args(["generate", "--seed", "77", "--temperature", "0.9", "--length", "4", "--bars", "8"]);
    ensure!(generate.arg("--out").arg(&file).status()?.success(), "generate fails");
    let knobs = [("seed", "77"), ("temp", "0.9"), ("length", "4")];
    let mut played = bars(Daw::default(), Format::Clap, &knobs, 8)?;
    let mut generated: Vec<Heard> = xtask::midi::Song::read(&file)?
        .notes
        .iter()
        .map(|note| ((note.beat * TICKS).round() as i64, note.channel, note.key, note.velocity))
        .collect();
    played.sort_unstable();
    generated.sort_unstable();
    assert_eq!(played, generated);
    Ok(())
}

#[test]
fn the_notes_depend_on_neither_block_size_nor_sample_rate() -> Result<()> {
    let expected = bars(Daw::default(), Format::Clap, &[], 4)?;
    for sizes in [
        Sizes::Fixed(1),
        Sizes::Fixed(64),
        Sizes::Fixed(8192),
        Sizes::Random { seed: 1, max: 8192 },
        Sizes::Random { seed: 2, max: 300 },
    ] {
        let daw = Daw { sizes: sizes.clone(), ..Daw::default() };
        assert_eq!(bars(daw, Format::Clap, &[], 4)?, expected, "{sizes:?}");
    }
    for sample_rate in [22_050.0, 44_100.0, 96_000.0, 192_000.0] {
        let daw = Daw { sample_rate, ..Daw::default() };
        assert_eq!(bars(daw, Format::Clap, &[], 4)?, expected, "{sample_rate} Hz");
    }
    Ok(())
}

#[test]
fn the_notes_are_the_same_in_real_time() -> Result<()> {
    let fast = || Daw { tempo: 160.0, ..Daw::default() };
    for format in FORMATS {
        let mut host = load(format, &[])?;
        host.activate(Setup::default())?;
        let mut daw = fast();
        let mut blocks = daw.stand(3 * 48_000);
        blocks.extend(daw.play(16.0));
        blocks.extend(daw.stand(4_800));
        let mut recording = Recording::default();
        host.play(&mut blocks.into_iter(), Pace::RealTime, Meanwhile::SaveState, &mut recording)?;
        assert_eq!(heard(&recording, 4)?, bars(fast(), format, &[], 4)?, "{format:?}");
    }
    Ok(())
}

#[test]
fn another_seed_or_temperature_plays_other_notes() -> Result<()> {
    let usual = bars(Daw::default(), Format::Clap, &[("seed", "7"), ("temp", "0.8")], 4)?;
    assert_eq!(bars(Daw::default(), Format::Clap, &[("seed", "7"), ("temp", "0.8")], 4)?, usual);
    assert_ne!(bars(Daw::default(), Format::Clap, &[("seed", "8"), ("temp", "0.8")], 4)?, usual);
    assert_ne!(bars(Daw::default(), Format::Clap, &[("seed", "7"), ("temp", "1.2")], 4)?, usual);
    Ok(())
}

#[test]
fn every_onset_is_on_its_sample_while_the_tempo_moves() -> Result<()> {
    for (format, seed) in [(Format::Clap, 1), (Format::Clap, 2), (Format::Vst3, 3)] {
        let mut daw = Daw { sizes: Sizes::Random { seed, max: 4096 }, position: -0.37, ..Daw::default() };
        let mut blocks = daw.ramp(8.37, 190.0);
        blocks.extend(daw.ramp(8.0, 61.0));
        blocks.extend(daw.stand(9_000));
        let mut host = load(format, &[])?;
        ready(host.as_mut(), format, daw.sample_rate)?;
        let mut recording = Recording::default();
        play(host.as_mut(), blocks, &mut recording)?;
        assert_eq!(heard(&recording, 4)?, bars(Daw::default(), format, &[], 4)?, "{format:?} {seed}");
    }
    Ok(())
}

#[test]
fn a_host_that_tells_only_position_and_tempo_hears_the_same() -> Result<()> {
    let daw = Daw { report: Report::PositionAndTempo, ..Daw::default() };
    assert_eq!(bars(daw, Format::Vst3, &[], 4)?, bars(Daw::default(), Format::Vst3, &[], 4)?);
    Ok(())
}

/// The notes of each pass of a loop, in ticks from its start. What lies within a sample of the seam
/// belongs to the pass that it opens.
fn passes(recording: &Recording, start: f64, length: f64, n_passes: usize) -> Result<Vec<Vec<Heard>>> {
    let mut passes = vec![Vec::new(); n_passes];
    let (origin, ticks) = ((start * TICKS) as i64, (length * TICKS) as i64);
    let first = recording.spans.first().context("nothing was recorded")?;
    for note in checked(recording)? {
        let passed = (note.on + 1) as f64 * first.beats_per_sample / length;
        let tick = ((note.beat * TICKS).round() as i64 - origin).rem_euclid(ticks);
        if let Some(pass) = passes.get_mut(passed as usize) {
            pass.push((tick, note.channel, note.key, note.velocity));
        }
    }
    Ok(passes)
}

#[test]
fn a_loop_repeats_exactly_however_the_host_takes_it() -> Result<()> {
    for format in FORMATS {
        for (start, length) in [(4.0, 8.0), (5.5, 3.0), (0.0, 4.0)] {
            for loop_style in [LoopStyle::CutBlocks, LoopStyle::InsideBlocks] {
                let mut daw = Daw {
                    cycle: Some((start, start + length)),
                    position: start,
                    loop_style,
                    sizes: Sizes::Random { seed: 5, max: 8192 },
                    ..Daw::default()
                };
                let mut host = load(format, &[])?;
                ready(host.as_mut(), format, daw.sample_rate)?;
                let mut recording = Recording::default();
                let mut blocks = daw.play(5.0 * length);
                blocks.extend(daw.stand(9_000));
                play(host.as_mut(), blocks, &mut recording)?;
                let passes = passes(&recording, start, length, 5)?;
                assert!(!passes[1].is_empty());
                for pass in &passes[1..] {
                    assert_eq!(*pass, passes[0], "{format:?} {start} {length} {loop_style:?}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_loop_shorter_than_a_block_plays_every_pass() -> Result<()> {
    // An eighth of a quarter note: at 120 that is 3,000 frames, so up to three passes to a block.
    let (start, length) = (0.0, 0.125);
    for format in FORMATS {
        let mut daw = Daw {
            cycle: Some((start, start + length)),
            loop_style: LoopStyle::InsideBlocks,
            sizes: Sizes::Fixed(8192),
            ..Daw::default()
        };
        let mut host = load(format, &[])?;
        ready(host.as_mut(), format, daw.sample_rate)?;
        let mut recording = Recording::default();
        let mut blocks = daw.play(20.0 * length);
        blocks.extend(daw.stand(9_000));
        play(host.as_mut(), blocks, &mut recording)?;
        let passes = passes(&recording, start, length, 20)?;
        assert!(passes.iter().all(|pass| *pass == passes[0]), "{format:?}: {passes:?}");
    }
    Ok(())
}

#[test]
fn going_back_plays_what_was_heard() -> Result<()> {
    for format in FORMATS {
        let mut daw = Daw::default();
        let mut host = load(format, &[])?;
        ready(host.as_mut(), format, daw.sample_rate)?;
        let mut times = Vec::new();
        for _ in 0..2 {
            daw.position = 0.0;
            let mut recording = Recording::default();
            let mut blocks = daw.play(16.0);
            blocks.extend(daw.stand(2_000));
            play(host.as_mut(), blocks, &mut recording)?;
            times.push(heard(&recording, 4)?);
        }
        assert_eq!(times[0], times[1], "{format:?}");
    }
    Ok(())
}

#[test]
fn a_project_saved_in_the_middle_and_reloaded_plays_the_same_notes() -> Result<()> {
    for format in FORMATS {
        let mut first = load(format, &[("seed", "21"), ("temp", "0.9"), ("evolve", "50%")])?;
        let mut daw = Daw::default();
        ready(first.as_mut(), format, daw.sample_rate)?;
        let mut before = Recording::default();
        play(first.as_mut(), daw.play(10.0), &mut before)?;
        let state = first.save()?;
        let mut blocks = daw.play(6.0);
        blocks.extend(daw.stand(2_000));
        play(first.as_mut(), blocks, &mut before)?;

        let mut second = load(format, &[])?;
        let mut daw = Daw::default();
        ready(second.as_mut(), format, daw.sample_rate)?;
        // The state arrives while another piece plays, whose notes must end.
        let mut after = Recording::default();
        play(second.as_mut(), daw.play(3.0), &mut after)?;
        second.load(&state)?;
        daw.position = 0.0;
        let seam = after.frames();
        let mut blocks = daw.play(16.0);
        blocks.extend(daw.stand(2_000));
        play(second.as_mut(), blocks, &mut after)?;
        let reloaded: Vec<Heard> = {
            let notes = checked(&after)?;
            let end = 16.0 - 0.5 / TICKS;
            let kept = notes.iter().filter(|note| note.on >= seam && note.beat < end);
            kept.map(|n| ((n.beat * TICKS).round() as i64, n.channel, n.key, n.velocity)).collect()
        };
        assert_eq!(reloaded, heard(&before, 4)?, "{format:?}");
    }
    Ok(())
}

#[test]
fn a_state_saved_by_one_format_is_whole_after_any_number_of_saves() -> Result<()> {
    for format in FORMATS {
        let mut host = load(format, &[("seed", "3")])?;
        let mut daw = Daw::default();
        ready(host.as_mut(), format, daw.sample_rate)?;
        play(host.as_mut(), daw.play(8.0), &mut Recording::default())?;
        host.deactivate()?;
        let state = host.save()?;
        host.load(&state)?;
        assert_eq!(host.save()?, state, "{format:?}");
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_vst3_editor_leaves_the_hosts_loop_however_the_host_parts_from_it() -> Result<()> {
    use xtask::hosts::vst3::Parting;
    let mut host = Vst3Host::load(&library()?)?;
    for parting in [Parting::TakesBackTheFrame, Parting::GivesAnotherFrame, Parting::Forgets] {
        host.lend_a_loop(parting).with_context(|| format!("{parting:?}"))?;
    }
    Ok(())
}

#[test]
fn nothing_plays_while_bypassed() -> Result<()> {
    for format in FORMATS {
        let mut host = load(format, &[("bypass", "On")])?;
        let mut daw = Daw::default();
        ready(host.as_mut(), format, daw.sample_rate)?;
        let mut recording = Recording::default();
        play(host.as_mut(), daw.play(8.0), &mut recording)?;
        assert_eq!(recording.events.len(), 0, "{format:?}");
    }
    Ok(())
}

#[test]
fn the_output_is_silent_unless_the_preview_sound_is_on() -> Result<()> {
    for format in FORMATS {
        for (preview, sounds) in [("Off", false), ("On", true)] {
            let mut host = load(format, &[("prev", preview)])?;
            let mut daw = Daw::default();
            ready(host.as_mut(), format, daw.sample_rate)?;
            let mut recording = Recording::with_audio();
            play(host.as_mut(), daw.play(8.0), &mut recording)?;
            let audio = recording.audio.as_ref().context("no sound")?;
            let peak = xtask::wav::peak(audio);
            assert!(peak < 1.0 && (peak > 0.01) == sounds, "{format:?}: preview {preview}, peak {peak}");
            assert!(sounds || peak <= 0.0, "{format:?}: peak {peak}");
        }
    }
    Ok(())
}

#[test]
fn controllers_with_knobs_find_every_parameter_on_a_page() -> Result<()> {
    let mut host = ClapHost::load(&library()?)?;
    let pages = host.remote_pages()?;
    let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["Compose", "Pitch", "Rhythm", "Perform", "Converse", "Takes", "Sound"];
    assert_eq!(names[..7], expected);
    let on_pages: Vec<u32> = pages.iter().flat_map(|(_, places)| places.iter().flatten().copied()).collect();
    assert_eq!(on_pages.len(), 8 * pages.len(), "a place that is empty or names no parameter");
    for parameter in host.parameters()? {
        let is_there = on_pages.contains(&parameter.number) || parameter.name == "Bypass";
        assert!(is_there, "{} is on no page", parameter.name);
    }
    Ok(())
}

#[test]
fn presets_switch_while_playing_without_a_hanging_note() -> Result<()> {
    let parameters = Parameters::new(handover().0);
    let presets = presets::factory();
    for format in FORMATS {
        let mut daw = Daw { sizes: Sizes::Random { seed: 4, max: 3000 }, ..Daw::default() };
        let mut host = load(format, &[])?;
        ready(host.as_mut(), format, daw.sample_rate)?;
        let mut recording = Recording::default();
        for preset in &presets {
            let mut blocks = daw.play(2.3);
            let settings = preset.settings(&parameters);
            blocks[0].changes.extend(settings.iter().map(|(knob, position)| Change {
                offset: 0,
                number: parameter_number(knob.id()),
                normalised: f64::from(*position),
            }));
            play(host.as_mut(), blocks, &mut recording)?;
        }
        let mut blocks = daw.play(8.0);
        blocks.extend(daw.stand(9_000));
        play(host.as_mut(), blocks, &mut recording)?;
        // Every note-on with its note-off, none before its time, and silence when the song stands.
        recording.check_times()?;
        recording.check_silence_when_stopped()?;
        let n_notes = recording.notes()?.len();
        assert!(n_notes > 2 * presets.len(), "{format:?}: only {n_notes} notes");
        let last = presets.last().context("no presets")?;
        for (knob, position) in last.settings(&parameters) {
            let number = parameter_number(knob.id());
            let there = host.parameters()?.into_iter().find(|parameter| parameter.number == number);
            let normalised = there.context("no such parameter")?.normalised;
            assert!(
                (normalised - f64::from(position)).abs() < 1e-4,
                "{format:?}: {knob:?} is at {normalised}"
            );
        }
    }
    Ok(())
}

#[test]
fn a_project_of_the_first_version_loads_with_the_new_knobs_at_their_defaults() -> Result<()> {
    let old = [
        "style", "seed", "temp", "length", "evolve", "tonic", "scale", "octave", "vel", "gate", "prev",
        "prevdb", "bypass",
    ];
    let fresh = load(Format::Clap, &[("seed", "21"), ("octave", "1")])?.save()?;
    // Before the JSON object, CLAP's has its length in eight bytes.
    let mut state: serde_json::Value = serde_json::from_slice(fresh.get(8..).unwrap_or_default())?;
    let params = state["params"].as_object_mut().context("no parameters in the state")?;
    params.retain(|id, _| old.contains(&id.as_str()));
    assert_eq!(params.len(), old.len());
    for format in FORMATS {
        let expected = load(format, &[("seed", "21"), ("octave", "1")])?.parameters()?;
        let mut host = load(format, &[("dens", "150%"), ("low", "C3"), ("fam3", "Off"), ("mode", "Trade")])?;
        let mut saved = serde_json::to_vec(&state)?;
        if matches!(format, Format::Clap) {
            saved.splice(0..0, (saved.len() as u64).to_le_bytes());
        }
        host.load(&saved)?;
        assert_eq!(host.parameters()?, expected, "{format:?}");
    }
    Ok(())
}

/// A song in which a knob is turned here and there, and somebody plays in two of its eight bars.
struct Song {
    /// Where they stand at its beginning.
    knobs: &'static [(&'static str, &'static str)],
    /// At a beat, a knob and what it is turned to.
    turns: &'static [(f64, &'static str, &'static str)],
    is_played_in: bool,
    /// Whether an answer is due a few milliseconds after a note: then the notes are the same only where the plugin
    /// knows from the first block on that it may wait, which is in CLAP and offline.
    is_answered_at_once: bool,
}

impl Song {
    const N_BARS: u32 = 8;

    /// What is heard, and the project after it. With `state`, of that project and with nobody playing.
    fn heard(
        &self,
        format: Format,
        sizes: Sizes,
        pace: Pace,
        state: Option<&[u8]>,
    ) -> Result<(Vec<Heard>, Vec<u8>)> {
        let mut host = load(format, self.knobs)?;
        let mut daw = Daw { sizes, tempo: 240.0, ..Daw::default() };
        if let Some(state) = state {
            host.load(state)?;
            // As a host does that knows its lanes of automation.
            for (id, value) in self.knobs {
                host.set(id, value)?;
            }
        }
        let sample_rate = daw.sample_rate;
        let mut silence = Recording::default();
        match pace {
            Pace::AsFastAsPossible => ready(host.as_mut(), format, sample_rate)?,
            Pace::RealTime => {
                host.activate(Setup::default())?;
                let blocks = daw.stand(2 * 48_000);
                host.play(&mut blocks.into_iter(), pace, Meanwhile::Answer, &mut silence)?;
            }
        }
        let mut blocks = daw.play(4.0 * f64::from(Self::N_BARS));
        for (beat, id, text) in self.turns {
            let normalised = host.normalised(id, text)?;
            let block =
                blocks.iter_mut().find(|block| block.beat >= *beat).context("a turn beyond the end")?;
            block.changes.push(Change { offset: 0, number: parameter_number(id), normalised });
        }
        if self.is_played_in && state.is_none() {
            press(&mut blocks, sample_rate, &played_in());
        }
        blocks.extend(daw.stand(24_000));
        let mut recording = Recording::default();
        host.play(&mut blocks.into_iter(), pace, Meanwhile::Answer, &mut recording)?;
        // Nobody may be there to be answered.
        let heard = if recording.events.is_empty() { Vec::new() } else { heard(&recording, Self::N_BARS)? };
        Ok((heard, host.save()?))
    }

    /// Plays it every way there is.
    fn check(&self) -> Result<()> {
        let (expected, project) =
            self.heard(Format::Clap, Sizes::Fixed(512), Pace::AsFastAsPossible, None)?;
        ensure!(!expected.is_empty(), "nothing was played");
        for (format, sizes, pace) in [
            (Format::Clap, Sizes::Fixed(1), Pace::AsFastAsPossible),
            (Format::Clap, Sizes::Fixed(8192), Pace::AsFastAsPossible),
            (Format::Vst3, Sizes::Random { seed: 1, max: 8192 }, Pace::AsFastAsPossible),
            (Format::Clap, Sizes::Fixed(256), Pace::RealTime),
            (Format::Vst3, Sizes::Fixed(1024), Pace::RealTime),
        ] {
            if self.is_answered_at_once && (pace, format) != (Pace::AsFastAsPossible, Format::Clap) {
                continue;
            }
            let (found, _) = self.heard(format, sizes.clone(), pace, None)?;
            assert_eq!(found, expected, "{format:?} {sizes:?} {pace:?}");
        }
        let fast = Pace::AsFastAsPossible;
        if self.is_played_in {
            let alone = Self { is_played_in: false, ..*self };
            let (alone, _) = alone.heard(Format::Clap, Sizes::Fixed(512), fast, None)?;
            assert_ne!(alone, expected, "what was played in changes nothing");
        }
        let (again, _) = self.heard(Format::Clap, Sizes::Fixed(300), fast, Some(&project))?;
        assert_eq!(again, expected, "after save and reload");
        Ok(())
    }
}

/// A tune of two bars from the second beat on.
fn played_in() -> Vec<Press> {
    let keys = [60, 64, 67, 72, 71, 67, 65, 62, 64, 60];
    let tune = keys.iter().enumerate();
    tune.map(|(idx, key)| Press { beat: 1.0 + 0.5 * idx as f64, length: 0.45, key: *key, velocity: 90 })
        .collect()
}

#[test]
fn automated_knobs_give_the_same_notes_everywhere() -> Result<()> {
    // Each is turned well before the beat at which its bar's knobs are final, whatever the block.
    let turns = &[
        (5.0, "style", "4"),
        (9.0, "dens", "140%"),
        (13.0, "scale", "Dorian"),
        (17.0, "grid", "1/8"),
        (21.0, "temp", "1.3"),
        (25.0, "style", "3"),
    ];
    let knobs = &[
        ("seed", "5"),
        ("temp", "0.9"),
        ("style", "1"),
        ("dens", "100%"),
        ("scale", "Free (major)"),
        ("grid", "Off"),
    ];
    Song { knobs, turns, is_played_in: false, is_answered_at_once: false }.check()
}

#[test]
fn continuing_gives_the_same_notes_everywhere_and_again() -> Result<()> {
    Song {
        knobs: &[("mode", "Continue"), ("seed", "6")],
        turns: &[],
        is_played_in: true,
        is_answered_at_once: false,
    }
    .check()
}

#[test]
fn trading_gives_the_same_notes_everywhere_and_again() -> Result<()> {
    let knobs = &[("mode", "Trade"), ("trade", "2 bars"), ("seed", "7")];
    Song { knobs, turns: &[], is_played_in: true, is_answered_at_once: false }.check()
}

#[test]
fn accompanying_gives_the_same_notes_at_every_block_size_and_again() -> Result<()> {
    let knobs = &[("mode", "Accompany"), ("style", "4"), ("seed", "8")];
    Song { knobs, turns: &[], is_played_in: true, is_answered_at_once: true }.check()
}

/// A host's session of one surprise after the other, the same for the same seed.
fn surprises(format: Format, seed: u64) -> Result<()> {
    let mut chance = Chance(seed);
    let mut host = load(format, &[])?;
    let mut daw = Daw { sizes: Sizes::Random { seed, max: 8192 }, ..Daw::default() };
    let mut recording = Recording::default();
    let mut state = host.save()?;
    ready(host.as_mut(), format, daw.sample_rate)?;
    for _ in 0..40 {
        match chance.below(14) {
            0 => play(host.as_mut(), daw.stand(1 + chance.below(9_000) as u32), &mut recording)?,
            1 => daw.position = chance.below(4_000) as f64 / 100.0 - 3.0,
            2 => {
                let start = chance.below(1_600) as f64 / 100.0;
                daw.cycle = Some((start, start + 0.1 + chance.below(500) as f64 / 100.0));
                daw.position = start;
            }
            3 => daw.cycle = None,
            4 => daw.loop_style = LoopStyle::InsideBlocks,
            5 => daw.loop_style = LoopStyle::CutBlocks,
            6 => daw.meters = vec![(0.0, (4, 4)), (8.0, (3, 4)), (14.0, (7, 8))],
            7 => host.reset()?,
            8 => {
                host.deactivate()?;
                daw.sample_rate = [44_100.0, 48_000.0, 96_000.0][chance.below(3) as usize];
                host.activate(offline(daw.sample_rate))?;
            }
            9 => state = host.save()?,
            10 => host.load(&state)?,
            11 => host.set("seed", &chance.below(1_000).to_string())?,
            12 => host.set("octave", &(chance.below(5) as i64 - 2).to_string())?,
            _ => {}
        }
        let beats = 0.05 + chance.below(300) as f64 / 100.0;
        let blocks = daw.ramp(beats, 40.0 + chance.below(200) as f64);
        play(host.as_mut(), blocks, &mut recording)?;
    }
    play(host.as_mut(), daw.stand(20_000), &mut recording)?;
    recording.check_times()?;
    recording.check_silence_when_stopped()?;
    let notes = recording.notes()?;
    ensure!(notes.len() > 20, "only {} notes in the whole session", notes.len());
    Ok(())
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[test]
fn every_note_has_its_end_whatever_a_clap_host_does() -> Result<()> {
    (1..=4).try_for_each(|seed| surprises(Format::Clap, seed).with_context(|| format!("seed {seed}")))
}

#[test]
fn every_note_has_its_end_whatever_a_vst3_host_does() -> Result<()> {
    (1..=4).try_for_each(|seed| surprises(Format::Vst3, seed).with_context(|| format!("seed {seed}")))
}
