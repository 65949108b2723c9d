//! Toasts above the caption: messages that disappear after a few seconds, the progress of histories that are
//! being read, and an alert that stays while the store cannot be written.

use std::time::Duration;

use egui::{Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_wrapped},
};
use crate::{
    engine::Timestamp,
    view::{Notice, Rgb, Snapshot},
};

/// How long a message is shown.
const DURATION: Duration = Duration::from_secs(6);

/// How long the failure of the window is shown.
const FAILURE_DURATION: Duration = Duration::from_secs(30);

/// The most messages that are shown at once, with the alert.
const MOST: usize = 3;

/// The messages that are shown.
#[derive(Default)]
pub(super) struct Toasts {
    seen: u64,
    shown: Vec<(Notice, Timestamp)>,
    /// The failure of the window before this one, and when it was.
    failure: Option<(String, Timestamp)>,
}

impl Toasts {
    /// The messages of a window that follows one that failed. What that one has shown is not repeated.
    pub(super) fn after_failure(failure: String, now: Timestamp, snapshot: &Snapshot) -> Self {
        let latest = snapshot.notices.iter().map(|notice| notice.number).max();
        Self {
            seen: latest.unwrap_or_default(),
            shown: Vec::new(),
            failure: Some((failure, now)),
        }
    }

    /// Paints them, newest at the bottom.
    pub(super) fn show(&mut self, ui: &Ui, window: Rect, frame: &FrameContext<'_>) {
        for notice in frame.snapshot.notices.iter() {
            if notice.number > self.seen {
                self.seen = notice.number;
                self.shown.push((notice.clone(), frame.wall));
            }
        }
        self.shown
            .retain(|(_, since)| frame.wall.since(*since) < DURATION);
        let room = MOST - usize::from(frame.snapshot.trouble.is_some());
        let too_many = self.shown.len().saturating_sub(room);
        self.shown.drain(..too_many);
        let mut bottom = window.bottom() - frame.sizes.caption - frame.sizes.pt(16.0);
        if let Some(trouble) = &frame.snapshot.trouble {
            let words = trouble.sentence();
            let rect = toast(ui, window, bottom, &words, Rgb::ALARM, frame);
            button::label(ui, rect, "trouble", Role::Alert, &words);
            bottom = rect.top() - frame.sizes.pt(10.0);
        }
        self.failure
            .take_if(|(_, since)| frame.wall.since(*since) >= FAILURE_DURATION);
        if let Some((words, _)) = &self.failure {
            let rect = toast(ui, window, bottom, words, Rgb::ALARM, frame);
            button::label(ui, rect, "failure", Role::Alert, words);
            bottom = rect.top() - frame.sizes.pt(10.0);
        }
        for opening in &frame.live.histories.opening {
            let words = opening.label();
            let rect = toast(ui, window, bottom, &words, Rgb::REPLAY, frame);
            let mut mesh = MeshBuilder::default();
            let wide = rect.width() * opening.part();
            let bar = Rect::from_min_max(
                pos2(rect.left(), rect.bottom() - 4.0),
                pos2(rect.left() + wide, rect.bottom()),
            );
            mesh.rect(bar, color32(Rgb::REPLAY));
            mesh.flush(ui.painter());
            let id = ("opening", opening.number);
            button::label(ui, rect, id, Role::ProgressIndicator, &words);
            bottom = rect.top() - frame.sizes.pt(10.0);
        }
        for (notice, _) in self.shown.iter().rev() {
            let rect = toast(ui, window, bottom, &notice.text, Rgb::MUTED, frame);
            let id = ("notice", notice.number);
            button::label(ui, rect, id, Role::Status, &notice.text);
            bottom = rect.top() - frame.sizes.pt(10.0);
        }
    }

    /// The time until the next message disappears.
    pub(super) fn next_change(&self, now: Timestamp) -> Option<Duration> {
        let first = self.shown.first().map(|(_, since)| (DURATION, *since));
        let failure = self.failure.as_ref();
        let failure = failure.map(|(_, since)| (FAILURE_DURATION, *since));
        let ends = [first, failure].into_iter().flatten();
        let left = ends.map(|(duration, since)| duration.saturating_sub(now.since(since)));
        left.min()
    }
}

/// Paints a message above `bottom`; returns its rectangle.
fn toast(
    ui: &Ui,
    window: Rect,
    bottom: f32,
    words: &str,
    edge: Rgb,
    frame: &FrameContext<'_>,
) -> Rect {
    let sizes = frame.sizes;
    let font = Font::Bold.id(sizes.pt(20.0).max(13.0));
    let width = window.width() * 0.5;
    let painter = ui.painter();
    let galley = layout_wrapped(painter, words, font, color32(Rgb::TEXT), width, 8);
    let size = galley.size() + vec2(sizes.pt(44.0), sizes.pt(24.0));
    let left = window.center().x - size.x / 2.0;
    let rect = Rect::from_min_size(pos2(left, bottom - size.y), size);
    let mut mesh = MeshBuilder::default();
    mesh.round(rect, sizes.pt(9.0), color32(Rgb::BUTTON));
    mesh.outline(rect, sizes.pt(9.0), 1.5, color32(edge));
    mesh.flush(painter);
    let at = rect.min + vec2(sizes.pt(22.0), sizes.pt(12.0));
    painter.galley(at, galley, color32(Rgb::TEXT));
    rect
}
