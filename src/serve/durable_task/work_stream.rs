//! The stream of work to one worker.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Interval, interval},
};

use super::{
    histories::Known,
    hub::Hub,
    messages::{ActivityRequest, GetWorkItems, Instance, Nothing, WorkItem},
    values::text,
    work::{ActivityWork, Dialect, Given, StreamId, Work, WorkId},
};
use crate::engine::{TakenTurn, Turn, TurnAnswer};

/// How often an idle worker hears that the server is there. Microsoft's libraries connect again after two minutes
/// of silence.
const PING: Duration = Duration::from_secs(20);

/// The work that one worker gets. Dropping it gives what it holds to others.
pub(super) struct WorkStream {
    hub: Hub,
    id: StreamId,
    work: mpsc::UnboundedReceiver<WorkId>,
    ping: Interval,
}

impl Drop for WorkStream {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}

impl WorkStream {
    /// A worker connects; `None`: there are too many.
    pub fn open(hub: Hub, asked: GetWorkItems) -> Option<Self> {
        let (id, work) = hub.join(asked)?;
        let mut ping = interval(PING);
        ping.reset();
        Some(Self {
            hub,
            id,
            work,
            ping,
        })
    }

    /// Waits for the next piece; `None`: the server ends.
    pub async fn next(&mut self) -> Option<WorkItem> {
        loop {
            tokio::select! {
                id = self.work.recv() => {
                    if let Some(item) = self.hub.work_item(self.id, id?) {
                        self.ping.reset();
                        return Some(item);
                    }
                }
                _ = self.ping.tick() => {
                    if let Some(ping) = self.hub.ping(self.id) {
                        return Some(ping);
                    }
                }
            }
        }
    }
}

/// What a piece of work is made of.
enum Ingredients {
    Turn(Turn, Known),
    Activity(Arc<ActivityWork>, Dialect),
}

impl Hub {
    /// A piece of work as a worker gets it; `None`: it is no longer this worker's.
    fn work_item(&self, stream: StreamId, id: WorkId) -> Option<WorkItem> {
        let (token, ingredients) = {
            let mut state = self.lock();
            let entry = state
                .work
                .get(&id)
                .filter(|entry| entry.holder == Some(stream))?;
            let token = self.token(id, entry.handed_out);
            let ingredients = match &entry.work {
                Work::Turn { turn, .. } => {
                    let turn = turn.clone();
                    let known = state.stream(stream)?.known(&turn.instance);
                    Ingredients::Turn(turn, known)
                }
                Work::Activity { activity, .. } => {
                    let activity = Arc::clone(activity);
                    Ingredients::Activity(activity, state.stream(stream)?.dialect)
                }
            };
            (token, ingredients)
        };
        match ingredients {
            Ingredients::Turn(turn, known) => self.turn_item(stream, id, token, &turn, known),
            Ingredients::Activity(activity, dialect) => Some(WorkItem {
                activity: Some(activity_request(&activity, dialect)),
                completion_token: token,
                ..WorkItem::default()
            }),
        }
    }

    fn turn_item(
        &self,
        stream: StreamId,
        id: WorkId,
        token: String,
        turn: &Turn,
        known: Known,
    ) -> Option<WorkItem> {
        let found = self.histories().turn(&turn.instance, turn.run, known);
        let mut state = self.lock();
        let work = match found {
            Ok(Some(work)) => work,
            Ok(None) => {
                // Everything in the history is read already.
                let last = self.histories().last_event(&turn.instance, turn.run);
                let read = last.unwrap_or_default();
                state.answer_turn(
                    id,
                    TurnAnswer::Taken(TakenTurn {
                        read,
                        ..TakenTurn::default()
                    }),
                );
                return None;
            }
            Err(error) => {
                state.answer_turn(id, TurnAnswer::Diverged(error.to_string()));
                return None;
            }
        };
        let entry = state
            .work
            .get_mut(&id)
            .filter(|entry| entry.holder == Some(stream))?;
        if let Work::Turn { given, .. } = &mut entry.work {
            *given = Some(Given {
                read: work.read,
                custom_status: work.custom_status,
                passed: work.passed,
            });
        }
        state.stream(stream)?.keep(&turn.instance, work.known);
        Some(WorkItem {
            turn: Some(work.request),
            completion_token: token,
            ..WorkItem::default()
        })
    }

    fn ping(&self, stream: StreamId) -> Option<WorkItem> {
        let mut state = self.lock();
        let stream = state.stream(stream).filter(|stream| stream.wants_pings)?;
        let ping = Some(Nothing {});
        match stream.dialect {
            Dialect::Microsoft => Some(WorkItem {
                health_ping: ping,
                ..WorkItem::default()
            }),
            Dialect::Dapr => Some(WorkItem {
                dapr_health_ping: ping,
                ..WorkItem::default()
            }),
            Dialect::Either => None,
        }
    }
}

fn activity_request(activity: &ActivityWork, dialect: Dialect) -> ActivityRequest {
    ActivityRequest {
        name: activity.name.to_string(),
        input: text(&activity.input),
        instance: Some(Instance {
            instance_id: activity.instance.to_string(),
            execution_id: None,
        }),
        task_id: activity.number.0,
        task_execution_id: match dialect {
            Dialect::Microsoft | Dialect::Either => String::new(),
            Dialect::Dapr => activity.key.clone(),
        },
    }
}
