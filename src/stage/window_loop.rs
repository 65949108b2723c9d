//! Opens windows, one after the other, and shows the window again after a failure.

use std::{
    cell::{Cell, RefCell},
    path::PathBuf,
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use eframe::{EframeWinitApplication, UserEvent};
use winit::{
    application::ApplicationHandler,
    event::{DeviceEvent, DeviceId, StartCause, WindowEvent},
    event_loop::{ActiveEventLoop, EventLoop},
    platform::run_on_demand::EventLoopExtRunOnDemand,
    window::WindowId,
};

use super::{
    FailureReporter, Host, Opening, StageError, StageOptions, Window, WindowFailure,
    failure::{Caught, Details, ProvokedFailure, RecentFailures, Trail, notice, watch},
    graphics::{self, WindowRenderer},
    window_error,
};
use crate::view::{Leaving, WindowExtent, WindowPlace};

/// The size of a window whose size is not known, in points.
const SIZE: [f32; 2] = [1600.0, 900.0];

/// The most failures in ten seconds after which a window is opened again.
const MOST_NEW_WINDOWS: usize = 5;

/// Why a window has closed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Closed {
    /// The user or the program closed it.
    #[default]
    ByRequest,
    /// The user closed it, and the program is to go on without one.
    KeepPlaying,
    /// It failed again and again, and is not opened any more. The sentence says so.
    Failed(String),
}

/// What the window shares with the loop that it runs in.
#[derive(Default)]
pub(super) struct Shared {
    /// The application, once there is one.
    pub host: RefCell<Option<Arc<dyn Host>>>,
    pub failures: RefCell<RecentFailures>,
    pub trail: Trail,
    pub provoked: ProvokedFailure,
    graphics: RefCell<String>,
    reporter: RefCell<Option<FailureReporter>>,
    /// What the next window shows first, until it has opened.
    opening: RefCell<Option<Opening>>,
    has_opened: Cell<bool>,
    /// What the user wants to become of the program.
    pub leaving: Cell<Option<Leaving>>,
}

impl Shared {
    pub fn set_reporter(&self, reporter: FailureReporter) {
        self.reporter.replace(Some(reporter));
    }

    /// Reports a failure, unless that was done.
    pub fn report(&self, details: Option<Details>) -> Result<PathBuf, String> {
        let details = details.ok_or("nothing is known of it")?;
        let failure = WindowFailure {
            message: details.message,
            location: details.location,
            backtrace: details.backtrace,
            graphics: self.graphics.borrow().clone(),
            trail: self.trail.kinds(),
        };
        tracing::error!(
            message = failure.message,
            at = failure.location,
            "the window failed"
        );
        match &*self.reporter.borrow() {
            Some(report) => report(&failure),
            None => Err("reports are not kept".to_owned()),
        }
    }
}

/// Opens windows, one after the other. Belongs to the main thread.
pub struct WindowLoop {
    options: StageOptions,
    events: Option<EventLoop<UserEvent>>,
    shared: Rc<Shared>,
}

impl WindowLoop {
    /// A loop without a window, and where its failures are reported.
    pub fn new(options: StageOptions, reporter: FailureReporter) -> Self {
        window_error::note();
        let shared = Shared {
            provoked: ProvokedFailure::of_environment(),
            ..Shared::default()
        };
        shared.set_reporter(reporter);
        Self {
            options,
            events: None,
            shared: Rc::new(shared),
        }
    }

    /// Opens a window and returns once it is closed. Must be called from the main thread.
    ///
    /// A failure of the window is reported, and the window opened again; the host goes on meanwhile.
    ///
    /// # Errors
    ///
    /// [`StageError`] if no window can be opened with any renderer, or if it fails before there is a host.
    pub fn show(&mut self, opening: Opening) -> Result<Closed, StageError> {
        self.shared.opening.replace(Some(opening));
        self.shared.has_opened.set(false);
        let mut reasons = Vec::new();
        let mut renderers = self.options.renderer.attempts().into_iter();
        let Some(mut renderer) = renderers.next() else {
            return Ok(Closed::ByRequest);
        };
        loop {
            let reason = match self.run(renderer) {
                Ok(None) if self.shared.has_opened.get() => return Ok(self.closed()),
                Ok(None) => window_error::take().unwrap_or_else(|| "no reason given".to_owned()),
                Ok(Some(caught)) if self.shared.has_opened.get() => {
                    if let Some(closed) = self.prepare_again(caught)? {
                        return Ok(closed);
                    }
                    continue;
                }
                Ok(Some(caught)) => caught.message(),
                Err(error) => error.to_string(),
            };
            reasons.push((renderer, reason));
            match renderers.next() {
                Some(next) => renderer = next,
                None => return Err(StageError::NoWindow(why(&reasons))),
            }
        }
    }

    /// Why the window has closed.
    fn closed(&self) -> Closed {
        if let Some(host) = &*self.shared.host.borrow() {
            // It would be asked to paint for as long as there is no window.
            host.set_waker(Box::new(drop));
        }
        match self.shared.leaving.take() {
            Some(Leaving::KeepPlaying) => Closed::KeepPlaying,
            Some(Leaving::Quit) | None => Closed::ByRequest,
        }
    }

    /// What follows a failure: `None`, a window again.
    fn prepare_again(&self, caught: Caught) -> Result<Option<Closed>, StageError> {
        let was_counted = caught.details.is_none();
        let reported = self.shared.report(caught.details);
        let mut failures = self.shared.failures.borrow_mut();
        let count = match was_counted {
            true => failures.count(),
            false => failures.add(Instant::now()),
        };
        let notice = notice(&reported);
        let host = self.shared.host.borrow().clone();
        let host = host.ok_or_else(|| StageError::Failed(notice.clone()))?;
        if count > MOST_NEW_WINDOWS {
            return Ok(Some(Closed::Failed(notice)));
        }
        let opening = Opening::AfterFailure(host, notice);
        self.shared.opening.replace(Some(opening));
        Ok(None)
    }

    /// Runs one window. Returns the panic that ended it, if one did.
    fn run(
        &mut self,
        renderer: WindowRenderer,
    ) -> Result<Option<Caught>, winit::error::EventLoopError> {
        let events = match &mut self.events {
            Some(events) => events,
            none => none.insert(EventLoop::with_user_event().build()?),
        };
        let kept = self
            .shared
            .host
            .borrow()
            .as_ref()
            .map(|host| host.kept_settings().window);
        let native = native_options(&kept.unwrap_or(self.options.place), renderer);
        let shared = Rc::clone(&self.shared);
        let made = move |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
            shared.graphics.replace(graphics::describe(cc));
            let opening = shared.opening.take().ok_or("the window opened twice")?;
            shared.has_opened.set(true);
            let window = Window::sharing(Rc::clone(&shared), opening, &cc.egui_ctx);
            Ok(Box::new(match graphics::has_card() {
                true => window,
                false => window.with_max_frame_rate(20),
            }))
        };
        let made = Box::new(made);
        let app = match watch(|| eframe::create_native("fermata", native, made, events)) {
            Ok(app) => app,
            Err(caught) => return Ok(Some(caught)),
        };
        let mut guarded = Guarded {
            app: Some(app),
            caught: None,
        };
        let ran = events.run_app_on_demand(&mut guarded);
        match guarded.caught {
            Some(caught) => Ok(Some(caught)),
            None => ran.map(|()| None),
        }
    }
}

fn native_options(place: &WindowPlace, renderer: WindowRenderer) -> eframe::NativeOptions {
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Fermata")
        .with_app_id("fermata")
        .with_inner_size(place.size.unwrap_or(SIZE))
        .with_min_inner_size([860.0, 480.0])
        .with_maximized(place.extent == WindowExtent::Maximized)
        .with_fullscreen(place.extent == WindowExtent::FullScreen);
    viewport.position = place.position.map(Into::into);
    eframe::NativeOptions {
        viewport,
        renderer: renderer.of_eframe(),
        persist_window: false,
        ..Default::default()
    }
}

fn why(reasons: &[(WindowRenderer, String)]) -> String {
    match reasons {
        // Without a display, each renderer says the same.
        [(_, first), rest @ ..] if rest.iter().all(|(_, reason)| reason == first) => first.clone(),
        reasons => {
            let each = reasons
                .iter()
                .map(|(renderer, reason)| format!("{renderer}: {reason}"));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}

/// Keeps panics from the event loop, which could not run again after one.
struct Guarded<'a> {
    app: Option<EframeWinitApplication<'a>>,
    caught: Option<Caught>,
}

impl<'a> Guarded<'a> {
    fn call(
        &mut self,
        events: &ActiveEventLoop,
        call: impl FnOnce(&mut EframeWinitApplication<'a>),
    ) {
        let Some(app) = &mut self.app else { return };
        let Err(caught) = watch(|| call(app)) else {
            return;
        };
        self.caught = Some(caught);
        // Windows must close while the loop still runs. What is broken may fail once more.
        let app = self.app.take();
        drop(watch(|| drop(app)));
        events.exit();
    }
}

impl ApplicationHandler<UserEvent> for Guarded<'_> {
    fn resumed(&mut self, events: &ActiveEventLoop) {
        self.call(events, |app| app.resumed(events));
    }

    fn window_event(&mut self, events: &ActiveEventLoop, window: WindowId, event: WindowEvent) {
        self.call(events, |app| app.window_event(events, window, event));
    }

    fn new_events(&mut self, events: &ActiveEventLoop, cause: StartCause) {
        self.call(events, |app| app.new_events(events, cause));
    }

    fn user_event(&mut self, events: &ActiveEventLoop, event: UserEvent) {
        self.call(events, |app| app.user_event(events, event));
    }

    fn device_event(&mut self, events: &ActiveEventLoop, device: DeviceId, event: DeviceEvent) {
        self.call(events, |app| app.device_event(events, device, event));
    }

    fn about_to_wait(&mut self, events: &ActiveEventLoop) {
        self.call(events, |app| app.about_to_wait(events));
    }

    fn suspended(&mut self, events: &ActiveEventLoop) {
        self.call(events, |app| app.suspended(events));
    }

    fn exiting(&mut self, events: &ActiveEventLoop) {
        self.call(events, |app| app.exiting(events));
    }

    fn memory_warning(&mut self, events: &ActiveEventLoop) {
        self.call(events, |app| app.memory_warning(events));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_names_every_renderer_unless_all_say_the_same() {
        let reasons = |glow: &str| {
            vec![
                (WindowRenderer::Wgpu, "no adapter".to_owned()),
                (WindowRenderer::Glow, glow.to_owned()),
            ]
        };
        assert_eq!(
            why(&reasons("no config")),
            "Vulkan, Metal or DirectX: no adapter; OpenGL: no config"
        );
        assert_eq!(why(&reasons("no adapter")), "no adapter");
    }
}
