//! What the host says about the song, put into the engine's words. Nothing a host says is believed that
//! cannot be true: it becomes "not told".

use nice_plug::prelude as host;

use crate::music::{Beats, Meter};
use crate::player::Transport;

/// Quarter notes a minute that a song can have.
const TEMPOS: std::ops::RangeInclusive<f64> = 1.0..=1000.0;
/// Farther from the song's origin than this is no position: 2^40 quarters, so ticks stay exact.
const FARTHEST: f64 = (1_u64 << 40) as f64;

/// The transport at the first sample of a block.
pub(crate) fn from_host(told: &host::Transport, offline: bool) -> Transport {
    let meter = meter(told);
    let position = told.pos_beats().and_then(beats);
    Transport {
        playing: told.playing,
        position,
        tempo: told.tempo.filter(|tempo| TEMPOS.contains(tempo)),
        meter,
        bar_start: told.bar_start_pos_beats.and_then(beats).filter(|start| holds(*start, meter, position)),
        loop_range: told.loop_range_beats().and_then(loop_range),
        offline,
    }
}

fn beats(position: f64) -> Option<Beats> {
    (position.abs() <= FARTHEST).then_some(Beats(position))
}

fn meter(told: &host::Transport) -> Option<Meter> {
    let numerator = u32::try_from(told.time_sig_numerator?).ok()?;
    let denominator = u32::try_from(told.time_sig_denominator?).ok()?;
    Meter::new(numerator, denominator).ok()
}

/// Whether a bar that begins at `start` holds the position. Some hosts say zero for ever.
fn holds(start: Beats, meter: Option<Meter>, position: Option<Beats>) -> bool {
    // A position may be told a hair before its own bar line.
    const HAIR: f64 = 1e-3;
    let length = meter.unwrap_or(Meter::COMMON).bar_length().to_beats();
    position.is_some_and(|position| start.0 <= position.0 + HAIR && position.0 < start.0 + length.0 + HAIR)
}

fn loop_range((start, end): (f64, f64)) -> Option<(Beats, Beats)> {
    let (start, end) = (beats(start)?, beats(end)?);
    (start < end).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use nice_plug::prelude as host;

    use crate::music::{Beats, Meter};
    use crate::plugin::host::transport::from_host;

    fn told() -> host::Transport {
        let mut told = host::Transport::new(48_000.0);
        told.playing = true;
        told.tempo = Some(90.0);
        told.time_sig_numerator = Some(6);
        told.time_sig_denominator = Some(8);
        told.pos_beats = Some(4.0);
        told.bar_start_pos_beats = Some(3.0);
        told.loop_range_beats = Some((0.0, 12.0));
        told
    }

    #[test]
    fn what_makes_sense_is_passed_on() {
        let transport = from_host(&told(), true);
        assert!(transport.playing && transport.offline);
        assert_eq!(transport.position, Some(Beats(4.0)));
        assert_eq!(transport.tempo, Some(90.0));
        assert_eq!(transport.meter, Meter::new(6, 8).ok());
        assert_eq!(transport.bar_start, Some(Beats(3.0)));
        assert_eq!(transport.loop_range, Some((Beats(0.0), Beats(12.0))));
    }

    #[test]
    fn what_makes_no_sense_is_not_told() {
        let mut absurd = told();
        absurd.tempo = Some(f64::NAN);
        absurd.pos_beats = Some(f64::INFINITY);
        absurd.time_sig_denominator = Some(-4);
        absurd.loop_range_beats = Some((8.0, 8.0));
        let transport = from_host(&absurd, false);
        assert_eq!(transport.tempo, None);
        assert_eq!(transport.position, None);
        assert_eq!(transport.meter, None);
        assert_eq!(transport.bar_start, None, "a bar line means nothing without a position");
        assert_eq!(transport.loop_range, None);
    }

    #[test]
    fn a_bar_line_that_does_not_hold_the_position_is_not_told() {
        let mut stuck = told();
        stuck.bar_start_pos_beats = Some(0.0);
        stuck.pos_beats = Some(3.5);
        assert_eq!(from_host(&stuck, false).bar_start, None);
    }

    #[test]
    fn a_position_in_samples_is_enough_when_there_is_a_tempo() {
        let mut sparse = host::Transport::new(48_000.0);
        sparse.pos_samples = Some(-48_000);
        assert_eq!(from_host(&sparse, false).position, None);
        sparse.tempo = Some(120.0);
        assert_eq!(from_host(&sparse, false).position, Some(Beats(-2.0)));
    }
}
