//! The comparison of two runs: how it opens, what keys do in it, and how it closes.

use super::{Camera, Overlay, UiState};
use crate::{
    conductor::{
        Direction,
        control_surface::{ControlAction, LaneTarget},
    },
    engine::{InstanceId, Timestamp},
    view::{
        action::Action,
        command::{Command, HistoryCommand},
        comparing::{Behind, Comparing},
        comparison::{ComparedPair, ComparedRuns, RunOf},
        moment::Moment,
        navigation::Stop,
        playhead::{Playhead, Repeat},
        search::Search,
        snapshot::Snapshot,
        viewport::Viewport,
    },
};

/// The space around both runs, as a factor of their length.
const AROUND: f64 = 1.03;
/// The longest part of both runs that is visible at first, in seconds.
const MOST_VISIBLE: f64 = 60.0;

/// What becomes of an action while two runs are compared.
pub(super) enum InComparison {
    /// It was handled, or it is for something that the comparison covers.
    Done(Vec<Command>),
    /// It is for something else.
    Ignored,
}

impl UiState {
    /// Compares the selected lane with its counterpart if that is obvious, else asks with which. From a
    /// comparison, asks for another counterpart.
    pub(super) fn compare(&mut self, snapshot: &Snapshot, wall: Timestamp) -> Vec<Command> {
        if self.comparing.is_some() {
            return self.ask_counterpart();
        }
        let Some(lane) = self.lane(snapshot) else {
            return Vec::new();
        };
        match snapshot.counterpart_of(lane) {
            Some(other) => {
                let one = RunOf::latest(lane);
                self.open_comparison(one, other, snapshot, wall);
                Vec::new()
            }
            None => self.ask_counterpart(),
        }
    }

    /// Compares the selected lane, or the one that is compared already, with a run that was chosen.
    pub fn compare_with(&mut self, other: RunOf, snapshot: &Snapshot, wall: Timestamp) {
        self.overlay = Overlay::None;
        let one = match &self.comparing {
            Some(comparing) => Some(comparing.pair.one.clone()),
            None => self.lane(snapshot).map(|lane| RunOf::latest(lane)),
        };
        if let Some(one) = one.filter(|one| *one != other) {
            self.close_comparison();
            self.open_comparison(one, other, snapshot, wall);
        }
    }

    /// The run that is compared, while its counterpart is chosen.
    pub fn compared_run(&self, snapshot: &Snapshot) -> Option<RunOf> {
        match &self.comparing {
            Some(comparing) => Some(comparing.pair.one.clone()),
            None => self.lane(snapshot).map(|lane| RunOf::latest(lane)),
        }
    }

    /// The comparison was made: the playhead goes to the first difference. Called once per frame.
    pub fn begin_comparison(&mut self, runs: &ComparedRuns) {
        let Some(comparing) = self.comparing.as_mut().filter(|c| !c.begun) else {
            return;
        };
        comparing.begun = true;
        let first = runs.moment(0).unwrap_or(runs.range.from);
        self.playhead = Playhead::At(Moment::new(first));
        self.camera = Camera::Free;
        self.range = None;
        self.repeat = Repeat::Once;
    }

    /// Sets the width of the visible window. At first both runs fit into it, or what is around the first
    /// difference.
    pub fn fit_comparison(&mut self, runs: &ComparedRuns, width: f32) {
        let fitted = self
            .comparing
            .as_mut()
            .map(|comparing| &mut comparing.fitted);
        if fitted.is_none_or(|fitted| std::mem::replace(fitted, true)) {
            self.viewport.resize(width);
            return;
        }
        let range = runs.range;
        let seconds = range.length().as_secs_f64() * AROUND;
        let visible = seconds.clamp(0.5, MOST_VISIBLE);
        self.viewport = Viewport::new(range.from, visible, width);
        match runs.moment(0).filter(|_| seconds > MOST_VISIBLE) {
            Some(first) => self.viewport.center(first, 0.5),
            None => self.viewport.center(range.from, 0.018),
        }
    }

    /// The difference that is shown: the one that was chosen while the playhead is there, or else the one
    /// at the playhead.
    pub fn shown_difference(&self, runs: &ComparedRuns, now: Timestamp) -> Option<usize> {
        let chosen = self
            .comparing
            .as_ref()
            .and_then(|comparing| comparing.chosen);
        match chosen.filter(|(_, at)| *at == now) {
            Some((difference, _)) => Some(difference),
            None => runs.difference_at(now),
        }
    }

    /// Keeps the playhead in view while it plays: the visible window turns a page.
    pub fn turn_page(&mut self, now: Timestamp) {
        let x = self.viewport.x(now) / self.viewport.width;
        if self.camera == Camera::Following && !(0.0..=0.97).contains(&x) {
            self.viewport.center(now, 0.04);
        }
    }

    /// Closes the comparison: the stage shows what it showed before. A playback stays stopped.
    pub fn close_comparison(&mut self) {
        let Some(Comparing { behind, .. }) = self.comparing.take() else {
            return;
        };
        self.playhead = behind.playhead;
        self.camera = behind.camera;
        let width = self.viewport.width;
        self.viewport = behind.viewport;
        self.viewport.resize(width);
        self.range = behind.range;
        self.repeat = behind.repeat;
        self.rate = behind.rate;
    }

    /// Performs an action while two runs are compared: the keys of replay move both.
    pub(super) fn act_in_comparison(
        &mut self,
        action: &Action,
        snapshot: &Snapshot,
        wall: Timestamp,
    ) -> InComparison {
        let Some(comparing) = &self.comparing else {
            return InComparison::Ignored;
        };
        let begun = comparing.begun;
        match action {
            // It closes the panel on top, or the comparison.
            Action::Escape
            | Action::Compare
            | Action::Palette
            | Action::Help
            | Action::Scores
            | Action::FullScreen
            | Action::ReadingDistance
            | Action::Clock
            | Action::Record
            | Action::Control(
                ControlAction::Panic
                | ControlAction::PlayStop
                | ControlAction::Pause(LaneTarget::All),
            ) => return InComparison::Ignored,
            Action::Live | Action::Dismiss => self.close_comparison(),
            _ if !begun => {}
            Action::Step(stop @ (Stop::Event | Stop::Failure), direction) => {
                self.step_in_comparison(*stop, *direction, snapshot, wall);
            }
            Action::Replay
            | Action::ReplayBackward
            | Action::Step(..)
            | Action::Start
            | Action::End
            | Action::Loop
            | Action::Faster
            | Action::Slower
            | Action::Follow
            | Action::ZoomIn
            | Action::ZoomOut
            | Action::ShowAll
            | Action::Earlier
            | Action::Later
            | Action::Control(ControlAction::Pause(LaneTarget::Selected)) => {
                return InComparison::Ignored;
            }
            _ => {}
        }
        InComparison::Done(Vec::new())
    }

    fn step_in_comparison(
        &mut self,
        stop: Stop,
        direction: Direction,
        snapshot: &Snapshot,
        wall: Timestamp,
    ) {
        let here = self.moment(snapshot, wall);
        let Some((runs, here)) = snapshot.compared().zip(here) else {
            return;
        };
        if stop == Stop::Event {
            if let Some(there) = runs.next_event(here.at, direction) {
                self.jump(Moment::new(there));
            }
            return;
        }
        let shown = self.shown_difference(runs, here.at);
        let next = runs.next_difference(here.at, shown, direction);
        let Some((next, there)) = next.and_then(|next| Some((next, runs.moment(next)?))) else {
            return;
        };
        self.jump(Moment::new(there));
        if let Some(comparing) = &mut self.comparing {
            comparing.chosen = Some((next, there));
        }
    }

    fn open_comparison(&mut self, one: RunOf, other: RunOf, snapshot: &Snapshot, asked: Timestamp) {
        self.explainer = None;
        // What was played stops where it is.
        let playhead = match self.moment(snapshot, asked) {
            Some(moment) => Playhead::At(moment),
            None => Playhead::Live,
        };
        self.comparing = Some(Comparing {
            pair: ComparedPair { one, other, asked },
            begun: false,
            fitted: false,
            chosen: None,
            behind: Behind {
                playhead: playhead.clone(),
                camera: self.camera,
                viewport: self.viewport.clone(),
                range: self.range,
                repeat: self.repeat,
                rate: self.rate,
            },
        });
        self.playhead = playhead;
    }

    fn ask_counterpart(&mut self) -> Vec<Command> {
        self.overlay = Overlay::CompareWith(Search::default());
        vec![HistoryCommand::Find(String::new()).into()]
    }
}

impl Snapshot {
    /// The runs that are compared, if this snapshot shows two.
    pub fn compared(&self) -> Option<&ComparedRuns> {
        self.scene.as_ref()?.compared.as_deref()
    }

    /// The run of an instance of the store, or of an opened file, for a comparison.
    pub fn run_of(&self, id: &InstanceId) -> Option<RunOf> {
        let histories = &self.performance().histories;
        let card = histories.found.cards.iter().find(|card| card.id == *id);
        let opened = histories.opened(id).map(|opened| opened.lane.run);
        let run = opened.or(card.map(|card| card.run))?;
        let instance = id.clone();
        Some(RunOf { instance, run })
    }
}
