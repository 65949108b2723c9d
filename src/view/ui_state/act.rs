//! What each action of the window does.

use super::{Camera, Learning, Overlay, UiState, compare, panels};
use crate::{
    conductor::{
        Direction,
        control_surface::{ControlAction, ControlIntent, Gesture, LaneTarget},
    },
    engine::Timestamp,
    view::{
        action::Action,
        command::{BackendCommand, Command, ControlSurfaceCommand, EngineCommand, PlayerCommand},
        control_commands::commands,
        explainer::{Explainer, Explaining},
        form::AskData,
        hints::{Hint, accepts},
        search::Search,
        snapshot::Snapshot,
    },
};

impl UiState {
    /// Performs an action. Terminating only begins a hold: see [`Self::hold_progress`].
    pub fn act(&mut self, action: Action, snapshot: &Snapshot, now: Timestamp) -> Vec<Command> {
        if action != Action::Escape {
            self.escaped = None;
            self.end_naming();
        }
        if action == Action::Quit {
            self.ask_to_close(snapshot);
            return Vec::new();
        }
        let closes_panel = action == Action::Escape && self.overlay != Overlay::None;
        let is_covered = self.explainer.is_some() || self.comparing.is_some();
        if let Some(explainer) = self.explainer.as_mut().filter(|_| !closes_panel) {
            match explainer.act(&action) {
                Explaining::Goes => return Vec::new(),
                Explaining::Closes => self.explainer = None,
                Explaining::Ignores => {}
            }
            if action == Action::Explain {
                return Vec::new();
            }
        }
        if let compare::InComparison::Done(commands) =
            self.act_in_comparison(&action, snapshot, now)
        {
            return commands;
        }
        if let panels::InPanel::Done(commands) = self.act_in_panel(&action, snapshot.performance())
        {
            return commands;
        }
        match action {
            action if action.is_held() => self.hold_key(action, snapshot, now),
            // The key that stops and starts a lane does the same to the past.
            Action::Control(ControlAction::Pause(LaneTarget::Selected)) if self.is_replay() => {
                self.toggle_playback(Direction::Forward, snapshot, now);
                Vec::new()
            }
            Action::Control(action)
                if accepts(&action) && self.invitation(snapshot.performance()).is_some() =>
            {
                let start = self.accept_invitation(snapshot.performance(), now);
                start.into_iter().map(Command::from).collect()
            }
            Action::Control(ControlAction::Cue(LaneTarget::Selected)) => {
                engine(self.cue(AskData::IfNeeded, snapshot))
            }
            Action::Control(action) => {
                if accepts(&action) {
                    self.follow_hint(Hint::Pause);
                }
                let gesture = Gesture::Toggle;
                let intent = ControlIntent { action, gesture };
                commands(&intent, now, snapshot.performance(), self.selected.as_ref())
            }
            Action::Detach => {
                let backends = snapshot.performance().backends.iter();
                let detach = backends.map(|backend| BackendCommand::Detach(backend.name.clone()));
                detach.map(Command::from).collect()
            }
            Action::Serve => vec![
                match snapshot.performance().serving {
                    Some(_) => BackendCommand::StopServing,
                    None => BackendCommand::Serve,
                }
                .into(),
            ],
            Action::NewShow => vec![self.new_show(now)],
            Action::EarlierLanes => vec![Command::Show(None)],
            Action::Record => vec![match snapshot.recording {
                Some(_) => EngineCommand::StopRecording.into(),
                None => EngineCommand::StartRecording.into(),
            }],
            Action::Faster | Action::Slower if self.is_replay() => {
                self.change_rate(&action, snapshot, now);
                Vec::new()
            }
            Action::Faster => vec![tempo(snapshot, 1.0)],
            Action::Slower => vec![tempo(snapshot, -1.0)],
            Action::Learn => vec![self.toggle_learning().into()],
            Action::Lane(number) => engine(self.press_digit(number, snapshot, now)),
            Action::Rerun => engine(self.rerun(snapshot, now)),
            Action::RaiseWithData => engine(self.cue(AskData::Always, snapshot)),
            Action::Restart => engine(self.restart(snapshot, now)),
            Action::BreakCode => {
                let command = self.break_or_fix(snapshot, now);
                command.into_iter().map(Command::from).collect()
            }
            Action::Export => {
                let command = self.export(snapshot, now);
                command.into_iter().map(Command::from).collect()
            }
            Action::EditScore => self.edit_score(snapshot),
            Action::SaveScore => self.save_score().into_iter().collect(),
            Action::Escape if !(closes_panel || is_covered) && self.editor.is_some() => {
                let mut commands: Vec<_> = self.leave_editor().into_iter().collect();
                commands.extend(self.panic_if_pressed_twice(now));
                commands
            }
            Action::Escape => self.escape(snapshot, now),
            Action::Histories => self.toggle_histories(Search::default()),
            Action::Purge => self.toggle_histories(Search {
                typed: "status:closed ".to_owned(),
                ..Search::default()
            }),
            Action::Compare => self.compare(snapshot, now),
            Action::Dismiss => self.dismiss().into_iter().map(Command::from).collect(),
            local => {
                self.navigate(local, snapshot, now);
                Vec::new()
            }
        }
    }

    /// Performs an action that only changes this state.
    fn navigate(&mut self, action: Action, snapshot: &Snapshot, now: Timestamp) {
        let edge = snapshot.live_edge(now);
        let shown = self.moment(snapshot, now).map_or(edge, |moment| moment.at);
        let anchor = match self.camera {
            Camera::Following => self.viewport.x(shown),
            Camera::Free => self.viewport.width / 2.0,
        };
        match action {
            Action::LaneAbove => self.step(snapshot, -1, shown),
            Action::LaneBelow => self.step(snapshot, 1, shown),
            Action::Focus => self.toggle_focus(),
            Action::EndedLanes => self.toggle_shelf(),
            Action::FoldChildren => {
                if let Some(lane) = self.lane(snapshot).map(|lane| lane.id.clone()) {
                    self.fold_children(&lane, snapshot);
                }
            }
            Action::Filter => self.toggle_filter(),
            Action::Pin => self.toggle_pin(snapshot),
            Action::MoveLane(side) => self.move_lane(side, snapshot, shown),
            Action::Group => self.next_grouping(snapshot),
            Action::FindLane => self.find_lane(),
            Action::NextToken => self.score.follow_next(),
            Action::Scores => self.toggle(Overlay::Scores),
            Action::Help => self.toggle(Overlay::Help),
            Action::Schedules => self.toggle(Overlay::Schedules(0)),
            Action::Faults => self.toggle(Overlay::Faults(0)),
            Action::Palette => self.toggle(Overlay::Palette(Search::default())),
            Action::Follow => self.camera = Camera::Following,
            Action::ZoomIn => self.viewport.zoom_at(anchor, 1.25),
            Action::ZoomOut => self.viewport.zoom_at(anchor, 0.8),
            Action::FoldIdle => self.toggle_idle(snapshot, now, shown),
            Action::ShowAll => self.show_all(snapshot, now),
            Action::Clock => self.clock = self.clock.next(),
            Action::Motion => self.toggle_motion(now),
            Action::Earlier => self.shift(0.2),
            Action::Later => self.shift(-0.2),
            Action::Explain => {
                let lane = self.lane(snapshot).map(|lane| lane.id.clone());
                self.explainer = lane.map(|lane| Explainer::new(lane, now));
            }
            Action::Inspector => self.inspector = !self.inspector,
            Action::Setlist => self.setlist = !self.setlist,
            Action::Meters => self.meters = !self.meters,
            Action::ReadingDistance => self.reading_distance = self.reading_distance.next(),
            Action::AudienceWindow | Action::Blackout | Action::AudienceText => {
                self.act_on_audience(&action, now);
            }
            Action::FullScreen => self.full_screen = !self.full_screen,
            Action::StartWithInput => self.ask_score(),
            Action::GoTo => self.ask_place(),
            Action::OpenFile => self.ask_file(now),
            Action::Attach => self.ask_address(),
            replay => self.move_playhead(replay, snapshot, now),
        }
    }

    fn escape(&mut self, snapshot: &Snapshot, now: Timestamp) -> Vec<Command> {
        if self.naming.take().is_some() {
            return Vec::new();
        }
        // In the past, it is the way back; the hints are about what plays.
        if !self.is_replay() && self.hints.take().is_some() {
            return self.panic_if_pressed_twice(now).into_iter().collect();
        }
        let shows_lanes = self.overlay == Overlay::None && self.comparing.is_none();
        let withdrawn = match shows_lanes && self.filter.is_none() && !self.is_replay() {
            true => withdrawn(snapshot.performance()),
            false => Vec::new(),
        };
        match (&self.overlay, &self.comparing) {
            (Overlay::None, None) if self.filter.is_some() => self.filter = None,
            (Overlay::None, Some(_)) => self.close_comparison(),
            (Overlay::None, None) => self.return_to_live(),
            _ => {}
        }
        self.overlay = Overlay::None;
        let learning = self.learning.take();
        let learning = learning.map(|_| ControlSurfaceCommand::StopLearning.into());
        let mut commands: Vec<_> = learning.into_iter().chain(withdrawn).collect();
        commands.extend(self.panic_if_pressed_twice(now));
        commands
    }

    fn panic_if_pressed_twice(&mut self, now: Timestamp) -> Option<Command> {
        match self.escaped.take() {
            Some(before) if now.since(before) <= Self::DOUBLE_PRESS => {
                Some(PlayerCommand::Panic.into())
            }
            _ => {
                self.escaped = Some(now);
                None
            }
        }
    }

    /// Enters or leaves learn mode.
    fn toggle_learning(&mut self) -> ControlSurfaceCommand {
        self.overlay = Overlay::None;
        match self.learning.take() {
            Some(_) => ControlSurfaceCommand::StopLearning,
            None => {
                self.learning = Some(Learning::default());
                ControlSurfaceCommand::StartLearning
            }
        }
    }
}

/// The commands that withdraw every termination whose moment has not come.
fn withdrawn(live: &Snapshot) -> Vec<Command> {
    let ends = live.endings.keys().cloned();
    ends.map(|id| EngineCommand::PlayOn(id).into()).collect()
}

fn engine(command: Option<EngineCommand>) -> Vec<Command> {
    command.into_iter().map(Command::from).collect()
}

fn tempo(snapshot: &Snapshot, by: f64) -> Command {
    PlayerCommand::SetTempo((snapshot.transport.tempo + by).clamp(20.0, 400.0)).into()
}
