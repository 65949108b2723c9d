//! One frame: loads the snapshot, handles keys, paints, sends commands, and schedules the next frame.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use egui::{Context, Rect, Ui, ViewportCommand, ViewportId, pos2};

use super::{
    Host, Wake, audience, caption, closing, comparison, explainer, failure::Trail, faults, form,
    frame_context::FrameContext, help, hints, histories, inspector, invitation, keys, learn,
    meters, overview, schedules, score_editor, scores, search, setlist, theme, timeline, toast,
    top_bar, window_place,
};
use crate::{
    conductor::ScoreRun,
    engine::{InstanceId, Timestamp},
    view::{
        Arrangement, Camera, Clock, Command, ComparedPair, ControlSurfaceCommand, EventPlace,
        HistoryCommand, MadeComparison, Markers, Moment, Overlay, Playhead, RepaintRate, Replay,
        ReplayCommand, ReplaySound, Rgb, Scenes, ScheduleList, Settings, Snapshot, UiState,
        Viewport, WindowExtent,
    },
};

/// What is shown in place of the performance.
#[derive(Debug, Clone, PartialEq, Default)]
struct ShownScene {
    /// An opened history, with the version of its lane.
    opened: Option<(InstanceId, u64)>,
    /// Runs that were compared.
    compared: Option<ComparedPair>,
}

/// The window's content.
pub struct Stage {
    host: Arc<dyn Host>,
    state: UiState,
    toasts: toast::Toasts,
    meters: meters::Meters,
    scenes: Scenes,
    replay: Replay,
    replay_sound: ReplaySound,
    /// What was last shown in place of the performance.
    sent_scene: ShownScene,
    frames: u64,
    /// Whether a snapshot of the host was painted.
    has_shown: bool,
    full_screen: bool,
    audience: audience::AudienceWindow,
    /// The settings that were last sent to the host.
    sent_settings: Settings,
    /// The markers that were last sent to the host.
    sent_markers: Markers,
    /// Whether the schedules are listed, as last sent to the host.
    sent_list: ScheduleList,
    /// The arrangement of the lanes that was last sent to the host.
    sent_arrangement: Arrangement,
    /// The selected lane that was last sent to the host.
    sent_selection: Option<InstanceId>,
    /// Whether the program closes the window.
    closes: Arc<AtomicBool>,
    /// The kinds of what was done, for reports.
    trail: Trail,
    /// The least time between frames while the transport rolls; `None`: at the display's rate.
    frame_interval: Option<Duration>,
}

impl Stage {
    /// The window's content for a host.
    pub fn new(host: Arc<dyn Host>, ctx: &Context) -> Self {
        theme::apply(ctx);
        let waker = ctx.clone();
        let closes = Arc::new(AtomicBool::new(false));
        let close = Arc::clone(&closes);
        host.set_waker(Box::new(move |wake| {
            let send = |command| waker.send_viewport_cmd_to(ViewportId::ROOT, command);
            match wake {
                Wake::Repaint => waker.request_repaint_of(ViewportId::ROOT),
                Wake::Close => {
                    close.store(true, Ordering::Relaxed);
                    send(ViewportCommand::Close);
                }
                Wake::Focus => {
                    send(ViewportCommand::Minimized(false));
                    send(ViewportCommand::Focus);
                }
            }
        }));
        let (markers, settings) = (host.kept_markers(), host.kept_settings());
        let arrangement = host.kept_arrangement();
        let state = UiState::default().with_settings(&settings);
        let full_screen = state.full_screen;
        Self {
            host,
            sent_settings: settings.with_state(&state),
            sent_markers: markers.clone(),
            sent_arrangement: arrangement.clone(),
            state: state.with_markers(markers).with_arrangement(arrangement),
            toasts: toast::Toasts::default(),
            meters: meters::Meters::default(),
            scenes: Scenes::default(),
            replay: Replay::default(),
            replay_sound: ReplaySound::default(),
            sent_scene: ShownScene::default(),
            frames: 0,
            has_shown: false,
            full_screen,
            audience: audience::AudienceWindow::default(),
            sent_list: ScheduleList::default(),
            sent_selection: None,
            closes,
            trail: Trail::default(),
            frame_interval: None,
        }
    }

    /// The stage after a failure of the one before: in the state that the host knows of nothing else, with
    /// a sentence for the user.
    pub(super) fn after_failure(host: Arc<dyn Host>, ctx: &Context, notice: String) -> Self {
        // The host may still show, compare, replay or learn what the lost stage asked for.
        let commands: [Command; 5] = [
            ReplayCommand::Stop.into(),
            HistoryCommand::Show(None).into(),
            HistoryCommand::Compare(None).into(),
            ControlSurfaceCommand::StopLearning.into(),
            ControlSurfaceCommand::Select(None).into(),
        ];
        for command in commands {
            host.send(command);
        }
        let toasts = toast::Toasts::after_failure(notice, host.now(), &host.snapshot());
        Self {
            toasts,
            ..Self::new(host, ctx)
        }
    }

    /// Notes what is done in this trail.
    pub(super) fn with_trail(mut self, trail: Trail) -> Self {
        self.trail = trail;
        self
    }

    /// The application.
    pub(super) fn host(&self) -> &Arc<dyn Host> {
        &self.host
    }

    /// Limits the frame rate while the transport rolls. Without a graphics card the CPU paints, and the
    /// player needs it more.
    pub fn with_max_frame_rate(mut self, frames_per_second: u32) -> Self {
        self.frame_interval = Some(Duration::from_secs(1) / frames_per_second.max(1));
        self
    }

    /// Frames painted so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The state of the user interface.
    pub fn state(&self) -> &UiState {
        &self.state
    }

    /// Sets the visible window of time. It goes on to follow the playhead.
    pub fn look_at(&mut self, viewport: Viewport) {
        self.state.viewport = viewport;
    }

    /// Paints one frame.
    pub fn show(&mut self, ui: &mut Ui) {
        self.frames += 1;
        tracing::trace!(number = self.frames, "frame");
        let live = self.host.snapshot();
        let wall = self.host.now();
        let window = ui.max_rect();
        let is_closing = self.answer_close_request(ui, &live);
        self.state.show_latest_opened(&live);
        self.state.select_new_rerun(&live);
        let comparison = self.comparison();
        let mut commands = self.change_scene(&live, &comparison);
        let live = match &comparison {
            MadeComparison::Made(runs) => self.scenes.comparison(&live, runs),
            _ => self.scenes.of(&live, self.state.opened.as_ref()),
        };
        self.state.advance(&live, wall);
        for given in self.host.given_by_controls() {
            self.state.answer_control(&given, &live, wall);
        }
        self.state.confirm(&live, wall);
        for intent in self.host.playhead_intents() {
            commands.extend(self.state.turn_playhead(intent, &live, wall));
        }
        let edited = self.host.edited_score();
        commands.extend(self.state.follow_edited(edited.as_ref()));
        let moment = self.state.moment(&live, wall);
        let shown = match &moment {
            Some(moment) => self.replay.snapshot(&live, moment),
            None => Arc::clone(&live),
        };
        let lit = self.state.highlight.take();
        let lit = lit.or_else(|| self.state.chosen());
        let clock = Clock {
            shows: self.state.clock,
            start: live.extent(wall).from,
            zone: self.host.time_zone(),
        };
        let mut frame = FrameContext {
            now: moment
                .as_ref()
                .map_or_else(|| live.live_edge(wall), |moment| moment.at),
            moment: moment.as_ref(),
            lit: lit.clone(),
            replayed: replayed_run(&*self.host, &self.state, &live, &shown, moment.as_ref()),
            snapshot: &shown,
            live: &live,
            host: &*self.host,
            sizes: theme::Sizes::of(window, self.state.reading_distance),
            state: &mut self.state,
            wall,
            trail: &self.trail,
            clock,
            has_music: live.has_music(),
            next_shelving: None,
            commands: Vec::new(),
            bindable: Vec::new(),
        };
        closing::keys(ui, &mut frame);
        if !self.audience.has_focus() {
            keys::handle(ui, &mut frame);
        }
        self.meters.record(&live, wall);
        paint(ui, window, &mut frame, &mut self.meters, &comparison);
        if !self.has_shown && live.version > 0 {
            self.has_shown = true;
            tracing::info!(lanes = live.lanes.len(), "first picture");
        }
        self.toasts.show(ui, window, &frame);
        let mut audience_window = self.sent_settings.audience_window;
        self.audience.show(ui, &mut frame, &mut audience_window);
        commands.append(&mut frame.commands);
        let next_shelving = frame.next_shelving.map(|next| next.since(frame.now));
        commands.extend(histories::dropped(ui));
        if self.sent_selection != self.state.selected {
            self.sent_selection.clone_from(&self.state.selected);
            commands.push(ControlSurfaceCommand::Select(self.sent_selection.clone()).into());
        }
        let list = match self.state.overlay {
            Overlay::Schedules(_) => ScheduleList::Open,
            _ => ScheduleList::Closed,
        };
        if self.sent_list != list {
            self.sent_list = list;
            commands.push(Command::ListSchedules(list));
        }
        if self.sent_markers != self.state.markers {
            self.sent_markers = self.state.markers.clone();
            commands.push(Command::KeepMarkers(self.sent_markers.clone()));
        }
        let asked = match self.state.full_screen {
            true => WindowExtent::FullScreen,
            false => WindowExtent::Normal,
        };
        let settings = Settings {
            window: window_place::of(ui, &self.sent_settings.window, asked),
            audience_window,
            ..self.sent_settings.with_state(&self.state)
        };
        if self.sent_settings != settings {
            self.sent_settings = settings.clone();
            commands.push(Command::KeepSettings(Box::new(settings)));
        }
        if self.sent_arrangement != self.state.arrangement {
            self.sent_arrangement = self.state.arrangement.clone();
            let kept = self.sent_arrangement.clone();
            commands.push(Command::KeepArrangement(kept));
        }
        // What was opened or left in this frame sounds from the next one on.
        let shown = self.state.moment(&live, wall).map(|moment| moment.at);
        let sound = self.replay_sound.follow(&self.state.playhead, shown);
        commands.extend(sound.map(Command::from));
        for command in commands {
            self.trail.command(&command);
            self.host.send(command);
        }
        self.update_window(ui);
        if self.state.leaving.is_some() && !is_closing {
            ui.send_viewport_cmd(ViewportCommand::Close);
        }
        let next = self.state.highlight.clone();
        if next.or_else(|| self.state.chosen()) != lit {
            ui.request_repaint();
        }
        self.schedule_repaint(ui, &live, wall);
        if let Some(after) = next_shelving.filter(|_| self.state.playhead == Playhead::Live) {
            ui.request_repaint_after(after);
        }
    }

    /// Asks what becomes of the pieces that play when the user closes the window. Returns whether the
    /// window closes.
    fn answer_close_request(&mut self, ui: &Ui, live: &Snapshot) -> bool {
        if !ui.input(|input| input.viewport().close_requested()) {
            return false;
        }
        if self.state.leaving.is_none() && !self.closes.load(Ordering::Relaxed) {
            self.state.ask_to_close(live);
            if self.state.leaving.is_none() {
                ui.send_viewport_cmd(ViewportCommand::CancelClose);
                return false;
            }
        }
        true
    }

    /// The comparison that is open, as far as it was made.
    fn comparison(&mut self) -> MadeComparison {
        let made = match &self.state.comparing {
            Some(comparing) => self.host.comparison(&comparing.pair),
            None => MadeComparison::default(),
        };
        if let MadeComparison::Made(runs) = &made {
            self.state.begin_comparison(runs);
        }
        made
    }

    /// What the host has to know when another scene is shown, or when more of it was read.
    fn change_scene(&mut self, live: &Snapshot, comparison: &MadeComparison) -> Vec<Command> {
        let opened = self.state.opened.as_ref();
        let opened = opened.and_then(|id| live.histories.opened(id));
        let opened = opened.map(|opened| (opened.lane.id.clone(), opened.lane.version));
        let comparing = self.state.comparing.as_ref();
        let made = matches!(comparison, MadeComparison::Made(_));
        let compared = comparing.map(|c| c.pair.clone()).filter(|_| made);
        let scene = ShownScene { opened, compared };
        if self.sent_scene == scene {
            return Vec::new();
        }
        self.replay.clear();
        let mut commands = Vec::from_iter(self.replay_sound.restart().map(Command::from));
        if self.sent_scene.opened != scene.opened {
            let shown = scene.opened.as_ref().map(|(id, _)| id.clone());
            commands.push(HistoryCommand::Show(shown).into());
        }
        if self.sent_scene.compared != scene.compared {
            commands.push(HistoryCommand::Compare(scene.compared.clone()).into());
        }
        self.sent_scene = scene;
        commands
    }

    /// Applies reading distance and full screen to the window.
    fn update_window(&mut self, ui: &Ui) {
        let zoom = self.state.reading_distance.zoom();
        if (ui.zoom_factor() - zoom).abs() > 1e-3 {
            ui.set_zoom_factor(zoom);
        }
        if self.full_screen != self.state.full_screen {
            self.full_screen = self.state.full_screen;
            ui.send_viewport_cmd(ViewportCommand::Fullscreen(self.full_screen));
        }
    }

    /// Whether something moves in a lane.
    fn moves(&self, snapshot: &Snapshot, wall: Timestamp) -> bool {
        let mut lanes = snapshot.lanes.iter();
        self.state.shows_motion() && lanes.any(|lane| !lane.motion(wall).is_still())
    }

    fn schedule_repaint(&self, ui: &Ui, snapshot: &Snapshot, wall: Timestamp) {
        if self.state.holding(wall).is_some() {
            return ui.request_repaint();
        }
        let rate = match &self.state.playhead {
            Playhead::Live if self.state.sweep.is_some() || self.moves(snapshot, wall) => {
                RepaintRate::Continuous
            }
            Playhead::Live => snapshot.repaint_rate(wall),
            Playhead::Playing(_) => RepaintRate::Continuous,
            Playhead::At(_) => RepaintRate::OnChange,
        };
        match rate {
            RepaintRate::Continuous => match self.frame_interval {
                Some(interval) => ui.request_repaint_after(interval),
                None => ui.request_repaint(),
            },
            RepaintRate::After(after) => ui.request_repaint_after(after),
            RepaintRate::OnChange => {}
        }
        if let Some(after) = self.toasts.next_change(wall) {
            ui.request_repaint_after(after);
        }
        if self.state.setlist
            && let Some(list) = &snapshot.performance().setlist
        {
            ui.request_repaint_after(setlist::next_change(list, wall));
        }
        if let Some((_, left)) = self.state.answered(wall) {
            ui.request_repaint_after(left);
        }
    }
}

impl eframe::App for Stage {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.show(ui);
    }
}

/// The replay of the run of the selected lane at the moment that is shown, while the inspector shows it.
fn replayed_run(
    host: &dyn Host,
    state: &UiState,
    live: &Snapshot,
    shown: &Snapshot,
    moment: Option<&Moment>,
) -> Option<Arc<ScoreRun>> {
    let lane = state.lane(shown).filter(|_| state.inspector)?;
    lane.facts.as_ref()?;
    let live = live.lane(&lane.id)?;
    let count = moment.map_or(live.history.len(), |moment| live.count_at(moment));
    host.score_run(live, EventPlace(count.0.checked_sub(1)?))
}

fn paint(
    ui: &mut Ui,
    window: Rect,
    frame: &mut FrameContext<'_>,
    meters: &mut meters::Meters,
    comparison: &MadeComparison,
) {
    let sizes = frame.sizes;
    let (bar, rest) = window.split_top_bottom_at_y(window.top() + sizes.bar);
    let (mut body, foot) = rest.split_top_bottom_at_y(rest.bottom() - sizes.caption);
    top_bar::show(ui, bar, frame);
    let covered = frame.state.comparing.is_some() || frame.state.explainer.is_some();
    if frame.state.comparing.is_some() {
        comparison::show(ui, body, foot, comparison, frame);
    } else if frame.state.explainer.is_some() {
        explainer::show(ui, body, foot, frame);
    } else {
        caption::show(ui, foot, frame);
    }
    if !covered && let Some(width) = setlist::width(body.width(), frame) {
        let (left, right) = body.split_left_right_at_x(body.left() + width);
        setlist::show(ui, left, frame);
        body = right;
    }
    let is_free = frame.state.editor.is_none();
    if !covered && !is_free {
        let edge = body.right() - score_editor::width(body, &sizes);
        let (left, right) = body.split_left_right_at_x(edge);
        score_editor::show(ui, right, frame);
        body = left;
    }
    if covered {
        // Nothing of the lanes can be seen.
    } else if frame.live.lanes.is_empty() {
        match frame.state.invitation(frame.live).cloned() {
            Some(score) => invitation::show(ui, body, &score, frame),
            None => scores::empty(ui, body, frame),
        }
    } else {
        let room = body.width() - sizes.lane_header - sizes.inspector;
        if is_free && frame.state.inspector && room > sizes.pt(420.0) {
            let edge = body.right() - sizes.inspector;
            let (left, right) = body.split_left_right_at_x(edge);
            inspector::show(ui, right, frame);
            body = left;
        }
        if frame.state.meters {
            let (upper, lower) = body.split_top_bottom_at_y(body.bottom() - sizes.pt(170.0));
            meters.show(ui, lower, frame);
            body = upper;
        }
        let (strip, lanes) = body.split_top_bottom_at_y(body.top() + sizes.overview);
        let timeline_left = body.left() + sizes.lane_header;
        frame.state.viewport.resize(body.right() - timeline_left);
        if frame.state.camera == Camera::Following {
            frame.state.viewport.follow(frame.now);
        }
        overview::show(ui, strip, frame);
        timeline::show(ui, lanes, frame);
        if frame.state.overlay == Overlay::None {
            hints::show(ui, strip, lanes, frame);
        }
    }
    if frame.state.is_replay() || covered {
        // The border makes it impossible to mistake the past for the present.
        let color = theme::color32(Rgb::REPLAY);
        let stroke = egui::Stroke::new(sizes.pt(5.0), color);
        ui.painter()
            .rect_stroke(window, 0.0, stroke, egui::StrokeKind::Inside);
    }
    match frame.state.overlay {
        Overlay::Scores if !frame.live.lanes.is_empty() => {
            let area = Rect::from_min_max(body.left_top(), pos2(window.right(), foot.top()));
            scores::drawer(ui, area, frame);
        }
        Overlay::Help => help::show(ui, window, frame),
        Overlay::Schedules(_) => schedules::show(ui, window, frame),
        Overlay::Faults(_) => faults::show(ui, window, frame),
        Overlay::Closing => closing::show(ui, window, frame),
        Overlay::Palette(_) => search::show(ui, window, frame),
        Overlay::Histories(_) | Overlay::CompareWith(_) => histories::show(ui, window, frame),
        Overlay::Form(_) => form::show(ui, window, frame),
        _ => {}
    }
    // Above panels: what a panel does is answered in the same place.
    caption::show_answer(ui, foot, frame);
    histories::offer(ui, window, frame);
    if frame.state.overlay == Overlay::None {
        learn::show(ui, window, frame);
    }
}
