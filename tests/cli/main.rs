//! What the program promises, in the words of those who use it: real files, real processes.
#![cfg(feature = "instrument")]

mod bad_input;
mod child_scores;
mod concerto;
mod conformance;
mod control;
mod crash;
mod damaged_store;
mod data_flow;
mod default_store;
mod doctor;
mod events;
mod full_disk;
mod functions;
mod harness;
mod http;
mod import;
mod interrupt;
mod lifecycle;
mod lines;
mod loops;
mod lost_store;
mod music;
mod musical_time;
mod new;
mod recording;
mod replay;
mod rig;
mod schedules;
mod schema;
mod scores;
#[path = "../common/seed.rs"]
mod seed;
#[path = "../common/sleeper.rs"]
mod sleeper;
mod tasks;
mod twice;
mod verify;
