//! The shapes of items.

use egui::{Color32, Rect, Vec2, pos2, vec2};

use super::{
    super::{
        icons,
        theme::{color32, translucent},
    },
    LanePainter,
};
use crate::{
    engine::Status,
    view::{Band, BarColors, Item, ItemKind, NotePhase, Outcome, Rgb, StatusIcon, WaitOn, glow},
};

impl LanePainter<'_> {
    /// Adds the shape of an item to the mesh.
    pub(super) fn shape(&mut self, item: &Item) {
        let strip = self.rows(item.rows);
        match &item.kind {
            ItemKind::Note {
                key,
                instrument,
                color,
                phase,
            } => {
                let band = self.note_band(instrument, *key);
                let rect = self.span(item.left, item.right - 1.5, band);
                let seconds = f64::from(item.right - item.left)
                    * self.frame.state.viewport.ns_per_point
                    / 1e9;
                self.note(rect, *color, *phase, glow(seconds));
            }
            ItemKind::Notes { low, high, color } => {
                let top = self.key_band(*high).top;
                let bottom = self.key_band(*low).bottom;
                let rect = self.span(
                    item.left,
                    item.right.max(item.left + 2.0),
                    Band { top, bottom },
                );
                self.mesh.rect(rect, translucent(*color, 0.8));
            }
            ItemKind::Queued { .. } => {
                let thin = Band {
                    top: strip.top + strip.height() * 0.25,
                    bottom: strip.bottom - strip.height() * 0.25,
                };
                let rect = self.span(item.left, item.right, thin);
                self.mesh.rect(rect, color32(Rgb::QUEUED));
            }
            ItemKind::Attempt {
                outcome, purpose, ..
            } => {
                let rect = self.span(item.left, (item.right - 1.0).max(item.left + 1.5), strip);
                let rect = rect.translate(vec2(0.0, self.tremble(item)));
                let color = BarColors::attempt(self.color, *outcome, *purpose).fill;
                self.mesh.round(rect, 2.5, color32(color));
            }
            ItemKind::Activities => {
                let rect = self.span(item.left, item.right.max(item.left + 2.0), strip);
                self.mesh
                    .rect(rect, color32(self.color.over(Rgb::BACKGROUND, 0.55)));
            }
            ItemKind::Open { .. } => self.open(item),
            ItemKind::Crowd => self.crowd(item),
            ItemKind::Branches { joined } => self.branches(item, *joined),
            ItemKind::Backoff { due, open, .. } => self.backoff(item, *due, *open),
            ItemKind::Wait { on, deadline, open } => self.wait(item, on, *deadline, *open),
            ItemKind::Paused => {
                let rect = self.span(item.left, item.right, self.whole());
                self.mesh.rect(rect, translucent(Rgb::MUTED, 0.05));
                let anchor = self.row.left() + item.left;
                self.mesh
                    .hatch(rect, anchor, 17.0, translucent(Rgb::MUTED, 0.42));
            }
            ItemKind::Stalled => {
                let rect = self.span(item.left, item.right, self.whole());
                self.mesh
                    .hatch(rect, rect.left(), 17.0, translucent(Rgb::ALARM, 0.6));
            }
            ItemKind::Failure { .. } => {
                let band = match self.has_sub_rows() {
                    true => Band {
                        top: strip.top - 3.0,
                        bottom: strip.bottom + 3.0,
                    },
                    false => self.whole(),
                };
                let rect = self.span(item.left - 2.0, item.left + 2.0, band);
                self.mesh.rect(rect, color32(Rgb::ALARM));
            }
            ItemKind::Raised { .. } => {
                let rect = self.span(item.left - 1.0, item.left + 1.0, self.whole());
                self.mesh.rect(rect, translucent(self.color, 0.9));
            }
            ItemKind::Child { outcome, .. } => self.child(item, *outcome),
            ItemKind::Compensation {
                outcome,
                undone,
                order,
                ..
            } => self.compensation(item, *outcome, *undone, *order),
            ItemKind::Heartbeat => {
                let rect = self.span(item.left - 0.5, item.left + 0.5, strip);
                self.mesh.rect(rect, color32(Rgb::TEXT));
            }
            ItemKind::Sent { .. }
            | ItemKind::Detached { .. }
            | ItemKind::CancelRequested
            | ItemKind::Forked => {
                let rect = self.span(item.left - 1.0, item.left + 1.0, self.whole());
                self.mesh
                    .rect(rect, translucent(self.mark_label(&item.kind).1, 0.9));
            }
            ItemKind::Closed { status, .. } => self.closed(item, *status),
            ItemKind::Others => {
                let rect = self.span(item.left, item.left + 2.0, self.middle());
                self.mesh.rect(rect, translucent(Rgb::MUTED, 0.6));
            }
        }
    }

    /// How far the bar of a retry trembles, in points.
    fn tremble(&self, item: &Item) -> f32 {
        match self.motion.tremble {
            Some(tremble) if self.parts.rows.of(tremble.slot) == item.rows.first => {
                let since = self.frame.state.viewport.x(tremble.since);
                match item.left >= since - 1.0 {
                    true => tremble.offset * self.frame.sizes.pt(1.0).max(0.7),
                    false => 0.0,
                }
            }
            _ => 0.0,
        }
    }

    fn note(&mut self, rect: Rect, color: Rgb, phase: NotePhase, glow: f32) {
        let radius = (rect.height() / 2.0).min(3.5);
        match phase {
            NotePhase::Played => self.mesh.round(rect, radius, translucent(color, 0.92)),
            NotePhase::Upcoming => self
                .mesh
                .outline(rect, radius, 1.4, translucent(color, 0.62)),
            NotePhase::Sounding => {
                self.mesh
                    .glow(rect, radius + 2.0, 9.0, translucent(color, 0.55 * glow));
                self.mesh.round(
                    rect.expand(1.0),
                    radius + 1.0,
                    color32(Rgb::TEXT.over(color, 0.18 * glow)),
                );
            }
        }
    }

    /// A child is an outline: its activities are in its own lane.
    fn child(&mut self, item: &Item, outcome: Outcome) {
        let right = (item.right - 1.0).max(item.left + 1.5);
        let rect = self.span(item.left, right, self.rows(item.rows));
        let color = BarColors::child(self.color, outcome);
        self.mesh
            .round(rect, 2.5, translucent(color, BarColors::CHILD));
        self.mesh
            .outline(rect.shrink(0.8), 2.5, 1.6, color32(color));
    }

    /// A backoff is a dashed line to a ring where the retry is due.
    fn backoff(&mut self, item: &Item, due: f32, open: bool) {
        let y = self.between(item.rows);
        let end = if open {
            due.max(item.right)
        } else {
            item.right
        };
        let x = [
            self.row.left() + item.left,
            (self.row.left() + end).min(self.row.right()),
        ];
        self.mesh
            .horizontal_dashes(x, y, [7.0, 5.0], 3.0, color32(Rgb::ALARM));
        if open {
            let tip = pos2(self.row.left() + due, y);
            let ring = Rect::from_center_size(tip, Vec2::splat(12.0));
            self.mesh.outline(ring, 6.0, 2.4, color32(Rgb::ALARM));
        }
    }

    /// A wait is a dashed box, dotted up to its deadline.
    fn wait(&mut self, item: &Item, on: &WaitOn, deadline: Option<f32>, open: bool) {
        let color = match on {
            WaitOn::Event(_) => Rgb::PENDING,
            WaitOn::Moment(_) => Rgb::MUTED,
        };
        let part = if open { 1.0 } else { 0.55 };
        let band = self.wait_band(item, on);
        if on.is_timeout() && self.has_sub_rows() {
            // Its end matters, and it must not cover the rows that it limits.
            if let (Some(deadline), true) = (deadline, open) {
                let end = self.span(deadline - 1.0, deadline, self.whole());
                self.dashed(end, translucent(color, 0.55), [2.0, 5.0]);
            }
            return;
        }
        let rect = self.span(item.left, item.right, band);
        if rect.width() > 3.0 {
            let tint = if open { 0.12 } else { 0.05 };
            self.mesh.round(
                rect,
                8.0,
                translucent(color.over(Rgb::BACKGROUND, tint), 0.86),
            );
            self.dashed(rect, translucent(color, part), [6.0, 5.0]);
        }
        if let (Some(deadline), true) = (deadline, open)
            && deadline > item.right
        {
            let rest = self.span(item.right, deadline, band);
            self.dashed(rest, translucent(color, 0.55), [2.0, 5.0]);
        }
    }

    fn dashed(&mut self, rect: Rect, color: Color32, dash: [f32; 2]) {
        let x = [rect.left(), rect.right()];
        let y = [rect.top(), rect.bottom()];
        self.mesh.horizontal_dashes(x, rect.top(), dash, 1.6, color);
        self.mesh
            .horizontal_dashes(x, rect.bottom(), dash, 1.6, color);
        self.mesh.vertical_dashes(rect.left(), y, dash, 1.6, color);
        self.mesh.vertical_dashes(rect.right(), y, dash, 1.6, color);
    }

    fn closed(&mut self, item: &Item, status: Status) {
        let bar = self.span(item.left - 1.0, item.left + 1.0, self.whole());
        let (icon, color) = match status {
            // The lane goes on with the next run: a seam.
            Status::ContinuedAsNew => {
                let (x, y) = (bar.center().x, [bar.top(), bar.bottom()]);
                let color = translucent(Rgb::TEXT, 0.7);
                self.mesh.vertical_dashes(x, y, [5.0, 4.0], 1.6, color);
                return;
            }
            Status::Failed => (StatusIcon::Cross, Rgb::ALARM),
            Status::Terminated | Status::Canceled => (StatusIcon::Square, Rgb::MUTED),
            _ => (StatusIcon::Tick, Rgb::GOOD),
        };
        self.mesh.rect(bar, translucent(color, 0.8));
        let at = pos2(self.row.left() + item.left + 18.0, self.row.center().y);
        icons::dot(&mut self.mesh, at, 14.0, translucent(Rgb::BACKGROUND, 0.86));
        icons::status(&mut self.mesh, icon, at, 16.0, color32(color));
    }
}
