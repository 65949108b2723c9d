//! The inspector: state, data, events and score of the selected lane at the moment that is shown.

use egui::{Align2, Painter, Rect, Role, Ui, pos2};

use super::{
    button, data_card, event_table,
    frame_context::FrameContext,
    links::{self, LinkLine},
    run_data, score_pane,
    theme::{Font, color32, text_fitted, text_within},
};
use crate::view::{LaneModel, Rgb};

/// Paints it.
pub(super) fn show(ui: &Ui, rect: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, color32(Rgb::PANEL));
    painter.vline(rect.left(), rect.y_range(), (1.0, color32(Rgb::LINE)));
    let snapshot = frame.snapshot;
    let Some(lane) = frame.state.lane(snapshot) else {
        return;
    };
    let inner = rect.shrink2(egui::vec2(sizes.pt(24.0), sizes.pt(14.0)));
    let mut top = title(ui, &painter, inner, lane, frame);
    let data = run_data::of(lane, frame);
    let area = Rect::from_min_max(pos2(inner.left(), top), inner.max);
    top = run_data::show(ui, area, lane, &data, frame);
    let source = lane.facts.as_ref().map(|facts| facts.source.clone());
    let has_score = source.as_ref().is_some_and(|s| !s.is_empty());
    let share = if has_score { 0.56 } else { 1.0 };
    let table_bottom = top + (inner.bottom() - top) * share;
    let columns = data_card::columns(&painter, inner.width(), &sizes);
    let card = run_data::card(lane, &data, columns, frame);
    let card = card.or_else(|| event_table::card(lane, columns, frame));
    let card_height = match &card {
        Some(_) => (table_bottom - top) * 0.5,
        None => 0.0,
    };
    let list_bottom = table_bottom - card_height;
    let table_area = Rect::from_min_max(pos2(inner.left(), top), pos2(inner.right(), list_bottom));
    event_table::show(ui, table_area, lane, frame);
    if let Some(card) = card {
        let area = Rect::from_min_max(
            pos2(inner.left() - sizes.pt(10.0), list_bottom + sizes.pt(6.0)),
            pos2(inner.right() + sizes.pt(10.0), table_bottom),
        );
        data_card::show(ui, area, &card, frame);
    }
    if let Some(source) = source.filter(|_| has_score) {
        let area = Rect::from_min_max(pos2(inner.left(), table_bottom + sizes.pt(20.0)), inner.max);
        score_pane::show(ui, area, lane, &source, frame);
    }
}

fn title(
    ui: &Ui,
    painter: &Painter,
    rect: Rect,
    lane: &LaneModel,
    frame: &mut FrameContext<'_>,
) -> f32 {
    let sizes = frame.sizes;
    text_fitted(
        painter,
        pos2(rect.left(), rect.top() + sizes.pt(17.0)),
        lane.title(),
        sizes.pt(27.0),
        color32(Rgb::TEXT),
        rect.width(),
    );
    let small = sizes.pt(16.5).max(11.0);
    let id = text_within(
        painter,
        pos2(rect.left(), rect.top() + sizes.pt(45.0)),
        Align2::LEFT_CENTER,
        &lane.lineage(),
        Font::Medium.id(small),
        color32(Rgb::MUTED),
        rect.width(),
    );
    let mut y = rect.top() + sizes.pt(74.0);
    if links::has_any(lane, frame) {
        let line = LinkLine {
            painter,
            at: pos2(rect.left(), id.bottom() + sizes.pt(11.0)),
            room: rect.width(),
            size: small,
            place: "inspector",
        };
        links::show(ui, &line, lane, frame);
        y += sizes.pt(24.0);
    }
    if let Some(words) = lane.heard_by(frame.snapshot.listening.as_deref()) {
        let line = text_within(
            painter,
            pos2(rect.left(), y),
            Align2::LEFT_CENTER,
            &words,
            Font::Medium.id(small),
            color32(Rgb::MUTED),
            rect.width(),
        );
        button::label(ui, line, "inspector listening", Role::Label, &words);
        y += sizes.pt(26.0);
    }
    let state = lane.state();
    let words = lane.status_line(frame.now);
    let color = state.color();
    let line = text_within(
        painter,
        pos2(rect.left(), y),
        Align2::LEFT_CENTER,
        &words,
        Font::Bold.id(sizes.pt(18.0).max(12.0)),
        color32(color),
        rect.width(),
    );
    let name = format!("Inspector: {}, {words}", lane.title());
    button::label(ui, line, "inspector", Role::Label, &name);
    y + sizes.pt(30.0)
}
