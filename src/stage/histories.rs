//! The histories of the store: a search with a list, and those that were opened. Files can be
//! dropped anywhere onto the window.

use egui::{Align2, Key, Modifiers, Rect, Role, Ui, UiBuilder, Vec2, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    purge,
    theme::{Font, color32, text, text_within, translucent},
};
use crate::{
    engine::InstanceId,
    view::{
        Command, FileCommand, HistoryCommand, MoreHistories, Overlay, Rgb, RunOf, Search, Snapshot,
        format,
    },
};

/// Lines that are shown at once.
const LINES: usize = 11;
/// Lines that one notch of the wheel scrolls.
const WHEEL: isize = 3;
const HINT: &str =
    "Part of a name or an id · status:failed · tag:venue=hall · since:2h · before:7d";

/// A line of the list.
struct Line {
    /// What it is, for screen readers.
    name: String,
    title: String,
    detail: String,
    status: String,
    color: Rgb,
    age: String,
    length: String,
    choice: Choice,
}

enum Choice {
    Show(InstanceId),
    More,
    Nothing,
}

/// What a history is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To be replayed.
    Open,
    /// To be compared with the selected lane.
    Compare,
}

/// The commands for the files that were dropped onto the window in this frame.
pub(super) fn dropped(ui: &Ui) -> Vec<Command> {
    let dropped = ui.input(|input| input.raw.dropped_files.clone());
    let paths = dropped.iter().map(|file| file.path().to_owned());
    paths.map(|path| FileCommand::Open(path).into()).collect()
}

/// While a file is held over the window: says what dropping it does.
pub(super) fn offer(ui: &Ui, window: Rect, frame: &FrameContext<'_>) {
    if ui.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let words = "Drop a score, a MIDI file or an exported history";
    ui.painter()
        .rect_filled(window, 0.0, translucent(Rgb::BACKGROUND, 0.80));
    let font = Font::Bold.id(frame.sizes.pt(46.0));
    let place = text(
        ui.painter(),
        window.center(),
        Align2::CENTER_CENTER,
        words,
        font,
        color32(Rgb::REPLAY),
    );
    button::label(ui, place, "drop", Role::Status, words);
}

/// Paints the panel and handles typing, arrows and clicks.
pub(super) fn show(ui: &mut Ui, window: Rect, frame: &mut FrameContext<'_>) {
    let (mut search, purpose) = match frame.state.overlay.clone() {
        Overlay::Histories(search) => (search, Purpose::Open),
        Overlay::CompareWith(search) => (search, Purpose::Compare),
        _ => return,
    };
    let sizes = frame.sizes;
    let behind = button::area(
        ui,
        window,
        "histories",
        Role::Pane,
        "Histories: click to close",
    );
    ui.painter()
        .rect_filled(window, 0.0, translucent(Rgb::BACKGROUND, 0.80));
    let step = sizes.pt(56.0);
    let wide = sizes.pt(1500.0).min(window.width() - sizes.pt(40.0));
    let high = sizes.pt(130.0) + step * LINES as f32;
    let sheet = Rect::from_min_size(
        pos2(
            window.center().x - wide / 2.0,
            window.top() + sizes.pt(110.0),
        ),
        vec2(wide, high.min(window.height() - sizes.pt(130.0))),
    );
    let mut mesh = MeshBuilder::default();
    mesh.round(sheet, sizes.pt(14.0), color32(Rgb::PANEL));
    mesh.outline(sheet, sizes.pt(14.0), 1.0, color32(Rgb::MUTED));
    mesh.flush(ui.painter());
    let by = steps(ui);
    let entered = field(ui, sheet, &mut search, frame);
    let lines = lines(purpose, frame);
    search.step(by, lines.len());
    note(ui, sheet, purpose, frame);
    if purpose == Purpose::Open {
        purge::show(ui, sheet, &search.typed, frame);
    }
    let room = ((sheet.height() - sizes.pt(130.0)) / step).max(1.0) as usize;
    let first = (search.line + 1).saturating_sub(room);
    let moves = ui.input(|input| input.pointer.delta() != Vec2::ZERO);
    let mut chosen = entered.then_some(search.line);
    for (place, line) in lines.iter().enumerate().skip(first).take(room) {
        let top = sheet.top() + sizes.pt(116.0) + step * (place - first) as f32;
        let row = Rect::from_min_size(
            pos2(sheet.left() + sizes.pt(10.0), top),
            vec2(sheet.width() - sizes.pt(20.0), step),
        );
        let response = button::area(ui, row, ("history", place), Role::Button, &line.name);
        if response.hovered() && moves {
            search.line = place;
        }
        if search.line == place {
            selected(ui, row, line, frame);
        }
        paint_line(ui, row, line, frame);
        if response.clicked() {
            chosen = Some(place);
        }
    }
    let outside = behind
        .interact_pointer_pos()
        .is_some_and(|at| !sheet.contains(at));
    frame.state.overlay = match behind.clicked() && outside {
        true => Overlay::None,
        false => match purpose {
            Purpose::Open => Overlay::Histories(search),
            Purpose::Compare => Overlay::CompareWith(search),
        },
    };
    match chosen.and_then(|place| lines.get(place)).map(|l| &l.choice) {
        Some(Choice::Show(id)) if purpose == Purpose::Compare => {
            if let Some(run) = frame.live.run_of(id) {
                let (live, wall) = (frame.live, frame.wall);
                frame.state.compare_with(run, live, wall);
            }
        }
        Some(Choice::Show(id)) => {
            let live = frame.live.performance();
            let command = frame.state.choose_history(id, live, frame.wall);
            frame.commands.extend(command.map(Command::from));
        }
        Some(Choice::More) => frame.commands.push(HistoryCommand::More.into()),
        Some(Choice::Nothing) | None => {}
    }
}

/// How many lines the arrow keys and the wheel move the selection down.
fn steps(ui: &mut Ui) -> isize {
    let page = isize::try_from(LINES).unwrap_or(1);
    ui.input_mut(|input| {
        let mut presses = |key| {
            let count = input.count_and_consume_key(Modifiers::NONE, key);
            isize::try_from(count).unwrap_or(0)
        };
        let lines = presses(Key::ArrowDown) - presses(Key::ArrowUp);
        let pages = presses(Key::PageDown) - presses(Key::PageUp);
        let wheel = input.events.iter().map(|event| match event {
            egui::Event::MouseWheel { delta, .. } if delta.y < 0.0 => WHEEL,
            egui::Event::MouseWheel { delta, .. } if delta.y > 0.0 => -WHEEL,
            _ => 0,
        });
        lines + pages * page + wheel.sum::<isize>()
    })
}

/// The text field. Returns whether Enter was pressed.
fn field(ui: &mut Ui, sheet: Rect, search: &mut Search, frame: &mut FrameContext<'_>) -> bool {
    let sizes = frame.sizes;
    let field = Rect::from_min_size(
        sheet.min + vec2(sizes.pt(20.0), sizes.pt(18.0)),
        vec2(sheet.width() - sizes.pt(40.0), sizes.pt(44.0)),
    );
    let font = Font::Medium.id(sizes.pt(24.0));
    let mut inner = ui.new_child(UiBuilder::new().max_rect(field));
    let hint = egui::RichText::new(HINT).font(font.clone());
    let edit = egui::TextEdit::singleline(&mut search.typed)
        .font(font)
        .hint_text(hint)
        .frame(egui::Frame::NONE)
        .char_limit(400)
        .desired_width(field.width());
    let response = inner.add(edit);
    response
        .widget_info(|| egui::WidgetInfo::labeled(Role::TextInput, true, "Search the histories"));
    response.request_focus();
    if response.changed() {
        search.line = 0;
        let typed = search.typed.clone();
        frame.commands.push(HistoryCommand::Find(typed).into());
    }
    inner.input(|input| input.key_pressed(Key::Enter))
}

/// The line below the field: what was not understood, or how many histories were found.
fn note(ui: &Ui, sheet: Rect, purpose: Purpose, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let found = &frame.live.histories.found;
    let own = match purpose {
        Purpose::Open => None,
        Purpose::Compare => frame.state.compared_run(frame.live),
    };
    let cards = found.cards.iter();
    let others = cards.filter(|card| own.is_none() || frame.live.run_of(&card.id) != own);
    let count = match others.count() {
        1 => "1 history".to_owned(),
        n => format!("{n} histories"),
    };
    let count = match own {
        Some(RunOf { instance, run }) => {
            format!("{count} · choose one to compare with run {run} of {instance}")
        }
        None => count,
    };
    let (words, color) = match (&found.query.problem, found.more) {
        (Some(problem), _) => (problem.clone(), Rgb::PENDING),
        (None, MoreHistories::Searching) => ("Searching …".to_owned(), Rgb::MUTED),
        (None, MoreHistories::NextPage) => (format!("The newest {count}"), Rgb::MUTED),
        (None, MoreHistories::None) => (count, Rgb::MUTED),
    };
    let at = sheet.min + vec2(sizes.pt(24.0), sizes.pt(90.0));
    let room = sheet.width() - sizes.pt(48.0);
    let font = Font::Medium.id(sizes.pt(18.0));
    let painter = ui.painter();
    text_within(
        painter,
        at,
        Align2::LEFT_CENTER,
        &words,
        font,
        color32(color),
        room,
    );
    let place = Rect::from_min_size(at - vec2(0.0, sizes.pt(12.0)), vec2(room, sizes.pt(24.0)));
    button::label(ui, place, "histories found", Role::Status, &words);
}

/// The lines of the list: opened histories first, then what was found.
fn lines(purpose: Purpose, frame: &FrameContext<'_>) -> Vec<Line> {
    let live: &Snapshot = frame.live.performance();
    let histories = &live.histories;
    let mut lines: Vec<_> = histories
        .opened
        .iter()
        .rev()
        .map(|opened| {
            let (lane, range) = (&opened.lane, opened.range());
            let state = lane.state();
            line(
                purpose,
                lane.title(),
                &format!("opened {} · {}", opened.origin(), lane.lineage()),
                (opened.ends(), state.color()),
                format::when_it_was(range.from, frame.wall, &frame.clock.zone),
                format::seconds(range.length()),
                lane.id.clone(),
            )
        })
        .collect();
    for card in histories.found.cards.iter() {
        if histories.opened(&card.id).is_some() {
            continue;
        }
        let mut detail = card.place();
        if card.run > 1 {
            detail += &format!(" · run {}", card.run);
        }
        for tag in card.tags.iter().take(3) {
            detail += &format!(" · {tag}");
        }
        let status = card.status.to_string();
        let until = card.closed_at.unwrap_or(frame.wall);
        lines.push(line(
            purpose,
            &card.workflow,
            &detail,
            (&status, card.color()),
            format::when_it_was(card.started_at, frame.wall, &frame.clock.zone),
            format::seconds(until.since(card.started_at)),
            card.id.clone(),
        ));
    }
    if purpose == Purpose::Compare {
        let one = frame.state.compared_run(frame.live);
        lines.retain(|line| match &line.choice {
            Choice::Show(id) => live.run_of(id) != one,
            Choice::More | Choice::Nothing => true,
        });
    }
    let end = match histories.found.more {
        MoreHistories::NextPage => ("Show more", Choice::More),
        MoreHistories::None if lines.is_empty() => ("No such history.", Choice::Nothing),
        MoreHistories::Searching | MoreHistories::None => return lines,
    };
    lines.push(Line {
        name: end.0.to_owned(),
        title: end.0.to_owned(),
        detail: String::new(),
        status: String::new(),
        color: Rgb::MUTED,
        age: String::new(),
        length: String::new(),
        choice: end.1,
    });
    lines
}

fn line(
    purpose: Purpose,
    title: &str,
    detail: &str,
    (status, color): (&str, Rgb),
    age: String,
    length: String,
    id: InstanceId,
) -> Line {
    let verb = match purpose {
        Purpose::Open => "Open",
        Purpose::Compare => "Compare with",
    };
    Line {
        name: format!("{verb} {title}, {detail}, {status}, {age}, {length}"),
        title: title.to_owned(),
        detail: detail.to_owned(),
        status: status.to_owned(),
        color,
        age,
        length,
        choice: Choice::Show(id),
    }
}

fn selected(ui: &Ui, row: Rect, line: &Line, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let mut band = MeshBuilder::default();
    band.round(row, sizes.pt(8.0), color32(Rgb::BUTTON));
    let edge = Rect::from_min_size(row.min, vec2(sizes.pt(5.0), row.height()));
    band.rect(edge, color32(Rgb::LANES[0]));
    band.flush(ui.painter());
    let name = format!("Selected: {}", line.name);
    button::label(ui, row, "selected history", Role::Label, &name);
}

fn paint_line(ui: &Ui, row: Rect, line: &Line, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let wide = row.width();
    let (y, left) = (row.center().y, row.left() + sizes.pt(16.0));
    let title = wide * 0.25;
    let detail = wide * 0.36;
    let status = wide * 0.14;
    let column = |x: f32, words: &str, font: Font, color: Rgb, room: f32| {
        let size = sizes.pt(20.0).max(12.0);
        text_within(
            ui.painter(),
            pos2(x, y),
            Align2::LEFT_CENTER,
            words,
            font.id(size),
            color32(color),
            room - sizes.pt(16.0),
        );
    };
    column(left, &line.title, Font::Bold, Rgb::TEXT, title);
    let x = left + title;
    column(x, &line.detail, Font::Medium, Rgb::MUTED, detail);
    let x = x + detail;
    column(x, &line.status, Font::Bold, line.color, status);
    let x = x + status;
    column(x, &line.age, Font::Medium, Rgb::TEXT, wide * 0.12);
    text(
        ui.painter(),
        pos2(row.right() - sizes.pt(14.0), y),
        Align2::RIGHT_CENTER,
        &line.length,
        Font::Medium.id(sizes.pt(20.0).max(12.0)),
        color32(Rgb::MUTED),
    );
}
