//! Injected faults of code: a score whose code no longer matches what it has done.
//!
//! While the history of a broken run is replayed, its code requests a step that the history does not contain.
//! The engine meets that as it would meet a changed program: it stalls the run, and names what the history has
//! and what the code now requests. The wrong step is never written.

use std::{
    collections::HashMap,
    future::{IntoFuture, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::lane::RunId;
use crate::{
    engine::{Context, Event, EventId, EventKind, Failure, InstanceId, NamedActivity},
    score::{ScoreInput, perform},
};

/// The step that broken code requests.
const WRONG_STEP: &str = "added on purpose";

/// The runs whose code is broken.
#[derive(Default)]
pub(super) struct BrokenCode(Mutex<HashMap<RunId, EventId>>);

impl BrokenCode {
    /// Breaks the code of a run: from the turn on that this event begins, it requests another step.
    pub fn break_from(&self, run: RunId, turn: EventId) {
        self.runs().insert(run, turn);
    }

    /// Whether the code of an instance is broken.
    pub fn contains(&self, id: &InstanceId) -> bool {
        self.runs().keys().any(|run| run.instance == *id)
    }

    /// Fixes the code of all other instances. Returns whether any was broken.
    pub fn keep(&self, broken: &[InstanceId]) -> bool {
        let mut runs = self.runs();
        let before = runs.len();
        runs.retain(|run, _| broken.contains(&run.instance));
        runs.len() < before
    }

    fn turn_of(&self, context: &Context) -> Option<EventId> {
        let run = RunId {
            instance: context.instance(),
            run: context.run(),
        };
        self.runs().get(&run).copied()
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, EventId>> {
        // Nothing that is done under the lock can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Performs a score, with code that may be broken.
pub(super) async fn perform_breakable(
    broken: Arc<BrokenCode>,
    context: Context,
    start: ScoreInput,
) -> Result<Value, Failure> {
    let turn = broken.turn_of(&context);
    let Some(turn) = turn.filter(|_| context.is_replaying()) else {
        return perform(context, start).await;
    };
    let mut performance = pin!(perform(context.clone(), start));
    let call = context.activity(NamedActivity::<(), ()>::new(WRONG_STEP), &());
    let mut wrong_step = pin!(call.into_future());
    let mut is_requested = false;
    poll_fn(|cx| {
        // The history has a step of this turn, so that the difference is found before anything is written.
        let diverges = context.recorded_commands() > 0 && context.history_length() > turn.0;
        if diverges && !is_requested {
            is_requested = true;
            // It requests the step; nothing waits for its result.
            let _ = wrong_step.as_mut().poll(cx);
        }
        performance.as_mut().poll(cx)
    })
    .await
}

/// The event that begins the last turn in which the code of a run requested a step.
pub(super) fn last_turn(history: &[Event]) -> Option<EventId> {
    use EventKind as E;
    let (mut begun, mut last) = (None, None);
    for event in history {
        match &event.kind {
            E::ExecutionStarted { start_at: None, .. }
            | E::TaskCompleted { .. }
            | E::TaskFailed { retry_at: None, .. }
            | E::TimerFired { .. }
            | E::EventRaised { .. }
            | E::ChildWorkflowInstanceCompleted { .. }
            | E::ChildWorkflowInstanceFailed { retry_at: None, .. } => begun = Some(event.id),
            // What the code requests then may answer events from before.
            E::ExecutionResumed { .. } | E::ExecutionSuspended { .. } => begun = None,
            E::TaskScheduled { .. }
            | E::TimerCreated { .. }
            | E::ChildWorkflowInstanceCreated { .. } => last = begun.or(last),
            _ => {}
        }
    }
    last
}
