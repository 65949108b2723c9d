//! Replay: how actions move the playhead.

use super::{Camera, UiState};
use crate::{
    conductor::{Direction, Rate},
    engine::{EventId, Timestamp},
    view::{
        action::Action,
        command::EngineCommand,
        hints::Hint,
        moment::Moment,
        motion::Motion,
        navigation::Stop,
        playhead::{Playback, Playhead, Repeat, TimeRange},
        recovery_sweep::RecoverySweep,
        snapshot::Snapshot,
    },
};

impl UiState {
    /// Whether a moment of the past is shown.
    pub fn is_replay(&self) -> bool {
        self.playhead != Playhead::Live
    }

    /// Whether the past is being played.
    pub fn is_playing_back(&self) -> bool {
        matches!(self.playhead, Playhead::Playing(_))
    }

    /// The moment of the past that is shown; `None`: live. `live` is the live snapshot.
    pub fn moment(&self, live: &Snapshot, wall: Timestamp) -> Option<Moment> {
        match &self.playhead {
            Playhead::Live => None,
            Playhead::At(moment) => Some(moment.clone()),
            Playhead::Playing(playback) => {
                let at = playback.moment(wall, self.bounds(live, wall), self.repeat);
                Some(Moment::new(at))
            }
        }
    }

    /// Stops a playback that has reached the end, and shows the return from an outage. Called once per
    /// frame.
    pub fn advance(&mut self, live: &Snapshot, wall: Timestamp) {
        self.show_return(live, wall);
        if self.is_replay() {
            self.follow_hint(Hint::History);
        }
        let shown = self.moment(live, wall);
        let shown = shown.map_or_else(|| live.live_edge(wall), |moment| moment.at);
        self.fold_idle(live, shown);
        self.skip_fold(self.bounds(live, wall), wall);
        let Playhead::Playing(playback) = &self.playhead else {
            return;
        };
        let bounds = self.bounds(live, wall);
        if self.repeat == Repeat::Once && playback.is_over(wall, bounds) {
            let at = playback.moment(wall, bounds, Repeat::Once);
            self.playhead = Playhead::At(Moment::new(at));
        }
    }

    /// Starts the sweep over what was answered from history, once for each outage, and ends it.
    fn show_return(&mut self, live: &Snapshot, wall: Timestamp) {
        let outages = &live.performance().outages;
        if let Some(last) = outages.last().filter(|_| outages.len() > self.returns) {
            let sweep = RecoverySweep::new(*last, wall);
            self.sweep = (self.motion == Motion::On).then_some(sweep);
            self.returns = outages.len();
        }
        self.sweep.take_if(|sweep| sweep.is_over(wall));
    }

    /// Moves the playhead to a moment, inside the performance, and stops it there.
    pub fn seek(&mut self, at: Timestamp, live: &Snapshot, wall: Timestamp) {
        let whole = live.extent(wall);
        let at = at.clamp(whole.from, whole.until);
        self.playhead = Playhead::At(Moment::new(at));
        self.camera = Camera::Free;
    }

    /// Shows what happens now.
    pub fn return_to_live(&mut self) {
        self.close_comparison();
        self.leave_opened();
        self.playhead = Playhead::Live;
        self.camera = Camera::Following;
    }

    pub(super) fn move_playhead(&mut self, action: Action, live: &Snapshot, wall: Timestamp) {
        match action {
            Action::Live => self.return_to_live(),
            Action::Replay => self.toggle_playback(Direction::Forward, live, wall),
            Action::ReplayBackward => self.toggle_playback(Direction::Backward, live, wall),
            Action::Loop => self.toggle_loop(live, wall),
            Action::Step(stop, direction) => self.step_playhead(stop, direction, live, wall),
            Action::Start => self.jump(Moment::new(live.extent(wall).from)),
            Action::End => self.jump(Moment::new(live.live_edge(wall))),
            Action::Mark => self.toggle_marker(live, wall),
            _ => {}
        }
    }

    /// Plays the past, or stops if it plays in that direction. From live, it plays from the start of the
    /// selected range or of what is visible.
    pub(super) fn toggle_playback(
        &mut self,
        direction: Direction,
        live: &Snapshot,
        wall: Timestamp,
    ) {
        if let Playhead::Playing(playback) = &self.playhead
            && playback.rate.direction == direction
        {
            let at = playback.moment(wall, self.bounds(live, wall), self.repeat);
            self.playhead = Playhead::At(Moment::new(at));
            return;
        }
        let whole = live.extent(wall);
        let from = match (self.moment(live, wall), direction) {
            (Some(moment), _) => moment.at,
            (None, Direction::Backward) => whole.until,
            (None, Direction::Forward) => match self.range {
                Some(range) => range.from,
                None => self.viewport.from.clamp(whole.from, whole.until),
            },
        };
        // At the end there is nothing left to play.
        let from = match direction {
            Direction::Forward if from >= whole.until => whole.from,
            Direction::Backward if from <= whole.from => whole.until,
            _ => from,
        };
        self.rate.direction = direction;
        self.play(from, wall);
    }

    pub(super) fn change_rate(&mut self, action: &Action, live: &Snapshot, wall: Timestamp) {
        let shown = self.moment(live, wall);
        let speed = self.rate.speed;
        self.rate = Rate {
            speed: match action {
                Action::Faster => speed.faster(),
                _ => speed.slower(),
            },
            ..self.rate
        };
        if let (true, Some(moment)) = (self.is_playing_back(), shown) {
            self.play(moment.at, wall);
        }
    }

    fn play(&mut self, from: Timestamp, since: Timestamp) {
        let rate = self.rate;
        self.playhead = Playhead::Playing(Playback { from, since, rate });
        self.camera = Camera::Following;
    }

    fn step_playhead(
        &mut self,
        stop: Stop,
        direction: Direction,
        live: &Snapshot,
        wall: Timestamp,
    ) {
        let here = self.moment(live, wall);
        let here = here.unwrap_or_else(|| Moment::new(live.live_edge(wall)));
        let lane = self.lane(live);
        let there = match stop {
            Stop::Marker => self.marker_stop(&here, direction),
            _ => live.stop(&here, stop, direction, lane),
        };
        let Some(there) = there else {
            return;
        };
        // The table and the score are those of the lane that failed.
        if stop == Stop::Failure
            && let Some(failed) = live.failed_at(there.at, self.selected.as_ref())
        {
            let failed = failed.id.clone();
            self.select(&failed);
        }
        self.jump(there);
    }

    /// Moves the playhead to a moment, and brings it into view.
    pub fn jump(&mut self, to: Moment) {
        let x = self.viewport.x(to.at);
        if x < 0.0 || x > self.viewport.width {
            self.viewport.center(to.at, 0.5);
        }
        self.camera = Camera::Free;
        self.playhead = Playhead::At(to);
    }

    /// Reruns the selected lane from the event that is open in the table, or else from the playhead, and
    /// shows what comes of it.
    pub(super) fn rerun(&mut self, live: &Snapshot, wall: Timestamp) -> Option<EngineCommand> {
        let lane = self.lane(live).filter(|lane| live.can_rerun(&lane.id))?;
        let chosen = self.table.open.as_ref().filter(|(id, _)| *id == lane.id);
        let place = match (chosen, self.moment(live, wall)) {
            (Some((_, place)), _) => place.0,
            (None, Some(moment)) => lane.count_at(&moment).0,
            (None, None) => return None,
        };
        let last = lane.history.len().0.checked_sub(1)?;
        let event = lane.history.get(place.min(last))?;
        let command = EngineCommand::Rerun {
            instance: lane.id.clone(),
            run: event.run,
            // The start of a run is always shared.
            from: event.event.id.max(EventId(1)),
        };
        self.table.open = None;
        let known = live.reruns.of(&lane.id).len();
        self.asked_rerun = Some((lane.id.clone(), known));
        self.return_to_live();
        Some(command)
    }

    /// Selects the lane of a rerun that was asked for, once it is there. Called once per frame.
    pub fn select_new_rerun(&mut self, live: &Snapshot) {
        let Some((source, known)) = &self.asked_rerun else {
            return;
        };
        let new = live.reruns.of(source).get(*known);
        if let Some(new) = new.filter(|new| live.lane(new).is_some()).cloned() {
            self.asked_rerun = None;
            self.select(&new);
        }
    }

    fn toggle_loop(&mut self, live: &Snapshot, wall: Timestamp) {
        let shown = self.moment(live, wall);
        self.repeat = match self.repeat {
            Repeat::Loop => Repeat::Once,
            Repeat::Once => {
                let whole = live.extent(wall);
                let visible =
                    TimeRange::between(self.viewport.from, self.viewport.until().min(whole.until));
                self.range.get_or_insert(visible);
                Repeat::Loop
            }
        };
        if let (true, Some(moment)) = (self.is_playing_back(), shown) {
            self.play(moment.at, wall);
        }
    }

    /// The range in which a playback runs.
    fn bounds(&self, live: &Snapshot, wall: Timestamp) -> TimeRange {
        match (self.range, self.repeat) {
            (Some(range), Repeat::Loop) => range,
            _ => live.extent(wall),
        }
    }
}
