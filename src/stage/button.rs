//! Painted buttons and labels, with names for screen readers and tests.

use std::hash::Hash;

use egui::{Color32, Rect, Response, Role, Sense, Ui, WidgetInfo};

use super::{
    mesh_builder::MeshBuilder,
    theme::{color32, translucent},
};
use crate::view::{Rgb, escape::escape_line};

/// An invisible area that can be clicked.
pub fn area(
    ui: &Ui,
    rect: Rect,
    id: impl Hash + std::fmt::Debug,
    role: Role,
    name: &str,
) -> Response {
    let id = ui.make_persistent_id(format!("{id:?}"));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(role, ui.is_enabled(), escape_line(name)));
    response
}

/// The same, and it can be dragged.
pub fn handle(
    ui: &Ui,
    rect: Rect,
    id: impl Hash + std::fmt::Debug,
    role: Role,
    name: &str,
) -> Response {
    area(ui, rect, id, role, name).interact(Sense::click_and_drag())
}

/// Gives text that is painted in `rect` a name for screen readers.
pub fn label(
    ui: &Ui,
    rect: Rect,
    id: impl Hash + std::fmt::Debug,
    role: Role,
    name: &str,
) -> Response {
    let id = ui.make_persistent_id(id);
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(role, true, escape_line(name)));
    response
}

/// Tells screen readers and tests that a widget is selected.
pub fn select(ui: &Ui, response: &Response) {
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_selected(true));
}

/// A button with a plain background; the caller paints its icon.
pub fn plain(ui: &Ui, rect: Rect, id: impl Hash + std::fmt::Debug, name: &str) -> Response {
    let response = area(ui, rect, id, Role::Button, name);
    let mut mesh = MeshBuilder::default();
    mesh.round(
        rect,
        rect.height() * 0.2,
        hover_color(&response, Rgb::BUTTON),
    );
    mesh.outline(rect, rect.height() * 0.2, 1.2, color32(Rgb::EDGE));
    focus_ring(&mut mesh, &response, rect);
    mesh.flush(ui.painter());
    response
}

/// The ring around the widget that has the keyboard focus.
pub fn focus_ring(mesh: &mut MeshBuilder, response: &Response, rect: Rect) {
    if response.has_focus() {
        mesh.outline(
            rect.expand(3.0),
            rect.height() * 0.2 + 3.0,
            2.0,
            color32(Rgb::TEXT),
        );
    }
}

/// The ground of a row of text that is highlighted.
pub fn lit_row(mesh: &mut MeshBuilder, rect: Rect) {
    let (edge, _) = rect.split_left_right_at_x(rect.left() + 4.0);
    mesh.rect(rect, color32(Rgb::TEXT.over(Rgb::BUTTON, 0.16)));
    mesh.rect(edge, color32(Rgb::TEXT));
}

/// A color, lighter while the pointer is on the widget.
pub fn hover_color(response: &Response, color: Rgb) -> Color32 {
    if response.is_pointer_button_down_on() {
        color32(Rgb::TEXT.over(color, 0.25))
    } else if response.hovered() {
        color32(Rgb::TEXT.over(color, 0.12))
    } else {
        translucent(color, 1.0)
    }
}
