//! The set list at the side of the operator's window: clock, pieces, the speaker's notes, what comes next.

use std::{sync::Arc, time::Duration};

use egui::{Align2, Galley, Painter, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_wrapped, text, text_fitted, text_within},
};
use crate::{
    conductor::control_surface::ControlAction,
    engine::Timestamp,
    view::{
        Action, PieceNumber, PieceState, Rgb, SetlistCommand, SetlistView, Snapshot, time_of_day,
    },
};

/// The width of the panel in a space, if it is shown.
pub(super) fn width(space: f32, frame: &FrameContext<'_>) -> Option<f32> {
    let is_open = frame.state.setlist && frame.live.performance().setlist.is_some();
    let width = frame.sizes.setlist;
    let room = space - width - frame.sizes.lane_header;
    (is_open && room > frame.sizes.pt(240.0)).then_some(width)
}

/// The time until the clock shows something else.
pub(super) fn next_change(list: &SetlistView, now: Timestamp) -> Duration {
    let second = 1_000_000_000;
    match list.position.since {
        Some(since) => Duration::from_nanos(second - now.0.saturating_sub(since.0) % second),
        None => Duration::from_nanos(60 * second - now.0 % (60 * second)),
    }
}

/// Paints it.
pub(super) fn show(ui: &Ui, rect: Rect, frame: &mut FrameContext<'_>) {
    let live = frame.live.performance();
    let Some(list) = live.setlist.clone() else {
        return;
    };
    let sizes = frame.sizes;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, color32(Rgb::PANEL));
    painter.vline(rect.right(), rect.y_range(), (1.0, color32(Rgb::LINE)));
    let inner = rect.shrink2(vec2(sizes.pt(24.0), sizes.pt(14.0)));
    let foot = inner.bottom() - sizes.pt(156.0);
    let mut top = clock(ui, &painter, inner, &list, frame);
    top = heading(ui, &painter, inner, top, &list, frame);
    let area = Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), foot));
    top = pieces(ui, area, &list, live, frame) + sizes.pt(18.0);
    let area = Rect::from_min_max(pos2(inner.left(), top), pos2(inner.right(), foot));
    notes(ui, &painter, area, &list, live, frame);
    let area = Rect::from_min_max(pos2(inner.left(), foot), inner.max);
    next(ui, &painter, area, &list, live, frame);
}

/// The time of day, and how long the show has lasted. Returns where it ends.
fn clock(
    ui: &Ui,
    painter: &Painter,
    rect: Rect,
    list: &SetlistView,
    frame: &FrameContext<'_>,
) -> f32 {
    let sizes = frame.sizes;
    let time = time_of_day(frame.wall, &frame.clock.zone);
    let elapsed = list.elapsed(frame.wall);
    let big = Font::Bold.id(sizes.pt(44.0));
    let small = Font::Medium.id(sizes.pt(16.5).max(11.0));
    let y = rect.top() + sizes.pt(24.0);
    let under = y + sizes.pt(36.0);
    let sides = [
        (
            rect.left(),
            Align2::LEFT_CENTER,
            time.as_str(),
            "time of day",
        ),
        (
            rect.right(),
            Align2::RIGHT_CENTER,
            elapsed.as_deref().unwrap_or("–:––"),
            "since the first piece",
        ),
    ];
    for (x, align, words, what) in sides {
        let color = if words.starts_with('–') {
            Rgb::MUTED
        } else {
            Rgb::TEXT
        };
        text(
            painter,
            pos2(x, y),
            align,
            words,
            big.clone(),
            color32(color),
        );
        text(
            painter,
            pos2(x, under),
            align,
            what,
            small.clone(),
            color32(Rgb::MUTED),
        );
    }
    let bottom = under + sizes.pt(16.0);
    let area = Rect::from_min_max(rect.min, pos2(rect.right(), bottom));
    let words = match &elapsed {
        Some(elapsed) => format!("Clock: {time}, {elapsed} since the first piece"),
        None => format!("Clock: {time}"),
    };
    button::label(ui, area, "clock", Role::Label, &words);
    bottom
}

/// The title, or what is wrong with the file. Returns where it ends.
fn heading(
    ui: &Ui,
    painter: &Painter,
    rect: Rect,
    top: f32,
    list: &SetlistView,
    frame: &FrameContext<'_>,
) -> f32 {
    let sizes = frame.sizes;
    let y = top + sizes.pt(26.0);
    let small = Font::Medium.id(sizes.pt(16.5).max(11.0));
    let count = match list.pieces.len() {
        0 => String::new(),
        pieces => format!("{} of {pieces}", list.position.current),
    };
    let count = text(
        painter,
        pos2(rect.right(), y),
        Align2::RIGHT_CENTER,
        count,
        small.clone(),
        color32(Rgb::MUTED),
    );
    let room = count.left() - rect.left() - sizes.pt(12.0);
    let at = pos2(rect.left(), y);
    let title = text_fitted(
        painter,
        at,
        &list.title,
        sizes.pt(25.0),
        color32(Rgb::TEXT),
        room,
    );
    let name = format!("Set list: {}", list.title);
    button::label(ui, title, "setlist", Role::Label, &name);
    let mut bottom = y + sizes.pt(24.0);
    if let Some(problem) = &list.problem {
        let galley = layout_wrapped(
            painter,
            problem,
            small,
            color32(Rgb::ALARM),
            rect.width(),
            4,
        );
        let area = Rect::from_min_size(pos2(rect.left(), bottom), galley.size());
        painter.galley(area.min, galley, color32(Rgb::ALARM));
        let name = format!("Error in the set list: {problem}");
        button::label(ui, area, "setlist problem", Role::Label, &name);
        bottom = area.bottom() + sizes.pt(10.0);
    }
    bottom
}

/// The lines of the pieces around the current one. Returns where they end.
fn pieces(
    ui: &Ui,
    area: Rect,
    list: &SetlistView,
    live: &Snapshot,
    frame: &mut FrameContext<'_>,
) -> f32 {
    let step = frame.sizes.pt(42.0);
    let all = list.pieces.len();
    // At least half of the space is for the notes.
    let room = ((area.height() * 0.5 / step).floor() as usize).max(3);
    let shown = all.min(room);
    let current = list.position.current.place();
    let first = current.saturating_sub(shown / 2).min(all - shown);
    for (line, place) in (first..first + shown).enumerate() {
        let corner = pos2(area.left(), area.top() + step * line as f32);
        let row = Rect::from_min_size(corner, vec2(area.width(), step));
        piece(ui, row, PieceNumber::at(place), list, live, frame);
    }
    area.top() + step * shown as f32
}

fn piece(
    ui: &Ui,
    row: Rect,
    number: PieceNumber,
    list: &SetlistView,
    live: &Snapshot,
    frame: &mut FrameContext<'_>,
) {
    let sizes = frame.sizes;
    let state = list.state_of(number, live, frame.wall);
    let words = state.words();
    let title = list.title_of(number, live);
    let name = match words.is_empty() {
        true => format!("Piece {number}: {title}"),
        false => format!("Piece {number}: {title}, {words}"),
    };
    let response = button::area(ui, row, ("piece", number), Role::Button, &name);
    let is_current = number == list.position.current;
    let mut mesh = MeshBuilder::default();
    if is_current {
        button::lit_row(&mut mesh, row);
        button::select(ui, &response);
    } else if response.hovered() {
        mesh.rect(row, color32(Rgb::BUTTON));
    }
    button::focus_ring(&mut mesh, &response, row.shrink(4.0));
    mesh.flush(ui.painter());
    let painter = ui.painter_at(row);
    let (left, right) = (row.left() + sizes.pt(24.0), row.right() - sizes.pt(24.0));
    let y = row.center().y;
    let size = sizes.pt(20.0).max(12.0);
    let color = match (is_current, &state) {
        (true, _) => Rgb::TEXT,
        (false, PieceState::Played(_)) => Rgb::MUTED,
        (false, _) => Rgb::TEXT,
    };
    let plate = text(
        &painter,
        pos2(left + sizes.pt(22.0), y),
        Align2::RIGHT_CENTER,
        number,
        Font::Bold.id(size),
        color32(if is_current { Rgb::TEXT } else { Rgb::MUTED }),
    );
    let status = text(
        &painter,
        pos2(right, y),
        Align2::RIGHT_CENTER,
        &words,
        Font::Bold.id(sizes.pt(17.0).max(11.0)),
        color32(state.color()),
    );
    let from = plate.right().max(left + sizes.pt(22.0)) + sizes.pt(14.0);
    text_within(
        &painter,
        pos2(from, y),
        Align2::LEFT_CENTER,
        &title,
        if is_current { Font::Bold } else { Font::Medium }.id(size),
        color32(color),
        status.left() - from - sizes.pt(12.0),
    );
    if response.clicked() {
        frame.send(SetlistCommand::GoTo(number));
    }
}

/// The speaker's notes of the current piece, as large as they fit.
fn notes(
    ui: &Ui,
    painter: &Painter,
    area: Rect,
    list: &SetlistView,
    live: &Snapshot,
    frame: &FrameContext<'_>,
) {
    let Some((number, piece)) = list.current() else {
        return;
    };
    let sizes = frame.sizes;
    painter.hline(area.x_range(), area.top(), (1.0, color32(Rgb::LINE)));
    let head = text_within(
        painter,
        pos2(area.left(), area.top() + sizes.pt(24.0)),
        Align2::LEFT_CENTER,
        &format!("Notes on {}", list.name_of(number, live)),
        Font::Medium.id(sizes.pt(16.5).max(11.0)),
        color32(Rgb::MUTED),
        area.width(),
    );
    let words = match piece.notes.is_empty() {
        true => "No notes.",
        false => &piece.notes,
    };
    let space = Rect::from_min_max(
        pos2(area.left(), head.bottom() + sizes.pt(12.0)),
        pos2(area.right(), area.bottom() - sizes.pt(10.0)),
    );
    let galley = fitted(painter, words, space, frame);
    let rect = Rect::from_min_size(space.min, galley.size());
    painter
        .with_clip_rect(space)
        .galley(space.min, galley, color32(Rgb::TEXT));
    let name = format!("Speaker's notes: {words}");
    button::label(ui, rect, "notes", Role::Label, &name);
}

/// The notes in the largest size that fits; cut if none does.
fn fitted(painter: &Painter, words: &str, space: Rect, frame: &FrameContext<'_>) -> Arc<Galley> {
    let laid_out = |size: f32| {
        let size = frame.sizes.pt(size).max(12.0);
        let font = Font::Medium.id(size);
        let rows = (space.height() / (size * 1.2)).floor().max(1.0) as usize;
        let color = color32(Rgb::TEXT);
        layout_wrapped(painter, words, font, color, space.width(), rows)
    };
    let sizes = [30.0, 27.0, 24.0, 21.0, 19.0].into_iter();
    let mut tried = sizes.map(&laid_out);
    let fits = |galley: &Arc<Galley>| !galley.elided && galley.size().y <= space.height();
    tried.find(fits).unwrap_or_else(|| laid_out(19.0))
}

/// What comes next, and the buttons.
fn next(
    ui: &Ui,
    painter: &Painter,
    area: Rect,
    list: &SetlistView,
    live: &Snapshot,
    frame: &mut FrameContext<'_>,
) {
    let sizes = frame.sizes;
    painter.hline(area.x_range(), area.top(), (1.0, color32(Rgb::LINE)));
    let (title, when) = list.next_words(live, frame.wall);
    let waits = list.starts_next_by_itself(live);
    let lines = [
        (24.0, "Next".to_owned(), Font::Medium, 16.5, Rgb::MUTED),
        (50.0, title.clone(), Font::Bold, 24.0, Rgb::TEXT),
        (
            78.0,
            when.clone(),
            Font::Medium,
            17.0,
            if waits { Rgb::PENDING } else { Rgb::MUTED },
        ),
    ];
    for (y, words, font, size, color) in lines {
        text_within(
            painter,
            pos2(area.left(), area.top() + sizes.pt(y)),
            Align2::LEFT_CENTER,
            &words,
            font.id(sizes.pt(size).max(11.0)),
            color32(color),
            area.width(),
        );
    }
    let words = Rect::from_min_size(area.min, vec2(area.width(), sizes.pt(94.0)));
    let name = format!("Next: {title}, {when}");
    button::label(ui, words, "next piece", Role::Label, &name);
    let top = area.bottom() - sizes.pt(48.0);
    let apart = sizes.pt(10.0);
    let wide = (area.width() - 2.0 * apart) / 3.0;
    let buttons = [
        ("Previous", ControlAction::PreviousPiece),
        ("Reset", ControlAction::ResetScene),
        ("Next", ControlAction::NextPiece),
    ];
    for (place, (word, action)) in buttons.into_iter().enumerate() {
        let corner = pos2(area.left() + (wide + apart) * place as f32, top);
        let bounds = Rect::from_min_size(corner, vec2(wide, sizes.pt(48.0)));
        press(ui, bounds, word, action, frame);
    }
}

fn press(ui: &Ui, bounds: Rect, word: &str, action: ControlAction, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let response = button::plain(ui, bounds, ("setlist", word), &action.description());
    text(
        ui.painter(),
        bounds.center(),
        Align2::CENTER_CENTER,
        word,
        Font::Bold.id(sizes.pt(19.0).max(12.0)),
        color32(Rgb::TEXT),
    );
    let keys = Action::Control(action.clone()).keys();
    let response = response.on_hover_text(format!("{} · {keys}", action.description()));
    if response.clicked() {
        frame.act(Action::Control(action.clone()));
    }
    frame.bindable(bounds, action);
}
