//! What comes in and goes through to the output.

use anyhow::Result;
use xtask::hosts::{
    Address, Change, Daw, EventKind, Host, Input, InputKind, Recording, Setup, parameter_number,
};

use crate::support::{FORMATS, Format, load, play};

fn with_thru(format: Format) -> Result<Box<dyn Host>> {
    let mut host = load(format, &[("thru", "On")])?;
    host.activate(Setup::default())?;
    Ok(host)
}

/// What comes out while the song stands still: frame and event.
fn through(host: &mut dyn Host, inputs: &[(u32, InputKind)], off_at: Option<u32>) -> Result<Vec<(u64, Out)>> {
    let mut blocks = Daw::default().stand(4_096);
    let mut begin = 0;
    for block in &mut blocks {
        let here = begin..begin + block.frames;
        for (frame, kind) in inputs.iter().filter(|(frame, _)| here.contains(frame)) {
            block.inputs.push(Input { offset: frame - begin, kind: *kind });
        }
        if off_at.is_some_and(|frame| here.contains(&frame)) {
            block.changes.push(Change { offset: 0, number: parameter_number("thru"), normalised: 0.0 });
        }
        begin = here.end;
    }
    let mut recording = Recording::default();
    play(host, blocks, &mut recording)?;
    recording.check_times()?;
    let out = |event: &xtask::hosts::recording::Event| match event.kind {
        EventKind::On => Out::On(event.channel, event.key),
        EventKind::Off => Out::Off(event.channel, event.key),
        EventKind::Other(bytes) => Out::Midi(bytes),
    };
    Ok(recording.events.iter().map(|event| (event.sample, out(event))).collect())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Out {
    On(u8, u8),
    Off(u8, u8),
    Midi([u8; 3]),
}

const ANY: Address = Address { channel: None, key: None, id: None };

fn note(channel: u8, key: u8, id: u16) -> InputKind {
    let note = Address { channel: Some(channel), key: Some(key), id: Some(id) };
    InputKind::On { note, velocity: 90 }
}

#[test]
fn notes_let_through_end_in_every_way_that_a_host_has() -> Result<()> {
    use InputKind::{Choke, Midi, Off};
    let [first, second, third] = [Out::Off(0, 60), Out::Off(0, 64), Out::Off(3, 60)];
    let all = vec![first, second, third];
    let by_id = Address { id: Some(2), ..ANY };
    let by_key = Address { key: Some(60), ..ANY };
    let by_channel = Address { channel: Some(0), ..ANY };
    let both = [
        (Off(ANY), all.clone()),
        (Off(by_id), vec![second]),
        (Off(by_key), vec![first, third]),
        (Off(by_channel), vec![first, second]),
        (Off(Address { channel: Some(3), key: Some(60), id: None }), vec![third]),
    ];
    let clap = [
        (Choke(ANY), all.clone()),
        (Choke(by_id), vec![second]),
        (Choke(by_channel), vec![first, second]),
        (Midi([0xb0, 120, 0]), vec![first, second]),
        (Midi([0xb3, 123, 0]), vec![third]),
        (Midi([0x80, 64, 0]), vec![second]),
        (Midi([0x90, 64, 0]), vec![second]),
    ];
    for format in FORMATS {
        let mut host = with_thru(format)?;
        for (end, offs) in both.iter().chain(clap.iter().filter(|_| format == Format::Clap)) {
            let inputs = [
                (5, note(0, 60, 1)),
                (5, note(0, 64, 2)),
                (700, note(3, 60, 3)),
                (1_000, *end),
                (2_000, Off(ANY)),
            ];
            let out = through(host.as_mut(), &inputs, None)?;
            let ended: Vec<Out> =
                out.iter().filter(|(frame, _)| *frame == 1_000).map(|(_, out)| *out).collect();
            assert_eq!(ended, *offs, "{format:?}: {end:?}");
            let rest = out.iter().filter(|(frame, _)| *frame == 2_000).count();
            assert_eq!(offs.len() + rest, 3, "{format:?}: {end:?} leaves {rest}");
        }
    }
    Ok(())
}

#[test]
fn controllers_bend_pressure_and_programs_go_through() -> Result<()> {
    let messages = [
        [0xb0, 64, 127],
        [0xb0, 64, 0],
        [0xb5, 1, 77],
        [0xbf, 121, 0],
        [0xe2, 5, 99],
        [0xe2, 0, 64],
        [0xd4, 55, 0],
        [0xd4, 0, 0],
        [0xc9, 17, 0],
        [0xa0, 60, 44],
    ];
    for format in FORMATS {
        let inputs: Vec<_> =
            (0_u32..).zip(messages).map(|(idx, message)| (300 * idx + 7, InputKind::Midi(message))).collect();
        // In VST3 only the pressure of keys comes in as an event.
        let comes_in = |message: [u8; 3]| format == Format::Clap || message[0] >> 4 == 0xa;
        let expected: Vec<_> = (0_u64..)
            .zip(messages)
            .filter(|(_, message)| comes_in(*message))
            .map(|(idx, message)| (300 * idx + 7, Out::Midi(message)))
            .collect();
        assert_eq!(through(with_thru(format)?.as_mut(), &inputs, None)?, expected, "{format:?}");
    }
    Ok(())
}

#[test]
fn a_pedal_that_is_down_is_lifted_when_thru_is_switched_off() -> Result<()> {
    let down = InputKind::Midi([0xb6, 64, 127]);
    let mut host = with_thru(Format::Clap)?;
    let out = through(host.as_mut(), &[(5, note(6, 60, 1)), (9, down)], Some(1_024))?;
    let expected = [
        (5, Out::On(6, 60)),
        (9, Out::Midi([0xb6, 64, 127])),
        (1_024, Out::Off(6, 60)),
        (1_024, Out::Midi([0xb6, 64, 0])),
    ];
    assert_eq!(out, expected);
    Ok(())
}

#[test]
fn a_flood_of_notes_in_one_block_leaves_none_hanging() -> Result<()> {
    for format in FORMATS {
        let press = |idx: u32| {
            let (channel, key) = ((idx % 16) as u8, (idx / 16 % 128) as u8);
            if idx.is_multiple_of(3) {
                let note = Address { channel: Some(channel), key: Some(key), id: None };
                InputKind::Off(note)
            } else {
                note(channel, key, 1)
            }
        };
        let mut inputs: Vec<_> = (0..30_000).map(|idx| (idx / 100, press(idx))).collect();
        inputs.push((3_000, InputKind::Off(ANY)));
        let out = through(with_thru(format)?.as_mut(), &inputs, None)?;
        let mut down = std::collections::HashSet::new();
        let mut n_ons = 0;
        for (frame, event) in out {
            match event {
                Out::On(channel, key) => assert!(down.insert((channel, key)), "{key} twice at {frame}"),
                Out::Off(channel, key) => {
                    assert!(down.remove(&(channel, key)), "{key} is not down at {frame}");
                }
                Out::Midi(bytes) => panic!("{bytes:?} did not come in"),
            }
            n_ons += usize::from(matches!(event, Out::On(..)));
        }
        assert!(down.is_empty(), "{format:?}: {down:?}");
        assert!(n_ons > 100, "{format:?}: {n_ons}");
    }
    Ok(())
}
