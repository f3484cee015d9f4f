//! A fresh instance that is rendered or played at once: every note is there from the first, with the knobs as they
//! stand, whatever the host says and in whatever order it calls.

use anyhow::{Result, ensure};
use xtask::hosts::{Daw, Meanwhile, Pace, Recording, RenderMode, Setup};

use crate::support::{FORMATS, Format, ScoreNote, bars, checked, load, n_composed, score_note};

/// When the knobs are turned, or the project with them is loaded.
#[derive(Clone, Copy, Debug)]
enum Order {
    KnobsThenActivation,
    /// Hosts on JUCE prepare a plugin as soon as they have loaded it; turned knobs come with the first block.
    ActivationThenKnobs,
    /// A live host, which processes even while the song stands still.
    StandingThenKnobs,
    ProjectThenActivation,
    ActivationThenProject,
    StandingThenProject,
}

const ORDERS: [Order; 6] = [
    Order::KnobsThenActivation,
    Order::ActivationThenKnobs,
    Order::StandingThenKnobs,
    Order::ProjectThenActivation,
    Order::ActivationThenProject,
    Order::StandingThenProject,
];

const KNOBS: [(&str, &str); 4] = [("seed", "33"), ("temp", "0.9"), ("style", "4"), ("dens", "130%")];

/// A fresh instance and how a host treats it.
#[derive(Clone, Copy, Debug)]
struct Start {
    format: Format,
    /// What the host says, which need not be true.
    mode: RenderMode,
    pace: Pace,
    order: Order,
}

impl Start {
    /// The notes of so many beats from where the song stands, with [`KNOBS`].
    fn play(self, mut daw: Daw, beats: f64) -> Result<Vec<ScoreNote>> {
        let mut host = load(self.format, &[])?;
        let setup = Setup { sample_rate: daw.sample_rate, mode: self.mode, ..Setup::default() };
        let project = load(self.format, &KNOBS)?.save()?;
        let end = daw.position + beats;
        let mut recording = Recording::default();
        match self.order {
            Order::KnobsThenActivation => {
                KNOBS.iter().try_for_each(|(id, text)| host.set(id, text))?;
                host.activate(setup)?;
            }
            Order::ProjectThenActivation => {
                host.load(&project)?;
                host.activate(setup)?;
            }
            Order::ActivationThenKnobs => {
                host.activate(setup)?;
                KNOBS.iter().try_for_each(|(id, text)| host.set(id, text))?;
            }
            Order::ActivationThenProject => {
                host.activate(setup)?;
                host.load(&project)?;
            }
            Order::StandingThenKnobs | Order::StandingThenProject => {
                host.activate(setup)?;
                let blocks = daw.stand(2_000);
                host.play(&mut blocks.into_iter(), self.pace, Meanwhile::Answer, &mut recording)?;
                if matches!(self.order, Order::StandingThenKnobs) {
                    KNOBS.iter().try_for_each(|(id, text)| host.set(id, text))?;
                } else {
                    host.load(&project)?;
                }
            }
        }
        let mut blocks = daw.play(beats);
        blocks.extend(daw.stand(9_000));
        host.play(&mut blocks.into_iter(), self.pace, Meanwhile::Answer, &mut recording)?;
        let mut notes = checked(&recording)?;
        notes.retain(|note| note.beat < end - 0.02);
        Ok(notes.iter().map(score_note).collect())
    }
}

#[test]
fn a_fresh_instance_that_is_rendered_at_once_plays_every_note_with_the_knobs_as_they_stand() -> Result<()> {
    let expected = bars(Daw::default(), Format::Clap, &KNOBS, 3)?;
    for format in FORMATS {
        for mode in [RenderMode::Realtime, RenderMode::Offline] {
            for order in ORDERS {
                let start = Start { format, mode, pace: Pace::AsFastAsPossible, order };
                assert_eq!(start.play(Daw::default(), 12.0)?, expected, "{start:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_fresh_instance_that_is_played_live_at_once_plays_every_note_with_the_knobs_as_they_stand() -> Result<()>
{
    let fast = || Daw { tempo: 240.0, ..Daw::default() };
    let expected = bars(fast(), Format::Clap, &KNOBS, 1)?;
    for (format, order) in [
        (Format::Clap, Order::KnobsThenActivation),
        (Format::Clap, Order::ActivationThenKnobs),
        (Format::Vst3, Order::ActivationThenKnobs),
        (Format::Vst3, Order::StandingThenKnobs),
        (Format::Vst3, Order::ActivationThenProject),
    ] {
        let start = Start { format, mode: RenderMode::Realtime, pace: Pace::RealTimeUndisturbed, order };
        assert_eq!(start.play(fast(), 4.0)?, expected, "{start:?}");
    }
    Ok(())
}

/// What was composed before the host said where the song begins, and in which meter, changes nothing.
#[test]
fn a_fresh_instance_may_begin_anywhere_and_in_any_meter() -> Result<()> {
    let daw = |meter, position| Daw { meters: vec![(0.0, meter)], position, ..Daw::default() };
    let start =
        |order, format| Start { format, mode: RenderMode::Realtime, pace: Pace::AsFastAsPossible, order };
    for (meter, position) in [((4, 4), 2.5), ((3, 4), 0.0), ((3, 4), 7.0), ((7, 8), 3.5)] {
        let whole = start(Order::KnobsThenActivation, Format::Clap).play(daw(meter, 0.0), position + 4.0)?;
        let from = (position * 24.0) as i64;
        let expected: Vec<ScoreNote> = whole.into_iter().filter(|(tick, ..)| *tick >= from).collect();
        ensure!(!expected.is_empty(), "nothing is written from {position} on");
        for format in FORMATS {
            for order in [Order::ActivationThenKnobs, Order::StandingThenKnobs] {
                let found = start(order, format).play(daw(meter, position), 4.0)?;
                assert_eq!(found, expected, "{meter:?} from {position}: {format:?}, {order:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn an_activation_composes_the_first_bars_before_it_returns() -> Result<()> {
    for format in FORMATS {
        let mut host = load(format, &KNOBS)?;
        host.activate(Setup::default())?;
        assert!(n_composed(&host.save()?)? >= 3, "{format:?}");
    }
    Ok(())
}
