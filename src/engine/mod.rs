//! Durable execution: no music, no pixels.
//!
//! # Getting started
//!
//! A **workflow** is an `async fn` over a [`Context`]. It calls **activities**, creates timers and
//! waits for events. Each execution is an **instance** with a **history** of [`Event`]s, which is
//! durable before any effect of it leaves the engine. If the process ends, at any time, the next
//! [`Engine`] on the same store replays the histories of the open instances and continues them.
//!
//! ```
//! use fermata::engine::*;
//! use std::{sync::Arc, time::Duration};
//!
//! // 1. Activities are the side effects. The marker type declares name and types.
//! struct Charge;
//! impl Activity for Charge {
//!     const NAME: &'static str = "charge";
//!     type Input = u32;
//!     type Output = String;
//! }
//!
//! async fn charge(context: ActivityContext, cents: u32) -> Result<String, ActivityError> {
//!     // The same for every attempt, to be passed to the payment service.
//!     let key = context.idempotency_key();
//!     Ok(format!("{cents} cents, {key}"))
//! }
//!
//! // 2. Workflows decide what is done in which order, without side effects of their own.
//! struct Order;
//! impl Workflow for Order {
//!     type Input = u32;
//!     type Output = String;
//!     fn name(&self) -> &str {
//!         "order"
//!     }
//! }
//!
//! async fn order(ctx: Context, cents: u32) -> Result<String, Failure> {
//!     let receipt = ctx.activity(Charge, &cents).retry(RetryPolicy::attempts(5)).await?;
//!     let packed: Option<()> = ctx.wait_event_for("packed", Duration::from_secs(86_400)).await?;
//!     match packed {
//!         Some(()) => Ok(receipt),
//!         None => Err(Failure::new("NotPacked", "nobody packed it within a day")),
//!     }
//! }
//!
//! // 3. An engine runs them on a store.
//! # #[tokio::main(flavor = "multi_thread", worker_threads = 1)]
//! # async fn main() -> Result<(), EngineError> {
//! # let folder = std::env::temp_dir().join(format!("fermata-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).unwrap();
//! # let path = folder.join("orders.redb");
//! let store = Arc::new(RedbStore::create(&path)?);
//! let registry = Registry::new().workflow(Order, order).activity(Charge, charge);
//! let engine = Engine::start(store, registry, Setup::default())?;
//!
//! let id = engine.start_instance(Order, &1250).id(InstanceId::new("order-7")?).await?;
//! engine.raise(&id, "packed", Payload::null()).await?;
//! let end = engine.until_closed(&id).await?;
//! assert_eq!(end.status, Status::Completed);
//!
//! // 4. The history can be read, exported and replayed.
//! let history = engine.archive().export(&id)?;
//! assert_eq!(history.events[1].kind.name(), "TaskScheduled");
//! # engine.stop().await;
//! # drop(engine);
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! # Rules for workflow code
//!
//! Workflow code runs again from its beginning when its history is replayed, and must then request the
//! same operations. It takes the time from [`Context::now`], random numbers from [`Context::random`]
//! and [`Context::new_uuid`], waits with [`Context::timer`] and [`Context::wait_event`], and leaves
//! everything else to activities. A violation is never silent: the instance becomes
//! [`Status::Stalled`] with a [`Divergence`] that names the event, what the history contains, what the
//! code requests and the likely cause. It resumes once the code is fixed.
//!
//! | to | use |
//! |---|---|
//! | run operations concurrently, or race them | `join!`, `try_join_all`, [`select`](futures_util::future::select) over futures of the context; a dropped future is canceled |
//! | retry, with limits | [`ActivityCall::retry`], [`retry_if`](ActivityCall::retry_if), [`start_to_close`](ActivityCall::start_to_close) and the other timeouts |
//! | continue long activities after a failure | [`ActivityContext::heartbeat`], [`ActivityContext::last_heartbeat`] |
//! | start other workflows | [`Context::child`], with retry; [`ChildCall::detach`]; [`ParentClosePolicy`] |
//! | undo completed steps when a later one fails | [`Saga`] |
//! | receive events selected by their content | [`Context::listen`] |
//! | communicate with other instances | [`Context::send`] |
//! | run forever | [`Context::continue_as_new`], when [`Context::should_continue_as_new`] says so |
//! | change code while instances are open | [`Context::version`]; [`Registry::workflow_version`] for whole new versions |
//! | report progress | [`Context::set_status`], [`Context::set_tag`] |
//!
//! # Operations on instances
//!
//! [`Engine::suspend`] suspends an instance and its children: activities in flight finish, nothing new
//! starts, events are buffered in order, and time is frozen. [`Engine::resume`] resumes it.
//! [`Engine::cancel`] requests cancellation: open operations fail with [`Failure::CANCELED`], and sagas
//! compensate. [`Engine::terminate`] ends it at once. [`Engine::rerun`] forks an instance at any event
//! of its history; [`Engine::restart`] starts its workflow again; [`Engine::purge`] removes closed
//! instances. [`Engine::bulk`] applies an operation to all instances that match a search.
//! [`Engine::set_schedule`] starts a workflow by interval or cron expression;
//! [`Engine::schedules`] lists due times and problems. [`Archive::search`] finds instances by name,
//! status, tag and age. [`Engine::query`] reads published values. [`Engine::subscribe`] streams all
//! commits, and [`Engine::metrics`] measures the engine. [`replay`] checks an exported history against
//! the current code, and [`walk`] shows step by step how the history answers the code.
//!
//! # Guarantees
//!
//! - Histories are exact: every event is recorded once, in order, and never changed. An event that
//!   closes something contains the id of the event that opened it.
//! - An activity does not start before its `TaskStarted` is durable, and callers and subscribers see
//!   only durable results.
//! - An activity with a recorded result never runs again. One that was in flight when the process
//!   ended runs again: **at least once**. The end of the process is recorded as a failed attempt.
//!   [`ActivityContext::idempotency_key`] is the same for every attempt.
//! - Messages between instances (a child's start and result, a sent event) are delivered exactly once:
//!   both sides are in one commit, or the message is stored in the outbox with its cause.
//! - While the store cannot be written ([`Engine::trouble`], a full disk for example), no side effects
//!   are executed and nothing is lost; the engine continues automatically.
//!
//! Not guaranteed: that an activity runs only once; that a disk keeps what it has acknowledged; that
//! a different version of the code can replay a history; that a heartbeat younger than half its timeout
//! survives the process.
//!
//! # Failure modes
//!
//! [`what_can_go_wrong`] lists each class of fault, what is guaranteed, and the test that proves it.
//!
//! # Modules
//!
//! | modules | purpose | independent of |
//! |---|---|---|
//! | `history`, `id`, `payload`, `json_text`, `any_float`, `retry`, `timeouts`, `limits`, `schedule` | data types: events, statuses, failures, policies | everything else |
//! | `command`, `context`, `turn` | running workflow code: one event in, commands out | clock, store, threads |
//! | `instance` | an open instance: its run, and the engine's state derived from its history | store, other instances |
//! | `outbox_message`, `activity_slots` | messages between instances; concurrency limits of activities | store, clock |
//! | `clock`, `randomness` | sources of time and random numbers | everything else |
//! | `remote` | running workflow code that is in other processes | clock, store, threads, protocols |
//! | `worker`, `request` | the single writer: drain requests, run turns, commit once, execute side effects | workflow logic |
//! | `lease` | exclusive ownership of a store | workflows |
//! | `store` | histories on disk | workflows |
//! | `handle`, `instance_control`, `schedule_control`, `start_call`, `feed`, `archive`, `metrics` | the engine's handle; read access | |
//! | `dry_run`, `walk` | predicting the next steps of an instance; replay checks; replays step by step | store, clock, side effects |
//! | `activity`, `workflow`, `registry`, `catch_panic` | user code: names, types, functions, panics | |

mod activity;
mod activity_slots;
mod any_float;
mod archive;
mod bulk;
mod catch_panic;
mod clock;
mod command;
mod context;
mod dry_run;
mod duration_text;
mod error;
mod failure;
mod feed;
mod handle;
mod history;
mod id;
mod instance;
mod instance_control;
mod instance_operation;
mod json_text;
mod lease;
mod limits;
mod metrics;
mod outbox_message;
mod payload;
mod purge;
mod randomness;
mod registry;
mod remote;
mod reply;
mod request;
mod retention;
mod retry;
mod rewind;
mod schedule;
mod schedule_control;
mod schedule_request;
mod search;
mod setup;
mod start_call;
mod store;
mod suspension;
mod timeouts;
mod trouble;
mod turn;
mod walk;
mod worker;
mod workflow;

pub use activity::{
    Activity, ActivityContext, ActivityError, ActivityOptions, AttemptElsewhere, NamedActivity,
};
pub use archive::{Archive, Page, PageToken};
pub use bulk::{BulkOperation, BulkOutcome};
pub use clock::{Clock, ClockJump};
pub use context::{
    ActivityCall, Child, ChildCall, Context, EventListener, Pending, RaisedEvent, Saga,
};
pub use dry_run::{DryRun, PredictedActivity, replay};
pub use duration_text::DurationText;
pub use error::{EngineError, StoreError};
pub use failure::Failure;
pub use feed::{Feed, FeedEnd};
pub use handle::Engine;
pub use history::{
    Committed, Event, EventKind, FoldedAttempts, Fork, History, HistoryHead, InstanceSummary,
    InvalidHistory, Parent, ParentClosePolicy, RunLimits, Status, Tags, TimerOrigin,
};
pub use id::{EventId, InstanceId, InvalidInstanceId, Timestamp};
pub use instance_operation::InstanceOperation;
pub use json_text::JsonText;
pub use limits::Limits;
pub use metrics::{Histogram, Metrics};
pub use payload::Payload;
pub use purge::Purge;
pub use randomness::Randomness;
pub use registry::Registry;
pub use remote::{
    CodeLocation, RemoteActivity, RemoteCommand, RemoteNumber, RemoteWorkers, TakenTurn, Turn,
    TurnAnswer,
};
pub use request::{IdReuse, OnConflict};
pub use retention::Retention;
pub use retry::RetryPolicy;
pub use schedule::{
    CatchUp, InvalidScheduleName, InvalidTimes, Missed, Overlap, Previous, Schedule,
    ScheduleDescription, ScheduleName, ScheduleProblem, Times,
};
pub use search::{Runs, Search};
pub use setup::{CrashCause, Recovery, Setup};
pub use start_call::StartCall;
pub use store::{
    Batch, CleanClose, Damage, EachOpen, InstanceKey, OpenInstance, Opening, OutboxId, Purgeable,
    RedbStore, Store, Unreadable, Verified,
};
pub use suspension::{Reach, SuspendedTime, Suspension};
pub use timeouts::Timeouts;
pub use trouble::Trouble;
pub use turn::{Cause, Divergence, DivergenceKind};
pub use uuid::Uuid;
pub use walk::{
    Annotated, Answer, CommandNumber, CommandState, Walk, WalkStep, WalkedCommand, annotations,
    walk,
};
pub use workflow::{Named, Workflow};

#[doc = include_str!("what_can_go_wrong.md")]
pub mod what_can_go_wrong {}
