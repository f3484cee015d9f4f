//! Processing a block: buffers and events in CLAP's terms.

use anyhow::Result;
use clack_host::events::event_types::{
    MidiEvent, NoteChokeEvent, NoteOffEvent, NoteOnEvent, ParamValueEvent, TransportEvent, TransportFlags,
};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{EventFlags, EventHeader, Match, Pckn, UnknownEvent};
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, ClapId, SecondsTime};

use crate::hosts::block::{Address, Block, Input, InputKind, Transport};
use crate::hosts::clap::handlers::Handlers;
use crate::hosts::host::Outputs;
use crate::hosts::recording::{EventKind, Recording};

/// An active plugin with its buffers, as the audio thread uses it.
pub(super) struct Audio {
    ranges: Vec<(ClapId, String, f64, f64)>,
    outputs: Outputs,
    /// Left and right, or one of both.
    channels: [Vec<f32>; 2],
    ports: AudioPorts,
    output: EventBuffer,
}

impl Audio {
    pub(super) fn new(ranges: Vec<(ClapId, String, f64, f64)>, outputs: Outputs) -> Self {
        let ports = AudioPorts::with_capacity(2, 1);
        Self { ranges, outputs, channels: Default::default(), ports, output: EventBuffer::new() }
    }

    pub(super) fn process(
        &mut self,
        processor: &mut StartedPluginAudioProcessor<Handlers>,
        block: &Block,
        steady_time: u64,
    ) -> Result<()> {
        let input = self.input(block);
        let transport = transport_event(&block.transport);
        self.output.clear();
        for channel in &mut self.channels {
            channel.clear();
            channel.resize(block.frames as usize, 0.0);
        }
        let n_channels = self.outputs.n_channels() as usize;
        let channels = self.channels.iter_mut().take(n_channels).map(Vec::as_mut_slice);
        let channels = AudioPortBufferType::f32_output_only(channels);
        let port = (n_channels > 0).then_some(AudioPortBuffer { latency: 0, channels });
        let mut outputs = self.ports.with_output_buffers(port);
        processor.process(
            &no_input(block.frames),
            &mut outputs,
            &input.as_input(),
            &mut self.output.as_output(),
            Some(steady_time),
            Some(&transport),
        )?;
        Ok(())
    }

    /// The block's parameter changes and notes, in time order.
    fn input(&self, block: &Block) -> EventBuffer {
        let mut input = EventBuffer::new();
        for change in &block.changes {
            let range = self.ranges.iter().find(|(id, ..)| id.get() == change.number);
            if let Some((id, _, min, max)) = range {
                input.push(&value_event(change.offset, *id, min + change.normalised * (max - min)));
            }
        }
        for note in &block.notes {
            let pckn = Pckn::new(0_u16, note.channel, note.key, Match::All);
            match note.velocity {
                Some(velocity) => {
                    input.push(&NoteOnEvent::new(note.offset, pckn, f64::from(velocity) / 127.0));
                }
                None => input.push(&NoteOffEvent::new(note.offset, pckn, 0.0)),
            }
        }
        for event in &block.inputs {
            push_input(&mut input, *event);
        }
        input.sort();
        input
    }

    /// How many events the last block brought.
    pub(super) fn n_events(&self) -> usize {
        self.output.len() as usize
    }

    pub(super) fn record(&self, recording: &mut Recording) {
        for event in &self.output {
            let (kind, channel, key, velocity) = read(event);
            recording.push(event.header().time(), kind, channel, key, velocity);
        }
        let [left, right] = &self.channels;
        recording.end(left, right);
    }
}

/// No audio input, for so many frames: without an output nothing else would say how many.
#[allow(unsafe_code, reason = "the number of frames can be given in this way only")]
fn no_input(n_frames: u32) -> InputAudioBuffers<'static> {
    // SAFETY: there is no buffer that could be shorter.
    unsafe { InputAudioBuffers::from_raw_buffers(&[], n_frames) }
}

fn push_input(input: &mut EventBuffer, event: Input) {
    let pckn = |note: Address| {
        let number = |number: Option<u8>| number.map_or(Match::All, |number| Match::Specific(number.into()));
        let id = note.id.map_or(Match::All, |id| Match::Specific(id.into()));
        Pckn {
            port_index: Match::Specific(0),
            channel: number(note.channel),
            key: number(note.key),
            note_id: id,
        }
    };
    match event.kind {
        InputKind::On { note, velocity } => {
            input.push(&NoteOnEvent::new(event.offset, pckn(note), f64::from(velocity) / 127.0));
        }
        InputKind::Off(note) => input.push(&NoteOffEvent::new(event.offset, pckn(note), 0.0)),
        InputKind::Choke(note) => input.push(&NoteChokeEvent::new(event.offset, pckn(note))),
        InputKind::Midi(data) => input.push(&MidiEvent::new(event.offset, 0, data)),
    }
}

/// Kind, channel, key and velocity of an output event.
fn read(event: &UnknownEvent) -> (EventKind, u8, u8, u8) {
    let specific = |value: Match<u16>| value.into_specific().map_or(0, |value| value as u8);
    match event.as_core_event() {
        Some(CoreEventSpace::NoteOn(on)) => {
            let velocity = (on.velocity() * 127.0).round() as u8;
            (EventKind::On, specific(on.channel()), specific(on.key()), velocity)
        }
        Some(CoreEventSpace::NoteOff(off)) => {
            (EventKind::Off, specific(off.channel()), specific(off.key()), 0)
        }
        Some(CoreEventSpace::Midi(midi)) => {
            let [status, key, velocity] = midi.data();
            match (status >> 4, velocity) {
                (9, 1..) => (EventKind::On, status & 15, key, velocity),
                (8 | 9, _) => (EventKind::Off, status & 15, key, 0),
                _ => (EventKind::Other([status, key, velocity]), status & 15, key, velocity),
            }
        }
        Some(CoreEventSpace::NoteExpression(expression)) => {
            let (channel, key) = (specific(expression.channel()), specific(expression.key()));
            let pressure = (expression.value() * 127.0).round() as u8;
            (EventKind::Other([0xa0 | channel, key, pressure]), channel, key, pressure)
        }
        _ => (EventKind::Other([0; 3]), 0, 0, 0),
    }
}

pub(super) fn value_event(offset: u32, id: ClapId, value: f64) -> ParamValueEvent {
    ParamValueEvent::new(offset, id, Pckn::match_all(), value)
}

fn transport_event(transport: &Transport) -> TransportEvent {
    let mut flags = TransportFlags::empty();
    flags.set(TransportFlags::IS_PLAYING, transport.playing);
    flags.set(TransportFlags::HAS_BEATS_TIMELINE, transport.position.is_some());
    flags.set(TransportFlags::HAS_TEMPO, transport.tempo.is_some());
    flags.set(TransportFlags::HAS_TIME_SIGNATURE, transport.meter.is_some());
    flags.set(TransportFlags::IS_LOOP_ACTIVE, transport.cycle.is_some());
    let (loop_start, loop_end) = transport.cycle.unwrap_or_default();
    let meter = transport.meter.unwrap_or_default();
    let bar = f64::from(meter.0) * 4.0 / f64::from(meter.1.max(1));
    let bar_start = transport.bar_start.unwrap_or_default();
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags,
        song_pos_beats: BeatTime::from_float(transport.position.unwrap_or_default()),
        song_pos_seconds: SecondsTime::from_int(0),
        tempo: transport.tempo.unwrap_or_default(),
        tempo_inc: 0.0,
        loop_start_beats: BeatTime::from_float(loop_start),
        loop_end_beats: BeatTime::from_float(loop_end),
        loop_start_seconds: SecondsTime::from_int(0),
        loop_end_seconds: SecondsTime::from_int(0),
        bar_start: BeatTime::from_float(bar_start),
        bar_number: if bar > 0.0 { (bar_start / bar).floor() as i32 } else { 0 },
        time_signature_numerator: meter.0,
        time_signature_denominator: meter.1,
    }
}
