//! Hands work of the engine to workers, and their answers to the engine.
//!
//! Work waits until a worker takes it. What a worker holds is named by a token; if its stream ends, the work goes to
//! another one with a new token, and the old answer counts no more. What the engine withdraws is forgotten.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    actions::{Asked, commands, newly_passed},
    dealing::{BREAKS_STREAMS, State},
    failure::failure,
    histories::Histories,
    messages::{ActivityResponse, GetWorkItems, TurnResponse},
    values::payload,
    work::{ActivityWork, CodeName, Entry, Stream, StreamId, Work, WorkId, WorkName},
};
use crate::engine::{
    ActivityError, Archive, InstanceId, Payload, RemoteActivity, RemoteNumber, RemoteWorkers,
    TakenTurn, Turn, TurnAnswer,
};

/// The most streams at once.
pub(super) const MAX_STREAMS: usize = 64;
/// How long work that a worker gave back waits.
const GIVEN_BACK: Duration = Duration::from_secs(1);

/// Connects the engine with the workers. Cheap to clone; clones are the same hub.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

pub(super) struct Shared {
    pub histories: Histories,
    state: Mutex<State>,
    /// Tells the tokens of this hub from those of another time.
    nonce: u64,
    /// How many workers are connected.
    workers: watch::Sender<usize>,
}

impl Hub {
    /// A hub for the engine that runs on a store.
    pub fn new(archive: Archive) -> Self {
        Self(Arc::new(Shared {
            histories: Histories::new(archive),
            state: Mutex::default(),
            nonce: RandomState::new().hash_one(std::process::id()),
            workers: watch::Sender::default(),
        }))
    }

    /// How many workers are connected, and every change.
    pub fn workers(&self) -> watch::Receiver<usize> {
        self.0.workers.subscribe()
    }

    pub(super) fn histories(&self) -> &Histories {
        &self.0.histories
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token of a piece of work that is handed out for the nth time.
    pub(super) fn token(&self, id: WorkId, handed_out: u32) -> String {
        format!("{:016x}-{}-{handed_out}", self.0.nonce, id.0)
    }

    /// A worker connects; `None`: there are too many.
    pub(super) fn join(
        &self,
        asked: GetWorkItems,
    ) -> Option<(StreamId, mpsc::UnboundedReceiver<WorkId>)> {
        let mut state = self.lock();
        if state.streams.len() >= MAX_STREAMS {
            return None;
        }
        let id = StreamId(state.new_id());
        // It holds no more than the worker takes at once.
        let (send, receive) = mpsc::unbounded_channel();
        state.streams.push(Stream::new(id, asked, send));
        self.0.workers.send_replace(state.streams.len());
        state.deal(&self.0.histories);
        Some((id, receive))
    }

    /// A worker's stream has ended: others get what it has not answered.
    pub(super) fn leave(&self, id: StreamId) {
        let mut state = self.lock();
        state.streams.retain(|stream| stream.id != id);
        self.0.workers.send_replace(state.streams.len());
        let mut held: Vec<_> = state
            .work
            .iter_mut()
            .filter(|(_, entry)| entry.holder == Some(id))
            .map(|(id, entry)| {
                entry.give_back();
                (*id, entry.work.kind())
            })
            .collect();
        // The oldest ones come first again.
        held.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        for (id, kind) in held {
            match state.breaks_streams(id) {
                true => state.answer_turn(id, TurnAnswer::Diverged(BREAKS_STREAMS.to_owned())),
                false => state.ready.of(kind).push_front(id),
            }
        }
        state.deal(&self.0.histories);
    }

    /// An instance has closed: its history is not needed any more.
    pub(super) fn forget(&self, instance: &InstanceId) {
        self.0.histories.forget(instance);
        for stream in &mut self.lock().streams {
            stream.forget(instance);
        }
    }

    /// A worker answers a turn. Returns whether the answer was expected.
    pub(super) fn turn_answered(&self, mut response: TurnResponse) -> bool {
        let Ok(instance) = InstanceId::new(&response.instance_id) else {
            return false;
        };
        let name = WorkName::Turn(instance.clone());
        let mut state = self.lock();
        let Some(id) = self.find(&state, &response.completion_token, name) else {
            return false;
        };
        if response.is_partial {
            if let Some(Work::Turn { parts, .. }) = state.work.get_mut(&id).map(|e| &mut e.work) {
                parts.append(&mut response.actions);
            }
            return true;
        }
        let Some(Work::Turn {
            turn,
            given: Some(given),
            mut parts,
            answer,
        }) = state.finish(id)
        else {
            return false;
        };
        parts.append(&mut response.actions);
        let (patches, version) = newly_passed(&response, &given.passed);
        let status = response.custom_status;
        let taken = match commands(&turn.instance, parts) {
            Asked::Diverged(reason) => TurnAnswer::Diverged(reason),
            Asked::Commands(commands) => {
                let status = payload(status);
                let before = given.custom_status.as_ref().map_or("", Payload::as_str);
                TurnAnswer::Taken(TakenTurn {
                    read: given.read,
                    custom_status: (status.as_str() != before).then_some(status),
                    commands,
                    patches,
                    version,
                })
            }
        };
        // The engine may have withdrawn the turn.
        let _ = answer.send(taken);
        state.deal(&self.0.histories);
        true
    }

    /// A worker answers an activity. Returns whether the answer was expected.
    pub(super) fn activity_answered(&self, response: ActivityResponse) -> bool {
        let Ok(instance) = InstanceId::new(&response.instance_id) else {
            return false;
        };
        let name = WorkName::Activity(instance, RemoteNumber(response.task_id));
        let mut state = self.lock();
        let Some(id) = self.find(&state, &response.completion_token, name) else {
            return false;
        };
        let Some(Work::Activity { answer, .. }) = state.finish(id) else {
            return false;
        };
        let result = match response.failure {
            Some(sent) => Err(ActivityError::Failed(failure(sent))),
            None => Ok(payload(response.result)),
        };
        // The engine may have withdrawn the attempt.
        let _ = answer.send(result);
        state.deal(&self.0.histories);
        true
    }

    /// A worker gives a piece of work back. It waits for a moment, because the same worker may get it again.
    pub(super) fn abandoned(&self, token: &str) {
        let mut state = self.lock();
        let Some(id) = self.find_token(&state, token) else {
            return;
        };
        let Some(kind) = state.give_back(id) else {
            return;
        };
        state.deal(&self.0.histories);
        drop(state);
        let hub = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(GIVEN_BACK).await;
            let mut state = hub.lock();
            state.ready.of(kind).push_back(id);
            state.deal(&hub.0.histories);
        });
    }

    /// The work that an answer belongs to. Some libraries send no token.
    fn find(&self, state: &State, token: &str, name: WorkName) -> Option<WorkId> {
        if !token.is_empty() {
            return self.find_token(state, token);
        }
        let id = state.by_name.get(&name)?;
        state.work.get(id)?.holder?;
        Some(*id)
    }

    fn find_token(&self, state: &State, token: &str) -> Option<WorkId> {
        let mut parts = token.split('-').skip(1);
        let id = WorkId(parts.next()?.parse().ok()?);
        let entry = state.work.get(&id)?;
        entry.holder?;
        (self.token(id, entry.handed_out) == token).then_some(id)
    }

    fn add(&self, work: Work) -> Withdraw {
        let mut state = self.lock();
        let id = WorkId(state.new_id());
        let kind = work.kind();
        state.by_name.insert(work.name(), id);
        let code = match &work {
            Work::Turn { .. } => None,
            Work::Activity { activity, .. } => Some(CodeName {
                name: Arc::clone(&activity.name),
                version: None,
            }),
        };
        let entry = Entry {
            work,
            code,
            handed_out: 0,
            holder: None,
            since: Instant::now(),
        };
        state.work.insert(id, entry);
        state.ready.of(kind).push_back(id);
        state.deal(&self.0.histories);
        drop(state);
        Withdraw(self.clone(), id)
    }
}

/// Withdraws a piece of work when it is dropped, unless it is done.
struct Withdraw(Hub, WorkId);

impl Drop for Withdraw {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if state.finish(self.1).is_some() {
            state.deal(&self.0.0.histories);
        }
    }
}

impl RemoteWorkers for Hub {
    fn turn(&self, turn: Turn) -> BoxFuture<'static, TurnAnswer> {
        let (answer, answered) = oneshot::channel();
        let withdraw = self.add(Work::Turn {
            turn,
            given: None,
            parts: Vec::new(),
            answer,
        });
        Box::pin(async move {
            let answer = answered.await;
            drop(withdraw);
            answer.unwrap_or_else(|_| TurnAnswer::Diverged("the turn was lost".to_owned()))
        })
    }

    fn activity(
        &self,
        activity: RemoteActivity,
    ) -> BoxFuture<'static, Result<Payload, ActivityError>> {
        let (answer, answered) = oneshot::channel();
        let work = ActivityWork {
            instance: activity.context.instance().clone(),
            scheduled: activity.context.scheduled(),
            number: activity.number,
            name: activity.name,
            input: activity.input,
            key: activity.context.idempotency_key(),
        };
        let withdraw = self.add(Work::Activity {
            activity: Arc::new(work),
            answer,
        });
        Box::pin(async move {
            let answer = answered.await;
            drop(withdraw);
            answer.unwrap_or(Err(ActivityError::Yielded))
        })
    }
}
