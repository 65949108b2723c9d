//! The help sheet: all shortcuts, from the table of actions.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, text, translucent},
};
use crate::{
    conductor::Direction,
    view::{Action, HelpSection, Overlay, Rgb},
};

/// Paints it over everything.
pub(super) fn show(ui: &Ui, window: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let behind = button::area(
        ui,
        window,
        "help",
        Role::Pane,
        "Keyboard shortcuts: click to close",
    );
    ui.painter()
        .rect_filled(window, 0.0, translucent(Rgb::BACKGROUND, 0.80));
    let sheet = window.shrink2(vec2(window.width() * 0.03, window.height() * 0.06));
    let mut mesh = MeshBuilder::default();
    mesh.round(sheet, sizes.pt(16.0), color32(Rgb::PANEL));
    mesh.outline(sheet, sizes.pt(16.0), 1.0, color32(Rgb::LINE));
    let inner = sheet.shrink2(vec2(sizes.pt(40.0), sizes.pt(26.0)));
    mesh.flush(ui.painter());
    let columns = columns();
    let longest = columns
        .iter()
        .map(|column| rows(column))
        .fold(1.0, f32::max);
    let row = (inner.height() / longest).min(sizes.pt(44.0));
    let wide = inner.width() / COLUMNS as f32;
    for (place, column) in columns.iter().enumerate() {
        let corner = pos2(inner.left() + wide * place as f32, inner.top());
        let area = Rect::from_min_size(corner, vec2(wide - sizes.pt(24.0), inner.height()));
        paint_column(ui, area, column, row);
    }
    if behind.clicked() {
        frame.state.overlay = Overlay::None;
    }
}

/// A line of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    /// The heading of a section.
    Heading(&'static str),
    /// Keys, and what they do.
    Keys(String, String),
}

/// The columns of the sheet.
const COLUMNS: usize = 3;
/// The height of a heading, in rows.
const HEADING: f32 = 1.7;

/// The height of lines, in rows.
fn rows(lines: &[Line]) -> f32 {
    let row = |line: &Line| match line {
        Line::Heading(_) => HEADING,
        Line::Keys(..) => 1.0,
    };
    lines.iter().map(row).sum()
}

/// All sections one after the other, in columns of about the same height. A heading is never the last line
/// of a column.
fn columns() -> Vec<Vec<Line>> {
    let lines: Vec<_> = HelpSection::ALL
        .into_iter()
        .flat_map(|section| {
            let keys = lines(section).into_iter();
            let keys = keys.map(|(keys, words)| Line::Keys(keys, words));
            [Line::Heading(section.heading())].into_iter().chain(keys)
        })
        .collect();
    let share = rows(&lines) / COLUMNS as f32;
    let mut columns = vec![Vec::new()];
    let mut filled = 0.0;
    for line in lines {
        let height = rows(std::slice::from_ref(&line));
        let least = match line {
            Line::Heading(_) => height + 2.0,
            Line::Keys(..) => height,
        };
        let column = columns.len();
        if filled + least > share * column as f32 + 0.5 && column < COLUMNS {
            filled = share * column as f32;
            columns.push(Vec::new());
        }
        filled += height;
        if let Some(column) = columns.last_mut() {
            column.push(line);
        }
    }
    columns
}

fn paint_column(ui: &Ui, area: Rect, column: &[Line], row: f32) {
    let painter = ui.painter();
    let size = (row * 0.62).min(21.0);
    let keys_width = area.width() * 0.36;
    let ink = color32(Rgb::TEXT.over(Rgb::MUTED, 0.5));
    let mut caps = MeshBuilder::default();
    let mut top = area.top();
    for line in column {
        match line {
            Line::Heading(heading) => {
                let at = pos2(area.left(), top + row * (HEADING - 0.65));
                let font = Font::Bold.id(size * 1.3);
                text(
                    painter,
                    at,
                    Align2::LEFT_CENTER,
                    heading,
                    font,
                    color32(Rgb::TEXT),
                );
                top += row * HEADING;
            }
            Line::Keys(keys, words) => {
                let y = top + row / 2.0;
                let galley =
                    layout_line(painter, keys, Font::Bold.id(size * 0.9), color32(Rgb::TEXT));
                let width = (galley.size().x + size).max(row);
                let cap =
                    Rect::from_min_size(pos2(area.left(), y - row * 0.44), vec2(width, row * 0.88));
                caps.round(cap, row * 0.18, color32(Rgb::BUTTON));
                caps.flush(painter);
                painter.galley(
                    cap.center() - galley.size() / 2.0,
                    galley,
                    color32(Rgb::TEXT),
                );
                let left = (area.left() + keys_width).max(cap.right() + size * 0.6);
                let room = area.right() - left;
                let whole = layout_line(painter, words, Font::Medium.id(size), ink);
                let fits = (room / whole.size().x.max(1.0)).min(1.0);
                let words = layout_line(painter, words, Font::Medium.id(size * fits), ink);
                painter.galley(pos2(left, y - words.size().y / 2.0), words, ink);
                top += row;
            }
        }
    }
}

/// Keys and texts of the actions of a section. The ten digits share one line, and so do steps back and
/// forward.
fn lines(section: HelpSection) -> Vec<(String, String)> {
    let mut lines: Vec<_> = Action::all()
        .filter(|action| action.section() == section && !matches!(action, Action::Lane(_)))
        // What has no key is in the search.
        .filter(|action| !action.keys().is_empty())
        .filter_map(|action| match action {
            Action::Step(_, Direction::Forward) => None,
            Action::Step(stop, Direction::Backward) => {
                let forward = Action::Step(stop, Direction::Forward);
                let words = format!("Previous, next {stop}");
                Some((both_keys(&action.keys(), &forward.keys()), words))
            }
            action => {
                let words = action.text().replace("the selected lane", "the lane");
                Some((action.keys(), words))
            }
        })
        .collect();
    if section == HelpSection::Timeline {
        lines.insert(0, ("1 … 0".to_owned(), "Select a lane".to_owned()));
        lines.push(("Ctrl+wheel".to_owned(), "Zoom at the pointer".to_owned()));
    }
    lines
}

/// Two keys in one: `Shift+Left/Right`.
fn both_keys(back: &str, forward: &str) -> String {
    match (back.rsplit_once('+'), forward.rsplit_once('+')) {
        (Some((held, _)), Some((same, key))) if held == same => format!("{back}/{key}"),
        _ => format!("{back}, {forward}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_have_about_the_same_height_and_none_ends_with_a_heading() {
        let columns = columns();
        assert_eq!(columns.len(), COLUMNS);
        let heights: Vec<_> = columns.iter().map(|column| rows(column)).collect();
        let (low, high) = (
            heights.iter().copied().fold(f32::MAX, f32::min),
            heights.iter().copied().fold(0.0, f32::max),
        );
        assert!(high - low < 5.0, "{heights:?}");
        for column in &columns {
            assert!(matches!(column.last(), Some(Line::Keys(..))));
        }
    }

    #[test]
    fn steps_back_and_forward_share_a_line() {
        assert_eq!(both_keys("Ctrl+Left", "Ctrl+Right"), "Ctrl+Left/Right");
        assert_eq!(both_keys("Left", "Right"), "Left, Right");
        let replay = lines(HelpSection::Replay);
        let bar = (
            "Ctrl+Left/Right".to_owned(),
            "Previous, next bar".to_owned(),
        );
        assert!(replay.contains(&bar), "{replay:?}");
    }
}
