//! The map beside a score's text: where in the whole text the tokens are.

use egui::{Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{color32, translucent},
    token,
};
use crate::view::{LaneModel, LineRange, Rgb, ScoreTokens};

/// What the map shows of the text.
pub(super) struct MapView<'a> {
    /// Lines of the whole text.
    pub(super) lines: usize,
    /// Lines that are on screen.
    pub(super) visible: LineRange,
    /// The tokens.
    pub(super) tokens: &'a ScoreTokens,
}

/// Paints it. A click on a token lets the text follow it.
pub(super) fn show(
    ui: &Ui,
    rect: Rect,
    map: &MapView<'_>,
    lane: &LaneModel,
    frame: &mut FrameContext<'_>,
) {
    let painter = ui.painter_at(rect.expand(2.0));
    let lines = map.lines.max(1) as f32;
    let y_of = |line: usize| rect.top() + rect.height() * (line.saturating_sub(1) as f32 / lines);
    let mut mesh = MeshBuilder::default();
    mesh.round(rect, 3.0, color32(Rgb::BACKGROUND));
    let seen = Rect::from_min_max(
        pos2(rect.left(), y_of(map.visible.first)),
        pos2(rect.right(), y_of(map.visible.last + 1).min(rect.bottom())),
    );
    mesh.rect(seen, translucent(Rgb::EDGE, 0.34));
    mesh.outline(seen, 2.0, 1.0, color32(Rgb::EDGE));
    mesh.flush(&painter);
    let followed = frame.state.score.followed(&lane.id);
    let size = vec2(rect.width(), rect.width() * 0.86);
    let mut lowest = rect.top();
    let mut by_line: Vec<_> = map.tokens.tokens.iter().collect();
    by_line.sort_by_key(|token| (token.lines.first, token.branch));
    for (place, token) in by_line.iter().enumerate() {
        // Marks that would cover each other are one below the other, as far as there is room.
        let below = (by_line.len() - place) as f32 * size.y;
        let wanted = y_of(token.lines.first) - size.y / 2.0;
        let top = wanted
            .max(lowest)
            .min(rect.bottom() - below)
            .max(rect.top());
        lowest = top + size.y;
        let mark = Rect::from_min_size(pos2(rect.left(), top), size);
        let name = map.tokens.name(token, lane.facts.as_deref());
        let response = button::area(
            ui,
            mark,
            ("token in the map", place),
            Role::Button,
            &format!("Follow {name}"),
        );
        let branches = map.tokens.branches;
        token::paint(&painter, mark, &[token.branch], branches, lane.color());
        let mut ring = MeshBuilder::default();
        if followed == Some(token.branch) {
            button::select(ui, &response);
            ring.outline(mark.expand(1.0), 2.0, 1.5, color32(Rgb::TEXT));
        }
        button::focus_ring(&mut ring, &response, mark);
        ring.flush(ui.painter());
        if response.clicked() {
            frame.state.score.toggle(&lane.id, token.branch);
        }
    }
}
