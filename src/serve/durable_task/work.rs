//! Pieces of work and the streams of workers that take them.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    histories::Known,
    history::Passed,
    messages::{Action, Filter, Filters, GetWorkItems},
};
use crate::engine::{ActivityError, EventId, InstanceId, Payload, RemoteNumber, Turn, TurnAnswer};

/// How many pieces of each kind a worker gets at once that does not say so itself.
const DEFAULT_CAPACITY: usize = 1_000;

/// A piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct WorkId(pub u64);

/// A stream of work to a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StreamId(pub u64);

/// The kinds of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Turn,
    Activity,
}

/// A piece of work with who waits for it.
pub(super) enum Work {
    Turn {
        turn: Turn,
        /// What the worker was given.
        given: Option<Given>,
        /// The parts of an answer that comes in parts.
        parts: Vec<Action>,
        answer: oneshot::Sender<TurnAnswer>,
    },
    Activity {
        activity: Arc<ActivityWork>,
        answer: oneshot::Sender<Result<Payload, ActivityError>>,
    },
}

/// What a worker was given to read.
pub(super) struct Given {
    pub read: EventId,
    pub custom_status: Option<Payload>,
    pub passed: Passed,
}

/// An attempt of an activity.
pub(super) struct ActivityWork {
    pub instance: InstanceId,
    pub scheduled: EventId,
    pub number: RemoteNumber,
    pub name: Arc<str>,
    pub input: Payload,
    pub key: String,
}

impl Work {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Turn { .. } => Kind::Turn,
            Self::Activity { .. } => Kind::Activity,
        }
    }

    /// How workers without tokens name it.
    pub fn name(&self) -> WorkName {
        match self {
            Self::Turn { turn, .. } => WorkName::Turn(turn.instance.clone()),
            Self::Activity { activity, .. } => {
                WorkName::Activity(activity.instance.clone(), activity.number)
            }
        }
    }

    /// Whether anybody waits for it.
    pub fn is_wanted(&self) -> bool {
        match self {
            Self::Turn { answer, .. } => !answer.is_closed(),
            Self::Activity { answer, .. } => !answer.is_closed(),
        }
    }
}

/// What work is for. Workers without tokens name it so.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum WorkName {
    Turn(InstanceId),
    Activity(InstanceId, RemoteNumber),
}

/// What a worker must have to take a piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CodeName {
    pub name: Arc<str>,
    pub version: Option<String>,
}

/// A piece of work in the hub.
pub(super) struct Entry {
    pub work: Work,
    /// Its workflow or activity; `None`: not looked up yet.
    pub code: Option<CodeName>,
    /// How often it was handed out: an answer to an earlier time is late.
    pub handed_out: u32,
    pub holder: Option<StreamId>,
    /// Since when it waits for a worker, or has one.
    pub since: Instant,
}

/// A worker's library, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Microsoft,
    Dapr,
    /// It gets only what both know: a field that means something else to it breaks its stream.
    Either,
}

impl Dialect {
    /// The dialect of a worker that asks for work.
    fn of(asked: &GetWorkItems) -> Self {
        let limits = [asked.max_turns, asked.max_activities, asked.max_entities];
        let is_microsofts = limits.iter().any(|limit| *limit != 0)
            || !asked.capabilities.is_empty()
            || asked.filters.is_some()
            || !asked.worker_instance_id.is_empty();
        match (is_microsofts, asked.dapr_capabilities.is_empty()) {
            (true, _) => Self::Microsoft,
            (false, false) => Self::Dapr,
            (false, true) => Self::Either,
        }
    }
}

/// A stream to a worker.
pub(super) struct Stream {
    pub id: StreamId,
    pub dialect: Dialect,
    pub send: mpsc::UnboundedSender<WorkId>,
    turns: Slots,
    activities: Slots,
    keeps_history: bool,
    pub wants_pings: bool,
    /// What it has kept of histories.
    known: HashMap<InstanceId, Known>,
}

/// How many pieces of a kind a worker takes, and which.
struct Slots {
    used: usize,
    most: usize,
    /// What it takes; `None`: everything.
    names: Option<Vec<Filter>>,
}

impl Stream {
    pub fn new(id: StreamId, asked: GetWorkItems, send: mpsc::UnboundedSender<WorkId>) -> Self {
        const STATEFUL_HISTORY: i32 = 2;
        const HEALTH_PING: i32 = 3;
        let dialect = Dialect::of(&asked);
        let can = |what| dialect == Dialect::Dapr && asked.dapr_capabilities.contains(&what);
        let (keeps_history, pings) = (can(STATEFUL_HISTORY), can(HEALTH_PING));
        let filters = asked.filters.map(
            |Filters {
                 workflows,
                 activities,
             }| (workflows, activities),
        );
        let (workflows, activities) = filters.unzip();
        Self {
            id,
            dialect,
            send,
            turns: Slots::new(asked.max_turns, workflows),
            activities: Slots::new(asked.max_activities, activities),
            keeps_history,
            wants_pings: pings || dialect == Dialect::Microsoft,
            known: HashMap::new(),
        }
    }

    pub fn has_room(&self, kind: Kind) -> bool {
        let slots = self.slots(kind);
        slots.used < slots.most
    }

    /// Whether it takes work by name.
    pub fn selects(&self, kind: Kind) -> bool {
        self.slots(kind).names.is_some()
    }

    /// Whether it takes work for this code.
    pub fn takes(&self, kind: Kind, code: &CodeName) -> bool {
        let Some(names) = &self.slots(kind).names else {
            return true;
        };
        let version = code.version.as_deref().unwrap_or_default();
        names.iter().any(|filter| {
            let versions = &filter.versions;
            *filter.name == *code.name
                && (versions.is_empty() || versions.iter().any(|one| one == version))
        })
    }

    pub fn take(&mut self, kind: Kind) {
        self.slots_mut(kind).used += 1;
    }

    pub fn give_back(&mut self, kind: Kind) {
        let slots = self.slots_mut(kind);
        slots.used = slots.used.saturating_sub(1);
    }

    /// What its worker has kept of a history.
    pub fn known(&self, instance: &InstanceId) -> Known {
        self.known.get(instance).copied().unwrap_or_default()
    }

    /// Whether its worker has kept anything of a history.
    pub fn knows(&self, instance: &InstanceId) -> bool {
        self.known.contains_key(instance)
    }

    /// Its worker keeps what it is given of a history.
    pub fn keep(&mut self, instance: &InstanceId, known: Known) {
        if self.keeps_history {
            self.known.insert(instance.clone(), known);
        }
    }

    pub fn forget(&mut self, instance: &InstanceId) {
        self.known.remove(instance);
    }

    fn slots(&self, kind: Kind) -> &Slots {
        match kind {
            Kind::Turn => &self.turns,
            Kind::Activity => &self.activities,
        }
    }

    fn slots_mut(&mut self, kind: Kind) -> &mut Slots {
        match kind {
            Kind::Turn => &mut self.turns,
            Kind::Activity => &mut self.activities,
        }
    }
}

impl Slots {
    fn new(most: i32, names: Option<Vec<Filter>>) -> Self {
        let most = usize::try_from(most).unwrap_or_default();
        Self {
            used: 0,
            most: match most {
                0 => DEFAULT_CAPACITY,
                most => most.min(DEFAULT_CAPACITY),
            },
            names,
        }
    }
}

/// Work that nobody has.
#[derive(Default)]
pub(super) struct Ready {
    turns: VecDeque<WorkId>,
    activities: VecDeque<WorkId>,
}

impl Ready {
    pub fn of(&mut self, kind: Kind) -> &mut VecDeque<WorkId> {
        match kind {
            Kind::Turn => &mut self.turns,
            Kind::Activity => &mut self.activities,
        }
    }
}
