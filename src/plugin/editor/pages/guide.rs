//! The first minute, and how to record in each host: the text of docs/HOSTS.md, shown inside.

use egui::{Align, Area, Id, Layout, Order, Rect, RichText, ScrollArea, Ui, vec2};

use crate::player::Knob;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::{Page, Topic, UiState};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{self, card_frame, emblem};

const HOSTS: &str = include_str!("../../../../docs/HOSTS.md");

/// The hosts with what to do in each, in the order of the page.
pub(crate) fn hosts() -> Vec<(&'static str, String)> {
    let after = HOSTS.split_once("\n## Recording what it plays\n").map_or("", |(_, after)| after);
    let section = after.split("\n## ").next().unwrap_or_default();
    section
        .split("\n\n")
        .filter_map(|paragraph| {
            let (name, text) = paragraph.trim().strip_prefix("**")?.split_once(".**")?;
            Some((name, plain(text)))
        })
        .collect()
}

/// The name under which the guide knows the host that runs this program.
pub(crate) fn host_of(program: &str) -> Option<&'static str> {
    let program = program.to_lowercase();
    hosts().into_iter().map(|(name, _)| name).find(|name| {
        let name = name.to_lowercase();
        let word = name.split(' ').next().unwrap_or_default();
        program.contains(&name.replace(' ', ""))
            || program.contains(&name)
            || (word.len() > 3 && program.contains(word))
            || (name == "fl studio" && program.starts_with("fl"))
    })
}

/// A paragraph without its marks.
fn plain(markdown: &str) -> String {
    let words: Vec<&str> = markdown.split_whitespace().collect();
    words.join(" ").replace(['*', '`'], "")
}

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, state: &mut UiState, view: &View, intents: &mut Vec<Intent>) {
    let hosts = hosts();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for (topic, name) in [(Topic::Start, "First steps"), (Topic::Controls, "Mouse and keys")] {
            if widgets::chip(ui, name, state.topic == topic, None).clicked() {
                state.topic = topic;
            }
        }
        host_chips(ui, state, view, &hosts);
    });
    ui.add_space(4.0);
    card_frame(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.set_height(ui.available_height());
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| match state.topic {
            Topic::Start => first_steps(ui, view, intents),
            Topic::Controls => mouse_and_keys(ui),
            Topic::Host(name) => {
                ui.label(RichText::new(format!("Recording in {name}")).size(theme::HEADING));
                if let Some((_, text)) = hosts.iter().find(|(known, _)| *known == name) {
                    sentences(ui, text);
                }
                let text = "What it plays belongs to the project: it plays the same when the song comes round, so there \
                            is no need to catch it in the act. Or save it as a .mid file with Save MIDI above.";
                ui.add_space(6.0);
                ui.label(text);
            }
        });
    });
}

fn host_chips(ui: &mut Ui, state: &mut UiState, view: &View, hosts: &[(&'static str, String)]) {
    let dot = theme::palette(ui).accent;
    for (name, _) in hosts {
        let topic = Topic::Host(name);
        let dot = (view.host == Some(*name)).then_some(dot);
        let chip = widgets::chip(ui, name, state.topic == topic || dot.is_some(), dot);
        if chip.clicked() {
            state.page = Page::Guide;
            state.topic = topic;
        }
        chip.on_hover_text(format!("How to record the notes in {name}"));
    }
}

/// One line for each sentence: they are steps.
fn sentences(ui: &mut Ui, text: &str) {
    for sentence in text.split_inclusive(". ") {
        ui.horizontal_top(|ui| {
            ui.label(RichText::new("•").color(theme::palette(ui).accent));
            ui.add(egui::Label::new(sentence.trim()).wrap());
        });
    }
}

fn first_steps(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    ui.label(RichText::new("First steps").size(theme::HEADING));
    for line in STEPS {
        sentences(ui, line);
    }
    ui.add_space(4.0);
    preview_button(ui, view, intents);
    ui.add_space(6.0);
    ui.label(
        "Temperature is how boldly it plays, Length how long the phrase is. Click a bar's number to compose it again, to \
         keep it or to clear it. Dim bars may still change; bright ones are settled.",
    );
}

const STEPS: [&str; 3] = [
    "Turn the preview sound on, or route the notes to an instrument. ",
    "Press play in the host: it composes as the song moves. ",
    "Press Re-roll until you like it, and keep the bars you want. ",
];

fn preview_button(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let mut setter = KnobSetter { parameters: &view.parameters, intents };
    if setter.is_on(Knob::Preview) {
        ui.label(RichText::new("The preview sound is on.").color(theme::palette(ui).dim));
    } else if ui.button("Turn the preview sound on").clicked() {
        setter.set(Knob::Preview, 1.0);
    }
}

fn mouse_and_keys(ui: &mut Ui) {
    ui.label(RichText::new("Mouse and keys").size(theme::HEADING));
    for line in [
        "Drag a knob up or to the right; hold shift for fine. ",
        "The wheel turns what is under the pointer. ",
        "Double-click a knob to type a value, right-click for its default. ",
        "Tab goes from one to the next, the arrows turn, enter types, backspace brings the default. ",
        "Ctrl+Z takes the last change of a bar back, Ctrl+Shift+Z does it again. ",
        "In the roll: drag or turn the wheel to look elsewhere, Ctrl and the wheel to zoom, double-click to follow the song again. ",
        "Right-click a take to copy another one into it. ",
    ] {
        sentences(ui, line);
    }
}

/// The card of the first minute, over the roll.
pub(crate) fn welcome(ui: &mut Ui, over: Rect, state: &mut UiState, view: &View, intents: &mut Vec<Intent>) {
    let size = vec2((over.width() - 24.0).min(600.0), 166.0);
    let left_top = over.center() - size / 2.0;
    let palette = theme::palette(ui);
    let area = Area::new(Id::unique("continuo welcome")).order(Order::Foreground);
    let area = area.fixed_pos(left_top.max(over.left_top() + vec2(12.0, 6.0)));
    area.show(ui.ctx(), |ui| {
        ui.set_max_width(size.x);
        let frame = card_frame(ui)
            .fill(palette.panel)
            .stroke(egui::Stroke::new(1.5, palette.accent))
            .inner_margin(10);
        frame.show(ui, |ui| {
            ui.set_width(size.x - 20.0);
            ui.spacing_mut().item_spacing.y = 3.0;
            ui.horizontal(|ui| {
                let (square, _) = ui.allocate_exact_size(vec2(22.0, 22.0), egui::Sense::hover());
                emblem::paint(ui.painter(), square, palette);
                ui.label(RichText::new("Your first minute").size(theme::LARGE));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.button("Got it").clicked() {
                        let mut settings = view.settings.clone();
                        settings.is_welcomed = true;
                        intents.push(Intent::Set(settings));
                    }
                    preview_button(ui, view, intents);
                });
            });
            for (idx, step) in STEPS.into_iter().enumerate() {
                ui.label(format!("{}   {}", idx + 1, step.trim()));
            }
            ui.add_space(2.0);
            ui.label(RichText::new("How to record the notes in").size(theme::SMALL).color(palette.dim));
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(3.0, 3.0);
                host_chips(ui, state, view, &hosts());
            });
        });
    });
}

#[cfg(test)]
mod tests {
    use crate::plugin::editor::pages::guide::{host_of, hosts};

    #[test]
    fn every_host_of_the_docs_has_its_page() {
        let hosts = hosts();
        let names: Vec<&str> = hosts.iter().map(|(name, _)| *name).collect();
        for name in ["Ardour", "Bitwig Studio", "Reaper", "Ableton Live", "Studio One", "FL Studio", "Cubase"]
        {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
        assert!(hosts.iter().all(|(_, text)| text.len() > 80 && !text.contains(['*', '`'])));
    }

    #[test]
    fn hosts_are_known_by_their_programs() {
        for (program, host) in [
            ("ardour-7.3.0", Some("Ardour")),
            ("BitwigStudio", Some("Bitwig Studio")),
            ("reaper", Some("Reaper")),
            ("Ableton Live 12 Suite", Some("Ableton Live")),
            ("Studio One", Some("Studio One")),
            ("FL64", Some("FL Studio")),
            ("Cubase13", Some("Cubase")),
            ("carla", None),
        ] {
            assert_eq!(host_of(program), host, "{program}");
        }
    }
}
