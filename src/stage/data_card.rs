//! A card with a whole value: the data of an event, an input, an output.

use egui::{Align2, FontId, Painter, Rect, Role, Ui, pos2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, Sizes, color32, layout_line, layout_wrapped, text_within},
};
use crate::view::Rgb;

/// What a card shows.
pub(super) struct Card {
    /// Its heading.
    pub head: String,
    /// The color of the heading.
    pub color: Rgb,
    /// The value, as JSON.
    pub text: String,
    /// Its name for screen readers.
    pub name: String,
}

/// The number of characters on a line of a card.
pub(super) fn columns(painter: &Painter, width: f32, sizes: &Sizes) -> usize {
    let letter = layout_line(painter, "0", font(sizes), color32(Rgb::TEXT));
    (width / letter.size().x.max(1.0)) as usize
}

fn font(sizes: &Sizes) -> FontId {
    Font::Mono.id(sizes.pt(15.0).max(11.0))
}

/// Paints it. The wheel scrolls.
pub(super) fn show(ui: &Ui, rect: Rect, card: &Card, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    let mut mesh = MeshBuilder::default();
    mesh.round(rect, 8.0, color32(Rgb::BACKGROUND));
    mesh.flush(&painter);
    let inner = rect.shrink(sizes.pt(12.0));
    let bold = Font::Bold.id(sizes.pt(17.0).max(11.5));
    let at = pos2(inner.left(), inner.top() + sizes.pt(8.0));
    let head = color32(card.color);
    let width = inner.width();
    text_within(
        &painter,
        at,
        Align2::LEFT_CENTER,
        &card.head,
        bold,
        head,
        width,
    );
    let line = layout_line(&painter, "0", font(&sizes), head).size().y;
    let top = inner.top() + sizes.pt(26.0);
    let room = ((inner.bottom() - top) / line).floor().max(1.0) as usize;
    let last_top = card.text.lines().count().saturating_sub(room);
    scroll(ui, rect, last_top, frame);
    let first = frame.state.card_top.min(last_top);
    let lines: Vec<_> = card.text.lines().skip(first).take(room).collect();
    let ink = color32(Rgb::TEXT);
    let shown = lines.join("\n");
    let galley = layout_wrapped(&painter, &shown, font(&sizes), ink, width, room);
    painter.galley(pos2(inner.left(), top), galley, ink);
    button::label(ui, rect, "event data", Role::Label, &card.name);
}

fn scroll(ui: &Ui, rect: Rect, last_top: usize, frame: &mut FrameContext<'_>) {
    let by = ui.input(|input| input.smooth_scroll_delta().y);
    if by == 0.0 || !ui.rect_contains_pointer(rect) {
        return;
    }
    let top = frame.state.card_top.min(last_top);
    frame.state.card_top = match by < 0.0 {
        true => (top + 1).min(last_top),
        false => top.saturating_sub(1),
    };
}
