//! The pages of knobs, and the knobs on each.

use egui::Ui;

use crate::player::Knob;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::pages::knobs::blend::blend;
use crate::plugin::editor::pages::knobs::chords::chords;
use crate::plugin::editor::pages::knobs::converse::converse;
use crate::plugin::editor::pages::knobs::instruments::instruments;
use crate::plugin::editor::pages::knobs::own_scale::own_scale;
use crate::plugin::editor::pages::knobs::parts::parts;
use crate::plugin::editor::pages::knobs::rows::rows;
use crate::plugin::editor::view::state::{KnobPage, UiState};
use crate::plugin::editor::view::{Intent, View};

/// The pages with their names and hints, in the order of the tabs: first those of composing, then those of playing.
pub(crate) const PAGES: [(KnobPage, &str, &str); 10] = [
    (KnobPage::Compose, "Compose", "What is composed: how much, how new, in which key and range"),
    (KnobPage::Chords, "Chords", "The chords that the music follows"),
    (KnobPage::Detail, "Detail", "Temperature by part, and how choices are made"),
    (KnobPage::Notes, "Notes", "Rhythm grid, note lengths, and a scale of your own"),
    (KnobPage::Instruments, "Instruments", "Which instruments are composed"),
    (KnobPage::Perform, "Perform", "How it is played; takes effect at once"),
    (KnobPage::Touch, "Touch", "Humanize, strum and MIDI channels"),
    (KnobPage::Parts, "Parts", "Which instruments and voices are heard; takes effect at once"),
    (KnobPage::Converse, "Converse", "Playing together"),
    (KnobPage::Blend, "Blend", "Two styles at once"),
];

/// How many pages are of composing.
pub(crate) const N_COMPOSING: usize = 5;

/// The knobs on a page that are drawn in rows.
pub(crate) const fn rows_of(page: KnobPage) -> &'static [&'static [Knob]] {
    match page {
        KnobPage::Compose => &[
            &[Knob::Density, Knob::Variety, Knob::Evolve, Knob::Cadence, Knob::Polyphony],
            &[Knob::Tonic, Knob::Lowest, Knob::Highest],
        ],
        KnobPage::Detail => &[
            &[Knob::RhythmTemperature, Knob::PitchTemperature, Knob::VelocityTemperature],
            &[Knob::Nucleus, Knob::MinP, Knob::BestOf, Knob::Seed, Knob::Vary],
        ],
        KnobPage::Notes => &[&[Knob::Grid, Knob::Shortest, Knob::Longest]],
        KnobPage::Perform => &[
            &[Knob::Octave, Knob::Transpose, Knob::Velocity, Knob::NoteLength],
            &[Knob::Swing, Knob::LayBack, Knob::ChordFollow, Knob::Preview, Knob::PreviewLevel],
        ],
        KnobPage::Touch => &[
            &[Knob::HumanizeTiming, Knob::HumanizeVelocity, Knob::VelocitySpread, Knob::Strum],
            &[Knob::Feel, Knob::SwingGrid, Knob::Channel, Knob::ChannelPerInstrument, Knob::Thru],
        ],
        KnobPage::Chords | KnobPage::Instruments | KnobPage::Parts | KnobPage::Converse | KnobPage::Blend => {
            &[]
        }
    }
}

/// Draws a page of knobs.
pub(crate) fn page(
    ui: &mut Ui,
    group: KnobPage,
    state: &mut UiState,
    view: &View,
    intents: &mut Vec<Intent>,
) {
    let mut setter = KnobSetter { parameters: &view.parameters, intents };
    match group {
        KnobPage::Compose | KnobPage::Detail | KnobPage::Perform | KnobPage::Touch => {
            rows(ui, &mut setter, view, rows_of(group));
        }
        KnobPage::Notes => {
            rows(ui, &mut setter, view, rows_of(group));
            own_scale(ui, &mut setter);
        }
        KnobPage::Chords => chords(ui, &mut state.forms, view, &mut setter),
        KnobPage::Instruments => instruments(ui, view, &mut setter),
        KnobPage::Parts => parts(ui, view, &mut setter),
        KnobPage::Converse => converse(ui, state, view, &mut setter),
        KnobPage::Blend => blend(ui, state, view, &mut setter),
    }
}
