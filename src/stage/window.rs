//! The window: the stage, the page until the program has started, or the page that says why the store
//! cannot be opened.

use std::{panic::resume_unwind, rc::Rc, sync::Arc, time::Instant};

use egui::{Context, Ui};

use super::{
    FailureReporter, Host, NoStorePage, Stage, StartingPage,
    failure::{Caught, FailurePlace, notice, watch},
    theme,
    window_loop::Shared,
};
use crate::view::Rgb;

/// The most failures in ten seconds after which the stage is shown again in the same window.
const MOST_NEW_STAGES: usize = 2;

/// What the window shows first.
pub enum Opening {
    /// The stage.
    Stage(Arc<dyn Host>),
    /// The page until the program has started, then the stage.
    Starting(StartingPage),
    /// The page that says why the store cannot be opened.
    NoStore(NoStorePage),
    /// The stage, after a failure of the window before, with a sentence for the user.
    AfterFailure(Arc<dyn Host>, String),
}

/// The content of the window.
pub struct Window {
    content: Content,
    max_frame_rate: Option<u32>,
    shared: Rc<Shared>,
}

enum Content {
    Stage(Box<Stage>),
    Starting(StartingPage),
    NoStore(NoStorePage),
}

impl Window {
    /// The content for an opening.
    pub fn new(opening: Opening, ctx: &Context) -> Self {
        Self::sharing(Rc::default(), opening, ctx)
    }

    /// The same, with what it shares with the loop that it runs in.
    pub(super) fn sharing(shared: Rc<Shared>, opening: Opening, ctx: &Context) -> Self {
        theme::apply(ctx);
        let mut window = Self {
            content: Content::Starting(StartingPage::never()),
            max_frame_rate: None,
            shared,
        };
        window.content = match opening {
            Opening::Stage(host) => window.stage_of(Stage::new(host, ctx)),
            Opening::AfterFailure(host, notice) => {
                window.stage_of(Stage::after_failure(host, ctx, notice))
            }
            Opening::Starting(page) => Content::Starting(page),
            Opening::NoStore(page) => Content::NoStore(page),
        };
        window
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

    /// Keeps reports of failures.
    pub fn with_reporter(self, reporter: FailureReporter) -> Self {
        self.shared.set_reporter(reporter);
        self
    }

    /// The stage, once there is a store.
    pub fn stage(&self) -> Option<&Stage> {
        match &self.content {
            Content::Stage(stage) => Some(stage),
            Content::Starting(_) | Content::NoStore(_) => None,
        }
    }

    /// Paints one frame. If that fails, the failure is reported and the next frame is that of a new stage.
    pub fn show(&mut self, ui: &mut Ui) {
        if let Err(caught) = watch(|| self.paint(ui)) {
            self.recover(ui, caught);
        }
    }

    fn paint(&mut self, ui: &mut Ui) {
        let host = match &mut self.content {
            Content::Stage(stage) => {
                self.shared.provoked.at(FailurePlace::Stage);
                stage.show(ui);
                self.shared.leaving.set(stage.state().leaving);
                return;
            }
            Content::Starting(page) => page.show(ui),
            Content::NoStore(page) => page.show(ui),
        };
        if let Some(host) = host {
            self.content = self.stage_of(Stage::new(host, ui.ctx()));
            ui.request_repaint();
        }
    }

    /// Shows a new stage after a failure. A failure of something else, or one after another, is for the
    /// loop around.
    fn recover(&mut self, ui: &Ui, caught: Caught) {
        let reported = self.shared.report(caught.details);
        let failures = self.shared.failures.borrow_mut().add(Instant::now());
        let Content::Stage(stage) = &self.content else {
            resume_unwind(caught.panic);
        };
        if failures > MOST_NEW_STAGES {
            resume_unwind(caught.panic);
        }
        let host = Arc::clone(stage.host());
        let stage = Stage::after_failure(host, ui.ctx(), notice(&reported));
        self.content = self.stage_of(stage);
        ui.request_repaint();
    }

    fn stage_of(&self, stage: Stage) -> Content {
        let host = Arc::clone(stage.host());
        self.shared.host.replace(Some(host));
        let stage = stage.with_trail(self.shared.trail.clone());
        Content::Stage(Box::new(match self.max_frame_rate {
            Some(rate) => stage.with_max_frame_rate(rate),
            None => stage,
        }))
    }
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.shared.provoked.at(FailurePlace::Around);
        self.show(ui);
    }

    fn clear_color(&self, _: &egui::Visuals) -> [f32; 4] {
        theme::color32(Rgb::BACKGROUND).to_normalized_gamma_f32()
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}
