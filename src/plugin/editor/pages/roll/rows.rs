//! The vertical axis of the picture: the rows of a keyboard, and a lane for each drum below them.

use egui::{Id, Pos2, Rangef, Rect, Ui, pos2};

use crate::music::{Bar, Note};
use crate::plugin::editor::pages::roll::drums;
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::view::Roll;

/// The fewest rows of a keyboard.
const FEWEST: i32 = 24;
/// The fewest lanes, where the usual drums fill up.
const FEWEST_LANES: usize = 6;
/// Height of a lane below a keyboard, and the share of the picture that all of them have at most.
const LANE: f32 = 13.0;
const LANES_SHARE: f32 = 0.42;

/// What there is to show in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Pitches,
    Drums,
    Both,
}

/// What there is to show near the playhead. A few bars suffice; all of a long take would cost too much at each frame.
pub(crate) fn content(roll: &Roll) -> Content {
    let (mut has_drums, mut has_pitches) = (false, !roll.input.is_empty());
    for note in near(roll).flat_map(|bar| &bar.notes) {
        has_drums |= note.family.is_drums();
        has_pitches |= !note.family.is_drums();
    }
    match (has_drums, has_pitches) {
        (true, true) => Content::Both,
        (true, false) => Content::Drums,
        (false, _) => Content::Pitches,
    }
}

/// The bars around the playhead.
fn near(roll: &Roll) -> impl Iterator<Item = &Bar> {
    let here = roll.score.bars.partition_point(|bar| bar.end().to_beats() <= roll.playhead);
    roll.score.bars.iter().skip(here.saturating_sub(8)).take(24).map(AsRef::as_ref)
}

/// Rows of one height, one above the other.
#[derive(Debug, Clone, Copy)]
struct Axis {
    top: f32,
    /// The height of one row.
    height: f32,
    /// The lowest row and the one above the highest; between whole numbers while the picture moves.
    lowest: f32,
    highest: f32,
}

impl Axis {
    fn new(range: Rangef, lowest: f32, highest: f32) -> Self {
        Self { top: range.min, height: range.span() / (highest - lowest).max(1.0), lowest, highest }
    }

    /// The top and bottom of a row.
    fn row(&self, row: f32) -> Rangef {
        let bottom = self.top + (self.highest - row) * self.height;
        Rangef::new(bottom - self.height, bottom)
    }

    /// The row at a height.
    fn at(&self, y: f32) -> f32 {
        (self.highest - (y - self.top) / self.height).floor()
    }

    fn range(&self) -> Rangef {
        Rangef::new(self.top, self.top + (self.highest - self.lowest) * self.height)
    }
}

/// The vertical axis.
pub(crate) struct Rows {
    /// One row for each pitch; none where all music is drums.
    pitches: Option<Axis>,
    /// One row for each drum that has a lane, from the bottom up; none where there are no drums.
    lanes: Option<(Axis, Vec<u8>)>,
}

/// A row of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) pitch: u8,
    pub(crate) is_drum: bool,
}

impl Rows {
    /// The rows for the music in sight.
    pub(crate) fn new(ui: &Ui, picture: Rect, roll: &Roll, times: &Times) -> Self {
        let glide = |name, value: f32| {
            let id = Id::unique(("continuo rows", name));
            ui.ctx().animate_value_with_time(id, value, 0.2)
        };
        let content = content(roll);
        let lanes = if content == Content::Pitches { Vec::new() } else { lanes(roll, times, content) };
        let n_lanes = lanes.len() as f32;
        let height = match content {
            Content::Pitches => 0.0,
            Content::Drums => picture.height(),
            Content::Both => glide("lanes", (LANE * n_lanes).min(LANES_SHARE * picture.height())),
        };
        let border = picture.bottom() - height;
        let pitches = (content != Content::Drums).then(|| {
            let (lowest, highest) = pitch_range(roll, times);
            // A line of the background between the keyboard and the lanes.
            let gap = if content == Content::Both { 2.0 } else { 0.0 };
            let range = Rangef::new(picture.top(), border - gap);
            Axis::new(range, glide("lowest", lowest as f32), glide("highest", highest as f32))
        });
        let axis = Axis::new(Rangef::new(border, picture.bottom()), 0.0, n_lanes);
        Self { pitches, lanes: (!lanes.is_empty()).then_some((axis, lanes)) }
    }

    /// The heights that the keyboard has, if there is one.
    pub(crate) fn keyboard(&self) -> Option<Rangef> {
        self.pitches.map(|axis| axis.range())
    }

    /// The drums with a lane, from the bottom up.
    pub(crate) fn lanes(&self) -> &[u8] {
        self.lanes.as_ref().map_or(&[], |(_, lanes)| lanes)
    }

    /// The height of a lane.
    pub(crate) fn lane_height(&self) -> f32 {
        self.lanes.as_ref().map_or(0.0, |(axis, _)| axis.height)
    }

    /// The pitches of the keyboard in the picture.
    pub(crate) fn pitches(&self) -> std::ops::Range<i32> {
        self.pitches.map_or(0..0, |axis| axis.lowest.floor() as i32..(axis.highest.ceil() as i32).min(128))
    }

    /// The top and bottom of a pitch's row on the keyboard.
    pub(crate) fn key(&self, pitch: i32) -> Option<Rangef> {
        self.pitches.map(|axis| axis.row(pitch.clamp(0, 127) as f32))
    }

    /// The top and bottom of a drum's lane.
    pub(crate) fn lane(&self, pitch: u8) -> Option<Rangef> {
        let (axis, lanes) = self.lanes.as_ref()?;
        lanes.binary_search(&pitch).ok().map(|idx| axis.row(idx as f32))
    }

    /// The row at a height.
    pub(crate) fn at(&self, y: f32) -> Option<Row> {
        if let Some((axis, lanes)) = self.lanes.as_ref().filter(|(axis, _)| axis.range().contains(y)) {
            let pitch = *lanes.get(axis.at(y).max(0.0) as usize)?;
            return Some(Row { pitch, is_drum: true });
        }
        let axis = self.pitches.filter(|axis| axis.range().contains(y))?;
        Some(Row { pitch: axis.at(y).clamp(0.0, 127.0) as u8, is_drum: false })
    }

    /// The pitch whose row, of the keyboard or of the lanes, is nearest to a height.
    pub(crate) fn nearest(&self, y: f32, is_drum: bool) -> Option<u8> {
        let axis = if is_drum { self.lanes.as_ref().map(|(axis, _)| *axis) } else { self.pitches };
        let range = axis?.range();
        // Each region begins where the one above it ends.
        self.at(range.clamp(y).min(range.max - 0.5)).filter(|row| row.is_drum == is_drum).map(|row| row.pitch)
    }

    /// The rectangle of a note; `None` if it has no row.
    pub(crate) fn rect(&self, note: &Note, times: &Times) -> Option<Rect> {
        let is_drum = note.family.is_drums();
        let row = if is_drum { self.lane(note.pitch)? } else { self.key(i32::from(note.pitch))? };
        let inset = (row.span() * 0.12).clamp(0.0, 2.0);
        let left = times.x_of(note.onset).round();
        let right = times.x_of(note.end()).round() - 1.0;
        // A drum is a stroke, and the length of its note says nothing.
        let right = if is_drum { right.min(left + 0.2 * times.zoom()) } else { right };
        let (top, bottom) = ((row.min + inset).round(), (row.max - inset).round());
        Some(Rect::from_min_max(pos2(left, top), pos2(right.max(left + 2.5), bottom.max(top + 2.0))))
    }

    /// Whether a note, a little enlarged, is under a point.
    pub(crate) fn is_at(&self, point: Pos2, note: &Note, times: &Times) -> bool {
        self.rect(note, times).is_some_and(|rect| rect.expand(1.0).contains(point))
    }
}

/// The drums with a lane, from the bottom up: those in sight and near the playhead; where there is nothing else, the usual
/// ones fill up.
fn lanes(roll: &Roll, times: &Times, content: Content) -> Vec<u8> {
    let bars = times.bars_in_sight(&roll.score).map(|(_, bar)| bar).chain(near(roll));
    let drums = bars.flat_map(|bar| &bar.notes).filter(|note| note.family.is_drums());
    let mut has_lane = [false; 128];
    drums.for_each(|note| has_lane[usize::from(note.pitch & 127)] = true);
    let mut lanes: Vec<u8> = (0..128).filter(|pitch| has_lane[usize::from(*pitch)]).collect();
    for usual in drums::USUAL.into_iter().filter(|_| content == Content::Drums) {
        if lanes.len() < FEWEST_LANES && !lanes.contains(&usual) {
            lanes.push(usual);
        }
    }
    lanes.sort_unstable();
    lanes
}

/// The lowest row and the one above the highest, for the pitched notes in sight and those played in. Both are multiples of
/// a third of an octave, so that the picture rests while the music moves.
fn pitch_range(roll: &Roll, times: &Times) -> (i32, i32) {
    let composed = times.bars_in_sight(&roll.score).flat_map(|(_, bar)| &bar.notes);
    let pitched = composed.chain(roll.input.iter()).filter(|note| !note.family.is_drums());
    let range = pitched.map(|note| i32::from(note.pitch)).fold(None, |range, pitch| match range {
        Some((lowest, highest)) => Some((pitch.min(lowest), pitch.max(highest))),
        None => Some((pitch, pitch)),
    });
    let (lowest, highest) = range.unwrap_or((54, 77));
    let lowest = (lowest - 1).div_euclid(4) * 4;
    (lowest, ((highest + 2).div_euclid(4) * 4 + 4).max(lowest + FEWEST))
}
