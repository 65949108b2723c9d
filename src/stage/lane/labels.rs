//! The labels on items.

use std::sync::Arc;

use egui::{Align2, Galley, Pos2, Rect, pos2, vec2};

use super::{
    super::{
        icons,
        mesh_builder::MeshBuilder,
        theme::{Font, color32, layout_line, layout_within, text_fitted, text_within, translucent},
    },
    LanePainter, Veil, mark_room, middle,
    waits::beside_join,
};
use crate::{
    engine::Status,
    view::{BarColors, Item, ItemKind, Outcome, Plate, Purpose, Rgb, format},
};

/// The narrowest bar with a name, and the lowest, in points.
const MIN_NAMED: f32 = 48.0;
const MIN_NAMED_HEIGHT: f32 = 9.5;
/// The narrowest label of a mark: a letter and an ellipsis.
const MIN_LABEL: f32 = 22.0;

/// The distance from a failure to the next bar in its sub-rows.
fn distance_to_next_bar(failure: &Item, all: &[Item]) -> f32 {
    let is_bar = |item: &&Item| {
        let kind = matches!(
            item.kind,
            ItemKind::Attempt { .. } | ItemKind::Child { .. } | ItemKind::Queued { .. }
        );
        let in_row = item.rows.first <= failure.rows.last && item.rows.last >= failure.rows.first;
        kind && in_row && item.left > failure.left - 0.5
    };
    let bars = all.iter().filter(is_bar);
    bars.map(|bar| bar.left - failure.left)
        .fold(f32::MAX, f32::min)
}

impl LanePainter<'_> {
    /// Paints the label of an item where it fits. Failures are last among the items, from left to right:
    /// `room` is the distance to the next one, `all` are all items of the lane.
    pub(super) fn label(&mut self, item: &Item, room: f32, all: &[Item]) {
        let sizes = self.frame.sizes;
        let left = self.row.left() + item.left;
        let bold = |size: f32| Font::Bold.id(sizes.pt(size).max(11.0));
        match &item.kind {
            ItemKind::Failure { in_a_row, injected } => {
                let word = match item.count {
                    1 if *in_a_row <= 1 => "failed".to_owned(),
                    1 => format!("failed ×{in_a_row}"),
                    n => format!("{n} failures"),
                };
                let y = match self.has_sub_rows() {
                    true => middle(self.rows(item.rows)),
                    false => self.row.top() + self.row.height() * 0.14,
                };
                let failures = match item.count {
                    1 => *in_a_row,
                    count => count,
                };
                let galley = |words: String| {
                    layout_line(&self.painter, words, bold(16.0), color32(Rgb::ALARM))
                };
                let whole = injected.then(|| galley(format!("{word}, injected")));
                let long = galley(word);
                let room = match self.has_sub_rows() {
                    true if room > 18.0 => room.min(distance_to_next_bar(item, all)),
                    _ => room,
                };
                // A single one is seen without a number.
                let short = (failures > 1).then(|| galley(failures.to_string()));
                let mut labels = [whole, Some(long), short].into_iter().flatten();
                if let Some(label) = labels.find(|label| label.size().x + 12.0 <= room) {
                    let at = pos2(left + 7.0, y - label.size().y / 2.0);
                    self.on_plate(at, label, Rgb::ALARM);
                }
            }
            ItemKind::Backoff {
                due,
                attempt,
                open: true,
            } => self.backoff_label(item, *due, *attempt),
            ItemKind::Open { all } => self.open_label(item, *all),
            ItemKind::Wait { on, deadline, open } => {
                self.wait_label(item, on, *deadline, *open, all)
            }
            ItemKind::Paused if item.right - item.left > 90.0 => self.pause_label(item),
            kind @ (ItemKind::Raised { .. }
            | ItemKind::Sent { .. }
            | ItemKind::Detached { .. }
            | ItemKind::CancelRequested
            | ItemKind::Forked) => {
                let (label, color) = self.mark_label(kind);
                let room = mark_room::distance_to_next(item, all) - 14.0;
                if room < MIN_LABEL {
                    return;
                }
                let (font, ink) = (bold(15.5), color32(color));
                let galley = layout_within(&self.painter, &label, font, ink, room);
                let y = self.row.top() + self.row.height() * 0.14 - galley.size().y / 2.0;
                self.on_plate(pos2(left + 6.0, y), galley, color);
            }
            ItemKind::Closed {
                status: Status::ContinuedAsNew,
                run,
            } => self.seam_label(left, *run),
            ItemKind::Compensation {
                outcome,
                words,
                undone,
                order,
            } => self.compensation_label(item, *outcome, words, *undone, *order),
            ItemKind::Attempt {
                outcome: Outcome::Interrupted,
                ..
            } if item.right - item.left > 24.0 => self.interrupted_label(item),
            ItemKind::Attempt {
                task: name,
                outcome,
                purpose,
            } if item.right - item.left >= MIN_NAMED && self.is_high(item) => {
                let colors = BarColors::attempt(self.color, *outcome, *purpose);
                self.name_on_bar(item, name, colors, all);
            }
            ItemKind::Queued { task }
                if item.right - item.left >= MIN_NAMED && self.is_high(item) =>
            {
                self.name_on_bar(item, task, BarColors::queued(), all);
            }
            ItemKind::Child { name, .. }
                if item.right - item.left >= MIN_NAMED && self.is_high(item) =>
            {
                let (fill, text) = (Rgb::BACKGROUND, Rgb::TEXT);
                let plate = Plate::None;
                self.name_on_bar(item, name, BarColors { fill, text, plate }, all);
            }
            ItemKind::Attempt {
                task: name,
                purpose: Purpose::Work | Purpose::Undo,
                ..
            }
            | ItemKind::Child { name, .. }
                if item.right - item.left >= MIN_NAMED && !self.has_sub_rows() =>
            {
                let covered = |other: &Item| {
                    matches!(other.kind, ItemKind::Note { .. } | ItemKind::Notes { .. })
                        && other.left < item.right
                        && other.right > item.left
                };
                if !all.iter().any(covered) {
                    self.activity_label(item, name, Rgb::MUTED);
                }
            }
            _ => {}
        }
    }

    /// The label and the color of a mark without length.
    pub(super) fn mark_label(&self, kind: &ItemKind) -> (String, Rgb) {
        match kind {
            ItemKind::Raised { name } => (name.to_string(), self.color),
            ItemKind::Sent { name } => (format!("sent “{name}”"), self.color),
            ItemKind::Detached { name } => (format!("started {name}"), self.color),
            ItemKind::CancelRequested => ("cancel requested".to_owned(), Rgb::PENDING),
            ItemKind::Forked => ("fork".to_owned(), Rgb::MUTED),
            _ => (String::new(), Rgb::MUTED),
        }
    }

    /// The number of the run that begins at a seam, unless it would cover that of the one before.
    fn seam_label(&mut self, left: f32, ended: u32) {
        if left < self.seam_end {
            return;
        }
        let font = Font::Bold.id(self.frame.sizes.pt(15.0).max(11.0));
        let label = format!("run {}", ended + 1);
        let galley = layout_line(&self.painter, label, font, color32(Rgb::TEXT));
        let at = pos2(left + 6.0, self.row.top() + 4.0);
        let plate = self.on_plate(at, galley, Rgb::TEXT);
        self.seam_end = plate.right() + 8.0;
    }

    /// A label above the activities.
    fn activity_label(&self, item: &Item, label: &str, color: Rgb) {
        let sizes = self.frame.sizes;
        let rect = self
            .span(item.left, item.right, self.parts.notes)
            .intersect(self.row);
        let at = pos2(rect.left() + 2.0, self.parts.strip.top - sizes.pt(12.0));
        text_within(
            &self.painter,
            at,
            Align2::LEFT_CENTER,
            label,
            Font::Medium.id(sizes.pt(16.0).max(11.0)),
            color32(color),
            rect.width() - 4.0,
        );
    }

    /// Whether the bar of an item is high enough for a name.
    fn is_high(&self, item: &Item) -> bool {
        self.rows(item.rows).height() >= MIN_NAMED_HEIGHT
    }

    /// The name of an operation on its bar. It stays in view while the bar is.
    fn name_on_bar(&self, item: &Item, name: &str, colors: BarColors, all: &[Item]) {
        let band = self.rows(item.rows);
        let right = self.before_fold(item.left.max(0.0), item.right);
        let rect = self.span(item.left, right, band).intersect(self.row);
        let rect = beside_join(self.room_for_name(rect), item, all);
        let size = (band.height() * 0.72)
            .max(8.5)
            .min(self.frame.sizes.pt(22.0).max(12.0));
        let room = rect.width() - 14.0;
        if room < size * 2.0 {
            return;
        }
        let color = Veil::text_color(self.veil, rect, colors.text);
        let font = Font::Bold.id(size);
        let at = pos2(rect.left() + 7.0, middle(band));
        if colors.plate == Plate::Dark {
            let text = layout_line(&self.painter, name, font.clone(), color32(color)).size();
            let size = vec2(text.x.min(room), text.y.min(band.height()) - 2.0);
            self.plate(Align2::LEFT_CENTER.anchor_size(at, size));
        }
        text_fitted(&self.painter, at, name, size, color32(color), room);
    }

    /// Paints the plate below a text.
    fn plate(&self, text: Rect) -> Rect {
        let plate = text.expand2(vec2(4.0, 1.0));
        let mut mesh = MeshBuilder::default();
        let color = translucent(Rgb::BACKGROUND, BarColors::PLATE);
        mesh.round(plate, 4.0, color);
        mesh.flush(&self.painter);
        plate
    }

    /// Paints a text on a plate, which it returns.
    fn on_plate(&self, at: Pos2, text: Arc<Galley>, color: Rgb) -> Rect {
        let plate = self.plate(Rect::from_min_size(at, text.size()));
        self.painter.galley(at, text, color32(color));
        plate
    }

    /// The attempt after an open backoff, and the time left.
    fn backoff_label(&self, item: &Item, due: f32, attempt: u32) {
        let left = self.time_to(due);
        let font = Font::Bold.id(self.frame.sizes.pt(17.0).max(11.0));
        let label = format!("attempt {attempt} in {left}");
        let galley = layout_line(&self.painter, label, font, color32(Rgb::ALARM));
        let x = self.row.left() + due + 14.0;
        let at = pos2(x, self.between(item.rows) - galley.size().y / 2.0);
        self.on_plate(at, galley, Rgb::ALARM);
    }

    /// The attempt was lost with the process, or its instance ended.
    fn interrupted_label(&self, item: &Item) {
        let band = self.rows(item.rows);
        let bar = self.span(item.left, item.right, band).intersect(self.row);
        let bar = self.room_for_name(bar);
        let font = Font::Medium.id(self.frame.sizes.pt(15.0).max(10.5));
        let label = layout_line(&self.painter, "interrupted", font, color32(Rgb::TEXT));
        if label.size().x + 8.0 <= bar.width() {
            let y = self.between(item.rows) - label.size().y / 2.0;
            let at = pos2(bar.center().x - label.size().x / 2.0, y);
            self.on_plate(at, label, Rgb::TEXT);
        }
    }

    /// The label may reach past the playhead: a paused lane shows no upcoming notes.
    fn pause_label(&mut self, item: &Item) {
        let sizes = self.frame.sizes;
        let rect = self
            .span(item.left, item.right, self.whole())
            .intersect(self.row);
        let font = Font::Bold.id(sizes.pt(19.0).max(12.0));
        let waits =
            self.waits_for_bar && item.right >= self.frame.state.viewport.x(self.frame.now) - 1.0;
        let word = if waits {
            "until the next bar"
        } else {
            "paused"
        };
        let galley = layout_line(&self.painter, word, font, color32(Rgb::TEXT));
        let size = galley.size() + vec2(sizes.pt(54.0), sizes.pt(12.0));
        let left = (rect.center().x - size.x / 2.0).max(rect.left() + sizes.pt(14.0));
        // The names of the instruments stay readable.
        let left = left.max(self.legend_end + sizes.pt(10.0));
        let plate = Rect::from_min_size(pos2(left, rect.center().y - size.y / 2.0), size);
        let mut mesh = MeshBuilder::default();
        mesh.round(plate, sizes.pt(8.0), color32(Rgb::BACKGROUND));
        let bars = pos2(plate.left() + sizes.pt(20.0), plate.center().y);
        icons::pause(&mut mesh, bars, sizes.pt(15.0), color32(Rgb::TEXT));
        mesh.flush(&self.painter);
        let at = pos2(plate.left() + sizes.pt(38.0), plate.top() + sizes.pt(6.0));
        self.painter.galley(at, galley, color32(Rgb::TEXT));
    }

    /// The right edge for a text between two places: it ends before a fold.
    pub(super) fn before_fold(&self, left: f32, right: f32) -> f32 {
        let folds = self.frame.state.viewport.shown_folds();
        let folds = folds.iter().filter(|fold| fold.right > left);
        folds.map(|fold| fold.left).fold(right, f32::min)
    }

    /// The time from the lane's clock to a place, in words.
    pub(super) fn time_to(&self, x: f32) -> String {
        let view = &self.frame.state.viewport;
        format::seconds(view.time_at(x).since(self.clock))
    }
}
