//! The piano roll: what is playing now and what comes next.

use std::sync::Arc;

use egui::{Align2, Color32, Painter, Rect, Stroke, StrokeKind, TextStyle, Ui, pos2, vec2};

use crate::music::{Bar, Beats, Family, Note, Score, Tick};
use crate::plugin::editor::theme;

/// Quarter notes from the left edge to the right, and from the left edge to the playhead.
const SPAN: f64 = 24.0;
const BEFORE: f64 = 4.0;

/// What the roll shows.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    /// The bars composed so far.
    pub score: Arc<Score>,
    /// The host's song position.
    pub playhead: Beats,
    /// Whether the host plays.
    pub playing: bool,
}

/// Draws the roll into all the space there is.
pub(super) fn show(ui: &mut Ui, roll: &Roll) {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Canvas, true, "Piano roll"));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, theme::ROUND, theme::WELL);

    let window = Window::around(rect, roll);
    let bars: Vec<&Arc<Bar>> = roll.score.bars.iter().filter(|bar| window.holds(bar)).collect();
    let pitches = Pitches::of(rect, &bars);
    pitches.paint(&painter);
    for bar in &bars {
        paint_bar_lines(ui, &painter, &window, bar);
    }
    // A note may ring into the window from bars before it: long notes start at most a few bars earlier.
    for bar in roll.score.bars.iter().filter(|bar| window.may_ring_into(bar)) {
        for note in &bar.notes {
            paint_note(&painter, &window, &pitches, note, roll);
        }
    }
    let x = window.x(roll.playhead);
    let colour = if roll.playing { theme::ACCENT } else { theme::DIM };
    painter.vline(x, rect.y_range(), Stroke::new(1.5, colour));
    painter.rect_stroke(
        rect,
        theme::ROUND,
        Stroke::new(1.0, theme::LINE),
        StrokeKind::Inside,
    );
    if bars.is_empty() {
        let text = "Nothing composed here yet. Press play in the host.";
        painter.text(
            rect.center(),
            Align2::CENTER_CENTER,
            text,
            TextStyle::Body.resolve(ui.style()),
            theme::DIM,
        );
    }
}

/// The stretch of the song that is in sight.
struct Window {
    rect: Rect,
    left: f64,
}

impl Window {
    fn around(rect: Rect, roll: &Roll) -> Self {
        Self {
            rect,
            left: roll.playhead.0 - BEFORE,
        }
    }

    fn x(&self, beats: Beats) -> f32 {
        self.rect.left() + ((beats.0 - self.left) / SPAN) as f32 * self.rect.width()
    }

    fn holds(&self, bar: &Bar) -> bool {
        bar.end().to_beats().0 > self.left && bar.start.to_beats().0 < self.left + SPAN
    }

    fn may_ring_into(&self, bar: &Bar) -> bool {
        bar.end().to_beats().0 > self.left - SPAN && bar.start.to_beats().0 < self.left + SPAN
    }
}

/// Which keys are in sight, in whole octaves so that the picture rests while the music moves.
struct Pitches {
    rect: Rect,
    lowest: i32,
    highest: i32,
}

impl Pitches {
    fn of(rect: Rect, bars: &[&Arc<Bar>]) -> Self {
        let pitches = || {
            bars.iter()
                .flat_map(|bar| &bar.notes)
                .map(|note| i32::from(note.pitch))
        };
        let lowest = pitches().min().unwrap_or(48).min(60) / 12 * 12;
        let highest = (pitches().max().unwrap_or(71).max(lowest + 23) / 12 + 1) * 12 - 1;
        Self {
            rect,
            lowest,
            highest,
        }
    }

    fn row(&self) -> f32 {
        self.rect.height() / (self.highest - self.lowest + 1) as f32
    }

    fn top(&self, pitch: i32) -> f32 {
        self.rect.bottom() - (pitch - self.lowest + 1) as f32 * self.row()
    }

    fn paint(&self, painter: &Painter) {
        for pitch in self.lowest..=self.highest {
            let row = Rect::from_min_size(
                pos2(self.rect.left(), self.top(pitch)),
                vec2(self.rect.width(), self.row()),
            );
            if !matches!(pitch.rem_euclid(12), 1 | 3 | 6 | 8 | 10) {
                painter.rect_filled(row, 0.0, theme::PANEL.gamma_multiply(0.55));
            }
            if pitch % 12 == 0 {
                painter.hline(self.rect.x_range(), row.bottom(), Stroke::new(1.0, theme::LINE));
            }
        }
    }
}

fn paint_bar_lines(ui: &Ui, painter: &Painter, window: &Window, bar: &Bar) {
    let x = window.x(bar.start.to_beats());
    painter.vline(x, window.rect.y_range(), Stroke::new(1.0, theme::LINE));
    let pulse = 4.0 / f64::from(bar.meter.denominator());
    for idx in 1..bar.meter.numerator() {
        let x = window.x(bar.start.to_beats() + Beats(f64::from(idx) * pulse));
        painter.vline(
            x,
            window.rect.y_range(),
            Stroke::new(1.0, theme::LINE.gamma_multiply(0.35)),
        );
    }
    // Counted from the song's origin by this bar's length: the host's own count where the meter stays.
    let number = bar.start.0.div_euclid(bar.meter.bar_length().0) + 1;
    let font = TextStyle::Small.resolve(ui.style());
    painter.text(
        pos2(x + 4.0, window.rect.top() + 2.0),
        Align2::LEFT_TOP,
        number,
        font,
        theme::DIM,
    );
}

fn paint_note(painter: &Painter, window: &Window, pitches: &Pitches, note: &Note, roll: &Roll) {
    let left = window.x(note.onset.to_beats());
    let right = window.x(note.end().to_beats()) - 1.0;
    if right < window.rect.left() || left > window.rect.right() {
        return;
    }
    let now = roll.playhead.to_ticks_floor();
    let sounding = roll.playing && note.onset <= now && now < note.end().max(note.onset + Tick(1));
    let pitch = i32::from(note.pitch);
    let inset = (pitches.row() * 0.1).min(1.0);
    let body = Rect::from_min_max(
        pos2(left, pitches.top(pitch) + inset),
        pos2(right.max(left + 2.0), pitches.top(pitch) + pitches.row() - inset),
    );
    let loudness = 0.45 + 0.55 * f32::from(note.velocity) / 127.0;
    let colour = if sounding {
        theme::TEXT
    } else {
        colour(note.family).gamma_multiply(loudness)
    };
    painter.rect_filled(body, 2.0, colour);
}

/// One colour for each kind of instrument.
fn colour(family: Family) -> Color32 {
    const KINDS: [(u8, u8, u8); 6] = [
        (0xf0, 0xa8, 0x4a),
        (0x7f, 0xb8, 0xe8),
        (0x8f, 0xcf, 0x9a),
        (0xe3, 0x8f, 0xb0),
        (0xc4, 0xa5, 0xf0),
        (0x78, 0xcf, 0xcb),
    ];
    if family.is_drums() {
        return Color32::from_rgb(0xd8, 0xd4, 0xc8);
    }
    let (red, green, blue) = KINDS[family.index() % KINDS.len()];
    Color32::from_rgb(red, green, blue)
}
