//! Data that all parts of the window share while one frame is painted.

use std::sync::Arc;

use egui::Rect;

use super::{Host, failure::Trail, theme, touring::Guided};
use crate::{
    conductor::{ScoreRun, control_surface::ControlAction},
    engine::{InstanceId, Timestamp},
    view::{
        Action, AskData, Clock, Command, EventCount, Highlight, HighlightTarget, LaneModel,
        LaneMotion, Links, Moment, ScoreId, Snapshot, UiState, caption, replay_caption,
    },
};

/// Snapshot, state and sizes for one frame, and the commands that it sends.
pub(super) struct FrameContext<'a> {
    /// What is shown: live, or a moment of the past.
    pub(super) snapshot: &'a Snapshot,
    /// The whole of what is shown: what happens now, or the scene of an opened history. Commands act on
    /// its performance.
    pub(super) live: &'a Snapshot,
    pub(super) host: &'a dyn Host,
    pub(super) state: &'a mut UiState,
    pub(super) sizes: theme::Sizes,
    /// The moment of the past that is shown, if one is.
    pub(super) moment: Option<&'a Moment>,
    /// What a tour says and presses, if there is one.
    pub(super) guided: Guided,
    /// The wall clock.
    pub(super) wall: Timestamp,
    /// The second clock.
    pub(super) clock: Clock,
    /// Whether there is music, and with it bars and beats.
    pub(super) has_music: bool,
    /// The moment at the playhead.
    pub(super) now: Timestamp,
    /// What the pointer was on in the last frame, in the table, the timeline or the score; else the event
    /// whose data is shown.
    pub(super) lit: Option<Highlight>,
    /// The replay of the run of the selected lane, as far as it is known.
    pub(super) replayed: Option<Arc<ScoreRun>>,
    /// When the next lane goes to the shelf.
    pub(super) next_shelving: Option<Timestamp>,
    /// The kinds of what is done, for reports.
    pub(super) trail: &'a Trail,
    /// Commands to send at the end of the frame.
    pub(super) commands: Vec<Command>,
    /// Widgets whose action a control can be mapped to.
    pub(super) bindable: Vec<Bindable>,
}

impl<'a> FrameContext<'a> {
    /// The number of events of a lane that are shown. `live` is the lane with its history.
    pub(super) fn count_of(&self, live: &LaneModel) -> EventCount {
        match self.moment {
            Some(moment) => live.count_at(moment),
            None => live.history.len(),
        }
    }

    /// What belongs together in a lane. The replay is that of the selected lane.
    pub(super) fn links<'l>(&'l self, lane: &'l LaneModel) -> Option<Links<'l>>
    where
        'a: 'l,
    {
        let live = self.live.lane(&lane.id)?;
        let is_selected = self.state.lane(self.snapshot)?.id == lane.id;
        let replayed = self.replayed.as_deref().filter(|_| is_selected);
        let count = self.count_of(live);
        Some(Links::new(live, count, lane.facts.as_ref(), replayed))
    }

    /// What is highlighted in a lane.
    pub(super) fn lit_in(&self, lane: &LaneModel) -> Option<&HighlightTarget> {
        let lit = self.lit.as_ref().filter(|lit| lit.lane == lane.id);
        lit.map(|lit| &lit.target)
    }

    /// What moves in a lane.
    pub(super) fn motion(&self, lane: &LaneModel) -> LaneMotion {
        match self.state.shows_motion() {
            true => lane.motion(self.now),
            false => LaneMotion::default(),
        }
    }

    /// Performs an action.
    pub(super) fn act(&mut self, action: Action) {
        self.trail.action(&action);
        let commands = self.state.act(action.clone(), self.live, self.wall);
        let (live, wall) = (self.live, self.wall);
        self.state.answer_action(&action, &commands, live, wall);
        self.commands.extend(commands);
    }

    /// Performs an action whose key has to be held, which was confirmed in another way.
    pub(super) fn act_confirmed(&mut self, action: Action) {
        let (live, wall) = (self.live, self.wall);
        let commands = self.state.act_confirmed(action.clone(), live, wall);
        self.state.answer_action(&action, &commands, live, wall);
        self.commands.extend(commands);
    }

    /// Moves the playhead to a moment.
    pub(super) fn seek(&mut self, at: Timestamp) {
        self.state.seek(at, self.live, self.wall);
    }

    /// Selects the lane of a history and shows it; opens it if it is not on the stage.
    pub(super) fn follow_link(&mut self, to: &InstanceId) {
        let command = self.state.follow_link(to, self.live, self.wall);
        self.commands.extend(command.map(Command::from));
    }

    /// The caption.
    pub(super) fn caption(&self) -> String {
        if let Some(said) = &self.guided.caption {
            return said.to_string();
        }
        match self.state.is_replay() {
            true => replay_caption(self.snapshot, self.now, self.wall, &self.clock),
            false => caption(self.snapshot, self.now),
        }
    }

    /// Sends the command of a button at the end of the frame.
    pub(super) fn send(&mut self, command: impl Into<Command>) {
        let command = command.into();
        let (live, wall) = (self.live, self.wall);
        self.state
            .answer_button(std::slice::from_ref(&command), live, wall);
        self.commands.push(command);
    }

    /// Raises the event that a lane waits for, or opens the form for it. `lane` may be as it was in the
    /// past: only what it waits for now can be raised.
    pub(super) fn cue(&mut self, lane: &LaneModel, data: AskData) {
        let performance = self.live.performance();
        if let Some(lane) = performance.lane(&lane.id)
            && let Some(command) = self.state.cue_lane(lane, data)
        {
            self.send(command);
        }
    }

    /// Starts a score, unless it was started a moment ago. If it needs an input, its form opens.
    pub(super) fn start_score(&mut self, id: &ScoreId) {
        let mut cards = self.live.performance().scores.iter();
        if let Some(card) = cards.find(|card| card.id == *id)
            && let Some(command) = self.state.start_card(card, self.wall)
        {
            self.send(command);
        }
    }

    /// Registers a widget whose action a control can be mapped to.
    pub(super) fn bindable(&mut self, rect: Rect, action: ControlAction) {
        if self.state.learning.is_some() || self.state.hints.is_some() {
            self.bindable.push(Bindable { rect, action });
        }
    }

    /// Sets the action that the next touched control is mapped to.
    pub(super) fn set_chosen(&mut self, chosen: Option<ControlAction>) {
        if let Some(learning) = &mut self.state.learning {
            learning.chosen = chosen;
        }
    }
}

/// A widget whose action a control can be mapped to.
pub(super) struct Bindable {
    pub rect: Rect,
    pub action: ControlAction,
}
