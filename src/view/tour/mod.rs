//! A tour: a set list that performs itself. It says and presses, step by step, what a speaker would, until
//! somebody touches a key or the mouse.
//!
//! It is pure: the window asks it in each frame what is due by now.

mod keys;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

pub use keys::wrong_keys;

use super::{
    action::Action,
    setlist::{PieceNumber, SetlistCommand, SetlistView},
    snapshot::Snapshot,
};
use crate::{
    conductor::setlist::{TourMoment, TourStep},
    engine::{InstanceId, Status, Timestamp},
};

/// Whether the set list performs itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TourMode {
    /// It does not.
    #[default]
    Off,
    /// Once; then the window closes.
    Once,
    /// Again and again.
    Repeated,
}

/// What a tour does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TourAct {
    /// Presses the key of an action.
    Press(Action),
    /// Selects a lane.
    Select(InstanceId),
    /// Moves in the set list.
    Go(SetlistCommand),
    /// Closes the window.
    Leave,
}

/// A tour, as far as it has come.
#[derive(Debug)]
pub struct Tour {
    mode: TourMode,
    phase: Phase,
    said: Option<Arc<str>>,
    pressed: Option<(Arc<str>, Timestamp)>,
}

#[derive(Debug, Clone)]
enum Phase {
    /// The set list is not there yet.
    Opening,
    /// A piece is to begin, as another instance than the one before.
    Starting {
        piece: PieceNumber,
        asked: Timestamp,
        before: Option<InstanceId>,
    },
    /// A piece plays, and this is the next step: when the one before it came.
    Playing {
        piece: PieceNumber,
        step: usize,
        since: Timestamp,
    },
    /// A piece is over: its lanes end, and it falls silent.
    Leaving { next: PieceNumber, since: Timestamp },
    /// The last piece is over.
    Closing { since: Timestamp },
    /// It is over, or somebody has taken over.
    Over,
}

impl Tour {
    /// How long a pressed key is shown.
    pub const SHOWN: Duration = Duration::from_millis(2_500);
    /// How long a piece may take to begin. Then the next one is tried.
    pub const START: Duration = Duration::from_secs(10);
    /// How long it is silent between two pieces. The next one has a tempo and a metre of its own only if it does
    /// not join one that plays.
    pub const SILENCE: Duration = Duration::from_millis(1_500);
    /// How long the last caption is read.
    pub const LAST: Duration = Duration::from_secs(4);

    /// A tour of the set list that the window shows; `None` if there is to be none.
    pub fn new(mode: TourMode) -> Option<Self> {
        let tour = Self {
            mode,
            phase: Phase::Opening,
            said: None,
            pressed: None,
        };
        (mode != TourMode::Off).then_some(tour)
    }

    /// What is due by now, in order.
    pub fn advance(&mut self, live: &Snapshot, now: Timestamp) -> Vec<TourAct> {
        let Some(list) = &live.performance().setlist else {
            return Vec::new();
        };
        match self.phase {
            Phase::Opening => match list.position.started {
                // The window was opened again while the tour was under way.
                Some(piece) => self.play(piece, usize::MAX, now),
                None => self.start(PieceNumber::FIRST, list, now),
            },
            Phase::Starting { piece, asked, .. } => self.await_start(piece, asked, list, now),
            Phase::Playing { piece, step, since } => {
                let Some(next) = step_of(piece, step, list) else {
                    return self.end_piece(piece, list, now);
                };
                if !is_due(&next, since, list, live, now) {
                    return Vec::new();
                }
                self.play(piece, step + 1, now);
                self.perform(&next, now)
            }
            Phase::Leaving { next, since } => {
                let plays = live.performance().lanes.iter();
                let plays = plays.filter(|lane| !lane.status.is_closed()).count() > 0;
                match !plays && now.since(since) >= Self::SILENCE {
                    true => self.start(next, list, now),
                    false => Vec::new(),
                }
            }
            Phase::Closing { since } if now.since(since) >= Self::LAST => {
                self.phase = Phase::Over;
                vec![TourAct::Leave]
            }
            Phase::Closing { .. } | Phase::Over => Vec::new(),
        }
    }

    /// Ends it: somebody takes over.
    pub fn stop(&mut self) {
        (self.phase, self.said, self.pressed) = (Phase::Over, None, None);
    }

    /// Whether it still performs.
    pub fn is_running(&self) -> bool {
        !matches!(self.phase, Phase::Over)
    }

    /// The caption, if it has one.
    pub fn caption(&self) -> Option<Arc<str>> {
        self.said.clone().filter(|said| !said.is_empty())
    }

    /// The key that was pressed a moment ago.
    pub fn key(&self, now: Timestamp) -> Option<Arc<str>> {
        let (key, at) = self.pressed.as_ref()?;
        (now.since(*at) < Self::SHOWN).then(|| Arc::clone(key))
    }

    /// How long nothing of it changes, unless a piece begins or ends.
    pub fn next_change(&self, live: &Snapshot, now: Timestamp) -> Option<Duration> {
        let list = live.performance().setlist.as_ref()?;
        let left = |since: Timestamp, lasts: Duration| lasts.saturating_sub(now.since(since));
        let next = match self.phase {
            Phase::Starting { asked, .. } => Some(left(asked, Self::START)),
            Phase::Closing { since } => Some(left(since, Self::LAST)),
            Phase::Leaving { since, .. } => Some(left(since, Self::SILENCE)),
            Phase::Playing { piece, step, since } => match step_of(piece, step, list) {
                Some(TourStep {
                    after: TourMoment::After(wait),
                    ..
                }) => Some(left(since, wait)),
                Some(_) => None,
                None => Some(Duration::ZERO),
            },
            Phase::Opening | Phase::Over => None,
        };
        let key = self.key(now).and(self.pressed.as_ref());
        let key = key.map(|(_, at)| left(*at, Self::SHOWN));
        next.into_iter().chain(key).min()
    }

    fn start(&mut self, piece: PieceNumber, list: &SetlistView, now: Timestamp) -> Vec<TourAct> {
        self.phase = Phase::Starting {
            piece,
            asked: now,
            before: list.position.latest().cloned(),
        };
        vec![TourAct::Go(SetlistCommand::Next)]
    }

    fn await_start(
        &mut self,
        piece: PieceNumber,
        asked: Timestamp,
        list: &SetlistView,
        now: Timestamp,
    ) -> Vec<TourAct> {
        let latest = list.position.latest();
        let began = list.position.started == Some(piece)
            && !matches!(&self.phase, Phase::Starting { before, .. } if before.as_ref() == latest);
        if began {
            self.said = None;
            self.play(piece, 0, now);
            return latest.cloned().map(TourAct::Select).into_iter().collect();
        }
        if now.since(asked) < Self::START {
            return Vec::new();
        }
        // It has an error, which the window shows.
        let next = piece.next();
        if list.piece(next).is_none() {
            return self.end(now);
        }
        let mut acts = vec![TourAct::Go(SetlistCommand::GoTo(next))];
        acts.extend(self.start(next, list, now));
        acts
    }

    fn play(&mut self, piece: PieceNumber, step: usize, since: Timestamp) -> Vec<TourAct> {
        self.phase = Phase::Playing { piece, step, since };
        Vec::new()
    }

    fn perform(&mut self, step: &TourStep, now: Timestamp) -> Vec<TourAct> {
        if let Some(said) = &step.say {
            self.said = Some(Arc::clone(said));
        }
        let mut acts = Vec::new();
        for key in &step.press {
            // What is wrong with a key was said when the set list was read.
            if let Ok(action) = keys::action_of(&key.name) {
                self.pressed = Some((Arc::clone(&key.name), now));
                acts.push(TourAct::Press(action));
            }
        }
        acts
    }

    fn end_piece(
        &mut self,
        piece: PieceNumber,
        list: &SetlistView,
        now: Timestamp,
    ) -> Vec<TourAct> {
        let next = piece.next();
        match list.piece(next) {
            Some(_) => self.leave(next, now),
            None => self.end(now),
        }
    }

    /// Ends what still plays, and goes to the next piece.
    fn leave(&mut self, next: PieceNumber, since: Timestamp) -> Vec<TourAct> {
        self.phase = Phase::Leaving { next, since };
        let commands = [SetlistCommand::Reset, SetlistCommand::GoTo(next)];
        commands.map(TourAct::Go).into()
    }

    fn end(&mut self, now: Timestamp) -> Vec<TourAct> {
        match self.mode {
            TourMode::Repeated => self.leave(PieceNumber::FIRST, now),
            TourMode::Once | TourMode::Off => {
                self.phase = Phase::Closing { since: now };
                Vec::new()
            }
        }
    }
}

/// A step of a piece. One without steps plays to its end.
fn step_of(piece: PieceNumber, step: usize, list: &SetlistView) -> Option<TourStep> {
    let steps = &list.piece(piece)?.tour;
    let plays_to_the_end = steps.is_empty() && step == 0;
    let end = || TourStep {
        after: TourMoment::AtEnd,
        say: None,
        press: Vec::new(),
    };
    steps
        .get(step)
        .cloned()
        .or_else(|| plays_to_the_end.then(end))
}

fn is_due(
    step: &TourStep,
    since: Timestamp,
    list: &SetlistView,
    live: &Snapshot,
    now: Timestamp,
) -> bool {
    match step.after {
        TourMoment::After(wait) => now.since(since) >= wait,
        TourMoment::AtEnd => {
            let lane = list.position.latest();
            let lane = lane.and_then(|lane| live.performance().lane(lane));
            // A lane that is not there was put away: it has ended.
            lane.is_none_or(|lane| lane.status.is_closed() && lane.status != Status::ContinuedAsNew)
        }
    }
}
