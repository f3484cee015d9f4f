//! When and how loud a written note is played: feel, swing, humanize, strum, note length, velocity.
//!
//! Everything is a function of the note, its bar and the knobs. So a saved file sounds like the playing, and
//! playing again sounds the same.

use crate::music::{Bar, Feel, Grid, Line, Meter, Note, PerformedNote, Tick, Voice, mix64};
use crate::player::knobs::{ComposingKnobs, Conversation, PerformingKnobs, SpreadCentre};

/// A written note with the times at which it is played.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimedNote {
    /// The note as written, at its song position.
    pub(crate) note: Note,
    /// Who plays it.
    pub(crate) line: Line,
    /// The song position in beats at which it begins.
    pub(crate) onset: f64,
    /// The song position in beats at which it ends.
    pub(crate) end: f64,
    /// The mean velocity of its bar.
    pub(crate) bar_velocity: f32,
    /// Whether it is the lowest of a chord of at least three.
    pub(crate) is_lowest: bool,
    /// The MIDI channel on which the user played it, if it was not composed.
    pub(crate) played_on: Option<u8>,
}

/// A thirty-second note, in ticks.
const THIRTY_SECOND: f64 = (Tick::PER_BEAT / 8) as f64;

/// How early the farthest feel is, in ticks.
const FARTHEST_FEEL: f64 = (Feel::FARTHEST / Feel::PER_TICK) as f64;

/// In ticks.
const LONGEST_LEAD_IN_ACCOMPANY: f64 = 2.0;

/// Strum spreads a chord over this many beats at most.
const LONGEST_STRUM: f64 = 1.0;

/// The velocity that velocity spread leaves as it is in projects of earlier versions.
const FIXED_CENTRE: f32 = 64.0;

/// How far humanize may change a velocity, either way.
const VELOCITY_DEVIATION: f32 = 24.0;

/// How much earlier than written a note may be played, in beats: swing, strum and lay back only ever delay it.
pub(crate) fn longest_lead(knobs: &PerformingKnobs) -> f64 {
    (longest_stray(knobs) + f64::from(knobs.feel) * FARTHEST_FEEL) / Tick::PER_BEAT as f64
}

/// How far humanize lets notes stray, early or late, in ticks.
fn longest_stray(knobs: &PerformingKnobs) -> f64 {
    0.5 * f64::from(knobs.humanize_timing) * THIRTY_SECOND
}

/// The knobs as they act in a conversation. In Accompany a bar may still change three ticks ahead, so no note is played
/// earlier than that: feel is held back as far as it takes.
pub(crate) fn in_conversation(knobs: &PerformingKnobs, conversation: Conversation) -> PerformingKnobs {
    if conversation != Conversation::Accompany {
        return *knobs;
    }
    let most = (LONGEST_LEAD_IN_ACCOMPANY - longest_stray(knobs)) / FARTHEST_FEEL;
    PerformingKnobs { feel: knobs.feel.min(most as f32), ..*knobs }
}

/// A bar that is moved by `shift` and played with these knobs.
pub(crate) struct TimedBar<'a> {
    bar: &'a Bar,
    /// The voices of its notes.
    voices: &'a [Option<Voice>],
    shift: Tick,
    knobs: &'a PerformingKnobs,
    beats_per_second: f64,
    swing: Swing,
    /// The mean of its notes.
    velocity: f32,
}

impl<'a> TimedBar<'a> {
    pub(crate) fn new(
        bar: &'a Bar,
        voices: &'a [Option<Voice>],
        shift: Tick,
        knobs: &'a PerformingKnobs,
        beats_per_second: f64,
    ) -> Self {
        let swing = Swing::new(knobs, bar.meter);
        Self { bar, voices, shift, knobs, beats_per_second, swing, velocity: mean_velocity(bar) }
    }

    /// A note of the bar with the times at which it is played.
    pub(crate) fn note(&self, note_idx: usize) -> Option<TimedNote> {
        let Self { bar, voices, shift, knobs, beats_per_second, ref swing, velocity } = *self;
        let written = bar.notes.get(note_idx)?;
        let note = Note { onset: written.onset + shift, ..*written };
        let place = (written.onset - bar.start).0 as f64;
        let length = written.duration.0 as f64 * f64::from(knobs.note_length);
        let chord = ChordPlace::of(bar, note_idx);
        let stray = longest_stray(knobs) * deviation(&note, Aspect::Timing);
        let early_or_late = stray + f64::from(knobs.feel) * note.feel.map_or(0.0, Feel::ticks);
        let bar_start = (bar.start + shift).0 as f64;
        let to_beats = |place: f64| (bar_start + place + early_or_late) / Tick::PER_BEAT as f64;
        let in_beats = |milliseconds: f32| f64::from(milliseconds) / 1000.0 * beats_per_second;
        let late = chord.delay(in_beats(knobs.strum)) + in_beats(knobs.lay_back);
        Some(TimedNote {
            note,
            line: Line { family: note.family, voice: voices.get(note_idx).copied().flatten() },
            onset: to_beats(swing.warp(place)) + late,
            end: to_beats(swing.warp(place + length)) + late,
            bar_velocity: velocity,
            is_lowest: chord.rank == 0 && chord.n_notes >= 3,
            played_on: None,
        })
    }
}

/// A note that the user played, with the same times.
pub(crate) fn replayed_note(played: &PerformedNote) -> TimedNote {
    let (onset, end) = (played.onset.to_ticks_floor(), played.end.to_ticks_floor());
    let note = Note {
        onset,
        duration: end - onset,
        pitch: played.key,
        velocity: played.velocity,
        family: played.family,
        feel: None,
    };
    TimedNote {
        note,
        line: Line { family: note.family, voice: None },
        onset: played.onset.0,
        end: played.end.0,
        bar_velocity: played.velocity.into(),
        is_lowest: false,
        played_on: Some(played.channel),
    }
}

/// Whether what was played in is played again: if thru is on, as it was heard when it was played.
pub(crate) fn replays_input(performing: &PerformingKnobs, composing: &ComposingKnobs) -> bool {
    performing.thru && composing.conversation != Conversation::Generate
}

/// How loud a note is played, 1 to 127.
pub(crate) fn velocity(timed: &TimedNote, knobs: &PerformingKnobs) -> u8 {
    let note = &timed.note;
    let centre = match knobs.spread_centre {
        SpreadCentre::Bar => timed.bar_velocity,
        SpreadCentre::Fixed => FIXED_CENTRE,
    };
    let spread = centre + (f32::from(note.velocity) - centre) * knobs.velocity_spread;
    let deviation = VELOCITY_DEVIATION * knobs.humanize_velocity * deviation(note, Aspect::Velocity) as f32;
    ((spread * knobs.velocity + deviation).round() as u8).clamp(1, 127)
}

/// The mean velocity of a bar's notes.
fn mean_velocity(bar: &Bar) -> f32 {
    let sum: u32 = bar.notes.iter().map(|note| u32::from(note.velocity)).sum();
    sum as f32 / bar.notes.len().max(1) as f32
}

/// Bends time within each pair of grid lines so that the second line comes late.
///
/// Pairs are counted from the bar line. The rest of the bar after its last pair stays straight.
struct Swing {
    /// The distance of grid lines in ticks, the unit of all fields.
    spacing: f64,
    late: f64,
    bar_length: f64,
}

impl Swing {
    fn new(knobs: &PerformingKnobs, meter: Meter) -> Self {
        let spacing = knobs.swing_grid.spacing().0 as f64;
        let is_on = knobs.swing_grid != Grid::Off;
        Self {
            spacing,
            // Full swing puts the second line at two thirds of the pair: a third of the spacing late.
            late: if is_on { f64::from(knobs.swing) * spacing / 3.0 } else { 0.0 },
            bar_length: meter.bar_length().0 as f64,
        }
    }

    /// Where swing moves a place, both in ticks after the bar line. Beyond the bar, bars of the same meter follow.
    fn warp(&self, place: f64) -> f64 {
        let pair = 2.0 * self.spacing;
        let bar = (place / self.bar_length).floor() * self.bar_length;
        let start = bar + ((place - bar) / pair).floor() * pair;
        if self.late == 0.0 || start + pair > bar + self.bar_length {
            return place;
        }
        let within = place - start;
        if within <= self.spacing {
            start + within * (self.spacing + self.late) / self.spacing
        } else {
            start + pair - (pair - within) * (self.spacing - self.late) / self.spacing
        }
    }
}

/// A note's place in its chord: the notes of its family with the same onset. Drums make no chords.
struct ChordPlace {
    rank: usize,
    n_notes: usize,
}

impl ChordPlace {
    fn of(bar: &Bar, note_idx: usize) -> Self {
        let alone = Self { rank: 0, n_notes: 1 };
        let Some((before, [note, after @ ..])) = bar.notes.split_at_checked(note_idx) else {
            return alone;
        };
        if note.family.is_drums() {
            return alone;
        }
        let is_near = |other: &&Note| other.onset == note.onset;
        let is_ours = |other: &&Note| other.family == note.family;
        let rank = before.iter().rev().take_while(is_near).filter(is_ours).count();
        let n_above = after.iter().take_while(is_near).filter(is_ours).count();
        Self { rank, n_notes: rank + 1 + n_above }
    }

    /// How late the note comes when chords are strummed with this distance between notes, in beats; negative
    /// from the top down. Chords of many notes are strummed faster.
    fn delay(&self, distance: f64) -> f64 {
        let n_distances = self.n_notes - 1;
        if n_distances == 0 {
            return 0.0;
        }
        let place = if distance < 0.0 { n_distances - self.rank } else { self.rank };
        place as f64 * distance.abs().min(LONGEST_STRUM / n_distances as f64)
    }
}

/// What humanize changes of a note.
#[derive(Clone, Copy)]
enum Aspect {
    Timing,
    Velocity,
}

/// How far humanize moves a note, −1 to 1, mostly little. Always the same for the same note at the same place.
fn deviation(note: &Note, aspect: Aspect) -> f64 {
    let place = note.onset.0 as u64;
    let what = u64::from(note.pitch) << 8 | (note.family.index() as u64) << 1 | aspect as u64;
    let hash = mix64(mix64(place) ^ what);
    let share = |bits: u64| f64::from(bits as u32) / f64::from(u32::MAX);
    share(hash) - share(hash >> 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::music::{Bar, Family, Feel, Grid, Meter, Note, Tick};
    use crate::player::knobs::{Conversation, PerformingKnobs, SpreadCentre};
    use crate::player::performing::timing::{
        Swing, TimedBar, TimedNote, in_conversation, longest_lead, velocity,
    };

    fn bar(notes: &[(i64, u8, Family)]) -> Bar {
        let note = |(onset, pitch, family): &(i64, u8, Family)| Note {
            onset: Tick(960 + onset),
            duration: Tick(12),
            pitch: *pitch,
            velocity: 80,
            family: *family,
            feel: None,
        };
        Bar { start: Tick(960), meter: Meter::COMMON, notes: notes.iter().map(note).collect() }
    }

    fn timed_note(
        bar: &Bar,
        note_idx: usize,
        shift: Tick,
        knobs: &PerformingKnobs,
        beats_per_second: f64,
    ) -> Option<TimedNote> {
        TimedBar::new(bar, &[], shift, knobs, beats_per_second).note(note_idx)
    }

    /// Onsets in ticks after the bar line.
    fn onsets(bar: &Bar, knobs: &PerformingKnobs) -> Vec<f64> {
        let onset =
            |idx| timed_note(bar, idx, Tick::ZERO, knobs, 2.0).map(|timed| timed.onset * 24.0 - 960.0);
        (0..bar.notes.len()).filter_map(onset).map(|tick| (tick * 1e6).round() / 1e6).collect()
    }

    fn velocities(bar: &Bar, knobs: &PerformingKnobs) -> Vec<u8> {
        let timed = |idx| timed_note(bar, idx, Tick::ZERO, knobs, 2.0);
        (0..bar.notes.len()).filter_map(timed).map(|timed| velocity(&timed, knobs)).collect()
    }

    /// A bar of notes with these velocities.
    fn bar_of_velocities(velocities: &[u8]) -> Bar {
        let mut bar = bar(&vec![(0, 60, Family::PIANO); velocities.len()]);
        for (note, velocity) in bar.notes.iter_mut().zip(velocities) {
            note.velocity = *velocity;
        }
        bar
    }

    #[test]
    fn full_swing_puts_the_second_eighth_at_two_thirds_of_the_beat() {
        let bar = bar(&[
            (0, 60, Family::PIANO),
            (6, 60, Family::PIANO),
            (12, 60, Family::PIANO),
            (18, 60, Family::PIANO),
        ]);
        let swing = |swing| PerformingKnobs { swing, ..PerformingKnobs::default() };
        assert_eq!(onsets(&bar, &swing(0.0)), [0.0, 6.0, 12.0, 18.0]);
        assert_eq!(onsets(&bar, &swing(0.5)), [0.0, 7.0, 14.0, 19.0]);
        assert_eq!(onsets(&bar, &swing(1.0)), [0.0, 8.0, 16.0, 20.0]);
        let sixteenths = PerformingKnobs { swing_grid: Grid::Sixteenth, ..swing(1.0) };
        assert_eq!(onsets(&bar, &sixteenths), [0.0, 8.0, 12.0, 20.0]);
        // A note that ends on a line ends where the line has come to lie.
        let end = timed_note(&bar, 0, Tick::ZERO, &swing(1.0), 2.0).unwrap().end * 24.0 - 960.0;
        assert!((end - 16.0).abs() < 1e-9);
    }

    #[test]
    fn feel_is_played_from_none_to_twice_as_learned() {
        let mut bar = bar(&[(0, 36, Family::DRUMS), (6, 38, Family::DRUMS), (12, 36, Family::DRUMS)]);
        bar.notes[0].feel = Some(Feel::new(-2));
        bar.notes[1].feel = Some(Feel::new(Feel::FARTHEST));
        let feel = |feel| PerformingKnobs { feel, ..PerformingKnobs::default() };
        assert_eq!(onsets(&bar, &feel(0.0)), [0.0, 6.0, 12.0]);
        assert_eq!(onsets(&bar, &feel(1.0)), [-0.5, 10.0, 12.0]);
        assert_eq!(onsets(&bar, &feel(2.0)), [-1.0, 14.0, 12.0]);
        assert!((longest_lead(&feel(2.0)) - 8.0 / 24.0).abs() < 1e-9);
    }

    #[test]
    fn in_accompany_no_note_is_played_before_it_is_known() {
        for (feel, humanize_timing) in [(1.0, 0.0), (2.0, 1.0), (0.1, 1.0)] {
            let knobs = PerformingKnobs { feel, humanize_timing, ..PerformingKnobs::default() };
            let acting = in_conversation(&knobs, Conversation::Accompany);
            assert!(acting.feel >= 0.0 && acting.feel <= knobs.feel);
            assert!(longest_lead(&acting) <= 2.0 / 24.0 + 1e-6);
            assert_eq!(in_conversation(&knobs, Conversation::Trade), knobs);
        }
    }

    #[test]
    fn a_line_without_a_partner_in_its_bar_stays_straight() {
        let swing = Swing { spacing: 12.0, late: 4.0, bar_length: 84.0 };
        assert!([72.0, 78.0, 84.0].iter().all(|place| (swing.warp(*place) - *place).abs() < 1e-9));
        assert_eq!((swing.warp(60.0), swing.warp(84.0 + 12.0)), (64.0, 84.0 + 16.0));
    }

    #[test]
    fn a_strummed_chord_begins_note_by_note_in_the_order_of_pitch() {
        let (piano, organ) = (Family::PIANO, Family::from_index(2).unwrap());
        let bar = bar(&[
            (24, 36, Family::DRUMS),
            (24, 60, piano),
            (24, 62, organ),
            (24, 64, piano),
            (24, 67, piano),
        ]);
        // 25 ms are 1.2 ticks at 120.
        let strum = |strum| PerformingKnobs { strum, ..PerformingKnobs::default() };
        assert_eq!(onsets(&bar, &strum(25.0)), [24.0, 24.0, 24.0, 25.2, 26.4]);
        assert_eq!(onsets(&bar, &strum(-25.0)), [24.0, 26.4, 24.0, 25.2, 24.0]);
        let lowest: Vec<bool> = (0..5)
            .map(|idx| timed_note(&bar, idx, Tick::ZERO, &strum(0.0), 2.0).unwrap().is_lowest)
            .collect();
        assert_eq!(lowest, [false, true, false, false, false]);
    }

    #[test]
    fn every_note_lies_back_by_the_same_time() {
        let bar = bar(&[(0, 60, Family::PIANO), (6, 36, Family::DRUMS), (30, 60, Family::PIANO)]);
        // 50 ms are 2.4 ticks at 120.
        let knobs = PerformingKnobs { lay_back: 50.0, ..PerformingKnobs::default() };
        assert_eq!(onsets(&bar, &knobs), [2.4, 8.4, 32.4]);
        let length =
            |idx, knobs| timed_note(&bar, idx, Tick::ZERO, knobs, 2.0).map(|note| note.end - note.onset);
        let straight = PerformingKnobs::default();
        for idx in 0..3 {
            assert!((length(idx, &knobs).unwrap() - length(idx, &straight).unwrap()).abs() < 1e-9);
        }
    }

    #[test]
    fn a_wide_chord_is_strummed_within_a_beat() {
        let notes: Vec<_> = (0..31).map(|idx| (0, 40 + idx, Family::PIANO)).collect();
        let knobs = PerformingKnobs { strum: 60.0, ..PerformingKnobs::default() };
        let onsets = onsets(&bar(&notes), &knobs);
        assert!(onsets.is_sorted() && onsets.iter().all(|tick| *tick <= 24.0), "{onsets:?}");
    }

    #[test]
    fn humanize_moves_notes_both_ways_within_the_bound_and_always_alike() {
        let notes: Vec<_> = (0..90).map(|idx| (idx, 40 + idx as u8 % 7, Family::PIANO)).collect();
        let bar = bar(&notes);
        let knobs =
            PerformingKnobs { humanize_timing: 1.0, humanize_velocity: 1.0, ..PerformingKnobs::default() };
        let deviations: Vec<f64> =
            onsets(&bar, &knobs).iter().zip(&notes).map(|(tick, (onset, ..))| tick - *onset as f64).collect();
        assert!(deviations.iter().all(|deviation| deviation.abs() <= 1.5));
        assert!(
            deviations.iter().any(|deviation| *deviation > 0.7)
                && deviations.iter().any(|deviation| *deviation < -0.7)
        );
        let mean = deviations.iter().sum::<f64>() / deviations.len() as f64;
        assert!(mean.abs() < 0.2, "{mean}");
        assert_eq!(onsets(&bar, &knobs), onsets(&bar, &knobs));
        let velocities = velocities(&bar, &knobs);
        assert!(velocities.iter().all(|v| (56..=104).contains(v)), "{velocities:?}");
        assert!(velocities.iter().any(|v| *v > 90) && velocities.iter().any(|v| *v < 70));
    }

    #[test]
    fn spread_changes_the_contrast_and_level_the_loudness() {
        let played = |velocity, velocity_spread, spread_centre| {
            let knobs =
                PerformingKnobs { velocity, velocity_spread, spread_centre, ..PerformingKnobs::default() };
            velocities(&bar_of_velocities(&[70, 80, 102]), &knobs)
        };
        let around_mean = |velocity, spread| played(velocity, spread, SpreadCentre::Bar);
        assert_eq!(around_mean(1.0, 1.0), [70, 80, 102]);
        assert_eq!(around_mean(1.0, 0.0), [84, 84, 84]);
        assert_eq!(around_mean(1.0, 1.5), [63, 78, 111]);
        assert_eq!(around_mean(0.5, 1.0), [35, 40, 51]);
        assert_eq!((around_mean(0.0, 1.0), around_mean(2.0, 2.0)), (vec![1, 1, 1], vec![112, 127, 127]));
        assert_eq!(played(1.0, 0.0, SpreadCentre::Fixed), [64, 64, 64]);
        assert_eq!(played(1.0, 1.5, SpreadCentre::Fixed), [73, 88, 121]);
    }

    #[test]
    fn spread_leaves_music_of_one_velocity_as_it_is() {
        for constant in [1, 84, 123, 127] {
            for velocity_spread in [0.0, 0.3, 1.0, 1.7, 2.0] {
                let knobs = PerformingKnobs { velocity_spread, ..PerformingKnobs::default() };
                assert_eq!(velocities(&bar_of_velocities(&[constant; 7]), &knobs), [constant; 7]);
            }
        }
    }

    proptest! {
        #[test]
        fn swing_never_changes_the_order_of_notes_nor_moves_a_bar_line(
            a in 0.0f64..400.0, b in 0.0f64..400.0, swing in 0.0f32..=1.0, grid in 1usize..11,
            numerator in 1u32..16, exponent in 1u32..5,
        ) {
            let meter = Meter::new(numerator, 1 << exponent).unwrap();
            let knobs = PerformingKnobs { swing, swing_grid: Grid::ALL[grid], ..PerformingKnobs::default() };
            let swing = Swing::new(&knobs, meter);
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(swing.warp(low) <= swing.warp(high) + 1e-9);
            prop_assert!(swing.warp(low) >= low - 1e-9, "never early");
            let line = meter.bar_length().0 as f64;
            prop_assert!((swing.warp(3.0 * line) - 3.0 * line).abs() < 1e-9);
        }
    }
}
