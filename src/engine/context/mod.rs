//! The context of workflow code: everything it does outside itself goes through it.
//!
//! A context belongs to one run of one instance on the engine's thread. It has no access to the
//! store or the clock: operations become [commands](super::command), and the history resolves them.

mod activity_call;
mod cancellation;
mod child_call;
mod event_listener;
mod identity;
mod instances;
mod lineage;
mod listener;
mod lookahead;
mod mailbox;
mod operation;
mod operations;
mod pending;
mod reporting;
mod saga;
mod shield;
mod state;
mod trace;
mod version;
mod wait;
mod workflow_context;

pub use activity_call::ActivityCall;
pub use child_call::{Child, ChildCall};
pub use event_listener::EventListener;
pub use listener::RaisedEvent;
pub use pending::Pending;
pub use saga::Saga;
pub use workflow_context::Context;

pub(super) use identity::Identity;
pub(super) use lookahead::Lookahead;
pub(super) use operation::{ChildWaits, Resolution};
pub(super) use state::State;
pub(super) use trace::Trace;
