//! What a replay tells of a run of a score beyond its events: the tasks, the events of each task, the data.

use super::{
    replay::walk_with_data, score_data::ScoreData, task_links::TaskLinks,
    task_timeline::TaskTimeline,
};
use crate::{
    engine::{Event, EventId, EventKind, InstanceId},
    score::{self, ScoreInput},
};

/// A run of a score, replayed. It costs one replay of the history and nothing plays.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScoreRun {
    /// The last event that it knows.
    pub through: EventId,
    /// Where code and history part: nothing is known from this event on.
    pub parts_at: Option<EventId>,
    /// Which tasks were running.
    pub tasks: TaskTimeline,
    /// Which events belong to which task.
    pub links: TaskLinks,
    /// The data.
    pub data: ScoreData,
}

impl ScoreRun {
    /// Whether it knows what was true after an event.
    pub fn knows(&self, event: EventId) -> bool {
        event <= self.through
    }

    /// A run of which nothing is known but its last event.
    pub fn unknown(history: &[Event]) -> Self {
        Self {
            through: history.last().map_or(EventId(0), |last| last.id),
            ..Self::default()
        }
    }

    /// Replays the history of a run. If it performs no score, nothing is known but its last event. It
    /// ends where the history no longer matches the interpreter.
    pub fn of(instance: &InstanceId, history: &[Event]) -> Self {
        let started = history.first().map(|first| &first.kind);
        let document = match started {
            Some(EventKind::ExecutionStarted { input, .. }) => input.decode::<ScoreInput>().ok(),
            _ => None,
        };
        let document = document.and_then(|input| score::parse_stored(&input.score).ok());
        let Some(document) = document else {
            return Self::unknown(history);
        };
        let walk = walk_with_data(instance, history);
        let tasks = TaskTimeline::of_walk(&walk);
        Self {
            through: history.last().map_or(EventId(0), |last| last.id),
            parts_at: walk.divergence.as_ref().map(|parted| parted.event),
            links: TaskLinks::of_walk(&walk, &tasks, &document),
            data: ScoreData::of_walk(&walk),
            tasks,
        }
    }
}
