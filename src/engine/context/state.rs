//! The part of a run that its workflow code and the turn share.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    task::Waker,
    time::Duration,
};

use super::{
    Begin, Incoming,
    listening::{Listener, ListenerId},
};
use crate::engine::{
    EventId, Failure, Fork, InstanceId, Limits, Payload, TimerOrigin, Timestamp,
    retry::split_mix,
    turn::{ChildId, Command, NewChild},
};

/// Number of an operation within its run, in the order in which workflow code began them.
pub(in crate::engine) type OperationId = u64;

/// Which failures are worth a retry, in the words of workflow code.
pub(in crate::engine) type RetryIf = Box<dyn Fn(&Failure) -> bool>;

/// Whose run it is, and what holds for it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Identity {
    pub instance: InstanceId,
    pub run: u32,
    pub limits: Limits,
}

pub(in crate::engine) struct State {
    pub identity: Identity,
    /// What is left of the histories that a fork was taken from: where each ends and who goes on
    /// from there, latest fork first.
    forked: Vec<(EventId, Identity)>,
    /// Time of the event that was applied last.
    pub now: Timestamp,
    pub commands: VecDeque<Command>,
    pub annotations: Vec<Payload>,
    /// The run is over: dropped operations cancel nothing any more.
    pub closing: bool,
    /// Somebody asked for the end, in these words.
    pub cancel: Option<String>,
    /// The workflow asked to begin again with this.
    pub next_input: Option<Payload>,
    /// How many events the history has.
    pub length: u64,
    /// What the history already has of the commands of this turn.
    pub ahead: Ahead,
    /// What came while the instance was held closes these: there is nothing left to cancel.
    pub closed_ahead: HashSet<OperationId>,
    pub random: u64,
    next_operation: OperationId,
    children: u64,
    operations: HashMap<OperationId, Operation>,
    /// How many of them wait.
    waiting: usize,
    /// Raised and not yet waited for, in order.
    pub(super) mailbox: VecDeque<Incoming>,
    /// Those who listen to what they choose, in the order in which they began.
    pub(super) choosers: BTreeMap<ListenerId, Listener>,
    pub(super) next_chooser: ListenerId,
    /// Waiting for events by name, in order.
    listeners: VecDeque<(String, OperationId)>,
    versions: HashMap<String, u32>,
}

/// What the history already has of the commands of this turn.
#[derive(Default)]
pub(in crate::engine) struct Ahead {
    /// How many.
    pub commands: usize,
    /// Of these, the version marks: their places and versions.
    pub versions: Vec<(usize, u32)>,
    /// The history goes on after them: there are no more.
    pub is_over: bool,
}

struct Operation {
    kind: Kind,
    stage: Stage,
    retry_if: Option<RetryIf>,
}

enum Stage {
    Waiting(Waker),
    Resolved(Resolution),
}

/// What an operation waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Kind {
    Task,
    Timer,
    Child,
    /// Nothing that is in the history.
    Silent,
}

/// How history closed an operation.
pub(in crate::engine) enum Resolution {
    Returned(Payload),
    Heard(Incoming),
    Failed(Failure),
    Fired,
}

impl State {
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            forked: Vec::new(),
            now: Timestamp::default(),
            commands: VecDeque::new(),
            annotations: Vec::new(),
            closing: false,
            cancel: None,
            next_input: None,
            length: 0,
            ahead: Ahead::default(),
            closed_ahead: HashSet::new(),
            random: 0,
            next_operation: 0,
            children: 0,
            operations: HashMap::new(),
            waiting: 0,
            mailbox: VecDeque::new(),
            choosers: BTreeMap::new(),
            next_chooser: 0,
            listeners: VecDeque::new(),
            versions: HashMap::new(),
        }
    }

    /// The histories that this one goes on from, the nearest first: each lasts until its fork.
    pub fn forked_from(&mut self, mut fork: Option<&Fork>) {
        while let Some(taken) = fork {
            let source = Identity {
                instance: taken.instance.clone(),
                run: taken.run,
                limits: self.identity.limits,
            };
            let own = std::mem::replace(&mut self.identity, source);
            self.forked.push((taken.from, own));
            fork = taken.source.as_deref();
        }
    }

    /// The history has come to this event.
    pub fn reach(&mut self, event: EventId) {
        self.length = event.0 + 1;
        let left = self.forked.iter().position(|(from, _)| event >= *from);
        if let Some((_, own)) = left.and_then(|left| self.forked.drain(left..).next()) {
            self.identity = own;
        }
    }

    /// Whose event the next command will be.
    fn owner_of_next(&self) -> &Identity {
        let next = EventId(self.length + self.commands.len() as u64);
        let fork = self.forked.iter().find(|(from, _)| next >= *from);
        fork.map_or(&self.identity, |(_, own)| own)
    }

    /// Whether something is waited for that the history can bring.
    pub fn waits(&self) -> bool {
        self.waiting > 0
    }

    /// Closes an operation; false if the workflow no longer waits for it.
    pub fn resolve(&mut self, id: OperationId, resolution: Resolution) -> bool {
        let Some(operation) = self.operations.get_mut(&id) else {
            return false;
        };
        let Stage::Waiting(waker) = &operation.stage else {
            return false;
        };
        waker.wake_by_ref();
        operation.stage = Stage::Resolved(resolution);
        self.waiting -= 1;
        true
    }

    /// A timer fired; false if the workflow no longer waits for it.
    pub fn fire(&mut self, id: OperationId) -> bool {
        self.stop_listening(id);
        self.resolve(id, Resolution::Fired)
    }

    /// An event came: to all who choose it, else to the first who waits for its name, else into the
    /// mailbox.
    pub fn raise(&mut self, mail: Incoming) {
        if self.choose(&mail) {
            return;
        }
        let is_for = |(name, _): &(String, OperationId)| same_name(name, &mail.name);
        match self.listeners.iter().position(is_for) {
            Some(place) => {
                if let Some((_, listener)) = self.listeners.remove(place) {
                    self.cancel_operation(listener, Kind::Timer);
                    self.resolve(listener, Resolution::Returned(mail.input));
                }
            }
            None => self.mailbox.push_back(mail),
        }
    }

    /// Somebody asks for the end: what is waited for is waited for no longer. What begins from now
    /// on is not touched by it, so that the workflow can tidy up.
    pub fn request_cancel(&mut self, reason: &str) {
        self.cancel = Some(reason.to_owned());
        self.listeners.clear();
        for chooser in self.choosers.values_mut() {
            chooser.waiting = None;
        }
        let mut open: Vec<_> = self.operations.iter().collect();
        open.retain(|(_, operation)| matches!(operation.stage, Stage::Waiting(_)));
        let mut open: Vec<_> = open.into_iter().map(|(id, op)| (*id, op.kind)).collect();
        open.sort_unstable_by_key(|(id, _)| *id);
        for (id, kind) in open {
            if kind == Kind::Silent {
                self.resolve(id, Resolution::Fired);
            } else {
                self.cancel_operation(id, kind);
                self.resolve(id, Resolution::Failed(Failure::canceled(reason)));
            }
        }
    }

    /// What came and was never waited for.
    pub fn take_mail(&mut self) -> VecDeque<Incoming> {
        std::mem::take(&mut self.mailbox)
    }

    /// Whether workflow code thinks that a failure of this operation is worth a retry.
    pub fn worth_a_retry(&self, id: OperationId, failure: &Failure) -> bool {
        let operation = self.operations.get(&id);
        let retry_if = operation.and_then(|operation| operation.retry_if.as_ref());
        retry_if.is_none_or(|worth| worth(failure))
    }

    pub fn random(&mut self) -> u64 {
        split_mix(&mut self.random)
    }

    /// The version of a change that this run goes on with.
    pub fn version(&mut self, change: &str, newest: u32) -> u32 {
        if let Some(known) = self.versions.get(change) {
            return *known;
        }
        let place = self.commands.len();
        let version = if place >= self.ahead.commands && !self.ahead.is_over {
            newest
        } else {
            let mut marks = self.ahead.versions.iter();
            let mark = marks.find(|(at, _)| *at == place);
            mark.map_or(0, |(_, version)| *version)
        };
        if version > 0 {
            self.commands.push_back(Command::MarkVersion {
                change: change.to_owned(),
                version,
            });
        }
        self.versions.insert(change.to_owned(), version);
        version
    }

    /// The number of the next child, which is its id unless it is given one.
    pub fn child_number(&mut self) -> ChildId {
        self.children += 1;
        ChildId::Numbered(self.children)
    }

    /// Asks for a child; returns its id.
    pub fn create_child(&mut self, operation: OperationId, child: Box<NewChild>) -> InstanceId {
        let parent = self.owner_of_next();
        let id = match (&child.id, parent.run) {
            (ChildId::Given(id), _) => id.clone(),
            (ChildId::Numbered(n), 1) => parent.instance.with_suffix(&format!("/{n}")),
            (ChildId::Numbered(n), run) => parent.instance.with_suffix(&format!("/{run}.{n}")),
        };
        let command = Command::CreateChild(operation, id.clone(), child);
        self.commands.push_back(command);
        id
    }

    pub fn number(&mut self) -> OperationId {
        let id = self.next_operation;
        self.next_operation += 1;
        id
    }

    pub(super) fn begin(&mut self, begin: Begin, waker: Waker) -> OperationId {
        let id = self.number();
        let kind = begin.kind();
        let mut retry_if = None;
        let stage = match begin {
            Begin::Failed(failure) => Stage::Resolved(Resolution::Failed(failure)),
            Begin::Activity(mut task) => {
                retry_if = task.retry_if.take();
                self.commands.push_back(Command::ScheduleTask(id, task));
                Stage::Waiting(waker)
            }
            Begin::Timer(duration, origin) => {
                let fire_at = Some(self.now + duration);
                self.commands
                    .push_back(Command::CreateTimer(id, fire_at, origin));
                Stage::Waiting(waker)
            }
            Begin::Child(mut child) => {
                retry_if = child.retry_if.take();
                self.create_child(id, child);
                Stage::Waiting(waker)
            }
            Begin::Canceled if self.cancel.is_some() => Stage::Resolved(Resolution::Fired),
            Begin::Canceled => Stage::Waiting(waker),
            Begin::Hear(listener, names, limit) => self.hear(id, listener, names, limit, waker),
            Begin::Event(name, limit) => {
                let mut mail = self.mailbox.iter();
                let came = mail.position(|mail| same_name(&mail.name, &name));
                match came.and_then(|place| self.mailbox.remove(place)) {
                    Some(mail) => Stage::Resolved(Resolution::Returned(mail.input)),
                    None => {
                        let fire_at = limit.map(|limit| self.now + limit);
                        self.listeners.push_back((name.clone(), id));
                        let origin = TimerOrigin::ExternalEvent { name };
                        self.commands
                            .push_back(Command::CreateTimer(id, fire_at, origin));
                        Stage::Waiting(waker)
                    }
                }
            }
        };
        self.waiting += usize::from(matches!(stage, Stage::Waiting(_)));
        let operation = Operation {
            kind,
            stage,
            retry_if,
        };
        self.operations.insert(id, operation);
        id
    }

    /// The next event for a listener, or a wait for it.
    fn hear(
        &mut self,
        id: OperationId,
        listener: ListenerId,
        names: Vec<String>,
        limit: Option<Duration>,
        waker: Waker,
    ) -> Stage {
        if let Some(chooser) = self.choosers.get_mut(&listener) {
            if let Some(letter) = chooser.letters.pop_front() {
                letter.is_read.set(true);
                return Stage::Resolved(Resolution::Heard(letter.incoming.clone()));
            }
            chooser.waiting = Some(id);
        }
        let fire_at = limit.map(|limit| self.now + limit);
        let origin = match <[String; 1]>::try_from(names) {
            Ok([name]) => TimerOrigin::ExternalEvent { name },
            Err(names) => TimerOrigin::ExternalEvents { names },
        };
        self.commands
            .push_back(Command::CreateTimer(id, fire_at, origin));
        Stage::Waiting(waker)
    }

    /// The result, once it is there; until then `waker` waits for it.
    pub(super) fn take(&mut self, id: OperationId, waker: &Waker) -> Option<Resolution> {
        match &mut self.operations.get_mut(&id)?.stage {
            Stage::Waiting(kept) => {
                kept.clone_from(waker);
                None
            }
            Stage::Resolved(_) => match self.operations.remove(&id)?.stage {
                Stage::Resolved(resolution) => Some(resolution),
                Stage::Waiting(_) => None,
            },
        }
    }

    /// The workflow no longer waits: cancels what is still open.
    pub(super) fn forget(&mut self, id: OperationId) {
        let Some(operation) = self.operations.remove(&id) else {
            return;
        };
        if matches!(operation.stage, Stage::Resolved(_)) {
            return;
        }
        self.waiting -= 1;
        if self.closing {
            return;
        }
        self.stop_listening(id);
        if operation.kind != Kind::Silent {
            self.cancel_operation(id, operation.kind);
        }
    }

    pub(super) fn cancel_operation(&mut self, id: OperationId, kind: Kind) {
        if !self.closed_ahead.contains(&id) {
            self.commands.push_back(Command::Cancel(id, kind));
        }
    }

    fn stop_listening(&mut self, id: OperationId) {
        self.listeners.retain(|(_, listener)| *listener != id);
        for chooser in self.choosers.values_mut() {
            if chooser.waiting == Some(id) {
                chooser.waiting = None;
            }
        }
    }
}

/// Names of events differ only by more than letter case.
fn same_name(a: &str, b: &str) -> bool {
    a == b
        || (a.len() == b.len() && a.eq_ignore_ascii_case(b))
        || a.to_lowercase() == b.to_lowercase()
}
