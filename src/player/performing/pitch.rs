//! On which key and which MIDI channel a written note is played.

use crate::music::{Family, Line, PitchClassSet, Voice};
use crate::player::knobs::{ComposingKnobs, PerformingKnobs};

/// The MIDI channel of drums: the tenth, counted from 0.
pub const DRUM_CHANNEL: u8 = 9;

/// The MIDI channel that a family is played on.
///
/// With a channel for each instrument, families have the channels from 0 up in their own order, without 9.
/// These are 15 channels for 16 pitched families, so sound effects, the least used, share channel 15 with the
/// percussive instruments.
pub(crate) fn channel_for(family: Family, knobs: &PerformingKnobs) -> u8 {
    if family.is_drums() {
        return DRUM_CHANNEL;
    }
    if !knobs.channel_per_instrument {
        return knobs.channel.min(15);
    }
    let channel = family.index() as u8;
    if channel < DRUM_CHANNEL { channel } else { (channel + 1).min(15) }
}

/// The MIDI channel that a line is played on.
///
/// With a channel for each voice, voice 1 has that of its instrument, and each further voice the next one, 9 left
/// out; after 15 comes 0.
pub(crate) fn channel_of(line: Line, knobs: &PerformingKnobs) -> u8 {
    let first = channel_for(line.family, knobs);
    let n_above = line.voice.filter(|_| knobs.channel_per_voice).map_or(0, Voice::index);
    let next = |channel: u8| match (channel + 1) % 16 {
        DRUM_CHANNEL => DRUM_CHANNEL + 1,
        channel => channel,
    };
    (0..n_above).fold(first, |channel, _| next(channel))
}

/// The key that a pitched note is played on: moved by octave and transpose, and back by octaves where they
/// would move it off the keyboard.
pub(crate) fn key_for(pitch: u8, knobs: &PerformingKnobs, composing: &ComposingKnobs) -> u8 {
    let steps = i32::from(knobs.transpose);
    let pitch = i32::from(pitch.min(127));
    let key = transposed(pitch, steps, composing.pitch_classes(), i32::from(composing.tonic));
    folded(key + 12 * i32::from(knobs.octave))
}

/// The key of the same pitch class on the keyboard that is nearest to a number beyond its ends.
fn folded(key: i32) -> u8 {
    match key {
        ..0 => key.rem_euclid(12) as u8,
        0..=127 => key as u8,
        _ => (116 + (key - 116).rem_euclid(12)) as u8,
    }
}

/// A pitch moved by steps of the scale; by semitones where the scale has all twelve.
///
/// A note between two steps of the scale stays as far above the lower one, but below the next: so the order
/// of notes never changes.
fn transposed(pitch: i32, steps: i32, scale: PitchClassSet, tonic: i32) -> i32 {
    let n_classes = scale.len() as i32;
    if n_classes == 0 || n_classes == 12 || steps == 0 {
        return pitch + steps;
    }
    let class = (pitch - tonic).rem_euclid(12);
    let octave = (pitch - tonic).div_euclid(12);
    let n_up_to = (0..=class).filter(|c| scale.contains(*c as u8)).count() as i32;
    let degree = octave * n_classes + n_up_to - 1;
    let above = pitch - tonic - semitones(degree, scale);
    let (target, next) = (semitones(degree + steps, scale), semitones(degree + steps + 1, scale));
    tonic + target + above.min(next - target - 1)
}

/// A degree of a scale in semitones above the tonic; degree 0 is the first at or above the tonic.
fn semitones(degree: i32, scale: PitchClassSet) -> i32 {
    let n_classes = scale.len().max(1) as i32;
    let idx = degree.rem_euclid(n_classes) as usize;
    let class = (0..12).filter(|c| scale.contains(*c as u8)).nth(idx);
    12 * degree.div_euclid(n_classes) + class.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::music::{Family, Line, PitchClassSet, Scale, Voice};
    use crate::player::knobs::{ComposingKnobs, PerformingKnobs};
    use crate::player::performing::pitch::{channel_for, channel_of, key_for, transposed};

    const MAJOR: PitchClassSet = PitchClassSet::new(&[0, 2, 4, 5, 7, 9, 11]);

    #[test]
    fn transpose_goes_up_and_down_the_scale() {
        let up = |steps| [60, 62, 64, 65, 67, 69, 71].map(|pitch| transposed(pitch, steps, MAJOR, 0));
        assert_eq!(up(1), [62, 64, 65, 67, 69, 71, 72]);
        assert_eq!(up(-1), [59, 60, 62, 64, 65, 67, 69]);
        assert_eq!(up(7), [72, 74, 76, 77, 79, 81, 83]);
        // In D major, F sharp is the third.
        assert_eq!(transposed(62, 2, MAJOR, 2), 66);
    }

    #[test]
    fn a_note_outside_the_scale_keeps_its_place_between_the_steps() {
        assert_eq!(transposed(61, 1, MAJOR, 0), 63, "C sharp goes to D sharp");
        assert_eq!(transposed(61, 2, MAJOR, 0), 64, "nothing lies between E and F");
    }

    #[test]
    fn without_a_scale_transpose_counts_semitones() {
        assert_eq!(transposed(60, 3, PitchClassSet::CHROMATIC, 5), 63);
        let composing = ComposingKnobs { scale: Scale::FreeMinor, ..ComposingKnobs::default() };
        let knobs = PerformingKnobs { transpose: -5, octave: 1, ..PerformingKnobs::default() };
        assert_eq!(key_for(60, &knobs, &composing), 67);
    }

    #[test]
    fn every_instrument_has_a_channel_and_drums_have_the_tenth() {
        let knobs =
            PerformingKnobs { channel_per_instrument: true, channel: 3, ..PerformingKnobs::default() };
        let channels: Vec<u8> = (0..Family::COUNT)
            .filter_map(Family::from_index)
            .map(|family| channel_for(family, &knobs))
            .collect();
        assert_eq!(channels, [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 15, 9]);
    }

    #[test]
    fn voices_have_the_channels_after_their_instrument_without_the_tenth() {
        let channels = |family, knobs: PerformingKnobs| {
            let voices = Voice::ALL.into_iter().map(|voice| Line { family, voice: Some(voice) });
            voices.map(|line| channel_of(line, &knobs)).collect::<Vec<u8>>()
        };
        let (plain, piano) = (PerformingKnobs::default(), Family::PIANO);
        let knobs = PerformingKnobs { channel_per_voice: true, ..plain };
        assert_eq!(channels(piano, plain), [0, 0, 0, 0]);
        assert_eq!(channels(piano, knobs), [0, 1, 2, 3]);
        assert_eq!(channels(piano, PerformingKnobs { channel: 7, ..knobs }), [7, 8, 10, 11]);
        assert_eq!(channels(piano, PerformingKnobs { channel: 14, ..knobs }), [14, 15, 0, 1]);
        let instruments = PerformingKnobs { channel_per_instrument: true, ..knobs };
        assert_eq!(channels(Family::ENSEMBLE, instruments), [6, 7, 8, 10]);
        assert_eq!(channel_of(Line { family: Family::DRUMS, voice: None }, &knobs), 9);
    }

    proptest! {
        #[test]
        fn notes_of_a_scale_stay_in_it_come_back_and_keep_their_order(
            bits in 1u16..0xfff, tonic in 0u8..12, steps in -24i32..=24, low in 0i32..120, distance in 0i32..8,
        ) {
            let (scale, tonic) = (PitchClassSet::from_bits(bits), i32::from(tonic));
            let moved = |pitch| transposed(pitch, steps, scale, tonic);
            prop_assert!(moved(low) <= moved(low + distance));
            if scale.contains((low - tonic).rem_euclid(12) as u8) {
                prop_assert!(scale.contains((moved(low) - tonic).rem_euclid(12) as u8));
                prop_assert_eq!(transposed(moved(low), -steps, scale, tonic), low);
            }
        }

        #[test]
        fn every_key_is_on_the_keyboard_and_of_the_right_pitch_class(
            pitch in 0u8..128, octave in -10i8..=10, transpose in -24i8..=24,
        ) {
            let knobs = PerformingKnobs { octave, transpose, ..PerformingKnobs::default() };
            let key = key_for(pitch, &knobs, &ComposingKnobs::default());
            prop_assert!(key < 128);
            let wanted = i32::from(pitch) + i32::from(transpose);
            prop_assert_eq!(i32::from(key) % 12, wanted.rem_euclid(12));
        }
    }
}
