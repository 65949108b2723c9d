//! The scores that can be started: in the middle of an empty window, later in a drawer.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    icons,
    mesh_builder::MeshBuilder,
    theme::{Font, Sizes, color32, layout_wrapped, text, text_within, translucent},
};
use crate::view::{Overlay, Rgb, ScoreCard};

/// The start screen, shown while there are no lanes.
pub(super) fn empty(ui: &Ui, rect: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let mut mesh = MeshBuilder::default();
    let rows = frame.snapshot.scores.len().div_ceil(3).max(1) as f32;
    let needed = sizes.pt(206.0 + 184.0 * rows.min(3.0));
    let top = rect.top() + ((rect.height() - needed) / 2.0).max(sizes.pt(96.0));
    let center = rect.center().x;
    let icon = Rect::from_center_size(pos2(center, top), vec2(sizes.pt(120.0), sizes.pt(90.0)));
    mesh.glow(
        icon,
        sizes.pt(60.0),
        sizes.pt(120.0),
        translucent(Rgb::LANES[0], 0.06),
    );
    icons::fermata(
        &mut mesh,
        pos2(center, top),
        sizes.pt(104.0),
        color32(Rgb::TEXT),
    );
    mesh.flush(ui.painter());
    let line = |y: f32, words: &str, font: Font, size: f32, color: Rgb| {
        text(
            ui.painter(),
            pos2(center, y),
            Align2::CENTER_CENTER,
            words,
            font.id(sizes.pt(size)),
            color32(color),
        )
    };
    line(
        top + sizes.pt(104.0),
        "Start a score",
        Font::Bold,
        46.0,
        Rgb::TEXT,
    );
    let hint = match frame.snapshot.scores.is_empty() {
        true => "No scores found. Pass a folder of scores on the command line.",
        false => "Click one or press its number. Every step is saved before you hear it.",
    };
    line(top + sizes.pt(152.0), hint, Font::Medium, 22.0, Rgb::MUTED);
    let cards = Rect::from_min_max(
        pos2(rect.left() + sizes.pt(60.0), top + sizes.pt(196.0)),
        pos2(
            rect.right() - sizes.pt(60.0),
            rect.bottom() - sizes.pt(20.0),
        ),
    );
    grid(ui, cards, columns_for(frame.snapshot.scores.len()), frame);
}

fn columns_for(cards: usize) -> usize {
    match cards {
        0..=3 => cards.max(1),
        4 => 2,
        _ => 3,
    }
}

/// The drawer at the side.
pub(super) fn drawer(ui: &Ui, area: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let width = sizes.pt(560.0).min(area.width() * 0.8);
    let rect = Rect::from_min_size(area.min, vec2(width, area.height()));
    let behind = button::area(ui, area, "behind", Role::Pane, "Scores: click to close");
    ui.painter()
        .rect_filled(area, 0.0, translucent(Rgb::BACKGROUND, 0.72));
    ui.painter().rect_filled(rect, 0.0, color32(Rgb::PANEL));
    ui.painter()
        .vline(rect.right(), rect.y_range(), (1.0, color32(Rgb::LINE)));
    text(
        ui.painter(),
        pos2(rect.left() + sizes.pt(28.0), rect.top() + sizes.pt(40.0)),
        Align2::LEFT_CENTER,
        "Start a score",
        Font::Bold.id(sizes.pt(30.0)),
        color32(Rgb::TEXT),
    );
    let cards = Rect::from_min_max(
        pos2(rect.left() + sizes.pt(24.0), rect.top() + sizes.pt(80.0)),
        pos2(rect.right() - sizes.pt(24.0), rect.bottom()),
    );
    grid(ui, cards, 1, frame);
    let outside = behind
        .interact_pointer_pos()
        .is_some_and(|at| !rect.contains(at));
    if behind.clicked() && outside {
        frame.state.overlay = Overlay::None;
    }
}

fn grid(ui: &Ui, area: Rect, columns: usize, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let gap = sizes.pt(16.0);
    let most = sizes.pt(560.0);
    let width = ((area.width() - gap * (columns - 1) as f32) / columns as f32).min(most);
    let height = match columns {
        1 => sizes.pt(112.0),
        _ => sizes.pt(168.0),
    };
    let whole = width * columns as f32 + gap * (columns - 1) as f32;
    let left = match columns {
        1 if whole > area.width() - 1.0 => area.left(),
        _ => area.center().x - whole / 2.0,
    };
    let cards = frame.snapshot.scores.clone();
    for (place, card) in cards.iter().enumerate() {
        let (row, column) = (place / columns, place % columns);
        // The last row is centered.
        let missing = (columns * (row + 1)).saturating_sub(cards.len()) as f32;
        let corner = pos2(
            left + (column as f32 + missing / 2.0) * (width + gap),
            area.top() + row as f32 * (height + gap),
        );
        let rect = Rect::from_min_size(corner, vec2(width, height));
        if rect.bottom() > area.bottom() + 1.0 {
            let more = format!(
                "And {} more: press Ctrl+P and type a name.",
                cards.len() - place
            );
            let font = Font::Medium.id(sizes.pt(18.0));
            text(
                ui.painter(),
                corner,
                Align2::LEFT_TOP,
                more,
                font,
                color32(Rgb::MUTED),
            );
            return;
        }
        show_card(ui, rect, place, card, frame, &sizes);
    }
}

fn show_card(
    ui: &Ui,
    rect: Rect,
    place: usize,
    card: &ScoreCard,
    frame: &mut FrameContext<'_>,
    sizes: &Sizes,
) {
    let name = match &card.problem {
        None => format!("Start {}", card.title),
        Some(problem) => format!("{} cannot be started: {problem}", card.title),
    };
    let response = button::area(ui, rect, ("score", place), Role::Button, &name);
    let painter = ui.painter_at(rect.expand(4.0));
    let color = match card.problem {
        None => Rgb::of_lane(place),
        Some(_) => Rgb::ALARM,
    };
    let mut mesh = MeshBuilder::default();
    let ground = match response.hovered() {
        true => Rgb::BUTTON,
        false => Rgb::PANEL.over(Rgb::BUTTON, 0.45),
    };
    mesh.round(rect, sizes.pt(10.0), color32(ground));
    let edge = Rect::from_min_size(
        rect.min + vec2(0.0, sizes.pt(14.0)),
        vec2(sizes.pt(5.0), rect.height() - sizes.pt(28.0)),
    );
    mesh.rect(edge, color32(color));
    button::focus_ring(&mut mesh, &response, rect);
    mesh.flush(&painter);
    let lead = sizes.pt(if rect.height() > sizes.pt(140.0) {
        52.0
    } else {
        34.0
    });
    let left = rect.left() + sizes.pt(66.0);
    if place < 10 {
        let at = pos2(rect.left() + sizes.pt(36.0), rect.top() + lead);
        let font = Font::Bold.id(sizes.pt(28.0));
        text(
            &painter,
            at,
            Align2::CENTER_CENTER,
            (place + 1) % 10,
            font,
            color32(color),
        );
    }
    let play = sizes.pt(31.0).min(rect.height() * 0.22);
    let target = pos2(rect.right() - play - sizes.pt(22.0), rect.center().y);
    let mut room = rect.right() - left - sizes.pt(16.0);
    if card.problem.is_none() {
        let mut mesh = MeshBuilder::default();
        let tint = if response.hovered() { 1.0 } else { 0.16 };
        icons::dot(&mut mesh, target, play, color32(color.over(ground, tint)));
        let arrow = if response.hovered() {
            Rgb::BACKGROUND
        } else {
            color
        };
        icons::play(&mut mesh, target, play * 0.8, color32(arrow));
        mesh.flush(&painter);
        room = target.x - play - left - sizes.pt(14.0);
    }
    let at = pos2(left, rect.top() + lead);
    text_within(
        &painter,
        at,
        Align2::LEFT_CENTER,
        &card.title,
        Font::Bold.id(sizes.pt(28.0)),
        color32(Rgb::TEXT),
        room,
    );
    let (words, tone) = match &card.problem {
        None => (&card.summary, Rgb::MUTED),
        Some(problem) => (problem, Rgb::ALARM),
    };
    let font = Font::Medium.id(sizes.pt(19.5).max(11.0));
    let galley = layout_wrapped(&painter, words, font, color32(tone), room, 3);
    painter.galley(
        pos2(left, rect.top() + lead + sizes.pt(22.0)),
        galley,
        color32(tone),
    );
    let asks = card.input.is_some() && with_input(ui, rect, place, card, sizes);
    if asks {
        frame.state.ask_input(card);
    } else if response.clicked() && card.problem.is_none() {
        frame.state.overlay = Overlay::None;
        frame.start_score(&card.id);
    }
}

/// The button for the input of a score that has a form for it; returns whether it was clicked.
fn with_input(ui: &Ui, card: Rect, place: usize, score: &ScoreCard, sizes: &Sizes) -> bool {
    let size = vec2(sizes.pt(124.0), sizes.pt(32.0));
    let corner = card.right_bottom() - vec2(sizes.pt(12.0), sizes.pt(10.0)) - size;
    let bounds = Rect::from_min_size(corner, size);
    let name = format!("Start {} with an input", score.title);
    let response = button::plain(ui, bounds, ("input", place), &name);
    let font = Font::Bold.id(sizes.pt(16.0).max(11.0));
    let ink = color32(Rgb::TEXT);
    text(
        ui.painter(),
        bounds.center(),
        Align2::CENTER_CENTER,
        "Input …",
        font,
        ink,
    );
    response.clicked()
}
