//! Summaries and schedules of store format 2, frozen. Do not change.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    OldPayload,
    events::{Failure, Fork, Parent, Tags},
};

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Status {
    Pending,
    Running,
    Suspended,
    Stalled,
    Completed,
    Failed,
    Terminated,
    ContinuedAsNew,
    Canceled,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Summary {
    id: String,
    run: u32,
    workflow: String,
    version: Option<String>,
    status: Status,
    started_at: u64,
    closed_at: Option<u64>,
    in_flight: u32,
    custom_status: Option<OldPayload>,
    output: Option<OldPayload>,
    failure: Option<Failure>,
    parent: Option<Parent>,
    fork: Option<Fork>,
    tags: Tags,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Schedule {
    times: Times,
    workflow: String,
    input: OldPayload,
    overlap: Overlap,
    catch_up: Duration,
    paused: bool,
    next: u64,
    last: Option<String>,
    buffered: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Times {
    Every(Duration),
    Cron(String),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Overlap {
    Skip,
    BufferOne,
    Allow,
}
