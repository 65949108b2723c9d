//! Durable execution: no music, no pixels.

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
