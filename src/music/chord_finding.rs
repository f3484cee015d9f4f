//! Chord finding, from the notes alone.
//!
//! The chords of a piece are the likeliest path through its pulses (a dynamic programme, as of Viterbi): each pulse
//! says how well each chord explains what sounds in it, and a change of chord costs something, least at a bar line.

use crate::music::chord::Chord;
use crate::music::key::PitchClassSet;
use crate::music::note::Note;
use crate::music::piece::Piece;
use crate::music::time::Tick;

/// The kinds of chord that are looked for: their tones, and how much less likely they are than a major triad, in nats.
const KINDS: [(&[u8], f32); 11] = [
    (&[0, 4, 7], 0.0),
    (&[0, 3, 7], 0.1),
    (&[0, 4, 7, 10], 0.3),
    (&[0, 3, 7, 10], 0.4),
    (&[0, 4, 7, 11], 0.6),
    (&[0, 3, 6], 1.0),
    (&[0, 3, 6, 10], 0.7),
    (&[0, 3, 6, 9], 0.9),
    (&[0, 4, 8], 1.2),
    (&[0, 5, 7], 1.2),
    (&[0, 5, 7, 10], 1.4),
];
/// Three eighths, in ticks.
const LONGEST_PULSE: usize = 36;
const N_CHORDS: usize = 12 * KINDS.len();

/// The share of the notes' weight that lies on chord tones.
const IN_CHORD: f32 = 0.85;
/// The root's share of that, in parts of which every other tone has one.
const ROOT: f32 = 1.4;
/// A pulse counts as this many independent notes at most.
const MOST_EVIDENCE: f32 = 6.0;
/// How likely the bass has the root, another tone of the chord, or any other pitch class.
const BASS: [f32; 3] = [0.5, 0.12, 0.04];
/// A bar line, the middle of a bar, and other pulses.
const BAR_LINE: Place = Place { change: 3.0, bass: 4.0 };
const MIDDLE: Place = Place { change: 4.5, bass: 1.0 };
const ELSEWHERE: Place = Place { change: 7.0, bass: 0.2 };

/// What a pulse's place in the bar means.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// What a change of chord costs there, in nats.
    change: f32,
    /// How much its bass counts: a walking bass has the root on the first beat, and passing notes on others.
    bass: f32,
}

/// A stretch of time in which the chord does not change.
#[derive(Debug, Clone, Copy)]
struct Pulse {
    start: Tick,
    end: Tick,
    place: Place,
}

/// What sounds in a pulse.
#[derive(Debug, Clone, Copy, Default)]
struct Heard {
    /// Weight by pitch class.
    weights: [f32; 12],
    /// How long each pitch class is the lowest.
    bass: [f32; 12],
}

impl Piece {
    /// The chords that the notes make, each until the next one, the first from the first pitched note's pulse on; and the
    /// share of the sounding time that their tones explain. None if no note has a pitch.
    ///
    /// Pulses are quarters, or three eighths where the meter is compound. A rest keeps the chord before it.
    #[must_use]
    pub fn find_chords(&self) -> (Vec<(Tick, Option<Chord>)>, f32) {
        let pulses = pulses(self);
        let heard = hear(&self.notes, &pulses);
        let path = likeliest_path(&pulses, &heard);
        let mut chords: Vec<(Tick, Option<Chord>)> = Vec::new();
        let (mut explained, mut total) = (0.0, 0.0);
        let mut first = 0;
        while first < path.len() {
            let n_same = path[first..].iter().take_while(|other| **other == path[first]).count();
            let chord = with_bass(path[first], &heard[first..first + n_same]);
            for heard in &heard[first..first + n_same] {
                total += heard.weights.iter().sum::<f32>();
                let is_tone = |pitch_class: &usize| chord.contains(*pitch_class as u8);
                explained += (0..12).filter(is_tone).map(|class| heard.weights[class]).sum::<f32>();
            }
            if chords.last().is_none_or(|(_, last)| *last != Some(chord)) {
                chords.push((pulses[first].start, Some(chord)));
            }
            first += n_same;
        }
        if total > 0.0 { (chords, explained / total) } else { (Vec::new(), 0.0) }
    }
}

/// The pulses from that of the first pitched note to that of the last.
fn pulses(piece: &Piece) -> Vec<Pulse> {
    let mut pulses = Vec::new();
    let pitched = || piece.notes.iter().filter(|note| !note.family.is_drums());
    let (Some(first), Some(last)) = (pitched().next(), pitched().map(Note::end).max()) else { return pulses };
    let mut bar = piece.bar_at(first.onset).0;
    while bar < last {
        let (_, meter) = piece.bar_at(bar);
        let next = piece.next_bar(bar).0.max(bar + Tick(1));
        let is_compound = meter.numerator() % 3 == 0 && meter.denominator() >= 8;
        let pulse = if is_compound { LONGEST_PULSE as i64 } else { Tick::PER_BEAT };
        let middle = meter.bar_length().0 / 2;
        for in_bar in (0..(next - bar).0).step_by(pulse as usize) {
            let place = match in_bar {
                0 => BAR_LINE,
                _ if in_bar == middle && meter.numerator() % 2 == 0 => MIDDLE,
                _ => ELSEWHERE,
            };
            let start = bar + Tick(in_bar);
            pulses.push(Pulse { start, end: next.min(start + Tick(pulse)), place });
        }
        bar = next;
    }
    pulses
}

/// What sounds in each pulse.
fn hear(notes: &[Note], pulses: &[Pulse]) -> Vec<Heard> {
    // A note struck on the pulse says more about its chord than one in passing.
    let weight = |note: &Note, pulse: &Pulse| if note.onset == pulse.start { 1.5 } else { 1.0 };
    let mut heard = vec![Heard::default(); pulses.len()];
    // The lowest pitch at each tick of each pulse, and its weight.
    let mut lowest = vec![[(u8::MAX, 0.0_f32); LONGEST_PULSE]; pulses.len()];
    for note in notes.iter().filter(|note| !note.family.is_drums()) {
        let from = pulses.partition_point(|pulse| pulse.end <= note.onset);
        for (idx, pulse) in pulses.iter().enumerate().skip(from).take_while(|(_, p)| p.start < note.end()) {
            let begin = (note.onset.max(pulse.start) - pulse.start).0 as usize;
            let end = (note.end().min(pulse.end) - pulse.start).0 as usize;
            let weight = weight(note, pulse);
            heard[idx].weights[usize::from(note.pitch % 12)] +=
                weight * (end - begin) as f32 / Tick::PER_BEAT as f32;
            for tick in lowest[idx].iter_mut().take(end).skip(begin).filter(|tick| note.pitch < tick.0) {
                *tick = (note.pitch, weight);
            }
        }
    }
    for (heard, lowest) in heard.iter_mut().zip(&lowest) {
        for (pitch, weight) in lowest.iter().filter(|(pitch, _)| *pitch != u8::MAX) {
            heard.bass[usize::from(pitch % 12)] += weight;
        }
    }
    heard
}

/// The chord of each pulse, as an index: kind × 12 + root.
fn likeliest_path(pulses: &[Pulse], heard: &[Heard]) -> Vec<usize> {
    let tones: Vec<[f32; 12]> = KINDS.iter().map(|(tones, _)| logs(tones)).collect();
    let mut scores = [0.0_f32; N_CHORDS];
    // For each pulse and chord, the chord of the pulse before it.
    let mut before: Vec<[u8; N_CHORDS]> = Vec::with_capacity(pulses.len());
    for (pulse, heard) in pulses.iter().zip(heard) {
        let (best, best_score) = highest(&scores);
        let mut from = [0; N_CHORDS];
        for (chord, score) in scores.iter_mut().enumerate() {
            let (kind, root) = (chord / 12, chord % 12);
            let change = best_score - pulse.place.change - KINDS[kind].1;
            let stays = *score >= change;
            from[chord] = if stays { chord } else { best } as u8;
            *score = if stays { *score } else { change }
                + evidence(heard, pulse.place, root, &tones[kind], KINDS[kind].0);
        }
        before.push(from);
    }
    let mut path = vec![0; pulses.len()];
    let mut chord = highest(&scores).0;
    for (place, from) in path.iter_mut().zip(&before).rev() {
        *place = chord;
        chord = usize::from(from[chord]);
    }
    path
}

/// The logarithm of how likely a note of each pitch class above the root is in a chord of these tones.
fn logs(tones: &[u8]) -> [f32; 12] {
    let share = IN_CHORD / (tones.len() as f32 - 1.0 + ROOT);
    let other = (1.0 - IN_CHORD) / (12.0 - tones.len() as f32);
    std::array::from_fn(|semitones| {
        let likelihood = match tones.contains(&(semitones as u8)) {
            true if semitones == 0 => ROOT * share,
            true => share,
            false => other,
        };
        likelihood.ln()
    })
}

/// How well a chord explains a pulse, in nats.
fn evidence(heard: &Heard, place: Place, root: usize, logs: &[f32; 12], tones: &[u8]) -> f32 {
    let total: f32 = heard.weights.iter().sum();
    if total <= 0.0 {
        return 0.0;
    }
    let above = |pitch_class: usize| (pitch_class + 12 - root) % 12;
    let of_notes: f32 = (0..12).map(|class| heard.weights[class] * logs[above(class)]).sum();
    let bass_total: f32 = heard.bass.iter().sum();
    let of_bass: f32 = (0..12)
        .filter(|class| heard.bass[*class] > 0.0)
        .map(|class| {
            let likelihood = match above(class) {
                0 => BASS[0],
                semitones if tones.contains(&(semitones as u8)) => BASS[1],
                _ => BASS[2],
            };
            heard.bass[class] / bass_total * likelihood.ln()
        })
        .sum();
    of_notes / total * total.min(MOST_EVIDENCE) + place.bass * of_bass
}

fn highest(scores: &[f32]) -> (usize, f32) {
    let best = scores.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
    best.unwrap_or((0, 0.0))
}

/// The chord over the bass that sounds longest, if that is one of its tones.
fn with_bass(chord: usize, heard: &[Heard]) -> Chord {
    let (kind, root) = (chord / 12, (chord % 12) as u8);
    let tones = PitchClassSet::new(KINDS[kind].0);
    let bass: [f32; 12] = std::array::from_fn(|class| heard.iter().map(|heard| heard.bass[class]).sum());
    let (lowest, ticks) = highest(&bass);
    let is_inverted = 2.0 * ticks > bass.iter().sum() && tones.contains((lowest as u8 + 12 - root) % 12);
    Chord::new(root, tones, if is_inverted { lowest as u8 } else { root })
}

#[cfg(test)]
mod tests {
    use crate::music::{Chord, Family, Meter, Note, Piece, PitchClassSet, Tick, parse_harte};

    fn notes(onset: i64, duration: i64, pitches: &[u8]) -> Vec<Note> {
        let note = |pitch: &u8| Note {
            onset: Tick(onset),
            duration: Tick(duration),
            pitch: *pitch,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        pitches.iter().map(note).collect()
    }

    fn found(piece: &Piece) -> Vec<(i64, String)> {
        let name = |(at, chord): &(Tick, Option<Chord>)| (at.0, chord.unwrap().to_string());
        piece.find_chords().0.iter().map(name).collect()
    }

    fn expected(chords: &[(i64, &str)]) -> Vec<(i64, String)> {
        let name = |(at, text): &(i64, &str)| (*at, parse_harte(text).unwrap().unwrap().to_string());
        chords.iter().map(name).collect()
    }

    #[test]
    fn block_chords_are_found_by_bar_and_half_bar() {
        let all = [
            notes(0, 96, &[48, 60, 64, 67]),
            notes(96, 48, &[45, 60, 64, 69]),
            notes(144, 48, &[50, 60, 65, 69]),
            notes(192, 96, &[43, 59, 62, 65]),
            notes(288, 96, &[52, 60, 67, 72]),
        ];
        let piece = Piece { notes: all.concat(), ..Piece::default() };
        let chords = [(0, "C:maj"), (96, "A:min"), (144, "D:min7"), (192, "G:7"), (288, "C:maj/3")];
        assert_eq!(found(&piece), expected(&chords));
        assert!(piece.find_chords().1 > 0.99);
    }

    #[test]
    fn a_broken_chord_with_passing_notes_is_one_chord_in_any_key() {
        for up in 0..12 {
            let arpeggio = |bar: i64, pitches: [u8; 8]| {
                let note = |(idx, pitch): (usize, u8)| notes(bar * 72 + idx as i64 * 9, 9, &[pitch + up]);
                pitches.into_iter().enumerate().flat_map(note).collect::<Vec<_>>()
            };
            let mut all = notes(0, 72, &[36 + up]);
            all.extend(notes(72, 72, &[43 + up]));
            all.extend(arpeggio(0, [60, 64, 67, 65, 64, 67, 72, 67]));
            all.extend(arpeggio(1, [59, 62, 67, 69, 67, 65, 62, 59]));
            all.sort();
            let meters = vec![(Tick(0), Meter::new(3, 4).unwrap())];
            let chords = Piece { notes: all, meters, ..Piece::default() }.find_chords().0;
            let roots: Vec<_> = chords.iter().map(|(at, chord)| (at.0, chord.unwrap().root())).collect();
            assert_eq!(roots, [(0, up), (72, (7 + up) % 12)]);
            assert!(chords.iter().all(|(_, chord)| chord.unwrap().tones().contains(4)));
        }
    }

    #[test]
    fn a_chorale_has_a_chord_on_every_beat() {
        let chords: [[u8; 4]; 6] = [
            [48, 60, 64, 67],
            [53, 60, 65, 69],
            [43, 59, 62, 67],
            [45, 60, 64, 69],
            [50, 57, 62, 65],
            [43, 55, 62, 71],
        ];
        let all: Vec<_> =
            (0..).zip(&chords).flat_map(|(beat, pitches)| notes(24 * beat, 24, pitches)).collect();
        let roots: Vec<_> = Piece { notes: all, ..Piece::default() }.find_chords().0;
        let roots: Vec<_> = roots.iter().map(|(at, chord)| (at.0, chord.unwrap().root())).collect();
        assert_eq!(roots, [(0, 0), (24, 5), (48, 7), (72, 9), (96, 2), (120, 7)]);
    }

    #[test]
    fn drums_alone_have_no_chords_and_rests_keep_the_chord() {
        let mut drums = notes(0, 12, &[36, 38, 42]);
        for note in &mut drums {
            note.family = Family::DRUMS;
        }
        assert_eq!(Piece { notes: drums, ..Piece::default() }.find_chords(), (Vec::new(), 0.0));
        let all = [notes(0, 96, &[48, 60, 63, 67]), notes(384, 96, &[48, 60, 63, 67])].concat();
        let minor = Chord::new(0, PitchClassSet::new(&[0, 3, 7]), 0);
        assert_eq!(Piece { notes: all, ..Piece::default() }.find_chords().0, [(Tick(0), Some(minor))]);
    }

    #[test]
    fn a_piece_that_begins_late_has_its_first_chord_there() {
        let piece = Piece { notes: notes(960, 96, &[50, 57, 65]), ..Piece::default() };
        assert_eq!(found(&piece), expected(&[(960, "D:min")]));
    }
}
