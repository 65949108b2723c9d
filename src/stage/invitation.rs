//! The first thing that a newcomer sees: one key to press, and a piece plays.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    icons,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, text, translucent},
};
use crate::view::{Action, Rgb, ScoreCard};

/// Paints it in the middle of an empty window.
pub(super) fn show(ui: &Ui, rect: Rect, score: &ScoreCard, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let center = pos2(rect.center().x, rect.center().y - sizes.pt(40.0));
    let at = |y: f32| pos2(center.x, center.y + sizes.pt(y));
    let mut mesh = MeshBuilder::default();
    let icon = Rect::from_center_size(at(-230.0), vec2(sizes.pt(150.0), sizes.pt(110.0)));
    let tint = translucent(Rgb::LANES[0], 0.07);
    mesh.glow(icon, sizes.pt(70.0), sizes.pt(150.0), tint);
    icons::fermata(
        &mut mesh,
        icon.center(),
        sizes.pt(132.0),
        color32(Rgb::TEXT),
    );
    mesh.flush(ui.painter());
    let line = |y: f32, words: &str, font: Font, size: f32, color: Rgb| {
        let font = font.id(sizes.pt(size));
        text(
            ui.painter(),
            at(y),
            Align2::CENTER_CENTER,
            words,
            font,
            color32(color),
        );
    };
    line(-92.0, "Press Space", Font::Bold, 64.0, Rgb::TEXT);
    let what = "A durable workflow plays. Every step is saved before you hear it.";
    line(-28.0, what, Font::Medium, 25.0, Rgb::MUTED);
    if play_button(ui, at(66.0), score, frame) {
        let start = frame.state.accept_invitation(frame.live, frame.wall);
        if let Some(start) = start {
            frame.send(start);
        }
    }
    let more = format!("S   all {} scores", frame.live.scores.len());
    let font = Font::Medium.id(sizes.pt(22.0));
    let galley = layout_line(ui.painter(), &more, font, color32(Rgb::TEXT));
    let bounds = Rect::from_center_size(at(158.0), galley.size() + sizes.pt(20.0) * vec2(1.4, 0.8));
    let response = button::area(ui, bounds, "all scores", Role::Button, "Show all scores");
    let mut mesh = MeshBuilder::default();
    if response.hovered() {
        mesh.round(bounds, sizes.pt(9.0), color32(Rgb::BUTTON));
    }
    button::focus_ring(&mut mesh, &response, bounds);
    mesh.flush(ui.painter());
    let ink = color32(Rgb::TEXT);
    let corner = bounds.center() - galley.size() / 2.0;
    ui.painter().galley(corner, galley, ink);
    if response.clicked() {
        frame.act(Action::Scores);
    }
}

/// The button that starts the piece. Returns whether it was pressed.
fn play_button(ui: &Ui, center: egui::Pos2, score: &ScoreCard, frame: &FrameContext<'_>) -> bool {
    let sizes = frame.sizes;
    let font = Font::Bold.id(sizes.pt(30.0));
    let ink = color32(Rgb::BACKGROUND);
    let galley = layout_line(ui.painter(), &score.title, font, ink);
    let mark = sizes.pt(54.0);
    let size = vec2(galley.size().x + mark + sizes.pt(76.0), sizes.pt(84.0));
    let bounds = Rect::from_center_size(center, size);
    let name = format!("Play {}", score.title);
    let response = button::area(ui, bounds, "invitation", Role::Button, &name);
    let mut mesh = MeshBuilder::default();
    let ground = button::hover_color(&response, Rgb::LANES[0]);
    mesh.round(bounds, sizes.pt(16.0), ground);
    button::focus_ring(&mut mesh, &response, bounds);
    let arrow = pos2(
        bounds.left() + sizes.pt(34.0) + mark / 2.0,
        bounds.center().y,
    );
    icons::play(&mut mesh, arrow, sizes.pt(34.0), ink);
    mesh.flush(ui.painter());
    let left = arrow.x + mark / 2.0 + sizes.pt(2.0);
    let corner = pos2(left, bounds.center().y - galley.size().y / 2.0);
    ui.painter().galley(corner, galley, ink);
    response.clicked()
}
