//! A worker of a Temporal cluster: runs scores as workflows there, and plays them on this machine.
//!
//! What a score is durable about lives in the cluster. One workflow, [`WORKFLOW`](super::WORKFLOW), interprets whatever
//! score it is started with; its activities play on the worker that takes them.
//!
//! | file | contents |
//! |---|---|
//! | this one | names, options, errors |
//! | `context` | the cluster's workflow context, as the interpreter of scores wants it |
//! | `call`, `player` | calls of activities, and the machine that plays a score |
//! | `saga` | how steps are undone |
//! | `mailbox` | signals as events of a score |
//! | `workflow`, `run_input` | the workflow, and what a run of it is started with |
//! | `activities` | the activities, on this machine's player |
//! | `cluster` | what the server is asked about scores |
//! | `connection` | the connection with the server |
//! | `run` | connects, starts a score, works until a signal ends it |

mod activities;
mod call;
mod cluster;
mod connection;
mod context;
mod error;
mod failure;
mod mailbox;
mod player;
mod run;
mod run_input;
mod saga;
mod workflow;

use std::time::Duration;

use super::cluster_scores::TASK_TIMEOUT;
pub use error::WorkerError;
pub use run::{WorkerEnd, WorkerOptions, work};

/// A worker that has not been heard of for so long has lost the activities that it had taken.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_millis(1_500);

/// How often an activity says that its worker is there.
const HEARTBEAT: Duration = Duration::from_millis(300);

/// A machine that has not taken an activity for so long is lost.
const PICKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// A workflow task that the worker which knows the workflow has not taken for so long is given to any worker.
const STICKY_TIMEOUT: Duration = Duration::from_millis(500);

/// The most time that an activity may take: it waits for its beat.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3_600);

/// The field of an activity's input that says how far a machine came before it was lost.
const PROGRESS: &str = "progress";
