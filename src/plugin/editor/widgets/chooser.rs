//! A list that opens under a button, to be searched by typing. The wheel never changes what is chosen.

use egui::accesskit::Role;
use egui::{
    Align, Align2, Button, Id, Key, Layout, Mesh, Popup, PopupCloseBehavior, Response, RichText, ScrollArea,
    Sense, Shape, TextEdit, Ui, WidgetInfo, pos2, vec2,
};

use crate::plugin::editor::theme;
use crate::plugin::editor::widgets::focus::focus_ring;

/// Width and greatest height of the open list.
const LIST: egui::Vec2 = vec2(236.0, 300.0);

/// One of the things to choose from.
pub(crate) struct Choice<'a> {
    /// The heading that it stands under; empty for none. Choices of one heading follow one another.
    pub(crate) heading: &'a str,
    pub(crate) name: &'a str,
    pub(crate) is_favourite: bool,
}

/// A list to choose from.
pub(crate) struct Chooser<'a> {
    /// What is chosen, for screen readers: "Style".
    pub(crate) name: &'a str,
    /// What the closed list shows.
    pub(crate) shown: &'a str,
    pub(crate) choices: &'a [Choice<'a>],
    pub(crate) chosen: Option<usize>,
}

/// What the user wants with a choice, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Choose(usize),
    Hear(usize),
    /// Make it a favourite, or no longer.
    Star(usize),
}

impl Chooser<'_> {
    /// Draws the closed list in this width, the open one if it is open, and adds to its foot. Returns the closed list.
    pub(crate) fn show(
        &self,
        ui: &mut Ui,
        width: f32,
        wanted: &mut Option<Wanted>,
        foot: impl FnOnce(&mut Ui),
    ) -> Response {
        let closed = closed_list(ui, self.name, self.shown, width);
        let search_id = closed.id.with("search");
        let popup = Popup::menu(&closed).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let open = popup.show(|ui| {
            ui.set_width(LIST.x);
            let is_first = ui.data(|data| data.get_temp::<String>(search_id)).is_none();
            let entered = self.search(ui, search_id, is_first);
            let text = search_text(ui, search_id);
            let found = |choice: &Choice<'_>| matches(choice, &text);
            if entered && let Some(idx) = self.choices.iter().position(found) {
                *wanted = Some(Wanted::Choose(idx));
                ui.close();
            }
            // The foot needs room too in a low window.
            let height = (ui.ctx().content_rect().height() - 160.0).clamp(80.0, LIST.y);
            ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
                self.list(ui, found, is_first, wanted);
            });
            if matches!(wanted, Some(Wanted::Choose(_))) {
                ui.close();
            }
            foot(ui);
        });
        if open.is_none() {
            ui.data_mut(|data| data.remove::<String>(search_id));
        }
        closed
    }

    /// Draws the field to search in, which has the focus at first; returns whether enter was pressed.
    fn search(&self, ui: &mut Ui, id: Id, is_first: bool) -> bool {
        let mut text = search_text(ui, id);
        let field = TextEdit::singleline(&mut text).id(id.with("field")).hint_text("Type to search");
        let field = ui.add(field.desired_width(f32::INFINITY).align(Align2::LEFT_CENTER));
        field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, format!("Search {}", self.name)));
        if is_first {
            field.request_focus();
        }
        ui.data_mut(|data| data.insert_temp(id, text));
        field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
    }

    /// Draws the choices that were found; at first, what is chosen is brought into sight.
    fn list(
        &self,
        ui: &mut Ui,
        found: impl Fn(&Choice<'_>) -> bool,
        is_first: bool,
        wanted: &mut Option<Wanted>,
    ) {
        ui.spacing_mut().item_spacing = vec2(2.0, 1.0);
        let all = || self.choices.iter().enumerate().filter(|(_, choice)| found(choice));
        let favourites: Vec<_> = all().filter(|(_, choice)| choice.is_favourite).collect();
        if !favourites.is_empty() {
            ui.label(theme::small(ui, "Favourites"));
            for (idx, choice) in favourites {
                self.row(ui, idx, choice, wanted);
            }
            ui.add_space(4.0);
        }
        let mut heading = "";
        for (idx, choice) in all() {
            if choice.heading != heading {
                heading = choice.heading;
                ui.label(theme::small(ui, heading));
            }
            let row = self.row(ui, idx, choice, wanted);
            if is_first && self.chosen == Some(idx) {
                row.scroll_to_me(Some(Align::Center));
            }
        }
        if all().next().is_none() {
            ui.label(theme::small(ui, "Nothing is called that."));
        }
    }

    fn row(&self, ui: &mut Ui, idx: usize, choice: &Choice<'_>, wanted: &mut Option<Wanted>) -> Response {
        let palette = theme::palette(ui);
        let row = vec2(ui.available_width(), 22.0);
        ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
            if star(ui, choice) {
                *wanted = Some(Wanted::Star(idx));
            }
            let hear = ui.add(Button::new(RichText::new("▶").color(palette.dim)).frame(false));
            hear.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Hear {}", choice.name)));
            if hear.on_hover_text("Plays two bars of it with the preview sound").clicked() {
                *wanted = Some(Wanted::Hear(idx));
            }
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, choice.name));
            let is_chosen = self.chosen == Some(idx);
            if is_chosen || response.hovered() || response.has_focus() {
                let fill = if is_chosen { palette.raised } else { palette.lit };
                ui.painter().rect_filled(rect, theme::ROUND, fill);
            }
            let colour = if is_chosen { palette.accent } else { palette.text };
            let at = pos2(rect.left() + 8.0, rect.center().y);
            ui.painter().text(at, Align2::LEFT_CENTER, choice.name, theme::font(theme::BODY), colour);
            if response.clicked() {
                *wanted = Some(Wanted::Choose(idx));
            }
            response
        })
        .inner
    }
}

/// Draws a closed list of this width, with its name for screen readers and what it shows.
pub(crate) fn closed_list(ui: &mut Ui, name: &str, shown: &str, width: f32) -> Response {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::click());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, name);
        info.current_text_value = Some(shown.to_owned());
        info
    });
    let fill = if response.hovered() { palette.lit } else { palette.raised };
    let painter = ui.painter();
    painter.rect(rect, theme::ROUND, fill, egui::Stroke::new(1.0, palette.line), egui::StrokeKind::Inside);
    let inside = rect.with_max_x(rect.right() - 18.0);
    let mut job =
        egui::text::LayoutJob::simple_singleline(shown.to_owned(), theme::font(theme::BODY), palette.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(inside.width() - 8.0);
    let galley = ui.painter().layout_job(job);
    let at = pos2(rect.left() + 8.0, rect.center().y - galley.size().y / 2.0);
    painter.galley(at, galley, palette.text);
    let tip = pos2(rect.right() - 10.0, rect.center().y + 3.0);
    let triangle = vec![tip, tip + vec2(-4.0, -6.0), tip + vec2(4.0, -6.0)];
    painter.add(Shape::convex_polygon(triangle, palette.dim, egui::Stroke::NONE));
    focus_ring(ui, &response, rect, theme::ROUND);
    response
}

/// Draws the star that makes a choice a favourite; returns whether it was clicked.
fn star(ui: &mut Ui, choice: &Choice<'_>) -> bool {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(22.0, 22.0), Sense::click());
    let (name, is_on) = (format!("Favourite {}", choice.name), choice.is_favourite);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_on, &name));
    let is_lit = response.hovered() || response.has_focus();
    let colour = if is_on {
        palette.accent
    } else if is_lit {
        palette.text
    } else {
        palette.line
    };
    let point = |idx: u8| {
        let (sin, cos) = (f32::from(idx) * std::f32::consts::PI / 5.0).sin_cos();
        rect.center() + vec2(sin, -cos) * if idx.is_multiple_of(2) { 6.5 } else { 2.8 }
    };
    // Triangles from the middle: a star is not convex.
    let mut mesh = Mesh::default();
    for idx in 0..10 {
        let first = mesh.vertices.len() as u32;
        for corner in [rect.center(), point(idx), point((idx + 1) % 10)] {
            mesh.colored_vertex(corner, colour);
        }
        mesh.add_triangle(first, first + 1, first + 2);
    }
    ui.painter().add(Shape::mesh(mesh));
    response.on_hover_text("A favourite stands first in the list.").clicked()
}

fn search_text(ui: &Ui, id: Id) -> String {
    ui.data(|data| data.get_temp::<String>(id)).unwrap_or_default()
}

/// Whether each word that was typed is in the choice's name or heading.
fn matches(choice: &Choice<'_>, text: &str) -> bool {
    let whole = format!("{} {}", choice.heading, choice.name).to_lowercase();
    text.to_lowercase().split_whitespace().all(|word| whole.contains(word))
}

/// The choice before or after another, round at the ends; none if there are none.
pub(crate) fn neighbour(chosen: Option<usize>, n_choices: usize, by: isize) -> Option<usize> {
    let last = n_choices.checked_sub(1)?;
    Some(match (chosen, by) {
        (None, 1..) => 0,
        (None, _) => last,
        (Some(idx), _) => (idx as isize + by).rem_euclid(n_choices as isize) as usize,
    })
}
