use crate::player::{Event, EventKind};
use crate::plugin::preview::Preview;

const RATE: f64 = 48_000.0;

fn on(offset: u32, channel: u8, key: u8, velocity: u8) -> Event {
    Event { offset, kind: EventKind::On { channel, key, velocity } }
}

fn off(offset: u32, channel: u8, key: u8) -> Event {
    Event { offset, kind: EventKind::Off { channel, key } }
}

/// Renders `n_samples` in one block; the sum of both sides.
fn render(preview: &mut Preview, events: &[Event], level: f32, n_samples: usize) -> Vec<f32> {
    let (mut left, mut right) = (vec![9.0; n_samples], vec![9.0; n_samples]);
    preview.render(events, level, &mut left, &mut right);
    left.iter().zip(&right).map(|(left, right)| left + right).collect()
}

fn peak(sound: &[f32]) -> f32 {
    sound.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

fn is_silent(sound: &[f32]) -> bool {
    peak(sound) < f32::MIN_POSITIVE
}

/// The share of the power of `sound` that is a sine of this frequency.
fn share(sound: &[f32], hertz: f64) -> f64 {
    let turn = |idx: usize| std::f64::consts::TAU * hertz * idx as f64 / RATE;
    let (cosine, sine, power) =
        sound.iter().enumerate().fold((0.0, 0.0, 0.0), |(cosine, sine, power), (idx, sample)| {
            let sample = f64::from(*sample);
            (cosine + sample * turn(idx).cos(), sine + sample * turn(idx).sin(), power + sample * sample)
        });
    2.0 * (cosine * cosine + sine * sine) / (power * sound.len() as f64)
}

#[test]
fn switched_off_it_is_silent() {
    let mut preview = Preview::new(RATE);
    assert!(is_silent(&render(&mut preview, &[on(0, 0, 60, 127)], 0.0, 512)));
    let after = render(&mut preview, &[], 0.5, 512);
    assert!(is_silent(&after), "the note was ignored");
}

#[test]
fn a_key_sounds_at_its_pitch_from_its_sample_on() {
    let mut preview = Preview::new(RATE);
    let sound = render(&mut preview, &[on(100, 0, 69, 60)], 0.5, 24_000);
    assert!(is_silent(&sound[..100]));
    assert!(peak(&sound[100..600]) > 0.02);
    let ringing = &sound[12_000..];
    assert!(share(ringing, 440.0) > 0.5, "{}", share(ringing, 440.0));
    assert!(share(ringing, 466.16) < 0.01);
}

#[test]
fn a_key_does_not_thump() {
    for key in [36, 60, 84] {
        let sound = render(&mut Preview::new(RATE), &[on(0, 0, key, 127)], 0.3, 9600);
        let mean = sound.iter().sum::<f32>() / sound.len() as f32;
        assert!(mean.abs() < 0.02 * peak(&sound), "key {key}: {mean} of {}", peak(&sound));
    }
}

#[test]
fn a_released_key_falls_silent() {
    let mut preview = Preview::new(RATE);
    render(&mut preview, &[on(0, 3, 48, 127), off(4000, 3, 48)], 0.5, 4800);
    render(&mut preview, &[], 0.5, 48_000);
    assert!(is_silent(&render(&mut preview, &[], 0.5, 480)));
}

#[test]
fn releasing_a_key_on_another_channel_changes_nothing() {
    let mut preview = Preview::new(RATE);
    render(&mut preview, &[on(0, 3, 48, 127), off(4000, 4, 48)], 0.5, 28_800);
    assert!(peak(&render(&mut preview, &[], 0.5, 480)) > 0.05);
}

#[test]
fn every_drum_can_be_heard() {
    for key in 27..=87 {
        let stroke = peak(&render(&mut Preview::new(RATE), &[on(0, 9, key, 100)], 0.5, 2400));
        assert!(stroke > 0.02, "key {key} peaks at {stroke}");
    }
}

#[test]
fn every_drum_ends_by_itself() {
    let mut preview = Preview::new(RATE);
    let strokes: Vec<Event> = (27..=87).map(|key| on(0, 9, key, 127)).collect();
    render(&mut preview, &strokes, 0.5, 6 * 48_000);
    assert!(is_silent(&render(&mut preview, &[], 0.5, 480)));
}

#[test]
fn a_hundred_keys_at_once_neither_break_nor_exceed_full_scale() {
    let mut preview = Preview::new(RATE);
    let events: Vec<Event> = (0..127).flat_map(|key| [on(0, 0, key, 127), on(0, 9, key, 127)]).collect();
    let (mut left, mut right) = (vec![0.0; 4800], vec![0.0; 4800]);
    preview.render(&events, 1.0, &mut left, &mut right);
    assert!(left.iter().chain(&right).all(|sample| sample.abs() <= 1.0));
}

#[test]
fn a_voice_taken_for_another_note_does_not_click() {
    let mut preview = Preview::new(RATE);
    let chord: Vec<Event> = (0..32).map(|idx| on(0, 0, 40 + idx, 100)).collect();
    render(&mut preview, &chord, 0.05, 9600);
    let before = largest_step(&render(&mut preview, &[], 0.05, 960));
    let stealing: Vec<Event> = (0..32).map(|idx| on(100, 1, 40 + idx, 100)).collect();
    let during = largest_step(&render(&mut preview, &stealing, 0.05, 200));
    assert!(during < 3.0 * before, "{during} after {before}");
}

#[test]
fn switching_off_does_not_click() {
    let mut preview = Preview::new(RATE);
    render(&mut preview, &[on(0, 0, 48, 127)], 0.5, 9600);
    let before = largest_step(&render(&mut preview, &[], 0.5, 960));
    let fading = render(&mut preview, &[], 0.0, 9600);
    assert!(largest_step(&fading) < 1.5 * before);
    assert!(is_silent(&render(&mut preview, &[], 0.0, 480)));
}

#[test]
fn the_sound_does_not_depend_on_the_block_size() {
    let events = [on(10, 0, 60, 90), on(333, 9, 38, 120), off(900, 0, 60)];
    let whole = render(&mut Preview::new(RATE), &events, 0.5, 1200);
    let mut preview = Preview::new(RATE);
    let mut pieces = Vec::new();
    for start in (0..1200_u32).step_by(7) {
        let n_samples = 7.min(1200 - start);
        let within: Vec<Event> = events
            .iter()
            .filter(|event| (start..start + n_samples).contains(&event.offset))
            .map(|event| Event { offset: event.offset - start, ..*event })
            .collect();
        pieces.extend(render(&mut preview, &within, 0.5, n_samples as usize));
    }
    assert_eq!(whole, pieces);
}

#[test]
fn odd_sample_rates_give_sound_too() {
    for rate in [8_000.0, 22_050.0, 192_000.0] {
        let mut preview = Preview::new(rate);
        let events: Vec<Event> = (35..60).map(|key| on(0, 9, key, 100)).collect();
        let sound = render(&mut preview, &events, 0.5, 8000);
        assert!(sound.iter().all(|sample| sample.is_finite()) && peak(&sound) > 0.1, "{rate}");
    }
}

/// The largest difference from one sample to the next.
fn largest_step(sound: &[f32]) -> f32 {
    sound.windows(2).fold(0.0, |largest, pair| largest.max((pair[1] - pair[0]).abs()))
}
