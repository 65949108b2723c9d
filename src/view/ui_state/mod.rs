//! The state of the user interface: selection, time window, open panels.
//!
//! It is pure: an action and a snapshot give a new state and the commands to send.

mod answers;
mod arrange;
mod audience;
mod camera;
mod closing;
mod compare;
mod controls;
mod editing;
mod forms;
mod found;
mod hints;
mod histories;
mod hold;
mod idle;
mod inspected;
mod lanes;
mod markers;
mod motion;
mod overlay;
mod panels;
mod reading_distance;
mod replay;
mod selection;

use std::{collections::HashSet, sync::Arc, time::Duration};

pub use answers::GivenByControl;
pub use arrange::{DraggedLane, LaneDrop};
pub use camera::Camera;
pub use closing::Leaving;
pub use idle::IdleTime;
pub use overlay::Overlay;
pub use reading_distance::ReadingDistance;

use super::{
    action::Action,
    answer::Answer,
    arrangement::Arrangement,
    audience::Audience,
    clock::SecondClock,
    command::{Command, ControlSurfaceCommand, EngineCommand, PlayerCommand, ScoreId},
    comparing::Comparing,
    control_commands::commands,
    event_table::EventTable,
    explainer::{Explainer, Explaining},
    find::NameIndex,
    form::AskData,
    highlight::Highlight,
    hints::{Hint, Hints, accepts},
    histories::OpeningNumber,
    idle_time::IdleTimesShown,
    lane_filter::FilterField,
    markers::{Markers, Naming},
    motion::Motion,
    pending::PendingCommands,
    playhead::{Playhead, Repeat, TimeRange},
    recovery_sweep::RecoverySweep,
    rows::Focus,
    run_data::DataKey,
    score_editor::ScoreEditor,
    score_pane::ScorePane,
    search::Search,
    snapshot::Snapshot,
    stage_lanes::Shelf,
    viewport::Viewport,
};
use crate::{
    conductor::{
        Direction, Rate,
        control_surface::{ControlAction, ControlIntent, Gesture, LaneTarget},
    },
    engine::{InstanceId, Timestamp},
};

/// The state of learn mode.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Learning {
    /// The action that the next touched control is mapped to.
    pub chosen: Option<ControlAction>,
}

/// The state of the user interface.
#[derive(Debug, Clone)]
pub struct UiState {
    /// The selected lane.
    pub selected: Option<InstanceId>,
    /// The visible time window.
    pub viewport: Viewport,
    /// The moment that is shown.
    pub playhead: Playhead,
    /// Whether the visible window follows the playhead.
    pub camera: Camera,
    /// Whether idle time is folded.
    pub idle: IdleTime,
    /// The idle times of what is shown.
    idle_times: IdleTimesShown,
    /// The opened history that is shown in place of the performance. While it is set, the playhead is in
    /// the past.
    pub opened: Option<InstanceId>,
    /// The latest opened history that was shown.
    latest_opened: OpeningNumber,
    /// A rerun of this lane was requested when it had this many; the new one is selected once it appears.
    asked_rerun: Option<(InstanceId, usize)>,
    /// The scale of the visible window before an opened history was shown.
    scale_before: Option<f64>,
    /// The rate of the last playback of the past.
    pub rate: Rate,
    /// The selected range of time.
    pub range: Option<TimeRange>,
    /// Whether playback repeats the range.
    pub repeat: Repeat,
    /// The event table.
    pub table: EventTable,
    /// The part of a row that the table was scrolled and has not moved yet.
    pub table_scroll: f32,
    /// What the pointer is on in table, timeline or score, in this frame.
    pub highlight: Option<Highlight>,
    /// The data of a lane that is shown as a whole.
    pub data: Option<(InstanceId, DataKey)>,
    /// The first row of the data on screen.
    pub data_top: usize,
    /// The first line on screen of the value that is shown as a whole.
    pub card_top: usize,
    /// The score's text.
    pub score: ScorePane,
    /// Set while a score is edited.
    pub editor: Option<ScoreEditor>,
    /// The edits that were begun.
    edits: u64,
    /// Markers, in the order of time.
    pub markers: Markers,
    /// The marker that is being named.
    pub naming: Option<Naming>,
    /// The reading distance.
    pub reading_distance: ReadingDistance,
    /// What the second clock shows.
    pub clock: SecondClock,
    /// Whether changes are shown with motion.
    pub motion: Motion,
    /// The panel on top.
    pub overlay: Overlay,
    /// Whether the inspector is open.
    pub inspector: bool,
    /// Whether the set list is shown, if one is open.
    pub setlist: bool,
    /// Whether the meters are open.
    pub meters: bool,
    /// Whether the window fills the screen.
    pub full_screen: bool,
    /// Set in learn mode.
    pub learning: Option<Learning>,
    /// Set while a replay is explained, in place of the lanes.
    pub explainer: Option<Explainer>,
    /// Set while two runs are compared, in place of the lanes.
    pub comparing: Option<Comparing>,
    /// The light that goes over the recovered lanes after a return.
    pub sweep: Option<RecoverySweep>,
    /// The outages whose return was shown.
    returns: usize,
    /// The scroll offset of the lanes, in points.
    pub scroll: f32,
    /// Whether to scroll to the selected lane.
    pub reveal: bool,
    /// Whether the selected lane has most of the window.
    pub focus: Focus,
    /// Whether lanes that have ended are shown as rows.
    pub shelf: Shelf,
    /// The lanes whose children are folded.
    pub folded: HashSet<InstanceId>,
    /// How the user has arranged the lanes.
    pub arrangement: Arrangement,
    /// The names of the groups whose lanes are folded.
    pub folded_groups: HashSet<Arc<str>>,
    /// The lane that is being dragged to another place.
    pub dragged: Option<DraggedLane>,
    /// The filter of the lanes; `None`: it is closed, and all are shown.
    pub filter: Option<FilterField>,
    /// The folder of the file that was opened last, as it was typed.
    last_folder: String,
    /// The hints for a newcomer, while they are shown.
    pub hints: Option<Hints>,
    /// The names of what the lanes did.
    pub names: Arc<NameIndex>,
    searched: Option<found::Searched>,
    /// Set once the window is to close.
    pub leaving: Option<Leaving>,
    /// What the operator has chosen for the audience's window.
    pub audience: Audience,
    hold: Option<hold::Hold>,
    escaped: Option<Timestamp>,
    /// The score that was started last, and when.
    started: Option<(ScoreId, Timestamp)>,
    answer: Option<(Answer, Timestamp)>,
    /// Commands that the engine has not confirmed.
    pub pending: PendingCommands,
}

impl Default for UiState {
    fn default() -> Self {
        Self {
            selected: None,
            viewport: Viewport::new(Timestamp(0), 20.0, 1000.0),
            playhead: Playhead::Live,
            camera: Camera::Following,
            idle: IdleTime::Shown,
            idle_times: IdleTimesShown::default(),
            opened: None,
            latest_opened: OpeningNumber::default(),
            asked_rerun: None,
            scale_before: None,
            rate: Rate::default(),
            range: None,
            repeat: Repeat::Once,
            table: EventTable::default(),
            table_scroll: 0.0,
            highlight: None,
            editor: None,
            edits: 0,
            markers: Markers::default(),
            naming: None,
            data: None,
            data_top: 0,
            card_top: 0,
            score: ScorePane::default(),
            reading_distance: ReadingDistance::Desk,
            clock: SecondClock::default(),
            motion: Motion::default(),
            overlay: Overlay::None,
            inspector: true,
            setlist: true,
            meters: false,
            full_screen: false,
            learning: None,
            explainer: None,
            comparing: None,
            sweep: None,
            returns: 0,
            scroll: 0.0,
            reveal: false,
            focus: Focus::None,
            shelf: Shelf::Closed,
            folded: HashSet::new(),
            arrangement: Arrangement::default(),
            folded_groups: HashSet::new(),
            dragged: None,
            filter: None,
            last_folder: "~/".to_owned(),
            hints: None,
            names: Arc::default(),
            searched: None,
            leaving: None,
            audience: Audience::default(),
            hold: None,
            escaped: None,
            started: None,
            answer: None,
            pending: PendingCommands::default(),
        }
    }
}

impl UiState {
    /// How long the terminate key or button must be held.
    pub const HOLD: Duration = Duration::from_millis(600);
    /// Two presses of Escape within this time are a panic.
    pub const DOUBLE_PRESS: Duration = Duration::from_millis(800);
    /// Within this time the same score is not started again.
    pub const RESTART: Duration = Duration::from_secs(1);
    /// How long the answer to a command is shown.
    pub const ANSWER: Duration = Duration::from_millis(1300);
    /// How long the reason why a command was rejected is shown.
    pub const REJECTION: Duration = Duration::from_secs(6);

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
            replay => self.move_playhead(replay, snapshot, now),
        }
    }

    fn escape(&mut self, snapshot: &Snapshot, now: Timestamp) -> Vec<Command> {
        if self.naming.take().is_some() || self.hints.take().is_some() {
            return Vec::new();
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
