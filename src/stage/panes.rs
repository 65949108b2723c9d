//! The parts of the window and where they are: bars, panels, lanes, and what covers them.

use egui::{Rect, Ui, pos2};

use super::{
    caption, closing, comparison, explainer, faults, form, frame_context::FrameContext, help,
    hints, histories, inspector, invitation, learn, meters, overview, schedules, score_editor,
    scores, search, setlist, theme, timeline, top_bar,
};
use crate::view::{Camera, MadeComparison, Overlay, Rgb};

/// Paints everything but messages.
pub(super) fn paint(
    ui: &mut Ui,
    window: Rect,
    frame: &mut FrameContext<'_>,
    meters: &mut meters::Meters,
    comparison: &MadeComparison,
) {
    let sizes = frame.sizes;
    let (bar, rest) = window.split_top_bottom_at_y(window.top() + sizes.bar);
    let (mut body, foot) = rest.split_top_bottom_at_y(rest.bottom() - sizes.caption);
    top_bar::show(ui, bar, frame);
    let covered = frame.state.comparing.is_some() || frame.state.explainer.is_some();
    if frame.state.comparing.is_some() {
        comparison::show(ui, body, foot, comparison, frame);
    } else if frame.state.explainer.is_some() {
        explainer::show(ui, body, foot, frame);
    } else {
        caption::show(ui, foot, frame);
    }
    if !covered && let Some(width) = setlist::width(body.width(), frame) {
        let (left, right) = body.split_left_right_at_x(body.left() + width);
        setlist::show(ui, left, frame);
        body = right;
    }
    let is_free = frame.state.editor.is_none();
    if !covered && !is_free {
        let edge = body.right() - score_editor::width(body, &sizes);
        let (left, right) = body.split_left_right_at_x(edge);
        score_editor::show(ui, right, frame);
        body = left;
    }
    if covered {
        // Nothing of the lanes can be seen.
    } else if frame.live.lanes.is_empty() {
        match frame.state.invitation(frame.live).cloned() {
            Some(score) => invitation::show(ui, body, &score, frame),
            None => scores::empty(ui, body, frame),
        }
    } else {
        let room = body.width() - sizes.lane_header - sizes.inspector;
        if is_free && frame.state.inspector && room > sizes.pt(420.0) {
            let edge = body.right() - sizes.inspector;
            let (left, right) = body.split_left_right_at_x(edge);
            inspector::show(ui, right, frame);
            body = left;
        }
        if frame.state.meters {
            let (upper, lower) = body.split_top_bottom_at_y(body.bottom() - sizes.pt(170.0));
            meters.show(ui, lower, frame);
            body = upper;
        }
        let (strip, lanes) = body.split_top_bottom_at_y(body.top() + sizes.overview);
        let timeline_left = body.left() + sizes.lane_header;
        frame.state.viewport.resize(body.right() - timeline_left);
        if frame.state.camera == Camera::Following {
            frame.state.viewport.follow(frame.now);
        }
        overview::show(ui, strip, frame);
        timeline::show(ui, lanes, frame);
        if frame.state.overlay == Overlay::None && !frame.state.is_replay() {
            hints::show(ui, strip, lanes, frame);
        }
    }
    if frame.state.is_replay() || covered {
        // The border makes it impossible to mistake the past for the present.
        let color = theme::color32(Rgb::REPLAY);
        let stroke = egui::Stroke::new(sizes.pt(5.0), color);
        ui.painter()
            .rect_stroke(window, 0.0, stroke, egui::StrokeKind::Inside);
    }
    match frame.state.overlay {
        Overlay::Scores if !frame.live.lanes.is_empty() => {
            let area = Rect::from_min_max(body.left_top(), pos2(window.right(), foot.top()));
            scores::drawer(ui, area, frame);
        }
        Overlay::Help => help::show(ui, window, frame),
        Overlay::Schedules(_) => schedules::show(ui, window, frame),
        Overlay::Faults(_) => faults::show(ui, window, frame),
        Overlay::Closing | Overlay::Unsaved => closing::show(ui, window, frame),
        Overlay::Palette(_) => search::show(ui, window, frame),
        Overlay::Histories(_) | Overlay::CompareWith(_) => histories::show(ui, window, frame),
        Overlay::Form(_) => form::show(ui, window, frame),
        _ => {}
    }
    // Above panels: what a panel does is answered in the same place.
    caption::show_answer(ui, foot, frame);
    histories::offer(ui, window, frame);
    if frame.state.overlay == Overlay::None {
        learn::show(ui, window, frame);
    }
}
