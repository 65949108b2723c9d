//! Events between instances: which events a score emits and consumes.
//!
//! An event is a [CloudEvent]. An event that is raised by hand (a cue) becomes a CloudEvent with its
//! name as the type.

mod cloud_event;
mod listener;
mod matching;
mod strategy;

pub(super) use cloud_event::is_timestamp;
pub use cloud_event::{CloudEvent, InvalidEvent};
pub use listener::{EventIdentity, ListenerState};
pub(super) use listener::{Listener, SeenEvents};
pub use strategy::{Correlation, EmitTask, Filter, Strategy};
