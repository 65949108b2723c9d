//! One frame: loads the snapshot, handles keys, paints, sends commands, and schedules the next frame.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use egui::{Context, Ui, ViewportCommand, ViewportId};

use super::{
    Host, Wake, audience, closing,
    failure::Trail,
    frame_context::FrameContext,
    histories, keys, meters, panes,
    sent::Sent,
    setlist, theme, toast,
    touring::{self, Guided},
};
use crate::{
    conductor::ScoreRun,
    engine::Timestamp,
    view::{
        Clock, Command, ControlSurfaceCommand, EventPlace, HistoryCommand, MadeComparison, Moment,
        Playhead, RepaintRate, Replay, ReplayCommand, ReplaySound, Scenes, Snapshot, Tour, UiState,
        Viewport,
    },
};

/// The window's content.
pub struct Stage {
    host: Arc<dyn Host>,
    state: UiState,
    toasts: toast::Toasts,
    meters: meters::Meters,
    scenes: Scenes,
    replay: Replay,
    replay_sound: ReplaySound,
    sent: Sent,
    frames: u64,
    /// Whether a snapshot of the host was painted.
    has_shown: bool,
    playing: closing::PlayingLog,
    full_screen: bool,
    audience: audience::AudienceWindow,
    /// The tour, if the set list performs itself.
    tour: Option<Tour>,
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
        let tour = Tour::new(host.tour());
        let mut state = UiState::default().with_settings(&settings);
        if tour.is_some() {
            state.prepare_tour();
        }
        let full_screen = state.full_screen;
        Self {
            host,
            sent: Sent::new(
                settings.with_state(&state),
                markers.clone(),
                arrangement.clone(),
            ),
            state: state.with_markers(markers).with_arrangement(arrangement),
            toasts: toast::Toasts::default(),
            meters: meters::Meters::default(),
            scenes: Scenes::default(),
            replay: Replay::default(),
            replay_sound: ReplaySound::default(),
            frames: 0,
            has_shown: false,
            playing: closing::PlayingLog::default(),
            full_screen,
            audience: audience::AudienceWindow::default(),
            tour,
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
        self.playing.follow(&live);
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
        self.state.close_once_saved(&live);
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
            guided: Guided::default(),
            wall,
            trail: &self.trail,
            clock,
            has_music: live.has_music(),
            next_shelving: None,
            commands: Vec::new(),
            bindable: Vec::new(),
        };
        if let Some(tour) = &mut self.tour {
            touring::perform(ui, tour, &mut frame);
        }
        closing::keys(ui, &mut frame);
        if !self.audience.has_focus() {
            keys::handle(ui, &mut frame);
        }
        self.meters.record(&live, wall);
        panes::paint(ui, window, &mut frame, &mut self.meters, &comparison);
        if !self.has_shown && live.version > 0 {
            self.has_shown = true;
            tracing::info!(lanes = live.lanes.len(), "first picture");
        }
        self.toasts.show(ui, window, &frame);
        let mut audience_window = self.sent.audience_window();
        self.audience.show(ui, &mut frame, &mut audience_window);
        commands.append(&mut frame.commands);
        let next_shelving = frame.next_shelving.map(|next| next.since(frame.now));
        commands.extend(histories::dropped(ui));
        commands.extend(self.sent.changes(ui, &self.state, audience_window));
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
                tracing::debug!("asks before it closes");
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
        let Some(news) = self.sent.scene(&self.state, live, comparison) else {
            return Vec::new();
        };
        self.replay.clear();
        let restart = self.replay_sound.restart().map(Command::from);
        restart.into_iter().chain(news).collect()
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
        let tour = self.tour.as_ref();
        if let Some(left) = tour.and_then(|tour| tour.next_change(snapshot, wall)) {
            ui.request_repaint_after(left);
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
