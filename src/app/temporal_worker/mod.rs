//! A worker of a Temporal cluster: runs scores as workflows there, and plays them on this machine.
//!
//! What a score is durable about lives in the cluster. One workflow, [`WORKFLOW`], interprets whatever
//! score it is started with; its activities play on the worker that takes them.
//!
//! | file | contents |
//! |---|---|
//! | this one | names, options, errors |
//! | `context` | the cluster's workflow context, as the interpreter of scores wants it |
//! | `mailbox` | signals as events of a score |
//! | `workflow` | the workflow |
//! | `activities` | the activities, on this machine's player |
//! | `connection` | the connection with the server |
//! | `run` | connects, starts a score, works until a signal ends it |

mod activities;
mod connection;
mod context;
mod error;
mod failure;
mod mailbox;
mod run;
mod workflow;

use std::time::Duration;

pub use error::WorkerError;
pub use run::{WorkerEnd, WorkerOptions, work};

/// The type of the workflow that performs a score.
pub const WORKFLOW: &str = "fermata.score";

/// The task queue from which workers take scores.
pub const TASK_QUEUE: &str = "fermata";

/// A workflow task that a worker has taken and not answered by then is given to another worker. Short: a
/// performance stands still for so long when a worker is killed.
const TASK_TIMEOUT: Duration = Duration::from_secs(2);

/// A worker that has not been heard of for so long has lost the activities that it had taken.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(2);

/// How often an activity says that its worker is there.
const HEARTBEAT: Duration = Duration::from_millis(400);
