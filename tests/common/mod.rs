//! Shared helpers of the test programs.

// Each program uses its part.
#![allow(dead_code)]

pub mod cpu_time;
pub mod free_port;
pub mod jack_server;
pub mod paused_time;
pub mod seed;
#[cfg(feature = "instrument")]
pub mod simulation;
pub mod sleeper;
