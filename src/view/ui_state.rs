//! What the person at the stage has chosen to see, and how their actions change it.
//!
//! Pure: an action and a snapshot give a new state and the commands to send.

use std::{sync::Arc, time::Duration};

use super::{
    action::Action,
    command::{Command, ControlSurfaceCommand, EngineCommand, PlayerCommand},
    control_commands::commands,
    lane::LaneModel,
    snapshot::Snapshot,
    viewport::Viewport,
};
use crate::{
    conductor::control_surface::{ControlAction, ControlIntent, Gesture},
    engine::{InstanceId, Timestamp},
};

/// How far away the readers sit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// Before the screen.
    #[default]
    Desk,
    /// On the stage.
    Stage,
    /// In a hall.
    Hall,
    /// Behind a hall.
    Poster,
}

impl Reading {
    /// How much larger everything is.
    pub fn zoom(self) -> f32 {
        match self {
            Self::Desk => 1.0,
            Self::Stage => 1.25,
            Self::Hall => 1.5,
            Self::Poster => 2.0,
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Desk => Self::Stage,
            Self::Stage => Self::Hall,
            Self::Hall => Self::Poster,
            Self::Poster => Self::Desk,
        }
    }
}

/// What lies on top of the stage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The scores.
    Scores,
    /// Every key.
    Help,
    /// The search for an action, with the words typed so far.
    Palette(String),
}

/// Pads, faders and keys are being learned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Learning {
    /// What the next control that is touched will do.
    pub chosen: Option<ControlAction>,
}

/// Terminate is being held down.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hold {
    target: InstanceId,
    since: Timestamp,
    /// It was held long enough and the command is out: nothing more until it is let go.
    done: bool,
}

/// What the person at the stage has chosen.
#[derive(Debug, Clone)]
pub struct UiState {
    /// The selected lane.
    pub selected: Option<InstanceId>,
    /// The window of time.
    pub viewport: Viewport,
    /// The window follows the playhead.
    pub follow: bool,
    /// How far away the readers sit.
    pub reading: Reading,
    /// What lies on top.
    pub overlay: Overlay,
    /// The inspector is open.
    pub inspector: bool,
    /// The meters are open.
    pub meters: bool,
    /// The window fills the screen.
    pub full_screen: bool,
    /// Pads, faders and keys are being learned.
    pub learning: Option<Learning>,
    /// How far the lanes are scrolled up, in points.
    pub scroll: f32,
    /// The selected lane is to be brought into view.
    pub reveal: bool,
    hold: Option<Hold>,
    escaped: Option<Timestamp>,
}

impl Default for UiState {
    fn default() -> Self {
        Self {
            selected: None,
            viewport: Viewport::new(Timestamp(0), 20.0, 1000.0),
            follow: true,
            reading: Reading::Desk,
            overlay: Overlay::None,
            inspector: true,
            meters: false,
            full_screen: false,
            learning: None,
            scroll: 0.0,
            reveal: false,
            hold: None,
            escaped: None,
        }
    }
}

impl UiState {
    /// How long the terminate key or button is held before it acts.
    pub const HOLD: Duration = Duration::from_millis(600);
    /// Two presses of Escape within this are a panic.
    pub const DOUBLE: Duration = Duration::from_millis(800);

    /// The lane that actions go to: the selected one, or the only one, or the first.
    pub fn lane<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Arc<LaneModel>> {
        self.selected
            .as_ref()
            .and_then(|id| snapshot.lane(id))
            .or_else(|| snapshot.lanes.first())
    }

    /// Selects a lane.
    pub fn select(&mut self, id: &InstanceId) {
        self.selected = Some(id.clone());
        self.reveal = true;
    }

    /// Does what an action says. `Terminate` only begins to hold; see [`Self::hold_progress`].
    pub fn act(&mut self, action: Action, snapshot: &Snapshot, now: Timestamp) -> Vec<Command> {
        if action != Action::Escape {
            self.escaped = None;
        }
        if let Some(action) = action.control() {
            let gesture = Gesture::Toggle;
            let intent = ControlIntent { action, gesture };
            return commands(&intent, now, snapshot, self.selected.as_ref());
        }
        match action {
            Action::Terminate => {
                if let Some(lane) = self.lane(snapshot) {
                    let target = lane.id.clone();
                    self.begin_hold(target, now);
                }
                Vec::new()
            }
            Action::Record => vec![match snapshot.recording {
                Some(_) => EngineCommand::StopRecording.into(),
                None => EngineCommand::StartRecording.into(),
            }],
            Action::Faster => vec![tempo(snapshot, 1.0)],
            Action::Slower => vec![tempo(snapshot, -1.0)],
            Action::Learn => vec![self.learn().into()],
            Action::Lane(digit) => {
                let command = self.digit(digit, snapshot);
                command.into_iter().map(Command::from).collect()
            }
            Action::Escape => self.escape(now),
            local => {
                self.look(local, snapshot, now);
                Vec::new()
            }
        }
    }

    /// Terminate is pressed on an instance: by key or by button.
    pub fn begin_hold(&mut self, target: InstanceId, now: Timestamp) {
        if self.hold.as_ref().is_none_or(|hold| hold.target != target) {
            self.hold = Some(Hold {
                target,
                since: now,
                done: false,
            });
        }
    }

    /// Terminate is let go.
    pub fn end_hold(&mut self) {
        self.hold = None;
    }

    /// The instance on which terminate is held, and how far it is, 0 to 1.
    pub fn holding(&self, now: Timestamp) -> Option<(&InstanceId, f32)> {
        let hold = self.hold.as_ref().filter(|hold| !hold.done)?;
        let part = now.since(hold.since).as_secs_f32() / Self::HOLD.as_secs_f32();
        Some((&hold.target, part.min(1.0)))
    }

    /// Time passes while terminate is held: gives the command once, when it was held long enough.
    pub fn hold_progress(&mut self, now: Timestamp) -> Option<EngineCommand> {
        let hold = self.hold.as_mut().filter(|hold| !hold.done)?;
        hold.done = now.since(hold.since) >= Self::HOLD;
        hold.done
            .then(|| EngineCommand::Terminate(hold.target.clone()))
    }

    /// The person moved the picture by hand: it no longer follows.
    pub fn moved(&mut self) {
        self.follow = false;
    }

    fn look(&mut self, action: Action, snapshot: &Snapshot, now: Timestamp) {
        let edge = snapshot.live_edge(now);
        let anchor = match self.follow {
            true => self.viewport.x(edge),
            false => self.viewport.width / 2.0,
        };
        match action {
            Action::LaneAbove => self.step(snapshot, -1),
            Action::LaneBelow => self.step(snapshot, 1),
            Action::Scores => self.toggle(Overlay::Scores),
            Action::Help => self.toggle(Overlay::Help),
            Action::Palette => self.toggle(Overlay::Palette(String::new())),
            Action::Follow => self.follow = true,
            Action::ZoomIn => self.viewport.zoom_at(anchor, 1.25),
            Action::ZoomOut => self.viewport.zoom_at(anchor, 0.8),
            Action::ShowAll => self.show_all(snapshot, edge),
            Action::Earlier => self.shift(0.2),
            Action::Later => self.shift(-0.2),
            Action::Inspector => self.inspector = !self.inspector,
            Action::Meters => self.meters = !self.meters,
            Action::Reading => self.reading = self.reading.next(),
            Action::FullScreen => self.full_screen = !self.full_screen,
            _ => {}
        }
    }

    fn shift(&mut self, part: f32) {
        self.viewport.pan(self.viewport.width * part);
        self.moved();
    }

    fn show_all(&mut self, snapshot: &Snapshot, edge: Timestamp) {
        if let Some((from, until)) = snapshot.overview.extent() {
            let seconds = until.max(edge).since(from).as_secs_f64() * 1.04;
            self.viewport = Viewport::new(from, seconds.max(1.0), self.viewport.width);
            self.moved();
        }
    }

    fn toggle(&mut self, overlay: Overlay) {
        self.overlay =
            match std::mem::discriminant(&self.overlay) == std::mem::discriminant(&overlay) {
                true => Overlay::None,
                false => overlay,
            };
    }

    fn step(&mut self, snapshot: &Snapshot, by: isize) {
        let here = self
            .lane(snapshot)
            .and_then(|lane| snapshot.lanes.iter().position(|l| l.id == lane.id));
        let place = match (here, &self.selected) {
            (Some(here), Some(_)) => here.saturating_add_signed(by),
            _ => 0,
        };
        if let Some(lane) = snapshot.lanes.get(place) {
            self.select(&lane.id);
        }
    }

    /// Where scores lie open, a digit starts a score; else it selects a lane.
    fn digit(&mut self, digit: u8, snapshot: &Snapshot) -> Option<EngineCommand> {
        let place = usize::from(digit).checked_sub(1)?;
        if self.shows_scores(snapshot) {
            let card = snapshot.scores.get(place)?;
            self.overlay = Overlay::None;
            return card
                .problem
                .is_none()
                .then(|| EngineCommand::StartScore(card.id.clone()));
        }
        if let Some(lane) = snapshot.lanes.get(place) {
            self.select(&lane.id);
        }
        None
    }

    /// The scores lie open: because they were asked for, or because nothing runs yet.
    pub fn shows_scores(&self, snapshot: &Snapshot) -> bool {
        self.overlay == Overlay::Scores
            || (snapshot.lanes.is_empty() && self.overlay == Overlay::None)
    }

    fn escape(&mut self, now: Timestamp) -> Vec<Command> {
        self.overlay = Overlay::None;
        let learnt = self.learning.take();
        let mut commands: Vec<_> = learnt
            .map(|_| ControlSurfaceCommand::StopLearning.into())
            .into_iter()
            .collect();
        match self.escaped.take() {
            Some(before) if now.since(before) <= Self::DOUBLE => {
                commands.push(PlayerCommand::Panic.into())
            }
            _ => self.escaped = Some(now),
        }
        commands
    }

    /// Begins to learn, or ends it.
    fn learn(&mut self) -> ControlSurfaceCommand {
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

fn tempo(snapshot: &Snapshot, by: f64) -> Command {
    PlayerCommand::SetTempo((snapshot.transport.tempo + by).clamp(20.0, 400.0)).into()
}
