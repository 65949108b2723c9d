//! One frame: load the snapshot, hear the keys, paint, send the commands, say when to paint again.

use std::{sync::Arc, time::Duration};

use egui::{Context, Rect, Ui, ViewportCommand, ViewportId, pos2};

use super::{
    Host, Wake, caption, help, inspector, keys, learn, meters, overview, scene::Scene, scores,
    search, theme, timeline, toast, top_bar,
};
use crate::{
    engine::{InstanceId, Timestamp},
    view::{ControlSurfaceCommand, Overlay, Pace, Rgb, Snapshot, UiState},
};

/// The window's content.
pub struct Stage {
    host: Arc<dyn Host>,
    state: UiState,
    toasts: toast::Toasts,
    meters: meters::Meters,
    frames: u64,
    full_screen: bool,
    /// The selected lane, as it was told last.
    selected: Option<InstanceId>,
    /// Between two frames while beats pass; `None`: as the display asks.
    pause: Option<Duration>,
}

impl Stage {
    /// A stage for a host.
    pub fn new(host: Arc<dyn Host>, ctx: &Context) -> Self {
        theme::apply(ctx);
        let waker = ctx.clone();
        host.wake_with(Box::new(move |wake| match wake {
            Wake::Look => waker.request_repaint_of(ViewportId::ROOT),
            Wake::Close => waker.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Close),
        }));
        Self {
            host,
            state: UiState::default(),
            toasts: toast::Toasts::default(),
            meters: meters::Meters::default(),
            frames: 0,
            full_screen: false,
            selected: None,
            pause: None,
        }
    }

    /// Never paints more frames a second than this while beats pass. Without a graphics card the
    /// processor paints, and the player needs it more.
    pub fn at_most(mut self, frames_per_second: u32) -> Self {
        self.pause = Some(Duration::from_secs(1) / frames_per_second.max(1));
        self
    }

    /// Frames painted so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// What the person at the stage has chosen.
    pub fn state(&self) -> &UiState {
        &self.state
    }

    /// Paints one frame.
    pub fn show(&mut self, ui: &mut Ui) {
        self.frames += 1;
        let snapshot = self.host.snapshot();
        let wall = self.host.now();
        let window = ui.max_rect();
        let mut scene = Scene {
            now: snapshot.live_edge(wall),
            snapshot: &snapshot,
            host: &*self.host,
            sizes: theme::Sizes::of(window, self.state.reading),
            state: &mut self.state,
            wall,
            commands: Vec::new(),
            bindable: Vec::new(),
        };
        keys::hear(ui, &mut scene);
        self.meters.record(&snapshot, wall);
        paint(ui, window, &mut scene, &mut self.meters);
        self.toasts.show(ui, window, &scene);
        let mut commands = std::mem::take(&mut scene.commands);
        if self.selected != self.state.selected {
            self.selected.clone_from(&self.state.selected);
            commands.push(ControlSurfaceCommand::Select(self.selected.clone()).into());
        }
        for command in commands {
            self.host.send(command);
        }
        self.window(ui);
        self.repaint(ui, &snapshot, wall);
    }

    /// Brings the window into the state that was asked for.
    fn window(&mut self, ui: &Ui) {
        let zoom = self.state.reading.zoom();
        if (ui.zoom_factor() - zoom).abs() > 1e-3 {
            ui.set_zoom_factor(zoom);
        }
        if self.full_screen != self.state.full_screen {
            self.full_screen = self.state.full_screen;
            ui.send_viewport_cmd(ViewportCommand::Fullscreen(self.full_screen));
        }
    }

    fn repaint(&self, ui: &Ui, snapshot: &Snapshot, wall: Timestamp) {
        if self.state.holding(wall).is_some() {
            return ui.request_repaint();
        }
        match snapshot.pace() {
            Pace::Flowing => match self.pause {
                Some(pause) => ui.request_repaint_after(pause),
                None => ui.request_repaint(),
            },
            Pace::Ticking(after) => ui.request_repaint_after(after),
            Pace::Still => {}
        }
        if let Some(after) = self.toasts.next_change(wall) {
            ui.request_repaint_after(after);
        }
    }
}

impl eframe::App for Stage {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.show(ui);
    }

    fn clear_color(&self, _: &egui::Visuals) -> [f32; 4] {
        theme::ink(Rgb::BACKGROUND).to_normalized_gamma_f32()
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}

fn paint(ui: &mut Ui, window: Rect, scene: &mut Scene<'_>, meters: &mut meters::Meters) {
    let sizes = scene.sizes;
    let (bar, rest) = window.split_top_bottom_at_y(window.top() + sizes.bar);
    let (mut body, foot) = rest.split_top_bottom_at_y(rest.bottom() - sizes.caption);
    top_bar::show(ui, bar, scene);
    caption::show(ui, foot, scene);
    if scene.snapshot.lanes.is_empty() {
        scores::empty(ui, body, scene);
    } else {
        let room = body.width() - sizes.head - sizes.inspector;
        if scene.state.inspector && room > sizes.pt(420.0) {
            let edge = body.right() - sizes.inspector;
            let (left, right) = body.split_left_right_at_x(edge);
            inspector::show(ui, right, scene);
            body = left;
        }
        if scene.state.meters {
            let (upper, lower) = body.split_top_bottom_at_y(body.bottom() - sizes.pt(170.0));
            meters.show(ui, lower, scene);
            body = upper;
        }
        let (strip, lanes) = body.split_top_bottom_at_y(body.top() + sizes.overview);
        let timeline_left = body.left() + sizes.head;
        scene.state.viewport.resize(body.right() - timeline_left);
        if scene.state.follow {
            scene.state.viewport.follow(scene.now);
        }
        overview::show(ui, strip, scene);
        timeline::show(ui, lanes, scene);
    }
    if !scene.state.follow {
        // The past must never be taken for the present: the whole window says so.
        let color = theme::ink(Rgb::PENDING);
        let stroke = egui::Stroke::new(sizes.pt(5.0), color);
        ui.painter()
            .rect_stroke(window, 0.0, stroke, egui::StrokeKind::Inside);
    }
    match scene.state.overlay {
        Overlay::Scores if !scene.snapshot.lanes.is_empty() => {
            let area = Rect::from_min_max(body.left_top(), pos2(window.right(), foot.top()));
            scores::drawer(ui, area, scene);
        }
        Overlay::Help => help::show(ui, window, scene),
        Overlay::Palette(_) => search::show(ui, window, scene),
        _ => {}
    }
    if scene.state.overlay == Overlay::None {
        learn::show(ui, window, scene);
    }
}
