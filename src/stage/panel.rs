//! A panel over the lanes with a title, lines and a hint; a click outside closes it.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text, text_within, translucent},
};
use crate::view::{Overlay, Rgb};

/// What a panel says around its lines.
pub(super) struct Frame<'a> {
    /// Its title.
    pub title: &'a str,
    /// What its keys do.
    pub hint: &'a str,
    /// Its lines in all.
    pub lines: usize,
    /// The selected line.
    pub selected: usize,
}

/// The place of the lines that are shown.
pub(super) struct Lines {
    /// The first that is shown.
    pub first: usize,
    /// Their rectangles, from the top.
    pub rects: Vec<Rect>,
    /// The whole sheet.
    pub sheet: Rect,
}

/// Paints the panel and returns the place of its lines. The selected one is among them.
pub(super) fn show(
    ui: &Ui,
    window: Rect,
    shown: &Frame<'_>,
    frame: &mut FrameContext<'_>,
) -> Lines {
    let sizes = frame.sizes;
    let name = format!("{}: click to close", shown.title);
    let behind = button::area(ui, window, shown.title, Role::Pane, &name);
    let ground = translucent(Rgb::BACKGROUND, 0.80);
    ui.painter().rect_filled(window, 0.0, ground);
    let step = sizes.pt(58.0);
    let wide = sizes.pt(1180.0).min(window.width() - sizes.pt(40.0));
    let around = sizes.pt(150.0);
    let room = window.height() - sizes.pt(130.0) - around;
    let fit = (room / step).floor().max(1.0) as usize;
    let count = shown.lines.clamp(1, fit);
    let high = around + step * count as f32;
    let corner = pos2(
        window.center().x - wide / 2.0,
        window.top() + sizes.pt(100.0),
    );
    let sheet = Rect::from_min_size(corner, vec2(wide, high));
    let mut mesh = MeshBuilder::default();
    mesh.round(sheet, sizes.pt(14.0), color32(Rgb::PANEL));
    mesh.outline(sheet, sizes.pt(14.0), 1.0, color32(Rgb::MUTED));
    mesh.flush(ui.painter());
    let left = sheet.left() + sizes.pt(26.0);
    text(
        ui.painter(),
        pos2(left, sheet.top() + sizes.pt(42.0)),
        Align2::LEFT_CENTER,
        shown.title,
        Font::Bold.id(sizes.pt(30.0)),
        color32(Rgb::TEXT),
    );
    let hint = text_within(
        ui.painter(),
        pos2(left, sheet.bottom() - sizes.pt(34.0)),
        Align2::LEFT_CENTER,
        shown.hint,
        Font::Medium.id(sizes.pt(18.0).max(12.0)),
        color32(Rgb::MUTED),
        wide - sizes.pt(52.0),
    );
    button::label(ui, hint, (shown.title, "hint"), Role::Label, shown.hint);
    let outside = behind
        .interact_pointer_pos()
        .is_some_and(|at| !sheet.contains(at));
    if behind.clicked() && outside {
        frame.state.overlay = Overlay::None;
    }
    let first = (shown.selected + 1).saturating_sub(count);
    let top = sheet.top() + sizes.pt(84.0);
    let row = |n: usize| {
        Rect::from_min_size(
            pos2(sheet.left() + sizes.pt(10.0), top + step * n as f32),
            vec2(wide - sizes.pt(20.0), step),
        )
    };
    let rects = (0..count.min(shown.lines)).map(row).collect();
    Lines {
        first,
        rects,
        sheet,
    }
}

/// The ground of the selected line.
pub(super) fn selected(ui: &Ui, row: Rect, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let mut band = MeshBuilder::default();
    band.round(row, sizes.pt(8.0), color32(Rgb::BUTTON));
    let edge = Rect::from_min_size(row.min, vec2(sizes.pt(5.0), row.height()));
    band.rect(edge, color32(Rgb::LANES[0]));
    band.flush(ui.painter());
}

/// A button with a word, whose right edge is at `right`. Returns whether it was clicked, and its left edge.
pub(super) fn word_button(
    ui: &Ui,
    (right, middle): (f32, f32),
    word: &str,
    name: &str,
    frame: &FrameContext<'_>,
) -> (bool, f32) {
    let sizes = frame.sizes;
    let font = Font::Bold.id(sizes.pt(19.0).max(12.0));
    let galley = super::theme::layout_line(ui.painter(), word, font, color32(Rgb::TEXT));
    let size = vec2(galley.size().x + sizes.pt(30.0), sizes.pt(42.0));
    let rect = Rect::from_min_size(pos2(right - size.x, middle - size.y / 2.0), size);
    let response = button::plain(ui, rect, name, name);
    let at = rect.center() - galley.size() / 2.0;
    ui.painter().galley(at, galley, color32(Rgb::TEXT));
    (response.clicked(), rect.left())
}
