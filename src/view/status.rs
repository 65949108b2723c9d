//! What an instance does or waits for, as a word and as a sentence.

use std::{sync::Arc, time::Duration};

use super::{
    lane::LaneModel,
    palette::Rgb,
    piece::{PieceKind, WaitOn},
    words,
};
use crate::engine::{Status, Timestamp};

/// What an instance does or waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// Accepted, not yet begun.
    Pending,
    /// It works.
    Works {
        /// On what.
        task: Option<Arc<str>>,
    },
    /// It waits for an event from outside.
    WaitsForEvent {
        /// The event's name.
        name: Arc<str>,
        /// When it stops waiting.
        deadline: Option<Timestamp>,
    },
    /// It waits for a moment.
    WaitsForTime {
        /// What for; may be empty.
        name: Arc<str>,
        /// The moment; `None`: it waits for ever.
        until: Option<Timestamp>,
    },
    /// Something failed and is tried again.
    Retries {
        /// What.
        task: Arc<str>,
        /// How many times it failed in a row.
        failures: u32,
        /// The attempt to come.
        attempt: u32,
        /// Attempts in all; 0: without limit.
        of: u32,
        /// When.
        due: Timestamp,
    },
    /// It waits for workflows that it started.
    WaitsForChildren {
        /// The workflow of the oldest.
        name: Arc<str>,
        /// How many.
        count: usize,
    },
    /// It undoes steps, because a later one failed.
    Undoes {
        /// What undoes the step.
        step: Arc<str>,
    },
    /// Somebody asked it to end, and it does so in its own way.
    Ends {
        /// Their words.
        reason: Arc<str>,
    },
    /// The conductor holds it.
    Held {
        /// Activities still under way.
        in_flight: u32,
        /// Its timers run on.
        time_runs: bool,
    },
    /// Code and history disagree.
    Stalled {
        /// What was expected, what came, and where.
        reason: Arc<str>,
    },
    /// It ended.
    Ended {
        /// How.
        status: Status,
        /// Why.
        why: Option<Arc<str>>,
        /// How long it ran.
        after: Duration,
    },
}

/// The shape that stands beside a status word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusIcon {
    /// A triangle: it plays.
    Play,
    /// Two bars: it is held.
    Hold,
    /// A ring: it waits.
    Ring,
    /// A cross: something failed.
    Cross,
    /// A tick: it is done.
    Tick,
    /// A square: it was ended.
    Square,
}

impl LaneModel {
    /// What the instance does or waits for.
    pub fn doing(&self) -> Doing {
        match self.status {
            Status::Pending => Doing::Pending,
            Status::Suspended => Doing::Held {
                in_flight: self.in_flight,
                time_runs: !self.freezes,
            },
            Status::Stalled => Doing::Stalled {
                reason: match self.stalled.and_then(|place| self.pieces.get(place)) {
                    Some(piece) => match &piece.kind {
                        PieceKind::Stalled { reason } => reason.clone(),
                        _ => Arc::from(""),
                    },
                    None => Arc::from(""),
                },
            },
            Status::Running => self.at_work(),
            status => Doing::Ended {
                status,
                why: self.ending.clone(),
                after: self.last_moment().since(self.started_at),
            },
        }
    }

    /// A retry is told first, then work, then what it waits for.
    fn at_work(&self) -> Doing {
        if let Some(retry) = self.retry() {
            return retry;
        }
        let mut undos = self.undos.values();
        if let Some(undo) = undos.rfind(|undo| undo.piece.is_some()) {
            let step = undo.step.clone();
            return Doing::Undoes { step };
        }
        if let Some(reason) = &self.asked {
            let reason = reason.clone();
            return Doing::Ends { reason };
        }
        let running = self.tasks.values().rfind(|task| task.attempt.is_some());
        if let Some(task) = running.or(self.tasks.values().next_back()) {
            return Doing::Works {
                task: Some(task.label.clone()),
            };
        }
        if let Some(child) = self.children.values().next() {
            return Doing::WaitsForChildren {
                name: child.label.clone(),
                count: self.children.len(),
            };
        }
        let waits = self.timers.values().filter_map(|timer| {
            let piece = self.pieces.get(timer.piece)?;
            match &piece.kind {
                PieceKind::Wait { on, deadline } => Some((on, *deadline)),
                _ => None,
            }
        });
        let mut moment = None;
        for (on, deadline) in waits {
            match on {
                WaitOn::Event(name) => {
                    return Doing::WaitsForEvent {
                        name: name.clone(),
                        deadline,
                    };
                }
                WaitOn::Moment(name) => moment = moment.or(Some((name, deadline))),
            }
        }
        match moment {
            Some((name, until)) => Doing::WaitsForTime {
                name: name.clone(),
                until,
            },
            None => Doing::Works { task: None },
        }
    }

    fn retry(&self) -> Option<Doing> {
        let tasks = self.tasks.values();
        let tasks = tasks.map(|task| (&task.label, task.max_attempts, &task.pause));
        let children = self.children.values();
        let children = children.map(|child| (&child.label, child.max_attempts, &child.pause));
        let by_engine = tasks.chain(children).find_map(|(label, most, pause)| {
            let pause = pause.as_ref()?;
            Some((label.clone(), pause.attempt, most, pause.due))
        });
        let by_workflow = || {
            self.timers
                .values()
                .find_map(|timer| match &self.pieces.get(timer.piece)?.kind {
                    PieceKind::Pause { task, attempt, due } => {
                        Some((task.clone(), *attempt, 0, *due))
                    }
                    _ => None,
                })
        };
        let under_way = || {
            let retried = self.retried.as_ref()?;
            Some((retried.task.clone(), retried.attempt, 0, retried.since))
        };
        let (task, attempt, of, due) = by_engine.or_else(by_workflow).or_else(under_way)?;
        let failures = self
            .in_a_row
            .get(&task)
            .copied()
            .unwrap_or_else(|| attempt.saturating_sub(1));
        Some(Doing::Retries {
            task,
            failures,
            attempt,
            of,
            due,
        })
    }

    /// What it does or waits on, for the inspector: says it all, where the head of a lane has room
    /// for only a few words.
    pub fn waits_on(&self, now: Timestamp) -> String {
        let doing = self.doing();
        let sentence = self.sentence(now);
        let word = doing.word();
        match &doing {
            Doing::Retries { task, .. } => format!("{word} “{task}”: {sentence}"),
            Doing::Held { .. } => format!("{word}: {sentence}; new events are queued"),
            Doing::Stalled { reason } => format!("{word}: code does not match history: {reason}"),
            Doing::Undoes { .. }
            | Doing::Ends { .. }
            | Doing::Pending
            | Doing::Works { .. }
            | Doing::Ended { why: Some(_), .. } => format!("{word}: {sentence}"),
            Doing::WaitsForEvent { .. }
            | Doing::WaitsForTime { .. }
            | Doing::WaitsForChildren { .. }
            | Doing::Ended { why: None, .. } => format!("{word} {sentence}"),
        }
    }

    /// What it does or waits for, in a short sentence.
    pub fn sentence(&self, now: Timestamp) -> String {
        let doing = self.doing();
        match (&doing, &self.note) {
            (Doing::Works { .. }, Some(note)) => note.to_string(),
            _ => doing.sentence(now),
        }
    }
}

impl Doing {
    /// The word that the hall reads.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Works { .. } => "Running",
            Self::WaitsForEvent { .. }
            | Self::WaitsForTime { .. }
            | Self::WaitsForChildren { .. } => "Waiting",
            Self::Undoes { .. } => "Compensating",
            Self::Ends { .. } => "Canceling",
            Self::Retries { .. } => "Retrying",
            Self::Held { .. } => "Paused",
            Self::Stalled { .. } => "Stalled",
            Self::Ended { status, .. } => match status {
                Status::Completed => "Completed",
                Status::Failed => "Failed",
                Status::Terminated => "Terminated",
                Status::ContinuedAsNew => "Continued as new",
                Status::Canceled => "Canceled",
                Status::Pending | Status::Running | Status::Suspended | Status::Stalled => "Open",
            },
        }
    }

    /// The shape beside the word.
    pub fn icon(&self) -> StatusIcon {
        match self {
            Self::Works { .. } => StatusIcon::Play,
            Self::Pending
            | Self::WaitsForEvent { .. }
            | Self::WaitsForTime { .. }
            | Self::WaitsForChildren { .. } => StatusIcon::Ring,
            Self::Undoes { .. } | Self::Ends { .. } => StatusIcon::Square,
            Self::Retries { .. } | Self::Stalled { .. } => StatusIcon::Cross,
            Self::Held { .. } => StatusIcon::Hold,
            Self::Ended { status, .. } => match status {
                Status::Failed => StatusIcon::Cross,
                Status::Terminated | Status::Canceled => StatusIcon::Square,
                _ => StatusIcon::Tick,
            },
        }
    }

    /// The colour of word and shape; `None`: the lane's own.
    pub fn color(&self) -> Option<Rgb> {
        match self {
            Self::Works { .. } => Some(Rgb::GOOD),
            Self::Retries { .. } | Self::Stalled { .. } => Some(Rgb::ALARM),
            Self::WaitsForEvent { .. }
            | Self::WaitsForTime { .. }
            | Self::WaitsForChildren { .. } => None,
            Self::Undoes { .. } | Self::Ends { .. } => Some(Rgb::PENDING),
            Self::Ended {
                status: Status::Failed,
                ..
            } => Some(Rgb::ALARM),
            Self::Pending | Self::Held { .. } | Self::Ended { .. } => Some(Rgb::MUTED),
        }
    }

    /// A short sentence.
    pub fn sentence(&self, now: Timestamp) -> String {
        let left = |at: Timestamp| words::seconds(at.since(now));
        match self {
            Self::Pending => "waiting to start".to_owned(),
            Self::Works { task: Some(task) } => format!("“{task}”"),
            Self::Works { task: None } => "between steps".to_owned(),
            Self::WaitsForEvent { name, deadline } => match deadline {
                Some(at) => format!("for cue “{name}”, {} left", left(*at)),
                None => format!("for cue “{name}”"),
            },
            Self::WaitsForTime { name, until } => match (name.is_empty(), until) {
                (true, Some(at)) => format!("{} left", left(*at)),
                (true, None) => "without a time limit".to_owned(),
                (false, Some(at)) => format!("“{name}”, {} left", left(*at)),
                (false, None) => format!("“{name}”"),
            },
            Self::Retries {
                attempt, of, due, ..
            } => match of {
                0 => format!("attempt {attempt} {}", words::when(*due, now)),
                of => format!("attempt {attempt} of {of} {}", words::when(*due, now)),
            },
            Self::WaitsForChildren { name, count } => match count {
                1 => format!("for child “{name}”"),
                n => format!("for {n} children"),
            },
            Self::Undoes { step } => format!("“{step}”, because a later step failed"),
            Self::Ends { reason } if reason.is_empty() => "cancel requested".to_owned(),
            Self::Ends { reason } => reason.to_string(),
            Self::Held {
                in_flight,
                time_runs,
            } => match (in_flight, time_runs) {
                (0, false) => "clock frozen".to_owned(),
                (0, true) => "clock running".to_owned(),
                (1, _) => "1 activity still running".to_owned(),
                (n, _) => format!("{n} activities still running"),
            },
            Self::Stalled { reason } => words::cut(reason, 70),
            Self::Ended { status, why, after } => {
                let length = format!("after {}", words::seconds(*after));
                match (status, why) {
                    (Status::Failed, Some(why)) => why.to_string(),
                    (_, Some(why)) => format!("{why}, {length}"),
                    (_, None) => length,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Payload, TimerOrigin},
        view::sample::{Sample, s},
    };

    fn said(sample: &Sample, now: f64) -> (&'static str, String) {
        let mut lane = LaneModel::new(sample.id.clone(), 0);
        lane.committed(&sample.commit());
        (lane.doing().word(), lane.sentence(s(now)))
    }

    #[test]
    fn a_lane_says_what_it_waits_for() {
        let mut sample = Sample::new("oboe");
        sample.wait_for(1.0, "applause", Some(9.0));
        assert_eq!(
            said(&sample, 4.8),
            ("Waiting", "for cue “applause”, 4.2 s left".to_owned())
        );
    }

    #[test]
    fn a_lane_that_fails_says_when_it_tries_again() {
        let mut sample = Sample::new("drummer");
        let task = sample.schedule(1.0, "strike", Payload::null());
        sample.fail(2.0, task, 2, Some(5.0));
        assert_eq!(
            said(&sample, 3.5),
            ("Retrying", "attempt 3 of 8 in 1.5 s".to_owned())
        );
    }

    #[test]
    fn a_lane_says_its_own_words_while_it_works() {
        let mut sample = Sample::new("bass");
        sample.schedule(1.0, "walk", Payload::null());
        assert_eq!(said(&sample, 1.5), ("Running", "“walk”".to_owned()));
        let status = Payload::encode("bar 17 of the loop").unwrap();
        sample.add(2.0, EventKind::CustomStatusSet { status });
        assert_eq!(
            said(&sample, 2.5),
            ("Running", "bar 17 of the loop".to_owned())
        );
    }

    #[test]
    fn a_held_lane_says_so() {
        let mut sample = Sample::new("harp");
        sample.hold(1.0);
        sample.status = Status::Suspended;
        assert_eq!(said(&sample, 9.0), ("Paused", "clock frozen".to_owned()));
    }

    #[test]
    fn while_the_next_attempt_is_under_way_the_lane_still_retries() {
        let mut sample = Sample::new("drummer");
        let task = sample.schedule(1.0, "hit", Payload::null());
        sample.fail(2.0, task, 1, None);
        let origin = TimerOrigin::Retry {
            name: "strike".to_owned(),
            attempt: 2,
        };
        let fire_at = Some(s(3.0));
        let timer = sample.add(2.0, EventKind::TimerCreated { fire_at, origin });
        let waits = ("Retrying", "attempt 2 in 0.5 s".to_owned());
        assert_eq!(said(&sample, 2.5), waits);
        sample.add(3.0, EventKind::TimerFired { timer });
        let scheduled = sample.schedule(3.0, "hit", Payload::null());
        let tries = ("Retrying", "attempt 2 now".to_owned());
        assert_eq!(said(&sample, 3.5), tries);
        let result = Payload::null();
        sample.add(4.0, EventKind::TaskCompleted { scheduled, result });
        assert_eq!(said(&sample, 4.5).0, "Running");
    }

    #[test]
    fn what_is_done_tells_how_long_it_took_and_no_data() {
        let mut sample = Sample::new("bass");
        let output = Payload::encode("[[{},{}]]").unwrap();
        sample.add(41.0, EventKind::ExecutionCompleted { output });
        sample.status = Status::Completed;
        assert_eq!(said(&sample, 50.0), ("Completed", "after 41 s".to_owned()));
    }
}
