//! Drums: a kick, claps, hats and percussion.

use crate::drum_lines::{Line, backbeat, broken_kick, hats, open_hat, percussion, ride, steady_kick};
use crate::fills::{Fill, fill, fill_begin, fill_notes};
use crate::form::{Form, PHRASE};
use crate::keys::{CLAP, CLOSED_HAT, CRASH, ELECTRIC_SNARE, KICK, OPEN_HAT, PERCUSSION, RIDE, RIM, SNARE};
use crate::pattern::{Note, Part, STEP, STEPS};
use crate::rng::Rng;
use crate::style::{Layer, Style};

/// The drum patterns of a piece.
struct Kit {
    kick: Vec<Line>,
    backbeat_key: u8,
    backbeat: Vec<Line>,
    hats: Vec<Line>,
    open_hat: Line,
    percussion: Vec<(u8, Vec<Line>)>,
    ride: Line,
    /// Whether sections begin with a crash.
    crashes: bool,
    fills: Vec<Fill>,
}

/// All drums of a piece.
pub(crate) fn drums(style: Style, form: &Form, rng: &mut Rng) -> Vec<Note> {
    let mut kit = Kit::new(style, rng);
    let mut notes = Vec::new();
    for bar in 0..form.n_bars() {
        if bar > 0 && bar.is_multiple_of(PHRASE) {
            kit.vary(rng);
        }
        kit.play(form, bar, rng, &mut notes);
    }
    notes
}

impl Kit {
    fn new(style: Style, rng: &mut Rng) -> Self {
        let is_broken = match style {
            Style::Electro => true,
            Style::Techno => rng.happens(0.12),
            Style::Minimal | Style::DeepHouse => rng.happens(0.06),
            _ => false,
        };
        let backbeat_key = match style {
            Style::Electro => rng.pick(&[SNARE, CLAP, ELECTRIC_SNARE, SNARE]),
            Style::Techno | Style::Minimal => rng.pick(&[CLAP, CLAP, RIM, SNARE, ELECTRIC_SNARE]),
            _ => rng.pick(&[CLAP, CLAP, CLAP, SNARE]),
        };
        let n_percussion = rng.weighted(&[(1, 4), (2, 4), (3, 2)]);
        let mut keys = PERCUSSION.to_vec();
        let percussion = (0..n_percussion).map(|_| {
            let key = keys.swap_remove(rng.below(keys.len()));
            (key, percussion(rng))
        });
        let percussion = percussion.collect();
        let fills = (0..3).map(|_| fill(style, rng)).collect();
        Self {
            kick: if is_broken { broken_kick(rng) } else { steady_kick(rng) },
            backbeat_key,
            backbeat: backbeat(style, is_broken, rng),
            hats: hats(style, rng),
            open_hat: open_hat(style, rng),
            percussion,
            ride: ride(rng),
            crashes: rng.happens(0.7),
            fills,
        }
    }

    /// The small changes at a new phrase.
    fn vary(&mut self, rng: &mut Rng) {
        for (_, lines) in &mut self.percussion {
            if rng.happens(0.4) {
                let line = rng.below(lines.len());
                let step = rng.below(STEPS);
                let line = &mut lines[line];
                line[step] = if line[step] == 0 { rng.between(48, 84) as u8 } else { 0 };
            }
        }
        if rng.happens(0.2) {
            let line = rng.below(self.hats.len());
            let step = 2 * rng.below(STEPS / 2) + 1;
            let line = &mut self.hats[line];
            line[step] = if line[step] == 0 { rng.between(36, 64) as u8 } else { 0 };
        }
    }

    fn play(&self, form: &Form, bar: usize, rng: &mut Rng, notes: &mut Vec<Note>) {
        let has = |layer| form.plays(layer, bar);
        let fill = self.fill_of(bar, form, rng);
        let mut strike = |key: u8, step: usize, velocity: u8, rng: &mut Rng| {
            let velocity = (i32::from(velocity) + rng.between(-3, 3)).clamp(12, 127) as u8;
            let at = (bar * STEPS + step) as u32 * STEP;
            notes.push(Note { at, length: STEP, part: Part::Drums, key, velocity });
        };
        let mut lines: Vec<(u8, &Line)> = Vec::new();
        if has(Layer::Kick) {
            lines.push((KICK, of_bar(&self.kick, bar)));
        }
        if has(Layer::Clap) {
            lines.push((self.backbeat_key, of_bar(&self.backbeat, bar)));
        }
        if has(Layer::Hats) {
            lines.push((CLOSED_HAT, of_bar(&self.hats, bar)));
        }
        if has(Layer::OpenHat) {
            lines.push((OPEN_HAT, &self.open_hat));
        }
        if has(Layer::Ride) {
            lines.push((RIDE, &self.ride));
        }
        if has(Layer::Percussion) {
            lines.extend(self.percussion.iter().map(|(key, lines)| (*key, of_bar(lines, bar))));
        }
        let first_of_fill = fill_begin(fill);
        for (key, line) in lines {
            for (step, velocity) in line.iter().enumerate().filter(|(_, velocity)| **velocity > 0) {
                // One foot works both hats: an open one takes the place of a closed one.
                let is_covered = key == CLOSED_HAT && has(Layer::OpenHat) && self.open_hat[step] > 0;
                let is_filled = step >= first_of_fill
                    && (key == self.backbeat_key || (key == KICK && fill != Fill::SnareRun));
                if !is_covered && !is_filled {
                    strike(key, step, *velocity, rng);
                }
            }
        }
        for (key, step, velocity) in fill_notes(fill, self.backbeat_key, has(Layer::Kick), rng) {
            strike(key, step, velocity, rng);
        }
        if self.crashes && form.begins_section(bar) && has(Layer::Kick) {
            strike(CRASH, 0, 104, rng);
        }
    }

    /// Fills end phrases; small ones sometimes half phrases.
    fn fill_of(&self, bar: usize, form: &Form, rng: &mut Rng) -> Fill {
        if !form.plays(Layer::Clap, bar) && !form.leads_to_drop(bar) {
            return Fill::Nothing;
        }
        match bar % PHRASE {
            7 if form.leads_to_drop(bar) && rng.happens(0.6) => Fill::SnareRun,
            7 if rng.happens(0.75) => rng.pick(&self.fills),
            3 if rng.happens(0.15) => self.fills[0],
            _ => Fill::Nothing,
        }
    }
}

fn of_bar(lines: &[Line], bar: usize) -> &Line {
    &lines[bar % lines.len()]
}
