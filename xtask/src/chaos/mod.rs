//! The chaos host: random sessions in which a host makes every call that it may make, in any order, and the smallest
//! one that breaks a promise.
//!
//! What must hold in each: every note-on has one note-off on its channel and key, every event lies in its block and
//! in the order of time, the music is silent while the song is stopped, and a project that is saved at the end plays
//! the same notes in the instance that saved it and in a fresh one. A crash ends the process; the session that was
//! tried last is then in the log.

mod screen;

pub use screen::Screen;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::chaos::screen::Window;
#[cfg(target_os = "linux")]
use crate::editor::{Colours, is_test_user};
use crate::hosts::clap::ClapHost;
use crate::hosts::daw::Sizes;
use crate::hosts::vst3::Vst3Host;
use crate::hosts::{
    Address, Block, Change, Daw, EventKind, Host, Input, InputKind, LoopStyle, Meanwhile, Outputs, Pace,
    PlayedNote, Recording, RenderMode, Setup, project,
};

/// How much chaos.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The plugin; the last CLAP bundle by default. A library of both formats is tried in both.
    #[arg(long)]
    pub plugin: Option<PathBuf>,
    /// How many sessions.
    #[arg(long, default_value_t = 200)]
    pub cases: u32,
    /// The random seed.
    #[arg(long, default_value_t = 1)]
    pub seed: u8,
    /// Where the session that is being tried is written, for the case that it crashes.
    #[arg(long, default_value = "target/chaos.log")]
    pub log: PathBuf,
    /// Open and close the editor as well, on a virtual display if there is no other.
    #[cfg(target_os = "linux")]
    #[arg(long)]
    pub editor: bool,
}

/// A plugin format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Clap,
    Vst3,
}

/// A session: what a host does with an instance.
#[derive(Clone, Debug)]
struct Session {
    format: Format,
    calls: Vec<Call>,
}

/// What the host does next.
#[derive(Clone, Debug)]
enum Call {
    /// Ends processing if need be, and activates.
    Activate {
        rate: usize,
        max_frames: u32,
        mode: RenderMode,
        outputs: Outputs,
    },
    Deactivate,
    Reset,
    /// Plays for so many quarter notes while the tempo moves.
    Play {
        beats: f64,
        tempo: f64,
        sizes: Sizes,
        inputs: Vec<Input>,
        meanwhile: Meanwhile,
    },
    Stand {
        frames: u32,
        inputs: Vec<Input>,
    },
    Seek(f64),
    Loop(Option<(f64, f64)>),
    WrapBlocks(LoopStyle),
    Meter(u16, u16),
    /// Turns the parameter of this index, as a share of all.
    Turn {
        knob: f64,
        normalised: f64,
    },
    /// Turns every parameter within the next block, many times.
    TurnAll {
        times: u8,
    },
    Save,
    /// Loads one of the states that were saved, as a share of all; the first is a fresh instance's.
    Load(f64),
    /// Loads a project of an earlier version, of those in `tests/golden`, as a share of all.
    LoadOlder(f64),
    /// Another model for the project, of those in `tests/golden`, as a share of all.
    SwitchModel(f64),
    /// A project whose model is not there.
    LoadWithoutModel,
    /// A state that is none.
    LoadGarbage,
    /// More instances are made, play a little and go.
    Others(u8),
    /// Opens the editor, and may wait until it is drawn; or closes it if it is open. Only where editors are tried.
    Editor {
        is_awaited: bool,
    },
}

const RATES: [f64; 4] = [44_100.0, 48_000.0, 96_000.0, 22_050.0];
/// The channel of the input. The music plays on others, so what sounds while the song is stopped can be told apart.
const INPUT_CHANNEL: u8 = 15;

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let address =
        (any::<bool>(), any::<bool>(), 40_u8..52, prop_oneof![Just(None), (0_u16..6).prop_map(Some)]);
    let address = address.prop_map(|(any_channel, any_key, key, id)| Address {
        channel: (!any_channel).then_some(INPUT_CHANNEL),
        key: (!any_key).then_some(key),
        id,
    });
    let note = (40_u8..52, 0_u16..6, 1_u8..128).prop_map(|(key, id, velocity)| InputKind::On {
        note: Address { channel: Some(INPUT_CHANNEL), key: Some(key), id: Some(id) },
        velocity,
    });
    let status =
        prop_oneof![Just(0x80_u8), Just(0x90), Just(0xa0), Just(0xb0), Just(0xc0), Just(0xd0), Just(0xe0)];
    let midi = (status, prop_oneof![Just(64_u8), Just(120), Just(123), 0_u8..128], 0_u8..128)
        .prop_map(|(status, first, second)| InputKind::Midi([status | INPUT_CHANNEL, first, second]));
    let kind = prop_oneof![
        4 => note,
        3 => address.clone().prop_map(InputKind::Off),
        1 => address.prop_map(InputKind::Choke),
        2 => midi,
    ];
    let input = (0_u32..20_000, kind).prop_map(|(offset, kind)| Input { offset, kind });
    let few = proptest::collection::vec(input.clone(), 0..12);
    let flood = proptest::collection::vec(input, 1_500..3_000);
    prop_oneof![8 => few, 1 => flood].prop_map(|mut inputs| {
        inputs.sort_by_key(|input| input.offset);
        inputs
    })
}

fn calls() -> impl Strategy<Value = Call> {
    let mode = prop_oneof![Just(RenderMode::Realtime), Just(RenderMode::Offline)];
    let outputs = prop_oneof![3 => Just(Outputs::Stereo), 1 => Just(Outputs::Mono), 1 => Just(Outputs::None)];
    let activate = (0..RATES.len(), prop_oneof![Just(16_u32), Just(8192)], mode, outputs)
        .prop_map(|(rate, max_frames, mode, outputs)| Call::Activate { rate, max_frames, mode, outputs });
    let sizes = (any::<u64>(), prop_oneof![Just(1_u32), 2_u32..200, Just(8192)]);
    let meanwhile = prop_oneof![3 => Just(Meanwhile::Answer), 1 => Just(Meanwhile::SaveState)];
    let play = (0.01_f64..4.0, 30.0_f64..400.0, sizes, inputs(), meanwhile).prop_map(
        |(beats, tempo, (seed, max), inputs, meanwhile)| {
            // Blocks of one frame take long.
            let beats = if max < 16 { beats / 40.0 } else { beats };
            Call::Play { beats, tempo, sizes: Sizes::Random { seed, max }, inputs, meanwhile }
        },
    );
    let cycle = prop_oneof![
        Just(None),
        (0.0_f64..16.0, 0.02_f64..5.0).prop_map(|(start, length)| Some((start, start + length))),
    ];
    let meter = (1_u16..9, prop_oneof![Just(2_u16), Just(4), Just(8)]);
    prop_oneof![
        2 => activate,
        1 => Just(Call::Deactivate),
        1 => Just(Call::Reset),
        8 => play,
        2 => (1_u32..9_000, inputs()).prop_map(|(frames, inputs)| Call::Stand { frames, inputs }),
        2 => (-3.0_f64..40.0).prop_map(Call::Seek),
        2 => cycle.prop_map(Call::Loop),
        1 => prop_oneof![Just(LoopStyle::CutBlocks), Just(LoopStyle::InsideBlocks)].prop_map(Call::WrapBlocks),
        1 => meter.prop_map(|(numerator, denominator)| Call::Meter(numerator, denominator)),
        5 => (0.0_f64..1.0, 0.0_f64..=1.0).prop_map(|(knob, normalised)| Call::Turn { knob, normalised }),
        1 => (1_u8..4).prop_map(|times| Call::TurnAll { times }),
        1 => Just(Call::Save),
        2 => (0.0_f64..1.0).prop_map(Call::Load),
        1 => (0.0_f64..1.0).prop_map(Call::LoadOlder),
        1 => (0.0_f64..1.0).prop_map(Call::SwitchModel),
        1 => Just(Call::LoadWithoutModel),
        1 => Just(Call::LoadGarbage),
        1 => (1_u8..6).prop_map(Call::Others),
        2 => any::<bool>().prop_map(|is_awaited| Call::Editor { is_awaited }),
    ]
}

fn sessions() -> impl Strategy<Value = Session> {
    let format = prop_oneof![Just(Format::Clap), Just(Format::Vst3)];
    (format, proptest::collection::vec(calls(), 1..16)).prop_map(|(format, calls)| Session { format, calls })
}

/// Tries random sessions, and prints how many went well.
///
/// # Errors
/// With the smallest session that breaks a promise.
pub fn run(options: &Options) -> Result<()> {
    #[cfg(target_os = "linux")]
    let screen = if options.editor {
        let arguments: Vec<_> = std::env::args_os().skip(1).collect();
        if !is_test_user(&arguments, Colours::Dark, &[])? {
            return Ok(());
        }
        Screen::connect()?
    } else {
        Screen::default()
    };
    #[cfg(not(target_os = "linux"))]
    let screen = Screen::default();
    let plugin = crate::bundles::clap_to_try(options.plugin.as_deref())?;
    check(&plugin, options.cases, options.seed, &options.log, &screen)?;
    println!("{} sessions, every promise kept", options.cases);
    Ok(())
}

/// Tries random sessions with the plugin in this file, and its editor if there is a screen.
///
/// # Errors
/// With the smallest session that breaks a promise.
pub fn check(plugin: &Path, cases: u32, seed: u8, log: &Path, screen: &Screen) -> Result<()> {
    ensure!(plugin.exists(), "{} is missing: `cargo xtask bundle` makes it", plugin.display());
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let config = Config {
        cases,
        max_shrink_iters: 300,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(&sessions(), |session| {
        // A crash leaves the session behind.
        std::fs::write(log, format!("{session:#?}\n"))
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        session.try_out(plugin, screen).map_err(|error| TestCaseError::fail(format!("{error:#}")))
    });
    match result {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, session)) => bail!("{reason}\nin {session:#?}"),
        Err(TestError::Abort(reason)) => bail!("{reason}"),
    }
}

/// A session under way.
struct Stage<'a> {
    session: &'a Session,
    plugin: &'a Path,
    host: Box<dyn Host>,
    daw: Daw,
    setup: Option<Setup>,
    outputs: Outputs,
    /// The numbers of the parameters that are turned.
    knobs: Vec<u32>,
    /// For the next block.
    changes: Vec<Change>,
    states: Vec<Vec<u8>>,
    recording: Recording,
    editor: Window<'a>,
}

impl Session {
    fn try_out(&self, plugin: &Path, screen: &Screen) -> Result<()> {
        let mut host = self.format.load(plugin)?;
        // The channels stay, so that the input has one of its own.
        let knobs = host.parameters()?.into_iter().filter(|knob| !knob.name.contains("hannel"));
        let knobs = knobs.map(|knob| knob.number).collect();
        let fresh = host.save()?;
        let mut stage = Stage {
            session: self,
            plugin,
            host,
            daw: Daw::default(),
            setup: None,
            outputs: Outputs::Stereo,
            knobs,
            changes: Vec::new(),
            states: vec![fresh],
            recording: Recording::default(),
            editor: Window::new(screen),
        };
        for (idx, call) in self.calls.iter().enumerate() {
            stage.make(call).with_context(|| format!("call {idx}"))?;
        }
        stage.end()?;
        stage.recording.check_times()?;
        check_silence(&stage.recording)?;
        stage.recording.notes()?;
        stage.check_reload()?;
        stage.editor.close(stage.host.as_mut())
    }
}

impl Format {
    fn load(self, plugin: &Path) -> Result<Box<dyn Host>> {
        Ok(match self {
            Self::Clap => Box::new(ClapHost::load(plugin)?),
            Self::Vst3 => Box::new(Vst3Host::load(plugin)?),
        })
    }
}

impl Stage<'_> {
    fn make(&mut self, call: &Call) -> Result<()> {
        match call {
            Call::Activate { rate, max_frames, mode, outputs } => {
                self.deactivate()?;
                // A VST3 host cannot do without the bus.
                let is_none = self.session.format == Format::Vst3 && *outputs == Outputs::None;
                self.outputs = if is_none { Outputs::Stereo } else { *outputs };
                self.daw.sample_rate = RATES.get(*rate).copied().unwrap_or(48_000.0);
                let sample_rate = self.daw.sample_rate;
                self.activate(Setup { sample_rate, max_frames: *max_frames, mode: *mode })
            }
            Call::Deactivate => self.deactivate(),
            Call::Reset => {
                self.ensure_active()?;
                self.host.reset()
            }
            Call::Play { beats, tempo, sizes, inputs, meanwhile } => {
                self.daw.sizes = sizes.clone();
                let blocks = self.daw.ramp(*beats, *tempo);
                self.process(blocks, inputs, *meanwhile)
            }
            Call::Stand { frames, inputs } => {
                let blocks = self.daw.stand(*frames);
                self.process(blocks, inputs, Meanwhile::Answer)
            }
            Call::Seek(position) => {
                self.daw.position = *position;
                Ok(())
            }
            Call::Loop(cycle) => {
                self.daw.cycle = *cycle;
                self.daw.position = cycle.map_or(self.daw.position, |(start, _)| start);
                Ok(())
            }
            Call::WrapBlocks(style) => {
                self.daw.loop_style = *style;
                Ok(())
            }
            Call::Meter(numerator, denominator) => {
                self.daw.meters = vec![(0.0, (*numerator, *denominator))];
                Ok(())
            }
            Call::Turn { knob, normalised } => {
                let idx = (knob * self.knobs.len() as f64) as usize;
                let number = *self.knobs.get(idx).context("no parameters")?;
                self.changes.push(Change { offset: 0, number, normalised: *normalised });
                Ok(())
            }
            Call::TurnAll { times } => {
                for time in 0..*times {
                    let turned = self.knobs.iter().zip(0_u32..).map(|(number, idx)| Change {
                        offset: 0,
                        number: *number,
                        normalised: f64::from((idx * 7 + u32::from(time) * 3) % 11) / 10.0,
                    });
                    self.changes.extend(turned);
                }
                Ok(())
            }
            Call::Save => {
                let state = self.host.save()?;
                self.states.push(state);
                Ok(())
            }
            Call::Load(which) => {
                let idx = (which * self.states.len() as f64) as usize;
                self.host.load(self.states.get(idx).context("no states")?)
            }
            Call::LoadOlder(which) => {
                let json = std::fs::read(golden("projects", "project.json", *which)?)?;
                let state = match self.session.format {
                    Format::Clap => project::after_its_length(&json),
                    Format::Vst3 => json,
                };
                self.host.load(&state)
            }
            Call::SwitchModel(which) => {
                let model = golden("weights", "model.safetensors", *which)?;
                let state = with_model(&self.host.save()?, &model.to_string_lossy())?;
                self.host.load(&state)
            }
            Call::LoadWithoutModel => {
                let state = with_model(&self.host.save()?, "/nowhere/missing.safetensors")?;
                self.host.load(&state)
            }
            Call::LoadGarbage => {
                // Whether it is refused is the plugin's choice.
                let _ = self.host.load(b"\x05\0\0\0\0\0\0\0{\"a\":");
                Ok(())
            }
            Call::Others(n_others) => self.play_others(*n_others),
            Call::Editor { is_awaited } => self.editor.open_or_close(self.host.as_mut(), *is_awaited),
        }
    }

    fn activate(&mut self, setup: Setup) -> Result<()> {
        self.host.choose(self.outputs)?;
        self.host.activate(setup)?;
        self.setup = Some(setup);
        Ok(())
    }

    fn deactivate(&mut self) -> Result<()> {
        if self.setup.take().is_some() {
            self.host.deactivate()?;
        }
        Ok(())
    }

    fn ensure_active(&mut self) -> Result<()> {
        if self.setup.is_some() {
            return Ok(());
        }
        let sample_rate = self.daw.sample_rate;
        self.activate(Setup { sample_rate, mode: RenderMode::Offline, ..Setup::default() })
    }

    fn process(&mut self, mut blocks: Vec<Block>, inputs: &[Input], meanwhile: Meanwhile) -> Result<()> {
        self.ensure_active()?;
        if let Some(first) = blocks.first_mut() {
            first.changes.append(&mut self.changes);
        }
        let mut begin = 0;
        for block in &mut blocks {
            let end = begin + block.frames;
            let here = inputs.iter().filter(|input| (begin..end).contains(&input.offset));
            block.inputs.extend(here.map(|input| Input { offset: input.offset - begin, ..*input }));
            begin = end;
        }
        self.host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, meanwhile, &mut self.recording)
    }

    fn play_others(&mut self, n_others: u8) -> Result<()> {
        let mut others: Vec<Box<dyn Host>> = Vec::new();
        for _ in 0..n_others {
            let mut other = self.session.format.load(self.plugin)?;
            other.activate(Setup { mode: RenderMode::Offline, ..Setup::default() })?;
            others.push(other);
        }
        for other in &mut others {
            let blocks = Daw::default().play(0.5);
            other.play(
                &mut blocks.into_iter(),
                Pace::AsFastAsPossible,
                Meanwhile::Answer,
                &mut Recording::default(),
            )?;
        }
        Ok(())
    }

    /// Stops, and releases everything that is held at the input.
    fn end(&mut self) -> Result<()> {
        let all = InputKind::Off(Address { channel: None, key: None, id: None });
        let blocks = self.daw.stand(20_000);
        self.process(blocks, &[Input { offset: 1, kind: all }], Meanwhile::Answer)
    }

    /// Saves the project and plays it, here and in a fresh instance.
    fn check_reload(&mut self) -> Result<()> {
        let project = self.host.save()?;
        self.deactivate()?;
        let mut fresh = self.session.format.load(self.plugin)?;
        fresh.load(&project)?;
        fresh.choose(self.outputs)?;
        let setup = Setup { mode: RenderMode::Offline, ..Setup::default() };
        fresh.activate(setup)?;
        self.host.activate(setup)?;
        let here = play_from_the_start(self.host.as_mut())?;
        let there = play_from_the_start(fresh.as_mut())?;
        // Where the project's model is missing, the model that happened to compose goes on in the one and the built-in
        // one in the other: what is composed from then on is not the same.
        let [model, in_fresh] = [composing_model(&self.host.save()?)?, composing_model(&fresh.save()?)?];
        ensure!(
            here == there || model != in_fresh,
            "the project plays {here:?}, and {there:?} in a fresh instance"
        );
        Ok(())
    }
}

/// Two bars: when each note begins and ends, its channel and its key. They are played twice, and the second time is
/// returned, so that it does not matter how long composing takes.
fn play_from_the_start(host: &mut dyn Host) -> Result<Vec<(u64, u64, u8, u8)>> {
    let mut daw = Daw::default();
    let mut blocks = daw.stand(1_000);
    blocks.extend(daw.play(8.0));
    host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, Meanwhile::Answer, &mut Recording::default())?;
    host.reset()?;
    daw.position = 0.0;
    host.play(
        &mut daw.stand(1_000).into_iter(),
        Pace::AsFastAsPossible,
        Meanwhile::Answer,
        &mut Recording::default(),
    )?;
    let mut blocks = daw.stand(1_000);
    blocks.extend(daw.play(8.0));
    blocks.extend(daw.stand(10_000));
    let mut recording = Recording::default();
    host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, Meanwhile::Answer, &mut recording)?;
    // What the input still holds ends with the first block.
    let note = |note: &PlayedNote| (note.on, note.off, note.channel, note.key);
    let mut notes: Vec<_> = recording.notes()?.iter().map(note).collect();
    notes.sort_unstable();
    Ok(notes)
}

/// The hash of the model that composed when a project was saved.
fn composing_model(state: &[u8]) -> Result<serde_json::Value> {
    Ok(project::read(state)?["take"]["model"]["hash"].clone())
}

/// A saved project that asks for another model.
fn with_model(state: &[u8], model: &str) -> Result<Vec<u8>> {
    project::edited(state, |project| project["model_file"] = model.into())
}

/// A file of `tests/golden`, as a share of all of its kind.
fn golden(kind: &str, name: &str, which: f64) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").join(kind);
    let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path().join(name))).collect::<Result<_>>()?;
    files.sort_unstable();
    let idx = (which * files.len() as f64) as usize;
    files.get(idx).cloned().with_context(|| format!("nothing in {}", folder.display()))
}

/// Checks that the music is silent while the song is stopped; what comes in may sound.
fn check_silence(recording: &Recording) -> Result<()> {
    let mut music = recording.clone();
    music.events.retain(|event| event.channel != INPUT_CHANNEL && !matches!(event.kind, EventKind::Other(_)));
    music.check_silence_when_stopped()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::recording::{Event, Span};

    /// A recording of one stopped block, in which a note begins on a channel.
    fn stopped(channel: u8) -> Recording {
        let event =
            Event { sample: 9, block: 0, offset: 9, kind: EventKind::On, channel, key: 60, velocity: 90 };
        let span = Span {
            sample: 0,
            frames: 64,
            playing: false,
            beat: 0.0,
            beats_per_sample: 1.0 / 24_000.0,
            wraps: None,
        };
        let mut recording = Recording::default();
        (recording.events, recording.spans) = (vec![event], vec![span]);
        recording
    }

    #[test]
    fn music_while_the_song_is_stopped_is_an_error_and_what_comes_in_is_not() {
        assert!(check_silence(&stopped(0)).is_err());
        assert!(check_silence(&stopped(INPUT_CHANNEL)).is_ok());
    }

    #[test]
    fn a_plugin_that_is_missing_is_named() {
        let error =
            check(Path::new("nowhere/Continuo.clap"), 1, 1, Path::new("chaos.log"), &Screen::default())
                .unwrap_err();
        assert!(error.to_string().starts_with("nowhere/Continuo.clap is missing"), "{error}");
    }
}
