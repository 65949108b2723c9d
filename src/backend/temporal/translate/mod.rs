//! The translation of each type of event. Each function returns whether the event is one of its types and
//! could be understood; what nobody understands is noted as it is.
//!
//! | file | events |
//! |---|---|
//! | `execution` | the workflow itself: start, pause, workflow tasks, properties, end |
//! | `activity` | activities |
//! | `pending` | activities that have not ended |
//! | `timer` | timers |
//! | `child` | child workflows |
//! | `external` | signals, and what is sent to other workflows |
//! | `update` | updates |
//! | `nexus` | operations of other services |
//! | `marker` | what SDKs record: local activities, versions |

mod activity;
mod child;
mod execution;
mod external;
mod marker;
mod nexus;
mod pending;
mod timer;
mod update;

pub(super) use execution::tags;
pub(super) use pending::{Pending, Told};

use serde::Deserialize;

use super::super::proto_json::{Integer, Seconds};
use crate::engine::{Failure, RetryPolicy};

/// An object with a name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
}

/// A workflow's id and run.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Execution {
    workflow_id: String,
}

/// A retry policy. A limit of 0 attempts means none.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Retry {
    initial_interval: Seconds,
    backoff_coefficient: f64,
    maximum_interval: Seconds,
    maximum_attempts: Integer,
    non_retryable_error_types: Vec<String>,
}

impl Retry {
    fn policy(self) -> RetryPolicy {
        let usual = RetryPolicy::attempts(u32::try_from(self.maximum_attempts.0).unwrap_or(0));
        let coefficient = Some(self.backoff_coefficient).filter(|c| c.is_finite() && *c >= 1.0);
        RetryPolicy {
            initial_interval: self
                .initial_interval
                .limit()
                .unwrap_or(usual.initial_interval),
            backoff_coefficient: coefficient.unwrap_or(usual.backoff_coefficient),
            max_interval: self.maximum_interval.limit().unwrap_or(usual.max_interval),
            non_retryable: self.non_retryable_error_types,
            ..usual
        }
    }
}

/// A failure with this type and a message.
fn failure(error_type: &str, message: impl Into<String>) -> Failure {
    Failure::new(error_type, message)
}
