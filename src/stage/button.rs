//! Painted buttons with names that screen readers and tests can find.

use std::hash::Hash;

use egui::{Color32, Rect, Response, Role, Sense, Ui, WidgetInfo};

use super::{
    ink::Ink,
    theme::{faint, ink},
};
use crate::view::{Rgb, escape::escape_line};

/// A place that can be clicked, with a name and no look of its own.
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

/// A button with a plain face; the caller paints its sign upon it.
pub fn plain(ui: &Ui, rect: Rect, id: impl Hash + std::fmt::Debug, name: &str) -> Response {
    let response = area(ui, rect, id, Role::Button, name);
    let mut face = Ink::default();
    face.round(rect, rect.height() * 0.2, shade(&response, Rgb::BUTTON));
    ring_of_focus(&mut face, &response, rect);
    face.flush(ui.painter());
    response
}

/// The ring around what the keyboard is on.
pub fn ring_of_focus(face: &mut Ink, response: &Response, rect: Rect) {
    if response.has_focus() {
        face.outline(
            rect.expand(3.0),
            rect.height() * 0.2 + 3.0,
            2.0,
            ink(Rgb::TEXT),
        );
    }
}

/// A colour, lighter under the pointer.
pub fn shade(response: &Response, color: Rgb) -> Color32 {
    if response.is_pointer_button_down_on() {
        ink(Rgb::TEXT.over(color, 0.25))
    } else if response.hovered() {
        ink(Rgb::TEXT.over(color, 0.12))
    } else {
        faint(color, 1.0)
    }
}
