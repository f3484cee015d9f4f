//! The parts in sight: instruments, or the voices of one that plays in four.

use std::sync::{Arc, Mutex, PoisonError};

use egui::{Color32, Id, Ui};

use crate::music::{Bar, Family, FamilySet, Line, Note, Score, Tick, Voice, VoiceLeading, Voices};
use crate::player::{Part, PerformingKnobs};
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme::Palette;
use crate::plugin::editor::view::View;

/// A part in the legend.
pub(crate) struct ShownPart {
    pub(crate) part: Part,
    pub(crate) name: &'static str,
    pub(crate) colour: Color32,
}

/// The parts in sight.
pub(crate) fn parts_in_sight(times: &Times, view: &View, palette: &Palette) -> Vec<ShownPart> {
    let bars = || times.bars_in_sight(&view.roll.score).map(|(_, bar)| bar);
    let families: FamilySet = bars().flat_map(|bar| &bar.notes).map(|note| note.family).collect();
    let families: Vec<Family> = Family::all().filter(|family| families.contains(*family)).collect();
    if let [family] = families[..]
        && !family.is_drums()
        && is_in_four_voices(bars())
    {
        let names = if family == Family::STRINGS { QUARTET } else { CHOIR };
        let voice =
            |(voice, name)| ShownPart { part: Part::Voice(voice), name, colour: palette.family(family) };
        return Voice::ALL.into_iter().zip(names).map(voice).collect();
    }
    let instrument = |family: Family| ShownPart {
        part: Part::Instrument(family),
        name: family.name(),
        colour: palette.family(family),
    };
    families.into_iter().map(instrument).collect()
}

const QUARTET: [&str; 4] = ["Violin 1", "Violin 2", "Viola", "Cello"];
const CHOIR: [&str; 4] = ["Soprano", "Alto", "Tenor", "Bass"];

/// Whether nearly always three or four notes sound, and never more.
fn is_in_four_voices<'a>(bars: impl Iterator<Item = &'a Bar>) -> bool {
    let (mut sounding, mut length): (Vec<Tick>, Tick) = (Vec::new(), Tick::ZERO);
    let mut sum = 0;
    for bar in bars {
        length += bar.end() - bar.start;
        for note in &bar.notes {
            // A note may last a little into the next.
            sounding.retain(|end| *end > note.onset + Tick(Tick::PER_BEAT / 8));
            sounding.push(note.end());
            sum += note.duration.0;
            if sounding.len() > Voice::ALL.len() {
                return false;
            }
        }
    }
    length > Tick::ZERO && 10 * sum >= 31 * length.0
}

/// Which notes are heard.
pub(crate) struct Heard {
    knobs: PerformingKnobs,
    /// The voices of the notes, where it depends on them.
    voices: Option<Voices>,
}

impl Heard {
    pub(crate) fn new(ui: &Ui, view: &View) -> Self {
        let knobs = view.parameters.performing();
        let is_of_voice = |part: Part| matches!(part, Part::Voice(_));
        let needs_voices = knobs.solo.is_some_and(is_of_voice)
            || Part::all().any(|part| is_of_voice(part) && knobs.muted.contains(part));
        Self { knobs, voices: needs_voices.then(|| voices(ui, &view.roll.score)) }
    }

    /// Whether a note of a bar, by its index, is heard.
    pub(crate) fn is_heard(&self, bar: &Bar, note_idx: usize, note: &Note) -> bool {
        let voice = |voices: &Voices| voices.of_bar(bar.start).get(note_idx).copied().flatten();
        self.knobs.plays(Line { family: note.family, voice: self.voices.as_ref().and_then(voice) })
    }
}

/// The voices of a score, led again from the first bar that has changed.
fn voices(ui: &Ui, score: &Score) -> Voices {
    let id = Id::unique("continuo voices");
    let leading = ui.data_mut(|data| data.get_temp_mut_or_default::<Arc<Mutex<VoiceLeading>>>(id).clone());
    let mut leading = leading.lock().unwrap_or_else(PoisonError::into_inner);
    leading.lead(&score.bars)
}
