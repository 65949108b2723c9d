//! The labels on waits, and where they begin beside a join.

use egui::{Align2, Rect, pos2};

use super::{
    super::theme::{Font, color32, layout_line, text},
    LanePainter,
    branches::BRACE,
};
use crate::view::{Item, ItemKind, Rgb, WaitOn, format};

/// The part of a rectangle beside the brace of a fork that joins where its item begins.
pub(super) fn beside_join(mut rect: Rect, item: &Item, all: &[Item]) -> Rect {
    let joins = all.iter().any(|fork| {
        matches!(fork.kind, ItemKind::Branches { joined: true })
            && (fork.right - item.left).abs() < 4.0
            && fork.rows.last >= item.rows.first
    });
    if joins {
        rect.min.x = (rect.min.x + BRACE).min(rect.max.x);
    }
    rect
}

impl LanePainter<'_> {
    /// What a deadline is: only a wait for an event times out, any other is over then.
    fn deadline_label(&self, on: &WaitOn, deadline: f32) -> String {
        let transport = &self.frame.snapshot.transport;
        match on {
            WaitOn::Event(_) => "timeout".to_owned(),
            WaitOn::Moment(_) if transport.rolling => {
                let at = self.frame.state.viewport.time_at(deadline);
                let (bar, beat) = transport.position(at);
                format!("until bar {bar}.{beat}")
            }
            WaitOn::Moment(_) => format!("{} left", self.time_to(deadline)),
        }
    }

    /// What a wait waits for, and until when.
    pub(super) fn wait_label(
        &self,
        item: &Item,
        on: &WaitOn,
        deadline: Option<f32>,
        open: bool,
        all: &[Item],
    ) {
        let sizes = self.frame.sizes;
        let color = match on {
            WaitOn::Event(_) => Rgb::PENDING,
            WaitOn::Moment(_) => Rgb::MUTED,
        };
        // The longest label that fits.
        let labels = match on {
            WaitOn::Event(name) => {
                let left = deadline.filter(|_| open).map(|at| {
                    let view = &self.frame.state.viewport;
                    format::seconds(view.time_at(at).since(view.time_at(item.right)))
                });
                let left = left.map_or(String::new(), |left| format!(" · {left}"));
                vec![
                    format!("waiting for “{name}”{left}"),
                    format!("“{name}”{left}"),
                    format!("“{name}”"),
                ]
            }
            WaitOn::Moment(name) if name.is_empty() => vec!["waiting".to_owned()],
            WaitOn::Moment(name) => vec![name.to_string()],
        };
        let end = deadline
            .filter(|_| open)
            .unwrap_or(item.right)
            .max(item.right);
        let end = self.before_fold(item.left.max(0.0), end);
        let rows = self.has_sub_rows();
        let band = self.wait_band(item, on);
        if rows && (on.is_timeout() || band.height() < sizes.pt(16.0).max(10.0)) {
            return;
        }
        let rect = self.span(item.left, end, band).intersect(self.row);
        let mut rect = beside_join(rect, item, all);
        *rect.left_mut() = rect.left().max(self.legend_end);
        let size = sizes.pt(19.0).max(12.0).min(band.height() * 0.75);
        let color = color32(color);
        let width = rect.width() - sizes.pt(24.0);
        let painter = &self.painter;
        let mut galleys = [size, size * 0.8].into_iter().flat_map(|size| {
            let font = Font::Bold.id(size);
            labels
                .iter()
                .map(move |label| layout_line(painter, label, font.clone(), color))
        });
        if let Some(galley) = galleys.find(|galley| galley.size().x <= width) {
            let top = rect.center().y - galley.size().y / 2.0;
            let at = pos2(rect.left() + sizes.pt(14.0), top);
            self.painter.galley(at, galley, color);
        }
        if let (Some(deadline), true) = (deadline, open)
            && deadline > item.right
        {
            let at = pos2(self.row.left() + deadline + sizes.pt(8.0), rect.center().y);
            let font = Font::Medium.id(sizes.pt(16.0).max(11.0));
            text(
                &self.painter,
                at,
                Align2::LEFT_CENTER,
                self.deadline_label(on, deadline),
                font,
                color32(Rgb::MUTED),
            );
        }
    }
}
