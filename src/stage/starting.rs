//! The page shown while the store is opened and its workflows are continued: a long one takes seconds.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, TryRecvError},
    },
    time::{Duration, Instant},
};

use egui::{Align2, Key, Modifiers, Role, Ui, ViewportCommand, pos2, vec2};

use super::{
    Host, button, icons,
    mesh_builder::MeshBuilder,
    no_store::sentence,
    theme::{Font, Sizes, color32, layout_wrapped, text},
};
use crate::view::{ReadingDistance, Rgb};

/// A start that is over sooner shows no words: they would flash.
const PATIENCE: Duration = Duration::from_millis(300);
/// How often the page looks whether the program has started: most have at once; each look paints a frame.
const INTERVALS: [Duration; 2] = [Duration::from_millis(15), Duration::from_millis(60)];

/// The page.
pub struct StartingPage {
    started: Receiver<Result<Arc<dyn Host>, String>>,
    since: Instant,
    /// Whether it was painted.
    has_shown: bool,
    /// Why the program cannot start.
    error: Option<String>,
}

impl StartingPage {
    /// A page until the program has started, or until an error says why it cannot.
    pub fn new(started: Receiver<Result<Arc<dyn Host>, String>>) -> Self {
        Self {
            started,
            since: Instant::now(),
            has_shown: false,
            error: None,
        }
    }

    /// A page of nothing, for a window that is about to get its content.
    pub(super) fn never() -> Self {
        Self::new(std::sync::mpsc::channel().1)
    }

    /// Paints it. Returns the host once the program has started.
    pub(super) fn show(&mut self, ui: &Ui) -> Option<Arc<dyn Host>> {
        if !self.has_shown {
            self.has_shown = true;
            tracing::info!("window open");
        }
        if self.error.is_none() {
            match self.started.try_recv() {
                Ok(Ok(host)) => return Some(host),
                Ok(Err(error)) => self.error = Some(error),
                Err(TryRecvError::Empty) => {
                    let is_late = self.since.elapsed() > PATIENCE;
                    ui.request_repaint_after(INTERVALS[usize::from(is_late)]);
                }
                Err(TryRecvError::Disconnected) => {
                    self.error = Some("it has failed while it started".to_owned());
                }
            }
        }
        if self.error.is_some() || self.since.elapsed() > PATIENCE {
            self.paint(ui);
        }
        let close = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        if close && self.error.is_some() {
            ui.send_viewport_cmd(ViewportCommand::Close);
        }
        None
    }

    fn paint(&self, ui: &Ui) {
        let window = ui.max_rect();
        let sizes = Sizes::of(window, ReadingDistance::Desk);
        let center = window.center();
        let mut mesh = MeshBuilder::default();
        let mark = pos2(center.x, center.y - sizes.pt(150.0));
        icons::fermata(&mut mesh, mark, sizes.pt(104.0), color32(Rgb::MUTED));
        mesh.flush(ui.painter());
        let (heading, words, color, role) = match &self.error {
            None => (
                "Opening the store",
                "Its open workflows go on where they were.".to_owned(),
                Rgb::TEXT,
                Role::Status,
            ),
            Some(error) => (
                "Fermata cannot start",
                format!("{} Press Esc to close.", sentence(error)),
                Rgb::ALARM,
                Role::Alert,
            ),
        };
        let font = Font::Bold.id(sizes.pt(46.0));
        let place = pos2(center.x, center.y - sizes.pt(40.0));
        let (painter, align) = (ui.painter(), Align2::CENTER_CENTER);
        let area = text(painter, place, align, heading, font, color32(color));
        let width = sizes.pt(1100.0).min(window.width() * 0.9);
        let font = Font::Medium.id(sizes.pt(27.0).max(15.0));
        let galley = layout_wrapped(painter, &words, font, color32(Rgb::MUTED), width, 6);
        let below = pos2(
            center.x - galley.size().x / 2.0,
            area.bottom() + sizes.pt(20.0),
        );
        let area = area.union(egui::Rect::from_min_size(
            below,
            galley.size() + vec2(0.0, 1.0),
        ));
        painter.galley(below, galley, color32(Rgb::MUTED));
        button::label(ui, area, "starting", role, &format!("{heading}. {words}"));
    }
}
