//! The window: the stage, the page until the program has started, or the page that says why the store
//! cannot be opened.

use std::sync::Arc;

use egui::{Context, Ui};

use super::{Host, NoStorePage, Stage, StartingPage, theme};
use crate::view::Rgb;

/// What the window shows first.
pub enum Opening {
    /// The stage.
    Stage(Arc<dyn Host>),
    /// The page until the program has started, then the stage.
    Starting(StartingPage),
    /// The page that says why the store cannot be opened.
    NoStore(NoStorePage),
}

/// The content of the window.
pub struct Window {
    content: Content,
    max_frame_rate: Option<u32>,
}

enum Content {
    Stage(Box<Stage>),
    Starting(StartingPage),
    NoStore(NoStorePage),
}

impl Window {
    /// The content for an opening.
    pub fn new(opening: Opening, ctx: &Context) -> Self {
        theme::apply(ctx);
        let content = match opening {
            Opening::Stage(host) => Content::Stage(Box::new(Stage::new(host, ctx))),
            Opening::Starting(page) => Content::Starting(page),
            Opening::NoStore(page) => Content::NoStore(page),
        };
        Self {
            content,
            max_frame_rate: None,
        }
    }

    /// Limits the frame rate of the stage.
    pub fn with_max_frame_rate(mut self, frames_per_second: u32) -> Self {
        self.max_frame_rate = Some(frames_per_second);
        if let Content::Stage(stage) = self.content {
            let limited = stage.with_max_frame_rate(frames_per_second);
            self.content = Content::Stage(Box::new(limited));
        }
        self
    }

    /// The stage, once there is a store.
    pub fn stage(&self) -> Option<&Stage> {
        match &self.content {
            Content::Stage(stage) => Some(stage),
            Content::Starting(_) | Content::NoStore(_) => None,
        }
    }

    /// Paints one frame.
    pub fn show(&mut self, ui: &mut Ui) {
        let host = match &mut self.content {
            Content::Stage(stage) => return stage.show(ui),
            Content::Starting(page) => page.show(ui),
            Content::NoStore(page) => page.show(ui),
        };
        if let Some(host) = host {
            let stage = Stage::new(host, ui.ctx());
            self.content = Content::Stage(Box::new(match self.max_frame_rate {
                Some(rate) => stage.with_max_frame_rate(rate),
                None => stage,
            }));
            ui.request_repaint();
        }
    }
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.show(ui);
    }

    fn clear_color(&self, _: &egui::Visuals) -> [f32; 4] {
        theme::color32(Rgb::BACKGROUND).to_normalized_gamma_f32()
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}
