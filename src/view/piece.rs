//! What a lane's timeline is made of: notes, attempts, waits, failures, each with its time.

use std::sync::Arc;

use super::chunked::Chunked;
use crate::{
    engine::{EventId, InstanceId, Status, Timestamp},
    music::{Key, Velocity},
};

/// One thing on a lane's timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The event that opened it.
    pub event: EventId,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; `None`: it goes on.
    pub until: Option<Timestamp>,
    /// What it is.
    pub kind: PieceKind,
}

impl Piece {
    /// Its end, for drawing: what goes on ends now.
    pub fn end(&self, now: Timestamp) -> Timestamp {
        self.until.unwrap_or(now).max(self.from)
    }
}

/// What a [`Piece`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum PieceKind {
    /// A key that was struck.
    Note {
        /// Which.
        key: Key,
        /// How hard.
        velocity: Velocity,
        /// Whose, by its name in the score.
        instrument: Arc<str>,
    },
    /// An activity was asked for and has not begun.
    Queued {
        /// Name of the activity or of its task.
        task: Arc<str>,
    },
    /// One attempt of an activity.
    Attempt {
        /// Name of the activity or of its task.
        task: Arc<str>,
        /// 1, 2, ...
        attempt: u32,
        /// How it went.
        outcome: Outcome,
    },
    /// The pause before a retry.
    Pause {
        /// What is tried again.
        task: Arc<str>,
        /// The attempt that follows.
        attempt: u32,
        /// When it begins.
        due: Timestamp,
    },
    /// The workflow waits.
    Wait {
        /// What for.
        on: WaitOn,
        /// When it stops waiting by itself.
        deadline: Option<Timestamp>,
    },
    /// The conductor holds the instance.
    Held,
    /// The code no longer agrees with the history.
    Stalled {
        /// What was expected, what came, and where.
        reason: Arc<str>,
    },
    /// An attempt failed. Has no length.
    Failure {
        /// What failed.
        task: Arc<str>,
        /// How many times in a row.
        nth: u32,
        /// Why.
        reason: Arc<str>,
    },
    /// An event came from outside. Has no length.
    Raised {
        /// Its name.
        name: Arc<str>,
        /// The instance that sent it; `None`: somebody outside the engine.
        from: Option<InstanceId>,
    },
    /// One attempt of a child workflow that the instance waits for.
    Child {
        /// Name of its workflow.
        name: Arc<str>,
        /// The child.
        instance: InstanceId,
        /// 1, 2, ...
        attempt: u32,
        /// How it went.
        outcome: Outcome,
    },
    /// A child was started that goes on alone. Has no length.
    Detached {
        /// Name of its workflow.
        name: Arc<str>,
        /// The child.
        instance: InstanceId,
    },
    /// A compensation: a step that had succeeded is undone.
    Undo {
        /// What undoes it.
        step: Arc<str>,
        /// How it went.
        outcome: Outcome,
    },
    /// An event was sent to another instance. Has no length.
    Sent {
        /// Its name.
        name: Arc<str>,
        /// To whom.
        target: InstanceId,
    },
    /// An activity told how far it is. Has no length.
    Heartbeat {
        /// Name of the activity or of its task.
        task: Arc<str>,
        /// Its words.
        details: Arc<str>,
    },
    /// Somebody asked the instance to end. Has no length.
    Asked {
        /// Their words.
        reason: Arc<str>,
    },
    /// From here on the history is the instance's own. Has no length.
    Forked {
        /// The instance that the history before was taken from.
        source: InstanceId,
        /// The first event that is not shared with it.
        from: EventId,
    },
    /// The instance ended. Has no length.
    Ended {
        /// How.
        status: Status,
    },
}

/// How an attempt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is under way.
    Open,
    /// It returned.
    Done,
    /// It failed.
    Failed,
    /// The instance was held before it had done anything.
    GivenBack,
    /// The process or the instance ended before it returned.
    Lost,
}

impl Outcome {
    /// The word for it.
    fn word(self) -> &'static str {
        match self {
            Self::Open => "running",
            Self::Done => "completed",
            Self::Failed => "failed",
            Self::GivenBack => "requeued",
            Self::Lost => "interrupted",
        }
    }
}

/// What a workflow waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitOn {
    /// An event of that name from outside.
    Event(Arc<str>),
    /// A moment; the name says what for and may be empty.
    Moment(Arc<str>),
}

/// What a chunk of pieces holds, in a few numbers: enough to skip it or to draw it from afar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// The earliest beginning.
    pub from: Timestamp,
    /// The latest end so far.
    pub until: Timestamp,
    /// Something in it may still go on.
    pub open: bool,
    /// The lowest and the highest key.
    pub keys: Option<(Key, Key)>,
    /// How many of its pieces are notes.
    pub notes: u32,
    /// How many of its pieces are work: activities that wait or run, children, compensations.
    pub works: u32,
    /// How many of its pieces are failures.
    pub failures: u32,
    /// How many of its pieces are something else.
    pub others: u32,
}

impl Extent {
    fn of(piece: &Piece) -> Self {
        let mut extent = Self {
            from: piece.from,
            until: piece.until.unwrap_or(piece.from),
            open: piece.until.is_none(),
            keys: None,
            notes: 0,
            works: 0,
            failures: 0,
            others: 0,
        };
        match piece.kind {
            PieceKind::Note { key, .. } => {
                extent.keys = Some((key, key));
                extent.notes = 1;
            }
            PieceKind::Queued { .. }
            | PieceKind::Attempt { .. }
            | PieceKind::Child { .. }
            | PieceKind::Undo { .. } => extent.works = 1,
            PieceKind::Failure { .. } => extent.failures = 1,
            _ => extent.others = 1,
        }
        extent
    }

    fn with(&self, other: &Self) -> Self {
        Self {
            from: self.from.min(other.from),
            until: self.until.max(other.until),
            open: self.open || other.open,
            keys: union(self.keys, other.keys),
            notes: self.notes + other.notes,
            works: self.works + other.works,
            failures: self.failures + other.failures,
            others: self.others + other.others,
        }
    }
}

/// Every piece of a lane, in the order in which the history told of them.
#[derive(Debug, Clone, Default)]
pub struct Pieces {
    list: Chunked<Piece>,
    extents: Vec<Extent>,
    keys: Option<(Key, Key)>,
}

impl Pieces {
    /// Adds a piece and returns its place.
    pub fn push(&mut self, piece: Piece) -> usize {
        let extent = Extent::of(&piece);
        self.keys = union(self.keys, extent.keys);
        let chunk = self.list.len() / Chunked::<Piece>::CHUNK;
        match self.extents.get_mut(chunk) {
            Some(whole) => *whole = whole.with(&extent),
            None => self.extents.push(extent),
        }
        self.list.push(piece)
    }

    /// Ends a piece that goes on. A piece that has ended keeps its end.
    pub fn close(&mut self, place: usize, at: Timestamp) {
        if let Some(piece) = self.list.get_mut(place)
            && piece.until.is_none()
        {
            let at = at.max(piece.from);
            piece.until = Some(at);
            let chunk = place / Chunked::<Piece>::CHUNK;
            let begin = chunk * Chunked::<Piece>::CHUNK;
            let open = (begin..begin + Chunked::<Piece>::CHUNK)
                .map_while(|place| self.list.get(place))
                .any(|piece| piece.until.is_none());
            if let Some(extent) = self.extents.get_mut(chunk) {
                extent.until = extent.until.max(at);
                extent.open = open;
            }
        }
    }

    /// Moves the moment at which a wait or pause that goes on is due: time stood still for it.
    pub fn postpone(&mut self, place: usize, by: std::time::Duration) {
        let piece = self.list.get_mut(place).filter(|p| p.until.is_none());
        match piece.map(|piece| &mut piece.kind) {
            Some(PieceKind::Pause { due, .. }) => *due = *due + by,
            Some(PieceKind::Wait {
                deadline: Some(at), ..
            }) => *at = *at + by,
            _ => {}
        }
    }

    /// Ends an attempt, a child or a compensation and says how it went.
    pub fn close_with(&mut self, place: usize, at: Timestamp, how: Outcome) {
        if let Some(
            PieceKind::Attempt { outcome, .. }
            | PieceKind::Child { outcome, .. }
            | PieceKind::Undo { outcome, .. },
        ) = self.list.get_mut(place).map(|piece| &mut piece.kind)
        {
            *outcome = how;
        }
        self.close(place, at);
    }

    /// The piece at a place.
    pub fn get(&self, place: usize) -> Option<&Piece> {
        self.list.get(place)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Every piece.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Piece> {
        self.list.iter()
    }

    /// The chunks that may have something in a window of time, with their extents.
    pub fn chunks_in(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = (&Extent, &[Piece])> {
        self.extents
            .iter()
            .zip(self.list.chunks())
            .filter(move |(extent, _)| extent.from <= to && (extent.open || extent.until >= from))
    }

    /// The lowest and the highest key of all.
    pub fn keys(&self) -> Option<(Key, Key)> {
        self.keys
    }
}

fn union(a: Option<(Key, Key)>, b: Option<(Key, Key)>) -> Option<(Key, Key)> {
    match (a, b) {
        (Some((low, high)), Some((l, h))) => Some((low.min(l), high.max(h))),
        (some, None) | (None, some) => some,
    }
}

impl std::fmt::Display for PieceKind {
    /// What it is, in a few words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Note {
                key,
                velocity,
                instrument,
            } => {
                let key = super::words::key(*key);
                write!(f, "{key} · {instrument} · velocity {}", velocity.number())
            }
            Self::Queued { task } => write!(f, "{task}, queued"),
            Self::Attempt {
                task,
                attempt,
                outcome,
            } => {
                write!(f, "{task}, attempt {attempt}, {}", outcome.word())
            }
            Self::Pause { task, attempt, .. } => {
                write!(f, "backoff before attempt {attempt} of {task}")
            }
            Self::Wait {
                on: WaitOn::Event(name),
                ..
            } => write!(f, "waiting for “{name}”"),
            Self::Wait {
                on: WaitOn::Moment(name),
                ..
            } if name.is_empty() => f.write_str("waiting"),
            Self::Wait {
                on: WaitOn::Moment(name),
                ..
            } => write!(f, "waiting: {name}"),
            Self::Held => f.write_str("paused"),
            Self::Stalled { reason } => write!(f, "stalled: {reason}"),
            Self::Failure { task, nth, reason } => match nth {
                0 | 1 => write!(f, "{task} failed: {reason}"),
                nth => write!(f, "{task} failed {nth} times in a row: {reason}"),
            },
            Self::Raised { name, from: None } => write!(f, "event “{name}” received"),
            Self::Raised {
                name,
                from: Some(from),
            } => write!(f, "event “{name}” received from {from}"),
            Self::Child {
                name,
                instance,
                attempt,
                outcome,
            } => {
                let how = outcome.word();
                write!(f, "child {name} ({instance}), attempt {attempt}, {how}")
            }
            Self::Detached { name, instance } => {
                write!(f, "detached child {name} ({instance}) started")
            }
            Self::Undo { step, outcome } => {
                write!(f, "compensation “{step}”, {}", outcome.word())
            }
            Self::Sent { name, target } => write!(f, "event “{name}” sent to {target}"),
            Self::Heartbeat { task, details } if details.is_empty() => {
                write!(f, "heartbeat of {task}")
            }
            Self::Heartbeat { task, details } => write!(f, "heartbeat of {task}: {details}"),
            Self::Asked { reason } if reason.is_empty() => f.write_str("cancel requested"),
            Self::Asked { reason } => write!(f, "cancel requested: {reason}"),
            Self::Forked { source, from } => {
                write!(f, "forked from {source} at event {from}")
            }
            Self::Ended {
                status: Status::ContinuedAsNew,
            } => f.write_str("continued as new"),
            Self::Ended { status } => f.write_str(&format!("{status:?}").to_lowercase()),
        }
    }
}
