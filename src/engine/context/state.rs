//! The part of a run that its workflow code and the turn share.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    task::Waker,
    time::Duration,
};

use super::{
    Begin, Incoming,
    listening::{Listener, ListenerId},
};
use crate::engine::{
    EventId, Failure, Fork, InstanceId, Limits, ParentClosePolicy, Payload, RunLimits, TimerOrigin,
    Timestamp,
    activity::ActivityFn,
    catch_panic,
    retry::split_mix,
    turn::{ChildId, Command, NewChild},
};

/// The most operations that workflow code may begin in vain after a limit was reached.
const MAX_REFUSED: u32 = 1_000;

/// What a parent waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum ChildWaits {
    /// The pause before the child is tried again.
    ForRetry,
    /// The end of the child.
    ForEnd,
}

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
    /// The limits that the workflow can observe.
    pub limits: RunLimits,
    /// What is left of the histories that a fork was taken from, latest fork first.
    forked: Vec<Branch>,
    /// Time of the event that was applied last.
    pub now: Timestamp,
    pub commands: VecDeque<Command>,
    pub annotations: Vec<Payload>,
    /// The run is over: dropped operations cancel nothing any more.
    pub closing: bool,
    /// The caller's words, once the instance was asked to end.
    pub cancel: Option<String>,
    /// A cancel request that no operation has failed with yet: the next one that begins does.
    undelivered_cancel: bool,
    /// A limit was reached: operations that begin outside a shield fail with this.
    pub exhausted: Option<Failure>,
    /// How many operations have failed at once since then.
    refused: u32,
    /// How many shields the code that is being polled is in.
    shields: u32,
    /// Children that the workflow waits for and that are to be asked to end.
    asked_children: Vec<OperationId>,
    /// The workflow asked to continue as new.
    pub next_run: Option<NextInput>,
    /// A recorded result that does not fit the type that the code expects.
    pub unfit: Option<String>,
    /// What the workflow has published, for queries.
    pub published: BTreeMap<String, Payload>,
    /// What the workflow has logged in this turn.
    pub log: Vec<String>,
    /// The history already has what follows from this turn.
    pub replaying: bool,
    /// How many events the history has.
    pub length: u64,
    /// What the history already has of the commands of this turn.
    pub ahead: Ahead,
    /// What came while the instance was held closes these: there is nothing left to cancel.
    pub closed_ahead: BTreeSet<OperationId>,
    pub random: u64,
    next_operation: OperationId,
    children: u64,
    last_child: Option<InstanceId>,
    operations: HashMap<OperationId, Operation>,
    /// How many of them wait.
    waiting: usize,
    /// Raised and not yet waited for, in order.
    pub(super) mailbox: VecDeque<Incoming>,
    /// Those who listen to what they choose, in the order in which they began.
    pub(super) choosers: BTreeMap<ListenerId, Listener>,
    pub(super) next_chooser: ListenerId,
    /// Waiting for events by name, in order.
    waits: VecDeque<Wait>,
    versions: HashMap<String, u32>,
}

/// Where the history of a fork's source ends, and who owns the events from there on.
struct Branch {
    from: EventId,
    owner: Identity,
    seed: Option<u64>,
}

/// A wait for an event by its name.
struct Wait {
    name: String,
    operation: OperationId,
    fits: Fits,
    since: Timestamp,
    /// When its time is up.
    until: Option<Timestamp>,
}

/// Whether a payload has the type that a wait expects.
pub(in crate::engine) type Fits = fn(&Payload) -> bool;

/// What the next run begins with.
pub(in crate::engine) struct NextInput {
    pub input: Payload,
    pub keep_version: bool,
}

/// What the history already has of the commands of this turn.
#[derive(Default)]
pub(in crate::engine) struct Ahead {
    /// How many, version markers not counted.
    pub commands: usize,
    /// The version markers: changes and versions.
    pub versions: Vec<(String, u32)>,
    /// The history goes on after them: there are no more.
    pub is_over: bool,
    /// The history has an end by a panic: it was written when a panic failed an instance.
    pub panicked: bool,
}

struct Operation {
    kind: Kind,
    stage: Stage,
    retry_if: Option<RetryIf>,
    /// The code of an activity that was given with the call.
    function: Option<ActivityFn>,
    /// It began inside a shield: a cancel request does not reach it.
    shielded: bool,
    cancel: ChildCancel,
}

/// How a cancel request reaches a child that is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChildCancel {
    /// The child is asked to end, and the wait goes on until it has.
    Wait,
    /// It was asked.
    Asked,
    /// There is no child to wait for, or it is to go on: the wait ends.
    Abandon,
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
    /// The end of another instance.
    Instance,
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
            limits: identity.limits.of_a_run(),
            identity,
            forked: Vec::new(),
            now: Timestamp::default(),
            commands: VecDeque::new(),
            annotations: Vec::new(),
            closing: false,
            cancel: None,
            undelivered_cancel: false,
            exhausted: None,
            refused: 0,
            shields: 0,
            asked_children: Vec::new(),
            next_run: None,
            unfit: None,
            published: BTreeMap::new(),
            log: Vec::new(),
            replaying: false,
            length: 0,
            ahead: Ahead::default(),
            closed_ahead: BTreeSet::new(),
            random: 0,
            next_operation: 0,
            children: 0,
            last_child: None,
            operations: HashMap::new(),
            waiting: 0,
            mailbox: VecDeque::new(),
            choosers: BTreeMap::new(),
            next_chooser: 0,
            waits: VecDeque::new(),
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
            let owner = std::mem::replace(&mut self.identity, source);
            self.forked.push(Branch {
                from: taken.from,
                owner,
                seed: taken.seed,
            });
            fork = taken.source.as_deref();
        }
    }

    /// The history has come to this event.
    pub fn reach(&mut self, event: EventId) {
        self.length = event.0 + 1;
        let left = self.forked.iter().position(|fork| event >= fork.from);
        if let Some(fork) = left.and_then(|left| self.forked.drain(left..).next()) {
            self.identity = fork.owner;
            self.random = fork.seed.unwrap_or(self.random);
        }
    }

    /// Whose event the next command will be.
    fn owner_of_next(&self) -> &Identity {
        let next = EventId(self.length + self.commands.len() as u64);
        let fork = self.forked.iter().find(|fork| next >= fork.from);
        fork.map_or(&self.identity, |fork| &fork.owner)
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

    /// An event came: to all who choose it, else to the first who waits for its name and can read
    /// its payload, else into the mailbox.
    ///
    /// `came`: the event has waited while the instance was suspended and its time ran on. Waits whose
    /// time was up before it came have ended without it.
    pub fn raise(&mut self, mail: Incoming, came: Option<Timestamp>) {
        if self.choose(&mail) {
            return;
        }
        let in_time = |wait: &Wait| {
            came.zip(wait.until)
                .is_none_or(|(came, until)| came < until)
        };
        let is_for = |wait: &Wait| {
            same_name(&wait.name, &mail.name) && in_time(wait) && (wait.fits)(&mail.input)
        };
        match self.waits.iter().position(is_for) {
            Some(place) => {
                if let Some(wait) = self.waits.remove(place) {
                    self.cancel_operation(wait.operation, Kind::Timer);
                    self.resolve(wait.operation, Resolution::Heard(mail));
                }
            }
            None => self.mailbox.push_back(mail),
        }
    }

    /// Time was frozen from `suspended` to `resumed`.
    pub fn shift_waits(&mut self, suspended: Timestamp, resumed: Timestamp) {
        for wait in &mut self.waits {
            let frozen = resumed.since(suspended.max(wait.since));
            wait.until = wait.until.map(|until| until + frozen);
        }
    }

    /// The instance is asked to end: open operations fail, but for those inside a shield. Operations
    /// that begin later are not affected, so that the workflow can clean up. A second request is
    /// delivered again, to what is open then.
    pub fn request_cancel(&mut self, reason: &str, waits_for_children: bool) {
        self.cancel = Some(reason.to_owned());
        let mut delivered = false;
        for (id, kind) in self.open_operations() {
            if waits_for_children && self.ask_child(id) {
                continue;
            }
            delivered = true;
            if kind == Kind::Silent {
                self.resolve(id, Resolution::Fired);
            } else {
                self.fail_operation(id, kind, Failure::canceled(reason));
            }
        }
        self.undelivered_cancel = waits_for_children && !delivered;
    }

    /// A limit was reached: open operations fail, and those that begin later as well, but for those
    /// inside a shield.
    pub fn exhaust(&mut self, failure: &Failure) {
        self.exhausted = Some(failure.clone());
        for (id, kind) in self.open_operations() {
            if kind != Kind::Silent {
                self.fail_operation(id, kind, failure.clone());
            }
        }
    }

    /// The operations that a cancel request reaches, in the order in which they began.
    fn open_operations(&self) -> Vec<(OperationId, Kind)> {
        let open = self.operations.iter().filter(|(_, operation)| {
            matches!(operation.stage, Stage::Waiting(_)) && !operation.shielded
        });
        let mut open: Vec<_> = open.map(|(id, op)| (*id, op.kind)).collect();
        open.sort_unstable_by_key(|(id, _)| *id);
        open
    }

    /// The child of an operation is to be asked to end; false if there is none to wait for.
    fn ask_child(&mut self, id: OperationId) -> bool {
        let Some(operation) = self.operations.get_mut(&id) else {
            return false;
        };
        if operation.kind != Kind::Child || operation.cancel != ChildCancel::Wait {
            return false;
        }
        operation.cancel = ChildCancel::Asked;
        self.asked_children.push(id);
        true
    }

    fn fail_operation(&mut self, id: OperationId, kind: Kind, failure: Failure) {
        self.stop_listening(id);
        self.cancel_operation(id, kind);
        self.resolve(id, Resolution::Failed(failure));
    }

    /// Children that are to be asked to end, since this was last asked.
    pub fn take_asked_children(&mut self) -> Vec<OperationId> {
        std::mem::take(&mut self.asked_children)
    }

    /// A child has failed and waits for its next attempt, or that has begun.
    pub fn child_waits(&mut self, id: OperationId, waits: ChildWaits) {
        if let Some(operation) = self.operations.get_mut(&id) {
            operation.cancel = match waits {
                ChildWaits::ForRetry => ChildCancel::Abandon,
                ChildWaits::ForEnd => ChildCancel::Wait,
            };
        }
    }

    /// Code inside a shield begins to be polled.
    pub(super) fn enter_shield(&mut self) {
        self.shields += 1;
    }

    pub(super) fn leave_shield(&mut self) {
        self.shields = self.shields.saturating_sub(1);
    }

    /// Events that came and that the workflow has not yet taken.
    pub fn unread(&self) -> usize {
        let letters = self.choosers.values().map(|chooser| chooser.letters.len());
        self.mailbox.len() + letters.sum::<usize>()
    }

    /// The code of an activity that was given with its call.
    pub fn function_of(&self, id: OperationId) -> Option<ActivityFn> {
        self.operations.get(&id)?.function.clone()
    }

    /// What came and was never waited for.
    pub fn take_mail(&mut self) -> VecDeque<Incoming> {
        std::mem::take(&mut self.mailbox)
    }

    /// Whether workflow code thinks that a failure of this operation is worth a retry.
    /// It panicked: the failure.
    pub fn worth_a_retry(&self, id: OperationId, failure: &Failure) -> Result<bool, Failure> {
        let operation = self.operations.get(&id);
        let Some(worth) = operation.and_then(|operation| operation.retry_if.as_ref()) else {
            return Ok(true);
        };
        catch_panic::caught("the retry predicate", || worth(failure)).map_err(|panic| {
            let message = format!("{}, asked about {failure}", panic.message);
            Failure { message, ..panic }.non_retryable()
        })
    }

    pub fn random(&mut self) -> u64 {
        split_mix(&mut self.random)
    }

    /// The version of a change that this run goes on with.
    pub fn version(&mut self, change: &str, newest: u32) -> u32 {
        if let Some(known) = self.versions.get(change) {
            return *known;
        }
        let is_marker = |command: &&Command| matches!(command, Command::MarkVersion { .. });
        let place = self.commands.iter().filter(|c| !is_marker(c)).count();
        let mut marks = self.ahead.versions.iter();
        let version = match marks.find(|(marked, _)| marked == change) {
            Some((_, version)) => *version,
            None if place >= self.ahead.commands && !self.ahead.is_over => newest,
            None => 0,
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
        self.last_child = Some(id.clone());
        id
    }

    /// The id of the child that was asked for last, since this was last asked.
    pub fn take_last_child(&mut self) -> Option<InstanceId> {
        self.last_child.take()
    }

    pub fn number(&mut self) -> OperationId {
        let id = self.next_operation;
        self.next_operation += 1;
        id
    }

    pub(super) fn begin(&mut self, begin: Begin, waker: Waker) -> OperationId {
        let id = self.number();
        let kind = begin.kind();
        let shielded = self.shields > 0;
        let (mut retry_if, mut function) = (None, None);
        let mut cancel = ChildCancel::Abandon;
        let begin = match self.refusal(kind) {
            Some(failure) if !shielded => Begin::Failed(failure),
            _ => begin,
        };
        let stage = match begin {
            Begin::Failed(failure) => Stage::Resolved(Resolution::Failed(failure)),
            Begin::Activity(mut task) => {
                retry_if = task.retry_if.take();
                function = task.function.take();
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
                if child.on_close != ParentClosePolicy::Abandon {
                    cancel = ChildCancel::Wait;
                }
                self.create_child(id, child);
                Stage::Waiting(waker)
            }
            Begin::Await(target) => {
                self.commands.push_back(Command::AwaitInstance(id, target));
                Stage::Waiting(waker)
            }
            Begin::Canceled if self.cancel.is_some() => Stage::Resolved(Resolution::Fired),
            Begin::Canceled => Stage::Waiting(waker),
            Begin::Hear(listener, names, limit) => self.hear(id, listener, names, limit, waker),
            Begin::Event(name, limit, fits) => {
                let mut mail = self.mailbox.iter();
                let came = mail.position(|mail| same_name(&mail.name, &name) && fits(&mail.input));
                match came.and_then(|place| self.mailbox.remove(place)) {
                    Some(mail) => Stage::Resolved(Resolution::Heard(mail)),
                    None => {
                        let fire_at = limit.map(|limit| self.now + limit);
                        self.waits.push_back(Wait {
                            name: name.clone(),
                            operation: id,
                            fits,
                            since: self.now,
                            until: fire_at,
                        });
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
            function,
            shielded,
            cancel,
        };
        self.operations.insert(id, operation);
        id
    }

    /// Why an operation that begins outside a shield fails at once.
    fn refusal(&mut self, kind: Kind) -> Option<Failure> {
        if kind == Kind::Silent {
            return None;
        }
        if let Some(failure) = &self.exhausted {
            self.refused += 1;
            // Code that ignores every failure would go round for ever. The panic ends it.
            assert!(
                self.refused <= MAX_REFUSED,
                "the workflow goes on although {}",
                failure.message
            );
            return Some(failure.clone());
        }
        let reason = self.cancel.as_ref().filter(|_| self.undelivered_cancel)?;
        let failure = Failure::canceled(reason.as_str());
        self.undelivered_cancel = false;
        Some(failure)
    }

    /// A child that was asked to end has ended so: the workflow learns of the request by it.
    pub fn cancel_delivered(&mut self) {
        self.undelivered_cancel = false;
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
        self.waits.retain(|wait| wait.operation != id);
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
