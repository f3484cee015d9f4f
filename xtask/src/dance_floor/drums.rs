//! Drums: a kick, claps, hats and whatever ticks between them.

use crate::dance_floor::chance::Chance;
use crate::dance_floor::drum_lines::{
    Line, backbeat, broken_kick, hats, open_hat, percussion, ride, steady_kick,
};
use crate::dance_floor::fills::{Fill, fill, fill_begin, fill_notes};
use crate::dance_floor::form::{Form, PHRASE};
use crate::dance_floor::pattern::{Note, Part, STEP, STEPS};
use crate::dance_floor::style::{Layer, Style};

/// The General MIDI keys of what is struck.
pub(super) const KICK: u8 = 36;
pub(super) const SNARE: u8 = 38;
pub(super) const TOMS: [u8; 4] = [50, 48, 45, 41];
pub(super) const TAMBOURINE: u8 = 54;
const RIM: u8 = 37;
const CLAP: u8 = 39;
const ELECTRIC_SNARE: u8 = 40;
const CLOSED_HAT: u8 = 42;
const OPEN_HAT: u8 = 46;
const CRASH: u8 = 49;
const RIDE: u8 = 51;
/// Rim shot, cowbell, high and low bongo, congas, claves, wood block, cabasa.
const TICKING: [u8; 10] = [RIM, 56, 60, 61, 62, 63, 64, 75, 76, 69];

/// The drummer of a piece.
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
pub(super) fn drums(style: Style, form: &Form, chance: &mut Chance) -> Vec<Note> {
    let mut kit = Kit::new(style, chance);
    let mut notes = Vec::new();
    for bar in 0..form.n_bars() {
        if bar > 0 && bar.is_multiple_of(PHRASE) {
            kit.vary(chance);
        }
        kit.play(form, bar, chance, &mut notes);
    }
    notes
}

impl Kit {
    fn new(style: Style, chance: &mut Chance) -> Self {
        let is_broken = match style {
            Style::Electro => true,
            Style::Techno => chance.happens(0.12),
            Style::Minimal | Style::DeepHouse => chance.happens(0.06),
            _ => false,
        };
        let backbeat_key = match style {
            Style::Electro => chance.pick(&[SNARE, CLAP, ELECTRIC_SNARE, SNARE]),
            Style::Techno | Style::Minimal => chance.pick(&[CLAP, CLAP, RIM, SNARE, ELECTRIC_SNARE]),
            _ => chance.pick(&[CLAP, CLAP, CLAP, SNARE]),
        };
        let n_percussion = chance.weigh(&[(1, 4), (2, 4), (3, 2)]);
        let mut keys = TICKING.to_vec();
        let percussion = (0..n_percussion).map(|_| {
            let key = keys.swap_remove(chance.below(keys.len()));
            (key, percussion(chance))
        });
        let percussion = percussion.collect();
        let fills = (0..3).map(|_| fill(style, chance)).collect();
        Self {
            kick: if is_broken { broken_kick(chance) } else { steady_kick(chance) },
            backbeat_key,
            backbeat: backbeat(style, is_broken, chance),
            hats: hats(style, chance),
            open_hat: open_hat(style, chance),
            percussion,
            ride: ride(chance),
            crashes: chance.happens(0.7),
            fills,
        }
    }

    /// What a drummer changes at a new phrase: little.
    fn vary(&mut self, chance: &mut Chance) {
        for (_, lines) in &mut self.percussion {
            if chance.happens(0.4) {
                let line = chance.below(lines.len());
                let step = chance.below(STEPS);
                let line = &mut lines[line];
                line[step] = if line[step] == 0 { chance.between(48, 84) as u8 } else { 0 };
            }
        }
        if chance.happens(0.2) {
            let line = chance.below(self.hats.len());
            let step = 2 * chance.below(STEPS / 2) + 1;
            let line = &mut self.hats[line];
            line[step] = if line[step] == 0 { chance.between(36, 64) as u8 } else { 0 };
        }
    }

    fn play(&self, form: &Form, bar: usize, chance: &mut Chance, notes: &mut Vec<Note>) {
        let has = |layer| form.plays(layer, bar);
        let fill = self.fill_of(bar, form, chance);
        let mut strike = |key: u8, step: usize, velocity: u8, chance: &mut Chance| {
            let velocity = (i32::from(velocity) + chance.between(-3, 3)).clamp(12, 127) as u8;
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
                    strike(key, step, *velocity, chance);
                }
            }
        }
        for (key, step, velocity) in fill_notes(fill, self.backbeat_key, has(Layer::Kick), chance) {
            strike(key, step, velocity, chance);
        }
        if self.crashes && form.begins_section(bar) && has(Layer::Kick) {
            strike(CRASH, 0, 104, chance);
        }
    }

    /// Fills end phrases; small ones sometimes half phrases.
    fn fill_of(&self, bar: usize, form: &Form, chance: &mut Chance) -> Fill {
        if !form.plays(Layer::Clap, bar) && !form.leads_to_drop(bar) {
            return Fill::Nothing;
        }
        match bar % PHRASE {
            7 if form.leads_to_drop(bar) && chance.happens(0.6) => Fill::SnareRun,
            7 if chance.happens(0.75) => chance.pick(&self.fills),
            3 if chance.happens(0.15) => self.fills[0],
            _ => Fill::Nothing,
        }
    }
}

fn of_bar(lines: &[Line], bar: usize) -> &Line {
    &lines[bar % lines.len()]
}
