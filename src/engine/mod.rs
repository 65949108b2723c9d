//! Durable execution: no music, no pixels.
//!
//! A **workflow** is an ordinary `async fn` over a [`Context`]; everything it does to the world are
//! **activities**, timers and waits for events. Each run of one is an **instance** with a
//! **history** of [`Event`]s, which is on disk before anything that follows from it leaves the
//! engine. When the process ends, at whatever moment, the next [`Engine`] on the same store replays
//! the histories of the open instances and goes on with them.
//!
//! | room | what it is for | what it may not know |
//! |---|---|---|
//! | `history`, `id`, `payload`, `retry` | the words: events, statuses, failures, policies | everything else |
//! | `context`, `turn` | workflow code, half-way through: one event in, commands out | clock, store, threads |
//! | `instance` | an open instance: its run, and what follows from its history for the engine | store, other instances |
//! | `worker`, `message` | the one thread and one writer: drain, run the turns, commit once, then act | what workflows are about |
//! | `store` | histories on disk | workflows |
//! | `handle`, `archive` | the engine as callers hold it; a store to be read | |
//! | `rehearsal` | what an instance would do next, without doing it | store, clock, world |
//!
//! Guaranteed: an activity does not start before its `TaskScheduled` is durable; its completion is
//! recorded once; after completion was recorded it never runs again. Not guaranteed: that an
//! activity which had started when the process ended runs only once ([`ActivityContext::scheduled`]
//! serves as an idempotency key).

mod activity;
mod archive;
mod clock;
mod context;
mod error;
mod handle;
mod history;
mod id;
mod instance;
mod message;
mod payload;
mod registry;
mod rehearsal;
mod retry;
mod store;
mod turn;
mod worker;

pub use activity::{Activity, ActivityContext, ActivityError};
pub use archive::Archive;
pub use clock::Clock;
pub use context::{ActivityCall, Context, Pending};
pub use error::{EngineError, StoreError};
pub use handle::{Engine, Feed, Recovery};
pub use history::{Committed, Event, EventKind, Failure, InstanceSummary, Status, TimerOrigin};
pub use id::{EventId, InstanceId, InvalidInstanceId, Timestamp};
pub use payload::Payload;
pub use registry::Registry;
pub use rehearsal::{Imagined, Rehearsal};
pub use retry::RetryPolicy;
pub use store::{Batch, InstanceKey, RedbStore, Store};
