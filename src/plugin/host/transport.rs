//! The host's transport as the player's. What cannot be true becomes `None`.

use nice_plug::prelude as host;

use crate::music::{Beats, Meter};
use crate::player::Transport;

/// The tempos that a song can have, in quarter notes per minute.
const TEMPOS: std::ops::RangeInclusive<f64> = 1.0..=1000.0;
/// The farthest position from the song's origin that is valid: 2^40 quarter notes, so that ticks stay exact.
const FARTHEST: f64 = (1_u64 << 40) as f64;

/// The transport at the first sample of a block.
pub(crate) fn from_host(reported: &host::Transport, offline: bool) -> Transport {
    let meter = meter(reported);
    let position = reported.pos_beats().and_then(beats);
    Transport {
        playing: reported.playing,
        position,
        tempo: reported.tempo.filter(|tempo| TEMPOS.contains(tempo)),
        meter,
        bar_start: reported
            .bar_start_pos_beats
            .and_then(beats)
            .filter(|start| contains(*start, meter, position)),
        loop_range: reported.loop_range_beats().and_then(loop_range),
        offline,
    }
}

fn beats(position: f64) -> Option<Beats> {
    (position.abs() <= FARTHEST).then_some(Beats(position))
}

fn meter(reported: &host::Transport) -> Option<Meter> {
    let numerator = u32::try_from(reported.time_sig_numerator?).ok()?;
    let denominator = u32::try_from(reported.time_sig_denominator?).ok()?;
    Meter::new(numerator, denominator).ok()
}

/// Whether a bar that begins at `start` contains the position. Some hosts always report zero.
fn contains(start: Beats, meter: Option<Meter>, position: Option<Beats>) -> bool {
    // A position may be reported slightly before its own bar line.
    const TOLERANCE: f64 = 1e-3;
    let length = meter.unwrap_or(Meter::COMMON).bar_length().to_beats();
    position.is_some_and(|position| {
        start.0 <= position.0 + TOLERANCE && position.0 < start.0 + length.0 + TOLERANCE
    })
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

    fn plausible() -> host::Transport {
        let mut transport = host::Transport::new(48_000.0);
        transport.playing = true;
        transport.tempo = Some(90.0);
        transport.time_sig_numerator = Some(6);
        transport.time_sig_denominator = Some(8);
        transport.pos_beats = Some(4.0);
        transport.bar_start_pos_beats = Some(3.0);
        transport.loop_range_beats = Some((0.0, 12.0));
        transport
    }

    #[test]
    fn plausible_values_are_passed_on() {
        let transport = from_host(&plausible(), true);
        assert!(transport.playing && transport.offline);
        assert_eq!(transport.position, Some(Beats(4.0)));
        assert_eq!(transport.tempo, Some(90.0));
        assert_eq!(transport.meter, Meter::new(6, 8).ok());
        assert_eq!(transport.bar_start, Some(Beats(3.0)));
        assert_eq!(transport.loop_range, Some((Beats(0.0), Beats(12.0))));
    }

    #[test]
    fn impossible_values_become_none() {
        let mut absurd = plausible();
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
    fn a_bar_line_whose_bar_does_not_contain_the_position_becomes_none() {
        let mut stuck = plausible();
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
