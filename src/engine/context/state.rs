//! The state of a run that its workflow code and the turn share.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    task::Waker,
    time::Duration,
};

use super::{
    identity::{Branch, Identity},
    listener::{Listener, ListenerId, RaisedEvent},
    lookahead::Lookahead,
    operation::{ChildCancel, NewOperation, Operation, Resolution, Stage},
    trace::Trace,
    wait::{Wait, same_name},
};
use crate::engine::{
    Failure, InstanceId, ParentClosePolicy, Payload, RunLimits, TimerOrigin, Timestamp,
    activity::ActivityFn,
    catch_panic,
    command::{Command, OperationId, OperationKind},
    retry::split_mix,
};

/// The input of the next run.
pub(in crate::engine) struct NextInput {
    pub input: Payload,
    pub keep_version: bool,
}

pub(in crate::engine) struct State {
    pub identity: Identity,
    /// The limits that workflow code can observe.
    pub limits: RunLimits,
    /// The part of the fork's lineage that replay has not passed yet, latest fork first.
    pub(super) forked: Vec<Branch>,
    /// The time of the last applied event.
    pub now: Timestamp,
    /// For how long time was frozen by suspensions.
    pub frozen: Duration,
    pub commands: VecDeque<Command>,
    pub annotations: Vec<Payload>,
    /// The run is over: operations that are dropped now are not canceled.
    pub closing: bool,
    /// The reason of the last cancel request.
    pub cancel: Option<String>,
    /// The cancel request has not failed any operation yet: the next one that starts fails.
    pub(super) undelivered_cancel: bool,
    /// A limit was reached: operations that start outside a shield fail with this.
    pub exhausted: Option<Failure>,
    /// How many operations have failed immediately since then.
    pub(super) refused: u32,
    /// How many shields surround the code that is being polled.
    pub(super) shields: u32,
    /// Awaited children to which a cancel request is to be sent.
    pub(super) child_cancels: Vec<OperationId>,
    /// Set when the workflow continues as new.
    pub next_run: Option<NextInput>,
    /// Why a recorded result does not have the type that the code expects.
    pub type_error: Option<String>,
    /// Published values, for queries.
    pub published: BTreeMap<String, Payload>,
    /// Log lines of this turn.
    pub log: Vec<String>,
    /// The turn is a replay.
    pub replaying: bool,
    /// What a walk reads; `None` in live execution.
    pub trace: Option<Box<Trace>>,
    /// The number of events in the history.
    pub length: u64,
    /// The commands of this turn that the history already contains.
    pub lookahead: Lookahead,
    /// Operations that buffered events close: they need no cancel command.
    pub closed_ahead: BTreeSet<OperationId>,
    pub random: u64,
    pub(super) next_operation: OperationId,
    pub(super) children: u64,
    pub(super) last_child: Option<InstanceId>,
    pub(super) operations: HashMap<OperationId, Operation>,
    /// How many operations are waiting.
    pub(super) waiting: usize,
    /// Raised events without a matching wait, in order.
    pub(super) mailbox: VecDeque<RaisedEvent>,
    /// The listeners, in the order in which they were created.
    pub(super) listeners: BTreeMap<ListenerId, Listener>,
    pub(super) next_listener: ListenerId,
    /// Waits for events by name, in order.
    pub(super) waits: VecDeque<Wait>,
    pub(super) versions: HashMap<String, u32>,
}

impl State {
    pub fn new(identity: Identity) -> Self {
        Self {
            limits: identity.limits.of_a_run(),
            identity,
            forked: Vec::new(),
            now: Timestamp::default(),
            frozen: Duration::ZERO,
            commands: VecDeque::new(),
            annotations: Vec::new(),
            closing: false,
            cancel: None,
            undelivered_cancel: false,
            exhausted: None,
            refused: 0,
            shields: 0,
            child_cancels: Vec::new(),
            next_run: None,
            type_error: None,
            published: BTreeMap::new(),
            log: Vec::new(),
            replaying: false,
            trace: None,
            length: 0,
            lookahead: Lookahead::default(),
            closed_ahead: BTreeSet::new(),
            random: 0,
            next_operation: 0,
            children: 0,
            last_child: None,
            operations: HashMap::new(),
            waiting: 0,
            mailbox: VecDeque::new(),
            listeners: BTreeMap::new(),
            next_listener: 0,
            waits: VecDeque::new(),
            versions: HashMap::new(),
        }
    }

    /// Whether any operation is waiting for the history.
    pub fn waits(&self) -> bool {
        self.waiting > 0
    }

    /// Resolves an operation; false if the workflow no longer waits for it.
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
        if let Some(trace) = &mut self.trace {
            trace.resolved.push((id, trace.delivering));
        }
        true
    }

    /// Resolves a timer; false if the workflow no longer waits for it.
    pub fn fire(&mut self, id: OperationId) -> bool {
        self.remove_waits(id);
        self.resolve(id, Resolution::Fired)
    }

    /// The function of an inline activity.
    pub fn function_of(&self, id: OperationId) -> Option<ActivityFn> {
        self.operations.get(&id)?.function.clone()
    }

    /// Whether the workflow's predicate allows a retry of this failure. An error if the predicate
    /// panics.
    pub fn should_retry(&self, id: OperationId, failure: &Failure) -> Result<bool, Failure> {
        let operation = self.operations.get(&id);
        let Some(should_retry) = operation.and_then(|operation| operation.retry_if.as_ref()) else {
            return Ok(true);
        };
        catch_panic::caught("the retry predicate", || should_retry(failure)).map_err(|panic| {
            let message = format!("{}, called with {failure}", panic.message);
            Failure { message, ..panic }.non_retryable()
        })
    }

    pub fn random(&mut self) -> u64 {
        split_mix(&mut self.random)
    }

    pub fn next_operation_id(&mut self) -> OperationId {
        let id = self.next_operation;
        self.next_operation += 1;
        id
    }

    pub(super) fn start(&mut self, new: NewOperation, waker: Waker) -> OperationId {
        let id = self.next_operation_id();
        let kind = new.kind();
        let shielded = self.shields > 0;
        let (mut retry_if, mut function) = (None, None);
        let mut cancel = ChildCancel::Abandon;
        let new = match self.refusal(kind) {
            Some(failure) if !shielded => NewOperation::Failed(failure),
            _ => new,
        };
        let stage = match new {
            NewOperation::Failed(failure) => Stage::Resolved(Resolution::Failed(failure)),
            NewOperation::Activity(mut task) => {
                retry_if = task.retry_if.take();
                function = task.function.take();
                self.commands.push_back(Command::ScheduleTask(id, task));
                Stage::Waiting(waker)
            }
            NewOperation::Timer(duration, origin) => {
                let fire_at = Some(self.now + duration);
                self.commands
                    .push_back(Command::CreateTimer(id, fire_at, origin));
                Stage::Waiting(waker)
            }
            NewOperation::Child(mut child) => {
                retry_if = child.retry_if.take();
                if child.on_close != ParentClosePolicy::Abandon {
                    cancel = ChildCancel::Wait;
                }
                self.create_child(id, child);
                Stage::Waiting(waker)
            }
            NewOperation::AwaitInstance(target) => {
                self.commands.push_back(Command::AwaitInstance(id, target));
                Stage::Waiting(waker)
            }
            NewOperation::Canceled if self.cancel.is_some() => Stage::Resolved(Resolution::Fired),
            NewOperation::Canceled => Stage::Waiting(waker),
            NewOperation::NextEvent(listener, names, limit) => {
                self.next_event(id, listener, names, limit, waker)
            }
            NewOperation::Event(name, limit, fits) => {
                let mut events = self.mailbox.iter();
                let found =
                    events.position(|event| same_name(&event.name, &name) && fits(&event.input));
                match found.and_then(|place| self.mailbox.remove(place)) {
                    Some(event) => Stage::Resolved(Resolution::Received(event)),
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

    /// Takes the resolution if there is one; otherwise stores `waker`.
    pub(super) fn take(&mut self, id: OperationId, waker: &Waker) -> Option<Resolution> {
        match &mut self.operations.get_mut(&id)?.stage {
            Stage::Waiting(stored) => {
                stored.clone_from(waker);
                None
            }
            Stage::Resolved(_) => match self.operations.remove(&id)?.stage {
                Stage::Resolved(resolution) => Some(resolution),
                Stage::Waiting(_) => None,
            },
        }
    }

    /// The workflow dropped an operation: cancels it if it is still open.
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
        self.remove_waits(id);
        if operation.kind != OperationKind::Unrecorded {
            self.cancel_operation(id, operation.kind);
        }
    }

    pub(super) fn cancel_operation(&mut self, id: OperationId, kind: OperationKind) {
        if !self.closed_ahead.contains(&id) {
            self.commands.push_back(Command::Cancel(id, kind));
        }
    }
}
