//! Durable execution: no music, no pixels.
//!
//! # From zero
//!
//! A **workflow** is an ordinary `async fn` over a [`Context`]. What it does to the world are
//! **activities**, timers and waits for events. Each run of one is an **instance** with a **history**
//! of [`Event`]s, which is on disk before anything that follows from it leaves the engine. When the
//! process ends, at whatever moment, the next [`Engine`] on the same store replays the histories of
//! the open instances and goes on with them.
//!
//! ```
//! use fermata::engine::*;
//! use std::{sync::Arc, time::Duration};
//!
//! // 1. Activities: what is done to the world. The marker gives name and types.
//! struct Charge;
//! impl Activity for Charge {
//!     const NAME: &'static str = "charge";
//!     type Input = u32;
//!     type Output = String;
//! }
//!
//! async fn charge(context: ActivityContext, cents: u32) -> Result<String, ActivityError> {
//!     // The same for every attempt: what a payment service wants as an idempotency key.
//!     let key = context.idempotency_key();
//!     Ok(format!("{cents} cents, {key}"))
//! }
//!
//! // 2. Workflows: what is done in which order. Nothing else happens in them.
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
//! // 3. An engine brings them together with a store.
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
//! // 4. Everything that happened can be read, shown and replayed.
//! let history = engine.archive().export(&id)?;
//! assert_eq!(history.events[1].kind.name(), "TaskScheduled");
//! # engine.stop().await;
//! # drop(engine);
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! # What workflow code may do
//!
//! It is run again from its beginning whenever its history is replayed, and has to ask for the same
//! things then. So it takes the time from [`Context::now`], chance from [`Context::random`] and
//! [`Context::new_uuid`], waits with [`Context::timer`] and [`Context::wait_event`], and leaves
//! everything else to activities. Code that does not keep to this is never a silent failure: its
//! instance is [`Status::Stalled`] with a [`Divergence`] that names the event, what the history has,
//! what the code asks for and the likely cause; it goes on once the code is mended.
//!
//! | to | there is |
//! |---|---|
//! | do several things at once, or race them | `join!`, `try_join_all`, [`select`](futures_util::future::select) over futures of the context; a dropped one is canceled |
//! | try again, but not for ever | [`ActivityCall::retry`], [`retry_if`](ActivityCall::retry_if), [`start_to_close`](ActivityCall::start_to_close) and the other timeouts |
//! | go on in the middle of long work | [`ActivityContext::heartbeat`], [`ActivityContext::last_heartbeat`] |
//! | start other workflows | [`Context::child`], with retry; [`ChildCall::detach`]; [`ParentClosePolicy`] |
//! | undo what succeeded when a later step fails | [`Saga`] |
//! | hear the first of several events, or those with something in them | [`Context::listen`] |
//! | talk to other instances | [`Context::send`] |
//! | run for ever | [`Context::continue_as_new`]; [`Context::should_continue_as_new`] says when |
//! | be changed while instances are open | [`Context::version`]; [`Registry::workflow_version`] for whole new versions |
//! | say how it is doing | [`Context::set_status`], [`Context::set_tag`] |
//!
//! # What callers may do
//!
//! [`Engine::suspend`] holds an instance and its children: what is under way finishes, nothing new
//! begins, events are kept in order, time stands still. [`Engine::resume`] lets it go on.
//! [`Engine::cancel`] asks it to end: its open operations fail with [`Failure::CANCELED`], sagas undo
//! what was done. [`Engine::terminate`] ends it where it stands. [`Engine::rerun`] forks an instance
//! at any event of its history; [`Engine::restart`] starts it again from its beginning;
//! [`Engine::purge`] forgets what has ended. [`Engine::set_schedule`] starts a workflow by interval or
//! cron; [`Engine::schedules`] shows when, and why a run did not start. [`Archive::search`] finds
//! instances by name, status, tag and age. [`Engine::query`] reads what an instance has published.
//! [`Engine::subscribe`] tells of every commit, [`Engine::metrics`] of the engine itself. [`replay`]
//! checks an exported history against today's code.
//!
//! # What is guaranteed
//!
//! - History is exact: every event is recorded once, in order, and never changed. An event that closes
//!   something names the event that opened it.
//! - An activity does not start before its `TaskStarted` is durable, and nobody is answered or told
//!   before what they are told is durable.
//! - An activity whose end is in the history never runs again. One that had started when the process
//!   ended runs again: **at least once**. The end of the process is recorded as a failed attempt of
//!   it. [`ActivityContext::idempotency_key`] is the same for every attempt.
//! - What happens between instances (a child's start and end, an event sent) happens once: both sides
//!   are in one commit, or the second is posted with the first.
//! - While the store cannot be written ([`Engine::trouble`]: a full disk) nothing leaves and nothing
//!   is lost; work goes on by itself once it can be.
//!
//! Not guaranteed: that an activity runs only once; that a disk keeps what it has acknowledged; that
//! a program of another version replays a history unless its code still agrees with it; that a
//! heartbeat younger than half its timeout survives the process.
//!
//! # What can go wrong
//!
//! [`what_can_go_wrong`] lists each class of fault, what is guaranteed then, and the test that shows it.
//!
//! # The modules
//!
//! | modules | what they are for | what they may not know |
//! |---|---|---|
//! | `history`, `id`, `payload`, `json_text`, `any_float`, `retry`, `timeouts`, `limits`, `schedule` | the words: events, statuses, failures, policies | everything else |
//! | `context`, `turn` | workflow code, half-way through: one event in, commands out | clock, store, threads |
//! | `instance` | an open instance: its run, and what follows from its history for the engine | store, other instances |
//! | `delivery`, `activity_slots` | what one instance brings about in another; slots for activities | store, clock |
//! | `clock`, `randomness` | the time and the chance an engine goes by | everything else |
//! | `worker`, `request` | the one writer: drain, run the turns, commit once, then act; goes on without code that does not return | what workflows are about |
//! | `lease` | that a store has one engine | workflows |
//! | `store` | histories on disk | workflows |
//! | `handle`, `start_call`, `feed`, `archive`, `metrics` | the engine as callers hold it; a store to be read | |
//! | `dry_run` | what an instance would do next, without doing it; replay | store, clock, world |
//! | `activity`, `workflow`, `registry`, `catch_panic` | the code of others: names, types, functions, panics | |

mod activity;
mod activity_slots;
mod any_float;
mod archive;
mod catch_panic;
mod clock;
mod context;
mod delivery;
mod dry_run;
mod error;
mod feed;
mod handle;
mod history;
mod id;
mod instance;
mod json_text;
mod lease;
mod limits;
mod metrics;
mod payload;
mod purge;
mod randomness;
mod registry;
mod request;
mod retention;
mod retry;
mod schedule;
mod schedule_request;
mod schedules_handle;
mod search;
mod setup;
mod start_call;
mod store;
mod timeouts;
mod trouble;
mod turn;
mod worker;
mod workflow;

pub use activity::{Activity, ActivityContext, ActivityError, ActivityOptions, NamedActivity};
pub use archive::{Archive, Page, PageMark};
pub use clock::{Clock, ClockJump};
pub use context::{ActivityCall, Child, ChildCall, Context, Incoming, Listening, Pending, Saga};
pub use delivery::Reach;
pub use dry_run::{DryRun, PredictedActivity, replay};
pub use error::{EngineError, StoreError};
pub use feed::{Feed, FeedEnd};
pub use handle::{Engine, SuspendedTime, Suspension};
pub use history::{
    BadHistory, Committed, Event, EventKind, Failure, FoldedAttempts, Fork, History, HistoryHead,
    InstanceSummary, Parent, ParentClosePolicy, RunLimits, Status, Tags, TimerOrigin,
};
pub use id::{EventId, InstanceId, InvalidInstanceId, Timestamp};
pub use json_text::JsonText;
pub use limits::Limits;
pub use metrics::{Histogram, Metrics};
pub use payload::Payload;
pub use purge::Purge;
pub use randomness::Randomness;
pub use registry::Registry;
pub use request::{IdReuse, OnConflict};
pub use retention::Retention;
pub use retry::RetryPolicy;
pub use schedule::{
    BadTimes, CatchUp, InvalidScheduleName, Missed, Overlap, Previous, Schedule,
    ScheduleDescription, ScheduleName, ScheduleProblem, Times,
};
pub use search::{Runs, Search};
pub use setup::{Recovery, Setup};
pub use start_call::StartCall;
pub use store::{
    Batch, CleanClose, Damage, EachOpen, InstanceKey, OpenInstance, Opening, PostId, Purgeable,
    RedbStore, Store, Unreadable, Verified,
};
pub use timeouts::Timeouts;
pub use trouble::Trouble;
pub use turn::{Cause, Divergence, Story};
pub use uuid::Uuid;
pub use workflow::{Named, Workflow};

#[doc = include_str!("what_can_go_wrong.md")]
pub mod what_can_go_wrong {}
