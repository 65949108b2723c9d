//! Serves the engine to programs that are written for others: their workers take turns of workflows and run
//! activities, their clients start and control instances. Off unless it is asked for.
//!
//! | files | contents |
//! |---|---|
//! | `durable_task` | the gRPC service of Dapr Workflow and the Durable Task Framework |
//! | `http` | Dapr's HTTP API for workflows |
//! | `access` | who may connect |
//! | `server` | the ports |

mod access;
mod durable_task;
mod error;
mod http;
mod server;

pub use access::{Access, ApiToken};
pub use durable_task::{Hub, WaitingActivities};
pub use error::ServeError;
pub use server::{Address, ServeOptions, Server};
