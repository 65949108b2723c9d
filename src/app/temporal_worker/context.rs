//! The cluster's workflow context, as the interpreter of scores wants it.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::future::{FutureExt, LocalBoxFuture, ready};
use serde_json::Value;
use temporalio_common::{RetryPolicy as ServerRetryPolicy, data_converters::RawValue};
use temporalio_sdk::{
    ChildWorkflowOptions, ParentClosePolicy, SignalWorkflowOptions, TimerOptions, TimerResult,
    WorkflowCancellationToken, WorkflowContext as ServerContext,
};

use super::{
    TASK_TIMEOUT,
    call::{ActivityCall, final_failures, server_policy},
    failure::{canceled, failure_of, unreadable, unwritable},
    mailbox::{Listener, Mailbox},
    player::Player,
    run_input::RunInput,
    saga::Steps,
    workflow::{EventSignal, ScoreRun, ScoreWorkflow},
};
use crate::{
    conductor::is_played,
    engine::{Activity, Failure, InstanceId, RaisedEvent, TimerOrigin, Timestamp, Uuid},
    score::{MusicStep, RetryOn, ScoreInput, WorkflowContext, calls::PORT_MISSING},
};

/// The context of a score on Temporal. Clones share its state.
#[derive(Clone)]
pub(super) struct ClusterContext {
    server: ServerContext<ScoreWorkflow>,
    state: Rc<State>,
}

struct State {
    instance: InstanceId,
    mailbox: Rc<RefCell<Mailbox>>,
    /// The input of the next run, if the score continues as new.
    next: RefCell<Option<ScoreInput>>,
    /// The machine that plays the score.
    player: Player,
    /// How many sagas are being settled: what they begin is not cancelled.
    settling: Cell<u32>,
    /// Operations that nobody waits for.
    kept: RefCell<Vec<LocalBoxFuture<'static, ()>>>,
}

impl ClusterContext {
    /// The context of a run. `player`: the task queue of the machine that has played the score so far.
    pub fn new(
        server: ServerContext<ScoreWorkflow>,
        instance: InstanceId,
        player: Option<String>,
    ) -> Self {
        let mailbox = server.state(|workflow| Rc::clone(&workflow.mailbox));
        let state = State {
            instance,
            mailbox,
            player: Player::new(player),
            next: RefCell::default(),
            settling: Cell::default(),
            kept: RefCell::default(),
        };
        Self {
            server,
            state: Rc::new(state),
        }
    }

    /// The input of the next run, if there is one.
    pub fn take_next(&self) -> Option<RunInput> {
        let start = self.state.next.take()?;
        Some(RunInput {
            start,
            player: self.state.player.queue(),
            unread: self.state.mailbox.borrow_mut().take_waiting(),
        })
    }

    /// The input of a score that this one runs: it plays on the same machine.
    fn input_of_child(&self, start: &ScoreInput) -> Result<RawValue, Failure> {
        let input = RunInput {
            player: self.state.player.queue(),
            ..RunInput::first(start.clone())
        };
        input.write()
    }

    /// A token that cancels an operation: by itself, or with the workflow. What begins after a cancel request
    /// cleans up, and is not cancelled.
    fn token(&self) -> WorkflowCancellationToken {
        let root = self.server.cancellation_token();
        match root.is_cancelled() || self.state.settling.get() > 0 {
            true => WorkflowCancellationToken::new(),
            false => root.child_token(),
        }
    }

    /// An operation that begins when it is first polled and is cancelled when it is dropped.
    fn operation<T: 'static>(
        &self,
        begin: impl FnOnce(
            ServerContext<ScoreWorkflow>,
            WorkflowCancellationToken,
        ) -> LocalBoxFuture<'static, Result<T, Failure>>
        + 'static,
    ) -> Operation<T> {
        let context = self.clone();
        async move {
            let token = context.token();
            let mut cancelling = CancelOnDrop(Some(token.clone()));
            let done = begin(context.server.clone(), token).await;
            cancelling.0 = None;
            done
        }
        .boxed_local()
    }

    fn call<A: Activity>(
        &self,
        activity: A,
        input: &A::Input,
        policy: ServerRetryPolicy,
    ) -> Operation<A::Output> {
        let name = activity.name().to_owned();
        let input = match serde_json::to_value(input) {
            Ok(input) => input,
            Err(error) => return ready(Err(unwritable(&error))).boxed_local(),
        };
        let context = self.clone();
        self.operation(move |server, token| {
            async move {
                let call = ActivityCall {
                    server,
                    token,
                    name,
                    policy,
                };
                let output = match is_played(&call.name) {
                    true => call.on_player(&context.state.player, input).await,
                    false => call.anywhere(input).await,
                }?;
                serde_json::from_value(output).map_err(|error| unreadable(&error))
            }
            .boxed_local()
        })
    }
}

/// An operation of the cluster in progress.
type Operation<T> = LocalBoxFuture<'static, Result<T, Failure>>;

impl WorkflowContext for ClusterContext {
    type Operation<T: 'static> = Operation<T>;
    type Listener = Listener;
    type Saga = Steps;

    const STEP: MusicStep = MusicStep::Phrase;

    fn instance(&self) -> InstanceId {
        self.state.instance.clone()
    }

    fn now(&self) -> Timestamp {
        timestamp(self.server.workflow_time())
    }

    fn random(&self) -> u64 {
        self.server.random()
    }

    fn new_uuid(&self) -> Uuid {
        let bytes: [u64; 2] = [self.random(), self.random()];
        Uuid::from_u64_pair(bytes[0], bytes[1])
    }

    fn cancel_reason(&self) -> Option<String> {
        let root = self.server.cancellation_token();
        let is_cancelled = root.is_cancelled();
        is_cancelled.then(|| root.reason().unwrap_or_default())
    }

    fn activity<A: Activity>(&self, activity: A, input: &A::Input) -> Operation<A::Output> {
        let policy = ServerRetryPolicy::builder()
            .initial_interval(Duration::from_millis(100))
            .maximum_interval(Duration::from_secs(2))
            .non_retryable_error_types(final_failures(activity.name(), PORT_MISSING))
            .build();
        self.call(activity, input, policy)
    }

    fn retried_activity<A: Activity>(
        &self,
        activity: A,
        input: &A::Input,
        retry: RetryOn,
    ) -> Operation<A::Output> {
        let is_final = final_failures(activity.name(), "");
        let policy = server_policy(&retry.policy, is_final);
        self.call(activity, input, policy)
    }

    fn timer_for(&self, duration: Duration, origin: TimerOrigin) -> Operation<()> {
        let (TimerOrigin::Wait { name } | TimerOrigin::Retry { name, .. }) = origin else {
            return self.sleep(duration, String::new());
        };
        self.sleep(duration, name)
    }

    fn child(&self, name: &str, input: &ScoreInput) -> Operation<Value> {
        let name = name.to_owned();
        let input = match self.input_of_child(input) {
            Ok(input) => input,
            Err(failure) => return ready(Err(failure)).boxed_local(),
        };
        self.operation(move |server, token| {
            async move {
                let mut options = child_options(&name);
                options.cancellation_token = Some(token.clone());
                let started = server.start_child_workflow(ScoreRun, input, options).await;
                let started = started.map_err(|error| match error.as_cancelled() {
                    Some(_) => canceled(&token),
                    None => Failure::new(Failure::NOT_STARTED, error.to_string()),
                })?;
                started
                    .result()
                    .await
                    .map_err(|error| match error.as_cancelled() {
                        Some(_) => canceled(&token),
                        None => failure_of(error.failure(), &error),
                    })
            }
            .boxed_local()
        })
    }

    fn detached_child(&self, name: &str, input: &ScoreInput) -> Result<(), Failure> {
        let mut options = child_options(name);
        options.parent_close_policy = ParentClosePolicy::Abandon;
        options.cancellation_token = Some(WorkflowCancellationToken::new());
        let (server, input) = (self.server.clone(), self.input_of_child(input)?);
        // Whether it starts, the history says.
        self.begin(async move {
            let _ = server.start_child_workflow(ScoreRun, input, options).await;
        });
        Ok(())
    }

    fn send(&self, target: &InstanceId, name: &str, data: &Value) -> Result<(), Failure> {
        let handle = self.server.external_workflow(target.as_str(), None);
        let mut options = SignalWorkflowOptions::default();
        options.cancellation_token = Some(WorkflowCancellationToken::new());
        let (event, data) = (EventSignal(name.to_owned()), data.clone());
        // Whether it arrives, the history says.
        self.begin(async move {
            let _ = handle.signal(event, data, options).await;
        });
        Ok(())
    }

    fn listen(&self, filter: impl FnMut(&RaisedEvent) -> bool + 'static) -> Listener {
        Listener::new(&self.state.mailbox, filter)
    }

    fn next_event(&self, listener: &Listener, _: Vec<String>) -> Operation<RaisedEvent> {
        let reader = listener.reader();
        self.operation(move |_, token| {
            async move {
                let mut cancelled = Box::pin(async move {
                    token.cancelled().await;
                    token.reason().unwrap_or_default()
                });
                poll_fn(|cx| {
                    if let Some(event) = reader.next(cx.waker()) {
                        return Poll::Ready(Ok(event));
                    }
                    cancelled
                        .poll_unpin(cx)
                        .map(|reason| Err(Failure::canceled(reason)))
                })
                .await
            }
            .boxed_local()
        })
    }

    fn next_event_for(
        &self,
        listener: &Listener,
        names: Vec<String>,
        limit: Duration,
    ) -> Operation<Option<RaisedEvent>> {
        let mut next = self.next_event(listener, names);
        let mut timer = self.sleep(limit, "listen".to_owned());
        async move {
            poll_fn(|cx| {
                if let Poll::Ready(event) = Pin::new(&mut next).poll_unpin(cx) {
                    return Poll::Ready(event.map(Some));
                }
                timer.poll_unpin(cx).map(|fired| fired.map(|()| None))
            })
            .await
        }
        .boxed_local()
    }

    fn set_status(&self, status: &Value) -> Result<(), Failure> {
        self.server.set_current_details(status.to_string());
        Ok(())
    }

    fn continue_as_new(&self, input: &ScoreInput) -> Failure {
        self.state.next.replace(Some(input.clone()));
        Failure::new(Failure::CONTINUE, "the workflow continues as new")
    }

    fn saga(&self) -> Steps {
        Steps::new(self.clone())
    }

    fn history_length(&self) -> u64 {
        u64::from(self.server.history_length())
    }

    fn should_continue_as_new(&self) -> bool {
        self.server.continue_as_new_suggested()
    }
}

impl ClusterContext {
    /// What is begun between the two is not cancelled with the workflow: it cleans up.
    pub fn begin_settling(&self) {
        self.state.settling.set(self.state.settling.get() + 1);
    }

    pub fn end_settling(&self) {
        self.state.settling.set(self.state.settling.get() - 1);
    }

    /// Begins an operation at once that nobody waits for, and keeps it until the run ends.
    fn begin(&self, operation: impl Future<Output = ()> + 'static) {
        let mut operation = operation.boxed_local();
        let mut nobody = Context::from_waker(Waker::noop());
        if operation.poll_unpin(&mut nobody).is_pending() {
            self.state.kept.borrow_mut().push(operation);
        }
    }

    fn sleep(&self, duration: Duration, name: String) -> Operation<()> {
        self.operation(move |server, token| {
            async move {
                let options = TimerOptions::builder(duration)
                    .cancellation_token(token.clone())
                    .summary(name)
                    .build();
                match server.timer(options).await {
                    TimerResult::Fired => Ok(()),
                    _ => Err(canceled(&token)),
                }
            }
            .boxed_local()
        })
    }
}

/// Cancels an operation that nobody waits for any more.
struct CancelOnDrop(Option<WorkflowCancellationToken>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let Some(token) = self.0.take() {
            token.cancel();
        }
    }
}

fn child_options(name: &str) -> ChildWorkflowOptions {
    let mut options = ChildWorkflowOptions::default();
    options.static_summary = Some(name.to_owned());
    options.task_timeout = Some(TASK_TIMEOUT);
    options
}

fn timestamp(time: Option<SystemTime>) -> Timestamp {
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let nanos = since.unwrap_or_default().as_nanos();
    Timestamp(u64::try_from(nanos).unwrap_or(u64::MAX))
}
