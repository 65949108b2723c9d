//! Durable execution: no music, no pixels.

mod history;
mod id;
mod payload;
mod retry;

pub use history::{Committed, Event, EventKind, Failure, InstanceSummary, Status, TimerOrigin};
pub use id::{EventId, InstanceId, InvalidInstanceId, Timestamp};
pub use payload::Payload;
pub use retry::RetryPolicy;
