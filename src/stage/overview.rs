//! The overview: a histogram of the whole performance, with the visible time window.

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    icons,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text, translucent},
};
use crate::{
    engine::Timestamp,
    view::{Action, Rgb},
};

/// Paints it. A click or drag moves the playhead and the visible window.
pub(super) fn show(ui: &Ui, rect: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let left = rect.left() + sizes.lane_header;
    scores_button(ui, rect, frame);
    text(
        ui.painter(),
        pos2(left - sizes.pt(18.0), rect.center().y),
        Align2::RIGHT_CENTER,
        match frame.live.scene {
            Some(_) => "Whole history",
            None => "Whole performance",
        },
        Font::Medium.id(sizes.pt(16.5).max(11.0)),
        color32(Rgb::MUTED),
    );
    let strip = Rect::from_min_max(
        pos2(left, rect.top() + sizes.pt(5.0)),
        pos2(rect.right() - sizes.pt(8.0), rect.bottom() - sizes.pt(4.0)),
    );
    let Some((from, until)) = frame.snapshot.overview.extent() else {
        return;
    };
    let until = until.max(frame.live.live_edge(frame.wall));
    let length = (until.0.saturating_sub(from.0)).max(1) as f64;
    let x = |at: Timestamp| {
        let ns = at.0 as f64 - from.0 as f64;
        strip.left() + (ns / length) as f32 * strip.width()
    };
    bars(ui, strip, frame, x);
    let view = &frame.state.viewport;
    let window = Rect::from_min_max(
        pos2(x(view.from).max(strip.left()), strip.top() - 2.0),
        pos2(x(view.until()).min(strip.right()), strip.bottom() + 2.0),
    );
    if window.is_positive() {
        let window = match window.width() < 6.0 {
            true => Rect::from_center_size(window.center(), vec2(6.0, window.height())),
            false => window,
        };
        let mut mesh = MeshBuilder::default();
        mesh.round(window, 4.0, translucent(Rgb::TEXT, 0.10));
        mesh.outline(window, 4.0, 1.6, color32(Rgb::TEXT));
        mesh.flush(ui.painter());
    }
    let id = ui.make_persistent_id("overview");
    let response = ui.interact(strip, id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, "Whole performance"));
    if let Some(at) = response.interact_pointer_pos()
        && (response.clicked() || response.dragged())
    {
        let part = ((at.x - strip.left()) / strip.width()).clamp(0.0, 1.0);
        let moment = Timestamp(from.0.saturating_add((f64::from(part) * length) as u64));
        frame.seek(moment);
        frame.state.viewport.center(moment, 0.5);
    }
    let mut mesh = MeshBuilder::default();
    let here = x(frame.now);
    let color = match frame.state.is_replay() {
        true => Rgb::REPLAY,
        false => Rgb::TEXT,
    };
    let line = Rect::from_min_max(
        pos2(here - 1.0, strip.top() - 2.0),
        pos2(here + 1.0, strip.bottom() + 2.0),
    );
    mesh.rect(line, color32(color));
    for marker in frame.state.markers.iter() {
        let x = x(marker.at);
        let tick = Rect::from_min_max(pos2(x - 1.0, strip.top()), pos2(x + 1.0, strip.center().y));
        mesh.rect(tick, color32(Rgb::LANES[0]));
    }
    mesh.flush(ui.painter());
}

fn bars(ui: &Ui, strip: Rect, frame: &FrameContext<'_>, x: impl Fn(Timestamp) -> f32) {
    let overview = &frame.snapshot.overview;
    let Some((from, until)) = overview.extent() else {
        return;
    };
    let buckets = overview.buckets();
    let most = buckets.iter().map(|s| s.count).max().unwrap_or(1).max(1) as f32;
    let wide = (x(until) - x(from)) / buckets.len().max(1) as f32;
    let mut bars = MeshBuilder::default();
    let base = strip.bottom() - 3.0;
    for (place, bucket) in buckets.iter().enumerate() {
        let left = x(from) + place as f32 * wide;
        if let Some(color) = bucket.color() {
            let height = (bucket.count as f32 / most).sqrt() * (strip.height() - 8.0);
            let bar = Rect::from_min_max(
                pos2(left, base - height.max(2.0)),
                pos2(left + (wide - 1.0).max(1.0), base),
            );
            bars.rect(bar, translucent(color, 0.55));
        }
        if bucket.failures > 0 {
            let tick =
                Rect::from_min_max(pos2(left, strip.top()), pos2(left + 2.0, strip.bottom()));
            bars.rect(tick, color32(Rgb::ALARM));
        }
    }
    bars.flush(ui.painter());
}

fn scores_button(ui: &Ui, rect: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let bounds = Rect::from_min_size(
        pos2(
            rect.left() + sizes.pt(18.0),
            rect.center().y - sizes.pt(17.0),
        ),
        vec2(sizes.pt(116.0), sizes.pt(34.0)),
    );
    let response = button::plain(ui, bounds, "scores", "Scores");
    let mut mesh = MeshBuilder::default();
    let plus = pos2(bounds.left() + sizes.pt(20.0), bounds.center().y);
    let arm = sizes.pt(7.0);
    mesh.line(
        plus - vec2(arm, 0.0),
        plus + vec2(arm, 0.0),
        2.4,
        color32(Rgb::TEXT),
    );
    mesh.line(
        plus - vec2(0.0, arm),
        plus + vec2(0.0, arm),
        2.4,
        color32(Rgb::TEXT),
    );
    icons::dot(&mut mesh, plus, 0.5, color32(Rgb::TEXT));
    mesh.flush(ui.painter());
    text(
        ui.painter(),
        pos2(plus.x + sizes.pt(18.0), plus.y),
        Align2::LEFT_CENTER,
        "Scores",
        Font::Bold.id(sizes.pt(18.0).max(12.0)),
        color32(Rgb::TEXT),
    );
    if response.clicked() {
        frame.act(Action::Scores);
    }
}
