//! The state of clock, sound, MIDI, disk and engine in the top bar, in words at every size of the window.

use std::ops::Range;

use egui::{Align2, Pos2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    icons,
    mesh_builder::MeshBuilder,
    theme::{Font, Sizes, color32, layout_line, text_within},
};
use crate::view::{Grade, Health, Rgb, StatusIcon, escape::escape, health};

/// How the states are arranged.
#[derive(Clone, Copy)]
enum Arrangement {
    /// Next to each other, in many words.
    Line,
    /// In two rows, in many words.
    Rows,
    /// In two rows, in one or two words.
    ShortRows,
    /// In three rows, in one or two words: there are many, and the window is small.
    ThreeRows,
}

/// The space for one state, with its mark, apart from its words.
const MARK: f32 = 30.0;
/// The space between two columns.
const APART: f32 = 22.0;

/// Paints them between two x coordinates.
pub(super) fn show(ui: &Ui, rect: Rect, room: Range<f32>, frame: &FrameContext<'_>) {
    let sizes = frame.sizes;
    let states = health(frame.snapshot);
    let room = room.start + sizes.pt(34.0)..room.end - sizes.pt(14.0);
    let fits = |arrangement: &Arrangement| {
        let columns = columns(ui, &states, *arrangement, sizes);
        columns.iter().sum::<f32>() <= room.end - room.start
    };
    let wider = [Arrangement::Line, Arrangement::Rows, Arrangement::ShortRows];
    let arrangement = wider.into_iter().find(fits);
    let arrangement = arrangement.unwrap_or(Arrangement::ThreeRows);
    let columns = columns(ui, &states, arrangement, sizes);
    let mut mesh = MeshBuilder::default();
    let mut left = room.start;
    for (place, state) in states.iter().enumerate() {
        let (column, row) = (place / arrangement.rows(), place % arrangement.rows());
        if row == 0 && column > 0 {
            left += columns[column - 1];
        }
        let at = pos2(
            left,
            rect.center().y + arrangement.offset(row, rect.height()),
        );
        // What does not fit even then is cut: the last column may be at the edge.
        let width = (room.end - left - sizes.pt(MARK)).max(sizes.pt(40.0));
        paint(ui, at, width, state, arrangement, sizes, &mut mesh);
    }
    mesh.flush(ui.painter());
}

impl Arrangement {
    fn rows(self) -> usize {
        match self {
            Self::Line => 1,
            Self::Rows | Self::ShortRows => 2,
            Self::ThreeRows => 3,
        }
    }

    /// How far the middle of a row is below that of the bar.
    fn offset(self, row: usize, height: f32) -> f32 {
        match (self, row) {
            (Self::Line, _) | (Self::ThreeRows, 1) => 0.0,
            (Self::ThreeRows, 0) => -height * 0.28,
            (Self::ThreeRows, _) => height * 0.28,
            (_, 0) => -height * 0.17,
            (_, _) => height * 0.17,
        }
    }

    fn font_size(self, sizes: Sizes) -> f32 {
        match self {
            Self::Line => sizes.pt(20.0),
            Self::Rows | Self::ShortRows => sizes.pt(18.0).max(12.0),
            Self::ThreeRows => sizes.pt(17.0).max(11.5),
        }
    }

    fn words(self, state: &Health) -> &str {
        match self {
            Self::Line | Self::Rows => &state.words,
            Self::ShortRows | Self::ThreeRows => state.short,
        }
    }
}

/// The widths of the columns.
fn columns(ui: &Ui, states: &[Health], arrangement: Arrangement, sizes: Sizes) -> Vec<f32> {
    let font = Font::Medium.id(arrangement.font_size(sizes));
    let width = |state: &Health| {
        let words = arrangement.words(state);
        let galley = layout_line(ui.painter(), words, font.clone(), color32(Rgb::TEXT));
        galley.size().x + sizes.pt(MARK + APART)
    };
    let columns = states.chunks(arrangement.rows());
    let columns = columns.map(|column| column.iter().map(width).fold(0.0, f32::max));
    columns.collect()
}

fn paint(
    ui: &Ui,
    at: Pos2,
    width: f32,
    state: &Health,
    arrangement: Arrangement,
    sizes: Sizes,
    mesh: &mut MeshBuilder,
) {
    let (icon, color, words) = match state.grade {
        Grade::Good => (None, Rgb::GOOD, Rgb::TEXT),
        Grade::Idle => (Some(StatusIcon::Ring), Rgb::MUTED, Rgb::MUTED),
        Grade::Bad => (Some(StatusIcon::Cross), Rgb::ALARM, Rgb::ALARM),
    };
    let mark = at + vec2(sizes.pt(10.0), 0.0);
    match icon {
        None => icons::dot(mesh, mark, sizes.pt(6.0), color32(color)),
        Some(icon) => icons::status(mesh, icon, mark, sizes.pt(14.0), color32(color)),
    }
    let font = Font::Medium.id(arrangement.font_size(sizes));
    let name = text_within(
        ui.painter(),
        at + vec2(sizes.pt(MARK - 4.0), 0.0),
        Align2::LEFT_CENTER,
        arrangement.words(state),
        font,
        color32(words),
        width,
    );
    let area = Rect::from_min_max(pos2(at.x, name.top()), name.max);
    let label = format!("{}. {}", state.words, state.detail);
    let response = button::label(ui, area, ("health", state.need), Role::Label, &label);
    response.on_hover_text(escape(&state.detail));
}
