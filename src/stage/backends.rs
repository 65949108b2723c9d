//! A strip for each engine that is attached: its name, how many instances it has in which state, and how many
//! were open at each time of the timeline below.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, text_fitted, text_within, translucent},
};
use crate::{
    backend::Link,
    view::{BackendCommand, BackendView, Rgb},
};

/// The height of a strip.
const HEIGHT: f32 = 56.0;
/// The width of a bar of the density.
const BAR: f32 = 6.0;

/// The height of all strips.
pub(super) fn height(frame: &FrameContext<'_>) -> f32 {
    let strips = match frame.state.is_replay() || frame.snapshot.scene.is_some() {
        // What is shown is the present.
        true => 0,
        false => frame.snapshot.backends.len(),
    };
    strips as f32 * frame.sizes.pt(HEIGHT)
}

/// Paints them, one below the other. Timelines begin at `left`.
pub(super) fn show(ui: &Ui, rect: Rect, left: f32, frame: &mut FrameContext<'_>) {
    let snapshot = frame.snapshot;
    let side = frame.sizes.pt(HEIGHT);
    let strips = (rect.height() / side).round() as usize;
    for (place, backend) in snapshot.backends.iter().take(strips).enumerate() {
        let top = rect.top() + place as f32 * side;
        let strip = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), side - 2.0));
        head(ui, strip, left, backend, frame);
        density(ui, strip, left, backend, frame);
    }
}

/// Name and counts.
fn head(ui: &Ui, strip: Rect, left: f32, backend: &BackendView, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let head = Rect::from_min_max(strip.min, pos2(left, strip.bottom()));
    let words = backend.words(frame.wall);
    let name = format!("{}: {words}: {}", backend.name, backend.statuses());
    button::label(ui, head, ("backend", &backend.name), Role::Label, &name);
    let painter = ui.painter_at(head);
    painter.rect_filled(head, 0.0, color32(Rgb::BUTTON));
    let side = sizes.pt(28.0);
    let room = head.width() - sizes.pt(20.0);
    text_within(
        &painter,
        pos2(
            head.left() + sizes.pt(14.0),
            head.top() + head.height() * 0.3,
        ),
        Align2::LEFT_CENTER,
        backend.name.as_str(),
        Font::Bold.id(sizes.pt(19.0)),
        color32(Rgb::TEXT),
        room - side,
    );
    let color = match &backend.link {
        Link::Up => Rgb::TEXT.over(Rgb::MUTED, 0.4),
        Link::Down { .. } => Rgb::PENDING,
    };
    let at = pos2(
        head.left() + sizes.pt(14.0),
        head.top() + head.height() * 0.72,
    );
    text_fitted(&painter, at, &words, sizes.pt(16.5), color32(color), room);
    let corner = pos2(
        head.right() - side - sizes.pt(6.0),
        head.top() + sizes.pt(3.0),
    );
    detach(
        ui,
        Rect::from_min_size(corner, vec2(side, side)),
        backend,
        frame,
    );
}

/// The button that detaches it.
fn detach(ui: &Ui, bounds: Rect, backend: &BackendView, frame: &mut FrameContext<'_>) {
    let name = format!("Detach {}", backend.name);
    let response = button::plain(ui, bounds, ("detach", &backend.name), &name);
    let mut cross = MeshBuilder::default();
    let arm = bounds.height() * 0.2;
    for end in [vec2(arm, arm), vec2(arm, -arm)] {
        let (from, to) = (bounds.center() - end, bounds.center() + end);
        cross.line(from, to, 2.2, color32(Rgb::TEXT));
    }
    cross.flush(ui.painter());
    if response.clicked() {
        frame.send(BackendCommand::Detach(backend.name.clone()));
    }
}

/// How many instances were open at each time, and where some failed; the most frequent workflows.
fn density(ui: &Ui, strip: Rect, left: f32, backend: &BackendView, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let field = Rect::from_min_max(pos2(left, strip.top()), strip.max);
    let painter = ui.painter_at(field);
    painter.rect_filled(field, 0.0, color32(Rgb::BUTTON.over(Rgb::BACKGROUND, 0.35)));
    let parts = (field.width() / sizes.pt(BAR)).ceil().max(1.0);
    let width = field.width() / parts;
    let view = &frame.state.viewport;
    let edges = (0..=parts as usize).map(|part| view.time_at(part as f32 * width));
    let density = backend.density(&edges.collect::<Vec<_>>(), frame.now);
    let most = density.iter().map(|part| part.open.max(part.failed)).max();
    let most = most.unwrap_or(0).max(1) as f32;
    let mut mesh = MeshBuilder::default();
    let room = field.height() - 4.0;
    for (place, part) in density.iter().enumerate() {
        let x = field.left() + place as f32 * width;
        // A single one can be seen beside thousands.
        let height = |count: u32| match count {
            0 => 0.0,
            count => (room * count as f32 / most).max(3.0),
        };
        let mut bar = |count: u32, color: Rgb| {
            let top = field.bottom() - height(count);
            let bar = Rect::from_min_max(pos2(x, top), pos2(x + width - 1.0, field.bottom()));
            if count > 0 {
                mesh.rect(bar, color32(color));
            }
        };
        bar(part.open, Rgb::QUEUED);
        bar(part.failed, Rgb::ALARM);
    }
    mesh.flush(&painter);
    plate(&painter, field, backend, frame);
}

/// How many instances have which status, and the most frequent workflows.
fn plate(painter: &egui::Painter, field: Rect, backend: &BackendView, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let (statuses, types) = (backend.statuses(), backend.types(4));
    if statuses.is_empty() {
        return;
    }
    let counts = layout_line(
        painter,
        &statuses,
        Font::Bold.id(sizes.pt(18.0)),
        color32(Rgb::TEXT),
    );
    let names = layout_line(
        painter,
        &types,
        Font::Medium.id(sizes.pt(16.0)),
        color32(Rgb::MUTED),
    );
    let at = pos2(field.left() + sizes.pt(10.0), field.top() + sizes.pt(6.0));
    let gap = sizes.pt(18.0);
    let size = vec2(
        counts.size().x + gap + names.size().x,
        counts.size().y.max(names.size().y),
    );
    let ground = Rect::from_min_size(at, size).expand2(vec2(6.0, 2.0));
    painter.rect_filled(ground, 3.0, translucent(Rgb::BACKGROUND, 0.85));
    let names_at = pos2(
        at.x + counts.size().x + gap,
        at.y + (counts.size().y - names.size().y) * 0.7,
    );
    painter.galley(at, counts, color32(Rgb::TEXT));
    painter.galley(names_at, names, color32(Rgb::MUTED));
}
