//! The host objects that a plugin uses during a call: lists of events and changes, and a stream.

use std::cell::RefCell;
use std::ffi::c_void;

use ::vst3::Steinberg::Vst::{
    Event, Event_, IComponentHandler, IComponentHandlerTrait, IEventList, IEventListTrait, IParamValueQueue,
    IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, NoteOffEvent, NoteOnEvent, ParamID,
    ParamValue, PolyPressureEvent,
};
use ::vst3::Steinberg::{
    IBStream, IBStreamTrait, int32, int64, kInvalidArgument, kResultFalse, kResultOk, tresult,
};
use ::vst3::{Class, ComPtr, ComWrapper};

use crate::hosts::block::{Address, Change, Input, InputKind, NoteIn};
use crate::hosts::recording::EventKind;

/// A list of events, the plugin's input or output.
#[derive(Default)]
pub(super) struct Events(RefCell<Vec<Event>>);

impl Class for Events {
    type Interfaces = (IEventList,);
}

impl Events {
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    pub(super) fn fill(&self, notes: &[NoteIn], inputs: &[Input]) {
        self.clear();
        let mut events = self.0.borrow_mut();
        events.extend(notes.iter().copied().map(event));
        events.extend(inputs.iter().copied().filter_map(input_event));
        events.sort_by_key(|event| event.sampleOffset);
    }

    /// Offset, kind, channel, key and velocity of each event.
    pub(super) fn read(&self) -> Vec<(u32, EventKind, u8, u8, u8)> {
        self.0.borrow().iter().map(read).collect()
    }
}

fn event(note: NoteIn) -> Event {
    // SAFETY: an event is plain numbers, for which zero is a value.
    let mut event: Event = unsafe { std::mem::zeroed() };
    event.sampleOffset = note.offset.cast_signed();
    let (channel, pitch) = (i16::from(note.channel), i16::from(note.key));
    if let Some(velocity) = note.velocity {
        event.r#type = Event_::EventTypes_::kNoteOnEvent as u16;
        let velocity = f32::from(velocity) / 127.0;
        event.__field0.noteOn = NoteOnEvent { channel, pitch, tuning: 0.0, velocity, length: 0, noteId: -1 };
    } else {
        event.r#type = Event_::EventTypes_::kNoteOffEvent as u16;
        event.__field0.noteOff = NoteOffEvent { channel, pitch, velocity: 0.0, noteId: -1, tuning: 0.0 };
    }
    event
}

/// The event in VST3's terms, if it has any.
fn input_event(input: Input) -> Option<Event> {
    let number = |number: Option<u8>| number.map_or(-1, i16::from);
    let note_id = |id: Option<u16>| id.map_or(-1, i32::from);
    // SAFETY: an event is plain numbers, for which zero is a value.
    let mut event: Event = unsafe { std::mem::zeroed() };
    event.sampleOffset = input.offset.cast_signed();
    match input.kind {
        InputKind::On { note: Address { channel, key, id }, velocity } => {
            event.r#type = Event_::EventTypes_::kNoteOnEvent as u16;
            event.__field0.noteOn = NoteOnEvent {
                channel: number(channel),
                pitch: number(key),
                tuning: 0.0,
                velocity: f32::from(velocity) / 127.0,
                length: 0,
                noteId: note_id(id),
            };
        }
        InputKind::Off(Address { channel, key, id }) => {
            event.r#type = Event_::EventTypes_::kNoteOffEvent as u16;
            event.__field0.noteOff = NoteOffEvent {
                channel: number(channel),
                pitch: number(key),
                velocity: 0.0,
                noteId: note_id(id),
                tuning: 0.0,
            };
        }
        InputKind::Midi([status, key, pressure]) if status >> 4 == 0xa => {
            event.r#type = Event_::EventTypes_::kPolyPressureEvent as u16;
            let (channel, pitch) = (i16::from(status & 15), i16::from(key));
            let pressure = f32::from(pressure) / 127.0;
            event.__field0.polyPressure = PolyPressureEvent { channel, pitch, pressure, noteId: -1 };
        }
        InputKind::Choke(_) | InputKind::Midi(_) => return None,
    }
    Some(event)
}

fn read(event: &Event) -> (u32, EventKind, u8, u8, u8) {
    let offset = event.sampleOffset.cast_unsigned();
    // SAFETY: the type says which field the plugin has filled in.
    unsafe {
        match Event_::EventTypes::from(event.r#type) {
            Event_::EventTypes_::kNoteOnEvent => {
                let on = event.__field0.noteOn;
                let velocity = (on.velocity * 127.0).round() as u8;
                (offset, EventKind::On, on.channel as u8, on.pitch as u8, velocity)
            }
            Event_::EventTypes_::kNoteOffEvent => {
                let off = event.__field0.noteOff;
                (offset, EventKind::Off, off.channel as u8, off.pitch as u8, 0)
            }
            Event_::EventTypes_::kPolyPressureEvent => {
                let PolyPressureEvent { channel, pitch, pressure, .. } = event.__field0.polyPressure;
                let (channel, key, value) = (channel as u8, pitch as u8, (pressure * 127.0).round() as u8);
                (offset, EventKind::Other([0xa0 | channel, key, value]), channel, key, value)
            }
            _ => (offset, EventKind::Other([0; 3]), 0, 0, 0),
        }
    }
}

// SAFETY: the plugin passes pointers that are valid for the call, as VST3 asks for.
impl IEventListTrait for Events {
    unsafe fn getEventCount(&self) -> int32 {
        self.0.borrow().len() as int32
    }

    unsafe fn getEvent(&self, index: int32, event: *mut Event) -> tresult {
        let Some(found) = self.0.borrow().get(index as usize).copied() else {
            return kInvalidArgument;
        };
        // SAFETY: see above.
        unsafe { event.write(found) };
        kResultOk
    }

    unsafe fn addEvent(&self, event: *mut Event) -> tresult {
        // SAFETY: see above.
        self.0.borrow_mut().push(unsafe { *event });
        kResultOk
    }
}

/// The parameter changes of a block, each in a queue of its own.
#[derive(Default)]
pub(super) struct Changes(RefCell<Vec<ComPtr<IParamValueQueue>>>);

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl Changes {
    pub(super) fn fill(&self, changes: &[Change]) {
        let queues = changes.iter().filter_map(|change| ComWrapper::new(Queue(*change)).to_com_ptr());
        *self.0.borrow_mut() = queues.collect();
    }
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> int32 {
        self.0.borrow().len() as int32
    }

    unsafe fn getParameterData(&self, index: int32) -> *mut IParamValueQueue {
        self.0.borrow().get(index as usize).map_or(std::ptr::null_mut(), ComPtr::as_ptr)
    }

    unsafe fn addParameterData(&self, _id: *const ParamID, _index: *mut int32) -> *mut IParamValueQueue {
        std::ptr::null_mut()
    }
}

struct Queue(Change);

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.0.number
    }

    unsafe fn getPointCount(&self) -> int32 {
        1
    }

    unsafe fn getPoint(&self, _index: int32, offset: *mut int32, value: *mut ParamValue) -> tresult {
        // SAFETY: the plugin passes pointers that are valid for the call, as VST3 asks for.
        unsafe {
            offset.write(self.0.offset.cast_signed());
            value.write(self.0.normalised);
        }
        kResultOk
    }

    unsafe fn addPoint(&self, _offset: int32, _value: ParamValue, _index: *mut int32) -> tresult {
        kResultFalse
    }
}

/// Bytes, and the read position.
#[derive(Default)]
pub(super) struct Stream(RefCell<(Vec<u8>, usize)>);

impl Class for Stream {
    type Interfaces = (IBStream,);
}

impl Stream {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self(RefCell::new((bytes.to_vec(), 0)))
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.borrow().0.clone()
    }
}

// SAFETY (of all four): the plugin passes a buffer of at least the size that it gives, and null or
// valid pointers for results.
impl IBStreamTrait for Stream {
    unsafe fn read(&self, buffer: *mut c_void, bytes: int32, bytes_read: *mut int32) -> tresult {
        let (stream, position) = &mut *self.0.borrow_mut();
        let rest = stream.get(*position..).unwrap_or_default();
        let count = usize::try_from(bytes).unwrap_or(0).min(rest.len());
        // SAFETY: see above.
        unsafe {
            std::ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast(), count);
            if let Some(bytes_read) = bytes_read.as_mut() {
                *bytes_read = count as int32;
            }
        }
        *position += count;
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, bytes: int32, bytes_written: *mut int32) -> tresult {
        let count = usize::try_from(bytes).unwrap_or(0);
        // SAFETY: see above.
        unsafe {
            self.0.borrow_mut().0.extend_from_slice(std::slice::from_raw_parts(buffer.cast(), count));
            if let Some(bytes_written) = bytes_written.as_mut() {
                *bytes_written = count as int32;
            }
        }
        kResultOk
    }

    unsafe fn seek(&self, to: int64, mode: int32, result: *mut int64) -> tresult {
        let (stream, position) = &mut *self.0.borrow_mut();
        let target = match mode {
            0 => to,
            1 => *position as i64 + to,
            _ => stream.len() as i64 + to,
        };
        *position = target.clamp(0, stream.len() as i64) as usize;
        // SAFETY: see above.
        if let Some(result) = unsafe { result.as_mut() } {
            *result = *position as i64;
        }
        kResultOk
    }

    unsafe fn tell(&self, position: *mut int64) -> tresult {
        // SAFETY: see above.
        if let Some(position) = unsafe { position.as_mut() } {
            *position = self.0.borrow().1 as i64;
        }
        kResultOk
    }
}

/// Ignores the editor's edits.
pub(super) struct EditHandler;

impl Class for EditHandler {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for EditHandler {
    unsafe fn beginEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn performEdit(&self, _id: ParamID, _normalised: ParamValue) -> tresult {
        kResultOk
    }

    unsafe fn endEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn restartComponent(&self, _flags: int32) -> tresult {
        kResultOk
    }
}
