//! The gRPC service of Dapr Workflow and the Durable Task Framework, for their workers and clients.
//!
//! | files | contents |
//! |---|---|
//! | `messages` | the messages of the protocol |
//! | `values`, `failure` | values of the protocol and of the engine |
//! | `history`, `history_events`, `histories` | the engine's events, as a worker sees them |
//! | `actions` | what a worker asks for, as commands of the engine |
//! | `work`, `dealing`, `hub`, `work_stream`, `waiting` | handing work to workers |
//! | `clients`, `queries`, `state`, `starts` | what clients ask for |
//! | `reload` | trying stalled instances again |
//! | `service` | the methods by name |

mod actions;
mod clients;
mod dealing;
mod failure;
mod histories;
mod history;
mod history_events;
mod hub;
pub(super) mod messages;
mod queries;
mod reload;
mod service;
mod starts;
mod state;
#[cfg(test)]
mod tests;
pub(super) mod values;
mod waiting;
mod work;
mod work_stream;

use self::starts::Starts;
use crate::engine::{Engine, EngineError};
pub(super) use clients::{Clients, refusal};
pub use hub::Hub;
pub(super) use service::DurableTask;
pub use waiting::WaitingActivities;

/// Whether something happens to an instance or to its children as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Alone,
    WithChildren,
}

/// The methods of an engine whose remote workers are those of a hub, and the task that must run beside them.
pub(super) fn clients(
    engine: &Engine,
    hub: Hub,
) -> (
    Clients,
    impl Future<Output = Result<(), EngineError>> + use<>,
) {
    let starts = Starts::default();
    let clients = Clients::new(engine.clone(), hub.clone(), starts.clone());
    let engine = engine.clone();
    let follow = async move {
        let forget = |id: &_| hub.forget(id);
        starts.follow(&engine, forget).await
    };
    (clients, follow)
}
