//! What to play without a window.

use serde_json::Value;

use crate::{
    engine::{InstanceId, ScheduleName},
    score::Document,
};

/// What to play. Everything in it has been checked; the store is still untouched.
#[derive(Debug)]
pub struct PlayRequest {
    /// Scores to start together.
    pub documents: Vec<Document>,
    /// Id of the instance, if there is exactly one score; generated otherwise.
    pub id: Option<InstanceId>,
    /// Input of every instance.
    pub input: Value,
    /// How often a score with a schedule is performed; `None`: until the program is interrupted.
    pub runs: Option<u32>,
    /// Schedules of the store that continue.
    pub schedules: Vec<ScheduleName>,
    /// Open instances of the store that continue.
    pub recovered: Vec<InstanceId>,
}
