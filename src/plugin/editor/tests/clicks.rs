//! How many clicks the most usual jobs take.

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;

use crate::composer::Edit;
use crate::player::Knob;
use crate::plugin::editor::tests::fixtures::view;
use crate::plugin::editor::tests::{Stage, turned};
use crate::plugin::editor::view::{IdeaEntry, Intent, View};
use crate::plugin::midi_file::{Extent, Performance};

/// A hand that counts its clicks and drags.
struct Hand {
    stage: Stage,
    n_clicks: usize,
    n_drags: usize,
}

impl Hand {
    fn new(view: View) -> Self {
        Self { stage: Stage::new(view), n_clicks: 0, n_drags: 0 }
    }

    fn click(&mut self, role: Role, name: &str) -> &mut Self {
        self.stage.harness.get_by_role_and_label(role, name).click();
        self.stage.harness.run();
        self.n_clicks += 1;
        self
    }

    /// Drags over the numbers of bars.
    fn drag_over_bars(&mut self, first: usize, last: usize) -> &mut Self {
        self.stage.drag_over_bars(first, last);
        self.n_drags += 1;
        self
    }

    /// What was done, with how many clicks and drags.
    #[track_caller]
    fn has_done(&mut self, intents: &[Intent], n_clicks: usize, n_drags: usize) {
        assert_eq!(self.stage.take_intents(), intents);
        assert_eq!((self.n_clicks, self.n_drags), (n_clicks, n_drags));
    }
}

fn style(step: usize) -> Vec<Intent> {
    turned(Knob::Style, view().parameters.position_of_step(Knob::Style, step))
}

#[test]
fn hearing_something_is_one_click() {
    let mut new = view();
    new.settings.is_welcomed = false;
    Hand::new(new).click(Role::Button, "Turn the preview sound on").has_done(
        &turned(Knob::Preview, 1.0),
        1,
        0,
    );
}

#[test]
fn another_style_is_one_click_if_it_is_the_next_and_two_if_not() {
    Hand::new(view()).click(Role::Button, "Next style").has_done(&style(1), 1, 0);
    Hand::new(view()).click(Role::ComboBox, "Style").click(Role::Button, "Songs").has_done(&style(3), 2, 0);
}

#[test]
fn a_preset_is_two_clicks_and_hearing_it_before_one_more() {
    let id = view().presets.iter().find(|entry| entry.name == "Hymns").unwrap().id.clone();
    let load = Intent::LoadPreset(id.clone());
    Hand::new(view()).click(Role::ComboBox, "Preset").click(Role::Button, "Hymns").has_done(
        std::slice::from_ref(&load),
        2,
        0,
    );
    Hand::new(view())
        .click(Role::ComboBox, "Preset")
        .click(Role::Button, "Hear Hymns")
        .click(Role::Button, "Hymns")
        .has_done(&[Intent::HearPreset(id), load], 3, 0);
}

#[test]
fn another_idea_and_the_one_before_are_one_click_each() {
    Hand::new(view()).click(Role::Button, "Re-roll").has_done(&[Intent::ReRoll], 1, 0);
    let with_idea = View { ideas: [IdeaEntry::default()].into(), ..view() };
    Hand::new(with_idea).click(Role::Button, "Previous").has_done(&[Intent::BringBack(0)], 1, 0);
}

#[test]
fn locking_the_phrase_is_one_click() {
    Hand::new(view()).click(Role::CheckBox, "Lock phrase").has_done(&[Intent::KeepPhrase], 1, 0);
}

#[test]
fn key_and_scale_are_two_clicks() {
    let parameters = view().parameters;
    let both = [(Knob::Tonic, 2), (Knob::Scale, 6)];
    let set = both.map(|(knob, step)| turned(knob, parameters.position_of_step(knob, step))).concat();
    Hand::new(view())
        .click(Role::ComboBox, "Key and scale")
        .click(Role::Button, "D Dorian")
        .has_done(&set, 2, 0);
}

#[test]
fn composing_a_bar_again_is_two_clicks() {
    Hand::new(view()).click(Role::Button, "Bar 7").click(Role::Button, "Re-roll this bar").has_done(
        &[Intent::Edit(6..7, Edit::ReRoll)],
        2,
        0,
    );
}

#[test]
fn keeping_four_bars_is_a_drag_and_a_click() {
    Hand::new(view()).drag_over_bars(6, 9).click(Role::Button, "Keep").has_done(
        &[Intent::Edit(5..9, Edit::Keep)],
        1,
        1,
    );
}

#[test]
fn midi_for_the_daw_is_one_click_and_then_a_paste() {
    let phrase = Intent::SaveMidi(Extent::Phrase, Performance::AsHeard);
    Hand::new(view()).click(Role::Button, "Save MIDI").has_done(&[phrase], 1, 0);
}
