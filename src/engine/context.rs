//! What workflow code sees: everything it does to the world goes through its context.
//!
//! A context lives with one run of one instance on the engine's thread. It knows no store and no
//! clock: operations become [commands](super::turn), and history resolves them.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    rc::Rc,
    task::{Poll, Waker},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    Activity, Failure, InstanceId, Payload, RetryPolicy, TimerOrigin, Timestamp,
    registry::unreadable, turn::Command,
};

/// Number of an operation within its run, in the order in which workflow code began them.
pub(super) type OperationId = u64;

/// The world as workflow code may see it. Clones share it.
#[derive(Clone)]
pub struct Context {
    state: Rc<RefCell<State>>,
}

/// The part of a run that its workflow code and the turn share.
pub(super) struct State {
    pub instance: InstanceId,
    /// Time of the event that was applied last.
    pub now: Timestamp,
    pub commands: VecDeque<Command>,
    pub annotations: Vec<Payload>,
    /// The run is over: dropped operations cancel nothing any more.
    pub closing: bool,
    next_operation: OperationId,
    operations: HashMap<OperationId, Operation>,
    /// Raised and not yet waited for, by lower-case name.
    mailbox: HashMap<String, VecDeque<Payload>>,
    /// Waiting for events, by lower-case name, in order.
    listeners: HashMap<String, VecDeque<OperationId>>,
    random: u64,
}

enum Operation {
    Waiting(Waker),
    Resolved(Resolution),
}

/// How history closed an operation.
pub(super) enum Resolution {
    Returned(Payload),
    Failed(Failure),
    Fired,
}

impl Context {
    pub(super) fn new(instance: InstanceId) -> Self {
        let random = seed(instance.as_str());
        Self {
            state: Rc::new(RefCell::new(State {
                instance,
                now: Timestamp::default(),
                commands: VecDeque::new(),
                annotations: Vec::new(),
                closing: false,
                next_operation: 0,
                operations: HashMap::new(),
                mailbox: HashMap::new(),
                listeners: HashMap::new(),
                random,
            })),
        }
    }

    pub(super) fn state(&self) -> &RefCell<State> {
        &self.state
    }

    /// The instance that this run belongs to.
    pub fn instance(&self) -> InstanceId {
        self.state.borrow().instance.clone()
    }

    /// The time, the same at every replay: when the event was committed that woke the workflow.
    pub fn now(&self) -> Timestamp {
        self.state.borrow().now
    }

    /// A random number, the same at every replay.
    pub fn random(&self) -> u64 {
        let state = &mut *self.state.borrow_mut();
        split_mix(&mut state.random)
    }

    /// Runs an activity: a side effect, at least once. `.await` it, or set its retry policy first.
    ///
    /// ```
    /// # use fermata::engine::{Activity, Context, Failure, RetryPolicy};
    /// struct Ship;
    /// impl Activity for Ship {
    ///     const NAME: &'static str = "ship";
    ///     type Input = String;
    ///     type Output = u32;
    /// }
    /// async fn order(ctx: Context, city: String) -> Result<u32, Failure> {
    ///     ctx.activity(Ship, &city).retry(RetryPolicy::attempts(5)).await
    /// }
    /// ```
    pub fn activity<A: Activity>(&self, _marker: A, input: &A::Input) -> ActivityCall<A> {
        ActivityCall {
            context: self.clone(),
            input: Payload::encode(input).map_err(|e| unreadable("activity's input", &e)),
            retry: RetryPolicy::none(),
            marker: PhantomData,
        }
    }

    /// Waits durably, also over restarts.
    pub fn timer(&self, duration: Duration) -> Pending<()> {
        self.timer_for(
            duration,
            TimerOrigin::Wait {
                name: String::new(),
            },
        )
    }

    /// Waits durably and says in the history what for.
    pub fn timer_for(&self, duration: Duration, origin: TimerOrigin) -> Pending<()> {
        Pending::new(self, Begin::Timer(Some(duration), origin), |_| Ok(()))
    }

    /// Waits for an external event of that name (letter case does not matter). One that came early
    /// is kept for the first who waits.
    pub fn wait_event<T: DeserializeOwned>(&self, name: &str) -> Pending<T> {
        Pending::new(self, Begin::Event(name.to_owned(), None), decode)
    }

    /// Waits for an external event, at most so long: `None` once the time is up.
    pub fn wait_event_for<T: DeserializeOwned>(
        &self,
        name: &str,
        limit: Duration,
    ) -> Pending<Option<T>> {
        let begin = Begin::Event(name.to_owned(), Some(limit));
        Pending::new(self, begin, |resolution| match resolution {
            Resolution::Fired => Ok(None),
            other => decode(other).map(Some),
        })
    }

    /// Says in a word how the workflow is doing.
    pub fn set_status<T: Serialize + ?Sized>(&self, status: &T) -> Result<(), Failure> {
        let status = Payload::encode(status).map_err(|e| unreadable("custom status", &e))?;
        self.push(Command::SetStatus(status));
        Ok(())
    }

    /// Tells those who watch the live run something that is not part of the history. It leaves with
    /// the next commit and is not told again at replay.
    pub fn annotate<T: Serialize + ?Sized>(&self, note: &T) -> Result<(), Failure> {
        let note = Payload::encode(note).map_err(|e| unreadable("annotation", &e))?;
        self.state.borrow_mut().annotations.push(note);
        Ok(())
    }

    fn push(&self, command: Command) {
        self.state.borrow_mut().commands.push_back(command);
    }
}

fn decode<T: DeserializeOwned>(resolution: Resolution) -> Result<T, Failure> {
    match resolution {
        Resolution::Returned(payload) => payload.decode().map_err(|e| unreadable("result", &e)),
        Resolution::Failed(failure) => Err(failure),
        Resolution::Fired => Payload::null()
            .decode()
            .map_err(|e| unreadable("result", &e)),
    }
}

impl State {
    /// Closes an operation; false if the workflow no longer waits for it.
    pub(super) fn resolve(&mut self, id: OperationId, resolution: Resolution) -> bool {
        let Some(operation) = self.operations.get_mut(&id) else {
            return false;
        };
        if let Operation::Waiting(waker) =
            std::mem::replace(operation, Operation::Resolved(resolution))
        {
            waker.wake();
        }
        true
    }

    /// A timer fired; false if the workflow no longer waits for it.
    pub(super) fn fire(&mut self, id: OperationId) -> bool {
        self.stop_listening(id);
        self.resolve(id, Resolution::Fired)
    }

    fn stop_listening(&mut self, id: OperationId) {
        for queue in self.listeners.values_mut() {
            queue.retain(|listener| *listener != id);
        }
    }

    /// An event came: to the first listener of its name, or into the mailbox.
    pub(super) fn raise(&mut self, name: &str, input: Payload) {
        let name = name.to_lowercase();
        match self.listeners.get_mut(&name).and_then(VecDeque::pop_front) {
            Some(listener) => {
                self.commands.push_back(Command::CancelTimer(listener));
                self.resolve(listener, Resolution::Returned(input));
            }
            None => self.mailbox.entry(name).or_default().push_back(input),
        }
    }

    fn begin(&mut self, begin: Begin, waker: Waker) -> OperationId {
        let id = self.next_operation;
        self.next_operation += 1;
        let operation = match begin {
            Begin::Failed(failure) => Operation::Resolved(Resolution::Failed(failure)),
            Begin::Activity { name, input, retry } => {
                self.commands.push_back(Command::ScheduleTask {
                    id,
                    name,
                    input,
                    retry,
                });
                Operation::Waiting(waker)
            }
            Begin::Timer(duration, origin) => {
                let fire_at = duration.map(|duration| self.now + duration);
                self.commands.push_back(Command::CreateTimer {
                    id,
                    fire_at,
                    origin,
                });
                Operation::Waiting(waker)
            }
            Begin::Event(name, limit) => {
                let key = name.to_lowercase();
                match self.mailbox.get_mut(&key).and_then(VecDeque::pop_front) {
                    Some(input) => Operation::Resolved(Resolution::Returned(input)),
                    None => {
                        self.listeners.entry(key).or_default().push_back(id);
                        self.commands.push_back(Command::CreateTimer {
                            id,
                            fire_at: limit.map(|limit| self.now + limit),
                            origin: TimerOrigin::ExternalEvent { name },
                        });
                        Operation::Waiting(waker)
                    }
                }
            }
        };
        self.operations.insert(id, operation);
        id
    }

    /// The result, once it is there; until then `waker` waits for it.
    fn take(&mut self, id: OperationId, waker: &Waker) -> Option<Resolution> {
        match self.operations.get_mut(&id) {
            Some(Operation::Waiting(kept)) => {
                kept.clone_from(waker);
                None
            }
            Some(Operation::Resolved(_)) => match self.operations.remove(&id) {
                Some(Operation::Resolved(resolution)) => Some(resolution),
                _ => None,
            },
            None => None,
        }
    }

    /// The workflow no longer waits: cancels what is still open.
    fn forget(&mut self, id: OperationId, kind: Kind) {
        if !matches!(self.operations.remove(&id), Some(Operation::Waiting(_))) || self.closing {
            return;
        }
        self.stop_listening(id);
        self.commands.push_back(match kind {
            Kind::Task => Command::CancelTask(id),
            Kind::Timer => Command::CancelTimer(id),
        });
    }
}

/// What an operation does when it is first polled.
enum Begin {
    Failed(Failure),
    Activity {
        name: String,
        input: Payload,
        retry: RetryPolicy,
    },
    Timer(Option<Duration>, TimerOrigin),
    Event(String, Option<Duration>),
}

#[derive(Clone, Copy)]
enum Kind {
    Task,
    Timer,
}

/// An operation of the context as a future. It begins when it is first polled; dropping it before
/// its end cancels it.
#[must_use = "an operation begins when it is awaited"]
pub struct Pending<T> {
    context: Context,
    kind: Kind,
    stage: Stage,
    decode: fn(Resolution) -> Result<T, Failure>,
}

enum Stage {
    New(Begin),
    Begun(OperationId),
    Over,
}

impl<T> Pending<T> {
    fn new(context: &Context, begin: Begin, decode: fn(Resolution) -> Result<T, Failure>) -> Self {
        let kind = match begin {
            Begin::Activity { .. } | Begin::Failed(_) => Kind::Task,
            Begin::Timer(..) | Begin::Event(..) => Kind::Timer,
        };
        Self {
            context: context.clone(),
            kind,
            stage: Stage::New(begin),
            decode,
        }
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        let context = self.context.clone();
        let mut state = context.state.borrow_mut();
        let id = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::New(begin) => state.begin(begin, cx.waker().clone()),
            Stage::Begun(id) => id,
            Stage::Over => return Poll::Pending,
        };
        match state.take(id, cx.waker()) {
            Some(resolution) => Poll::Ready((self.decode)(resolution)),
            None => {
                self.stage = Stage::Begun(id);
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        if let Stage::Begun(id) = self.stage {
            self.context.state.borrow_mut().forget(id, self.kind);
        }
    }
}

/// A call of an activity, not yet begun: set how it is retried, then `.await` it.
#[must_use = "an activity begins when it is awaited"]
pub struct ActivityCall<A: Activity> {
    context: Context,
    input: Result<Payload, Failure>,
    retry: RetryPolicy,
    marker: PhantomData<fn() -> A>,
}

impl<A: Activity> ActivityCall<A> {
    /// How failures are retried; without this they are not.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }
}

impl<A: Activity> IntoFuture for ActivityCall<A> {
    type Output = Result<A::Output, Failure>;
    type IntoFuture = Pending<A::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let begin = match self.input {
            Ok(input) => Begin::Activity {
                name: A::NAME.to_owned(),
                input,
                retry: self.retry,
            },
            Err(failure) => Begin::Failed(failure),
        };
        Pending::new(&self.context, begin, decode)
    }
}

/// A seed from a text (FNV-1a, 64 bits).
fn seed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The next number of the SplitMix64 generator (Steele, Lea, Flood 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
